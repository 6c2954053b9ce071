package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/salesforce"
)

func TestMain(m *testing.M) {
	if scale := os.Getenv(orgProcess); scale != "" {
		serveOrg(scale)
		return
	}
	goleak.VerifyTestMain(m)
}

// dsn returns the DSN of an emulated org, with more parameters.
func dsn(s *emulator.Server, more string) string {
	v := url.Values{"client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}, "tls": {"off"}}
	out := "salesforce://" + strings.TrimPrefix(s.URL(), "http://") + "/?" + v.Encode()
	if more != "" {
		out += "&" + more
	}
	return out
}

func start(t *testing.T, more string, opts ...emulator.Option) (*emulator.Server, *sql.DB) {
	t.Helper()
	s := emulator.New(append([]emulator.Option{emulator.WithPageSize(2000)}, opts...)...)
	db, err := sql.Open("salesforce", dsn(s, more))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return s, db
}

// all returns the rows of a query as text, or the error.
func all(db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, query string, args ...any,
) ([]string, error) {
	rows, err := db.QueryContext(context.Background(), query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []string
	for rows.Next() {
		values := make([]any, len(cols))
		dest := make([]any, len(cols))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		words := make([]string, len(cols))
		for i, v := range values {
			words[i] = fmt.Sprint(v)
		}
		out = append(out, strings.Join(words, "|"))
	}
	return out, rows.Err()
}

func must(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	out, err := all(db, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}

func TestOpeningCostsAtMostThreeCalls(t *testing.T) {
	s, db := start(t, "")
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if n := s.Stats().Requests; n > 3 {
		t.Errorf("opening made %d requests: %v", n, s.Stats().ByPath)
	}
}

func TestColumnsOfAWideObjectAreFetchedExactly(t *testing.T) {
	s, db := start(t, "time=text")
	must(t, db, "SELECT 1 FROM Wide__c LIMIT 1")
	s.ResetStats()
	must(t, db, "SELECT F001__c, F150__c, F300__c FROM Wide__c")
	st := s.Stats()
	if want := "SELECT Id,F001__c,F150__c,F300__c FROM Wide__c"; len(st.Queries) != 1 || st.Queries[0] != want {
		t.Errorf("asked %q, want %q", st.Queries, want)
	}
	if st.Requests != 1 {
		t.Errorf("%d requests: %v", st.Requests, st.ByPath)
	}
}

func TestLimitMovesNoMoreRows(t *testing.T) {
	s, db := start(t, "")
	must(t, db, "SELECT 1 FROM Contact LIMIT 1")
	for query, rows := range map[string]int64{
		"SELECT Id FROM Contact LIMIT 10":                                               10,
		"SELECT Id FROM Contact WHERE CreatedDate > '2000-01-01' LIMIT 10":              10,
		"SELECT Id FROM Contact WHERE IsDeleted = 0 ORDER BY CreatedDate DESC LIMIT 10": 10,
		"SELECT Id FROM Contact ORDER BY Id LIMIT 10 OFFSET 50":                         10,
	} {
		s.ResetStats()
		if got := must(t, db, query); len(got) != 10 {
			t.Errorf("%s: %d rows", query, len(got))
		}
		if st := s.Stats(); st.Rows != rows || st.Requests != 1 {
			t.Errorf("%s: moved %d rows in %d requests; %q", query, st.Rows, st.Requests, st.Queries)
		}
	}
}

func TestOffsetIsSkippedByTheServer(t *testing.T) {
	s, db := start(t, "")
	all := must(t, db, "SELECT Id FROM Contact ORDER BY Id")
	s.ResetStats()
	got := must(t, db, "SELECT Id FROM Contact ORDER BY Id LIMIT 5 OFFSET 30")
	if strings.Join(got, " ") != strings.Join(all[30:35], " ") || s.Stats().Rows != 5 {
		t.Errorf("got %q of %d rows moved; %q", got, s.Stats().Rows, s.Stats().Queries)
	}
}

func TestEachPageIsFetchedOnce(t *testing.T) {
	s, db := start(t, "", emulator.WithPageSize(100))
	must(t, db, "SELECT 1 FROM Account LIMIT 1")
	n := must(t, db, "SELECT count(*) FROM Account")[0]
	s.ResetStats()
	got := must(t, db, "SELECT Id, Name FROM Account")
	st := s.Stats()
	if fmt.Sprint(len(got)) != n {
		t.Errorf("%d rows, count says %s", len(got), n)
	}
	if want := (len(got) + 99) / 100; st.Requests != want || st.Rows != int64(len(got)) {
		t.Errorf("%d rows took %d requests that moved %d rows, want %d requests", len(got), st.Requests, st.Rows, want)
	}
}

func TestACountMovesNoRows(t *testing.T) {
	s, db := start(t, "")
	must(t, db, "SELECT 1 FROM Account LIMIT 1")
	for _, query := range []string{
		"SELECT count(*) FROM Account",
		"SELECT count(*) FROM Account WHERE NumberOfEmployees > 100 AND CreatedDate >= '2020-01-01'",
		"SELECT count(*) AS n FROM salesforce.Account a WHERE a.ParentId IS NULL AND a.NumberOfEmployees <> 5",
	} {
		s.ResetStats()
		must(t, db, query)
		if st := s.Stats(); st.Rows != 0 || st.Requests != 1 {
			t.Errorf("%s: moved %d rows in %d requests; %q", query, st.Rows, st.Requests, st.Queries)
		}
	}
}

func TestParameters(t *testing.T) {
	_, db := start(t, "time=text")
	id := must(t, db, "SELECT Id FROM Account ORDER BY Id LIMIT 1")[0]
	created := must(t, db, "SELECT CreatedDate FROM Account WHERE Id = ?", id)[0]
	at, err := time.Parse(time.RFC3339, created)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		query string
		args  []any
	}{
		{"SELECT Id FROM Account WHERE Id = ?", []any{id}},
		{"SELECT Id FROM Account WHERE Id = ?1 AND substr(?1, 1, 3) = ?2", []any{id, "001"}},
		{"SELECT Id FROM Account WHERE Id = :id AND IsDeleted = @gone", []any{sql.Named("id", id[:15]), sql.Named("gone", false)}},
		{"SELECT Id FROM Account WHERE Id = $id AND CreatedDate = ?2", []any{sql.Named("id", id), at.In(time.FixedZone("", 7200))}},
		{"SELECT Id FROM Account WHERE Id = ? AND ? IS NULL", []any{id, nil}},
	} {
		got, err := all(db, tt.query, tt.args...)
		if err != nil || len(got) != 1 || got[0] != id {
			t.Errorf("%s %v: %q, %v; want %s", tt.query, tt.args, got, err, id)
		}
	}
	if _, err := all(db, "SELECT ? FROM Account"); err == nil {
		t.Error("a missing parameter is no error")
	}
}

func TestPreparedStatementsRunAgain(t *testing.T) {
	_, db := start(t, "")
	stmt, err := db.Prepare("SELECT count(*) FROM Account WHERE NumberOfEmployees > ?")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	var before int
	for i, limit := range []int{0, 1000, 100000} {
		var n int
		if err := stmt.QueryRow(limit).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if i > 0 && n >= before {
			t.Errorf("more than %d employees: %d accounts, %d before", limit, n, before)
		}
		before = n
	}
}

func TestColumnTypes(t *testing.T) {
	_, db := start(t, "")
	rows, err := db.Query("SELECT Id, Name, NumberOfEmployees, AnnualRevenue, IsDeleted, CreatedDate, upper(Name) AS u FROM Account LIMIT 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range types {
		length, _ := c.Length()
		precision, scale, _ := c.DecimalSize()
		nullable, known := c.Nullable()
		got = append(got, fmt.Sprintf("%s %s %v %d %d,%d %v", c.Name(), c.DatabaseTypeName(), c.ScanType(), length, precision, scale, nullable && known))
	}
	want := []string{
		"Id TEXT string 18 0,0 true",
		"Name TEXT string 255 0,0 true",
		"NumberOfEmployees INTEGER int64 0 0,0 true",
		"AnnualRevenue REAL float64 0 18,0 true",
		"IsDeleted BOOLEAN bool 0 0,0 true",
		"CreatedDate DATETIME time.Time 0 0,0 true",
		"u  interface {} 0 0,0 true",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTimesReachGo(t *testing.T) {
	_, db := start(t, "")
	var at time.Time
	var text string
	var deleted bool
	row := db.QueryRow("SELECT CreatedDate, CreatedDate, IsDeleted FROM Account ORDER BY Id LIMIT 1")
	if err := row.Scan(&at, &text, &deleted); err != nil {
		t.Fatal(err)
	}
	if at.IsZero() || at.Location() != time.UTC || text != at.Format(time.RFC3339Nano) || deleted {
		t.Errorf("got %v, %q, %v", at, text, deleted)
	}
}

func TestConnectionsShareLoginCatalogAndLocalTables(t *testing.T) {
	s, db := start(t, "")
	if _, err := db.Exec("CREATE TABLE picks (AccountId TEXT)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO picks SELECT Id FROM Account WHERE Industry = 'Energy'"); err != nil {
		t.Fatal(err)
	}
	var conns []*sql.Conn
	for range 4 {
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	var wg sync.WaitGroup
	for _, c := range conns {
		wg.Go(func() {
			got, err := all(c, "SELECT count(*) FROM picks p JOIN Account a ON a.Id = p.AccountId")
			if err != nil || got[0] == "0" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	wg.Wait()
	by := s.Stats().ByPath
	if by["token"] != 1 || by["globalDescribe"] != 1 || by["userinfo"] != 1 || by["describe"] != 1 {
		t.Errorf("four connections asked %v", by)
	}
}

func TestLocalTablesInAFileStay(t *testing.T) {
	s := emulator.New()
	defer s.Close()
	file := t.TempDir() + "/my data#1.db"
	d := strings.Replace(dsn(s, ""), "/?", "/"+url.PathEscape(file)+"?", 1)
	if _, err := driver.ParseDSN(d); err == nil {
		t.Fatal("a # in the file's name is accepted")
	}
	file = t.TempDir() + "/my data.db"
	d = strings.Replace(dsn(s, ""), "/?", "/"+url.PathEscape(file)+"?", 1)
	for i := range 2 {
		db, err := sql.Open("salesforce", d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("CREATE TABLE IF NOT EXISTS t (n INTEGER); INSERT INTO t VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		if got := must(t, db, "SELECT count(*) FROM t"); got[0] != fmt.Sprint(i+1) {
			t.Errorf("opened %d times, the file has %s rows", i+1, got[0])
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTablesComeBackAfterARollback(t *testing.T) {
	_, db := start(t, "")
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	tx, err := conn.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	stmt, err := tx.Prepare("SELECT count(*) FROM Lead")
	if err != nil {
		t.Fatal(err)
	}
	var inside, after int
	if err := stmt.QueryRow().Scan(&inside); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := conn.QueryRowContext(t.Context(), "SELECT count(*) FROM Lead").Scan(&after); err != nil || after != inside {
		t.Errorf("%d leads inside, %d after: %v", inside, after, err)
	}
}

func TestViews(t *testing.T) {
	_, db := start(t, "")
	db.SetMaxOpenConns(1) // a TEMP view belongs to its connection
	if _, err := db.Exec("CREATE VIEW big AS SELECT * FROM Account"); err == nil || !strings.Contains(err.Error(), "TEMP VIEW") {
		t.Errorf("a lasting view over a live table: %v", err)
	}
	if _, err := db.Exec("CREATE TEMP VIEW big AS SELECT Id, Name FROM Account WHERE NumberOfEmployees > 1000"); err != nil {
		t.Fatal(err)
	}
	if a, b := must(t, db, "SELECT count(*) FROM big"), must(t, db, "SELECT count(*) FROM Account WHERE NumberOfEmployees > 1000"); a[0] != b[0] {
		t.Errorf("the view has %s rows, the query %s", a[0], b[0])
	}
}

func TestMisspeltNamesGetHints(t *testing.T) {
	_, db := start(t, "")
	for query, want := range map[string]string{
		"SELECT * FROM Acount":                     "no such table: Acount; did you mean Account?",
		"SELECT Nmae FROM Account":                 "no such column: Nmae; did you mean Name?",
		"SELECT Id FROM Account WHERE Rating = Ht": "no such column: Ht; if it is a text, write 'Ht'",
		"SELECT a.Industri FROM Account a":         "no such column: a.Industri; did you mean Industry?",
		"SELECT * FROM salesforce.Oportunity":      "no such table: salesforce.Oportunity; did you mean Opportunity?",
		"SELECT * FROM Everything":                 "no such table: Everything; did you mean Everything__c?",
		"SELEC 1":                                  `near "SELEC": syntax error`,
		"SELECT * FROM Qqqqqqqqqqqqqqqqqqqqqqqq":   "no such table: Qqqqqqqqqqqqqqqqqqqqqqqq",
	} {
		_, err := all(db, query)
		var e *driver.SQLError
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
}

func TestRawSOQL(t *testing.T) {
	_, db := start(t, "time=text")
	for query, want := range map[string]string{
		"SELECT count(*) FROM soql('SELECT Id FROM Account')":                                                            "973",
		"SELECT * FROM soql('SELECT COUNT() FROM Account')":                                                              "973",
		"SELECT * FROM soql('SELECT COUNT(Id) n, MIN(CloseDate) FROM Opportunity WHERE Id = null')":                      "0|<nil>",
		`SELECT typeof(n) FROM soql('SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName LIMIT 1')`:        "integer",
		`SELECT a."Account.Name" IS NULL FROM soql('SELECT Account.Name FROM Contact WHERE AccountId = null LIMIT 1') a`: "1",
	} {
		if got := must(t, db, query); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %s", query, got, want)
		}
	}
	for _, query := range []string{
		"SELECT * FROM soql('SELECT Id FROM')",
		"SELECT * FROM soql(?)",
		"SELECT * FROM soql('SELECT Nope FROM Account')",
		"CREATE TEMP VIEW v AS SELECT * FROM soql('SELECT Id FROM Account')",
	} {
		if _, err := all(db, query); err == nil {
			t.Errorf("%s: no error", query)
		}
	}
	for i := range 80 { // more than a connection keeps
		must(t, db, fmt.Sprintf("SELECT * FROM soql('SELECT Id FROM Account LIMIT %d')", i+1))
	}
}

func TestExplainSpendsNoDataCall(t *testing.T) {
	s, db := start(t, "")
	must(t, db, "SELECT 1 FROM Account LIMIT 1")
	s.ResetStats()
	got := must(t, db, "EXPLAIN SOQL SELECT Name FROM Account WHERE NumberOfEmployees > 5 AND Name LIKE 'A%' ORDER BY Name LIMIT 3")
	if n := s.Stats().Requests; n != 0 {
		t.Errorf("EXPLAIN SOQL made %d requests", n)
	}
	if !strings.Contains(got[0], "SELECT Id,Name,NumberOfEmployees FROM Account WHERE NumberOfEmployees>5 AND Name LIKE 'A%'") {
		t.Errorf("got %q", got)
	}
}

func TestCancellation(t *testing.T) {
	_, db := start(t, "", emulator.WithPageSize(50), emulator.WithLatency(20*time.Millisecond))
	for name, query := range map[string]string{
		"waiting for a page": "SELECT Id, Name FROM Contact",
		"joining":            "SELECT count(*) FROM Contact a, Contact b WHERE a.Name || b.Name = ''",
		"computing":          "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c) SELECT count(*) FROM c",
		"row after row":      "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c) SELECT x FROM c WHERE x = 1 OR x < 0",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		begin := time.Now()
		err := func() error {
			rows, err := db.QueryContext(ctx, query)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				continue
			}
			return rows.Err()
		}()
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begin); took > 2*time.Minute {
			t.Errorf("%s: took %v to stop", name, took)
		}
	}
	if got := must(t, db, "SELECT count(*) FROM Lead"); got[0] == "0" {
		t.Error("no leads after a cancelled statement")
	}
}

// failing answers the nth request for a following page with a fault.
func failing(nth int, fault func(w http.ResponseWriter)) emulator.Option {
	var mu sync.Mutex
	seen := 0
	return emulator.WithFault(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/query/0") {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		if seen++; seen < nth {
			return false
		}
		fault(w)
		return true
	})
}

func TestAnErrorFromALaterPageArrivesWordForWord(t *testing.T) {
	const words = "insufficient access rights on object id: it was only a page"
	_, db := start(t, "", emulator.WithPageSize(100), failing(5, func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `[{"message":%q,"errorCode":"INSUFFICIENT_ACCESS"}]`, words)
	}))
	_, err := all(db, "SELECT Id, Name FROM Contact")
	var e *salesforce.Error
	if !errors.As(err, &e) || e.Message != words || e.Code != "INSUFFICIENT_ACCESS" || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v", err)
	}
}

func TestBadWeather(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter){
		"malformed JSON": func(w http.ResponseWriter) { fmt.Fprint(w, `{"totalSize":3000,"done":false,"records":[{"attr`) },
		"HTML page":      func(w http.ResponseWriter) { fmt.Fprint(w, "<html><body>Maintenance</body></html>") },
		"short page": func(w http.ResponseWriter) {
			fmt.Fprint(w, `{"totalSize":3000,"done":true,"records":[]}`)
		},
		"truncated body": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100000")
			fmt.Fprint(w, `{"totalSize":3000,`)
		},
	} {
		_, db := start(t, "", emulator.WithPageSize(500), failing(2, fault))
		got, err := all(db, "SELECT Id, Name FROM Contact")
		if err == nil {
			t.Errorf("%s: %d rows and no error", name, len(got))
		}
		t.Logf("%s: %v", name, err)
	}
}

func TestLoginFailures(t *testing.T) {
	s := emulator.New()
	defer s.Close()
	html := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, "<html>busy</html>")
	}))
	defer html.Close()
	host := strings.TrimPrefix(s.URL(), "http://")
	for name, d := range map[string]string{
		"wrong secret":  "salesforce://" + host + "/?tls=off&client_id=" + s.ClientID() + "&client_secret=hunter2hunter2",
		"no such host":  "salesforce://nowhere.invalid/?client_id=a&client_secret=hunter2hunter2&auth_timeout=5s",
		"expired token": "salesforce://" + host + "/?tls=off&access_token=hunter2hunter2&instance_url=" + url.QueryEscape(s.URL()),
		"HTML page":     "salesforce://" + strings.TrimPrefix(html.URL, "http://") + "/?tls=off&client_id=a&client_secret=hunter2hunter2",
	} {
		db, err := sql.Open("salesforce", d)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		err = db.PingContext(t.Context())
		if err == nil || !driver.IsLogin(err) {
			t.Errorf("%s: %v is no login error", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the secret is in %v", name, err)
		}
		t.Logf("%s: %v", name, err)
		_ = db.Close()
	}
}

