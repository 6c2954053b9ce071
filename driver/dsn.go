package driver

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/profile"
	"github.com/sfsql/sfsql/salesforce/auth"
)

const scheme = "salesforce"

// profileHost is the host of a DSN that names a saved org.
const profileHost = "profile"

// DSNError says what is wrong with a DSN, and what would be right. It never
// holds a secret.
type DSNError struct {
	Key     string // the key at fault; empty where the whole DSN is
	Profile string // the saved org that has the key; empty where the DSN does
	Msg     string
	Valid   []string // keys or values that are valid here
	Err     error    // the cause, where there is one
}

// Unwrap returns the cause.
func (e *DSNError) Unwrap() error { return e.Err }

// Error names the key, the fault and what is valid.
func (e *DSNError) Error() string {
	var b strings.Builder
	b.WriteString("salesforce: ")
	if e.Profile != "" {
		fmt.Fprintf(&b, "the saved org %s", e.Profile)
	} else {
		b.WriteString("the DSN")
	}
	if e.Key != "" {
		fmt.Fprintf(&b, ", key %s", e.Key)
	}
	b.WriteString(": " + e.Msg)
	if len(e.Valid) > 0 {
		b.WriteString("; valid are " + strings.Join(e.Valid, ", "))
	}
	return b.String()
}

// ParseDSN reads a DSN: salesforce://[user[:password]@]host[:port]/[localfile]?key=value&…,
// or the name of a saved org. A bad one is a *DSNError.
func ParseDSN(dsn string) (*Config, error) {
	u, err := parseURL(dsn)
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, &DSNError{Msg: "its parameters are not key=value&…; special characters in values are written as %XX"}
	}
	c := newConfig()
	if err := c.readAuthority(u); err != nil {
		return nil, err
	}
	if err := c.readValues(values); err != nil {
		return nil, err
	}
	return c, c.check()
}

func parseURL(dsn string) (*url.URL, error) {
	if !strings.Contains(dsn, "://") {
		return nameURL(dsn)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		// The error of package url quotes the DSN, secrets and all.
		return nil, &DSNError{Msg: "it is no URL of the form salesforce://host/?key=value; special characters in values are written as %XX"}
	}
	if u.Scheme == "https" { // as copied from a browser
		if host, err := auth.ParseHost(u.Scheme + "://" + u.Host); err == nil {
			return nil, &DSNError{Msg: fmt.Sprintf("it is a browser's address; write %s://%s/ with the keys of a login, or log in once with sfsql login NAME --host %s", scheme, host, host)}
		}
	}
	if u.Scheme != scheme {
		return nil, &DSNError{Msg: fmt.Sprintf("the scheme is %q", u.Scheme), Valid: []string{scheme + "://"}}
	}
	if u.Fragment != "" || u.RawFragment != "" || strings.HasSuffix(dsn, "#") {
		return nil, &DSNError{Msg: "a # must be written as %23"}
	}
	return u, nil
}

// nameURL reads the short forms: the name of a saved org, or demo, and maybe
// ?key=value behind it.
func nameURL(dsn string) (*url.URL, error) {
	name, query, _ := strings.Cut(dsn, "?")
	switch {
	case dsn == "":
		return nil, &DSNError{Msg: "it is empty", Valid: dsnForms}
	case name == demoHost:
		return &url.URL{Host: demoHost, Path: "/", RawQuery: query}, nil
	case profile.CheckName(name) != nil:
		return nil, &DSNError{Msg: "it is neither a URL nor the name of a saved org", Valid: dsnForms}
	}
	return &url.URL{Host: profileHost, Path: "/" + name, RawQuery: query}, nil
}

var dsnForms = []string{"salesforce://demo/ for the built-in org", "salesforce://HOST/?key=value", "the name of a saved org"}

func (c *Config) readAuthority(u *url.URL) error {
	file := strings.TrimPrefix(u.Path, "/")
	if u.Host == profileHost {
		c.Profile, file, _ = strings.Cut(file, "/")
		if err := profile.CheckName(c.Profile); err != nil {
			return &DSNError{Msg: fmt.Sprintf("%q cannot name a saved org", c.Profile), Valid: []string{"salesforce://profile/NAME"}}
		}
	} else if u.Host != "" {
		if err := c.Set("host", u.Host); err != nil {
			return err
		}
	}
	if strings.ContainsAny(file, "\x00?#") {
		return &DSNError{Msg: "the local file's name may not hold ?, # or NUL"}
	}
	c.LocalFile = file
	if u.User == nil {
		return nil
	}
	password, _ := u.User.Password()
	for _, w := range []word{{"user", u.User.Username()}, {"password", password}} {
		if w.value != "" {
			if err := c.Set(w.key, w.value); err != nil {
				return err
			}
		}
	}
	return nil
}

