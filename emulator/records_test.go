package emulator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// sendJSON sends a JSON body and decodes the answer into reply, if not nil.
func sendJSON(t testing.TB, s *Server, method, path, body string, status int, reply any) *http.Response {
	t.Helper()
	res, text := do(t, s, method, path, body, "Content-Type", "application/json")
	if res.StatusCode != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, res.StatusCode, status, text)
	}
	if reply != nil {
		if err := json.Unmarshal([]byte(text), reply); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return res
}

// refusal sends a request that must be refused and returns "status code: message".
func refusal(t testing.TB, s *Server, method, path, body string, headers ...string) string {
	t.Helper()
	res, text := do(t, s, method, path, body, headers...)
	var list []apiError
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 1 {
		t.Fatalf("%s %s: %d, not an error: %.300s", method, path, res.StatusCode, text)
	}
	return fmt.Sprintf("%d %s: %s", res.StatusCode, list[0].Code, list[0].Message)
}

func create(t testing.TB, s *Server, object, body string) string {
	t.Helper()
	var made saved
	res := sendJSON(t, s, "POST", root+"/sobjects/"+object, body, 201, &made)
	if want := root + "/sobjects/" + object + "/" + made.ID; !made.Success || res.Header.Get("Location") != want {
		t.Fatalf("%+v at %s", made, res.Header.Get("Location"))
	}
	return made.ID
}

func TestRecordLife(t *testing.T) {
	s := start(t)
	id := create(t, s, "Account", `{"attributes":{"type":"Account"},"Name":"Acme","AnnualRevenue":12,"BillingCity":"Ulm"}`)
	path := root + "/sobjects/Account/" + id
	var got map[string]any
	sendJSON(t, s, "GET", path+"?fields=Id,Name,AnnualRevenue,Owner.Username", "", 200, &got)
	if got["Name"] != "Acme" || got["AnnualRevenue"] != 12.0 || got["Owner"].(map[string]any)["Username"] != runningUsername {
		t.Errorf("%v", got)
	}
	sendJSON(t, s, "PATCH", path, `{"Name":"Acme 2","BillingCity":null}`, 204, nil)
	sendJSON(t, s, "POST", path+"?_HttpMethod=PATCH", `{"Rating":"Hot"}`, 204, nil)
	sendJSON(t, s, "GET", path, "", 200, &got)
	if got["Name"] != "Acme 2" || got["Rating"] != "Hot" || got["BillingCity"] != nil || got["BillingAddress"] != nil {
		t.Errorf("%v", got)
	}
	if found := values(t, s, "SELECT Name FROM Account WHERE Id = '"+id+"'", "Name"); len(found) != 1 || found[0] != "Acme 2" {
		t.Errorf("a query finds %v", found)
	}
	sendJSON(t, s, "DELETE", path, "", 204, nil)
	for _, method := range []string{"GET", "DELETE", "PATCH"} {
		if got := refusal(t, s, method, path, `{"Name":"x"}`); got != "404 ENTITY_IS_DELETED: entity is deleted" {
			t.Errorf("%s of a deleted record: %s", method, got)
		}
	}
	if found := records(t, s, "queryAll", "SELECT IsDeleted FROM Account WHERE Id = '"+id+"'"); len(found) != 1 || found[0]["IsDeleted"] != true {
		t.Errorf("queryAll finds %v", found)
	}
	if found := records(t, s, "query", "SELECT IsDeleted FROM Account WHERE Id = '"+id+"'"); len(found) != 0 {
		t.Errorf("query finds %v", found)
	}
}

