package planner

import (
	"slices"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// Path is a parent that a scan of its children reads along, as Account.Name
// beside the columns of Contact. A scan of the parent by its Id is then
// answered from the child's row.
type Path struct {
	Via     int    `json:"v"` // the child's reference
	Table   string `json:"t"` // the parent's
	Columns []int  `json:"c"` // of the parent's table
	// Filters are conditions that the parent meets in every row of the answer:
	// the scan may leave out children whose parent does not.
	Filters []*Cond `json:"f,omitempty"`
	// Always says that no row of the answer is without the parent.
	Always bool   `json:"a,omitempty"`
	Paths  []Path `json:"p,omitempty"` // to the parent's own parents
}

// MaxLevels is how many parents a path may have.
const MaxLevels = 5

// Parent is a join of a reference with the Id that it holds.
type Parent struct {
	Child, Parent *Ref
	Via           int // the child's column
	// Always says that every row of the SELECT's answer has the parent.
	Always bool
}

// Parents returns the joins of children with parents that a path can follow.
// tables returns the table that a reference may mean, or nil.
func (a *Analysis) Parents(tables func(*Ref) *Table) []Parent {
	if a == nil {
		return nil
	}
	var out []Parent
	has := func(r *Ref, column string) bool {
		t := tables(r)
		return t != nil && t.Column(column) >= 0
	}
	for _, s := range a.Selects {
		for _, e := range s.Edges {
			x, y := s.find(e.A, has), s.find(e.B, has)
			if x == nil || y == nil || x == y || len(out) >= maxParents {
				continue
			}
			always := e.Left == nil && x.Select == s && y.Select == s
			for _, p := range []Parent{{Child: x, Parent: y, Always: always}, {Child: y, Parent: x, Always: always}} {
				child, parent := tables(p.Child), tables(p.Parent)
				name, of := e.A, e.B
				if p.Child == y {
					name, of = e.B, e.A
				}
				if p.Via = child.Column(name.Column); LeadsTo(child, p.Via, parent) && parent.Column(of.Column) == parent.ID() {
					out = append(out, p)
				}
			}
		}
	}
	return out
}

// maxParents bounds how many joins of a statement are looked at.
const maxParents = 64

// Other returns the column that a statement compares with a column of a table,
// as it is written there; empty where there is none, or several.
func (a *Analysis) Other(t *Table, column string) string {
	if a == nil {
		return ""
	}
	refs, _ := a.Refs(t)
	out := ""
	for _, ref := range refs {
		has := func(name string) bool { return t.Column(name) >= 0 }
		for _, e := range ref.Select.Edges {
			for _, pair := range [][2]Name{{e.A, e.B}, {e.B, e.A}} {
				if !ref.Select.means(ref, pair[0], has) || !strings.EqualFold(pair[0].Column, column) {
					continue
				}
				other := pair[1].Column
				if pair[1].Table != "" {
					other = pair[1].Table + "." + other
				}
				if out != "" && out != other {
					return ""
				}
				out = other
			}
		}
	}
	return out
}

// find resolves a name in a SELECT or in those around it.
func (s *Select) find(n Name, has func(r *Ref, column string) bool) *Ref {
	for ; s != nil; s = s.Outer {
		if r := s.Ref(n, has); r != nil {
			return r
		}
	}
	return nil
}

// LeadsTo reports whether a path over a column is certain to lead to a table,
// and shows the same records as the table does to a user who sees everything.
func LeadsTo(child *Table, via int, parent *Table) bool {
	if via < 0 || parent.ID() < 0 || !followable(child.Object.Name) || !isParent(parent.Object.Name) {
		return false
	}
	f := &child.Columns[via].Field
	return f.Type == "reference" && !f.Polymorphic && f.RelationshipName != "" &&
		len(f.ReferenceTo) == 1 && strings.EqualFold(f.ReferenceTo[0], parent.Object.Name)
}

// followable leaves out objects with other rules for joins: big and external
// ones, metadata, articles.
func followable(object string) bool {
	_, suffix, has := strings.Cut(object, "__")
	return !has || strings.EqualFold(suffix, "c") || strings.HasSuffix(strings.ToLower(suffix), "__c")
}

// parents are the standard objects of which a user with View All Data sees
// every record. Of others, such as files, some stay hidden even then.
var parents = []string{
	"account", "asset", "campaign", "case", "contact", "contract", "lead", "opportunity", "order", "pricebook2", "pricebookentry", "product2",
	"profile", "quote", "recordtype", "user", "userrole",
}

func isParent(object string) bool {
	name := strings.ToLower(object)
	return slices.Contains(parents, name) || strings.HasSuffix(name, "__c") && followable(name)
}

// Reads are the columns of a parent that a path must bring so that a row of
// the parent's table can be made of it: those that the statement reads, and
// those that tell whether the table has the row. It is nil where a path cannot
// bring one of them.
func (t *Table) Reads(columns []int) []int {
	out := []int{t.ID()}
	add := func(c int) {
		if c >= 0 && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, c := range columns {
		if t.Columns[c].Blob || t.Columns[c].Kind == soql.KindJSON || t.Columns[c].Kind == soql.KindAny {
			return nil
		}
		add(c)
	}
	add(t.Column("IsDeleted"))
	add(t.BoundColumn())
	if len(out) > maxPathColumns {
		return nil
	}
	slices.Sort(out)
	return out
}

// maxPathColumns bounds what is read along with each child.
const maxPathColumns = 40

// BoundColumn returns the column that a start date bounds, or -1.
func (t *Table) BoundColumn() int {
	if c, ok := t.Bound.(*soql.Comparison); ok {
		if f, ok := c.Left.(*soql.Field); ok {
			return t.Column(f.Path[0])
		}
	}
	return -1
}

// Reaches reports whether a value of the bound column lets a record into the
// table.
func (t *Table) Reaches(value []byte) bool {
	c, ok := t.Bound.(*soql.Comparison)
	if !ok {
		return t.Bound == nil
	}
	return CompareSFTIME(value, []byte(FormatDatetime(c.Value.Time))) >= 0
}

// PathColumns returns what a query selects for a path's columns.
func PathColumns(prefix []string, parent *Table, columns []int) []soql.Column {
	out := make([]soql.Column, len(columns))
	for i, c := range columns {
		col := &parent.Columns[c]
		out[i] = soql.Column{Path: append(slices.Clone(prefix), col.Field.Name), Kind: col.Kind}
	}
	return out
}

// Under writes a condition on a parent's fields as one on paths from a child.
// It returns nil where it does not know how.
func Under(prefix []string, e soql.Expr) soql.Expr {
	under := func(o soql.Operand) soql.Operand {
		if f, ok := o.(*soql.Field); ok {
			return &soql.Field{Path: append(slices.Clone(prefix), f.Path...)}
		}
		return nil
	}
	switch e := e.(type) {
	case *soql.Logical:
		out := &soql.Logical{Or: e.Or}
		for _, t := range e.Terms {
			term := Under(prefix, t)
			if term == nil {
				return nil
			}
			out.Terms = append(out.Terms, term)
		}
		return out
	case *soql.Comparison:
		if left := under(e.Left); left != nil {
			return &soql.Comparison{Left: left, Op: e.Op, Value: e.Value}
		}
	case *soql.In:
		if left := under(e.Left); left != nil && e.Sub == nil {
			return &soql.In{Left: left, Not: e.Not, Values: e.Values}
		}
	case *soql.Includes:
		if left := under(e.Left); left != nil {
			return &soql.Includes{Left: left, Excludes: e.Excludes, Values: e.Values}
		}
	}
	return nil
}
