package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Introspection is what Salesforce tells about a token.
type Introspection struct {
	Active    bool // false: all else is empty
	Scope     string
	ClientID  string
	Username  string
	Subject   string    // the identity URL
	TokenType string    // access_token or refresh_token
	Expires   time.Time // zero where it does not end by itself
	Issued    time.Time
	NotBefore time.Time
}

// Introspect asks the login host about an access or refresh token that was
// given to the app of cfg.ClientID, which has to prove itself with
// cfg.ClientSecret.
func Introspect(ctx context.Context, cfg Config, token string) (Introspection, error) {
	u, err := cfg.login("introspection", "ClientID", "ClientSecret")
	if err != nil {
		return Introspection{}, err
	}
	form := url.Values{"token": {token}, "client_id": {cfg.ClientID}, "client_secret": {cfg.ClientSecret}}
	status, body, err := cfg.post(ctx, u, introspectPath, form)
	if err != nil {
		return Introspection{}, err
	}
	var answer struct {
		Active    *bool  `json:"active"`
		Scope     string `json:"scope"`
		ClientID  string `json:"client_id"`
		Username  string `json:"username"`
		Subject   string `json:"sub"`
		TokenType string `json:"token_type"`
		Expires   int64  `json:"exp"`
		Issued    int64  `json:"iat"`
		NotBefore int64  `json:"nbf"`
	}
	if status != http.StatusOK || json.Unmarshal(body, &answer) != nil || answer.Active == nil {
		return Introspection{}, cfg.refused(u, status, body, token)
	}
	if !*answer.Active {
		return Introspection{}, nil
	}
	return Introspection{
		Active: true, Scope: answer.Scope, ClientID: answer.ClientID, Username: answer.Username, Subject: answer.Subject,
		TokenType: answer.TokenType, Expires: unix(answer.Expires), Issued: unix(answer.Issued), NotBefore: unix(answer.NotBefore),
	}, nil
}

func unix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// Revoke ends an access or refresh token, and with a refresh token the access
// tokens that came of it. Whoever has a token may end it, so cfg needs no more
// than LoginURL. A token that has ended already is an *Error with the code
// unsupported_token_type.
func Revoke(ctx context.Context, cfg Config, token string) error {
	u, err := cfg.login("revoking")
	if err != nil {
		return err
	}
	status, body, err := cfg.post(ctx, u, revokePath, url.Values{"token": {token}})
	switch {
	case err != nil:
		return err
	case status != http.StatusOK:
		return cfg.refused(u, status, body, token)
	}
	return nil
}

// post sends a form to an endpoint of the login host, within cfg.Timeout.
func (c Config) post(ctx context.Context, u *url.URL, path string, form url.Values) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeoutOr(c.Timeout, DefaultTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, fmt.Errorf("auth: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	status, body, err := send(loginClient(c.HTTPClient), req)
	if err != nil {
		return 0, nil, hideIn(err, append(c.secrets(), form.Get("token")))
	}
	return status, body, nil
}

// refused reads an error in JSON, or in a form as revoking has it.
func (c Config) refused(u *url.URL, status int, body []byte, token string) error {
	var answer struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &answer) != nil {
		if form, err := url.ParseQuery(strings.TrimSpace(string(body))); err == nil {
			answer.Code, answer.Description = form.Get("error"), form.Get("error_description")
		}
	}
	e := &Error{Code: answer.Code, Description: answer.Description, Status: status}
	if e.Code == "" {
		e = strange(status, body)
	}
	e.finish("", u.Host, append(c.secrets(), token))
	return e
}

func timeoutOr(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
