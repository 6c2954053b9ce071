package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
)

// theKey is the private key of the app. Making one takes a moment.
var theKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// org starts an emulated org and returns what every flow needs to log in to it.
func org(t *testing.T, settings emulator.Auth, more ...emulator.Option) (*emulator.Server, auth.Config) {
	t.Helper()
	settings.PublicKey = &theKey().PublicKey
	s := emulator.New(append([]emulator.Option{emulator.WithAuth(settings)}, more...)...)
	t.Cleanup(s.Close)
	hc := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(hc.CloseIdleConnections)
	key := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(theKey())})
	return s, auth.Config{
		LoginURL: s.URL(), ClientID: s.ClientID(), ClientSecret: s.ClientSecret(), RefreshToken: s.RefreshToken(),
		Username: s.Username(), Password: s.Password(), SecurityToken: s.SecurityToken(), PrivateKey: key, HTTPClient: hc,
	}
}

// flows are the ways in that need no browser and no other program.
var flows = map[string]func(auth.Config) (auth.Source, error){
	"client_credentials": auth.ClientCredentials,
	"refresh_token":      auth.RefreshToken,
	"password":           auth.Password,
	"soap":               auth.SOAP,
	"jwt":                auth.JWT,
}

func client(t *testing.T, tokens auth.Source) *salesforce.Client {
	t.Helper()
	hc := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 50, MaxIdleConnsPerHost: 50}}
	t.Cleanup(hc.CloseIdleConnections)
	c, err := salesforce.New(salesforce.Config{Tokens: tokens, HTTPClient: hc})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// count asks the org how many accounts there are, which needs a session.
func count(t *testing.T, c *salesforce.Client) error {
	t.Helper()
	rows, err := c.Query(t.Context(), "SELECT COUNT() FROM Account", salesforce.QueryOptions{})
	if err != nil {
		return err
	}
	return rows.Close()
}

func TestEveryFlowLogsInAndOutlivesItsSession(t *testing.T) {
	for name, build := range flows {
		t.Run(name, func(t *testing.T) {
			s, cfg := org(t, emulator.Auth{RotateRefreshTokens: true, RequireSecret: true})
			source, err := build(cfg)
			if err != nil {
				t.Fatal(err)
			}
			c := client(t, source)
			for range 3 {
				if err := count(t, c); err != nil {
					t.Fatal(err)
				}
				s.ExpireSessions()
			}
			if n := auth.Logins(source); n != 3 {
				t.Errorf("%d logins, want 3", n)
			}
			tok, err := source.Token(t.Context())
			if err != nil || tok.InstanceURL != s.URL() {
				t.Errorf("%v, %v", tok, err)
			}
		})
	}
}

// hardSecrets are credentials that something on the way could misread: every
// printable ASCII character, letters of other scripts, and beyond the basic
// plane.
func hardSecrets() []string {
	var ascii strings.Builder
	for r := ' '; r <= '~'; r++ {
		ascii.WriteRune(r)
	}
	return []string{
		ascii.String(), "a+b/c=d%e&f", "+/=%&", "%2B%26=%", `<![CDATA[x]]>&amp;"'`, "  two blanks  ", "pässwörd-İıſ-Ελλάς-密码-🔑-\u00a0", "\\n\\u0041${x}`id`",
	}
}

func TestCredentialsOfAllCharactersLogInByEveryFlow(t *testing.T) {
	for _, secret := range hardSecrets() {
		s, cfg := org(t, emulator.Auth{ClientSecret: secret, Password: secret, SecurityToken: secret + "T", RequireSecret: true, LoginPage: true})
		if cfg.Password != secret || cfg.ClientSecret != secret {
			t.Fatalf("the org has other credentials: %q", cfg.Password)
		}
		for name, build := range flows {
			source, err := build(cfg)
			if err != nil {
				t.Errorf("%s with %q: %v", name, secret, err)
				continue
			}
			if _, err := source.Token(t.Context()); err != nil {
				t.Errorf("%s with %q: %v", name, secret, err)
			}
		}
		grant, err := auth.Authorize(t.Context(), auth.AuthorizeConfig{
			Config: cfg, RedirectURL: s.URL() + "/services/oauth2/success", Paste: person(s).paste,
		})
		if err != nil {
			t.Errorf("authorization code with %q: %v", secret, err)
			continue
		}
		if in, err := auth.Introspect(t.Context(), cfg, grant.AccessToken); err != nil || !in.Active {
			t.Errorf("introspection with %q: %+v, %v", secret, in, err)
		}
	}
}

