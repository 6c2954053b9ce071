package planner

import "slices"

// Filter returns conditions that a record must meet to matter to the
// statement, wherever it reads the table: what SQLite does not offer by
// itself. Columns in them are resolved.
//
// Where a statement reads a table once, these are the conjuncts of that place.
// Where it reads it several times, a record matters if it matters to one of
// them, so there is one condition: the disjunction of all. It is shared then.
func (a *Analysis) Filter(t *Table) (conds []*Cond, shared bool) {
	refs, certain := a.Refs(t)
	if !certain || len(refs) == 0 || len(refs) > maxRefs {
		return nil, false
	}
	if len(refs) == 1 {
		return slices.DeleteFunc(refs[0].conditions(t), (*Cond).offered), false
	}
	either := &Cond{Kind: CondOr}
	for _, ref := range refs {
		all := ref.conditions(t)
		if len(all) == 0 {
			return nil, true
		}
		either.Kids = append(either.Kids, &Cond{Kind: CondAnd, Kids: all})
	}
	return []*Cond{either}, true
}

// maxRefs is how many places are put together; more would say little.
const maxRefs = 8

// conditions returns the conjuncts that records must meet to matter to a
// reference.
func (ref *Ref) conditions(t *Table) []*Cond {
	var out []*Cond
	for _, c := range ref.Select.conjunct {
		if c.cond == nil || c.inOn && c.on != ref {
			continue
		}
		n := c.cond.resolve(ref, t)
		if n.Kind == CondUnknown || n.constant() {
			continue // SQLite looks at constants before it scans anything
		}
		// A row of nothing stands beside a left side without match, and a
		// condition that takes it would see more of them than there are.
		if ref.Left && !c.inOn && n.ofNulls()&isTrue != 0 {
			continue
		}
		n.from = c.cond
		out = append(out, n)
	}
	return out
}

// Conditions returns what the conjuncts of its SELECT say of a reference's
// columns: every row of the answer meets them there.
func (ref *Ref) Conditions(t *Table) []*Cond { return ref.conditions(t) }

// resolve returns the condition as a reference of a table sees it: what does
// not speak of its columns and of constants alone is unknown.
func (c *Cond) resolve(ref *Ref, t *Table) *Cond {
	switch c.Kind {
	case CondAnd, CondOr, CondNot:
		return c.resolveKids(func(kid *Cond) *Cond { return kid.resolve(ref, t) })
	case CondUnknown:
		return c
	}
	out := &Cond{Kind: c.Kind, Op: c.Op, Right: make([]Operand, len(c.Right))}
	var columns int
	out.Left, columns = c.Left.resolve(ref, t)
	for i, o := range c.Right {
		var n int
		out.Right[i], n = o.resolve(ref, t)
		columns += n
	}
	if columns == 0 && out.constant() {
		return out
	}
	if columns == 0 || out.Left.Kind == OpaqueOperand || c.Kind == CondCompare && out.Right[0].Kind == OpaqueOperand {
		return &Cond{}
	}
	return out
}

// constant reports whether a condition speaks of values alone: 1 = 0, or
// :industry IS NULL.
func (c *Cond) constant() bool {
	switch c.Kind {
	case CondCompare:
		return c.Left.constant() && c.Right[0].constant()
	case CondTruth:
		return c.Left.constant()
	}
	return false
}

func (o Operand) constant() bool {
	return (o.Kind == ValueOperand || o.Kind == ParamOperand) && o.Collation == ""
}

func (c *Cond) resolveKids(resolve func(*Cond) *Cond) *Cond {
	out := &Cond{Kind: c.Kind}
	for _, kid := range c.Kids {
		n := resolve(kid)
		switch {
		case n.Kind != CondUnknown:
			out.Kids = append(out.Kids, n)
		case c.Kind != CondAnd:
			return n
		case !slices.ContainsFunc(out.Kids, func(k *Cond) bool { return k.Kind == CondUnknown }):
			out.Kids = append(out.Kids, n)
		}
	}
	if len(out.Kids) == 1 && out.Kids[0].Kind == CondUnknown {
		return out.Kids[0]
	}
	return out
}

