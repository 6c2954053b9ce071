package vtab

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// What was guessed of a statement and is not so: the rows are fetched, and the
// answer is right. The analysis is that of another statement.
func TestAWrongGuessCostsACallAndNoAnswer(t *testing.T) {
	o := newOrg()
	plain := ordinary(t, o)
	for _, tt := range []struct{ guess, sql, first string }{
		{"SELECT count(*) FROM Account WHERE Employees > 3", "SELECT Employees FROM Account WHERE Employees > 3", "COUNT()"},
		{"SELECT count(*) FROM Account WHERE Employees > 3", "SELECT sum(Employees) FROM Account WHERE Employees > 3", "COUNT()"},
		{"SELECT count(*) FROM \"Order\" WHERE Total = 1", "SELECT group_concat(Total) FROM \"Order\" WHERE Total = 1", "COUNT()"},
		{"SELECT OwnerId, count(*) FROM Account WHERE Employees > 3 GROUP BY OwnerId", "SELECT OwnerId, Employees FROM Account WHERE Employees > 3", "GROUP BY OwnerId"},
		{"SELECT count(*) FROM Account WHERE Employees > 3 GROUP BY OwnerId", "SELECT OwnerId, CASE WHEN OwnerId = '005000000000001' THEN Employees END FROM Account WHERE Employees > 3", "GROUP BY OwnerId"},
		{"SELECT DISTINCT Active, OwnerId FROM Account WHERE Employees > 1", "SELECT Active, OwnerId, CASE WHEN Active THEN Employees ELSE 0 END FROM Account WHERE Employees > 1", "GROUP BY"},
		{"SELECT Id FROM Account WHERE NOT Active LIMIT 3", "SELECT Id, Active FROM Account WHERE NOT Active", "LIMIT 3"},
		{"SELECT Id FROM Account WHERE NOT Active ORDER BY Employees DESC LIMIT 3", "SELECT Id, Employees, Active FROM Account WHERE NOT Active ORDER BY Employees DESC", "LIMIT 3"},
	} {
		c := connect(t, o)
		o.asked = nil
		c.Start(context.Background(), planner.Analyze(tt.guess))
		rows, err := c.Engine().(driver.QueryerContext).QueryContext(context.Background(), tt.sql, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := linesOf(rows)
		if err != nil {
			t.Fatal(err)
		}
		want := mustQuery(t, plain, tt.sql)
		if !strings.Contains(tt.sql, "ORDER BY") {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tt.sql, got, want)
		}
		if len(o.asked) < 2 || len(o.asked) > 3 || !strings.Contains(o.asked[0], tt.first) {
			t.Errorf("%s: %q", tt.sql, o.asked)
		}
		if o.open != 0 {
			t.Errorf("%s: %d answers are left open", tt.sql, o.open)
		}
	}
}

// result takes the values that a cursor gives.
type result struct{ got any }

func (r *result) Null()             { r.got = nil }
func (r *result) Int64(n int64)     { r.got = n }
func (r *result) Float64(f float64) { r.got = f }
func (r *result) Text(b []byte)     { r.got = string(b) }
func (r *result) Blob(b []byte)     { r.got = append([]byte("blob "), b...) }

// scanOf starts a cursor over the accounts without a SQLite above it.
func scanOf(t *testing.T, o *org, p *planner.Plan, args ...planner.Arg) (*cursor, *Conn) {
	t.Helper()
	c := connect(t, o)
	c.Start(context.Background(), nil)
	m, _, err := objects{c}.Connect("salesforce", p.Table, nil)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := ec.Filter(0, p.Encode(), args); err != nil {
		t.Fatal(err)
	}
	o.asked = o.asked[len(o.asked)-1:]
	return ec.(*cursor), c
}

func columnAt(t *testing.T, c *cursor, name string) any {
	t.Helper()
	var r result
	if err := c.Column(&r, c.table.rules.Table.Column(name)); err != nil {
		t.Fatal(err)
	}
	return r.got
}

