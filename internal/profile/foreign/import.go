package foreign

import (
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sfsql/sfsql/internal/profile"
	"github.com/sfsql/sfsql/salesforce/auth"
)

// Import is what a configuration of another tool says.
type Import struct {
	Org     profile.Org // without a name; its words are those of a DSN
	Format  string      // what the file was taken for, in words for people
	Ignored []string    // what of the file is not used, a line for each, and why
}

// Read reads a configuration.
func Read(r io.Reader) (*Import, error) {
	root, err := parseTree(r)
	if err != nil {
		return nil, err
	}
	f := &finder{found: map[string]given{}}
	if err := f.walk(root, ""); err != nil {
		return nil, err
	}
	return f.result()
}

// wrappers are keys whose mappings hold the configuration, or part of it.
var wrappers = []string{
	"config", "configuration", "settings", "properties", "connection_specification", "connection_configuration", // of pipelines
	"connection_config", "credentials", "raw", // of Nango
}

// words maps keys, in snake case, to what they mean here.
var words = map[string]string{
	"api_type": "api", "api": "api", "api_version": "api_version",
	"domain": "host", "site": "host", "host": "host", "instance": "host", "login_url": "host", "url": "host",
	"instance_url": "instance_url",
	"client_id":    "client_id", "consumer_key": "client_id",
	"client_secret": "client_secret", "consumer_secret": "client_secret",
	"refresh_token": "refresh_token", "access_token": "access_token",
	"username": "user", "user": "user", "password": "password", "security_token": "security_token",
	"start_date": "start_date", "streams": "objects", "streams_to_discover": "objects", "objects": "objects",
	"select_fields_by_default": "select_fields_by_default", "request_timeout": "timeout", "timeout": "timeout",
	"is_sandbox": "is_sandbox", "provider": "provider",
}

// given is a value with the place where it stands.
type given struct {
	line  int
	path  string
	value string
}

// finder gathers what a file says.
type finder struct {
	found   map[string]given // by word
	ignored []string
	nango   bool
}

