package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// ways is one org, read past SQLite's machine and through it.
type ways struct {
	org              *emulator.Server
	short, machine   *sql.DB
	shortC, machineC *driver.Connector
	shortcuts        int64
}

func openWays(t *testing.T, more string, opts ...emulator.Option) *ways {
	t.Helper()
	w := &ways{org: emulator.New(append([]emulator.Option{emulator.WithPageSize(200)}, opts...)...)}
	t.Cleanup(w.org.Close)
	open := func(more string) (*sql.DB, *driver.Connector) {
		cfg, err := driver.ParseDSN(dsn(w.org, more))
		if err != nil {
			t.Fatal(err)
		}
		c, err := driver.NewConnector(cfg)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(c)
		db.SetMaxOpenConns(1)
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return db, c
	}
	w.short, w.shortC = open("api=rest" + more)
	w.machine, w.machineC = open("api=rest&shortcut=off" + more)
	return w
}

// took returns how many statements took the short way since it was last asked.
func (w *ways) took() int64 {
	n := w.shortC.Stats().Shortcuts
	defer func() { w.shortcuts = n }()
	return n - w.shortcuts
}

// values returns the rows of a query, with their Go types.
func values(t *testing.T, db *sql.DB, query string, args ...any) (out []string, types []string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range columns {
		length, _ := c.Length()
		precision, scale, _ := c.DecimalSize()
		types = append(types, fmt.Sprint(c.Name(), c.DatabaseTypeName(), c.ScanType(), length, precision, scale))
	}
	row, dest := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		dest[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%#v", row))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out, types
}

func TestBothWaysGiveTheSameValuesAndTypes(t *testing.T) {
	for _, more := range []string{"", "&time=text", "&deleted=true", "&text=binary"} {
		w := openWays(t, more)
		for _, query := range []string{
			"SELECT * FROM Everything__c ORDER BY Id",
			"SELECT Id, Time__c, DateTime__c, Date__c, Percent__c, Checkbox__c, Int__c, Text__c FROM Everything__c ORDER BY Id",
			"SELECT 1, x'', NULL, 0.5, Id, '' FROM Account ORDER BY Id",
			"SELECT Title, VersionData, Id FROM ContentVersion ORDER BY Id",
			"SELECT * FROM Wide__c ORDER BY Id",
			"SELECT * FROM AccountHistory ORDER BY Id",
			"SELECT * FROM soql('SELECT Id, Name, Owner.Name, CreatedDate FROM Account')",
		} {
			got, gotTypes := values(t, w.short, query)
			if n := w.took(); n != 1 {
				t.Errorf("%s: %d shortcuts", query, n)
			}
			want, wantTypes := values(t, w.machine, query)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %d rows differ from %d", query, len(got), len(want))
			}
			if !slices.Equal(gotTypes, wantTypes) {
				t.Errorf("%s: the types are %q, want %q", query, gotTypes, wantTypes)
			}
		}
		if n := w.machineC.Stats().Shortcuts; n != 0 {
			t.Errorf("shortcut=off: %d shortcuts", n)
		}
	}
}

// TestShortRowsAreTheCallers: what a row held must not change with the next.
func TestShortRowsAreTheCallers(t *testing.T) {
	w := openWays(t, "")
	rows, err := w.short.Query("SELECT Id, Title, VersionData FROM ContentVersion ORDER BY Id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var kept [][]any
	for rows.Next() {
		var id, title any
		var data []byte
		if err := rows.Scan(&id, &title, &data); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, []any{id, title, data})
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if w.took() != 1 {
		t.Fatal("no shortcut")
	}
	for _, k := range kept {
		var title any
		var data []byte
		if err := w.machine.QueryRow("SELECT Title, VersionData FROM ContentVersion WHERE Id = ?", k[0]).Scan(&title, &data); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(k[1:], []any{title, data}) {
			t.Errorf("%v became %v, %d bytes", k[0], k[1], len(k[2].([]byte)))
		}
	}
}

func TestAPreparedStatementTakesTheShortcutOnlyWhileItsProgramStands(t *testing.T) {
	w := openWays(t, "")
	ctx := context.Background()
	c, err := w.short.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	exec := func(query string) {
		t.Helper()
		if _, err := c.ExecContext(ctx, query); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TEMP VIEW v AS SELECT Name AS n FROM Account")
	s, err := c.PrepareContext(ctx, "SELECT n FROM v")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	names := must(t, w.machine, "SELECT Name FROM Account")
	check := func(want []string, shortcuts int64) {
		t.Helper()
		got, err := all(stmtQuerier{s}, "")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d rows, the first %q; want %d, the first %q", len(got), got[:1], len(want), want[:1])
		}
		if n := w.took(); n != shortcuts {
			t.Errorf("%d shortcuts, want %d", n, shortcuts)
		}
	}
	check(names, 1)
	check(names, 1)
	// The same scan and the same columns, but another program.
	exec("DROP VIEW v")
	exec("CREATE TEMP VIEW v AS SELECT upper(Name) AS n FROM Account")
	upper := must(t, w.machine, "SELECT upper(Name) FROM Account")
	check(upper, 0)
	check(upper, 0)
	exec("DROP VIEW v")
	exec("CREATE TEMP VIEW v AS SELECT Name AS n FROM Account")
	check(names, 0) // SQLite has only now prepared it again
	check(names, 1)
	// A local table takes the name.
	exec("DROP VIEW v")
	exec("CREATE TEMP TABLE v (n)")
	exec("INSERT INTO v VALUES ('a'), ('b')")
	check([]string{"a", "b"}, 0)
}

// stmtQuerier runs its own statement whatever it is asked.
type stmtQuerier struct{ *sql.Stmt }

func (s stmtQuerier) QueryContext(ctx context.Context, _ string, args ...any) (*sql.Rows, error) {
	return s.Stmt.QueryContext(ctx, args...)
}

func TestAPreparedStatementTakesTheShortcutWithOtherParameters(t *testing.T) {
	w := openWays(t, "")
	const query = "SELECT Id, Int__c, Text__c FROM Everything__c WHERE Int__c > ? AND Text__c IS NOT NULL ORDER BY Id"
	s, err := w.short.Prepare(query)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		value any
		short int64
	}{
		{int64(0), 1},
		{int64(500), 1},
		{0.5, 1},             // asked as a whole number
		{"7", 1},             // becomes a number
		{nil, 0},             // no row
		{int64(1) << 40, 0},  // no row
		{"x", 0},             // no row: text is above every number
		{int64(-1 << 40), 1}, // every row that has a number
		{1, 1},
	} {
		got, err := all(stmtQuerier{s}, "", c.value)
		if err != nil {
			t.Fatal(err)
		}
		if want := must(t, w.machine, query, c.value); !slices.Equal(got, want) {
			t.Errorf("%v: %d rows, want %d", c.value, len(got), len(want))
		}
		if n := w.took(); n != c.short {
			t.Errorf("%v: %d shortcuts, want %d", c.value, n, c.short)
		}
	}
}

