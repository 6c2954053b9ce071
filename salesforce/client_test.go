package salesforce

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sfsql/sfsql/salesforce/auth"
)

func TestConfigurationErrors(t *testing.T) {
	good := Config{Tokens: &logins{}}
	for want, change := range map[string]func(*Config){
		"Tokens":                          func(c *Config) { c.Tokens = nil },
		`API version "67"`:                func(c *Config) { c.APIVersion = "67" },
		`API version "v67.0"`:             func(c *Config) { c.APIVersion = "v67.0" },
		"https":                           func(c *Config) { c.InstanceURL = "http://acme.my.salesforce.com" },
		`not a base URL such as https://`: func(c *Config) { c.InstanceURL = "acme" },
	} {
		cfg := good
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if c, err := New(good); err != nil || c.APIVersion() != DefaultAPIVersion {
		t.Errorf("%v", err)
	}
}

func TestAConfiguredInstanceOverridesTheLogins(t *testing.T) {
	tokens := &logins{instance: "https://other.test"}
	c, err := New(Config{Tokens: tokens, InstanceURL: "https://acme.test/mount/", HTTPClient: &http.Client{Transport: roundTrip(
		func(r *http.Request) (*http.Response, error) {
			if r.URL.String() != "https://acme.test/mount/services/data/v67.0/limits" {
				t.Errorf("asked %s", r.URL)
			}
			return reply(200, `{}`), nil
		})}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Limits(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestALoginWithoutAnInstanceIsAnError(t *testing.T) {
	c := client(t, &logins{}, roundTrip(func(*http.Request) (*http.Response, error) { t.Error("a call"); return nil, io.EOF }))
	if _, err := c.Limits(t.Context()); err == nil || !strings.Contains(err.Error(), "instance URL") {
		t.Errorf("error is %v", err)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	p := &pager{total: 400, size: 20}
	c := serve(t, p.ServeHTTP)
	var fresh atomic.Int32
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if !i.Reused {
			fresh.Add(1)
		}
	}})
	if _, err := query(ctx, c, "x", QueryOptions{Columns: idOnly}); err != nil {
		t.Fatal(err)
	}
	if fresh.Load() != 1 {
		t.Errorf("%d connections for 20 pages, want 1", fresh.Load())
	}
}

func TestErrorsOfEveryForm(t *testing.T) {
	cases := []struct {
		status              int
		body, code, message string
		says                string
	}{
		{400, errorBody("INVALID_FIELD", "No such column 'Foo' on entity 'Account'."), "INVALID_FIELD", "No such column 'Foo' on entity 'Account'.", "No such column 'Foo' on entity 'Account'. (INVALID_FIELD)"},
		{400, `[{"message":"one","errorCode":"A"},{"message":"two","errorCode":"B"}]`, "A", "one\ntwo", "one\ntwo (A)"},
		{400, `{"message":"alone","errorCode":"A"}`, "A", "alone", "alone (A)"},
		{400, `[{"statusCode":"REQUIRED_FIELD_MISSING","message":"m","fields":["Name"]}]`, "REQUIRED_FIELD_MISSING", "m", "m"},
		{400, `{"error":"invalid_token","error_description":"bad"}`, "invalid_token", "bad", "bad (invalid_token)"},
		{403, errorBody("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "used up"},
		{403, errorBody("API_DISABLED_FOR_ORG", "x"), "API_DISABLED_FOR_ORG", "x", "edition"},
		{404, "<html><h1>Not   Found</h1><p>here</html>", "", "Not Found here", "Not Found here (status 404)"},
		{410, "", "", "", "status 410 with an empty answer; Salesforce has retired"},
		{400, errorBody("QUERY_TIMEOUT", "slow"), "QUERY_TIMEOUT", "slow", "filter more narrowly"},
		{400, errorBody("QUERY_TOO_COMPLICATED", "x"), "QUERY_TOO_COMPLICATED", "x", "fewer columns"},
		{403, errorBody("INSUFFICIENT_ACCESS", "x"), "INSUFFICIENT_ACCESS", "x", "administrator"},
		{302, "<html>Moved</html>", "", "Moved", "check the instance URL"},
		{400, "[]", "", "[]", "[] (status 400)"},
		{400, `{"message":7}`, "", `{"message":7}`, "status 400"},
		{400, strings.Repeat("word ", 5000), "", strings.Repeat("word ", 40) + "…", "…"},
		{400, "\xff\xfe oops", "", "oops", "oops"},
		{400, "with 00D!secret-token-1 inside", "", "with *** inside", "***"},
	}
	for _, c := range cases {
		cl := memory(t, func(*http.Request) (*http.Response, error) { return reply(c.status, c.body), nil })
		_, err := cl.Limits(t.Context())
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", c.body, err)
			continue
		}
		if e.Status != c.status || e.Code != c.code || e.Message != c.message || e.Op != "limits" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.60s: %+v says %v", c.body, e, err)
		}
	}
}

func TestNeitherLogsNorErrorsHoldTheToken(t *testing.T) {
	var log bytes.Buffer
	bodies := []string{
		errorBody("X", "00D!secret-token-1 is bad"), "<html>00D!secret-token-1</html>",
		`{"00D!secret-token-1`, `{"totalSize":"00D!secret-token-1"}`,
	}
	for _, status := range []int{200, 400, 401, 404} {
		for _, body := range bodies {
			c := memory(t, func(*http.Request) (*http.Response, error) { return reply(status, body), nil })
			c.tries = 1
			c.log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			_, err := query(t.Context(), c, "SELECT Id FROM A WHERE Name = 'private'", QueryOptions{Columns: idOnly})
			text := fmt.Sprintf("%v %+v %#v %+v", err, err, err, c)
			for e := err; e != nil; e = errors.Unwrap(e) {
				text += e.Error()
			}
			if strings.Contains(text, "secret-token") {
				t.Errorf("%d %s: %s", status, body, text)
			}
		}
	}
	if strings.Contains(log.String(), "secret-token") || strings.Contains(log.String(), "private") {
		t.Errorf("log: %s", log.String())
	}
	if !strings.Contains(log.String(), `"op":"query"`) {
		t.Errorf("log lacks the exchanges: %s", log.String())
	}
}

func TestLimitInfoInEveryOrder(t *testing.T) {
	cases := map[string]apiUsage{
		"api-usage=18/15000": {18, 15000},
		"api-usage=25/5000; per-app-api-usage=17/250(appName=my-app)": {25, 5000},
		"per-app-api-usage=17/250(appName=my-app), api-usage=25/5000": {25, 5000},
		"per-app-api-usage=17/250(appName=x);api-usage=0/5":           {0, 5},
	}
	for header, want := range cases {
		if got, ok := parseLimitInfo(header); !ok || got != want {
			t.Errorf("%q is %v, %v", header, got, ok)
		}
	}
	for _, header := range []string{"", "api-usage=", "api-usage=1", "api-usage=a/b", "per-app-api-usage=1/2", "api-usage=-1/5"} {
		if got, ok := parseLimitInfo(header); ok {
			t.Errorf("%q is %v", header, got)
		}
	}
	c := memory(t, func(*http.Request) (*http.Response, error) { return reply(200, `{}`), nil })
	if u := c.Usage(); u.APIUsed != -1 || u.APIMax != -1 {
		t.Errorf("unknown usage is %+v", u)
	}
}

func TestGlobalDescribe(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/services/data/v67.0/sobjects" {
			t.Errorf("got %s", r.URL)
		}
		_, _ = io.WriteString(w, `{"encoding":"UTF-8","maxBatchSize":200,"sobjects":[
			{"name":"Account","label":"Account","keyPrefix":"001","custom":false,"queryable":true,"urls":{"sobject":"/x"}},
			{"name":"Account__History","label":"H","keyPrefix":null,"custom":true,"queryable":false,"associateEntityType":"History","associateParentEntity":"Account"}]}`)
	})
	got, err := c.GlobalDescribe(t.Context())
	if err != nil || len(got) != 2 || got[0].KeyPrefix != "001" || !got[0].Queryable || got[1].KeyPrefix != "" || got[1].AssociateParentEntity != "Account" {
		t.Errorf("%+v, %v", got, err)
	}
}

