package emulator

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const jobsPath = root + "/jobs/query"

// fakeClock is a clock that tests move.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newFakeClock() *fakeClock { return &fakeClock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// askJob sends a request, checks the status and decodes the answer into a map.
func askJob(t testing.TB, s *Server, status int, method, path, body string) map[string]any {
	t.Helper()
	res, text := do(t, s, method, path, body, "Content-Type", "application/json")
	if res.StatusCode != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, res.StatusCode, status, text)
	}
	return decodeOne(t, text)
}

// decodeOne reads a JSON object, or the only one of an array as errors come.
func decodeOne(t testing.TB, text string) map[string]any {
	t.Helper()
	var list []map[string]any
	if strings.HasPrefix(text, "[") {
		if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 1 {
			t.Fatalf("not an array of one object: %s", text)
		}
		return list[0]
	}
	var m map[string]any
	if text != "" {
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	return m
}

func queryBody(soql string) string {
	return fmt.Sprintf(`{"operation":"query","query":%s}`, appendJSONValue(nil, soql))
}

// queryJob creates a job and returns its path.
func queryJob(t testing.TB, s *Server, soql string) string {
	t.Helper()
	return jobsPath + "/" + askJob(t, s, 200, "POST", jobsPath, queryBody(soql))["id"].(string)
}

// finished creates a job and waits for it by asking once.
func finished(t testing.TB, s *Server, soql string) string {
	t.Helper()
	path := queryJob(t, s, soql)
	if state := askJob(t, s, 200, "GET", path, "")["state"]; state != stateComplete {
		t.Fatalf("%s: the job is %v when first asked", soql, state)
	}
	return path
}

func parseCSV(t testing.TB, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	return rows
}

// download reads all pages of a result and checks their headers.
func download(t testing.TB, s *Server, path, params string) (rows [][]string, pages int) {
	t.Helper()
	locator := ""
	for {
		res, text := do(t, s, "GET", path+"/results?"+params+locator, "")
		if res.StatusCode != 200 {
			t.Fatalf("%s: %d %s", path, res.StatusCode, text)
		}
		pages++
		page := parseCSV(t, text)
		if n := res.Header.Get("Sforce-NumberOfRecords"); n != fmt.Sprint(len(page)-1) {
			t.Fatalf("a page of %d rows says that it has %s", len(page)-1, n)
		}
		if rows == nil {
			rows = page[:1]
		}
		if !slices.Equal(page[0], rows[0]) {
			t.Fatalf("the header changed from %q to %q", rows[0], page[0])
		}
		rows = append(rows, page[1:]...)
		switch next := res.Header.Get("Sforce-Locator"); next {
		case "null":
			return rows, pages
		case "":
			t.Fatal("no Sforce-Locator")
		default:
			locator = "&locator=" + next
		}
	}
}

func TestQueryJobCreationEchoesTheJobButNotTheStatement(t *testing.T) {
	clock := newFakeClock()
	s := start(t, WithClock(clock.Now))
	_, text := do(t, s, "POST", jobsPath, queryBody("SELECT Id, Name FROM account"))
	job := decodeOne(t, text)
	id := job["id"].(string)
	wanted := fmt.Sprintf(`{"id":%q,"operation":"query","object":"Account","createdById":%q,"createdDate":"2026-03-01T12:00:00.000+0000",`+
		`"systemModstamp":"2026-03-01T12:00:00.000+0000","state":"UploadComplete","concurrencyMode":"Parallel","contentType":"CSV",`+
		`"apiVersion":67.0,"lineEnding":"LF","columnDelimiter":"COMMA"}`, id, userID())
	if text != wanted {
		t.Errorf("got  %s\nwant %s", text, wanted)
	}
	if !strings.HasPrefix(id, "750") || len(id) != 18 {
		t.Errorf("id %s", id)
	}
}

func TestQueryJobStatusAddsWhatTheJobDid(t *testing.T) {
	s := start(t, WithClock(newFakeClock().Now))
	status := askJob(t, s, 200, "GET", finished(t, s, "SELECT Id FROM User"), "")
	for key, v := range map[string]any{
		"jobType": "V2Query", "numberRecordsProcessed": 30.0, "retries": 0.0, "totalProcessingTime": 0.0,
		"isPkChunkingSupported": true, "state": "JobComplete", "apiVersion": 67.0,
	} {
		if status[key] != v {
			t.Errorf("%s is %v, want %v", key, status[key], v)
		}
	}
	if _, ok := status["errorMessage"]; ok {
		t.Error("a job that went well has an errorMessage")
	}
	if able := askJob(t, s, 200, "GET", finished(t, s, "SELECT Id FROM Profile"), "")["isPkChunkingSupported"]; able != false {
		t.Errorf("isPkChunkingSupported of Profile is %v", able)
	}
}

func TestQueryJobGoesThroughItsStatesWithTheClock(t *testing.T) {
	clock := newFakeClock()
	s := start(t, WithClock(clock.Now), WithBulkDelay(time.Minute))
	path := queryJob(t, s, "SELECT Id FROM User")
	for _, step := range []struct {
		wait  time.Duration
		state string
	}{{0, stateUploaded}, {14 * time.Second, stateUploaded}, {2 * time.Second, stateRunning}, {43 * time.Second, stateRunning}, {time.Second, stateComplete}} {
		clock.advance(step.wait)
		status := askJob(t, s, 200, "GET", path, "")
		if status["state"] != step.state {
			t.Fatalf("after %v more the job is %v, want %s", step.wait, status["state"], step.state)
		}
		if step.state == stateComplete {
			if ms := status["totalProcessingTime"]; ms != 60_000.0 {
				t.Errorf("totalProcessingTime %v", ms)
			}
			continue
		}
		if n := status["numberRecordsProcessed"]; n != 0.0 {
			t.Errorf("%v rows are processed in state %s", n, step.state)
		}
		if e := askJob(t, s, 400, "GET", path+"/results", ""); e["errorCode"] != "INVALIDJOBSTATE" {
			t.Errorf("results in state %s: %v", step.state, e)
		}
		if e := askJob(t, s, 400, "DELETE", path, ""); e["errorCode"] != "INVALIDJOBSTATE" {
			t.Errorf("DELETE in state %s: %v", step.state, e)
		}
	}
}

func TestBulkValuesAreThoseOfTheStore(t *testing.T) {
	s := start(t, WithRaggedBulkPages())
	for _, object := range []string{"Everything__c", "Account", "AccountHistory", "Task", "ContentVersion"} {
		o := s.Describe(object)
		var fields []string
		var places []int
		for i, f := range o.Fields {
			if f.Type != "address" && f.Type != "location" && f.Type != "base64" {
				fields, places = append(fields, f.Name), append(places, i)
			}
		}
		rows, _ := download(t, s, finished(t, s, "SELECT "+strings.Join(fields, ",")+" FROM "+object), "")
		if !slices.Equal(rows[0], fields) {
			t.Fatalf("%s: header %q", object, rows[0])
		}
		n := 0
		s.Scan(object, false, func(record []any) bool {
			n++
			for i, place := range places {
				if text := oracleText(record[place]); rows[n][i] != text {
					t.Fatalf("%s row %d %s: %q, want %q", object, n, fields[i], rows[n][i], text)
				}
			}
			return true
		})
		if n != len(rows)-1 {
			t.Errorf("%s: %d rows, want %d", object, len(rows)-1, n)
		}
	}
}

// oracleText is a value of Scan as Bulk writes it, after a CSV reader dropped
// carriage returns of line ends within values.
func oracleText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return v.Format("2006-01-02T15:04:05.000Z")
	case float64:
		return string(appendDouble(nil, v))
	}
	return strings.ReplaceAll(fmt.Sprint(v), "\r\n", "\n")
}

