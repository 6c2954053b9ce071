package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the scripts print into their golden files")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sfsql": main})
}

// The scripts in testdata/script run the program as a user does. Beside
// testscript's own commands they have:
//
//	exits STATUS sfsql ARG…   run it and check the exit status
//	closes STATUS sfsql ARG…  the same, but its reader goes away after a line
//	signals STATUS sfsql ARG… the same, but Ctrl-C comes after a line, and nobody
//	                          reads what follows
//	emulate [SETTING…]        start an org to log in to
//	browse FILE               be the browser for the address in FILE
//	mode OCTAL FILE           check a file's rights
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"closes":  closes,
			"signals": signals,
			"emulate": emulate,
			"mode":    mode,
			"browse":  browse,
		},
		Setup: func(env *testscript.Env) error {
			// Widths shall not follow the locale of who runs the tests.
			env.Setenv("RUNEWIDTH_EASTASIAN", "0")
			// Saved orgs are the script's own, and not the keychain's.
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			env.Setenv("SFSQL_KEYCHAIN", "off")
			return nil
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want := wantedStatus(ts, neg, args)
	checkStatus(ts, want, ts.Exec(args[1], args[2:]...))
}

func wantedStatus(ts *testscript.TestScript, neg bool, args []string) int {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS program [args…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	return want
}

func checkStatus(ts *testscript.TestScript, want int, err error) {
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// patience bounds every wait for what a program does. It is far more than
// anything takes, on a busy machine too.
const patience = 2 * time.Minute

func closes(ts *testscript.TestScript, neg bool, args []string) {
	afterLine(ts, neg, args, func(out *os.File, _ *os.Process) error { return out.Close() })
}

func signals(ts *testscript.TestScript, neg bool, args []string) {
	afterLine(ts, neg, args, func(_ *os.File, p *os.Process) error { return p.Signal(os.Interrupt) })
}

// afterLine runs a program and does something when its first line has come.
// What it says on standard error goes to the script's log and, as the file
// errors, to its folder.
func afterLine(ts *testscript.TestScript, neg bool, args []string, do func(*os.File, *os.Process) error) {
	want := wantedStatus(ts, neg, args)
	r, w, err := os.Pipe()
	ts.Check(err)
	defer r.Close()
	var stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[1], args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Stdout, cmd.Stderr = w, &stderr
	ts.Check(cmd.Start())
	ts.Check(w.Close())
	_, err = bufio.NewReader(r).ReadString('\n')
	ts.Check(err)
	ts.Check(do(r, cmd.Process))
	err = cmd.Wait()
	ts.Logf("[stderr]\n%s", stderr.String())
	ts.Check(os.WriteFile(ts.MkAbs("errors"), stderr.Bytes(), 0o666))
	checkStatus(ts, want, err)
}
