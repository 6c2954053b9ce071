//go:build unix

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hinshun/vt10x"
)

const (
	recordingFile    = "../../docs/session.svg"
	recordingColumns = 96
	recordingLines   = 24
	recordingLimit   = 150_000 // bytes; README.md shows it
)

// What docs/session.svg shows is what the program does when the same keys are
// typed; -update writes it.
func TestRecording(t *testing.T) {
	frames := record(t)
	text := drawRecording(frames)
	if len(text) > recordingLimit {
		t.Errorf("the recording has %d bytes, more than %d", len(text), recordingLimit)
	}
	if *update {
		if err := os.WriteFile(recordingFile, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(recordingFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, active := range []string{"<script", "<foreignObject", "http://www.w3.org/1999/xlink", "url(", "@import"} {
		if strings.Contains(string(kept), active) {
			t.Errorf("the recording holds %s, which the places that show it do not take", active)
		}
	}
	got, want := recordedScreens(t, text), recordedScreens(t, kept)
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("docs/session.svg is no longer true: run go test ./cmd/sfsql -run TestRecording -update\nit shows\n%s\nthe program shows\n%s", want[i], got[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("docs/session.svg has %d screens, the program showed %d: run go test ./cmd/sfsql -run TestRecording -update", len(want), len(got))
	}
}

// record plays the session. It waits for what each key brings, and never for a
// time to pass, so that a busy machine records the same.
func record(t *testing.T) []frame {
	home := t.TempDir()
	c := openSized(t, recordingColumns, recordingLines, home, []string{"PS1=$ ", "ENV="}, "sh")
	r := &recorder{console: c, prompt: "$"}
	r.await("$", func() bool { return c.text() == "$" })
	r.keep(500 * time.Millisecond)

	r.typed("sfsql --org demo")
	r.prompt = "demo>"
	r.enter(-1)
	r.press("\x0c", func() bool { return c.text() == "demo>" }) // what greets names a version
	r.keep(time.Second)

	r.note("Every object of the org is a table. Tab completes, also behind an alias.")
	r.typed("SELECT a.Industry, count(*) AS contacts, max(c.CreatedDate) AS latest")
	r.enterMore()
	r.typed("FROM Account a JOIN Contact c ON c.Acc")
	r.tab("c.AccountId")
	r.typed(" = a.Id")
	r.enterMore()
	r.typed("WHERE a.Rating = 'Hot' GROUP BY a.Industry ORDER BY contacts DESC LIMIT 4;")
	r.enter(4 * time.Second)

	r.note("What did that ask of Salesforce?")
	r.typed(".soql")
	r.enter(4 * time.Second)

	r.press("\x0c", func() bool { return c.text() == "demo>" })
	r.note("Case, Order and Group are words of SQL: they get their quotes.")
	r.typed("SELECT OrderNumber, Status, TotalAmount FROM Ord")
	r.tab(`FROM "Order"`)
	r.typed(" ORDER BY TotalAmount DESC LIMIT 2;")
	r.enter(3 * time.Second)
	r.typed(".schema RecordType")
	r.enter(5 * time.Second)

	r.press("\x0c", func() bool { return c.text() == "demo>" })
	r.note("A wide row, a line for each value.")
	r.typed(`\x`)
	r.enter(0)
	r.typed("SELECT Name, Type, Status, StartDate FROM C")
	r.menu("CampaignMember")
	r.tab("FROM Campaign")
	r.typed(" ORDER BY Id LIMIT 1;")
	r.enter(3 * time.Second)
	r.typed(`\x`)
	r.enter(0)
	r.note("What would it cost?")
	r.typed(".explain on")
	r.enter(0)
	r.typed("SELECT Name FROM Lead WHERE CreatedDate >= '2025-01-01' AND Email LIKE '%.org';")
	r.enter(5 * time.Second)
	r.typed(".explain off")
	r.enter(0)

	r.press("\x0c", func() bool { return c.text() == "demo>" })
	r.note("The next result into a workbook, and whole objects into files.")
	r.typed(".once leads.xlsx")
	r.enter(0)
	r.typed("SELECT Name, Company, Email FROM Lead WHERE Rating = 'Hot';")
	r.enter(time.Second)
	r.prompt = "$"
	r.typed(".quit")
	r.enter(time.Second)
	r.typed("sfsql export Account Contact --org demo --out backup")
	r.enter(2 * time.Second)
	r.typed("ls backup leads.xlsx")
	r.enter(6 * time.Second)
	return r.frames
}

// frame is what the screen shows for a time.
type frame struct {
	rows  [][]vt10x.Glyph
	x, y  int // of the cursor
	holds time.Duration
	// from is the column of the cursor's row that the keys before this frame
	// began at, in a frame of typing; else -1.
	from int
}

// recorder plays keys and keeps what the screen shows.
type recorder struct {
	*console
	prompt string // that waits for the next line
	frames []frame
}

// await waits until the screen is as it shall be, and stays so: what is drawn
// in several steps looks finished between them.
func (r *recorder) await(what string, ok func() bool) {
	r.t.Helper()
	r.until(what, func(string) bool {
		if !ok() {
			return false
		}
		r.settle()
		return ok()
	})
}

// keep adds what the screen shows to the recording.
func (r *recorder) keep(holds time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := frame{holds: holds, from: -1}
	columns, lines := r.screen.Size()
	for y := range lines {
		row := make([]vt10x.Glyph, columns)
		for x := range columns {
			row[x] = r.screen.Cell(x, y)
		}
		f.rows = append(f.rows, row)
	}
	f.x, f.y = r.screen.Cursor().X, r.screen.Cursor().Y
	r.frames = append(r.frames, f)
}

// input returns the cursor's row up to the cursor, and where that is.
func (r *recorder) input() (text string, x, y int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x, y = r.screen.Cursor().X, r.screen.Cursor().Y
	var b strings.Builder
	for i := range x {
		b.WriteRune(r.screen.Cell(i, y).Char)
	}
	return b.String(), x, y
}

// attempt is how long a key is waited for before it is typed again: the line
// editor drops one that comes together with the answer to where the cursor is.
const attempt = 3 * time.Second

// press types keys until they have their effect: again where the line is still
// what it was.
func (r *recorder) press(keys string, ok func() bool) {
	r.t.Helper()
	text, x, y := r.input()
	r.send(keys)
	pressed := time.Now()
	r.await(fmt.Sprintf("what %q brings", keys), func() bool {
		if ok() {
			return true
		}
		nowText, nowX, nowY := r.input()
		if time.Since(pressed) > attempt && nowText == text && nowX == x && nowY == y {
			r.send(keys)
			pressed = time.Now()
		}
		return false
	})
}

// typed types a text, which stays on the row.
func (r *recorder) typed(text string) {
	r.t.Helper()
	before, from, _ := r.input()
	r.press(text, func() bool {
		got, _, y := r.input()
		return got == before+text && strings.Count(r.text(), "\n") == y // no menu below
	})
	r.keep(400 * time.Millisecond)
	r.frames[len(r.frames)-1].from = from
}

// tab completes, and waits for what that shall bring.
func (r *recorder) tab(want string) {
	r.t.Helper()
	r.press("\t", func() bool {
		got, _, _ := r.input()
		return strings.HasSuffix(got, want)
	})
	r.keep(700 * time.Millisecond)
}

// menu completes where there are several candidates, and waits for one.
func (r *recorder) menu(want string) {
	r.t.Helper()
	r.press("\t", func() bool { return strings.Contains(r.text(), want) })
	r.keep(time.Second)
}

// enter enters a line, waits for the prompt and keeps what has come, or with a
// negative time does not.
func (r *recorder) enter(holds time.Duration) {
	r.t.Helper()
	r.leave()
	r.await(r.prompt, func() bool {
		got, _, _ := r.input()
		lines := strings.Split(r.text(), "\n")
		return got == r.prompt+" " && lines[len(lines)-1] == r.prompt
	})
	if holds >= 0 {
		r.keep(holds + 300*time.Millisecond)
	}
}

// enterMore enters a line of a statement that goes on.
func (r *recorder) enterMore() {
	r.t.Helper()
	_, _, y := r.input()
	r.press("\r", func() bool {
		got, _, now := r.input()
		return now == y+1 && strings.TrimSpace(got) == ""
	})
	r.keep(200 * time.Millisecond)
}

// leave presses Enter until the cursor leaves its row's text.
func (r *recorder) leave() {
	r.t.Helper()
	before, _, y := r.input()
	r.press("\r", func() bool {
		got, _, now := r.input()
		return got != before || now != y
	})
}

// note enters a comment for who watches.
func (r *recorder) note(text string) {
	r.t.Helper()
	r.typed("-- " + text)
	r.enter(600 * time.Millisecond)
}

// typing returns the frames that show a frame's text as it is typed.
func (f frame) typing() []frame {
	if f.from < 0 || f.x <= f.from {
		return []frame{f}
	}
	const step, pace = 3, 100 * time.Millisecond
	var out []frame
	for x := f.from + step; x < f.x; x += step {
		g := frame{rows: slices.Clone(f.rows), x: x, y: f.y, holds: pace, from: -1}
		g.rows[f.y] = slices.Clone(f.rows[f.y])
		for i := x; i < f.x; i++ {
			g.rows[f.y][i] = vt10x.Glyph{Char: ' ', FG: vt10x.DefaultFG, BG: vt10x.DefaultBG}
		}
		out = append(out, g)
	}
	return append(out, f)
}
