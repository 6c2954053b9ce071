package vtab

import (
	"fmt"
	"slices"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
	"github.com/sfsql/sfsql/vtab/engine"
)

// cursor is one scan of a table, and the next, as often as SQLite starts it.
type cursor struct {
	table     *table
	plan      *planner.Plan
	args      []planner.Arg
	outermost bool // the statement's outermost scan, which is started once

	began     int64 // the later of two scans has the larger number
	scan      planner.Scan
	rows      soql.Rows
	view      values
	positions []int    // of the table's columns in view; -1 is not fetched
	parents   parents  // that the current row holds
	paths     parents  // where the answer to the last query has them
	reduced   *grouped // rows made from groups; nil where they are records
	noGroups  bool     // groups were tried in vain
	counting  bool     // the scan asked COUNT() and gives rows without values
	left      int64    // rows still to count
	given     int64    // rows given, the current one included
	asked     []int    // columns that SQLite asked for in the first row; -1 is the rowid
	eof       bool
	tells     []*told // by column, where values are noted

	blobPath string // of the bytes below: SQLite may ask for a value twice
	blob     []byte

	inner  *inner                   // of this plan, where SQLite starts it again and again
	inners map[*planner.Plan]*inner // of every plan of the cursor
}

// Filter starts a scan. https://sqlite.org/vtab.html#the_xfilter_method
func (c *cursor) Filter(_ int, idxStr string, args []planner.Arg) error {
	plan, err := c.table.plan(idxStr)
	if err != nil {
		return c.table.conn.fail(err)
	}
	c.stop()
	c.inner = c.innerOf(plan)
	c.plan, c.args, c.given, c.asked, c.eof = plan, args, 0, c.asked[:0], false
	c.table.conn.started = started{c, c.table.conn.started.n + 1}
	c.outermost, c.tells = c.table.conn.outermost(), c.table.telling()
	if err := c.start(true); err != nil {
		return c.table.conn.fail(c.table.wrap(err))
	}
	c.table.conn.begun(c)
	return nil
}

// start runs the plan up to its first row. With count the scan may ask for
// the number of rows only.
func (c *cursor) start(count bool) error {
	if ok, err := c.startInner(count); ok || err != nil {
		return err
	}
	c.scan = c.bind(c.plan, c.args, count && !c.noGroups)
	if c.plan.SkipsOffset && !c.scan.Exact {
		return fmt.Errorf("the plan left OFFSET to a scan that is not exact")
	}
	if c.scan.Empty {
		c.eof = true
		return nil
	}
	return c.open()
}

func (c *cursor) open() error {
	rows, err := c.openRows(c.scan, c.outermost && c.table.conn.analysis.Drains())
	if err != nil {
		return err
	}
	if c.scan.Grouped {
		// As many groups as fit an answer may not be all; there is no next page.
		if n := rows.Total(); n < 0 || n >= planner.MaxGroups {
			_ = rows.Close()
			c.noGroups = true
			return c.start(false)
		}
		c.reduced = newGrouped(rows, c.scan.Columns)
		rows = c.reduced
	}
	c.rows, c.view = rows, forward{rows}
	c.positions, c.parents = c.place(c.scan.Fetched), c.paths
	if len(c.scan.Columns) == 0 {
		return c.startCounting()
	}
	c.counting = false
	return c.advance()
}

// ask describes a scan to the Source. drained says that the answer will surely
// be read to its end.
func (c *cursor) ask(s planner.Scan, drained bool) Scan {
	return Scan{Query: s.Query, Columns: s.Columns, Expected: c.plan.Rows, Drained: drained}
}

// openRows starts the query of a scan, or the first of several.
func (c *cursor) openRows(s planner.Scan, drained bool) (soql.Rows, error) {
	switch {
	case len(s.Parts) > 1:
		return openParts(c.table.conn, s, drained)
	case s.Cut > 0:
		return c.openCut(s, slices.Index(s.Fetched, c.table.rules.Table.ID()))
	}
	return c.table.conn.cfg.Source.Open(c.table.conn.context(), c.ask(s, drained))
}

// place returns where each of the table's columns stands in an answer.
func (c *cursor) place(fetched []int) []int {
	positions := slices.Repeat([]int{-1}, len(c.table.rules.Table.Columns))
	for i, col := range fetched {
		positions[col] = i
	}
	return positions
}

