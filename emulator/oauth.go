package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// platformCLI is the app that every org has for the Salesforce CLI. It has no
// secret.
const platformCLI = "PlatformCLI"

func (s *Server) oauth(w *response, r *http.Request, resource string) {
	handler := map[string]func(*response, *http.Request){
		"authorize": s.authorize, "token": s.token, "introspect": s.introspect, "revoke": s.revoke,
		"userinfo": s.userinfo, "success": s.success,
	}[resource]
	if handler == nil {
		w.fail(notFound())
		return
	}
	s.stats.path(resource)
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	handler(w, r)
}

// oauthError is an error of the OAuth endpoints.
type oauthError struct {
	Code        string
	Description string
}

func (e *oauthError) pairs() []pair {
	return []pair{{"error", e.Code}, {"error_description", e.Description}}
}

// query is the error as part of a URL, or as the body of a failed revoke.
func (e *oauthError) query() string {
	return "error=" + url.QueryEscape(e.Code) + "&error_description=" + url.QueryEscape(e.Description)
}

// pair is a member of an answer of the token endpoint.
type pair struct{ key, value string }

// writePairs answers in the format that was asked for: by the parameter format,
// else by Accept, else JSON.
func writePairs(w *response, r *http.Request, status int, pairs []pair) {
	format := r.Form.Get("format")
	if accept := r.Header.Get("Accept"); format == "" {
		switch {
		case strings.Contains(accept, "json"):
		case strings.Contains(accept, "xml") && !strings.Contains(accept, "html"):
			format = "xml"
		case strings.Contains(accept, "x-www-form-urlencoded"):
			format = "urlencoded"
		}
	}
	var body bytes.Buffer
	contentType := "application/json;charset=UTF-8"
	switch format {
	case "xml":
		contentType = "application/xml;charset=UTF-8"
		body.WriteString(`<?xml version="1.0" encoding="UTF-8"?><OAuth>`)
		for _, p := range pairs {
			fmt.Fprintf(&body, "<%s>%s</%s>", p.key, xmlText(p.value), p.key)
		}
		body.WriteString("</OAuth>")
	case "urlencoded":
		contentType = "application/x-www-form-urlencoded;charset=UTF-8"
		for i, p := range pairs {
			if i > 0 {
				body.WriteByte('&')
			}
			body.WriteString(p.key + "=" + url.QueryEscape(p.value))
		}
	default:
		text := []byte{'{'}
		for i, p := range pairs {
			if i > 0 {
				text = append(text, ',')
			}
			text = appendString(append(appendString(text, p.key), ':'), p.value)
		}
		body.Write(append(text, '}'))
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-cache, no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client is gone; there is nobody to tell
}

// xmlText escapes text for XML.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}

// permission is what a grant allows: the scope, and maybe a refresh token.
type permission struct {
	client string
	scope  string
	grant  *grant
	fresh  bool // the refresh token is new and must be told
}

// token serves the token endpoint with all its grants.
func (s *Server) token(w *response, r *http.Request) {
	if r.Method != http.MethodPost {
		writePairs(w, r, http.StatusBadRequest, (&oauthError{"invalid_request", "must use HTTP POST"}).pairs())
		return
	}
	if err := r.ParseForm(); err != nil {
		writePairs(w, r, http.StatusBadRequest, (&oauthError{"invalid_request", "malformed request"}).pairs())
		return
	}
	p, e := s.permit(r)
	if e != nil {
		writePairs(w, r, http.StatusBadRequest, e.pairs())
		return
	}
	writePairs(w, r, http.StatusOK, s.grantReply(r, p))
}

// grantReply opens the session and tells of it. There is no expires_in.
func (s *Server) grantReply(r *http.Request, p permission) []pair {
	sessions := s.sessions
	sessions.mu.Lock()
	token := sessions.open(p.client, p.scope, p.grant)
	sessions.mu.Unlock()
	issued := strconv.FormatInt(sessions.now().UnixMilli(), 10)
	base := baseURL(r)
	id := identityURL(base)
	mac := hmac.New(sha256.New, []byte(sessions.clientSecret))
	fmt.Fprint(mac, id, issued)
	reply := []pair{{"access_token", token}}
	if p.fresh {
		reply = append(reply, pair{"refresh_token", p.grant.token})
	}
	return append(reply, pair{"signature", base64.StdEncoding.EncodeToString(mac.Sum(nil))}, pair{"scope", p.scope},
		pair{"instance_url", base}, pair{"id", id}, pair{"token_type", "Bearer"}, pair{"issued_at", issued})
}

func identityURL(base string) string { return base + "/id/" + orgID() + "/" + userID() }

// permit checks what a client brings to the token endpoint.
func (s *Server) permit(r *http.Request) (permission, *oauthError) {
	switch r.PostForm.Get("grant_type") {
	case "":
		return permission{}, &oauthError{"invalid_request", "missing required parameter: grant_type"}
	case "client_credentials":
		return s.permitClient(r)
	case "refresh_token":
		return s.permitRefresh(r)
	case "authorization_code":
		return s.permitCode(r)
	case "password":
		return s.permitPassword(r)
	case "urn:ietf:params:oauth:grant-type:jwt-bearer":
		return s.permitAssertion(r)
	}
	return permission{}, &oauthError{"unsupported_grant_type", "grant type not supported"}
}

// client returns the app that a request names. Its secret may be left out
// where secret is false, but a wrong one is never right.
func (s *Server) client(r *http.Request, secret bool) (string, *oauthError) {
	id, given, basic := r.BasicAuth()
	if !basic {
		id, given = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	switch {
	case id == platformCLI && !secret:
		return id, nil
	case id != s.sessions.clientID:
		return "", &oauthError{"invalid_client_id", "client identifier invalid"}
	case given != s.sessions.clientSecret && (secret || given != ""):
		return "", &oauthError{"invalid_client", "invalid client credentials"}
	}
	return id, nil
}

func (s *Server) permitClient(r *http.Request) (permission, *oauthError) {
	client, e := s.client(r, true)
	if e == nil && s.sessions.settings.NoClientCredentials {
		e = &oauthError{"invalid_grant", "request not supported on this domain"}
	}
	return permission{client: client, scope: "api id"}, e
}

func (s *Server) permitPassword(r *http.Request) (permission, *oauthError) {
	client, e := s.client(r, true)
	switch {
	case e != nil:
		return permission{}, e
	case s.sessions.settings.NoPasswordGrant || !s.knows(r.PostForm.Get("username"), r.PostForm.Get("password")):
		return permission{}, &oauthError{"invalid_grant", "authentication failure"}
	}
	return permission{client: client, scope: "api id"}, nil
}

// knows checks a name and a password with the security token behind it.
func (s *Server) knows(user, password string) bool {
	if !strings.EqualFold(user, runningUsername) {
		return false
	}
	return password == s.sessions.password+s.sessions.securityToken ||
		s.sessions.settings.TrustedNetwork && password == s.sessions.password
}

func (s *Server) permitRefresh(r *http.Request) (permission, *oauthError) {
	client, e := s.client(r, s.sessions.settings.RequireSecret)
	if e != nil {
		return permission{}, e
	}
	sessions := s.sessions
	sessions.mu.Lock()
	defer sessions.mu.Unlock()
	g := sessions.findGrant(r.PostForm.Get("refresh_token"))
	if g == nil || g.client != client {
		return permission{}, &oauthError{"invalid_grant", "expired access/refresh token"}
	}
	rotate := sessions.settings.RotateRefreshTokens
	if rotate {
		g.token = sessions.mark("5Aep861", sessions.next())
	}
	return permission{client: client, scope: g.scope, grant: g, fresh: rotate}, nil
}

func (s *Server) permitCode(r *http.Request) (permission, *oauthError) {
	client, e := s.client(r, s.sessions.settings.RequireSecret)
	if e != nil {
		return permission{}, e
	}
	if r.PostForm.Get("code") == "" {
		return permission{}, &oauthError{"invalid_request", "missing required parameter: code"}
	}
	code, e := s.sessions.redeem(r.PostForm.Get("code"))
	switch {
	case e != nil:
		return permission{}, e
	case code.client != client:
		return permission{}, &oauthError{"invalid_grant", "invalid authorization code"}
	case code.redirectURI != r.PostForm.Get("redirect_uri"):
		return permission{}, &oauthError{"redirect_uri_mismatch", "redirect_uri must match configuration"}
	case code.challenge != "" && code.challenge != challengeOf(r.PostForm.Get("code_verifier")):
		return permission{}, &oauthError{"invalid_grant", "invalid code verifier"}
	}
	p := permission{client: client, scope: code.scope}
	if hasScope(code.scope, "refresh_token") || hasScope(code.scope, "offline_access") {
		s.sessions.mu.Lock()
		p.grant, p.fresh = s.sessions.grant(client, code.scope), true
		s.sessions.mu.Unlock()
	}
	return p, nil
}

// challengeOf is PKCE's S256.
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func hasScope(scopes, name string) bool {
	for _, scope := range strings.Fields(scopes) {
		if scope == name || scope == "full" && name != "refresh_token" && name != "offline_access" {
			return true
		}
	}
	return false
}
