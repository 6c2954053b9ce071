package salesforce

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sfsql/sfsql/soql"
)

// Pages that are asked for by Id should have no more records than the server
// gives at once, so that it opens no locator: 2,000, and fewer where they are
// wide, but hardly less than what a client may wish for.
const (
	mostPerPage  = 2000
	leastPerPage = 200
)

// canGoOn reports whether the rest can be asked for by Id.
func (r *Rows) canGoOn() bool { return r.keys != nil && r.keys.column >= 0 }

// divided reports whether the result is read in parts.
func (r *Rows) divided() bool {
	return r.keys != nil && (len(r.keys.parts) > 0 || r.keys.part.to != "" || r.keys.part.from != "")
}

// firstPage asks for the first page of a statement, once there is a place for
// its locator.
func (r *Rows) firstPage(text string, p *page) error {
	if len(r.opts.Columns) > 0 {
		if err := r.client.locators.take(r.ctx, r); err != nil {
			return fmt.Errorf("salesforce: query: %w", err)
		}
	}
	p.byID = false
	return r.client.get(r.ctx, r.first(text, p))
}

// bring fetches the page after cur into p.
func (r *Rows) bring(cur, p *page) error {
	switch {
	case r.byID && !cur.done:
		return r.pageByID(p)
	case cur.done:
		return r.nextPart(p)
	case r.yielded.Load() && r.canGoOn():
		if r.goOnByID() == nil {
			return r.pageByID(p)
		}
		// It keeps its locator, which Salesforce may still have.
		r.keys.column = -1
	}
	r.client.locators.use(r)
	p.byID = false
	err := r.client.do(r.ctx, r.more(cur.next, r.pages+1, p))
	if (lostLocator(err) || tooSlow(err)) && r.canGoOn() && r.goOnByID() == nil {
		return r.pageByID(p)
	}
	return err
}

// lostLocator reports whether the server does not know a locator any more, or
// not in this session.
func lostLocator(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == "INVALID_QUERY_LOCATOR" || e.Code == "INVALID_SESSION_ID" && e.renewed)
}

// tooSlow reports whether a statement took longer than Salesforce allows.
func tooSlow(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == "QUERY_TIMEOUT" || e.Code == "REQUEST_RUNNING_TOO_LONG")
}

// goOnByID leaves the locator for good, if that is sound: the records read so
// far must be all up to the last of their Ids. Where the statement does not
// ask for that order itself, the server is asked to count them.
func (r *Rows) goOnByID() error {
	if !r.keys.ordered && len(r.keys.last) > 0 {
		n, err := r.count(r.keys.upTo())
		if err != nil {
			return err
		}
		if n != r.leg.read {
			return errors.New("the records do not come in the order of their Ids")
		}
	}
	r.byID = true
	r.client.locators.release(r)
	return nil
}

// count runs a statement that counts.
func (r *Rows) count(text string) (int64, error) {
	rows, err := r.client.Query(r.ctx, text, QueryOptions{All: r.opts.All})
	if err != nil {
		return 0, err
	}
	return rows.Total(), rows.Close()
}

// pageByID asks for the records behind those read so far. A page that is not
// full is the end: totals of other moments say nothing.
func (r *Rows) pageByID(p *page) error {
	limit := int64(or(r.opts.BatchSize, r.perPage))
	if most := r.keys.query.Limit; most != nil {
		limit = min(limit, *most-r.read)
	}
	if err := r.client.get(r.ctx, r.first(r.keys.after(limit), p)); err != nil {
		return err
	}
	if got := int64(p.rows); got > p.total || p.done && got < p.total {
		return &AnswerError{Op: "query", Problem: fmt.Sprintf("%d records came of %d", got, p.total)}
	}
	end := p.done && int64(p.rows) < limit
	if most := r.keys.query.Limit; most != nil && r.read+int64(p.rows) >= *most {
		end = true
	}
	if !p.done {
		r.perPage = max(p.rows, leastPerPage)
	}
	p.byID, p.done, p.next = true, end, ""
	return nil
}

// noteIDs keeps track of the Ids of a page.
func (r *Rows) noteIDs(p *page) error {
	if !r.canGoOn() {
		return nil
	}
	err := r.keys.note(p, p.byID || r.keys.ordered)
	if err != nil && !p.byID {
		r.keys.column = -1 // what cannot be trusted is not gone by
		return nil
	}
	return err
}

// verify finds out why fewer records came than were promised: records that
// have been deleted meanwhile are no loss. So many as were read must match now.
func (r *Rows) verify() error {
	text, ok := countOf(r.text)
	if r.divided() {
		q := r.keys.counting()
		q.Where = r.keys.where()
		text = q.String()
	}
	if !ok {
		return errors.New("it cannot be told whether some were deleted meanwhile; run the statement again")
	}
	n, err := r.count(text)
	switch {
	case err != nil:
		return fmt.Errorf("counting them anew failed: %w", err)
	case n != r.leg.read:
		return fmt.Errorf("the org counts %d now; run the statement again", n)
	}
	return nil
}

// divide cuts a statement that takes too long into parts and asks for the
// first page of the first.
func (r *Rows) divide(p *page, slow error) error {
	if r.keys.part.low == nil {
		whole, err := r.inUse()
		if err != nil {
			return slow
		}
		r.keys.part = whole
	}
	parts, err := r.keys.part.split()
	if err != nil {
		return slow
	}
	if r.keys.desc {
		slices.Reverse(parts)
	}
	r.keys.parts = append(parts, r.keys.parts...)
	return r.nextPart(p)
}

// nextPart asks for the first page of the next part.
func (r *Rows) nextPart(p *page) error {
	r.keys.part, r.keys.parts = r.keys.parts[0], r.keys.parts[1:]
	r.keys.last = r.keys.last[:0]
	r.byID = false
	r.yielded.Store(false)
	r.leg = leg{}
	err := r.firstPage(r.keys.begin(), p)
	if tooSlow(err) {
		return r.divide(p, err)
	}
	return err
}

// inUse finds the least and the greatest Id of the statement's object, which
// an index tells at once.
func (r *Rows) inUse() (idRange, error) {
	q := soql.Query{
		Select: []soql.SelectItem{{Expr: soql.NewField("Id")}},
		From:   soql.From{Object: r.keys.query.From.Object},
		Limit:  new(int64),
	}
	*q.Limit = 1
	var ends []string
	for _, desc := range []bool{false, true} {
		q.OrderBy = []soql.Order{{Expr: soql.NewField("Id"), Desc: desc}}
		rows, err := r.client.Query(r.ctx, q.String(), QueryOptions{All: r.opts.All, Columns: []soql.Column{{Path: []string{"Id"}}}})
		if err != nil {
			return idRange{}, err
		}
		if rows.Next(r.ctx) {
			ends = append(ends, string(rows.Bytes(0)))
		}
		_ = rows.Close() // its one page is there
	}
	if len(ends) < 2 {
		return idRange{}, errNoParts
	}
	return wholeRange(ends[0], ends[1])
}
