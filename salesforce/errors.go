package salesforce

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/sfsql/sfsql/internal/webpage"
)

// mostExcerpt bounds what an error quotes of a page that should have been
// JSON.
const mostExcerpt = 200

// Error is what Salesforce answered instead of data.
type Error struct {
	Status  int      // HTTP status, of the sub-request where the call was a composite one
	Code    string   // Salesforce's errorCode, such as MALFORMED_QUERY; empty where the answer had none
	Message string   // Salesforce's own words, in the running user's language
	Fields  []string // fields that the message speaks of, where it says so
	Op      string   // what was asked

	retryAfter  time.Duration
	renewed     bool // a new login was made and did not help
	creatingJob bool // a Bulk job was to be created
}

// Error gives Salesforce's message word for word, its code, and for the common
// ones what to do next.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("salesforce: " + e.Op + ": ")
	switch {
	case e.Message != "":
		b.WriteString(e.Message)
	default:
		fmt.Fprintf(&b, "status %d with an empty answer", e.Status)
	}
	if e.Code != "" {
		b.WriteString(" (" + e.Code + ")")
	} else if e.Message != "" {
		fmt.Fprintf(&b, " (status %d)", e.Status)
	}
	if hint := e.Next(); hint != "" {
		b.WriteString("; " + hint)
	}
	return b.String()
}

// Next returns what to do about the error, or "" where there is no common next
// step.
func (e *Error) Next() string {
	switch e.Code {
	case "REQUEST_LIMIT_EXCEEDED":
		if !e.daily() {
			return "too many long requests run at once; run fewer"
		}
		return "the org's API requests of the last 24 hours are used up; each is free again 24 hours after it was made, so wait, or ask for more"
	case "LIMIT_EXCEEDED":
		return "what a job used is free again 24 hours later"
	case "INVALID_SESSION_ID":
		if e.renewed {
			return "a new login did not help; a result begun in a session that has ended cannot be continued, so run the statement again"
		}
		return "log in again; the token may also lack the api scope, or the app's policy may enforce IP restrictions"
	case "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED":
		return "the org's edition or the user's profile does not allow API access; an administrator can give the user the permission API Enabled"
	case "CLIENT_NOT_ACCESSIBLE_FOR_USER":
		return "the org lets only chosen apps use its API: an administrator approves the app, or gives the user \"Use Any API Client\""
	case "FUNCTIONALITY_NOT_ENABLED":
		return "the org or the user does not have this feature; an administrator can tell"
	case "QUERY_TIMEOUT", "REQUEST_RUNNING_TOO_LONG":
		return "filter more narrowly, best on an indexed field"
	case "QUERY_TOO_COMPLICATED":
		return "ask for fewer columns, above all fewer formulas"
	case "INVALID_QUERY_LOCATOR":
		return "the server has dropped the cursor; run the statement again"
	case "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY":
		return "an administrator can grant the user access"
	}
	switch e.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return "data calls are never redirected; check the instance URL"
	case http.StatusGone:
		return "Salesforce has retired this API version; use a newer one"
	case http.StatusForbidden:
		if strings.HasSuffix(e.Message, "_OAuth_Token") { // the identity service's words
			return "the session has ended, or its app lacks the scope id or openid; log in again"
		}
	case 420:
		return "the org does not answer at this host; check the instance URL"
	}
	return ""
}

// daily reports whether an answer says that too many requests were made today,
// which does not pass soon. The same code also says that there are too many at
// once, which does; the words begin with the limit's name, TotalRequests or
// Concurrent…, in every language. Where they do not, 429 is taken for the
// latter and all else for the former, which costs no further requests.
func (e *Error) daily() bool {
	return e.Code == "REQUEST_LIMIT_EXCEEDED" && !strings.HasPrefix(e.Message, "Concurrent") &&
		(e.Status != http.StatusTooManyRequests || strings.HasPrefix(e.Message, "TotalRequests"))
}

// IsDailyLimit reports whether err says that the org's API requests of the last
// 24 hours are used up. Such a call is not tried again.
func IsDailyLimit(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.daily()
}

// AnswerError is an answer that cannot be used: damaged on its way, not JSON,
// or at odds with itself. None of it has been handed out.
type AnswerError struct {
	Op      string // what was asked
	Problem string
	Err     error // what a reader said; may be nil

	damaged bool // asking again may help
}

func (e *AnswerError) Error() string {
	return "salesforce: " + e.Op + ": unusable answer: " + e.Problem
}

