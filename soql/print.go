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
	for _, r := range q.Related {
		b = appendAlias(appendPath(append(b, ','), r.Path), r.Alias)
	}
	b = appendWord(b, " USING SCOPE ", q.Scope)
	if q.Where != nil {
		b = appendTop(append(b, " WHERE "...), q.Where)
	}
	if q.With != nil {
		b = q.With.appendTo(append(b, " WITH "...))
	}
	b = q.appendGroups(b)
	if q.Having != nil {
		b = appendTop(append(b, " HAVING "...), q.Having)
	}
	for i, o := range q.OrderBy {
		b = o.appendTo(appendKey(b, " ORDER BY ", i))
	}
	b = appendCount(b, " LIMIT ", q.Limit)
	b = appendCount(b, " OFFSET ", q.Offset)
	b = appendWord(b, " FOR ", q.For)
	b = appendWord(b, " UPDATE ", q.Update)
	if q.ForUpdate {
		b = append(b, " FOR UPDATE"...)
	}
	if q.AllRows {
		b = append(b, " ALL ROWS"...)
	}
	return b
}

// appendGroups appends GROUP BY, with what makes subtotals.
func (q *Query) appendGroups(b []byte) []byte {
	clause := " GROUP BY "
	switch q.Grouping {
	case Rollup:
		clause = " GROUP BY ROLLUP("
	case Cube:
		clause = " GROUP BY CUBE("
	}
	for i, x := range q.GroupBy {
		b = appendOperand(appendKey(b, clause, i), x)
	}
	if q.Grouping != PlainGroups && len(q.GroupBy) > 0 {
		b = append(b, ')')
	}
	return b
}

// String returns what follows WITH.
func (w *With) String() string { return string(w.appendTo(nil)) }

func (w *With) appendTo(b []byte) []byte {
	b = append(b, w.Mode...)
	for i, c := range w.Categories {
		b = c.appendTo(appendWord(b, []string{"DATA CATEGORY ", " AND "}[min(i, 1)], c.Group))
	}
	for i, s := range w.Visibility {
		b = appendKey(b, "RecordVisibilityContext(", i)
		b = s.Value.appendTo(append(append(b, s.Name...), '='), false)
	}
	if len(w.Visibility) > 0 {
		b = append(b, ')')
	}
	return b
}

// appendTo appends what follows the group's name.
func (c DataCategory) appendTo(b []byte) []byte {
	b = appendWord(b, " ", c.Selector)
	if len(c.Names) == 1 {
		return append(append(b, ' '), c.Names[0]...)
	}
	for i, name := range c.Names {
		b = append(appendKey(b, "(", i), name...)
	}
	return append(b, ')')
}

// appendWord appends a clause of one word, where there is one.
func appendWord(b []byte, clause, word string) []byte {
	if word == "" {
		return b
	}
	return append(append(b, clause...), word...)
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

// String returns the literal.
func (v *Value) String() string { return v.Literal.String() }

// String returns the function with the name of the set.
func (f *FieldSet) String() string { return string(appendOperand(nil, f)) }

// String returns the subquery in its parentheses.
func (s *Subquery) String() string { return string(appendOperand(nil, s)) }

// String returns the whole expression, END included.
func (t *TypeOf) String() string { return string(appendOperand(nil, t)) }

func appendOperand(b []byte, x Operand) []byte {
	switch x := x.(type) {
	case *Field:
		return appendPath(b, x.Path)
	case *Call:
		b = append(append(b, x.Name...), '(')
		for i, arg := range x.Args {
			b = appendOperand(appendComma(b, i), arg)
		}
		return append(b, ')')
	case *Value:
		return x.Literal.appendTo(b, false)
	case *FieldSet:
		return append(append(append(b, "FIELDS("...), x.Name...), ')')
	case *Subquery:
		return append(x.Query.appendTo(append(b, '(')), ')')
	case *TypeOf:
		return x.appendTo(b)
	}
	return b
}

func appendPath(b []byte, path []string) []byte {
	for i, name := range path {
		if i > 0 {
			b = append(b, '.')
		}
		b = append(b, name...)
	}
	return b
}

func (t *TypeOf) appendTo(b []byte) []byte {
	b = appendPath(append(b, "TYPEOF "...), t.Path)
	for _, w := range t.Whens {
		b = appendFields(append(append(append(b, " WHEN "...), w.Object...), " THEN "...), w.Fields)
	}
	if len(t.Else) > 0 {
		b = appendFields(append(b, " ELSE "...), t.Else)
	}
	return append(b, " END"...)
}

func appendFields(b []byte, fields []*Field) []byte {
	for i, f := range fields {
		b = appendPath(appendComma(b, i), f.Path)
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
