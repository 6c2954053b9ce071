package emulator

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// bulkConfig is what the options say about Bulk API 2.0.
type bulkConfig struct {
	delay    time.Duration
	pageRows int  // of a result page; 0 means serverPageRows
	ragged   bool // result pages of varying size
	caps     BulkCaps
}

// WithBulkDelay is how long a bulk job takes from UploadComplete to its end.
// It is UploadComplete for a quarter of it and then InProgress. The default, 0,
// has the first status request after that find it complete.
func WithBulkDelay(d time.Duration) Option { return func(c *config) { c.bulk.delay = d } }

// WithBulkPageSize bounds the rows of a result page of a bulk query; a request
// may ask for fewer. The default, 0, means 100,000.
func WithBulkPageSize(rows int) Option { return func(c *config) { c.bulk.pageRows = rows } }

// WithRaggedBulkPages makes result pages of bulk queries small and of varying
// size, as the API reserves the right to. A request's maxRecords still bounds
// them.
func WithRaggedBulkPages() Option { return func(c *config) { c.bulk.ragged = true } }

// WithBulkCaps sets the org's allowances of Bulk API 2.0.
func WithBulkCaps(caps BulkCaps) Option { return func(c *config) { c.bulk.caps = caps } }

// WithClock sets the org's clock, which dates what is written, counts relative
// date literals, and lets bulk jobs proceed, age and use up their allowances.
// The default is time.Now.
func WithClock(now func() time.Time) Option { return func(c *config) { c.clock = now } }

// BulkCaps are the allowances of Bulk API 2.0 in any 24 hours. Zero means
// Salesforce's own.
type BulkCaps struct {
	QueryJobs     int   // 10,000
	QueryKB       int64 // of results, 1,000,000,000
	IngestBatches int   // of 10,000 records each, 15,000
	IngestRecords int64 // 150,000,000
}

func (c BulkCaps) orDefault() BulkCaps {
	return BulkCaps{
		QueryJobs: orElse(c.QueryJobs, 10_000), QueryKB: orElse(c.QueryKB, 1_000_000_000),
		IngestBatches: orElse(c.IngestBatches, 15_000), IngestRecords: orElse(c.IngestRecords, 150_000_000),
	}
}

func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

const (
	bulkRetention = 7 * 24 * time.Hour // of a job and its results after its end
	bulkOpenFor   = 24 * time.Hour     // until an ingest job that was never closed is aborted
	bulkDay       = 24 * time.Hour     // the window of the caps
	bulkListPage  = 1000               // jobs of a page of the list
)

// bulkJobs holds the org's jobs.
type bulkJobs struct {
	config bulkConfig
	now    func() time.Time

	mu       sync.Mutex
	serial   int
	jobs     []*bulkJob // in the order of creation
	spent    []bulkSpend
	faults   bulkFaults
	listPage int
	stop     chan struct{} // closed by close
	timers   map[*bulkJob]*time.Timer
	running  sync.WaitGroup // timers
}

// bulkFaults are the seams for faults on demand. A nil one does nothing. They
// are called from many goroutines and must not wait.
type bulkFaults struct {
	// end decides how a job ends. It is asked once, when the job would become
	// complete. The zero bulkEnd leaves it so.
	end func(job bulkFacts) bulkEnd
	// missing is how many rows are left out at the end of a result page, whose
	// headers count them all the same. page counts from 0 by row, so that the
	// page that begins with the result's first row is 0.
	missing func(job bulkFacts, firstRow, rows int) int
}

// bulkFacts tell a fault which job it is about.
type bulkFacts struct {
	ID        string
	Ingest    bool
	Operation string
	Object    string
}

// bulkEnd is the end of a job that a fault wants.
type bulkEnd struct {
	State   string // Failed or Aborted; empty means no fault
	Message string // errorMessage
	Retries int
}

// bulkRetried is the end of a query that ran into its time limit too often.
var bulkRetried = bulkEnd{
	State: stateFailed, Retries: 15,
	Message: "InternalServerError : Job failed because it was retried more than 15 times",
}

// bulkSpend is what one job used of the caps.
type bulkSpend struct {
	at      time.Time
	queries int
	kb      int64
	batches int
	records int64
}

func newBulkJobs(config bulkConfig, now func() time.Time) *bulkJobs {
	config.caps = config.caps.orDefault()
	return &bulkJobs{
		config: config, now: now, listPage: bulkListPage,
		stop: make(chan struct{}), timers: map[*bulkJob]*time.Timer{},
	}
}

// setFaults installs faults; the zero value takes them away.
func (b *bulkJobs) setFaults(f bulkFaults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = f
}

func (b *bulkJobs) currentFaults() bulkFaults {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults
}

// later brings a job to its end when its time has come, whether or not a
// client asks for it.
func (b *bulkJobs) later(job *bulkJob) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.stop:
		return
	default:
	}
	b.running.Add(1)
	b.timers[job] = time.AfterFunc(b.config.delay, func() {
		defer b.running.Done()
		b.advance(job)
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.timers, job)
	})
}

// close ends what runs or waits for its time. It may be called once.
func (b *bulkJobs) close() {
	b.mu.Lock()
	close(b.stop)
	for _, timer := range b.timers {
		if timer.Stop() {
			b.running.Done()
		}
	}
	b.mu.Unlock()
	b.running.Wait()
}

// add gives the job its id.
func (b *bulkJobs) add(job *bulkJob) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serial++
	job.id = string(appendID18(nil, "750", b.serial))
	job.serial = b.serial
	b.jobs = append(b.jobs, job)
}

