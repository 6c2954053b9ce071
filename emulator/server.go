package emulator

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server is an emulated Salesforce org that listens on a loopback address. All
// its methods may be called at any time from any goroutine.
type Server struct {
	db       *database
	zone     *time.Location // of the running user
	locale   string
	latency  time.Duration
	pageSize int
	fault    func(http.ResponseWriter, *http.Request) bool
	quirks   Quirks
	faults   faults

	http     *http.Server
	url      string
	sessions *sessions
	cursors  *cursors
	bulk     *bulkJobs
	budget   budget
	stats    counters
	texts    describeCache
	closed   sync.Once
}

// New starts an org. It panics where Start returns an error, as
// httptest.NewServer does where no loopback port can be had.
func New(opts ...Option) *Server {
	s, err := Start(opts...)
	if err != nil {
		panic(err.Error())
	}
	return s
}

// Start starts an org. It fails where its address cannot be listened on and
// where an option makes no sense.
func Start(opts ...Option) (*Server, error) {
	cfg := config{scale: 1, seed: 1, locale: "en_US", zone: "UTC", calls: maxCalls, clock: time.Now}
	for _, opt := range opts {
		opt(&cfg)
	}
	zone, err := time.LoadLocation(cfg.zone)
	if err != nil {
		return nil, fmt.Errorf("emulator: no such time zone: %s", cfg.zone)
	}
	for _, f := range cfg.faults {
		if err := f.Validate(); err != nil {
			return nil, err
		}
	}
	objects, loaded, err := cfg.schema()
	if err != nil {
		return nil, err
	}
	data := newStore(cfg.seed, max(cfg.scale, 1), newFolder(cfg.locale), objects)
	if err := loadData(data, loaded); err != nil {
		return nil, err
	}
	state, data, err := openState(cfg.state, data, loaded)
	if err != nil {
		return nil, err
	}
	s := &Server{
		db:   newDatabase(data),
		zone: zone, locale: cfg.locale, latency: cfg.latency, pageSize: cfg.pageSize, fault: cfg.fault, quirks: cfg.quirks,
		sessions: newSessions(cfg.seed, cfg.auth), cursors: &cursors{},
		bulk: newBulkJobs(cfg.bulk, cfg.clock),
	}
	s.db.clock, s.db.trigger, s.db.state = cfg.clock, cfg.trigger, state
	s.budget.max = cfg.calls
	s.faults.set(cfg.faults)
	s.bulk.setFaults(s.scriptedJobs())
	s.stats.reset()
	if err := s.listen(cfg.address); err != nil {
		state.close()
		return nil, err
	}
	return s, nil
}

func (s *Server) listen(address string) error {
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("emulator: listening: %w", err)
	}
	s.url = "http://" + listener.Addr().String()
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: time.Minute,
		MaxHeaderBytes:    1 << 20, // the org's own, lower limit answers as Salesforce does
	}
	go func() { _ = s.http.Serve(listener) }() // ends with ErrServerClosed in Close
	return nil
}

// URL returns the org's address, http://127.0.0.1:PORT. It is login host and
// instance URL in one.
func (s *Server) URL() string { return s.url }

// Close stops the server and cuts what is still being answered.
func (s *Server) Close() {
	s.closed.Do(func() {
		_ = s.http.Close()
		s.bulk.close()
		s.db.write.Lock() // what is being written is kept first
		defer s.db.write.Unlock()
		s.db.state.close()
	})
}

// Objects returns the names of all objects that can be queried.
func (s *Server) Objects() []string {
	var names []string
	for _, o := range s.snapshot().objects {
		if o.Queryable {
			names = append(names, o.Name)
		}
	}
	return names
}

// Describe returns an object by its name in any case, nil where there is none.
// The caller must not change it.
func (s *Server) Describe(object string) *Object {
	o, ok := s.snapshot().object(object)
	if !ok {
		return nil
	}
	return o
}

// Scan yields the records of an object straight from the store, soft-deleted
// ones only where deleted is set, until yield returns false. The values stand
// in the order of the object's Fields: nil, string (text, ids of 18
// characters, dates as 2024-01-31, times as 10:15:00.000Z), bool, int64,
// float64, time.Time in UTC, map[string]any for addresses and locations, and
// []byte for base64. It returns false where there is no such object. The slice
// is the caller's to keep.
func (s *Server) Scan(object string, deleted bool, yield func(record []any) bool) bool {
	store := s.snapshot()
	o, ok := store.object(object)
	if !ok {
		return false
	}
	t := store.table(o)
	hidden := t.hidden(deleted)
	columns := make([]column, len(o.Fields))
	for i := range columns {
		columns[i] = t.column(i)
	}
	for row := range t.size {
		if hidden != nil && hidden(row) {
			continue
		}
		record := make([]any, len(columns))
		for i, col := range columns {
			record[i] = col.value(row)
		}
		if !yield(record) {
			break
		}
	}
	return true
}

// oldestVersion and newestVersion bound the API versions that are served.
const (
	oldestVersion = 51
	newestVersion = 67
)

func splitPath(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}