func (e *AnswerError) Unwrap() error { return e.Err }

// damaged describes an answer whose bytes are wrong.
func damaged(op string, err error) *AnswerError {
	e := &AnswerError{Op: op, Err: err, damaged: true}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		e.Problem = "it ends too early"
	case isSyntax(err):
		e.Problem = "malformed JSON: " + strings.TrimPrefix(err.Error(), "jsontext: ")
	case errors.As(err, new(*csvError)):
		e.Problem = err.Error()
	default:
		e.Problem = "it broke off: " + err.Error()
	}
	return e
}

// isSyntax reports whether err is about JSON's syntax.
func isSyntax(err error) bool {
	var syntax *jsontext.SyntacticError
	return errors.As(err, &syntax)
}

// isDamage reports whether err is about bytes rather than what they say.
func isDamage(err error) bool {
	var packed flate.CorruptInputError
	return isSyntax(err) || errors.As(err, new(*csvError)) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.As(err, &packed)
}

// maxErrorBody is how much of an error's body is read.
const maxErrorBody = 64 << 10

// errorFrom reads the body of an answer that is not a success. It may be
// Salesforce's JSON, a proxy's HTML, or nothing.
func errorFrom(op string, status int, h http.Header, body io.Reader) *Error {
	text, _ := io.ReadAll(io.LimitReader(body, maxErrorBody))
	e := parseError(status, text)
	e.Op = op
	e.retryAfter = retryAfter(h, time.Now())
	return e
}

// wireError has the members of every form in which errors come.
type wireError struct {
	Message     string   `json:"message"`
	ErrorCode   string   `json:"errorCode"`
	StatusCode  any      `json:"statusCode"` // a code in rows of collections
	Fields      []string `json:"fields"`
	OAuth       string   `json:"error"`
	Description string   `json:"error_description"`
}

// parseError understands the array of REST, a single object, and anything else
// as text.
func parseError(status int, body []byte) *Error {
	e := &Error{Status: status}
	var list []wireError
	if json.Unmarshal(body, &list, jsonOptions) != nil || len(list) == 0 {
		var one wireError
		if json.Unmarshal(body, &one, jsonOptions) == nil {
			list = []wireError{one}
		}
	}
	var messages []string
	for _, w := range list {
		code, _ := w.StatusCode.(string)
		e.Code = or(e.Code, or(w.ErrorCode, or(code, w.OAuth)))
		if m := or(w.Message, w.Description); m != "" {
			messages = append(messages, m)
		}
		e.Fields = append(e.Fields, w.Fields...)
	}
	e.Message = strings.Join(messages, "\n")
	if e.Code == "" && e.Message == "" {
		e.Message = webpage.Text(body, mostExcerpt)
	}
	return e
}

// sessionExpired reports whether a new login may help. INVALID_SESSION_ID has
// two more meanings that no login mends.
func sessionExpired(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized || e.Code != "INVALID_SESSION_ID" {
		return false
	}
	return !strings.HasPrefix(e.Message, "This session is not valid for use with") &&
		!strings.HasPrefix(e.Message, "Connected app is not attached")
}

// afterRenewal marks a session that was refused in spite of a new login.
func afterRenewal(err error) error {
	var e *Error
	if errors.As(err, &e) {
		e.renewed = true
	}
	return err
}

// scrub blanks a token that a server or proxy repeated in its answer.
func scrub(err error, token string) error {
	if token == "" {
		return err
	}
	var e *Error
	var bad *AnswerError
	switch {
	case errors.As(err, &e):
		e.Message = strings.ReplaceAll(e.Message, token, "***")
		e.Code = strings.ReplaceAll(e.Code, token, "***")
	case errors.As(err, &bad) && strings.Contains(bad.Problem, token):
		bad.Problem = strings.ReplaceAll(bad.Problem, token, "***")
		bad.Err = nil
	}
	return err
}

// webPage peeks at an answer that should be JSON. For a web page it returns
// its readable beginning and true; otherwise the reader to read on with.
func webPage(r io.Reader) (io.Reader, string, bool) {
	b := bufio.NewReaderSize(r, 4096)
	head, _ := b.Peek(64)
	if !strings.HasPrefix(strings.TrimSpace(string(head)), "<") {
		return b, "", false
	}
	page, _ := io.ReadAll(io.LimitReader(b, 4096))
	return nil, webpage.Text(page, mostExcerpt), true
}
