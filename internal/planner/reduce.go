package planner

import (
	"slices"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// MaxGroups is how many groups an answer may have: there is no next page. A
// scan that finds as many reads the rows.
const MaxGroups = 2000

// CanGroup reports why Salesforce's groups of a column may not be SQLite's.
func (r Rules) CanGroup(col int) (reason string) {
	c := &r.Table.Columns[col]
	switch {
	case r.Off:
		return "pushdown is off"
	case !c.Field.Groupable:
		return "Salesforce cannot group by " + c.Field.Name + " (groupable is false)"
	case c.Field.Calculated:
		return "a formula has more digits on the server"
	}
	switch c.Field.Type {
	case "reference", "boolean", "int", "long", "date":
		return ""
	}
	return "Salesforce may put values of type " + c.Field.Type + " together that SQLite tells apart"
}

// Groupable reports whether rows of the table may be made from groups of
// columns.
func (r Rules) Groupable(columns []int) bool {
	id := r.Table.ID()
	if r.Without.Has(RuleGroups) || id < 0 || !r.Table.Columns[id].Field.Aggregatable || len(columns) == 0 {
		return false
	}
	if r.Table.isOne("__x", "__b", "__mdt") { // which have no aggregates
		return false
	}
	for _, c := range columns {
		if r.CanGroup(c) != "" {
			return false
		}
	}
	return true
}

// isOne reports whether the object's name ends in one of some suffixes.
func (t *Table) isOne(suffixes ...string) bool {
	return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(strings.ToLower(t.Object.Name), s) })
}

// Countable reports whether Salesforce has COUNT() of the object; of external
// ones it has that alone.
func (t *Table) Countable() bool { return !t.isOne("__b", "__mdt") }

// group asks for each combination of the plan's groups once, with its number.
func (r Rules) group(s *Scan, p *Plan) bool {
	if !r.Groupable(p.Groups) || len(p.Order) > 0 || p.Limit > 0 || p.SkipsOffset {
		return false
	}
	for _, c := range p.Groups {
		s.add(r.Table, c)
		s.Query.GroupBy = append(s.Query.GroupBy, fieldOf(&r.Table.Columns[c]))
	}
	id := fieldOf(&r.Table.Columns[r.Table.ID()])
	s.Query.Select = append(s.Query.Select, soql.SelectItem{Expr: &soql.Call{Name: "COUNT", Args: []soql.Operand{id}}})
	s.Columns = append(s.Columns, soql.Column{Path: []string{"expr0"}, Kind: soql.KindInt})
	most := int64(MaxGroups)
	s.Query.Limit, s.Grouped = &most, true
	return true
}

// extremes asks for the first record by each of the plan's keys. Records
// without a value are never the least or the greatest.
func (r Rules) extremes(s *Scan, p *Plan) bool {
	if len(p.Extremes) == 0 || r.Without.Has(RuleExtremes) || p.Limit > 0 || len(p.Order) > 0 && len(p.Extremes) > 1 {
		return false
	}
	for _, k := range p.Extremes {
		if r.CanOrder(k) != "" {
			return false
		}
	}
	r.project(s, p.Columns)
	one := int64(1)
	for _, k := range p.Extremes {
		part := Scan{Query: &soql.Query{Select: s.Query.Select, From: s.Query.From, Where: s.Query.Where, Limit: &one}}
		if c := &r.Table.Columns[k.Column]; c.Field.Type != "id" {
			part.Query.Where = soql.And(s.Query.Where, notNull(c))
		}
		part.order(r.Table, []OrderKey{k})
		s.Parts = append(s.Parts, Part{Query: part.Query})
	}
	s.Query = s.Parts[0].Query
	return true
}

// maxCut is the largest LIMIT that is taken from the text: whoever reads past
// it must know which records it gave.
const maxCut = 10_000

// cut asks for as many records as the statement's text says that it wants: in
// its order where SQLite has another, since whoever sorts wants no others.
func (r Rules) cut(s *Scan, p *Plan) {
	if p.Cut == nil || r.Without.Has(RuleCut) || p.Limit > 0 || r.Table.ID() < 0 {
		return
	}
	n := int64(0)
	for _, o := range p.Cut {
		v, known := r.value(o)
		if !known || v.Kind != IntValue || v.Int < 0 || v.Int > maxCut {
			return
		}
		n += v.Int
	}
	switch {
	case n == 0:
	case p.First != nil:
		s.order(r.Table, p.First)
		s.Query.Limit = &n
	default:
		s.Query.Limit, s.Cut = &n, n
	}
}
