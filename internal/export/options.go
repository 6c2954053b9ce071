package export

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sfsql/sfsql/internal/format"
)

// Formats are what files can be written as.
var Formats = []string{"csv", "jsonl", "parquet", "sqlite"}

// Defaults of Options.
const (
	// DefaultThreshold is how many records a part has: as many as Salesforce's
	// own chunks by key may have.
	DefaultThreshold = 250_000
	// DefaultParallel is how many objects are read at once.
	DefaultParallel = 2
	// DefaultLookback is how far before a mark changes are asked for again: a
	// transaction may show long after the time that its records bear.
	DefaultLookback = 10 * time.Minute
)

// Options say what is exported, and where to.
type Options struct {
	// DB is a database of the driver whose dates are text (time=text). For
	// changes it must see deleted records (deleted=true).
	DB  *sql.DB
	Org string // names the org in manifest and state

	// One of these three says what.
	Objects []string
	All     bool
	Query   string // one SELECT

	Where   string   // SQL that each record must meet; not for Query
	Columns []string // of each object; empty means what SELECT * gives

	Format string // one of Formats; empty means what the name of Out tells, else csv
	Out    string // a folder, or a file where its name ends as a format's does and there is one result
	BOM    bool   // begin CSV with a byte order mark

	Parallel  int
	Threshold int64
	Resume    bool  // go on with what is left of an export that broke off
	MaxCalls  int64 // API calls that all of it may spend; 0 means any number

	Since     time.Time     // only what has changed since then
	SinceText string        // how Since was asked for, if not as an instant; an export that resumes keeps the first one
	StateFile string        // only what has changed since the export that wrote it
	Lookback  time.Duration // before the state's marks; 0 asks for nothing twice

	Report func(Event)      // hears of progress, from several goroutines; may be nil
	Now    func() time.Time // nil means time.Now
}

// Changes reports whether only changes are wanted.
func (o *Options) Changes() bool { return o.StateFile != "" || !o.Since.IsZero() }

// Event tells how far an object is.
type Event struct {
	Object string
	State  string // see the constants below
	Rows   int64  // written
	Total  int64  // that there are, as far as is known; -1 where it is not
	API    string // REST or BULK: by which rows come now; empty until it is known
	Reason string // why it failed or was skipped, or what is noted
}

// The states of an object.
const (
	Reading = "reading"
	Done    = "done"
	Failed  = "failed"
	Skipped = "skipped"
	Noted   = "noted" // of a stream: what its changes do not tell
)

// UsageError says that the options contradict one another or the org.
type UsageError struct{ msg string }

func (e *UsageError) Error() string { return "export: " + e.msg }

func usagef(text string, args ...any) error { return &UsageError{fmt.Sprintf(text, args...)} }

// BusyError says that another export is at work where this one wanted to be.
type BusyError struct{ doing string }

func (e *BusyError) Error() string {
	return "export: another export is " + e.doing + "; wait for its end"
}

// OutputError is a write that failed. What was written before is kept.
type OutputError struct{ Err error }

func (e *OutputError) Error() string { return "export: writing: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *OutputError) Unwrap() error { return e.Err }

func outputError(err error) error {
	var known *OutputError
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &OutputError{err}
}

// FailedError says which objects are missing from an export.
type FailedError struct{ Failures []Failure }

// Failure is an object that could not be exported, and why.
type Failure struct {
	Object string
	Err    error
}

// reason is the error's text without the object, which errors of a scan name
// as well.
func (f Failure) reason() string {
	text := strings.TrimPrefix(f.Err.Error(), f.Object+": ")
	return strings.Replace(text, ": "+f.Object+": ", ": ", 1)
}

func (e *FailedError) Error() string {
	lines := make([]string, len(e.Failures))
	for i, f := range e.Failures {
		lines[i] = fmt.Sprintf("export: %s: %s", f.Object, f.reason())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the causes.
func (e *FailedError) Unwrap() []error {
	out := make([]error, len(e.Failures))
	for i, f := range e.Failures {
		out[i] = f.Err
	}
	return out
}

// complete checks the options and fills in what they leave out.
func (o *Options) complete() error {
	what := 0
	for _, given := range []bool{len(o.Objects) > 0, o.All, strings.TrimSpace(o.Query) != ""} {
		if given {
			what++
		}
	}
	switch {
	case what == 0:
		return usagef("name the objects, or all of them, or give a query")
	case what > 1:
		return usagef("objects, all of them and a query exclude one another")
	case o.Query != "" && (o.Where != "" || len(o.Columns) > 0):
		return usagef("a query has its own WHERE and its own columns")
	case o.Query != "" && o.Changes():
		return usagef("only objects can tell what has changed; a query can compare SystemModstamp itself")
	case o.MaxCalls < 0:
		return usagef("a number of calls cannot be negative")
	case o.Lookback < 0:
		return usagef("a look-back cannot be negative")
	}
	if o.Format == "" {
		o.Format = cmp.Or(formatOf(o.Out), "csv")
	}
	if !slices.Contains(Formats, o.Format) {
		return usagef("unknown format %q; there are %s", o.Format, strings.Join(Formats, ", "))
	}
	if o.Parallel < 1 {
		o.Parallel = DefaultParallel
	}
	if o.Threshold < 1 {
		o.Threshold = DefaultThreshold
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}

// formatOf returns the format that a file's name tells, or "".
func formatOf(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".sqlite", ".sqlite3", ".db":
		return "sqlite"
	}
	if mode := format.ModeOf(path); slices.Contains(Formats, mode) {
		return mode
	}
	return ""
}
