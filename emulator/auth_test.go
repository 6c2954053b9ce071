package emulator

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// post sends a form and returns status, content type and body.
func post(t *testing.T, s *Server, path string, form url.Values, headers ...string) (int, string, string) {
	t.Helper()
	req, err := http.NewRequest("POST", s.URL()+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), string(body)
}

func works(t *testing.T, s *Server, token string) bool {
	t.Helper()
	res, _ := do(t, s, "GET", root+"/limits", "", "Authorization", "Bearer "+token)
	return res.StatusCode == 200
}

// browse sends a browser to the authorize endpoint and returns where it is sent
// then, or the page.
func browse(t *testing.T, s *Server, method string, params url.Values) (int, *url.URL, string) {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	target, body := s.URL()+"/services/oauth2/authorize", io.Reader(nil)
	if method == "GET" {
		target += "?" + params.Encode()
	} else {
		body = strings.NewReader(params.Encode())
	}
	req, err := http.NewRequest(method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	to, err := res.Location()
	if err != nil {
		to = &url.URL{}
	}
	return res.StatusCode, to, string(text)
}

func authorizeParams(s *Server) url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {s.ClientID()}, "redirect_uri": {cliRedirect}, "scope": {"refresh_token api"},
		"state": {"a b&c"}, "code_challenge": {challengeOf("verifier-1")}, "code_challenge_method": {"S256"}, "prompt": {"login"},
	}
}

func codeParams(s *Server, code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()},
		"redirect_uri": {cliRedirect}, "code_verifier": {"verifier-1"},
	}
}

func TestAuthorizationCode(t *testing.T) {
	s := start(t)
	params := authorizeParams(s)
	params.Del("code_challenge_method") // clients that leave it out mean S256
	status, to, _ := browse(t, s, "GET", params)
	if status != 302 || !strings.HasPrefix(to.String(), cliRedirect+"?code=aPrx") || !strings.Contains(to.String(), "%3D%3D") || to.Query().Get("state") != "a b&c" {
		t.Fatalf("%d %s", status, to)
	}
	code := to.Query().Get("code")
	status, reply := postToken(t, s, codeParams(s, code))
	if status != 200 || reply["refresh_token"] == "" || reply["scope"] != "refresh_token api" || !works(t, s, reply["access_token"]) {
		t.Fatalf("%d %v", status, reply)
	}
	if status, again := postToken(t, s, codeParams(s, code)); status != 400 || again["error"] != "invalid_grant" {
		t.Errorf("a code used twice: %d %v", status, again)
	}
	status, reply = postToken(t, s, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {reply["refresh_token"]}, "client_id": {s.ClientID()}})
	if status != 200 || reply["refresh_token"] != "" || !works(t, s, reply["access_token"]) {
		t.Errorf("refresh: %d %v", status, reply)
	}
}

func TestCodesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change url.Values
		later  time.Duration
		want   string
	}{
		"verifier":     {url.Values{"code_verifier": {"verifier-2"}}, 0, "invalid_grant/invalid code verifier"},
		"no verifier":  {url.Values{"code_verifier": nil}, 0, "invalid_grant/invalid code verifier"},
		"other uri":    {url.Values{"redirect_uri": {"http://localhost:1717/"}}, 0, "redirect_uri_mismatch/redirect_uri must match configuration"},
		"other app":    {url.Values{"client_id": {platformCLI}, "client_secret": nil}, 0, "invalid_grant/invalid authorization code"},
		"unknown code": {url.Values{"code": {"aPrxX=="}}, 0, "invalid_grant/invalid authorization code"},
		"no code":      {url.Values{"code": nil}, 0, "invalid_request/missing required parameter: code"},
		"too late":     {nil, codeTTL + time.Second, "invalid_grant/expired authorization code"},
		"in time":      {nil, codeTTL - time.Second, "/"},
	} {
		s := start(t)
		_, to, _ := browse(t, s, "GET", authorizeParams(s))
		form := codeParams(s, to.Query().Get("code"))
		for k, v := range c.change {
			form[k] = v
		}
		s.sessions.now = func() time.Time { return time.Now().Add(c.later) }
		if _, reply := postToken(t, s, form); reply["error"]+"/"+reply["error_description"] != c.want {
			t.Errorf("%s: %v", name, reply)
		}
	}
}