// note remembers that a saved org's value for a key is overridden, be it with
// a default.
func (c *Config) note(key string) {
	if c.Profile == "" {
		return
	}
	given := map[string]bool{key: true}
	maps.Copy(given, c.given) // the map may be another Config's too
	c.given = given
}

func (c *Config) readValues(values url.Values) error {
	seen := map[string]string{}
	for _, key := range []string{"host", "user", "password"} {
		if p, _, _ := findProperty(key); p.write(c) != "" {
			seen[key] = "the part before the path"
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		p, _, ok := findProperty(key)
		if !ok {
			return &DSNError{Key: key, Msg: "there is no such key", Valid: keys()}
		}
		if other, dup := seen[p.key]; dup {
			return &DSNError{Key: key, Msg: "it is given more than once, as " + other + " too"}
		}
		if len(values[key]) > 1 {
			return &DSNError{Key: key, Msg: "it is given more than once"}
		}
		seen[p.key] = key
		if err := c.Set(key, values.Get(key)); err != nil {
			return err
		}
	}
	return nil
}

// Set gives a key its value as a DSN does; aliases and KEY_file of a secret are
// keys too. What only all keys together can tell, NewConnector checks.
func (c *Config) Set(key, value string) error {
	p, file, ok := findProperty(key)
	switch {
	case !ok:
		return &DSNError{Key: key, Msg: "there is no such key", Valid: keys()}
	case file && value == "":
		return &DSNError{Key: key, Msg: "the value is empty"}
	case file:
		p.clear(c)
		files := map[string]string{p.key: value}
		maps.Copy(files, c.SecretFiles)
		c.SecretFiles = files
	default:
		if err := p.read(c, value); err != nil {
			return err
		}
		if p.secret {
			c.dropFile(p.key)
		}
	}
	c.note(p.key)
	return nil
}

// dropFile forgets the file of a secret. The map may be another Config's too.
func (c *Config) dropFile(key string) {
	c.SecretFiles = maps.Clone(c.SecretFiles)
	delete(c.SecretFiles, key)
	if len(c.SecretFiles) == 0 {
		c.SecretFiles = nil
	}
}

// Values returns what the DSN says as keys and values, secrets and all: those
// that are no default, and for a saved org those that override it. The local
// file and the saved org's name are not among them. Set takes them back.
func (c *Config) Values() map[string]string {
	out := map[string]string{}
	for _, w := range c.words() {
		out[w.key] = w.value
	}
	return out
}

type word struct{ key, value string }

// words are the keys of a DSN that differ from the defaults or were given.
func (c *Config) words() []word {
	var out []word
	defaults := newConfig()
	for _, p := range properties {
		if v := p.write(c); v != "" && (v != p.write(defaults) || c.given[p.key]) {
			out = append(out, word{p.key, v})
		}
		if v := c.SecretFiles[p.key]; v != "" {
			out = append(out, word{p.key + "_file", v})
		}
	}
	return out
}

// FormatDSN returns the DSN that ParseDSN reads as c, defaults left out,
// secrets and all.
func (c *Config) FormatDSN() string {
	u := url.URL{Scheme: scheme, Host: c.Host, Path: "/" + c.LocalFile}
	placed := map[string]bool{"host": true, "user": true, "password": true}
	switch {
	case c.Profile != "":
		u.Host, u.Path, placed = profileHost, "/"+c.Profile, nil
		if c.LocalFile != "" {
			u.Path += "/" + c.LocalFile
		}
	case c.Password != "":
		u.User = url.UserPassword(c.User, c.Password)
	case c.User != "":
		u.User = url.User(c.User)
	}
	var params []string
	for _, w := range c.words() {
		if !placed[w.key] {
			params = append(params, w.key+"="+url.QueryEscape(w.value))
		}
	}
	u.RawQuery = strings.Join(params, "&")
	return u.String()
}
