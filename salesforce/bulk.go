package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// BulkOptions says how a query is read by Bulk API 2.0.
type BulkOptions struct {
	All     bool          // queryAll: soft-deleted and archived records too
	Columns []soql.Column // wanted of each record: all that the statement selects, and at least one
	// Parallel is how many pages of the result are downloaded at a time, at
	// most 5. With more than one the pages' records come in turns; a statement
	// with ORDER BY is read page after page whatever stands here. 0 means 1.
	Parallel int
	// PageRows bounds the records of a result page, whose pages are then read
	// one after the other. 0 leaves it to the server, which means the fewest
	// calls.
	PageRows int
	// OnJob is told of the job when it is made and whenever its status was
	// read. It is called by one goroutine at a time.
	OnJob func(Job)
	// OnPage is told of each part of the result that has arrived, by several
	// goroutines at a time where Parallel is more than one.
	OnPage func(PageInfo)
}

// PageInfo tells of records that have arrived. A page of REST arrives whole,
// one of Bulk in parts.
type PageInfo struct {
	Page  int   // of the result, from 1; Bulk's parallel pages in the server's order
	Rows  int64 // records of this part
	Bytes int64 // that came over the wire since the last part, packed
	Total int64 // records of the whole result, as the server counts them
}

// maxParallel is how many pages one answer of resultPages names.
const maxParallel = 5

// errNotBulk is what Bulk is known to refuse and is not asked for.
var errNotBulk = errors.New("salesforce: bulk query")

// IsBulkRefusal reports whether err says that a statement cannot be read by
// Bulk though it may be good SOQL: it was refused when its job was to be
// created, or never sent. REST then reads it, or says what is wrong with it.
func IsBulkRefusal(err error) bool {
	var e *Error
	if !errors.As(err, &e) || !e.creatingJob {
		return errors.Is(err, errNotBulk)
	}
	switch e.Code {
	case "INVALID_FIELD", "INVALID_TYPE", "INVALID_QUERY_FILTER_OPERATOR", "NUMBER_OUTSIDE_VALID_RANGE":
		return false // of SOQL, whichever API reads it
	case "FUNCTIONALITY_NOT_ENABLED", "INSUFFICIENT_ACCESS", "INVALIDENTITY", "LIMIT_EXCEEDED", "API_ERROR", "FEATURENOTENABLED":
		return true
	}
	// The codes of what Bulk does not select are not documented, so every
	// other 400 counts as one; 404 means an org without Bulk 2.0.
	return e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound
}

// BulkQuery runs a statement as a job of Bulk API 2.0 and returns when the job
// was accepted. The context rules the whole result: when it ends, so do the
// downloads, and the job is aborted and deleted. While the job is being made
// the answer is awaited for some seconds more, for it names what to delete.
func (c *Client) BulkQuery(ctx context.Context, soqlText string, opts BulkOptions) (*BulkRows, error) {
	if err := bulkColumns(opts.Columns); err != nil {
		return nil, err
	}
	opts.Parallel = min(max(opts.Parallel, 1), maxParallel)
	if opts.PageRows > 0 || ordered(soqlText) {
		opts.Parallel = 1
	}
	job, err := c.createJob(ctx, soqlText, opts.All)
	if err != nil {
		return nil, err
	}
	r := newBulkRows(ctx, c, job, opts)
	r.begin(new(batch))
	r.work.Go(r.run)
	return r, nil
}

// bulkColumns refuses columns that no CSV can have.
func bulkColumns(columns []soql.Column) error {
	if len(columns) == 0 {
		return fmt.Errorf("%w: a job returns columns, and none are wanted", errNotBulk)
	}
	for _, col := range columns {
		switch {
		case len(col.Path) == 0:
			return errors.New("salesforce: bulk query: a column has no path")
		case col.Kind == soql.KindJSON:
			return fmt.Errorf("%w: %s is a compound value, which CSV cannot hold", errNotBulk, strings.Join(col.Path, "."))
		}
	}
	return nil
}

// ordered reports whether a statement asks for an order, or may do so.
func ordered(soqlText string) bool {
	q, err := soql.Parse(soqlText)
	return err != nil || len(q.OrderBy) > 0
}