// bind gives the plan its values. A raw query is what the user wrote.
func (c *cursor) bind(plan *planner.Plan, args []planner.Arg, count bool) planner.Scan {
	t := c.table
	if t.query == nil {
		rules := t.conn.rulesAtStart(t.rules.Table)
		rules.Reserved = t.conn.columnsSize(nil, t.rules.Table, plan.Paths)
		rules.MaxParts = t.maxParts()
		rules.Joined = t.joined(plan)
		s := rules.Bind(plan, args, count)
		c.filterByParents(&s)
		c.paths = c.addPaths(&s)
		return s
	}
	s := planner.Scan{Query: t.query}
	if t.query.IsCount() {
		return s
	}
	for i, col := range t.rules.Table.Columns {
		s.Columns = append(s.Columns, planner.QueryColumn(col))
		s.Fetched = append(s.Fetched, i)
	}
	return s
}

// startCounting reads the total of a COUNT(). A raw SELECT COUNT() has one
// row with the total in it, a counting scan as many rows as were counted.
func (c *cursor) startCounting() error {
	c.counting, c.left = true, c.rows.Total()
	if c.left < 0 {
		return fmt.Errorf("the answer to COUNT() has no total")
	}
	if c.table.query != nil {
		c.left = 1
	}
	c.inner.counted, c.inner.total = true, c.left
	return c.advance()
}

// advance moves to the next row.
func (c *cursor) advance() error {
	c.given++
	switch {
	case c.counting:
		c.eof = c.left == 0
		c.left--
		return nil
	case c.inner.serving:
		c.eof = !c.inner.next()
		return nil
	case c.rows.Next(c.table.conn.context()):
		return nil
	}
	c.eof = true
	return c.rows.Err()
}

// Next moves to the next row.
func (c *cursor) Next() error {
	if err := c.advance(); err != nil {
		return c.table.conn.fail(c.table.wrap(err))
	}
	return nil
}

// EOF reports whether the scan is past its last row.
func (c *cursor) EOF() bool { return c.eof }

// Column gives a column of the current row. https://sqlite.org/vtab.html#the_xcolumn_method
func (c *cursor) Column(r engine.Result, col int) error {
	c.note(col)
	if err := c.column(r, col); err != nil {
		return c.table.conn.fail(c.table.wrap(err))
	}
	return nil
}

// note keeps what the first row is asked for, which is what every row is asked
// for. Where that is much, it does not matter what.
func (c *cursor) note(col int) {
	if c.given == 1 && len(c.asked) < maxAsked {
		c.asked = append(c.asked, col)
	}
}

const maxAsked = 4096

func (c *cursor) column(r engine.Result, col int) error {
	if c.counting && c.table.query != nil {
		r.Int64(c.rows.Total())
		return nil
	}
	if (c.counting || c.reduced != nil) && slices.Contains(c.plan.Present, col) {
		standIn(r, c.table.rules.Table.Columns[col].Kind)
		return nil
	}
	if c.counting {
		if err := c.fetchAfterAll(); err != nil || c.eof {
			r.Null()
			return err
		}
	}
	if err := c.inner.moved(); err != nil {
		return err
	}
	rows, at := c.current()
	pos := c.positions[col]
	if pos < 0 && c.reduced != nil {
		if err := c.regroup(); err != nil || c.eof {
			r.Null()
			return err
		}
		rows, at = c.current()
		pos = c.positions[col]
	}
	if pos < 0 {
		return c.fetchOne(r, col)
	}
	column := &c.table.rules.Table.Columns[col]
	if c.tells != nil && c.tells[col] != nil {
		c.tells[col].note(rows, at, pos, column.Kind)
	}
	return c.give(r, column, rows, at, pos)
}

// standIn gives a value that is not NULL, which is all that is asked of it.
func standIn(r engine.Result, kind soql.Kind) {
	switch kind {
	case soql.KindInt, soql.KindBool:
		r.Int64(0)
	case soql.KindReal:
		r.Float64(0)
	default:
		r.Text([]byte{'x'})
	}
}

// give hands one value to SQLite in its declared class.
func (c *cursor) give(r engine.Result, col *planner.Column, rows values, at, pos int) error {
	if rows.Null(at, pos) {
		r.Null()
		return nil
	}
	switch col.Kind {
	case soql.KindInt, soql.KindBool:
		r.Int64(rows.Int64(at, pos))
	case soql.KindReal:
		r.Float64(rows.Float64(at, pos))
	default:
		b := rows.Bytes(at, pos)
		if col.Blob {
			return c.giveBlob(r, string(b))
		}
		r.Text(b)
	}
	return nil
}

