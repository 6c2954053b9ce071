package sqlitefile

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

func open(t testing.TB, path string) *DB {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read returns what another reader of the file finds in it.
func read(t *testing.T, path, query string) (out [][]any) {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String())
	must(t, err)
	defer db.Close()
	rows, err := db.Query(query)
	must(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	must(t, err)
	for rows.Next() {
		values, dest := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			dest[i] = &values[i]
		}
		must(t, rows.Scan(dest...))
		for i, v := range values {
			if b, ok := v.([]byte); ok && len(b) == 0 {
				values[i] = []byte{} // and not a nil slice, which NULL is not
			}
		}
		out = append(out, values)
	}
	must(t, rows.Err())
	return out
}

// nasty are rows of five columns of every kind, among them texts that need
// more memory than those before, and empty ones behind all others.
func nasty(n int) (out [][]any) {
	for i := range n {
		long := strings.Repeat("ä\x00'\"\n😀", i*i%777)
		out = append(out,
			[]any{int64(i), long, -1.5e300, []byte{0, 255, byte(i)}, ""},
			[]any{int64(-1 << 63), "", 0.1, []byte{}, nil},
			[]any{nil, nil, nil, nil, long})
	}
	return out
}

func TestEveryValueComesBack(t *testing.T) {
	for _, n := range []int{0, 1, 5, 6, 200} { // whole statements and rests
		path := filepath.Join(t.TempDir(), "a ?b#c%20.db")
		d := open(t, path)
		must(t, d.Exec(`CREATE TABLE "the ""table" (a, b, c, d, e); BEGIN`))
		s, err := d.Insert(`the "table`, 5)
		must(t, err)
		want := nasty(n)
		row := make([]any, 5)
		for _, values := range want {
			copy(row, values)
			must(t, s.Row(row))
			clear(row) // it is the caller's again
		}
		must(t, s.Flush())
		s.Close()
		must(t, d.Exec("COMMIT"))
		if got, err := d.Int(`SELECT count(*) FROM "the ""table"`); err != nil || got != int64(len(want)) {
			t.Errorf("%d rows, %v; want %d", got, err, len(want))
		}
		must(t, d.Close())
		got := read(t, path, `SELECT * FROM "the ""table" ORDER BY rowid`)
		if len(got) != len(want) {
			t.Fatalf("%d rows, want %d", len(got), len(want))
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("row %d: %.80q, want %.80q", i, got[i], want[i])
			}
		}
	}
}

func TestBooleansAreNumbers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := open(t, path)
	must(t, d.Exec("CREATE TABLE t (a, b)"))
	s, err := d.Insert("t", 2)
	must(t, err)
	must(t, s.Row([]any{true, false}))
	must(t, s.Flush())
	s.Close()
	if got := read(t, path, "SELECT a, typeof(a), b, typeof(b) FROM t"); !reflect.DeepEqual(got, [][]any{{int64(1), "integer", int64(0), "integer"}}) {
		t.Errorf("%v", got)
	}
}

// Rows that hold whole files do not wait for each other, and come in order.
func TestLargeRowsTakeTheMemoryOfAFew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := open(t, path)
	must(t, d.Exec("CREATE TABLE t (n, a); BEGIN"))
	s, err := d.Insert("t", 2)
	must(t, err)
	for i := range 40 {
		must(t, s.Row([]any{int64(i), make([]byte, 300<<10)}))
		if s.texts > mostBytes || len(s.bytes) > mostBytes {
			t.Fatalf("%d bytes wait, %d are with SQLite", s.texts, len(s.bytes))
		}
	}
	must(t, s.Flush())
	s.Close()
	must(t, d.Exec("COMMIT"))
	if got := read(t, path, "SELECT count(*), sum(rowid = n + 1), sum(length(a)) FROM t"); !reflect.DeepEqual(got, [][]any{{int64(40), int64(40), int64(40 * 300 << 10)}}) {
		t.Errorf("%v", got)
	}
}

// A table may have as many columns as SQLite allows; a statement then has
// fewer rows.
func TestManyColumns(t *testing.T) {
	const columns = 2000
	path := filepath.Join(t.TempDir(), "x.db")
	d := open(t, path)
	names := make([]string, columns)
	row := make([]any, columns)
	for i := range names {
		names[i] = fmt.Sprint("c", i)
		row[i] = fmt.Sprint("v", i)
	}
	must(t, d.Exec("CREATE TABLE t ("+strings.Join(names, ",")+"); BEGIN"))
	s, err := d.Insert("t", columns)
	must(t, err)
	for range 40 {
		must(t, s.Row(row))
	}
	must(t, s.Flush())
	s.Close()
	must(t, d.Exec("COMMIT"))
	got := read(t, path, "SELECT * FROM t")
	if len(got) != 40 || !reflect.DeepEqual(got[39], row) {
		t.Errorf("%d rows; the last one begins with %v", len(got), got[len(got)-1][:3])
	}
}