func TestEveryBulkValueIsQuotedAndLineBreaksStay(t *testing.T) {
	f := csvFormat{delimiter: ',', ending: "LF"}
	got := string(f.appendCSVRow(nil, []string{"", `a"b""c`, "x\ny\r\nz", "1,2"}))
	if wanted := "\"\",\"a\"\"b\"\"\"\"c\",\"x\ny\r\nz\",\"1,2\"\n"; got != wanted {
		t.Errorf("%q, want %q", got, wanted)
	}
	s := start(t)
	res, text := do(t, s, "GET", finished(t, s, "SELECT Name, AnnualRevenue, ParentId, CreatedDate, IsDeleted FROM Account LIMIT 20")+"/results", "")
	if res.Header.Get("Content-Type") != "text/csv" {
		t.Errorf("Content-Type %s", res.Header.Get("Content-Type"))
	}
	if !strings.HasPrefix(text, `"Name","AnnualRevenue","ParentId","CreatedDate","IsDeleted"`+"\n\"") || !strings.HasSuffix(text, "\"\n") {
		t.Errorf("%q", text)
	}
}

func TestBulkDelimiterAndLineEnding(t *testing.T) {
	s := start(t)
	for name, delimiter := range csvDelimiters {
		for ending, newline := range map[string]string{"LF": "\n", "CRLF": "\r\n"} {
			body := fmt.Sprintf(`{"operation":"query","query":"SELECT Id,IsActive FROM User LIMIT 1","columnDelimiter":%q,"lineEnding":%q,"contentType":"CSV"}`, name, ending)
			job := askJob(t, s, 200, "POST", jobsPath, body)
			if job["columnDelimiter"] != name || job["lineEnding"] != ending {
				t.Errorf("job %v", job)
			}
			path := jobsPath + "/" + job["id"].(string)
			askJob(t, s, 200, "GET", path, "")
			_, text := do(t, s, "GET", path+"/results", "")
			if !strings.HasPrefix(text, `"Id"`+string(delimiter)+`"IsActive"`+newline) || strings.Count(text, newline) != 2 {
				t.Errorf("%s %s: %q", name, ending, text)
			}
		}
	}
	for _, wish := range []string{`"columnDelimiter":"SPACE"`, `"lineEnding":"CR"`, `"contentType":"JSON"`} {
		if e := askJob(t, s, 400, "POST", jobsPath, `{"operation":"query","query":"SELECT Id FROM User",`+wish+`}`); e["errorCode"] != "API_ERROR" {
			t.Errorf("%s: %v", wish, e)
		}
	}
}

