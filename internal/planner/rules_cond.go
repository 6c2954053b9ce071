package planner

import (
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// Holds classifies a condition of the statement's text: which records make it
// true, or false where want is false. A record where it is NULL is neither, so
// NOT is carried down to the comparisons, each of which keeps NULLs out by
// itself: SOQL's logic has two values, and its NOT would let them in.
//
// What is refused within an AND widens it; within an OR it takes all with it.
// SQLite checks such conditions again in any case.
func (r Rules) Holds(c *Cond, want bool) Verdict {
	if c.At != nil {
		return r.holdsAcross(c, want)
	}
	switch c.Kind {
	case CondNot:
		return r.Holds(c.Kids[0], !want)
	case CondAnd, CondOr:
		if r.Without.Has(RuleTree) {
			return refused(switchedOff)
		}
		verdicts := make([]Verdict, len(c.Kids))
		for i, kid := range c.Kids {
			verdicts[i] = r.Holds(kid, want)
		}
		if (c.Kind == CondAnd) == want {
			return allOf(verdicts)
		}
		return anyOf(verdicts)
	case CondCompare:
		return r.holdsCompare(c, want)
	case CondIn:
		return r.holdsIn(c, want)
	case CondBetween:
		return r.holdsBetween(c, want)
	case CondLike, CondGlob:
		return r.holdsPattern(c, want)
	case CondTruth, CondIsTruth:
		return r.holdsTruth(c, want)
	}
	return refused("the text could not be read")
}

const switchedOff = "the rule is switched off"

// allOf is the verdict of an AND.
func allOf(verdicts []Verdict) Verdict {
	out := Verdict{Class: Exact}
	var exprs []soql.Expr
	sent := false
	for _, v := range verdicts {
		if v.Class != Exact && out.Reason == "" {
			out.Reason = v.Reason
		}
		switch {
		case v.Class == Refused:
			out.Class, out.Later = Superset, out.Later || v.Later
			continue
		case v.Empty:
			return v
		case v.Class == Superset:
			out.Class = Superset
		}
		sent = true
		if v.Expr != nil {
			exprs = append(exprs, v.Expr)
		}
	}
	if !sent {
		return Verdict{Reason: out.Reason, Later: out.Later}
	}
	out.Expr = soql.And(exprs...)
	return out
}

// anyOf is the verdict of an OR.
func anyOf(verdicts []Verdict) Verdict {
	out := Verdict{Class: Exact}
	var exprs []soql.Expr
	for _, v := range verdicts {
		switch {
		case v.Class == Refused:
			return v
		case v.Empty:
			continue
		case v.Expr == nil:
			return v
		case v.Class == Superset && out.Class == Exact:
			out.Class, out.Reason = Superset, v.Reason
		}
		exprs = append(exprs, v.Expr)
	}
	if len(exprs) == 0 {
		return noRow("no branch can match")
	}
	out.Expr = soql.Or(gather(exprs)...)
	return out
}

// gather puts equalities of one field into one IN.
func gather(exprs []soql.Expr) []soql.Expr {
	at := map[string]int{}
	var out []soql.Expr
	for _, e := range exprs {
		field, values := equals(e)
		i, seen := at[field]
		switch {
		case values == nil:
		case !seen:
			at[field] = len(out)
		default:
			_, before := equals(out[i])
			merged := append(append([]soql.Literal{}, before...), values...)
			out[i] = &soql.In{Left: soql.NewField(field), Values: merged}
			continue
		}
		out = append(out, e)
	}
	return out
}

// equals returns the values that an expression demands of a field.
func equals(e soql.Expr) (field string, values []soql.Literal) {
	switch e := e.(type) {
	case *soql.Comparison:
		if f, ok := e.Left.(*soql.Field); ok && e.Op == soql.EQ && e.Value.Kind != soql.NullLiteral {
			return f.String(), []soql.Literal{e.Value}
		}
	case *soql.In:
		if f, ok := e.Left.(*soql.Field); ok && !e.Not && e.Sub == nil {
			return f.String(), e.Values
		}
	}
	return "", nil
}

// value returns what an operand is, where it is known.
func (r Rules) value(o Operand) (Value, bool) {
	switch o.Kind {
	case ValueOperand:
		return o.Value, true
	case ParamOperand:
		return o.param(r.Params)
	}
	return Value{}, false
}

// param finds a parameter's value as the engines do: ? and ?5 by position,
// names by name. What is odder is not known.
func (o Operand) param(params []Param) (Value, bool) {
	position := o.Text == "" || !strings.ContainsAny(o.Text[:1], ":@$")
	for _, p := range params {
		switch {
		case position && p.Name != "" && p.Name == o.Text:
			return Value{}, false
		case position && p.Ordinal == o.Param:
			return p.Value, true
		case !position && p.Name != "" && p.Name == o.Text[1:]:
			return p.Value, true
		}
	}
	return Value{}, false
}

// later refuses what the next look may not.
func later() Verdict { return Verdict{Reason: "the value comes when the scan starts", Later: true} }

var negations = map[Op]Op{OpEQ: OpNE, OpNE: OpEQ, OpLT: OpGE, OpGE: OpLT, OpGT: OpLE, OpLE: OpGT, OpIS: OpISNOT, OpISNOT: OpIS}

var mirrored = map[Op]Op{OpEQ: OpEQ, OpNE: OpNE, OpLT: OpGT, OpGT: OpLT, OpLE: OpGE, OpGE: OpLE, OpIS: OpIS, OpISNOT: OpISNOT}

// sided turns a comparison so that the column stands left. The collation is
// that of the left operand's COLLATE, else of the right one's, else empty.
func (c *Cond) sided() (left, right Operand, op Op, collation string) {
	left, right, op = c.Left, c.Right[0], c.Op
	if collation = left.Collation; collation == "" {
		collation = right.Collation
	}
	if right.Kind == ColumnOperand || right.Kind == CallOperand && left.Kind != ColumnOperand {
		left, right, op = right, left, mirrored[op]
	}
	return left, right, op, collation
}

func (r Rules) holdsCompare(c *Cond, want bool) Verdict {
	left, right, op, collation := c.sided()
	if !want {
		op = negations[op]
	}
	switch {
	case right.isMoment():
		return r.holdsMoment(left, op, right, collation)
	case left.isMoment():
		return r.holdsMoment(right, mirrored[op], left, collation)
	}
	if right.Kind != ValueOperand && right.Kind != ParamOperand {
		return refused("the other side is no value that the text tells")
	}
	v, known := r.value(right)
	if !known {
		return later()
	}
	if left.constant() {
		return r.holdsConstants(left, op, v)
	}
	if left.Kind == CallOperand {
		return r.holdsCall(left, op, v, collation)
	}
	return r.compareColumn(left, op, v, collation)
}

// holdsConstants compares two values, neither of which has an affinity.
func (r Rules) holdsConstants(left Operand, op Op, v Value) Verdict {
	const reason = "the values alone decide"
	u, known := r.value(left)
	meets, certain := false, true
	switch is := op == OpIS || op == OpISNOT; {
	case !known:
		return later()
	case is && (u.Null() || v.Null()):
		meets = (u.Null() && v.Null()) == (op == OpIS)
	case u.Null() || v.Null():
		return noRow("a comparison with NULL is never true")
	case op == OpIS:
		meets, certain = compareConstants(u, OpEQ, v)
	case op == OpISNOT:
		meets, certain = compareConstants(u, OpNE, v)
	default:
		meets, certain = compareConstants(u, op, v)
	}
	switch {
	case !certain:
		return refused("the values are of different classes")
	case meets:
		return everyRow(reason)
	}
	return noRow(reason)
}

// compareColumn compares under a collation, or the column's own.
func (r Rules) compareColumn(left Operand, op Op, v Value, collation string) Verdict {
	if left.Kind != ColumnOperand {
		return refused("the left side is no column")
	}
	if collation == "" {
		collation = r.Table.Columns[left.Column].Collation
	}
	return r.Compare(left.Column, op, v, collation)
}

func (r Rules) holdsIn(c *Cond, want bool) Verdict {
	if c.Left.Kind == CallOperand {
		return r.callIn(c, want)
	}
	if c.Left.Kind != ColumnOperand {
		return refused("the left side is no column")
	}
	if hasCollation(c.Right) { // some versions of SQLite compare by it where it stands alone
		return refused("a value of the list has a COLLATE of its own")
	}
	values := make([]Value, len(c.Right))
	for i, o := range c.Right {
		v, known := r.value(o)
		if !known {
			return later()
		}
		values[i] = v
	}
	collation := c.Left.Collation
	if collation == "" {
		collation = r.Table.Columns[c.Left.Column].Collation
	}
	if want {
		return r.In(c.Left.Column, values, collation)
	}
	return r.notIn(c.Left.Column, values, collation)
}

// notIn classifies `column NOT IN (values)`.
func (r Rules) notIn(col int, values []Value, collation string) Verdict {
	var verdicts []Verdict
	var literals []soql.Literal
	class, reason := Exact, ""
	c := &r.Table.Columns[col]
	for _, v := range values {
		one := r.Compare(col, OpNE, v, collation)
		if one.Empty || one.Class == Refused {
			verdicts = append(verdicts, one)
			continue
		}
		l, simple := unequal(one.Expr)
		if !simple {
			verdicts = append(verdicts, one)
			continue
		}
		if one.Class == Superset {
			class, reason = Superset, one.Reason
		}
		literals = append(literals, l)
	}
	switch len(literals) {
	case 0:
	case 1:
		verdicts = append(verdicts, Verdict{Class: class, Reason: reason, Expr: notEqual(c, literals[0])})
	default:
		verdicts = append(verdicts, Verdict{Class: class, Reason: reason, Expr: soql.And(&soql.In{Left: fieldOf(c), Not: true, Values: literals}, notNull(c))})
	}
	return allOf(verdicts)
}

// unequal opens what notEqual made.
func unequal(e soql.Expr) (soql.Literal, bool) {
	and, ok := e.(*soql.Logical)
	if !ok || and.Or || len(and.Terms) != 2 {
		return soql.Literal{}, false
	}
	ne, ok := and.Terms[0].(*soql.Comparison)
	null, isNull := and.Terms[1].(*soql.Comparison)
	if !ok || !isNull || ne.Op != soql.NE || null.Op != soql.NE || null.Value.Kind != soql.NullLiteral {
		return soql.Literal{}, false
	}
	return ne.Value, true
}

func (r Rules) holdsBetween(c *Cond, want bool) Verdict {
	if c.Left.Kind != ColumnOperand && c.Left.Kind != CallOperand {
		return refused("the left side is no column")
	}
	ops := [2]Op{OpGE, OpLE}
	var verdicts []Verdict
	for i, o := range c.Right {
		half := &Cond{Kind: CondCompare, Op: ops[i], Left: c.Left, Right: []Operand{o}}
		verdicts = append(verdicts, r.holdsCompare(half, want))
	}
	if want {
		return allOf(verdicts)
	}
	return anyOf(verdicts)
}

// holdsPattern reads LIKE and GLOB. Of NOT LIKE only this can be said: the
// column is not NULL.
func (r Rules) holdsPattern(c *Cond, want bool) Verdict {
	if c.Left.Kind == CallOperand && c.Kind == CondLike && len(c.Right) == 1 && r.folding(c.Left) {
		c = &Cond{Kind: CondLike, Left: c.Left.Args[0], Right: c.Right} // LIKE folds case by itself
	}
	if c.Left.Kind != ColumnOperand || c.Left.Collation != "" {
		return refused("the left side is no column")
	}
	v, known := r.value(c.Right[0])
	switch {
	case !known:
		return later()
	case v.Null():
		return noRow("a comparison with NULL is never true")
	case !want:
		out := r.Compare(c.Left.Column, OpNOTNULL, Value{}, "BINARY")
		if out.Class == Exact {
			out.Class, out.Reason = Superset, "SQLite matches the pattern"
		}
		return out
	case c.Kind == CondGlob:
		return r.Compare(c.Left.Column, OpGLOB, v, "BINARY")
	case len(c.Right) == 1:
		return r.Compare(c.Left.Column, OpLIKE, v, "BINARY")
	}
	escape, known := r.value(c.Right[1])
	if !known || escape.Kind != TextValue {
		return later()
	}
	return r.likeEscape(c.Left.Column, v, escape.Text)
}

// holdsTruth reads a column, or a function that is 1 or 0, as a condition.
func (r Rules) holdsTruth(c *Cond, want bool) Verdict {
	is, negative := c.Kind == CondIsTruth, !want
	if is && c.Right[0].Value.Int == 0 {
		want = !want
	}
	if c.Left.Kind == CallOperand {
		if is && negative {
			return refused("NULL is neither true nor false")
		}
		return r.holdsCall(c.Left, map[bool]Op{true: OpNE, false: OpEQ}[want], Value{Kind: IntValue}, "")
	}
	if c.Left.constant() && !is {
		return r.holdsConstants(c.Left, map[bool]Op{true: OpNE, false: OpEQ}[want], Value{Kind: IntValue})
	}
	if c.Left.Kind != ColumnOperand {
		return refused("the left side is no column")
	}
	column := &r.Table.Columns[c.Left.Column]
	switch {
	case column.Kind == soql.KindBool:
	case is && negative:
		return refused("NULL is neither true nor false")
	case column.Kind != soql.KindInt && column.Kind != soql.KindReal:
		return refused("text as a truth value")
	}
	return r.Compare(c.Left.Column, map[bool]Op{true: OpNE, false: OpEQ}[want], Value{Kind: IntValue}, column.Collation)
}