func TestRecordRefusals(t *testing.T) {
	s := start(t)
	id := stored(t, s, "Account", nil)[0]["Id"].(string)
	account := root + "/sobjects/Account"
	for _, c := range []struct{ method, path, body, want string }{
		{"POST", account, `{"foo":1}`, "400 INVALID_FIELD: No such column 'foo' on sobject of type Account"},
		{"POST", account, `{}`, "400 REQUIRED_FIELD_MISSING: Required fields are missing: [Name]"},
		{"POST", account, ``, "400 JSON_PARSER_ERROR: The HTTP entity body is required, but this request has no entity body."},
		{"POST", account, `{"Name":`, "400 JSON_PARSER_ERROR: Unexpected end-of-input at [line:1, column:9]"},
		{"POST", account, "{\"Name\":\n x}", "400 JSON_PARSER_ERROR: Unexpected character ('x' (code 120)) at [line:2, column:2]"},
		{"POST", account, "{\"Name\":\"a\",\n \"AnnualRevenue\": \"b\"}", "400 JSON_PARSER_ERROR: Cannot deserialize instance of currency from " +
			"VALUE_STRING value b or request may be missing a required field at [line:2, column:19]"},
		{"POST", account, `{"Id":"` + id + `","Name":"x"}`, "400 INVALID_FIELD: The Id field should not be specified in the sobject data."},
		{"PATCH", account + "/" + id, `{"Id":"` + id + `"}`, "400 INVALID_FIELD: The Id field should not be specified in the sobject data."},
		{"PATCH", account + "/" + id, `{"Name":""}`, "400 REQUIRED_FIELD_MISSING: Required fields are missing: [Name]"},
		{"PATCH", account + "/001Kj0zzzzzzzzz", `{}`, "404 NOT_FOUND: The requested resource does not exist"},
		{"GET", account + "/23foo", ``, "404 NOT_FOUND: Provided external ID field does not exist or is not accessible: 23foo"},
		{"GET", account + "/" + id + "?fields=Id,Nope", ``, "400 INVALID_FIELD: No such column 'Nope' on sobject of type Account"},
		{"GET", root + "/sobjects/Contact/" + id, ``, "404 NOT_FOUND: The requested resource does not exist"},
		{"PUT", account + "/" + id, `{}`, "405 METHOD_NOT_ALLOWED: HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,PATCH,DELETE"},
		{"DELETE", account, ``, "405 METHOD_NOT_ALLOWED: HTTP Method 'DELETE' not allowed. Allowed are HEAD,GET,POST"},
		{"POST", account + "/describe", `{}`, "405 METHOD_NOT_ALLOWED: HTTP Method 'POST' not allowed. Allowed are HEAD,GET"},
		{"POST", root + "/query", `{}`, "405 METHOD_NOT_ALLOWED: HTTP Method 'POST' not allowed. Allowed are HEAD,GET"},
		{"POST", root + "/sobjects", `{}`, "405 METHOD_NOT_ALLOWED: HTTP Method 'POST' not allowed. Allowed are HEAD,GET"},
		{"POST", root + "/sobjects/Nope", `{}`, "404 NOT_FOUND: The requested resource does not exist"},
		{"PATCH", root + "/sobjects/Everything__c/Text__c/x", `{}`, "404 NOT_FOUND: Provided external ID field does not exist or is not accessible: Text__c"},
		{"DELETE", root + "/sobjects/User/" + userID(), ``, "400 INVALID_TYPE_FOR_OPERATION: entity type cannot be deleted: User"},
	} {
		if got := refusal(t, s, c.method, c.path, c.body); got != c.want {
			t.Errorf("%s %s %s:\n got %s\nwant %s", c.method, c.path, c.body, got, c.want)
		}
	}
	if got := refusal(t, s, "POST", account, "Name=x", "Content-Type", "application/x-www-form-urlencoded"); !strings.HasPrefix(got, "415 UNSUPPORTED_MEDIA_TYPE: ") {
		t.Errorf("a form: %s", got)
	}
}

func TestZippedBody(t *testing.T) {
	s := start(t)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, `{"Name":"zipped"}`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	res, body := do(t, s, "POST", root+"/sobjects/Account", zipped.String(), "Content-Type", "application/json; charset=UTF-8", "Content-Encoding", "gzip")
	if res.StatusCode != 201 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if got := refusal(t, s, "POST", root+"/sobjects/Account", "{}", "Content-Encoding", "gzip"); !strings.HasPrefix(got, "400 JSON_PARSER_ERROR") {
		t.Errorf("what is no gzip: %s", got)
	}
}

