package vtab

import (
	"database/sql/driver"
	"io"
	"math"
	"reflect"
	"slices"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
	"github.com/sfsql/sfsql/vtab/engine"
)

// started notes the scans that the running statement starts.
type started struct {
	cursor *cursor
	n      int
}

// Direct reads the rows that a Loop would hand out straight from its scan.
// SQLite has prepared the statement, has started the scan with its values, and
// stands at the first row: only the way from a row to the next leaves it out.
// Its own state stays as it is, so that closing the statement ends the scan.
type Direct struct {
	cursor *cursor
	loop   *Loop
	left   int64 // rows that LIMIT leaves, where it is not negative
	out    []directColumn
	first  []driver.Value // the values of result columns that are constants

	text  []byte // of the row in hand
	spans []span
}

// directColumn is one result column.
type directColumn struct {
	column int // of the table, or fromFirstRow
	pos    int // in the answer; -1 where the value needs the cursor's help
	kind   soql.Kind
	time   bool // a time.Time instead of text
	seen   seen
}

// span is where the text of a result column stands in Direct.text.
type span struct{ out, begin, end int }

// Scanned returns what the statement that was started last has scanned so far.
func (c *Conn) Scanned() Scanned { return Scanned{c.started} }

// Scanned is the scans of a statement; zero for none.
type Scanned struct{ started started }

// None reports whether no scan of an sObject was started.
func (s Scanned) None() bool { return s.started.n == 0 }

// Direct takes a scan over behind its first row, which SQLite has handed out
// as first. It returns nil unless it is certain that what runs is the loop, and
// that every row of the scan would leave it. Columns in times become
// time.Time.
func (s Scanned) Direct(loop *Loop, first []driver.Value, times []int) *Direct {
	c := s.started.cursor
	if s.started.n != 1 || c.eof || c.given != 1 || c.reduced != nil || c.inner.along.cursor != nil || len(first) != len(loop.results) {
		return nil
	}
	if _, ok := c.view.(forward); !ok || // rows in memory have a place of their own
		!slices.Equal(c.asked, loop.asked) || !samePlan(c.plan, loop.plan) || !c.passes(loop.tests) {
		return nil
	}
	d := &Direct{cursor: c, loop: loop, left: loop.limit, first: slices.Clone(first)}
	if d.left > 0 {
		d.left--
	}
	columns := c.table.rules.Table.Columns
	for i, col := range loop.results {
		out := directColumn{column: col, pos: -1}
		if col != fromFirstRow && !c.counting && !columns[col].Blob {
			out.pos, out.kind = c.positions[col], columns[col].Kind
			out.time = slices.Contains(times, i)
		}
		d.out = append(d.out, out)
	}
	return d
}

// samePlan reports whether two plans of a statement are the same but for the
// number of rows that they expect.
func samePlan(a, b *planner.Plan) bool {
	x, y := *a, *b
	x.Rows, y.Rows = 0, 0
	return reflect.DeepEqual(x, y)
}

// passes reports whether every row of the scan passes tests of SQLite's: they
// are predicates of the plan, and the scan asked for exactly what they let
// pass. A test may be without the column's affinity (+n > ?) where the plan's
// predicate has it. That changes its outcome only where the parameter is of
// another class than the column's values, and then all values compare alike:
// the first row has passed, and so will the others.
func (c *cursor) passes(tests []loopTest) bool {
	return len(tests) == 0 || c.scan.Exact
}

// Next fills dest with the next row, io.EOF after the last.
func (d *Direct) Next(dest []driver.Value) error {
	c := d.cursor
	if d.left == 0 {
		return io.EOF
	}
	if err := c.Next(); err != nil {
		return err
	}
	if c.eof {
		return io.EOF
	}
	d.left--
	d.text, d.spans = d.text[:0], d.spans[:0]
	for i := range d.out {
		if err := d.value(dest, i); err != nil {
			return err
		}
	}
	d.finishTexts(dest)
	return nil
}

// value fills one result column, or notes where its text stands.
func (d *Direct) value(dest []driver.Value, i int) error {
	o := &d.out[i]
	switch {
	case o.column == fromFirstRow:
		dest[i] = d.first[i]
		return nil
	case o.pos < 0:
		return d.cursor.Column(handed{&dest[i]}, o.column)
	}
	rows := d.cursor.rows
	if rows.Null(o.pos) {
		dest[i] = nil
		return nil
	}
	switch o.kind {
	case soql.KindInt, soql.KindBool:
		n := rows.Int64(o.pos)
		dest[i] = o.number(uint64(n), func() driver.Value { return n })
		return nil
	case soql.KindReal:
		f := rows.Float64(o.pos)
		dest[i] = o.number(math.Float64bits(f), func() driver.Value { return f })
		return nil
	}
	d.textual(dest, i, rows.Bytes(o.pos))
	return nil
}

// number returns a number as a driver.Value, one that is there already where
// there is one.
func (o *directColumn) number(bits uint64, value func() driver.Value) driver.Value {
	slot, ok := o.seen.number(bits)
	switch {
	case ok:
	case slot == nil:
		return value()
	default:
		slot.bits, slot.value = bits, value()
	}
	return slot.value
}

// textual fills a column with text, or with the time that it spells.
func (d *Direct) textual(dest []driver.Value, i int, b []byte) {
	o := &d.out[i]
	slot, ok := o.seen.text(b)
	if ok {
		dest[i] = slot.value
		return
	}
	if o.time {
		if t, ok := ParseTime(b); ok {
			dest[i] = t
			if slot != nil {
				*slot = seenSlot{text: string(b), value: dest[i]}
			}
			return
		}
	}
	if slot != nil {
		text := string(b)
		dest[i] = text
		*slot = seenSlot{text: text, value: dest[i]}
		return
	}
	begin := len(d.text)
	d.text = append(d.text, b...)
	d.spans = append(d.spans, span{i, begin, len(d.text)})
}

// finishTexts makes one string of all texts of the row: one allocation, and a
// text that the caller keeps holds no more than its row.
func (d *Direct) finishTexts(dest []driver.Value) {
	if len(d.spans) == 0 {
		return
	}
	all := string(d.text)
	for _, s := range d.spans {
		dest[s.out] = all[s.begin:s.end]
	}
}

// handed takes a value as SQLite's driver would hand it out.
type handed struct{ dest *driver.Value }

func (r handed) Null()             { *r.dest = nil }
func (r handed) Int64(n int64)     { *r.dest = n }
func (r handed) Float64(f float64) { *r.dest = f }
func (r handed) Text(b []byte)     { *r.dest = string(b) }
func (r handed) Blob(b []byte)     { *r.dest = append([]byte(nil), b...) }

var _ engine.Result = handed{}
