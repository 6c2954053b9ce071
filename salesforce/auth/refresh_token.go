package auth

import (
	"context"

	"golang.org/x/oauth2"
)

// RefreshToken logs in with a refresh token of a user who signed in before.
func RefreshToken(cfg Config) (Source, error) {
	err := need("refresh_token", map[string]string{
		"LoginURL": cfg.LoginURL, "ClientID": cfg.ClientID, "RefreshToken": cfg.RefreshToken,
	})
	if err != nil {
		return nil, err
	}
	u, err := ParseURL(cfg.LoginURL)
	if err != nil {
		return nil, err
	}
	r := &refresher{
		app: oauth2.Config{
			ClientID:     cfg.ClientID,
			ClientSecret: cfg.ClientSecret,
			Endpoint:     oauth2.Endpoint{TokenURL: u.String() + tokenPath, AuthStyle: oauth2.AuthStyleInParams},
		},
		refreshToken: cfg.RefreshToken,
		onRotate:     cfg.OnRotate,
	}
	e := newExchange(u, cfg, r.exchange)
	e.secrets = r.secrets
	return &session{name: "refresh_token " + cfg.String(), timeout: cfg.Timeout, login: e.login, finish: true}, nil
}

// refresher holds the refresh token of the moment. The session runs one login
// at a time, so it needs no lock of its own.
type refresher struct {
	app          oauth2.Config
	refreshToken string
	onRotate     func(string)
}

func (r *refresher) exchange(ctx context.Context) (*oauth2.Token, error) {
	// A new token source each time: oauth2's own would keep the first answer,
	// and with it an instance URL that may since have changed.
	t, err := r.app.TokenSource(ctx, &oauth2.Token{RefreshToken: r.refreshToken}).Token()
	if err != nil {
		return nil, err
	}
	if t.RefreshToken != "" && t.RefreshToken != r.refreshToken {
		r.refreshToken = t.RefreshToken
		if r.onRotate != nil {
			r.onRotate(t.RefreshToken)
		}
	}
	return t, nil
}

func (r *refresher) secrets() []string { return []string{r.app.ClientSecret, r.refreshToken} }
