package emulator

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// maxGroups is how many records an aggregate query may return: there is no
// second page.
const maxGroups = 2_000

// tally collects what an aggregate needs of a group.
type tally struct {
	count    int64
	whole    int64
	real     float64
	best     datum
	bestKey  datum
	distinct map[string]bool
}

// aggregation is a compiled aggregate function.
type aggregation struct {
	name string   // COUNT, MIN, …
	kind string   // type of its value
	of   *operand // nil for COUNT()
}

// group is the rows that are equal in everything grouped by, or in a part of
// it where ROLLUP and CUBE add subtotals.
type group struct {
	by      keySet
	keys    []datum
	tallies []tally
}

// grouping is a compiled aggregate query.
type grouping struct {
	*compiler
	keys    []*operand
	names   []string // the text of each GROUP BY item, folded
	sets    []keySet // what rows are grouped by, the whole first
	aggs    []aggregation
	aggText []string
	groups  []*group
	byKey   map[string]*group
}

// output is one member of the records of an aggregate query.
type output struct {
	key  []byte
	kind string
	get  func(g *group) datum
}

func (c *compiler) aggregate(p *plan, q *soql.Query, deleted bool) error {
	g := &grouping{compiler: c, byKey: map[string]*group{}}
	if err := g.groupBy(q.GroupBy); err != nil {
		return err
	}
	g.sets = keySets(q.Grouping, len(q.GroupBy))
	outputs, err := g.outputs(q.Select)
	if err != nil {
		return err
	}
	order, err := g.orderKeys(q.OrderBy, q.Select)
	if err != nil {
		return err
	}
	having, err := g.having(q.Having)
	if err != nil {
		return err
	}
	rows, err := c.matching(q.Where, deleted)
	if err != nil {
		return err
	}
	if err := c.spend(rows.len()); err != nil {
		return err
	}
	g.collect(&rows)
	return g.finish(p, q, outputs, order, having)
}

func (g *grouping) groupBy(items []soql.Operand) error {
	for _, item := range items {
		key, err := g.operand(item)
		if err != nil {
			return err
		}
		_, isCall := item.(*soql.Call)
		if !isCall && !key.field.Groupable {
			return g.failAt(key.pos, "INVALID_FIELD", "field '%s' can not be grouped in a query call", key.name)
		}
		g.keys = append(g.keys, key)
		g.names = append(g.names, g.canonical(item))
	}
	return nil
}

// keySet is some of the things grouped by: bit i stands for the i-th, and -1
// for all, however many they are.
type keySet int

func (s keySet) has(i int) bool { return s>>i&1 != 0 }

// keySets returns what rows are grouped by: everything, and what ROLLUP and
// CUBE add, which take three things at most.
func keySets(how soql.Grouping, keys int) []keySet {
	if how == soql.PlainGroups {
		return []keySet{-1}
	}
	whole := keySet(1)<<keys - 1
	sets := []keySet{whole}
	for s := whole; s > 0; {
		if s--; how == soql.Cube || (s+1)&s == 0 { // a roll-up keeps the first ones
			sets = append(sets, s)
		}
	}
	return sets
}

// canonical returns a text that is the same for operands that mean the same,
// however they are spelt.
func (g *grouping) canonical(o soql.Operand) string {
	switch o := o.(type) {
	case *soql.Field:
		return strings.ToLower(strings.Join(g.ownPath(o.Path), "."))
	case *soql.Call:
		args := make([]string, len(o.Args))
		for i, arg := range o.Args {
			args[i] = g.canonical(arg)
		}
		return strings.ToLower(o.Name) + "(" + strings.Join(args, ",") + ")"
	}
	return o.String()
}

