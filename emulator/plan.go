package emulator

import (
	"bytes"
	"math"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// plan is a statement that has been evaluated but for writing its rows.
type plan struct {
	table  *table
	rows   rowSet
	write  *selection // nil for aggregates
	groups [][]byte   // the records of an aggregate query, as JSON
	total  int        // totalSize
	levels int        // of objects that the records show, children below parents
}

// records returns how many records the pages hold together: none for COUNT(),
// whatever totalSize says.
func (p *plan) records() int {
	if p.write == nil {
		return len(p.groups)
	}
	return p.rows.len()
}

func (p *plan) appendRecord(dst []byte, root string, i int) []byte {
	if p.write == nil {
		return append(dst, p.groups[i]...)
	}
	return p.write.appendRecord(dst, root, p.table, p.rows.at(i))
}

const maxOffset = 2_000

// compile checks a statement and finds its rows.
func (s *call) compile(statement string, deleted bool) (*plan, error) {
	c, q, err := s.parse(statement)
	if err != nil {
		return nil, err
	}
	c.deleted = deleted
	p := &plan{table: c.org.table(c.obj)}
	if q.IsAggregate() {
		return p, c.aggregate(p, q, deleted)
	}
	if p.write, err = c.selection(q); err != nil {
		return nil, err
	}
	keys, err := c.orderKeys(q.OrderBy)
	if err != nil {
		return nil, err
	}
	if p.rows, err = c.matching(q.Where, deleted); err != nil {
		return nil, err
	}
	if err := c.spend(effort(q, p.rows.len())); err != nil {
		return nil, err
	}
	p.levels = c.limits.levels
	sortRows(&p.rows, keys, c)
	p.rows.cut(bounds(q))
	p.total = p.rows.len()
	if q.IsCount() {
		p.rows = rowSet{}
	}
	return p, nil
}

// effort is how many rows a statement has to find. The index of Ids tells the
// first and the last records of an object without the others.
func effort(q *soql.Query, found int) int {
	if q.Where != nil || q.Limit == nil || len(q.OrderBy) != 1 {
		return found
	}
	f, ok := q.OrderBy[0].Expr.(*soql.Field)
	if !ok || len(f.Path) != 1 || !strings.EqualFold(f.Path[0], "Id") {
		return found
	}
	return min(found, int(min(*q.Limit, math.MaxInt32)))
}

// parse reads a statement and finds the object it is about.
func (s *call) parse(statement string) (*compiler, *soql.Query, error) {
	if err := tooLarge(statement); err != nil {
		return nil, nil, err
	}
	q, err := soql.Parse(statement)
	if err != nil {
		return nil, nil, syntaxError(statement, err)
	}
	c := &compiler{
		org: s.store, statement: statement, alias: q.From.Alias,
		zone: s.zone, now: s.db.clock(), quirks: s.quirks,
		level: 1, limits: newLimits(), pages: &paging{cursors: s.cursors, size: s.pageSize, token: s.token},
	}
	if c.obj, err = c.from(q); err != nil {
		return nil, nil, err
	}
	return c, q, c.prepare(q)
}

// bounds returns OFFSET and LIMIT, where no limit is the largest number.
func bounds(q *soql.Query) (offset, limit int) {
	limit = math.MaxInt
	if q.Offset != nil {
		offset = int(*q.Offset)
	}
	if q.Limit != nil {
		limit = int(*q.Limit)
	}
	return offset, limit
}

// matching finds the rows that a condition accepts, in the table's order.
func (c *compiler) matching(where soql.Expr, deleted bool) (rowSet, error) {
	t := c.org.table(c.obj)
	accept := func(int) bool { return true }
	if where != nil {
		p, err := c.condition(where)
		if err != nil {
			return rowSet{}, err
		}
		accept = p
	}
	hidden := t.hidden(deleted)
	if where == nil && hidden == nil {
		return rowSet{all: t.size}, nil
	}
	found := []int32{}
	test := func(row int) {
		if (hidden == nil || !hidden(row)) && accept(row) {
			found = append(found, int32(row))
		}
	}
	if rows, _, ok := c.candidates(where); ok {
		for _, row := range rows {
			test(int(row))
		}
		return rowSet{rows: found}, nil
	}
	for row := range t.size {
		test(row)
	}
	return rowSet{rows: found}, nil
}

// candidates finds the rows that a condition on an indexed field leaves, where
// one of its terms asks for records by id, and names the field.
func (c *compiler) candidates(e soql.Expr) (rows []int32, field string, ok bool) {
	switch e := e.(type) {
	case *soql.Logical:
		if e.Or {
			return nil, "", false
		}
		for _, term := range e.Terms {
			if rows, field, ok = c.candidates(term); ok {
				return rows, field, ok
			}
		}
	case *soql.Comparison:
		if e.Op == soql.EQ {
			return c.lookUp(e.Left, []soql.Literal{e.Value})
		}
	case *soql.In:
		if !e.Not && e.Sub == nil {
			return c.lookUp(e.Left, e.Values)
		}
	}
	return nil, "", false
}

func (c *compiler) lookUp(left soql.Operand, values []soql.Literal) (rows []int32, field string, ok bool) {
	path := c.ownPath(fieldPath(left))
	if len(path) != 1 {
		return nil, "", false
	}
	place, ok := c.obj.field(path[0])
	if !ok || !isID(c.obj.Fields[place].Type) {
		return nil, "", false
	}
	for _, v := range values {
		if v.Kind != soql.StringLiteral || v.Text == "" {
			return nil, "", false // nulls are in no index
		}
		id15, _ := parseID(v.Text)
		if id, known := c.org.record(id15); known {
			rows = c.org.table(c.obj).rowsWith(rows, place, id)
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows), c.obj.Fields[place].Name, true
}

// orderKey is a compiled key of ORDER BY.
type orderKey struct {
	of        *operand
	desc      bool
	nullsLast bool
}

func (c *compiler) orderKeys(order []soql.Order) ([]orderKey, error) {
	keys := make([]orderKey, len(order))
	for i, o := range order {
		of, err := c.operand(o.Expr)
		if err != nil {
			return nil, err
		}
		if !of.field.Sortable {
			return nil, c.failAt(of.pos, "INVALID_FIELD", "field '%s' can not be sorted in a query call", of.name)
		}
		keys[i] = newOrderKey(of, o)
	}
	return keys, nil
}

// newOrderKey knows that lookups keep their nulls on top whatever is asked.
func newOrderKey(of *operand, o soql.Order) orderKey {
	return orderKey{of: of, desc: o.Desc, nullsLast: o.Nulls == soql.NullsLast && of.kind != "reference"}
}

// sortRows puts the rows in order; ties keep the table's order.
func sortRows(rows *rowSet, keys []orderKey, c *compiler) {
	if len(keys) == 0 {
		return
	}
	rows.list()
	values := make([][]datum, len(keys))
	for k := range keys {
		values[k] = make([]datum, len(rows.rows))
		for i, row := range rows.rows {
			values[k][i] = c.sortable(keys[k].of, keys[k].of.get(int(row)))
		}
	}
	places := make([]int32, len(rows.rows))
	for i := range places {
		places[i] = int32(i)
	}
	slices.SortStableFunc(places, func(a, b int32) int {
		for k := range keys {
			if order := c.compareKeys(&keys[k], values[k][a], values[k][b]); order != 0 {
				return order
			}
		}
		return 0
	})
	sorted := make([]int32, len(places))
	for i, place := range places {
		sorted[i] = rows.rows[place]
	}
	rows.rows = sorted
}

// sortable replaces a value's text by what it sorts by.
func (c *compiler) sortable(of *operand, d datum) datum {
	if isText(of.kind) && of.kind != "picklist" {
		d.s = c.org.fold.sortKey(d.s)
	}
	return d
}

func (c *compiler) compareKeys(key *orderKey, a, b datum) int {
	switch {
	case a.null && b.null:
		return 0
	case a.null != b.null:
		if a.null != key.nullsLast {
			return -1
		}
		return 1
	}
	order := c.compareData(key.of.kind, a, b)
	if key.desc {
		return -order
	}
	return order
}

// compareData orders two values that are not null: picklists as set up, ids by
// their characters, text by its sort key.
func (c *compiler) compareData(kind string, a, b datum) int {
	switch kind {
	case "double", "currency", "percent":
		return compare(a.f, b.f)
	case "id", "reference":
		x, y := recordID(a.n), recordID(b.n)
		of, other := c.org.objects[x.object()], c.org.objects[y.object()]
		switch {
		case of.given != nil || other.given != nil:
			var m, n [18]byte
			return bytes.Compare(of.appendID15(m[:0], x.row()), other.appendID15(n[:0], y.row()))
		case of != other:
			return strings.Compare(of.KeyPrefix, other.KeyPrefix)
		}
		return compare(a.n, b.n)
	case "int", "long", "date", "datetime", "time", "boolean", "picklist":
		return compare(a.n, b.n)
	}
	return strings.Compare(a.s, b.s)
}
