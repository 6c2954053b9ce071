package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// AccessToken serves a token that was obtained elsewhere. It cannot be
// renewed: after Invalidate, Token returns an *Error with CodeTokenExpired.
func AccessToken(accessToken, instanceURL string) (Source, error) {
	if accessToken == "" {
		return nil, errors.New("auth: access_token is empty")
	}
	u, err := ParseURL(instanceURL)
	if err != nil {
		return nil, err
	}
	return &fixed{token: Token{AccessToken: accessToken, InstanceURL: u.String()}}, nil
}

type fixed struct {
	token   Token
	expired atomic.Bool
}

// Token implements Source.
func (f *fixed) Token(ctx context.Context) (Token, error) {
	if err := ctx.Err(); err != nil {
		return Token{}, err
	}
	if f.expired.Load() {
		return Token{}, &Error{
			Code:        CodeTokenExpired,
			Description: "the access token has expired or was revoked",
			Flow:        flowToken,
		}
	}
	return f.token, nil
}

// Invalidate implements Source.
func (f *fixed) Invalidate(accessToken string) {
	if accessToken == f.token.AccessToken {
		f.expired.Store(true)
	}
}

// Format keeps the token out of every verb's output.
func (f *fixed) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "access_token "+f.token.String())
}
