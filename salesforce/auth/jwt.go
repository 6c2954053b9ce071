package auth

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// assertionLife is how long an assertion is good for. Salesforce takes at most
// a few minutes.
const assertionLife = 3 * time.Minute

// JWT logs in as Username with an assertion that PrivateKey signs. The app
// must hold the key's certificate, and the user must have approved the app or
// an administrator for them.
//
// The package oauth2/jwt is of no use here: it does not stop when its context
// ends and hides why a host could not be reached. Its sibling
// clientcredentials sends the assertion.
func JWT(cfg Config) (Source, error) {
	u, err := cfg.login(flowJWT, "ClientID", "Username", "PrivateKey")
	if err != nil {
		return nil, err
	}
	key, err := parseKey(cfg.PrivateKey)
	if err != nil {
		return nil, err
	}
	audience := cfg.Audience
	if audience == "" {
		audience = audienceOf(u)
	}
	var sent atomic.Pointer[string]
	e := newOAuth(flowJWT, u, cfg, func(ctx context.Context) (*oauth2.Token, error) {
		text, err := assertion(key, cfg.ClientID, cfg.Username, audience, time.Now().Add(assertionLife))
		if err != nil {
			return nil, err
		}
		sent.Store(&text)
		app := clientcredentials.Config{
			TokenURL:  u.String() + tokenPath,
			AuthStyle: oauth2.AuthStyleInParams,
			EndpointParams: url.Values{
				"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
				"assertion":  {text},
			},
		}
		return app.Token(ctx)
	})
	e.secrets = func() []string {
		if text := sent.Load(); text != nil {
			return append(cfg.secrets(), *text)
		}
		return cfg.secrets()
	}
	return e.source(cfg), nil
}

// audienceOf returns whom an assertion is for, where nothing else is said: the
// shared host that the login host stands behind, or a site of its own.
func audienceOf(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	switch {
	case strings.HasSuffix(host, ".my.site.com"), strings.HasSuffix(host, ".force.com"):
		return u.String()
	case isSandbox(host):
		return "https://test.salesforce.com"
	}
	return "https://login.salesforce.com"
}

// isSandbox reports whether a login host is that of a sandbox or scratch org.
func isSandbox(host string) bool {
	name, _, myDomain := strings.Cut(host, ".my.")
	return host == "test.salesforce.com" ||
		myDomain && (strings.HasSuffix(name, ".sandbox") || strings.HasSuffix(name, ".scratch") || strings.Contains(name, "--"))
}

// assertion returns a signed JWT.
func assertion(key *rsa.PrivateKey, issuer, subject, audience string, expires time.Time) (string, error) {
	claims, err := json.Marshal(struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience string `json:"aud"`
		Expires  int64  `json:"exp"` // in seconds
	}{issuer, subject, audience, expires.Unix()})
	if err != nil {
		return "", fmt.Errorf("auth: jwt: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("auth: jwt: signing: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// parseKey reads an RSA key. No error repeats any of it.
func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		// An environment variable often holds \n instead of line ends.
		block, _ = pem.Decode([]byte(strings.ReplaceAll(string(text), `\n`, "\n")))
	}
	switch {
	case block == nil:
		return nil, errors.New("auth: the private key is not in PEM (-----BEGIN PRIVATE KEY-----)")
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return nil, errors.New("auth: the private key has a passphrase; write it without one: openssl pkey -in key.pem -out plain.pem")
	case !strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return nil, fmt.Errorf("auth: a private key is needed, and this is a %s", plain(block.Type))
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil && block.Type != "EC PRIVATE KEY" {
		return nil, errors.New("auth: the private key is damaged or of an unknown kind")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("auth: Salesforce takes RSA keys only (RS256), and the private key is another kind")
	}
	return key, nil
}