func TestAnExpiredSessionIsRenewed(t *testing.T) {
	s, db := start(t, "")
	must(t, db, "SELECT Id FROM Account LIMIT 1")
	s.ExpireSessions()
	if got := must(t, db, "SELECT Id FROM Account LIMIT 1"); len(got) != 1 {
		t.Errorf("got %q", got)
	}
	if n := s.Stats().ByPath["token"]; n != 2 {
		t.Errorf("%d logins", n)
	}
}

func TestObjectsKeyHidesTheRest(t *testing.T) {
	_, db := start(t, "objects=account,Contact&select_fields_by_default=false")
	if got := must(t, db, "SELECT name FROM sf_objects ORDER BY name"); strings.Join(got, " ") != "Account Contact" {
		t.Errorf("got %q", got)
	}
	if _, err := all(db, "SELECT * FROM Lead"); err == nil {
		t.Error("Lead can be read")
	}
	rows, err := db.Query("SELECT * FROM Account WHERE Industry = 'Energy'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if cols, _ := rows.Columns(); len(cols) > 8 || cols[0] != "Id" || cols[1] != "Name" {
		t.Errorf("SELECT * gives %q", cols)
	}
}

func TestBase64IsReadWhenItsColumnIs(t *testing.T) {
	s, db := start(t, "")
	var n int
	if err := db.QueryRow("SELECT length(VersionData) FROM ContentVersion WHERE VersionData IS NOT NULL LIMIT 1").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Error("no bytes")
	}
	s.ResetStats()
	must(t, db, "SELECT Id, Title FROM ContentVersion")
	if st := s.Stats(); st.Requests != 1 {
		t.Errorf("rows without bytes took %d requests", st.Requests)
	}
}

