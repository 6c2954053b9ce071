package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// What every option must leave as it is: statements that name their columns.
var sameRows = []string{
	"SELECT count(*) FROM Account",
	"SELECT Id, Name, Industry, AnnualRevenue FROM Account WHERE Industry = 'Energy' ORDER BY Id",
	"SELECT a.Name, c.LastName FROM Account a JOIN Contact c ON c.AccountId = a.Id WHERE c.Email LIKE '%.com' ORDER BY c.Id",
	"SELECT Industry, count(*), sum(NumberOfEmployees) FROM Account GROUP BY Industry ORDER BY Industry",
	"SELECT BillingAddress FROM Account WHERE BillingCity IS NOT NULL ORDER BY Id LIMIT 3",
}

func columns(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestHiddenFieldsAreReadableByName(t *testing.T) {
	_, full := start(t, "")
	s, few := start(t, "select_fields_by_default=False")
	for _, query := range sameRows {
		if got, want := must(t, few, query), must(t, full, query); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %d rows, want %d", query, len(got), len(want))
		}
	}
	for query, want := range map[string]string{
		"SELECT * FROM Account":                               "Id Name IsDeleted CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp",
		"SELECT a.* FROM Account a":                           "Id Name IsDeleted CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp",
		"SELECT *, Industry FROM Account":                     "Id Name IsDeleted CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp Industry",
		"SELECT * FROM soql('SELECT Id, Phone FROM Account')": "Id Phone",
	} {
		if got := strings.Join(columns(t, few, query), " "); got != want {
			t.Errorf("%s gives %s, want %s", query, got, want)
		}
	}
	must(t, few, "SELECT * FROM Account LIMIT 1")
	asked := s.Stats().Queries
	if last := asked[len(asked)-1]; strings.Contains(last, "Industry") || strings.Contains(last, "Phone") {
		t.Errorf("hidden fields are fetched: %s", last)
	}
	hidden := "SELECT group_concat(hidden) FROM sf_fields WHERE object = 'Account' AND name IN ('Name', 'Industry')"
	if got := must(t, few, hidden); got[0] != "0,1" && got[0] != "1,0" {
		t.Errorf("sf_fields tells %q", got)
	}
}

// The tables that start_date makes are those with the older rows taken out.
func TestStartDateBoundsTables(t *testing.T) {
	const since = "2022-06-01T12:00:00Z"
	_, full := start(t, "")
	_, late := start(t, "start_date="+since)
	for table, date := range map[string]string{"Account": "SystemModstamp", "AccountHistory": "CreatedDate", "Opportunity": "SystemModstamp"} {
		for _, what := range []string{"count(*)", "Id", "min(" + date + ")", "count(" + date + ")"} {
			query := "SELECT " + what + " FROM " + table
			got := must(t, late, query+" ORDER BY 1")
			want := must(t, full, query+" WHERE "+date+" >= '"+since+"' ORDER BY 1")
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s since the start date: %d rows, want %d", query, len(got), len(want))
			}
		}
		all := must(t, full, "SELECT count(*) FROM "+table)
		if few := must(t, late, "SELECT count(*) FROM "+table); few[0] == "0" || few[0] == all[0] {
			t.Errorf("%s: %s of %s rows: the test proves nothing", table, few, all)
		}
	}
	join := "SELECT count(*) FROM Contact c JOIN Account a ON a.Id = c.AccountId"
	got := must(t, late, join)
	want := must(t, full, join+" WHERE a.SystemModstamp >= '"+since+"' AND c.SystemModstamp >= '"+since+"'")
	if got[0] != want[0] {
		t.Errorf("a join finds %s rows, want %s", got[0], want[0])
	}
	own := "SELECT * FROM soql('SELECT COUNT(Id) n FROM Account')"
	if got, want := must(t, late, own), must(t, full, own); got[0] != want[0] {
		t.Errorf("the user's own query is bounded: %s, want %s", got[0], want[0])
	}
}

func TestSFObjectsTellsWhatIsNotBounded(t *testing.T) {
	s, late := start(t, "start_date=2022-06-01&objects=Account,AccountHistory,Undated__c", withUndated(t))
	if got := must(t, late, "SELECT name FROM sf_objects ORDER BY name"); strings.Join(got, " ") != "Account AccountHistory Undated__c" {
		t.Errorf("got %q", got)
	}
	if n := s.Stats().ByPath["describe"] + s.Stats().ByPath["compositeSub"]; n != 0 {
		t.Errorf("the names took %d describes", n)
	}
	if got := must(t, late, "SELECT name || ' ' || bounded FROM sf_objects ORDER BY name"); strings.Join(got, ", ") != "Account 1, AccountHistory 1, Undated__c 0" {
		t.Errorf("got %q", got)
	}
	if got := must(t, late, "SELECT count(*) FROM Undated__c"); got[0] != "2" {
		t.Errorf("a table without a date has %s rows, want 2", got[0])
	}
	_, db := start(t, "")
	if got := must(t, db, "SELECT DISTINCT bounded FROM sf_objects WHERE queryable"); strings.Join(got, " ") != "0" {
		t.Errorf("without a start date: %q", got)
	}
}

