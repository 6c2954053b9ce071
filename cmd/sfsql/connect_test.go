package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The commands that docs/connect.md tells people to type are there, with the
// flags that it names, and every flow has its command.
func TestConnectPageNamesWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("../../docs/connect.md")
	if err != nil {
		t.Fatal(err)
	}
	root := (&program{getenv: os.Getenv}).command()
	commands := regexp.MustCompile(`(?m)^\$ sfsql (.*)$`).FindAllStringSubmatch(string(text), -1)
	if len(commands) < 10 {
		t.Fatalf("%d commands", len(commands))
	}
	used := map[string]bool{"web": true} // needs no --flow
	for _, m := range commands {
		line, _, _ := strings.Cut(m[1], "  #")
		words := strings.Fields(line)
		cmd, rest, err := root.Find(words)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		for i, word := range rest {
			if name, isFlag := strings.CutPrefix(word, "--"); isFlag && cmd.Flags().Lookup(name) == nil {
				t.Errorf("%s: there is no flag --%s", line, name)
			} else if isFlag && name == "flow" {
				used[rest[i+1]] = true
			}
		}
	}
	for _, f := range flows {
		if !used[f.name] {
			t.Errorf("the flow %s has no command", f.name)
		}
	}
	login, _, _ := root.Find([]string{"login"})
	for _, flag := range regexp.MustCompile("`--([a-z-]+)").FindAllStringSubmatch(string(text), -1) {
		if login.Flags().Lookup(flag[1]) == nil && root.Flags().Lookup(flag[1]) == nil {
			t.Errorf("there is no flag --%s", flag[1])
		}
	}
}
