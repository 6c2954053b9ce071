package auth

import (
	"context"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"
	"unicode/utf8"
)

// echoes are answers of every form that repeat what they are given.
var echoes = map[string]func(sent string) *http.Response{
	"JSON": func(s string) *http.Response {
		return answer(400, "application/json", fmt.Sprintf(`{"error":"invalid_grant","error_description":%q}`, s))
	},
	"JSON code": func(s string) *http.Response { return answer(400, "application/json", fmt.Sprintf(`{"error":%q}`, s)) },
	"JSON, later": func(s string) *http.Response {
		return answer(503, "application/json", fmt.Sprintf(`{"error":"unknown_error","error_description":%q}`, s))
	},
	"form": func(s string) *http.Response {
		return answer(400, "application/x-www-form-urlencoded", "error=x&error_description="+url.QueryEscape(s))
	},
	"text":          func(s string) *http.Response { return answer(500, "text/plain", s) },
	"page":          func(s string) *http.Response { return answer(404, "text/html", "<h1>"+html.EscapeString(s)+"</h1>") },
	"page with 200": func(s string) *http.Response { return answer(200, "text/html", "<h1>"+html.EscapeString(s)+"</h1>") },
	"fault": func(s string) *http.Response {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(s))
		return answer(500, "text/xml", "<Envelope><Body><Fault><faultcode>sf:X</faultcode><faultstring>"+b.String()+"</faultstring></Fault></Body></Envelope>")
	},
	"no answer": func(s string) *http.Response { return nil },
	"token, no server": func(s string) *http.Response {
		return answer(200, "application/json", fmt.Sprintf(`{"access_token":%q,"instance_url":%q}`, accessSecret, s))
	},
}

// TestNoErrorRepeatsASecret has a server answer in every form that an answer
// has with all that it was sent, as it is and escaped, and looks for secrets in
// what each flow makes of it.
func TestNoErrorRepeatsASecret(t *testing.T) {
	const password = `pw "hidden" & <odd> %+=`
	key := inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(theKey()), nil)
	secrets := []string{clientSecret, refreshOne, accessSecret, password, "st-5501-hidden", url.QueryEscape(password), html.EscapeString(password)}
	flows := map[string]func(*testing.T, Config) error{
		"introspect": func(t *testing.T, c Config) error { _, err := Introspect(t.Context(), c, accessSecret); return err },
		"revoke":     func(t *testing.T, c Config) error { return Revoke(t.Context(), c, refreshOne) },
	}
	flows[flowCode] = func(t *testing.T, c Config) error {
		_, err := Authorize(t.Context(), AuthorizeConfig{
			Config: c, RedirectURL: "https://login.salesforce.com/services/oauth2/success",
			Paste: func(_ context.Context, page string) (string, error) {
				u, err := url.Parse(page)
				return "https://x/?code=aPrx-hidden-code%3D%3D&state=" + u.Query().Get("state"), err
			},
		})
		return err
	}
	for name, build := range map[string]func(Config) (Source, error){flowRefresh: RefreshToken, flowClient: ClientCredentials, flowPassword: Password, flowSOAP: SOAP, flowJWT: JWT} {
		flows[name] = func(t *testing.T, c Config) error { _, err := must(t)(build(c)).Token(t.Context()); return err }
	}
	for flow, login := range flows {
		for form, reply := range echoes {
			synctest.Test(t, func(t *testing.T) {
				var assertion, code, verifier string
				cfg := config(func(r *http.Request) (*http.Response, error) {
					body := readAll(t, r)
					all := strings.Join(secrets[:5], " ") + " " + body
					if v, err := url.ParseQuery(body); err == nil {
						assertion, code, verifier = v.Get("assertion"), v.Get("code"), v.Get("code_verifier")
						all += " " + assertion + " " + code + " " + verifier
					}
					if resp := reply(all); resp != nil {
						return resp, nil
					}
					return nil, errors.New("proxy says: " + all)
				})
				cfg.Username, cfg.Password, cfg.SecurityToken, cfg.PrivateKey = "u@example.com", password, "st-5501-hidden", key
				err := login(t, cfg)
				if err == nil && flow != "revoke" {
					t.Fatalf("%s, %s: no error", flow, form)
				}
				if err == nil {
					return
				}
				text := fmt.Sprintf("%v %+v %#v %s", err, err, err, Hint(err))
				for e := err; e != nil; e = errors.Unwrap(e) {
					text += fmt.Sprintf(" %+v", e)
				}
				for i, secret := range append(secrets, assertion, code, verifier) {
					if secret != "" && strings.Contains(text, secret) && mayKnow(flow, i) {
						t.Errorf("%s, %s: %s shows %s", flow, form, text, secret)
					}
				}
			})
		}
	}
}

