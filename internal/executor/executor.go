package executor

import (
	"context"
	"errors"

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
}

// New returns an executor over a client.
func New(client *salesforce.Client, opts Options) *Executor {
	return &Executor{client: client, opts: opts}
}

// API is a way of reading records.
type API string

// The APIs, and the wish to have one picked.
const (
	Auto API = "auto"
	REST API = "rest" // answers page by page, at once and with every type of field
	Bulk API = "bulk" // a job whose result is downloaded: late, and then fast
)

// Choice is the API that serves a scan, and why.
type Choice struct {
	API    API
	Reason string // for people: EXPLAIN shows it
}

// Choose decides by which API a scan is read. It asks the org for nothing.
func (e *Executor) Choose(scan Scan) Choice {
	if scan.Query != nil && scan.Query.IsCount() {
		return Choice{REST, "a count is one call"}
	}
	return Choice{REST, "REST answers at once and has every type of field"}
}

// Open begins a scan. It returns when the first page is there; the context
// rules the whole scan.
func (e *Executor) Open(ctx context.Context, scan Scan) (soql.Rows, error) {
	if scan.Query == nil {
		return nil, errors.New("executor: a scan needs a query")
	}
	// The error is the client's: wrapped here it would say nothing more.
	rows, err := e.client.Query(ctx, scan.Query.String(), salesforce.QueryOptions{All: scan.All, Columns: scan.Columns})
	if err != nil {
		return nil, err
	}
	return rows, nil
}