func TestAuthorizeRefusals(t *testing.T) {
	s := start(t, WithAuth(Auth{RedirectURIs: []string{"http://127.0.0.1:9/cb?x=1"}}))
	for _, c := range []struct {
		name, key, value string
		status           int
		want             string // in the page, or in the address
	}{
		{"app", "client_id", "x", 400, "error=invalid_client_id"},
		{"another port", "redirect_uri", "http://localhost:1718/OauthRedirect", 400, "error=redirect_uri_mismatch"},
		{"response type", "response_type", "token", 302, "error=unsupported_response_type&"},
		{"no response type", "response_type", "", 302, "error=invalid_request&"},
		{"PKCE method", "code_challenge_method", "plain", 302, "error=invalid_request&"},
		{"scope", "scope", "api magic", 302, "error=invalid_scope&"},
		{"without the user", "prompt", "none", 302, "error=immediate_unsuccessful&"},
		{"registered address", "redirect_uri", "http://127.0.0.1:9/cb?x=1", 302, "http://127.0.0.1:9/cb?x=1&code=aPrx"},
		{"public app", "client_id", platformCLI, 302, "?code=aPrx"},
	} {
		params := authorizeParams(s)
		params.Set(c.key, c.value)
		status, to, page := browse(t, s, "GET", params)
		if status != c.status || !strings.Contains(to.String()+strings.ReplaceAll(page, "&amp;", "&"), c.want) {
			t.Errorf("%s: %d %s %s", c.name, status, to, page)
		}
		if status == 302 && to.Query().Get("state") != "a b&c" {
			t.Errorf("%s: the state is lost: %s", c.name, to)
		}
	}
}

func TestLoginPage(t *testing.T) {
	s := start(t, WithAuth(Auth{LoginPage: true}))
	params := authorizeParams(s)
	params.Set("login_hint", `"><script>`)
	status, _, page := browse(t, s, "GET", params)
	if status != 200 || !strings.Contains(page, `name="redirect_uri" value="`+cliRedirect+`"`) || strings.Contains(page, "<script>") {
		t.Fatalf("%d %s", status, page)
	}
	params.Set("username", s.Username())
	params.Set("password", "wrong")
	params.Set("allow", "1")
	if status, _, page = browse(t, s, "POST", params); status != 200 || !strings.Contains(page, "check your username") || strings.Contains(page, "wrong") {
		t.Errorf("wrong password: %d %s", status, page)
	}
	params.Set("password", s.Password())
	if status, to, _ := browse(t, s, "POST", params); status != 302 || !to.Query().Has("code") {
		t.Errorf("right password: %d %s", status, to)
	}
	params.Del("allow")
	params.Set("deny", "1")
	_, to, _ := browse(t, s, "POST", params)
	if to.Query().Get("error") != "access_denied" || !strings.Contains(to.String(), "error_description=end-user+denied+authorization") {
		t.Errorf("denied: %s", to)
	}
}

func TestRefreshTokenRotation(t *testing.T) {
	s := start(t, WithAuth(Auth{RotateRefreshTokens: true}))
	old := s.RefreshToken()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old}, "client_id": {s.ClientID()}}
	_, first := postToken(t, s, form)
	if first["refresh_token"] == "" || first["refresh_token"] == old || s.RefreshToken() != first["refresh_token"] {
		t.Fatalf("%v", first)
	}
	if status, reply := postToken(t, s, form); status != 400 || reply["error_description"] != "expired access/refresh token" {
		t.Errorf("the old token: %d %v", status, reply)
	}
	form.Set("refresh_token", first["refresh_token"])
	if status, _ := postToken(t, s, form); status != 200 || !works(t, s, first["access_token"]) {
		t.Errorf("the new token: %d", status)
	}
}

// TestSixthGrantEndsTheFirst: the oldest refresh token of an app goes without
// a word, and its sessions with it.
func TestSixthGrantEndsTheFirst(t *testing.T) {
	s := start(t)
	refresh := func(token string) (int, map[string]string) {
		return postToken(t, s, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {s.ClientID()}})
	}
	first := s.RefreshToken() // the first of five
	_, session := refresh(first)
	for i := range maxGrants {
		if status, _ := refresh(first); status != 200 {
			t.Fatalf("gone after %d more", i)
		}
		_, to, _ := browse(t, s, "GET", authorizeParams(s))
		if status, _ := postToken(t, s, codeParams(s, to.Query().Get("code"))); status != 200 {
			t.Fatal(status)
		}
	}
	if status, reply := refresh(first); status != 400 || reply["error"] != "invalid_grant" {
		t.Errorf("%d %v", status, reply)
	}
	if works(t, s, session["access_token"]) {
		t.Error("its session goes on")
	}
	if status, _ := refresh(s.RefreshToken()); status != 200 {
		t.Errorf("RefreshToken gives one that does not work: %d", status)
	}
}

