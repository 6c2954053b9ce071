package vtab

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/internal/planner"
)

// crowd is what connections leave behind if they leave something.
type crowd struct {
	goroutines int
	objects    int64 // of Go's heap
	resident   int64 // bytes of the process, C's included; 0 where the system does not tell
}

func count(t *testing.T) crowd {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory() // collects once more: sync.Pool keeps its things for one collection
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	c := crowd{goroutines: runtime.NumGoroutine(), objects: int64(m.HeapObjects)}
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		c.resident = pages * int64(os.Getpagesize())
	}
	return c
}

// TestNoLifeLeavesAnything opens and closes connections, and attaches and
// detaches orgs on one that stays, thousands of times in each way.
func TestNoLifeLeavesAnything(t *testing.T) {
	o := newOrg()
	o.objects = o.objects[:2]
	stays := ownConn(t)
	ours, err := Open(t.Context(), "file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	for _, life := range []struct {
		name string
		n    int
		live func(t *testing.T)
	}{
		{"a connection with two orgs", 10_000, func(t *testing.T) {
			c, err := Open(t.Context(), "file::memory:")
			if err != nil {
				t.Fatal(err)
			}
			addOrg(t, c, o, "salesforce", nil)
			addOrg(t, c, o, "uat", nil)
			mustQuery(t, c, crossOrgs)
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}},
		{"two orgs on a connection that stays", 4_000, func(t *testing.T) {
			first, second := addOrg(t, ours, o, "salesforce", nil), addOrg(t, ours, o, "uat", nil)
			mustQuery(t, ours, crossOrgs)
			dropOrg(t, ours, first)
			dropOrg(t, ours, second)
		}},
		{"guests of a connection that stays", 4_000, func(t *testing.T) {
			c := adopt(t, stays)
			first, second := addOrg(t, c, o, "salesforce", notGone(t)), addOrg(t, c, o, "uat", notGone(t))
			ownQuery(t, stays, crossOrgs)
			dropOrg(t, c, first)
			dropOrg(t, c, second)
			if err := c.Release(); err != nil {
				t.Fatal(err)
			}
		}},
		{"guests of a connection that is closed without a word", 10_000, func(t *testing.T) {
			dc := openOwn(t)
			c := adopt(t, dc)
			gone := 0
			addOrg(t, c, o, "salesforce", func() { gone++ })
			addOrg(t, c, o, "uat", func() { gone++ })
			ownQuery(t, dc, crossOrgs)
			if err := dc.Close(); err != nil {
				t.Fatal(err)
			}
			if gone != 2 {
				t.Fatalf("%d of 2 orgs were told", gone)
			}
		}},
		{"other connections of the process", 4_000, func(t *testing.T) {
			dc := openOwn(t)
			ownQuery(t, dc, "SELECT 1")
			if err := dc.Close(); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(life.name, func(t *testing.T) {
			n := life.n
			if testing.Short() {
				n = 300
			}
			for range n/10 + 10 {
				life.live(t)
				o.asked = nil
			}
			before := count(t)
			for range n {
				life.live(t)
				o.asked = nil
			}
			for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before.goroutines && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond) // they end a little after what they served
			}
			after := count(t)
			t.Logf("%d times: %+d goroutines, %+d objects, %+d KiB", n,
				after.goroutines-before.goroutines, after.objects-before.objects, (after.resident-before.resident)>>10)
			if after.goroutines > before.goroutines {
				t.Errorf("%d goroutines, %d before", after.goroutines, before.goroutines)
			}
			if after.objects > before.objects+int64(n)/3+100 { // less than one a time
				t.Errorf("%d times left %d objects", n, after.objects-before.objects)
			}
			if after.resident > before.resident+8<<20 {
				t.Errorf("%d times took %d KiB", n, (after.resident-before.resident)>>10)
			}
			if o.open != 0 {
				t.Errorf("%d answers left open", o.open)
			}
		})
	}
}

const crossOrgs = "SELECT a.Name FROM salesforce.Contact c JOIN uat.Account a ON a.Id = c.AccountId WHERE c.Score > 5 ORDER BY a.Id"

// ownConn is a connection that somebody else opened, closed with the test.
func ownConn(t *testing.T) driver.Conn {
	t.Helper()
	dc := openOwn(t)
	t.Cleanup(func() { _ = dc.Close() })
	return dc
}

func openOwn(t *testing.T) driver.Conn {
	t.Helper()
	db, err := sql.Open(ownDriver, "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dc, err := db.Driver().Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	return dc
}

func adopt(t *testing.T, dc driver.Conn) *Conn {
	t.Helper()
	c, err := Adopt(t.Context(), dc)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// notGone fails where an org is told of the end of a connection that goes on.
func notGone(t *testing.T) func() { return func() { t.Error("the connection is said to be closed") } }

// addOrg gives an org's objects a schema; gone is told on a guest.
func addOrg(t *testing.T, c *Conn, o *org, name string, gone func()) *Schema {
	t.Helper()
	exec(t, c, "ATTACH ':memory:' AS "+planner.QuoteName(name))
	cfg := Config{Source: o, Locale: "en_US", Rows: func(object string) (int64, bool) {
		rows, ok := o.records[object]
		return int64(len(rows)), ok
	}}
	var s *Schema
	if gone == nil {
		s = c.AddSchema(name, cfg)
	} else {
		s = c.AddGuest(context.WithoutCancel(t.Context()), name, cfg, gone)
	}
	for _, obj := range o.objects {
		exec(t, c, s.Define(planner.NewTable(obj, planner.TableOptions{}), nil))
	}
	return s
}

func dropOrg(t *testing.T, c *Conn, s *Schema) {
	t.Helper()
	exec(t, c, "DETACH "+planner.QuoteName(s.Name()))
	c.RemoveSchema(s)
}

func ownQuery(t *testing.T, dc driver.Conn, sql string) []string {
	t.Helper()
	rows, err := dc.(driver.QueryerContext).QueryContext(context.Background(), sql, nil)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	lines, err := linesOf(rows)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return lines
}
