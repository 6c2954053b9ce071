//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

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
