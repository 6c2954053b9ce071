package emulator

import (
	"strconv"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

func isID(kind string) bool { return kind == "id" || kind == "reference" }

// isText reports whether values of the type are text that is compared without
// regard to case.
func isText(kind string) bool {
	switch kind {
	case "string", "textarea", "phone", "email", "url", "picklist", "multipicklist", "combobox":
		return true
	}
	return false
}

// criterionTypes are the words for types in messages, where they are not
// describe's own.
var criterionTypes = map[string]string{"datetime": "dateTime", "id": "ID", "reference": "ID"}

// wrongType is the answer to a literal that does not fit the field.
func (c *compiler) wrongType(left *operand, v soql.Literal, kind string, quoted bool) error {
	if word, ok := criterionTypes[kind]; ok {
		kind = word
	}
	quotes := "should not be enclosed in quotes"
	if quoted {
		quotes = "should be enclosed in quotes"
	}
	return c.failAt(left.pos, "INVALID_FIELD", "value of filter criterion for field '%s' must be of type %s and %s", left.name, kind, quotes)
}

func (c *compiler) wrongOperator(left *operand) error {
	return c.failAt(left.pos, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on %s field", left.kind)
}

// matcher compiles a comparison with a literal to a test of one value.
func (c *compiler) matcher(left *operand, op soql.Op, v soql.Literal) (func(datum) bool, error) {
	if v.Kind == soql.NullLiteral {
		return c.nullMatcher(left, op), nil
	}
	switch {
	case left.kind == "boolean":
		return c.boolMatcher(left, op, v)
	case isID(left.kind):
		return c.idMatcher(left, op, v)
	case isText(left.kind):
		return c.textMatcher(left, op, v)
	}
	if op == soql.LIKE {
		return nil, c.wrongOperator(left)
	}
	switch left.kind {
	case "int", "long":
		return c.wholeMatcher(left, op, v)
	case "double", "currency", "percent":
		return c.realMatcher(left, op, v)
	case "date", "datetime":
		return c.dateMatcher(left, op, v)
	case "time":
		if v.Kind != soql.TimeLiteral {
			return nil, c.wrongType(left, v, left.kind, false)
		}
		return c.ordered(op, func(d datum) int { return compare(d.n, v.Time.UnixMilli()) }), nil
	}
	return nil, c.wrongOperator(left)
}

// nullMatcher compares with null. Booleans are never null: for them null means
// false.
func (c *compiler) nullMatcher(left *operand, op soql.Op) func(datum) bool {
	isNull := func(d datum) bool { return d.null }
	if left.kind == "boolean" {
		isNull = func(d datum) bool { return d.n == 0 }
	}
	switch op {
	case soql.EQ:
		return isNull
	case soql.NE:
		return func(d datum) bool { return !isNull(d) }
	}
	return func(datum) bool { return false }
}

// ordered turns a comparison into a test under an operator. Nulls match
// nothing but !=, as "all values except this one".
func (c *compiler) ordered(op soql.Op, against func(datum) int) func(datum) bool {
	switch op {
	case soql.EQ:
		return func(d datum) bool { return !d.null && against(d) == 0 }
	case soql.NE:
		nulls := !c.quirks.NotEqualSkipsNulls
		return func(d datum) bool { return d.null && nulls || !d.null && against(d) != 0 }
	case soql.LT:
		return func(d datum) bool { return !d.null && against(d) < 0 }
	case soql.LE:
		return func(d datum) bool { return !d.null && against(d) <= 0 }
	case soql.GT:
		return func(d datum) bool { return !d.null && against(d) > 0 }
	}
	return func(d datum) bool { return !d.null && against(d) >= 0 }
}

func compare[T int64 | float64 | string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (c *compiler) boolMatcher(left *operand, op soql.Op, v soql.Literal) (func(datum) bool, error) {
	if v.Kind != soql.BoolLiteral {
		return nil, c.wrongType(left, v, "boolean", false)
	}
	if op != soql.EQ && op != soql.NE {
		return nil, c.wrongOperator(left)
	}
	want := v.Bool == (op == soql.EQ)
	return func(d datum) bool { return !d.null && (d.n == 1) == want || d.null && !want }, nil
}

// wholeMatcher refuses what is no number of the field's own type, fractions
// and numbers out of range among them.
func (c *compiler) wholeMatcher(left *operand, op soql.Op, v soql.Literal) (func(datum) bool, error) {
	if v.Kind != soql.NumberLiteral {
		return nil, c.wrongType(left, v, left.kind, false)
	}
	bits := 32
	if left.kind == "long" {
		bits = 64
	}
	n, err := strconv.ParseInt(v.Text, 10, bits)
	if err != nil {
		return nil, c.wrongType(left, v, left.kind, false)
	}
	return c.ordered(op, func(d datum) int { return compare(d.n, n) }), nil
}

func (c *compiler) realMatcher(left *operand, op soql.Op, v soql.Literal) (func(datum) bool, error) {
	f, err := c.amount(left, v)
	if err != nil {
		return nil, err
	}
	return c.ordered(op, func(d datum) int { return compare(d.f, f) }), nil
}

// dateMatcher compares dates and datetimes, each with literals of its own type
// or with relative ones, which are ranges of the user's days.
func (c *compiler) dateMatcher(left *operand, op soql.Op, v soql.Literal) (func(datum) bool, error) {
	switch {
	case v.Kind == soql.RangeLiteral:
		from, to := dateRange(strings.ToUpper(v.Text), int(v.N), c.now.In(c.zone))
		if left.kind == "datetime" {
			from, to = c.midnight(from), c.midnight(to)
		}
		return c.ordered(op, func(d datum) int {
			switch {
			case d.n < from:
				return -1
			case d.n >= to:
				return 1
			}
			return 0
		}), nil
	case left.kind == "date" && v.Kind == soql.DateLiteral:
		days := daysOf(v.Time)
		return c.ordered(op, func(d datum) int { return compare(d.n, days) }), nil
	case left.kind == "datetime" && v.Kind == soql.DatetimeLiteral:
		at := v.Time.UnixMilli()
		return c.ordered(op, func(d datum) int { return compare(d.n, at) }), nil
	}
	return nil, c.wrongType(left, v, left.kind, false)
}

// idMatcher compares ids: 15 and 18 characters are equal, and their order is
// that of the first 15.
func (c *compiler) idMatcher(left *operand, op soql.Op, v soql.Literal) (func(datum) bool, error) {
	if v.Kind != soql.StringLiteral {
		return nil, c.wrongType(left, v, left.kind, true)
	}
	if op == soql.LIKE {
		return nil, c.wrongOperator(left)
	}
	if v.Text == "" {
		return c.nullMatcher(left, op), nil
	}
	id15, ok := parseID(v.Text)
	if !ok {
		return nil, c.failAt(left.pos, "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: %s", v.Text)
	}
	if id, known := c.org.record(id15); known && (op == soql.EQ || op == soql.NE) {
		return c.ordered(op, func(d datum) int { return compare(d.n, int64(id)) }), nil
	}
	return c.ordered(op, func(d datum) int {
		var buf [18]byte
		id := recordID(d.n)
		return compare(string(c.org.objects[id.object()].appendID15(buf[:0], id.row())), id15)
	}), nil
}

func (c *compiler) textMatcher(left *operand, op soql.Op, v soql.Literal) (func(datum) bool, error) {
	if v.Kind != soql.StringLiteral {
		return nil, c.wrongType(left, v, left.kind, true)
	}
	multi := left.kind == "multipicklist"
	if multi && op != soql.EQ && op != soql.NE {
		return nil, c.wrongOperator(left)
	}
	sensitive := left.field != nil && left.field.CaseSensitive
	switch {
	case op == soql.LIKE:
		p := compileLike(v.Text, c.org.fold, sensitive)
		return func(d datum) bool { return !d.null && p.match(d.s) }, nil
	case v.Text == "" && op == soql.EQ:
		return func(d datum) bool { return d.null }, nil
	case v.Text == "" && (op == soql.NE || op == soql.GT || op == soql.GE):
		return func(d datum) bool { return !d.null }, nil
	case sensitive:
		return c.ordered(op, func(d datum) int { return compare(d.s, v.Text) }), nil
	case op == soql.EQ || op == soql.NE:
		folded := c.org.fold.fold(v.Text)
		return c.ordered(op, func(d datum) int {
			if c.org.fold.equal(d.s, folded) {
				return 0
			}
			return 1
		}), nil
	}
	key := c.org.fold.sortKey(v.Text)
	return c.ordered(op, func(d datum) int { return compare(c.org.fold.sortKey(d.s), key) }), nil
}

// likePattern is a compiled LIKE: UTF-16 units and the two wildcards.
type likePattern struct {
	fold      folder
	sensitive bool
	items     []int32 // a unit, or one of the wildcards
}

const (
	anyRun  int32 = -1 // %
	anyUnit int32 = -2 // _
)

// compileLike reads a pattern, in which a backslash takes the meaning from the
// wildcard that follows.
func compileLike(pattern string, fold folder, sensitive bool) *likePattern {
	p := &likePattern{fold: fold, sensitive: sensitive}
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped && r != '%' && r != '_' && r != '\\':
			p.add("\\" + string(r))
		case escaped:
			p.add(string(r))
		case r == '\\':
		case r == '%':
			p.items = append(p.items, anyRun)
		case r == '_':
			p.items = append(p.items, anyUnit)
		default:
			p.add(string(r))
		}
		escaped = !escaped && r == '\\'
	}
	if escaped {
		p.add("\\")
	}
	return p
}

func (p *likePattern) add(s string) {
	for _, u := range p.fold.units(nil, s, p.sensitive) {
		p.items = append(p.items, int32(u))
	}
}

// match goes back to the last % only, which is enough for one pattern without
// alternatives.
func (p *likePattern) match(s string) bool {
	var buf [256]uint16
	units := p.fold.units(buf[:0], s, p.sensitive)
	i, j, star, mark := 0, 0, -1, 0
	for i < len(units) {
		switch {
		case j < len(p.items) && (p.items[j] == anyUnit || p.items[j] == int32(units[i])):
			i, j = i+1, j+1
		case j < len(p.items) && p.items[j] == anyRun:
			star, mark = j, i
			j++
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(p.items) && p.items[j] == anyRun {
		j++
	}
	return j == len(p.items)
}
