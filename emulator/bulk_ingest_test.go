package emulator

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

const ingestPath = root + "/jobs/ingest"

// openJob creates an ingest job and returns its path.
func openJob(t testing.TB, s *Server, body string) string {
	t.Helper()
	return ingestPath + "/" + askJob(t, s, 200, "POST", ingestPath, body)["id"].(string)
}

func putBatch(t testing.TB, s *Server, status int, path, data string, headers ...string) map[string]any {
	t.Helper()
	res, text := do(t, s, "PUT", path+"/batches", data, append([]string{"Content-Type", "text/csv; charset=UTF-8"}, headers...)...)
	if res.StatusCode != status {
		t.Fatalf("PUT %s: %d, want %d: %s", path, res.StatusCode, status, text)
	}
	return decodeOne(t, text)
}

const closing = `{"state":"UploadComplete"}`

// loaded runs an ingest job to its end and returns its path and last status.
func loaded(t testing.TB, s *Server, body, data string) (path string, status map[string]any) {
	t.Helper()
	path = openJob(t, s, body)
	putBatch(t, s, 201, path, data)
	if job := askJob(t, s, 200, "PATCH", path, closing); job["state"] != stateUploaded {
		t.Fatalf("the closed job is %v", job["state"])
	}
	return path, askJob(t, s, 200, "GET", path, "")
}

// resultFile returns a result file's rows by the value of a column.
func resultFile(t testing.TB, s *Server, path, part, key string) map[string]map[string]string {
	t.Helper()
	res, text := do(t, s, "GET", path+"/"+part, "")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/csv" {
		t.Fatalf("%s: %d %s", part, res.StatusCode, text)
	}
	rows := parseCSV(t, text)
	out := map[string]map[string]string{}
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		out[m[key]] = m
	}
	if len(out) != len(rows)-1 {
		t.Fatalf("%s: %d rows with %d values of %s", part, len(rows)-1, len(out), key)
	}
	return out
}

func wantCounts(t testing.TB, status map[string]any, state string, processed, failed int) {
	t.Helper()
	if status["state"] != state || status["numberRecordsProcessed"] != float64(processed) || status["numberRecordsFailed"] != float64(failed) {
		t.Fatalf("want %s, %d processed, %d failed: %v", state, processed, failed, status)
	}
}

func onlyRecord(t testing.TB, s *Server, soql string) map[string]any {
	t.Helper()
	list := records(t, s, "query", soql)
	if len(list) != 1 {
		t.Fatalf("%s: %d records", soql, len(list))
	}
	return list[0]
}

func TestIngestJobCreationTellsWhereTheDataGoes(t *testing.T) {
	clock := newFakeClock()
	s := start(t, WithClock(clock.Now))
	_, text := do(t, s, "POST", ingestPath, `{"object":"everything__c","operation":"upsert","externalIdFieldName":"casesensitive__c","lineEnding":"CRLF"}`)
	id := decodeOne(t, text)["id"].(string)
	wanted := fmt.Sprintf(`{"id":%q,"operation":"upsert","object":"Everything__c","createdById":%q,"createdDate":"2026-03-01T12:00:00.000+0000",`+
		`"systemModstamp":"2026-03-01T12:00:00.000+0000","state":"Open","externalIdFieldName":"CaseSensitive__c","concurrencyMode":"Parallel",`+
		`"contentType":"CSV","apiVersion":67.0,"contentUrl":"services/data/v67.0/jobs/ingest/%s/batches","lineEnding":"CRLF","columnDelimiter":"COMMA"}`, id, userID(), id)
	if text != wanted {
		t.Errorf("got  %s\nwant %s", text, wanted)
	}
}

