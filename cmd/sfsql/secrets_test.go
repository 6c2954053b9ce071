//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
)

// Secrets of a test are marked, so that any of them can be found wherever it
// turns up, whole or in part, and however it was escaped.
const (
	markedSecret   = "mArKeR-secret+/=%&\"<>"
	markedPassword = "mArKeR-password +/=%&\"<>ü"
	markedToken    = "mArKeR-security"
)

// given finds secrets that the org gives out: tokens and codes.
var given = regexp.MustCompile(`AQE[\w-]{20}|5Aep861[\w-]{8}|aPrx[\w-]{8}|mArKeR|BEGIN PRIVATE|MII[\w+/]{20}`)

// leak returns what of a text is secret, "" where nothing is.
func leak(text []byte) string {
	found := given.FindIndex(text)
	if found == nil {
		return ""
	}
	return string(text[max(0, found[0]-60):min(len(text), found[1]+20)])
}

func TestLeakIsFound(t *testing.T) {
	for _, text := range []string{
		markedSecret, url.QueryEscape(markedPassword), html.EscapeString(markedSecret), "x 00D!AQE" + strings.Repeat("x", 30),
		"5Aep861" + strings.Repeat("a", 40),
	} {
		if leak([]byte("before "+text+" behind")) == "" {
			t.Errorf("%q is not found", text)
		}
	}
}

// hostile are ways in which a login server or what stands before it misbehaves.
// Most repeat what they were sent.
var hostile = map[string]func(w http.ResponseWriter, r *http.Request, sent string){
	"repeats in the error": func(w http.ResponseWriter, _ *http.Request, sent string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant", "error_description": sent})
	},
	"repeats in the code": func(w http.ResponseWriter, _ *http.Request, sent string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": sent})
	},
	"repeats on a page": func(w http.ResponseWriter, _ *http.Request, sent string) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprintf(w, "<html><body><h1>Bad gateway</h1>%s</body></html>", html.EscapeString(sent))
	},
	"repeats as text": func(w http.ResponseWriter, _ *http.Request, sent string) { fmt.Fprint(w, sent) },
	"sends elsewhere": func(w http.ResponseWriter, _ *http.Request, sent string) {
		w.Header().Set("Location", "https://example.invalid/?"+url.QueryEscape(sent))
		w.WriteHeader(http.StatusTemporaryRedirect)
	},
	"breaks off": func(w http.ResponseWriter, _ *http.Request, _ string) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			conn.Close()
		}
	},
}

// secretWorld is an org whose login may be made hostile, and a home to use it
// from.
type secretWorld struct {
	org  *emulator.Server
	bad  atomic.Pointer[string] // of hostile; nil means none
	slow chan struct{}          // receives where a login hangs
	port string                 // of a callback that the app has
	dir  string
	env  []string
	ps   *processes
}

func newSecretWorld(t *testing.T) *secretWorld {
	t.Helper()
	w := &secretWorld{dir: t.TempDir(), slow: make(chan struct{}, 10), ps: watchProcesses(t)}
	w.port = unusedPort(t)
	w.org = emulator.New(emulator.WithAuth(emulator.Auth{
		Password: markedPassword, ClientSecret: markedSecret, SecurityToken: markedToken,
		RedirectURIs: []string{"http://localhost:" + w.port + "/OauthRedirect"},
	}), emulator.WithFault(w.fault))
	t.Cleanup(w.org.Close)
	key, err := x509.MarshalPKCS8PrivateKey(w.org.PrivateKey())
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	w.write(t, "sf", "#!/bin/sh\nprintf '{\"status\":0,\"result\":{\"accessToken\":\"%s\",\"instanceUrl\":\"%s\"}}' "+
		"'"+w.org.AccessToken()+"' '"+w.org.URL()+"'\n")
	w.write(t, "xdg-open", "#!/bin/sh\nexec curl -sLo /dev/null \"$1\"\n")
	w.env = []string{
		"PATH=" + w.dir + ":" + os.Getenv("PATH"), "HOME=" + w.dir, "XDG_CONFIG_HOME=" + w.dir, "SFSQL_KEYCHAIN=off", "TMPDIR=" + w.dir,
		"SFSQL_CLIENT_SECRET=" + markedSecret, "SFSQL_PASSWORD=" + markedPassword, "SFSQL_SECURITY_TOKEN=" + markedToken,
		"SFSQL_REFRESH_TOKEN=" + w.org.RefreshToken(), "SFSQL_ACCESS_TOKEN=" + w.org.AccessToken(), "GOTRACEBACK=system",
	}
	return w
}