func TestBulkParentFields(t *testing.T) {
	s := start(t)
	rows, _ := download(t, s, finished(t, s, "select id, account.owner.name, Who.Name, what.type FROM Task"), "")
	if wanted := []string{"Id", "Account.Owner.Name", "Who.Name", "What.Type"}; !slices.Equal(rows[0], wanted) {
		t.Fatalf("header %q, want %q", rows[0], wanted)
	}
	byID := map[string]map[string]any{}
	for _, r := range records(t, s, "query", "SELECT Id, Account.Owner.Name, Who.Name, What.Type FROM Task") {
		byID[r["Id"].(string)] = r
	}
	dig := func(v any, path ...string) string {
		for _, name := range path {
			m, ok := v.(map[string]any)
			if !ok {
				return ""
			}
			v = m[name]
		}
		text, _ := v.(string)
		return text
	}
	filled := 0
	for _, row := range rows[1:] {
		r := byID[row[0]]
		wanted := []string{row[0], dig(r, "Account", "Owner", "Name"), dig(r, "Who", "Name"), dig(r, "What", "Type")}
		if !slices.Equal(row, wanted) {
			t.Fatalf("%q, want %q", row, wanted)
		}
		if row[1] != "" && row[2] != "" && row[3] != "" {
			filled++
		}
	}
	if filled == 0 || len(byID) != len(rows)-1 {
		t.Errorf("%d of %d rows have all parents, %d by REST", filled, len(rows)-1, len(byID))
	}
}

