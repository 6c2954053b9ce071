package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"

	"golang.org/x/oauth2"
)

// RefreshToken logs in with a refresh token of a user who signed in before.
// It comes from Config.Keeper, or else is Config.RefreshToken.
func RefreshToken(cfg Config) (Source, error) {
	keys := []string{"ClientID"}
	if cfg.Keeper == nil {
		keys = append(keys, "RefreshToken")
		cfg.Keeper = newMemoryKeeper(cfg.RefreshToken)
	}
	u, err := cfg.login(flowRefresh, keys...)
	if err != nil {
		return nil, err
	}
	r := &refresher{app: cfg.app(u), host: u, keeper: cfg.Keeper}
	e := newOAuth(flowRefresh, u, cfg, nil)
	e.ask = r.exchange
	e.secrets = func() []string { return append(cfg.secrets(), r.sent, r.newest) }
	s := e.source(cfg)
	// A cancelled exchange could lose a rotated refresh token for good.
	s.finish = true
	s.tell = r.notices
	return s, nil
}

// refresher trades the kept refresh token for a session. The session runs one
// login at a time, so only what others may ask for needs care.
type refresher struct {
	app    oauth2.Config
	host   *url.URL
	keeper Keeper
	sent   string // the refresh token that was sent last

	// replaced is a refresh token that no longer works although the keeper,
	// which failed to keep newest, may still hand it out.
	replaced, newest string
	unkept           atomic.Pointer[string] // why; nil where all is kept
}

func (r *refresher) exchange(ctx context.Context) (Token, error) {
	var got *oauth2.Token
	var refused error
	err := r.keeper.Exchange(ctx, func(ctx context.Context, kept string) (string, error) {
		r.sent = kept
		if kept == r.replaced && r.newest != "" {
			r.sent = r.newest
		}
		if got, refused = r.refresh(ctx); refused != nil {
			return "", refused
		}
		next := r.sent
		if got.RefreshToken != "" {
			next = got.RefreshToken
		}
		r.replaced, r.newest = kept, next
		return next, nil
	})
	switch {
	case refused != nil && errors.Is(err, refused):
		return Token{}, err // a keeper may know more of why
	case refused != nil:
		return Token{}, refused
	case got == nil && err == nil:
		return Token{}, errors.New("auth: the keeper gave no refresh token")
	case got == nil:
		return Token{}, fmt.Errorf("auth: getting the refresh token: %w", err)
	case err != nil:
		// The session is good all the same, and its loss would help nobody.
		text := hide(fmt.Sprintf("the org has replaced the refresh token and the new one could not be kept: %v; log in again before the next start", err), []string{r.sent, r.newest})
		r.unkept.Store(&text)
	default:
		r.unkept.Store(nil)
	}
	return tokenOf(got), nil
}

func (r *refresher) refresh(ctx context.Context) (*oauth2.Token, error) {
	if r.sent == "" {
		return nil, errors.New("auth: no refresh token is kept; sign in first")
	}
	// A new token source each time: oauth2's own would keep the first answer,
	// and with it an instance URL that may since have changed.
	t, err := r.app.TokenSource(ctx, &oauth2.Token{RefreshToken: r.sent}).Token()
	if err != nil {
		return nil, failure(ctx, r.host.Host, err)
	}
	return t, nil
}

func (r *refresher) notices() []string {
	if text := r.unkept.Load(); text != nil {
		return []string{*text}
	}
	return nil
}