func TestIngestInserts(t *testing.T) {
	s := start(t)
	path, status := loaded(t, s, `{"object":"Contact","operation":"insert"}`,
		"LastName,FirstName,Email,AccountId\n"+
			"Bulk1,Ann,ann@example.com,\n"+
			"\"Bulk\"\"2\",\"a,b\nc\",,#N/A\n"+
			",Nobody,,\n"+
			"Bulk4,,not an address,\n"+
			"Bulk5,too,many,,columns\n")
	wantCounts(t, status, stateComplete, 5, 3)
	if status["jobType"] != "V2Ingest" || status["retries"] != 0.0 || status["apexProcessingTime"] != 0.0 || status["apiActiveProcessingTime"] == nil {
		t.Errorf("%v", status)
	}
	good := resultFile(t, s, path, "successfulResults", "LastName")
	if len(good) != 2 || good["Bulk1"]["sf__Created"] != "true" || len(good["Bulk1"]["sf__Id"]) != 18 || good[`Bulk"2`]["FirstName"] != "a,b\nc" {
		t.Errorf("%v", good)
	}
	if r := onlyRecord(t, s, "SELECT FirstName, Email FROM Contact WHERE Id = '"+good["Bulk1"]["sf__Id"]+"'"); r["FirstName"] != "Ann" || r["Email"] != "ann@example.com" {
		t.Errorf("%v", r)
	}
	bad := resultFile(t, s, path, "failedResults", "FirstName")
	if e := bad["Nobody"]["sf__Error"]; e != "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --" {
		t.Errorf("sf__Error %q", e)
	}
	if e := bad[""]["sf__Error"]; !strings.HasPrefix(e, "INVALID_EMAIL_ADDRESS:") {
		t.Errorf("sf__Error %q", e)
	}
	for _, name := range []string{"unprocessedrecords", "unprocessedRecords"} {
		if _, text := do(t, s, "GET", path+"/"+name, ""); text != `"LastName","FirstName","Email","AccountId"`+"\n" {
			t.Errorf("%s: %q", name, text)
		}
	}
}

func TestIngestUpdatesWhatIsGiven(t *testing.T) {
	s := start(t)
	ids := idsOf(stored(t, s, "Account", func(r row) bool { return r["Phone"] != nil && r["Website"] != nil }))
	before := onlyRecord(t, s, "SELECT Name, Website FROM Account WHERE Id = '"+ids[0]+"'")
	_, status := loaded(t, s, `{"object":"Account","operation":"update"}`,
		fmt.Sprintf("Id,Phone,Website,AnnualRevenue\n%s,#N/A,,1.39E8\n%s,555,x.example,12.5\n001000000000000AAA,1,,\nnonsense,1,,\n", ids[0][:15], ids[1]))
	wantCounts(t, status, stateComplete, 4, 2)
	r := onlyRecord(t, s, "SELECT Name, Phone, Website, AnnualRevenue FROM Account WHERE Id = '"+ids[0]+"'")
	if r["Phone"] != nil || r["Website"] != before["Website"] || r["Name"] != before["Name"] || r["AnnualRevenue"] != 1.39e8 {
		t.Errorf("%v", r)
	}
	if r := onlyRecord(t, s, "SELECT Phone, Website FROM Account WHERE Id = '"+ids[1]+"'"); r["Phone"] != "555" || r["Website"] != "x.example" {
		t.Errorf("%v", r)
	}
}

func TestIngestUpsertsByExternalIDAndNamesParentsByTheirs(t *testing.T) {
	s := start(t)
	old := stored(t, s, "Everything__c", func(r row) bool { return r["CaseSensitive__c"] != nil })[0]
	key := old["CaseSensitive__c"].(string)
	path, status := loaded(t, s, `{"object":"Everything__c","operation":"upsert","externalIdFieldName":"CaseSensitive__c","columnDelimiter":"PIPE"}`,
		"CaseSensitive__c|Text__c|Self__r.CaseSensitive__c|Checkbox__c|Date__c|DateTime__c|Int__c\n"+
			key+"|changed||TRUE|2024-01-31|2024-01-31T10:00:00Z|7\n"+
			"brand new|\"a|b\"|"+key+"|0||2024-01-31T10:00:00.000+02:00|\n"+
			"lost|x|no such key||||\n"+
			"|x|||||\n"+
			"typo|x||perhaps|||\n"+
			"typo2|x||||31.1.2024|\n")
	wantCounts(t, status, stateComplete, 6, 4)
	good := resultPairs(t, s, path, "successfulResults", '|')
	if good[key][1] != "false" || good[key][0] != old["Id"] || good["brand new"][1] != "true" {
		t.Errorf("%v", good)
	}
	r := onlyRecord(t, s, "SELECT Text__c, Checkbox__c, Date__c, DateTime__c, Int__c FROM Everything__c WHERE Id = '"+old["Id"].(string)+"'")
	if r["Text__c"] != "changed" || r["Checkbox__c"] != true || r["Date__c"] != "2024-01-31" || r["DateTime__c"] != "2024-01-31T10:00:00.000+0000" || r["Int__c"] != 7.0 {
		t.Errorf("%v", r)
	}
	r = onlyRecord(t, s, "SELECT Text__c, Self__c, DateTime__c FROM Everything__c WHERE CaseSensitive__c = 'brand new'")
	if r["Text__c"] != "a|b" || r["Self__c"] != old["Id"] || r["DateTime__c"] != "2024-01-31T08:00:00.000+0000" {
		t.Errorf("%v", r)
	}
	bad := resultPairs(t, s, path, "failedResults", '|')
	if !strings.HasPrefix(bad["lost"][1], "INVALID_FIELD:Foreign key external ID: no such key not found") || !strings.HasPrefix(bad["typo"][1], "INVALID_TYPE_ON_FIELD_IN_RECORD:") {
		t.Errorf("%v", bad)
	}
}

