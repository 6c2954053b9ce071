package vtab

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// Some keys come from where no open scan shows them: from a local table, or from
// a subquery whose rows SQLite has put into a table of its own. The text tells
// which column stands behind them. A local one is read beforehand. The values
// of one that a scan gives are noted while SQLite reads it, but not what SQLite
// does with them then: HAVING, a filter or LIMIT may leave most of them out. So
// batches of such keys begin small, and grow as long as they cost less than the
// lookups that they save.

// told is a list of values that may become keys.
type told struct {
	values []planner.Value
	at     map[string]int32 // where each stands
	size   int              // bytes of their texts
	sorts  bool             // they will come in their order
	sorted int              // how many were sorted
	last   int              // which was looked for before
	ids    bool             // they are compared as Ids are
}

// Bounds of what is noted of one column.
const (
	maxToldKeys = 200_000
	maxToldSize = 16 << 20
)

func newTold(sorts, ids bool) *told {
	return &told{at: make(map[string]int32), sorts: sorts, ids: ids}
}

// toldKey appends a text that is the same for values that are the same number
// or text; of others it appends nothing.
func toldKey(b []byte, v planner.Value) []byte {
	switch v.Kind {
	case planner.TextValue:
		return append(append(b, 't'), v.Text...)
	case planner.IntValue:
		return binary.BigEndian.AppendUint64(append(b, 'n'), math.Float64bits(float64(v.Int)))
	case planner.RealValue:
		return binary.BigEndian.AppendUint64(append(b, 'n'), math.Float64bits(v.Real))
	}
	return b
}

// note adds the value at a place of the current row.
func (t *told) note(rows values, at, pos int, kind soql.Kind) {
	if rows.Null(at, pos) || len(t.values) >= maxToldKeys || t.size >= maxToldSize {
		return
	}
	if kind == soql.KindInt || kind == soql.KindBool || kind == soql.KindReal {
		t.add(valueAt(rows, at, pos, kind))
		return
	}
	text := rows.Bytes(at, pos)
	var room [64]byte
	if _, ok := t.at[string(append(append(room[:0], 't'), text...))]; !ok {
		t.add(planner.Value{Kind: planner.TextValue, Text: string(text)})
	}
}

func (t *told) add(v planner.Value) {
	k := string(toldKey(nil, v))
	if _, ok := t.at[k]; ok || k == "" {
		return
	}
	if v.Kind == planner.TextValue {
		v.Text = k[1:]
	}
	t.at[k] = int32(len(t.values))
	t.values = append(t.values, v)
	t.size += len(v.Text)
}

func (t *told) has(v planner.Value) bool {
	_, ok := t.at[string(toldKey(nil, v))]
	return ok
}

// ahead calls visit for a value and for those that are likely to follow it,
// until visit returns false.
func (t *told) ahead(v planner.Value, visit func(planner.Value) bool) {
	t.sort()
	at, n := int(t.at[string(toldKey(nil, v))]), len(t.values)
	step := 1
	if at < t.last { // they come from the end
		step = n - 1
	}
	t.last = at
	for range n {
		if !visit(t.values[at]) {
			return
		}
		at = (at + step) % n
	}
}

// sort brings the values into the order in which SQLite gives them.
func (t *told) sort() {
	if !t.sorts || t.sorted == len(t.values) {
		return
	}
	slices.SortFunc(t.values, func(a, b planner.Value) int {
		x, y := a.Text, b.Text
		if !t.ids {
			x, y = strings.ToLower(x), strings.ToLower(y)
		}
		return cmp.Or(cmp.Compare(numberOf(a), numberOf(b)), cmp.Compare(x, y))
	})
	for i, v := range t.values {
		t.at[string(toldKey(nil, v))] = int32(i)
	}
	t.sorted = len(t.values)
}

func numberOf(v planner.Value) float64 {
	if v.Kind == planner.IntValue {
		return float64(v.Int)
	}
	return v.Real
}

// notes is what a statement's scans have told so far.
type notes struct {
	of      *planner.Analysis
	origins []planner.Origin
	columns map[toldColumn]*told
}

type toldColumn struct {
	schema *Schema
	table  *planner.Table
	col    int
}

