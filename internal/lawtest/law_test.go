package lawtest

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var (
	full = flag.Bool("lawfull", false, "run 100,000 generated statements")
	seed = flag.Uint64("lawseed", 1, "seed of the generated statements")
	only = flag.Int("lawat", -1, "run only this statement of the seed")
	into = flag.String("lawsoql", "", "write the distinct SOQL statements that were sent to this file")
)

// directory holds the oracles' files.
var directory string

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if directory, err = os.MkdirTemp("", "lawtest-*"); err != nil {
		panic(err)
	}
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if *into != "" {
		if err := sent.write(*into); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	_ = os.RemoveAll(directory)
	os.Exit(code)
}

// slow is when a statement is worth a line in the log.
const slow = 2 * time.Second

const scripts = "../../testdata/sql"

// TestLaw runs the statements by hand under every variant.
func TestLaw(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scripts, "*.test"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	parsed := map[string][]entry{}
	for _, file := range files {
		if parsed[file], err = readScript(file); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, v)
			for _, file := range files {
				entries := chosen(v, filepath.Base(file), parsed[file])
				if len(entries) == 0 {
					continue
				}
				t.Run(strings.TrimSuffix(filepath.Base(file), ".test"), func(t *testing.T) { w.script(t, entries) })
			}
			w.checkPushdown(t, v)
			w.checkShortcuts(t, v, fewestByHand(v))
			w.checkWays(t, v)
		})
	}
}

// chosen returns the entries of a file that a variant runs. Tiny pages make
// scans slow, and so does the race detector, because SQLite is Go here.
func chosen(v variant, file string, entries []entry) []entry {
	switch {
	case !strings.HasPrefix(file, v.only):
		return nil
	case raceDetector:
	case v.pages == 0 || v.pages >= 200:
		return entries
	}
	var out []entry
	for _, e := range entries {
		if e.has("small") {
			out = append(out, e)
		}
	}
	return out
}

// checkPushdown makes sure that the variant is what its name says: agreement
// of two sides that both scan whole tables would prove nothing.
func (w *world) checkPushdown(t *testing.T, v variant) {
	t.Helper()
	filtered := 0
	for _, soql := range w.org.Stats().Queries {
		if strings.Contains(soql, " WHERE ") {
			filtered++
		}
	}
	switch off := strings.Contains(v.dsn, "pushdown=off"); {
	case off && filtered > 0:
		t.Errorf("pushdown is off, and %d queries have a WHERE", filtered)
	case !off && filtered == 0 && !raceDetector:
		t.Error("no query has a WHERE")
	}
}

// checkShortcuts makes sure that the law is judged on both ways out: past
// SQLite's machine for at least so many statements, or for none where the
// variant switches that off.
func (w *world) checkShortcuts(t *testing.T, v variant, fewest int64) {
	t.Helper()
	n := w.driver.Stats().Shortcuts
	t.Logf("%d statements left SQLite's machine out", n)
	switch off := strings.Contains(v.dsn, "shortcut=off"); {
	case off && n > 0:
		t.Errorf("shortcuts are off, and %d statements took one", n)
	case !off && n < fewest && !raceDetector:
		t.Errorf("only %d statements left SQLite's machine out, want %d", n, fewest)
	}
}

// fewestByHand is how many of the statements by hand must leave SQLite's
// machine out under a variant. Under tiny pages only some of them run, and
// without pushdown SQLite checks every predicate.
func fewestByHand(v variant) int64 {
	switch {
	case v.only != "":
		return 5
	case v.pages != 0 && v.pages < 200:
		return 15
	case strings.Contains(v.dsn, "pushdown=off"):
		return 30
	}
	return 200
}

// sides are a script's connections.
type sides struct{ driver, oracle, full *sql.Conn }

func (w *world) connect(t *testing.T) sides {
	t.Helper()
	conn := func(db *sql.DB) *sql.Conn {
		c, err := db.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	return sides{conn(w.db), conn(w.oracle), conn(w.full)}
}

func (w *world) script(t *testing.T, entries []entry) {
	s := w.connect(t)
	for _, e := range entries {
		if e.mode == executed {
			for _, c := range []*sql.Conn{s.driver, s.oracle} {
				if _, err := c.ExecContext(context.Background(), e.sql, e.args...); err != nil {
					t.Fatalf("line %d: %s: %v", e.line, e.sql, err)
				}
			}
			continue
		}
		w.check(t, s, &e)
	}
}

func (w *world) check(t *testing.T, s sides, e *entry) {
	t.Helper()
	oracle := s.oracle
	if e.has("hidden") {
		oracle = s.full
	}
	ours, theirs := e.statement()
	// A script may have tables of its own, so an answer is one file's.
	want := answers.get(fmt.Sprint(key(w.shape), filepath.Base(t.Name()), e.line), func() answer {
		return ask(context.Background(), oracle, theirs, oracleArgs(e.args))
	})
	w.diagnosis.RLock()
	began := time.Now()
	got := ask(w.ways.listen(), s.driver, ours, e.args)
	if took := time.Since(began); took > slow {
		t.Logf("line %d took %v: %s", e.line, took.Round(time.Millisecond), ours)
	}
	w.diagnosis.RUnlock()
	reason := differ(e.mode, got, want, e.limit, e.offset)
	if reason == "" && want.err != nil && e.mode != failing {
		reason = "both sides fail; the header should be error"
	}
	switch {
	case e.divergence != "" && reason == "":
		t.Errorf("line %d: %s\n  no longer diverges (%s)", e.line, e.sql, e.divergence)
	case e.divergence == "" && reason != "":
		t.Errorf("line %d: %s\n  args %v\n  %s\n  driver: %s\n  SQLite: %s\n  asked:\n    %s",
			e.line, ours, e.args, reason, got, want, strings.Join(w.asked(s.driver, ours, e.args), "\n    "))
	}
}

// asked runs a statement again, alone, and returns the SOQL that it sends.
func (w *world) asked(conn querier, query string, args []any) []string {
	w.diagnosis.Lock()
	defer w.diagnosis.Unlock()
	before := w.org.Stats().Queries
	ask(context.Background(), conn, query, args)
	after := w.org.Stats().Queries
	if len(after) < len(before) {
		return []string{"(too many to tell)"}
	}
	out := after[len(before):]
	if len(out) > 8 {
		out = append(out[:8:8], fmt.Sprintf("… and %d more", len(out)-8))
	}
	return out
}
