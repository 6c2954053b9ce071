package planner

import (
	"strings"
	"time"

	"github.com/sfsql/sfsql/soql"
)

// holdsCall classifies `function(column) op value`. Functions have no
// collation and no affinity of their own: values compare as they are.
func (r Rules) holdsCall(call Operand, op Op, v Value, collation string) Verdict {
	switch {
	case len(call.Args) == 0 || hasCollation(call.Args):
		return refused("the function's arguments are no plain columns")
	case v.Null() && op != OpIS && op != OpISNOT:
		return noRow("a comparison with NULL is never true")
	case v.Null():
		return refused("the function may be NULL for reasons of its own")
	case collation != "" && collation != "BINARY":
		return refused("functions compare under " + collation + " here")
	}
	switch call.Text {
	case "lower", "upper":
		return r.holdsFolded(call, op, v)
	case "coalesce", "ifnull":
		return r.holdsDefault(call, op, v)
	case "date", "datetime", "strftime", "substr", "substring":
		return r.holdsPeriod(call, op, v)
	}
	if _, ok := relativeDates[call.Text]; ok && !r.Without.Has(RuleFunctions) {
		return r.holdsRelative(call, op, v)
	}
	if (call.Text == "includes" || call.Text == "excludes") && !r.Without.Has(RuleFunctions) {
		return r.holdsIncludes(call, op, v)
	}
	return refused("SOQL has no " + call.Text)
}

func hasCollation(args []Operand) bool {
	for _, a := range args {
		if a.Collation != "" {
			return true
		}
	}
	return false
}

// callIn classifies `function(column) [NOT] IN (values)`.
func (r Rules) callIn(c *Cond, want bool) Verdict {
	verdicts := make([]Verdict, 0, len(c.Right))
	for _, o := range c.Right {
		one := &Cond{Kind: CondCompare, Op: OpEQ, Left: c.Left, Right: []Operand{o}}
		verdicts = append(verdicts, r.holdsCompare(one, want))
	}
	if want {
		return anyOf(verdicts)
	}
	return allOf(verdicts)
}

// folding reports whether a call is lower or upper of a column.
func (r Rules) folding(call Operand) bool {
	return !r.Without.Has(RuleCase) && (call.Text == "lower" || call.Text == "upper") &&
		len(call.Args) == 1 && call.Args[0].Kind == ColumnOperand && call.Collation == "" && call.Args[0].Collation == ""
}

// holdsFolded compares lower(column) or upper(column): Salesforce folds every
// letter that they fold.
func (r Rules) holdsFolded(call Operand, op Op, v Value) Verdict {
	switch {
	case !r.folding(call):
		return refused(switchedOff)
	case op == OpIS:
		op = OpEQ
	case op != OpEQ:
		return refused("Salesforce compares folded text by = alone")
	}
	if v.Kind != TextValue {
		return refused("a number against text")
	}
	column := call.Args[0].Column
	if r.Static(column, OpEQ, "NOCASE") == "" && v.Text != foldASCII(call.Text, v.Text) {
		return noRow("the value is not in " + call.Text + " case")
	}
	out := r.Compare(column, OpEQ, v, "NOCASE")
	if out.Class == Exact && !out.Empty {
		out.Class, out.Reason = Superset, "SQLite compares again"
	}
	return out
}

func foldASCII(function, s string) string {
	if function == "lower" {
		return lowerASCII(s)
	}
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - ('a' - 'A')
		}
	}
	return string(b)
}

// holdsDefault compares coalesce(column, constant): the column, or nulls where
// the constant meets the comparison.
func (r Rules) holdsDefault(call Operand, op Op, v Value) Verdict {
	if r.Without.Has(RuleDefault) {
		return refused(switchedOff)
	}
	if len(call.Args) != 2 || call.Args[0].Kind != ColumnOperand {
		return refused("the function's arguments are no column and constant")
	}
	otherwise, known := r.value(call.Args[1])
	if !known {
		return later()
	}
	switch op {
	case OpIS:
		op = OpEQ
	case OpISNOT:
		if otherwise.Null() {
			return refused("both may be NULL")
		}
		op = OpNE
	}
	col := call.Args[0].Column
	column := &r.Table.Columns[col]
	if isNumber := v.Kind == IntValue || v.Kind == RealValue; isNumber != (column.Kind == soql.KindInt || column.Kind == soql.KindReal || column.Kind == soql.KindBool) {
		return refused("the value is of another class than the column")
	}
	verdicts := []Verdict{r.Compare(col, op, v, "BINARY")}
	if !otherwise.Null() {
		meets, certain := compareConstants(otherwise, op, v)
		if !certain {
			return refused("the constant is of another class than the value")
		}
		if meets {
			verdicts = append(verdicts, r.Compare(col, OpISNULL, Value{}, "BINARY"))
		}
	}
	return anyOf(verdicts)
}

// compareConstants compares two numbers or two texts.
func compareConstants(a Value, op Op, b Value) (meets, certain bool) {
	if a.Kind == TextValue && b.Kind == TextValue {
		return holds(op, float64(strings.Compare(a.Text, b.Text)), 0), true
	}
	if a.Kind == TextValue || b.Kind == TextValue {
		return false, false
	}
	x, ok := numeric(a)
	y, ok2 := numeric(b)
	return holds(op, x, y), ok && ok2
}

