package driver

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const scheme = "salesforce"

// DSNError says what is wrong with a DSN, and what would be right. It never
// holds a secret.
type DSNError struct {
	Key   string // the key at fault; empty where the whole DSN is
	Msg   string
	Valid []string // keys or values that are valid here
}

// Error names the key, the fault and what is valid.
func (e *DSNError) Error() string {
	var b strings.Builder
	b.WriteString("salesforce: the DSN")
	if e.Key != "" {
		fmt.Fprintf(&b, ", key %s", e.Key)
	}
	b.WriteString(": " + e.Msg)
	if len(e.Valid) > 0 {
		b.WriteString("; valid are " + strings.Join(e.Valid, ", "))
	}
	return b.String()
}

// property is one key of a DSN: how it is read into a Config and written
// back. write returns "" for the default.
type property struct {
	key     string
	aliases []string
	secret  bool
	read    func(c *Config, value string) error
	write   func(c *Config) string
}

// properties are all keys of a DSN, in the order in which FormatDSN writes
// them.
var properties = []property{
	oneOf("auth", func(c *Config) *string { return &c.Auth }, "", slices.Sorted(maps.Keys(auths))...),
	text("client_id", func(c *Config) *string { return &c.ClientID }, false),
	text("client_secret", func(c *Config) *string { return &c.ClientSecret }, true),
	text("refresh_token", func(c *Config) *string { return &c.RefreshToken }, true),
	text("access_token", func(c *Config) *string { return &c.AccessToken }, true),
	text("instance_url", func(c *Config) *string { return &c.InstanceURL }, false),
	text("security_token", func(c *Config) *string { return &c.SecurityToken }, true),
	text("private_key_file", func(c *Config) *string { return &c.PrivateKeyFile }, false),
	text("audience", func(c *Config) *string { return &c.Audience }, false),
	alias(oneOf("api", func(c *Config) *string { return &c.API }, "auto", "auto", "rest", "bulk"), "api_type"),
	count("bulk_threshold", func(c *Config) *int64 { return &c.BulkThreshold }, 0),
	{key: "api_version", read: readAPIVersion, write: func(c *Config) string { return c.APIVersion }},
	{
		key: "objects", aliases: []string{"streams"}, read: readObjects,
		write: func(c *Config) string { return strings.Join(c.Objects, ",") },
	},
	{key: "start_date", read: readStartDate, write: writeStartDate},
	boolean("select_fields_by_default", func(c *Config) *bool { return &c.SelectFieldsByDefault }, true),
	boolean("deleted", func(c *Config) *bool { return &c.Deleted }, false),
	oneOf("text", func(c *Config) *string { return &c.Text }, "nocase", "nocase", "binary"),
	oneOf("time", func(c *Config) *string { return &c.Time }, "go", "go", "text"),
	duration("timeout", func(c *Config) *time.Duration { return &c.Timeout }, defaultTimeout, false),
	duration("auth_timeout", func(c *Config) *time.Duration { return &c.AuthTimeout }, defaultAuthTimeout, false),
	count("max_calls", func(c *Config) *int64 { return &c.MaxCalls }, 0),
	boolean("write", func(c *Config) *bool { return &c.Write }, false),
	onOff("tls", func(c *Config) *bool { return &c.TLS }),
	onOff("pushdown", func(c *Config) *bool { return &c.Pushdown }),
	{key: "pushdown_without", read: readWithout, write: func(c *Config) string { return c.PushdownWithout }},
	count("keep_rows", func(c *Config) *int64 { return &c.KeepRows }, defaultKeepRows),
	count("scale", func(c *Config) *int64 { return &c.Scale }, 1),
	count("seed", func(c *Config) *int64 { return &c.Seed }, 1),
	duration("latency", func(c *Config) *time.Duration { return &c.Latency }, 0, true),
}

func alias(p property, names ...string) property {
	p.aliases = names
	return p
}

func text(key string, field func(*Config) *string, secret bool) property {
	return property{
		key: key, secret: secret,
		read: func(c *Config, v string) error {
			if v == "" {
				return &DSNError{Key: key, Msg: "the value is empty"}
			}
			*field(c) = v
			return nil
		},
		write: func(c *Config) string { return *field(c) },
	}
}

func oneOf(key string, field func(*Config) *string, otherwise string, valid ...string) property {
	return property{
		key: key,
		read: func(c *Config, v string) error {
			v = strings.ToLower(v)
			if !slices.Contains(valid, v) {
				return &DSNError{Key: key, Msg: fmt.Sprintf("%q is not valid", v), Valid: valid}
			}
			*field(c) = v
			return nil
		},
		write: func(c *Config) string {
			if *field(c) == otherwise {
				return ""
			}
			return *field(c)
		},
	}
}

