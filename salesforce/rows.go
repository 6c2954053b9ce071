package salesforce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/sfsql/sfsql/soql"
)

// ErrClosed is what Err returns where Close cut a result short.
var ErrClosed = errors.New("salesforce: rows are closed")

// A reader that stops after a few records should not pay for a second page, so
// the next page is asked for once this many records of the present one are
// read, or half of them.
const prefetchAfter = 64

// How many pages without a record may follow each other.
const maxEmptyPages = 3

// Rows is a query's result. It holds two pages: the one being read and, from
// some way into it, the next, which arrives meanwhile. But for the head of the
// first, a page is handed out only when all of it has been decoded, so a page
// that breaks can be asked for again without a record coming twice.
type Rows struct {
	client *Client
	dec    *pageDecoder // used by one fetch at a time
	opts   QueryOptions
	ctx    context.Context // the scan's, from Query's
	cancel context.CancelFunc

	reader                   // within cur, or within head
	head       *head         // nil once all of the first page is there
	firstDone  chan struct{} // closed when the first page came or failed
	cur, spare *page
	turnAhead  int // row at which the next page is asked for; -1 for never
	total      int64
	read       int64 // records over all pages so far
	leg        leg
	pages      int
	empty      int // pages without a record, in a row
	finished   bool
	err        error

	text     string
	keys     *keyset      // nil where the statement cannot go on by Id
	byID     bool         // it does
	perPage  int          // records to be asked for then
	mayYield atomic.Bool  // the locator can be given up for another result's sake
	yielded  atomic.Bool  // it was
	bytes    atomic.Int64 // over the wire, since the last page

	pending chan error // what became of the fetch into spare; nil when there is none

	mu      sync.Mutex // orders start of a fetch against Close
	closed  atomic.Bool
	fetches sync.WaitGroup
}

var _ soql.Rows = (*Rows)(nil)

// leg is a statement of its own within a result: the whole of it as a rule, a
// part of its Ids where the whole takes too long.
type leg struct {
	read  int64
	pages int
}

func newRows(ctx context.Context, c *Client, dec *pageDecoder, text string, opts QueryOptions) *Rows {
	r := &Rows{client: c, dec: dec, text: text, opts: opts, cur: &page{}, spare: &page{}, perPage: mostPerPage, firstDone: make(chan struct{})}
	r.keys = newKeyset(text, opts)
	r.begin(&r.cur.batch)
	r.ctx, r.cancel = context.WithCancel(ctx)
	return r
}

// accept counts a page's records, compares them with what it promises, and
// finds out whether it is the last.
func (r *Rows) accept(p *page, op, url string) error {
	r.pages++
	r.leg.pages++
	r.read += int64(p.rows)
	r.leg.read += int64(p.rows)
	unusable := func(format string, args ...any) error {
		return &AnswerError{Op: op, Problem: fmt.Sprintf(format, args...)}
	}
	switch {
	case r.isCount(p):
		p.last = true
		return nil
	case p.byID:
		// bring has compared it with its own total.
	case r.leg.read > p.total:
		return unusable("more records came (%d) than totalSize says (%d)", r.leg.read, p.total)
	case !p.done && p.next == url:
		return unusable("the page names itself as the next")
	case p.done && r.leg.read < p.total && r.leg.pages == 1:
		return unusable("fewer records came (%d) than totalSize says (%d)", r.leg.read, p.total)
	case p.done && r.leg.read < p.total:
		if err := r.verify(); err != nil {
			return unusable("fewer records came (%d) than totalSize says (%d), and %v", r.leg.read, p.total, err)
		}
	}
	if err := r.noteIDs(p); err != nil {
		return unusable("%v", err)
	}
	p.last = p.done && (r.keys == nil || len(r.keys.parts) == 0)
	r.mayYield.Store(!p.done && !p.byID && r.canGoOn())
	if p.done || p.byID {
		r.client.locators.release(r)
	}
	if r.opts.OnPage != nil {
		r.opts.OnPage(PageInfo{Page: r.pages, Rows: int64(p.rows), Bytes: r.bytes.Swap(0), Total: r.Total()})
	}
	return nil
}

// isCount reports whether p answers SELECT COUNT(), which has a total and no
// records.
func (r *Rows) isCount(p *page) bool {
	return len(r.opts.Columns) == 0 && r.leg.pages == 1 && p.rows == 0 && p.done
}

// start puts the reader before the first record of cur.
func (r *Rows) start() {
	r.begin(&r.cur.batch)
	r.turnAhead = -1
	if !r.cur.last && !r.opts.NoPrefetch {
		r.turnAhead = min(prefetchAfter, r.cur.rows/2)
	}
}

// Next moves to the next record. The context is for this call's waiting; when
// it ends, the whole result ends with its error.
func (r *Rows) Next(ctx context.Context) bool {
	if r.finished || r.err != nil {
		return false
	}
	if r.closed.Load() {
		return r.fail(ErrClosed)
	}
	if r.row&0xff == 0xff && ctx.Err() != nil {
		return r.fail(ctx.Err())
	}
	if r.row+1 >= r.rows && !r.turn(ctx) {
		return false
	}
	r.step()
	if r.row == r.turnAhead {
		r.fetch()
	}
	return true
}

// turn waits for a following page that has records.
func (r *Rows) turn(ctx context.Context) bool {
	if r.head != nil {
		if err := r.settle(ctx); err != nil {
			return r.fail(err)
		}
		if r.row+1 < r.rows {
			return true
		}
	}
	for {
		if r.cur.last {
			r.finished = true
			r.cancel()
			return false
		}
		if err := r.await(ctx); err != nil {
			return r.fail(err)
		}
		op, asked := fmt.Sprintf("query, page %d", r.pages+1), r.cur.next
		r.cur, r.spare = r.spare, r.cur
		if err := r.accept(r.cur, op, asked); err != nil {
			return r.fail(err)
		}
		r.start()
		if r.cur.rows > 0 {
			r.empty = 0
			return true
		}
		if r.empty++; r.empty > maxEmptyPages {
			return r.fail(&AnswerError{Op: op, Problem: "page after page comes without a record"})
		}
	}
}

// await waits for the fetch of the next page, which it starts if need be.
func (r *Rows) await(ctx context.Context) error {
	r.fetch()
	if r.pending == nil {
		return ErrClosed
	}
	select {
	case err := <-r.pending:
		r.pending = nil
		if err != nil && r.closed.Load() {
			return ErrClosed
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fetch begins to fetch the page after cur into spare, unless that is under
// way or the rows are closed.
func (r *Rows) fetch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending != nil || r.closed.Load() {
		return
	}
	done := make(chan error, 1)
	r.pending = done
	r.fetches.Go(func() { done <- r.bring(r.cur, r.spare) })
}

func (r *Rows) fail(err error) bool {
	r.err = err
	r.cancel()
	r.client.locators.release(r)
	return false
}

// Err returns what ended the result before its end; nil while there is more
// and after the last record.
func (r *Rows) Err() error { return r.err }

// Total returns totalSize as the first page gave it; -1 where the statement is
// read in parts.
func (r *Rows) Total() int64 { return r.total }

// Close ends the scan: its requests are cancelled and its goroutine has ended
// when Close returns.
func (r *Rows) Close() error {
	r.mu.Lock()
	r.closed.Store(true)
	r.mu.Unlock()
	r.awaitFirst()
	r.cancel()
	r.fetches.Wait()
	r.client.locators.release(r)
	return nil
}
