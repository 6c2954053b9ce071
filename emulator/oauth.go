package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const runningUsername = "admin@example.com"

// sessions are the org's credentials and the access tokens given out.
type sessions struct {
	clientID     string
	clientSecret string
	refreshToken string

	mu     sync.Mutex
	serial int
	since  int // tokens up to this one have expired
}

func newSessions(seed int64) *sessions {
	secret := func(what string) string {
		sum := sha256.Sum256([]byte(fmt.Sprint(what, seed)))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return &sessions{
		clientID: "3MVG9" + secret("client"), clientSecret: secret("secret"), refreshToken: "5Aep861" + secret("refresh"),
	}
}

// mint returns a new access token: the org's id and a number that expire can
// compare.
func (s *sessions) mint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	return fmt.Sprintf("%s!%s.%d", orgID()[:15], s.sign(s.serial), s.serial)
}

func (s *sessions) sign(serial int) string {
	mac := hmac.New(sha256.New, []byte(s.clientSecret))
	fmt.Fprint(mac, serial)
	return "AQE" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *sessions) valid(token string) bool {
	dot := len(token) - 1
	for dot >= 0 && token[dot] != '.' {
		dot--
	}
	serial, err := strconv.Atoi(token[dot+1:])
	if dot < 0 || err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return serial > s.since && serial <= s.serial && token[:dot] == orgID()[:15]+"!"+s.sign(serial)
}

func (s *sessions) expire() {
	s.mu.Lock()
	s.since = s.serial
	s.mu.Unlock()
}

func orgID() string  { return string(appendID18(nil, "00D", 0)) }
func userID() string { return string(appendID18(nil, "005", 0)) }

func (s *Server) oauth(w *response, r *http.Request, resource string) {
	switch resource {
	case "token":
		s.stats.path("token")
		s.token(w, r)
	case "userinfo":
		s.stats.path("userinfo")
		s.userinfo(w, r)
	default:
		w.fail(notFound())
	}
}

// oauthError is the shape of errors of the token endpoint.
type oauthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

type tokenReply struct {
	AccessToken string `json:"access_token"`
	Signature   string `json:"signature"`
	Scope       string `json:"scope"`
	InstanceURL string `json:"instance_url"`
	ID          string `json:"id"`
	TokenType   string `json:"token_type"`
	IssuedAt    string `json:"issued_at"`
}

// token serves client_credentials and refresh_token.
func (s *Server) token(w *response, r *http.Request) {
	if r.Method != http.MethodPost {
		w.json(http.StatusBadRequest, oauthError{"invalid_request", "must use HTTP POST"})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		w.json(http.StatusBadRequest, oauthError{"invalid_request", "malformed request"})
		return
	}
	if e := s.checkGrant(r); e != nil {
		w.json(http.StatusBadRequest, e)
		return
	}
	issued := strconv.FormatInt(time.Now().UnixMilli(), 10)
	base := baseURL(r)
	id := base + "/id/" + orgID() + "/" + userID()
	mac := hmac.New(sha256.New, []byte(s.ClientSecret()))
	fmt.Fprint(mac, id, issued)
	w.json(http.StatusOK, tokenReply{
		AccessToken: s.AccessToken(), Signature: base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		Scope: "refresh_token api id", InstanceURL: base, ID: id, TokenType: "Bearer", IssuedAt: issued,
	})
}

func (s *Server) checkGrant(r *http.Request) *oauthError {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	grant := r.PostForm.Get("grant_type")
	switch {
	case grant == "":
		return &oauthError{"invalid_request", "missing required parameter: grant_type"}
	case grant != "client_credentials" && grant != "refresh_token":
		return &oauthError{"unsupported_grant_type", "grant type not supported"}
	case id != s.ClientID():
		return &oauthError{"invalid_client_id", "client identifier invalid"}
	case secret != s.ClientSecret() && (grant == "client_credentials" || secret != ""):
		return &oauthError{"invalid_client", "invalid client credentials"}
	case grant == "refresh_token" && r.PostForm.Get("refresh_token") != s.RefreshToken():
		return &oauthError{"invalid_grant", "expired access/refresh token"}
	}
	return nil
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
		Sub: base + "/id/" + orgID() + "/" + userID(), UserID: userID(), OrganizationID: orgID(),
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
