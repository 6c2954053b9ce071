package salesforce

// Held returns how many records of the page in hand the reader has not come
// to. They are there without another call.
func (r *Rows) Held() int { return r.rows - r.row - 1 }

// Prefetch turns asking ahead for the next page on or off, as
// QueryOptions.NoPrefetch does from the start. A page that is on its way
// already stays so.
func (r *Rows) Prefetch(on bool) {
	r.opts.NoPrefetch = !on
	r.turnAhead = -1
	if on && !r.cur.last {
		r.turnAhead = max(min(prefetchAfter, r.rows/2), r.row+1)
	}
}
