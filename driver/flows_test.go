package driver_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/internal/profile"
	"github.com/sfsql/sfsql/internal/profile/foreign"
)

// hard are secrets of every printable character and some beyond.
func hard() emulator.Auth {
	var ascii strings.Builder
	for r := ' '; r <= '~'; r++ {
		ascii.WriteRune(r)
	}
	return emulator.Auth{Password: ascii.String() + " é€😀 ", ClientSecret: "+/=%&?#@:;'\"\\ ~" + ascii.String(), SecurityToken: "tok+/=&%"}
}

// flow is a way to log in: the words of its DSN.
type flow map[string]string

func hostOf(s *emulator.Server) string { return strings.TrimPrefix(s.URL(), "http://") }

// flowsOf are all ways into an emulated org.
func flowsOf(t *testing.T, s *emulator.Server) map[string]flow {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.PrivateKey())
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key & co.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	app := flow{"host": hostOf(s), "tls": "off", "client_id": s.ClientID()}
	user := flow{"user": s.Username(), "password": s.Password(), "security_token": s.SecurityToken()}
	with := func(parts ...flow) flow {
		out := flow{}
		for _, p := range parts {
			maps.Copy(out, p)
		}
		return out
	}
	return map[string]flow{
		"refresh_token":            with(app, flow{"refresh_token": s.RefreshToken()}),
		"refresh_token and secret": with(app, flow{"refresh_token": s.RefreshToken(), "client_secret": s.ClientSecret()}),
		"refresh_token beside an access token": {
			"refresh_token": s.RefreshToken(), "access_token": "dead", "instance_url": s.URL(), "client_id": s.ClientID(), "tls": "off",
		},
		"client_credentials":            with(app, flow{"client_secret": s.ClientSecret()}),
		"jwt":                           with(app, flow{"user": s.Username(), "private_key_file": key}),
		"jwt with an audience":          with(app, flow{"user": s.Username(), "private_key_file": key, "audience": "https://test.salesforce.com"}),
		"password":                      with(app, user, flow{"client_secret": s.ClientSecret()}),
		"soap":                          with(user, flow{"host": hostOf(s), "tls": "off"}),
		"access_token":                  {"access_token": s.AccessToken(), "instance_url": s.URL()},
		"access_token at the host":      {"access_token": s.AccessToken(), "host": hostOf(s), "tls": "off"},
		"access_token, said to be such": {"auth": "ACCESS_TOKEN", "access_token": s.AccessToken(), "instance_url": s.URL()},
	}
}

// asKeys writes all words as keys of a DSN, asURL those that have one in their
// place.
func (f flow) asKeys(more url.Values) string {
	v := url.Values{}
	for key, value := range f {
		v.Set(key, value)
	}
	maps.Copy(v, more)
	return "salesforce:///?" + v.Encode()
}

func (f flow) asURL() string {
	rest := maps.Clone(f)
	for _, key := range []string{"host", "user", "password"} {
		delete(rest, key)
	}
	u := url.URL{Scheme: "salesforce", Host: f["host"], Path: "/"}
	if f["user"] != "" {
		u.User = url.UserPassword(f["user"], f["password"])
	}
	return u.String() + "?" + strings.TrimPrefix(rest.asKeys(nil), "salesforce:///?")
}

// split parts the words that pick picks from the others.
func (f flow) split(pick func(string) bool) (picked, rest flow) {
	picked, rest = flow{}, flow{}
	for key, value := range f {
		if pick(key) {
			picked[key] = value
		} else {
			rest[key] = value
		}
	}
	return picked, rest
}

// accounts counts through a DSN.
func accounts(dsn string) (string, error) {
	db, err := sql.Open("salesforce", dsn)
	if err != nil {
		return "", err
	}
	defer db.Close()
	rows, err := all(db, "SELECT count(*) FROM Account")
	if err != nil {
		return "", err
	}
	return rows[0], nil
}