func TestExternalIDPaths(t *testing.T) {
	s := start(t)
	path := root + "/sobjects/Everything__c/CaseSensitive__c/" + url.PathEscape("a/b ü")
	var made saved
	sendJSON(t, s, "PATCH", path, `{"Text__c":"one"}`, 201, &made)
	if made.Created == nil || !*made.Created {
		t.Errorf("%+v", made)
	}
	var again saved
	sendJSON(t, s, "PATCH", path, `{"Text__c":"two"}`, 200, &again)
	if again.ID != made.ID || again.Created == nil || *again.Created {
		t.Errorf("%+v after %+v", again, made)
	}
	var got map[string]any
	sendJSON(t, s, "GET", path+"?fields=Text__c,CaseSensitive__c", "", 200, &got)
	if got["Text__c"] != "two" || got["CaseSensitive__c"] != "a/b ü" {
		t.Errorf("%v", got)
	}
	if got := refusal(t, s, "PATCH", path, `{"CaseSensitive__c":"x"}`); got != "400 INVALID_FIELD: The CaseSensitive__c field should not be specified in the sobject data." {
		t.Error(got)
	}
	child := create(t, s, "Everything__c", `{"Self__r":{"CaseSensitive__c":"a/b ü"}}`)
	sendJSON(t, s, "GET", root+"/sobjects/Everything__c/Id/"+child, "", 200, &got)
	if got["Self__c"] != made.ID {
		t.Errorf("the parent is %v", got["Self__c"])
	}
	sendJSON(t, s, "DELETE", path, "", 204, nil)
	if got := refusal(t, s, "GET", path, ""); got != "404 NOT_FOUND: The requested resource does not exist" {
		t.Error(got)
	}
	for range 2 {
		create(t, s, "Contact", `{"LastName":"Twin","Email":"Twin@Example.com"}`)
	}
	var urls []string
	sendJSON(t, s, "GET", root+"/sobjects/Contact/Email/twin@example.com", "", 300, &urls)
	if len(urls) != 2 || !strings.HasPrefix(urls[0], root+"/sobjects/Contact/003") {
		t.Errorf("%v", urls)
	}
	sendJSON(t, s, "PATCH", root+"/sobjects/Contact/Email/twin@example.com", `{}`, 300, &urls)
}

func TestRowConditions(t *testing.T) {
	s := start(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s.db.clock = func() time.Time { return now }
	path := root + "/sobjects/Account/" + create(t, s, "Account", `{"Name":"x"}`)
	res, _ := do(t, s, "GET", path, "")
	tag, modified := res.Header.Get("ETag"), res.Header.Get("Last-Modified")
	if res, body := do(t, s, "GET", path, "", "If-None-Match", tag); res.StatusCode != 304 || body != "" {
		t.Errorf("known by its tag: %d", res.StatusCode)
	}
	if res, _ := do(t, s, "GET", path, "", "If-Modified-Since", modified); res.StatusCode != 304 {
		t.Errorf("known by its time: %d", res.StatusCode)
	}
	if res, body := do(t, s, "PATCH", path, `{"Name":"y"}`, "If-Match", tag, "Content-Type", "application/json"); res.StatusCode != 204 {
		t.Errorf("a tag that fits: %d %s", res.StatusCode, body)
	}
	now = now.Add(time.Minute)
	sendJSON(t, s, "PATCH", path, `{"Name":"z"}`, 204, nil)
	if got := refusal(t, s, "PATCH", path, `{"Name":"w"}`, "If-Match", tag); !strings.HasPrefix(got, "412 ") {
		t.Errorf("an old tag: %s", got)
	}
	if got := refusal(t, s, "DELETE", path, "", "If-Unmodified-Since", modified); !strings.HasPrefix(got, "412 ") {
		t.Errorf("an old time: %s", got)
	}
}

func TestReplication(t *testing.T) {
	s := start(t)
	now := time.Date(2027, 3, 1, 10, 0, 30, 0, time.UTC)
	s.db.clock = func() time.Time { return now }
	kept := create(t, s, "Empty__c", `{"Name":"kept"}`)
	gone := create(t, s, "Empty__c", `{"Name":"gone"}`)
	now = now.Add(time.Minute)
	sendJSON(t, s, "DELETE", root+"/sobjects/Empty__c/"+gone, "", 204, nil)
	period := "?start=2027-03-01T09:59:59%2B00:00&end=2027-03-01T10:02:59Z"
	var updated struct {
		IDs               []string `json:"ids"`
		LatestDateCovered string   `json:"latestDateCovered"`
	}
	sendJSON(t, s, "GET", root+"/sobjects/Empty__c/updated/"+period, "", 200, &updated)
	if len(updated.IDs) != 1 || updated.IDs[0] != kept || updated.LatestDateCovered != "2027-03-01T10:02:00.000+0000" {
		t.Errorf("%+v", updated)
	}
	_, body := do(t, s, "GET", root+"/sobjects/Empty__c/deleted"+period, "")
	want := `{"deletedRecords":[{"deletedDate":"2027-03-01T10:01:30.000+0000","id":"` + gone + `"}],"earliestDateAvailable":"2027-01-30T10:01:00.000+0000",` +
		`"latestDateCovered":"2027-03-01T10:02:00.000+0000"}`
	if body != want {
		t.Errorf("\n got %s\nwant %s", body, want)
	}
	for period, want := range map[string]string{
		"?start=2027-03-01T10:00:01Z&end=2027-03-01T10:00:59Z": "400 INVALID_REPLICATION_DATE",
		"?start=2026-12-01T00:00:00Z&end=2027-03-01T10:00:59Z": "400 INVALID_REPLICATION_DATE",
		"?start=yesterday&end=2027-03-01T10:00:59Z":            "400 MALFORMED_QUERY",
	} {
		if got := refusal(t, s, "GET", root+"/sobjects/Empty__c/updated"+period, ""); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", period, got, want)
		}
	}
}

