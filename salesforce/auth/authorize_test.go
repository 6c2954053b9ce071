package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/salesforce/auth"
)

// user is a person with a browser.
type user struct {
	server  *emulator.Server
	deny    bool
	landed  chan string // the page that the browser ended on
	changed func(address string) string
}

func person(s *emulator.Server) *user { return &user{server: s, landed: make(chan string, 9)} }

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// signIn goes through the org's login page and returns where it leads.
func (u *user) signIn(page string) (*url.URL, error) {
	hc := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := hc.Get(page)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		form := url.Values{"username": {u.server.Username()}, "password": {u.server.Password()}}
		for _, m := range hidden.FindAllStringSubmatch(string(body), -1) {
			form.Set(m[1], unescape.Replace(m[2]))
		}
		form.Set(map[bool]string{true: "deny", false: "allow"}[u.deny], "1")
		if resp, err = hc.PostForm(u.server.URL()+"/services/oauth2/authorize", form); err != nil {
			return nil, err
		}
		resp.Body.Close()
	}
	if resp.StatusCode != http.StatusFound {
		return nil, fmt.Errorf("the login page answers %d: %s", resp.StatusCode, body)
	}
	return resp.Location()
}

var unescape = strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">")

// paste signs in and copies the address of the page it landed on.
func (u *user) paste(_ context.Context, page string) (string, error) {
	to, err := u.signIn(page)
	if err != nil {
		return "", err
	}
	if u.changed != nil {
		return u.changed(to.String()), nil
	}
	return to.String(), nil
}

// open signs in like a browser, while the program waits.
func (u *user) open(page string) error {
	go func() {
		to, err := u.signIn(page)
		if err != nil {
			u.landed <- err.Error()
			return
		}
		u.visit(to.String())
	}()
	return nil
}

