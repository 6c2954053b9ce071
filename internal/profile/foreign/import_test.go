package foreign

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

func TestConfigurationsOfOtherTools(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		format  string
		want    map[string]string
		ignored []string // key and a word of the reason
	}{
		"Mage, YAML": {
			text: `source: salesforce
config:
  api_type: BULK
  domain: acme.my
  client_id: 3MVG9abc
  client_secret: "s: #'\""
  refresh_token: 5Aep861==
  username:
  password: ""
  security_token: null
  start_date: 2024-01-31T00:00:00Z
  select_fields_by_default: true
  streams: [Account, Contact]
  quota_percent_per_run: 25
`,
			format: "the configuration of a Singer or Mage tap",
			want: map[string]string{
				"auth": "refresh_token", "host": "acme.my.salesforce.com", "client_id": "3MVG9abc", "client_secret": `s: #'"`,
				"refresh_token": "5Aep861==", "api": "bulk", "start_date": "2024-01-31T00:00:00Z", "select_fields_by_default": "true",
				"objects": "Account,Contact",
			},
			ignored: []string{`key "config.quota_percent_per_run"`, `key "source"`},
		},
		"Singer, JSON": {
			text: `{"client_id": "id", "client_secret": "+/=%&", "refresh_token": "rt", "is_sandbox": "true", "api_type": "REST",
 "start_date": "2018-01-01 11:59:59", "select_fields_by_default": false, "lookback_window": 10}`,
			format: "the configuration of a Singer or Mage tap",
			want: map[string]string{
				"auth": "refresh_token", "host": "test", "client_id": "id", "client_secret": "+/=%&", "refresh_token": "rt",
				"api": "rest", "start_date": "2018-01-01T11:59:59Z", "select_fields_by_default": "false",
			},
			ignored: []string{`line 2, key "lookback_window"`},
		},
		"a tap with a password": {
			text:   "username: me@example.com\npassword: ' 007 #'\nsecurity_token: tok\ndomain: login\nstreams_to_discover: Account\n",
			format: "the configuration of a Singer or Mage tap",
			want: map[string]string{
				"auth": "soap", "host": "login", "user": "me@example.com", "password": " 007 #", "security_token": "tok", "objects": "Account",
			},
		},
		"a password and an app": {
			text:   `{"username": "me", "password": "p\u00e9\ud83d\ude00", "client_id": "i", "client_secret": "s", "domain": "test"}`,
			format: "the configuration of a Singer or Mage tap",
			want:   map[string]string{"auth": "password", "host": "test", "user": "me", "password": "pé😀", "client_id": "i", "client_secret": "s"},
		},
		"Multiwoven": {
			text: `{"connection_specification": {"access_token": "at", "refresh_token": "rt", "instance_url": "https://acme.my.salesforce.com/",
  "client_id": "id", "client_secret": "cs"}}`,
			format: "a Multiwoven or AI Squared configuration",
			want: map[string]string{
				"auth": "refresh_token", "host": "acme.my.salesforce.com", "client_id": "id", "client_secret": "cs", "refresh_token": "rt",
			},
			ignored: []string{"makes no use of it"},
		},
		"Nango": {
			text: `{"id": 18393, "connection_id": "c", "provider_config_key": "salesforce", "provider": "salesforce",
 "connection_config": {"instance_url": "https://acme--uat.sandbox.my.salesforce.com"},
 "credentials": {"type": "OAUTH2", "access_token": "00D!at", "refresh_token": "rt", "expires_at": "2024-01-01T00:00:00Z",
  "raw": {"access_token": "00D!at", "scope": "api", "instance_url": "https://other.my.salesforce.com", "id": "x"}}}`,
			format: "a connection of Nango",
			want: map[string]string{
				"auth": "access_token", "host": "acme--uat.sandbox.my.salesforce.com", "access_token": "00D!at",
				"instance_url": "https://acme--uat.sandbox.my.salesforce.com",
			},
			ignored: []string{
				`key "connection_id"`, `"credentials.expires_at"`, `"credentials.raw.id"`, `"credentials.raw.scope"`, "also needs the client_id",
				`"credentials.type"`, `key "id"`, `"provider_config_key"`,
			},
		},
		"a site": {
			text:   "site: https://acme.lightning.force.com/lightning/page/home\nconsumerKey: key\nconsumerSecret: secret\n",
			format: "a site with a consumer key and secret",
			want:   map[string]string{"auth": "client_credentials", "host": "acme.my.salesforce.com", "client_id": "key", "client_secret": "secret"},
		},
		"an emulated org": {
			text:   `{"instance_url": "http://127.0.0.1:8080", "client_id": "key", "client_secret": "secret"}`,
			format: "a site with a consumer key and secret",
			want:   map[string]string{"auth": "client_credentials", "host": "127.0.0.1:8080", "client_id": "key", "client_secret": "secret", "tls": "off"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read(strings.NewReader(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(got.Org.Values, c.want) {
				t.Errorf("got  %q\nwant %q", got.Org.Values, c.want)
			}
			if got.Format != c.format {
				t.Errorf("taken for %s, want %s", got.Format, c.format)
			}
			if len(got.Ignored) != len(c.ignored) {
				t.Errorf("ignored: %s", strings.Join(got.Ignored, "\n"))
			}
			for _, want := range c.ignored {
				if !slices.ContainsFunc(got.Ignored, func(line string) bool { return strings.Contains(line, want) }) {
					t.Errorf("%s is not among the ignored:\n%s", want, strings.Join(got.Ignored, "\n"))
				}
			}
		})
	}
}

func TestBadConfigurationsNameLineAndKeyOnly(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "the file is empty",
		" \n":                        "the file is empty",
		"hunter2":                    "the file is no mapping",
		"- hunter2":                  "the file is no mapping",
		`["hunter2"]`:                "the file is no mapping",
		"{\n\"password\": hunter2}":  "line 2 is no valid JSON",
		"{\n\"password\": \"hunter2": "line 2 is no valid JSON",
		"{\"a\": 1,\n\"a\": 2}":      "line 2 is no valid JSON, or has a key that was there before",
		"{\"a\": 1}\nhunter2":        "line 2: there is more after",
		"a: 1\npassword: 'hunter2":   "no valid YAML",
		"a: 1\npassword: *hunter2\n": "no valid YAML",
		"a: 1\npassword: @hunter2\n": "line 2",
		"a: 1\npassword: %hunter2\n": "line 2",
		"password: &x hunter2\nsecurity_token: *x\n": `line 2, key "security_token": references`,
		"a: 1\na: 2\n":      `line 2: the key "a" was there before`,
		"a: 1\n---\nb: 2\n": "more than one YAML document",
		"client_id: hunter2a\nconsumer_key: hunter2b\n":                       `line 2, key "consumer_key": it says something else than "client_id" on line 1`,
		"config:\n  password: [hunter2]\n":                                    `line 2, key "config.password": it should be a text`,
		"password: {a: hunter2}\n":                                            `line 1, key "password": it should be a text`,
		"api_type: hunter2\n":                                                 `key "api_type": it should be REST or BULK`,
		"start_date: hunter2\n":                                               `key "start_date": it should be an instant`,
		"is_sandbox: hunter2\n":                                               `key "is_sandbox": it should be true or false`,
		"request_timeout: hunter2\n":                                          `key "request_timeout": it should be a number of seconds`,
		"api_version: hunter2\n":                                              `key "api_version": it should be a version`,
		"streams: [{a: hunter2}]\n":                                           `key "streams": it should be a text`,
		"password: \"{{ env_var('hunter2') }}\"\n":                            `key "password": its value is filled in by the tool`,
		"client_secret: ${hunter2}\n":                                         "SFSQL_CLIENT_SECRET",
		"domain: me:hunter2@acme\nclient_id: a\nclient_secret: b\n":           `line 1, key "domain": a host cannot hold a user or a password`,
		"client_id: a\nclient_secret: hunter2\n":                              "at the org's own address only; add site or domain",
		"client_id: a\npassword: hunter2\n":                                   "the file's credentials (client_id, password) do not make a login",
		"name: x\n":                                                           "no credentials that are known here",
		strings.Repeat("{\"config\":", 40) + "1" + strings.Repeat("}", 40):    "mappings lie more than 16 deep",
		"password: " + strings.Repeat("hunter2", 200_000):                     "the file is larger than",
		"{\"password\":\"hunter2\",\"user\":\"" + string([]byte{0xff}) + "\"": "line 1 is no valid JSON",
	} {
		_, err := Read(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(strings.ReplaceAll(err.Error(), want, ""), "hunter") {
			t.Errorf("%.80q: %v, want %s", text, err, want)
		}
	}
}

// FuzzRead checks that any file is refused or makes an org with a host and a
// login, and that a secret comes through as it is, or is not told.
func FuzzRead(f *testing.F) {
	f.Add("client_id: a\nsite: acme\nclient_secret: hunter2", "hunter2 with blanks")
	f.Add("{\"credentials\": {\"access_token\": \"x\"}, \"connection_config\": {\"instance_url\": \"https://acme.my.salesforce.com\"}}", "\"'\\\n#: {}[]&*!|>%@`")
	f.Add("config: &a\n  b: *a\n  password: |\n    hunter2", "${hunter2}")
	f.Add("streams: [a, b]\nusername: u\npassword: 'x'\n? [k]\n: v", "\u2028é😀\x00")
	f.Fuzz(func(t *testing.T, text, secret string) {
		if got, err := Read(strings.NewReader(text)); err == nil {
			if v := got.Org.Values; v["auth"] == "" || v["host"] == "" || slices.Contains(slices.Collect(maps.Values(v)), "") {
				t.Fatalf("%q: %q", text, v)
			}
		}
		if secret == "" || !utf8.ValidString(secret) {
			return
		}
		quoted, err := json.Marshal(map[string]string{"site": "acme", "client_id": "key", "client_secret": secret})
		if err != nil {
			t.Fatal(err)
		}
		asYAML, err := yaml.Marshal(map[string]string{"site": "acme", "client_id": "key", "client_secret": secret})
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{string(quoted), string(asYAML)} {
			got, err := Read(strings.NewReader(file))
			switch {
			case err == nil && got.Org.Values["client_secret"] != secret:
				t.Fatalf("%s: read %q", file, got.Org.Values["client_secret"])
			case err != nil && !template.MatchString(secret):
				t.Fatalf("%s: %v", file, err)
			case err != nil && len(secret) > 12 && strings.Contains(err.Error(), secret):
				t.Fatalf("%s: %v", file, err)
			}
		}
	})
}
