//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// console is the program in a terminal of its own, and what that shows.
type console struct {
	t    *testing.T
	cmd  *exec.Cmd
	pty  *os.File
	home string
	end  chan error

	mu     sync.Mutex
	screen vt10x.Terminal
	raw    bytes.Buffer
}

// open starts the program in a terminal of 100 columns and 30 lines. Settings
// such as NO_COLOR=1 go to its environment.
func open(t *testing.T, home string, settings []string, args ...string) *console {
	t.Helper()
	path, err := exec.LookPath("sfsql")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = home
	cmd.Env = append([]string{
		"HOME=" + home, "XDG_STATE_HOME=" + filepath.Join(home, "state"), "XDG_CONFIG_HOME=" + filepath.Join(home, "config"),
		"PATH=" + os.Getenv("PATH"), "TERM=xterm", "INPUTRC=/dev/null", "SFSQL_KEYCHAIN=off", "PAGER=", "RUNEWIDTH_EASTASIAN=0",
		"GOCOVERDIR=" + t.TempDir(),
	}, settings...)
	size := &pty.Winsize{Rows: 30, Cols: 100}
	master, err := pty.StartWithSize(cmd, size)
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, cmd: cmd, pty: master, home: home, end: make(chan error, 1), screen: vt10x.New(vt10x.WithSize(100, 30))}
	read := make(chan struct{})
	go func() {
		defer close(read)
		c.read()
	}()
	go func() {
		<-read // what it wrote last is on the screen
		c.end <- cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = master.Close()
	})
	return c
}

// read keeps the screen, and answers where its cursor is.
func (c *console) read() {
	buf := make([]byte, 4096)
	for {
		n, err := c.pty.Read(buf)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.raw.Write(buf[:n])
		_, _ = c.screen.Write(buf[:n])
		cursor := c.screen.Cursor()
		c.mu.Unlock()
		if bytes.Contains(buf[:n], []byte("\x1b[6n")) {
			fmt.Fprintf(c.pty, "\x1b[%d;%dR", cursor.Y+1, cursor.X+1)
		}
	}
}

func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var lines []string
	for _, line := range strings.Split(c.screen.String(), "\n") {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func (c *console) written() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}

// send types keys when nothing moves on the screen any more: the line editor
// drops a key that comes together with the answer to where the cursor is.
func (c *console) send(keys string) {
	c.t.Helper()
	c.settle()
	c.sendNow(keys)
}

func (c *console) settle() {
	for last := -1; ; time.Sleep(50 * time.Millisecond) {
		n := len(c.written())
		if n == last {
			return
		}
		last = n
	}
}

func (c *console) sendNow(keys string) {
	c.t.Helper()
	if _, err := c.pty.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

// shows waits until the screen holds a text.
func (c *console) shows(want string) {
	c.t.Helper()
	c.until(want, func(text string) bool { return strings.Contains(text, want) })
}

func (c *console) until(what string, ok func(string) bool) {
	c.t.Helper()
	for end := time.Now().Add(patience); !ok(c.text()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("the screen never shows %q:\n%s", what, c.text())
		}
	}
}

// ready waits for the prompt, with nothing behind it.
func (c *console) ready() {
	c.t.Helper()
	c.until("the prompt", func(text string) bool { return strings.HasSuffix(text, "demo>") })
}

// enter waits for the prompt and enters a line.
func (c *console) enter(line string) {
	c.t.Helper()
	c.ready()
	c.send(line + "\r")
}

// tab presses it until the screen holds a text: what completion knows of an org
// comes in the background.
func (c *console) tab(want string) {
	c.t.Helper()
	for end := time.Now().Add(patience); ; {
		c.send("\t")
		for wait := time.Now().Add(time.Second); time.Now().Before(wait); time.Sleep(10 * time.Millisecond) {
			if strings.Contains(c.text(), want) {
				return
			}
		}
		if time.Now().After(end) {
			c.t.Fatalf("completion never shows %q:\n%s", want, c.text())
		}
	}
}

// ends waits for the end of the program and returns its status.
func (c *console) ends() int {
	c.t.Helper()
	select {
	case err := <-c.end:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			c.t.Fatal(err)
		}
		return c.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		c.t.Fatalf("the program does not end:\n%s", c.text())
	}
	return -1
}

func TestPromptRunsStatementsOfSeveralLines(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo")
	c.enter("SELECT 'a;")
	c.send("b' AS text, -- ;\r")
	c.send("count(*) AS n FROM Contact;\r")
	c.shows(` a;\nb | 2919`)
	c.shows("(1 row)")
	c.enter("SELECT Nmae FROM Account;")
	c.shows("sfsql: no such column: Nmae; did you mean Name?")
	c.enter(".tabels")
	c.shows("there is no command .tabels; did you mean .tables?")
	c.enter("SELECT count(*) AS cases FROM Case;") // quoted by itself
	c.shows("1500")
	// What is typed while a statement runs comes after it.
	c.enter("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 100000) SELECT count(*) AS slow FROM n;\rSELECT 'ähéad' || 1;")
	c.shows("demo> SELECT 'ähéad' || 1;")
	c.send("\r")
	c.shows("ähéad1")
	c.enter(`\d Lead`)
	c.shows("LeadSource")
	c.ready()
	c.send("\x04")
	if got := c.ends(); got != 0 {
		t.Errorf("Ctrl-D ends with status %d", got)
	}
}