// resultPairs returns the first two columns of a result file by the third.
func resultPairs(t *testing.T, s *Server, path, part string, delimiter byte) map[string][2]string {
	t.Helper()
	_, text := do(t, s, "GET", path+"/"+part, "")
	r := csvReader{data: []byte(text), format: csvFormat{delimiter: delimiter, ending: "LF"}}
	out := map[string][2]string{}
	for r.more() {
		row, err := r.row(nil)
		if err != nil {
			t.Fatal(err)
		}
		out[row[2]] = [2]string{row[0], row[1]}
	}
	return out
}

func TestIngestDeletesAndHardDeletes(t *testing.T) {
	s := start(t)
	ids := idsOf(stored(t, s, "Lead", nil))
	for i, operation := range []string{"delete", "hardDelete"} {
		path, status := loaded(t, s, fmt.Sprintf(`{"object":"Lead","operation":%q,"lineEnding":"CRLF"}`, operation), "Id\r\n"+ids[i]+"\r\n\""+ids[i+2]+"\"\r\nnonsense\r\n")
		wantCounts(t, status, stateComplete, 3, 1)
		if good := resultFile(t, s, path, "successfulResults", "Id"); good[ids[i]]["sf__Id"] != ids[i] || good[ids[i]]["sf__Created"] != "false" {
			t.Errorf("%v", good)
		}
		if n := len(records(t, s, "query", "SELECT Id FROM Lead WHERE Id = '"+ids[i]+"'")); n != 0 {
			t.Errorf("%s left the record where it was", operation)
		}
		if n := len(records(t, s, "queryAll", "SELECT Id FROM Lead WHERE Id = '"+ids[i]+"'")); n != 1-i {
			t.Errorf("after %s queryAll finds %d", operation, n)
		}
		_, status = loaded(t, s, fmt.Sprintf(`{"object":"Lead","operation":%q}`, operation), "Id,Name\n"+ids[9]+",x\n")
		wantCounts(t, status, stateFailed, 0, 0)
		if wanted := "InvalidBatch : The '" + operation + "' batch must contain only ids"; status["errorMessage"] != wanted {
			t.Errorf("%v", status["errorMessage"])
		}
	}
}

