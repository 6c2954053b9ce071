package auth

import (
	"context"
)

// Keeper holds the refresh token of one login for all who use it. Where an org
// rotates refresh tokens each works once, so two processes must not use the
// same one: a keeper that they share lets them do so in turn.
type Keeper interface {
	// Exchange calls use, once, with the newest refresh token and lets nobody
	// else use it meanwhile, in this process or another. Where next is neither
	// empty nor the same, it replaces that token before Exchange returns, even
	// if ctx has ended by then: the old one no longer works. An error of use is
	// returned as it is or wrapped.
	Exchange(ctx context.Context, use func(ctx context.Context, refreshToken string) (next string, err error)) error
}

// memoryKeeper keeps a refresh token as long as the process runs.
type memoryKeeper struct {
	turn  chan struct{} // holds a value while nobody uses the token
	token string
}

func newMemoryKeeper(token string) *memoryKeeper {
	k := &memoryKeeper{turn: make(chan struct{}, 1), token: token}
	k.turn <- struct{}{}
	return k
}

// Exchange implements Keeper.
func (k *memoryKeeper) Exchange(ctx context.Context, use func(context.Context, string) (string, error)) error {
	select {
	case <-k.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { k.turn <- struct{}{} }()
	next, err := use(ctx, k.token)
	if next != "" {
		k.token = next
	}
	return err
}
