package driver

import (
	"strings"
	"time"
)

// Config is a parsed DSN. ParseDSN makes one with its defaults set; the
// package comment lists the keys.
type Config struct {
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
	KeepRows              int64         // that the inner side of a join may hold in memory
	Write                 bool
	TLS                   bool
	Pushdown              bool   // false leaves all work to SQLite, to check the driver against itself
	PushdownWithout       string // names of single rules that are switched off, with commas

	Scale   int64
	Seed    int64
	Latency time.Duration
}

// Defaults that ParseDSN sets.
const (
	defaultTimeout     = 2 * time.Minute
	defaultAuthTimeout = 10 * time.Second
	defaultAPIVersion  = "67.0"
	defaultKeepRows    = 200_000
)

func newConfig() *Config {
	return &Config{
		API: "auto", SelectFieldsByDefault: true, Text: "nocase", Time: "go",
		Timeout: defaultTimeout, AuthTimeout: defaultAuthTimeout, TLS: true, Pushdown: true, KeepRows: defaultKeepRows, Scale: 1, Seed: 1,
	}
}

// demoHost is the built-in org.
const demoHost = "demo"

// baseURL returns where a login goes.
func (c *Config) baseURL() string {
	scheme := "https://"
	if !c.TLS {
		scheme = "http://"
	}
	return scheme + completeHost(c.Host)
}

// completeHost turns the short forms of a host into a full one.
func completeHost(host string) string {
	switch lower := strings.ToLower(host); {
	case lower == "login", lower == "test":
		return lower + ".salesforce.com"
	case strings.HasSuffix(lower, ".sandbox"):
		return lower + ".my.salesforce.com"
	case lower == "localhost", strings.ContainsAny(lower, ".:"):
		return host
	default:
		return lower + ".my.salesforce.com"
	}
}

// auths are the ways to log in: those of this version, and those that are
// known by name only.
var auths = map[string]bool{
	"refresh_token": true, "client_credentials": true, "access_token": true,
	"jwt": false, "password": false, "soap": false, "sf": false,
}

// impliedAuth names the way to log in that the given credentials imply.
func (c *Config) impliedAuth() string {
	has := func(key, value string) bool { return value != "" || c.SecretFiles[key] != "" }
	switch {
	case c.Auth != "":
		return c.Auth
	case has("access_token", c.AccessToken):
		return "access_token"
	case has("refresh_token", c.RefreshToken):
		return "refresh_token"
	case has("private_key", c.PrivateKeyFile):
		return "jwt"
	case c.User != "" && c.Password != "":
		return "password"
	case has("client_secret", c.ClientSecret):
		return "client_credentials"
	}
	return ""
}
