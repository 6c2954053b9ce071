//go:build !windows

package export

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
)

// roleKey makes of the test program what a test needs in another process: an
// org, or an export.
const roleKey = "SFSQL_TEST_ROLE"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(roleKey) {
	case "org":
		err = serveOrg()
	case "export":
		err = exportOnce()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveOrg() error {
	org := emulator.New(emulator.WithPageSize(2000), emulator.WithScale(50))
	defer org.Close()
	fmt.Println(org.URL(), org.AccessToken())
	_, err := io.Copy(io.Discard, os.Stdin) // ends with the parent
	return err
}

// task is what another process exports.
type task struct {
	DSN     string
	Limit   uint64 // bytes that a file may have; 0 is no limit
	Options settings
}

// settings are options as they travel.
type settings struct {
	Org, Format, Out, StateFile string
	Objects, Columns            []string
	Threshold                   int64
	Lookback                    time.Duration
	Resume                      bool
}

func (s settings) options(db *sql.DB) Options {
	return Options{
		DB: db, Org: s.Org, Format: s.Format, Out: s.Out, StateFile: s.StateFile, Objects: s.Objects, Columns: s.Columns,
		Threshold: s.Threshold, Lookback: s.Lookback, Resume: s.Resume,
	}
}

func exportOnce() (err error) {
	var task task
	if err := json.NewDecoder(os.Stdin).Decode(&task); err != nil {
		return err
	}
	if task.Limit > 0 {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: task.Limit, Max: task.Limit}); err != nil {
			return err
		}
	}
	db, err := sql.Open("salesforce", task.DSN)
	if err != nil {
		return err
	}
	_, err = Run(context.Background(), task.Options.options(db))
	return err
}

// startOrg starts an org in a process of its own.
func startOrg(t *testing.T) (address, token string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), roleKey+"=org")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address, token, _ = strings.Cut(strings.TrimSpace(line), " ")
	return address, token
}

// startExport starts an export in a process of its own.
func startExport(t *testing.T, task task) (cmd *exec.Cmd, stderr *strings.Builder) {
	t.Helper()
	text, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), roleKey+"=export")
	cmd.Stdin = strings.NewReader(string(text))
	stderr = new(strings.Builder)
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stderr
}