// value compiles what a record of the result may hold: something grouped by or
// an aggregate.
func (g *grouping) value(o soql.Operand) (kind string, get func(*group) datum, err error) {
	if i := slices.Index(g.names, g.canonical(o)); i >= 0 {
		return g.keys[i].kind, func(gr *group) datum { return gr.keys[i] }, nil
	}
	call, ok := o.(*soql.Call)
	if ok {
		switch call.Name {
		case "GROUPING", "FORMAT", "toLabel", "convertCurrency":
			return g.shown(call)
		}
	}
	if !ok || !call.IsAggregate() {
		if f, isField := o.(*soql.Field); isField {
			if _, err := g.route(f); err != nil {
				return "", nil, err
			}
		}
		return "", nil, malformed("Field must be grouped or aggregated: %s", o.String())
	}
	i, err := g.aggregation(call)
	if err != nil {
		return "", nil, err
	}
	agg := g.aggs[i]
	return agg.kind, func(gr *group) datum { return agg.result(&gr.tallies[i]) }, nil
}

// shown compiles a function over what a record of the result may hold.
func (g *grouping) shown(call *soql.Call) (kind string, get func(*group) datum, err error) {
	arg := call.Args[0]
	i := slices.Index(g.names, g.canonical(arg))
	if call.Name == "GROUPING" {
		if i < 0 {
			return "", nil, malformed("Field must be grouped or aggregated: %s", arg)
		}
		return "int", func(gr *group) datum {
			if gr.by.has(i) {
				return datum{}
			}
			return datum{n: 1}
		}, nil
	}
	kind, inner, err := g.value(arg)
	if err != nil {
		return "", nil, err
	}
	of := &operand{kind: kind, name: arg.String(), pos: arg.Position()}
	if i >= 0 {
		of.name, of.field = g.keys[i].name, g.keys[i].field
	} else if call, ok := arg.(*soql.Call); ok {
		of.field = g.aggregated(call)
	}
	kind, show, err := g.display(call, of)
	return kind, func(gr *group) datum { return show(inner(gr)) }, err
}

// aggregated returns the field below an aggregate.
func (g *grouping) aggregated(call *soql.Call) *Field {
	i := slices.Index(g.aggText, g.canonical(call))
	if i < 0 || g.aggs[i].of == nil {
		return nil
	}
	return g.aggs[i].of.field
}

// aggregation compiles an aggregate function, once however often it is named.
func (g *grouping) aggregation(call *soql.Call) (int, error) {
	text := g.canonical(call)
	if i := slices.Index(g.aggText, text); i >= 0 {
		return i, nil
	}
	agg := aggregation{name: call.Name, kind: "int"}
	if len(call.Args) > 0 {
		of, err := g.operand(call.Args[0])
		if err != nil {
			return 0, err
		}
		if slices.Contains(g.names, g.canonical(call.Args[0])) {
			return 0, g.failAt(call.Args[0].Position(), "MALFORMED_QUERY", "Grouped field should not be aggregated: %s", of.name)
		}
		if !aggregates(call.Name, of) {
			return 0, g.failAt(call.Pos, "INVALID_FIELD", "field %s does not support aggregate operator %s", of.name, call.Name)
		}
		agg.of = of
		agg.kind = aggregateKind(call.Name, of.kind)
	}
	g.aggs, g.aggText = append(g.aggs, agg), append(g.aggText, text)
	return len(g.aggs) - 1, nil
}

func aggregates(name string, of *operand) bool {
	if of.field == nil || !of.field.Aggregatable {
		return false
	}
	switch name {
	case "SUM", "AVG":
		return slices.Contains([]string{"int", "long", "double", "currency", "percent"}, of.kind)
	}
	return of.kind != "boolean" && of.kind != "time" && of.kind != "multipicklist"
}

func aggregateKind(name, kind string) string {
	switch name {
	case "COUNT", "COUNT_DISTINCT":
		return "int"
	case "AVG":
		return "double"
	}
	return kind
}

func (g *grouping) outputs(items []soql.SelectItem) ([]output, error) {
	outputs := make([]output, 0, len(items))
	unnamed, aliases := 0, 0
	for _, item := range items {
		kind, get, err := g.value(item.Expr)
		if err != nil {
			return nil, err
		}
		name := item.Alias
		if _, isCall := item.Expr.(*soql.Call); name == "" && isCall {
			name = "expr" + strconv.Itoa(unnamed)
			unnamed++
		}
		if f, ok := item.Expr.(*soql.Field); ok && name == "" {
			if name, err = g.schemaName(f); err != nil {
				return nil, err
			}
		}
		outputs = append(outputs, output{key: keyText(name), kind: kind, get: get})
		if _, isCall := item.Expr.(*soql.Call); isCall || item.Alias != "" {
			aliases++
		}
	}
	if aliases > maxAliases {
		return nil, malformed("maximum number of aliased fields exceeded: %d", maxAliases)
	}
	return outputs, nil
}

