package driver_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

func attach(t *testing.T, conn any, schema, dsn string, objects ...string) (detach func() error) {
	t.Helper()
	detach, err := driver.Attach(t.Context(), conn, schema, dsn, objects...)
	if err != nil {
		t.Fatal(err)
	}
	return detach
}

func run(t *testing.T, conn *sql.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func one(t *testing.T, conn *sql.Conn, query string) string {
	t.Helper()
	got, err := all(conn, query)
	if err != nil || len(got) != 1 {
		t.Fatalf("%s: %q, %v", query, got, err)
	}
	return got[0]
}

// ownRaw opens a connection without database/sql.
func ownRaw(t *testing.T) sqldriver.Conn {
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

// A connection that its owner closes without detaching ends the logins: the
// built-in org stops serving, or TestMain would find its goroutines.
func TestClosingWithoutDetaching(t *testing.T) {
	const query = "SELECT a.Id FROM prod.Account a JOIN uat.Contact c ON c.AccountId = a.Id"
	conn := own(t)
	prod, uat := attach(t, conn, "prod", "demo", "Account"), attach(t, conn, "uat", "demo?seed=2", "Contact")
	if got, err := all(conn, query); err != nil || len(got) == 0 {
		t.Fatal(err)
	}
	if err := conn.Raw(func(any) error { return sqldriver.ErrBadConn }); err == nil { // database/sql closes it
		t.Error("the connection is not given up")
	}
	for _, detach := range []func() error{prod, uat, prod} {
		if err := detach(); err != nil {
			t.Error(err)
		}
	}
	dc := ownRaw(t)
	prod, uat = attach(t, dc, "prod", "demo", "Account"), attach(t, dc, "uat", "demo?seed=2", "Contact")
	rows, err := dc.(sqldriver.QueryerContext).QueryContext(t.Context(), query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := rows.Next(make([]sqldriver.Value, 1)); err != nil {
		t.Fatal(err)
	}
	_ = rows.Close()
	_ = dc.Close()
	for _, detach := range []func() error{prod, uat, prod} {
		if err := detach(); err != nil {
			t.Error(err)
		}
	}
	if _, err := driver.Attach(t.Context(), dc, "prod", "demo", "Account"); err == nil {
		t.Error("a closed connection is given tables")
	}
}

// A connection that has gone back to its pool keeps its tables, which detach
// says; closing the pool ends the login.
func TestBackInThePoolWithoutDetaching(t *testing.T) {
	db, err := sql.Open(ownDriver, ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	detach := attach(t, conn, "prod", "demo", "Account")
	_ = conn.Close()
	if err := detach(); err == nil || !strings.Contains(err.Error(), "gone back to its pool") {
		t.Errorf("got %v", err)
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM prod.Account").Scan(&n); err != nil || n == 0 {
		t.Errorf("%d accounts, %v", n, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := detach(); err != nil {
		t.Error(err)
	}
}

// Rows that are being read keep their tables; the other org goes all the same.
func TestDetachWaitsForRows(t *testing.T) {
	conn, s := own(t), org(t)
	prod, uat := attach(t, conn, "prod", dsn(s, ""), "Account"), attach(t, conn, "uat", dsn(s, ""), "Account")
	want := one(t, conn, "SELECT count(*) FROM prod.Account")
	rows, err := conn.QueryContext(t.Context(), "SELECT Id FROM prod.Account")
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	if err := prod(); err == nil || !strings.Contains(err.Error(), "detaching prod: database prod is locked") {
		t.Errorf("detached while its rows are read: %v", err)
	}
	n := 1
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil || fmt.Sprint(n) != want {
		t.Errorf("%d rows, want %s, %v", n, want, err)
	}
	if err := uat(); err != nil {
		t.Error(err)
	}
	if err := prod(); err != nil {
		t.Error(err)
	}
}

// A name that is taken is refused before anything changes.
func TestAttachUnderANameThatIsTaken(t *testing.T) {
	conn, s := own(t), org(t)
	run(t, conn, "ATTACH '"+filepath.Join(t.TempDir(), "plain.db")+"' AS plain", "CREATE TABLE plain.t (x)", "CREATE TABLE temp.t (x)")
	detach := attach(t, conn, "prod", dsn(s, ""), "Account")
	for _, name := range []string{"main", "temp", "plain", "prod", "PROD", "Main"} {
		_, err := driver.Attach(t.Context(), conn, name, dsn(s, ""), "Account")
		if want := "attaching " + name + ": database " + name + " is already in use"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "a\x00b"} {
		if _, err := driver.Attach(t.Context(), conn, name, dsn(s, ""), "Account"); err == nil || !strings.Contains(err.Error(), "is no name for a schema") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got := one(t, conn, "SELECT (SELECT count(*) FROM plain.t) || (SELECT count(*) FROM temp.t) || ((SELECT count(*) FROM prod.Account) > 0)"); got != "001" {
		t.Errorf("got %s", got)
	}
	if err := detach(); err != nil {
		t.Error(err)
	}
	p := twoOrgs(t, "")
	for _, name := range []string{"main", "temp", "salesforce", "uat", "UAT"} {
		if _, err := p.ExecContext(t.Context(), "ATTACH ? AS "+name, dsn(p.uat, "")); err == nil || !strings.Contains(err.Error(), "is already in use") {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.all(t, "SELECT count(*) FROM uat.Account JOIN Account USING (Id)")
}

// Any name that SQLite takes serves as a schema, on both kinds of connection.
func TestSchemaNamesThatNeedQuotes(t *testing.T) {
	s := org(t)
	_, db := start(t, "")
	ours, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	theirs := own(t)
	for _, name := range []string{"Order", "🦉 d'or", `a"b`, "a.b", "select", "Größe", "[x]", "`", "  "} {
		quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		detach := attach(t, theirs, name, dsn(s, ""), "Account", "Order")
		run(t, ours, "ATTACH '"+dsn(s, "")+"' AS "+quoted)
		for _, conn := range []*sql.Conn{ours, theirs} {
			query := fmt.Sprintf(`SELECT count(*) = (SELECT count(*) FROM %[1]s.Account WHERE Name IS NOT NULL) FROM %[1]s."Order" o LEFT JOIN %[1]s.Account a ON a.Id = o.AccountId`, quoted)
			if got := one(t, conn, strings.Replace(query, "count(*) =", "count(*) > 0, ", 1)); !strings.HasPrefix(got, "1|") {
				t.Errorf("%s: %s", name, got)
			}
		}
		plan, err := all(ours, "EXPLAIN SOQL SELECT Name FROM "+quoted+".Account WHERE NumberOfEmployees > 10")
		if err != nil || !strings.Contains(strings.Join(plan, "\n"), name+".Account|SELECT Id,Name,NumberOfEmployees FROM Account WHERE NumberOfEmployees>10") {
			t.Errorf("%s: %q, %v", name, plan, err)
		}
		if _, err := all(ours, "SELECT * FROM "+quoted+".Acount"); err == nil || !strings.Contains(err.Error(), "did you mean Account") {
			t.Errorf("%s: %v", name, err)
		}
		run(t, ours, "DETACH "+quoted, "BEGIN", "ATTACH '"+dsn(s, "")+"' AS "+quoted, "ROLLBACK")
		if got := one(t, ours, "SELECT (SELECT count(*) FROM "+quoted+".sf_objects) > 0, (SELECT count(*) FROM "+quoted+".Account) > 0"); got != "1|1" {
			t.Errorf("%s after a rollback: %s", name, got)
		}
		run(t, ours, "DETACH "+quoted)
		if err := detach(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Transactions are of the connection's own tables; those of orgs stay, or go
// with the transaction in which they were attached.
func TestTransactionsAroundAnOrg(t *testing.T) {
	conn, s := own(t), org(t)
	run(t, conn, "CREATE TABLE kept (id TEXT, name TEXT)")
	detach := attach(t, conn, "prod", dsn(s, ""), "Account", "Contact")
	want := one(t, conn, "SELECT count(*) FROM prod.Account")
	for end, kept := range map[string]string{"ROLLBACK": "0", "COMMIT": want} {
		run(t, conn, "DELETE FROM kept", "BEGIN", "INSERT INTO kept SELECT Id, Name FROM prod.Account", "SAVEPOINT s",
			"INSERT INTO kept SELECT Id, Name FROM prod.Contact", "ROLLBACK TO s")
		if got := one(t, conn, "SELECT count(*) FROM kept k JOIN prod.Account a ON a.Id = k.id AND a.Name IS k.name"); got != want {
			t.Errorf("in the transaction there are %s, want %s", got, want)
		}
		if err := detach(); err == nil {
			t.Error("detached within a transaction that reads it")
		}
		run(t, conn, end)
		if got := one(t, conn, "SELECT count(*) FROM kept"); got != kept {
			t.Errorf("after %s there are %s, want %s", end, got, kept)
		}
		if got := one(t, conn, "SELECT count(*) FROM prod.Account"); got != want {
			t.Errorf("after %s: %s accounts, want %s", end, got, want)
		}
	}
	if _, err := conn.ExecContext(t.Context(), "DELETE FROM prod.Account"); err == nil || !strings.Contains(err.Error(), "may not be modified") {
		t.Errorf("a live table is written: %v", err)
	}
	run(t, conn, "BEGIN")
	late := attach(t, conn, "late", dsn(s, ""), "Account")
	if got := one(t, conn, "SELECT count(*) FROM late.Account"); got != want {
		t.Errorf("attached in a transaction: %s, want %s", got, want)
	}
	run(t, conn, "ROLLBACK")
	if _, err := all(conn, "SELECT 1 FROM late.Account"); err == nil || !strings.Contains(err.Error(), "no such table: late.Account") {
		t.Errorf("after the rollback: %v", err)
	}
	for _, detach := range []func() error{late, detach} {
		if err := detach(); err != nil {
			t.Error(err)
		}
	}
}

// Each connection of a pool has its own attachment, and they work at once.
func TestEachConnectionOfAPool(t *testing.T) {
	s := org(t)
	db, err := sql.Open(ownDriver, filepath.Join(t.TempDir(), "own.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const query = "SELECT a.Name, count(c.Id) FROM prod.Account a LEFT JOIN prod.Contact c ON c.AccountId = a.Id GROUP BY a.Id ORDER BY a.Id"
	_, same := start(t, "")
	want := must(t, same, strings.ReplaceAll(query, "prod.", ""))
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			for range 3 {
				conn, err := db.Conn(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				detach, err := driver.Attach(context.Background(), conn, "prod", dsn(s, ""), "Account", "Contact")
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := all(conn, query); err != nil || !slices.Equal(got, want) {
					t.Errorf("%d: %d rows, want %d, %v", i, len(got), len(want), err)
				}
				if err := detach(); err != nil {
					t.Error(err)
				}
				if err := conn.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// The authorizer is taken, as the documentation says, and is not given back. A
// program that takes it in turn costs calls, and no answer.
func TestTheAuthorizer(t *testing.T) {
	conn, s := own(t), org(t)
	asked := 0
	own := func() {
		t.Helper()
		if err := conn.Raw(func(dc any) error { return authorize(dc, "secret", &asked) }); err != nil {
			t.Fatal(err)
		}
	}
	run(t, conn, "CREATE TABLE t (secret)")
	own()
	if _, err := all(conn, "SELECT secret FROM t"); err == nil || asked == 0 {
		t.Fatalf("the program's authorizer does not rule: %d, %v", asked, err)
	}
	detach := attach(t, conn, "prod", dsn(s, ""), "Account", "Contact")
	asked = 0
	const query = "SELECT a.Name, a.Industry, c.Email FROM prod.Account a JOIN prod.Contact c ON c.AccountId = a.Id WHERE a.NumberOfEmployees > 100 ORDER BY c.Id"
	want, err := all(conn, query)
	if err != nil || len(want) == 0 || asked != 0 {
		t.Fatalf("%d rows, asked %d times, %v", len(want), asked, err)
	}
	own()
	if got, err := all(conn, query); err != nil || !slices.Equal(got, want) || asked == 0 {
		t.Errorf("under the program's authorizer %d rows, want %d, asked %d times, %v", len(got), len(want), asked, err)
	}
	if err := detach(); err != nil {
		t.Fatal(err)
	}
	asked = 0
	if _, err := all(conn, "SELECT secret FROM t"); err != nil || asked != 0 {
		t.Errorf("after detach there is an authorizer: %d, %v", asked, err)
	}
}

// A collation of the program's own by our name would change its indexes or our
// columns, and is refused; its functions stay.
func TestNamesOfTheirOwn(t *testing.T) {
	s := org(t)
	for _, collation := range []string{"sfid", "SFTIME", "other"} {
		dc, err := withNames(collation).Open(":memory:")
		if err != nil {
			t.Fatal(err)
		}
		detach, err := driver.Attach(t.Context(), dc, "prod", dsn(s, ""), "Account")
		if collation != "other" {
			if err == nil || !strings.Contains(err.Error(), "has a collation "+strings.ToUpper(collation)+" of its own") {
				t.Errorf("%s: %v", collation, err)
			}
		} else if err != nil {
			t.Errorf("%s: %v", collation, err)
		} else {
			rows, err := dc.(sqldriver.QueryerContext).QueryContext(t.Context(), "SELECT today('2024-01-01'), includes('a;b', 'b') FROM prod.Account LIMIT 1", nil)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]sqldriver.Value, 2)
			if err := rows.Next(got); err != nil || fmt.Sprint(got) != "[theirs 1]" {
				t.Errorf("got %v, %v", got, err)
			}
			_ = rows.Close()
			if err := detach(); err != nil {
				t.Error(err)
			}
		}
		if err := dc.Close(); err != nil {
			t.Error(err)
		}
	}
}

// One statement over tables of two orgs and the connection's own.
func TestTwoOrgsAndTheirOwnTableInOneStatement(t *testing.T) {
	conn := own(t)
	prod, uat := org(t, emulator.WithSeed(1)), org(t, emulator.WithSeed(2))
	defer attach(t, conn, "prod", dsn(prod, ""), "Account", "Contact")()
	defer attach(t, conn, "uat", dsn(uat, ""), "Account")()
	const query = "SELECT w.n, a.Id, a.Name, b.Name FROM watched w JOIN %[1]sAccount a ON a.Id = w.id LEFT JOIN %[2]sAccount b ON b.Id = a.Id WHERE a.Name IS NOT b.Name ORDER BY w.n"
	run(t, conn, "CREATE TABLE watched AS SELECT row_number() OVER (ORDER BY Id) n, Id id FROM prod.Account WHERE NumberOfEmployees > 500")
	got, err := all(conn, fmt.Sprintf(query, "prod.", "uat."))
	if err != nil {
		t.Fatal(err)
	}
	run(t, conn, "CREATE TABLE p_Account AS SELECT * FROM prod.Account", "CREATE TABLE u_Account AS SELECT * FROM uat.Account")
	want, err := all(conn, fmt.Sprintf(query, "p_", "u_"))
	if err != nil || !slices.Equal(got, want) || len(want) < 10 {
		t.Errorf("%d rows, want %d, %v", len(got), len(want), err)
	}
}

// What only the driver's reader of statements can do says so.
func TestWhatAConnectionOfOnesOwnLacks(t *testing.T) {
	conn, s := own(t), org(t)
	defer attach(t, conn, "prod", dsn(s, ""), "Opportunity")()
	for query, want := range map[string]string{
		"SELECT * FROM prod.Lead":                                                       "no such table: prod.Lead",
		"SELECT * FROM soql('SELECT Id FROM Lead')":                                     "for statements that pass through the driver salesforce",
		"EXPLAIN SOQL SELECT Id FROM prod.Opportunity":                                  "syntax error",
		"SELECT Id FROM prod.Opportunity WHERE last_n_days(CloseDate, 30)":              "relative dates cannot be counted",
		"SELECT count(*) FROM prod.Opportunity WHERE this_fiscal_quarter(CloseDate)":    "relative dates cannot be counted",
		"SELECT count(*) FROM prod.Opportunity WHERE includes(StageName, 'x') IS 'far'": "",
	} {
		if _, err := all(conn, query); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", query, err)
		}
	}
}
