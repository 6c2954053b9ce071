package emulator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func queryEscape(s string) string { return url.QueryEscape(s) }

func postToken(t *testing.T, s *Server, form url.Values) (int, map[string]string) {
	t.Helper()
	res, err := http.PostForm(s.URL()+"/services/oauth2/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var reply map[string]string
	if err := json.NewDecoder(res.Body).Decode(&reply); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, reply
}

func TestToken(t *testing.T) {
	s := start(t)
	good := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}}
	for _, c := range []struct {
		name   string
		change url.Values
		status int
		code   string
	}{
		{"client credentials", nil, 200, ""},
		{"refresh token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {s.RefreshToken()}}, 200, ""},
		{"unknown refresh token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}, 400, "invalid_grant"},
		{"unknown client", url.Values{"client_id": {"x"}}, 400, "invalid_client_id"},
		{"wrong secret", url.Values{"client_secret": {"x"}}, 400, "invalid_client"},
		{"other grant", url.Values{"grant_type": {"magic"}}, 400, "unsupported_grant_type"},
		{"no grant", url.Values{"grant_type": {""}}, 400, "invalid_request"},
	} {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		for k, v := range c.change {
			form[k] = v
		}
		status, reply := postToken(t, s, form)
		if status != c.status || reply["error"] != c.code {
			t.Errorf("%s: %d %v", c.name, status, reply)
		}
		if c.code != "" {
			continue
		}
		if reply["instance_url"] != s.URL() || reply["token_type"] != "Bearer" || reply["expires_in"] != "" {
			t.Errorf("%s: %v", c.name, reply)
		}
		req, _ := http.NewRequest("GET", s.URL()+root+"/limits", nil)
		req.Header.Set("Authorization", "Bearer "+reply["access_token"])
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("%s: the token is refused with %d", c.name, res.StatusCode)
		}
	}
}

func TestExpiredSession(t *testing.T) {
	s := start(t)
	token := s.AccessToken()
	s.ExpireSessions()
	for _, bad := range []string{token, "", "x", token + "1"} {
		res, body := do(t, s, "GET", root+"/limits", "", "Authorization", "Bearer "+bad)
		if res.StatusCode != 401 || body != `[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]` {
			t.Errorf("%q: %d %s", bad, res.StatusCode, body)
		}
		if res.Header.Get("Sforce-Limit-Info") != "" {
			t.Error("an error carries Sforce-Limit-Info")
		}
	}
	if res, _ := do(t, s, "GET", root+"/limits", ""); res.StatusCode != 200 {
		t.Errorf("a new token is refused with %d", res.StatusCode)
	}
}

func TestUserinfo(t *testing.T) {
	s := start(t, WithLocale("tr_TR"), WithTimeZone("Europe/Berlin"))
	res, body := do(t, s, "GET", "/services/oauth2/userinfo", "")
	var u userinfo
	if err := json.Unmarshal([]byte(body), &u); err != nil || res.StatusCode != 200 {
		t.Fatal(err, body)
	}
	if u.Locale != "tr_TR" || u.Language != "tr" || u.Zoneinfo != "Europe/Berlin" || u.PreferredUsername == "" {
		t.Errorf("%+v", u)
	}
	if got := values(t, s, "SELECT Username FROM User WHERE Id = '"+u.UserID+"'", "Username"); len(got) != 1 || got[0] != u.PreferredUsername {
		t.Errorf("the running user is no record: %v", got)
	}
	if got := values(t, s, "SELECT Id FROM Organization", "Id"); len(got) != 1 || got[0] != u.OrganizationID {
		t.Errorf("the org is no record: %v", got)
	}
	if res, _ := do(t, s, "GET", "/services/oauth2/userinfo", "", "Authorization", "Bearer x"); res.StatusCode != 403 {
		t.Errorf("bad token: %d", res.StatusCode)
	}
}