func TestALongListBesideAnExactPredicate(t *testing.T) {
	_, db := start(t, "")
	if _, err := db.Exec("CREATE TABLE keys (id TEXT)"); err != nil {
		t.Fatal(err)
	}
	const fill = `WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i < 8000)
		INSERT INTO keys SELECT printf('001%015d', i) FROM n`
	if _, err := db.Exec(fill + "; INSERT INTO keys SELECT Id FROM Account"); err != nil {
		t.Fatal(err)
	}
	got := must(t, db, "SELECT count(*) FROM Account WHERE Id IN (SELECT id FROM keys) AND NumberOfEmployees > 100")
	want := must(t, db, "SELECT count(*) FROM Account WHERE NumberOfEmployees > 100")
	if got[0] != want[0] {
		t.Errorf("%s rows, want %s", got[0], want[0])
	}
}

func TestAJoinOverRawSOQLIsNotACallARow(t *testing.T) {
	s, db := start(t, "")
	must(t, db, "SELECT 1 FROM Account LIMIT 1")
	s.ResetStats()
	got := must(t, db, `SELECT count(*) FROM Account a
		JOIN soql('SELECT AccountId, COUNT(Id) n FROM Contact GROUP BY AccountId LIMIT 500') c ON c.AccountId = a.Id`)
	if n := s.Stats().Requests; n > 10 || got[0] == "0" {
		t.Errorf("%s rows in %d requests", got[0], n)
	}
}

