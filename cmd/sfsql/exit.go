package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/format"
	"github.com/sfsql/sfsql/internal/profile"
	"github.com/sfsql/sfsql/internal/shell"
	"github.com/sfsql/sfsql/salesforce/auth"
)

// The exit status of the program.
const (
	exitOK          = 0
	exitFailed      = 1   // a statement failed
	exitUsage       = 2   // the command line or the DSN is wrong
	exitLogin       = 3   // no login or no connection, or the saved orgs cannot be read
	exitLimit       = 4   // the org's API limit or the statement's budget
	exitInterrupted = 130 // as shells report a program that Ctrl-C ended
)

// usageError says what is wrong with the command line.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// outputError is a failed write of a result. Keeping it apart from the org's
// connection lets a broken pipe end quietly and a broken connection not.
type outputError struct{ err error }

func (e *outputError) Error() string { return "writing the result: " + e.err.Error() }

func (e *outputError) Unwrap() error { return e.err }

// report writes what went wrong and what to do next, unless the user has been
// told, and returns the exit status.
func (p *program) report(ctx context.Context, err error) int {
	code, next := judge(ctx, err)
	switch {
	case code == exitOK || shell.IsReported(err):
		return code
	case p.jsonErrors:
		p.reportJSON(ctx, err, code, next)
		return code
	case code == exitInterrupted:
		fmt.Fprintln(p.stderr, "sfsql: "+interrupted)
		return code
	}
	fmt.Fprintf(p.stderr, "sfsql: %s\n", format.Harmless(err.Error()))
	if next != "" {
		fmt.Fprintf(p.stderr, "hint: %s\n", format.Harmless(next))
	}
	return code
}

const interrupted = "interrupted: the statement was cancelled"

// errorLine is an error for programs.
type errorLine struct {
	Error     string `json:"error"`
	Hint      string `json:"hint,omitempty"`
	Status    int    `json:"status"`
	Code      string `json:"code,omitempty"` // Salesforce's
	Statement int    `json:"statement,omitempty"`
	Source    string `json:"source,omitempty"`
	Line      int    `json:"line,omitempty"`
}

func (p *program) reportJSON(ctx context.Context, err error, code int, next string) {
	e := errorLine{Error: err.Error(), Hint: next, Status: code}
	if code == exitInterrupted {
		e.Error = interrupted
	}
	var st *shell.StatementError
	if errors.As(err, &st) {
		e.Error, e.Statement, e.Source, e.Line = st.Err.Error(), st.Number, st.Source, st.Line
	}
	e.Code = driver.ErrorCode(err)
	var line strings.Builder
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(e) // of texts and numbers it does not fail
	if isTerminal(p.stderr) {
		fmt.Fprint(p.stderr, format.Harmless(line.String()))
		return
	}
	fmt.Fprint(p.stderr, line.String())
}

// judge returns the exit status for an error and the next step for the user,
// empty where the error's own text has it.
func judge(ctx context.Context, err error) (code int, next string) {
	var usage *usageError
	var output *outputError
	var dsn *driver.DSNError
	var unknown *profile.NotFoundError
	var file *profile.FileError
	var check *checkError
	var command *shell.UsageError
	var limit *driver.LimitError
	switch {
	case err == nil:
		return exitOK, ""
	case errors.As(err, &output) && isBrokenPipe(output.err):
		return exitOK, ""
	case ctx.Err() != nil, errors.Is(err, context.Canceled):
		return exitInterrupted, ""
	case errors.As(err, &usage):
		return exitUsage, "sfsql --help shows the flags"
	case errors.As(err, &command):
		return exitUsage, ""
	case errors.As(err, &dsn), errors.As(err, &unknown):
		return exitUsage, ""
	case errors.As(err, &file): // its text has the next step
		return exitLogin, ""
	case errors.As(err, &check):
		return codeOf(check.err), check.next()
	case errors.As(err, &limit) && limit.Together:
		return exitLimit, "--max-calls allows more, now or another day"
	case errors.As(err, &limit) && limit.MaxCalls > 0:
		return exitLimit, "--explain shows what a statement needs; max_calls in the DSN allows more"
	case driver.IsLimit(err): // before IsLogin: a login may meet the limit
		return exitLimit, "each call counts for 24 hours, so they come back as the day goes on; --stats shows what is left, --explain what a statement needs"
	case driver.IsLogin(err):
		return exitLogin, loginHint(err)
	}
	return exitFailed, ""
}

// codeOf is the exit status for an error of the driver's.
func codeOf(err error) int {
	switch {
	case driver.IsLimit(err):
		return exitLimit
	case driver.IsLogin(err):
		return exitLogin
	}
	return exitFailed
}

// loginHint is the next step after a login that failed. Where the error's text
// has one, it is the command that finds out more.
func loginHint(err error) string {
	if hint := auth.Hint(err); hint != "" && !strings.Contains(err.Error(), hint) {
		return hint
	}
	return "sfsql check, with the same --org, shows step by step where it fails"
}
