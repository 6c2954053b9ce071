package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/cli/browser"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/salesforce/auth"
)

// try logs in, checks the session, and completes the values that are saved.
func (l *loggingIn) try(ctx context.Context) (*findings, error) {
	switch l.flow.name {
	case "web":
		return l.tryBrowser(ctx)
	case "refresh_token":
		return l.tryRefresh(ctx)
	}
	return l.check(ctx, l.values)
}

// laterSteps are those of a check whose failure a login survives.
var laterSteps = []string{"identity", "scopes", "quota", "query"}

// check is the short form of sfsql check. What a login needs must work; what
// only the first statement needs is told and does not hinder.
func (l *loggingIn) check(ctx context.Context, values map[string]string) (*findings, error) {
	cfg, err := configOf(values)
	if err != nil {
		return nil, err
	}
	found := &findings{details: map[string]string{}}
	err = driver.Check(ctx, cfg, found.note)
	if found.failed == nil && err != nil {
		return nil, err
	}
	for _, step := range found.steps {
		if step.OK || step.Skipped {
			continue
		}
		if !slices.Contains(laterSteps, step.Name) {
			return nil, &checkError{step: step, err: err}
		}
	}
	for _, step := range found.steps {
		if step.OK || step.Skipped {
			continue
		}
		l.say("warning: %s: %s", step.Name, step.Cause)
		if step.Next != "" {
			l.say("hint: %s", step.Next)
		}
	}
	for _, note := range found.notes {
		l.say("note: %s", note)
	}
	return found, nil
}

// trySession checks an access token that a flow of its own brought, so that
// what it was made with is not used a second time: a refresh token may work
// only once.
func (l *loggingIn) trySession(ctx context.Context, token auth.Token) (*findings, error) {
	values := map[string]string{"host": l.values["host"], "auth": "access_token", "access_token": token.AccessToken, "instance_url": token.InstanceURL}
	for _, word := range []string{"tls", "client_id", "client_secret"} { // the app may ask about the token
		if l.values[word] != "" {
			values[word] = l.values[word]
		}
	}
	found, err := l.check(ctx, values)
	if found != nil {
		found.instance = token.InstanceURL
	}
	return found, err
}

// loginURL is the base URL of the host that a flow logs in at.
func loginURL(values map[string]string) string {
	if values["tls"] == "off" {
		return "http://" + values["host"]
	}
	return "https://" + values["host"]
}

func (l *loggingIn) authConfig() auth.Config {
	return auth.Config{
		LoginURL: loginURL(l.values), ClientID: l.values["client_id"], ClientSecret: l.values["client_secret"],
		RefreshToken: l.values["refresh_token"], Username: l.values["user"],
	}
}

// tryRefresh logs in with a refresh token and takes the one that replaces it.
func (l *loggingIn) tryRefresh(ctx context.Context) (*findings, error) {
	keeper := &latest{token: l.values["refresh_token"]}
	cfg := l.authConfig()
	cfg.Keeper = keeper
	source, err := auth.RefreshToken(cfg)
	if err != nil {
		return nil, err
	}
	token, err := source.Token(ctx)
	if err != nil {
		return nil, l.refused(err)
	}
	l.values["refresh_token"] = keeper.token
	found, err := l.trySession(ctx, token)
	if err != nil && keeper.token != "" {
		// Where the org rotates, the user's own copy is dead by now.
		l.say("the refresh token was used; where the org rotates them it is good for no second try")
	}
	return found, err
}

// latest keeps the newest refresh token of a login in memory.
type latest struct{ token string }

// Exchange implements auth.Keeper.
func (k *latest) Exchange(ctx context.Context, use func(context.Context, string) (string, error)) error {
	next, err := use(ctx, k.token)
	if next != "" {
		k.token = next
	}
	return err
}

// refused gives a refusal of the login the form and the exit status that a
// driver's would have.
func (l *loggingIn) refused(err error) error {
	return &driver.LoginError{Host: l.values["host"], Err: err}
}

