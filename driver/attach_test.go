package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// pair is a connection over two orgs with other data: its own, and one that is
// attached as uat.
type pair struct {
	*sql.Conn
	db        *sql.DB
	prod, uat *emulator.Server
}

func twoOrgs(t *testing.T, more string) pair {
	t.Helper()
	prod, db := start(t, more, emulator.WithSeed(1))
	uat := emulator.New(emulator.WithPageSize(2000), emulator.WithSeed(2))
	t.Cleanup(uat.Close)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.ExecContext(t.Context(), "ATTACH '"+dsn(uat, "")+"' AS uat"); err != nil {
		t.Fatal(err)
	}
	return pair{conn, db, prod, uat}
}

func (p pair) all(t *testing.T, query string, args ...any) []string {
	t.Helper()
	out, err := all(p.Conn, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}

func TestTablesOfTwoOrgsAreApart(t *testing.T) {
	p := twoOrgs(t, "")
	for query, want := range map[string]string{
		"SELECT (SELECT count(*) FROM salesforce.Account) = (SELECT count(*) FROM Account)":                          "1",
		"SELECT count(*) > 0 FROM (SELECT Id, Name FROM Account EXCEPT SELECT Id, Name FROM uat.Account)":            "1",
		"SELECT count(*) FROM (SELECT Id, Name FROM uat.Account EXCEPT SELECT Id, Name FROM uat.Account)":            "0",
		"SELECT count(DISTINCT name) FROM uat.sf_objects WHERE name = 'account'":                                     "1",
		"SELECT count(*) FROM uat.sf_fields WHERE object = 'Account' AND name = 'id'":                                "1",
		"SELECT count(*) FROM uat.soql('SELECT Id FROM Account LIMIT 3') WHERE Id IN (SELECT Id FROM uat.Account)":   "3",
		"SELECT max(Name) = (SELECT max(Name) FROM uat.soql('SELECT Name FROM Account') a) FROM uat.Account AS acct": "1",
	} {
		if got := p.all(t, query); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %s", query, got, want)
		}
	}
	p.prod.ResetStats()
	p.uat.ResetStats()
	p.all(t, "SELECT Name FROM uat.Account WHERE NumberOfEmployees > 10")
	if n := len(p.prod.Stats().Queries); n != 0 {
		t.Errorf("prod was asked %q", p.prod.Stats().Queries)
	}
	if q := p.uat.Stats().Queries; len(q) != 1 || !strings.Contains(q[0], "WHERE NumberOfEmployees>10") {
		t.Errorf("uat was asked %q", q)
	}
}

// What the text says of one org's table is no advice for the other's.
func TestAdviceIsForOneOrg(t *testing.T) {
	p := twoOrgs(t, "")
	for query, prod := range map[string]string{
		"SELECT count(*) FROM salesforce.Account a JOIN uat.Account b ON a.Name = b.Name WHERE a.Name = 'x' OR a.Industry = 'Energy'": "Industry='Energy'",
		"SELECT (SELECT count(*) FROM salesforce.Account WHERE Name = 'x' OR Industry = 'Energy'), count(*) FROM uat.Account":         "Industry='Energy'",
	} {
		p.prod.ResetStats()
		p.uat.ResetStats()
		p.all(t, query)
		if q := strings.Join(p.prod.Stats().Queries, "; "); !strings.Contains(q, prod) {
			t.Errorf("%s: prod was asked %s", query, q)
		}
		if q := strings.Join(p.uat.Stats().Queries, "; "); strings.Contains(q, prod) || q == "" {
			t.Errorf("%s: uat was asked %s", query, q)
		}
	}
}

// The keys of one org's rows are asked for together in the other.
func TestKeyBatchesCrossOrgs(t *testing.T) {
	p := twoOrgs(t, "")
	const query = "SELECT count(*), count(b.Id) FROM (SELECT Name FROM Account WHERE Industry = 'Energy' LIMIT 40) a LEFT JOIN uat.Contact b ON b.LastName = a.Name"
	p.all(t, query)
	p.uat.ResetStats()
	p.all(t, query)
	if n := p.uat.Stats().Requests; n > 3 {
		t.Errorf("uat was asked %d times: %q", n, p.uat.Stats().Queries)
	}
}

