package emulator

import (
	"crypto/rsa"
	"time"
)

// Auth are the org's settings for logging in. The zero value lets every flow
// in.
type Auth struct {
	// SessionTTL ends sessions that were not used for so long. 0 ends none.
	SessionTTL time.Duration
	// RotateRefreshTokens answers each refresh with a new refresh token, and
	// the old one dies.
	RotateRefreshTokens bool
	// RequireSecret refuses the flows refresh_token and authorization_code
	// without the client secret, which apps may otherwise leave out.
	RequireSecret bool
	// NoPasswordGrant refuses grant_type=password, as newer orgs do until an
	// administrator allows it.
	NoPasswordGrant bool
	// NoClientCredentials refuses that grant, as login.salesforce.com does. By
	// default the org's address counts as a My Domain.
	NoClientCredentials bool
	// TrustedNetwork takes passwords without the security token behind them.
	TrustedNetwork bool
	// PasswordExpired makes SOAP logins say so. The session they give is good
	// for nothing.
	PasswordExpired bool
	// LoginPage makes the authorize endpoint ask for name and password in an
	// HTML form. By default it approves at once.
	LoginPage bool
	// RedirectURIs are allowed besides http://localhost:1717/OauthRedirect and
	// the org's own /services/oauth2/success. They must match to the letter.
	RedirectURIs []string
	// PublicKey checks the assertions of the JWT flow. By default that is the
	// public half of Server.PrivateKey.
	PublicKey *rsa.PublicKey
	// NotApproved refuses JWT assertions because the user has not approved the
	// app.
	NotApproved bool
	// ClientSecret, Password and SecurityToken replace those that the seed
	// makes, where they are not empty.
	ClientSecret, Password, SecurityToken string
}

// WithAuth sets how the org lets users log in.
func WithAuth(a Auth) Option { return func(c *config) { c.auth = a } }

// ClientID returns the consumer key that the token endpoint accepts.
func (s *Server) ClientID() string { return s.sessions.clientID }

// ClientSecret returns the consumer secret.
func (s *Server) ClientSecret() string { return s.sessions.clientSecret }

// Username returns the name of the one user who can log in.
func (s *Server) Username() string { return runningUsername }

// Password returns the user's password, without the security token.
func (s *Server) Password() string { return s.sessions.password }

// SecurityToken returns what is to be written behind the password.
func (s *Server) SecurityToken() string { return s.sessions.securityToken }

// PrivateKey returns the key that signs assertions of the JWT flow where
// Auth.PublicKey is not set. It is another one in each org.
func (s *Server) PrivateKey() *rsa.PrivateKey { return s.sessions.privateKey() }

// RefreshToken returns a refresh token that the token endpoint accepts now.
func (s *Server) RefreshToken() string { return s.sessions.refreshToken() }

// AccessToken returns a new valid access token.
func (s *Server) AccessToken() string { return s.sessions.mint() }

// ExpireSessions makes all access tokens invalid that were given out so far.
func (s *Server) ExpireSessions() { s.sessions.expire() }
