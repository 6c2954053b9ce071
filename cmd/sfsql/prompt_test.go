//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/sfsql/sfsql/emulator"
)

// A person at a terminal is asked for what is missing, and sees nothing of the
// secret while typing it.
func TestPromptHidesSecrets(t *testing.T) {
	org := emulator.New(emulator.WithAuth(emulator.Auth{ClientSecret: awkwardSecret}))
	defer org.Close()
	d := startDialog(t, "login", "typed", "--flow", "client_credentials", "--host", org.URL())
	d.expect(t, "Consumer key (client id): ")
	d.answer(t, org.ClientID())
	d.expect(t, "Consumer secret: ")
	d.answer(t, awkwardSecret)
	d.expect(t, "saved as typed")
	if status := d.end(t); status != exitOK {
		t.Errorf("status %d", status)
	}
	if strings.Contains(d.seen(), awkwardSecret) {
		t.Errorf("the terminal shows the secret:\n%s", d.seen())
	}
}

// Ctrl-C at a prompt ends the program and leaves a terminal that shows again
// what is typed.
func TestPromptEndsWithCtrlC(t *testing.T) {
	d := startDialog(t, "login", "typed", "--flow", "client_credentials", "--host", "acme", "--client-id", "me")
	before := d.before
	d.expect(t, "Consumer secret: ")
	for end := time.Now().Add(patience); *d.state(t) == *before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the terminal shows what is typed")
		}
	}
	if err := d.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if status := d.end(t); status != exitInterrupted {
		t.Errorf("status %d: %s", status, d.seen())
	}
	if *d.state(t) != *before {
		t.Error("the terminal was not put back")
	}
}

// dialog is a sfsql on a terminal.
type dialog struct {
	cmd      *exec.Cmd
	keyboard *os.File    // the person's side of the terminal
	terminal *os.File    // the program's
	before   *term.State // how it was before the program began
	mu       sync.Mutex
	screen   bytes.Buffer
}

func startDialog(t *testing.T, args ...string) *dialog {
	t.Helper()
	keyboard, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keyboard.Close(); terminal.Close() })
	d := &dialog{cmd: exec.CommandContext(t.Context(), "sfsql", args...), keyboard: keyboard, terminal: terminal}
	d.cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+t.TempDir(), "SFSQL_KEYCHAIN=off", "SFSQL_CLIENT_SECRET=")
	d.cmd.Stdin, d.cmd.Stdout, d.cmd.Stderr = terminal, terminal, terminal
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	d.before = d.state(t)
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		text := make([]byte, 4096)
		for {
			n, err := keyboard.Read(text)
			d.mu.Lock()
			d.screen.Write(text[:n])
			d.mu.Unlock()
			if err != nil {
				return // the terminal was closed
			}
		}
	}()
	return d
}

func (d *dialog) seen() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.screen.String()
}

func (d *dialog) expect(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(d.seen(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q does not come; there is\n%s", text, d.seen())
		}
	}
}

// answer types a line. A moment passes first, in which the prompt that was
// seen makes the terminal ready.
func (d *dialog) answer(t *testing.T, line string) {
	t.Helper()
	time.Sleep(200 * time.Millisecond)
	if _, err := d.keyboard.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
}

func (d *dialog) state(t *testing.T) *term.State {
	t.Helper()
	state, err := term.GetState(int(d.terminal.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func (d *dialog) end(t *testing.T) int {
	t.Helper()
	err := d.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return d.cmd.ProcessState.ExitCode()
}