func TestPasswordGrant(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings Auth
		token    bool
		password string
		want     string
	}{
		{"with the security token", Auth{}, true, "", ""},
		{"without it", Auth{}, false, "", "authentication failure"},
		{"without it from a trusted network", Auth{TrustedNetwork: true}, false, "", ""},
		{"wrong", Auth{TrustedNetwork: true}, false, "x", "authentication failure"},
		{"switched off", Auth{NoPasswordGrant: true}, true, "", "authentication failure"},
	} {
		s := start(t, WithAuth(c.settings))
		password := s.Password() + c.password
		if c.token {
			password += s.SecurityToken()
		}
		_, reply := postToken(t, s, url.Values{
			"grant_type": {"password"}, "client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()},
			"username": {strings.ToUpper(s.Username())}, "password": {password},
		})
		if reply["error_description"] != c.want || reply["refresh_token"] != "" || c.want == "" && !works(t, s, reply["access_token"]) {
			t.Errorf("%s: %v", c.name, reply)
		}
	}
}

func TestClientCredentials(t *testing.T) {
	s := start(t)
	form := url.Values{"grant_type": {"client_credentials"}}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(s.ClientID()+":"+s.ClientSecret()))
	if status, _, body := post(t, s, "/services/oauth2/token", form, "Authorization", basic); status != 200 || strings.Contains(body, "refresh_token\":") {
		t.Errorf("Basic: %d %s", status, body)
	}
	s = start(t, WithAuth(Auth{NoClientCredentials: true}))
	if _, _, body := post(t, s, "/services/oauth2/token", form, "Authorization", basic); body != `{"error":"invalid_grant","error_description":"request not supported on this domain"}` {
		t.Errorf("%s", body)
	}
}

