package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/profile"
	"github.com/sfsql/sfsql/salesforce/auth"
)

// The exit status of the program.
const (
	exitOK          = 0
	exitFailed      = 1   // a statement failed
	exitUsage       = 2   // the command line or the DSN is wrong
	exitLogin       = 3   // no login or no connection
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

// statementError tells which statement of several failed.
type statementError struct {
	statement
	number int // the first of the run is 1
	err    error
}

func (e *statementError) Error() string {
	if e.source == "" {
		return fmt.Sprintf("statement %d: %v", e.number, e.err)
	}
	return fmt.Sprintf("%s:%d: %v", e.source, e.line, e.err)
}

func (e *statementError) Unwrap() error { return e.err }

// report writes what went wrong and what to do next, and returns the exit
// status.
func report(ctx context.Context, stderr io.Writer, err error) int {
	code, next := judge(ctx, err)
	switch {
	case code == exitOK:
		return code
	case code == exitInterrupted:
		fmt.Fprintln(stderr, "sfsql: interrupted: the statement was cancelled")
		return code
	}
	fmt.Fprintf(stderr, "sfsql: %s\n", harmless(err.Error()))
	if next != "" {
		fmt.Fprintf(stderr, "hint: %s\n", harmless(next))
	}
	return code
}

// harmless takes out of an error what would steer a terminal: its words may be
// those of a server, of a record, or of a file.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// judge returns the exit status for an error and the next step for the user,
// empty where the error's own text has it.
func judge(ctx context.Context, err error) (code int, next string) {
	var usage *usageError
	var output *outputError
	var dsn *driver.DSNError
	var unknown *profile.NotFoundError
	var check *checkError
	var limit *driver.LimitError
	switch {
	case err == nil:
		return exitOK, ""
	case errors.As(err, &output) && isBrokenPipe(output.err):
		return exitOK, ""
	case ctx.Err() != nil:
		return exitInterrupted, ""
	case errors.As(err, &usage):
		return exitUsage, "sfsql --help shows the flags"
	case errors.As(err, &dsn), errors.As(err, &unknown):
		return exitUsage, ""
	case errors.As(err, &check):
		return codeOf(check.err), check.next()
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
