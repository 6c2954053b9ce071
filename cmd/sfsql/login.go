package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/profile"
	"github.com/sfsql/sfsql/salesforce/auth"
)

// cliApp is the app of the Salesforce CLI, which every org knows. It is never
// taken unless the user names it: the org lists its sessions as the CLI's.
const cliApp = "PlatformCLI"

const loginLong = `Log in to an org and save it under a name, so that --org NAME opens it from then
on. The login is tried before it is saved. Without NAME the org gets the one of
its My Domain. Logging in again to a saved org takes over what is not given.

Secrets are asked for without showing them, or read from the file that a
-file flag names (- is standard input) or from the environment:
SFSQL_CLIENT_SECRET, SFSQL_PASSWORD, SFSQL_SECURITY_TOKEN, SFSQL_REFRESH_TOKEN,
SFSQL_ACCESS_TOKEN. No flag takes a secret itself, for every user of a machine
can read the command lines of all. They are kept in the system's keychain or,
where there is none, in a file that only you may read.

Signing in with a browser needs an app in the org: --client-id names yours, and
docs/connect.md tells what to click to make one. --client-id PlatformCLI borrows
the Salesforce CLI's: nothing is to be set up, but the org lists the session as
"Salesforce CLI", an administrator may have blocked that app, and revoking it
for the CLI revokes it here. Where that CLI is logged in, --flow sf takes its
login.

Flows:
`

const loginExamples = `  sfsql login prod --host acme --client-id 3MVG9…
  sfsql login uat --host acme--uat.sandbox --client-id PlatformCLI
  sfsql login --paste --host login --client-id 3MVG9…   on a machine without a browser
  sfsql login etl --host acme --flow client_credentials --client-id 3MVG9… --client-secret-file secret.txt
  sfsql login etl --host acme --flow jwt --client-id 3MVG9… --user etl@acme.com --private-key-file key.pem
  sfsql login dev --flow sf --user my-alias`

// loginFlags are the flags of sfsql login.
type loginFlags struct {
	host, flow  string
	values      map[string]*string // of words that are no secrets
	files       map[string]*string // files of those that are
	port        int
	paste       bool
	redirectURL string
	noBrowser   bool
	makeDefault bool
	set         []string
	timeout     time.Duration
}

func (p *program) loginCommand() *cobra.Command {
	f := &loginFlags{values: map[string]*string{}, files: map[string]*string{}}
	cmd := &cobra.Command{
		Use:     "login [NAME]",
		Short:   "log in to an org and save it",
		Long:    loginLong + listFlows(),
		Example: loginExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("sfsql login takes one NAME")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			return p.login(cmd.Context(), name, f)
		},
	}
	f.define(cmd.Flags())
	p.quietFlag(cmd)
	return cmd
}

func listFlows() string {
	var b strings.Builder
	for _, f := range flows {
		fmt.Fprintf(&b, "  %-20s%s\n", f.name, f.about)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (l *loginFlags) define(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&l.host, "host", "", "`HOST`: login, test, acme, acme--uat.sandbox or a URL of the org\n(what is saved under NAME, else login)")
	f.StringVar(&l.flow, "flow", "", "how to log in: one of the `FLOW`s above (what is saved, else web)")
	word := func(word, usage string) {
		l.values[word] = f.String(strings.ReplaceAll(word, "_", "-"), "", usage)
	}
	word("client_id", "consumer `KEY` of the app")
	word("user", "`USERNAME`; for web it is suggested, for sf it may be an alias")
	word("private_key_file", "`FILE` with the RSA key of the flow jwt, PEM; it stays where it is")
	word("audience", "`URL` that the flow jwt is for (what the host implies)")
	for _, flow := range flows {
		for _, n := range flow.needs {
			if n.secret && l.files[n.word] == nil {
				l.files[n.word] = f.String(strings.ReplaceAll(n.word, "_", "-")+"-file", "", "`FILE` with the "+strings.ReplaceAll(n.word, "_", " ")+", - for standard input")
			}
		}
	}
	f.IntVar(&l.port, "callback-port", 0, "`PORT` of the callback http://localhost:PORT/OauthRedirect, as the app has it (1717)")
	f.BoolVar(&l.paste, "paste", false, "paste the address that the browser lands on, instead of waiting for it here")
	f.StringVar(&l.redirectURL, "redirect-url", "", "the app's callback `URL`, where it is another on this machine\nor, with --paste, a page (https://login.salesforce.com/services/oauth2/success)")
	f.BoolVar(&l.noBrowser, "no-browser", false, "only print the address to sign in at")
	f.StringArrayVar(&l.set, "set", nil, "save another `KEY=VALUE` of the DSN too, such as start_date=2024-01-01; may be repeated")
	f.BoolVar(&l.makeDefault, "default", false, "make it the org that is used where none is named")
	f.DurationVar(&l.timeout, "wait", 5*time.Minute, "the longest `TIME` to wait for the browser")
}

// login logs in, tries the session, and saves the org.
func (p *program) login(ctx context.Context, name string, f *loginFlags) error {
	store, err := profile.Open("")
	if err != nil {
		return err
	}
	saved, err := savedValues(store, name)
	if err != nil {
		return err
	}
	l := &loggingIn{program: p, flags: f, asker: asker{stdin: p.stdin, stderr: p.stderr, getenv: p.getenv}}
	if err := l.gather(ctx, saved); err != nil {
		return err
	}
	if err := tryDSN(l.values); err != nil {
		return err
	}
	found, err := l.try(ctx)
	if err == nil {
		err = p.saveOrg(store, l, name, found)
	}
	if err != nil && l.flow.name == "web" {
		l.takeBack(ctx)
	}
	return err
}

// savedValues returns what is saved under a name, empty where nothing is.
func savedValues(store *profile.Store, name string) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	if err := profile.CheckName(name); err != nil {
		return nil, usagef("%v", err)
	}
	org, err := store.Get(name)
	var missing *profile.NotFoundError
	if errors.As(err, &missing) {
		return nil, nil
	}
	return org.Values, err
}

