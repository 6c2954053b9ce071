package executor

import (
	"context"
	"errors"

	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/soql"
)

// Scan is one read of an sObject.
type Scan struct {
	Query   *soql.Query
	Columns []soql.Column // none for SELECT COUNT()
	All     bool          // deleted and archived records too
}

// Executor runs scans over one client.
type Executor struct {
	client *salesforce.Client
}

// New returns an executor over a client.
func New(client *salesforce.Client) *Executor { return &Executor{client: client} }

// API is a way of reading records.
type API string

// REST answers page by page, at once and with every type of field.
const REST API = "rest"

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