// period is a span of time that a text such as 2024-05 names.
type period struct{ from, to time.Time }

// Lengths at which a date's text ends, and the next period of each.
var periods = map[int]func(time.Time) time.Time{
	4:  func(t time.Time) time.Time { return t.AddDate(1, 0, 0) },
	7:  func(t time.Time) time.Time { return t.AddDate(0, 1, 0) },
	10: func(t time.Time) time.Time { return t.AddDate(0, 0, 1) },
	19: func(t time.Time) time.Time { return t.Add(time.Second) },
}

// periodOf reads a text of a length that names a period.
func periodOf(s string) (period, bool) {
	next := periods[len(s)]
	t, ok := ParseInstant(s)
	if next == nil || !ok || t.Year() < firstYear || t.Year() >= lastYear {
		return period{}, false
	}
	return period{t, next(t)}, true
}

// compare sends the comparison of a period with the one that holds the column.
func (p period) compare(c *Column, op Op, literal func(time.Time) soql.Literal) Verdict {
	from, to := literal(p.from), literal(p.to)
	const reason = "SQLite compares the texts"
	switch op {
	case OpEQ, OpIS:
		return superset(soql.And(cmp(c, soql.GE, from), cmp(c, soql.LT, to)), reason)
	case OpNE:
		return superset(soql.Or(cmp(c, soql.LT, from), cmp(c, soql.GE, to)), reason)
	case OpLT:
		return superset(cmp(c, soql.LT, from), reason)
	case OpLE:
		return superset(cmp(c, soql.LT, to), reason)
	case OpGT:
		return superset(cmp(c, soql.GE, to), reason)
	case OpGE:
		return superset(cmp(c, soql.GE, from), reason)
	}
	return refused("the function may be NULL for reasons of its own")
}

// dateLiteral returns how literals of a date or datetime column are written.
func dateLiteral(c *Column) func(time.Time) soql.Literal {
	if c.Kind == soql.KindDate {
		return soql.Date
	}
	return soql.Datetime
}

// holdsPeriod compares the text of a period of a date column.
func (r Rules) holdsPeriod(call Operand, op Op, v Value) Verdict {
	if r.Without.Has(RuleDate) {
		return refused(switchedOff)
	}
	col, size, ok := r.periodCall(call)
	switch {
	case !ok:
		return refused("only the beginning of a date is a range")
	case r.Static(col, OpEQ, CollationTime) != "":
		return refused(r.Static(col, OpEQ, CollationTime))
	case v.Kind != TextValue || len(v.Text) != size || size == 19 && v.Text[10] != ' ':
		return refused("the value is no text of the same form")
	}
	c := &r.Table.Columns[col]
	p, ok := periodOf(v.Text)
	if !ok {
		return refused("the value is no date")
	}
	if c.Kind == soql.KindDate && size == 19 {
		return refused("a date has no time of day")
	}
	return loosen(c, op, p.compare(c, op, dateLiteral(c)))
}

// periodCall returns the column of a call that cuts a date's text at a length.
func (r Rules) periodCall(call Operand) (col, size int, ok bool) {
	args := call.Args
	switch call.Text {
	case "date":
		size = 10
	case "datetime":
		size = 19
	case "strftime":
		if len(args) != 2 {
			return 0, 0, false
		}
		format, known := r.value(args[0])
		size = formats[format.Text]
		if !known || format.Kind != TextValue || size == 0 {
			return 0, 0, false
		}
		args = args[1:]
	case "substr", "substring":
		if len(args) != 3 {
			return 0, 0, false
		}
		first, known := r.value(args[1])
		n, known2 := r.value(args[2])
		if !known || !known2 || first.Kind != IntValue || first.Int != 1 || n.Kind != IntValue || n.Int != 4 && n.Int != 7 && n.Int != 10 {
			return 0, 0, false
		}
		size, args = int(n.Int), args[:1]
	}
	if len(args) != 1 || args[0].Kind != ColumnOperand {
		return 0, 0, false
	}
	c := &r.Table.Columns[args[0].Column]
	return args[0].Column, size, c.Kind == soql.KindDate || c.Kind == soql.KindDatetime
}

// likePeriod reads a pattern on a date: up to its first wildcard it may name a
// period, which holds every date that the pattern matches.
func (r Rules) likePeriod(c *Column, v Value, wildcards string) Verdict {
	if v.Kind != TextValue {
		return refused("a number against a date")
	}
	prefix := v.Text
	if i := strings.IndexAny(prefix, wildcards); i >= 0 {
		prefix = prefix[:i]
	}
	for _, size := range []int{10, 7, 4} {
		if len(prefix) < size {
			continue
		}
		if p, ok := periodOf(prefix[:size]); ok {
			return loosen(c, OpEQ, p.compare(c, OpEQ, dateLiteral(c)))
		}
	}
	return refused("the pattern does not begin with a year")
}