// saveOrg saves an org that could be logged in to.
func (p *program) saveOrg(store *profile.Store, l *loggingIn, name string, found *findings) error {
	if name == "" {
		name = nameFor(or(found.instance, l.values["host"]))
	}
	if l.values["user"] == "" && l.flow.name != "sf" && found.user() != "" {
		l.values["user"] = found.user() // tells people whose login it is
	}
	kept, err := store.Put(profile.Org{Name: name, Values: l.values})
	if err != nil {
		return err
	}
	if l.flags.makeDefault {
		if err := store.SetDefault(name); err != nil {
			return err
		}
	}
	byDefault, err := store.Default()
	if err != nil {
		return err
	}
	as := name
	if byDefault == name {
		as += ", the default org"
	}
	p.say("%s", found.summary())
	p.say("saved as %s; %s", as, kept)
	if l.values["client_id"] == cliApp {
		p.say("the org lists this session as \"Salesforce CLI\", whose app it uses")
	}
	return nil
}

// loggingIn is one sfsql login.
type loggingIn struct {
	*program
	asker asker
	flags *loginFlags
	flow  flow
	// values are the words of the org: first what is needed to log in, then
	// what is saved.
	values map[string]string
}

// gather collects the words that the flow needs, from the flags, files, the
// environment, what is saved, and the user, in this order.
func (l *loggingIn) gather(ctx context.Context, saved map[string]string) error {
	var err error
	if l.flow, err = findFlow(or(l.flags.flow, or(flowOf(saved["auth"]), flows[0].name))); err != nil {
		return err
	}
	if err := l.refuseOthers(); err != nil {
		return err
	}
	l.values = map[string]string{"auth": l.flow.auth}
	for word, value := range saved { // such as start_date
		if !profile.IsSecret(word) && !isCredential(word) && word != "auth" {
			l.values[word] = value
		}
	}
	if err := l.setHost(saved["host"]); err != nil {
		return err
	}
	if err := l.setOthers(); err != nil {
		return err
	}
	for _, n := range l.flow.needs {
		value, err := l.value(ctx, n, saved)
		if err != nil {
			return err
		}
		if value != "" {
			l.values[n.word] = value
		}
	}
	return l.absoluteKeyFile()
}

// refuseOthers refuses flags that the flow would ignore.
func (l *loggingIn) refuseOthers() error {
	for _, given := range []map[string]*string{l.flags.values, l.flags.files} {
		for _, word := range slices.Sorted(maps.Keys(given)) {
			if *given[word] != "" && !l.flow.takes(word) {
				return usagef("the flow %s takes no %s", l.flow.name, word)
			}
		}
	}
	f := l.flags
	switch {
	case l.flow.name != "web" && (f.paste || f.noBrowser || f.port != 0 || f.redirectURL != ""):
		return usagef("--paste, --redirect-url, --no-browser and --callback-port are for the flow web")
	case f.port != 0 && (f.paste || f.redirectURL != ""):
		return usagef("--callback-port does not go with --paste and --redirect-url")
	}
	return nil
}

// isCredential reports whether a word belongs to some flow rather than to the
// org.
func isCredential(word string) bool {
	return word == "instance_url" || slices.ContainsFunc(flows, func(f flow) bool { return f.takes(word) })
}