func TestBulkFunctionsAndFieldSets(t *testing.T) {
	s := start(t)
	const soql = "SELECT Id, toLabel(ForecastCategory), FORMAT(Amount) shown, toLabel(Account.Rating), FORMAT(CloseDate) FROM Opportunity LIMIT 300"
	rows, _ := download(t, s, finished(t, s, soql), "")
	if wanted := []string{"Id", "ForecastCategory", "shown", "Account.Rating", "CloseDate"}; !slices.Equal(rows[0], wanted) {
		t.Fatalf("header %q, want %q", rows[0], wanted)
	}
	for i, r := range records(t, s, "query", soql) {
		wanted := []string{r["Id"].(string)}
		account, _ := r["Account"].(map[string]any)
		for _, v := range []any{r["ForecastCategory"], r["shown"], account["Rating"], r["CloseDate"]} {
			text, _ := v.(string)
			wanted = append(wanted, text)
		}
		if !slices.Equal(rows[i+1], wanted) {
			t.Fatalf("%q, want %q", rows[i+1], wanted)
		}
	}
	rows, _ = download(t, s, finished(t, s, "SELECT DISTANCE(Location__c, GEOLOCATION(50, 8), 'km') FROM Everything__c WHERE Location__c != null LIMIT 1"), "")
	if rows[0][0] != "expr0" || !strings.Contains(rows[1][0], ".") {
		t.Errorf("%q", rows)
	}
	rows, _ = download(t, s, finished(t, s, "SELECT FIELDS(STANDARD) FROM Empty__c"), "")
	if len(rows) != 1 || !slices.Contains(rows[0], "SystemModstamp") || slices.Contains(rows[0], "Text__c") {
		t.Errorf("%q", rows)
	}
}

func TestQueryAllJobHasDeletedRows(t *testing.T) {
	s := start(t)
	count := func(operation string) float64 {
		job := askJob(t, s, 200, "POST", jobsPath, fmt.Sprintf(`{"operation":%q,"query":"SELECT Id FROM Contact"}`, operation))
		if job["operation"] != operation {
			t.Errorf("operation %v", job["operation"])
		}
		return askJob(t, s, 200, "GET", jobsPath+"/"+job["id"].(string), "")["numberRecordsProcessed"].(float64)
	}
	table := s.snapshot().table(s.Describe("Contact"))
	if n := count("queryAll"); n != float64(table.size) {
		t.Errorf("queryAll finds %v of %d", n, table.size)
	}
	if n := count("query"); n != float64(table.live()) {
		t.Errorf("query finds %v of %d", n, table.live())
	}
}

func TestBulkPagesFollowMaxRecordsAndLocators(t *testing.T) {
	s := start(t, WithBulkPageSize(400))
	path := finished(t, s, "SELECT Id, Name FROM Account ORDER BY Id DESC")
	all, pages := download(t, s, path, "")
	live := s.snapshot().table(s.Describe("Account")).live()
	if len(all)-1 != live || pages != (live+399)/400 {
		t.Fatalf("%d rows in %d pages", len(all)-1, pages)
	}
	small, pages := download(t, s, path, "maxRecords=150")
	if !slices.EqualFunc(all, small, slices.Equal) || pages != (live+149)/150 {
		t.Errorf("maxRecords=150: %d rows in %d pages", len(small)-1, pages)
	}
	if large, _ := download(t, s, path, "maxRecords=100000"); !slices.EqualFunc(all, large, slices.Equal) {
		t.Error("maxRecords beyond the server's page changes the rows")
	}
	again := func() string { _, text := do(t, s, "GET", path+"/results?locator=NDAw&maxRecords=3", ""); return text }
	if first := again(); first != again() || len(parseCSV(t, first)) != 4 || parseCSV(t, first)[1][0] != all[401][0] {
		t.Errorf("a locator read twice: %q", first)
	}
	for _, bad := range []string{"locator=x", "locator=LTE", "locator=OTk5OTk", "locator=null"} {
		if e := askJob(t, s, 400, "GET", path+"/results?"+bad, ""); e["errorCode"] != "INVALID_QUERY_LOCATOR" {
			t.Errorf("%s: %v", bad, e)
		}
	}
	for _, bad := range []string{"0", "-1", "x", ""} {
		askJob(t, s, 400, "GET", path+"/results?maxRecords="+bad, "")
	}
}

func TestRaggedBulkPagesHoldEveryRowOnce(t *testing.T) {
	s := start(t, WithRaggedBulkPages())
	path := finished(t, s, "SELECT Id FROM OpportunityLineItem")
	rows, pages := download(t, s, path, "")
	if pages < 3 || len(rows) != 4001 {
		t.Errorf("%d rows in %d pages", len(rows)-1, pages)
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		seen[row[0]] = true
	}
	if len(seen) != 4000 {
		t.Errorf("%d different ids", len(seen))
	}
}