// resolve gives a column its index, and counts the columns.
func (o Operand) resolve(ref *Ref, t *Table) (Operand, int) {
	switch o.Kind {
	case ColumnOperand:
		if !ref.Select.means(ref, o.Name, func(column string) bool { return t.Column(column) >= 0 }) {
			return Operand{}, 0
		}
		o.Column = t.Column(o.Name.Column)
		return o, 1
	case CallOperand:
		columns := 0
		args := make([]Operand, len(o.Args))
		for i, a := range o.Args {
			var n int
			args[i], n = a.resolve(ref, t)
			columns += n
		}
		o.Args = args
		return o, columns
	}
	return o, 0
}

// offered reports whether SQLite offers a conjunct to the table itself.
func (c *Cond) offered() bool {
	switch c.Kind {
	case CondCompare:
		return c.Left.Kind == ColumnOperand || c.Right[0].Kind == ColumnOperand
	case CondIn, CondBetween, CondGlob:
		return c.Left.Kind == ColumnOperand
	case CondLike:
		return c.Left.Kind == ColumnOperand && len(c.Right) == 1
	case CondOr:
		return c.isList()
	}
	return false
}

// isList reports whether an OR is one of equalities of a column, which SQLite
// turns into an IN.
func (c *Cond) isList() bool {
	for _, kid := range c.Kids {
		if kid.Kind != CondCompare || kid.Op != OpEQ {
			return false
		}
		left, right, _, collation := kid.sided()
		first, _, _, _ := c.Kids[0].sided()
		if left.Kind != ColumnOperand || left.Column != first.Column || right.Kind == OpaqueOperand || collation != "" {
			return false
		}
	}
	return true
}

// truth is a set of SQL's truth values.
type truth uint8

const (
	isTrue truth = 1 << iota
	isFalse
	isNull
	isAnything = isTrue | isFalse | isNull
)

// ofNulls returns what a condition may be where all columns of the table are
// NULL.
func (c *Cond) ofNulls() truth {
	switch c.Kind {
	case CondAnd:
		return fold(c.Kids, and)
	case CondOr:
		return fold(c.Kids, or)
	case CondNot:
		return not(c.Kids[0].ofNulls())
	case CondIsTruth:
		if c.Left.isNullOfNulls() {
			return isFalse
		}
	case CondTruth, CondLike, CondGlob, CondBetween:
		if c.Left.isNullOfNulls() {
			return isNull
		}
	case CondIn:
		if c.Left.isNullOfNulls() {
			return isNull | isFalse
		}
	case CondCompare:
		return c.compareNulls()
	}
	return isAnything
}

func (c *Cond) compareNulls() truth {
	left, right := c.Left.isNullOfNulls(), c.Right[0].isNullOfNulls()
	switch {
	case !left && !right:
	case c.Op != OpIS && c.Op != OpISNOT:
		return isNull
	case c.Right[0].Kind == ValueOperand:
		if c.Right[0].Value.Null() == (c.Op == OpIS) {
			return isTrue
		}
		return isFalse
	}
	return isAnything
}

// strict are functions that are NULL where their first or only column is.
var strict = map[string]bool{"lower": true, "upper": true, "trim": true, "abs": true, "length": true, "substr": true, "date": true, "datetime": true}

func (o Operand) isNullOfNulls() bool {
	switch o.Kind {
	case ColumnOperand:
		return true
	case CallOperand:
		_, relative := relativeDates[o.Text]
		return (strict[o.Text] || relative || o.Text == "includes" || o.Text == "excludes") && len(o.Args) > 0 && o.Args[0].isNullOfNulls()
	}
	return false
}

func fold(kids []*Cond, op func(a, b truth) truth) truth {
	out := kids[0].ofNulls()
	for _, k := range kids[1:] {
		out = op(out, k.ofNulls())
	}
	return out
}

func not(t truth) truth {
	out := t & isNull
	if t&isTrue != 0 {
		out |= isFalse
	}
	if t&isFalse != 0 {
		out |= isTrue
	}
	return out
}

// and combines each value of a with each of b.
func and(a, b truth) truth {
	var out truth
	if a&isTrue != 0 {
		out |= b
	}
	if b&isTrue != 0 {
		out |= a
	}
	if (a|b)&isFalse != 0 {
		out |= isFalse
	}
	if a&isNull != 0 && b&isNull != 0 {
		out |= isNull
	}
	return out
}

func or(a, b truth) truth { return not(and(not(a), not(b))) }
