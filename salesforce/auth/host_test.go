package auth

import (
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	for text, want := range map[string]string{
		"login":                               "login.salesforce.com",
		"Test":                                "test.salesforce.com",
		" login.salesforce.com ":              "login.salesforce.com",
		"https://login.salesforce.com/":       "login.salesforce.com",
		"https://test.salesforce.com//":       "test.salesforce.com",
		"HTTPS://TEST.salesforce.com":         "test.salesforce.com",
		"acme":                                "acme.my.salesforce.com",
		"ACME":                                "acme.my.salesforce.com",
		"acme.my":                             "acme.my.salesforce.com",
		"acme.my.salesforce.com":              "acme.my.salesforce.com",
		"acme.my.salesforce.com.":             "acme.my.salesforce.com",
		"https://acme.my.salesforce.com///":   "acme.my.salesforce.com",
		"//acme.my.salesforce.com/":           "acme.my.salesforce.com",
		"'https://acme.my.salesforce.com'":    "acme.my.salesforce.com",
		"<https://acme.my.salesforce.com>":    "acme.my.salesforce.com",
		"acme.my.salesforce.com/services/x":   "acme.my.salesforce.com",
		"https://acme.my.salesforce.com?so=1": "acme.my.salesforce.com",
		"https://acme.my.salesforce.com/secur/frontdoor.jsp?sid=00D!SECRET": "acme.my.salesforce.com",

		"acme--uat":                             "acme--uat.sandbox.my.salesforce.com",
		"acme--uat.sandbox":                     "acme--uat.sandbox.my.salesforce.com",
		"acme--uat.sandbox.my":                  "acme--uat.sandbox.my.salesforce.com",
		"acme--uat.sandbox.my.salesforce.com":   "acme--uat.sandbox.my.salesforce.com",
		"https://acme--uat.my.salesforce.com/":  "acme--uat.my.salesforce.com",
		"orgfarm-12ab34-dev-ed":                 "orgfarm-12ab34-dev-ed.develop.my.salesforce.com",
		"acme-dev-ed.develop":                   "acme-dev-ed.develop.my.salesforce.com",
		"acme-dev-ed.develop.my.salesforce.com": "acme-dev-ed.develop.my.salesforce.com",
		"ability-momentum-123.scratch":          "ability-momentum-123.scratch.my.salesforce.com",
		"x-dev-ed.trailblaze":                   "x-dev-ed.trailblaze.my.salesforce.com",

		"https://acme.lightning.force.com/lightning/page/home":                   "acme.my.salesforce.com",
		"acme--uat.sandbox.lightning.force.com":                                  "acme--uat.sandbox.my.salesforce.com",
		"acme-dev-ed.develop.lightning.force.com":                                "acme-dev-ed.develop.my.salesforce.com",
		"https://acme.my.salesforce-setup.com/lightning/setup/SetupOneHome/home": "acme.my.salesforce.com",
		"acme--uat.sandbox.my.salesforce-setup.com":                              "acme--uat.sandbox.my.salesforce.com",
		"acme--c.vf.force.com":                                                   "acme.my.salesforce.com",
		"acme--uat--c.sandbox.vf.force.com":                                      "acme--uat.sandbox.my.salesforce.com",
		"acme--c.visualforce.com":                                                "acme.my.salesforce.com",
		"acme.file.force.com":                                                    "acme.my.salesforce.com",

		"na139.salesforce.com":     "na139.salesforce.com",
		"acme.my.site.com":         "acme.my.site.com",
		"acme.my.salesforce.mil":   "acme.my.salesforce.mil",
		"acme.my.sfcrmproducts.cn": "acme.my.sfcrmproducts.cn",
		"sf.example.com":           "sf.example.com",
		"localhost":                "localhost",
		"localhost:8080":           "localhost:8080",
		"http://127.0.0.1:8080/":   "127.0.0.1:8080",
		"[::1]:8080":               "[::1]:8080",
		"::1":                      "[::1]",
		"proxy.example.com:8443/x": "proxy.example.com:8443",
	} {
		got, err := ParseHost(text)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
		if again, err := ParseHost(got); err != nil || again != got {
			t.Errorf("%q is not final: %q, %v", got, again, err)
		}
	}
	for _, text := range []string{
		"", "  ", "https://", "/", "www.salesforce.com", "https://salesforce.com/", "user:SECRET@acme", "https://admin@acme.my.salesforce.com",
		"acme corp", "acme..com", ".acme", "acme:", "a:b:c", "acme:port", "acmé", "[::1", "ac\x00me", "[]", "acme%20", "SECRET\\x",
	} {
		if got, err := ParseHost(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		} else if strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzParseHost checks that a host which is taken is a final form, and that it
// makes a base URL.
func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"acme", "acme--uat", "https://acme.lightning.force.com/x", "[::1]:80", "a--b--c.sandbox.vf.force.com", "x.my.my"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host, err := ParseHost(text)
		if err != nil {
			return
		}
		again, err := ParseHost(host)
		if err != nil || again != host {
			t.Errorf("%q becomes %q, and that %q, %v", text, host, again, err)
		}
		if u, err := ParseURL("https://" + host); err != nil || u.Host != host || u.Path != "" {
			t.Errorf("%q becomes %q, no host of a URL: %v", text, host, err)
		}
	})
}
