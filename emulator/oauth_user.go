package emulator

import (
	"net/http"
)

// introspect tells an app about a token.
func (s *Server) introspect(w *response, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		writePairs(w, r, http.StatusBadRequest, (&oauthError{"invalid_request", "must use HTTP POST"}).pairs())
		return
	}
	client, e := s.client(r, true)
	if e == nil && r.PostForm.Get("token") == "" {
		e = &oauthError{"invalid_request", "missing required parameter: token"}
	}
	if e != nil {
		status := http.StatusBadRequest
		if e.Code != "invalid_request" {
			status = http.StatusUnauthorized
		}
		writePairs(w, r, status, e.pairs())
		return
	}
	w.json(http.StatusOK, s.inspect(r.PostForm.Get("token"), client, baseURL(r)))
}

type introspection struct {
	Active    bool   `json:"active"`
	Scope     string `json:"scope"`
	ClientID  string `json:"client_id"`
	Username  string `json:"username"`
	Subject   string `json:"sub"`
	TokenType string `json:"token_type"`
	Expires   int64  `json:"exp,omitempty"`
	Issued    int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
}

// inspect describes a token. An app hears of its own tokens only.
func (s *Server) inspect(token, client, base string) any {
	sessions := s.sessions
	sessions.mu.Lock()
	defer sessions.mu.Unlock()
	out := introspection{Active: true, Username: runningUsername, Subject: identityURL(base)}
	if _, found := sessions.find(token); found != nil && found.client == client {
		out.TokenType, out.Scope, out.ClientID = "access_token", found.scope, found.client
		out.Expires, out.Issued = found.used.Add(sessions.ttl()).Unix(), found.issued.Unix()
	} else if g := sessions.findGrant(token); g != nil && g.client == client {
		out.TokenType, out.Scope, out.ClientID, out.Issued = "refresh_token", g.scope, g.client, g.issued.Unix()
	} else {
		return map[string]bool{"active": false}
	}
	out.NotBefore = out.Issued
	return out
}

// revoke ends a token. Its failure is no JSON, unlike every other of these
// endpoints.
func (s *Server) revoke(w *response, r *http.Request) {
	if err := r.ParseForm(); err == nil && s.sessions.revoke(r.Form.Get("token")) {
		w.plain()
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	w.WriteHeader(http.StatusBadRequest)
	e := &oauthError{"unsupported_token_type", "this token type is not supported"}
	_, _ = w.Write([]byte(e.query())) // the client is gone; there is nobody to tell
}

type userinfo struct {
	Sub               string            `json:"sub"`
	UserID            string            `json:"user_id"`
	OrganizationID    string            `json:"organization_id"`
	PreferredUsername string            `json:"preferred_username"`
	Nickname          string            `json:"nickname"`
	Name              string            `json:"name"`
	Email             string            `json:"email"`
	EmailVerified     bool              `json:"email_verified"`
	GivenName         string            `json:"given_name"`
	FamilyName        string            `json:"family_name"`
	Zoneinfo          string            `json:"zoneinfo"`
	Photos            map[string]string `json:"photos"`
	Profile           string            `json:"profile"`
	Picture           string            `json:"picture"`
	Address           map[string]string `json:"address"`
	URLs              map[string]string `json:"urls"`
	Active            bool              `json:"active"`
	UserType          string            `json:"user_type"`
	Language          string            `json:"language"`
	Locale            string            `json:"locale"`
	UTCOffset         int               `json:"utcOffset"`
	UpdatedAt         string            `json:"updated_at"`
}

func (s *Server) user(base string) userinfo {
	zone := s.zone.String()
	if zone == "UTC" {
		zone = "GMT" // Salesforce's name for it
	}
	return userinfo{
		Sub: identityURL(base), UserID: userID(), OrganizationID: orgID(),
		PreferredUsername: runningUsername, Nickname: "admin", Name: "Admin User", Email: runningUsername, EmailVerified: true,
		GivenName: "Admin", FamilyName: "User", Zoneinfo: zone, Photos: map[string]string{}, Profile: base + "/" + userID(),
		Picture: base + "/profilephoto/005/F", Address: map[string]string{}, URLs: map[string]string{
			"rest": base + "/services/data/v{version}/", "sobjects": base + "/services/data/v{version}/sobjects/",
			"query": base + "/services/data/v{version}/query/",
		},
		Active: true, UserType: "STANDARD", Language: s.language(), Locale: s.locale, UpdatedAt: "2024-01-01T00:00:00Z",
	}
}

// language is the language of the locale, which Salesforce names without the
// country for all but a few.
func (s *Server) language() string {
	if s.locale == "en_US" || len(s.locale) < 2 {
		return "en_US"
	}
	return s.locale[:2]
}

// baseURL is the address under which the client reached the org.
func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// userinfo answers a bad token as the OAuth endpoints do, in plain text.
func (s *Server) userinfo(w *response, r *http.Request) {
	if !s.sessions.valid(bearer(r)) {
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("Bad_OAuth_Token"))
		return
	}
	w.json(http.StatusOK, s.user(baseURL(r)))
}

// identity serves the URL that the token endpoint calls id.
func (s *Server) identity(w *response, r *http.Request) {
	s.stats.path("identity")
	token := bearer(r)
	if token == "" {
		token = r.URL.Query().Get("oauth_token")
	}
	if !s.sessions.valid(token) {
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("Bad_OAuth_Token"))
		return
	}
	u := s.user(baseURL(r))
	w.json(http.StatusOK, map[string]any{
		"id": u.Sub, "asserted_user": true, "user_id": u.UserID, "organization_id": u.OrganizationID, "username": u.PreferredUsername,
		"nick_name": u.Nickname, "display_name": u.Name, "email": u.Email, "active": true, "user_type": u.UserType,
		"language": u.Language, "locale": u.Locale, "utcOffset": 0, "urls": u.URLs,
	})
}