func TestSOAPRefusesWhatXMLCannotCarry(t *testing.T) {
	for _, secret := range []string{"a\x00b", "a\x1bb", "a\ufffeb", "a\xffb"} {
		cfg := auth.Config{LoginURL: "https://login.salesforce.com", Username: "u", Password: secret}
		if _, err := auth.SOAP(cfg); err == nil || !strings.Contains(err.Error(), "XML") || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

func TestManyQueriesAcrossTheEndOfASessionLogInOnce(t *testing.T) {
	const queries = 200
	for name, build := range flows {
		t.Run(name, func(t *testing.T) {
			s, cfg := org(t, emulator.Auth{RotateRefreshTokens: true}, emulator.WithLatency(2*time.Millisecond))
			source, err := build(cfg)
			if err != nil {
				t.Fatal(err)
			}
			c := client(t, source)
			if err := count(t, c); err != nil {
				t.Fatal(err)
			}
			s.ResetStats()
			var wg sync.WaitGroup
			var failed sync.Map
			for i := range queries {
				if i == queries/4 {
					s.ExpireSessions() // while the first are on their way
				}
				wg.Go(func() {
					if err := count(t, c); err != nil {
						failed.Store(i, err)
					}
				})
			}
			wg.Wait()
			failed.Range(func(i, err any) bool { t.Errorf("query %v: %v", i, err); return true })
			stats := s.Stats()
			if n := stats.ByPath["token"] + stats.ByPath["soap"]; n != 1 {
				t.Errorf("%d logins, want 1", n)
			}
		})
	}
}

func TestRefusalsThatNoLoginMendsEndAtOnce(t *testing.T) {
	for _, kind := range []emulator.FaultKind{emulator.FaultNoRestSession, emulator.FaultNoAgent, emulator.FaultAuthHeader} {
		s, cfg := org(t, emulator.Auth{}, emulator.WithFaults(emulator.Fault{Kind: kind, Endpoint: "query", Times: -1}))
		source, err := auth.RefreshToken(cfg)
		if err != nil {
			t.Fatal(err)
		}
		err = count(t, client(t, source))
		var refused *salesforce.Error
		if !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
			t.Errorf("%s: %v", kind, err)
		}
		if stats := s.Stats(); stats.ByPath["token"] != 1 || stats.Requests != 2 {
			t.Errorf("%s: %d requests, of which %v", kind, stats.Requests, stats.ByPath)
		}
	}
}

func TestASessionThatNeverHoldsEnds(t *testing.T) {
	s, cfg := org(t, emulator.Auth{}, emulator.WithFaults(emulator.Fault{Kind: emulator.FaultExpireSession, Endpoint: "query", Times: -1}))
	source, err := auth.ClientCredentials(cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = count(t, client(t, source))
	if err == nil || auth.Hint(err) == "" {
		t.Errorf("%v; hint %q", err, auth.Hint(err))
	}
	if n := s.Stats().ByPath["token"]; n != 2 {
		t.Errorf("%d logins, want 2", n)
	}
}

func TestTwoSourcesOfOneKeeperShareARotatedToken(t *testing.T) {
	s, cfg := org(t, emulator.Auth{RotateRefreshTokens: true})
	cfg.Keeper = &fileKeeper{path: t.TempDir() + "/token"}
	if err := cfg.Keeper.(*fileKeeper).write(cfg.RefreshToken); err != nil {
		t.Fatal(err)
	}
	var clients []*salesforce.Client
	for range 2 {
		source, err := auth.RefreshToken(cfg)
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, client(t, source))
	}
	for range 5 {
		var wg sync.WaitGroup
		for _, c := range clients {
			wg.Go(func() {
				if err := count(t, c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		s.ExpireSessions()
	}
}

func TestARefreshTokenThatCannotBeKeptIsUsedAndTold(t *testing.T) {
	s, cfg := org(t, emulator.Auth{RotateRefreshTokens: true})
	keeper := &brokenKeeper{token: cfg.RefreshToken}
	cfg.Keeper = keeper
	source, err := auth.RefreshToken(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, source)
	for range 3 {
		if err := count(t, c); err != nil {
			t.Fatal(err)
		}
		s.ExpireSessions()
	}
	notices := auth.Notices(source)
	if len(notices) != 1 || !strings.Contains(notices[0], "disk full") || strings.Contains(notices[0], s.RefreshToken()) {
		t.Errorf("notices %q", notices)
	}
	keeper.works = true
	if err := count(t, c); err != nil {
		t.Fatal(err)
	}
	if n := auth.Notices(source); len(n) != 0 || keeper.token != s.RefreshToken() {
		t.Errorf("once it can be kept: notices %q", n)
	}
}

func TestIntrospectAndRevoke(t *testing.T) {
	s, cfg := org(t, emulator.Auth{})
	source, err := auth.RefreshToken(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := source.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in, err := auth.Introspect(t.Context(), cfg, tok.AccessToken)
	if err != nil || !in.Active || in.Username != s.Username() || in.ClientID != s.ClientID() || in.TokenType != "access_token" || !strings.Contains(in.Scope, "api") ||
		in.Subject != tok.IdentityURL || time.Until(in.Expires) < time.Hour || in.Issued.IsZero() {
		t.Errorf("access token: %+v, %v", in, err)
	}
	in, err = auth.Introspect(t.Context(), cfg, cfg.RefreshToken)
	if err != nil || in.TokenType != "refresh_token" || !in.Expires.IsZero() {
		t.Errorf("refresh token: %+v, %v", in, err)
	}
	if err := auth.Revoke(t.Context(), auth.Config{LoginURL: s.URL(), HTTPClient: cfg.HTTPClient}, cfg.RefreshToken); err != nil {
		t.Fatal(err)
	}
	for _, dead := range []string{tok.AccessToken, cfg.RefreshToken} {
		if in, err := auth.Introspect(t.Context(), cfg, dead); err != nil || in != (auth.Introspection{}) {
			t.Errorf("revoked: %+v, %v", in, err)
		}
	}
	var refused *auth.Error
	err = auth.Revoke(t.Context(), cfg, cfg.RefreshToken)
	if !errors.As(err, &refused) || refused.Code != "unsupported_token_type" || refused.Next() == "" {
		t.Errorf("revoked again: %v", err)
	}
	wrong := cfg
	wrong.ClientSecret = "wrong"
	if _, err := auth.Introspect(t.Context(), wrong, tok.AccessToken); !errors.As(err, &refused) || refused.Code != "invalid_client" {
		t.Errorf("wrong secret: %v", err)
	}
}

// TestRefusalsOfTheOrgHaveAHint provokes what an org refuses, and looks for
// the next step and for secrets in every one.
func TestRefusalsOfTheOrgHaveAHint(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings emulator.Auth
		change   func(*auth.Config)
		flow     string
		code     string
		hint     string
	}{
		{"unknown app", emulator.Auth{}, func(c *auth.Config) { c.ClientID = "3MVG9other" }, "client_credentials", "invalid_client_id", "ten minutes"},
		{"wrong secret", emulator.Auth{}, func(c *auth.Config) { c.ClientSecret += "x" }, "client_credentials", "invalid_client", "client_secret"},
		{"shared host", emulator.Auth{NoClientCredentials: true}, func(*auth.Config) {}, "client_credentials", "invalid_grant", "My Domain"},
		{"revoked", emulator.Auth{}, func(c *auth.Config) { c.RefreshToken += "x" }, "refresh_token", "invalid_grant", "sign in again"},
		{"no secret", emulator.Auth{RequireSecret: true}, func(c *auth.Config) { c.ClientSecret = "" }, "refresh_token", "invalid_client", "client_secret"},
		{"wrong password", emulator.Auth{}, func(c *auth.Config) { c.Password += "x" }, "password", "invalid_grant", "test.salesforce.com"},
		{"no security token", emulator.Auth{}, func(c *auth.Config) { c.SecurityToken = "" }, "password", "invalid_grant", "security token"},
		{"password flow off", emulator.Auth{NoPasswordGrant: true}, func(*auth.Config) {}, "password", "invalid_grant", "Allow OAuth Username-Password Flows"},
		{"wrong password", emulator.Auth{}, func(c *auth.Config) { c.Password += "x" }, "soap", "INVALID_LOGIN", "security token"},
		{"no security token", emulator.Auth{}, func(c *auth.Config) { c.SecurityToken = "" }, "soap", "LOGIN_MUST_USE_SECURITY_TOKEN", "Reset My Security Token"},
		{"expired password", emulator.Auth{PasswordExpired: true}, func(*auth.Config) {}, "soap", "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "new password"},
		{"not approved", emulator.Auth{NotApproved: true}, func(*auth.Config) {}, "jwt", "invalid_grant", "preauthorize"},
		{"wrong user", emulator.Auth{}, func(c *auth.Config) { c.Username = "x@example.com" }, "jwt", "invalid_grant", "preauthorize"},
		{"wrong audience", emulator.Auth{}, func(c *auth.Config) { c.Audience = "https://other.example.com" }, "jwt", "invalid_grant", "https://test.salesforce.com"},
		{"wrong key", emulator.Auth{}, func(c *auth.Config) { c.PrivateKey = otherKey(t) }, "jwt", "invalid_grant", "certificate"},
		{"unknown app", emulator.Auth{}, func(c *auth.Config) { c.ClientID = "3MVG9other" }, "jwt", "invalid_client_id", "consumer key"},
	} {
		t.Run(c.flow+" "+c.name, func(t *testing.T) {
			s, cfg := org(t, c.settings)
			c.change(&cfg)
			source, err := flows[c.flow](cfg)
			if err != nil {
				t.Fatal(err)
			}
			_, err = source.Token(t.Context())
			var refused *auth.Error
			if !errors.As(err, &refused) || refused.Code != c.code || refused.Flow != c.flow || refused.Temporary() {
				t.Fatalf("%v", err)
			}
			if !strings.Contains(auth.Hint(err), c.hint) || !strings.Contains(err.Error(), auth.Hint(err)) {
				t.Errorf("hint %q, want %q in it", auth.Hint(err), c.hint)
			}
			if n := s.Stats().ByPath["token"] + s.Stats().ByPath["soap"]; n != 1 {
				t.Errorf("tried %d times", n)
			}
			free(t, err, cfg)
		})
	}
}

// free fails if the text of an error shows a secret.
func free(t *testing.T, err error, cfg auth.Config) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v %q", err, err, err, auth.Hint(err))
	for e := err; e != nil; e = errors.Unwrap(e) {
		text += fmt.Sprintf("\n%+v", e)
	}
	for _, secret := range []string{cfg.ClientSecret, cfg.RefreshToken, cfg.Password, cfg.SecurityToken, string(cfg.PrivateKey)} {
		for _, form := range []string{secret, url.QueryEscape(secret)} {
			if len(form) > 3 && strings.Contains(text, form) {
				t.Errorf("%s shows a secret", text)
			}
		}
	}
}

func TestNoticesTellTheEndOfAFlow(t *testing.T) {
	_, cfg := org(t, emulator.Auth{})
	for name, build := range flows {
		source, err := build(cfg)
		if err != nil {
			t.Fatal(err)
		}
		notices := strings.Join(auth.Notices(source), "\n")
		want := map[string]string{"soap": "June 2027", "password": "retiring"}[name]
		if !strings.Contains(notices, want) || want == "" && notices != "" {
			t.Errorf("%s: %q, want %q", name, notices, want)
		}
	}
}

// freePort returns a port of the loopback address that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
