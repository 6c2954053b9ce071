// Package enginetest is the suite that every engine behind the seam passes:
// what tables are told, what their answers do, and what becomes of errors.
// One suite for all keeps the engines from drifting apart.
package enginetest

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab/engine"
	"github.com/sfsql/sfsql/vtab/engine/enginetest/early"
)

// Engine is an engine under test.
type Engine struct {
	Open   func(ctx context.Context, name string, hooks *engine.Hooks) (engine.Conn, error)
	Adopt  func(ctx context.Context, dc driver.Conn, hooks *engine.Hooks) (engine.Conn, error)
	Driver string // of database/sql, for connections that are not ours
}

// Run runs the suite.
func Run(t *testing.T, e Engine) {
	for name, test := range map[string]func(Engine, *testing.T){
		"OtherConnectionsAreLeftAlone": Engine.otherConnectionsAreLeftAlone,
		"ValuesCrossTheSeam":           Engine.valuesCrossTheSeam,
		"ArgumentsCrossTheSeam":        Engine.argumentsCrossTheSeam,
		"WhatBestIndexIsTold":          Engine.whatBestIndexIsTold,
		"ErrorsKeepTheirText":          Engine.errorsKeepTheirText,
		"CloseEndsCursorsAndTables":    Engine.closeEndsCursorsAndTables,
		"InterruptStopsAScan":          Engine.interruptStopsAScan,
		"FunctionsAreCalled":           Engine.functionsAreCalled,
		"AdoptedConnections":           Engine.adoptedConnections,
		"TheirOwnNamesStay":            Engine.theirOwnNamesStay,
		"OpenedTooEarly":               Engine.openedTooEarly,
		"ConnectionsLeaveNothing":      Engine.connectionsLeaveNothing,
		"ManyConnectionsAtOnce":        Engine.manyConnectionsAtOnce,
	} {
		t.Run(name, func(t *testing.T) { test(e, t) })
	}
}

// counter is a table of the numbers 1 to n with a text and a blob of each. It
// writes down what it is asked.
type counter struct {
	n      int
	infos  []engine.IndexInfo
	args   [][]planner.Arg
	plan   func(*engine.IndexInfo)
	failOn string // open, filter, next, column, rowid, bestindex, connect
	closed int
	gone   int
}

var errCounter = errors.New("the counter does not count: 100% \"broken\"")

func (c *counter) fails(where string) error {
	if c.failOn == where {
		return errCounter
	}
	return nil
}

func (c *counter) Connect(_, _ string, args []string) (engine.Table, string, error) {
	if strings.Join(args, "") == "bad" {
		return c, "CREATE TABEL x", nil
	}
	return c, `CREATE TABLE x (n INTEGER, t TEXT COLLATE BACKWARD, b BLOB)`, c.fails("connect")
}

func (c *counter) BestIndex(info *engine.IndexInfo) error {
	c.infos = append(c.infos, *info)
	info.IdxStr, info.Cost, info.Rows = "as said", 1, int64(c.n)
	if c.plan != nil {
		c.plan(info)
	}
	return c.fails("bestindex")
}

func (c *counter) Open() (engine.Cursor, error) { return &counting{counter: c}, c.fails("open") }
func (c *counter) Disconnect()                  { c.gone++ }

type counting struct {
	*counter
	at int
}

func (c *counting) Filter(_ int, idxStr string, args []planner.Arg) error {
	if idxStr != "as said" {
		return fmt.Errorf("the plan became %q", idxStr)
	}
	c.at = 1
	c.args = append(c.args, args)
	return c.fails("filter")
}

func (c *counting) Next() error           { c.at++; return c.fails("next") }
func (c *counting) EOF() bool             { return c.at > c.n }
func (c *counting) Rowid() (int64, error) { return -int64(c.at), c.fails("rowid") }
func (c *counting) Close()                { c.closed++ }

func (c *counting) Column(r engine.Result, col int) error {
	switch {
	case col == 0:
		r.Int64(int64(c.at))
	case col == 1 && c.at == 2:
		r.Null()
	case col == 1:
		r.Text(bytes.Repeat([]byte("ä"), 200*(c.at-1)))
	case c.at == 3:
		r.Float64(0.5)
	default:
		r.Blob([]byte{0, byte(c.at), 0})
	}
	return c.fails("column")
}

