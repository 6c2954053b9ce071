package driver

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/sfsql/sfsql/salesforce/auth"
)

// Config is a parsed DSN. ParseDSN makes one with its defaults set; the
// package comment lists the keys.
type Config struct {
	// Profile names a saved org. NewConnector reads what it says; whatever else
	// is set here overrides it.
	Profile string

	Host      string // as given: login, test, demo, a My Domain, or host[:port]
	User      string
	Password  string
	LocalFile string // main database file; empty means a private temporary one

	Auth           string // empty: what the given credentials imply
	ClientID       string
	ClientSecret   string
	RefreshToken   string
	AccessToken    string
	InstanceURL    string
	SecurityToken  string
	PrivateKeyFile string
	Audience       string
	// SecretFiles holds, for a credential's key, the file to read it from.
	SecretFiles map[string]string

	API                   string // auto, rest, bulk
	BulkThreshold         int64  // rows; 0 means the default
	APIVersion            string // empty means the newest known
	Objects               []string
	StartDate             time.Time // zero means no bound
	SelectFieldsByDefault bool
	Deleted               bool
	Text                  string        // nocase, binary
	Time                  string        // go, text
	Timeout               time.Duration // of one HTTP exchange
	AuthTimeout           time.Duration // of one login
	MaxCalls              int64         // of one statement; 0 means unlimited
	BulkPoll              time.Duration // before a Bulk job's status is first asked for; 0 means 200 ms; not in a DSN
	Attach                []Attached    // orgs that every connection has beside its own
	KeepRows              int64         // that the inner side of a join may hold in memory
	Write                 bool
	TLS                   bool
	Pushdown              bool   // false leaves all work to SQLite, to check the driver against itself
	PushdownWithout       string // names of single rules that are switched off, with commas
	Shortcut              bool   // false sends every row through SQLite, to check the driver against itself

	Scale   int64
	Seed    int64
	Latency time.Duration

	// Logger receives what a user should know of a connection that works: a
	// way to log in that will end, a secret that stands in a file, a Bulk job
	// that could not be removed from the org. nil drops it.
	// The driver logs nothing else, and no secret.
	Logger *slog.Logger

	given         map[string]bool // with Profile: keys that override, be it with a default
	keeper        auth.Keeper     // of the saved org's refresh token
	secretsInFile []string        // keys of the saved org whose values no keychain holds
}

// Attached is an org beside a connection's own, and the schema of its tables.
type Attached struct {
	Schema string
	Org    string // the name of a saved org, or demo
}

// Defaults that ParseDSN sets.
const (
	defaultTimeout     = 2 * time.Minute
	defaultAuthTimeout = auth.DefaultTimeout
	defaultAPIVersion  = "67.0"
	defaultKeepRows    = 200_000
)

func newConfig() *Config {
	return &Config{
		API: "auto", SelectFieldsByDefault: true, Text: "nocase", Time: "go",
		Timeout: defaultTimeout, AuthTimeout: defaultAuthTimeout, TLS: true, Pushdown: true, Shortcut: true, KeepRows: defaultKeepRows, Scale: 1, Seed: 1,
	}
}

// demoHost is the built-in org.
const demoHost = "demo"

// label names the org in errors: nothing of it is secret.
func (c *Config) label() string {
	for _, name := range []string{c.Host, c.Profile, c.InstanceURL} {
		if name != "" {
			return name
		}
	}
	return "the org of the Salesforce CLI"
}

// String returns the DSN without its secrets, for people and logs.
func (c Config) String() string {
	for _, p := range properties {
		if p.secret && *p.field(&c) != "" {
			*p.field(&c) = "***"
		}
	}
	return c.FormatDSN()
}

// Format prints no secret, whatever the verb.
func (c Config) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') {
		_, _ = io.WriteString(f, "driver.Config("+c.String()+")")
		return
	}
	_, _ = io.WriteString(f, c.String())
}

// LogValue implements slog.LogValuer.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText implements encoding.TextMarshaler, which JSON uses too.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
