package emulator

import (
	"net/http"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// predicate tells whether a row matches. SOQL's logic has two values: a row
// matches or does not, and NOT is plain negation.
type predicate func(row int) bool

func (c *compiler) condition(e soql.Expr) (predicate, error) {
	switch e := e.(type) {
	case *soql.Logical:
		return c.logical(e)
	case *soql.Not:
		return c.not(e)
	case *soql.Comparison:
		left, err := c.filterable(e.Left)
		if err != nil {
			return nil, err
		}
		match, err := c.matcher(left, e.Op, e.Value)
		if err != nil {
			return nil, err
		}
		return func(row int) bool { return match(left.get(row)) }, nil
	case *soql.In:
		return c.in(e)
	case *soql.Includes:
		return c.includes(e)
	}
	return nil, malformed("unexpected condition")
}

func (c *compiler) logical(e *soql.Logical) (predicate, error) {
	terms := make([]predicate, len(e.Terms))
	for i, term := range e.Terms {
		p, err := c.condition(term)
		if err != nil {
			return nil, err
		}
		terms[i] = p
	}
	decisive := e.Or // the value of a term that settles the whole
	return func(row int) bool {
		for _, p := range terms {
			if p(row) == decisive {
				return decisive
			}
		}
		return !decisive
	}, nil
}

func (c *compiler) not(e *soql.Not) (predicate, error) {
	p, err := c.condition(e.X)
	if err != nil {
		return nil, err
	}
	return func(row int) bool { return !p(row) }, nil
}

// filterable compiles the left side of a condition and enforces the field's
// flag.
func (c *compiler) filterable(o soql.Operand) (*operand, error) {
	left, err := c.operand(o)
	if err != nil {
		return nil, err
	}
	if !left.field.Filterable {
		return nil, c.failAt(left.pos, "INVALID_FIELD", "field '%s' can not be filtered in a query call", left.name)
	}
	return left, nil
}

func (c *compiler) in(e *soql.In) (predicate, error) {
	left, err := c.filterable(e.Left)
	if err != nil {
		return nil, err
	}
	var match func(datum) bool
	if e.Sub != nil {
		match, err = c.semiJoin(e, left)
	} else {
		match, err = c.anyOf(left, e.Values)
	}
	if err != nil {
		return nil, err
	}
	if !e.Not {
		return func(row int) bool { return match(left.get(row)) }, nil
	}
	skipNulls := c.quirks.NotInSkipsNulls
	return func(row int) bool {
		d := left.get(row)
		return !match(d) && (!d.null || !skipNulls)
	}, nil
}

// anyOf compiles the list of an IN. Text and ids go through a set, because
// clients send lists of hundreds.
func (c *compiler) anyOf(left *operand, values []soql.Literal) (func(datum) bool, error) {
	matches := make([]func(datum) bool, 0, 1)
	set := map[string]bool{}
	ids := map[int64]bool{}
	for _, v := range values {
		match, err := c.matcher(left, soql.EQ, v)
		switch {
		case err != nil:
			return nil, err
		case v.Kind == soql.StringLiteral && v.Text != "" && isID(left.kind):
			id15, _ := parseID(v.Text)
			if id, ok := c.org.record(id15); ok {
				ids[int64(id)] = true
			}
		case v.Kind == soql.StringLiteral && v.Text != "" && isText(left.kind):
			set[c.foldFor(left, v.Text)] = true
		default:
			matches = append(matches, match)
		}
	}
	return func(d datum) bool {
		if !d.null && (len(ids) > 0 && ids[d.n] || len(set) > 0 && set[c.foldFor(left, d.s)]) {
			return true
		}
		for _, match := range matches {
			if match(d) {
				return true
			}
		}
		return false
	}, nil
}

func (c *compiler) foldFor(left *operand, s string) string {
	if left.field != nil && left.field.CaseSensitive {
		return s
	}
	return c.org.fold.fold(s)
}

// includes compiles INCLUDES and EXCLUDES: ('a;b','c') asks for both a and b,
// or for c.
func (c *compiler) includes(e *soql.Includes) (predicate, error) {
	left, err := c.filterable(e.Left)
	if err != nil {
		return nil, err
	}
	if left.kind != "multipicklist" {
		return nil, c.failAt(left.pos, "INVALID_QUERY_FILTER_OPERATOR", "includes or excludes operator only valid on multipicklist field")
	}
	var sets [][]string
	null := false
	for _, v := range e.Values {
		switch {
		case v.Kind == soql.NullLiteral || v.Kind == soql.StringLiteral && v.Text == "":
			null = true
		case v.Kind != soql.StringLiteral:
			return nil, c.wrongType(left, v, "multipicklist", true)
		default:
			sets = append(sets, strings.Split(c.org.fold.fold(v.Text), ";"))
		}
	}
	return func(row int) bool {
		d := left.get(row)
		found := d.null && null || !d.null && includesAny(strings.Split(c.org.fold.fold(d.s), ";"), sets)
		return found != e.Excludes
	}, nil
}

func includesAny(chosen []string, sets [][]string) bool {
	for _, set := range sets {
		all := true
		for _, want := range set {
			one := false
			for _, have := range chosen {
				one = one || have == want
			}
			all = all && one
		}
		if all {
			return true
		}
	}
	return false
}

// semiJoin evaluates a sub-select to the set of ids it finds.
func (c *compiler) semiJoin(e *soql.In, left *operand) (func(datum) bool, error) {
	if err := c.checkSemiJoin(left); err != nil {
		return nil, err
	}
	inner, err := c.innerCompiler(e.Sub)
	if err != nil {
		return nil, err
	}
	selected, err := inner.selectedID(e.Sub)
	if err != nil {
		return nil, err
	}
	if !sameTargets(c.targets(left), inner.targets(selected)) {
		return nil, malformed("The selected field '%s' in the subquery and the left operand field in the where expression in the "+
			"outer query '%s' should point to the same object type", selected.name, left.name)
	}
	rows, err := inner.matching(e.Sub.Where, false)
	if err != nil {
		return nil, err
	}
	// Nulls that the sub-select finds are no ids: NOT IN passes over them.
	found := map[int64]bool{}
	rows.each(func(row int) {
		if d := selected.get(row); !d.null {
			found[d.n] = true
		}
	})
	return func(d datum) bool { return !d.null && found[d.n] }, nil
}

const maxSemiJoins = 2

// checkSemiJoin applies the rules that need the schema; the parser knows the
// others.
func (c *compiler) checkSemiJoin(left *operand) error {
	if !isID(left.kind) {
		return malformed("The left operand field in the where expression for outer query should be an id field, cannot use: '%s'", left.name)
	}
	if c.semiJoins++; c.semiJoins > maxSemiJoins {
		return malformed("Maximum %d semi join sub-selects are allowed in a query", maxSemiJoins)
	}
	return nil
}

// noSemiJoin are the objects that a sub-select may not read, beside tags.
var noSemiJoin = map[string]bool{
	"Event": true, "Task": true, "OpenActivity": true, "ActivityHistory": true, "Attachment": true, "Note": true,
}

func (c *compiler) innerCompiler(sub *soql.Query) (*compiler, error) {
	inner := *c
	inner.alias, inner.related = sub.From.Alias, nil
	obj, err := c.from(sub)
	if err != nil {
		return nil, err
	}
	if noSemiJoin[obj.Name] || strings.HasSuffix(obj.Name, "__Tag") {
		return nil, malformed("Entity '%s' is not supported for semi join inner selects", obj.Name)
	}
	if obj == c.obj {
		return nil, malformed("The inner and outer selects should not be on the same object type")
	}
	inner.obj = obj
	return &inner, nil
}

// selectedID returns the one id or reference that a sub-select may select.
func (c *compiler) selectedID(sub *soql.Query) (*operand, error) {
	selected, err := c.operand(sub.Select[0].Expr)
	if err != nil {
		return nil, err
	}
	if !isID(selected.kind) {
		return nil, malformed("The selected field '%s' in the subquery should be an id field", selected.name)
	}
	return selected, nil
}

// targets names the objects whose ids an operand holds.
func (c *compiler) targets(o *operand) []string {
	if o.kind == "id" {
		return []string{c.obj.Name}
	}
	return o.field.ReferenceTo
}

func sameTargets(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

// fieldPath returns the path of a plain field, nil for a function.
func fieldPath(o soql.Operand) []string {
	if f, ok := o.(*soql.Field); ok {
		return f.Path
	}
	return nil
}

// from finds the object that a statement reads.
func (c *compiler) from(q *soql.Query) (*Object, error) {
	obj, ok := c.org.object(q.From.Object)
	if !ok {
		return nil, noSuchObject(c.statement, q.From.Pos, q.From.Object)
	}
	if !obj.Queryable {
		return nil, fail(http.StatusBadRequest, "INVALID_TYPE_FOR_OPERATION", "entity type %s does not support query", obj.Name)
	}
	return obj, nil
}