func TestObjectsAreAllThatIsDiscovered(t *testing.T) {
	s, db := start(t, "streams=account,%20Contact")
	must(t, db, "SELECT * FROM Account a JOIN Contact c ON c.AccountId = a.Id LIMIT 1")
	for _, query := range []string{
		"SELECT name FROM sf_objects ORDER BY name",
		"SELECT DISTINCT object FROM sf_fields ORDER BY object",
	} {
		if got := must(t, db, query); strings.Join(got, " ") != "Account Contact" {
			t.Errorf("%s: %q", query, got)
		}
	}
	if got := must(t, db, "SELECT count(*) FROM sf_fields WHERE object = 'Lead'"); got[0] != "0" {
		t.Errorf("sf_fields tells of Lead: %q", got)
	}
	if _, err := all(db, "SELECT Id FROM Lead"); err == nil || !strings.Contains(err.Error(), "no such table: Lead") {
		t.Errorf("Lead: %v", err)
	}
	if _, err := all(db, "SELECT Id FROM Contct"); err == nil || !strings.Contains(err.Error(), "did you mean Contact?") {
		t.Errorf("a misspelt name: %v", err)
	}
	st := s.Stats()
	if st.ByPath["describe"]+st.ByPath["compositeSub"] != 2 || st.ByPath["globalDescribe"] != 1 {
		t.Errorf("two tables took %v", st.ByPath)
	}
}

func TestAnUnknownObjectIsAnError(t *testing.T) {
	for list, want := range map[string]string{
		"Account,Acount":     `key objects: the org has no sObject "Acount" that the user may see; did you mean Account`,
		"Zzzzzzzzzzzzz":      `the org has no sObject "Zzzzzzzzzzzzz" that the user may see`,
		"Account,NotQueried": `the org has no sObject "NotQueried"`,
	} {
		_, db := start(t, "objects="+list)
		var e *driver.DSNError
		if err := db.Ping(); !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", list, err)
		}
	}
}

func TestDeletedRowsAreThereWhenAskedFor(t *testing.T) {
	_, without := start(t, "")
	_, with := start(t, "deleted=yes")
	few, many := must(t, without, "SELECT count(*) FROM Account"), must(t, with, "SELECT count(*) FROM Account")
	live := must(t, with, "SELECT count(*) FROM Account WHERE IsDeleted = 0")
	if few[0] != live[0] || few[0] == many[0] {
		t.Errorf("%s rows without deleted ones, %s of %s with", few[0], live[0], many[0])
	}
	if got := must(t, without, "SELECT count(*) FROM Account WHERE IsDeleted = 1"); got[0] != "0" {
		t.Errorf("%s deleted rows without being asked for", got[0])
	}
}

// slow delays the answers of one kind of request until the client has gone.
func slow(path string) emulator.Option {
	return emulator.WithFault(func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, path) {
			return false
		}
		_ = r.ParseForm() // the server sees the client go only once the body is read
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Minute):
		}
		return true
	})
}

func TestTimeouts(t *testing.T) {
	for _, c := range []struct{ path, more string }{
		{"/query", "timeout=100ms"},
		{"/oauth2/token", "auth_timeout=100ms"},
	} {
		_, db := start(t, c.more, slow(c.path))
		began := time.Now()
		_, err := all(db, "SELECT Id FROM Account")
		if !errors.Is(err, context.DeadlineExceeded) && (err == nil || !strings.Contains(strings.ToLower(err.Error()), "time")) {
			t.Errorf("%s: %v", c.more, err)
		}
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("%s: it took %v", c.more, took)
		}
		if driver.IsLogin(err) != (c.path == "/oauth2/token") {
			t.Errorf("%s: a login's error: %v; %v", c.more, driver.IsLogin(err), err)
		}
	}
}

func TestAPITypeInAnyCase(t *testing.T) {
	for _, word := range []string{"REST", "Rest", "auto", "AUTO"} {
		_, db := start(t, "api_type="+word)
		if got := must(t, db, "SELECT count(*) FROM Account"); got[0] == "0" {
			t.Errorf("%s: %q", word, got)
		}
	}
	_, err := driver.ParseDSN("salesforce://acme/?api_type=SOAP")
	if err == nil || !strings.Contains(fmt.Sprint(err), "auto, rest, bulk") {
		t.Error(err)
	}
}

// withUndated brings an object without a date into the org.
func withUndated(t *testing.T) emulator.Option {
	t.Helper()
	return emulator.WithData(fstest.MapFS{
		"Undated__c.json": {Data: []byte(`{"name":"Undated__c","label":"Undated","keyPrefix":"a0u","custom":true,"queryable":true,"fields":[
			{"name":"Id","type":"id","length":18,"filterable":true,"sortable":true,"groupable":true,"idLookup":true},
			{"name":"Name","type":"string","length":20,"nameField":true,"filterable":true,"sortable":true}]}`)},
		"Undated__c.csv": {Data: []byte("Name\none\ntwo\n")},
	})
}
