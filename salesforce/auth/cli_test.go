package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fakeCLI is the variable that makes the test program play the Salesforce CLI.
// It names a folder: display and token hold what is printed, preceded by a
// line with the exit code, and calls what was asked.
const fakeCLI = "SFSQL_TEST_CLI"

// playCLI is the Salesforce CLI.
func playCLI(dir string) int {
	args := strings.Join(os.Args[1:], " ")
	calls, err := os.OpenFile(filepath.Join(dir, "calls"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 90
	}
	fmt.Fprintln(calls, args)
	calls.Close()
	file := "display"
	if strings.HasPrefix(args, "org auth show-access-token") {
		file = "token"
	}
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		fmt.Fprintln(os.Stderr, "command not found: "+args)
		return 127
	}
	code, out, _ := strings.Cut(string(text), "\n")
	if wait, ok := strings.CutPrefix(code, "wait "); ok {
		d, _ := time.ParseDuration(wait)
		time.Sleep(d)
		code = "0"
	}
	fmt.Fprint(os.Stdout, out)
	n, _ := strconv.Atoi(code)
	return n
}

// installCLI makes a fake CLI answer and returns how to log in by it.
func installCLI(t *testing.T, display, token string) (CLIConfig, func(display, token string), func() string) {
	t.Helper()
	dir := t.TempDir()
	put := func(display, token string) {
		for name, text := range map[string]string{"display": display, "token": token} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(display, token)
	t.Setenv(fakeCLI, dir)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // a child under the race detector takes a second to end otherwise
	return CLIConfig{Command: os.Args[0]}, put, func() string {
		text, err := os.ReadFile(filepath.Join(dir, "calls"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

const (
	cliTokenOne = "00Dxx0000001gPL!AQE.hidden-one"
	cliTokenTwo = "00Dxx0000001gPLEAY!AQE.hidden-two"
)

// displayed is what versions since May 2026 print, and older ones with a token
// in the place of the words.
func displayed(token, status string) string {
	return fmt.Sprintf(`0
{
  "status": 0,
  "result": {
    "id": "00Dxx0000001gPLEAY",
    "apiVersion": "67.0",
    "accessToken": %q,
    "instanceUrl": "https://acme.my.salesforce.com/",
    "username": "admin@example.com",
    "clientId": "PlatformCLI",
    "connectedStatus": %q,
    "alias": "prod"
  },
  "warnings": ["Secrets are now hidden from 'sf org display' command output."]
}
`, token, status)
}

func shown(token string) string {
	return fmt.Sprintf("0\n{\"status\": 0, \"result\": {\"accessToken\": %q}, \"warnings\": [\"This command exposes a sensitive Access Token\"]}\n", token)
}

const redacted = "[REDACTED] Use 'sf org auth show-access-token' to view"

func TestCLIGivesItsToken(t *testing.T) {
	for _, c := range []struct {
		name, display, token, target string
		calls                        string
	}{
		{"today", displayed(redacted, "Connected"), shown(cliTokenOne), "", "org display --json\norg auth show-access-token --json --no-prompt --target-org=admin@example.com\n"},
		{"before May 2026", displayed(cliTokenOne, "Connected"), "1\n", "prod", "org display --json --target-org=prod\n"},
		{"scratch org", displayed(cliTokenOne, ""), "1\n", "", "org display --json\n"},
		{"news around it", strings.Replace(displayed(cliTokenOne, "Connected"), "0\n", "0\n\x1b[33m ›   Warning: @salesforce/cli update available {2.1} \x1b[0m\n", 1) + "\nbye {\n", "1\n", "", "org display --json\n"},
		{"a target like a flag", displayed(cliTokenOne, "Connected"), "1\n", "--json -o x", "org display --json --target-org=--json -o x\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, _, calls := installCLI(t, c.display, c.token)
			cfg.Target = c.target
			s := must(t)(CLI(cfg))
			tok, err := s.Token(t.Context())
			if err != nil || tok.AccessToken != cliTokenOne || tok.InstanceURL != "https://acme.my.salesforce.com" {
				t.Fatalf("%v, %v", tok, err)
			}
			if _, err := s.Token(t.Context()); err != nil {
				t.Error(err)
			}
			if got := calls(); got != c.calls {
				t.Errorf("asked\n%swant\n%s", got, c.calls)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", s, s, s), "hidden") {
				t.Errorf("%#v shows the token", s)
			}
		})
	}
}

func TestCLIIsAskedAgainAfterInvalidate(t *testing.T) {
	cfg, put, _ := installCLI(t, displayed(redacted, "Connected"), shown(cliTokenOne))
	s := must(t)(CLI(cfg))
	if _, err := s.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Invalidate(cliTokenOne)
	put(displayed(redacted, "Connected"), shown(cliTokenTwo))
	if tok, err := s.Token(t.Context()); err != nil || tok.AccessToken != cliTokenTwo {
		t.Fatalf("%v, %v", tok, err)
	}
	s.Invalidate(cliTokenTwo)
	_, err := s.Token(t.Context())
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != CodeTokenExpired || !strings.Contains(refused.Next(), "sf org login web") {
		t.Errorf("the same token again: %v", err)
	}
}

func TestCLIErrors(t *testing.T) {
	const secret = "00Dxx0000001gPL!AQE.hidden-three"
	for _, c := range []struct{ name, display, token, code, says, hint string }{
		{"no default", "1\n" + `{"name":"NoDefaultEnvError","message":"No default environment found. Use -o or --target-org to specify an environment.","exitCode":1,"code":"NoDefaultEnvError","status":1,"warnings":[]}`, "", "NoDefaultEnvError", "No default environment found", "sf config set target-org"},
		{"no such org", "2\n" + `{"name":"NamedOrgNotFoundError","message":"Parsing --target-org \n\tNo authorization information found for nosuch.\nSee more help with --help","status":2}`, "", "NamedOrgNotFoundError", "No authorization information found for nosuch.", "sf org list"},
		{"login expired", displayed(redacted, "RefreshTokenAuthError"), shown(secret), CodeCLIDisconnected, "admin@example.com does not work: RefreshTokenAuthError", "sf org login web"},
		{"tokens in words", "1\n" + `{"name":"X","message":"bad ` + secret + ` and force://PlatformCLI::hidden-four@acme.my.salesforce.com and 5Aephidden and eyJhidden.five.six","status":1}`, "", "X", "bad *** and *** and *** and ***", ""},
		{"escapes in words", "1\n" + `{"name":"X","message":"a\u001b[31mb\u202ec","status":1}`, "", "X", "a [31mb c", ""},
		{"no JSON", "127\n" + `sf: not a command ` + secret, "", CodeInvalidResponse, "no answer that can be read", ""},
		{"nothing", "0\n", "", CodeInvalidResponse, "no answer that can be read", ""},
		{"no token", displayed(redacted, "Connected"), shown(redacted), CodeInvalidResponse, "tells no access token", ""},
		{"too old for show-access-token", displayed(redacted, "Connected"), "2\n" + `{"name":"Error","message":"command org:auth:show-access-token not found","status":2}`, "Error", "not found", ""},
		{"no username", strings.Replace(displayed(redacted, "Connected"), "admin@example.com", "", 1), "", CodeInvalidResponse, "no usable username", ""},
		{"no instance", strings.Replace(displayed(secret, "Connected"), "https://acme.my.salesforce.com/", "http://acme.my.salesforce.com", 1), "", CodeInvalidResponse, "no usable instance URL", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, _, _ := installCLI(t, c.display, c.token)
			_, err := must(t)(CLI(cfg)).Token(t.Context())
			var refused *Error
			if !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(err.Error(), c.says) || !strings.Contains(Hint(err), c.hint) {
				t.Fatalf("%v (hint %q)", err, Hint(err))
			}
			if strings.Contains(fmt.Sprintf("%v %#v", err, err), "hidden") || strings.ContainsAny(err.Error(), "\x1b\n\u202e") {
				t.Errorf("%q is not fit to be shown", err)
			}
		})
	}
}

func TestCLIThatIsMissing(t *testing.T) {
	s := must(t)(CLI(CLIConfig{Command: filepath.Join(t.TempDir(), "sf")}))
	_, err := s.Token(t.Context())
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != CodeCLIMissing || !strings.Contains(Hint(err), "npm install") {
		t.Errorf("%v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := must(t)(CLI(CLIConfig{})).Token(t.Context()); !errors.As(err, &refused) || !strings.Contains(err.Error(), "the program sf is not installed") {
		t.Errorf("%v", err)
	}
	for _, target := range []string{"a\nb", `a"&calc`, "%PATH%"} {
		if _, err := CLI(CLIConfig{Target: target}); err == nil {
			t.Errorf("the target %q is taken", target)
		}
	}
}

func TestCLIThatHangsIsStopped(t *testing.T) {
	cfg, _, _ := installCLI(t, "wait 1m\n", "")
	cfg.Timeout = 50 * time.Millisecond
	if runtime.GOOS != "windows" {
		// A script, as the installed sf often is: what it starts must end too.
		script := filepath.Join(t.TempDir(), "sf")
		if err := os.WriteFile(script, []byte("#!/bin/sh\n'"+cfg.Command+"' \"$@\"\nexit 0\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		cfg.Command = script
	}
	// Where a child holds the output it always waits for the whole grace; a busy
	// machine may be that slow once.
	took := time.Duration(0)
	for range 5 {
		begin := time.Now()
		_, err := must(t)(CLI(cfg)).Token(t.Context())
		took = time.Since(begin)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", took, err)
		}
		if took <= cliGrace {
			return
		}
	}
	t.Errorf("it took %v each time", took)
}

func TestOutputWithoutEndIsNotKept(t *testing.T) {
	var out bounded
	chunk := make([]byte, 1<<16)
	for range 100 {
		if n, err := out.Write(chunk); n != len(chunk) || err != nil {
			t.Fatal(n, err)
		}
	}
	if out.b.Len() != mostOutput {
		t.Errorf("%d bytes are kept", out.b.Len())
	}
}