func TestExplainNamesTheOrg(t *testing.T) {
	p := twoOrgs(t, "")
	got := strings.Join(p.all(t, "EXPLAIN SOQL SELECT a.Name FROM Account a JOIN uat.Contact c ON c.AccountId = a.Id WHERE c.Email IS NULL"), "\n")
	for _, want := range []string{"|Account|SELECT Id,Name FROM Account", "|uat.Contact|SELECT ", " FROM Contact"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestErrorsNameTheOrg(t *testing.T) {
	p := twoOrgs(t, "")
	p.all(t, "SELECT a.Id FROM uat.Account a JOIN Account LIMIT 1")
	p.uat.SetFaults(emulator.Fault{Kind: emulator.FaultError, Status: 400, Code: "INVALID_FIELD", Endpoint: "query", Times: -1})
	if _, err := all(p.Conn, "SELECT a.Name FROM Account a, uat.Account b"); err == nil || !strings.HasPrefix(err.Error(), "uat.Account: ") {
		t.Errorf("got %v", err)
	}
	if _, err := all(p.Conn, "SELECT 1 FROM uat.Acount"); err == nil || !strings.Contains(err.Error(), "no such table: uat.Acount; did you mean Account") {
		t.Errorf("got %v", err)
	}
}

func TestDetachAndAttachAgain(t *testing.T) {
	p := twoOrgs(t, "")
	ctx := t.Context()
	before := p.all(t, "SELECT Name FROM uat.Account ORDER BY Id LIMIT 3")
	rows, err := p.QueryContext(ctx, "SELECT Id FROM uat.Account")
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	if _, err := p.ExecContext(ctx, "DETACH uat"); err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("detached while its rows are read: %v", err)
	}
	_ = rows.Close()
	logins := p.uat.Stats().ByPath["token"]
	for range 3 {
		if _, err := p.ExecContext(ctx, "DETACH DATABASE uat"); err != nil {
			t.Fatal(err)
		}
		if _, err := all(p.Conn, "SELECT 1 FROM uat.Account"); err == nil || !strings.Contains(err.Error(), "no such table: uat.Account") {
			t.Errorf("after DETACH: %v", err)
		}
		if _, err := p.ExecContext(ctx, "ATTACH ? AS uat", dsn(p.uat, "")); err != nil {
			t.Fatal(err)
		}
		if got := p.all(t, "SELECT Name FROM uat.Account ORDER BY Id LIMIT 3"); fmt.Sprint(got) != fmt.Sprint(before) {
			t.Errorf("got %q, before %q", got, before)
		}
	}
	if n := p.uat.Stats().ByPath["token"]; n != logins {
		t.Errorf("attaching again logged in again: %d and %d", logins, n)
	}
	if _, err := p.ExecContext(ctx, "DETACH salesforce"); err == nil {
		t.Error("the connection's own org is gone")
	}
}

// A rollback takes tables away, and the next statement has them again: those
// of the org that it means.
func TestRollbackWithTwoOrgs(t *testing.T) {
	p := twoOrgs(t, "")
	ctx := t.Context()
	if _, err := p.ExecContext(ctx, "CREATE TEMP VIEW names AS SELECT Name FROM Lead"); err != nil {
		t.Fatal(err)
	}
	want := p.all(t, "SELECT Name FROM soql('SELECT Name FROM Lead') ORDER BY Name")
	p.all(t, "SELECT count(*) FROM uat.Lead")
	for _, sql := range []string{"BEGIN", "ATTACH '" + dsn(p.uat, "") + "' AS late"} {
		if _, err := p.ExecContext(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	p.all(t, "SELECT (SELECT count(*) FROM late.Account), (SELECT count(*) FROM Contact), (SELECT count(*) FROM uat.Contact)")
	if _, err := p.ExecContext(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	p.all(t, "SELECT (SELECT count(*) FROM late.sf_objects), (SELECT count(*) FROM late.Account), (SELECT count(*) FROM uat.Contact)")

	// A table of uat stands there, and prod's does not.
	q := twoOrgs(t, "")
	if _, err := q.ExecContext(ctx, "BEGIN; CREATE TEMP VIEW names AS SELECT Name FROM Lead; COMMIT; BEGIN"); err != nil {
		t.Fatal(err)
	}
	q.all(t, "SELECT count(*) FROM uat.Lead")
	if got := q.all(t, "SELECT Name FROM names ORDER BY Name"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the view reads %d leads of another org, want %d", len(got), len(want))
	}
	if _, err := q.ExecContext(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	q.all(t, "SELECT count(*) FROM uat.Lead")
	if got := q.all(t, "SELECT Name FROM names ORDER BY Name"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("after a rollback the view reads %d leads of another org, want %d", len(got), len(want))
	}
}

// ATTACH of files is SQLite's own, and errors hold no secret.
func TestAttachLeavesFilesToSQLite(t *testing.T) {
	p := twoOrgs(t, "")
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "plain.db")
	for _, sql := range []string{"ATTACH '" + file + "' AS plain", "CREATE TABLE plain.t AS SELECT Id FROM uat.Account LIMIT 2", "DETACH plain"} {
		if _, err := p.ExecContext(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if _, err := p.ExecContext(ctx, "ATTACH DATABASE ? AS plain", file); err != nil {
		t.Fatal(err)
	}
	if got := p.all(t, "SELECT count(*) FROM plain.t JOIN uat.Account a ON a.Id = t.Id"); got[0] != "2" {
		t.Errorf("got %q", got)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	secret := "s3cr3t-of-mine"
	bad := "salesforce://127.0.0.1:1/?tls=off&client_id=x&client_secret=" + secret
	for _, sql := range []string{
		"ATTACH '" + bad + "' AS other", "ATTACH '" + bad + "'", "ATTACH '" + bad + "' || '' AS other", "ATTACH DATABASE DATABASE '" + bad + "' AS x",
		"ATTACH '" + bad + "&nonsense=1' AS other", "ATTACH '" + bad + "' AS uat", "SELECT 1; ATTACH '" + bad + "' AS other", "ATTACH '" + bad + "%zz' AS other",
		`ATTACH "` + bad + `" AS other`, "ATTACH '" + strings.Replace(bad, "/?", "/file.db?", 1) + "' AS other",
		"ATTACH ' " + bad + "' AS other",
	} {
		_, err := p.ExecContext(ctx, sql)
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", sql, err)
		}
	}
	_, err := p.ExecContext(ctx, "ATTACH ? AS other", bad)
	if !driver.IsLogin(err) || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "other") {
		t.Errorf("got %v", err)
	}
	for _, sql := range []string{"ATTACH ? || '' AS other", "ATTACH (SELECT ?) AS other"} {
		_, err := p.ExecContext(ctx, sql, bad)
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, errors.Unwrap(err)), secret) {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if _, err := p.ExecContext(ctx, "ATTACH ? AS other", " "+bad); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
	var wrong *driver.DSNError
	if _, err := p.ExecContext(ctx, "ATTACH 'salesforce://x/?nonsense=1' AS other"); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	if got := p.all(t, "SELECT group_concat(name) FROM pragma_database_list"); got[0] != "main,salesforce,uat,plain" && got[0] != "main,temp,salesforce,uat,plain" {
		t.Errorf("after failures there are %q", got)
	}
}

// Budget, progress and counters are of both orgs.
func TestCountingBothOrgs(t *testing.T) {
	prod, uat := emulator.New(emulator.WithPageSize(2000)), emulator.New(emulator.WithPageSize(2000), emulator.WithSeed(2))
	defer prod.Close()
	defer uat.Close()
	cfg, err := driver.ParseDSN(dsn(prod, "max_calls=19"))
	if err != nil {
		t.Fatal(err)
	}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "ATTACH '"+dsn(uat, "max_calls=9")+"' AS uat"); err != nil {
		t.Fatal(err)
	}
	scans := map[int64]string{}
	ctx := driver.WithProgress(context.Background(), func(p driver.Progress) { scans[p.Scan] = p.Org })
	rows, err := conn.QueryContext(ctx, "SELECT a.Id FROM Account a JOIN uat.Account b ON a.Id = b.Id")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	orgs := map[string]bool{}
	for _, org := range scans {
		orgs[org] = true
	}
	if len(scans) < 2 || len(orgs) != 2 {
		t.Errorf("scans are told as %v", scans)
	}
	if got, want := connector.Stats().Calls, int64(prod.Stats().Requests+uat.Stats().Requests)-connector.Stats().Logins; got != want {
		t.Errorf("%d calls, the orgs counted %d", got, want)
	}
	_, err = all(conn, "SELECT (SELECT count(*) FROM Lead), (SELECT count(*) FROM uat.Lead), (SELECT count(*) FROM uat.Campaign), (SELECT count(*) FROM Campaign), (SELECT count(*) FROM Task), (SELECT count(*) FROM Event), (SELECT count(*) FROM uat.Task), (SELECT count(*) FROM uat.Event)")
	var limit *driver.LimitError
	if !errors.As(err, &limit) || limit.MaxCalls != 9 {
		t.Errorf("got %v", err)
	}
}

// Every connection of the pool has what the DSN attaches; one login serves all.
func TestTheDSNAttachesForEveryConnection(t *testing.T) {
	db, err := sql.Open("salesforce", "demo?attach=uat:demo%3Fseed%3D2")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			var differ bool
			const query = "SELECT count(*) > 0 FROM (SELECT Id, Name FROM Account EXCEPT SELECT Id, Name FROM uat.Account)"
			if err := conn.QueryRowContext(t.Context(), query).Scan(&differ); err != nil || !differ {
				t.Errorf("the orgs differ: %v, %v", differ, err)
			}
		})
	}
	wg.Wait()
	cfg, err := driver.ParseDSN("salesforce://acme/?attach=uat:prod,%20old:demo")
	if err != nil {
		t.Fatal(err)
	}
	if want := []driver.Attached{{Schema: "uat", Org: "prod"}, {Schema: "old", Org: "demo"}}; !slices.Equal(cfg.Attach, want) {
		t.Errorf("%v", cfg.Attach)
	}
	if again, err := driver.ParseDSN(cfg.FormatDSN()); err != nil || !slices.Equal(again.Attach, cfg.Attach) {
		t.Errorf("%s: %v", cfg.FormatDSN(), err)
	}
	if _, err := driver.ParseDSN("salesforce://acme/?attach=uat:salesforce%3A%2F%2Fx%2F%3Fclient_secret%3Ds3cr3t"); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("a DSN within the DSN: %v", err)
	}
}

