package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/internal/shell"
)

// What docs/shell.md shows of the shell is what it prints. Each block that
// begins with a prompt is one session.
func TestShellManual(t *testing.T) {
	text, err := os.ReadFile("../../docs/shell.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("RUNEWIDTH_EASTASIAN", "0")
	t.Setenv("SFSQL_KEYCHAIN", "off")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"targets.csv": "id,name\n1,North\n2,South\n",
		"report.sql":  "SELECT count(*) AS leads FROM Lead;\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	sessions := 0
	for i, block := range strings.Split(string(text), "```") {
		if body, ok := strings.CutPrefix(block, "text\ndemo> "); ok && i%2 == 1 {
			sessions++
			compareSession(t, "demo> "+body)
		}
	}
	if sessions < 10 {
		t.Errorf("docs/shell.md shows %d sessions", sessions)
	}
}

func compareSession(t *testing.T, shown string) {
	t.Helper()
	var input, want strings.Builder
	open := ""
	for line := range strings.Lines(shown) {
		entered, prompted := strings.CutPrefix(line, "demo> ")
		if open == "" && !prompted {
			want.WriteString(line)
			continue
		}
		open += entered
		if shell.Complete(open) {
			input.WriteString(open)
			open = ""
		}
	}
	var got bytes.Buffer
	args := []string{"--org", "demo", "--mode", "table", "--bail=false"}
	run(t.Context(), args, strings.NewReader(input.String()), &got, &got)
	if got, want := tidied(got.String()), tidied(want.String()); got != want {
		t.Errorf("docs/shell.md shows for\n%s\n%s\nthe program prints\n%s", input.String(), want, got)
	}
}

// tidied leaves out what a script prints in another way than the prompt, and
// what differs from run to run.
func tidied(s string) string {
	s = regexp.MustCompile(`standard input:\d+: `).ReplaceAllString(masked(s), "")
	return strings.Trim(regexp.MustCompile(`\n\s*\n`).ReplaceAllString(s, "\n"), "\n")
}
