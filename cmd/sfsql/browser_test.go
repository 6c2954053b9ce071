package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sfsql/sfsql/emulator"
)

// A user signs in with a real browser: mistypes the password, corrects it, and
// ends on sfsql's own page; another one says no.
func TestBrowserSignsIn(t *testing.T) {
	tab := startChromium(t)
	port := unusedPort(t)
	org := emulator.New(emulator.WithAuth(emulator.Auth{
		LoginPage: true, RequireSecret: true, RotateRefreshTokens: true,
		Password: awkwardPassword, ClientSecret: awkwardSecret,
		RedirectURIs: []string{"http://localhost:" + port + "/OauthRedirect"},
	}))
	defer org.Close()
	home := signInHome(t)
	args := []string{"login", "web", "--wait", "5m", "--host", org.URL(), "--client-id", org.ClientID(), "--callback-port", port}

	login := startLogin(t, home, args, "SFSQL_CLIENT_SECRET="+awkwardSecret)
	err := steps(
		t, tab, chromedp.Navigate(login.address(t)),
		chromedp.SetValue(chromedp.CSS("#username"), org.Username()), chromedp.SetValue(chromedp.CSS("#password"), "wrong"), chromedp.Click(chromedp.CSS("#Login")),
		chromedp.WaitVisible(chromedp.CSS("#error")),
		chromedp.SetValue(chromedp.CSS("#password"), awkwardPassword), chromedp.Click(chromedp.CSS("#Login")),
		chromedp.WaitVisible(chromedp.CSS("h1")),
	)
	if err != nil {
		t.Fatal(err)
	}
	title, err := chromedp.Run(tab, chromedp.Text(chromedp.CSS("h1")))
	if err != nil || !strings.Contains(title, "Signed in") {
		t.Fatalf("the browser ended at %q: %v", title, err)
	}
	if status, said := login.end(t); status != exitOK || !strings.Contains(said, "saved as web") {
		t.Fatalf("status %d: %s", status, said)
	}
	query := exec.Command("sfsql", "--org", "web", "--header", "off", "SELECT count(*) > 0 FROM Account")
	query.Env = home
	if out, err := query.CombinedOutput(); err != nil || string(out) != "1\n" {
		t.Errorf("%v: %s", err, out)
	}

	login = startLogin(t, home, args, "SFSQL_CLIENT_SECRET="+awkwardSecret)
	err = steps(
		t, tab, chromedp.Navigate(login.address(t)), chromedp.Click(chromedp.CSS("button[name=deny]")), chromedp.WaitVisible(chromedp.CSS("h1")),
	)
	if err != nil {
		t.Fatal(err)
	}
	title, err = chromedp.Run(tab, chromedp.Text(chromedp.CSS("body")))
	if err != nil || strings.Contains(title, "Signed in") {
		t.Errorf("the browser ended at %q: %v", title, err)
	}
	if status, said := login.end(t); status != exitLogin || !strings.Contains(said, "access_denied") {
		t.Errorf("status %d: %s", status, said)
	}
}

// A grant that nobody keeps is taken back.
func TestFailedSignInRevokesItsToken(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stub of a browser needs sh")
	}
	port := unusedPort(t)
	org := emulator.New(
		emulator.WithAuth(emulator.Auth{RedirectURIs: []string{"http://localhost:" + port + "/OauthRedirect"}}),
		emulator.WithFaults(emulator.Fault{Kind: "error", Endpoint: "resources", Status: 403, Code: "API_DISABLED_FOR_ORG", Times: -1}),
	)
	defer org.Close()
	login := startLogin(t, signInHome(t), []string{
		"login", "web", "--wait", "2m", "--host", org.URL(), "--client-id", org.ClientID(), "--callback-port", port,
	}, "SFSQL_CLIENT_SECRET=")
	if _, err := visit(login.address(t)); err != nil {
		t.Fatal(err)
	}
	if status, said := login.end(t); status != exitLogin || !strings.Contains(said, "API_DISABLED_FOR_ORG") {
		t.Errorf("status %d: %s", status, said)
	}
	if n := org.Stats().ByPath["revoke"]; n != 1 {
		t.Errorf("%d tokens were revoked", n)
	}
}

// unusedPort returns a port that nobody listens on.
func unusedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// steps runs what a user does, each within a time that tells a browser that
// hangs from one that is slow.
func steps(t *testing.T, tab context.Context, actions ...chromedp.Action[chromedp.Void]) error {
	t.Helper()
	for i, action := range actions {
		ctx, cancel := context.WithTimeout(tab, patience)
		err := chromedp.Do(ctx, action)
		cancel()
		if err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

// startChromium returns the context of a tab.
func startChromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" || runtime.GOOS == "windows" {
		t.Skip("no Chromium is installed: signing in with a real browser is not tried")
	}
	options := append(
		chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	ctx, stop := context.WithTimeout(context.Background(), 3*patience) // t.Context ends before the browser can be closed in peace
	ctx, stopBrowser := chromedp.NewExecAllocator(ctx, options...)
	ctx, closeTab := chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); closeTab(); stopBrowser(); stop() })
	return ctx
}

// signInHome returns an environment with saved orgs of its own, in which
// opening a browser leaves the address in the file address.
func signInHome(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	stub := "#!/bin/sh\nprintf '%s\\n' \"$1\" >'" + dir + "/part' && mv '" + dir + "/part' '" + dir + "/address'\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(stub), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "xdg-open"), filepath.Join(dir, "open")); err != nil { // macOS
		t.Fatal(err)
	}
	return append(
		os.Environ(), "PATH="+dir+string(filepath.ListSeparator)+os.Getenv("PATH"), "XDG_CONFIG_HOME="+dir, "SFSQL_KEYCHAIN=off",
		"STUB="+dir, "SFSQL_ORG=", "SFSQL_DSN=",
	)
}

// runningLogin is a sfsql login that waits for the browser.
type runningLogin struct {
	cmd    *exec.Cmd
	stderr *bytes.Buffer
	file   string
}

func startLogin(t *testing.T, home, args []string, env ...string) *runningLogin {
	t.Helper()
	var dir string
	for _, v := range home {
		if d, ok := strings.CutPrefix(v, "STUB="); ok {
			dir = d
		}
	}
	l := &runningLogin{cmd: exec.CommandContext(t.Context(), "sfsql", args...), stderr: new(bytes.Buffer), file: filepath.Join(dir, "address")}
	_ = os.Remove(l.file) // of the login before
	l.cmd.Env, l.cmd.Stderr, l.cmd.Stdout = append(home, env...), l.stderr, l.stderr
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return l
}

// address waits for the page that the program wants opened.
func (l *runningLogin) address(t *testing.T) string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(l.file); err == nil {
			return strings.TrimSpace(string(text))
		}
	}
	_ = l.cmd.Process.Kill()
	_ = l.cmd.Wait()
	t.Fatalf("no address was opened: %s", l.stderr)
	return ""
}

func (l *runningLogin) end(t *testing.T) (status int, said string) {
	t.Helper()
	err := l.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), l.stderr.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, l.stderr.String()
}