func (f *finder) walk(members []node, under string) error {
	for _, n := range members {
		key, path := snake(n.key), under+n.key
		switch {
		case n.kind == mapping && slices.Contains(wrappers, key):
			f.nango = f.nango || key == "connection_config" || key == "credentials"
			if err := f.walk(n.members, path+"."); err != nil {
				return err
			}
		case words[key] == "":
			f.ignore(n.line, path, "it means nothing here")
		default:
			if err := f.take(words[key], n, path); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *finder) ignore(line int, path, why string) {
	f.ignored = append(f.ignored, fmt.Sprintf("line %d, key %s: %s", line, quote(path), why))
}

// snake turns clientId into client_id.
func snake(key string) string {
	var b strings.Builder
	lower := false
	for _, r := range strings.ReplaceAll(key, "-", "_") {
		if unicode.IsUpper(r) && lower {
			b.WriteByte('_')
		}
		lower = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// template is a value that its own tool would fill in.
var template = regexp.MustCompile(`^\s*(\{\{.*\}\}|\$\{[A-Za-z_][A-Za-z0-9_]*\}|\$env\(.*\))\s*$`)

// take notes the value of a known key. Empty ones, which forms leave behind,
// say nothing.
func (f *finder) take(word string, n node, path string) error {
	text := n.text
	switch {
	case n.null:
		return nil
	case n.kind == list && word == "objects":
		text = strings.Join(n.list, ",")
	case n.kind != scalar:
		return problem(n.line, path, "it should be a text")
	}
	if text == "" {
		return nil
	}
	if template.MatchString(text) {
		return problem(n.line, path, "its value is filled in by the tool it comes from; put the value itself there, or leave the key out and give "+
			"SFSQL_"+strings.ToUpper(word)+" when connecting")
	}
	text, err := clean(word, text)
	if err != nil {
		return problem(n.line, path, err.Error())
	}
	first, dup := f.found[word]
	switch {
	case !dup:
		f.found[word] = given{n.line, path, text}
	case strings.Contains(path, "raw."): // Nango repeats Salesforce's own answer
	case first.value != text:
		return problem(n.line, path, fmt.Sprintf("it says something else than %s on line %d", quote(first.path), first.line))
	}
	return nil
}

func problem(line int, path, what string) error {
	return fmt.Errorf("foreign: line %d, key %s: %s", line, quote(path), what)
}

// clean turns a value into what a DSN says for it. Its errors do not quote it.
func clean(word, text string) (string, error) {
	switch word {
	case "api":
		return cleanAPI(text)
	case "start_date":
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateTime + "Z07:00", time.DateOnly} {
			if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
				return t.UTC().Format(time.RFC3339Nano), nil
			}
		}
		return "", fmt.Errorf("it should be an instant such as 2024-01-31T00:00:00Z")
	case "select_fields_by_default", "is_sandbox":
		switch strings.ToLower(text) {
		case "true", "yes", "on", "1":
			return "true", nil
		case "false", "no", "off", "0":
			return "false", nil
		}
		return "", fmt.Errorf("it should be true or false")
	case "timeout":
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || seconds < 1 || seconds > 86400 {
			return "", fmt.Errorf("it should be a number of seconds")
		}
		return time.Duration(seconds * float64(time.Second)).String(), nil
	case "api_version":
		major, _, _ := strings.Cut(strings.TrimPrefix(text, "v"), ".")
		if n, err := strconv.Atoi(major); err != nil || n < 1 {
			return "", fmt.Errorf("it should be a version such as 67.0")
		}
		return major + ".0", nil
	}
	return text, nil
}

func cleanAPI(text string) (string, error) {
	switch strings.ToUpper(text) {
	case "REST":
		return "rest", nil
	case "BULK", "BULK2", "BULK_V2":
		return "bulk", nil
	case "AUTO":
		return "auto", nil
	}
	return "", fmt.Errorf("it should be REST or BULK")
}

// result makes an org of what was found.
func (f *finder) result() (*Import, error) {
	values := map[string]string{}
	if err := f.chooseHost(values); err != nil {
		return nil, err
	}
	how, keep, err := f.chooseLogin(values["host"])
	if err != nil {
		return nil, err
	}
	values["auth"] = how
	for word, g := range f.found {
		switch {
		case slices.Contains(keep, word), slices.Contains(options, word):
			values[word] = g.value
		case word == "refresh_token":
			f.ignore(g.line, g.path, "renewing a login also needs the client_id of the app, which is missing")
		case slices.Contains(secretsAndSuch, word):
			f.ignore(g.line, g.path, "logging in by "+how+" makes no use of it")
		}
	}
	slices.Sort(f.ignored)
	return &Import{Org: profile.Org{Values: values}, Format: f.format(), Ignored: f.ignored}, nil
}

var (
	options        = []string{"api", "api_version", "start_date", "objects", "select_fields_by_default", "timeout"}
	secretsAndSuch = []string{"client_id", "client_secret", "refresh_token", "access_token", "user", "password", "security_token"}
)

// logins are the ways in, the best first: what each needs and what else it
// takes along.
var logins = []struct {
	how   string
	needs []string
	more  []string
}{
	{"refresh_token", []string{"refresh_token", "client_id"}, []string{"client_secret"}},
	{"password", []string{"user", "password", "client_id", "client_secret"}, []string{"security_token"}},
	{"soap", []string{"user", "password"}, []string{"security_token"}},
	{"client_credentials", []string{"client_id", "client_secret"}, nil},
	{"access_token", []string{"access_token", "instance_url"}, nil},
}

func (f *finder) chooseLogin(host string) (how string, keep []string, err error) {
	var have []string
	for word, g := range f.found {
		if slices.Contains(secretsAndSuch, word) {
			have = append(have, g.path)
		}
	}
	slices.Sort(have)
	for _, l := range logins {
		missing := slices.ContainsFunc(l.needs, func(word string) bool { return f.found[word].value == "" })
		switch {
		case missing:
		case l.how == "client_credentials" && (host == "login" || host == "test"):
			return "", nil, fmt.Errorf("foreign: a consumer key and secret alone log in at the org's own address only; add site or domain, such as acme.my.salesforce.com, or a refresh_token")
		default:
			return l.how, append(slices.Clone(l.needs), l.more...), nil
		}
	}
	if len(have) == 0 {
		return "", nil, fmt.Errorf("foreign: the file has no credentials that are known here; it needs a refresh_token, a password, or a consumer key and secret")
	}
	return "", nil, fmt.Errorf("foreign: the file's credentials (%s) do not make a login; it needs client_id with refresh_token, "+
		"username with password, client_id with client_secret, or access_token with instance_url", strings.Join(have, ", "))
}

// chooseHost prefers the org's own address to the shared ones.
func (f *finder) chooseHost(values map[string]string) error {
	host, own := f.found["host"]
	instance, has := f.found["instance_url"]
	shared := own && (strings.EqualFold(host.value, "login") || strings.EqualFold(host.value, "test"))
	sandbox := f.found["is_sandbox"].value == "true" || strings.HasSuffix(f.found["provider"].value, "sandbox")
	g := host
	switch {
	case own && !shared:
	case has:
		g = instance
	case own && !(sandbox && strings.EqualFold(host.value, "login")):
	case sandbox:
		values["host"] = "test"
		return nil
	default:
		values["host"] = "login"
		return nil
	}
	full, err := auth.ParseHost(g.value)
	if err != nil {
		return problem(g.line, g.path, strings.TrimPrefix(err.Error(), "auth: "))
	}
	values["host"] = full
	if shared && !has {
		values["host"] = strings.ToLower(g.value)
	}
	if u, err := url.Parse(g.value); err == nil && u.Scheme == "http" {
		values["tls"] = "off" // the driver allows that on loopback addresses only
	}
	return nil
}

func (f *finder) format() string {
	has := func(words ...string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return f.found[w].value == "" })
	}
	switch {
	case f.nango:
		return "a connection of Nango"
	case has("access_token", "instance_url"):
		return "a Multiwoven or AI Squared configuration"
	case has("api"), has("start_date"), has("user"), has("is_sandbox"), has("refresh_token"):
		return "the configuration of a Singer or Mage tap"
	}
	return "a site with a consumer key and secret"
}