func TestIngestOfCSVThatCannotBeReadFailsTheJob(t *testing.T) {
	s := start(t)
	for _, c := range []struct{ body, data, message string }{
		{`{"object":"Lead","operation":"insert"}`, "LastName,Nope\nx,y\n", "InvalidBatch : Field name not found : Nope"},
		{`{"object":"Contact","operation":"insert"}`, "LastName,Nobody.Name\nx,y\n", "InvalidBatch : Field name not found : Nobody.Name"},
		{`{"object":"Contact","operation":"insert"}`, "LastName,Account.Nope\nx,y\n", "InvalidBatch : Field name not found : Account.Nope"},
		{`{"object":"Task","operation":"insert"}`, "Subject,Opportunity:Who.Name\nx,y\n", "InvalidBatch : Field name not found : Opportunity:Who.Name"},
		{`{"object":"Contact","operation":"update"}`, "LastName\nx\n", "InvalidBatch : Field name not found : Id"},
		{`{"object":"Everything__c","operation":"upsert","externalIdFieldName":"CaseSensitive__c"}`, "Text__c\nx\n", "InvalidBatch : Field name not found : CaseSensitive__c"},
		{`{"object":"Lead","operation":"insert"}`, "LastName\r\nx\r\n", "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"},
		{`{"object":"Lead","operation":"insert","lineEnding":"CRLF"}`, "LastName\nx\n", "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF"},
		{`{"object":"Lead","operation":"insert"}`, "LastName\rx\n", "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"},
		{`{"object":"Lead","operation":"insert"}`, "LastName,Company\nx, \"y\"\n", "ClientInputError : Failed to parse CSV at line 2: a quote within a value that is not quoted"},
		{`{"object":"Lead","operation":"insert"}`, "LastName,Company\n\"x\" ,y\n", "ClientInputError : Failed to parse CSV at line 2: text behind a closing quote"},
		{`{"object":"Lead","operation":"insert"}`, "LastName\n\"x\n", "ClientInputError : Failed to parse CSV at line 2: a quote that is not closed"},
		{`{"object":"Lead","operation":"insert"}`, "", "InvalidBatch : The CSV has no header row"},
		{`{"object":"Lead","operation":"insert"}`, "A" + strings.Repeat("a", 32_000) + "\nx\n", "InvalidBatch : The header row has more than 32000 characters or 5000 fields"},
	} {
		path, status := loaded(t, s, c.body, c.data)
		wantCounts(t, status, stateFailed, 0, 0)
		if status["errorMessage"] != c.message {
			t.Errorf("%q: %v, want %s", c.data, status["errorMessage"], c.message)
		}
		if res, text := do(t, s, "GET", path+"/unprocessedrecords", ""); res.StatusCode != 200 {
			t.Errorf("%q: unprocessedrecords: %d %s", c.data, res.StatusCode, text)
		}
	}
	path, status := loaded(t, s, `{"object":"Lead","operation":"insert"}`, "LastName,Description,Company\nx,"+strings.Repeat("y", 131_073)+",z\n")
	wantCounts(t, status, stateComplete, 1, 1)
	if bad := resultFile(t, s, path, "failedResults", "LastName"); !strings.HasPrefix(bad["x"]["sf__Error"], "STRING_TOO_LONG:") {
		t.Errorf("%.200v", bad)
	}
}

func TestIngestCreationRefusals(t *testing.T) {
	s := start(t)
	for _, c := range []struct{ body, code, message string }{
		{`{"object":"Nope","operation":"insert"}`, "INVALIDJOB", "InvalidJob : Unable to find object: Nope"},
		{`{"operation":"insert"}`, "INVALIDJOB", "InvalidJob : Unable to find object: "},
		{`{"object":"Lead"}`, "API_ERROR", "Invalid value: '' supplied for property: 'operation'"},
		{`{"object":"Lead","operation":"merge"}`, "API_ERROR", "Invalid value: 'merge' supplied for property: 'operation'"},
		{`{"object":"Lead","operation":"insert","contentType":"XML"}`, "API_ERROR", "Invalid value: 'XML' supplied for property: 'contentType'"},
		{`{"object":"Lead","operation":"insert","lineEnding":"CR"}`, "API_ERROR", "Invalid value: 'CR' supplied for property: 'lineEnding'"},
		{`{"object":"Lead","operation":"upsert"}`, "INVALIDJOB", "InvalidJob : Field name provided,  does not match an External ID for Lead"},
		{`{"object":"Everything__c","operation":"upsert","externalIdFieldName":"Text__c"}`, "INVALIDJOB", "InvalidJob : Field name provided, Text__c does not match an External ID for Everything__c"},
		{`{"object":"AccountChangeEvent","operation":"insert"}`, "INVALIDENTITY", "Entity 'AccountChangeEvent' is not supported by the Bulk API"},
		{`{`, "JSON_PARSER_ERROR", ""},
	} {
		e := askJob(t, s, 400, "POST", ingestPath, c.body)
		if e["errorCode"] != c.code || !strings.HasPrefix(e["message"].(string), c.message) {
			t.Errorf("%s: %v", c.body, e)
		}
	}
}

// witness looks at a job while its answer is written.
type witness struct {
	*httptest.ResponseRecorder
	look func()
}

func (w witness) Write(b []byte) (int, error) {
	w.look()
	return w.ResponseRecorder.Write(b)
}

