//go:build unix

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The scripts are sourced by the shells that are installed, with nothing else
// loaded, and Tab is pressed.
func TestCompletionInShells(t *testing.T) {
	for shell, start := range map[string]struct {
		args   []string
		source string
	}{
		"bash": {[]string{"--norc", "--noprofile", "-i"}, "source <(sfsql completion bash)"},
		"zsh":  {[]string{"-f", "-i"}, "autoload -U compinit; compinit -D; source <(sfsql completion zsh)"},
		"fish": {[]string{"--no-config"}, "sfsql completion fish | source"},
	} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				if os.Getenv("CI") == "true" { // .ci/run brings them all
					t.Fatal(err)
				}
				t.Skip(err)
			}
			c := openSized(t, 100, 30, t.TempDir(), []string{"PS1=$ ", "BASH_SILENCE_DEPRECATION_WARNING=1"}, shell, start.args...)
			c.settle()
			c.send(start.source + "; echo rea''dy\r")
			c.until("ready", func(text string) bool { return strings.Contains(text, "\nready") })
			for _, step := range []struct{ keys, want string }{
				{"sfsql exp", "sfsql export"},
				{"sfsql --org de", "sfsql --org demo"},
				{"sfsql --mode jsonl --api ba\x7f\x7fbu", "--api bulk"},
				{"sfsql --mode=mark", "--mode=markdown"},
				{"sfsql completion fi", "sfsql completion fish"},
			} {
				c.send(step.keys + "\t") // once: Ctrl-C would end a second completion, and leave the line
				c.shows(step.want)
				c.send("\x03")
			}
			if text := c.text(); strings.Contains(text, "command not found") {
				t.Errorf("the shell says\n%s", text)
			}
		})
	}
}
