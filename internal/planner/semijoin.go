package planner

import (
	"slices"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// SubSelect is what a condition with a subquery says of a scan's records: that
// a column's value is among those that a sub-select of another table finds, or
// is not among them. SQLite evaluates the condition itself, so the scan may
// leave records out by it, and need not.
type SubSelect struct {
	Column int    `json:"c"` // the scan's: an Id or a reference
	Table  string `json:"t"` // of the sub-select
	Of     int    `json:"o"` // the column that it selects
	Not    bool   `json:"n,omitempty"`
	// Whole says that every value that the sub-select finds is one of the
	// subquery's, where its filters are exact.
	Whole bool `json:"w,omitempty"`
	// Listed says that the subquery's values come as a list with the scan: the
	// sub-select stands only for one that is too long.
	Listed bool `json:"l,omitempty"`
	// Parent says that Table is where the column leads to: its filters are
	// written as paths. With Not, records without parent are wanted, too.
	Parent  bool    `json:"p,omitempty"`
	Filters []*Cond `json:"f,omitempty"`
}

// SemiJoin is a conjunct of the text that relates two references:
// Outer.Column [NOT] IN (SELECT Inner.Of …), or the same as [NOT] EXISTS.
type SemiJoin struct {
	Outer, Inner *Ref
	Column, Of   int // of their tables
	Not          bool
	// Plain says that the subquery's rows are those that its conditions leave
	// of Inner's, each by itself: leaving some out changes no other.
	Plain bool
	// Whole says that they are all of these.
	Whole bool
}

// SemiJoins returns the conjuncts with subqueries that SOQL may have as
// sub-selects. tables returns the table that a reference may mean, or nil.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
func (a *Analysis) SemiJoins(tables func(*Ref) *Table) []SemiJoin {
	if a == nil || a.closed {
		return nil
	}
	var out []SemiJoin
	for _, s := range a.Selects {
		for _, semi := range s.Semis {
			if j, ok := s.semiJoin(semi, tables); ok && len(out) < maxParents {
				out = append(out, j)
			}
		}
	}
	return out
}

// semiJoin reads one conjunct. Its subquery reads one table, so that no name
// in it can mean another.
func (s *Select) semiJoin(semi Semi, tables func(*Ref) *Table) (SemiJoin, bool) {
	in := semi.Select
	if in.Outer != s || len(in.Refs) != 1 || in.from != 1 || len(in.exposed) != 1 || in.merged || in.shape.compound {
		return SemiJoin{}, false
	}
	has := func(r *Ref, column string) bool {
		t := tables(r)
		return t != nil && t.Column(column) >= 0
	}
	j := SemiJoin{Inner: in.Refs[0], Not: semi.Not}
	inner := tables(j.Inner)
	if inner == nil {
		return j, false
	}
	rows := in.shape.rows()
	j.Plain = rows && !in.shape.limited && !in.shape.distinct
	if !semi.Exists {
		if in.shape.sole == nil || in.Ref(*in.shape.sole, has) == nil {
			return j, false
		}
		j.Of = inner.Column(in.shape.sole.Column)
		if j.Outer = s.Ref(semi.Column, has); j.Outer == nil || j.Outer.Left {
			return j, false
		}
		j.Column = tables(j.Outer).Column(semi.Column.Column)
		j.Whole = rows && !in.shape.limited && in.whole(inner, Edge{})
		return j, joins(tables(j.Outer), j.Column, inner, j.Of)
	}
	if !rows { // an aggregate has a row where there is none
		return j, false
	}
	for _, e := range in.Edges {
		for _, pair := range [][2]Name{{e.A, e.B}, {e.B, e.A}} {
			if in.Ref(pair[0], has) == nil || in.Ref(pair[1], has) != nil || pair[1].Table == "" && in.shape.aliases[lowerASCII(pair[1].Column)] {
				continue // an alias is nearer than the columns around the subquery
			}
			if j.Outer = s.Ref(pair[1], has); j.Outer == nil || j.Outer.Left {
				continue
			}
			j.Of, j.Column = inner.Column(pair[0].Column), tables(j.Outer).Column(pair[1].Column)
			if joins(tables(j.Outer), j.Column, inner, j.Of) {
				j.Whole = !in.shape.limited && in.whole(inner, e)
				return j, true
			}
		}
	}
	return j, false
}

// rows reports whether a SELECT gives rows of its tables, one by one: some of
// them at most, and none where there are none.
func (s *shape) rows() bool {
	return !s.grouped && !s.aggregates && !s.having && !s.windows && !s.compound && !s.calls && !s.ordered
}

// whole reports whether nothing in the conditions of a SELECT over one table
// is unknown, but for an edge.
func (s *Select) whole(t *Table, but Edge) bool {
	if s.opaque {
		return false
	}
	for _, c := range s.conjunct {
		if c.cond == nil || c.inOn {
			return false
		}
		if n := c.cond; n.Kind == CondCompare && n.Op == OpEQ && n.Left.Kind == ColumnOperand && n.Right[0].Kind == ColumnOperand &&
			(Edge{A: n.Left.Name, B: n.Right[0].Name}) == but {
			continue
		}
		// A constant is no condition on records, so no filter says it, and yet it
		// decides whether there are any.
		if n := c.cond.resolve(s.Refs[0], t); n.constant() || !n.whole() {
			return false
		}
	}
	return true
}

// Legible reports whether the text tells every operand of a condition, or a
// parameter does.
func (c *Cond) Legible() bool {
	operands := append([]Operand{c.Left}, c.Right...)
	if c.Kind == CondAnd || c.Kind == CondOr || c.Kind == CondNot {
		operands = nil
	}
	return c.Kind != CondUnknown && !slices.ContainsFunc(operands, func(o Operand) bool { return o.Kind == OpaqueOperand }) &&
		!slices.ContainsFunc(c.Kids, func(k *Cond) bool { return !k.Legible() })
}

// joins reports whether SOQL has `column IN (SELECT of …)`: both lead to one
// object, and the sub-select is over another than the query's own.
func joins(outer *Table, column int, inner *Table, of int) bool {
	if outer == nil || column < 0 || of < 0 || strings.EqualFold(outer.Object.Name, inner.Object.Name) {
		return false
	}
	if !isSubSelected(outer.Object.Name) || !isSubSelected(inner.Object.Name) {
		return false
	}
	to := outer.leads(column)
	return to != "" && strings.EqualFold(to, inner.leads(of)) && outer.Columns[column].Field.Filterable && inner.Columns[of].Field.Filterable
}

// leads returns the one object whose Ids a column holds.
func (t *Table) leads(column int) string {
	f := &t.Columns[column].Field
	switch {
	case f.Type == "id" && column == t.ID():
		return t.Object.Name
	case f.Type == "reference" && !f.Polymorphic && len(f.ReferenceTo) == 1:
		return f.ReferenceTo[0]
	}
	return ""
}

// subSelected are the standard objects beside those of parents that take part
// in semi-joins. Activities, notes, attachments and tags never do; of others
// it is not known.
var subSelected = []string{
	"accountcontactrelation", "campaignmember", "caseteammember", "contractlineitem", "opportunitycontactrole", "opportunitylineitem",
	"opportunityteammember", "orderitem", "quotelineitem", "workorder", "workorderlineitem",
}

func isSubSelected(object string) bool {
	return isParent(object) || slices.Contains(subSelected, strings.ToLower(object))
}

// Joined is a SubSelect as a condition.
type Joined struct {
	Column int
	Expr   soql.Expr
	// Whole says that the sub-select finds the subquery's values and no others.
	Whole, Listed bool
}

// maxSubSelects is how many sub-selects a query may have.
const maxSubSelects = 2

// JoinedBy writes a sub-select as a condition on a column of the rules' table.
// of are the rules of the sub-select's table. It returns false for a condition
// that could lose a record, or that says nothing.
func (r Rules) JoinedBy(s SubSelect, of Rules) (Joined, bool) {
	if s.Column >= len(r.Table.Columns) || s.Of >= len(of.Table.Columns) || r.Off || r.Without.Has(RuleSemi) {
		return Joined{}, false
	}
	out := Joined{Column: s.Column, Whole: s.Whole, Listed: s.Listed}
	var where []soql.Expr
	for _, f := range s.Filters {
		v := of.Holds(f, true)
		out.Whole = out.Whole && v.Class == Exact && !v.Empty
		if v.Class != Refused && v.Expr != nil {
			where = append(where, v.Expr)
		}
	}
	if s.Parent {
		out.Expr = r.ofParent(s, where)
		return out, out.Expr != nil
	}
	if s.Not && !out.Whole {
		return out, false // it would leave out more than the subquery finds
	}
	if of.Table.Bound != nil {
		where = append(where, of.Table.Bound)
	}
	selected := &of.Table.Columns[s.Of]
	if s.Not && selected.Field.Type != "id" {
		where = append(where, notNull(selected))
	}
	sub := &soql.Query{
		Select: []soql.SelectItem{{Expr: fieldOf(selected)}},
		From:   soql.From{Object: of.Table.Object.Name}, Where: soql.And(where...),
	}
	out.Expr = &soql.In{Left: fieldOf(&r.Table.Columns[s.Column]), Not: s.Not, Sub: sub}
	return out, true
}

// ofParent writes what is asked of a parent as paths.
func (r Rules) ofParent(s SubSelect, where []soql.Expr) soql.Expr {
	column := &r.Table.Columns[s.Column]
	var under []soql.Expr
	for _, e := range where {
		if u := Under([]string{column.Field.RelationshipName}, e); u != nil {
			under = append(under, u)
		}
	}
	switch {
	case len(under) == 0:
		return nil
	case s.Not:
		null := &soql.Comparison{Left: fieldOf(column), Op: soql.EQ, Value: soql.Null()}
		return soql.Or(null, soql.And(under...))
	}
	return soql.And(under...)
}

// join adds the conditions with sub-selects that are no list's.
func (r Rules) join(s *Scan, p *Plan, size int) {
	if p.Limit > 0 || p.Cut != nil {
		return // they count the rows that the predicates leave
	}
	for _, j := range r.Joined {
		if !j.Listed {
			size = r.joinOne(s, j, size)
		}
	}
}

func (r Rules) joinOne(s *Scan, j Joined, size int) int {
	n := exprSize(j.Expr)
	if size+n > maxWhere-r.Reserved || s.subSelects() >= maxSubSelects {
		return size
	}
	s.Exact = false
	s.Query.Where = soql.And(s.Query.Where, j.Expr)
	return size + n
}

// subSelects counts the sub-selects of a scan's query.
func (s *Scan) subSelects() int {
	n := 0
	soql.Walk(s.Query.Where, func(e soql.Expr) bool {
		if in, ok := e.(*soql.In); ok && in.Sub != nil {
			n++
		}
		return true
	})
	return n
}

// shorten reads a list that is too long for one statement in parts, or as the
// sub-select that its values come from. That is one query instead of several,
// but may bring more records where it does not say all that the subquery does.
func (r Rules) shorten(s *Scan, l *longList) {
	at := slices.IndexFunc(r.Joined, func(j Joined) bool { return j.Listed && j.Column == l.column })
	if at >= 0 && r.Joined[at].Whole {
		r.joinOne(s, r.Joined[at], exprSize(s.Query.Where))
		return
	}
	if slices.Contains(s.Fetched, l.column) && r.split(s, l, maxStatement-r.Reserved-len(s.Query.String())) {
		return
	}
	if at >= 0 {
		r.joinOne(s, r.Joined[at], exprSize(s.Query.Where))
	}
}