func TestResultPagesNameFiveAtATime(t *testing.T) {
	s := start(t, WithBulkPageSize(80))
	path := finished(t, s, "SELECT Id FROM Account")
	var links []string
	for next := path + "/resultPages"; next != ""; {
		answer := askJob(t, s, 200, "GET", next, "")
		pages := answer["resultPages"].([]any)
		for _, p := range pages {
			links = append(links, p.(map[string]any)["resultUrl"].(string))
		}
		next, _ = answer["nextRecordsUrl"].(string)
		if answer["done"] != (next == "") || next != "" && len(pages) != 5 {
			t.Fatalf("%v", answer)
		}
	}
	serial, pages := download(t, s, path, "")
	if len(links) != pages {
		t.Fatalf("%d links, %d pages", len(links), pages)
	}
	parallel := make([][][]string, len(links))
	var running sync.WaitGroup
	slots := make(chan bool, 5)
	for i, link := range links {
		running.Go(func() {
			slots <- true
			defer func() { <-slots }()
			_, text := do(t, s, "GET", link, "")
			parallel[i] = parseCSV(t, text)[1:]
		})
	}
	running.Wait()
	if got := slices.Concat(parallel...); !slices.EqualFunc(got, serial[1:], slices.Equal) {
		t.Errorf("side by side: %d rows, one after the other: %d", len(got), len(serial)-1)
	}
	askJob(t, s, 404, "GET", strings.Replace(path, "v67.0", "v57.0", 1)+"/resultPages", "")
}

func TestResultPagesByTheirOtherNames(t *testing.T) {
	s := start(t, WithBulkPageSize(80), WithQuirks(Quirks{ResultLinkNames: true}))
	path := finished(t, s, "SELECT Id FROM Account")
	answer := askJob(t, s, 200, "GET", path+"/resultPages", "")
	first := answer["resultPages"].([]any)[0].(map[string]any)["resultLink"]
	if answer["nextRecordUrl"] == nil || first != path+"/results?locator=MA" {
		t.Errorf("%v", answer)
	}
}

func TestResultsNeedTheVersionOfTheJob(t *testing.T) {
	s := start(t)
	path := finished(t, s, "SELECT Id FROM User")
	other := strings.Replace(path, "v67.0", "v66.0", 1)
	askJob(t, s, 409, "GET", other+"/results", "")
	askJob(t, s, 409, "GET", other+"/resultPages", "")
	if job := askJob(t, s, 200, "GET", other, ""); job["apiVersion"] != 67.0 {
		t.Errorf("apiVersion %v", job["apiVersion"])
	}
	askJob(t, s, 405, "POST", path+"/results", "")
	askJob(t, s, 404, "GET", path+"/rows", "")
}

func TestResultWithoutRows(t *testing.T) {
	for empty, wanted := range map[bool]string{false: "\"Id\",\"Text__c\"\n", true: ""} {
		s := start(t, WithQuirks(Quirks{EmptyBulkBody: empty}))
		path := finished(t, s, "SELECT Id, Text__c FROM Empty__c")
		for _, headers := range [][]string{nil, {"Accept-Encoding", "identity"}} {
			res, text := do(t, s, "GET", path+"/results", "", headers...)
			if text != wanted || res.Header.Get("Sforce-NumberOfRecords") != "0" || res.Header.Get("Sforce-Locator") != "null" {
				t.Errorf("%q %v", text, res.Header)
			}
		}
		if answer := askJob(t, s, 200, "GET", path+"/resultPages", ""); answer["done"] != true || len(answer["resultPages"].([]any)) != 1 {
			t.Errorf("%v", answer)
		}
	}
}

