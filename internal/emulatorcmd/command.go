package emulatorcmd

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sfsql/sfsql/emulator"
)

const longHelp = `Run an emulated Salesforce org on this machine and print how to reach it.
It ends with Ctrl-C, and with it everything that was written to it, unless
--state keeps that in a file.

The folder of --data holds own objects: NAME.json, a describe as sf sobject
describe prints it, and NAME.csv, records as Bulk 2.0 writes them. They replace
built-in objects of the same name.

A fault is something that goes wrong on purpose, once unless told otherwise:
  KIND[@ENDPOINT][:after=N][:times=N|all][:delay=DURATION]
The kind error is followed by a status and a code of choice, as in
error=403/API_DISABLED_FOR_ORG@query; without a code the answer is empty.

Kinds:
`

const examples = `  sfsql emulator --port 8080
  sfsql emulator --scale 100 --latency 80ms
  sfsql emulator --data ./objects --only-data
  sfsql emulator --fault 503@query:after=2:times=3 --fault expire-session@queryMore`

type options struct {
	port       uint16
	scale      int
	seed       int64
	latency    time.Duration
	locale     string
	zone       string
	pageSize   int
	faults     []emulator.Fault
	sessionTTL time.Duration
	loginPage  bool
	redirects  []string
	jwtKey     string
	asJSON     bool
	data       string
	onlyData   bool
	state      string
	restricted bool
	bulkDelay  time.Duration
	bulkPage   int
	dailyLimit int
}

// Command returns the command. It runs until the context it is executed with
// ends, and writes to the command's standard output.
func Command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "emulator",
		Short:   "run an emulated Salesforce org",
		Long:    longHelp + listKinds(),
		Example: examples,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Uint16Var(&o.port, "port", 0, "listen on `PORT` of 127.0.0.1; 0 takes a free one")
	f.IntVar(&o.scale, "scale", 1, "multiply the rows of the big objects by `N`; 1000 makes a million Accounts")
	f.Int64Var(&o.seed, "seed", 1, "choose the data; the same `NUMBER` gives the same records")
	f.DurationVar(&o.latency, "latency", 0, "delay every answer by `DURATION`, such as 80ms")
	f.StringVar(&o.locale, "locale", "en_US", "the running user's `LOCALE`, such as tr_TR")
	f.StringVar(&o.zone, "time-zone", "UTC", "the running user's time `ZONE`, such as Europe/Berlin")
	f.IntVar(&o.pageSize, "page-size", 2000, "`ROWS` of a page; 0 makes pages of varying size, as the API may")
	f.StringVar(&o.data, "data", "", "bring own objects in from `DIR`: a describe as NAME.json, records as NAME.csv")
	f.BoolVar(&o.onlyData, "only-data", false, "leave the built-in objects out, but for users and the organization")
	f.StringVar(&o.state, "state", "", "keep what is written in `FILE`, and start with what it holds")
	f.BoolVar(&o.restricted, "restricted-objects", false, "add objects that ask for certain filters, such as ContentDocumentLink")
	f.DurationVar(&o.bulkDelay, "bulk-delay", 0, "let a bulk job take `DURATION`")
	f.IntVar(&o.bulkPage, "bulk-page-size", 0, "`ROWS` of a result page of a bulk query; 0 means 100,000")
	f.IntVar(&o.dailyLimit, "daily-limit", 5_000_000, "refuse API calls after `N`")
	f.Var((*faultList)(&o.faults), "fault", "let something go wrong, see above; may be repeated")
	f.DurationVar(&o.sessionTTL, "session-ttl", 0, "end sessions that were idle for `DURATION`; 0 ends none")
	f.BoolVar(&o.loginPage, "login-page", false, "ask for name and password in the browser, where logins are\notherwise approved at once")
	f.StringArrayVar(&o.redirects, "redirect-uri", nil, "let browser logins return to `URL`; may be repeated")
	f.StringVar(&o.jwtKey, "jwt-key", "", "write the private key that signs JWT logins to `FILE`")
	f.BoolVar(&o.asJSON, "json", false, "print how to reach it as one line of JSON")
	return cmd
}

// listKinds wraps the kinds of faults for the help.
func listKinds() string {
	var b strings.Builder
	width := 0
	for _, kind := range emulator.FaultKinds() {
		if width += len(kind) + 1; width > 72 {
			b.WriteByte('\n')
			width = len(kind) + 1
		}
		b.WriteString(" " + string(kind))
	}
	return b.String()
}