func TestPaths(t *testing.T) {
	s := start(t)
	q := "?q=" + queryEscape("SELECT Id FROM Group")
	for path, status := range map[string]int{
		"/services/data":                        200,
		"//services//data/":                     200,
		root + "/":                              200,
		"//services/data/v51.0/query/" + q:      200,
		root + "/query/" + q:                    200,
		"/services/data/v50.0/query" + q:        404,
		"/services/data/v68.0/query" + q:        404,
		"/services/data/v67/query" + q:          404,
		"/services/data/v30.0/query" + q:        410,
		root + "/nope":                          404,
		root + "/sobjects/Nope/describe":        404,
		root + "/sobjects/account/describe/":    200,
		root + "/query/01g000000000000AAA-2000": 400,
		"/":                                     404,
		root + "/sobjects/User/" + userID():     200,
		root + "/sobjects/User/" + userID() + "?fields=Id,Username": 200,
		root + "/sobjects/User/" + userID() + "?fields=Nope":        400,
		root + "/sobjects/User/xyz":                                 404,
	} {
		if res, body := do(t, s, "GET", path, ""); res.StatusCode != status {
			t.Errorf("GET %s: %d, want %d: %.200s", path, res.StatusCode, status, body)
		}
	}
	res, body := do(t, s, "POST", root+"/query", "q=SELECT Id FROM Account")
	if want := `[{"message":"HTTP Method 'POST' not allowed. Allowed are HEAD,GET","errorCode":"METHOD_NOT_ALLOWED"}]`; res.StatusCode != 405 || body != want {
		t.Errorf("POST query: %d %s", res.StatusCode, body)
	}
}

func TestLongRequests(t *testing.T) {
	s := start(t)
	res, body := do(t, s, "GET", queryPath("query", "SELECT Id FROM Account WHERE Name = '"+strings.Repeat("x", 16400)+"'"), "")
	if res.StatusCode != 414 || body != "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>" {
		t.Errorf("long URI: %d %s", res.StatusCode, body)
	}
	if res, body = do(t, s, "GET", root+"/limits", "", "X-Filler", strings.Repeat("x", 16400)); res.StatusCode != 431 {
		t.Errorf("long headers: %d %s", res.StatusCode, body)
	}
	var list []string
	for i := range 600 {
		list = append(list, "'"+string(appendID18(nil, "001", i))+"'")
	}
	soql := "SELECT Id FROM Account WHERE Id IN (" + strings.Join(list, ",") + ")"
	request, _ := json.Marshal(map[string]any{"compositeRequest": []any{map[string]string{
		"method": "GET", "url": root + "/query?q=" + queryEscape(soql), "referenceId": "r1",
	}}})
	_, body = do(t, s, "POST", root+"/composite", string(request), "Content-Type", "application/json")
	var reply struct {
		CompositeResponse []struct {
			Body           page   `json:"body"`
			HTTPStatusCode int    `json:"httpStatusCode"`
			ReferenceID    string `json:"referenceId"`
		} `json:"compositeResponse"`
	}
	if err := json.Unmarshal([]byte(body), &reply); err != nil || len(reply.CompositeResponse) != 1 {
		t.Fatalf("%v in %.300s", err, body)
	}
	got := reply.CompositeResponse[0]
	if got.HTTPStatusCode != 200 || got.ReferenceID != "r1" || got.Body.TotalSize != 600-17 {
		t.Errorf("composite: %d %s, %d records", got.HTTPStatusCode, got.ReferenceID, got.Body.TotalSize)
	}
}