// find returns a job of a kind by its id of 15 or 18 characters.
func (b *bulkJobs) find(id string, ingest bool) (*bulkJob, error) {
	id15, ok := parseID(id)
	if !ok {
		return nil, notFound()
	}
	job := b.lookUp(id15, ingest)
	if job == nil {
		return nil, notFound()
	}
	if job.expired(b.now()) {
		b.remove(job)
		return nil, notFound()
	}
	return job, nil
}

func (b *bulkJobs) lookUp(id15 string, ingest bool) *bulkJob {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, job := range b.jobs {
		if job.id[:15] == id15 && job.ingest == ingest {
			return job
		}
	}
	return nil
}

// all returns the jobs that are kept, in order.
func (b *bulkJobs) all() []*bulkJob {
	b.mu.Lock()
	jobs := append([]*bulkJob(nil), b.jobs...)
	b.mu.Unlock()
	now := b.now()
	kept := jobs[:0]
	for _, job := range jobs {
		if job.expired(now) {
			b.remove(job)
			continue
		}
		kept = append(kept, job)
	}
	return kept
}

func (b *bulkJobs) remove(job *bulkJob) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.jobs {
		if b.jobs[i] == job {
			b.jobs = append(b.jobs[:i:i], b.jobs[i+1:]...)
			return
		}
	}
}

// used returns what counts against the caps now.
func (b *bulkJobs) used() bulkSpend {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.usedLocked()
}

func (b *bulkJobs) usedLocked() bulkSpend {
	var sum bulkSpend
	since, kept := b.now().Add(-bulkDay), b.spent[:0]
	for _, s := range b.spent {
		if s.at.Before(since) {
			continue
		}
		kept = append(kept, s)
		sum.queries, sum.kb = sum.queries+s.queries, sum.kb+s.kb
		sum.batches, sum.records = sum.batches+s.batches, sum.records+s.records
	}
	b.spent = kept
	return sum
}

// spend books what a job uses, or says which cap it would exceed.
func (b *bulkJobs) spend(s bulkSpend) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	caps, used := b.config.caps, b.usedLocked()
	switch {
	case used.queries+s.queries > caps.QueryJobs:
		return fail(http.StatusBadRequest, "LIMIT_EXCEEDED", "Max bulk v2 query jobs (%d) per 24 hrs has been reached", caps.QueryJobs)
	case s.queries > 0 && used.kb >= caps.QueryKB:
		return fail(http.StatusBadRequest, "LIMIT_EXCEEDED", "Max bulk v2 query result size stored (%d) kb per 24 hrs has been exceeded", caps.QueryKB)
	case used.batches+s.batches > caps.IngestBatches:
		return fail(http.StatusBadRequest, "EXCEEDEDQUOTA", "ApiBatchItems Limit exceeded.")
	case used.records+s.records > caps.IngestRecords:
		return fail(http.StatusBadRequest, "EXCEEDEDQUOTA", "Max bulk v2 ingest records (%d) per 24 hrs has been reached", caps.IngestRecords)
	}
	s.at = b.now()
	b.spent = append(b.spent, s)
	return nil
}

// jobsResource serves /jobs and what lies below.
func (c *call) jobsResource(w *response, r *http.Request, path []string) error {
	if c.sub || len(path) == 0 {
		return notFound()
	}
	var kind bulkKind
	switch path[0] {
	case "query":
		kind = bulkKind{counter: "job", create: c.createQueryJob, serve: c.queryJob}
	case "ingest":
		kind = bulkKind{counter: "ingest", ingest: true, create: c.createIngestJob, serve: c.ingestJob}
	default:
		return notFound()
	}
	switch len(path) {
	case 1:
		return c.jobCollection(w, r, kind)
	case 2:
		return c.jobItem(w, r, kind, path[1])
	case 3:
		job, err := c.bulk.find(path[1], kind.ingest)
		if err != nil {
			return err
		}
		return kind.serve(w, r, job, path[2])
	}
	return notFound()
}

// bulkKind is what differs between query and ingest jobs.
type bulkKind struct {
	counter string
	ingest  bool
	create  func(w *response, r *http.Request) error
	serve   func(w *response, r *http.Request, job *bulkJob, part string) error
}

func (k *bulkKind) resource() string {
	if k.ingest {
		return "ingest"
	}
	return "query"
}

func (c *call) jobCollection(w *response, r *http.Request, kind bulkKind) error {
	c.count(kind.counter)
	switch r.Method {
	case http.MethodPost:
		return kind.create(w, r)
	case http.MethodGet, http.MethodHead:
		return c.listJobs(w, r, kind)
	}
	return methodNotAllowed(r.Method, "HEAD,GET,POST")
}

func (c *call) jobItem(w *response, r *http.Request, kind bulkKind, id string) error {
	c.count(kind.counter)
	job, err := c.bulk.find(id, kind.ingest)
	if err != nil {
		return err
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		c.bulk.advance(job)
		w.json(http.StatusOK, job.status())
		return nil
	case http.MethodPatch:
		return c.updateJob(w, r, job)
	case http.MethodDelete:
		return c.deleteJob(w, job)
	}
	return methodNotAllowed(r.Method, "HEAD,GET,PATCH,DELETE")
}

// jobVersion is the API version of the request as jobs show it: 67.0.
func (c *call) jobVersion() string { return c.root[len("/services/data/v"):] }

// versionNumber is the whole part of the request's API version.
func (c *call) versionNumber() int {
	n, _ := strconv.Atoi(c.jobVersion()[:2]) // checkVersion let nothing else through
	return n
}
