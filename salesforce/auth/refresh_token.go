package auth

import (
	"context"

	"golang.org/x/oauth2"
)

// RefreshToken logs in with a refresh token of a user who signed in before.
func RefreshToken(cfg Config) (Source, error) {
	wanted := map[string]string{"LoginURL": cfg.LoginURL, "ClientID": cfg.ClientID}
	if cfg.Keeper == nil {
		wanted["RefreshToken"] = cfg.RefreshToken
		cfg.Keeper = newMemoryKeeper(cfg.RefreshToken)
	}
	err := need("refresh_token", wanted)
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
		keeper: cfg.Keeper,
	}
	e := newExchange(u, cfg, r.exchange)
	e.secrets = r.secrets
	return &session{name: "refresh_token " + cfg.String(), timeout: cfg.Timeout, login: e.login, finish: true}, nil
}

// refresher trades the kept refresh token for a session. The session runs one
// login at a time, so it needs no lock of its own.
type refresher struct {
	app    oauth2.Config
	keeper Keeper
	sent   string // the refresh token that was sent last
}

func (r *refresher) exchange(ctx context.Context) (*oauth2.Token, error) {
	var t *oauth2.Token
	err := r.keeper.Exchange(ctx, func(ctx context.Context, refreshToken string) (string, error) {
		r.sent = refreshToken
		// A new token source each time: oauth2's own would keep the first answer,
		// and with it an instance URL that may since have changed.
		var err error
		t, err = r.app.TokenSource(ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
		if err != nil {
			return "", err
		}
		return t.RefreshToken, nil
	})
	return t, err
}

func (r *refresher) secrets() []string { return []string{r.app.ClientSecret, r.sent} }
