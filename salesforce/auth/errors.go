package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// Codes that this package gives where Salesforce gave none.
const (
	CodeTokenExpired    = "token_expired"    // a fixed access token was refused
	CodeInvalidResponse = "invalid_response" // the answer was not that of a token endpoint
)

// Error is a refused login. Its text holds no secret.
type Error struct {
	Code        string // Salesforce's own, such as invalid_grant, or one of the Code constants
	Description string // Salesforce's own words; may be empty
	Status      int    // HTTP status; 0 where there was no exchange
}

// Error gives Salesforce's words, the code and, where it is known, what to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("auth: login refused: ")
	b.WriteString(e.Code)
	if e.Description != "" {
		b.WriteString(": " + e.Description)
	}
	if hint := hints[e.Code]; hint != "" {
		b.WriteString(" (" + hint + ")")
	}
	return b.String()
}

// Temporary reports whether the same login may succeed later. Everything else
// needs a person: repeating it locks users out.
func (e *Error) Temporary() bool {
	switch e.Code {
	case "unknown_error", "authorization_pending", "slow_down", "rate_limit_exceeded":
		return true
	}
	return e.Status >= 500
}

// hints maps OAuth error codes to the next step.
var hints = map[string]string{
	"invalid_grant":              "the user, the token or the address is not accepted; sign in again",
	"invalid_client_id":          "check client_id",
	"invalid_client":             "check client_secret",
	"invalid_client_credentials": "check client_secret",
	"unsupported_grant_type":     "the app or the host does not allow this way of logging in",
	"invalid_app_access":         "an administrator has to approve the user for this app",
	"inactive_user":              "the user is deactivated or locked",
	"inactive_org":               "the org is locked or expired",
	"rate_limit_exceeded":        "too many logins; wait before the next",
	"unknown_error":              "Salesforce asks to try again",
	CodeInvalidResponse:          "check the host name",
}

// failure turns what the oauth2 package returned into this package's errors.
// The RetrieveError itself is not wrapped: its text is the whole answer.
func failure(host string, err error) error {
	var refused *oauth2.RetrieveError
	var transport *url.Error
	switch {
	case errors.As(err, &refused):
		return refusal(refused)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("auth: logging in at %s: no answer in time: %w", host, context.DeadlineExceeded)
	case errors.As(err, &transport):
		return fmt.Errorf("auth: logging in at %s: %w", host, transport.Err)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("auth: logging in at %s: %w", host, context.Canceled)
	}
	return &Error{Code: CodeInvalidResponse, Description: host + " did not answer as a token endpoint does", Status: http.StatusOK}
}

func refusal(r *oauth2.RetrieveError) *Error {
	e := &Error{Code: r.ErrorCode, Description: r.ErrorDescription}
	if r.Response != nil {
		e.Status = r.Response.StatusCode
	}
	if e.Code == "" {
		e.Code = CodeInvalidResponse
		e.Description = fmt.Sprintf("status %d: %s", e.Status, excerpt(r.Body))
	}
	return e
}

// excerpt returns the readable beginning of an answer that should have been
// JSON, most often a proxy's HTML page.
func excerpt(body []byte) string {
	const most = 160
	var b strings.Builder
	inTag := false
	for _, r := range strings.ToValidUTF8(string(body[:min(len(body), 4096)]), "") {
		switch {
		case r == '<':
			inTag = true
			b.WriteByte(' ')
		case r == '>' && inTag:
			inTag = false
		case !inTag:
			b.WriteRune(r)
		}
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	if text == "" {
		return "an empty answer"
	}
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