func TestSignatureAndID(t *testing.T) {
	s := start(t)
	_, reply := postToken(t, s, url.Values{"grant_type": {"client_credentials"}, "client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}})
	mac := hmac.New(sha256.New, []byte(s.ClientSecret()))
	mac.Write([]byte(reply["id"] + reply["issued_at"]))
	if reply["signature"] != base64.StdEncoding.EncodeToString(mac.Sum(nil)) || len(reply["issued_at"]) != 13 {
		t.Errorf("%v", reply)
	}
	id, err := url.Parse(reply["id"])
	if err != nil {
		t.Fatal(err)
	}
	res, body := do(t, s, "GET", id.Path+"?format=json&oauth_token="+url.QueryEscape(reply["access_token"]), "", "Authorization", "")
	if res.StatusCode != 200 || !strings.Contains(body, `"organization_id":"`+orgID()+`"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestTokenFormats(t *testing.T) {
	s := start(t)
	good := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}}
	bad := url.Values{"grant_type": {"magic"}}
	for _, c := range []struct{ format, accept, contentType, begin, bad string }{
		{"", "", "application/json", `{"access_token":"`, `{"error":"unsupported_grant_type","error_description":"grant type not supported"}`},
		{"json", "application/xml", "application/json", `{"access_token":"`, `{"error":"`},
		{"xml", "", "application/xml", `<?xml version="1.0" encoding="UTF-8"?><OAuth><access_token>`, "<error>unsupported_grant_type</error>"},
		{"", "application/xml", "application/xml", `<?xml`, "<OAuth>"},
		{"", "text/html,application/xhtml+xml,*/*", "application/json", `{`, "{"},
		{"urlencoded", "", "application/x-www-form-urlencoded", "access_token=00D", "error=unsupported_grant_type&error_description=grant+type+not+supported"},
		{"", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded", "access_token=", "error="},
	} {
		for _, form := range []url.Values{good, bad} {
			form.Set("format", c.format)
			_, contentType, body := post(t, s, "/services/oauth2/token", form, "Accept", c.accept)
			if !strings.HasPrefix(contentType, c.contentType+";") {
				t.Errorf("%+v: %s", c, contentType)
			}
			if form.Get("grant_type") == "magic" && !strings.Contains(body, c.bad) || form.Get("grant_type") != "magic" && !strings.HasPrefix(body, c.begin) {
				t.Errorf("%+v: %s", c, body)
			}
		}
	}
}

func assertion(t *testing.T, key *rsa.PrivateKey, head string, claims map[string]any) string {
	t.Helper()
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestJWTBearer(t *testing.T) {
	s := start(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	soon := time.Now().Add(3 * time.Minute).Unix()
	const rs256 = `{"alg":"RS256"}`
	for _, c := range []struct {
		name string
		key  *rsa.PrivateKey
		head string
		set  map[string]any
		want string
	}{
		{"good", s.PrivateKey(), rs256, nil, ""},
		{"for a sandbox", s.PrivateKey(), rs256, map[string]any{"aud": "https://test.salesforce.com"}, ""},
		{"for this org", s.PrivateKey(), rs256, map[string]any{"aud": s.URL()}, ""},
		{"expiry as text", s.PrivateKey(), rs256, map[string]any{"exp": fmt.Sprint(soon)}, ""},
		{"other key", other, rs256, nil, "invalid_grant/invalid assertion"},
		{"other algorithm", s.PrivateKey(), `{"alg":"none"}`, nil, "invalid_grant/invalid assertion"},
		{"other app", s.PrivateKey(), rs256, map[string]any{"iss": "x"}, "invalid_client_id/client identifier invalid"},
		{"other audience", s.PrivateKey(), rs256, map[string]any{"aud": "https://example.com"}, "invalid_grant/Audience validation failed"},
		{"expired", s.PrivateKey(), rs256, map[string]any{"exp": soon - 600}, "invalid_grant/expired authorization code"},
		{"expiry in milliseconds", s.PrivateKey(), rs256, map[string]any{"exp": 1000 * soon}, ""},
		{"never ends", s.PrivateKey(), rs256, map[string]any{"exp": nil}, "invalid_grant/invalid assertion"},
		{"other user", s.PrivateKey(), rs256, map[string]any{"sub": "who@example.com"}, "invalid_grant/user hasn't approved this consumer"},
	} {
		claims := map[string]any{"iss": s.ClientID(), "sub": s.Username(), "aud": "https://login.salesforce.com", "exp": soon}
		for k, v := range c.set {
			claims[k] = v
		}
		form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion(t, c.key, c.head, claims)}}
		status, reply := postToken(t, s, form)
		if c.want == "" && (status != 200 || !works(t, s, reply["access_token"])) || c.want != "" && reply["error"]+"/"+reply["error_description"] != c.want {
			t.Errorf("%s: %d %v", c.name, status, reply)
		}
	}
	s = start(t, WithAuth(Auth{PublicKey: &other.PublicKey}))
	claims := map[string]any{"iss": s.ClientID(), "sub": s.Username(), "aud": s.URL(), "exp": soon}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion(t, other, rs256, claims)}}
	if status, reply := postToken(t, s, form); status != 200 {
		t.Errorf("registered key: %d %v", status, reply)
	}
}

func TestIntrospectAndRevoke(t *testing.T) {
	s := start(t)
	credentials := url.Values{"client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}}
	inspect := func(token string) map[string]any {
		t.Helper()
		form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
		for k, v := range credentials {
			form[k] = v
		}
		status, _, body := post(t, s, "/services/oauth2/introspect", form)
		var reply map[string]any
		if err := json.Unmarshal([]byte(body), &reply); err != nil || status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		return reply
	}
	refresh := s.RefreshToken()
	_, reply := postToken(t, s, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {s.ClientID()}})
	access := reply["access_token"]
	if got := inspect(access); got["active"] != true || got["username"] != s.Username() || got["client_id"] != s.ClientID() ||
		got["token_type"] != "access_token" || got["exp"].(float64)-got["iat"].(float64) < 7199 || got["sub"] != reply["id"] {
		t.Errorf("%v", got)
	}
	if got := inspect(refresh); got["active"] != true || got["token_type"] != "refresh_token" {
		t.Errorf("%v", got)
	}
	if got := inspect("x"); len(got) != 1 || got["active"] != false {
		t.Errorf("%v", got)
	}
	if status, _, body := post(t, s, "/services/oauth2/introspect", url.Values{"token": {access}, "client_id": {s.ClientID()}}); status != 401 {
		t.Errorf("without the secret: %d %s", status, body)
	}
	if status, _, body := post(t, s, "/services/oauth2/revoke", url.Values{"token": {refresh}}); status != 200 || body != "" {
		t.Errorf("%d %s", status, body)
	}
	if works(t, s, access) || inspect(access)["active"] != false || inspect(refresh)["active"] != false {
		t.Error("a session outlives its refresh token")
	}
	status, contentType, body := post(t, s, "/services/oauth2/revoke", url.Values{"token": {refresh}})
	if values, err := url.ParseQuery(body); status != 400 || err != nil || values.Get("error") != "unsupported_token_type" || !strings.Contains(contentType, "urlencoded") {
		t.Errorf("revoked twice: %d %s %s", status, contentType, body)
	}
}

func TestSessionTTL(t *testing.T) {
	s := start(t, WithAuth(Auth{SessionTTL: time.Hour}))
	now := time.Now()
	s.sessions.now = func() time.Time { return now }
	token := s.AccessToken()
	for range 3 {
		now = now.Add(50 * time.Minute)
		if !works(t, s, token) {
			t.Fatal("a session ends in spite of its use")
		}
	}
	now = now.Add(time.Hour)
	if works(t, s, token) {
		t.Error("an idle session goes on")
	}
}

type envelope struct {
	Result struct {
		ServerURL       string `xml:"serverUrl"`
		SessionID       string `xml:"sessionId"`
		PasswordExpired bool   `xml:"passwordExpired"`
		UserID          string `xml:"userId"`
		Info            struct {
			OrganizationID string `xml:"organizationId"`
			Seconds        int    `xml:"sessionSecondsValid"`
		} `xml:"userInfo"`
	} `xml:"Body>loginResponse>result"`
	Fault struct {
		Code   string `xml:"faultcode"`
		String string `xml:"faultstring"`
		Login  string `xml:"detail>LoginFault>exceptionCode"`
		Other  string `xml:"detail>UnexpectedErrorFault>exceptionCode"`
	} `xml:"Body>Fault"`
}

func soapCall(t *testing.T, s *Server, version, header, body string) (int, envelope) {
	t.Helper()
	text := `<?xml version="1.0" encoding="utf-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com">` +
		`<soapenv:Header>` + header + `</soapenv:Header><soapenv:Body>` + body + `</soapenv:Body></soapenv:Envelope>`
	res, answer := do(t, s, "POST", "/services/Soap/u/"+version, text, "Content-Type", "text/xml", "SOAPAction", `""`, "Authorization", "")
	var e envelope
	if err := xml.Unmarshal([]byte(answer), &e); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	return res.StatusCode, e
}

func soapLogin(user, password string) string {
	return "<urn:login><urn:username>" + xmlText(user) + "</urn:username><urn:password>" + xmlText(password) + "</urn:password></urn:login>"
}

func TestSoapLogin(t *testing.T) {
	s := start(t)
	good := soapLogin(s.Username(), s.Password()+s.SecurityToken())
	status, e := soapCall(t, s, "64.0", "<urn:CallOptions><urn:client>test</urn:client></urn:CallOptions>", good)
	if status != 200 || e.Result.ServerURL != s.URL()+"/services/Soap/u/64.0/"+orgID()[:15] || e.Result.UserID != userID() ||
		e.Result.Info.OrganizationID != orgID() || e.Result.Info.Seconds != 7200 || !works(t, s, e.Result.SessionID) {
		t.Fatalf("%d %+v", status, e)
	}
	session := "<urn:SessionHeader><urn:sessionId>" + e.Result.SessionID + "</urn:sessionId></urn:SessionHeader>"
	if status, _ := soapCall(t, s, "64.0", session, "<urn:logout/>"); status != 200 || works(t, s, e.Result.SessionID) {
		t.Errorf("logout: %d", status)
	}
	if status, e := soapCall(t, s, "64.0", session, "<urn:logout/>"); status != 500 || e.Fault.Code != "sf:INVALID_SESSION_ID" {
		t.Errorf("logout again: %d %+v", status, e.Fault)
	}
	for _, c := range []struct{ name, version, body, code, text string }{
		{"wrong password", "64.0", soapLogin(s.Username(), "<&>"), "sf:INVALID_LOGIN", "INVALID_LOGIN: Invalid username, password, security token; or user locked out."},
		{"no security token", "64.0", soapLogin(s.Username(), s.Password()), "sf:LOGIN_MUST_USE_SECURITY_TOKEN", "LOGIN_MUST_USE_SECURITY_TOKEN: Invalid username"},
		{"newer version", "65.0", good, "sf:UNSUPPORTED_API_VERSION", "UNSUPPORTED_API_VERSION: "},
		{"retired version", "20.0", good, "sf:UNSUPPORTED_API_VERSION", "UNSUPPORTED_API_VERSION: "},
		{"other operation", "64.0", "<urn:query/>", "soapenv:Client", "No operation available"},
	} {
		status, e := soapCall(t, s, c.version, "", c.body)
		detail := "sf:" + e.Fault.Login + e.Fault.Other
		if status != 500 || e.Fault.Code != c.code || !strings.HasPrefix(e.Fault.String, c.text) || detail != c.code && c.code != "soapenv:Client" {
			t.Errorf("%s: %d %+v", c.name, status, e.Fault)
		}
	}
	s = start(t, WithAuth(Auth{PasswordExpired: true}))
	if _, e := soapCall(t, s, "61.0", "", good); !e.Result.PasswordExpired || works(t, s, e.Result.SessionID) {
		t.Errorf("expired password: %+v", e.Result)
	}
}
