package driver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
)

// CheckStep is one finding of Check. Of a step that is OK, Detail tells what
// was found; of one that is not, Cause tells why and Next what to do about it.
// None holds a secret.
type CheckStep struct {
	Name    string // settings, dns, tls, token, version, identity, scopes, api, quota, query
	OK      bool
	Skipped bool // not tried, and so neither good nor bad; Cause says why
	Detail  string
	Cause   string
	Next    string
	Notes   []string // what is good and will not stay so, such as the end of a flow
}

// Check tries what a first statement would need, step by step, and calls
// report after each. A step that needs one that failed is skipped. It returns
// the error of the first step that failed, a *LoginError, or nil.
func Check(ctx context.Context, cfg *Config, report func(CheckStep)) error {
	c := &checker{cfg: cfg, report: report, lost: map[string]string{}}
	defer c.close()
	c.step(ctx, "settings", "", c.settings)
	network := func(after string) {
		c.step(ctx, "dns", after, c.dns)
		c.step(ctx, "tls", "dns", c.tls)
	}
	// Where the login host is known only by logging in, its network is looked
	// at afterwards.
	if c.login == nil && c.first == nil {
		c.step(ctx, "token", "settings", c.session)
		network("token")
	} else {
		network("settings")
		c.step(ctx, "token", "tls", c.session)
	}
	c.step(ctx, "version", "token", c.version)
	c.step(ctx, "identity", "token", c.identity)
	c.step(ctx, "scopes", "token", c.scopes)
	c.step(ctx, "api", "version", c.api)
	c.step(ctx, "quota", "api", c.quota)
	c.step(ctx, "query", "api", c.query)
	if c.first == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var wrong *DSNError
	if errors.As(c.first, &wrong) {
		return c.first
	}
	return &LoginError{Host: c.cfg.label(), Err: c.first}
}

// checker is one Check.
type checker struct {
	cfg    *Config
	report func(CheckStep)
	lost   map[string]string // steps that failed or could not be tried, and the step that failed
	first  error             // of the first step that failed

	tokens  auth.Source
	endHost func() error
	secrets *Config  // cfg with its credentials at hand; nil for the built-in org
	login   *url.URL // where a login goes; nil where that is not known beforehand
	token   auth.Token
	notes   []string // of the step that runs
	client  *salesforce.Client
}

func (c *checker) close() {
	if c.client != nil {
		c.client.Close()
	}
	if c.endHost != nil {
		_ = c.endHost() // what was to be learnt is learnt
	}
}

// notTried is a step's reason for leaving itself out.
type notTried string

func (n notTried) Error() string { return string(n) }

// step runs one step and reports it.
func (c *checker) step(ctx context.Context, name, after string, run func(context.Context) (string, error)) {
	if failed := c.lost[after]; failed != "" {
		c.lost[name] = failed
		c.report(CheckStep{Name: name, Skipped: true, Cause: "skipped, because " + failed + " failed"})
		return
	}
	c.notes = nil
	detail, err := run(ctx)
	var skip notTried
	switch {
	case err == nil:
		c.report(CheckStep{Name: name, OK: true, Detail: detail, Notes: c.notes})
		return
	case errors.As(err, &skip):
		c.report(CheckStep{Name: name, Skipped: true, Cause: "not asked: " + string(skip)})
		return
	}
	c.lost[name] = name
	if c.first == nil {
		c.first = err
	}
	cause, next := diagnose(err)
	c.report(CheckStep{Name: name, Cause: cause, Next: next})
}

// diagnose parts an error into what happened and what to do about it.
func diagnose(err error) (cause, next string) {
	var advised *advisedError
	if errors.As(err, &advised) {
		return advised.cause, advised.next
	}
	next = auth.Hint(err)
	cause = err.Error()
	for _, prefix := range []string{"salesforce: ", "auth: "} {
		cause = strings.TrimPrefix(cause, prefix)
	}
	if next != "" {
		cause = strings.TrimSuffix(cause, "; "+next)
		cause = strings.TrimSuffix(cause, " ("+next+")")
	}
	return cause, next
}

