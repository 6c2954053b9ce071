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

// localKeys returns the keys that a local table may bring: an outer scan of
// SQLite's own cannot be looked at, but the statement's text tells which
// column it is joined by. It returns nil where the text does not tell, or where
// this start's key is not among them.
func (c *cursor) localKeys(key int) []planner.Value {
	n := c.inner
	term := c.plan.Terms[key]
	if !n.localAsked {
		n.localAsked = true
		if table, column := c.table.conn.analysis.LocalKey(c.table.rules.Table, term.Column, c.table.conn.tableOf); table != "" {
			n.local = c.table.conn.localColumn(table, column)
		}
	}
	if len(n.local) == 0 {
		return nil
	}
	col := &c.table.rules.Table.Columns[term.Column]
	this, _ := hashKey(col, term.Collation, c.args[term.Arg-1].Value)
	keys, seen := []planner.Value{c.args[term.Arg-1].Value}, map[string]bool{this: true}
	text, found := 0, false
	for _, v := range n.local {
		k, ok := hashKey(col, term.Collation, v)
		found = found || ok && k == this
		if !ok || seen[k] || n.store.loaded && n.store.has(v) || len(keys) >= maxBatchKeys || text > maxBatchText {
			continue
		}
		seen[k] = true
		if c.table.rules.Compare(term.Column, planner.OpEQ, v, term.Collation).Class != planner.Refused {
			keys = append(keys, v)
			text += keySize(col, v)
		}
	}
	if !found {
		return nil
	}
	return keys
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
