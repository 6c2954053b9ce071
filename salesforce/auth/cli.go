package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
	"unicode"
)

const (
	// cliTimeout is longer than DefaultTimeout: the CLI is started twice, takes
	// seconds on a slow machine, and renews its own session meanwhile.
	cliTimeout = time.Minute
	// cliGrace is how long a stopped CLI may take to let go of its output.
	cliGrace = 2 * time.Second
	// mostOutput bounds what is read of the CLI's output.
	mostOutput = 1 << 20
)

// CLIConfig says which login of the Salesforce CLI to use.
type CLIConfig struct {
	Target  string        // alias or username; empty means the CLI's default org
	Command string        // the program; empty means sf, found on the PATH
	Timeout time.Duration // of one login; 0 means a minute
}

// String names the org and nothing secret.
func (c CLIConfig) String() string {
	if c.Target == "" {
		return "default org"
	}
	return c.Target
}

// CLI uses a login of the installed Salesforce CLI. The CLI keeps the secrets
// and renews them; it is asked for a token at first and after each
// Invalidate.
func CLI(cfg CLIConfig) (Source, error) {
	if !isTarget(cfg.Target) {
		return nil, errors.New("auth: sf: the target is neither an alias nor a username")
	}
	if cfg.Command == "" {
		cfg.Command = "sf"
	}
	c := &commandLine{cfg: cfg}
	s := &session{name: flowCLI + " login of " + cfg.String(), timeout: timeoutOr(cfg.Timeout, cliTimeout), login: c.login}
	// The CLI may be renewing a session of its own when it is stopped.
	s.finish = true
	return s, nil
}

// isTarget refuses what no alias or username has and what the command
// interpreter of Windows, where sf is a batch file, would take for its own.
func isTarget(s string) bool {
	return !strings.ContainsAny(s, "\"%&|<>^") && !strings.ContainsFunc(s, unicode.IsControl)
}

// commandLine asks the Salesforce CLI. The session makes one login at a time.
type commandLine struct {
	cfg  CLIConfig
	last string // the token that was given out last: who asks again has had it refused
}

func (c *commandLine) login(ctx context.Context) (Token, error) {
	org, err := c.display(ctx)
	if err != nil {
		return Token{}, err
	}
	u, err := ParseURL(org.InstanceURL)
	if err != nil {
		return Token{}, c.refusal(CodeInvalidResponse, "sf org display tells no usable instance URL")
	}
	token := org.AccessToken
	if !isToken(token) && (org.Username == "" || !isTarget(org.Username)) {
		return Token{}, c.refusal(CodeInvalidResponse, "sf org display tells no usable username")
	}
	if !isToken(token) {
		if token, err = c.token(ctx, org.Username); err != nil {
			return Token{}, err
		}
	}
	if token == c.last {
		return Token{}, c.refusal(CodeTokenExpired, "its access token has expired or was revoked, and it has no newer one")
	}
	c.last = token
	return Token{AccessToken: token, InstanceURL: u.String()}, nil
}

// cliOrg is what sf org display tells.
type cliOrg struct {
	AccessToken     string `json:"accessToken"`
	InstanceURL     string `json:"instanceUrl"`
	Username        string `json:"username"`
	ConnectedStatus string `json:"connectedStatus"` // empty for scratch orgs
}

func (c *commandLine) display(ctx context.Context) (cliOrg, error) {
	var org cliOrg
	args := []string{"org", "display", "--json"}
	if c.cfg.Target != "" {
		args = append(args, "--target-org="+c.cfg.Target)
	}
	if err := c.run(ctx, &org, args...); err != nil {
		return org, err
	}
	if status := org.ConnectedStatus; status != "" && status != "Connected" {
		return org, c.refusal(CodeCLIDisconnected, "its login to "+org.Username+" does not work: "+status)
	}
	return org, nil
}

// isToken tells a token from the words that newer versions of the CLI have in
// its place.
func isToken(s string) bool { return s != "" && !strings.ContainsAny(s, " \t\r\n[") }

