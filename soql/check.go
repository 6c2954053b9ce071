package soql

import "strings"

// The rules here are SOQL's too, but need more than one clause to judge.
// Everything that needs an org's schema is left to who runs the statement.

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
	}
	return nil
}

func hasAggregate(q *Query) bool {
	for _, item := range q.Select {
		if c, ok := item.Expr.(*Call); ok && c.IsAggregate() {
			return true
		}
	}
	return false
}

// checkQuery judges the select list once the whole statement is known.
func (p *parser) checkQuery(q *Query, aliases []alias) error {
	if p.inner {
		return p.checkSubSelect(q)
	}
	grouped := len(q.GroupBy) > 0
	for _, item := range q.Select {
		if c, ok := item.Expr.(*Call); ok && !grouped && !c.IsAggregate() {
			return p.broken(c.Pos, "%s in a select list needs a GROUP BY of the same", c.Name)
		}
	}
	seen := map[string]bool{}
	for _, a := range aliases {
		if !grouped && !hasAggregate(q) {
			return p.broken(a.pos, "only aggregate expressions use field aliasing, take away the alias %s", abbreviate(a.name))
		}
		key := strings.ToUpper(a.name)
		if seen[key] {
			return p.broken(a.pos, "duplicate alias: %s", abbreviate(a.name))
		}
		seen[key] = true
	}
	return nil
}

// checkSubSelect wants exactly one field of the object itself.
func (p *parser) checkSubSelect(q *Query) error {
	if len(q.Select) != 1 {
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
