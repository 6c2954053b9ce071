package salesforce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sfsql/sfsql/salesforce/auth"
)

// answerOf is a failure that the in-memory network gives.
type answerOf struct {
	status int
	body   string
	header http.Header
	err    error
}

func (a answerOf) give() (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	resp := reply(a.status, a.body)
	if a.header != nil {
		resp.Header = a.header
	}
	return resp, nil
}

func TestWhatIsTriedAgainAndHowOften(t *testing.T) {
	const html = "<html><body>An edge is in the way</body></html>"
	cases := []struct {
		name  string
		fails answerOf
		tries int // where the failure does not pass
	}{
		{"406 empty", answerOf{status: 406}, 5},
		{"406 with words", answerOf{status: 406, body: errorBody("X", "no")}, 1},
		{"420", answerOf{status: 420, body: html}, 3},
		{"429", answerOf{status: 429}, 5},
		{"500 unknown", answerOf{status: 500, body: errorBody("UNKNOWN_EXCEPTION", "ErrorId: 123-456 (789)")}, 3},
		{"500 HTML", answerOf{status: 500, body: ""}, 3},
		{"500 other", answerOf{status: 500, body: errorBody("REQUEST_RUNNING_TOO_LONG", "too long")}, 1},
		{"502", answerOf{status: 502, body: html}, 5},
		{"503", answerOf{status: 503, body: html}, 5},
		{"503 JSON", answerOf{status: 503, body: errorBody("SERVER_UNAVAILABLE", "down")}, 5},
		{"504", answerOf{status: 504}, 5},
		{"row lock", answerOf{status: 400, body: errorBody("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")}, 5},
		{"concurrent limit", answerOf{status: 403, body: errorBody("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")}, 5},
		{"long transactions", answerOf{status: 403, body: errorBody("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")}, 5},
		{"daily limit", answerOf{status: 403, body: errorBody("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")}, 1},
		{"daily limit as 429", answerOf{status: 429, body: errorBody("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")}, 1},
		{"too many, 429", answerOf{status: 429, body: errorBody("REQUEST_LIMIT_EXCEEDED", "Trop de requêtes")}, 5},
		{"too many, 403", answerOf{status: 403, body: errorBody("REQUEST_LIMIT_EXCEEDED", "Trop de requêtes")}, 1},
		{"security metering", answerOf{status: 400, body: errorBody("TXN_SECURITY_METERING_ERROR", "slow")}, 3},
		{"bad query", answerOf{status: 400, body: errorBody("MALFORMED_QUERY", "unexpected token: 'FROM'")}, 1},
		{"timeout of the query", answerOf{status: 400, body: errorBody("QUERY_TIMEOUT", "Your query request was running for too long.")}, 1},
		{"not found", answerOf{status: 404, body: errorBody("NOT_FOUND", "The requested resource does not exist")}, 1},
		{"retired", answerOf{status: 410, body: ""}, 1},
		{"redirect", answerOf{status: 302, body: html, header: http.Header{"Location": {"https://evil.example/"}}}, 1},
		{"reset", answerOf{err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}}, 5},
		{"closed early", answerOf{err: io.EOF}, 5},
		{"name server busy", answerOf{err: &net.DNSError{Err: "server misbehaving", Name: "acme.test", IsTemporary: true}}, 5},
		{"unknown host", answerOf{err: &net.DNSError{Err: "no such host", Name: "acme.test", IsNotFound: true}}, 1},
		{"refused", answerOf{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				cl := memory(t, func(r *http.Request) (*http.Response, error) {
					if r.URL.Host != "acme.test" {
						t.Errorf("went to %s", r.URL.Host)
					}
					calls++
					return c.fails.give()
				})
				_, err := query(t.Context(), cl, "SELECT Id FROM A", QueryOptions{Columns: idOnly})
				if err == nil || calls != c.tries {
					t.Errorf("%d tries, want %d: %v", calls, c.tries, err)
				}
				if c.tries == 1 {
					return
				}
				calls = -1 // now it passes at the second try
				cl = memory(t, func(*http.Request) (*http.Response, error) {
					if calls++; calls == 0 {
						return c.fails.give()
					}
					return reply(200, pageJSON(1, 0, 1, "")), nil
				})
				if got, err := query(t.Context(), cl, "SELECT Id FROM A", QueryOptions{Columns: idOnly}); err != nil || len(got) != 1 {
					t.Errorf("after it passed: %v, %v", got, err)
				}
			})
		})
	}
}

