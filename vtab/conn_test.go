package vtab

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/internal/planner"
)

// Opening and closing connections, with tables, scans and errors in between,
// leaves nothing behind.
func TestConnectionsLeaveNothingBehind(t *testing.T) {
	o := newOrg()
	file := localFile(t)
	use := func() {
		c, err := Open(context.Background(), file)
		if err != nil {
			t.Fatal(err)
		}
		exec(t, c, "ATTACH ':memory:' AS salesforce")
		s := c.AddSchema("salesforce", Config{Source: o, Locale: "en_US"})
		for _, obj := range o.objects {
			exec(t, c, s.Define(planner.NewTable(obj, planner.TableOptions{}), nil))
		}
		mustQuery(t, c, "SELECT c.Id, a.Notes FROM Contact c JOIN Account a ON a.Id = c.AccountId ORDER BY a.Founded")
		if _, err := query(c, "SELECT nothing FROM Account"); err == nil {
			t.Fatal("there is no such column")
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		o.asked = nil
	}
	measure := func() (goroutines int, heap uint64) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return runtime.NumGoroutine(), m.HeapAlloc
	}
	for range 20 {
		use()
	}
	goroutines, heap := measure()
	for range 200 {
		use()
	}
	for range 3000 { // goroutines end a little after what they served
		if runtime.NumGoroutine() <= goroutines {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	more, larger := measure()
	if more > goroutines {
		t.Errorf("%d goroutines, %d before", more, goroutines)
	}
	if larger > heap+1<<20 {
		t.Errorf("the heap grew by %d bytes over 200 connections", larger-heap)
	}
	if o.open != 0 {
		t.Errorf("%d answers left open", o.open)
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, localFile(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_, err := Open(context.Background(), "file:"+filepath.Join(t.TempDir(), "no", "such", "folder.db"))
	if err == nil || !strings.HasPrefix(err.Error(), "vtab: opening the local database") {
		t.Errorf("got %v", err)
	}
	// The parameters of a file's name stay.
	c, err := Open(context.Background(), localFile(t)+"?_pragma=user_version(7)")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := mustQuery(t, c, "PRAGMA user_version"); got[0] != "7" {
		t.Errorf("user_version is %q", got)
	}
}

func TestErrorsOfSQLiteWithoutTheirFrame(t *testing.T) {
	c := connect(t, newOrg())
	for sql, want := range map[string]string{
		"SELECT * FROM Nobody":                "no such table: Nobody",
		"SELECT Nmae FROM Account":            "no such column: Nmae",
		"SELECT":                              "incomplete input",
		"CREATE VIRTUAL TABLE x USING sfview": "vtab: there is no view x",
	} {
		_, err := query(c, sql)
		code, msg, ok := c.SQLiteError(err)
		if !ok || code != 1 || msg != want {
			t.Errorf("%s: %d %q (%v) from %v", sql, code, msg, ok, err)
		}
	}
	if _, _, ok := c.SQLiteError(errBroken); ok {
		t.Error("a foreign error is SQLite's")
	}
}

func TestExplainOfWhatIsNoScan(t *testing.T) {
	c := connect(t, newOrg())
	for _, s := range []string{"", "SCAN x", `sf1 "Nobody" c0 r1`} {
		if e, ok := c.Explain(s); ok {
			t.Errorf("%q is explained as %+v", s, e)
		}
	}
}

// Views get the keys that the statement asks for, and are checked by SQLite.
func TestViewsAreToldTheirKeys(t *testing.T) {
	var told [][]string
	view := &View{
		Declaration: "CREATE TABLE x (name TEXT COLLATE NOCASE, size INTEGER, share REAL)",
		Rows: func(_ context.Context, keys []string) ([][]any, error) {
			told = append(told, keys)
			if slices.Contains(keys, "broken") {
				return nil, errBroken
			}
			return [][]any{{int64(1), "Account", int64(40), 0.5}, {int64(2), "Contact", int64(60), nil}}, nil
		},
	}
	c, err := Open(context.Background(), localFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, sql := range c.AddSchema("main", Config{Views: map[string]*View{"sf_sizes": view}}).DefineViews() {
		exec(t, c, sql)
	}
	tests := []struct {
		sql, rows string
		keys      []string
	}{
		{"SELECT name, size, share FROM sf_sizes", "Account|40|0.5 Contact|60|<nil>", nil},
		{"SELECT size FROM sf_sizes WHERE name = 'ACCOUNT'", "40", []string{"ACCOUNT"}},
		{"SELECT size FROM sf_sizes WHERE name IN ('account', 'x', 5)", "40", []string{"5", "account", "x"}},
		{"SELECT size FROM sf_sizes WHERE name = 5", "", []string{}},
		{"SELECT size FROM sf_sizes WHERE name > 'b'", "60", nil},
		{"SELECT size FROM sf_sizes WHERE name = 'Account' COLLATE RTRIM", "40", nil},
		{"SELECT size FROM sf_sizes WHERE size = 60 OR rowid = 1", "40 60", nil},
	}
	for _, tt := range tests {
		told = nil
		got := strings.Join(mustQuery(t, c, tt.sql), " ")
		keys := slices.Clone(told[0])
		slices.Sort(keys)
		if got != tt.rows || !slices.Equal(keys, tt.keys) || (told[0] == nil) != (tt.keys == nil) {
			t.Errorf("%s: %q for the keys %q, want %q for %q", tt.sql, got, told[0], tt.rows, tt.keys)
		}
	}
	if _, err := query(c, "SELECT * FROM sf_sizes WHERE name = 'broken'"); err == nil || !errors.Is(c.ScanErr(), errBroken) {
		t.Errorf("got %v and %v", err, c.ScanErr())
	}
}