const describeOf = `{"name":%q,"label":"L","keyPrefix":"001","queryable":true,"fields":[
	{"name":"Id","type":"id","length":18,"nillable":false,"filterable":true,"referenceTo":[],"relationshipName":null,"picklistValues":[]},
	{"name":"OwnerId","type":"reference","referenceTo":["Group","User"],"relationshipName":"Owner","polymorphicForeignKey":true,"precision":0,"scale":0,
	 "picklistValues":[{"active":true,"defaultValue":false,"label":"Old","validFor":null,"value":"o"}],"filteredLookupInfo":null}]}`

func TestDescribesTravelInBatches(t *testing.T) {
	var batches, singles atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			singles.Add(1)
			fmt.Fprintf(w, describeOf, strings.Split(r.URL.Path, "/")[5])
			return
		}
		batches.Add(1)
		var body struct {
			HaltOnError   bool
			BatchRequests []struct{ Method, URL string }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.BatchRequests) > 25 || body.HaltOnError {
			t.Errorf("%d requests, %v", len(body.BatchRequests), err)
		}
		var results []string
		for _, sub := range body.BatchRequests {
			name := strings.Split(sub.URL, "/")[2]
			if sub.URL != "v67.0/sobjects/"+name+"/describe" || sub.Method != "GET" {
				t.Errorf("sub-request %s %s", sub.Method, sub.URL)
			}
			switch name {
			case "O7":
				results = append(results, `{"statusCode":404,"result":[{"errorCode":"NOT_FOUND","message":"gone"}]}`)
			case "O8":
				results = append(results, `{"statusCode":200,"result":`+fmt.Sprintf(describeOf, "Other")+`}`)
			default:
				results = append(results, `{"statusCode":200,"result":`+fmt.Sprintf(describeOf, name)+`}`)
			}
		}
		fmt.Fprintf(w, `{"hasErrors":true,"results":[%s]}`, strings.Join(results, ","))
	})
	var names []string
	for i := range 51 {
		names = append(names, fmt.Sprintf("O%d", i))
	}
	for i, r := range c.DescribeMany(t.Context(), names) {
		var e *Error
		var bad *AnswerError
		switch {
		case r.Name != names[i]:
			t.Errorf("result %d is of %s", i, r.Name)
		case i == 7:
			if !errors.As(r.Err, &e) || e.Code != "NOT_FOUND" || e.Op != "describe O7" || e.Status != 404 {
				t.Errorf("O7: %v", r.Err)
			}
		case i == 8:
			if !errors.As(r.Err, &bad) || r.Object != nil {
				t.Errorf("O8: %v", r.Err)
			}
		case r.Err != nil || r.Object.Name != names[i] || len(r.Object.Fields) != 2 || !r.Object.Fields[1].PolymorphicForeignKey || r.Object.Fields[1].PicklistValues[0].Value != "o":
			t.Errorf("%s: %+v, %v", r.Name, r.Object, r.Err)
		}
	}
	if batches.Load() != 2 || singles.Load() != 1 {
		t.Errorf("%d batches and %d single calls for 51 names", batches.Load(), singles.Load())
	}
}

