package vtab

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/sfsql/sfsql/internal/planner"
)

// maxLocalKeys is how many keys of a local table are read beforehand.
const maxLocalKeys = 50_000

// localTold returns the values of a local table's column, read once; nil where
// it is none, or has too many.
func (c *cursor) localTold(o planner.Origin) *told {
	n := c.inner
	if t, ok := n.local[o]; ok {
		return t
	}
	if n.local == nil {
		n.local = make(map[planner.Origin]*told)
	}
	var t *told
	if values := c.table.conn.localColumn(o.Ref.Table, o.Column); len(values) > 0 {
		t = newTold(o.Sorted, false)
		for _, v := range values {
			t.add(v)
		}
	}
	n.local[o] = t
	return t
}

// localColumn reads a column of a table of the main or the temporary database.
// Views are left out: they may read the org.
func (c *Conn) localColumn(table, column string) []planner.Value {
	for _, schema := range []string{"temp", "main"} {
		rows := c.values("SELECT sql FROM "+schema+".sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')", 2, table)
		if len(rows) == 0 {
			continue
		}
		if words := planner.FirstWords(rows[0].Text, 2); len(words) < 2 || !words[1].Is("TABLE") {
			return nil
		}
		out := c.values("SELECT DISTINCT "+planner.QuoteName(column)+" FROM "+schema+"."+planner.QuoteName(table), maxLocalKeys+1)
		if len(out) > maxLocalKeys {
			return nil
		}
		return out
	}
	return nil
}

// values returns the first column of a query of local tables, at most so many
// rows. A failure counts as none: it only costs calls.
func (c *Conn) values(query string, most int, args ...string) []planner.Value {
	var named []driver.NamedValue
	for i, a := range args {
		named = append(named, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	rows, err := c.Engine().(driver.QueryerContext).QueryContext(context.Background(), query, named)
	if err != nil {
		return nil
	}
	defer rows.Close()
	var out []planner.Value
	for dest := make([]driver.Value, len(rows.Columns())); len(out) < most; {
		if err := rows.Next(dest); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			return nil
		}
		switch v := dest[0].(type) {
		case string:
			out = append(out, planner.Value{Kind: planner.TextValue, Text: v})
		case int64:
			out = append(out, planner.Value{Kind: planner.IntValue, Int: v})
		case float64:
			out = append(out, planner.Value{Kind: planner.RealValue, Real: v})
		}
	}
	return out
}