// What is not committed is not there when the file is opened again, also where
// SQLite had no room for it in memory and wrote it to the file.
func TestTransactionIsUndone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := open(t, path)
	must(t, d.Exec("CREATE TABLE t (a)"))
	fill := func(text string) *Insert {
		must(t, d.Exec("BEGIN"))
		s, err := d.Insert("t", 1)
		must(t, err)
		for range 10_000 {
			must(t, s.Row([]any{strings.Repeat(text, 1000)}))
		}
		return s
	}
	s := fill("a")
	must(t, s.Flush())
	s.Close()
	must(t, d.Exec("COMMIT"))
	size := func() int64 {
		info, err := os.Stat(path)
		must(t, err)
		return info.Size()
	}
	before := size()
	s = fill("b")
	if after := size(); after < before*3/2 {
		t.Fatalf("the file grew from %d bytes to %d only: nothing is to be undone", before, after)
	}
	s.Close()
	must(t, d.Close())
	if got := read(t, path, "SELECT count(*), max(a) = "+"'"+strings.Repeat("a", 1000)+"' FROM t"); !reflect.DeepEqual(got, [][]any{{int64(10_000), int64(1)}}) {
		t.Errorf("%v", got)
	}
	if got := read(t, path, "PRAGMA integrity_check"); !reflect.DeepEqual(got, [][]any{{"ok"}}) {
		t.Errorf("%v", got)
	}
}

func TestErrors(t *testing.T) {
	folder := t.TempDir()
	if _, err := Open(filepath.Join(folder, "none", "x.db")); err == nil || !strings.Contains(err.Error(), "unable to open database file (14)") {
		t.Errorf("a folder that is not there: %v", err)
	}
	d := open(t, filepath.Join(folder, "x.db"))
	if err := d.Exec("CREATE TABLE secret (a UNIQUE nonsense"); err == nil || !strings.Contains(err.Error(), "CREATE TABLE: near \"nonsense\": syntax error (1)") {
		t.Errorf("a statement that is wrong: %v", err)
	}
	if _, err := d.Int("SELECT missing"); err == nil || !strings.Contains(err.Error(), "no such column: missing") {
		t.Errorf("a column that is not there: %v", err)
	}
	if _, err := d.Insert("t", 1); err == nil || !strings.Contains(err.Error(), "no such table: t") {
		t.Errorf("a table that is not there: %v", err)
	}
	must(t, d.Exec("CREATE TABLE t (a UNIQUE)"))
	s, err := d.Insert("t", 1)
	must(t, err)
	defer s.Close()
	must(t, s.Row([]any{"x"}))
	must(t, s.Row([]any{"x"}))
	if err := s.Flush(); !IsUnique(err) || !strings.Contains(err.Error(), "UNIQUE constraint failed: t.a (19)") {
		t.Errorf("a value twice: %v", err)
	}
	must(t, s.Row([]any{struct{}{}}))
	if err := s.Flush(); err == nil || !strings.Contains(err.Error(), "SQLite has no type for the struct {} in column 1") {
		t.Errorf("a value of no type: %v", err)
	}
	if IsUnique(nil) || IsUnique(errors.New("x")) {
		t.Error("every error is one of UNIQUE")
	}
}

func TestFullFile(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "x.db"))
	must(t, d.Exec("PRAGMA max_page_count = 50; CREATE TABLE t (a)"))
	s, err := d.Insert("t", 1)
	must(t, err)
	defer s.Close()
	for range 1000 {
		if err = s.Row([]any{strings.Repeat("x", 1000)}); err != nil {
			break
		}
	}
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "database or disk is full (13)") {
		t.Errorf("%v, want no space", err)
	}
}

// Rows of ten columns, beside database/sql on the same file.
func BenchmarkInsert(b *testing.B) {
	const table = "CREATE TABLE t (Id TEXT, Name TEXT, AccountId TEXT, StageName TEXT, Amount REAL, Probability REAL, CloseDate TEXT, IsClosed INTEGER, CreatedDate TEXT, FiscalYear INTEGER)"
	row := []any{"006000000000123AAA", "Opportunity of somebody", "001000000000123AAA", "Closed Won", 12345.5, 60.0, "2024-05-31", int64(1), "2024-05-31T10:00:00.000Z", int64(2024)}
	b.Run("sqlitefile", func(b *testing.B) {
		d := open(b, filepath.Join(b.TempDir(), "x.db"))
		must(b, d.Exec(table+"; BEGIN"))
		s, err := d.Insert("t", len(row))
		must(b, err)
		for b.Loop() {
			must(b, s.Row(row))
		}
		must(b, s.Flush())
		s.Close()
		must(b, d.Exec("COMMIT"))
	})
	b.Run("database/sql", func(b *testing.B) {
		db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "x.db"))
		must(b, err)
		defer db.Close()
		db.SetMaxOpenConns(1)
		_, err = db.Exec(table)
		must(b, err)
		tx, err := db.Begin()
		must(b, err)
		stmt, err := tx.Prepare("INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?,?)")
		must(b, err)
		for b.Loop() {
			_, err := stmt.Exec(row...)
			must(b, err)
		}
		must(b, tx.Commit())
	})
}