// TestRawSOQLFunctions checks that functions have the column of their own type,
// and that what has no column is refused.
// A prepared statement outlives the table of its soql('…'), which goes with a
// rollback, or when many others come.
func TestPreparedRawSOQLOutlivesItsTable(t *testing.T) {
	_, db := start(t, "")
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	run(t, conn, "BEGIN")
	stmt, err := conn.PrepareContext(t.Context(), "SELECT count(*) FROM soql('SELECT Id FROM Account')")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	want := one(t, conn, "SELECT count(*) FROM Account")
	run(t, conn, "ROLLBACK")
	for range 2 {
		var got string
		if err := stmt.QueryRow().Scan(&got); err != nil || got != want {
			t.Fatalf("%s records, want %s, %v", got, want, err)
		}
		for n := range 40 {
			one(t, conn, fmt.Sprintf("SELECT count(*) FROM soql('SELECT Id FROM Account LIMIT %d')", n+1))
		}
	}
}

func TestRawSOQLFunctions(t *testing.T) {
	_, db := start(t, "time=text")
	for _, c := range []struct{ columns, soql, want string }{
		{
			`l, "ForecastCategory", "Account.Industry"`,
			"SELECT toLabel(ForecastCategory) l, toLabel(Account.Industry), ForecastCategory FROM Opportunity " +
				"WHERE ForecastCategory = 'BestCase' AND Account.Industry = 'Banking' LIMIT 1",
			"Best Case|BestCase|Banking",
		},
		{"CloseDate, am", "SELECT FORMAT(CloseDate), FORMAT(Amount) am FROM Opportunity WHERE Amount = 870000.77 LIMIT 1", "4/1/2022|$870,000.77"},
		{
			"typeof(d), d > 0",
			"SELECT DISTANCE(Location__c, GEOLOCATION(37.7, -122.4), 'mi') d FROM Everything__c WHERE Location__Latitude__s != null AND Location__Longitude__s != null LIMIT 1",
			"real|1",
		},
		{"count(*), sum(n), sum(g)", "SELECT Rating, GROUPING(Rating) g, COUNT(Id) n FROM Account GROUP BY ROLLUP(Rating)", "5|1946|1"},
	} {
		query := fmt.Sprintf("SELECT %s FROM soql('%s')", c.columns, strings.ReplaceAll(c.soql, "'", "''"))
		if got := must(t, db, query); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %q, want %s", query, got, c.want)
		}
	}
	for _, item := range []string{"(SELECT Id FROM Contacts)", "FIELDS(STANDARD)", "TYPEOF Owner WHEN User THEN Name END"} {
		if _, err := all(db, "SELECT * FROM soql('SELECT "+item+" FROM Account LIMIT 1')"); err == nil || !strings.Contains(err.Error(), "cannot be a column") {
			t.Errorf("%s: %v", item, err)
		}
	}
}