// A description that is cut must not end in the first half of a secret.
func TestNoSecretIsCutInHalf(t *testing.T) {
	for at := range 330 {
		for _, body := range []string{
			strings.Repeat("x", at) + refreshOne,
			fmt.Sprintf(`{"error":"invalid_grant","error_description":"%s"}`, strings.Repeat("x", at)+refreshOne),
		} {
			_, err := must(t)(RefreshToken(config(func(*http.Request) (*http.Response, error) { return answer(400, "application/json", body), nil }))).Token(t.Context())
			if err == nil || strings.Contains(err.Error(), refreshOne[:4]) {
				t.Fatalf("at %d: %v", at, err)
			}
		}
	}
}

// mayKnow reports whether a flow can know that the i-th secret is one: a new
// access token that comes with a useless answer is unknown to it, and so are
// tokens that were given to others.
func mayKnow(flow string, i int) bool { return i != 2 || flow == "introspect" }

func readAll(t *testing.T, r *http.Request) string {
	t.Helper()
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := r.Body.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return b.String()
		}
	}
}

func TestSOAPAnswers(t *testing.T) {
	login := func(inner string) string {
		return `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><soapenv:Body><loginResponse><result>` + inner + `</result></loginResponse></soapenv:Body></soapenv:Envelope>`
	}
	const server = "<serverUrl>https://acme.my.salesforce.com/services/Soap/u/64.0/00D</serverUrl>"
	for _, c := range []struct{ name, body, code, instance string }{
		{"login", login(server + "<sessionId> 00D!x </sessionId><passwordExpired>false</passwordExpired>"), "", "https://acme.my.salesforce.com"},
		{"behind a proxy", login("<serverUrl>https://p.example.com/sf/services/Soap/u/64.0/00D</serverUrl><sessionId>00D!x</sessionId>"), "", "https://p.example.com/sf"},
		{"password expired", login(server + "<sessionId>00D!x</sessionId><passwordExpired>true</passwordExpired>"), "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", ""},
		{"no session", login(server), CodeInvalidResponse, ""},
		{"no server", login("<sessionId>x</sessionId>"), CodeInvalidResponse, ""},
		{"fault with detail", `<Envelope><Body><Fault><faultcode>sf:A</faultcode><faultstring>A: text</faultstring><detail><x:LoginFault><x:exceptionCode>INVALID_LOGIN</x:exceptionCode><x:exceptionMessage>words</x:exceptionMessage></x:LoginFault></detail></Fault></Body></Envelope>`, "INVALID_LOGIN", ""},
		{"other fault", `<Envelope><Body><Fault><faultcode>sf:API_DISABLED_FOR_ORG</faultcode><faultstring>API_DISABLED_FOR_ORG: words</faultstring></Fault></Body></Envelope>`, "API_DISABLED_FOR_ORG", ""},
		{"fault without a code", `<Envelope><Body><Fault><faultstring>words</faultstring></Fault></Body></Envelope>`, CodeInvalidResponse, ""},
		{"page", `<html><body>Down<br>for maintenance`, CodeInvalidResponse, ""},
		{"nothing", ``, CodeInvalidResponse, ""},
	} {
		tok, err := readSOAP(500, []byte(c.body))
		var refused *Error
		errors.As(err, &refused)
		if c.code == "" && (err != nil || tok.InstanceURL != c.instance || tok.AccessToken != "00D!x") || c.code != "" && (refused == nil || refused.Code != c.code) {
			t.Errorf("%s: %v at %s, %v", c.name, tok, tok.InstanceURL, err)
		}
		if strings.HasPrefix(c.name, "other") && refused.Description != "words" {
			t.Errorf("%s: %q", c.name, refused.Description)
		}
	}
}