func (w *secretWorld) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// fault is the hostile server: logins, introspection, revoking and, because a
// session is a secret too, data.
func (w *secretWorld) fault(rw http.ResponseWriter, r *http.Request) bool {
	name := w.bad.Load()
	if name == nil || strings.HasSuffix(r.URL.Path, "/authorize") { // the browser is not what is tried here
		return false
	}
	if *name == "hangs" {
		w.slow <- struct{}{}
		<-r.Context().Done()
		return true
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	sent := string(body) + " " + r.Header.Get("Authorization")
	if plain, err := url.QueryUnescape(string(body)); err == nil {
		sent += " " + plain
	}
	hostile[*name](rw, r, sent)
	return true
}

// sfsql runs the program and looks for secrets in all that it says.
func (w *secretWorld) sfsql(t *testing.T, args ...string) (status int, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sfsql", args...)
	cmd.Env, cmd.Dir = w.env, w.dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if text := leak(out); text != "" {
		t.Errorf("sfsql %s says a secret: …%s…", strings.Join(args, " "), text)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// logins are the arguments of each flow.
func (w *secretWorld) logins() map[string][]string {
	host := []string{"--host", w.org.URL()}
	app := append([]string{"--client-id", w.org.ClientID()}, host...)
	user := []string{"--user", w.org.Username()}
	out := map[string][]string{
		"client_credentials": app, "password": append(user, app...), "soap": append(user, host...), "refresh_token": app, "access_token": host,
		"jwt": append([]string{"--private-key-file", "key.pem"}, append(user, app...)...), "sf": nil,
		"web": append([]string{"--callback-port", w.port, "--wait", "10s"}, app...),
	}
	for flow, args := range out {
		out[flow] = append([]string{"login", flow, "--flow", flow}, args...)
	}
	return out
}

// Every flow meets every hostile answer, at the login and afterwards, and
// nobody gets to see a secret: not in what is printed, not in the process list.
func TestSecretsStaySecret(t *testing.T) {
	for _, flow := range []string{"client_credentials", "password", "soap", "refresh_token", "access_token", "jwt", "sf", "web"} {
		t.Run(flow, func(t *testing.T) {
			if _, err := exec.LookPath("curl"); flow == "web" && err != nil {
				t.Skip("there is no curl to stand in for a browser")
			}
			t.Parallel() // most of the time passes between tries
			w := newSecretWorld(t)
			login := w.logins()[flow]
			w.everywhere(func(name string) {
				if status, said := w.sfsql(t, login...); status == exitOK {
					t.Errorf("where the server %s: the login succeeded: %s", name, said)
				}
			})
			if status, said := w.sfsql(t, login...); status != exitOK {
				t.Fatalf("status %d: %s", status, said)
			}
			w.everywhere(func(name string) {
				if name == "breaks off" {
					return // there is nothing to repeat, and much to wait for
				}
				w.sfsql(t, "--stats", "--org", flow, "SELECT Name FROM Account")
				w.sfsql(t, "check", flow)
				w.sfsql(t, "check", flow, "--json")
			})
			w.sfsql(t, "--stats", "--org", flow, "SELECT Name FROM Account LIMIT 1")
			w.sfsql(t, "--org", flow+"?api_version=99.0", "SELECT 1")
			w.sfsql(t, "--org", flow+"?nonsense="+"1", "SELECT 1")
			w.sfsql(t, "check", flow)
			w.sfsql(t, "orgs", "--json")
			name := "repeats in the error"
			w.bad.Store(&name)
			w.sfsql(t, "logout", "--all")
			w.ps.expectNoLeak(t)
			w.ps.expectSeen(t)
		})
	}
}

// everywhere does something under each hostile answer, with -short under the
// two that the others are like.
func (w *secretWorld) everywhere(do func(name string)) {
	for name := range hostile {
		if testing.Short() && name != "repeats in the error" && name != "repeats on a page" {
			continue
		}
		w.bad.Store(&name)
		do(name)
	}
	w.bad.Store(nil)
}

// A crash prints every goroutine, and no secret among them.
func TestCrashTellsNoSecret(t *testing.T) {
	w := newSecretWorld(t)
	hangs := "hangs"
	for flow, args := range w.logins() {
		if flow == "web" {
			continue // a user who does not come back is no crash of the program's
		}
		w.bad.Store(&hangs)
		cmd := exec.Command("sfsql", args...)
		var out bytes.Buffer
		cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = w.env, w.dir, &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-w.slow:
		case <-time.After(patience):
			t.Errorf("%s: nothing is asked of the org", flow)
		}
		if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // it says that the process was ended
		if !strings.Contains(out.String(), "goroutine ") {
			t.Errorf("%s: no crash: %s", flow, out.String())
		}
		if text := leak(out.Bytes()); text != "" {
			t.Errorf("%s: the crash tells a secret: …%s…", flow, text)
		}
		for len(w.slow) > 0 {
			<-w.slow
		}
	}
	w.ps.expectNoLeak(t)
}

// Without any umask the files are their owner's alone all the same.
func TestSavedFilesAreTheOwnersAlone(t *testing.T) {
	w := newSecretWorld(t)
	config := filepath.Join(w.dir, "config")
	for flow, args := range w.logins() {
		if flow == "web" {
			continue // it saves what refresh_token does
		}
		cmd := exec.Command("sh", append([]string{"-c", `umask 0; exec sfsql "$@"`, "sfsql"}, args...)...)
		cmd.Env, cmd.Dir = append(w.env, "XDG_CONFIG_HOME="+config), w.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", flow, err, out)
		}
	}
	files := 0
	err := filepath.WalkDir(config, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == config { // the folder above belongs to all programs
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files++
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has the mode %o", path, mode)
		}
		return nil
	})
	if err != nil || files < 2 {
		t.Errorf("%d files, %v", files, err)
	}
}

