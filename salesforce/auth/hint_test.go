package auth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestEachRefusalHasItsNextStep(t *testing.T) {
	for _, c := range []struct {
		code, words, flow string
		status            int
		want              string
	}{
		{"invalid_client_id", "client identifier invalid", flowRefresh, 400, "consumer key"},
		{"invalid_client_id", "client identifier invalid", flowRefresh, 400, "ten minutes"},
		{"invalid_client", "invalid client credentials", flowRefresh, 401, "consumer secret"},
		{"invalid_client", "", flowClient, 401, "ten minutes"},
		{"invalid_client_credentials", "", flowClient, 400, "consumer secret"},
		{"invalid_grant", "authentication failure", flowPassword, 400, "security token"},
		{"invalid_grant", "authentication failure", flowPassword, 400, "test.salesforce.com"},
		{"invalid_grant", "authentication failure - Invalid Password", flowPassword, 400, "Allow OAuth Username-Password Flows"},
		{"invalid_grant", "expired access/refresh token", flowRefresh, 400, "sign in again"},
		{"invalid_grant", "expired authorization code", flowCode, 400, "15 minutes"},
		{"invalid_grant", "invalid authorization code", flowCode, 400, "works once"},
		{"invalid_grant", "expired authorization code", flowJWT, 400, "clock"},
		{"invalid_grant", "invalid code verifier", flowCode, 400, "another sign-in"},
		{"invalid_grant", "inactive user", flowRefresh, 400, "activate the user"},
		{"invalid_grant", "user is locked", flowPassword, 400, "unlock"},
		{"invalid_grant", "ip restricted", flowRefresh, 400, "Relax IP restrictions"},
		{"invalid_grant", "ip not allowed", flowJWT, 400, "Login IP Ranges"},
		{"invalid_grant", "audience is invalid", flowJWT, 400, "https://test.salesforce.com"},
		{"invalid_grant", "Audience validation failed", flowJWT, 400, "https://login.salesforce.com"},
		{"invalid_grant", "user hasn't approved this consumer", flowJWT, 400, "preauthorize"},
		{"invalid_grant", "invalid assertion", flowJWT, 400, "certificate"},
		{"invalid_grant", "request not supported on this domain", flowClient, 400, "My Domain"},
		{"invalid_grant", "no client credentials user enabled", flowClient, 400, "Run As"},
		{"invalid_grant", "membership ended", flowRefresh, 400, "Login History"},
		{"invalid_grant", "something new", flowRefresh, 400, "Login History"},
		{"invalid_grant", "", "", 400, "Login History"},
		{"invalid_app_access", "user is not admin approved to access this app", flowCode, 400, "permission set"},
		{"redirect_uri_mismatch", "redirect_uri must match configuration", flowCode, 400, "to the letter"},
		{"OAUTH_EC_APP_NOT_FOUND", "", flowCode, 0, "install the app"},
		{"inactive_org", "", flowRefresh, 400, "expired"},
		{"rate_limit_exceeded", "", flowJWT, 400, "wait"},
		{"INVALID_LOGIN", "Invalid username, password, security token; or user locked out.", flowSOAP, 500, "security token"},
		{"LOGIN_MUST_USE_SECURITY_TOKEN", "", flowSOAP, 500, "Reset My Security Token"},
		{"LOGIN_DURING_RESTRICTED_DOMAIN", "", flowSOAP, 500, "Login IP Ranges"},
		{"INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "", flowSOAP, 200, "new password"},
		{"UNSUPPORTED_API_VERSION", "", flowSOAP, 500, "June 2027"},
		{"API_DISABLED_FOR_ORG", "", flowSOAP, 500, "API Enabled"},
		{"INSUFFICIENT_ACCESS", "", "", 403, "administrator"},
		{CodeInvalidResponse, "status 404: URL No Longer Exists", flowRefresh, 404, "check the host name"},
		{CodeInvalidResponse, "status 302", flowRefresh, 302, "another address"},
		{CodeInvalidResponse, "status 420", flowRefresh, 420, "deleted"},
		{CodeInvalidResponse, "status 403", flowRefresh, 403, "HTTPS_PROXY"},
		{CodeInvalidResponse, "status 503", flowRefresh, 503, "status.salesforce.com"},
	} {
		e := &Error{Code: c.code, Description: c.words, Flow: c.flow, Status: c.status, Host: "login.salesforce.com"}
		if got := Hint(fmt.Errorf("driver: %w", e)); !strings.Contains(got, c.want) || !strings.Contains(e.Error(), got) {
			t.Errorf("%s %q: %q, want %q in it", c.code, c.words, got, c.want)
		}
	}
	if got := Hint(&Error{Code: "never_heard_of"}); got != "" {
		t.Errorf("an unknown code: %q", got)
	}
}

// Every line of the table must be reachable: one that stands behind a wider
// one would never be read.
func TestNoAdviceIsHiddenByAnother(t *testing.T) {
	for _, a := range advices {
		if got := (&Error{Code: a.code, Description: a.words, Flow: a.flow}).Next(); got != a.next {
			t.Errorf("%s %q %s: %q comes first", a.code, a.words, a.flow, got)
		}
	}
}

func TestUnknownHostsHaveAHint(t *testing.T) {
	for host, want := range map[string]string{
		"acme-dev-ed.my.salesforce.com": "acme-dev-ed.develop.my.salesforce.com",
		"acme--uat.my.salesforce.com.":  "acme--uat.sandbox.my.salesforce.com",
		"acne.my.salesforce.com":        "no such My Domain",
		"logn.salesforce.com":           "typing mistake",
	} {
		err := failure(context.Background(), host, transportError(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}))
		if got := Hint(err); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q in it", host, got, want)
		}
	}
}

