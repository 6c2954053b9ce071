package lawtest

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// objects are those that the statements name.
var objects = []string{
	"Account", "Contact", "Lead", "Opportunity", "Case", "Task", "Event", "Campaign", "CampaignMember", "Order", "Group", "User",
	"UserRole", "Product2", "Pricebook2", "AccountHistory", "ContentVersion", "Everything__c", "Wide__c", "Empty__c",
}

// variant is one way in which the same statements run.
type variant struct {
	name   string
	pages  int
	dsn    string // more parameters
	locale string
	bulk   int // rows of a page of a job's result; 0 leaves it to the emulator, -1 makes them ragged
	quirks emulator.Quirks
	shape  shape
	// only names the files that run, by the beginning of their names.
	only string
	// anonymous hides from the driver who the running user is.
	anonymous bool
}

// variants are the ways that must not matter, and those that say what the
// ordinary tables hold.
var variants = []variant{
	{name: "page2000", pages: 2000},
	{name: "page200", pages: 200},
	{name: "page2000-nopushdown", pages: 2000, dsn: "pushdown=off"},
	{name: "page200-nopushdown", pages: 200, dsn: "pushdown=off"},
	{name: "page2000-machine", pages: 2000, dsn: "shortcut=off"},
	{name: "binary", pages: 2000, dsn: "text=binary", shape: shape{textBinary: true}},
	{name: "deleted", pages: 2000, dsn: "deleted=true", shape: shape{deleted: true}},
	{name: "startdate", pages: 2000, dsn: "start_date=2022-06-01T12:00:00Z", shape: shape{startDate: "2022-06-01T12:00:00Z"}},
	{name: "ragged"},
	{name: "turkic", pages: 2000, locale: "tr_TR", only: "text"},
	{name: "turkic-unknown", pages: 2000, locale: "tr_TR", only: "text", anonymous: true},
	{name: "nulls-skipped", pages: 2000, quirks: emulator.Quirks{NotEqualSkipsNulls: true, NotInSkipsNulls: true}},
	{name: "rest", pages: 2000, dsn: "api=rest"},
	{name: "bulk", pages: 2000, bulk: 150, dsn: "api=bulk"},
	{name: "threshold1", pages: 200, bulk: 2000, dsn: "bulk_threshold=1"},
	{name: "threshold300-ragged", bulk: -1, dsn: "bulk_threshold=300"},
	{name: "threshold5000", pages: 2000, dsn: "bulk_threshold=5000"},
	{name: "page7", pages: 7},
	{name: "page1", pages: 1},
}

func variantNamed(name string) variant {
	for _, v := range variants {
		if v.name == name {
			return v
		}
	}
	panic("no variant " + name)
}

// world is an org with the driver before it, and the oracle beside it.
type world struct {
	shape  shape
	org    *emulator.Server
	db     *sql.DB // the driver
	driver *driver.Connector
	oracle *sql.DB
	full   *sql.DB // the oracle with hidden columns
	ways   ways

	// diagnosis keeps other statements away while one is run again to see
	// what it asks.
	diagnosis sync.RWMutex
}

// oracles are shared by the variants with the same tables, and so is what they
// answer to statements by hand: without indexes some take half a second.
var (
	oracles shared[string]
	answers shared[answer]
)

// shared makes things once for each key.
type shared[T any] struct {
	mu   sync.Mutex
	made map[string]func() T
}

func (s *shared[T]) get(key string, make func() T) T {
	s.mu.Lock()
	if s.made == nil {
		s.made = map[string]func() T{}
	}
	once, ok := s.made[key]
	if !ok {
		once = sync.OnceValue(make)
		s.made[key] = once
	}
	s.mu.Unlock()
	return once()
}

// newWorld opens a variant. Its org is its own, so that its counters are too;
// the oracle's file is shared.
func newWorld(t *testing.T, v variant) *world {
	t.Helper()
	org := start(t, v)
	cfg, err := driver.ParseDSN(dsn(org, v.dsn))
	if err != nil {
		t.Fatal(err)
	}
	cfg.BulkPoll = time.Millisecond // a job of the emulator is complete at once
	c, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	w := &world{shape: v.shape, org: org, db: db, driver: c}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w.oracle = openOracle(t, org, v.shape)
	hidden := v.shape
	hidden.hidden = true
	w.full = openOracle(t, org, hidden)
	return w
}

func start(t *testing.T, v variant) *emulator.Server {
	opts := []emulator.Option{emulator.WithPageSize(v.pages), emulator.WithQuirks(v.quirks)}
	if v.anonymous || *into != "" {
		opts = append(opts, emulator.WithFault(func(w http.ResponseWriter, r *http.Request) bool {
			if *into != "" {
				sent.look(r)
			}
			if v.anonymous && strings.HasSuffix(r.URL.Path, "/userinfo") {
				w.WriteHeader(http.StatusForbidden)
				return true
			}
			return false
		}))
	}
	if v.bulk < 0 {
		opts = append(opts, emulator.WithRaggedBulkPages())
	}
	if v.bulk > 0 {
		opts = append(opts, emulator.WithBulkPageSize(v.bulk))
	}
	if v.locale != "" {
		opts = append(opts, emulator.WithLocale(v.locale))
	}
	org := emulator.New(opts...)
	t.Cleanup(org.Close)
	return org
}

func dsn(org *emulator.Server, more string) string {
	v := url.Values{"client_id": {org.ClientID()}, "client_secret": {org.ClientSecret()}, "tls": {"off"}, "time": {"text"}}
	out := "salesforce://" + strings.TrimPrefix(org.URL(), "http://") + "/?" + v.Encode()
	if more != "" {
		out += "&" + more
	}
	return out
}

// openOracle opens ordinary tables of a shape. The data is the same for every
// org of the same seed.
func openOracle(t *testing.T, org *emulator.Server, s shape) *sql.DB {
	t.Helper()
	names := objects
	if s.hidden {
		names = []string{"Account", "Everything__c", "ContentVersion"}
	}
	file := oracles.get(key(s), func() string {
		file := filepath.Join(directory, "oracle-"+key(s)+".db")
		if err := load(context.Background(), file, org, s, names); err != nil {
			panic(err)
		}
		return file
	})
	db := sql.OpenDB(connector{file})
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func key(s shape) string {
	k := "plain"
	for _, option := range []struct {
		name string
		on   bool
	}{{"-binary", s.textBinary}, {"-deleted", s.deleted}, {"-since", s.startDate != ""}, {"-hidden", s.hidden}} {
		if option.on {
			k += option.name
		}
	}
	return k
}