func (u *user) visit(address string) {
	hc := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := hc.Get(address)
	if err != nil {
		u.landed <- err.Error()
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	u.landed <- strconv.Itoa(resp.StatusCode) + " " + string(body)
}

// browserOrg is an org whose app may send the browser to a free port.
func browserOrg(t *testing.T, settings emulator.Auth) (*emulator.Server, auth.AuthorizeConfig) {
	t.Helper()
	port := freePort(t)
	settings.RedirectURIs = append(settings.RedirectURIs, fmt.Sprintf("http://localhost:%d/OauthRedirect", port), fmt.Sprintf("http://127.0.0.1:%d", port))
	s, cfg := org(t, settings)
	return s, auth.AuthorizeConfig{Config: cfg, Port: port}
}

func TestAuthorizeByLoopback(t *testing.T) {
	for _, redirect := range []string{"", "http://127.0.0.1:%d"} {
		s, cfg := browserOrg(t, emulator.Auth{LoginPage: true, RequireSecret: true})
		if redirect != "" {
			cfg.RedirectURL = fmt.Sprintf(redirect, cfg.Port)
		}
		u := person(s)
		cfg.Open = u.open
		grant, err := auth.Authorize(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		page := <-u.landed
		if !strings.HasPrefix(page, "200 ") || !strings.Contains(page, "Signed in to Salesforce") {
			t.Errorf("the browser sees %s", page)
		}
		if grant.RefreshToken == "" || grant.InstanceURL != s.URL() || !strings.Contains(grant.Scope, "refresh_token") {
			t.Errorf("grant %v with scope %q", grant, grant.Scope)
		}
		if text := fmt.Sprintf("%v %+v %#v %s", grant, *grant, grant, grant); strings.Contains(text, grant.RefreshToken) || strings.Contains(text, grant.AccessToken) {
			t.Errorf("the grant prints its secrets: %s", text)
		}
		cfg.RefreshToken = grant.RefreshToken
		source, err := auth.RefreshToken(cfg.Config)
		if err != nil {
			t.Fatal(err)
		}
		if err := count(t, client(t, source)); err != nil {
			t.Errorf("the refresh token: %v", err)
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", cfg.Port))
		if err != nil {
			t.Fatalf("the port is still taken: %v", err)
		}
		l.Close()
	}
}

func TestAuthorizeByPaste(t *testing.T) {
	for name, changed := range map[string]func(string) string{
		"as it is":    func(s string) string { return s },
		"broken line": func(s string) string { return "  " + s[:60] + "\n    " + s[60:] + "\n" },
		"in quotes":   func(s string) string { return `"` + s + `"` },
		"query alone": func(s string) string { return s[strings.Index(s, "?"):] },
	} {
		s, cfg := browserOrg(t, emulator.Auth{LoginPage: true})
		cfg.RedirectURL = s.URL() + "/services/oauth2/success"
		u := person(s)
		u.changed = changed
		cfg.Paste = u.paste
		if grant, err := auth.Authorize(t.Context(), cfg); err != nil || grant.RefreshToken == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswersOfAnotherSignInAreNotTaken(t *testing.T) {
	s, cfg := browserOrg(t, emulator.Auth{})
	u := person(s)
	cfg.Open = func(page string) error {
		base := fmt.Sprintf("http://127.0.0.1:%d", cfg.Port)
		go func() {
			u.visit(base + "/OauthRedirect?code=aPrxSTOLEN&state=other")
			u.visit(base + "/OauthRedirect?error=access_denied&error_description=x")
			u.visit(base + "/favicon.ico")
			_ = u.open(page)
		}()
		return nil
	}
	grant, err := auth.Authorize(t.Context(), cfg)
	if err != nil || grant.AccessToken == "" {
		t.Fatal(err)
	}
	for _, want := range []string{"400 ", "400 ", "404 ", "200 "} {
		if page := <-u.landed; !strings.HasPrefix(page, want) {
			t.Errorf("got %.200s, want %s", page, want)
		}
	}
	cfg.RedirectURL, cfg.Open = s.URL()+"/services/oauth2/success", nil
	u.changed = func(a string) string { return regexp.MustCompile(`state=\w+`).ReplaceAllString(a, "state=other") }
	cfg.Paste = u.paste
	_, err = auth.Authorize(t.Context(), cfg)
	var refused *auth.Error
	if !errors.As(err, &refused) || refused.Code != auth.CodeStateMismatch || refused.Next() == "" {
		t.Errorf("pasted: %v", err)
	}
}

func TestSigningInTellsWhatWentWrong(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings emulator.Auth
		change   func(*auth.AuthorizeConfig, *user)
		code     string
		says     string
	}{
		{"denied", emulator.Auth{LoginPage: true}, func(_ *auth.AuthorizeConfig, u *user) { u.deny = true }, "access_denied", "end-user denied authorization"},
		{"unknown scope", emulator.Auth{}, func(c *auth.AuthorizeConfig, _ *user) { c.Scope = "api everything" }, "invalid_scope", "must allow the scopes"},
		{"wrong secret", emulator.Auth{}, func(c *auth.AuthorizeConfig, _ *user) { c.ClientSecret = "wrong-secret-77" }, "invalid_client", "client_secret"},
	} {
		s, cfg := browserOrg(t, c.settings)
		u := person(s)
		cfg.Open = u.open
		c.change(&cfg, u)
		_, err := auth.Authorize(t.Context(), cfg)
		var refused *auth.Error
		if !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(err.Error(), c.says) || refused.Flow != "authorization_code" {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if page := <-u.landed; !strings.Contains(page, "Not signed in") || !strings.Contains(page, c.code) {
			t.Errorf("%s: the browser sees %s", c.name, page)
		}
		free(t, err, cfg.Config)
	}
}

func TestSigningInEndsWhereNobodyDoes(t *testing.T) {
	_, cfg := browserOrg(t, emulator.Auth{})
	cfg.Open = func(string) error { return nil }
	cfg.Wait = 20 * time.Millisecond
	_, err := auth.Authorize(t.Context(), cfg)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "nobody signed in") {
		t.Errorf("nobody: %v", err)
	}
	cfg.Wait = 0
	ctx, cancel := context.WithCancel(t.Context())
	cfg.Open = func(string) error { cancel(); return nil }
	if _, err := auth.Authorize(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	cfg.Open = func(string) error { return errors.New("no browser here") }
	if _, err := auth.Authorize(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "no browser here") {
		t.Errorf("no browser: %v", err)
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", cfg.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := auth.Authorize(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), strconv.Itoa(cfg.Port)) {
		t.Errorf("port in use: %v", err)
	}
}

func TestWhatIsPastedIsNotRepeated(t *testing.T) {
	cfg := auth.AuthorizeConfig{
		Config:      auth.Config{LoginURL: "https://login.salesforce.com", ClientID: "key"},
		RedirectURL: "https://login.salesforce.com/services/oauth2/success",
	}
	for _, text := range []string{"aPrxSECRET==", "https://login.salesforce.com/services/oauth2/success", "https://x/?access_token=SECRET", "http://[::SECRET", "https://x/?%zzSECRET", ""} {
		cfg.Paste = func(context.Context, string) (string, error) { return text, nil }
		if _, err := auth.Authorize(t.Context(), cfg); err == nil || strings.Contains(err.Error(), "SECRET") || !strings.Contains(err.Error(), "whole address") {
			t.Errorf("%q: %v", text, err)
		}
	}
	cfg.Paste = nil
	if _, err := auth.Authorize(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "Paste") {
		t.Errorf("no way to paste: %v", err)
	}
	cfg.RedirectURL = "localhost"
	if _, err := auth.Authorize(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "RedirectURL") {
		t.Errorf("no redirect: %v", err)
	}
}

func TestTheLoginHintIsTheUsername(t *testing.T) {
	s, cfg := browserOrg(t, emulator.Auth{})
	var page string
	cfg.RedirectURL = s.URL() + "/services/oauth2/success"
	cfg.Paste = func(_ context.Context, p string) (string, error) { page = p; return "", io.EOF }
	if _, err := auth.Authorize(t.Context(), cfg); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("login_hint") != s.Username() || q.Get("prompt") != "login" || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) < 20 || q.Get("scope") != "api refresh_token" {
		t.Errorf("asks with %v", q)
	}
}