func (c *cursor) giveBlob(r engine.Result, path string) error {
	if path != c.blobPath {
		b, err := c.table.conn.cfg.Source.Blob(c.table.conn.context(), path)
		if err != nil {
			return err
		}
		c.blobPath, c.blob = path, b
	}
	r.Blob(c.blob)
	return nil
}

// fetchAfterAll replaces a counting scan by the real one: the guess that the
// statement reads no column was wrong. Rows given so far had no identity, so
// any of the real ones stand for them.
func (c *cursor) fetchAfterAll() error {
	given := c.given
	c.stop()
	c.given, c.eof = 0, false
	if err := c.start(false); err != nil {
		return err
	}
	for c.given < given && !c.eof {
		if err := c.advance(); err != nil {
			return err
		}
	}
	return nil
}

// fetchOne reads a column that the projection left out, for this row alone.
func (c *cursor) fetchOne(r engine.Result, col int) error {
	t := c.table.rules.Table
	rows, at := c.current()
	id := t.ID()
	if id < 0 || c.positions[id] < 0 {
		return fmt.Errorf("column %s was not fetched and the row has no Id", t.Columns[col].Field.Name)
	}
	key := planner.Value{Kind: planner.TextValue, Text: string(rows.Bytes(at, c.positions[id]))}
	plan := &planner.Plan{
		Columns: []int{col},
		Terms:   []planner.Term{{Column: id, Op: planner.OpEQ, Collation: planner.CollationID, Arg: 1}},
	}
	rules := c.table.rules
	rules.Off = false
	scan := rules.Bind(plan, []planner.Arg{{Value: key}}, false)
	if !scan.Exact {
		return fmt.Errorf("column %s was not fetched and %s cannot be asked for one record", t.Columns[col].Field.Name, t.Object.Name)
	}
	one, err := c.table.conn.cfg.Source.Open(c.table.conn.context(), Scan{Query: scan.Query, Columns: scan.Columns, Expected: 1, Drained: true})
	if err != nil {
		return err
	}
	defer one.Close()
	if !one.Next(c.table.conn.context()) {
		r.Null() // the record went between two calls
		return one.Err()
	}
	return c.give(r, &t.Columns[col], forward{one}, 0, slices.Index(scan.Fetched, col))
}

// Rowid returns a number that is the same whenever this record is read.
func (c *cursor) Rowid() (int64, error) {
	c.note(-1)
	t := c.table.rules.Table
	if c.counting && c.table.query == nil {
		if err := c.fetchAfterAll(); err != nil {
			return 0, c.table.conn.fail(err)
		}
	}
	if c.reduced != nil {
		if err := c.regroup(); err != nil {
			return 0, c.table.conn.fail(c.table.wrap(err))
		}
	}
	id := t.ID()
	if c.table.query != nil || id < 0 || c.eof {
		return c.given, nil
	}
	rows, at := c.current()
	return c.table.ids.of(rows.Bytes(at, c.positions[id])), nil
}

// Close ends the scan.
func (c *cursor) Close() {
	c.stop()
	c.inner, c.inners, c.blobPath, c.blob = nil, nil, "", nil
	c.table.conn.forgetTold()
	c.table.conn.release()
}

func (c *cursor) stop() {
	if c.rows != nil {
		_ = c.rows.Close() // the rows that were wanted are read
		c.rows = nil
	}
	c.counting, c.view, c.reduced = false, nil, nil
	if c.inner != nil {
		c.inner.serving, c.inner.row = false, 0
	}
	if i := slices.Index(c.table.conn.open, c); i >= 0 {
		c.table.conn.open = slices.Delete(c.table.conn.open, i, i+1)
	}
}

// values is where the current row's values are read: a forward-only answer,
// or rows kept in memory.
type values interface {
	Null(row, col int) bool
	Int64(row, col int) int64
	Float64(row, col int) float64
	Bytes(row, col int) []byte
}

// forward reads the current row of an answer.
type forward struct{ soql.Rows }

func (f forward) Null(_, col int) bool       { return f.Rows.Null(col) }
func (f forward) Int64(_, col int) int64     { return f.Rows.Int64(col) }
func (f forward) Float64(_, col int) float64 { return f.Rows.Float64(col) }
func (f forward) Bytes(_, col int) []byte    { return f.Rows.Bytes(col) }

func (c *cursor) current() (values, int) { return c.view, c.inner.row }
