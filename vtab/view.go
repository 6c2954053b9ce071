package vtab

import (
	"context"
	"fmt"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab/engine"
)

// View is a read-only table that the driver fills, such as sf_objects.
type View struct {
	// Declaration is a CREATE TABLE statement; the table's name in it does
	// not matter.
	Declaration string
	// KeyColumn is a text column whose wanted values Rows is told; -1 where
	// there is none.
	KeyColumn int
	// Rows returns the rows, of these keys at least; nil keys means all. Each
	// row begins with a number that is the same whenever the row is read,
	// then come the columns: nil, int64, float64 or string, or Later.
	Rows func(ctx context.Context, keys []string) ([][]any, error)
}

// Later is a value of a View that costs something to know: it is called when
// a statement reads it.
type Later func(ctx context.Context) (any, error)

// views is the module of views.
type views struct{ conn *Conn }

func (m views) Connect(schema, name string, _ []string) (engine.Table, string, error) {
	s := m.conn.Schema(schema)
	if s == nil || s.cfg.Views[strings.ToLower(name)] == nil {
		return nil, "", fmt.Errorf("vtab: there is no view %s", name)
	}
	v := s.cfg.Views[strings.ToLower(name)]
	return &viewTable{conn: s, name: name, view: v}, v.Declaration, nil
}

type viewTable struct {
	conn *Schema
	name string
	view *View
}

func (t *viewTable) Disconnect() {}

func (t *viewTable) Open() (engine.Cursor, error) {
	t.conn.hold()
	return &viewCursor{table: t}, nil
}

// BestIndex takes equality with the key column, which saves describing every
// sObject of the org. SQLite checks it again.
func (t *viewTable) BestIndex(info *engine.IndexInfo) error {
	info.Cost, info.Rows = 1e6, 1e5
	for i := range info.Constraints {
		c := &info.Constraints[i]
		if c.Usable && c.Op == planner.OpEQ && c.Column == t.view.KeyColumn && c.Column >= 0 && foldable(c.Collation) {
			c.Arg, c.In = 1, c.CanIn
			info.IdxNum, info.Cost, info.Rows = 1, 1e3, 1e3
			return nil
		}
	}
	return nil
}

// foldable reports whether a name that matches under a collation also
// matches when both are folded to lower case.
func foldable(collation string) bool { return collation == "NOCASE" || collation == "BINARY" }

type viewCursor struct {
	table *viewTable
	rows  [][]any
}

func (c *viewCursor) Filter(idxNum int, _ string, args []planner.Arg) error {
	var keys []string
	if idxNum == 1 {
		keys = keysOf(args[0])
	}
	rows, err := c.table.view.Rows(c.table.conn.context(), keys)
	if err != nil {
		return c.table.conn.fail(fmt.Errorf("%s: %w", c.table.conn.label(c.table.name), err))
	}
	c.rows = rows
	return nil
}

// keysOf returns the texts that can match; never nil, which would mean all.
func keysOf(a planner.Arg) []string {
	values := a.List
	if !a.IsIn {
		values = []planner.Value{a.Value}
	}
	keys := []string{}
	for _, v := range values {
		if v.Kind == planner.TextValue {
			keys = append(keys, v.Text)
		}
	}
	return keys
}

func (c *viewCursor) Next() error           { c.rows = c.rows[1:]; return nil }
func (c *viewCursor) EOF() bool             { return len(c.rows) == 0 }
func (c *viewCursor) Rowid() (int64, error) { return c.rows[0][0].(int64), nil }

// Close ends the scan.
func (c *viewCursor) Close() {
	c.rows = nil
	c.table.conn.release()
}

func (c *viewCursor) Column(r engine.Result, col int) error {
	value := c.rows[0][col+1]
	if later, ok := value.(Later); ok {
		var err error
		if value, err = later(c.table.conn.context()); err != nil {
			return c.table.conn.fail(fmt.Errorf("%s: %w", c.table.conn.label(c.table.name), err))
		}
	}
	switch v := value.(type) {
	case int64:
		r.Int64(v)
	case float64:
		r.Float64(v)
	case string:
		r.Text([]byte(v))
	default:
		r.Null()
	}
	return nil
}
