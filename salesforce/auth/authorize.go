package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	// defaultPort and redirectPath are those of the Salesforce CLI: many apps
	// have its address registered already. Salesforce takes no other port than
	// the registered one.
	defaultPort  = 1717
	redirectPath = "/OauthRedirect"

	defaultScope = "api refresh_token"
	defaultWait  = 5 * time.Minute
)

// AuthorizeConfig says how a user is to sign in with a browser.
type AuthorizeConfig struct {
	// Config names the host and the app; Username is only suggested to the
	// user, and Timeout bounds the exchange after the user has signed in.
	Config

	// RedirectURL is where the browser goes afterwards, to the letter as the
	// app has registered it: an address of this machine, such as
	// http://localhost:8080/callback, or a fixed page, such as
	// https://login.salesforce.com/services/oauth2/success. Empty means
	// http://localhost:PORT/OauthRedirect.
	RedirectURL string
	// Port is that of an empty RedirectURL; 0 means 1717.
	Port int
	// Scope is what the app asks for, separated by blanks; empty means
	// "api refresh_token".
	Scope string
	// Wait is how long the user may take; 0 means five minutes.
	Wait time.Duration

	// Open shows the user the page to sign in on, in a browser or as an
	// address to go to.
	Open func(url string) error
	// Paste shows the user the page to sign in on and returns the address that
	// the browser landed on, or returns when ctx ends. It is used where
	// RedirectURL is not on this machine, or where Open is nil: a browser on
	// another machine lands on an error page whose address will do.
	Paste func(ctx context.Context, url string) (string, error)
}

// Grant is what a user allowed.
type Grant struct {
	Token
	RefreshToken string // empty where the scope or the app gives none
	Scope        string // what was granted, separated by blanks
}

// Authorize lets a user sign in with a browser: the authorization code flow
// with PKCE. The browser is sent back to a listener on a loopback address, or
// to a page whose address the user pastes.
//
// The user is asked for name and password even where the browser has a session
// already: it may be one with another org.
func Authorize(ctx context.Context, cfg AuthorizeConfig) (*Grant, error) {
	s, err := newSignIn(cfg)
	if err != nil {
		return nil, err
	}
	wait := timeoutOr(cfg.Wait, defaultWait)
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	g, err := s.run(waiting)
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("auth: nobody signed in at %s within %s: %w", s.exchange.host, wait, context.DeadlineExceeded)
	}
	return g, err
}

// signIn is one user's way through the browser.
type signIn struct {
	cfg      AuthorizeConfig
	app      oauth2.Config
	exchange *exchange
	redirect *url.URL
	state    string // tells the answer to this sign-in from others
	verifier string // of PKCE: proves that who has the code asked for it
	code     string
	granted  *oauth2.Token
}

func newSignIn(cfg AuthorizeConfig) (*signIn, error) {
	u, err := cfg.login(flowCode, "ClientID")
	if err != nil {
		return nil, err
	}
	if cfg.RedirectURL == "" {
		port := cfg.Port
		if port == 0 {
			port = defaultPort
		}
		cfg.RedirectURL = "http://localhost:" + strconv.Itoa(port) + redirectPath
	}
	redirect, err := url.Parse(cfg.RedirectURL)
	if err != nil || redirect.Host == "" || redirect.Fragment != "" {
		return nil, errors.New("auth: RedirectURL is no URL such as http://localhost:1717/OauthRedirect")
	}
	s := &signIn{cfg: cfg, app: cfg.app(u), redirect: redirect, state: rand.Text(), verifier: oauth2.GenerateVerifier()}
	s.app.RedirectURL = cfg.RedirectURL
	s.app.Scopes = strings.Fields(cfg.Scope)
	if len(s.app.Scopes) == 0 {
		s.app.Scopes = strings.Fields(defaultScope)
	}
	s.exchange = newOAuth(flowCode, u, cfg.Config, func(ctx context.Context) (*oauth2.Token, error) {
		t, err := s.app.Exchange(ctx, s.code, oauth2.VerifierOption(s.verifier))
		s.granted = t
		return t, err
	})
	s.exchange.secrets = func() []string { return append(cfg.secrets(), s.code, s.verifier) }
	return s, nil
}

// run has the user sign in where the answer can be had.
func (s *signIn) run(ctx context.Context) (*Grant, error) {
	onThisMachine := s.redirect.Scheme == "http" && isLoopback(s.redirect.Hostname())
	switch {
	case onThisMachine && s.cfg.Open != nil:
		return s.listen(ctx)
	case s.cfg.Paste != nil:
		return s.paste(ctx)
	case onThisMachine:
		return nil, errors.New("auth: signing in needs Open, or Paste")
	}
	return nil, fmt.Errorf("auth: %s is not on this machine, so signing in needs Paste", s.redirect.Host)
}

// address is the page to sign in on.
func (s *signIn) address() string {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(s.verifier), oauth2.SetAuthURLParam("prompt", "login")}
	if s.cfg.Username != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", s.cfg.Username))
	}
	return s.app.AuthCodeURL(s.state, options...)
}

func (s *signIn) paste(ctx context.Context) (*Grant, error) {
	text, err := s.cfg.Paste(ctx, s.address())
	if err != nil {
		return nil, hideIn(fmt.Errorf("auth: waiting for the address: %w", err), s.cfg.secrets())
	}
	answer, err := parseRedirect(text)
	if err != nil {
		return nil, err
	}
	if !s.answers(answer) {
		return nil, s.exchange.finish(&Error{Code: CodeStateMismatch, Description: "the address belongs to another sign-in"})
	}
	return s.redeem(ctx, answer)
}

// parseRedirect reads the address that a browser landed on, as pasted. An
// error repeats none of it, for it may hold a code.
func parseRedirect(text string) (url.Values, error) {
	// A terminal or a mail may have broken the line.
	text = strings.Trim(strings.Join(strings.Fields(text), ""), `"'<>`)
	whole := errors.New("auth: paste the whole address of the page that the browser landed on, with what is behind the question mark")
	u, err := url.Parse(text)
	if err != nil {
		return nil, whole
	}
	query := u.RawQuery
	if query == "" {
		query = u.Fragment
	}
	answer, err := url.ParseQuery(query)
	if err != nil || answer.Get("code") == "" && answer.Get("error") == "" {
		return nil, whole
	}
	return answer, nil
}

// answers reports whether an answer belongs to this sign-in.
func (s *signIn) answers(answer url.Values) bool {
	return subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(s.state)) == 1
}

// redeem trades the code of the answer for a session.
func (s *signIn) redeem(ctx context.Context, answer url.Values) (*Grant, error) {
	if code := answer.Get("error"); code != "" {
		return nil, s.exchange.finish(&Error{Code: code, Description: answer.Get("error_description")})
	}
	s.code = answer.Get("code")
	if s.code == "" {
		return nil, s.exchange.finish(&Error{Code: CodeInvalidResponse, Description: "the browser came back without a code", Status: http.StatusOK})
	}
	ctx, cancel := context.WithTimeout(ctx, timeoutOr(s.cfg.Timeout, DefaultTimeout))
	defer cancel()
	// A code works once, so a second try would only hide what went wrong.
	token, err := s.exchange.once(context.WithValue(ctx, oauth2.HTTPClient, s.exchange.client))
	if err != nil {
		return nil, err
	}
	scope, _ := s.granted.Extra("scope").(string)
	return &Grant{Token: token, RefreshToken: s.granted.RefreshToken, Scope: scope}, nil
}
