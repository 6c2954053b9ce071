package auth

import (
	"context"
	"time"

	"golang.org/x/oauth2"
)

// passwordEnd is what users of the password flow should know.
const passwordEnd = "Salesforce is retiring the username-password flow, and has it switched off in orgs made since Summer '23; " +
	"move to the client credentials, the JWT bearer or the browser login"

// lockoutPause is how long a refused password is not sent again: many queries
// that fail one after the other would lock the user out.
const lockoutPause = time.Minute

// Password logs in with a user's name and password, and the security token
// behind it where the caller's address is not a trusted one. Salesforce is
// retiring this flow: see Notices.
func Password(cfg Config) (Source, error) {
	u, err := cfg.login(flowPassword, "ClientID", "Username", "Password")
	if err != nil {
		return nil, err
	}
	app := cfg.app(u)
	e := newOAuth(flowPassword, u, cfg, func(ctx context.Context) (*oauth2.Token, error) {
		return app.PasswordCredentialsToken(ctx, cfg.Username, cfg.Password+cfg.SecurityToken)
	})
	s := e.source(cfg)
	s.spare = lockoutPause
	s.tell = func() []string { return []string{passwordEnd} }
	return s, nil
}