// backward orders texts from behind, which no other collation does.
func backward(a, b []byte) int { return -bytes.Compare(a, b) }

func (e Engine) open(t *testing.T, c *counter, reads *[]string) engine.Conn {
	t.Helper()
	conn, err := e.Open(context.Background(), "file:"+filepath.Join(t.TempDir(), "x.db"), &engine.Hooks{
		Modules:    map[string]engine.Module{"counter": c},
		Collations: map[string]func(a, b []byte) int{"BACKWARD": backward},
		Read: func(schema, table, column string) {
			if reads != nil {
				*reads = append(*reads, schema+"."+table+"."+column)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func run(conn engine.Conn, sql string, args ...driver.NamedValue) ([]string, error) {
	rows, err := conn.Engine().(driver.QueryerContext).QueryContext(context.Background(), sql, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []string
	dest := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return lines, nil
		case err != nil:
			return lines, err
		}
		lines = append(lines, strings.Trim(fmt.Sprint(dest), "[]"))
	}
}

func must(t *testing.T, conn engine.Conn, sql string, args ...driver.NamedValue) []string {
	t.Helper()
	lines, err := run(conn, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return lines
}

// Other connections of the process have neither our modules nor our
// collations, whether they were opened before ours, beside or after.
func (e Engine) otherConnectionsAreLeftAlone(t *testing.T) {
	check := func(db *sql.DB) {
		t.Helper()
		for stmt, want := range map[string]string{
			"CREATE VIRTUAL TABLE temp.x USING counter": "no such module: counter",
			"CREATE VIRTUAL TABLE temp.x USING sobject": "no such module: sobject",
			"SELECT 'a' < 'b' COLLATE BACKWARD":         "no such collation sequence: BACKWARD",
			"SELECT 'a' < 'b' COLLATE SFID":             "no such collation sequence: SFID",
		} {
			if _, err := db.Exec(stmt); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", stmt, err)
			}
		}
		var one int
		if err := db.QueryRow("SELECT 1").Scan(&one); err != nil || one != 1 {
			t.Errorf("got %d, %v", one, err)
		}
	}
	before := e.plain(t, ":memory:")
	check(before)
	conn := e.open(t, &counter{n: 2}, nil)
	check(before)
	file := filepath.Join(t.TempDir(), "plain.db")
	for _, name := range []string{":memory:", file} {
		check(e.plain(t, name))
	}
	must(t, conn, "CREATE VIRTUAL TABLE x USING counter")
	if got := must(t, conn, "SELECT n FROM x"); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("got %q", got)
	}
}

func (e Engine) valuesCrossTheSeam(t *testing.T) {
	conn := e.open(t, &counter{n: 4}, nil)
	must(t, conn, "CREATE VIRTUAL TABLE x USING counter(a, 'b c')")
	got := must(t, conn, "SELECT rowid, n, typeof(t), length(t), typeof(b), hex(b), b FROM x WHERE n <> 4")
	want := []string{"-1 1 text 0 blob 000100 [0 1 0]", "-2 2 null <nil> blob 000200 [0 2 0]", "-3 3 text 400 real 302E35 0.5"}
	if len(got) > 0 {
		got[0] = strings.TrimSuffix(got[0], "]") + "]"
	}
	if len(got) > 1 {
		got[1] = strings.TrimSuffix(got[1], "]") + "]"
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	// The collation is the column's own, in ORDER BY, too.
	if got := must(t, conn, "SELECT n FROM x WHERE t IS NOT NULL ORDER BY t"); !slices.Equal(got, []string{"4", "3", "1"}) {
		t.Errorf("ordered backward: %q", got)
	}
}

func (e Engine) argumentsCrossTheSeam(t *testing.T) {
	c := &counter{n: 3}
	c.plan = func(info *engine.IndexInfo) {
		n := 0
		for i := range info.Constraints {
			if k := &info.Constraints[i]; k.Usable {
				n++
				k.Arg, k.In = n, k.CanIn
			}
		}
	}
	conn := e.open(t, c, nil)
	must(t, conn, "CREATE VIRTUAL TABLE x USING counter")
	text := func(s string) planner.Value { return planner.Value{Kind: planner.TextValue, Text: s} }
	whole := func(n int64) planner.Value { return planner.Value{Kind: planner.IntValue, Int: n} }
	tests := []struct {
		where string
		op    planner.Op
		coll  string
		known bool
		want  string
	}{
		{"n = 5", planner.OpEQ, "BINARY", true, fmt.Sprint(planner.Arg{Value: whole(5)})},
		{"n > -5.5", planner.OpGT, "BINARY", true, fmt.Sprint(planner.Arg{Value: planner.Value{Kind: planner.RealValue, Real: -5.5}})},
		{"t = 'ä''x'", planner.OpEQ, "BACKWARD", true, fmt.Sprint(planner.Arg{Value: text("ä'x")})},
		{"t = 'x' COLLATE NOCASE", planner.OpEQ, "NOCASE", false, fmt.Sprint(planner.Arg{Value: text("x")})},
		{"t = 5", planner.OpEQ, "BACKWARD", true, fmt.Sprint(planner.Arg{Value: whole(5)})},
		{"b = x'00ff00'", planner.OpEQ, "BINARY", true, fmt.Sprint(planner.Arg{Value: planner.Value{Kind: planner.BlobValue, Text: "\x00\xff\x00"}})},
		{"n = NULL", planner.OpEQ, "BINARY", true, fmt.Sprint(planner.Arg{})},
		{"t = 'a' || char(0) || 'b'", planner.OpEQ, "BACKWARD", false, fmt.Sprint(planner.Arg{Value: text("a\x00b")})},
		{"n IN (1, 2, NULL)", planner.OpEQ, "BINARY", false, fmt.Sprint(planner.Arg{IsIn: true, List: []planner.Value{{}, whole(1), whole(2)}})},
		{"n IN (SELECT 2 WHERE 0)", planner.OpEQ, "BINARY", false, fmt.Sprint(planner.Arg{IsIn: true})},
		{"t LIKE 'a%'", planner.OpLIKE, "BINARY", true, fmt.Sprint(planner.Arg{Value: text("a%")})},
		{"t GLOB 'a*'", planner.OpGLOB, "BINARY", true, fmt.Sprint(planner.Arg{Value: text("a*")})},
		{"n IS NOT 7", planner.OpISNOT, "BINARY", true, fmt.Sprint(planner.Arg{Value: whole(7)})},
		{"n <> 7", planner.OpNE, "BINARY", true, fmt.Sprint(planner.Arg{Value: whole(7)})},
		{"n NOTNULL", planner.OpNOTNULL, "BINARY", false, fmt.Sprint(planner.Arg{})},
	}
	for _, tt := range tests {
		c.infos, c.args = nil, nil
		if _, err := run(conn, "SELECT n FROM x WHERE "+tt.where); err != nil {
			t.Errorf("%s: %v", tt.where, err)
			continue
		}
		offered := c.infos[len(c.infos)-1].Constraints
		k := offered[len(offered)-1] // LIKE and GLOB come behind the ranges derived from them
		if k.Op != tt.op || k.Collation != tt.coll || (k.Value != nil) != tt.known {
			t.Errorf("%s was offered as %s COLLATE %s, value %v", tt.where, k.Op, k.Collation, k.Value)
		}
		if len(c.args) != 1 || len(c.args[0]) != len(offered) {
			t.Errorf("%s came as %v", tt.where, c.args)
			continue
		}
		arg := c.args[0][len(offered)-1]
		if fmt.Sprint(arg) != tt.want || k.Value != nil && arg.Value != *k.Value {
			t.Errorf("%s came as %v, want %s", tt.where, arg, tt.want)
		}
	}
}

func (e Engine) whatBestIndexIsTold(t *testing.T) {
	c := &counter{n: 3}
	var reads []string
	conn := e.open(t, c, &reads)
	must(t, conn, "CREATE VIRTUAL TABLE x USING counter")
	reads, c.infos = nil, nil
	must(t, conn, "SELECT t FROM x WHERE n > 1 ORDER BY n DESC, b LIMIT 2 OFFSET 1")
	info := c.infos[0]
	if info.ColUsed != 7 || info.Distinct != 0 {
		t.Errorf("columns %b, distinct %d", info.ColUsed, info.Distinct)
	}
	if want := []planner.OrderKey{{Column: 0, Desc: true}, {Column: 2}}; !slices.Equal(info.OrderBy, want) {
		t.Errorf("order %v", info.OrderBy)
	}
	for _, want := range []string{"main.x.n", "main.x.t", "main.x.b"} {
		if !slices.Contains(reads, want) {
			t.Errorf("read %q, not %s", reads, want)
		}
	}
	c.infos = nil
	must(t, conn, "SELECT n FROM x LIMIT 2 OFFSET 1")
	var ops []string
	for _, k := range c.infos[0].Constraints {
		ops = append(ops, k.Op.String())
		if k.Column != -1 || k.Value == nil {
			t.Errorf("%s has column %d and value %v", k.Op, k.Column, k.Value)
		}
	}
	slices.Sort(ops)
	if !slices.Equal(ops, []string{"LIMIT", "OFFSET"}) {
		t.Errorf("offered %q", ops)
	}
	c.infos = nil
	must(t, conn, "SELECT DISTINCT n FROM x")
	if c.infos[0].Distinct == 0 {
		t.Error("DISTINCT is not told")
	}
}

// The text of every callback's error reaches the statement, and the next
// statement runs.
func (e Engine) errorsKeepTheirText(t *testing.T) {
	for _, where := range []string{"bestindex", "open", "filter", "next", "column", "rowid"} {
		c := &counter{n: 3}
		conn := e.open(t, c, nil)
		must(t, conn, "CREATE VIRTUAL TABLE x USING counter")
		c.failOn = where
		_, err := run(conn, "SELECT n, rowid FROM x")
		if _, msg, ok := conn.SQLiteError(err); !ok || msg != errCounter.Error() {
			t.Errorf("%s: %v", where, err)
		}
		c.failOn = ""
		if got := must(t, conn, "SELECT count(*) FROM x"); got[0] != "3" {
			t.Errorf("after an error in %s: %q", where, got)
		}
	}
	c := &counter{failOn: "connect"}
	conn := e.open(t, c, nil)
	if _, err := run(conn, "CREATE VIRTUAL TABLE x USING counter"); err == nil || !strings.Contains(err.Error(), "does not count") {
		t.Errorf("connect: %v", err)
	}
	c.failOn = ""
	if _, err := run(conn, "CREATE VIRTUAL TABLE x USING counter(bad)"); err == nil || !strings.Contains(err.Error(), "refused the declaration") {
		t.Errorf("declaration: %v", err)
	}
}

// Every cursor is closed and every table disconnected, also of a statement
// that is left in the middle.
func (e Engine) closeEndsCursorsAndTables(t *testing.T) {
	c := &counter{n: 1000}
	conn := e.open(t, c, nil)
	must(t, conn, "CREATE VIRTUAL TABLE x USING counter")
	rows, err := conn.Engine().(driver.QueryerContext).QueryContext(context.Background(), "SELECT a.n FROM x a, x b", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := rows.Next(make([]driver.Value, 1)); err != nil {
		t.Fatal(err)
	}
	_ = rows.Close()
	if c.closed != 2 {
		t.Errorf("%d cursors closed", c.closed)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if c.gone == 0 {
		t.Error("the table is still connected")
	}
	conn.Interrupt()
}

func (e Engine) interruptStopsAScan(t *testing.T) {
	c := &counter{n: 1 << 40}
	conn := e.open(t, c, nil)
	must(t, conn, "CREATE VIRTUAL TABLE x USING counter")
	var wg sync.WaitGroup
	wg.Go(func() {
		time.Sleep(20 * time.Millisecond)
		conn.Interrupt()
	})
	_, err := run(conn, "SELECT sum(n) FROM x")
	wg.Wait()
	if code, _, ok := conn.SQLiteError(err); !ok || code != 9 {
		t.Errorf("got %v", err)
	}
}

// Connections are opened by many goroutines at once; each gets its own hooks.
func (e Engine) manyConnectionsAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for n := 1; n <= 8; n++ {
		c := &counter{n: n}
		dir := t.TempDir()
		wg.Go(func() {
			conn, err := e.Open(context.Background(), "file:"+filepath.Join(dir, "x.db"), &engine.Hooks{Modules: map[string]engine.Module{"counter": c}, Collations: map[string]func(a, b []byte) int{"BACKWARD": backward}})
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			if _, err := run(conn, "CREATE VIRTUAL TABLE x USING counter"); err != nil {
				t.Error(err)
			}
			if got, err := run(conn, "SELECT count(*) FROM x"); err != nil || got[0] != fmt.Sprint(n) {
				t.Errorf("%d: %q, %v", n, got, err)
			}
		})
	}
	wg.Wait()
}

// plain opens a database without us, closed with the test.
func (e Engine) plain(t *testing.T, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open(e.Driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func plainConn(t *testing.T, db *sql.DB) *sql.Conn {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (e Engine) adopt(c *sql.Conn, hooks *engine.Hooks) (conn engine.Conn, err error) {
	err = c.Raw(func(dc any) error {
		conn, err = e.Adopt(context.Background(), dc.(driver.Conn), hooks)
		return err
	})
	return conn, err
}

// A connection that somebody else opened gains tables, of two origins even,
// and is as it was when they are taken away.
func (e Engine) adoptedConnections(t *testing.T) {
	db := e.plain(t, ":memory:")
	c := plainConn(t, db)
	var adopted []engine.Conn
	for n := 1; n <= 2; n++ {
		hooks := &engine.Hooks{
			Modules:    map[string]engine.Module{fmt.Sprintf("counter%d", n): &counter{n: n}},
			Collations: map[string]func(a, b []byte) int{"BACKWARD": backward},
		}
		conn, err := e.adopt(c, hooks)
		if err != nil {
			t.Fatal(err)
		}
		adopted = append(adopted, conn)
	}
	var sum int
	const both = "SELECT (SELECT sum(n) FROM counter1) * 10 + (SELECT sum(n) FROM counter2)"
	for _, stmt := range []string{"CREATE VIRTUAL TABLE temp.counter1 USING counter1", "CREATE VIRTUAL TABLE temp.counter2 USING counter2"} {
		if _, err := c.ExecContext(t.Context(), stmt); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.QueryRowContext(t.Context(), both).Scan(&sum); err != nil || sum != 13 {
		t.Errorf("got %d, %v", sum, err)
	}
	for n, conn := range adopted {
		if _, err := c.ExecContext(t.Context(), fmt.Sprintf("DROP TABLE temp.counter%d", n+1)); err != nil {
			t.Error(err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.ExecContext(t.Context(), "CREATE VIRTUAL TABLE temp.x USING counter1"); err == nil {
		t.Error("the module is still there")
	}
	if err := c.PingContext(t.Context()); err != nil {
		t.Errorf("the connection was closed: %v", err)
	}
	_ = c.Close()
	_ = db.Close()
	for _, conn := range adopted {
		conn.Interrupt() // of a closed connection
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.Adopt(t.Context(), stranger{}, &engine.Hooks{}); err == nil {
		t.Error("a connection of another driver is adopted")
	}
}

// What a connection has by our names stays its own: functions are left as they
// are, and hooks that would replace a collation or a module are refused. What
// hooks brought before is no such thing.
func (e Engine) theirOwnNamesStay(t *testing.T) {
	c := plainConn(t, e.plain(t, ":memory:"))
	say := func(n int64) engine.Function {
		return engine.Function{Args: 1, Call: func([]planner.Value) (planner.Value, error) {
			return planner.Value{Kind: planner.IntValue, Int: n}, nil
		}}
	}
	_, err := e.adopt(c, &engine.Hooks{
		Functions: map[string]engine.Function{"UPPER": say(1), "ours": say(1)},
		Modules:   map[string]engine.Module{"counter": &counter{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = e.adopt(c, &engine.Hooks{Functions: map[string]engine.Function{"ours": say(2)}}); err != nil {
		t.Fatal(err)
	}
	var upper, ours string
	if err := c.QueryRowContext(t.Context(), "SELECT upper('a'), ours(0)").Scan(&upper, &ours); err != nil || upper != "A" || ours != "1" {
		t.Errorf("got %s and %s, %v", upper, ours, err)
	}
	for want, hooks := range map[string]*engine.Hooks{
		"has a collation nocase of its own": {Collations: map[string]func(a, b []byte) int{"nocase": backward}},
		"has a module Counter of its own":   {Modules: map[string]engine.Module{"Counter": &counter{}}},
	} {
		if _, err := e.adopt(c, hooks); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	var same bool
	if err := c.QueryRowContext(t.Context(), "SELECT 'a' = 'A' COLLATE NOCASE").Scan(&same); err != nil || !same {
		t.Errorf("NOCASE was replaced: %t, %v", same, err)
	}
}

// A connection from before the adapter was initialized cannot be adopted, and
// the error says why.
func (e Engine) openedTooEarly(t *testing.T) {
	if early.Err != nil {
		t.Fatal(early.Err)
	}
	_, err := e.Adopt(t.Context(), early.Conn, &engine.Hooks{})
	if err == nil || !strings.Contains(err.Error(), "opened before it was initialized") {
		t.Errorf("got %v", err)
	}
}

// stranger is a connection of no SQLite.
type stranger struct{ driver.Conn }

// Connections that are opened and closed leave no memory behind.
func (e Engine) connectionsLeaveNothing(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 500
	}
	hooks := &engine.Hooks{
		Modules:    map[string]engine.Module{"counter": &counter{n: 1}},
		Collations: map[string]func(a, b []byte) int{"BACKWARD": backward},
		Read:       func(string, string, string) {},
	}
	open := func(times int) {
		for range times {
			conn, err := e.Open(t.Context(), "file::memory:", hooks)
			if err != nil {
				t.Fatal(err)
			}
			must(t, conn, "CREATE VIRTUAL TABLE temp.x USING counter")
			must(t, conn, "SELECT n FROM x ORDER BY t")
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	open(n / 10)
	before := resident(t)
	open(n)
	if after := resident(t); after > before+16<<20 {
		t.Errorf("%d connections took %d KiB", n, (after-before)>>10)
	}
}

// resident returns the process's memory, C's included, as far as the system
// tells it.
func resident(t *testing.T) int64 {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return int64(stats.HeapAlloc)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

func (e Engine) functionsAreCalled(t *testing.T) {
	conn, err := e.Open(t.Context(), "file::memory:", &engine.Hooks{Functions: map[string]engine.Function{
		"same": {Args: 1, Call: func(args []planner.Value) (planner.Value, error) { return args[0], nil }},
		"many": {Args: -1, Call: func(args []planner.Value) (planner.Value, error) {
			return planner.Value{Kind: planner.IntValue, Int: int64(len(args))}, nil
		}},
		"never": {Args: 0, Call: func([]planner.Value) (planner.Value, error) { return planner.Value{}, errCounter }},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got := must(t, conn, "SELECT quote(same(7)), quote(same(-0.5)), quote(same('ä''x')), quote(same('')), quote(same(x'00ff')), quote(same(NULL)), typeof(same(x'')), length(same('a' || char(0) || 'b')), many(), many(1, 2, 3)")
	if want := "7 -0.5 'ä''x' '' X'00FF' NULL blob 1 0 3"; got[0] != want {
		t.Errorf("got %q, want %q", got[0], want)
	}
	if _, msg, ok := conn.SQLiteError(second(run(conn, "SELECT never()"))); !ok || msg != errCounter.Error() {
		t.Errorf("error is %q", msg)
	}
	if _, err := run(conn, "SELECT same(1, 2)"); err == nil {
		t.Error("two arguments for one are accepted")
	}
}

func second[A any](_ A, err error) error { return err }