func boolean(key string, field func(*Config) *bool, otherwise bool) property {
	return property{
		key: key,
		read: func(c *Config, v string) error {
			switch strings.ToLower(v) {
			case "true", "1", "yes", "on":
				*field(c) = true
			case "false", "0", "no", "off":
				*field(c) = false
			default:
				return &DSNError{Key: key, Msg: fmt.Sprintf("%q is not valid", v), Valid: []string{"true", "false"}}
			}
			return nil
		},
		write: func(c *Config) string {
			if *field(c) == otherwise {
				return ""
			}
			return strconv.FormatBool(*field(c))
		},
	}
}

// onOff is a switch that is on by default.
func onOff(key string, field func(*Config) *bool) property {
	return property{
		key: key,
		read: func(c *Config, v string) error {
			switch strings.ToLower(v) {
			case "on":
				*field(c) = true
			case "off":
				*field(c) = false
			default:
				return &DSNError{Key: key, Msg: fmt.Sprintf("%q is not valid", v), Valid: []string{"on", "off"}}
			}
			return nil
		},
		write: func(c *Config) string {
			if *field(c) {
				return ""
			}
			return "off"
		},
	}
}

func count(key string, field func(*Config) *int64, otherwise int64) property {
	return property{
		key: key,
		read: func(c *Config, v string) error {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || n < 1 {
				return &DSNError{Key: key, Msg: fmt.Sprintf("%q is not valid", v), Valid: []string{"a whole number from 1"}}
			}
			*field(c) = n
			return nil
		},
		write: func(c *Config) string {
			if *field(c) == otherwise {
				return ""
			}
			return strconv.FormatInt(*field(c), 10)
		},
	}
}

func duration(key string, field func(*Config) *time.Duration, otherwise time.Duration, zero bool) property {
	return property{
		key: key,
		read: func(c *Config, v string) error {
			d, err := time.ParseDuration(v)
			if err != nil {
				if n, numErr := strconv.Atoi(v); numErr == nil { // plain seconds
					d, err = time.Duration(n)*time.Second, nil
				}
			}
			if err != nil || d < 0 || d == 0 && !zero {
				return &DSNError{Key: key, Msg: fmt.Sprintf("%q is not valid", v), Valid: []string{"a duration such as 30s or 2m"}}
			}
			*field(c) = d
			return nil
		},
		write: func(c *Config) string {
			if *field(c) == otherwise {
				return ""
			}
			return field(c).String()
		},
	}
}

func readAPIVersion(c *Config, v string) error {
	major, minor, ok := strings.Cut(v, ".")
	n, err := strconv.Atoi(major)
	if !ok || minor != "0" || err != nil || strconv.Itoa(n) != major || n < 51 || n > 99 {
		return &DSNError{Key: "api_version", Msg: fmt.Sprintf("%q is not valid", v), Valid: []string{"51.0 and later, such as " + defaultAPIVersion}}
	}
	c.APIVersion = v
	return nil
}

func readObjects(c *Config, v string) error {
	c.Objects = nil
	for _, name := range strings.Split(v, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return &DSNError{Key: "objects", Msg: "a name is empty", Valid: []string{"names of sObjects separated by commas"}}
		}
		c.Objects = append(c.Objects, name)
	}
	return nil
}

func readStartDate(c *Config, v string) error {
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		t, err = time.Parse(time.DateOnly, v)
	}
	if err != nil || t.Year() < 1700 || t.Year() > 4000 {
		return &DSNError{Key: "start_date", Msg: fmt.Sprintf("%q is not valid", v), Valid: []string{"an instant such as 2024-01-31T00:00:00Z"}}
	}
	c.StartDate = t.UTC().Truncate(time.Millisecond)
	return nil
}

func writeStartDate(c *Config) string {
	if c.StartDate.IsZero() {
		return ""
	}
	return c.StartDate.UTC().Format(time.RFC3339Nano)
}

// ParseDSN reads a DSN: salesforce://[user[:password]@]host[:port]/[localfile]?key=value&…
// A bad one is a *DSNError.
func ParseDSN(dsn string) (*Config, error) {
	if !strings.Contains(dsn, "://") {
		return nil, noProfile(dsn)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		// The error of package url quotes the DSN, secrets and all.
		return nil, &DSNError{Msg: "it is no URL of the form salesforce://host/?key=value; special characters in values are written as %XX"}
	}
	if u.Scheme != scheme {
		return nil, &DSNError{Msg: fmt.Sprintf("the scheme is %q", u.Scheme), Valid: []string{scheme + "://"}}
	}
	if u.Fragment != "" || u.RawFragment != "" || strings.HasSuffix(dsn, "#") {
		return nil, &DSNError{Msg: "a # must be written as %23"}
	}
	c := newConfig()
	if err := c.readAuthority(u); err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, &DSNError{Msg: "its parameters are not key=value&…; special characters in values are written as %XX"}
	}
	if err := c.readValues(values); err != nil {
		return nil, err
	}
	return c, c.check()
}

