package salesforce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/sfsql/sfsql/soql"
)

const queryOptionsHeader = "Sforce-Query-Options"

func batchSizeOption(n int) string { return "batchSize=" + strconv.Itoa(n) }

// QueryOptions says how a query is read.
type QueryOptions struct {
	All        bool          // queryAll: soft-deleted and archived records too
	BatchSize  int           // records a page, 200 to 2,000, a wish only; 0 leaves it to the server
	Columns    []soql.Column // wanted of each record; none for SELECT COUNT(), where only Total counts
	NoPrefetch bool          // ask for a page only when the one before is read

	// UniqueIDs says that no two records of the result have the same Id, and
	// that the sObject can be filtered and ordered by it. The result can then
	// go on by Id where its locator is lost or too many are open, and be read
	// in parts where it takes too long; see the package comment. For all but
	// the last the Id must be among Columns.
	UniqueIDs bool

	// OnPage is told of each page when the reader comes to it. It may be nil.
	OnPage func(PageInfo)
}

// Query runs a statement and returns when the first records are there, the rest
// of whose page may be on its way. The context
// rules the whole result: when it ends, so does the reading.
func (c *Client) Query(ctx context.Context, soqlText string, opts QueryOptions) (*Rows, error) {
	dec, err := newPageDecoder(opts.Columns)
	if err != nil {
		return nil, err
	}
	r := newRows(ctx, c, dec, soqlText, opts)
	if err := r.open(); err != nil {
		_ = r.Close() // it only waits
		return nil, err
	}
	return r, nil
}

// Plan is one way in which Salesforce would run a statement.
type Plan struct {
	Cardinality          int64    `json:"cardinality"` // records that the leading operation returns
	Fields               []string `json:"fields"`
	LeadingOperationType string   `json:"leadingOperationType"` // Index, TableScan, Sharing, Other
	RelativeCost         float64  `json:"relativeCost"`         // above 1 the filter is not selective
	SObjectCardinality   int64    `json:"sobjectCardinality"`
	SObjectType          string   `json:"sobjectType"`

	Notes []PlanNote `json:"notes"` // why other operations do not lead
}

// PlanNote is a remark of Salesforce's on a plan.
type PlanNote struct {
	Description string   `json:"description"`
	Fields      []string `json:"fields"`
	Table       string   `json:"tableEnumOrId"`
}

// Explain returns the plans that Salesforce considers for a statement, best
// first. The statement is not run.
func (c *Client) Explain(ctx context.Context, soqlText string) ([]Plan, error) {
	var answer struct {
		Plans []Plan `json:"plans"`
	}
	err := c.get(ctx, &call{
		op:   "explain",
		ref:  c.rest("/query?explain=" + url.QueryEscape(soqlText)),
		read: into(&answer),
	})
	return answer.Plans, err
}

// get sends a GET whose URL holds a statement, by way of composite where the
// URL would be too long.
func (c *Client) get(ctx context.Context, k *call) error {
	long, err := c.tooLong(ctx, k)
	if err != nil {
		return err
	}
	if !long {
		err = c.do(ctx, k)
		var e *Error
		if !errors.As(err, &e) || e.Status != http.StatusRequestURITooLong && e.Status != http.StatusRequestHeaderFieldsTooLarge {
			return err
		}
	}
	return c.do(ctx, wrap(k))
}

// tooLong measures a request as it would be sent.
func (c *Client) tooLong(ctx context.Context, k *call) (bool, error) {
	token, err := c.token(ctx, k)
	if err != nil {
		return false, err
	}
	req, err := c.request(ctx, k, token)
	if err != nil {
		return false, err
	}
	return sentSize(req) > longestRequest, nil
}

// first returns the call for a statement's first page.
func (r *Rows) first(soqlText string, p *page) *call {
	resource := "/query?q="
	if r.opts.All {
		resource = "/queryAll?q="
	}
	return &call{
		op:        "query",
		ref:       r.client.rest(resource + url.QueryEscape(soqlText)),
		batchSize: r.opts.BatchSize,
		bytes:     &r.bytes,
		read:      r.decodeInto(p),
	}
}

// more returns the call for a following page.
func (r *Rows) more(next string, number int, p *page) *call {
	return &call{
		op:        fmt.Sprintf("query, page %d", number),
		ref:       next,
		batchSize: r.opts.BatchSize,
		bytes:     &r.bytes,
		read:      r.decodeInto(p),
	}
}

func (r *Rows) decodeInto(p *page) func(io.Reader) error {
	return func(body io.Reader) error {
		if err := r.dec.decode(body, p); err != nil {
			return err
		}
		r.client.counters.rows.Add(int64(p.rows))
		return nil
	}
}