// TestIngestBeginsBehindTheAnswer: nothing is processed before the answer that
// closes the job is written, and everything is soon after it.
func TestIngestBeginsBehindTheAnswer(t *testing.T) {
	s := start(t)
	path := openJob(t, s, `{"object":"Lead","operation":"insert"}`)
	putBatch(t, s, 201, path, "LastName,Company\nx,y\n")
	jobs := s.bulk.all()
	job := jobs[len(jobs)-1]
	looked := 0
	w := witness{httptest.NewRecorder(), func() {
		time.Sleep(20 * time.Millisecond) // for what would run beside it
		if state := job.current(); state != stateUploaded {
			t.Errorf("while its closing is answered the job is %s", state)
		}
		looked++
	}}
	r := httptest.NewRequest("PATCH", path, strings.NewReader(closing))
	r.Header.Set("Authorization", "Bearer "+s.AccessToken())
	s.Handler().ServeHTTP(w, r)
	if looked == 0 || w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for deadline := time.Now().Add(time.Minute); job.current() != stateComplete; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the job stays %s", job.current())
		}
	}
}

func TestHardDeleteNeedsItsPermission(t *testing.T) {
	s := start(t, WithQuirks(Quirks{NoHardDelete: true}))
	if e := askJob(t, s, 400, "POST", ingestPath, `{"object":"Lead","operation":"hardDelete"}`); e["errorCode"] != "FEATURENOTENABLED" {
		t.Errorf("%v", e)
	}
	openJob(t, s, `{"object":"Lead","operation":"delete"}`)
}

func TestIngestJobTakesDataOnceWhileItIsOpen(t *testing.T) {
	s := start(t)
	path := openJob(t, s, `{"object":"Lead","operation":"insert"}`)
	if e := putBatch(t, s, 415, path, "LastName\nx\n", "Content-Type", "application/json"); e["errorCode"] != "UNSUPPORTED_MEDIA_TYPE" {
		t.Errorf("%v", e)
	}
	putBatch(t, s, 201, path, "LastName,Company\nx,y\n")
	e := putBatch(t, s, 400, path, "LastName,Company\nx,y\n")
	if wanted := "Found multipe contents for job: <" + path[len(ingestPath)+1:][:15] + ">, please 'Close' / 'Abort' / 'Delete' the current Job then " +
		"create a new Job and make sure you only do 'PUT' once on a given Job."; e["errorCode"] != "BULK_API_ERROR" || e["message"] != wanted {
		t.Errorf("%v", e)
	}
	askJob(t, s, 400, "GET", path+"/successfulResults", "")
	askJob(t, s, 400, "DELETE", path, "")
	askJob(t, s, 405, "POST", path+"/batches", "")
	askJob(t, s, 404, "GET", path+"/nothing", "")
	askJob(t, s, 200, "PATCH", path, closing)
	wantCounts(t, askJob(t, s, 200, "GET", path, ""), stateComplete, 1, 0)
	for action, wanted := range map[string]string{closing: "Closing already Completed Job not allowed", `{"state":"Aborted"}`: "Aborting already Completed Job not allowed"} {
		if e := askJob(t, s, 400, "PATCH", path, action); e["errorCode"] != "INVALIDJOBSTATE" || e["message"] != wanted {
			t.Errorf("%v", e)
		}
	}
	putBatch(t, s, 400, path, "LastName\nx\n")
	askJob(t, s, 204, "DELETE", path, "")
	askJob(t, s, 404, "GET", path, "")

	empty := openJob(t, s, `{"object":"Lead","operation":"insert"}`)
	askJob(t, s, 200, "PATCH", empty, closing)
	wantCounts(t, askJob(t, s, 200, "GET", empty, ""), stateComplete, 0, 0)
	if list := askJob(t, s, 200, "GET", ingestPath+"?jobType=V2Ingest", "")["records"].([]any); len(list) != 1 {
		t.Errorf("%d jobs are listed", len(list))
	}
}

func TestAnIngestJobNeedsNobodyToAskForIt(t *testing.T) {
	s := start(t)
	path := openJob(t, s, `{"object":"Lead","operation":"insert"}`)
	putBatch(t, s, 201, path, "LastName,Company\nUnasked,y\n")
	askJob(t, s, 200, "PATCH", path, closing)
	s.bulk.running.Wait()
	onlyRecord(t, s, "SELECT Id FROM Lead WHERE LastName = 'Unasked'")
}