func TestRetryAfterIsObeyedWithinReason(t *testing.T) {
	cases := []struct {
		header string
		waits  time.Duration
	}{{"7", 7 * time.Second}, {"86400", time.Minute}, {"99999999999999999999", 0}, {"soon", 0}, {"-3", 0}}
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat)
		cases = append(cases, struct {
			header string
			waits  time.Duration
		}{at, 9 * time.Second})
		for _, c := range cases {
			begin, calls := time.Now(), 0
			if c.header == at { // the clock has moved on: make it relative again
				c.header = begin.Add(9 * time.Second).UTC().Format(http.TimeFormat)
			}
			cl := memory(t, func(*http.Request) (*http.Response, error) {
				if calls++; calls == 1 {
					return answerOf{status: 503, header: http.Header{"Retry-After": {c.header}}}.give()
				}
				return reply(200, pageJSON(0, 0, 0, "")), nil
			})
			if _, err := query(t.Context(), cl, "x", QueryOptions{Columns: idOnly}); err != nil {
				t.Fatal(err)
			}
			took := time.Since(begin)
			if c.waits == 0 {
				if took <= 0 || took > firstDelay {
					t.Errorf("Retry-After %q: waited %v, want the usual delay", c.header, took)
				}
			} else if took < c.waits-time.Second || took > c.waits {
				t.Errorf("Retry-After %q: waited %v, want %v", c.header, took, c.waits)
			}
		}
	})
}

func TestDelaysGrowAndEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		begin := time.Now()
		c := memory(t, func(*http.Request) (*http.Response, error) {
			at = append(at, time.Since(begin))
			return reply(503, ""), nil
		})
		c.tries = 1000
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		_, err := query(ctx, c, "x", QueryOptions{Columns: idOnly})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 5*time.Minute {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		for i := 1; i < len(at); i++ {
			most := min(firstDelay<<(i-1), longestDelay)
			if gap := at[i] - at[i-1]; gap < most/2 || gap > most {
				t.Errorf("delay %d is %v, want %v to %v", i, gap, most/2, most)
			}
		}
		if len(at) < 12 {
			t.Errorf("only %d tries", len(at))
		}
	})
}

func TestAnExpiredSessionIsRenewedOnceForAll(t *testing.T) {
	tokens := &logins{current: "00D!old"}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer 00D!old" {
			w.WriteHeader(401)
			_, _ = io.WriteString(w, errorBody("INVALID_SESSION_ID", "Session expired or invalid"))
			return
		}
		_, _ = io.WriteString(w, pageJSON(3, 0, 3, ""))
	})
	tokens.instance = c.tokens.(*logins).instance
	c.tokens = tokens
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got, err := query(t.Context(), c, "x", QueryOptions{Columns: idOnly}); err != nil || len(got) != 3 {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	wg.Wait()
	if tokens.n != 1 {
		t.Errorf("%d logins, want 1", tokens.n)
	}
}

func TestRefusalsThatNoLoginMendsDoNotLoop(t *testing.T) {
	cases := []struct {
		name          string
		body          string
		calls, logins int
	}{
		{"expired again and again", errorBody("INVALID_SESSION_ID", "Session expired or invalid"), 2, 2},
		{"expired, in another language", errorBody("INVALID_SESSION_ID", "Sitzung abgelaufen oder ungültig"), 2, 2},
		{"token without the api scope", errorBody("INVALID_SESSION_ID", "This session is not valid for use with the REST API"), 1, 1},
		{"app not attached", errorBody("INVALID_SESSION_ID", "Connected app is not attached to Agent"), 1, 1},
		{"bad header", errorBody("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"), 1, 1},
		{"HTML", "<html>no</html>", 1, 1},
		{"empty", "", 1, 1},
	}
	for _, c := range cases {
		calls := 0
		cl := memory(t, func(*http.Request) (*http.Response, error) { calls++; return reply(401, c.body), nil })
		_, err := query(t.Context(), cl, "x", QueryOptions{Columns: idOnly})
		var e *Error
		if !errors.As(err, &e) || e.Status != 401 || calls != c.calls || cl.tokens.(*logins).n != c.logins {
			t.Errorf("%s: %d calls, %d logins, %v", c.name, calls, cl.tokens.(*logins).n, err)
		}
	}
}

