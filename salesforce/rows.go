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
// some way into it, the next, which arrives meanwhile. A page is handed out
// only when all of it has been decoded, so a page that breaks can be asked for
// again without a record coming twice.
type Rows struct {
	client *Client
	dec    *pageDecoder // used by one fetch at a time
	opts   QueryOptions
	ctx    context.Context // the scan's, from Query's
	cancel context.CancelFunc

	reader     // within cur
	cur, spare *page
	turnAhead  int // row at which the next page is asked for; -1 for never
	total      int64
	read       int64 // records over all pages so far
	pages      int
	empty      int // pages without a record, in a row
	finished   bool
	err        error

	pending chan error // what became of the fetch into spare; nil when there is none

	mu      sync.Mutex // orders start of a fetch against Close
	closed  atomic.Bool
	fetches sync.WaitGroup
}

var _ soql.Rows = (*Rows)(nil)

func newRows(ctx context.Context, c *Client, dec *pageDecoder, opts QueryOptions) *Rows {
	r := &Rows{client: c, dec: dec, opts: opts, cur: &page{}, spare: &page{}}
	r.begin(&r.cur.batch)
	r.ctx, r.cancel = context.WithCancel(ctx)
	return r
}

// open fetches the first page.
func (r *Rows) open(soqlText string) error {
	if err := r.client.get(r.ctx, r.first(soqlText, r.cur)); err != nil {
		return err
	}
	if err := r.accept(r.cur, "query", ""); err != nil {
		return err
	}
	r.total = r.cur.total
	r.start()
	return nil
}

// accept counts a page's records and compares them with what it promises.
func (r *Rows) accept(p *page, op, url string) error {
	r.pages++
	r.read += int64(p.rows)
	unusable := func(format string, args ...any) error {
		return &AnswerError{Op: op, Problem: fmt.Sprintf(format, args...)}
	}
	if r.isCount(p) {
		return nil
	}
	switch {
	case r.read > p.total:
		return unusable("more records came (%d) than totalSize says (%d)", r.read, p.total)
	case !p.done && p.next == url:
		return unusable("the page names itself as the next")
	case p.done && r.read < p.total && r.pages == 1:
		return unusable("fewer records came (%d) than totalSize says (%d)", r.read, p.total)
	case p.done && r.read < p.total && !r.opts.AllowShrink:
		return unusable("fewer records came (%d) than totalSize says (%d); some may have been deleted meanwhile, run the statement again", r.read, p.total)
	}
	return nil
}

// isCount reports whether p answers SELECT COUNT(), which has a total and no
// records.
func (r *Rows) isCount(p *page) bool {
	return len(r.opts.Columns) == 0 && r.pages == 1 && p.rows == 0 && p.done
}

// start puts the reader before the first record of cur.
func (r *Rows) start() {
	r.begin(&r.cur.batch)
	r.turnAhead = -1
	if !r.cur.done && !r.opts.NoPrefetch {
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
	for {
		if r.cur.done {
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
	k := r.more(r.cur.next, r.pages+1, r.spare)
	r.fetches.Go(func() { done <- r.client.do(r.ctx, k) })
}

func (r *Rows) fail(err error) bool {
	r.err = err
	r.cancel()
	return false
}

// Err returns what ended the result before its end; nil while there is more
// and after the last record.
func (r *Rows) Err() error { return r.err }

// Total returns totalSize as the first page gave it.
func (r *Rows) Total() int64 { return r.total }

// Close ends the scan: its requests are cancelled and its goroutine has ended
// when Close returns.
func (r *Rows) Close() error {
	r.mu.Lock()
	r.closed.Store(true)
	r.mu.Unlock()
	r.cancel()
	r.fetches.Wait()
	return nil
}