// Rows given by a count have no identity until somebody asks: then the same
// number of real rows has gone by.
func TestACountedRowBecomesARealOne(t *testing.T) {
	o := newOrg()
	for _, ask := range []string{"column", "rowid"} {
		c, _ := scanOf(t, o, &planner.Plan{Table: "Account", Columns: []int{1}, CountOnly: true})
		for range 3 {
			if err := c.Next(); err != nil || c.EOF() {
				t.Fatal(err, c.EOF())
			}
		}
		if ask == "rowid" {
			id, err := c.Rowid()
			if want := c.table.ids.of([]byte(recordID("001", 3))); err != nil || id != want {
				t.Errorf("rowid %d, %v; want %d", id, err, want)
			}
		}
		if got := columnAt(t, c, "Name"); got != o.records["Account"][3]["Name"] {
			t.Errorf("%s: the fourth row is %v", ask, got)
		}
		if want := []string{"SELECT COUNT() FROM Account", "SELECT Id,Name FROM Account"}; !slices.Equal(o.asked, want) {
			t.Errorf("%s: asked %q", ask, o.asked)
		}
		rows := 4
		for ; ; rows++ {
			if err := c.Next(); err != nil {
				t.Fatal(err)
			}
			if c.EOF() {
				break
			}
		}
		if rows != 40 {
			t.Errorf("%s: %d rows in all", ask, rows)
		}
		c.Close()
		if o.open != 0 {
			t.Errorf("%s: %d answers left open", ask, o.open)
		}
	}
}

// Between the count and the rows records may have gone.
func TestFewerRowsThanWereCounted(t *testing.T) {
	o := newOrg()
	c, _ := scanOf(t, o, &planner.Plan{Table: "Account", Columns: []int{1}, CountOnly: true})
	for range 30 {
		if err := c.Next(); err != nil {
			t.Fatal(err)
		}
	}
	o.records["Account"] = o.records["Account"][:10]
	if got := columnAt(t, c, "Name"); got != nil {
		t.Errorf("a row that is gone has the name %v", got)
	}
	if _, err := c.Rowid(); err != nil {
		t.Error(err)
	}
	if err := c.Next(); err != nil || !c.EOF() {
		t.Errorf("the scan goes on: %v", err)
	}
}

func TestACountWithoutATotalIsAnError(t *testing.T) {
	o := newOrg()
	o.noTotal = true
	c := connect(t, o)
	_, err := query(c, "SELECT count(*) FROM Account")
	if err == nil || !strings.Contains(err.Error(), "no total") || c.ScanErr() == nil {
		t.Errorf("got %v, %v", err, c.ScanErr())
	}
}

// A column that nobody announced is read by the record's Id.
func TestAColumnThatWasNotFetchedIsReadAlone(t *testing.T) {
	o := newOrg()
	c, _ := scanOf(t, o, &planner.Plan{Table: "Account", Columns: []int{0}})
	for range 4 {
		if err := c.Next(); err != nil {
			t.Fatal(err)
		}
	}
	a := o.records["Account"][4]
	for _, name := range []string{"Employees", "Revenue", "Industry", "Created", "Name"} {
		if got := columnAt(t, c, name); got != a[name] {
			t.Errorf("%s is %v, want %v", name, got, a[name])
		}
	}
	if got, want := o.asked[1], "SELECT Id,Employees FROM Account WHERE Id='001000000000004'"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	o.records["Account"] = nil
	if got := columnAt(t, c, "Employees"); got != nil {
		t.Errorf("a record that is gone has %v", got)
	}
	c.Close()
	if o.open != 0 {
		t.Errorf("%d answers left open", o.open)
	}

	// Without an Id there is no way to the record.
	c, conn := scanOf(t, o, &planner.Plan{Table: "Order", Columns: []int{0}})
	var r result
	if err := c.Column(&r, c.table.rules.Table.Column("Total")); err == nil || conn.ScanErr() == nil {
		t.Errorf("got %v without an Id", r.got)
	}
}