func TestComposite(t *testing.T) {
	s := start(t)
	s.ResetStats()
	_, body := do(t, s, "POST", root+"/composite", `{"compositeRequest":[
		{"method":"GET","url":"/services/data/v60.0/query/?q=select count() from Account","referenceId":"a"},
		{"method":"GET","url":"/services/data/v60.0/query/?q=select+Id+from+Nope","referenceId":"b"}]}`)
	if !strings.HasPrefix(body, `{"compositeResponse":[{"body":{"totalSize":973,"done":true,"records":[]},"httpHeaders":{},"httpStatusCode":200,"referenceId":"a"}`) ||
		!strings.Contains(body, `"errorCode":"INVALID_TYPE"}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"b"}]}`) {
		t.Errorf("%s", body)
	}
	if st := s.Stats(); st.ByPath["composite"] != 1 || st.ByPath["compositeSub"] != 2 || st.ByPath["query"] != 0 || len(st.Queries) != 2 {
		t.Errorf("%+v", st)
	}
	_, body = do(t, s, "POST", root+"/composite/batch", `{"batchRequests":[
		{"method":"GET","url":"v67.0/sobjects/Account/describe"},{"method":"GET","url":"/services/data/v67.0/sobjects/Nope/describe"}]}`)
	var reply struct {
		HasErrors bool `json:"hasErrors"`
		Results   []struct {
			StatusCode int             `json:"statusCode"`
			Result     json.RawMessage `json:"result"`
		} `json:"results"`
	}
	if err := json.Unmarshal([]byte(body), &reply); err != nil {
		t.Fatal(err)
	}
	if !reply.HasErrors || len(reply.Results) != 2 || reply.Results[0].StatusCode != 200 || reply.Results[1].StatusCode != 404 {
		t.Errorf("%.300s", body)
	}
	many := strings.Repeat(`{"method":"GET","url":"v67.0/limits"},`, 26)
	if res, _ := do(t, s, "POST", root+"/composite/batch", `{"batchRequests":[`+strings.TrimSuffix(many, ",")+`]}`); res.StatusCode != 400 {
		t.Errorf("26 subrequests: %d", res.StatusCode)
	}
	if res, _ := do(t, s, "POST", root+"/composite", `{`); res.StatusCode != 400 {
		t.Errorf("broken body: %d", res.StatusCode)
	}
}

func TestGzipAndLimitInfo(t *testing.T) {
	s := start(t)
	res, first := do(t, s, "GET", root+"/sobjects/Account/describe", "", "Accept-Encoding", "identity")
	if got := res.Header.Get("Sforce-Limit-Info"); got != fmt.Sprintf("api-usage=1/%d", maxCalls) {
		t.Errorf("Sforce-Limit-Info: %s", got)
	}
	s.ResetStats()
	res, zipped := do(t, s, "GET", root+"/sobjects/Account/describe", "", "Accept-Encoding", "gzip")
	reader, err := gzip.NewReader(strings.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil || string(plain) != first || res.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("gzip: %v, %d bytes of %d", err, len(plain), len(first))
	}
	if got := res.Header.Get("Sforce-Limit-Info"); !strings.HasPrefix(got, "api-usage=2/") {
		t.Errorf("Sforce-Limit-Info: %s", got)
	}
	if st := s.Stats(); st.BytesOut != int64(len(zipped)) || st.ByPath["describe"] != 1 || st.Requests != 1 {
		t.Errorf("%+v, body of %d", st, len(zipped))
	}
}

func TestNotModified(t *testing.T) {
	s := start(t)
	res, _ := do(t, s, "GET", root+"/sobjects/Account/describe", "")
	since := res.Header.Get("Last-Modified")
	res, body := do(t, s, "GET", root+"/sobjects/Account/describe", "", "If-Modified-Since", since)
	if res.StatusCode != 304 || body != "" {
		t.Errorf("%d %q", res.StatusCode, body)
	}
	if res, _ := do(t, s, "GET", root+"/sobjects", "", "If-Modified-Since", "Mon, 30 Nov 2020 08:34:54 GMT"); res.StatusCode != 200 {
		t.Errorf("older than the schema: %d", res.StatusCode)
	}
}

func TestRecordCount(t *testing.T) {
	s := start(t)
	_, body := do(t, s, "GET", root+"/limits/recordCount?sObjects=Account,Empty__c,Nope,Lead,AccountHistory", "")
	if body != `{"sObjects":[{"count":973,"name":"Account"},{"count":600,"name":"Lead"}]}` {
		t.Errorf("%s", body)
	}
	if _, all := do(t, s, "GET", root+"/limits/recordCount", ""); strings.Count(all, `"name"`) < 20 {
		t.Errorf("%s", all)
	}
}