func TestAbortedIngestLeavesTheRestUnprocessed(t *testing.T) {
	clock := newFakeClock()
	s := start(t, WithClock(clock.Now), WithBulkDelay(time.Hour))
	data := "LastName,Company\n"
	for i := range 1000 {
		data += fmt.Sprintf("Row%d,y\n", i)
	}
	path := openJob(t, s, `{"object":"Lead","operation":"insert"}`)
	putBatch(t, s, 201, path, data)
	askJob(t, s, 200, "PATCH", path, closing)
	wantCounts(t, askJob(t, s, 200, "GET", path, ""), stateUploaded, 0, 0)
	clock.advance(30 * time.Minute)
	wantCounts(t, askJob(t, s, 200, "GET", path, ""), stateRunning, 400, 0)
	if job := askJob(t, s, 200, "PATCH", path, `{"state":"Aborted"}`); job["state"] != stateAborted {
		t.Errorf("%v", job)
	}
	clock.advance(time.Hour)
	wantCounts(t, askJob(t, s, 200, "GET", path, ""), stateAborted, 400, 0)
	good, rest := resultFile(t, s, path, "successfulResults", "LastName"), resultFile(t, s, path, "unprocessedrecords", "LastName")
	if len(good) != 400 || len(rest) != 600 || rest["Row400"] == nil || good["Row399"] == nil {
		t.Errorf("%d written, %d left", len(good), len(rest))
	}
	if n := len(records(t, s, "query", "SELECT Id FROM Lead WHERE Company = 'y'")); n != 400 {
		t.Errorf("%d records", n)
	}
	_, text := do(t, s, "GET", path+"/successfulResults", "")
	rows := parseCSV(t, text)
	if slices.IsSortedFunc(rows[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) }) {
		t.Error("the results are in the order of the input, which nobody may rely on")
	}
}

func TestOpenIngestJobIsAbortedAfterADay(t *testing.T) {
	clock := newFakeClock()
	s := start(t, WithClock(clock.Now))
	path := openJob(t, s, `{"object":"Lead","operation":"insert"}`)
	clock.advance(24*time.Hour + time.Second)
	if e := putBatch(t, s, 400, path, "LastName\nx\n"); e["errorCode"] != "INVALIDJOBSTATE" {
		t.Errorf("%v", e)
	}
	if state := askJob(t, s, 200, "GET", path, "")["state"]; state != stateAborted {
		t.Errorf("the job is %v", state)
	}
}

func TestIngestCaps(t *testing.T) {
	clock := newFakeClock()
	s := start(t, WithClock(clock.Now), WithBulkCaps(BulkCaps{IngestBatches: 2, IngestRecords: 3}))
	const body = `{"object":"Lead","operation":"insert"}`
	putBatch(t, s, 201, openJob(t, s, body), "LastName\na\nb\n")
	if e := putBatch(t, s, 400, openJob(t, s, body), "LastName\na\nb\n"); e["errorCode"] != "EXCEEDEDQUOTA" {
		t.Errorf("%v", e)
	}
	putBatch(t, s, 201, openJob(t, s, body), "LastName\na\n")
	if e := putBatch(t, s, 400, openJob(t, s, body), "LastName\n"); e["errorCode"] != "EXCEEDEDQUOTA" || e["message"] != "ApiBatchItems Limit exceeded." {
		t.Errorf("%v", e)
	}
	clock.advance(24*time.Hour + time.Second)
	putBatch(t, s, 201, openJob(t, s, body), "LastName\na\n")
}

func TestIngestInOneRequest(t *testing.T) {
	s := start(t)
	const body = "--B\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n" +
		`{"object":"Lead","contentType":"CSV","operation":"insert"}` + "\r\n" +
		"--B\r\nContent-Type: text/csv\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\n" +
		"LastName,Company\nOnePiece,y\n\r\n--B--\r\n"
	res, text := do(t, s, "POST", ingestPath, body, "Content-Type", "multipart/form-data; boundary=B")
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	job := decodeOne(t, text)
	if job["state"] != stateUploaded {
		t.Errorf("%v", job)
	}
	wantCounts(t, askJob(t, s, 200, "GET", ingestPath+"/"+job["id"].(string), ""), stateComplete, 1, 0)
	onlyRecord(t, s, "SELECT Id FROM Lead WHERE LastName = 'OnePiece'")
	for _, bad := range []string{strings.Replace(body, `"content"`, `"contents"`, 1), strings.Replace(body, `"job"`, `"jobs"`, 1), body[:150]} {
		if res, text := do(t, s, "POST", ingestPath, bad, "Content-Type", "multipart/form-data; boundary=B"); res.StatusCode != 400 {
			t.Errorf("%q: %d %s", bad, res.StatusCode, text)
		}
	}
}