func noProfile(name string) error {
	if name == "" {
		return &DSNError{Msg: "it is empty", Valid: []string{"salesforce://demo/ for the built-in org", "salesforce://HOST/?key=value"}}
	}
	return &DSNError{
		Msg:   fmt.Sprintf("%q names a saved org, and this version saves none yet", name),
		Valid: []string{"salesforce://demo/ for the built-in org", "salesforce://HOST/?key=value"},
	}
}

func (c *Config) readAuthority(u *url.URL) error {
	if u.Host == "" {
		return &DSNError{Msg: "the host is missing", Valid: []string{"login", "test", "a My Domain such as acme or acme.my.salesforce.com", demoHost}}
	}
	if u.Host == "profile" {
		return noProfile(strings.Trim(u.Path, "/"))
	}
	c.Host = strings.ToLower(u.Host)
	if u.User != nil {
		c.User = u.User.Username()
		c.Password, _ = u.User.Password()
	}
	c.LocalFile = strings.TrimPrefix(u.Path, "/")
	if strings.ContainsAny(c.LocalFile, "\x00?#") {
		return &DSNError{Msg: "the local file's name may not hold ?, # or NUL"}
	}
	return nil
}

func (c *Config) readValues(values url.Values) error {
	seen := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		p, file, ok := findProperty(key)
		if !ok {
			return &DSNError{Key: key, Msg: "there is no such key", Valid: keys()}
		}
		name := p.key
		if file {
			name += "_file"
		}
		if other, dup := seen[p.key]; dup || len(values[key]) > 1 {
			return &DSNError{Key: key, Msg: "it is given more than once" + map[bool]string{true: ", as " + other + " too", false: ""}[dup]}
		}
		seen[p.key] = name
		value := values.Get(key)
		if file {
			if value == "" {
				return &DSNError{Key: key, Msg: "the value is empty"}
			}
			if c.SecretFiles == nil {
				c.SecretFiles = map[string]string{}
			}
			c.SecretFiles[p.key] = value
			continue
		}
		if err := p.read(c, value); err != nil {
			return err
		}
	}
	return nil
}

// findProperty finds a key, an alias of one, or KEY_file of a secret.
func findProperty(key string) (p property, file, ok bool) {
	for _, p := range properties {
		if p.key == key || slices.Contains(p.aliases, key) {
			return p, false, true
		}
		if p.secret && key == p.key+"_file" {
			return p, true, true
		}
	}
	return property{}, false, false
}

func keys() []string {
	var out []string
	for _, p := range properties {
		out = append(out, p.key)
		if p.secret {
			out = append(out, p.key+"_file")
		}
	}
	return out
}

// check refuses contradictions.
func (c *Config) check() error {
	if c.Host == demoHost {
		return c.checkDemo()
	}
	host := c.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); !c.TLS && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &DSNError{Key: "tls", Msg: "off is for loopback addresses only"}
	}
	if c.Scale != 1 || c.Seed != 1 || c.Latency != 0 {
		return &DSNError{Key: "scale", Msg: "scale, seed and latency belong to the host demo"}
	}
	if c.InstanceURL != "" && c.AccessToken == "" && c.SecretFiles["access_token"] == "" && c.Auth != "access_token" {
		return &DSNError{Key: "instance_url", Msg: "it goes with access_token; every other login tells its own"}
	}
	return nil
}

func (c *Config) checkDemo() error {
	if c.impliedAuth() != "" || c.ClientID != "" || c.User != "" || c.InstanceURL != "" {
		return &DSNError{Msg: "the host demo needs no credentials"}
	}
	if !c.TLS {
		return &DSNError{Key: "tls", Msg: "the host demo chooses its own"}
	}
	return nil
}

// FormatDSN returns the DSN that ParseDSN reads as c, defaults left out,
// secrets and all.
func (c *Config) FormatDSN() string {
	u := url.URL{Scheme: scheme, Host: c.Host, Path: "/" + c.LocalFile}
	switch {
	case c.Password != "":
		u.User = url.UserPassword(c.User, c.Password)
	case c.User != "":
		u.User = url.User(c.User)
	}
	var params []string
	for _, p := range properties {
		if v := p.write(c); v != "" {
			params = append(params, p.key+"="+url.QueryEscape(v))
		}
		if v := c.SecretFiles[p.key]; v != "" {
			params = append(params, p.key+"_file="+url.QueryEscape(v))
		}
	}
	u.RawQuery = strings.Join(params, "&")
	return u.String()
}

// String returns the DSN without its secrets, for people and logs.
func (c *Config) String() string {
	masked := *c
	for _, secret := range []*string{&masked.ClientSecret, &masked.RefreshToken, &masked.AccessToken, &masked.SecurityToken} {
		if *secret != "" {
			*secret = "***"
		}
	}
	if masked.Password != "" {
		masked.Password = "***"
	}
	return masked.FormatDSN()
}

// GoString keeps %#v from printing secrets.
func (c *Config) GoString() string { return "driver.Config(" + c.String() + ")" }