// The smallest max_calls holds for a prepared plan as well, whose own calls are
// made when it runs.
func TestPreparedPlansSpendTheSmallestBudget(t *testing.T) {
	p := twoOrgs(t, "")
	if _, err := p.ExecContext(t.Context(), "DETACH uat"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ExecContext(t.Context(), "ATTACH '"+dsn(p.uat, "max_calls=4")+"' AS uat"); err != nil {
		t.Fatal(err)
	}
	p.all(t, "SELECT count(*) FROM uat.Account") // described
	var parts []string
	for n := range 6 {
		parts = append(parts, fmt.Sprintf("SELECT Id FROM uat.Account WHERE NumberOfEmployees = %d", n))
	}
	stmt, err := p.PrepareContext(t.Context(), "EXPLAIN SOQL SERVER "+strings.Join(parts, " UNION ALL "))
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	rows, err := stmt.QueryContext(t.Context())
	if err == nil {
		_ = rows.Close()
	}
	var limit *driver.LimitError
	if !errors.As(err, &limit) || limit.MaxCalls != 4 {
		t.Errorf("got %v", err)
	}
}

// A connection that is opened alone and then fails ends its login: TestMain would
// find the built-in org's goroutines.
func TestOpenThatFailsLeavesNoLogin(t *testing.T) {
	ownConfig(t)
	if _, err := (driver.Driver{}).Open("demo?attach=uat:nowhere"); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v", err)
	}
}