// faultList is the flag --fault.
type faultList []emulator.Fault

func (l *faultList) Set(text string) error {
	f, err := emulator.ParseFault(text)
	*l = append(*l, f)
	return err
}

func (l *faultList) String() string { return "" }
func (l *faultList) Type() string   { return "FAULT" }

func (o *options) run(ctx context.Context, out io.Writer) error {
	more, err := o.more()
	if err != nil {
		return err
	}
	org, err := emulator.Start(append(more,
		emulator.WithAddress("127.0.0.1:"+strconv.Itoa(int(o.port))),
		emulator.WithScale(o.scale), emulator.WithSeed(o.seed), emulator.WithLatency(o.latency), emulator.WithLocale(o.locale),
		emulator.WithTimeZone(o.zone), emulator.WithPageSize(o.pageSize), emulator.WithFaults(o.faults...),
		emulator.WithAuth(emulator.Auth{SessionTTL: o.sessionTTL, LoginPage: o.loginPage, RedirectURIs: o.redirects}),
		emulator.WithBulkDelay(o.bulkDelay), emulator.WithBulkPageSize(o.bulkPage), emulator.WithDailyLimit(o.dailyLimit),
	)...)
	if err != nil {
		return err
	}
	defer org.Close()
	if err := o.writeKey(org); err != nil {
		return fmt.Errorf("emulator: writing the key of JWT logins: %w", err)
	}
	if err := o.announce(out, org); err != nil {
		return fmt.Errorf("emulator: printing how to reach it: %w", err)
	}
	<-ctx.Done()
	return nil
}

// more returns the options that depend on whether a flag was given.
func (o *options) more() ([]emulator.Option, error) {
	var all []emulator.Option
	if o.state != "" {
		all = append(all, emulator.WithState(o.state))
	}
	if o.restricted {
		all = append(all, emulator.WithRestrictedObjects())
	}
	switch {
	case o.data != "":
		if _, err := os.ReadDir(o.data); err != nil {
			return nil, fmt.Errorf("emulator: reading the folder of --data: %w", err)
		}
		all = append(all, emulator.WithData(os.DirFS(o.data)))
	case o.onlyData:
		return nil, errors.New("emulator: --only-data needs --data")
	}
	if o.onlyData {
		all = append(all, emulator.WithOnlyData())
	}
	return all, nil
}

func (o *options) writeKey(org *emulator.Server) error {
	if o.jwtKey == "" {
		return nil
	}
	der, err := x509.MarshalPKCS8PrivateKey(org.PrivateKey())
	if err != nil {
		return err
	}
	return os.WriteFile(o.jwtKey, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// access is how to reach an org. That its secrets are printed is their point:
// they open nothing but this process.
type access struct {
	URL           string `json:"url"`
	AccessToken   string `json:"access_token"`
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret"`
	RefreshToken  string `json:"refresh_token"`
	Username      string `json:"username"`
	Password      string `json:"password"`
	SecurityToken string `json:"security_token"`
	DSN           string `json:"dsn"`
}

func accessTo(org *emulator.Server) access {
	return access{
		URL: org.URL(), AccessToken: org.AccessToken(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret(),
		RefreshToken: org.RefreshToken(), Username: org.Username(), Password: org.Password(), SecurityToken: org.SecurityToken(),
		DSN: dsn(org),
	}
}

// dsn logs in by client credentials, which works again after every expiry.
func dsn(org *emulator.Server) string {
	keys := url.Values{"client_id": {org.ClientID()}, "client_secret": {org.ClientSecret()}, "tls": {"off"}}
	return "salesforce://" + strings.TrimPrefix(org.URL(), "http://") + "/?" + keys.Encode()
}

func (o *options) announce(out io.Writer, org *emulator.Server) error {
	a := accessTo(org)
	if o.asJSON {
		return json.NewEncoder(out).Encode(a)
	}
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"URL", a.URL},
		{"access token", a.AccessToken},
		{"client id", a.ClientID},
		{"client secret", a.ClientSecret},
		{"refresh token", a.RefreshToken},
		{"username", a.Username},
		{"password", a.Password},
		{"security token", a.SecurityToken},
		{"DSN", a.DSN},
	} {
		fmt.Fprintf(table, "%s\t%s\n", line[0], line[1])
	}
	_ = table.Flush() // a buffer takes everything
	_, err := out.Write(text.Bytes())
	return err
}