// tryBrowser lets the user sign in.
func (l *loggingIn) tryBrowser(ctx context.Context) (*findings, error) {
	cfg := auth.AuthorizeConfig{Config: l.authConfig(), RedirectURL: l.flags.redirectURL, Port: l.flags.port, Wait: l.flags.timeout}
	if l.flags.paste {
		cfg.RedirectURL = or(cfg.RedirectURL, successPage(l.values))
		cfg.Paste = l.paste
	} else {
		cfg.Open = l.open
	}
	grant, err := auth.Authorize(ctx, cfg)
	if err != nil {
		return nil, l.refused(err)
	}
	if grant.RefreshToken == "" {
		return nil, &checkError{
			step: driver.CheckStep{
				Name: "scopes", Cause: "the app gave no refresh token, so the login would end with its session; it gave " + or(grant.Scope, "no scopes"),
				Next: `add "Perform requests at any time (refresh_token, offline_access)" to the app's OAuth scopes, then log in again`,
			},
			err: l.refused(fmt.Errorf("no refresh token")),
		}
	}
	l.values["refresh_token"] = grant.RefreshToken
	return l.trySession(ctx, grant.Token)
}

// takeBack revokes what the user granted to a login that then failed: nobody
// would hold the token, and a user has only five of them for an app.
func (l *loggingIn) takeBack(ctx context.Context) {
	if l.values["refresh_token"] == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auth.DefaultTimeout)
	defer cancel()
	_ = auth.Revoke(ctx, l.authConfig(), l.values["refresh_token"]) // the first error tells more
}

// successPage is where apps without a callback of their own send browsers.
func successPage(values map[string]string) string {
	host := values["host"]
	switch {
	case !strings.HasSuffix(host, ".salesforce.com"):
		return loginURL(values) + "/services/oauth2/success"
	case host == "test.salesforce.com", strings.Contains(host, ".sandbox."):
		host = "test.salesforce.com"
	default:
		host = "login.salesforce.com"
	}
	return "https://" + host + "/services/oauth2/success"
}

// open shows the page in the user's browser. The address is printed as well:
// whether a browser really came up cannot be known.
func (l *loggingIn) open(address string) error {
	if l.flags.noBrowser {
		fmt.Fprintf(l.stderr, "To sign in, open this address in a browser on this machine:\n\n%s\n\n", address)
		return nil
	}
	if err := startBrowser(address); err != nil {
		fmt.Fprintf(l.stderr, "No browser could be opened. To sign in, open this address in one on this machine:\n\n%s\n\n"+
			"If it is another machine's browser, end this with Ctrl-C and use --paste.\n", address)
		return nil
	}
	fmt.Fprintf(l.stderr, "The browser opens to sign in. If it does not, open this address:\n\n%s\n\n", address)
	return nil
}

// browserPatience is how long a browser may take to fail. Some programs that
// open one stay until it is closed.
const browserPatience = 2 * time.Second

func startBrowser(address string) error {
	browser.Stdout, browser.Stderr = io.Discard, io.Discard // its chatter is not ours
	failed := make(chan error, 1)
	go func() { failed <- browser.OpenURL(address) }()
	select {
	case err := <-failed:
		return err
	case <-time.After(browserPatience):
		return nil
	}
}

// paste shows the page and takes the address that the browser landed on.
func (l *loggingIn) paste(ctx context.Context, address string) (string, error) {
	if l.flags.noBrowser || startBrowser(address) != nil {
		fmt.Fprintf(l.stderr, "To sign in, open this address in a browser on any machine:\n\n%s\n\n", address)
	} else {
		fmt.Fprintf(l.stderr, "The browser opens to sign in. If it does not, open this address:\n\n%s\n\n", address)
	}
	return l.asker.line(ctx, "Then paste here the address of the page you land on: ")
}

// findings are the steps of a check.
type findings struct {
	details  map[string]string
	notes    []string
	failed   *driver.CheckStep // the first
	instance string
	steps    []driver.CheckStep
}

func (f *findings) note(s driver.CheckStep) {
	f.steps = append(f.steps, s)
	if !s.OK && !s.Skipped && f.failed == nil {
		f.failed = &s
	}
	if s.OK {
		f.details[s.Name] = s.Detail
		f.notes = append(f.notes, s.Notes...)
	}
	if at, ok := strings.CutPrefix(s.Detail, "the org answers at "); ok && s.Name == "token" {
		f.instance = at
	}
}

// user is who logged in, empty where that is not known.
func (f *findings) user() string {
	who, _, _ := strings.Cut(f.details["identity"], ",")
	return who
}

// summary is the check in a line.
func (f *findings) summary() string {
	parts := []string{"logged in"}
	if who := f.user(); who != "" {
		parts[0] += " as " + who
	}
	parts[0] += " at " + f.instance
	if version, _, ok := strings.Cut(f.details["version"], ";"); ok {
		parts = append(parts, "API "+version)
	}
	if quota := f.details["quota"]; quota != "" {
		parts = append(parts, quota)
	}
	return strings.Join(parts, ", ")
}
