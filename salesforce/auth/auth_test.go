package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(fakeCLI); dir != "" {
		os.Exit(playCLI(dir))
	}
	goleak.VerifyTestMain(m)
}

const (
	clientSecret = "cs-7713-hidden"
	refreshOne   = "rt-4401-hidden"
	refreshTwo   = "rt-4402-hidden"
	accessSecret = "00D!at-9921-hidden"
)

// roundTrip is an in-memory network, so that tests can run on a fake clock.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {contentType}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

func granted(access, instance, more string) *http.Response {
	return answer(200, "application/json", fmt.Sprintf(
		`{"access_token":%q,"instance_url":%q,"id":"https://login.salesforce.com/id/00D/005","token_type":"Bearer","issued_at":"1708058728442"%s}`,
		access, instance, more))
}

func config(rt roundTrip) Config {
	return Config{
		LoginURL: "https://acme.my.salesforce.com", ClientID: "key", ClientSecret: clientSecret,
		RefreshToken: refreshOne, HTTPClient: &http.Client{Transport: rt},
	}
}

func form(t *testing.T, r *http.Request) url.Values {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	v, err := url.ParseQuery(string(body))
	if err != nil {
		t.Error(err)
	}
	return v
}

func must(t *testing.T) func(Source, error) Source {
	return func(s Source, err error) Source {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestClientCredentialsLogsInOverHTTP(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := form(t, r)
		if r.URL.Path != "/mount/services/oauth2/token" || f.Get("grant_type") != "client_credentials" ||
			f.Get("client_id") != "key" || f.Get("client_secret") != clientSecret {
			t.Errorf("unexpected login %s %v", r.URL.Path, f)
		}
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		fmt.Fprintf(w, `{"access_token":%q,"instance_url":"http://%s/mount","id":"x","issued_at":"1708058728442"}`, accessSecret, r.Host)
	}))
	defer srv.Close()
	hc := srv.Client()
	defer hc.CloseIdleConnections()
	s := must(t)(ClientCredentials(Config{LoginURL: srv.URL + "/mount/", ClientID: "key", ClientSecret: clientSecret, HTTPClient: hc}))
	got, err := s.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Token{AccessToken: accessSecret, InstanceURL: srv.URL + "/mount", IdentityURL: "x", IssuedAt: time.UnixMilli(1708058728442).UTC()}
	if got != want {
		t.Errorf("token is %#v at %s, want %#v", got, got.IssuedAt, want)
	}
}

func TestClientCredentialsRefusesSharedHostsBeforeTheCall(t *testing.T) {
	for _, host := range []string{"https://login.salesforce.com", "https://TEST.salesforce.com/"} {
		cfg := config(func(*http.Request) (*http.Response, error) { t.Error("a call was made"); return nil, io.EOF })
		cfg.LoginURL = host
		_, err := ClientCredentials(cfg)
		if err == nil || !strings.Contains(err.Error(), "My Domain") {
			t.Errorf("%s: %v, want advice to use My Domain", host, err)
		}
	}
}

func TestConfigurationErrorsNameTheKey(t *testing.T) {
	cases := map[string]func(Config) (Source, error){"ClientSecret": ClientCredentials, "RefreshToken": RefreshToken, "ClientID": RefreshToken, "LoginURL": RefreshToken}
	for key, build := range cases {
		cfg := config(nil)
		switch key {
		case "ClientSecret":
			cfg.ClientSecret = ""
		case "RefreshToken":
			cfg.RefreshToken = ""
		case "ClientID":
			cfg.ClientID = ""
		case "LoginURL":
			cfg.LoginURL = ""
		}
		if _, err := build(cfg); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("without %s: %v", key, err)
		}
	}
}

func TestBaseURLsThatWouldLeakTokensAreRefused(t *testing.T) {
	good := []string{"https://acme.my.salesforce.com", "http://127.0.0.1:8080", "http://localhost:1/x/", "http://[::1]:9"}
	bad := []string{"http://acme.my.salesforce.com", "acme.my.salesforce.com", "ftp://127.0.0.1", "https://u:hidden-pw@acme", "https://acme?x=1", "https://acme#f", "", "http://127.0.0.1.evil.example", "https://%zz"}
	for _, s := range good {
		if _, err := ParseURL(s); err != nil {
			t.Errorf("%q is refused: %v", s, err)
		}
	}
	for _, s := range bad {
		if u, err := ParseURL(s); err == nil {
			t.Errorf("%q is accepted as %v", s, u)
		} else if strings.Contains(err.Error(), "hidden-pw") {
			t.Errorf("error shows the password: %v", err)
		}
	}
}