// schemaName is the key of a grouped field: its own name, also at the end of a
// path.
func (g *grouping) schemaName(f *soql.Field) (string, error) {
	r, err := g.route(f)
	if err != nil {
		return "", err
	}
	return r.field().Name, nil
}

type groupOrder struct {
	key orderKey
	get func(*group) datum
}

func (g *grouping) orderKeys(order []soql.Order, items []soql.SelectItem) ([]groupOrder, error) {
	keys := make([]groupOrder, len(order))
	for i, o := range order {
		expr := o.Expr
		for _, item := range items {
			if path := fieldPath(expr); len(path) == 1 && item.Alias != "" && strings.EqualFold(path[0], item.Alias) {
				expr = item.Expr
			}
		}
		kind, get, err := g.value(expr)
		if err != nil {
			return nil, err
		}
		keys[i] = groupOrder{key: newOrderKey(&operand{kind: kind}, o), get: get}
	}
	return keys, nil
}

// having compiles HAVING, which compares aggregates and what is grouped by.
func (g *grouping) having(e soql.Expr) (func(*group) bool, error) {
	switch e := e.(type) {
	case nil:
		return func(*group) bool { return true }, nil
	case *soql.Logical:
		terms := make([]func(*group) bool, len(e.Terms))
		for i, term := range e.Terms {
			p, err := g.having(term)
			if err != nil {
				return nil, err
			}
			terms[i] = p
		}
		return func(gr *group) bool {
			for _, p := range terms {
				if p(gr) == e.Or {
					return e.Or
				}
			}
			return !e.Or
		}, nil
	case *soql.Not:
		p, err := g.having(e.X)
		return func(gr *group) bool { return !p(gr) }, err
	case *soql.Comparison:
		left, get, err := g.havingOperand(e.Left)
		if err != nil {
			return nil, err
		}
		match, err := g.matcher(left, e.Op, e.Value)
		return func(gr *group) bool { return match(get(gr)) }, err
	case *soql.In:
		return g.havingIn(e)
	}
	return nil, malformed("unexpected condition in HAVING")
}

func (g *grouping) havingIn(e *soql.In) (func(*group) bool, error) {
	left, get, err := g.havingOperand(e.Left)
	if err != nil {
		return nil, err
	}
	match, err := g.anyOf(left, e.Values)
	return func(gr *group) bool { return match(get(gr)) != e.Not }, err
}

func (g *grouping) havingOperand(o soql.Operand) (*operand, func(*group) datum, error) {
	kind, get, err := g.value(o)
	if err != nil {
		return nil, nil, err
	}
	left := &operand{kind: kind, name: o.String(), pos: o.Position()}
	if i := slices.Index(g.names, g.canonical(o)); i >= 0 {
		left.field = g.keys[i].field
	}
	return left, get, nil
}

// collect walks over the rows.
func (g *grouping) collect(rows *rowSet) {
	if len(g.keys) == 0 {
		g.groups = []*group{{tallies: make([]tally, len(g.aggs))}}
	}
	var key []byte
	rows.each(func(row int) {
		for _, by := range g.sets {
			gr := g.groupOf(row, by, &key)
			for i := range g.aggs {
				g.aggs[i].add(g.compiler, &gr.tallies[i], row)
			}
		}
	})
	if len(g.sets) > 1 { // subtotals follow what they sum up
		slices.SortStableFunc(g.groups, func(a, b *group) int { return slices.Index(g.sets, a.by) - slices.Index(g.sets, b.by) })
	}
}