// processes watches the command lines of all processes, as ps shows them.
type processes struct {
	mu    sync.Mutex
	leaks []string
	seen  int // command lines of sfsql
}

func watchProcesses(t *testing.T) *processes {
	p := &processes{}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			p.look()
			time.Sleep(2 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { stop(); <-done })
	return p
}

// look reads the command lines of the processes that this one started, and of
// those that they did.
func (p *processes) look() {
	parents := map[string]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		text, err := os.ReadFile(file)
		_, rest, ok := strings.Cut(string(text), ") ") // behind the name, which may hold anything
		if fields := strings.Fields(rest); err == nil && ok && len(fields) > 1 {
			parents[filepath.Base(filepath.Dir(file))] = fields[1]
		}
	}
	own := strconv.Itoa(os.Getpid())
	for pid := range parents {
		ancestor := pid
		for range parents {
			if ancestor = parents[ancestor]; ancestor == own || ancestor == "" {
				break
			}
		}
		if line, err := os.ReadFile("/proc/" + pid + "/cmdline"); err == nil && ancestor == own {
			p.note(line)
		}
	}
}

func (p *processes) note(line []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if bytes.HasPrefix(line, []byte("sfsql\x00")) {
		p.seen++
	}
	if text := leak(line); text != "" && len(p.leaks) < 10 {
		p.leaks = append(p.leaks, text)
	}
}

func (p *processes) expectNoLeak(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.leaks {
		t.Errorf("a command line holds a secret: …%s…", text)
	}
}

// expectSeen makes sure that there was something to look at.
func (p *processes) expectSeen(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Log("there is no /proc: command lines were not looked at")
	} else if p.seen == 0 {
		t.Error("no command line of sfsql was seen")
	}
}
