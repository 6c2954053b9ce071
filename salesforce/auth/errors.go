package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/oauth2"

	"github.com/sfsql/sfsql/internal/webpage"
)

// Codes that this package gives where Salesforce gave none.
const (
	CodeTokenExpired    = "token_expired"    // a token was refused and cannot be renewed
	CodeInvalidResponse = "invalid_response" // the answer was not that of a login host
	CodeStateMismatch   = "state_mismatch"   // the browser came back from another sign-in
	CodeCLIMissing      = "sf_not_found"     // the Salesforce CLI is not installed
	CodeCLIDisconnected = "sf_disconnected"  // the login that the Salesforce CLI keeps no longer works
)

// Error is a refused login. Its text holds no secret.
type Error struct {
	Code        string // Salesforce's own, such as invalid_grant, or one of the Code constants
	Description string // Salesforce's own words; may be empty
	Status      int    // HTTP status; 0 where there was no exchange
	Flow        string // the way to log in, such as refresh_token; empty where unknown
	Host        string // where the login was tried; empty where there was no exchange

	page []byte // an answer that is to be described, before its secrets are out
}

// Error gives Salesforce's words, the code and, where it is known, what to do.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.Flow == flowCLI:
		b.WriteString("auth: the Salesforce CLI has no login to give: ")
	case e.Host != "":
		fmt.Fprintf(&b, "auth: login refused at %s: ", e.Host)
	default:
		b.WriteString("auth: login refused: ")
	}
	b.WriteString(e.Code)
	if e.Description != "" {
		b.WriteString(": " + e.Description)
	}
	if next := e.Next(); next != "" {
		b.WriteString(" (" + next + ")")
	}
	return b.String()
}

// Temporary reports whether the same login may succeed later. Everything else
// needs a person: repeating it locks users out.
func (e *Error) Temporary() bool {
	switch e.Code {
	case "unknown_error", "authorization_pending", "slow_down", "rate_limit_exceeded", "SERVER_UNAVAILABLE":
		return true
	}
	// Every fault of SOAP has status 500, a wrong password too.
	return e.Status >= http.StatusInternalServerError && (e.Flow != flowSOAP || e.Code == CodeInvalidResponse)
}

// repeat reports whether the same login should be tried once more at once.
func (e *Error) repeat() bool {
	return e.Temporary() && (e.Code == "unknown_error" || e.Status >= http.StatusInternalServerError)
}

// mostDescription bounds what an error repeats of a server's words.
const mostDescription = 300

// plain makes foreign words fit for a terminal: one line, no control
// characters, of bounded length.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > mostDescription {
		return string(runes[:mostDescription]) + "…"
	}
	return s
}

// failure turns what the oauth2 package returned into this package's errors.
// The RetrieveError itself is not wrapped: its text is the whole answer.
func failure(ctx context.Context, host string, err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return refusal(refused)
	}
	if e := unreached(host, err); e != nil {
		return e
	}
	if ctx.Err() != nil { // the oauth2 package does not wrap why it could not read on
		return unreached(host, ctx.Err())
	}
	return &Error{Code: CodeInvalidResponse, Description: host + " did not answer as a login host does", Status: http.StatusOK}
}

// unreached describes an exchange that had no answer, or returns nil.
func unreached(host string, err error) error {
	var transport *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("auth: logging in at %s: no answer in time: %w", host, context.DeadlineExceeded)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("auth: logging in at %s: %w", host, context.Canceled)
	case errors.As(err, &transport):
		return fmt.Errorf("auth: logging in at %s: %w", host, transport.Err)
	}
	return nil
}

func refusal(r *oauth2.RetrieveError) *Error {
	e := &Error{Code: r.ErrorCode, Description: r.ErrorDescription}
	if r.Response != nil {
		e.Status = r.Response.StatusCode
	}
	if e.Code == "" {
		return strange(e.Status, r.Body)
	}
	return e
}

// strange is an answer that no login host gives.
func strange(status int, body []byte) *Error {
	return &Error{Code: CodeInvalidResponse, Status: status, page: append([]byte{}, body...)}
}

// finish makes a refusal presentable: it tells where it happened, in one line,
// and shows no secret that the server repeated. Secrets go first: what is cut
// off in their midst would not be found any more.
func (e *Error) finish(flow, host string, secrets []string) {
	e.Flow, e.Host = flow, host
	if e.page != nil {
		text := webpage.Text([]byte(hide(string(e.page), secrets)), 160)
		if text == "" {
			text = "an empty answer"
		}
		e.Description, e.page = fmt.Sprintf("status %d: %s", e.Status, text), nil
	}
	e.Code, e.Description = plain(hide(e.Code, secrets)), plain(hide(e.Description, secrets))
}