func TestPromptEndsByWordAndWithItsTerminal(t *testing.T) {
	for _, word := range []string{".quit", `\q`, "exit"} {
		c := open(t, t.TempDir(), nil, "--org", "demo")
		c.enter(word)
		if got := c.ends(); got != 0 {
			t.Errorf("%s ends with status %d", word, got)
		}
	}
	c := open(t, t.TempDir(), nil, "--org", "demo")
	c.ready()
	if err := c.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if got := c.ends(); got != exitInterrupted {
		t.Errorf("a hangup ends with status %d", got)
	}
}

func TestPromptCompletes(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo")
	if err := os.WriteFile(filepath.Join(c.home, "script.sql"), []byte("SELECT 1;"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ keys, want string }{
		{"SELECT Id FROM Ord", `SELECT Id FROM "Order"`},
		{"SELECT Id FROM CampaignM", "SELECT Id FROM CampaignMember"},
		{"SELECT a.NumberOf FROM Account a" + strings.Repeat("\x1b[D", 15), "SELECT a.NumberOfEmployees FROM Account a"},
		{"SELECT LastModifiedB FROM Account" + strings.Repeat("\x1b[D", 13), "SELECT LastModifiedById FROM Account"},
		{"SELECT json_extr", "SELECT json_extract("},
		{"sele", "demo> select"},
		{".relat", ".relationships"},
		{".schema Opportunit", "Opportunity"},
		{".mode mark", ".mode markdown"},
		{".org de", ".org demo"},
		{".read scri", ".read script.sql"},
	} {
		c.ready()
		c.send(step.keys)
		c.tab(step.want)
		c.send("\x07") // leaves the menu
		c.send("\x03")
		c.ready()
		c.send("\x0c")
	}
	// Several candidates are a menu.
	c.ready()
	c.send("SELECT Mailing FROM Contact" + strings.Repeat("\x1b[D", 13))
	c.tab("MailingPostalCode")
}

func TestPromptEditsAndRemembers(t *testing.T) {
	home := t.TempDir()
	c := open(t, home, nil, "--org", "demo")
	c.enter("SELECT 41+1;" + "\x1b[D\x7f2" + "\x05") // 41+1 becomes 41+2
	c.shows(" 43")
	c.enter(".parameter set password hunter2")
	c.enter(".parameter list")
	c.shows("hunter2")
	c.enter(".quit")
	c.ends()
	file := filepath.Join(home, "state", "sfsql", "history")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the history has the rights %o", info.Mode().Perm())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("hunter2")) || !bytes.Contains(text, []byte("41+2")) {
		t.Errorf("the history is\n%s", text)
	}
	c = open(t, home, nil, "--org", "demo")
	c.ready()
	c.send("\x1b[A\x1b[A\x1b[A")
	c.shows("demo> SELECT 41+2;")
	c.send("\r")
	c.shows(" 43")
}

func TestPromptCancelsAStatementAndItsJob(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo?latency=300ms&scale=3", "--api", "bulk")
	c.enter("SELECT Name FROM Contact;")
	c.shows("Contact by BULK")
	c.sendNow("\x03")
	c.shows("interrupted: the statement was cancelled")
	c.enter("SELECT count(*) || ' jobs' FROM sf_jobs WHERE state <> 'Aborted';")
	c.shows("0 jobs")
	c.enter("SELECT 40+2;")
	c.shows(" 42")
	c.ready()
	c.send("SELECT typed")
	c.shows("typed")
	c.send("\x03") // empties the line
	c.ready()
}

func TestPromptTellsProgressAndTakesItAway(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo?latency=400ms&scale=2")
	c.enter("SELECT count(DISTINCT Name) AS n FROM Contact;")
	c.shows("rows/s")
	c.shows("(1 row)")
	c.until("no progress", func(text string) bool { return !strings.Contains(text, "rows/s") })
}

func TestPromptUsesThePager(t *testing.T) {
	home := t.TempDir()
	pager := filepath.Join(home, "pager")
	if err := os.WriteFile(pager, []byte("#!/bin/sh\nread first\necho \"paged: $first\"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	c := open(t, home, []string{"PAGER=" + pager}, "--org", "demo")
	c.enter(".headers off")
	c.enter("SELECT 'short';")
	c.shows("(1 row)")
	// The pager leaves before it has all, which ends the statement quietly.
	c.enter("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT 'row ' || i FROM n;")
	c.shows("paged: row 1")
	c.ready()
	if text := c.text(); strings.Contains(text, "paged: short") || strings.Contains(text, "sfsql: ") {
		t.Errorf("the screen shows\n%s", text)
	}
	c.enter(".pager off")
	c.enter("SELECT Name FROM Contact LIMIT 60;")
	c.shows("(60 rows)")
}

func TestPromptFollowsTheTerminalsWidth(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo")
	c.ready()
	if err := pty.Setsize(c.pty, &pty.Winsize{Rows: 30, Cols: 44}); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	c.screen.Resize(44, 30)
	c.mu.Unlock()
	c.enter("SELECT 1234567890 AS n, printf('%.200c', 'x') AS x;")
	c.shows("xxx…")
	c.shows("(1 row)")
}

func TestPromptIsColouredUnlessAskedNotTo(t *testing.T) {
	for _, test := range []struct {
		settings []string
		want     bool
	}{{nil, true}, {[]string{"NO_COLOR=1"}, false}, {[]string{"TERM=dumb"}, false}} {
		c := open(t, t.TempDir(), test.settings, "--org", "demo")
		c.enter("SELECT 'text';")
		c.shows("(1 row)")
		if got := strings.Contains(c.written(), "\x1b[34mSELECT"); got != test.want {
			t.Errorf("%v: coloured is %v", test.settings, got)
		}
	}
}