// telling returns where a table's scans note their values, by column; nil where
// nobody wants them.
func (t *table) telling() []*told {
	c := t.conn.Conn
	if t.query != nil || t.rules.Off || c.analysis == nil || t.rules.Without.Has(planner.RuleBatch) {
		return nil
	}
	if c.notes.of != c.analysis {
		c.notes = notes{of: c.analysis, origins: c.analysis.Passed(), columns: map[toldColumn]*told{}}
	}
	var out []*told
	for _, o := range c.notes.origins {
		if t.conn.tableOf(o.Ref) != t.rules.Table {
			continue
		}
		col := t.rules.Table.Column(o.Column)
		if col < 0 || !isKept(&t.rules.Table.Columns[col]) {
			continue
		}
		key := toldColumn{t.conn, t.rules.Table, col}
		if c.notes.columns[key] == nil {
			c.notes.columns[key] = newTold(o.Sorted, isIDType(t.rules.Table.Columns[col].Field.Type))
		}
		if out == nil {
			out = make([]*told, len(t.rules.Table.Columns))
		}
		out[col] = c.notes.columns[key]
	}
	return out
}

// forgetTold drops the notes once no scan is left that could use them.
func (c *Conn) forgetTold() {
	if c.cursors--; c.cursors == 0 {
		c.notes = notes{}
	}
}

// toldBy returns the values that were noted for an origin, in any schema.
func (c *Conn) toldBy(o planner.Origin) *told {
	for _, s := range c.schemas {
		if t := s.tableOf(o.Ref); t != nil {
			if told := c.notes.columns[toldColumn{s, t, t.Column(o.Column)}]; told != nil {
				return told
			}
		}
	}
	return nil
}

// toldKeys returns keys that the text tells of, this start's first, and how many
// there may be altogether. It returns none where the text does not tell, or
// where this start's key is not among them.
func (c *cursor) toldKeys(key int) (keys []planner.Value, left float64) {
	n, term := c.inner, c.plan.Terms[key]
	if !n.originsAsked {
		n.originsAsked = true
		n.origins = c.table.conn.analysis.KeyOrigins(c.table.rules.Table, term.Column, c.table.conn.tableOf)
	}
	this := c.args[term.Arg-1].Value
	for _, o := range n.origins {
		if t := c.table.conn.toldBy(o); t != nil && t.has(this) {
			b := c.newBatch(key, c.batchSize(key))
			t.ahead(this, b.add)
			return b.keys, float64(len(b.keys))
		}
		if t := c.localTold(o); t != nil && t.has(this) {
			b := c.newBatch(key, maxBatchKeys)
			t.ahead(this, b.add)
			return b.keys, float64(len(t.values))
		}
	}
	return nil, 0
}

// Bounds of a batch whose keys may be in vain: how many it has at first, and
// how much of a page its rows may fill for that.
const (
	firstBatch = 100
	batchFill  = 4
)

// batchSize returns how many noted keys the next batch asks for. As long as
// its rows are a part of a page, it costs no more calls than a lookup.
func (c *cursor) batchSize(key int) int {
	n, all := c.inner, c.table.expectedRows()
	perKey := all / c.table.distinct(c.plan.Terms[key].Column, all)
	if n.batch.keys > 0 {
		perKey = n.batch.rows / n.batch.keys
	}
	perKey = max(perKey, 1)
	least := max(1, min(firstBatch, int(pageRows/batchFill/perKey)))
	switch b := n.batch; {
	case n.size == 0 || b.keys == 0:
		n.size = max(n.size, least)
	case (1+b.starts)*scanCost(b.rows/b.keys) > scanCost(b.rows):
		n.size = max(least, n.size*4)
	default:
		n.size = max(least, n.size/4)
	}
	n.size = max(1, min(n.size, maxBatchKeys, int(float64(c.table.conn.keptRows())/perKey)))
	return n.size
}

// batch gathers the keys of one.
type batch struct {
	cursor *cursor
	term   planner.Term
	column *planner.Column
	keys   []planner.Value
	seen   map[string]bool
	text   int
	most   int
}

func (c *cursor) newBatch(key, most int) *batch {
	t := c.plan.Terms[key]
	return &batch{cursor: c, term: t, column: &c.table.rules.Table.Columns[t.Column], seen: make(map[string]bool), most: most}
}

// add adds a key, unless its rows are here already. It reports whether there is
// room for more.
func (b *batch) add(v planner.Value) bool {
	k, ok := hashKey(b.column, b.term.Collation, v)
	if !ok || b.seen[k] || b.cursor.inner.store.loaded && b.cursor.inner.store.has(v) {
		return true
	}
	b.seen[k] = true
	if b.cursor.table.rules.Compare(b.term.Column, planner.OpEQ, v, b.term.Collation).Class == planner.Refused {
		return true // such a start reads more than one key's rows
	}
	b.keys = append(b.keys, v)
	b.text += keySize(b.column, v)
	return len(b.keys) < b.most && b.text < maxBatchText
}