func TestLaterStatementsOfATextAreNotExplained(t *testing.T) {
	w := openWays(t, "")
	if _, err := w.short.Exec("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)"); err != nil {
		t.Fatal(err)
	}
	if got := must(t, w.short, "SELECT Id FROM Account LIMIT 1; DELETE FROM t WHERE x = (SELECT min(x) FROM t)"); len(got) > 1 {
		t.Errorf("%q", got)
	}
	if got := must(t, w.short, "SELECT x FROM t"); fmt.Sprint(got) != "[2]" {
		t.Errorf("left is %q", got)
	}
}

func TestTheShortcutSeesErrorsAndTheEndOfItsContext(t *testing.T) {
	answers := func(w http.ResponseWriter) {
		http.Error(w, `[{"errorCode":"INVALID_SESSION","message":"no"}]`, http.StatusBadRequest)
	}
	read := func(db *sql.DB) (n int, err error) {
		rows, err := db.Query("SELECT Id, Name FROM Account")
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		for rows.Next() {
			n++
		}
		return n, rows.Err()
	}
	var got []string
	for _, more := range []string{"api=rest", "api=rest&shortcut=off"} {
		_, db := start(t, more, emulator.WithPageSize(200), failing(3, answers))
		n, err := read(db)
		got = append(got, fmt.Sprint(n, err))
	}
	if got[0] != got[1] || !strings.Contains(got[0], "INVALID_SESSION") {
		t.Errorf("%q", got)
	}
	w := openWays(t, "")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rows, err := w.short.QueryContext(ctx, "SELECT Id, Name FROM Contact")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for range 300 {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
	}
	cancel()
	n := 0
	for rows.Next() {
		n++
	}
	if !errors.Is(rows.Err(), context.Canceled) || w.took() != 1 || n > 600 {
		t.Errorf("%d rows more, %v", n, rows.Err())
	}
	if got := must(t, w.short, "SELECT count(*) FROM Account"); len(got) != 1 {
		t.Errorf("the connection is lost: %q", got)
	}
}

func TestTheShortcutReadsInsideOfTransactions(t *testing.T) {
	w := openWays(t, "")
	if _, err := w.short.Exec("CREATE TABLE seen (id)"); err != nil {
		t.Fatal(err)
	}
	tx, err := w.short.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	rows, err := tx.Query("SELECT Id FROM Account ORDER BY Id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO seen VALUES (?)", id); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(rows.Err(), tx.Commit()); err != nil {
		t.Fatal(err)
	}
	if got := must(t, w.short, "SELECT count(*), (SELECT count(*) FROM seen s JOIN Account a ON a.Id = s.id) FROM seen"); fmt.Sprint(got) != fmt.Sprintf("[%d|%[1]d]", n) || n < 500 {
		t.Errorf("%d rows: %q", n, got)
	}
	if w.took() != 1 {
		t.Error("no shortcut")
	}
}

// BenchmarkPlanning is what a statement costs before its first call: parsing,
// preparing, and the look at its program.
func BenchmarkPlanning(b *testing.B) {
	s := emulator.New()
	defer s.Close()
	for _, more := range []string{"", "shortcut=off"} {
		b.Run("shortcut"+strings.TrimPrefix(more, "shortcut"), func(b *testing.B) {
			db, err := sql.Open("salesforce", dsn(s, more))
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			// The literal is out of the field's range: no call is made.
			const query = "SELECT Id, Name, Industry, NumberOfEmployees, CreatedDate FROM Account WHERE NumberOfEmployees > 3000000000"
			for b.Loop() {
				rows, err := db.Query(query)
				if err != nil {
					b.Fatal(err)
				}
				if rows.Next() {
					b.Fatal("a row")
				}
				if err := rows.Close(); err != nil {
					b.Fatal(err)
				}
			}
			if b.Elapsed() > time.Duration(b.N)*time.Second {
				b.Fatal("planning takes more than a second")
			}
		})
	}
}
