package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/internal/shell"
)

func TestJudgeTellsErrorsApart(t *testing.T) {
	interrupted, cancel := context.WithCancel(context.Background())
	cancel()
	login := &driver.LoginError{Host: "acme", Err: errors.New("refused")}
	pipe := &fs.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"none", context.Background(), nil, exitOK},
		{"usage", context.Background(), usagef("no"), exitUsage},
		{"a bad DSN", context.Background(), &driver.DSNError{Key: "scal"}, exitUsage},
		{"SQL", context.Background(), &driver.SQLError{Msg: "syntax"}, exitFailed},
		{"a login", context.Background(), login, exitLogin},
		{"a login in a statement", context.Background(), &shell.StatementError{Number: 2, Err: login}, exitLogin},
		{"no reader", context.Background(), &shell.StatementError{Number: 1, Err: &outputError{pipe}}, exitOK},
		{"a full disk", context.Background(), &outputError{syscall.ENOSPC}, exitFailed},
		{"the org's connection broke, not the reader's", context.Background(), fmt.Errorf("salesforce: %w", pipe), exitFailed},
		{"Ctrl-C", interrupted, context.Canceled, exitInterrupted},
		{"Ctrl-C and no reader", interrupted, &outputError{pipe}, exitOK},
		{"Ctrl-C after the last row", interrupted, nil, exitOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := judge(c.ctx, c.err); got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
		})
	}
}

// A full disk is an error, and leaves nothing under the name.
func TestRunReportsAFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Log("this system has no device that is always full; the rule for it is in TestJudgeTellsErrorsApart")
		return
	}
	var stdout, stderr bytes.Buffer
	args := []string{"--org", "demo", "-o", "/dev/full", "SELECT 1"}
	if got := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); got != exitFailed {
		t.Errorf("status %d, want %d", got, exitFailed)
	}
	if want := "sfsql: writing the result: write /dev/full: no space left on device\n"; stderr.String() != want {
		t.Errorf("got %q, want %q", stderr.String(), want)
	}
}

func TestRunStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if got := run(ctx, []string{"--org", "demo", "SELECT 1"}, strings.NewReader(""), &stdout, &stderr); got != exitInterrupted {
		t.Errorf("status %d, want %d: %s", got, exitInterrupted, stderr.String())
	}
}

func TestOrgDSNPrefersTheFlag(t *testing.T) {
	env := map[string]string{"SFSQL_DSN": "salesforce://acme/", "SFSQL_ORG": "demo"}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	p := &program{getenv: func(name string) string { return env[name] }}
	for _, c := range []struct{ flag, want string }{
		{"demo", "salesforce://demo/"},
		{"demo?scale=10&seed=2", "salesforce://demo/?scale=10&seed=2"},
		{"salesforce://demo/x.db", "salesforce://demo/x.db"},
		{"demonstration", "demonstration"},
		{"", "salesforce://acme/"},
	} {
		if got, err := p.orgDSN(c.flag); err != nil || got != c.want {
			t.Errorf("orgDSN(%q) = %q, %v; want %q", c.flag, got, err, c.want)
		}
	}
	delete(env, "SFSQL_DSN")
	if got, err := p.orgDSN(""); err != nil || got != "salesforce://demo/" {
		t.Errorf("got %q, %v", got, err)
	}
	delete(env, "SFSQL_ORG")
	if _, err := p.orgDSN(""); err == nil {
		t.Error("no org is no error")
	}
}

// emulated returns the DSN of an org that answers queries with a fault.
func emulated(t *testing.T, secret string, fault func(http.ResponseWriter)) string {
	t.Helper()
	s := emulator.New(emulator.WithFault(func(w http.ResponseWriter, r *http.Request) bool {
		if fault == nil || !strings.Contains(r.URL.Path, "/query") {
			return false
		}
		fault(w)
		return true
	}))
	t.Cleanup(s.Close)
	if secret == "" {
		secret = s.ClientSecret()
	}
	values := url.Values{"tls": {"off"}, "client_id": {s.ClientID()}, "client_secret": {secret}}
	return "salesforce://" + strings.TrimPrefix(s.URL(), "http://") + "/?" + values.Encode()
}

func TestRunTellsLimitsAndLoginsApart(t *testing.T) {
	limit := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]`)
	}
	refuse := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `[{"message":"no access","errorCode":"INSUFFICIENT_ACCESS"}]`)
	}
	for _, c := range []struct {
		name, secret string
		fault        func(http.ResponseWriter)
		status       int
		says, hint   string
	}{
		{"the limit", "", limit, exitLimit, "REQUEST_LIMIT_EXCEEDED", "24 hours"},
		{"a refused query", "", refuse, exitFailed, "no access", ""},
		{"a refused login", "wrong-and-secret", nil, exitLogin, "invalid_client", "sfsql check"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			args := []string{"--org", emulated(t, c.secret, c.fault), "SELECT Name FROM Account"}
			got := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
			if got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
			message, hint, _ := strings.Cut(stderr.String(), "\nhint: ")
			if !strings.Contains(message, c.says) || !strings.Contains(hint, c.hint) || (c.hint == "") != (hint == "") {
				t.Errorf("it says %q", stderr.String())
			}
			if strings.Contains(stderr.String(), "wrong-and-secret") {
				t.Errorf("a secret stands in %q", stderr.String())
			}
		})
	}
}

// What an org or a record says cannot steer the terminal that shows it.
func TestErrorsDoNotSteerTheTerminal(t *testing.T) {
	var stderr bytes.Buffer
	(&program{stderr: &stderr}).report(context.Background(), errors.New("one\n\ttwo \x1b[2J\x1b]0;title\a \u009b31m \u202eevil é ✓"))
	if got, want := stderr.String(), "sfsql: one\n\ttwo \\x1b[2J\\x1b]0;title\\a \\u009b31m \\u202eevil é ✓\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
