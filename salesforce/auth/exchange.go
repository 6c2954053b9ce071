package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"
)

// The names of the flows, as errors and printed sources show them.
const (
	flowCode     = "authorization_code"
	flowRefresh  = "refresh_token"
	flowClient   = "client_credentials"
	flowJWT      = "jwt"
	flowPassword = "password"
	flowSOAP     = "soap"
	flowToken    = "access_token"
	flowCLI      = "sf"
)

// retryPause is what Salesforce is given between unknown_error ("retry your
// request") and the one retry.
const retryPause = 500 * time.Millisecond

// exchange is one flow's conversation with its login host.
type exchange struct {
	flow    string
	host    string
	client  *http.Client
	ask     func(context.Context) (Token, error)
	secrets func() []string // never to be shown, even if the server repeats them
}

// login asks for a token, and once more where Salesforce says to try again.
func (e *exchange) login(ctx context.Context) (Token, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, e.client)
	t, err := e.once(ctx)
	var refused *Error
	if !errors.As(err, &refused) || !refused.repeat() {
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
	t, err := e.ask(ctx)
	if err != nil {
		return Token{}, e.finish(err)
	}
	u, err := ParseURL(t.InstanceURL)
	if err != nil {
		return Token{}, e.finish(&Error{
			Code: CodeInvalidResponse, Description: "the answer has no usable instance_url", Status: http.StatusOK,
		})
	}
	t.InstanceURL = u.String()
	return t, nil
}

// finish makes an error presentable: it tells where it happened and nothing
// secret.
func (e *exchange) finish(err error) error {
	var refused *Error
	if !errors.As(err, &refused) {
		return hideIn(err, e.secrets())
	}
	refused.finish(e.flow, e.host, e.secrets())
	return err
}

// newOAuth returns the exchange of a flow that has the token endpoint answer
// as oauth2 expects it.
func newOAuth(flow string, u *url.URL, cfg Config, ask func(context.Context) (*oauth2.Token, error)) *exchange {
	return &exchange{
		flow:   flow,
		host:   u.Host,
		client: loginClient(cfg.HTTPClient),
		ask: func(ctx context.Context) (Token, error) {
			answer, err := ask(ctx)
			if err != nil {
				return Token{}, failure(ctx, u.Host, err)
			}
			return tokenOf(answer), nil
		},
		secrets: cfg.secrets,
	}
}

// source returns the source that logs in by the exchange.
func (e *exchange) source(cfg Config) *session {
	return &session{name: e.flow + " " + cfg.String(), timeout: cfg.Timeout, login: e.login}
}

// mostAnswer bounds what is read of a login host's answer.
const mostAnswer = 1 << 20

// send makes one exchange and returns the answer's status and body.
func send(client *http.Client, req *http.Request) (int, []byte, error) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, unreached(req.URL.Host, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		if e := unreached(req.URL.Host, err); e != nil {
			return 0, nil, e
		}
		return 0, nil, fmt.Errorf("auth: logging in at %s: reading the answer: %w", req.URL.Host, err)
	}
	return resp.StatusCode, body, nil
}

// tokenOf reads the members that only Salesforce has.
func tokenOf(answer *oauth2.Token) Token {
	text := func(key string) string { s, _ := answer.Extra(key).(string); return s }
	t := Token{AccessToken: answer.AccessToken, InstanceURL: text("instance_url"), IdentityURL: text("id")}
	if ms, err := strconv.ParseInt(text("issued_at"), 10, 64); err == nil {
		t.IssuedAt = time.UnixMilli(ms).UTC()
	}
	return t
}

// app is the program that logs in, as the oauth2 package wants to know it.
func (c Config) app(u *url.URL) oauth2.Config {
	return oauth2.Config{
		ClientID:     c.ClientID,
		ClientSecret: c.ClientSecret,
		Endpoint: oauth2.Endpoint{
			AuthURL: u.String() + authorizePath, TokenURL: u.String() + tokenPath, AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}