func TestIngestTakesGzip(t *testing.T) {
	s := start(t)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte("\xef\xbb\xbfLastName,Company\nZipped,y")); err != nil || z.Close() != nil {
		t.Fatal("compressing")
	}
	path := openJob(t, s, `{"object":"Lead","operation":"insert"}`)
	putBatch(t, s, 201, path, zipped.String(), "Content-Encoding", "gzip")
	askJob(t, s, 200, "PATCH", path, closing)
	wantCounts(t, askJob(t, s, 200, "GET", path, ""), stateComplete, 1, 0)
	putBatch(t, s, 415, openJob(t, s, `{"object":"Lead","operation":"insert"}`), "x", "Content-Encoding", "br")
}

func TestIngestFaults(t *testing.T) {
	s := start(t)
	s.bulk.setFaults(bulkFaults{end: func(job bulkFacts) bulkEnd {
		if !job.Ingest {
			t.Errorf("%+v", job)
		}
		return bulkEnd{State: stateFailed, Message: "InternalServerError : out of luck"}
	}})
	path, status := loaded(t, s, `{"object":"Lead","operation":"insert"}`, "LastName,Company\nx,y\n")
	wantCounts(t, status, stateFailed, 0, 0)
	if status["errorMessage"] != "InternalServerError : out of luck" || len(resultFile(t, s, path, "unprocessedrecords", "LastName")) != 1 {
		t.Errorf("%v", status)
	}
}

func TestAResultStaysAsItWasWhenRecordsChange(t *testing.T) {
	s := start(t, WithBulkPageSize(10))
	path := finished(t, s, "SELECT Id, LastName FROM User")
	before, _ := download(t, s, path, "")
	_, status := loaded(t, s, `{"object":"User","operation":"update"}`, "Id,LastName\n"+before[1][0]+",Changed\n")
	wantCounts(t, status, stateComplete, 1, 0)
	if after, _ := download(t, s, path, ""); !slices.EqualFunc(before, after, slices.Equal) {
		t.Error("a result changed after its job was complete")
	}
}

func TestClosingTheOrgEndsItsJobs(t *testing.T) {
	s := New(WithBulkDelay(time.Hour))
	path := openJob(t, s, `{"object":"Lead","operation":"insert"}`)
	putBatch(t, s, 201, path, "LastName\nx\n")
	askJob(t, s, 200, "PATCH", path, closing)
	s.Close()
	if _, err := http.Get(s.URL()); err == nil {
		t.Error("the org still answers")
	}
}

// FuzzCSV checks that what is written as CSV is read back as it was, under
// every format, and that no text makes the reader fail but with an error or
// stand still.
func FuzzCSV(f *testing.F) {
	f.Add("a", "b\"c", "d\r\ne", uint8(0))
	f.Add("", "\n", ",|\t;", uint8(7))
	f.Add("\"", "\"x\" y", "a\rb\"", uint8(11))
	names := slices.Sorted(maps.Keys(csvDelimiters))
	f.Fuzz(func(t *testing.T, a, b, c string, kind uint8) {
		name := names[int(kind)/2%len(names)]
		format := csvFormat{delimiterName: name, delimiter: csvDelimiters[name], ending: []string{"LF", "CRLF"}[kind%2]}
		values := []string{a, b, c}
		r := csvReader{data: format.appendCSVRow(format.appendCSVRow(nil, values), values[:1]), format: format}
		for _, wanted := range [][]string{values, values[:1]} {
			row, err := r.row(nil)
			if err != nil || !slices.Equal(row, wanted) {
				t.Fatalf("%q, %v, want %q", row, err, wanted)
			}
		}
		if r.more() {
			t.Fatalf("%d bytes are left", len(r.data)-r.at)
		}
		raw := csvReader{data: []byte(a + b + c), format: format}
		for raw.more() {
			before := raw.at
			if _, err := raw.row(nil); err != nil {
				return
			}
			if raw.at == before {
				t.Fatal("the reader stands still")
			}
		}
	})
}

func BenchmarkIngest(b *testing.B) {
	const rows = 20_000
	var data strings.Builder
	data.WriteString("LastName,Company,Email\n")
	for i := range rows {
		fmt.Fprintf(&data, "Row%d,Company %d,row%d@example.com\n", i, i, i)
	}
	s := start(b)
	for b.Loop() {
		_, status := loaded(b, s, `{"object":"Lead","operation":"insert"}`, data.String())
		wantCounts(b, status, stateComplete, rows, 0)
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
