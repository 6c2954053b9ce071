package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// DefaultTimeout bounds one login where Config.Timeout is zero.
const DefaultTimeout = 10 * time.Second

// Source hands out access tokens. Its methods may be called concurrently.
type Source interface {
	// Token returns a token that was valid when last heard of, logging in
	// where there is none. A refusal is an *Error.
	Token(ctx context.Context) (Token, error)
	// Invalidate says that Salesforce no longer accepts this access token. A
	// token that is not the current one is ignored, so that many callers who
	// find the same token dead cause one login.
	Invalidate(accessToken string)
}

// Token is a session with an org.
type Token struct {
	AccessToken string
	InstanceURL string    // base of every data call; may change with each login
	IdentityURL string    // https://login.salesforce.com/id/ORG/USER; empty where unknown
	IssuedAt    time.Time // zero where unknown
}

// String names the org's instance and nothing secret.
func (t Token) String() string { return "token for " + orUnknown(t.InstanceURL) }

// Config tells a flow where to log in and as whom. Each flow reads the fields
// that it needs and says which of them is missing.
type Config struct {
	LoginURL     string // https://login.salesforce.com, or the org's My Domain
	ClientID     string // consumer key of the app
	ClientSecret string // consumer secret; may be empty where the app does not require it

	RefreshToken  string // for RefreshToken without a Keeper
	Username      string // for JWT, Password and SOAP; suggested to the user by Authorize
	Password      string // for Password and SOAP, without the security token
	SecurityToken string // appended to Password; empty where the address is trusted
	PrivateKey    []byte // for JWT: an RSA key in PEM, PKCS #1 or PKCS #8, without a passphrase
	Audience      string // for JWT; empty means what the login host implies
	APIVersion    string // for SOAP, such as 64.0, which is the newest that has a login and the default

	Keeper Keeper // keeps the refresh token; nil means in memory, beginning with RefreshToken

	HTTPClient *http.Client  // nil means a client of its own
	Timeout    time.Duration // of one login, its one retry included; 0 means DefaultTimeout
}

// String names the login host and nothing secret.
func (c Config) String() string { return "login at " + orUnknown(hostOf(c.LoginURL)) }

// Logins returns how many logins the source has made, or 0 for a source that
// does not count them.
func Logins(s Source) int64 {
	if c, ok := s.(interface{ logins() int64 }); ok {
		return c.logins()
	}
	return 0
}

// needs reports the first of the configuration's keys that is empty.
func (c Config) needs(flow string, keys ...string) error {
	values := map[string]string{
		"LoginURL": c.LoginURL, "ClientID": c.ClientID, "ClientSecret": c.ClientSecret, "RefreshToken": c.RefreshToken,
		"Username": c.Username, "Password": c.Password, "PrivateKey": string(c.PrivateKey),
	}
	for _, key := range keys {
		if values[key] == "" {
			return fmt.Errorf("auth: %s needs %s", flow, key)
		}
	}
	return nil
}

// login checks what a flow needs and returns where it logs in.
func (c Config) login(flow string, keys ...string) (*url.URL, error) {
	if err := c.needs(flow, append([]string{"LoginURL"}, keys...)...); err != nil {
		return nil, err
	}
	return ParseURL(c.LoginURL)
}

func orUnknown(s string) string {
	if s == "" {
		return "an unknown host"
	}
	return s
}
