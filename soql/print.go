package soql

import "strconv"

// String returns the shortest statement equal to q: no space that could be
// missing beside signs, no ASC, no AS, and parentheses only where SOQL needs
// them. It checks nothing, so names must come from a schema or from Parse.
func (q *Query) String() string { return string(q.appendTo(nil)) }

func (q *Query) appendTo(b []byte) []byte {
	b = append(b, "SELECT "...)
	if q.IsCount() {
		b = append(b, "COUNT()"...)
	}
	for i, item := range q.Select {
		b = item.appendTo(appendComma(b, i))
	}
	b = append(b, " FROM "...)
	b = append(b, q.From.Object...)
	b = appendAlias(b, q.From.Alias)
	if q.Where != nil {
		b = appendTop(append(b, " WHERE "...), q.Where)
	}
	for i, x := range q.GroupBy {
		b = appendOperand(appendKey(b, " GROUP BY ", i), x)
	}
	if q.Having != nil {
		b = appendTop(append(b, " HAVING "...), q.Having)
	}
	for i, o := range q.OrderBy {
		b = o.appendTo(appendKey(b, " ORDER BY ", i))
	}
	b = appendCount(b, " LIMIT ", q.Limit)
	return appendCount(b, " OFFSET ", q.Offset)
}

func appendComma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

// appendKey begins the i-th key of a clause.
func appendKey(b []byte, clause string, i int) []byte {
	if i == 0 {
		return append(b, clause...)
	}
	return append(b, ',')
}

func appendAlias(b []byte, alias string) []byte {
	if alias == "" {
		return b
	}
	return append(append(b, ' '), alias...)
}

func appendCount(b []byte, clause string, n *int64) []byte {
	if n == nil {
		return b
	}
	return strconv.AppendInt(append(b, clause...), *n, 10)
}

// String returns the item with its alias.
func (s SelectItem) String() string { return string(s.appendTo(nil)) }

func (s SelectItem) appendTo(b []byte) []byte {
	return appendAlias(appendOperand(b, s.Expr), s.Alias)
}

// String returns the key with what differs from ascending order.
func (o Order) String() string { return string(o.appendTo(nil)) }

func (o Order) appendTo(b []byte) []byte {
	b = appendOperand(b, o.Expr)
	if o.Desc {
		b = append(b, " DESC"...)
	}
	switch o.Nulls {
	case NullsFirst:
		b = append(b, " NULLS FIRST"...)
	case NullsLast:
		b = append(b, " NULLS LAST"...)
	}
	return b
}

// String returns the names of the path joined by dots.
func (f *Field) String() string { return string(appendOperand(nil, f)) }

// String returns the function with its arguments.
func (c *Call) String() string { return string(appendOperand(nil, c)) }

func appendOperand(b []byte, x Operand) []byte {
	switch x := x.(type) {
	case *Field:
		for i, name := range x.Path {
			if i > 0 {
				b = append(b, '.')
			}
			b = append(b, name...)
		}
	case *Call:
		b = append(append(b, x.Name...), '(')
		for i, arg := range x.Args {
			b = appendOperand(appendComma(b, i), arg)
		}
		b = append(b, ')')
	}
	return b
}

// String returns the condition as it stands after WHERE.
func (l *Logical) String() string    { return string(appendTop(nil, l)) }
func (n *Not) String() string        { return string(appendTop(nil, n)) }
func (c *Comparison) String() string { return string(appendTop(nil, c)) }
func (i *In) String() string         { return string(appendTop(nil, i)) }
func (i *Includes) String() string   { return string(appendTop(nil, i)) }

// String returns the operator as a statement writes it.
func (o Op) String() string {
	return [...]string{EQ: "=", NE: "!=", LT: "<", LE: "<=", GT: ">", GE: ">=", LIKE: "LIKE"}[o]
}

// appendTop appends a condition that nothing stands around.
func appendTop(b []byte, e Expr) []byte {
	switch e := unwrap(e).(type) {
	case *Logical:
		return appendLogical(b, e)
	case *Not:
		return appendNot(b, e)
	case *Comparison:
		return appendComparison(b, e)
	case *In:
		return appendIn(b, e)
	case *Includes:
		word := " INCLUDES"
		if e.Excludes {
			word = " EXCLUDES"
		}
		return appendList(append(appendOperand(b, e.Left), word...), e.Values)
	}
	return b
}

func appendComparison(b []byte, c *Comparison) []byte {
	b = appendOperand(b, c.Left)
	if c.Op == LIKE {
		return c.Value.appendTo(append(b, " LIKE "...), true)
	}
	return c.Value.appendTo(append(b, c.Op.String()...), false)
}

// appendLogical puts parentheses round the other connective, for SOQL has no
// precedence, and round NOT, which without them is not read alike everywhere.
func appendLogical(b []byte, l *Logical) []byte {
	terms := flatten(l.Or, l.Terms)
	if len(terms) == 0 {
		return append(b, "()"...) // refused by every reader, and so never a wrong answer
	}
	word := " AND "
	if l.Or {
		word = " OR "
	}
	for i, t := range terms {
		if i > 0 {
			b = append(b, word...)
		}
		b = appendWrapped(b, t)
	}
	return b
}

func appendNot(b []byte, n *Not) []byte {
	b = append(b, "NOT"...)
	switch x := unwrap(n.X).(type) {
	case *Logical, *Not:
		return appendWrapped(b, x)
	default:
		return appendTop(append(b, ' '), x)
	}
}

// appendWrapped appends a condition, in parentheses where it is composed.
func appendWrapped(b []byte, e Expr) []byte {
	switch e.(type) {
	case *Logical, *Not:
		return append(appendTop(append(b, '('), e), ')')
	}
	return appendTop(b, e)
}

func appendIn(b []byte, in *In) []byte {
	b = appendOperand(b, in.Left)
	if in.Not {
		b = append(b, " NOT"...)
	}
	b = append(b, " IN"...)
	if in.Sub == nil {
		return appendList(b, in.Values)
	}
	return append(in.Sub.appendTo(append(b, '(')), ')')
}

func appendList(b []byte, values []Literal) []byte {
	b = append(b, '(')
	for i, v := range values {
		b = v.appendTo(appendComma(b, i), false)
	}
	return append(b, ')')
}
