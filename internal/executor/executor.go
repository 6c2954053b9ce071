package executor

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/soql"
)

// Options says how an executor reads.
type Options struct {
	API       API   // REST and Bulk insist; empty or Auto leaves the choice to each scan
	Threshold int64 // rows from which Bulk is the better way; 0 means DefaultThreshold
	// Catalog tells how many records sObjects have and of what types their
	// fields are, as far as it knows without asking. It may be nil.
	Catalog *catalog.Catalog
	Org     string // that events name

	// Left hears that something stays in the org which a scan should have
	// removed: its Bulk job. The scan's rows are not concerned. May be nil.
	Left func(ctx context.Context, err error)
}

// Scan is one read of an sObject.
type Scan struct {
	Query    *soql.Query
	Columns  []soql.Column // none for SELECT COUNT()
	All      bool          // deleted and archived records too
	Expected int64         // rows that SQLite's planner expects, perhaps a guess; -1 means unknown
	Drained  bool          // the reader will surely read to the end
}

// Executor runs scans over one client. Its methods may be called
// concurrently.
type Executor struct {
	client *salesforce.Client
	opts   Options
	seen   statistics

	patience time.Duration // the constant of this name, but for tests
}

// scans numbers the scans of all executors: statements may have several.
var scans atomic.Int64

// New returns an executor over a client.
func New(client *salesforce.Client, opts Options) *Executor {
	if opts.API == "" {
		opts.API = Auto
	}
	if opts.Threshold == 0 {
		opts.Threshold = DefaultThreshold
	}
	return &Executor{client: client, opts: opts, patience: patience}
}

// Open begins a scan. Over REST it returns when the first records are there, over
// Bulk when the job is accepted. The context rules the whole scan.
func (e *Executor) Open(ctx context.Context, scan Scan) (soql.Rows, error) {
	if scan.Query == nil {
		return nil, errors.New("executor: a scan needs a query")
	}
	choice := e.Choose(scan)
	if choice.API == Bulk {
		if !BudgetOf(ctx).fits(choice.Calls) {
			choice = Choice{API: REST, Rows: choice.Rows, Reason: "max_calls leaves too few calls for a job"}
		}
	}
	r := newRows(ctx, e, scan, choice)
	// Errors are the client's: wrapped here they would say nothing more.
	if err := r.open(); err != nil {
		r.track.end(err)
		_ = r.Close() // nothing was read
		return nil, err
	}
	if r.job == nil && r.given == nil && r.track == nil {
		return r.rest, nil // nothing will change and nobody listens
	}
	return r, nil
}
