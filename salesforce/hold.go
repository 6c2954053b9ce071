package salesforce

// Held returns how many records of the page in hand the reader has not come
// to. They are there without another call; of the first page it waits for all.
func (r *Rows) Held() int {
	_ = r.settle(r.ctx) // Next will tell
	return r.rows - r.row - 1
}

// Prefetch turns asking ahead for the next page on or off, as
// QueryOptions.NoPrefetch does from the start. A page that is on its way
// already stays so.
func (r *Rows) Prefetch(on bool) {
	r.opts.NoPrefetch = !on
	r.turnAhead = -1
	if on && r.head == nil && !r.cur.last {
		r.turnAhead = max(min(prefetchAfter, r.rows/2), r.row+1)
	}
}
