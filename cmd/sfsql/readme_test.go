package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
)

// What README.md shows is what the program prints.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SFSQL_ORG", "demo")
	t.Setenv("SFSQL_DSN", "")
	t.Chdir(t.TempDir())
	sessions := readmeSessions(string(text))
	if len(sessions) == 0 {
		t.Fatal("README.md shows no command with its output")
	}
	for _, s := range sessions {
		t.Run(s.command, func(t *testing.T) {
			args := shellWords(s.command)[1:]
			if !strings.Contains(s.command, " --explain ") && !strings.Contains(s.command, " -o ") {
				args = append(args, "--mode", "table") // as on a terminal
			}
			var out bytes.Buffer
			run(t.Context(), args, strings.NewReader(""), &out, &out)
			if got, want := masked(out.String()), masked(s.output); got != want {
				t.Errorf("README.md shows\n%sthe program prints\n%s", want, got)
			}
		})
	}
}

// readmeSession is a command of the shell and the output shown for it.
type readmeSession struct{ command, output string }

func readmeSessions(text string) []readmeSession {
	var out []readmeSession
	for i, block := range strings.Split(text, "```") {
		body, console := strings.CutPrefix(block, "console\n")
		if i%2 == 0 || !console {
			continue
		}
		for _, part := range strings.Split("\n"+body, "\n$ ")[1:] {
			command, output, _ := strings.Cut(part, "\n")
			command = strings.Replace(command, "go run ./cmd/sfsql ", "sfsql ", 1)
			if strings.HasPrefix(command, "sfsql ") && strings.TrimSpace(output) != "" {
				out = append(out, readmeSession{command, strings.TrimRight(output, "\n") + "\n"})
			}
		}
	}
	return out
}

// shellWords cuts a command at its spaces; double quotes keep them.
func shellWords(command string) []string {
	var out []string
	for i, part := range strings.Split(command, `"`) {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

// masked hides what differs from run to run.
func masked(s string) string {
	s = regexp.MustCompile(`\d+\.\d{3} s`).ReplaceAllString(s, "0.000 s")
	return regexp.MustCompile(`[\d.]+ kB`).ReplaceAllString(s, "0 kB")
}