// token asks for the token alone, as versions since May 2026 demand.
func (c *commandLine) token(ctx context.Context, username string) (string, error) {
	var answer struct {
		AccessToken string `json:"accessToken"`
	}
	err := c.run(ctx, &answer, "org", "auth", "show-access-token", "--json", "--no-prompt", "--target-org="+username)
	if err == nil && !isToken(answer.AccessToken) {
		err = c.refusal(CodeInvalidResponse, "sf org auth show-access-token tells no access token")
	}
	return answer.AccessToken, err
}

// run runs one command and decodes its result.
func (c *commandLine) run(ctx context.Context, result any, args ...string) error {
	program, err := exec.LookPath(c.cfg.Command)
	if err != nil {
		return c.refusal(CodeCLIMissing, "the program "+c.cfg.Command+" is not installed or not on the PATH")
	}
	var out bounded
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.WaitDelay = &out, cliGrace // what is on stderr is for people
	cmd.Env = append(os.Environ(), "SF_JSON_TO_STDOUT=true", "SF_SKIP_NEW_VERSION_CHECK=true", "NO_COLOR=1", "FORCE_COLOR=0")
	stopWithChildren(cmd)
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("auth: the Salesforce CLI did not answer in time: %w", ctx.Err())
	case err != nil && cmd.ProcessState == nil:
		return c.refusal(CodeCLIMissing, "the program "+c.cfg.Command+" does not start")
	}
	answer, found := readCLI(out.b.Bytes())
	switch {
	case found && answer.Status == 0 && answer.Result != nil && json.Unmarshal(answer.Result, result) == nil:
		return nil
	case found && answer.Status != 0 && answer.Message != "":
		// The CLI's parser adds words of its own around what matters.
		words := strings.TrimPrefix(strings.TrimSpace(answer.Message), "Parsing --target-org")
		return c.refusal(answer.Name, strings.TrimSuffix(words, "See more help with --help"))
	}
	return c.refusal(CodeInvalidResponse, "sf "+strings.Join(args[:2], " ")+" ended with "+cmd.ProcessState.String()+" and no answer that can be read")
}

// cliAnswer is what the CLI prints with --json.
type cliAnswer struct {
	Status  int             `json:"status"`
	Result  json.RawMessage `json:"result"`
	Name    string          `json:"name"`
	Message string          `json:"message"`
}

// mostStarts is how many braces are tried as the beginning of an answer.
const mostStarts = 20

// readCLI finds the answer in the CLI's output, which may have warnings and
// news of updates before and behind it.
func readCLI(out []byte) (cliAnswer, bool) {
	for range mostStarts {
		start := bytes.IndexByte(out, '{')
		if start < 0 {
			break
		}
		out = out[start:]
		var a cliAnswer
		if json.NewDecoder(bytes.NewReader(out)).Decode(&a) == nil && (a.Result != nil || a.Message != "") {
			return a, true
		}
		out = out[1:]
	}
	return cliAnswer{}, false
}

// secretInWords are the tokens and the login URLs that the CLI may print.
var secretInWords = regexp.MustCompile(`\b00D[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?!\S+|force://\S+|\b5Aep\S+|\beyJ[\w-]+\.\S+`)

func (c *commandLine) refusal(code, words string) *Error {
	if code == "" {
		code = CodeInvalidResponse
	}
	return &Error{Code: c.clean(code), Description: c.clean(words), Flow: flowCLI}
}

func (c *commandLine) clean(words string) string {
	return plain(hide(secretInWords.ReplaceAllString(words, "***"), []string{c.last}))
}

// bounded keeps the beginning of what is written to it. It embeds no Buffer,
// whose ReadFrom would know no bound.
type bounded struct{ b bytes.Buffer }

// Write takes everything, so that the CLI does not stop at a full pipe.
func (o *bounded) Write(p []byte) (int, error) {
	if room := mostOutput - o.b.Len(); room > 0 {
		o.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
