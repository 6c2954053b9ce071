package planner

import "slices"

// Reach is a parent that every row of a SELECT's answer has beside a
// reference, and the columns that lead there, one after the other.
type Reach struct {
	Ref   *Ref
	Table *Table
	Via   []int
}

// Across returns the conjuncts that speak of a reference and of its parents
// together, or of several parents, such as a.Rating = 'Hot' OR c.LeadSource =
// 'Web'. SQLite offers them to no table.
func (ref *Ref) Across(t *Table, parents []Reach) []*Cond {
	if ref.Left || len(parents) == 0 {
		return nil
	}
	var out []*Cond
	for _, c := range ref.Select.conjunct {
		if c.cond == nil || c.inOn {
			continue
		}
		n := c.cond.across(ref, t, parents)
		if n.Kind != CondUnknown && !n.constant() && n.isMixed() {
			n.from = c.cond
			out = append(out, n)
		}
	}
	return out
}

// across resolves each part of a condition by the one table that it speaks of.
func (c *Cond) across(ref *Ref, t *Table, parents []Reach) *Cond {
	if c.Kind == CondAnd || c.Kind == CondOr || c.Kind == CondNot {
		return c.resolveKids(func(kid *Cond) *Cond { return kid.across(ref, t, parents) })
	}
	out := c.resolve(ref, t)
	for i := 0; out.Kind == CondUnknown && i < len(parents); i++ {
		if out = c.resolve(parents[i].Ref, parents[i].Table); out.Kind != CondUnknown {
			out.At = parents[i].Via
		}
	}
	return out
}

// isMixed reports whether parts of a condition speak of different tables.
func (c *Cond) isMixed() bool {
	var places [][]int
	c.places(&places)
	return len(places) > 1
}

// places notes where the parts of a condition are: nil is the table itself.
func (c *Cond) places(out *[][]int) {
	if c.Kind == CondAnd || c.Kind == CondOr || c.Kind == CondNot {
		for _, kid := range c.Kids {
			kid.places(out)
		}
		return
	}
	if c.Kind != CondUnknown && !c.constant() && !slices.ContainsFunc(*out, func(p []int) bool { return slices.Equal(p, c.At) }) {
		*out = append(*out, c.At)
	}
}

// SaysMore reports whether a condition is the whole of what o is a part of, as
// one table sees it.
func (c *Cond) SaysMore(o *Cond) bool { return c.from != nil && c.from == o.from }

// StartsAt reports whether a part of the condition is of a parent that a
// column leads to, or of one of that parent's.
func (c *Cond) StartsAt(via int) bool {
	return len(c.At) > 0 && c.At[0] == via || slices.ContainsFunc(c.Kids, func(k *Cond) bool { return k.StartsAt(via) })
}

// holdsAcross asks of a parent.
func (r Rules) holdsAcross(c *Cond, want bool) Verdict {
	if r.Across == nil {
		return refused("it speaks of a parent")
	}
	of, path, ok := r.Across(c.At)
	if !ok {
		return refused("no path leads to the parent")
	}
	here := *c
	here.At = nil
	v := of.Holds(&here, want)
	if v.Expr != nil {
		if v.Expr = Under(path, v.Expr); v.Expr == nil {
			return refused("SOQL has no such condition on a path")
		}
	}
	return v
}
