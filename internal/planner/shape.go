package planner

import (
	"slices"
	"strings"
)

// shape is what a SELECT makes of the rows that it reads.
type shape struct {
	distinct, grouped, aggregates, having, ordered bool
	star, windows, compound                        bool

	limited bool  // there is a LIMIT
	calls   bool  // something is called, or in parentheses, among what is selected
	sole    *Name // the one column that is selected, where it stands alone

	selected []selected
	aliases  map[string]bool // what the things that are selected may be named, in lower case

	uses     []Name     // outside of its conditions
	counted  []Name     // those of them that stand alone in a count(…)
	extremes []extreme  // where it selects nothing else
	order    []ordering // where all of ORDER BY are plain columns
	limit    []Operand  // LIMIT and OFFSET, where both are plain
}

// extreme is min(column) or max(column).
type extreme struct {
	column Name
	max    bool
}

// Present returns how often a statement names a column that it asks only
// whether it is NULL, where it cannot be: it stands in count(column) and column
// IS NOT NULL alone, and is the record's Id or in such a condition. It is 0 where
// something else is asked of it.
func (a *Analysis) Present(t *Table, col int) int {
	ref, _ := a.sole(t)
	if ref == nil || ref.Select.shape.star || ref.Select.shape.windows {
		return 0
	}
	s := ref.Select
	times := func(names []Name) (n int) {
		for _, name := range names {
			if s.means(ref, name, func(column string) bool { return t.Column(column) == col }) {
				n++
			}
		}
		return n
	}
	demanded, mentions := col == t.ID(), times(s.shape.uses)
	for _, c := range s.conjunct {
		here := times(c.names)
		if here == 0 {
			continue
		}
		if n := c.cond.resolve(ref, t); n.Kind != CondCompare || n.Op != OpISNOT || n.Left.Kind != ColumnOperand || !n.Right[0].isNull() {
			return 0
		}
		demanded, mentions = true, mentions+here
	}
	if !demanded || times(s.shape.uses) != times(s.shape.counted) {
		return 0
	}
	return mentions
}

func (o Operand) isNull() bool { return o.Kind == ValueOperand && o.Value.Null() }

// ordering is one term of an ORDER BY.
type ordering struct {
	column Name
	desc   bool
	flip   bool // NULLS stand where they do not by themselves
}

// aggregateNames are SQLite's own aggregate functions.
var aggregateNames = []string{"avg", "count", "group_concat", "max", "min", "string_agg", "sum", "total"}

func isAggregate(name string) bool { return slices.Contains(aggregateNames, lowerASCII(name)) }

// Needs guesses which of the columns that a scan names are read when its
// exact conditions are Salesforce's: used are those that SQLite says, of one
// of the places that read the table. It returns false where the SELECT there
// wants rows, and does not put them together.
func (a *Analysis) Needs(t *Table, used []int) (needs []int, ok bool) {
	refs, _ := a.Refs(t)
	for _, ref := range refs {
		outside, all := ref.columns(t)
		if slices.Equal(all, used) {
			s := &ref.Select.shape
			return outside, (s.grouped || s.aggregates || s.distinct) && !s.star && !s.windows
		}
	}
	return nil, false
}

// columns returns the columns of the table that a reference names outside of
// the conditions that SQLite offers, and all of them, ascending.
func (ref *Ref) columns(t *Table) (outside, all []int) {
	s := ref.Select
	has := func(column string) bool { return t.Column(column) >= 0 }
	add := func(list *[]int, names []Name) {
		for _, n := range names {
			if s.means(ref, n, has) {
				*list = append(*list, t.Column(n.Column))
			}
		}
	}
	add(&outside, s.shape.uses)
	for _, c := range s.conjunct {
		add(&all, c.names)
		if c.cond == nil || !c.cond.resolve(ref, t).offered() {
			add(&outside, c.names)
		}
	}
	outside = ascending(outside)
	return outside, ascending(append(all, outside...))
}

func ascending(columns []int) []int {
	slices.Sort(columns)
	return slices.Compact(columns)
}