func TestBulkRefusals(t *testing.T) {
	s := start(t)
	for _, c := range []struct{ soql, code, message string }{
		{"SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry", "API_ERROR", "GROUP BY is not supported"},
		{"SELECT COUNT() FROM Account", "API_ERROR", "COUNT() is not supported"},
		{"SELECT MAX(Amount) FROM Opportunity", "API_ERROR", "is not supported in Bulk V2 Query"},
		{"SELECT COUNT_DISTINCT(Name) FROM Account", "API_ERROR", "is not supported in Bulk V2 Query"},
		{"SELECT Id FROM Account LIMIT 5 OFFSET 5", "API_ERROR", "OFFSET is not supported"},
		{"SELECT TYPEOF What WHEN Account THEN Phone ELSE Name END FROM Task", "API_ERROR", "TYPEOF"},
		{"SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR", "Aggregate Relationships not supported in Bulk V2 Query with CSV content type"},
		{"SELECT FIELDS(ALL) FROM Account LIMIT 200", "API_ERROR", "FIELDS"},
		{"SELECT FIELDS(CUSTOM) FROM Account LIMIT 200", "API_ERROR", "FIELDS"},
		{"SELECT BillingAddress FROM Account", "API_ERROR", "Selecting compound data not supported in Bulk Query"},
		{"SELECT Account.BillingAddress FROM Contact", "API_ERROR", "Selecting compound data not supported in Bulk Query"},
		{"SELECT Location__c FROM Everything__c", "API_ERROR", "Selecting compound data not supported in Bulk Query"},
		{"SELECT VersionData FROM ContentVersion", "API_ERROR", "Blob field not supported in Bulk V2 Query with CSV content type"},
		{"SELECT Id FROM TaskStatus", "INVALIDENTITY", "Entity 'TaskStatus' is not supported by the Bulk API"},
		{"SELECT Id FROM AccountChangeEvent", "INVALID_TYPE_FOR_OPERATION", "entity type AccountChangeEvent does not support query"},
		{"SELECT Id FROM Nope", "INVALID_TYPE", "sObject type 'Nope' is not supported."},
		{"SELECT Nope FROM Account", "INVALID_FIELD", "No such column 'Nope'"},
		{"SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"},
		{"SELECT Id FROM Account ORDER BY Description", "INVALID_FIELD", "can not be sorted"},
		{"SELECT Id, id FROM Account", "MALFORMED_QUERY", "duplicate field selected: Id"},
		{"SELECT Id FORM Account", "MALFORMED_QUERY", "unexpected token"},
		{"", "MALFORMED_QUERY", "SOQL statements cannot be empty or null"},
	} {
		e := askJob(t, s, 400, "POST", jobsPath, queryBody(c.soql))
		if e["errorCode"] != c.code || !strings.Contains(e["message"].(string), c.message) {
			t.Errorf("%s: %v", c.soql, e)
		}
	}
	askJob(t, s, 400, "POST", jobsPath, `{"operation":"insert","query":"SELECT Id FROM Account"}`)
	askJob(t, s, 400, "POST", jobsPath, `{"operation":`)
	if list := askJob(t, s, 200, "GET", jobsPath, "")["records"].([]any); len(list) != 0 {
		t.Errorf("%d jobs came of refused requests", len(list))
	}
}

func TestAbortAndDelete(t *testing.T) {
	clock := newFakeClock()
	s := start(t, WithClock(clock.Now), WithBulkDelay(time.Minute))
	path := queryJob(t, s, "SELECT Id FROM User")
	job := askJob(t, s, 200, "PATCH", path, `{"state":"Aborted"}`)
	if job["state"] != stateAborted || len(job) != 10 {
		t.Errorf("PATCH answers %d members: %v", len(job), job)
	}
	if e := askJob(t, s, 400, "PATCH", path, `{"state":"Aborted"}`); e["errorCode"] != "INVALIDJOBSTATE" || e["message"] != "Aborting already Aborted Job not allowed" {
		t.Errorf("%v", e)
	}
	clock.advance(time.Hour)
	if state := askJob(t, s, 200, "GET", path, "")["state"]; state != stateAborted {
		t.Errorf("the aborted job is %v", state)
	}
	askJob(t, s, 400, "GET", path+"/results", "")
	askJob(t, s, 204, "DELETE", path, "")
	for _, method := range []string{"GET", "DELETE"} {
		askJob(t, s, 404, method, path, "")
	}
	done := queryJob(t, s, "SELECT Id FROM User")
	clock.advance(time.Hour)
	if e := askJob(t, s, 400, "PATCH", done, `{"state":"Aborted"}`); e["message"] != "Aborting already Completed Job not allowed" {
		t.Errorf("%v", e)
	}
	askJob(t, s, 400, "PATCH", done, `{"state":"UploadComplete"}`)
	askJob(t, s, 404, "GET", jobsPath+"/750000000000000AAA", "")
	askJob(t, s, 404, "GET", jobsPath+"/nonsense", "")
	askJob(t, s, 200, "GET", done[:len(done)-3], "") // 15 characters
	askJob(t, s, 404, "GET", strings.Replace(done, "/query/", "/ingest/", 1), "")
}