func TestAnErrorAtALaterRowReachesScanErr(t *testing.T) {
	for _, sql := range []string{
		"SELECT Name FROM Account",
		"SELECT Name FROM Account ORDER BY Name",
		"SELECT count(Name) FROM Account",
		"SELECT count(*) FROM Contact c CROSS JOIN Account a WHERE a.Id = c.AccountId",
		"SELECT count(*) FROM Account WHERE Employees >= 0 AND abs(Revenue) >= 0",
		"CREATE TABLE kept AS SELECT * FROM Account",
	} {
		for _, at := range []int{0, 1, 25} {
			o := newOrg()
			c := connect(t, o)
			o.failAt = at
			lines, err := query(c, sql)
			if err == nil {
				t.Errorf("%s, failing at %d: %d rows and no error", sql, at, len(lines))
			} else if !strings.Contains(err.Error(), errBroken.Error()) {
				t.Errorf("%s: SQLite says %v", sql, err)
			}
			if !errors.Is(c.ScanErr(), errBroken) {
				t.Errorf("%s, failing at %d: ScanErr is %v", sql, at, c.ScanErr())
			}
			if o.open != 0 {
				t.Errorf("%s: %d answers left open", sql, o.open)
			}
			// The next statement starts with a clean slate.
			o.failAt = -1
			if got := mustQuery(t, c, "SELECT count(Id) FROM Account"); c.ScanErr() != nil || got[0] != "40" {
				t.Errorf("after the error: %q, %v", got, c.ScanErr())
			}
		}
	}
}

func TestAPlanThatIsNoneIsAnError(t *testing.T) {
	c := connect(t, newOrg())
	m, _, err := objects{c}.Connect("salesforce", "Account", nil)
	if err != nil {
		t.Fatal(err)
	}
	cur, _ := m.Open()
	if err := cur.Filter(0, "0:something", nil); err == nil || c.ScanErr() == nil {
		t.Error("a foreign plan was taken")
	}
	if _, _, err := (objects{c}).Connect("salesforce", "Nobody", nil); err == nil || !strings.Contains(err.Error(), "Nobody") {
		t.Errorf("an unknown table connects: %v", err)
	}
	// OFFSET left to a scan that is not exact would lose rows.
	p := &planner.Plan{Table: "Account", SkipsOffset: true, Offset: 1, Limit: 2, Terms: []planner.Term{{Column: 1, Op: planner.OpGT, Collation: "NOCASE"}}}
	two := planner.Arg{Value: planner.Value{Kind: planner.IntValue, Int: 2}}
	if err := cur.Filter(0, p.Encode(), []planner.Arg{two, two}); err == nil {
		t.Error("OFFSET was skipped without being exact")
	}
}

func TestABlobIsFetchedOnceARow(t *testing.T) {
	o := newOrg()
	c := connect(t, o)
	got := mustQuery(t, c, "SELECT Body, length(Body), hex(Body) <> '', typeof(Body) FROM Account WHERE Id IN ('001000000000003', '001000000000004', '001000000000006') ORDER BY Id")
	want := []string{"blob bytes of /blob/3|16|1|blob", "<nil>|<nil>|0|null", "blob bytes of /blob/6|16|1|blob"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if want := []string{"/blob/3", "/blob/6"}; !slices.Equal(o.blobs, want) {
		t.Errorf("fetched %q", o.blobs)
	}
	o.blobs = nil
	mustQuery(t, c, "SELECT Id FROM Account")
	mustQuery(t, c, "SELECT * FROM Account")
	if len(o.blobs) != 0 {
		t.Errorf("%d blobs that nobody reads were fetched", len(o.blobs))
	}
}

// Values keep their class and every bit, straight and out of the memory of a
// join.
func TestValuesAreGivenAsDeclared(t *testing.T) {
	o := newOrg()
	c, plain := connect(t, o), ordinary(t, o)
	for _, sql := range []string{
		"SELECT *, Body FROM Account",
		"SELECT c.Id, a.*, typeof(a.Revenue), typeof(a.Active), typeof(a.Created) FROM Contact c CROSS JOIN Account a WHERE a.Id = c.AccountId ORDER BY c.Id, a.Id",
	} {
		got := mustQuery(t, c, sql)
		want := mustQuery(t, plain, strings.Replace(strings.ReplaceAll(sql, "a.*", columnList("a.")), "*, Body", columnList("")+", Body", 1))
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", sql, got, want)
		}
	}
}

func columnList(prefix string) string {
	var names []string
	for _, n := range []string{"Id", "Name", "Industry", "Employees", "Revenue", "Unsaid", "Active", "Founded", "Created", "OwnerId", "Code", "Notes"} {
		names = append(names, prefix+n)
	}
	return strings.Join(names, ", ")
}

