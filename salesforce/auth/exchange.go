package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// retryPause is what Salesforce is given between unknown_error ("retry your
// request") and the one retry.
const retryPause = 500 * time.Millisecond

// exchange is one flow's conversation with the token endpoint.
type exchange struct {
	host    string
	client  *http.Client
	ask     func(context.Context) (*oauth2.Token, error)
	secrets func() []string // never to be shown, even if the server repeats them
}

func newExchange(u *url.URL, cfg Config, ask func(context.Context) (*oauth2.Token, error)) *exchange {
	return &exchange{
		host:    u.Host,
		client:  loginClient(cfg.HTTPClient),
		ask:     ask,
		secrets: func() []string { return []string{cfg.ClientSecret} },
	}
}

// login asks for a token, and once more where Salesforce says to try again.
func (e *exchange) login(ctx context.Context) (Token, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, e.client)
	t, err := e.once(ctx)
	var refused *Error
	if !errors.As(err, &refused) || !(refused.Code == "unknown_error" || refused.Status >= 500) {
		return t, err
	}
	pause := time.NewTimer(retryPause)
	defer pause.Stop()
	select {
	case <-pause.C:
		return e.once(ctx)
	case <-ctx.Done():
		return Token{}, err
	}
}

func (e *exchange) once(ctx context.Context) (Token, error) {
	answer, err := e.ask(ctx)
	if err != nil {
		return Token{}, e.scrub(failure(e.host, err))
	}
	text := func(key string) string { s, _ := answer.Extra(key).(string); return s }
	t := Token{AccessToken: answer.AccessToken, InstanceURL: text("instance_url"), IdentityURL: text("id")}
	if ms, err := strconv.ParseInt(text("issued_at"), 10, 64); err == nil {
		t.IssuedAt = time.UnixMilli(ms).UTC()
	}
	if _, err := ParseURL(t.InstanceURL); err != nil {
		return Token{}, &Error{
			Code: CodeInvalidResponse, Description: "the answer has no usable instance_url", Status: http.StatusOK,
		}
	}
	return t, nil
}

// scrub blanks secrets that a server repeated in its words.
func (e *exchange) scrub(err error) error {
	var refused *Error
	if !errors.As(err, &refused) {
		return err
	}
	for _, s := range e.secrets() {
		if s != "" {
			refused.Code = strings.ReplaceAll(refused.Code, s, "***")
			refused.Description = strings.ReplaceAll(refused.Description, s, "***")
		}
	}
	return err
}
