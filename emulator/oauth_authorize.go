package emulator

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// cliRedirect is where the Salesforce CLI listens.
const cliRedirect = "http://localhost:1717/OauthRedirect"

// authorization is what the browser was sent to the authorize endpoint with.
type authorization struct {
	client      string
	redirectURI string
	scope       string
	state       string
	hasState    bool
	challenge   string
}

// authorize serves the user's side of the authorization code flow. What is
// wrong with the app itself is shown on a page: there is no address to trust
// with it.
func (s *Server) authorize(w *response, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		errorPage(w, &oauthError{"invalid_request", "malformed request"})
		return
	}
	form := r.Form
	a := authorization{
		client: form.Get("client_id"), redirectURI: form.Get("redirect_uri"), scope: form.Get("scope"),
		state: form.Get("state"), hasState: form.Has("state"), challenge: form.Get("code_challenge"),
	}
	switch {
	case a.client != s.sessions.clientID && a.client != platformCLI:
		errorPage(w, &oauthError{"invalid_client_id", "client identifier invalid"})
		return
	case !slices.Contains(s.redirects(r), a.redirectURI):
		errorPage(w, &oauthError{"redirect_uri_mismatch", "redirect_uri must match configuration"})
		return
	}
	if a.scope == "" {
		a.scope = defaultScope
	}
	if e := checkAuthorization(form); e != nil {
		a.send(w, r, e.query())
		return
	}
	s.ask(w, r, a)
}

// redirects are the addresses that a code may be sent to. No port but the
// registered one will do.
func (s *Server) redirects(r *http.Request) []string {
	return append([]string{cliRedirect, baseURL(r) + "/services/oauth2/success"}, s.sessions.settings.RedirectURIs...)
}

func checkAuthorization(form url.Values) *oauthError {
	method := form.Get("code_challenge_method")
	switch {
	case form.Get("response_type") == "":
		return &oauthError{"invalid_request", "missing required parameter: response_type"}
	case form.Get("response_type") != "code":
		return &oauthError{"unsupported_response_type", "response type not supported"}
	case form.Get("immediate") == "true" || form.Get("prompt") == "none":
		return &oauthError{"immediate_unsuccessful", "immediate_unsuccessful"}
	// Clients leave the method out and mean S256 all the same.
	case method != "" && method != "S256":
		return &oauthError{"invalid_request", "code_challenge_method must be S256"}
	}
	for _, scope := range strings.Fields(form.Get("scope")) {
		if !slices.Contains(knownScopes, scope) {
			return &oauthError{"invalid_scope", "the requested scope is not allowed"}
		}
	}
	return nil
}

var knownScopes = []string{
	"api", "id", "profile", "email", "address", "phone", "openid", "refresh_token", "offline_access", "full", "web",
	"visualforce", "chatter_api", "custom_permissions", "lightning", "content", "cdp_query_api", "sfap_api",
}

// ask lets the user decide: on the login page where the org has one, else the
// answer is yes.
func (s *Server) ask(w *response, r *http.Request, a authorization) {
	switch {
	case !s.sessions.settings.LoginPage, r.Method == http.MethodPost && s.mayAllow(r):
		code := s.sessions.code(authCode{client: a.client, redirectURI: a.redirectURI, challenge: a.challenge, scope: a.scope})
		a.send(w, r, "code="+url.QueryEscape(code))
	case r.Method == http.MethodPost && r.PostForm.Has("deny"):
		a.send(w, r, (&oauthError{"access_denied", "end-user denied authorization"}).query())
	default:
		loginPage(w, r)
	}
}

func (s *Server) mayAllow(r *http.Request) bool {
	// A person types no security token into a browser.
	return r.PostForm.Has("allow") && r.PostForm.Get("password") == s.sessions.password &&
		strings.EqualFold(r.PostForm.Get("username"), runningUsername)
}

// send sends the browser back to the app.
func (a *authorization) send(w *response, r *http.Request, answer string) {
	separator := "?"
	if strings.Contains(a.redirectURI, "?") {
		separator = "&"
	}
	target := a.redirectURI + separator + answer
	if a.hasState {
		target += "&state=" + url.QueryEscape(a.state)
	}
	w.plain()
	http.Redirect(w.ResponseWriter, r, target, http.StatusFound)
}

var pages = template.Must(template.New("").Parse(`
{{define "error"}}<!DOCTYPE html><html><head><title>OAuth error</title></head><body><h1>OAuth error</h1>
<p>error={{.Code}}&amp;error_description={{.Description}}</p></body></html>
{{end}}
{{define "login"}}<!DOCTYPE html><html><head><title>Login | emulated org</title></head><body>
<form method="post" action="/services/oauth2/authorize">
{{range $name, $values := .Hidden}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">
{{end}}{{end}}{{with .Wrong}}<p id="error">{{.}}</p>{{end}}
<label>Username <input id="username" name="username" value="{{.User}}"></label>
<label>Password <input id="password" name="password" type="password"></label>
<button id="Login" name="allow" value="1">Log in and allow</button> <button name="deny" value="1">Deny</button>
</form></body></html>
{{end}}
{{define "success"}}<!DOCTYPE html><html><head><title>Remote access</title></head><body>
<h1>Remote access application authorization</h1><p>You may now close this window.</p></body></html>
{{end}}`))

func htmlPage(w *response, status int, name string, data any) {
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.WriteHeader(status)
	_ = pages.ExecuteTemplate(w, name, data) // fails only where the client is gone
}

func errorPage(w *response, e *oauthError) { htmlPage(w, http.StatusBadRequest, "error", e) }

func loginPage(w *response, r *http.Request) {
	hidden := url.Values{}
	for name, values := range r.Form {
		if name != "username" && name != "password" {
			hidden[name] = values[:1]
		}
	}
	wrong := ""
	if r.Method == http.MethodPost {
		delete(hidden, "allow")
		wrong = "Please check your username and password."
	}
	user := r.Form.Get("username")
	if user == "" {
		user = r.Form.Get("login_hint")
	}
	htmlPage(w, http.StatusOK, "login", map[string]any{"Hidden": map[string][]string(hidden), "Wrong": wrong, "User": user})
}

// success is the page that apps without a page of their own are sent to.
func (s *Server) success(w *response, _ *http.Request) { htmlPage(w, http.StatusOK, "success", nil) }
