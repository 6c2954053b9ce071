package auth

import (
	"context"
	"errors"
	"time"
)

// AuthorizeConfig says how a user is to sign in with a browser.
type AuthorizeConfig struct {
	Config

	// RedirectURL is where the browser goes afterwards, to the letter as the
	// app has registered it. Empty means http://localhost:PORT/OauthRedirect.
	RedirectURL string
	// Port is that of an empty RedirectURL; 0 means 1717.
	Port int
	// Scope is what the app asks for, separated by blanks; empty means
	// "api refresh_token".
	Scope string
	// Wait is how long the user may take; 0 means five minutes.
	Wait time.Duration

	// Open shows the user the page to sign in on.
	Open func(url string) error
	// Paste shows the user the page to sign in on and returns the address that
	// the browser landed on. It is used where RedirectURL is not on this
	// machine, or Open is nil.
	Paste func(ctx context.Context, url string) (string, error)
}

// Grant is what a user allowed.
type Grant struct {
	Token
	RefreshToken string // empty where the scope or the app gives none
	Scope        string // what was granted, separated by blanks
}

// Authorize lets a user sign in with a browser.
func Authorize(ctx context.Context, cfg AuthorizeConfig) (*Grant, error) {
	return nil, errors.New("auth: signing in with a browser is being built")
}