// transportError is what an http.Client returns around err.
func transportError(err error) error {
	hc := http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, err })}
	_, err = hc.Get("https://acme.my.salesforce.com")
	return err
}

func TestHostsThatCannotBeReachedHaveAHint(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of each client that leaves
	secure.StartTLS()
	defer secure.Close()
	hang := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-hang:
		}
	}))
	defer slow.Close()
	defer close(hang)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()

	trusting := secure.Client().Transport.(*http.Transport).TLSClientConfig
	for _, c := range []struct{ name, url, want string }{
		{"a proxy's certificate", secure.URL, "SSL_CERT_FILE"},
		{"another host's certificate", strings.Replace(secure.URL, "127.0.0.1", "localhost", 1), "typing mistake"},
		{"no answer", slow.URL, "HTTPS_PROXY"},
		{"nobody there", closed.URL, "nothing listens"},
	} {
		transport := &http.Transport{}
		if strings.Contains(c.url, "localhost") {
			transport.TLSClientConfig = &tls.Config{RootCAs: trusting.RootCAs}
		}
		for flow, build := range map[string]func(Config) (Source, error){flowRefresh: RefreshToken, flowSOAP: SOAP} {
			cfg := Config{LoginURL: c.url, ClientID: "key", RefreshToken: refreshOne, Username: "u", Password: "p-hidden", HTTPClient: &http.Client{Transport: transport}}
			if c.url == slow.URL {
				cfg.Timeout = 100 * time.Millisecond
			}
			_, err := must(t)(build(cfg)).Token(t.Context())
			if err == nil || !strings.Contains(Hint(err), c.want) {
				t.Errorf("%s, %s: %v; hint %q", c.name, flow, err, Hint(err))
			}
			noSecret(t, err)
		}
		transport.CloseIdleConnections()
	}
}

func TestHintOfAnythingElseIsEmpty(t *testing.T) {
	for _, err := range []error{nil, io.EOF, errors.New("x"), context.Canceled} {
		if got := Hint(err); got != "" {
			t.Errorf("%v: %q", err, got)
		}
	}
}

func TestAHostThatSpeaksHTTPHasAHint(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	cfg := Config{LoginURL: strings.Replace(srv.URL, "http:", "https:", 1), ClientID: "key", ClientSecret: clientSecret}
	_, err := must(t)(ClientCredentials(cfg)).Token(t.Context())
	if got := Hint(err); !strings.Contains(got, "tls=off") {
		t.Errorf("%v; hint %q", err, got)
	}
}
