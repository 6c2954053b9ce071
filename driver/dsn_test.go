package driver

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseDSN(t *testing.T) {
	c, err := ParseDSN("salesforce://Acme/data/local.db?client_id=id&client_secret=s%26s&api_type=REST&streams=Account,%20Contact" +
		"&start_date=2024-01-31&deleted=true&text=binary&time=text&timeout=30&auth_timeout=1m&select_fields_by_default=false&api_version=61.0&pushdown=off")
	if err != nil {
		t.Fatal(err)
	}
	want := newConfig()
	want.Host, want.LocalFile = "acme", "data/local.db"
	want.ClientID, want.ClientSecret = "id", "s&s"
	want.API, want.Objects = "rest", []string{"Account", "Contact"}
	want.StartDate = time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC)
	want.Deleted, want.Text, want.Time = true, "binary", "text"
	want.Timeout, want.AuthTimeout = 30*time.Second, time.Minute
	want.SelectFieldsByDefault, want.APIVersion, want.Pushdown = false, "61.0", false
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", *c, *want)
	}
	if got := c.impliedAuth(); got != "client_credentials" {
		t.Errorf("implies %q", got)
	}
}

func TestHosts(t *testing.T) {
	for host, want := range map[string]string{
		"login":                          "https://login.salesforce.com",
		"test":                           "https://test.salesforce.com",
		"acme":                           "https://acme.my.salesforce.com",
		"acme--uat.sandbox":              "https://acme--uat.sandbox.my.salesforce.com",
		"acme.my.salesforce.com":         "https://acme.my.salesforce.com",
		"proxy.example.org:8443":         "https://proxy.example.org:8443",
		"127.0.0.1:8080":                 "https://127.0.0.1:8080",
		"[::1]:8080":                     "https://[::1]:8080",
		"ACME--UAT.sandbox":              "https://acme--uat.sandbox.my.salesforce.com",
		"acme.develop.my.salesforce.com": "https://acme.develop.my.salesforce.com",
	} {
		c, err := ParseDSN("salesforce://" + host + "/")
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if got := c.baseURL(); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

func TestBadDSNs(t *testing.T) {
	for dsn, want := range map[string]string{
		"":                                 "it is empty",
		"prod":                             `"prod" names a saved org`,
		"salesforce://profile/prod":        `"prod" names a saved org`,
		"mysql://host/":                    `the scheme is "mysql"`,
		"salesforce:///":                   "the host is missing",
		"salesforce://acme/?clientid=x":    "key clientid: there is no such key; valid are auth, client_id, ",
		"salesforce://acme/?api=soap":      `key api: "soap" is not valid; valid are auto, rest, bulk`,
		"salesforce://acme/?deleted=maybe": "valid are true, false",
		"salesforce://acme/?api=rest&api_type=rest":   "given more than once",
		"salesforce://acme/?api=rest&api=rest":        "given more than once",
		"salesforce://acme/?client_secret=":           "the value is empty",
		"salesforce://acme/?tls=off":                  "off is for loopback addresses only",
		"salesforce://acme/?scale=2":                  "belong to the host demo",
		"salesforce://demo/?client_id=x":              "needs no credentials",
		"salesforce://acme/?start_date=soon":          "an instant such as",
		"salesforce://acme/?timeout=-1s":              "a duration such as",
		"salesforce://acme/?api_version=67":           "51.0 and later",
		"salesforce://acme/?instance_url=https://x":   "it goes with access_token",
		"salesforce://acme/#x":                        "%23",
		"salesforce://acme/?client_secret=a%zzhunter": "it is no URL|its parameters are not",
	} {
		_, err := ParseDSN(dsn)
		var e *DSNError
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		found := false
		for _, w := range strings.Split(want, "|") {
			found = found || strings.Contains(err.Error(), w)
		}
		if !found || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: %v, want %s", dsn, err, want)
		}
	}
}

func TestWhatIsNotBuiltYetSaysSo(t *testing.T) {
	for dsn, key := range map[string]string{
		"salesforce://acme/?client_id=a&client_secret=b&write=true": "write",
	} {
		cfg, err := ParseDSN(dsn)
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		var e *DSNError
		if _, err := NewConnector(cfg); !errors.As(err, &e) || e.Key != key {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	for _, how := range []string{"jwt", "password", "soap", "sf"} {
		cfg, err := ParseDSN("salesforce://acme/?auth=" + how)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cfg.source(); err == nil || !strings.Contains(err.Error(), how+" is a known way") {
			t.Errorf("auth=%s: %v", how, err)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c, err := ParseDSN("salesforce://u:hunter2@acme/?client_id=id&client_secret=hunter2&refresh_token=hunter2&access_token=hunter2&security_token=hunter2")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{c.String(), fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s", c, c, c, c)} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("a secret is in %s", text)
		}
	}
	if !strings.Contains(c.FormatDSN(), "hunter2") {
		t.Error("FormatDSN lost the secrets")
	}
}

// FuzzDSN checks that what ParseDSN reads, FormatDSN writes so that it is
// read as the same again.
func FuzzDSN(f *testing.F) {
	for _, dsn := range []string{
		"salesforce://demo/", "salesforce://demo/x.db?scale=10&seed=2&latency=5ms", "salesforce://demo//abs/x.db",
		"salesforce://login/?client_id=a&refresh_token=b%2Bc", "salesforce://u:p%40@test/?security_token=x&time=text",
		"salesforce://acme/?client_id=a&client_secret_file=%2Frun%2Fsecret&objects=Account,Order&start_date=2024-01-31T10:00:00.5Z",
		"salesforce://127.0.0.1:80/?tls=off&api=bulk&bulk_threshold=5&max_calls=9&write=1&deleted=yes&timeout=1h",
	} {
		f.Add(dsn)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		c, err := ParseDSN(dsn)
		if err != nil {
			return
		}
		again, err := ParseDSN(c.FormatDSN())
		if err != nil {
			t.Fatalf("%q became %q: %v", dsn, c.FormatDSN(), err)
		}
		if !reflect.DeepEqual(c, again) {
			t.Fatalf("%q became %q:\n%#v\n%#v", dsn, c.FormatDSN(), *c, *again)
		}
	})
}
