package vtab

import (
	"fmt"
	"slices"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// memory keeps the rows of an inner scan. SQLite joins by nested loops: for
// each outer row it starts the inner scan again, with another key. A call for
// each would take hours, so once as many calls are spent as reading the whole
// table would take, and two at least, the cursor reads the inner table once,
// filtered by what the statement itself tells, and answers from there. Keys
// that change from row to row are found by a hash; they are checked again by
// SQLite in any case, so the hash may only bring too much.
type memory struct {
	plan    *planner.Plan
	starts  int
	full    bool // the table did not fit: each start is a call again
	loaded  bool
	serving bool

	kept  kept
	key   int // position in plan.Terms of the hashed predicate, -1 for none
	index map[string][]int32
	hits  []int32 // nil means all rows
	at    int
	row   int
}

// Limits of what is kept: rows, and bytes of their values.
const (
	memoryStarts  = 2 // that are calls in any case
	memoryMaxRows = 200_000
	memoryMaxSize = 64 << 20
)

// started counts the starts of one plan.
func (m *memory) started(p *planner.Plan) {
	if m.plan != p {
		*m = memory{plan: p}
	}
	m.starts++
}

// startFromMemory serves a start from kept rows. It reports whether it did.
func (c *cursor) startFromMemory() (bool, error) {
	m := &c.memory
	if m.starts <= c.table.patience() || m.full || c.table.counts() || c.plan.Limit > 0 || c.plan.SkipsOffset {
		return false, nil
	}
	if !m.loaded {
		if c.table.expectedRows() > memoryMaxRows {
			m.full = true
			return false, nil
		}
		if err := c.load(); err != nil || m.full {
			return false, err
		}
	}
	c.scan = planner.Scan{Fetched: m.kept.fetched}
	c.place()
	m.find(c)
	m.serving, c.view = true, &m.kept
	return true, c.advance()
}

// counts reports whether the table is the one row of a raw SELECT COUNT().
func (t *table) counts() bool { return t.query != nil && t.query.IsCount() }

// patience is how many starts of an inner scan are calls of their own.
func (t *table) patience() int {
	rows, known := int64(0), false
	if t.conn.cfg.Rows != nil {
		rows, known = t.conn.cfg.Rows(t.rules.Table.Object.Name)
	}
	if !known {
		return memoryStarts
	}
	return max(memoryStarts, int(float64(rows)/pageRows))
}

// load reads the table once, without the predicates whose values change.
func (c *cursor) load() error {
	m := &c.memory
	constant := *c.plan
	constant.Terms, m.key = nil, -1
	for i, t := range c.plan.Terms {
		switch {
		case t.Known != nil:
			constant.Terms = append(constant.Terms, t)
		case m.key < 0 && t.Op == planner.OpEQ && !t.In && t.Arg > 0 && hashable(&c.table.rules.Table.Columns[t.Column]):
			m.key = i
			if !slices.Contains(constant.Columns, t.Column) {
				constant.Columns = append(slices.Clone(constant.Columns), t.Column)
			}
		}
	}
	scan := c.bind(&constant, c.args, false)
	m.loaded = true
	if scan.Empty {
		return nil
	}
	rows, err := c.table.conn.cfg.Source.Open(c.table.conn.ctx, Scan{Query: scan.Query, Columns: scan.Columns, Expected: -1, Drained: true})
	if err != nil {
		return fmt.Errorf("keeping the inner side of a join: %w", err)
	}
	defer rows.Close()
	m.kept = kept{columns: scan.Columns, fetched: scan.Fetched}
	for rows.Next(c.table.conn.ctx) {
		m.kept.add(rows)
		if m.kept.n > memoryMaxRows || m.kept.size() > memoryMaxSize {
			m.full, m.kept = true, kept{}
			return nil
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("keeping the inner side of a join: %w", err)
	}
	m.hash(c)
	return nil
}

// hashable reports whether equal values of a column have equal hash keys.
func hashable(c *planner.Column) bool {
	switch c.Kind {
	case soql.KindText, soql.KindDate, soql.KindDatetime:
		return !c.Blob
	}
	return false
}

func (m *memory) hash(c *cursor) {
	if m.key < 0 {
		return
	}
	t := c.plan.Terms[m.key]
	pos := slices.Index(m.kept.fetched, t.Column)
	m.index = make(map[string][]int32, m.kept.n)
	for row := range m.kept.n {
		if m.kept.Null(row, pos) {
			continue // equal to nothing
		}
		k := planner.HashKey(t.Collation, string(m.kept.Bytes(row, pos)))
		m.index[k] = append(m.index[k], int32(row))
	}
}

// find sets the rows that the current key can match.
func (m *memory) find(c *cursor) {
	m.at, m.hits = -1, nil
	if m.index == nil {
		return
	}
	t := c.plan.Terms[m.key]
	switch v := c.args[t.Arg-1].Value; {
	case v.Null():
		m.hits = []int32{}
	case v.Kind == planner.TextValue && planner.HashKnows(t.Collation):
		m.hits = m.index[planner.HashKey(t.Collation, v.Text)]
		if m.hits == nil {
			m.hits = []int32{}
		}
	}
}

func (m *memory) next() bool {
	m.at++
	if m.hits == nil {
		m.row = m.at
		return m.at < m.kept.n
	}
	if m.at >= len(m.hits) {
		return false
	}
	m.row = int(m.hits[m.at])
	return true
}