func TestListOfJobsIsPagedAndFiltered(t *testing.T) {
	clock := newFakeClock()
	s := start(t, WithClock(clock.Now))
	s.bulk.listPage = 4
	var ids []string
	for range 10 {
		path := queryJob(t, s, "SELECT Id FROM User")
		ids = append(ids, path[len(jobsPath)+1:])
	}
	var listed []string
	pages := 0
	for next := jobsPath + "?jobType=V2Query&concurrencyMode=parallel"; next != ""; pages++ {
		answer := askJob(t, s, 200, "GET", next, "")
		for _, r := range answer["records"].([]any) {
			job := r.(map[string]any)
			if job["jobType"] != "V2Query" || job["state"] != stateComplete {
				t.Errorf("%v", job)
			}
			listed = append(listed, job["id"].(string))
		}
		next, _ = answer["nextRecordsUrl"].(string)
		if answer["done"] != (next == "") {
			t.Fatalf("%v", answer)
		}
	}
	if !slices.Equal(listed, ids) || pages != 3 {
		t.Errorf("%d jobs in %d pages", len(listed), pages)
	}
	for _, filter := range []string{"jobType=Classic", "concurrencyMode=serial", "isPkChunkingEnabled=true"} {
		if n := len(askJob(t, s, 200, "GET", jobsPath+"?"+filter, "")["records"].([]any)); n != 0 {
			t.Errorf("%s lists %d jobs", filter, n)
		}
	}
	askJob(t, s, 400, "GET", jobsPath+"?queryLocator=x", "")
}

func TestJobsAreKeptSevenDays(t *testing.T) {
	clock := newFakeClock()
	s := start(t, WithClock(clock.Now))
	path := finished(t, s, "SELECT Id FROM User")
	clock.advance(7 * 24 * time.Hour)
	if rows, _ := download(t, s, path, ""); len(rows) != 31 {
		t.Errorf("%d rows after seven days", len(rows)-1)
	}
	clock.advance(time.Second)
	askJob(t, s, 404, "GET", path, "")
	askJob(t, s, 404, "GET", path+"/results", "")
	if n := len(askJob(t, s, 200, "GET", jobsPath, "")["records"].([]any)); n != 0 {
		t.Errorf("%d jobs are listed after their time", n)
	}
}

func TestDailyCapsOfQueryJobs(t *testing.T) {
	clock := newFakeClock()
	s := start(t, WithClock(clock.Now), WithBulkCaps(BulkCaps{QueryJobs: 2}))
	body := queryBody("SELECT Id FROM User")
	askJob(t, s, 200, "POST", jobsPath, body)
	clock.advance(time.Hour)
	askJob(t, s, 200, "POST", jobsPath, body)
	e := askJob(t, s, 400, "POST", jobsPath, body)
	if e["errorCode"] != "LIMIT_EXCEEDED" || e["message"] != "Max bulk v2 query jobs (2) per 24 hrs has been reached" {
		t.Errorf("%v", e)
	}
	clock.advance(23*time.Hour + time.Second)
	askJob(t, s, 200, "POST", jobsPath, body)
	askJob(t, s, 400, "POST", jobsPath, body)

	s = start(t, WithBulkCaps(BulkCaps{QueryKB: 50}))
	askJob(t, s, 200, "POST", jobsPath, queryBody("SELECT Id, Name FROM Opportunity"))
	e = askJob(t, s, 400, "POST", jobsPath, body)
	if e["errorCode"] != "LIMIT_EXCEEDED" || e["message"] != "Max bulk v2 query result size stored (50) kb per 24 hrs has been exceeded" {
		t.Errorf("%v", e)
	}
}

