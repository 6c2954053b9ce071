package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// asker gets what a login needs from the user. Secrets come from a file, the
// environment or a prompt that shows nothing of them, and never from the
// command line, which every user of the machine may read.
type asker struct {
	stdin  io.Reader
	stderr io.Writer
	getenv func(string) string
	lines  *bufio.Reader // of stdin, once something was read from it
}

// maxSecret bounds a secret's file: one that is larger is another file.
const maxSecret = 64 << 10

// secretFile reads a secret from a file, - for standard input. The line break
// at its end is the editor's, not the secret's.
func (a *asker) secretFile(name string) (string, error) {
	in := a.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", usagef("%v", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSecret+1))
	switch {
	case err != nil:
		return "", usagef("reading a secret from %s: %v", name, err)
	case len(text) > maxSecret:
		return "", usagef("%s is too long for a secret", name)
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if secret == "" {
		return "", usagef("%s is empty", name)
	}
	return secret, nil
}

// env returns the environment's value for a word of a DSN.
func (a *asker) env(word string) string { return a.getenv("SFSQL_" + strings.ToUpper(word)) }

// terminal returns the terminal that a person sits at, nil where there is none.
func (a *asker) terminal() *os.File {
	if f, ok := a.stdin.(*os.File); ok && isTerminal(f) {
		return f
	}
	return nil
}

// line asks for a line that may be seen. In a pipe it takes the next line.
func (a *asker) line(ctx context.Context, prompt string) (string, error) {
	fmt.Fprint(a.stderr, prompt)
	if a.lines == nil {
		a.lines = bufio.NewReader(a.stdin)
	}
	return wait(ctx, func() (string, error) {
		text, err := a.lines.ReadString('\n')
		if err != nil && (text == "" || !errors.Is(err, io.EOF)) {
			return "", fmt.Errorf("nothing was entered: %w", err)
		}
		return strings.TrimSpace(text), nil
	})
}

// hidden asks for a line that is not shown.
func (a *asker) hidden(ctx context.Context, prompt string) (string, error) {
	terminal := a.terminal()
	if terminal == nil {
		return "", errors.New("there is no terminal to ask on")
	}
	fd := int(terminal.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("preparing the terminal: %w", err)
	}
	fmt.Fprint(a.stderr, prompt)
	defer fmt.Fprintln(a.stderr)                   // the user's own line break was not shown
	defer func() { _ = term.Restore(fd, state) }() // also where Ctrl-C came first
	return wait(ctx, func() (string, error) {
		text, err := term.ReadPassword(fd)
		return string(text), err
	})
}