func TestRefreshRotationIsReportedAndUsed(t *testing.T) {
	var sent []string
	cfg := config(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, form(t, r).Get("refresh_token"))
		if len(sent) == 1 {
			return granted("one", "https://a.my.salesforce.com", `,"refresh_token":"`+refreshTwo+`"`), nil
		}
		return granted("two", "https://b.my.salesforce.com", ""), nil
	})
	s := must(t)(RefreshToken(cfg))
	for i, want := range []string{"https://a.my.salesforce.com", "https://b.my.salesforce.com"} {
		tok, err := s.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if tok.InstanceURL != want {
			t.Errorf("login %d: instance %s, want %s", i, tok.InstanceURL, want)
		}
		s.Invalidate(tok.AccessToken)
	}
	if fmt.Sprint(sent) != fmt.Sprint([]string{refreshOne, refreshTwo}) {
		t.Errorf("sent %v", sent)
	}
	if Logins(s) != 2 {
		t.Errorf("Logins is %d, want 2", Logins(s))
	}
}

func TestInvalidateIgnoresATokenThatIsNotCurrent(t *testing.T) {
	var calls int
	s := must(t)(ClientCredentials(config(func(*http.Request) (*http.Response, error) {
		calls++
		return granted("tok", "https://a.my.salesforce.com", ""), nil
	})))
	for range 3 {
		if _, err := s.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.Invalidate("older")
	}
	if calls != 1 {
		t.Errorf("%d logins, want 1", calls)
	}
}

func TestConcurrentCallersShareOneLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		s := must(t)(ClientCredentials(config(func(*http.Request) (*http.Response, error) {
			calls.Add(1)
			time.Sleep(time.Second)
			return granted("tok", "https://a.my.salesforce.com", ""), nil
		})))
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := s.Token(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if calls.Load() != 1 {
			t.Errorf("%d logins, want 1", calls.Load())
		}
	})
}

func TestACallerThatLeavesDoesNotCancelTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := must(t)(ClientCredentials(config(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(time.Second):
				return granted("tok", "https://a.my.salesforce.com", ""), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})))
		leader, cancel := context.WithCancel(t.Context())
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { _, err := s.Token(leader); first <- err }()
		synctest.Wait()
		go func() { _, err := s.Token(t.Context()); second <- err }()
		synctest.Wait()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("the caller that left got %v", err)
		}
		if err := <-second; err != nil {
			t.Errorf("the caller that stayed got %v", err)
		}
	})
}

func TestTheLastCallerTakesTheLoginAlongUnlessItMayRotate(t *testing.T) {
	for _, flow := range []struct {
		name  string
		build func(Config) (Source, error)
		ended bool
	}{{"client_credentials", ClientCredentials, true}, {"refresh_token", RefreshToken, false}} {
		synctest.Test(t, func(t *testing.T) {
			cancelled := make(chan bool, 1)
			s := must(t)(flow.build(config(func(r *http.Request) (*http.Response, error) {
				select {
				case <-time.After(time.Second):
					cancelled <- false
					return granted("tok", "https://a.my.salesforce.com", ""), nil
				case <-r.Context().Done():
					cancelled <- true
					return nil, r.Context().Err()
				}
			})))
			ctx, cancel := context.WithCancel(t.Context())
			go func() { synctest.Wait(); cancel() }()
			if _, err := s.Token(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", flow.name, err)
			}
			if got := <-cancelled; got != flow.ended {
				t.Errorf("%s: login cancelled is %v, want %v", flow.name, got, flow.ended)
			}
		})
	}
}

func TestALoginThatHangsTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := must(t)(ClientCredentials(config(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})))
		begin := time.Now()
		_, err := s.Token(t.Context())
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != DefaultTimeout {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
}

