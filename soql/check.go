package soql

import "strings"

// The rules here are SOQL's too, but need more than one clause to judge.
// Everything that needs an org's schema is left to who runs the statement.

const onlyRoot = "only root queries support aggregate expressions"

// checkLevel says which clauses a query inside another may have.
func (p *parser) checkLevel(words string, pos Pos) error {
	switch {
	case p.level == joinQuery && words != "WHERE":
		return p.broken(pos, "the sub-select of IN cannot have %s", words)
	case p.level != childQuery:
		return nil
	}
	switch words {
	case "WHERE", "ORDER BY", "LIMIT", "OFFSET":
		return nil
	case "GROUP BY", "HAVING":
		return p.broken(pos, onlyRoot)
	}
	return p.broken(pos, "a subquery cannot have %s", words)
}

// checkClause applies what holds between a clause just read and those before.
func (p *parser) checkClause(q *Query, words string, pos Pos) error {
	switch words {
	case "GROUP BY", "ORDER BY":
		if q.IsCount() {
			return p.broken(pos, "COUNT() cannot go with %s, write COUNT(Id)", words)
		}
	case "HAVING":
		if len(q.GroupBy) == 0 {
			return p.broken(pos, "HAVING needs a GROUP BY before it")
		}
	case "LIMIT":
		if len(q.GroupBy) == 0 && hasAggregate(q) {
			return p.broken(pos, "LIMIT with an aggregate needs GROUP BY")
		}
	case "FOR UPDATE":
		if len(q.OrderBy) > 0 {
			return p.broken(pos, "FOR UPDATE cannot go with ORDER BY")
		}
	}
	return nil
}

func hasAggregate(q *Query) bool {
	for _, item := range q.Select {
		if aggregated(item.Expr) {
			return true
		}
	}
	return false
}

// aggregated reports whether x is an aggregate, also as FORMAT shows one.
func aggregated(x Operand) bool {
	c, ok := x.(*Call)
	return ok && (c.IsAggregate() || c.Name == "FORMAT" && len(c.Args) == 1 && aggregated(c.Args[0]))
}

// checkQuery judges the select list once the whole statement is known.
func (p *parser) checkQuery(q *Query, aliases []alias) error {
	if p.level == joinQuery {
		return p.checkSubSelect(q)
	}
	for _, item := range q.Select {
		if err := p.checkItem(q, item); err != nil {
			return err
		}
	}
	if err := p.checkSubtotals(q); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, a := range aliases {
		if err := p.checkAlias(q, a); err != nil {
			return err
		}
		key := strings.ToUpper(a.name)
		if seen[key] {
			return p.broken(a.pos, "duplicate alias: %s", abbreviate(a.name))
		}
		seen[key] = true
	}
	return nil
}

// checkItem says which items go with groups and which only with them.
func (p *parser) checkItem(q *Query, item SelectItem) error {
	grouped := len(q.GroupBy) > 0
	switch x := item.Expr.(type) {
	case *Call:
		switch {
		case p.level == childQuery && aggregated(x):
			return p.broken(x.Pos, onlyRoot)
		case !grouped && x.isA(DateFunc):
			return p.broken(x.Pos, "%s in a select list needs a GROUP BY of the same", x.Name)
		}
	case *FieldSet:
		if q.IsAggregate() {
			return p.broken(x.Pos, "FIELDS() cannot stand in an aggregate query")
		}
	case *TypeOf:
		if q.IsAggregate() {
			return p.broken(x.Pos, "TYPEOF cannot stand in an aggregate query")
		}
	case *Subquery:
		if q.IsAggregate() {
			return p.broken(x.Pos, "a subquery cannot stand in an aggregate query")
		}
	}
	return nil
}

// checkAlias refuses names for what is no expression.
func (p *parser) checkAlias(q *Query, a alias) error {
	switch q.Select[a.item].Expr.(type) {
	case *Call:
		return nil
	case *Field:
		if q.IsAggregate() {
			return nil
		}
		return p.broken(a.pos, "only aggregate expressions use field aliasing, take away the alias %s", abbreviate(a.name))
	}
	return p.broken(a.pos, "subqueries, TYPEOF and FIELDS() have no alias, take away %s", abbreviate(a.name))
}

// checkSubtotals wants ROLLUP or CUBE where GROUPING asks about them.
func (p *parser) checkSubtotals(q *Query) error {
	if q.Grouping != PlainGroups {
		return nil
	}
	check := func(x Operand) error {
		if c, ok := x.(*Call); ok && c.isA(Subtotal) {
			return p.broken(c.Pos, "GROUPING needs GROUP BY ROLLUP or GROUP BY CUBE")
		}
		return nil
	}
	for _, item := range q.Select {
		if err := check(item.Expr); err != nil {
			return err
		}
	}
	for _, o := range q.OrderBy {
		if err := check(o.Expr); err != nil {
			return err
		}
	}
	var err error
	Walk(q.Having, func(e Expr) bool {
		if x := left(e); x != nil && err == nil {
			err = check(x)
		}
		return true
	})
	return err
}

// left returns what a condition compares, nil where it is composed.
func left(e Expr) Operand {
	switch e := e.(type) {
	case *Comparison:
		return e.Left
	case *In:
		return e.Left
	case *Includes:
		return e.Left
	}
	return nil
}

// checkSubSelect wants exactly one field of the object itself.
func (p *parser) checkSubSelect(q *Query) error {
	if len(q.Select) != 1 { // COUNT() was refused before
		return p.broken(q.Select[1].Pos, "the sub-select of IN selects exactly one field")
	}
	item := q.Select[0]
	if !ownField(item.Expr, q.From) || item.Alias != "" {
		return p.broken(item.Pos, "the sub-select of IN selects an Id or a reference, without dots, functions or alias")
	}
	return nil
}

// ownField reports whether x is a field that leaves its object by no dot; the
// alias of FROM before it is none.
func ownField(x Operand, from From) bool {
	f, ok := x.(*Field)
	if !ok {
		return false
	}
	return len(f.Path) == 1 ||
		len(f.Path) == 2 && from.Alias != "" && strings.EqualFold(f.Path[0], from.Alias)
}

// checkJoins finds the semi- and anti-joins of a condition and judges them:
// they stand in WHERE, joined to the rest by AND alone.
func (p *parser) checkJoins(q *Query, e Expr, where place) error {
	top := map[Expr]bool{e: true}
	if l, ok := e.(*Logical); ok && !l.Or {
		for _, t := range l.Terms {
			top[t] = true
		}
	}
	var err error
	Walk(e, func(e Expr) bool {
		if in, ok := e.(*In); ok && in.Sub != nil && err == nil {
			err = p.checkJoin(q, in, where, top[e])
		}
		return err == nil
	})
	return err
}

func (p *parser) checkJoin(q *Query, in *In, where place, top bool) error {
	switch {
	case where == inHaving:
		return p.broken(in.Pos, "HAVING cannot have a sub-select")
	case !top:
		return p.broken(in.Pos, "a sub-select cannot stand below OR or NOT")
	case !ownField(in.Left, q.From):
		return p.broken(in.Pos, "the left side of IN with a sub-select is an Id or a reference, without dots or functions")
	case strings.EqualFold(in.Sub.From.Object, q.From.Object):
		return p.broken(in.Sub.From.Pos, "a sub-select cannot read the object of the statement around it")
	}
	return nil
}
