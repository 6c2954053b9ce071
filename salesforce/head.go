package salesforce

import (
	"bytes"
	"context"
	"slices"
	"time"
)

// headRows is how many records of the first page are handed out while the rest
// of it is being decoded.
const headRows = 32

// head is the beginning of a result's first page. Its records belong to the
// result for good: where the page breaks behind them and comes again, it must
// begin with the same, and where it does not come again the result fails.
type head struct {
	batch
	total int64
	there chan struct{} // closed when the records are
	whole chan error    // what became of the page
	err   error         // what the reader was told of that
}

// take keeps the records that p has so far.
func (h *head) take(p *page) {
	if h.rows > 0 {
		return // by an earlier try
	}
	h.batch = batch{
		rows: p.rows, width: p.width,
		cells: slices.Clone(p.cells), states: slices.Clone(p.states), text: slices.Clone(p.text),
	}
	h.total = p.total
	close(h.there)
}

// begins reports whether a page begins with the head's records.
func (h *head) begins(p *page) bool {
	return h.rows <= p.rows && bytes.HasPrefix(p.text, h.text) &&
		slices.Equal(h.cells, p.cells[:len(h.cells)]) && slices.Equal(h.states, p.states[:len(h.states)])
}

// open begins to fetch the first page, and returns when its head is there, or
// all of it.
func (r *Rows) open() error {
	h := &head{there: make(chan struct{}), whole: make(chan error, 1)}
	r.fetches.Go(func() {
		defer close(r.firstDone)
		h.whole <- r.bringFirst(h)
	})
	select {
	case <-h.there:
	case err := <-h.whole:
		if err == nil {
			return r.opened()
		}
		select {
		case <-h.there: // the error came right behind the head, and is met there
			h.whole <- err
		default:
			return err
		}
	}
	r.head, r.total = h, h.total
	r.begin(&h.batch)
	r.turnAhead = -1
	return nil
}

// bringFirst fetches the first page into cur. A statement that takes too long
// is divided, but not once records of the whole were handed out.
func (r *Rows) bringFirst(h *head) error {
	r.dec.early = h.take
	err := r.firstPage(r.text, r.cur)
	r.dec.early = nil
	if tooSlow(err) && h.rows == 0 && r.keys != nil && r.keys.query.Limit == nil {
		err = r.divide(r.cur, err)
	}
	return err
}

// opened makes the first page, of which all is there, the reader's.
func (r *Rows) opened() error {
	if err := r.accept(r.cur, "query", ""); err != nil {
		return err
	}
	r.total = r.cur.total
	if r.divided() {
		r.total = -1
	}
	r.start()
	return nil
}

// settle waits for the rest of the first page, which the reader then goes on
// in.
func (r *Rows) settle(ctx context.Context) error {
	h := r.head
	if h == nil || h.err != nil {
		return r.headErr()
	}
	select {
	case h.err = <-h.whole:
	case <-ctx.Done():
		return ctx.Err()
	}
	switch {
	case h.err != nil:
	case !h.begins(r.cur):
		h.err = &AnswerError{Op: "query", Problem: "the page broke, and came again with other records; run the statement again"}
	default:
		row := r.row
		if h.err = r.opened(); h.err == nil {
			r.head, r.row, r.base = nil, row, row*r.width
			r.Prefetch(!r.opts.NoPrefetch)
		}
	}
	return r.headErr()
}

func (r *Rows) headErr() error {
	switch {
	case r.head == nil || r.head.err == nil:
		return nil
	case r.closed.Load():
		return ErrClosed
	}
	return r.head.err
}

// restPatience is how long the rest of a first page may take that nobody will
// read. It is on its way as a rule, and a connection whose answer is cut short
// cannot serve again.
const restPatience = 20 * time.Millisecond

func (r *Rows) awaitFirst() {
	timer := time.NewTimer(restPatience)
	defer timer.Stop()
	select {
	case <-r.firstDone:
	case <-r.ctx.Done():
	case <-timer.C:
	}
}