func TestABatchThatFailsFailsEveryName(t *testing.T) {
	for _, body := range []string{`{"results":[]}`, `{"results":`, `[]`} {
		c := memory(t, func(*http.Request) (*http.Response, error) { return reply(200, body), nil })
		c.tries = 1
		for _, r := range c.DescribeMany(t.Context(), []string{"A", "B"}) {
			if r.Err == nil || r.Name == "" || r.Object != nil {
				t.Errorf("%s: %+v", body, r)
			}
		}
	}
	c := memory(t, func(*http.Request) (*http.Response, error) { return reply(200, `[]`), nil })
	if got := c.DescribeMany(t.Context(), nil); len(got) != 0 {
		t.Errorf("no names give %v", got)
	}
}

func TestLimits(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/services/data/v67.0/limits" {
			t.Errorf("got %s", r.URL)
		}
		_, _ = io.WriteString(w, `{"DailyApiRequests":{"Max":15000,"Remaining":14998,"Dataloader Bulk":{"Max":0,"Remaining":0}}}`)
	})
	limits, err := c.Limits(t.Context())
	if err != nil || limits["DailyApiRequests"] != (Limit{15000, 14998}) {
		t.Errorf("%v, %v", limits, err)
	}
}

func TestRecordCounts(t *testing.T) {
	for _, names := range [][]string{nil, {"Account", "Contact"}} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if got := r.URL.Query().Get("sObjects"); got != strings.Join(names, ",") || r.URL.Query().Has("sObjects") != (names != nil) {
				t.Errorf("asked for %q", got)
			}
			_, _ = io.WriteString(w, `{"sObjects":[{"count":3,"name":"Account"}]}`)
		})
		got, err := c.RecordCount(t.Context(), names...)
		if err != nil || len(got) != 1 || got["Account"] != 3 {
			t.Errorf("%v, %v", got, err)
		}
	}
}

func TestVersionsNeedNoToken(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/services/data" || r.Header.Get("Authorization") != "" {
			t.Errorf("got %s with %q", r.URL, r.Header.Get("Authorization"))
		}
		_, _ = io.WriteString(w, `[{"label":"Summer '26","url":"/services/data/v67.0","version":"67.0"}]`)
	})
	got, err := c.Versions(t.Context())
	if err != nil || len(got) != 1 || got[0].Version != "67.0" {
		t.Errorf("%v, %v", got, err)
	}
	if c.instance, err = auth.ParseURL(c.tokens.(*logins).instance); err != nil {
		t.Fatal(err)
	}
	c.tokens = &logins{err: errors.New("no login is needed")}
	if _, err := c.Versions(t.Context()); err != nil {
		t.Errorf("with a known instance: %v", err)
	}
}

func TestUserInfo(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/services/oauth2/userinfo" {
			t.Errorf("got %s", r.URL)
		}
		_, _ = io.WriteString(w, `{"sub":"https://login.salesforce.com/id/00D/005","user_id":"005","organization_id":"00D","preferred_username":"a@b.c","zoneinfo":"Asia/Tokyo","locale":"tr_TR","language":"en_US","photos":{"picture":"x"}}`)
	})
	got, err := c.UserInfo(t.Context())
	if want := (UserInfo{"005", "00D", "a@b.c", "tr_TR", "en_US", "Asia/Tokyo"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}
