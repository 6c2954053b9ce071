package driver

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/internal/profile"
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
		t.Errorf("got  %s\nwant %s", c.FormatDSN(), want.FormatDSN())
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
		if got, err := c.baseURL(); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", host, got, err, want)
		}
	}
}

func TestWordsOfOtherTools(t *testing.T) {
	for _, c := range []struct{ dsn, means, way string }{
		{
			"salesforce:///?domain=Acme&username=me&password=p&security_token=t&api_type=BULK&streams=Account&select_fields_by_default=False",
			"salesforce://me:p@acme/?security_token=t&api=bulk&objects=Account&select_fields_by_default=false", "soap",
		},
		{
			"salesforce:///?site=https://Acme.my.salesforce.com/&consumer_key=k&consumer_secret=s",
			"salesforce://acme.my.salesforce.com/?client_id=k&client_secret=s", "client_credentials",
		},
		{"salesforce://acme/?consumer_key=k&consumer_secret_file=/run/s", "salesforce://acme/?client_id=k&client_secret_file=%2Frun%2Fs", "client_credentials"},
		{"salesforce:///?auth=sf&username=prod", "salesforce://prod@/?auth=sf", "sf"},
		{"salesforce:///x.db?auth=SF", "salesforce:///x.db?auth=sf", "sf"},
		{
			"salesforce:///?access_token=a&refresh_token=r&instance_url=https://acme.my.salesforce.com&client_id=k&client_secret=s",
			"salesforce:///?client_id=k&client_secret=s&refresh_token=r&access_token=a&instance_url=https%3A%2F%2Facme.my.salesforce.com", "refresh_token",
		},
		{"salesforce://me@test/?client_id=k&private_key_file=k.pem", "salesforce://me@test/?client_id=k&private_key_file=k.pem", "jwt"},
		{"salesforce://me:p@login/?client_id=k&client_secret=s", "salesforce://me:p@login/?client_id=k&client_secret=s", "password"},
		{"salesforce://acme/?host_is=no", "", ""},
		{"demo?scale=3", "salesforce://demo/?scale=3", ""},
		{"demo", "salesforce://demo/", ""},
		{"prod", "salesforce://profile/prod", ""},
		{"prod?timeout=2m", "salesforce://profile/prod?timeout=2m0s", ""},
		{"salesforce://me:p@profile/prod/x.db?streams=Case", "salesforce://profile/prod/x.db?user=me&password=p&objects=Case", "soap"},
		{"salesforce://profile/prod?domain=profile", "salesforce://profile/prod?host=profile.my.salesforce.com", ""},
	} {
		cfg, err := ParseDSN(c.dsn)
		if c.means == "" {
			if err == nil {
				t.Errorf("%s: no error", c.dsn)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.dsn, err)
			continue
		}
		if got := cfg.FormatDSN(); got != c.means {
			t.Errorf("%s:\n got %s\nwant %s", c.dsn, got, c.means)
		}
		if got := cfg.impliedAuth(); got != c.way {
			t.Errorf("%s: logs in by %q, want %q", c.dsn, got, c.way)
		}
	}
}