func TestFaultAndLatency(t *testing.T) {
	s := start(t, WithLatency(30*time.Millisecond), WithFault(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/limits") {
			return false
		}
		w.WriteHeader(http.StatusNotAcceptable)
		return true
	}))
	began := time.Now()
	if res, body := do(t, s, "GET", root+"/limits", ""); res.StatusCode != 406 || body != "" {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
	if res, _ := do(t, s, "GET", root+"/", ""); res.StatusCode != 200 {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestBase64(t *testing.T) {
	s := start(t)
	want := stored(t, s, "ContentVersion", nil)[3]
	path := values(t, s, "SELECT VersionData FROM ContentVersion WHERE Id = '"+want["Id"].(string)+"'", "VersionData")[0].(string)
	_, body := do(t, s, "GET", path, "")
	if !bytes.Equal([]byte(body), want["VersionData"].([]byte)) {
		t.Errorf("%s: %d bytes, want %d", path, len(body), len(want["VersionData"].([]byte)))
	}
}

// TestPages checks that the pages of every mode join to the same rows, each of
// them once.
func TestPages(t *testing.T) {
	const soql = "SELECT Id FROM Contact ORDER BY Id DESC"
	var want []any
	for _, rows := range []int{0, 1, 999, 2000, 100000} {
		s := start(t, WithPageSize(rows))
		if rows == 1 {
			if p := getPage(t, s, queryPath("query", soql)); len(p.Records) != 1 || !strings.HasSuffix(p.NextRecordsURL, "-1") {
				t.Errorf("page size 1: %d records, next %s", len(p.Records), p.NextRecordsURL)
			}
			continue
		}
		got := values(t, s, soql, "Id")
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) || len(got) != 2919 {
			t.Errorf("page size %d: %d rows", rows, len(got))
		}
		if st := s.Stats(); rows == 999 && (st.ByPath["query"] != 1 || st.ByPath["queryMore"] != 2 || st.Rows != 2919) {
			t.Errorf("%+v", st)
		}
	}
}

func TestBatchSizeBoundsPages(t *testing.T) {
	s := start(t)
	path := queryPath("query", "SELECT Id FROM Contact")
	for path != "" {
		p := getPage(t, s, path, "Sforce-Query-Options", "batchSize=10")
		if len(p.Records) > 200 {
			t.Errorf("%d records with batchSize 10, which counts as 200", len(p.Records))
		}
		again := getPage(t, s, path, "Sforce-Query-Options", "batchSize=10")
		if len(again.Records) != len(p.Records) {
			t.Errorf("the same page has %d records, then %d", len(p.Records), len(again.Records))
		}
		path = p.NextRecordsURL
	}
}

func TestCursorsAreBounded(t *testing.T) {
	s := start(t, WithPageSize(10))
	open := func() string { return getPage(t, s, queryPath("query", "SELECT Id FROM Lead")).NextRecordsURL }
	first, second := open(), open()
	for range maxCursors - 2 {
		open()
	}
	getPage(t, s, first) // the second is now the one that was used the longest time ago
	open()
	getPage(t, s, first)
	res, body := do(t, s, "GET", second, "")
	if res.StatusCode != 400 || !strings.Contains(body, `"errorCode":"INVALID_QUERY_LOCATOR"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestLocatorsEndWithSession(t *testing.T) {
	s := start(t, WithPageSize(10), WithQuirks(Quirks{LocatorsEndWithSession: true}))
	next := getPage(t, s, queryPath("query", "SELECT Id FROM Lead")).NextRecordsURL
	if res, _ := do(t, s, "GET", next, ""); res.StatusCode != 401 {
		t.Errorf("under another session: %d", res.StatusCode)
	}
}

// TestConcurrentUse is for the race detector: columns are made while others
// read them.
func TestConcurrentUse(t *testing.T) {
	s := start(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			records(t, s, "query", "SELECT Id, Name, Account.Name, Owner.Name FROM Contact WHERE Account.Industry != null ORDER BY Name")
			getPage(t, s, queryPath("query", fmt.Sprintf("SELECT COUNT() FROM Contact WHERE AccountId = '%s'", appendID15(nil, "001", i))))
			s.Scan("Lead", true, func([]any) bool { return true })
			_ = s.Stats()
		})
	}
	wg.Wait()
}
