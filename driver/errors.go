package driver

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/sfsql/sfsql/internal/executor"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
	"github.com/sfsql/sfsql/vtab"
)

// LoginError says that no session could be had: a refused login, an expired
// token, a host that does not answer. Unwrap tells more.
type LoginError struct {
	Host string
	Err  error
}

// Error names the host and the cause.
func (e *LoginError) Error() string {
	return "salesforce: logging in to " + e.Host + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *LoginError) Unwrap() error { return e.Err }

// loginError is the error of opening an org. Calls that the caller's own budget
// does not grant say nothing about the login.
func (o *org) loginError(err error) error {
	var budget *executor.BudgetError
	if errors.As(err, &budget) {
		return o.limit(fmt.Errorf("salesforce: opening %s: %w", o.cfg.label(), err))
	}
	return &LoginError{Host: o.cfg.label(), Err: err}
}

// IsLogin reports whether an error comes from logging in or connecting.
func IsLogin(err error) bool {
	var login *LoginError
	var refused *auth.Error
	return errors.As(err, &login) || errors.As(err, &refused)
}

// IsLimit reports whether an error says that API calls have run out: those
// that the statement may spend, or those that the org has.
func IsLimit(err error) bool {
	var limit *LimitError
	return errors.As(err, &limit) || isLimit(err)
}

// SQLError is an error of SQLite itself: a syntax error, a missing table, a
// constraint.
type SQLError struct {
	Code int // SQLite's extended result code
	Msg  string
	Err  error
}

// Error returns SQLite's message, with a hint where there is one.
func (e *SQLError) Error() string { return e.Msg }

// Unwrap returns the engine's error.
func (e *SQLError) Unwrap() error { return e.Err }

func sqlError(conn *vtab.Conn, err error) error {
	code, msg, ok := conn.SQLiteError(err)
	if !ok {
		return err
	}
	if strings.Contains(msg, "unable to open database") && namesDSN(msg) {
		return &SQLError{Code: code, Msg: msgAttach} // SQLite's quotes the DSN, secrets and all
	}
	return &SQLError{Code: code, Msg: msg, Err: err}
}

var (
	noSuchTable  = regexp.MustCompile(`^no such table: (.+)$`)
	noSuchColumn = regexp.MustCompile(`^no such column: (.+)$`)
)

// missing returns what a "no such table" or "no such column" error names.
func missing(re *regexp.Regexp, err error) string {
	if err == nil {
		return ""
	}
	if m := re.FindStringSubmatch(err.Error()); m != nil {
		return m[1]
	}
	return ""
}

// ErrorCode returns Salesforce's own code for an error, such as
// MALFORMED_QUERY; empty where the error is none of Salesforce's.
func ErrorCode(err error) string {
	var e *salesforce.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
