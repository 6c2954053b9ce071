//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Behind a pipe that is full and that nobody reads, the first Ctrl-C ends the
// program. Its reader finds what the pipe took.
func TestCtrlCBehindAFullPipe(t *testing.T) {
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
	for _, args := range [][]string{{endless}, {"-o", "/dev/stdout", endless}, {"export", "--query", endless, "--out", "-"}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		cmd := exec.Command("sfsql", args...)
		cmd.Env = append(os.Environ(), "SFSQL_ORG=demo")
		cmd.Stdout = w
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(w.Fd()), Events: unix.POLLOUT}}, 0)
			if err == nil && n == 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("the pipe is not filled: %v", err)
			}
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		giveUp := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
			t.Errorf("%v ended with %v", args, err)
		}
		giveUp.Stop()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(r); err != nil || !strings.HasPrefix(string(text), "i\n1\n2\n") {
			t.Errorf("%v left %d bytes, %v", args, len(text), err)
		}
	}
}

// A .save that is cancelled leaves no file: SQLite would read half of one, or an
// empty one, as a database.
func TestSaveThatIsCancelledLeavesNothing(t *testing.T) {
	home, script := t.TempDir(), filepath.Join(t.TempDir(), "save.sql")
	if err := os.WriteFile(script, []byte(`CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 150000)
  SELECT i, printf('%.300c', 'x') FROM n;
.save local.db
`), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sfsql", "--org", "demo", "-f", script)
	cmd.Dir = home
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	files := func() []os.DirEntry {
		found, err := os.ReadDir(home)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for end := time.Now().Add(patience); len(files()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing is saved")
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("ended with %v", err)
	}
	if left := files(); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}
