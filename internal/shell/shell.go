package shell

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/format"
)

// Org is an open org.
type Org struct {
	Name  string // as the user named it; it holds no secret
	DB    *sql.DB
	Conn  *sql.Conn // statements run here, so that TEMP tables and transactions work
	Stats func() driver.Stats
	Close func() error
}

// SavedOrg is an org that .org can open by its name.
type SavedOrg struct{ Name, Host, User string }

// Output is a file of results. Either Commit or Abort ends it; the file gets
// its name with Commit.
type Output interface {
	io.Writer
	Commit() error
	Abort()
}

// Config is what a shell needs of the program around it.
type Config struct {
	Open   func(ctx context.Context, org string) (*Org, error)
	Orgs   func() ([]SavedOrg, error)
	Create func(path string) (Output, error)
	// Report tells the user of an error after which the shell goes on, in the
	// program's own words.
	Report func(ctx context.Context, err error)
	Stdout io.Writer
	Stderr io.Writer
	Width  func() int // of the terminal that standard output is; nil or 0: it is none
	// Terminal says that standard output is one, which no value shall steer.
	Terminal bool

	Style   format.Style // Mode may be left empty: what the output asks for
	Explain bool         // show what statements would ask of the org, and run none
	// ServerPlan asks Salesforce for its own plans beside that.
	ServerPlan bool
	Plain      bool // show that as rows, in the style's mode
	Stats      bool // tell on standard error what each statement has cost
	Bail       bool // the first error ends a run
	Params     []Param

	// Progress is the width of the terminal that standard error is, where it
	// shall tell how far a statement is that takes long; nil: it shall not.
	Progress func() int
	// Pager shows a result that is longer than the screen; nil where there is
	// no screen.
	Pager *Pager
}

// Shell is a session. It is for one goroutine.
type Shell struct {
	cfg      Config
	org      *Org
	style    format.Style
	explain  bool
	stats    bool
	timer    bool
	bail     bool
	pager    bool
	params   map[string]any
	screen   *screen
	stdout   *sink // where results go that no file takes
	output   *sink // of .output; nil is stdout
	before   int   // the output's results before the statement
	once     *sink // of .once, while its result is written
	oncePath string
	depth    int // of .read within .read
	progress *progress
	scans    *scanLog // of the last statement
	all      *scanLog // of all statements
	names    *names   // that completion offers
	ran      bool     // a statement was run, and scans tells of it
}

// New returns a shell without an org.
func New(cfg Config) *Shell {
	s := &Shell{
		cfg: cfg, style: cfg.Style, explain: cfg.Explain, stats: cfg.Stats, bail: cfg.Bail, pager: cfg.Pager != nil,
		params: map[string]any{}, scans: new(scanLog), all: new(scanLog), names: newNames(),
	}
	s.screen = &screen{s: s}
	s.stdout = &sink{out: bufio.NewWriterSize(s.screen, 1<<16)}
	for _, p := range cfg.Params {
		s.params[p.Name] = p.Value
	}
	if cfg.Progress != nil {
		s.progress = newProgress(cfg.Stderr, cfg.Progress)
	}
	return s
}

func (s *Shell) width() int {
	if s.cfg.Width == nil {
		return 0
	}
	return s.cfg.Width()
}

// Use opens an org in place of the present one, which stays where that fails.
func (s *Shell) Use(ctx context.Context, name string) error {
	org, err := s.cfg.Open(ctx, name)
	if err != nil {
		return err
	}
	s.names.stop()
	if s.org != nil {
		err = s.org.Close()
	}
	s.org = org
	s.names = newNames()
	return err
}

// Close ends the file of .output and the org.
func (s *Shell) Close() error {
	s.names.stop()
	err := s.endOutput()
	if s.org != nil {
		err = errors.Join(err, s.org.Close())
	}
	return err
}

// Stats returns what the org's connections have used.
func (s *Shell) Stats() driver.Stats {
	if s.org == nil {
		return driver.Stats{APIUsed: -1, APIMax: -1}
	}
	return s.org.Stats()
}

// StatementError tells which statement of several failed.
type StatementError struct {
	Statement
	Number int // the first of the run is 1
	Err    error
}

func (e *StatementError) Error() string {
	if e.Source == "" {
		return fmt.Sprintf("statement %d: %v", e.Number, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.Source, e.Line, e.Err)
}

func (e *StatementError) Unwrap() error { return e.Err }

// errQuit is .quit's.
var errQuit = errors.New("quit")

// Run runs statements and commands. Where Bail holds, the first error ends the
// run; else errors are reported as they come. The error returned is the first,
// a *StatementError where there are several statements. The run also ends, and
// quit tells so, where .quit does.
func (s *Shell) Run(ctx context.Context, statements []Statement) (quit bool, err error) {
	for i, st := range statements {
		failed := s.runOne(ctx, st)
		if errors.Is(failed, errQuit) {
			return true, err
		}
		if failed == nil {
			continue
		}
		if len(statements) > 1 {
			failed = &StatementError{Statement: st, Number: i + 1, Err: failed}
		}
		if ends := s.bail || ctx.Err() != nil || isOutput(failed); ends && err == nil {
			return false, failed
		} else if ends {
			s.cfg.Report(ctx, failed)
			return false, &reported{err}
		}
		s.cfg.Report(ctx, failed)
		if err == nil {
			err = failed
		}
	}
	if err != nil {
		err = &reported{err}
	}
	return false, err
}

// reported is an error that the user has been told of.
type reported struct{ error }

func (e *reported) Unwrap() error { return e.error }

// IsReported tells whether the user has been told of an error of Run's.
func IsReported(err error) bool {
	var r *reported
	return errors.As(err, &r)
}

// isOutput reports whether a result could not be written, after which nothing
// more can.
func isOutput(err error) bool {
	var w *writeError
	return errors.As(err, &w)
}

// writeError is a failed write to standard output.
type writeError struct{ error }

func (e *writeError) Unwrap() error { return e.error }

func (s *Shell) runOne(ctx context.Context, st Statement) error {
	if st.IsCommand() {
		return s.settle(s.command(ctx, st.Text))
	}
	start := time.Now()
	before := s.Stats()
	s.scans, s.ran = new(scanLog), true
	err := s.settle(s.query(s.watched(ctx), st.Text))
	if s.stats {
		s.tellStats(s.scans, before, time.Since(start))
	}
	if s.timer && err == nil {
		s.say("%.3f s", time.Since(start).Seconds())
	}
	return err
}

// watched returns a context whose scans are heard of.
func (s *Shell) watched(ctx context.Context) context.Context {
	scans, all, progress := s.scans, s.all, s.progress
	return driver.WithProgress(ctx, func(p driver.Progress) {
		scans.note(p)
		all.note(p)
		progress.note(p)
	})
}

// TellStats tells on standard error what all statements have cost.
func (s *Shell) TellStats(took time.Duration) { s.tellStats(s.all, driver.Stats{}, took) }

func (s *Shell) tellStats(scans *scanLog, before driver.Stats, took time.Duration) {
	for _, line := range scans.lines() {
		s.say("%s", line)
	}
	s.say("%s", statsLine(since(before, s.Stats()), took))
}

// say tells something that is no result.
func (s *Shell) say(text string, args ...any) {
	s.progress.clear()
	fmt.Fprintf(s.cfg.Stderr, "sfsql: %s\n", format.Harmless(fmt.Sprintf(text, args...)))
}

// ReadFile splits the statements of a file, and tells each where it stands.
func ReadFile(path string) ([]Statement, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(path, f)
}