func TestRefusals(t *testing.T) {
	cases := []struct {
		name, contentType, body string
		status                  int
		code, says              string
		temporary               bool
		calls                   int
	}{
		{"with a description", "application/json", `{"error":"invalid_grant","error_description":"expired access/refresh token"}`, 400, "invalid_grant", "expired access/refresh token", false, 1},
		{"without one", "application/json", `{"error":"invalid_client"}`, 401, "invalid_client", "check client_secret", false, 1},
		{"to be tried again", "application/json", `{"error":"unknown_error","error_description":"retry your request"}`, 400, "unknown_error", "retry your request", true, 2},
		{"too many logins", "application/json", `{"error":"rate_limit_exceeded"}`, 400, "rate_limit_exceeded", "wait", true, 1},
		{"HTML", "text/html", `<html><body><h1>Down</h1><p>for maintenance</body>`, 503, CodeInvalidResponse, "Down for maintenance", true, 2},
		{"HTML of a wrong host", "text/html", `<h1>URL No Longer Exists</h1>`, 404, CodeInvalidResponse, "URL No Longer Exists", false, 1},
		{"HTML with 200", "text/html", `<html>hello</html>`, 200, CodeInvalidResponse, "check the host name", false, 1},
		{"empty", "application/json", ``, 400, CodeInvalidResponse, "an empty answer", false, 1},
		{"no token", "application/json", `{"instance_url":"https://a.my.salesforce.com"}`, 200, CodeInvalidResponse, "as a login host does", false, 1},
		{"no instance", "application/json", `{"access_token":"` + accessSecret + `"}`, 200, CodeInvalidResponse, "instance_url", false, 1},
		{"instance in the clear", "application/json", `{"access_token":"` + accessSecret + `","instance_url":"http://a.example"}`, 200, CodeInvalidResponse, "instance_url", false, 1},
		{"secret repeated", "application/json", `{"error":"invalid_client","error_description":"bad secret ` + clientSecret + ` or ` + refreshOne + `"}`, 400, "invalid_client", "bad secret ***", false, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls int
				s := must(t)(RefreshToken(config(func(*http.Request) (*http.Response, error) {
					calls++
					return answer(c.status, c.contentType, c.body), nil
				})))
				_, err := s.Token(t.Context())
				var refused *Error
				if !errors.As(err, &refused) {
					t.Fatalf("error is %v, want *Error", err)
				}
				if refused.Code != c.code || refused.Temporary() != c.temporary || !strings.Contains(err.Error(), c.says) || calls != c.calls {
					t.Errorf("after %d calls: %v (code %s, temporary %v)", calls, err, refused.Code, refused.Temporary())
				}
				if refused.Status != c.status {
					t.Errorf("status %d, want %d", refused.Status, c.status)
				}
				noSecret(t, err)
			})
		})
	}
}

func TestUnknownErrorIsRetriedOnceAndMayThenSucceed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls int
		s := must(t)(ClientCredentials(config(func(*http.Request) (*http.Response, error) {
			if calls++; calls == 1 {
				return answer(400, "application/json", `{"error":"unknown_error","error_description":"retry your request"}`), nil
			}
			return granted("tok", "https://a.my.salesforce.com", ""), nil
		})))
		if _, err := s.Token(t.Context()); err != nil || calls != 2 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}

func TestAFailedLoginIsNotKept(t *testing.T) {
	var calls int
	s := must(t)(ClientCredentials(config(func(*http.Request) (*http.Response, error) {
		if calls++; calls == 1 {
			return answer(400, "application/json", `{"error":"invalid_grant"}`), nil
		}
		return granted("tok", "https://a.my.salesforce.com", ""), nil
	})))
	if _, err := s.Token(t.Context()); err == nil {
		t.Fatal("the first login succeeded")
	}
	if _, err := s.Token(t.Context()); err != nil {
		t.Errorf("second login: %v", err)
	}
}

func TestARefusedPasswordIsNotSentAgainAtOnce(t *testing.T) {
	for name, build := range map[string]func(Config) (Source, error){flowPassword: Password, flowSOAP: SOAP} {
		synctest.Test(t, func(t *testing.T) {
			var calls int
			cfg := config(func(*http.Request) (*http.Response, error) {
				calls++
				if name == flowSOAP {
					return answer(500, "text/xml", `<Envelope><Body><Fault><faultcode>sf:INVALID_LOGIN</faultcode></Fault></Body></Envelope>`), nil
				}
				return answer(400, "application/json", `{"error":"invalid_grant","error_description":"authentication failure"}`), nil
			})
			cfg.Username, cfg.Password = "u@example.com", "wrong-hidden"
			s := must(t)(build(cfg))
			for range 50 {
				if _, err := s.Token(t.Context()); err == nil {
					t.Fatal("no error")
				}
			}
			if calls != 1 {
				t.Errorf("%s: %d logins, want 1", name, calls)
			}
			time.Sleep(lockoutPause)
			if _, err := s.Token(t.Context()); err == nil || calls != 2 {
				t.Errorf("%s: %d logins after a pause, want 2", name, calls)
			}
		})
	}
}

