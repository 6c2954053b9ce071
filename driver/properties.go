package driver

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sfsql/sfsql/salesforce/auth"
)

// property is one key of a DSN: how it is read into a Config and written
// back. write returns "" for what is not set.
type property struct {
	key     string
	aliases []string
	secret  bool
	read    func(c *Config, value string) error
	write   func(c *Config) string
	field   func(c *Config) *string // where a plain text is; nil for all else
}

// clear takes a text's value away.
func (p property) clear(c *Config) {
	*p.field(c) = ""
	c.dropFile(p.key)
}

// properties are all keys of a DSN, in the order in which FormatDSN writes
// them. The first three have a place of their own in a DSN; as keys they
// change a saved org, or stand for what the place leaves out.
var properties = []property{
	{key: "host", aliases: []string{"domain", "site"}, read: readHost, write: func(c *Config) string { return c.Host }},
	alias(text("user", func(c *Config) *string { return &c.User }, false), "username"),
	text("password", func(c *Config) *string { return &c.Password }, true),

	oneOf("auth", func(c *Config) *string { return &c.Auth }, wayNames()...),
	alias(text("client_id", func(c *Config) *string { return &c.ClientID }, false), "consumer_key"),
	alias(text("client_secret", func(c *Config) *string { return &c.ClientSecret }, true), "consumer_secret"),
	text("refresh_token", func(c *Config) *string { return &c.RefreshToken }, true),
	text("access_token", func(c *Config) *string { return &c.AccessToken }, true),
	text("instance_url", func(c *Config) *string { return &c.InstanceURL }, false),
	text("security_token", func(c *Config) *string { return &c.SecurityToken }, true),
	text("private_key_file", func(c *Config) *string { return &c.PrivateKeyFile }, false),
	text("audience", func(c *Config) *string { return &c.Audience }, false),
	alias(oneOf("api", func(c *Config) *string { return &c.API }, "auto", "rest", "bulk"), "api_type"),
	count("bulk_threshold", func(c *Config) *int64 { return &c.BulkThreshold }),
	{key: "api_version", read: readAPIVersion, write: func(c *Config) string { return c.APIVersion }},
	{
		key: "objects", aliases: []string{"streams"}, read: readObjects,
		write: func(c *Config) string { return strings.Join(c.Objects, ",") },
	},
	{key: "start_date", read: readStartDate, write: writeStartDate},
	boolean("select_fields_by_default", func(c *Config) *bool { return &c.SelectFieldsByDefault }),
	boolean("deleted", func(c *Config) *bool { return &c.Deleted }),
	oneOf("text", func(c *Config) *string { return &c.Text }, "nocase", "binary"),
	oneOf("time", func(c *Config) *string { return &c.Time }, "go", "text"),
	duration("timeout", func(c *Config) *time.Duration { return &c.Timeout }, false),
	duration("auth_timeout", func(c *Config) *time.Duration { return &c.AuthTimeout }, false),
	count("max_calls", func(c *Config) *int64 { return &c.MaxCalls }),
	{key: "attach", read: readAttached, write: writeAttached},
	boolean("write", func(c *Config) *bool { return &c.Write }),
	onOff("tls", func(c *Config) *bool { return &c.TLS }),
	onOff("pushdown", func(c *Config) *bool { return &c.Pushdown }),
	{key: "pushdown_without", read: readWithout, write: func(c *Config) string { return c.PushdownWithout }},
	count("keep_rows", func(c *Config) *int64 { return &c.KeepRows }),
	onOff("shortcut", func(c *Config) *bool { return &c.Shortcut }),
	count("scale", func(c *Config) *int64 { return &c.Scale }),
	count("seed", func(c *Config) *int64 { return &c.Seed }),
	duration("latency", func(c *Config) *time.Duration { return &c.Latency }, true),
}

// findProperty finds a key, an alias of one, or KEY_file of a secret.
func findProperty(key string) (p property, file, ok bool) {
	bare, isFile := strings.CutSuffix(key, "_file")
	for _, p := range properties {
		if p.key == key || slices.Contains(p.aliases, key) {
			return p, false, true
		}
		if isFile && p.secret && (p.key == bare || slices.Contains(p.aliases, bare)) {
			return p, true, true
		}
	}
	return property{}, false, false
}

// keys are what a DSN may say, for people.
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

func alias(p property, names ...string) property {
	p.aliases = names
	return p
}

func text(key string, field func(*Config) *string, secret bool) property {
	return property{
		key: key, secret: secret, field: field,
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

func oneOf(key string, field func(*Config) *string, valid ...string) property {
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
		write: func(c *Config) string { return *field(c) },
	}
}

func boolean(key string, field func(*Config) *bool) property {
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
		write: func(c *Config) string { return strconv.FormatBool(*field(c)) },
	}
}

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
				return "on"
			}
			return "off"
		},
	}
}

func count(key string, field func(*Config) *int64) property {
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
			if *field(c) == 0 {
				return ""
			}
			return strconv.FormatInt(*field(c), 10)
		},
	}
}

func duration(key string, field func(*Config) *time.Duration, zero bool) property {
	return property{
		key: key,
		read: func(c *Config, v string) error {
			d, err := time.ParseDuration(v)
			if err != nil {
				if n, numErr := strconv.Atoi(v); numErr == nil && n < 1<<30 { // plain seconds
					d, err = time.Duration(n)*time.Second, nil
				}
			}
			if err != nil || d < 0 || d == 0 && !zero {
				return &DSNError{Key: key, Msg: fmt.Sprintf("%q is not valid", v), Valid: []string{"a duration such as 30s or 2m"}}
			}
			*field(c) = d
			return nil
		},
		write: func(c *Config) string { return field(c).String() },
	}
}

// readHost keeps a host as it is given, since login and acme are also what
// people call them; of a pasted address it keeps the host.
func readHost(c *Config, v string) error {
	host, err := auth.ParseHost(v)
	if err != nil {
		return &DSNError{Key: "host", Msg: strings.TrimPrefix(err.Error(), "auth: ")}
	}
	if short := strings.ToLower(v); !strings.Contains(v, "/") && short != profileHost && url.PathEscape(short) == short {
		host = short
	}
	c.Host = host
	return nil
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
