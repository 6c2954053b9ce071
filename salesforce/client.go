package salesforce

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sfsql/sfsql/salesforce/auth"
)

// What a Config that leaves them out means.
const (
	DefaultAPIVersion = "67.0"
	DefaultTimeout    = 2 * time.Minute
	DefaultMaxConns   = 16
)

// Config tells a Client which org to talk to and how.
type Config struct {
	Tokens      auth.Source   // required
	InstanceURL string        // base of every call; empty means what each login says
	APIVersion  string        // such as "67.0"; empty means DefaultAPIVersion
	HTTPClient  *http.Client  // nil means one of its own, tuned for many calls to one host
	Timeout     time.Duration // of one HTTP exchange, its body included; 0 means DefaultTimeout
	MaxConns    int           // connections to the instance; 0 means DefaultMaxConns; not for a given HTTPClient
	MaxTries    int           // of one call; 0 means 5, 1 means no retries
	BulkPoll    time.Duration // before a Bulk job's status is first asked for, doubled up to 10 s; 0 means 200 ms
	Logger      *slog.Logger  // each exchange at debug level, without secrets; nil means silence
}

// Client calls the REST API of one org. Its methods may be called concurrently.
type Client struct {
	tokens   auth.Source
	instance *url.URL // nil means the token's
	version  string
	http     *http.Client
	own      *http.Transport // to be closed; nil where the caller gave the client
	timeout  time.Duration
	tries    int
	log      *slog.Logger
	agent    string
	poll     time.Duration
	backOff  time.Duration // before the second try of a call; a seam so that tests need not wait
	counters counters
	jobs     liveJobs
	locators locators
}

var versionForm = regexp.MustCompile(`^[1-9][0-9]\.0$`)

// New returns a client. It makes no call yet.
func New(cfg Config) (*Client, error) {
	if cfg.Tokens == nil {
		return nil, errors.New("salesforce: Config.Tokens is missing")
	}
	c := &Client{
		tokens:  cfg.Tokens,
		version: or(cfg.APIVersion, DefaultAPIVersion),
		timeout: or(cfg.Timeout, DefaultTimeout),
		tries:   or(cfg.MaxTries, defaultTries),
		log:     cfg.Logger,
		backOff: firstDelay,
		poll:    or(cfg.BulkPoll, firstPoll),
		agent:   userAgent(),
	}
	if !versionForm.MatchString(c.version) {
		return nil, fmt.Errorf("salesforce: API version %q does not look like %s", c.version, DefaultAPIVersion)
	}
	if cfg.InstanceURL != "" {
		u, err := auth.ParseURL(cfg.InstanceURL)
		if err != nil {
			return nil, fmt.Errorf("salesforce: instance URL: %w", err)
		}
		c.instance = u
	}
	c.setHTTP(cfg)
	return c, nil
}

func (c *Client) setHTTP(cfg Config) {
	c.http = &http.Client{}
	if cfg.HTTPClient != nil {
		*c.http = *cfg.HTTPClient
	} else {
		c.own = newTransport(or(cfg.MaxConns, DefaultMaxConns))
		c.http.Transport = c.own
	}
	// A data call is never redirected by Salesforce. What redirects is a
	// login page or a proxy, and the token must not follow it.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
}

// newTransport keeps as many idle connections as it may open: with Go's usual
// two, parallel scans would set up TLS again and again.
func newTransport(conns int) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxConnsPerHost = conns
	t.MaxIdleConnsPerHost = conns
	t.MaxIdleConns = 0 // no other limit
	t.DisableCompression = true
	return t
}

// Close drops idle connections of the client's own. Calls under way go on.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// APIVersion returns the version that calls name, such as "67.0".
func (c *Client) APIVersion() string { return c.version }

// rest returns the path of a REST resource, which begins with a slash.
func (c *Client) rest(resource string) string { return "/services/data/v" + c.version + resource }

var userAgent = sync.OnceValue(func() string {
	const module = "github.com/sfsql/sfsql"
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == module && m.Version != "" && m.Version != "(devel)" {
				version = m.Version
			}
		}
	}
	return "sfsql/" + version
})

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