// groupOf finds the group of a row by some of the keys; the others are null
// in it.
func (g *grouping) groupOf(row int, by keySet, key *[]byte) *group {
	if len(g.keys) == 0 {
		return g.groups[0]
	}
	*key = append((*key)[:0], byte(by))
	for i, of := range g.keys {
		if by.has(i) {
			*key = g.appendKey(*key, of, of.get(row))
		}
	}
	gr, ok := g.byKey[string(*key)]
	if !ok {
		gr = &group{by: by, tallies: make([]tally, len(g.aggs))}
		for i, of := range g.keys {
			d := nullDatum
			if by.has(i) {
				d = of.get(row)
			}
			gr.keys = append(gr.keys, d)
		}
		g.byKey[string(*key)] = gr
		g.groups = append(g.groups, gr)
	}
	return gr
}

// appendKey appends bytes that are the same for values that SOQL holds equal.
func (c *compiler) appendKey(dst []byte, of *operand, d datum) []byte {
	switch {
	case d.null:
		return append(dst, 0)
	case isText(of.kind):
		s := c.foldFor(of, d.s)
		return append(fmt.Appendf(dst, "%d:", len(s)), s...)
	case of.kind == "double" || of.kind == "currency" || of.kind == "percent":
		return fmt.Appendf(dst, "%x ", math.Float64bits(d.f))
	}
	return append(strconv.AppendInt(dst, d.n, 36), ' ')
}

// add counts a row in. Aggregates pass over nulls, but for COUNT().
func (a *aggregation) add(c *compiler, t *tally, row int) {
	if a.of == nil {
		t.count++
		return
	}
	d := a.of.get(row)
	if d.null {
		return
	}
	t.count++
	switch a.name {
	case "SUM", "AVG":
		t.whole += d.n
		t.real += d.f
	case "COUNT_DISTINCT":
		if t.distinct == nil {
			t.distinct = map[string]bool{}
		}
		t.distinct[string(c.appendKey(nil, a.of, d))] = true
	case "MIN", "MAX":
		key := c.sortable(a.of, d)
		order := 0
		if t.count > 1 {
			order = c.compareData(a.of.kind, key, t.bestKey)
		}
		if t.count == 1 || a.name == "MIN" && order < 0 || a.name == "MAX" && order > 0 {
			t.best, t.bestKey = d, key
		}
	}
}

func (a *aggregation) result(t *tally) datum {
	switch a.name {
	case "COUNT":
		return datum{n: t.count}
	case "COUNT_DISTINCT":
		return datum{n: int64(len(t.distinct))}
	}
	if t.count == 0 {
		return nullDatum
	}
	wholes := a.of.kind == "int" || a.of.kind == "long"
	switch a.name {
	case "AVG":
		if wholes {
			return datum{f: float64(t.whole) / float64(t.count)}
		}
		return datum{f: t.real / float64(t.count)}
	case "SUM":
		return datum{n: t.whole, f: t.real}
	}
	return t.best
}

// finish applies HAVING, ORDER BY, OFFSET and LIMIT and writes the records.
func (g *grouping) finish(p *plan, q *soql.Query, outputs []output, order []groupOrder, having func(*group) bool) error {
	kept := slices.DeleteFunc(g.groups, func(gr *group) bool { return !having(gr) })
	slices.SortStableFunc(kept, func(a, b *group) int {
		for i := range order {
			of := order[i].key.of
			if o := g.compareKeys(&order[i].key, g.sortable(of, order[i].get(a)), g.sortable(of, order[i].get(b))); o != 0 {
				return o
			}
		}
		return 0
	})
	offset, limit := bounds(q)
	kept = kept[min(offset, len(kept)):]
	kept = kept[:min(limit, len(kept))]
	if len(kept) > maxGroups {
		return fail(http.StatusBadRequest, "EXCEEDED_ID_LIMIT",
			"Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch")
	}
	for _, gr := range kept {
		record := []byte(`{"attributes":{"type":"AggregateResult"}`)
		for _, out := range outputs {
			record = append(record, out.key...)
			record = g.org.appendDatum(record, out.kind, out.get(gr))
		}
		p.groups = append(p.groups, append(record, '}'))
	}
	p.total = len(p.groups)
	return nil
}
