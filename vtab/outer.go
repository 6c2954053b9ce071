package vtab

import (
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// source is where the keys of an inner scan come from: a column of an outer
// scan that is open on the same connection. SQLite does not tell; it is found
// by its current value, which is the key.
type source struct {
	cursor *cursor
	col    int // the table's column
	arg    int // the inner scan's argument that holds the key
}

// holds reports whether the source's current value is still the key.
func (s source) holds(args []planner.Arg) bool {
	return s.cursor.isOpen() && s.cursor.valueOf(s.col) == args[s.arg].Value
}

// isOpen reports whether the cursor stands on a row with values. One that was
// left on a row of a child that has moved on does not.
func (c *cursor) isOpen() bool {
	return !c.eof && !c.counting && c.view != nil && !c.inner.along.isGone() && slices.Contains(c.table.conn.open, c)
}

// valueOf returns the value of a column in the current row; NULL where it was
// not fetched.
func (c *cursor) valueOf(col int) planner.Value {
	rows, row := c.current()
	return valueAt(rows, row, c.positions[col], c.table.rules.Table.Columns[col].Kind)
}

// isNested reports whether another scan has further rows to come, so that
// this one may be started again.
func (c *cursor) isNested() bool {
	return slices.ContainsFunc(c.table.conn.open, func(o *cursor) bool {
		return o != c && o.isOpen() && o.rowsLeft() > 1
	})
}

// rowsLeft is how many rows a scan may still give, the current one included;
// for scans that are started again and again, in this start.
func (c *cursor) rowsLeft() int64 {
	if n := c.inner; n.serving {
		if n.hits == nil {
			return int64(n.store.n - n.at)
		}
		return int64(len(n.hits) - n.at)
	}
	if total := c.rows.Total(); total >= 0 {
		return max(total-c.given+1, 1)
	}
	return int64(max(c.plan.Rows-c.given+1, 1))
}

// rowsToCome is how many rows a scan may still give in all its starts.
func (c *cursor) rowsToCome() float64 {
	n, left := c.inner, float64(c.rowsLeft())
	outer := c.outer()
	switch {
	case !n.serving || outer == nil:
		return left
	case n.along.cursor != nil:
		return outer.rowsToCome()
	case len(n.store.index) == 0:
		return left
	}
	return left + outer.rowsToCome()*float64(n.store.n)/float64(len(n.store.index))
}

// outer returns the scan that the keys of this one come from. One that began
// later is left over from a loop inside this scan.
func (c *cursor) outer() *cursor {
	o := c.inner.source.cursor
	if o == nil || !o.isOpen() || o.began > c.began {
		return nil
	}
	return o
}

// findSource looks for a column of an open outer scan whose current value is
// the key of a term. Of several the likeliest is taken: a guess that may cost
// a call, and is dropped when the next key is another value.
func (c *cursor) findSource(t planner.Term) (source, int) {
	v := c.args[t.Arg-1].Value
	best, rank := source{}, 0
	for _, o := range slices.Backward(c.table.conn.open) {
		if o == c || !o.isOpen() {
			continue
		}
		for col := range o.positions {
			if o.positions[col] < 0 || !isKept(&o.table.rules.Table.Columns[col]) || o.valueOf(col) != v {
				continue
			}
			s := source{o, col, t.Arg - 1}
			if r := c.likeness(t.Column, s); r > rank && !c.inner.wrong[s] {
				best, rank = s, r
			}
		}
	}
	return best, rank
}

// likeness ranks how likely a column is joined with a source: an Id with a
// reference to its object before anything else.
func (c *cursor) likeness(col int, s source) int {
	inner, outer := c.table.rules.Table, s.cursor.table.rules.Table
	a, b := &inner.Columns[col].Field, &outer.Columns[s.col].Field
	leads := func(refs []string, to *planner.Table) bool {
		return slices.ContainsFunc(refs, func(r string) bool { return strings.EqualFold(r, to.Object.Name) })
	}
	switch {
	case a.Type == "id" && leads(b.ReferenceTo, inner), b.Type == "id" && leads(a.ReferenceTo, outer):
		return 4
	case isIDType(a.Type) && isIDType(b.Type):
		return 3
	case a.Type == b.Type && a.Type == "string":
		return 2
	}
	return 1
}

func isIDType(t string) bool { return t == "id" || t == "reference" }

// maxRowsAhead bounds how far an outer side is looked at.
const maxRowsAhead = 20_000

// keysAhead returns the keys of the outer rows that are held, this start's
// first and without those that are here already, and how many rows they are.
func (c *cursor) keysAhead(key int) (keys []planner.Value, rows int) {
	src := c.inner.source
	kind := src.cursor.table.rules.Table.Columns[src.col].Kind
	b := c.newBatch(key, maxBatchKeys)
	src.cursor.ahead(func(v values, row int) bool {
		rows++
		return b.add(valueAt(v, row, src.cursor.positions[src.col], kind)) && rows < maxRowsAhead
	})
	return b.keys, rows
}

// ahead calls visit for the current row and those that will follow, as far as
// they are held, until visit returns false. Past the rows of this start come
// those of the starts that this scan's own source holds.
func (c *cursor) ahead(visit func(v values, row int) bool) bool {
	n := c.inner
	switch {
	case !n.serving:
		return c.rowsAhead(visit)
	case n.along.cursor != nil:
		return n.along.cursor.ahead(visit) // at the same places in the child's rows
	}
	if n.hits == nil {
		for row := n.at; row < n.store.n; row++ {
			if !visit(&n.store.kept, row) {
				return false
			}
		}
		return true
	}
	for _, row := range n.hits[n.at:] {
		if !visit(&n.store.kept, int(row)) {
			return false
		}
	}
	return c.startsAhead(visit)
}

// rowsAhead shows what an answer holds.
func (c *cursor) rowsAhead(visit func(v values, row int) bool) bool {
	all := true
	lookAhead(c.rows, func() bool {
		all = visit(c.view, 0)
		return all
	})
	return all
}

// lookAhead calls visit for the current row, and for those that an answer
// holds behind it, if it does.
func lookAhead(rows soql.Rows, visit func() bool) {
	if a, ok := rows.(soql.Ahead); ok {
		a.Ahead(visit)
		return
	}
	visit()
}

// Ahead shows the groups that are held, each once.
func (g *grouped) Ahead(visit func() bool) { lookAhead(g.Rows, visit) }

// Ahead shows what is held of the part that is read.
func (p *parts) Ahead(visit func() bool) { lookAhead(p.Rows, visit) }

// Ahead shows records, perhaps some that were given before.
func (r *cut) Ahead(visit func() bool) { lookAhead(r.Rows, visit) }

// Ahead shows rows, perhaps some that were given before.
func (u *ungrouped) Ahead(visit func() bool) { lookAhead(u.Rows, visit) }

// startsAhead shows the rows that the starts to come will find.
func (c *cursor) startsAhead(visit func(v values, row int) bool) bool {
	n, outer := c.inner, c.outer()
	if outer == nil {
		return true
	}
	col := n.source.col
	kind := outer.table.rules.Table.Columns[col].Kind
	first := true
	return outer.ahead(func(v values, row int) bool {
		if first { // the start that runs
			first = false
			return true
		}
		k, ok := hashKey(n.store.column, n.store.collation, valueAt(v, row, outer.positions[col], kind))
		if !ok {
			return true
		}
		for _, hit := range n.store.index[k] {
			if !visit(&n.store.kept, int(hit)) {
				return false
			}
		}
		return true
	})
}