// SQLite prepares a statement again when the schema has changed, in the middle
// of running it. What was noted of its text must then be its own, and not that
// of the statement prepared last: a part of a row comparison would take LIMIT
// along.
func TestAStatementPreparedAgainKeepsItsAdvice(t *testing.T) {
	_, db := start(t, "")
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const query = "SELECT Id FROM Account WHERE (NumberOfEmployees, Id) < (5, '001Kj0000004C97')"
	whole, err := all(conn, query)
	if err != nil || len(whole) < 3 {
		t.Fatalf("%d rows, %v", len(whole), err)
	}
	stmt, err := conn.PrepareContext(t.Context(), query+" LIMIT 3")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	if _, err := all(conn, "SELECT Id FROM Lead LIMIT 1"); err != nil { // a new table, and other advice
		t.Fatal(err)
	}
	rows, err := stmt.Query()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	if n != 3 || rows.Err() != nil {
		t.Errorf("%d rows, want 3; %v", n, rows.Err())
	}
}

// TestExplainServer: a scan that Salesforce does not explain does not spoil
// the others, the same SOQL is asked about once, and calls are counted.
func TestExplainServer(t *testing.T) {
	s, db := start(t, "")
	must(t, db, "SELECT 1 FROM Account, Contact LIMIT 1")
	s.ResetStats()
	const query = "EXPLAIN SOQL SERVER SELECT a.Name FROM Account a, Contact c WHERE c.Title = a.Name UNION ALL SELECT Name FROM Account UNION ALL SELECT Name FROM Account"
	got := strings.Join(must(t, db, query), "\n")
	if n, all := s.Stats().ByPath["explain"], s.Stats().Requests; n != 2 || all != 2 {
		t.Errorf("%d plans were asked for in %d requests, want 2:\n%s", n, all, got)
	}
	if n := strings.Count(got, "server plan: TableScan, relative cost 1.5, 973 of 973 records of Account"); n != 3 {
		t.Errorf("%d plans of Account, want 3:\n%s", n, got)
	}
	if !strings.Contains(got, "; sample values stand for") {
		t.Errorf("nothing tells of the sample:\n%s", got)
	}
}

func TestExplainServerWithErrors(t *testing.T) {
	const query = "EXPLAIN SOQL SERVER SELECT a.Name FROM Account a, Contact c, Lead l WHERE c.Title = a.Name AND l.Title = a.Name"
	_, db := start(t, "", emulator.WithFaults(emulator.Fault{Kind: emulator.FaultError, Status: 400, Code: "MALFORMED_QUERY", Endpoint: "explain"}))
	got := strings.Join(must(t, db, query), "\n")
	if !strings.Contains(got, "server plan: not told: ") || !strings.Contains(got, "server plan: TableScan, ") {
		t.Errorf("one scan should have its plan, one an error:\n%s", got)
	}
	_, db = start(t, "max_calls=4")
	must(t, db, "SELECT 1 FROM Account LIMIT 1") // which describes it
	var arms []string
	for n := range 5 {
		arms = append(arms, fmt.Sprintf("SELECT Id FROM Account WHERE NumberOfEmployees > %d", n))
	}
	var limit *driver.LimitError
	if got, err := all(db, "EXPLAIN SOQL SERVER "+strings.Join(arms, " UNION ALL ")); !errors.As(err, &limit) {
		t.Errorf("five plans within four calls: %v, %q", err, got)
	}
}