// advisedError is a finding of Check's own.
type advisedError struct{ cause, next string }

func (e *advisedError) Error() string { return e.cause + "; " + e.next }

// Next returns what to do about it.
func (e *advisedError) Next() string { return e.next }

// settings looks whether the configuration is whole.
func (c *checker) settings(ctx context.Context) (string, error) {
	connector, err := NewConnector(c.cfg)
	if err != nil {
		return "", err
	}
	c.cfg = connector.cfg
	if c.tokens, c.endHost, err = c.cfg.tokens(ctx); err != nil {
		return "", err
	}
	if c.cfg.Host == demoHost {
		return "the built-in org", nil
	}
	if c.secrets, err = c.cfg.withSecrets(); err != nil {
		return "", err
	}
	how := c.secrets.impliedAuth()
	if how == "sf" {
		return "auth sf: the Salesforce CLI logs in", nil
	}
	base, err := c.secrets.baseURL()
	if err != nil {
		return "", err
	}
	if c.login, err = auth.ParseURL(base); err != nil {
		return "", err
	}
	return fmt.Sprintf("auth %s at %s", how, c.login.Host), nil
}

// place returns the base URL whose network is looked at.
func (c *checker) place() (*url.URL, error) {
	if c.login != nil {
		return c.login, nil
	}
	return auth.ParseURL(c.token.InstanceURL)
}

// dns resolves the host, or the proxy that the environment names for it: then
// the host's name is the proxy's to resolve.
func (c *checker) dns(ctx context.Context) (string, error) {
	place, err := c.place()
	if err != nil {
		return "", err
	}
	name, through := place.Hostname(), ""
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: place})
	if err != nil {
		return "", &advisedError{"the environment's proxy cannot be read", "correct HTTPS_PROXY"}
	}
	if proxy != nil {
		name, through = proxy.Hostname(), " (the proxy that HTTPS_PROXY names)"
	}
	if net.ParseIP(name) != nil {
		return name + " is an address" + through, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.AuthTimeout)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s is %s%s", name, addresses[0], through), nil
}

// tls connects to the host. Whatever it answers is good: that it does is what
// is asked.
func (c *checker) tls(ctx context.Context) (string, error) {
	place, err := c.place()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.AuthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, place.String()+"/services/data", nil)
	if err != nil {
		return "", err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req) // no redirects
	if err != nil {
		return "", connectError(err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // lets the connection end in peace
	if resp.TLS == nil {
		return "none: plain http to a loopback address", nil
	}
	detail := tls.VersionName(resp.TLS.Version)
	if certs := resp.TLS.PeerCertificates; len(certs) > 0 {
		detail += ", certificate until " + certs[0].NotAfter.UTC().Format(time.DateOnly)
	}
	return detail, nil
}

// connectError adds advice for certificates, which a proxy that reads along
// replaces by its own.
func connectError(err error) error {
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return &advisedError{
			"the certificate is not trusted: " + certificate.Err.Error(),
			"behind a proxy that inspects TLS, add its root certificate to the system's, or name it in SSL_CERT_FILE",
		}
	}
	return err
}

// session logs in.
func (c *checker) session(ctx context.Context) (string, error) {
	token, err := c.tokens.Token(ctx)
	if err != nil {
		return "", err
	}
	c.token = token
	detail := "the org answers at " + token.InstanceURL
	if c.cfg.InstanceURL != "" {
		detail = "the org answers at " + c.cfg.InstanceURL
	}
	c.notes = auth.Notices(c.tokens)
	return detail, nil
}

