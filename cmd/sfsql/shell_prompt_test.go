//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestPromptRunsStatementsOfSeveralLines(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo")
	c.enter("SELECT 'a;")
	c.send("b' AS text, -- ;\r")
	c.send("count(*) AS n FROM Contact;\r")
	c.shows(` a;\nb | 2919`)
	c.shows("(1 row)")
	c.enter("SELECT Nmae FROM Account;")
	c.shows("sfsql: no such column: Nmae; did you mean Name?")
	c.enter(".tabels")
	c.shows("there is no command .tabels; did you mean .tables?")
	c.enter("SELECT count(*) AS cases FROM Case;") // quoted by itself
	c.shows("1500")
	// What is typed while a statement runs comes after it.
	c.enter("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 100000) SELECT count(*) AS slow FROM n;\rSELECT 'ähéad' || 1;")
	c.shows("demo> SELECT 'ähéad' || 1;")
	c.send("\r")
	c.shows("ähéad1")
	c.enter(`\d Lead`)
	c.shows("LeadSource")
	c.ready()
	c.send("\x04")
	if got := c.ends(); got != 0 {
		t.Errorf("Ctrl-D ends with status %d", got)
	}
}

func TestPromptEndsByWordAndWithItsTerminal(t *testing.T) {
	for _, word := range []string{".quit", `\q`, "exit"} {
		c := open(t, t.TempDir(), nil, "--org", "demo")
		c.enter(word)
		if got := c.ends(); got != 0 {
			t.Errorf("%s ends with status %d", word, got)
		}
	}
	c := open(t, t.TempDir(), nil, "--org", "demo")
	c.ready()
	if err := c.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if got := c.ends(); got != exitInterrupted {
		t.Errorf("a hangup ends with status %d", got)
	}
}

func TestPromptCompletes(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo")
	if err := os.WriteFile(filepath.Join(c.home, "script.sql"), []byte("SELECT 1;"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ keys, want string }{
		{"SELECT Id FROM Ord", `SELECT Id FROM "Order"`},
		{"SELECT Id FROM CampaignM", "SELECT Id FROM CampaignMember"},
		{"SELECT a.NumberOf FROM Account a" + strings.Repeat("\x1b[D", 15), "SELECT a.NumberOfEmployees FROM Account a"},
		{"SELECT LastModifiedB FROM Account" + strings.Repeat("\x1b[D", 13), "SELECT LastModifiedById FROM Account"},
		{"SELECT json_extr", "SELECT json_extract("},
		{"sele", "demo> select"},
		{".relat", ".relationships"},
		{".schema Opportunit", "Opportunity"},
		{".mode mark", ".mode markdown"},
		{".org de", ".org demo"},
		{".read scri", ".read script.sql"},
	} {
		c.ready()
		c.send(step.keys)
		c.tab(step.want)
		c.send("\x07") // leaves the menu
		c.send("\x03")
		c.ready()
		c.send("\x0c")
	}
	// Several candidates are a menu.
	c.ready()
	c.send("SELECT Mailing FROM Contact" + strings.Repeat("\x1b[D", 13))
	c.tab("MailingPostalCode")
	c.send("\x07")
	c.send("\x03")
	// What is chosen from it stays whole whatever is typed next.
	for _, next := range []string{" WHERE 1", ", Lead", "; "} {
		c.ready()
		c.send("SELECT Id FROM Camp")
		c.tab("CampaignMember  ")
		c.tab("FROM CampaignMember")
		c.send(next)
		c.shows("demo> SELECT Id FROM CampaignMember" + strings.TrimRight(next, " "))
		c.send("\x03")
		c.ready()
		c.send("\x0c")
	}
}

func TestPromptEditsAndRemembers(t *testing.T) {
	home := t.TempDir()
	c := open(t, home, nil, "--org", "demo")
	c.enter("SELECT 41+1;" + "\x1b[D\x7f2" + "\x05") // 41+1 becomes 41+2
	c.shows(" 43")
	c.enter(".parameter set password hunter2")
	c.enter(".parameter list")
	c.shows("hunter2")
	c.enter(".quit")
	c.ends()
	file := filepath.Join(home, "state", "sfsql", "history")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the history has the rights %o", info.Mode().Perm())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("hunter2")) || !bytes.Contains(text, []byte("41+2")) {
		t.Errorf("the history is\n%s", text)
	}
	c = open(t, home, nil, "--org", "demo")
	c.ready()
	c.send("\x1b[A\x1b[A\x1b[A")
	c.shows("demo> SELECT 41+2;")
	c.send("\r")
	c.shows(" 43")
}