// setHost reads the host as people paste it. A URL with http, which the driver
// allows on this machine only, is what an emulator prints.
func (l *loggingIn) setHost(saved string) error {
	host := or(l.flags.host, saved)
	if l.flow.name == "sf" { // the CLI knows
		delete(l.values, "host")
		delete(l.values, "tls")
		if l.flags.host != "" {
			return usagef("the flow sf takes no --host: the Salesforce CLI knows it")
		}
		return nil
	}
	if host == "demo" {
		return usagef("the built-in org needs no login: --org demo")
	}
	if host == "" {
		if l.flow.name == "client_credentials" || l.flow.name == "access_token" {
			return usagef("the flow %s needs --host with the org's My Domain, such as acme or acme--uat.sandbox: Setup, My Domain shows it", l.flow.name)
		}
		host = "login"
	}
	if rest, plain := strings.CutPrefix(host, "http://"); plain {
		host = strings.TrimRight(rest, "/")
		l.values["tls"] = "off"
	} else if l.flags.host != "" {
		delete(l.values, "tls")
	}
	full, err := auth.ParseHost(host)
	if err != nil {
		return usagef("--host: %v", err)
	}
	l.values["host"] = full
	return nil
}

// setOthers takes the words of --set.
func (l *loggingIn) setOthers() error {
	for _, pair := range l.flags.set {
		word, value, ok := strings.Cut(pair, "=")
		switch {
		case !ok:
			return usagef("--set takes KEY=VALUE")
		case profile.IsSecret(word) || isCredential(word) || word == "auth" || word == "host":
			return usagef("--set does not take %s; secrets come from files, the environment or a prompt, the rest has flags of its own", word)
		case value == "":
			delete(l.values, word)
		default:
			l.values[word] = value
		}
	}
	return nil
}

// value finds one word.
func (l *loggingIn) value(ctx context.Context, n need, saved map[string]string) (string, error) {
	if flag := l.flags.values[n.word]; flag != nil && *flag != "" {
		return *flag, nil
	}
	if file := l.flags.files[n.word]; file != nil && *file != "" {
		return l.asker.secretFile(*file)
	}
	if value := l.asker.env(n.word); value != "" {
		return value, nil
	}
	// What a person typed may be what no longer works; an app's does.
	if value := saved[n.word]; value != "" && (!n.secret || n.word == "client_secret") {
		return value, nil
	}
	if n.word == "client_secret" && l.values["client_id"] == cliApp {
		return "", nil // it has none
	}
	if l.asker.terminal() != nil && n.what != "" {
		return l.ask(ctx, n)
	}
	if n.optional {
		return "", nil
	}
	return "", l.missing(n)
}

func (l *loggingIn) ask(ctx context.Context, n need) (string, error) {
	prompt := n.what + ": "
	if n.optional {
		prompt = n.what + " (empty for none): "
	}
	get := l.asker.line
	if n.secret {
		get = l.asker.hidden
	}
	if n.word == "client_id" && l.flow.name == "web" {
		fmt.Fprintln(l.stderr, "The key of your app in the org (docs/connect.md), or "+cliApp+" to borrow the Salesforce CLI's.")
	}
	value, err := get(ctx, prompt)
	if err == nil && value == "" && !n.optional {
		err = l.missing(n)
	}
	return value, err
}

func (l *loggingIn) missing(n need) error {
	env := "SFSQL_" + strings.ToUpper(n.word)
	flag := "--" + strings.ReplaceAll(n.word, "_", "-")
	switch {
	case n.secret:
		return usagef("the flow %s needs %s: from a terminal, %s-file or %s", l.flow.name, n.word, flag, env)
	case n.word == "client_id" && l.flow.name == "web":
		return usagef("signing in with a browser needs an app: --client-id KEY of your own (docs/connect.md tells what to click), or "+
			"--client-id %s to borrow the Salesforce CLI's, as which the org then lists the session; --flow sf takes that CLI's login", cliApp)
	}
	return usagef("the flow %s needs %s (or %s)", l.flow.name, flag, env)
}

// absoluteKeyFile makes the path of a key one that is good from every folder.
func (l *loggingIn) absoluteKeyFile() error {
	file := l.values["private_key_file"]
	if file == "" {
		return nil
	}
	full, err := filepath.Abs(file)
	if err != nil {
		return usagef("%v", err)
	}
	l.values["private_key_file"] = full
	return nil
}

// configOf turns the words of an org into the driver's configuration.
func configOf(values map[string]string) (*driver.Config, error) {
	query := url.Values{}
	for word, value := range values {
		query.Set(word, value)
	}
	return driver.ParseDSN("salesforce:///?" + query.Encode())
}

// tryDSN reports what a DSN of these words would be refused for.
func tryDSN(values map[string]string) error {
	_, err := configOf(values)
	return err
}

// nameFor makes a name of a host: acme of https://acme.my.salesforce.com.
func nameFor(host string) string {
	host = strings.TrimPrefix(strings.TrimPrefix(host, "https://"), "http://")
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if net.ParseIP(strings.Trim(host, "[]")) != nil || strings.EqualFold(host, "localhost") {
		return "local"
	}
	first, _, _ := strings.Cut(strings.ToLower(host), ".")
	return or(first, "org")
}
