package emulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ask sends a request over a connection of its own, for on a kept one the
// http package quietly tries again.
func ask(s *Server, path string) (*http.Response, string, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequest("GET", s.URL()+path, nil)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Authorization", "Bearer "+s.AccessToken())
	res, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

func TestCannedFaults(t *testing.T) {
	for _, c := range []struct {
		kind   FaultKind
		status int
		body   string // what it holds; "" means nothing at all
	}{
		{FaultExpireSession, 401, `"errorCode":"INVALID_SESSION_ID"`},
		{FaultNoRestSession, 401, `"message":"This session is not valid for use with the REST API","errorCode":"INVALID_SESSION_ID"`},
		{FaultNoAgent, 401, `"message":"Connected app is not attached to Agent"`},
		{FaultAuthHeader, 401, `"message":"INVALID_HEADER_TYPE","errorCode":"INVALID_AUTH_HEADER"`},
		{FaultDailyLimit, 403, `"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"`},
		{FaultConcurrentLimit, 403, `"message":"ConcurrentRequests (Concurrent API Requests) Limit exceeded."`},
		{FaultQueryTimeout, 400, `"errorCode":"QUERY_TIMEOUT"`},
		{FaultLockedRow, 400, `"errorCode":"UNABLE_TO_LOCK_ROW"`},
		{FaultNotAcceptable, 406, ""},
		{FaultNoHost, 420, "<html>"},
		{FaultTooMany, 429, ""},
		{FaultServerError, 500, `"errorCode":"UNKNOWN_EXCEPTION"`},
		{FaultBadGateway, 502, "<html>"},
		{FaultUnavailable, 503, "<html>"},
	} {
		s := start(t, WithFaults(Fault{Kind: c.kind, Delay: 3 * time.Second}))
		path := queryPath("query", "SELECT Id FROM Group")
		res, body, err := ask(s, path)
		if err != nil || res.StatusCode != c.status || !strings.Contains(body, c.body) || c.body == "" && body != "" {
			t.Errorf("%s: %v %v %s", c.kind, res, err, body)
			continue
		}
		if html := strings.HasPrefix(res.Header.Get("Content-Type"), "text/html"); html != (c.body == "<html>") {
			t.Errorf("%s: %v", c.kind, res.Header)
		}
		if got := res.Header.Get("Retry-After"); (got == "3") != (c.kind == FaultTooMany) {
			t.Errorf("%s: Retry-After %q", c.kind, got)
		}
		if res, body, err := ask(s, path); err != nil || res.StatusCode != 200 {
			t.Errorf("%s: strikes twice: %v %s", c.kind, err, body)
		}
	}
}

func TestBrokenConnections(t *testing.T) {
	s := start(t, WithFaults(Fault{Kind: FaultReset}, Fault{Kind: FaultTruncate}))
	path := queryPath("query", "SELECT Id FROM Contact")
	if _, _, err := ask(s, path); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
	if res, body, err := ask(s, path); !errors.Is(err, io.ErrUnexpectedEOF) || body == "" || res.StatusCode != 200 {
		t.Errorf("truncated: %v, %d bytes", err, len(body))
	}
	if _, body, err := ask(s, path); err != nil || !json.Valid([]byte(body)) {
		t.Errorf("after both: %v", err)
	}
}

func TestSlowAnswer(t *testing.T) {
	s := start(t, WithFaults(Fault{Kind: FaultSlow, Delay: 50 * time.Millisecond}))
	began := time.Now()
	if res, _, err := ask(s, root+"/limits"); err != nil || res.StatusCode != 200 || time.Since(began) < 50*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestFaultsAreCountedByEndpoint(t *testing.T) {
	s := start(t, WithFaults(
		Fault{Kind: FaultBadGateway, Endpoint: "describe", After: 1, Times: 2},
		Fault{Kind: FaultUnavailable, Endpoint: "describe", After: 3},
		Fault{Kind: FaultServerError, Endpoint: "limits", Times: -1},
	))
	describe := root + "/sobjects/Group/describe"
	for i, c := range []struct {
		path string
		want int
	}{
		{describe, 200},
		{root + "/sobjects", 200},
		{describe, 502},
		{describe, 502},
		{describe, 503},
		{describe, 200},
		{root + "/limits", 500},
		{root + "/limits", 500},
		{root + "/limits/recordCount", 200},
		{"//services/data//v67.0/limits/", 500},
	} {
		if res, body, err := ask(s, c.path); err != nil || res.StatusCode != c.want {
			t.Errorf("request %d, %s: %v %v %s", i, c.path, res, err, body)
		}
	}
	s.SetFaults()
	if res, _, err := ask(s, root+"/limits"); err != nil || res.StatusCode != 200 {
		t.Errorf("without faults: %v %v", res, err)
	}
}

func TestLoginFaults(t *testing.T) {
	s := start(t, WithFaults(Fault{Kind: FaultOAuthRetry}, Fault{Kind: FaultLoginRate}, Fault{Kind: FaultUnavailable, Endpoint: "token"}))
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}}
	for _, want := range []string{`{"error":"unknown_error","error_description":"retry your request"}`, `{"error":"rate_limit_exceeded"`, "<html>", `{"access_token"`} {
		if _, _, body := post(t, s, "/services/oauth2/token", form); !strings.HasPrefix(body, want) {
			t.Errorf("%s, want %s", body, want)
		}
	}
}