func TestPromptCancelsAStatementAndItsJob(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo?latency=300ms&scale=3", "--api", "bulk")
	c.enter("SELECT Name FROM Contact;")
	c.shows("Contact by BULK")
	c.sendNow("\x03")
	c.shows("interrupted: the statement was cancelled")
	c.enter("SELECT count(*) || ' jobs' FROM sf_jobs WHERE state <> 'Aborted';")
	c.shows("0 jobs")
	c.enter("SELECT 40+2;")
	c.shows(" 42")
	c.ready()
	c.send("SELECT typed")
	c.shows("typed")
	c.send("\x03") // empties the line
	c.ready()
}

func TestPromptTellsProgressAndTakesItAway(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo?latency=400ms&scale=2")
	c.enter("SELECT count(DISTINCT Name) AS n FROM Contact;")
	c.shows("rows/s")
	c.shows("(1 row)")
	c.until("no progress", func(text string) bool { return !strings.Contains(text, "rows/s") })
}

func TestPromptUsesThePager(t *testing.T) {
	home := t.TempDir()
	pager := filepath.Join(home, "pager")
	if err := os.WriteFile(pager, []byte("#!/bin/sh\nread first\necho \"paged: $first\"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	c := open(t, home, []string{"PAGER=" + pager}, "--org", "demo")
	c.enter(".headers off")
	c.enter("SELECT 'short';")
	c.shows("(1 row)")
	// The pager leaves before it has all, which ends the statement quietly.
	c.enter("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT 'row ' || i FROM n;")
	c.shows("paged: row 1")
	c.ready()
	if text := c.text(); strings.Contains(text, "paged: short") || strings.Contains(text, "sfsql: ") {
		t.Errorf("the screen shows\n%s", text)
	}
	c.enter(".pager off")
	c.enter("SELECT Name FROM Contact LIMIT 60;")
	c.shows("(60 rows)")
}

func TestPromptFollowsTheTerminalsWidth(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo")
	c.ready()
	c.resize(44, 30)
	c.enter("SELECT 1234567890 AS n, printf('%.200c', 'x') AS x;")
	c.shows("xxx…")
	c.shows("(1 row)")
}

// A window that becomes narrower while a line is edited wraps the line, and
// what is typed next stands where the cursor is; a wider one undoes that.
func TestPromptFollowsTheTerminalWhileTyping(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo")
	c.ready()
	c.send("\x0c")
	c.send("SELECT 'one two three four five six seven eight' AS text")
	c.shows("eight' AS text")
	c.resize(40, 30)
	c.send(", 40+")
	c.send("2;")
	c.until("the line, wrapped", func(text string) bool {
		return strings.Contains(strings.ReplaceAll(text, "\n", ""), "demo> SELECT 'one two three four five six seven eight' AS text, 40+2;")
	})
	c.resize(100, 30)
	c.send("\x7f\x7f1;") // backspace, twice
	c.until("the line, whole", func(text string) bool {
		return strings.HasSuffix(text, "demo> SELECT 'one two three four five six seven eight' AS text, 40+1;")
	})
	c.send("\r")
	c.shows("eight |   41")
	c.shows("(1 row)")
	c.ready()
}

// The rows of a statement, and the line that tells how far it is, fit the
// terminal as it is when they come.
func TestPromptFollowsTheTerminalWhileAStatementRuns(t *testing.T) {
	c := open(t, t.TempDir(), nil, "--org", "demo?latency=400ms&scale=2")
	c.enter("SELECT count(DISTINCT Name) AS n, printf('%.200c', 'x') AS x FROM Contact;")
	c.shows("rows/s")
	c.resize(40, 30)
	c.until("progress on a line of its own", func(text string) bool {
		lines := strings.Split(text, "\n")
		last := lines[len(lines)-1]
		return strings.Contains(last, "Contact by REST") && strings.HasSuffix(last, "…") && len([]rune(last)) < 40
	})
	c.shows("(1 row)")
	for _, line := range strings.Split(c.text(), "\n") {
		if strings.Contains(line, "xxx") && !strings.HasSuffix(line, "x…") {
			t.Errorf("a row does not fit: %q", line)
		}
	}
	c.enter("SELECT 40+2;")
	c.shows(" 42")
}

func TestPromptIsColouredUnlessAskedNotTo(t *testing.T) {
	for _, test := range []struct {
		settings []string
		want     bool
	}{{nil, true}, {[]string{"NO_COLOR=1"}, false}, {[]string{"TERM=dumb"}, false}} {
		c := open(t, t.TempDir(), test.settings, "--org", "demo")
		c.enter("SELECT 'text';")
		c.shows("(1 row)")
		if got := strings.Contains(c.written(), "\x1b[34mSELECT"); got != test.want {
			t.Errorf("%v: coloured is %v", test.settings, got)
		}
	}
}