// sole returns the one place that reads the table, and all conditions there,
// where nothing is unknown: no other place, no other table beside it, no part
// that could not be read.
func (a *Analysis) sole(t *Table) (*Ref, []*Cond) {
	refs, certain := a.Refs(t)
	if !certain || len(refs) != 1 {
		return nil, nil
	}
	ref := refs[0]
	if s := ref.Select; len(s.exposed) != 1 || len(s.Refs) != 1 || s.from != 1 || s.merged || s.opaque {
		return nil, nil
	}
	var out []*Cond
	for _, c := range ref.Select.conjunct {
		if c.cond == nil {
			return nil, nil
		}
		n := c.cond.resolve(ref, t)
		if n.constant() {
			continue
		}
		if !n.whole() {
			return nil, nil
		}
		out = append(out, n)
	}
	return ref, out
}

// whole reports whether nothing in a condition is unknown.
func (c *Cond) whole() bool {
	return c.Kind != CondUnknown && !slices.ContainsFunc(c.Kids, func(k *Cond) bool { return !k.whole() })
}

// Extremes returns the keys by which the first records are all that a
// statement wants of a table: it selects min and max of its columns and no
// more. The conditions are all that the records must meet.
func (a *Analysis) Extremes(t *Table) (keys []OrderKey, conds []*Cond) {
	ref, conds := a.sole(t)
	if ref == nil {
		return nil, nil
	}
	s := &ref.Select.shape
	if s.extremes == nil || s.grouped || s.having || s.ordered || s.distinct || s.windows {
		return nil, nil
	}
	for _, e := range s.extremes {
		if !ref.Select.means(ref, e.column, func(column string) bool { return t.Column(column) >= 0 }) {
			return nil, nil
		}
		keys = append(keys, OrderKey{Column: t.Column(e.column.Column), Desc: e.max})
	}
	return keys, conds
}

// One returns the Cut of a scan in an order by one key where a place wants no
// more than the first record, for its min or max. That place must be the only
// one of its kind and demand nothing of the record; whether it is the one that
// is asked for shows when a second record is wanted.
func (a *Analysis) One(t *Table, k OrderKey) []Operand {
	refs, _ := a.Refs(t)
	places := 0
	for _, ref := range refs {
		s := ref.Select
		if len(s.shape.extremes) != 1 || s.shape.extremes[0].max != k.Desc {
			continue
		}
		if s.shape.grouped || len(s.conjunct) > 0 || len(s.exposed) != 1 ||
			!s.means(ref, s.shape.extremes[0].column, func(column string) bool { return t.Column(column) == k.Column }) {
			return nil
		}
		places++
	}
	if places != 1 {
		return nil
	}
	return []Operand{{Kind: ValueOperand, Value: Value{Kind: IntValue, Int: 1}}, {Kind: ValueOperand, Value: Value{Kind: IntValue}}}
}

// Cut returns LIMIT and OFFSET of a statement that wants so many records of a
// table that meet the conditions, in an order or in none.
func (a *Analysis) Cut(t *Table) (limit []Operand, ordered bool, conds []*Cond) {
	ref, conds := a.sole(t)
	if ref == nil {
		return nil, false, nil
	}
	s := &ref.Select.shape
	if s.limit == nil || s.grouped || s.having || s.aggregates || s.distinct || s.windows || s.compound {
		return nil, false, nil
	}
	return s.limit, s.ordered, conds
}

// First returns the order in which a statement wants the records that Cut
// tells of. Nobody notices where it wants others after all, so nothing may be
// called among what is selected: an aggregate that is not known as one wants
// all records, whatever the LIMIT.
func (a *Analysis) First(t *Table) []OrderKey {
	ref, _ := a.sole(t)
	if ref == nil || ref.Select.shape.calls {
		return nil
	}
	var keys []OrderKey
	for _, o := range ref.Select.shape.order {
		if !ref.Select.means(ref, o.column, func(column string) bool { return t.Column(column) >= 0 }) {
			return nil
		}
		keys = append(keys, OrderKey{Column: t.Column(o.column.Column), Desc: o.desc, Flip: o.flip})
	}
	return keys
}