func TestLimitsTellWhatBulkHasLeft(t *testing.T) {
	s := start(t, WithBulkCaps(BulkCaps{QueryJobs: 7, QueryKB: 10_240, IngestBatches: 9}))
	finished(t, s, "SELECT Id, Name, Description FROM Opportunity")
	putBatch(t, s, 201, openJob(t, s, `{"object":"Lead","operation":"insert"}`), "LastName\nx\n")
	limits := askJob(t, s, 200, "GET", root+"/limits", "")
	for name, left := range map[string][2]float64{
		"DailyBulkV2QueryJobs": {7, 6}, "DailyBulkApiBatches": {9, 8}, "DailyBulkV2QueryFileStorageMB": {10, 9},
	} {
		limit := limits[name].(map[string]any)
		if limit["Max"] != left[0] || limit["Remaining"] != left[1] {
			t.Errorf("%s: %v, want %v", name, limit, left)
		}
	}
}

func TestBulkFaults(t *testing.T) {
	s := start(t, WithBulkPageSize(7))
	var ends []bulkEnd
	s.bulk.setFaults(bulkFaults{
		end: func(job bulkFacts) (end bulkEnd) {
			if job.Ingest || job.Object != "User" || job.Operation != "query" {
				t.Errorf("%+v", job)
			}
			if len(ends) > 0 {
				end, ends = ends[0], ends[1:]
			}
			return end
		},
		missing: func(_ bulkFacts, firstRow, rows int) int {
			if firstRow == 7 && rows == 7 {
				return 1
			}
			return 0
		},
	})
	for _, end := range []bulkEnd{{State: stateFailed, Message: "InternalServerError : out of luck"}, {State: stateAborted}, bulkRetried} {
		ends = []bulkEnd{end}
		status := askJob(t, s, 200, "GET", queryJob(t, s, "SELECT Id FROM User"), "")
		message, _ := status["errorMessage"].(string)
		if status["state"] != end.State || message != end.Message || status["retries"] != float64(end.Retries) {
			t.Errorf("%+v makes %v", end, status)
		}
	}
	path := finished(t, s, "SELECT Id FROM User")
	for locator, rows := range map[string]int{"": 7, "Nw": 6, "MTQ": 7} {
		res, text := do(t, s, "GET", path+"/results?locator="+locator, "")
		if n := len(parseCSV(t, text)) - 1; n != rows || res.Header.Get("Sforce-NumberOfRecords") != "7" {
			t.Errorf("%s: %d rows, the header says %s", locator, n, res.Header.Get("Sforce-NumberOfRecords"))
		}
	}
}

func TestBulkRequestsAreCounted(t *testing.T) {
	s := start(t)
	path := finished(t, s, "SELECT Id FROM User")
	s.ResetStats()
	download(t, s, path, "maxRecords=10")
	askJob(t, s, 200, "GET", path+"/resultPages", "")
	askJob(t, s, 204, "DELETE", path, "")
	stats := s.Stats()
	if stats.Rows != 30 || stats.ByPath["results"] != 4 || stats.ByPath["job"] != 1 || stats.Requests != 5 {
		t.Errorf("%+v", stats)
	}
}

// BenchmarkBulkResults downloads ten columns of a large object over loopback.
func BenchmarkBulkResults(b *testing.B) {
	const soql = "SELECT Id, Name, AccountId, StageName, Amount, CloseDate, Probability, IsWon, OwnerId, CreatedDate FROM Opportunity"
	s := start(b, WithScale(100), WithBulkPageSize(1_000_000))
	path := finished(b, s, soql)
	rows := s.snapshot().table(s.Describe("Opportunity")).size
	for _, encoding := range []string{"identity", "gzip"} {
		b.Run(encoding, func(b *testing.B) {
			for b.Loop() {
				req, err := http.NewRequest("GET", s.URL()+path+"/results", nil)
				if err != nil {
					b.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer "+s.AccessToken())
				req.Header.Set("Accept-Encoding", encoding)
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, res.Body); err != nil {
					b.Fatal(err)
				}
				res.Body.Close()
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