// version agrees on an API version and makes the client that speaks it.
func (c *checker) version(ctx context.Context) (string, error) {
	client, err := c.newClient(c.cfg.apiVersion())
	if err != nil {
		return "", err
	}
	c.client = client
	offered, err := client.Versions(ctx)
	if err != nil {
		return "", err
	}
	version, err := agree(c.cfg.APIVersion, offered)
	if err != nil {
		return "", err
	}
	if version != client.APIVersion() {
		client.Close()
		if c.client, err = c.newClient(version); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s; the org has %s to %s", version, offered[0].Version, offered[len(offered)-1].Version), nil
}

func (c *checker) newClient(version string) (*salesforce.Client, error) {
	return salesforce.New(salesforce.Config{
		Tokens: c.tokens, APIVersion: version, Timeout: c.cfg.Timeout,
		MaxTries: 2, // who asks what is wrong shall not wait long for it
	})
}

// identity asks who is logged in.
func (c *checker) identity(ctx context.Context) (string, error) {
	user, err := c.userClient().UserInfo(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, user %s, org %s, locale %s", user.Username, user.UserID, user.OrganizationID, user.Locale), nil
}

// userClient is the client, or where no version was agreed on, one that will
// do for what has none.
func (c *checker) userClient() *salesforce.Client {
	if c.client == nil {
		c.client, _ = c.newClient(defaultAPIVersion) // the version and the tokens are good
	}
	return c.client
}

// scopes asks what the session may do.
func (c *checker) scopes(ctx context.Context) (string, error) {
	s := c.secrets
	if c.login == nil || s.ClientID == "" || s.ClientSecret == "" {
		return "", notTried("only an app with client_id and client_secret may ask")
	}
	cfg := auth.Config{LoginURL: c.login.String(), ClientID: s.ClientID, ClientSecret: s.ClientSecret, Timeout: c.cfg.AuthTimeout}
	told, err := auth.Introspect(ctx, cfg, c.token.AccessToken)
	switch {
	case err != nil:
		return "", err
	case !told.Active:
		return "", notTried("the app is not told of tokens that were given to another one")
	}
	return told.Scope, missingScope(strings.Fields(told.Scope), c.secrets.impliedAuth())
}

func missingScope(scopes []string, how string) error {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(scopes, name) })
	}
	switch {
	case !has("api", "full"):
		return &advisedError{
			"the session lacks the scope api: it has " + strings.Join(scopes, " "),
			`add "Manage user data via APIs (api)" to the app's OAuth scopes, then log in again`,
		}
	case how == "refresh_token" && !has("refresh_token", "offline_access"):
		return &advisedError{
			"the session lacks the scope refresh_token: it has " + strings.Join(scopes, " "),
			`add "Perform requests at any time (refresh_token, offline_access)" to the app's OAuth scopes, then log in again`,
		}
	}
	return nil
}

// api makes the cheapest call that needs the permission to use the API.
func (c *checker) api(ctx context.Context) (string, error) {
	resources, err := c.client.Resources(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("enabled, %d resources", len(resources)), nil
}

// quota tells how many calls are left. The answer to the call before has it in
// a header; the resource of limits is not for every user.
func (c *checker) quota(ctx context.Context) (string, error) {
	usage := c.client.Usage()
	left, most := usage.APIMax-usage.APIUsed, usage.APIMax
	if most < 0 {
		limits, err := c.client.Limits(ctx)
		if err != nil {
			return "", notTried("the user may not see the org's limits")
		}
		daily := limits["DailyApiRequests"]
		left, most = daily.Remaining, daily.Max
	}
	if left <= 0 {
		return "", &salesforce.Error{
			Status: http.StatusForbidden, Code: "REQUEST_LIMIT_EXCEEDED", Op: "quota",
			Message: fmt.Sprintf("all %d API calls of the last 24 hours are used up", most),
		}
	}
	return fmt.Sprintf("%d of %d API calls left", left, most), nil
}

// query runs one statement.
func (c *checker) query(ctx context.Context) (string, error) {
	began := time.Now()
	rows, err := c.client.Query(ctx, "SELECT COUNT() FROM User", salesforce.QueryOptions{})
	if err != nil {
		return "", err
	}
	defer rows.Close()
	return fmt.Sprintf("User has %d records, asked in %d ms", rows.Total(), time.Since(began).Milliseconds()), nil
}

// Ping makes one cheap call, which proves that there is a session and that it
// may use the API. It fails with a *LoginError or, where the org's calls are
// used up, an error of which IsLimit tells.
func (c *conn) Ping(ctx context.Context) error {
	if _, err := c.org.client.Resources(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &LoginError{Host: c.org.cfg.label(), Err: err}
	}
	return nil
}
