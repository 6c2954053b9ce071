package shell

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/driver"
)

func TestHistoryKeepsSecretsOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "history")
	h, err := openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	kept := []string{"SELECT 1;", "SELECT\n'two lines';", ".org prod", "SELECT Token FROM x;"}
	for _, line := range append(slices.Clone(kept),
		" SELECT 'private';", ".org salesforce://me:pw@acme/", ".org salesforce://acme/?client_secret=x",
		".parameter set password x", ".org 'salesforce://acme/?access_token=00D!x'", "  ",
		kept[len(kept)-1], // once more
	) {
		if _, err := h.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	again, err := openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, lines := range [][]string{h.lines, again.lines} {
		if !slices.Equal(lines, kept[:len(lines)]) || len(lines) != len(kept) {
			t.Errorf("kept %q, want %q", lines, kept)
		}
	}
}

func TestHistoryIsBoundedAndSurvivesACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	text := strings.Repeat("\"SELECT 1;\"\n", mostHistory+10) + "\"SELECT cut o"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h, err := openHistory(path)
		if err != nil {
			t.Fatal(err)
		}
		if h.Len() != mostHistory {
			t.Errorf("%d entries", h.Len())
		}
	}
}

// A line that is longer than what is read back would take the others with it.
func TestHistoryLeavesOutWhatIsTooLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	h, err := openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	longest := strings.Repeat("x", longestEntry-len("\"\"\n"))
	for _, line := range []string{longest, longest + "x", "SELECT 1;"} {
		if _, err := h.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	again, err := openHistory(path)
	if err != nil || !slices.Equal(again.lines, []string{longest, "SELECT 1;"}) {
		t.Errorf("%d lines, %v", again.Len(), err)
	}
}

func TestEnteredWaitsForTheWholeStatement(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT 1": false, "SELECT 1;": true, "SELECT ';": false, "": true, "-- a": true, "/* a": false, "/* a */": true,
		".tables": true, `\d`: true, "quit": true, "SELECT 1; SELECT": false,
		"CREATE TEMP TRIGGER t AFTER INSERT ON x BEGIN SELECT 1;":      false,
		"CREATE TEMP TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END;": true,
	} {
		if got := entered(text); got != want {
			t.Errorf("%q is whole: %v", text, got)
		}
	}
}

func TestHighlightAddsNothingButColour(t *testing.T) {
	for _, text := range []string{"SELECT 'a', 12, x -- c\nFROM \"y\"", ".mode csv", `\d x`, "'open", "/* open", "größe 日本"} {
		got := highlight(text)
		for _, colour := range []string{colourKeyword, colourText, colourNumber, colourComment, colourCommand, colourOff} {
			got = strings.ReplaceAll(got, colour, "")
		}
		if got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got, want := highlight("SELECT 'a' -- b"), colourKeyword+"SELECT"+colourOff+" "+colourText+"'a'"+colourOff+" "+colourComment+"-- b"+colourOff; got != want {
		t.Errorf("got %q", got)
	}
}

func TestProgressTellsAndClears(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, func() int { return 200 })
	now := time.Unix(0, 0)
	p.now = func() time.Time { return now }
	p.stats = func() driver.Stats { return driver.Stats{Calls: 9} }
	p.calls, p.began, p.scans = 2, now, map[int64]int64{}
	p.note(driver.Progress{Scan: 1, Table: "Lead", API: "REST", State: driver.ProgressDone, Rows: 1000})
	p.note(driver.Progress{Scan: 2, Table: "Account", API: "BULK", State: driver.ProgressRunning, Job: "750A", Rows: 12000, Total: 40000, Exact: true})
	p.draw()
	if out.Len() > 0 {
		t.Errorf("told at once: %q", out.String())
	}
	now = now.Add(2 * time.Second)
	p.draw()
	if want := "\r\x1b[KAccount by BULK, running (750A): 12,000 of 40,000 rows, 6,500 rows/s, 2 s, 7 calls"; out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
	out.Reset()
	p.clear()
	p.clear()
	if want := "\r\x1b[K"; out.String() != want {
		t.Errorf("cleared by %q", out.String())
	}
	out.Reset()
	p.hide(true)
	p.draw()
	if out.Len() > 0 {
		t.Errorf("told while hidden: %q", out.String())
	}
	var none *progress // tells nothing and breaks nothing
	none.start(nil)
	none.note(driver.Progress{})
	none.clear()
	none.hide(true)
	none.stop()
}

func TestNewPagerFollowsTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want []string
	}{
		{map[string]string{"PAGER": ""}, nil},
		{map[string]string{"PAGER": "cat"}, nil},
		{map[string]string{"PAGER": "no-such-program-anywhere -x"}, nil},
		{map[string]string{"PAGER": "sort -r"}, []string{"sort", "-r"}},
	} {
		p := NewPager(func(name string) (string, bool) { v, ok := c.env[name]; return v, ok }, func() int { return 10 })
		var got []string
		if p != nil {
			got = p.Command
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q", c.env, got, c.want)
		}
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range commands {
		for _, name := range append(strings.Fields(c.alias), "."+c.name) {
			if seen[name] {
				t.Errorf("%s stands for two commands", name)
			}
			seen[name] = true
		}
		if c.short == "" || !strings.Contains(c.long, "."+c.name) {
			t.Errorf(".%s: help without an example: %q", c.name, c.long)
		}
	}
}