func TestAResultThatDiesWithItsSessionSaysSo(t *testing.T) {
	c := memory(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "-1") {
			return reply(401, errorBody("INVALID_SESSION_ID", "Session expired or invalid")), nil
		}
		return reply(200, pageJSON(2, 0, 1, locator(1))), nil
	})
	got, err := query(t.Context(), c, "x", QueryOptions{Columns: idOnly})
	if err == nil || len(got) != 1 || !strings.Contains(err.Error(), "query, page 2: Session expired or invalid (INVALID_SESSION_ID)") ||
		!strings.Contains(err.Error(), "run the statement again") {
		t.Errorf("after %v: %v", got, err)
	}
}

func TestAFixedTokenThatExpiresSaysWhatToDo(t *testing.T) {
	tokens, err := auth.AccessToken("00D!fixed-secret", "https://acme.test")
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, tokens, roundTrip(func(*http.Request) (*http.Response, error) {
		return reply(401, errorBody("INVALID_SESSION_ID", "Session expired or invalid")), nil
	}))
	_, err = query(t.Context(), c, "x", QueryOptions{Columns: idOnly})
	var refused *auth.Error
	if !errors.As(err, &refused) || refused.Code != auth.CodeTokenExpired || !strings.Contains(err.Error(), "get a new one") {
		t.Errorf("error is %v", err)
	}
}

func TestARefusedLoginIsTheError(t *testing.T) {
	tokens := &logins{err: &auth.Error{Code: "invalid_grant", Description: "inactive user", Status: 400}}
	c := client(t, tokens, roundTrip(func(*http.Request) (*http.Response, error) { t.Error("a call"); return nil, io.EOF }))
	_, err := query(t.Context(), c, "x", QueryOptions{Columns: idOnly})
	var refused *auth.Error
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "inactive user") {
		t.Errorf("error is %v", err)
	}
}

func TestAnUnknownHostIsNamed(t *testing.T) {
	c := memory(t, func(*http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "acme.test", IsNotFound: true}
	})
	_, err := query(t.Context(), c, "SELECT Secret__c FROM A", QueryOptions{Columns: idOnly})
	var dns *net.DNSError
	if !errors.As(err, &dns) || !strings.Contains(err.Error(), "acme.test; check the host name") || strings.Contains(err.Error(), "Secret__c") {
		t.Errorf("error is %v", err)
	}
}

func TestAPageIsResumedOnTheInstanceOfTheNewLogin(t *testing.T) {
	tokens := &logins{instance: "https://one.test"}
	expired := true
	c := client(t, tokens, roundTrip(func(r *http.Request) (*http.Response, error) {
		switch {
		case r.URL.Path != locator(1):
			return reply(200, pageJSON(2, 0, 1, locator(1))), nil
		case expired:
			expired = false
			tokens.mu.Lock()
			tokens.instance = "https://two.test"
			tokens.mu.Unlock()
			return reply(401, errorBody("INVALID_SESSION_ID", "Session expired or invalid")), nil
		case r.URL.Host != "two.test":
			return nil, fmt.Errorf("asked %s", r.URL.Host)
		}
		return reply(200, pageJSON(2, 1, 2, "")), nil
	}))
	if got, err := query(t.Context(), c, "x", QueryOptions{Columns: idOnly}); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
}

// A page from the edge does not tell whether the job behind it was made.
func TestALostCreationMayHaveActed(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{&Error{Status: 502}, true},
		{&Error{Status: 503, Code: "SERVER_UNAVAILABLE"}, true},
		{&Error{Status: 500, Code: "UNKNOWN_EXCEPTION"}, true},
		{&Error{Status: 403}, true}, // a proxy's own words
		{&Error{Status: 400, Code: "MALFORMED_QUERY"}, false},
		{&Error{Status: 403, Code: "REQUEST_LIMIT_EXCEEDED"}, false},
		{&Error{Status: 429}, false},
		{&Error{Status: 420}, false},
		{io.ErrUnexpectedEOF, true},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, false},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, true},
		{&net.DNSError{IsTemporary: true}, false},
	} {
		if got := mayHaveActed(tt.err); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.err, got, tt.want)
		}
	}
}