func TestBadDSNs(t *testing.T) {
	for dsn, want := range map[string]string{
		"":                              "it is empty",
		"no org":                        "nor the name of a saved org",
		"salesforce://profile/":         `"" cannot name a saved org`,
		"salesforce://profile/no%20org": `"no org" cannot name a saved org`,
		"mysql://host/":                 `the scheme is "mysql"`,
		"https://acme.lightning.force.com/lightning/page/home": "write salesforce://acme.my.salesforce.com/ with the keys",
		"salesforce:///": "key host: it is missing",
		"salesforce:///?client_id=a&client_secret=b":                            "key host: it is missing",
		"salesforce://a_b.c,d/":                                                 "key host: the host has characters",
		"salesforce://acme/?clientid=x":                                         "key clientid: there is no such key; valid are host, user, ",
		"salesforce://acme/?api=soap":                                           `key api: "soap" is not valid; valid are auto, rest, bulk`,
		"salesforce://acme/?auth=magic":                                         `key auth: "magic" is not valid; valid are access_token, client_credentials, jwt, `,
		"salesforce://acme/?deleted=maybe":                                      "valid are true, false",
		"salesforce://acme/?api=rest&api_type=rest":                             "key api_type: it is given more than once, as api too",
		"salesforce://acme/?api=rest&api=rest":                                  "given more than once",
		"salesforce://acme/?domain=other":                                       "key domain: it is given more than once, as the part before the path too",
		"salesforce://me@acme/?username=me":                                     "key username: it is given more than once",
		"salesforce://me:hunter2@acme/?password_file=x":                         "key password_file: it is given more than once",
		"salesforce://acme/?client_secret=hunter2&consumer_secret_file=x":       "key consumer_secret_file: it is given more than once",
		"salesforce://acme/?client_secret=":                                     "the value is empty",
		"salesforce://acme/?client_secret_file=":                                "the value is empty",
		"salesforce://acme/?tls=off":                                            "off is for loopback addresses only",
		"salesforce://acme/?scale=2":                                            "key scale: scale, seed and latency belong to the host demo",
		"salesforce://acme/?latency=2s":                                         "key latency: scale,",
		"salesforce://demo/?client_id=x":                                        "key client_id: the host demo needs no credentials",
		"salesforce://demo/?auth=jwt":                                           "key auth: the host demo",
		"salesforce://acme/?start_date=soon":                                    "an instant such as",
		"salesforce://acme/?timeout=-1s":                                        "a duration such as",
		"salesforce://acme/?api_version=67":                                     "51.0 and later",
		"salesforce://acme/?client_id=a&client_secret=b&instance_url=https://x": "key instance_url: it goes with access_token",
		"salesforce://acme/?auth=jwt&password=hunter2":                          "key password: logging in by jwt makes no use of it",
		"salesforce://acme/?auth=sf":                                            "key host: the Salesforce CLI knows",
		"salesforce:///?auth=sf&client_id=x":                                    "key client_id: logging in by sf",
		"salesforce://acme/?client_id=a&client_secret=hunter2&audience=x":       "key audience: logging in by client_credentials",
		"salesforce://acme/?auth=client_credentials&client_id=a&client_secret=b&refresh_token=hunter2": "key refresh_token: logging in by",
		"salesforce://acme/?auth=soap&client_id=a":                                                     "key client_id: logging in by soap",
		"salesforce://acme/#x":                         "%23",
		"salesforce://acme/?client_secret=a%zzhunter2": "it is no URL|its parameters are not",
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
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c, err := ParseDSN("salesforce://u:hunter2@profile/prod?client_id=id&client_secret=hunter2&refresh_token=hunter2&access_token=hunter2&security_token=hunter2")
	if err != nil {
		t.Fatal(err)
	}
	j, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "a", c, "b", *c)
	for _, text := range []string{
		c.String(), fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s %d", c, c, c, c, c), fmt.Sprintf("%v %+v %#v %s %x", *c, *c, *c, *c, *c), string(j), log.String(),
		fmt.Sprintf("%v %+v %#v", &Connector{cfg: c}, &Connector{cfg: c}, []*Config{c}),
	} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("a secret is in %s", text)
		}
	}
	if !strings.Contains(c.FormatDSN(), "hunter2") {
		t.Error("FormatDSN lost the secrets")
	}
}

// The store must put away all that a DSN holds secret.
func TestTheStoreKnowsTheSecretsOfADSN(t *testing.T) {
	for _, p := range properties {
		if profile.IsSecret(p.key) != p.secret {
			t.Errorf("%s: a secret of the DSN %v, of a saved org %v", p.key, p.secret, profile.IsSecret(p.key))
		}
	}
}

// FuzzDSN checks that what ParseDSN reads, FormatDSN writes so that it is
// read as the same again.
func FuzzDSN(f *testing.F) {
	for _, dsn := range []string{
		"salesforce://demo/", "salesforce://demo/x.db?scale=10&seed=2&latency=5ms", "salesforce://demo//abs/x.db",
		"salesforce://login/?client_id=a&refresh_token=b%2Bc", "salesforce://u:p%40@test/?security_token=x&time=text",
		"salesforce://acme/?client_id=a&client_secret_file=%2Frun%2Fsecret&objects=Account,Order&start_date=2024-01-31T10:00:00.5Z",
		"prod", "prod?timeout=2m", "salesforce://u:p@profile/prod/x.db?domain=test&password_file=x&auth=soap", "salesforce:///?auth=sf&username=me",
		"salesforce:////abs.db?domain=https://acme.lightning.force.com/x&consumer_key=k&consumer_secret=%2B%2F%3D%25%26",
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
			t.Fatalf("%q became %q and %q", dsn, c.FormatDSN(), again.FormatDSN())
		}
	})
}