func TestClosingInTheMiddle(t *testing.T) {
	o := newOrg()
	c := connect(t, o)
	for _, sql := range []string{
		"SELECT Name, Body FROM Account",
		"SELECT a.Id, b.Id FROM Account a, Contact b",
		"SELECT c.Id, a.Name FROM Contact c CROSS JOIN Account a WHERE a.Id = c.AccountId",
		"SELECT 1 FROM Account",
		"SELECT Id FROM Account WHERE OwnerId = '005000000000001' OR Employees = 3 ORDER BY Name",
	} {
		for _, steps := range []int{0, 1, 7} {
			rows, err := start(c, sql)
			if err != nil {
				t.Fatal(err)
			}
			dest := make([]driver.Value, len(rows.Columns()))
			for range steps {
				if err := rows.Next(dest); err != nil {
					t.Fatal(err)
				}
			}
			if err := rows.Close(); err != nil || o.open != 0 {
				t.Errorf("%s after %d rows: %v, %d answers left open", sql, steps, err, o.open)
			}
		}
	}
	// A connection may go while a statement runs.
	rows, err := start(c, "SELECT Name FROM Account")
	if err != nil {
		t.Fatal(err)
	}
	_ = rows.Close()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	c.Interrupt() // after Close it must do nothing
}

// A prepared statement runs again with other values, also such that SQLite
// took into its plan.
func TestPreparedStatementsTakeNewValues(t *testing.T) {
	o := newOrg()
	c, plain := connect(t, o), ordinary(t, o)
	const sql = "SELECT Id FROM Account WHERE Employees > ? ORDER BY Id LIMIT ? OFFSET ?"
	c.Start(context.Background(), planner.Analyze(sql))
	stmt, err := c.Engine().Prepare(sql)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	for _, args := range [][]any{{int64(3), int64(2), int64(0)}, {int64(3), int64(4), int64(3)}, {3.5, int64(-1), int64(2)}, {"x", int64(2), int64(1)}, {nil, int64(9), int64(0)}, {int64(0), int64(3), int64(5000)}} {
		c.Resume(context.Background(), planner.Analyze(sql))
		rows, err := stmt.(driver.StmtQueryContext).QueryContext(context.Background(), parameters(args...))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		dest := make([]driver.Value, 1)
		for err = rows.Next(dest); err == nil; err = rows.Next(dest) {
			got = append(got, fmt.Sprint(dest[0]))
		}
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		_ = rows.Close()
		if want := mustQuery(t, plain, sql, parameters(args...)...); !slices.Equal(got, want) {
			t.Errorf("%v: %q, want %q", args, got, want)
		}
	}
}

// Pushdown off changes what is asked and no answer.
func TestPushdownOffAsksForEverything(t *testing.T) {
	o := newOrg()
	plain := ordinary(t, o)
	c := connect(t, o, func(cfg *Config) { cfg.PushdownOff = true })
	for _, sql := range []string{
		"SELECT Id FROM Account WHERE Employees > 3 AND Name = 'acme' ORDER BY Employees DESC, Id LIMIT 3 OFFSET 1",
		"SELECT count(*) FROM Account WHERE Employees > 3",
		"SELECT count(*) FROM Account",
		"SELECT c.Id FROM Contact c JOIN Account a ON a.Id = c.AccountId WHERE a.Active ORDER BY c.Id",
	} {
		o.asked = nil
		got, want := mustQuery(t, c, sql), mustQuery(t, plain, sql)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
		for _, asked := range o.asked {
			if strings.Contains(asked, "WHERE") || strings.Contains(asked, "LIMIT") || strings.Contains(asked, "ORDER") || strings.Contains(asked, "COUNT") {
				t.Errorf("%s asked %s", sql, asked)
			}
		}
	}
}

