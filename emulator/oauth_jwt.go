package emulator

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const clockSkew = 30 * time.Second

// claims are what an assertion says.
type claims struct {
	Issuer   string          `json:"iss"`
	Subject  string          `json:"sub"`
	Audience string          `json:"aud"`
	Expiry   json.RawMessage `json:"exp"` // seconds, as a number or as text
}

// expires returns when the assertion ends. That may be far away: the Salesforce
// CLI writes milliseconds where seconds are meant, and Salesforce takes it.
func (c *claims) expires() (time.Time, bool) {
	text := strings.Trim(string(c.Expiry), `"`)
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds < 0 || seconds > 1e15 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// permitAssertion serves the JWT bearer flow. It takes no secret: the signature
// is the proof.
func (s *Server) permitAssertion(r *http.Request) (permission, *oauthError) {
	text := r.PostForm.Get("assertion")
	if text == "" {
		return permission{}, &oauthError{"invalid_request", "missing required parameter: assertion"}
	}
	c, signed := readAssertion(text)
	switch {
	case c == nil:
		return permission{}, &oauthError{"invalid_grant", "invalid assertion"}
	case c.Issuer != s.sessions.clientID:
		return permission{}, &oauthError{"invalid_client_id", "client identifier invalid"}
	case !signed(s.sessions.publicKey()):
		return permission{}, &oauthError{"invalid_grant", "invalid assertion"}
	}
	if e := s.checkClaims(c, baseURL(r)); e != nil {
		return permission{}, e
	}
	return permission{client: c.Issuer, scope: "api id"}, nil
}

func (s *Server) checkClaims(c *claims, base string) *oauthError {
	audiences := []string{"https://login.salesforce.com", "https://test.salesforce.com", base}
	now := s.sessions.now()
	expires, ok := c.expires()
	switch {
	case !slices.Contains(audiences, strings.TrimSuffix(strings.TrimSuffix(c.Audience, "/services/oauth2/token"), "/")):
		return &oauthError{"invalid_grant", "Audience validation failed"}
	case !ok:
		return &oauthError{"invalid_grant", "invalid assertion"}
	case expires.Before(now.Add(-clockSkew)):
		return &oauthError{"invalid_grant", "expired authorization code"}
	case !strings.EqualFold(c.Subject, runningUsername) || s.sessions.settings.NotApproved:
		return &oauthError{"invalid_grant", "user hasn't approved this consumer"}
	}
	return nil
}

// readAssertion takes a JWT apart: its claims and a test of its signature. Only
// RS256 is known.
func readAssertion(text string) (*claims, func(*rsa.PublicKey) bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, nil
	}
	var head struct {
		Alg string `json:"alg"`
	}
	var c claims
	if !decodePart(parts[0], &head) || head.Alg != "RS256" || !decodePart(parts[1], &c) {
		return nil, nil
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, nil
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return &c, func(key *rsa.PublicKey) bool {
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	}
}

func decodePart(part string, into any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(text, into) == nil
}
