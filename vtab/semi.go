package vtab

import (
	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// A condition with a subquery relates two scans, and each can leave records
// out by what the statement asks of the other:
//
//	Account a WHERE a.Rating = 'Hot' AND EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id AND c.Title = 'CEO')
//
// reads SELECT … FROM Account WHERE Rating = 'Hot' AND Id IN (SELECT AccountId
// FROM Contact WHERE Title = 'CEO'), and, where the subquery is read whole,
// SELECT … FROM Contact WHERE Title = 'CEO' AND Account.Rating = 'Hot'. SQLite
// evaluates the condition as ever.
//
// A semi-join may let too many records through, so it takes the filters that
// can be sent. An anti-join leaves out what its sub-select finds: everything
// there must be the subquery's, so all filters must be exact, and the user must
// see all records, because it is not documented whether a sub-select looks at
// those that are hidden. With deleted records nothing goes this way.

// subs plans by which sub-selects a scan leaves records out.
func (b *indexer) subs() {
	if b.query != nil || b.rules.Off || b.rules.Without.Has(planner.RuleSemi) || b.conn.cfg.Deleted || len(b.plan.Columns) == 0 {
		return
	}
	for _, j := range b.conn.semiJoinsOf() {
		outer, inner := b.conn.tableOf(j.Outer), b.conn.tableOf(j.Inner)
		if !b.conn.once(outer) || !b.conn.once(inner) {
			continue
		}
		switch b.rules.Table {
		case outer:
			b.byInner(j, inner)
		case inner:
			b.byOuter(j, outer)
		}
	}
}

// semiJoinsOf returns the semi-joins that the statement's text has.
func (c *Schema) semiJoinsOf() []planner.SemiJoin {
	if c.semisOf != c.analysis {
		c.semisOf, c.semis = c.analysis, c.analysis.SemiJoins(c.tableOf)
	}
	return c.semis
}

// once reports whether a table is read at one place, which means this very
// sObject.
func (c *Schema) once(t *planner.Table) bool {
	refs, certain := c.analysis.Refs(t)
	return certain && len(refs) == 1 && c.isOurs(t)
}

// byInner leaves out records for which the subquery has none, or has one.
func (b *indexer) byInner(j planner.SemiJoin, inner *planner.Table) {
	s := planner.SubSelect{Column: j.Column, Table: inner.Object.Name, Of: j.Of, Not: j.Not, Whole: j.Whole, Filters: j.Inner.Conditions(inner)}
	for _, t := range b.plan.Terms {
		if t.Column == j.Column && t.Op == planner.OpEQ && t.Arg > 0 {
			if !t.In {
				return // its records are looked up by the column's values
			}
			s.Listed = true
		}
	}
	if j.Not {
		rules := b.conn.rulesAtStart(inner)
		for _, f := range s.Filters {
			v := rules.Holds(f, true)
			s.Whole = s.Whole && (v.Class == planner.Exact || v.Later)
		}
		// What the user sees is asked for with a call, which a scan of one
		// page cannot win back. A reference may be empty, and is not among
		// the values of an empty subquery then.
		if !s.Whole || b.rules.Table.ID() != j.Column || b.conn.cfg.SeesAll == nil || b.rows <= pageRows {
			return
		}
	}
	b.plan.Subs = append(b.plan.Subs, s)
}

// byOuter leaves out records that no row around the subquery looks for.
func (b *indexer) byOuter(j planner.SemiJoin, outer *planner.Table) {
	if !j.Plain || isKeyedBy(b.plan.Terms, j.Of) {
		return
	}
	s := planner.SubSelect{Column: j.Of, Table: outer.Object.Name, Of: j.Column}
	rules := b.conn.rulesAtStart(outer)
	for _, f := range j.Outer.Conditions(outer) {
		if v := rules.Holds(f, true); v.Class != planner.Refused && v.Expr != nil || v.Later && f.Legible() {
			s.Filters = append(s.Filters, f)
		}
	}
	s.Parent = planner.LeadsTo(b.rules.Table, j.Of, outer) && j.Column == outer.ID()
	// NOT IN is NULL for every row where the subquery finds a NULL, and true
	// even for NULL where it finds nothing.
	s.Not = j.Not
	if len(s.Filters) == 0 || j.Not && !s.Parent {
		return
	}
	b.plan.Subs = append(b.plan.Subs, s)
}

// rulesAtStart are the rules of a table for the statement that runs.
func (c *Schema) rulesAtStart(t *planner.Table) planner.Rules {
	r := c.rules(t)
	r.Params, r.Calendar, r.Started = c.analysis.Params(), c.analysis.Calendar(), c.analysis.Started()
	return r
}

// joined writes a plan's sub-selects as conditions.
func (t *table) joined(p *planner.Plan) []planner.Joined {
	var out []planner.Joined
	for _, s := range p.Subs {
		of := t.conn.table(s.Table)
		if of == nil || t.conn.cfg.Deleted || s.Not && !s.Parent && !t.conn.cfg.SeesAll(t.conn.context()) {
			continue
		}
		if j, ok := t.rules.JoinedBy(s, t.conn.rulesAtStart(of)); ok {
			out = append(out, j)
		}
	}
	return out
}

// explainSubs adds the sub-selects to what a scan is shown to ask.
func (t *table) explainSubs(e *planner.Explained, p *planner.Plan) {
	if e.Empty || len(e.Query.GroupBy) > 0 || e.Limited {
		return
	}
	for _, j := range t.joined(p) {
		if j.Listed {
			continue
		}
		e.Query.Where = soql.And(e.Query.Where, j.Expr)
		e.Terms = append(e.Terms, "sent, checked again by SQLite: "+j.Expr.String()+" (SQLite evaluates the subquery)")
	}
}