func TestDailyLimit(t *testing.T) {
	s := start(t, WithDailyLimit(3))
	res, body := do(t, s, "GET", root+"/limits", "")
	if got := res.Header.Get("Sforce-Limit-Info"); got != "api-usage=1/3" || !strings.Contains(body, `"DailyApiRequests":{"Max":3,"Remaining":2}`) {
		t.Errorf("%s, %s", got, body)
	}
	create(t, s, "Account", `{"Name":"x"}`)
	do(t, s, "GET", root+"/limits", "")
	if got := refusal(t, s, "GET", root+"/limits", ""); got != "403 REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded." {
		t.Error(got)
	}
	s.ResetLimits()
	if res, _ := do(t, s, "GET", root+"/limits", ""); res.Header.Get("Sforce-Limit-Info") != "api-usage=1/3" {
		t.Error("the next day has no calls")
	}
}

func TestTriggerRejects(t *testing.T) {
	var seen []string
	s := start(t, WithTrigger(func(w Write) *Rejection {
		seen = append(seen, w.Operation+" "+w.Object)
		if w.Values["Name"] == "bad" {
			return &Rejection{Code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", Message: "No bad names", Fields: []string{"Name"}}
		}
		if w.Operation == "delete" {
			return &Rejection{Code: "UNABLE_TO_LOCK_ROW", Message: "unable to obtain exclusive access to this record"}
		}
		return nil
	}))
	id := create(t, s, "Account", `{"Name":"good"}`)
	if got := refusal(t, s, "PATCH", root+"/sobjects/Account/"+id, `{"Name":"bad"}`); got != "400 FIELD_CUSTOM_VALIDATION_EXCEPTION: No bad names" {
		t.Error(got)
	}
	if got := refusal(t, s, "DELETE", root+"/sobjects/Account/"+id, ""); got != "400 UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record" {
		t.Error(got)
	}
	refusal(t, s, "POST", root+"/sobjects/Account", `{}`)
	if got := strings.Join(seen, ", "); got != "insert Account, update Account, delete Account" {
		t.Errorf("the trigger saw %s", got)
	}
}

// FuzzParseRecord holds the reader that remembers places against encoding/json.
func FuzzParseRecord(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1,"b":[{"c":null},2.50e3,"x\u00e9"],"a":"again"}`, `[1]`, `{"a":}`, `{"a" 1}`, `{"a":1}}`, `"x"`, "{\n\"a\": tru}", `{"a":1,}`, ``, `{"a":{"b":{}}} `,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseRecord([]byte(text))
		var want map[string]any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		valid := json.Valid([]byte(text)) && d.Decode(&want) == nil && want != nil
		if (err == nil) != valid {
			if strings.Count(text, "{")+strings.Count(text, "[") > maxDepth {
				return
			}
			t.Fatalf("%q: error %v, encoding/json finds it valid: %v", text, err, valid)
		}
		if valid && fmt.Sprint(plainValue(got)) != fmt.Sprint(want) {
			t.Fatalf("%q is %v, want %v", text, plainValue(got), want)
		}
	})
}