// readOrder reads the terms behind ORDER BY, where each is a column with
// nothing but its direction. A bare name that is an alias may mean another.
func (r *reader) readOrder(i, end int, aliases map[string]bool) []ordering {
	var out []ordering
	for i++; i < end; i++ { // behind BY, or a comma
		var o ordering
		if !isName(r.tokens[i]) || r.tokens[i].Kind == StringToken {
			return nil
		}
		o.column.Column = r.tokens[i].Name()
		if i+2 < end && r.tokens[i+1].symbol(".") {
			o.column = Name{Table: o.column.Column, Column: r.tokens[i+2].Name()}
			i += 2
		} else if aliases[lowerASCII(o.column.Column)] {
			return nil
		}
		i++
		if o.desc = r.is(i, "DESC"); o.desc || r.is(i, "ASC") {
			i++
		}
		if i+1 < end && r.is(i, "NULLS") && (r.is(i+1, "FIRST") || r.is(i+1, "LAST")) {
			o.flip = r.is(i+1, "LAST") != o.desc
			i += 2
		}
		if out = append(out, o); i < end && !r.tokens[i].symbol(",") {
			return nil
		}
	}
	return out
}

// aliases returns the names that select items may give their values: those
// that stand behind a word, a literal or a closing parenthesis.
func (r *reader) aliases(i, end int) map[string]bool {
	out := map[string]bool{}
	for k := i + 1; k < end; k++ {
		if t := r.tokens[k-1]; isName(r.tokens[k]) && (t.Kind != SymbolToken || t.Text == ")") {
			out[lowerASCII(r.tokens[k].Name())] = true
		}
	}
	return out
}

// readExtremes reads select items that are all min(column) or max(column).
func (r *reader) readExtremes(i, end int) []extreme {
	var out []extreme
	for i < end {
		t := r.tokens[i]
		if !t.Is("min") && !t.Is("max") || i+1 >= end || !r.tokens[i+1].symbol("(") {
			return nil
		}
		last := r.close[i+1]
		names := r.names(i+2, last)
		if len(names) != 1 || last-i-2 != 2*len(names[0].parts())-1 {
			return nil
		}
		out = append(out, extreme{names[0], t.Is("max")})
		if i = last + 1; i+1 < end && r.is(i, "AS") && isName(r.tokens[i+1]) {
			i += 2
		} else if i < end && isName(r.tokens[i]) && !r.is(i, "FILTER") && !r.is(i, "OVER") {
			i++
		}
		if i < end && !r.tokens[i].symbol(",") {
			return nil
		}
		i++
	}
	return out
}

// sole reads select items that are one column, with or without an alias, and
// reports whether there are parentheses among them.
func (r *reader) sole(i, end int) (column *Name, calls bool) {
	for k := i; k < end; k++ {
		if r.tokens[k].symbol("(") {
			return nil, true
		}
	}
	to := end
	if r.find(i, end, "AS") == end-2 {
		to = end - 2
	}
	names := r.names(i, to)
	if len(names) != 1 || to-i != 2*len(names[0].parts())-1 {
		return nil, false
	}
	return &names[0], false
}

// readLimit reads LIMIT n [OFFSET m] or LIMIT m, n.
func (r *reader) readLimit(i, end int) []Operand {
	if n, ok := r.count(i); ok && i+1 == end {
		return []Operand{n, {Kind: ValueOperand, Value: Value{Kind: IntValue}}}
	}
	if i+3 != end {
		return nil
	}
	first, ok := r.count(i)
	second, ok2 := r.count(i + 2)
	switch {
	case !ok || !ok2:
	case r.is(i+1, "OFFSET"):
		return []Operand{first, second}
	case r.tokens[i+1].symbol(","):
		return []Operand{second, first}
	}
	return nil
}

func (r *reader) count(i int) (Operand, bool) {
	if i >= len(r.tokens) {
		return Operand{}, false
	}
	switch t := r.tokens[i]; t.Kind {
	case ParamToken:
		return r.params[i], true
	case NumberToken:
		v, ok := literalValue(t)
		return Operand{Kind: ValueOperand, Value: v}, ok && v.Kind == IntValue && !strings.Contains(t.Text, ".")
	}
	return Operand{}, false
}