func TestLostLocator(t *testing.T) {
	s := start(t, WithPageSize(100), WithFaults(Fault{Kind: FaultLostLocator, After: 1}))
	p := getPage(t, s, queryPath("query", "SELECT Id FROM Lead"))
	p = getPage(t, s, p.NextRecordsURL)
	for range 2 { // what is lost stays lost
		if res, body := do(t, s, "GET", p.NextRecordsURL, ""); res.StatusCode != 400 || !strings.Contains(body, "INVALID_QUERY_LOCATOR") {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	}
}

func TestRaggedPages(t *testing.T) {
	s := start(t, WithPageSize(200), WithFaults(Fault{Kind: FaultRaggedPages, Times: -1}))
	ids := idsFound(t, s, "SELECT Id FROM Lead")
	if want := idsOf(stored(t, s, "Lead", nil)); !slices.Equal(ids, want) {
		t.Errorf("%d rows, want %d", len(ids), len(want))
	}
	if n := s.Stats().ByPath["queryMore"]; n < 3 {
		t.Errorf("%d further pages of 600 rows, as many as without the fault", n)
	}
}

func TestRowsDeletedBetweenPages(t *testing.T) {
	s := start(t, WithPageSize(100), WithFaults(Fault{Kind: FaultDeletedRows, After: 1}))
	p := getPage(t, s, queryPath("query", "SELECT Id FROM Lead"))
	total := p.TotalSize
	var sizes []int
	for !p.Done {
		if p = getPage(t, s, p.NextRecordsURL); p.TotalSize != total {
			t.Errorf("totalSize %d, then %d", total, p.TotalSize)
		}
		sizes = append(sizes, len(p.Records))
	}
	if !slices.Equal(sizes, []int{100, 66, 100, 100, 100}) {
		t.Errorf("%v", sizes)
	}
}

func TestBulkJobFaults(t *testing.T) {
	s := start(t, WithBulkPageSize(10), WithFaults(
		Fault{Kind: FaultJobFailed, Endpoint: "job"}, Fault{Kind: FaultJobAborted, After: 1}, Fault{Kind: FaultJobRetries, After: 2},
		Fault{Kind: FaultShortResults, After: 1},
	))
	for i, want := range []struct{ state, message, retries any }{
		{stateFailed, "InternalServerError : the job failed on purpose", 0.0}, {stateAborted, nil, 0.0}, {stateFailed, bulkRetried.Message, 15.0},
	} {
		status := askJob(t, s, 200, "GET", queryJob(t, s, "SELECT Id FROM User"), "")
		if status["state"] != want.state || status["errorMessage"] != want.message || status["retries"] != want.retries {
			t.Errorf("job %d: %v", i, status)
		}
	}
	path := finished(t, s, "SELECT Id FROM User")
	locator := ""
	for page, rows := range []int{10, 9, 10} {
		res, text := do(t, s, "GET", path+"/results?locator="+locator, "")
		if n := len(parseCSV(t, text)) - 1; n != rows || res.Header.Get("Sforce-NumberOfRecords") != "10" {
			t.Errorf("page %d: %d rows, the header says %s", page, n, res.Header.Get("Sforce-NumberOfRecords"))
		}
		locator = res.Header.Get("Sforce-Locator")
	}
}

func TestFaultText(t *testing.T) {
	for text, want := range map[string]Fault{
		"503":                       {Kind: FaultUnavailable},
		"lost-locator:after=2":      {Kind: FaultLostLocator, After: 2},
		"slow@describe:delay=1.5s":  {Kind: FaultSlow, Endpoint: "describe", Delay: 1500 * time.Millisecond},
		"502@query:after=2:times=3": {Kind: FaultBadGateway, Endpoint: "query", After: 2, Times: 3},
		"ragged-pages:times=all":    {Kind: FaultRaggedPages, Times: -1},
		"short-results@results":     {Kind: FaultShortResults, Endpoint: "results"},
		"expire-session@results":    {Kind: FaultExpireSession, Endpoint: "results"},
		"error=428":                 {Kind: FaultError, Status: 428},
		"error=403/API_DISABLED_FOR_ORG@query:times=2": {Kind: FaultError, Status: 403, Code: "API_DISABLED_FOR_ORG", Endpoint: "query", Times: 2},
		"reset@token:after=1:times=2":                  {Kind: FaultReset, Endpoint: "token", After: 1, Times: 2},
	} {
		got, err := ParseFault(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s: %+v %v, prints as %s", text, got, err, got)
		}
	}
	for _, text := range []string{
		"", "504", "503@", "503@nowhere", "lost-locator@describe", "503:after=-1", "503:times=0", "503:times=", "503:when=2", "slow:delay=2",
		"slow:delay=-2s", "oauth-retry@query", "error", "error=", "error=200", "error=403/", "error=x/API", "error=403/api", "error=403/A/B", "503=403/A",
	} {
		if f, err := ParseFault(text); err == nil {
			t.Errorf("%q is taken as %+v", text, f)
		}
	}
}

func TestEndpoints(t *testing.T) {
	for path, want := range map[string]string{
		"/services/data": "versions", "//services/data/v67.0/": "resources", root + "/sobjects": "globalDescribe",
		root + "/sobjects/Account": "record", root + "/sobjects/Account/describe": "describe", root + "/sobjects/Account/001": "record",
		root + "/sobjects/ContentVersion/068000000000001/VersionData": "blob", root + "/sobjects/A__c/Key__c/a": "record",
		root + "/sobjects/Account/updated?start=x": "updated", root + "/sobjects/Account/deleted/": "deleted", root + "/composite/": "composite",
		root + "/composite/sobjects/Account/Key__c": "collections", root + "/composite/tree/Account": "tree", root + "/query/?q=x": "query", root + "/query?explain=x": "explain",
		root + "/queryAll?q=x": "queryAll", root + "/query/01g-200": "queryMore", root + "/limits/recordCount": "recordCount",
		root + "/composite/batch": "composite", root + "/jobs/query": "job", root + "/jobs/query/750": "job",
		root + "/jobs/query/750/results?x=y": "results", root + "/jobs/ingest/750/batches": "ingest", "/services/oauth2/token": "token",
		"/services/Soap/u/64.0": "soap", "/id/00D/005": "identity", "/favicon.ico": "", root + "/elsewhere": "resources",
	} {
		req, err := http.NewRequest("GET", "http://x"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := endpointOf(req); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		if want != "" && !slices.Contains(faultEndpoints, want) {
			t.Errorf("%s cannot be aimed at", want)
		}
	}
}