// TestRowidsAreUniqueAndStable also past the last number for a prefix, and
// for texts that are no Ids.
func TestRowidsAreUniqueAndStable(t *testing.T) {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	r := rand.New(rand.NewPCG(9, 10))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	var ids rowids
	seen, of := map[int64]string{}, map[string]int64{}
	check := func(id string) {
		t.Helper()
		n := ids.of([]byte(id))
		if old, ok := seen[n]; ok && old != id {
			t.Fatalf("%q and %q are both %d", old, id, n)
		}
		if old, ok := of[id]; ok && old != n {
			t.Fatalf("%q was %d and is %d", id, old, n)
		}
		seen[n], of[id] = id, n
	}
	for range 3 * maxPrefixes {
		prefix := word(6)
		check(prefix + "0000000cDAAA") // the tail of other prefixes, too
		for range 3 {
			id := prefix + word(9)
			check(id + "AAA")
			check(prefix + strings.ToUpper(id[6:]) + "AAA")
			check(prefix + strings.ToLower(id[6:]) + "AAA")
		}
	}
	for _, id := range []string{strings.Repeat("z", 15), "000000000000000", "", "short", "00100000000000-", "001000000Ä00000"} {
		check(id)
	}
	for id := range of {
		check(id)
	}
	if len(ids.prefixes) != maxPrefixes || len(ids.whole) == 0 {
		t.Errorf("%d prefixes and %d whole Ids: the test did not reach past the last number", len(ids.prefixes), len(ids.whole))
	}
}

// Clashing rowids would lose rows of an OR; Ids that differ by case only are
// two records.
func TestAnORFindsRecordsThatDifferByCase(t *testing.T) {
	o := newOrg()
	for i, id := range []string{"001000000000aBCAAQ", "001000000000AbCAAQ", "001000000000abcAAA"} {
		a := account(i)
		a["Id"], a["Employees"], a["Name"], a["OwnerId"] = id, int64(77), "twin", recordID("005", 9)
		o.records["Account"] = append(o.records["Account"], a)
	}
	// A table that is large enough for SQLite to prefer two small scans.
	c := connect(t, o, func(cfg *Config) { cfg.Rows = func(string) (int64, bool) { return 1_000_000, true } })
	o.asked = nil
	got := mustQuery(t, c, "SELECT Id FROM Account WHERE Employees = 77 OR OwnerId = '005000000000009' ORDER BY Id")
	if len(got) != 3 {
		t.Errorf("got %q", got)
	}
	if len(o.asked) != 2 {
		t.Errorf("asked %q, which is no plan by branches", o.asked)
	}
}

func TestRawQueriesShowTheirAnswer(t *testing.T) {
	o := newOrg()
	c := connect(t, o)
	define := func(name, text string) {
		q, err := soql.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		table, err := planner.NewQueryTable(name, q, func(string) (*catalog.Object, error) { return o.objects[0], nil })
		if err != nil {
			t.Fatal(err)
		}
		exec(t, c, c.Schema("salesforce").Define(table, q))
	}
	define("q1", "SELECT Name, Employees FROM Account WHERE Employees = 3 ORDER BY Id")
	define("q2", "SELECT COUNT() FROM Account WHERE Employees = 3")
	o.asked = nil
	plain := ordinary(t, o)
	want := mustQuery(t, plain, "SELECT Name, Employees FROM Account WHERE Employees = 3 AND Name = 'o''neil' ORDER BY Id LIMIT 2")
	if got := mustQuery(t, c, "SELECT * FROM q1 WHERE Name = 'o''neil' LIMIT 2"); !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("got %q, want %q", got, want)
	}
	counted := mustQuery(t, plain, "SELECT count(*), 1 FROM Account WHERE Employees = 3")
	if got := mustQuery(t, c, `SELECT "count()", rowid FROM q2`); !slices.Equal(got, counted) {
		t.Errorf("got %q, want %q", got, counted)
	}
	if want := "SELECT Name,Employees FROM Account WHERE Employees=3 ORDER BY Id"; o.asked[0] != want {
		t.Errorf("asked %q", o.asked)
	}
	for _, table := range c.Schema("salesforce").Tables() {
		if strings.HasPrefix(table.Object.Name, "q") {
			t.Errorf("%s is no sObject", table.Object.Name)
		}
	}
	c.Schema("salesforce").Forget("Q1")
	if _, _, err := (objects{c}).Connect("salesforce", "q1", nil); err == nil {
		t.Error("a forgotten table connects")
	}
}