func TestAnUnknownHostSaysSo(t *testing.T) {
	s := must(t)(ClientCredentials(config(func(*http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "acme.my.salesforce.com", IsNotFound: true}
	})))
	_, err := s.Token(t.Context())
	var dns *net.DNSError
	if !errors.As(err, &dns) || !strings.Contains(err.Error(), "acme.my.salesforce.com") {
		t.Errorf("error is %v, want the DNS failure", err)
	}
}

func TestALoginIsNotCarriedToAnotherHost(t *testing.T) {
	s := must(t)(RefreshToken(config(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "acme.my.salesforce.com" {
			t.Errorf("secrets went to %s", r.URL.Host)
		}
		resp := answer(307, "text/html", "")
		resp.Header.Set("Location", "https://evil.example/services/oauth2/token")
		return resp, nil
	})))
	if _, err := s.Token(t.Context()); err == nil {
		t.Error("a redirect counts as a login")
	}
}

func TestAFixedTokenEndsWithAdvice(t *testing.T) {
	s := must(t)(AccessToken(accessSecret, "https://acme.my.salesforce.com/"))
	tok, err := s.Token(t.Context())
	if err != nil || tok.AccessToken != accessSecret || tok.InstanceURL != "https://acme.my.salesforce.com" {
		t.Fatalf("%v, %v", tok, err)
	}
	s.Invalidate("another")
	if _, err := s.Token(t.Context()); err != nil {
		t.Errorf("another token's end counts: %v", err)
	}
	s.Invalidate(accessSecret)
	_, err = s.Token(t.Context())
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != CodeTokenExpired || !strings.Contains(err.Error(), "get a new one") {
		t.Errorf("after its end: %v", err)
	}
	noSecret(t, err)
}

func TestNothingPrintsASecret(t *testing.T) {
	cfg := config(func(*http.Request) (*http.Response, error) {
		return granted(accessSecret, "https://a.my.salesforce.com", ""), nil
	})
	cc, rt := must(t)(ClientCredentials(cfg)), must(t)(RefreshToken(cfg))
	at := must(t)(AccessToken(accessSecret, "https://a.my.salesforce.com"))
	for _, s := range []Source{cc, rt, at} {
		tok, err := s.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		noSecret(t, s)
		noSecret(t, tok)
		noSecret(t, struct{ T Token }{tok})
	}
	noSecret(t, cfg)
	noSecret(t, &cfg)
}

// noSecret fails if any way of printing v shows a secret.
func noSecret(t *testing.T, v any) {
	t.Helper()
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", v)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	for _, s := range []string{clientSecret, refreshOne, refreshTwo, accessSecret} {
		if strings.Contains(out.String(), s) || strings.Contains(out.String(), fmt.Sprintf("%x", s)) {
			t.Errorf("%T prints a secret:\n%s", v, out.String())
			return
		}
	}
}

func TestJSONOfATokenIsNotAWayOut(t *testing.T) {
	b, err := json.Marshal(Token{AccessToken: accessSecret})
	if err != nil || strings.Contains(string(b), accessSecret) {
		t.Errorf("%s, %v", b, err)
	}
}

// A host that begins its answer and never ends it is too slow, and not another
// kind of host.
func TestAnAnswerThatTricklesIsTooSlow(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	}))
	defer srv.Close()
	cfg := Config{
		LoginURL: srv.URL, ClientID: "key", ClientSecret: clientSecret, RefreshToken: refreshOne, Username: "u", Password: "pw-1188-hidden",
		Timeout: 100 * time.Millisecond, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	for name, flow := range map[string]func(Config) (Source, error){
		flowRefresh: RefreshToken, flowClient: ClientCredentials, flowPassword: Password, flowSOAP: SOAP,
	} {
		_, err := must(t)(flow(cfg)).Token(t.Context())
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer in time") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