// ownConfig gives a test a folder of saved orgs of its own, without keychain.
func ownConfig(t *testing.T) *profile.Store {
	t.Helper()
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("SFSQL_KEYCHAIN", "off")
	store, err := profile.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// Each flow, given in each way: the same rows.
func TestEachFlowByDSN(t *testing.T) {
	s, db := start(t, "", emulator.WithAuth(hard()))
	want := must(t, db, "SELECT count(*) FROM Account")[0]
	for name, f := range flowsOf(t, s) {
		check := func(how, dsn string) {
			t.Helper()
			if got, err := accounts(dsn); err != nil || got != want {
				t.Errorf("%s, %s: %s rows, want %s; %v", name, how, got, want, err)
			}
		}
		check("as keys", f.asKeys(nil))
		check("in its place", f.asURL())

		t.Run(name+" in files", func(t *testing.T) {
			secrets, rest := f.split(profile.IsSecret)
			files := url.Values{}
			for key, value := range secrets {
				file := filepath.Join(t.TempDir(), "a file")
				if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				files.Set(key+"_file", file)
			}
			check("in files", rest.asKeys(files))
		})
		t.Run(name+" in the environment", func(t *testing.T) {
			given, rest := f.split(func(key string) bool { return key != "host" && key != "tls" && key != "instance_url" })
			for key, value := range given {
				t.Setenv("SFSQL_"+strings.ToUpper(key), value)
			}
			check("in the environment", rest.asKeys(nil))
		})
		t.Run(name+" saved", func(t *testing.T) {
			if _, err := ownConfig(t).Put(profile.Org{Name: "prod", Values: f}); err != nil {
				t.Fatal(err)
			}
			check("by name", "prod")
			check("by URL", "salesforce://profile/prod?timeout=30s")
		})
	}
}

func TestTheCLIsLogin(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("the stand-in for the CLI is a shell script")
		return
	}
	s, db := start(t, "")
	want := must(t, db, "SELECT count(*) FROM Account")[0]
	answer, err := json.Marshal(map[string]any{"status": 0, "result": map[string]string{
		"accessToken": s.AccessToken(), "instanceUrl": s.URL(), "username": s.Username(), "connectedStatus": "Connected",
	}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := "#!/bin/sh\necho \"$*\" >> " + dir + "/asked\ncat <<'END'\n" + string(answer) + "\nEND\n"
	if err := os.WriteFile(filepath.Join(dir, "sf"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	for dsn, target := range map[string]string{
		"salesforce:///?auth=sf":                                "",
		"salesforce://uat@/?auth=sf":                            "--target-org=uat",
		"salesforce:///?auth=SF&username=me%40example.com":      "--target-org=me@example.com",
		"salesforce:///?auth=sf&user=uat&start_date=2020-01-01": "--target-org=uat",
	} {
		if got, err := accounts(dsn); err != nil || got == "0" || got != want && !strings.Contains(dsn, "start_date") {
			t.Errorf("%s: %s rows, want %s; %v", dsn, got, want, err)
		}
		asked, err := os.ReadFile(filepath.Join(dir, "asked"))
		if err != nil || strings.Contains(string(asked), "target-org") != (target != "") || !strings.Contains(string(asked), target) {
			t.Errorf("%s asks %q, %v", dsn, asked, err)
		}
		_ = os.Remove(filepath.Join(dir, "asked"))
	}
}

func TestASavedOrgIsOverridden(t *testing.T) {
	s, db := start(t, "", emulator.WithAuth(emulator.Auth{RotateRefreshTokens: true}))
	want := must(t, db, "SELECT count(*) FROM Account")[0]
	store := ownConfig(t)
	put := func(name string, values flow) {
		t.Helper()
		if _, err := store.Put(profile.Org{Name: name, Values: values}); err != nil {
			t.Fatal(err)
		}
	}
	first := s.RefreshToken()
	put("prod", flow{"host": hostOf(s), "tls": "off", "client_id": s.ClientID(), "refresh_token": first, "objects": "Contact", "time": "text", "deleted": "true"})
	for dsn, want := range map[string]string{
		"prod?streams=Account&deleted=false":                                                                                                               want,
		"salesforce://profile/prod?deleted=false&objects=Account,Contact&refresh_token=":                                                                   "", // an empty value is an error
		"salesforce://profile/prod?streams=Account&deleted=false&access_token=" + url.QueryEscape(s.AccessToken()):                                         want,
		"prod?objects=Account&deleted=no&client_secret=" + url.QueryEscape(s.ClientSecret()):                                                               want,
		"prod?objects=Account&deleted=no&auth=client_credentials&client_secret=" + url.QueryEscape(s.ClientSecret()):                                       want,
		"prod?objects=Account&deleted=no&auth=soap&user=" + url.QueryEscape(s.Username()) + "&password=" + url.QueryEscape(s.Password()+s.SecurityToken()): want,
	} {
		got, err := accounts(dsn)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q rows, want %q; %v", dsn, got, want, err)
		}
	}
	if org, err := store.Get("prod"); err != nil || org.Values["refresh_token"] == first {
		t.Errorf("the rotated token was not kept: %v", err)
	}
	put("app", flow{"host": hostOf(s), "tls": "off", "client_id": s.ClientID(), "client_secret": "of yesterday"})
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(s.ClientSecret()+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := accounts("app?client_secret_file=" + url.QueryEscape(file)); err != nil || got != want {
		t.Errorf("a file in place of a saved secret: %q rows, %v", got, err)
	}
	// The environment completes a login; it does not change one.
	t.Setenv("SFSQL_ACCESS_TOKEN", "dead")
	t.Setenv("SFSQL_CLIENT_SECRET", s.ClientSecret())
	if got, err := accounts("prod?objects=Account&deleted=false"); err != nil || got != want {
		t.Errorf("beside an environment of another login: %q rows, %v", got, err)
	}
	var missing *profile.NotFoundError
	if _, err := accounts("production"); !errors.As(err, &missing) || !strings.Contains(err.Error(), "there are app, prod") || driver.IsLogin(err) {
		t.Errorf("an unknown name: %v", err)
	}
	put("odd", flow{"host": "acme", "colour": "red"})
	put("bad", flow{"host": "acme", "api": "soap"})
	put("both", flow{"host": "acme", "auth": "jwt", "password": "hunter2"})
	for name, want := range map[string]string{
		"odd":  "the saved org odd, key colour: there is no such key",
		"bad":  `the saved org bad, key api: "soap" is not valid`,
		"both": "the saved org both, key password: logging in by jwt makes no use of it",
	} {
		var e *driver.DSNError
		if _, err := accounts(name); !errors.As(err, &e) || e.Profile != name || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What other tools keep becomes a saved org that answers.
func TestImportedOrgsAnswer(t *testing.T) {
	s, db := start(t, "", emulator.WithAuth(hard()))
	want := must(t, db, "SELECT count(*) FROM Account")[0]
	late := must(t, db, "SELECT count(*) FROM Account WHERE SystemModstamp >= '2022-06-01'")[0]
	store := ownConfig(t)
	q := func(text string) string { // a string of JSON, and so of YAML
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	app := `"client_id": ` + q(s.ClientID()) + `, "client_secret": ` + q(s.ClientSecret())
	for name, c := range map[string]struct{ text, want string }{
		"tap": {
			"api_type: REST\ndomain: " + s.URL() + "\nclient_id: " + q(s.ClientID()) + "\nclient_secret: " + q(s.ClientSecret()) + "\nrefresh_token: " +
				q(s.RefreshToken()) + "\nstart_date: 2022-06-01\nselect_fields_by_default: false\nstreams:\n  - Account\n", late,
		},
		"password": {
			`{"username": ` + q(s.Username()) + `, "password": ` + q(s.Password()) + `, "security_token": ` + q(s.SecurityToken()) + `, "domain": ` + q(s.URL()) + `}`, want,
		},
		"multiwoven": {
			`{"configuration": {"access_token": "dead", "refresh_token": ` + q(s.RefreshToken()) + `, "instance_url": ` + q(s.URL()) + `, ` + app + `}}`, want,
		},
		"nango": {
			`{"provider": "salesforce", "connection_config": {"instance_url": ` + q(s.URL()) + `}, "credentials": {"type": "OAUTH2", "access_token": ` + q(s.AccessToken()) + `}}`, want,
		},
		"site": {`{"site": ` + q(s.URL()) + `, ` + app + `}`, want},
	} {
		got, err := foreign.Read(strings.NewReader(c.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got.Org.Name = name
		if _, err := store.Put(got.Org); err != nil {
			t.Fatal(err)
		}
		if rows, err := accounts(name); err != nil || rows != c.want {
			t.Errorf("%s: %q rows, want %s; %v", name, rows, c.want, err)
		}
	}
}

// Many connections of one saved org, and of several sql.DBs, rotate one token.
func TestARotatingOrgServesManyPools(t *testing.T) {
	s, _ := start(t, "", emulator.WithAuth(emulator.Auth{RotateRefreshTokens: true}))
	store := ownConfig(t)
	if _, err := store.Put(profile.Org{Name: "prod", Values: flow{
		"host": hostOf(s), "tls": "off", "client_id": s.ClientID(), "refresh_token": s.RefreshToken(),
	}}); err != nil {
		t.Fatal(err)
	}
	var pools []*sql.DB
	for range 5 {
		db, err := sql.Open("salesforce", "prod")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		pools = append(pools, db)
	}
	for range 3 {
		var wg sync.WaitGroup
		for _, db := range pools {
			wg.Go(func() {
				if _, err := all(db, "SELECT count(*) FROM Account"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		s.ExpireSessions()
	}
}

func TestTheLoggerIsToldWhatWillEnd(t *testing.T) {
	s, _ := start(t, "")
	store := ownConfig(t)
	for name, c := range map[string]struct{ want []string }{
		"soap":          {[]string{"level=WARN", "SOAP login works up to API version 64.0", "level=INFO", "keys=password,security_token"}},
		"password":      {[]string{"level=WARN", "keys=client_secret,password,security_token"}},
		"refresh_token": {[]string{"level=INFO", "keys=refresh_token"}},
	} {
		if _, err := store.Put(profile.Org{Name: "prod", Values: flowsOf(t, s)[name]}); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		db := logged(t, "prod", &log)
		if err := db.Ping(); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%s: %q is not in\n%s", name, want, log.String())
			}
		}
		if strings.Contains(log.String(), "WARN") != slices.Contains(c.want, "level=WARN") {
			t.Errorf("%s:\n%s", name, log.String())
		}
	}
}

// secretWords are given the secret in TestNoErrorTellsASecret.
var secretWords = []string{"password", "client_secret", "refresh_token", "access_token", "security_token"}

// TestNoErrorTellsASecret forces what can go wrong in every flow, at hosts that
// repeat what they are sent, and looks for the secrets in what comes of it.
func TestNoErrorTellsASecret(t *testing.T) {
	const secret = "hunter2+/=&%"
	org := emulator.New()
	defer org.Close()
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		text, _ := url.QueryUnescape(string(body))
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "%s %s %s %v", body, text, r.URL, r.Header)
	}))
	defer echo.Close()
	lying := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		text, _ := url.QueryUnescape(string(body))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant", "error_description": text + " " + string(body)})
	}))
	defer lying.Close()
	store := ownConfig(t)
	secretFile := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secretFile, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	looked := 0
	look := func(what string, err error, values ...any) {
		t.Helper()
		looked++
		texts := []string{fmt.Sprint(err), fmt.Sprintf("%+v %#v", err, err)}
		for _, v := range values {
			texts = append(texts, fmt.Sprintf("%v %+v %#v %s", v, v, v, v))
		}
		for _, text := range texts {
			if strings.Contains(text, "hunter2") {
				t.Errorf("%s: a secret in %s", what, text)
			}
		}
	}
	try := func(what, dsn string) {
		t.Helper()
		cfg, err := driver.ParseDSN(dsn)
		if err != nil {
			look(what, err)
			return
		}
		var log bytes.Buffer
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		connector, err := driver.NewConnector(cfg)
		if err != nil {
			look(what, err, cfg, *cfg)
			return
		}
		db := sql.OpenDB(connector)
		defer db.Close()
		_, err = all(db, "SELECT count(*) FROM Account")
		look(what, err, cfg, *cfg, connector, db, log.String())
	}
	unreachable := "127.0.0.1:1"
	for _, host := range []string{hostOf(org), strings.TrimPrefix(echo.URL, "http://"), strings.TrimPrefix(lying.URL, "http://"), unreachable} {
		for name, f := range flowsOf(t, org) {
			f = maps.Clone(f)
			if f["host"] != "" {
				f["host"] = host
			}
			if f["instance_url"] != "" {
				f["instance_url"] = "http://" + host
			}
			for _, word := range secretWords {
				if f[word] != "" {
					f[word] = secret
				}
			}
			if f["private_key_file"] != "" {
				f["private_key_file"] = secretFile // no key at all
			}
			try(name+" at "+host, f.asKeys(nil))
			try(name+" at "+host+" over TLS", strings.ReplaceAll(f.asKeys(nil), "tls=off", "tls=on"))
			if _, err := store.Put(profile.Org{Name: "prod", Values: f}); err != nil {
				t.Fatal(err)
			}
			org, err := store.Get("prod")
			look("the saved org", err, org, &org, []profile.Org{org}, store)
			try(name+" saved", "prod")
			for _, word := range secretWords {
				try(name+" with too much", f.asKeys(url.Values{word: {secret}, "auth": {"client_credentials"}}))
				try(name+" twice", f.asKeys(nil)+"&"+word+"="+url.QueryEscape(secret))
				try(name+" overridden", "prod?auth=soap&"+word+"="+url.QueryEscape(secret))
			}
		}
	}
	for _, word := range secretWords {
		try("not escaped", "salesforce://acme/?"+word+"=hunter2%zz")
		try("a stray #", "salesforce://acme/?"+word+"=hunter2#hunter2")
		try("no port", "salesforce://me:hunter2@acme:port/?"+word+"=hunter2")
		try("a blank", "salesforce://me:hunter2@ac me/?"+word+"=hunter2")
		try("no scheme", "me:hunter2@acme?"+word+"=hunter2")
		try("another scheme", "mysql://me:hunter2@acme/?"+word+"=hunter2")
		try("two words", "salesforce:///?domain=hunter2@acme&"+word+"=hunter2")
		try("a missing file", "salesforce://acme/?client_id=a&"+word+"_file=/no/such")
	}
	if err := os.WriteFile(store.File(), []byte("[orgs.prod]\nclient_secret = \"hunter2\nx"), 0o600); err != nil {
		t.Fatal(err)
	}
	try("a broken file", "prod")
	if looked < 500 {
		t.Errorf("only %d errors were looked at", looked)
	}
}

// The configuration that a program made by hand is left as it is.
func TestNewConnectorDoesNotChangeTheConfig(t *testing.T) {
	s, _ := start(t, "")
	if _, err := ownConfig(t).Put(profile.Org{Name: "prod", Values: flowsOf(t, s)["soap"]}); err != nil {
		t.Fatal(err)
	}
	cfg, err := driver.ParseDSN("prod")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ key, value string }{{"time", "text"}, {"deleted", "false"}} {
		if err := cfg.Set(c.key, c.value); err != nil {
			t.Fatal(err)
		}
	}
	before := cfg.FormatDSN()
	if before != "salesforce://profile/prod?deleted=false&time=text" {
		t.Errorf("Set makes it %s", before)
	}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := connector.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(conn.Close(), connector.Close()); err != nil {
		t.Fatal(err)
	}
	if after := cfg.FormatDSN(); after != before || cfg.Password != "" {
		t.Errorf("%s became %s", before, after)
	}
}
