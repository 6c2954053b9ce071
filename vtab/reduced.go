package vtab

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// grouped gives each group of an answer as often as its number says: the same
// rows as a plain scan, as far as the grouped columns go.
type grouped struct {
	soql.Rows
	number int // the column that holds it
	left   int64
	nth    int64 // the current row within its group
	done   map[string]bool
	key    []byte
	types  []soql.Column
}

func newGrouped(rows soql.Rows, columns []soql.Column) *grouped {
	last := len(columns) - 1
	return &grouped{Rows: rows, number: last, types: columns[:last], done: map[string]bool{}}
}

// Next moves to the next row, which may be the same group's.
func (g *grouped) Next(ctx context.Context) bool {
	if g.nth > 0 && g.left > 0 {
		g.left--
		g.nth++
		return true
	}
	if g.nth > 0 {
		g.done[string(g.key)] = true
	}
	for g.Rows.Next(ctx) {
		if g.left = g.Rows.Int64(g.number) - 1; g.left >= 0 {
			g.key = rowKey(g.key[:0], g.Rows, g.types, nil)
			g.nth = 1
			return true
		}
	}
	return false
}

// rowKey appends the values of a row, so that equal keys mean equal values. at
// says where each column stands; nil means in order.
func rowKey(b []byte, rows soql.Rows, types []soql.Column, at []int) []byte {
	for i, t := range types {
		pos := i
		if at != nil {
			pos = at[i]
		}
		switch {
		case rows.Null(pos):
			b = append(b, 0)
		case t.Kind == soql.KindInt || t.Kind == soql.KindBool:
			b = binary.BigEndian.AppendUint64(append(b, 1), uint64(rows.Int64(pos)))
		case t.Kind == soql.KindReal:
			b = binary.BigEndian.AppendUint64(append(b, 2), math.Float64bits(rows.Float64(pos)))
		default:
			text := rows.Bytes(pos)
			b = append(binary.BigEndian.AppendUint32(append(b, 3), uint32(len(text))), text...)
		}
	}
	return b
}

// ungrouped gives the rows that groups stood for, once a column was read that
// the groups do not have: first the rest of the group that was being read,
// then every group that was not yet. It reads the table twice.
type ungrouped struct {
	soql.Rows
	open  func() (soql.Rows, error)
	from  *grouped
	at    []int
	skip  int64 // rows of the current group that were given
	rest  bool
	key   []byte
	fault error
}

// Next moves to the next row that was not given yet.
func (u *ungrouped) Next(ctx context.Context) bool {
	for u.fault == nil {
		for u.Rows.Next(ctx) {
			if u.wants() {
				return true
			}
		}
		if u.Rows.Err() != nil || u.rest {
			return false
		}
		_ = u.Rows.Close() // read to its end
		u.rest = true
		var rows soql.Rows
		if rows, u.fault = u.open(); u.fault == nil {
			u.Rows = rows
		}
	}
	return false
}

func (u *ungrouped) wants() bool {
	u.key = rowKey(u.key[:0], u.Rows, u.from.types, u.at)
	current := string(u.key) == string(u.from.key)
	if u.rest {
		return !current && !u.from.done[string(u.key)]
	}
	if current && u.skip > 0 {
		u.skip--
		return false
	}
	return current
}

// Err returns why the rows ended early.
func (u *ungrouped) Err() error {
	if u.fault != nil {
		return u.fault
	}
	return u.Rows.Err()
}

// regroup replaces groups by the rows that they stand for: the guess of which
// columns the statement reads was wrong.
func (c *cursor) regroup() error {
	g := c.reduced
	_ = c.rows.Close() // its rows are in memory
	c.rows, c.reduced, c.noGroups = nil, nil, true
	scan := c.bind(c.plan, c.args, false)
	open := func() (soql.Rows, error) {
		return c.table.conn.cfg.Source.Open(c.table.conn.context(), c.ask(scan, false))
	}
	rows, err := open()
	if err != nil {
		return err
	}
	u := &ungrouped{Rows: rows, open: open, from: g, skip: g.nth - 1}
	groups := c.scan.Fetched
	c.scan = scan
	c.rows, c.view = u, forward{u}
	c.positions, c.parents = c.place(scan.Fetched), c.paths
	for _, col := range groups {
		u.at = append(u.at, c.positions[col])
	}
	c.given--
	return c.advance()
}

// cut reads as many records as the statement's text says that it wants, and
// the others if it wants them all the same.
type cut struct {
	soql.Rows
	open  func() (soql.Rows, error)
	id    int
	most  int64
	given map[string]bool
	rest  bool
	fault error
}

// Next moves to the next record that was not given yet.
func (r *cut) Next(ctx context.Context) bool {
	for r.fault == nil {
		for r.Rows.Next(ctx) {
			id := string(r.Rows.Bytes(r.id))
			if !r.rest {
				r.given[id] = true
				return true
			}
			if !r.given[id] {
				return true
			}
		}
		if r.Rows.Err() != nil || r.rest || int64(len(r.given)) < r.most {
			return false
		}
		_ = r.Rows.Close() // read to its end
		r.rest = true
		var rows soql.Rows
		if rows, r.fault = r.open(); r.fault == nil {
			r.Rows = rows
		}
	}
	return false
}

// Err returns why the rows ended early.
func (r *cut) Err() error {
	if r.fault != nil {
		return r.fault
	}
	return r.Rows.Err()
}

// openCut starts a scan that the statement's text cuts.
func (c *cursor) openCut(scan planner.Scan, id int) (soql.Rows, error) {
	source, ctx := c.table.conn.cfg.Source, c.table.conn.context()
	rows, err := source.Open(ctx, c.ask(scan, false))
	if err != nil {
		return nil, err
	}
	whole, query := c.ask(scan, false), *scan.Query
	query.Limit = nil
	whole.Query = &query
	open := func() (soql.Rows, error) { return source.Open(ctx, whole) }
	return &cut{Rows: rows, open: open, id: id, most: scan.Cut, given: map[string]bool{}}, nil
}
