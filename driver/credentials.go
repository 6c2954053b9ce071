package driver

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// way is a way to log in: which credentials it needs, and which it can use.
type way struct {
	name  string
	needs []string
	uses  []string
}

// ways are all values of the key auth. The user is allowed with any, for it
// also tells people whose login it is.
var ways = []way{
	{"access_token", []string{"access_token"}, []string{"instance_url", "client_id", "client_secret"}}, // the app's for asking about the token
	{"client_credentials", []string{"client_id", "client_secret"}, nil},
	{"jwt", []string{"client_id", "user", "private_key_file"}, []string{"client_secret", "audience"}},
	{"password", []string{"client_id", "client_secret", "user", "password"}, []string{"security_token"}},
	{"refresh_token", []string{"client_id", "refresh_token"}, []string{"client_secret", "access_token", "instance_url"}},
	{"sf", nil, nil},
	{"soap", []string{"user", "password"}, []string{"security_token"}},
}

// credentials are the keys that only some ways to log in can use.
var credentials = []string{
	"password", "client_id", "client_secret", "refresh_token", "access_token",
	"instance_url", "security_token", "private_key_file", "audience",
}

func wayNames() []string {
	var out []string
	for _, w := range ways {
		out = append(out, w.name)
	}
	return out
}

func findWay(name string) way {
	for _, w := range ways {
		if w.name == name {
			return w
		}
	}
	return way{}
}

func (w way) takes(key string) bool {
	return key == "user" || slices.Contains(w.needs, key) || slices.Contains(w.uses, key)
}

// has reports whether a credential is given, be it in a file.
func (c *Config) has(key string) bool {
	p, _, _ := findProperty(key)
	return p.write(c) != "" || c.SecretFiles[key] != ""
}

// impliedAuth names the way to log in that is asked for, or that the given
// credentials imply. Of an access token and what renews it the latter counts.
func (c *Config) impliedAuth() string {
	switch {
	case c.Auth != "":
		return c.Auth
	case c.has("refresh_token") && (c.has("client_id") || !c.has("access_token")):
		return "refresh_token"
	case c.has("access_token"):
		return "access_token"
	case c.has("private_key_file"):
		return "jwt"
	case c.has("password") && c.has("client_id"):
		return "password"
	case c.has("password"):
		return "soap"
	case c.has("client_secret"):
		return "client_credentials"
	}
	return ""
}

// check refuses contradictions. What a saved org or the environment may yet
// bring is not missed here.
func (c *Config) check() error {
	if c.Host == demoHost {
		return c.checkDemo()
	}
	if err := c.checkHost(); err != nil {
		return err
	}
	if c.Scale != 1 || c.Seed != 1 || c.Latency != 0 {
		return &DSNError{Key: c.demoKey(), Msg: "scale, seed and latency belong to the host demo"}
	}
	return c.checkCredentials()
}

func (c *Config) demoKey() string {
	switch {
	case c.Scale != 1:
		return "scale"
	case c.Seed != 1:
		return "seed"
	}
	return "latency"
}

func (c *Config) checkHost() error {
	how := c.impliedAuth()
	switch {
	case how == "sf" && c.Host != "":
		return &DSNError{Key: "host", Msg: "the Salesforce CLI knows the host of its login; leave it out, as in salesforce:///?auth=sf"}
	case c.Host == "" && c.Profile == "" && how != "sf" && c.InstanceURL == "":
		return &DSNError{
			Key: "host", Msg: "it is missing",
			Valid: []string{"login", "test", "a My Domain such as acme or acme.my.salesforce.com", demoHost},
		}
	}
	host := c.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	if loopback := host == "localhost" || ip != nil && ip.IsLoopback(); !c.TLS && host != "" && !loopback {
		return &DSNError{Key: "tls", Msg: "off is for loopback addresses only"}
	}
	return nil
}

// checkCredentials refuses a credential that the login would ignore.
func (c *Config) checkCredentials() error {
	how := c.impliedAuth()
	if how == "" || c.Profile != "" && c.Auth == "" {
		return nil // the environment or the saved org may bring the rest
	}
	w := findWay(how)
	for _, key := range credentials {
		if !c.has(key) || w.takes(key) {
			continue
		}
		if key == "instance_url" {
			return &DSNError{Key: key, Msg: "it goes with access_token; every other login tells its own"}
		}
		return &DSNError{
			Key: key, Msg: fmt.Sprintf("logging in by %s makes no use of it; leave it out, or choose with auth", how),
			Valid: append(slices.Clone(w.needs), w.uses...),
		}
	}
	return nil
}

func (c *Config) checkDemo() error {
	for _, key := range append([]string{"user"}, credentials...) {
		if c.has(key) {
			return &DSNError{Key: key, Msg: "the host demo needs no credentials"}
		}
	}
	switch {
	case c.Auth != "":
		return &DSNError{Key: "auth", Msg: "the host demo needs no credentials"}
	case !c.TLS:
		return &DSNError{Key: "tls", Msg: "the host demo chooses its own"}
	}
	return nil
}