func TestSOAPVersions(t *testing.T) {
	for text, want := range map[string]string{"": "64.0", "67.0": "64.0", "64.0": "64.0", "58.0": "58.0", "58": "", "x.0": "", "-1.0": ""} {
		if got, err := soapVersion(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// FuzzReadSOAP checks that any answer gives a whole token or an *Error.
func FuzzReadSOAP(f *testing.F) {
	f.Add([]byte(`<Envelope><Body><loginResponse><result><serverUrl>https://a/services/Soap/u/64.0</serverUrl><sessionId>x</sessionId></result></loginResponse></Body></Envelope>`))
	f.Add([]byte(`<Envelope><Body><Fault><faultcode>sf:A</faultcode><faultstring>A: b</faultstring></Fault></Body></Envelope>`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		tok, err := readSOAP(200, body)
		var refused *Error
		if err == nil && tok.AccessToken == "" || err != nil && (!errors.As(err, &refused) || refused.Code == "") {
			t.Errorf("%q: %v, %v", body, tok, err)
		}
	})
}

// FuzzSOAPRequest checks that a password is what a reader of the request finds,
// or is refused.
func FuzzSOAPRequest(f *testing.F) {
	f.Add("u@example.com", "<&>]]>\"'\r\n\t\u0085\u2028")
	f.Add("\x00", "\xff")
	f.Fuzz(func(t *testing.T, username, password string) {
		body, err := soapRequest(username, password)
		if err != nil {
			return
		}
		var got struct {
			Username string `xml:"Body>login>username"`
			Password string `xml:"Body>login>password"`
		}
		if err := xml.Unmarshal(body, &got); err != nil || got.Username != username || got.Password != password {
			t.Errorf("%q, %q became %q, %q: %v", username, password, got.Username, got.Password, err)
		}
	})
}

// FuzzParseRedirect checks that what a user pastes gives a code or an error of
// the org, or an error that repeats nothing of it.
func FuzzParseRedirect(f *testing.F) {
	f.Add("https://login.salesforce.com/services/oauth2/success?code=aPrx%3D%3D&state=x")
	f.Add("?error=access_denied&error_description=end-user+denied+authorization")
	f.Add("http://localhost:1717/OauthRedirect#code=1")
	f.Fuzz(func(t *testing.T, text string) {
		answer, err := parseRedirect(text)
		if err == nil && answer.Get("code") == "" && answer.Get("error") == "" {
			t.Errorf("%q gives %v", text, answer)
		}
		if other := errors.Unwrap(err); err != nil && (other != nil || !strings.HasPrefix(err.Error(), "auth: paste the whole address")) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// FuzzReadCLI checks that the CLI's output is read without a panic, and that a
// refusal made of it fits on one line.
func FuzzReadCLI(f *testing.F) {
	f.Add([]byte(displayed(redacted, "Connected")))
	f.Add([]byte("{{{ \x1b[33m {\"status\":1,\"message\":\"00Dxx0000001gPL!AQE\\u001b\"}"))
	f.Fuzz(func(t *testing.T, out []byte) {
		a, found := readCLI(out)
		if found && a.Result == nil && a.Message == "" {
			t.Errorf("%q gives nothing", out)
		}
		text := (&commandLine{}).refusal(a.Name, a.Message).Error()
		if strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) || secretInWords.MatchString(text) {
			t.Errorf("%q becomes %q", out, text)
		}
	})
}
