package salesforce

import "github.com/sfsql/sfsql/soql"

var _ soql.Ahead = (*Rows)(nil)

// Ahead shows the rest of the page that is being read, and the next page if it
// has arrived.
func (r *Rows) Ahead(visit func() bool) {
	if r.row < 0 || r.finished || r.err != nil {
		return
	}
	here := r.reader
	defer func() { r.reader = here }()
	if r.visit(visit) && r.arrived() {
		r.begin(&r.spare.batch)
		r.step()
		r.visit(visit)
	}
}

// visit shows the current row and those behind it on its page. It reports
// whether all were wanted.
func (r *Rows) visit(visit func() bool) bool {
	for ; r.row < r.rows; r.step() {
		if !visit() {
			return false
		}
	}
	return true
}

// arrived reports whether the next page is there and good. What became of it
// stays to be read.
func (r *Rows) arrived() bool {
	if r.pending == nil {
		return false
	}
	select {
	case err := <-r.pending:
		r.pending <- err
		return err == nil
	default:
		return false
	}
}
