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
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// console is the program in a terminal of its own, and what that shows.
type console struct {
	t    *testing.T
	cmd  *exec.Cmd
	pty  *os.File
	name string // of the program's side of the terminal
	ps1  string // the end of its prompt
	home string
	end  chan error

	before term.State // of the terminal, before the program began

	mu     sync.Mutex
	screen vt10x.Terminal
	raw    bytes.Buffer
}

// open starts sfsql in a terminal of 100 columns and 30 lines. Settings such as
// NO_COLOR=1 go to its environment.
func open(t *testing.T, home string, settings []string, args ...string) *console {
	t.Helper()
	return openSized(t, 100, 30, home, settings, "sfsql", args...)
}

// openSized starts a program in a terminal.
func openSized(t *testing.T, columns, lines int, home string, settings []string, program string, args ...string) *console {
	t.Helper()
	path, err := exec.LookPath(program)
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
	master, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	if err := pty.Setsize(master, &pty.Winsize{Rows: uint16(lines), Cols: uint16(columns)}); err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	c := &console{t: t, cmd: cmd, pty: master, name: terminal.Name(), ps1: "demo>", home: home, end: make(chan error, 1), screen: vt10x.New(vt10x.WithSize(columns, lines))}
	c.before = c.state()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
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
		if n == last && !c.unread() {
			return
		}
		last = n
	}
}

// unread reports whether something typed, or an answer, waits to be read.
func (c *console) unread() bool {
	terminal, err := os.OpenFile(c.name, os.O_RDONLY|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	defer terminal.Close()
	ready := []unix.PollFd{{Fd: int32(terminal.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(ready, 0)
	return err == nil && n > 0 && ready[0].Revents&unix.POLLIN != 0
}

// state returns how the terminal is set.
func (c *console) state() term.State {
	c.t.Helper()
	state, err := term.GetState(int(c.pty.Fd()))
	if err != nil {
		c.t.Fatal(err)
	}
	return *state
}

// hides waits until the terminal is no longer as it was before the program.
func (c *console) hides() {
	c.t.Helper()
	c.until("a line that hides what is typed", func(string) bool { return c.state() != c.before })
}

// resize makes the terminal another size, as a person does with its window.
func (c *console) resize(columns, lines int) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.screen.Resize(columns, lines)
	if err := pty.Setsize(c.pty, &pty.Winsize{Rows: uint16(lines), Cols: uint16(columns)}); err != nil {
		c.t.Fatal(err)
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
	c.until("the prompt", func(text string) bool { return strings.HasSuffix(text, c.ps1) })
}

// enter waits for the prompt and enters a line. The line is on the screen
// before Enter is pressed, so that the next prompt is not this one.
func (c *console) enter(line string) {
	c.t.Helper()
	c.ready()
	c.send(line)
	c.until("what was typed", func(text string) bool { return !strings.HasSuffix(text, c.ps1) })
	c.send("\r")
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
