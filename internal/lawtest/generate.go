package lawtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes statements. Statement n of a seed depends on nothing else.
type generator struct {
	seed   uint64
	tables []source
	names  map[string]*source
	draws  []string // tables, the rich one more often
	joins  bool     // of relatives only
	semis  bool     // with subqueries over relatives only
	plain  bool     // relatives by the columns' own collations
}

func newGenerator(seed uint64, tables []source) *generator {
	g := &generator{seed: seed, tables: tables, names: map[string]*source{}}
	for i := range tables {
		g.names[tables[i].name] = &tables[i]
		weight := 1
		if tables[i].name == "Everything__c" {
			weight = 2 * len(tables)
		}
		for range weight {
			g.draws = append(g.draws, tables[i].name)
		}
	}
	return g
}

// statement is a generated statement in parts, so that it can be shrunk.
type statement struct {
	mode   mode
	pick   string // what stands between SELECT and FROM
	from   string
	where  *node
	tail   string // GROUP BY and HAVING
	order  string
	limit  int // -1 is none
	offset int
	params bool // values come as parameters, not as literals
	bare   bool // no parentheses stand around the conjuncts
}

// node is a condition: a word over kids, or a leaf's text with ? for values.
type node struct {
	word   string // AND, OR, NOT; empty for a leaf
	kids   []*node
	text   string
	values []any
}

func (n *node) write(b *strings.Builder, args *[]any) {
	switch n.word {
	case "":
		parts := strings.Split(n.text, "?")
		for i, part := range parts {
			b.WriteString(part)
			if i < len(n.values) {
				if args == nil {
					b.WriteString(literal(n.values[i]))
				} else {
					b.WriteByte('?')
					*args = append(*args, n.values[i])
				}
			}
		}
	case "NOT":
		b.WriteString("NOT (")
		n.kids[0].write(b, args)
		b.WriteByte(')')
	default:
		b.WriteByte('(')
		for i, kid := range n.kids {
			if i > 0 {
				b.WriteString(" " + n.word + " ")
			}
			kid.write(b, args)
		}
		b.WriteByte(')')
	}
}

// entry writes the statement as a script's entry.
func (s *statement) entry() entry {
	e := entry{mode: s.mode}
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT %s FROM %s", s.pick, s.from)
	if s.where != nil {
		b.WriteString(" WHERE ")
		var args *[]any
		if s.params {
			args = &e.args
		}
		s.writeWhere(&b, args)
	}
	if s.tail != "" {
		b.WriteString(" " + s.tail)
	}
	if s.order != "" {
		b.WriteString(" ORDER BY " + s.order)
	}
	switch {
	case s.mode == limited:
		e.limit, e.offset = s.limit, s.offset
	case s.limit >= 0:
		fmt.Fprintf(&b, " LIMIT %d", s.limit)
		if s.offset > 0 {
			fmt.Fprintf(&b, " OFFSET %d", s.offset)
		}
	}
	e.sql = b.String()
	return e
}

func (s *statement) writeWhere(b *strings.Builder, args *[]any) {
	if !s.bare || s.where.word != "AND" {
		s.where.write(b, args)
		return
	}
	for i, kid := range s.where.kids {
		if i > 0 {
			b.WriteString(" AND ")
		}
		kid.write(b, args)
	}
}

// maker makes one statement.
type maker struct {
	*rand.Rand
	g *generator
}

// at returns statement n.
func (g *generator) at(n int) *statement {
	m := &maker{rand.New(rand.NewPCG(g.seed, uint64(n))), g}
	var s *statement
	switch k := m.IntN(100); {
	case g.semis:
		s = m.semis()
	case g.joins, k >= 86 && k < 91:
		s = m.relatives()
	case k < 18:
		s = m.straight()
	case k < 45:
		s = m.rows()
	case k < 57:
		s = m.count()
	case k < 72:
		s = m.groups()
	case k < 80:
		s = m.extremes()
	case k < 91:
		s = m.join()
	case k < 94:
		s = m.union()
	case k < 96:
		s = m.chain()
	case k < 98:
		s = m.nested()
	default:
		s = m.window()
	}
	s.params = m.IntN(2) == 0
	return s
}

func (m *maker) chance(inHundred int) bool { return m.IntN(100) < inHundred }

func one[T any](m *maker, of []T) T { return of[m.IntN(len(of))] }

// ref is a table under a name, whose columns are written with it in front.
type ref struct {
	*source
	alias string
}

func (r ref) col(c *column) string {
	if r.alias == "" {
		return quoteName(c.name)
	}
	return r.alias + "." + quoteName(c.name)
}

func (m *maker) table() ref { return ref{source: m.g.names[one(m, m.g.draws)]} }

// rows selects columns of a table, mostly under a total order or a limit.
func (m *maker) rows() *statement {
	r := m.table()
	s := &statement{pick: m.columns(r), from: quoteName(r.name), where: m.tree(r, 2), limit: -1}
	if m.chance(10) {
		s.where = nil
	}
	switch m.IntN(7) {
	case 0, 1:
		s.mode = rowsort
	case 2:
		c := m.orderable(r)
		s.pick, s.order, s.mode = "DISTINCT "+r.col(c), r.col(c)+m.direction(), nosort
		m.cut(s)
	case 3:
		s.mode, s.limit, s.offset = limited, m.IntN(20), m.small()
	case 4: // only the key: then ties do not matter
		c := m.orderable(r)
		s.mode, s.pick, s.order = nosort, r.col(c), r.col(c)+m.direction()
		m.cut(s)
	default:
		s.mode, s.order = nosort, m.totalOrder(r)
		m.cut(s)
	}
	return s
}

// straight selects plain columns under conditions that Salesforce answers as
// SQLite does, so that the rows need not pass through SQLite's machine, or does
// nearly that.
func (m *maker) straight() *statement {
	r := m.table()
	s := &statement{pick: m.columns(r), from: quoteName(r.name), mode: rowsort, limit: -1}
	for range m.IntN(3) {
		leaf := m.exact(r)
		switch {
		case s.where == nil:
			s.where = leaf
		default:
			s.where = &node{word: "AND", kids: []*node{s.where, leaf}}
		}
	}
	switch c := m.orderable(r); m.IntN(10) {
	case 0:
		s.pick += ", " + one(m, []string{"+@", "@ || ''", "length(@)", "@ COLLATE BINARY", "CAST(@ AS TEXT)", "(@)", "NULL", "'a'", "7"})
		s.pick = strings.ReplaceAll(s.pick, "@", r.col(c))
	case 1:
		s.pick = "DISTINCT " + s.pick
	case 2:
		s.mode, s.order = nosort, m.totalOrder(r)
	case 3, 4:
		s.mode, s.limit, s.offset = limited, m.IntN(20), m.IntN(6)/4*m.small()
	}
	return s
}

// exact is a condition of which every row that Salesforce finds is one of
// SQLite's, or one that differs from such a condition in a single thing: the
// collation, the affinity, an expression, a value of another type.
func (m *maker) exact(r ref) *node {
	c := m.orderable(r)
	name := r.col(c)
	if m.chance(15) {
		return m.leafOf(r)
	}
	v := func() any {
		if len(c.values) == 0 || m.chance(10) {
			return m.value(c)
		}
		v := one(m, c.values)
		if _, isText := v.(string); !isText && m.chance(25) {
			return asText(v) // a number that the column's affinity makes one again
		}
		return v
	}
	near := one(m, []string{"", "", "", "", "", "", " COLLATE BINARY", " || ''", " + 0"})
	switch m.IntN(5) {
	case 0:
		return &node{text: name + " IS NOT NULL"}
	case 1:
		return &node{text: name + " IN (?, ?, ?)", values: []any{v(), v(), v()}}
	case 2:
		return &node{text: name + " BETWEEN ? AND ?" + near, values: []any{v(), v()}}
	case 3:
		near := one(m, []string{"+@", "(@)", "CAST(@ AS TEXT)", "CAST(@ AS INTEGER)", "@ COLLATE NOCASE"})
		return &node{text: strings.ReplaceAll(near, "@", name) + " = ?", values: []any{v()}}
	}
	return &node{text: name + " " + one(m, []string{"=", "=", "<>", "<", "<=", ">", ">="}) + " ?" + near, values: []any{v()}}
}

func (m *maker) cut(s *statement) {
	if m.chance(70) {
		s.limit, s.offset = 1+m.IntN(25), m.small()
	}
}

func (m *maker) small() int {
	if m.chance(60) {
		return 0
	}
	return m.IntN(12)
}

func (m *maker) columns(r ref) string {
	if m.chance(5) && len(r.columns) < 60 {
		return "*"
	}
	out := []string{r.col(&r.columns[0])}
	for range m.IntN(4) {
		out = append(out, r.col(m.column(r)))
	}
	return strings.Join(out, ", ")
}

func (m *maker) direction() string {
	return one(m, []string{"", "", " DESC", " DESC", " ASC", " NULLS LAST", " DESC NULLS FIRST"})
}

// column draws a column: any, or one that Salesforce filters, so that each
// kind is as likely as the next, with text of many scripts before other text.
func (m *maker) column(r ref) *column {
	k, rich := kind(m.IntN(int(aTime)+1)), m.chance(40)
	var of []*column
	for i := range r.columns {
		if c := &r.columns[i]; c.filterable && (rich && c.foreign != nil || !rich && c.kind == k) {
			of = append(of, c)
		}
	}
	if len(of) > 0 && m.chance(75) {
		return one(m, of)
	}
	return &r.columns[m.IntN(len(r.columns))]
}

// orderable returns a column whose equal values have equal bytes.
func (m *maker) orderable(r ref) *column {
	for {
		c := m.column(r)
		if c.kind != aText {
			return c
		}
	}
}

func (m *maker) totalOrder(r ref) string {
	var keys []string
	for range m.IntN(3) {
		keys = append(keys, r.col(m.column(r))+m.direction())
	}
	return strings.Join(append(keys, r.col(&r.columns[0])+one(m, []string{"", " DESC"})), ", ")
}

func (m *maker) count() *statement {
	r := m.table()
	s := &statement{pick: "count(*)", from: quoteName(r.name), where: m.tree(r, 2), limit: -1}
	c := r.col(m.column(r))
	switch m.IntN(4) {
	case 0:
		s.pick += ", count(" + c + ")"
	case 1:
		s.pick += ", count(DISTINCT " + c + ")"
	case 2:
		if m.chance(30) {
			s.where = nil
		}
	}
	return s
}

// groups counts by one or two columns. Of text the representative of a group
// is open, so that it is shown in lower case, which is what NOCASE compares.
func (m *maker) groups() *statement {
	r := m.table()
	var keys, shown []string
	for range 1 + m.IntN(2) {
		c := m.column(r)
		keys = append(keys, r.col(c))
		shown = append(shown, plainly(r, c))
	}
	x := m.column(r)
	s := &statement{
		pick: fmt.Sprintf("%s, count(*), min(%s), max(%[2]s), count(%s)", strings.Join(shown, ", "), plainly(r, x), r.col(x)),
		from: quoteName(r.name), where: m.tree(r, 1), limit: -1,
		tail: "GROUP BY " + strings.Join(keys, ", "),
	}
	if m.chance(30) {
		s.where = nil
	}
	if m.chance(30) {
		s.tail += fmt.Sprintf(" HAVING count(*) > %d", m.IntN(4))
	}
	return s
}

func plainly(r ref, c *column) string {
	if c.kind == aText {
		return "lower(" + r.col(c) + ")"
	}
	return r.col(c)
}

func (m *maker) extremes() *statement {
	r := m.table()
	var picks []string
	for range 1 + m.IntN(2) {
		c := m.orderable(r)
		picks = append(picks, one(m, []string{"min", "max"})+"("+r.col(c)+")")
	}
	return &statement{pick: strings.Join(picks, ", "), from: quoteName(r.name), where: m.tree(r, 1), limit: -1}
}

func (m *maker) window() *statement {
	r := m.table()
	c, p := m.orderable(r), m.orderable(r)
	id := r.col(&r.columns[0])
	return &statement{
		pick: fmt.Sprintf("%s, row_number() OVER (PARTITION BY %s ORDER BY %s%s, %[1]s)", id, r.col(p), r.col(c), m.direction()),
		from: quoteName(r.name), where: m.tree(r, 1), limit: -1,
	}
}

// join joins two tables on columns that may match: an Id with a reference, or
// any two of the same kind, or of two kinds.
func (m *maker) join() *statement {
	a, b := m.table(), m.table()
	a.alias, b.alias = "a", "b"
	x, y := m.pair(a, b)
	op := "="
	if m.chance(5) {
		op = "IS"
	}
	kind := one(m, []string{"JOIN", "JOIN", "LEFT JOIN", "CROSS JOIN"})
	if m.chance(50) {
		x, y, a, b = y, x, b, a
		a.alias, b.alias = b.alias, a.alias
		a.alias, b.alias = "a", "b"
	}
	s := &statement{
		pick: a.col(&a.columns[0]) + ", " + b.col(&b.columns[0]),
		from: fmt.Sprintf("%s AS a %s %s AS b ON %s %s %s", quoteName(a.name), kind, quoteName(b.name), a.col(x), op, b.col(y)),
		mode: rowsort, limit: -1,
	}
	if m.chance(30) {
		s.from += " AND " + m.inline(one(m, []ref{a, b}))
	}
	// A filter on one side at least keeps the answer small.
	s.where = &node{word: "AND", kids: []*node{m.tree(a, 1), m.tree(b, 1)}}
	if m.chance(40) {
		s.where = m.tree(a, 1)
	}
	if m.chance(30) {
		s.pick = "count(*)"
	} else if m.chance(30) {
		s.mode, s.order = nosort, a.col(&a.columns[0])+", "+b.col(&b.columns[0])
		m.cut(s)
	}
	return s
}

// inline is a condition with its values in the text.
func (m *maker) inline(r ref) string {
	var b strings.Builder
	m.leafOf(r).write(&b, nil)
	return b.String()
}

// chain joins a table with what it refers to, and that with what it does.
func (m *maker) chain() *statement {
	a := ref{m.g.names["Everything__c"], "a"}
	b, c := ref{m.g.names["Everything__c"], "b"}, ref{m.g.names["Account"], "c"}
	left := one(m, []string{"JOIN", "LEFT JOIN"})
	s := &statement{
		pick: `a."Id", b."Id", c."Id"`, limit: -1, where: m.tree(one(m, []ref{a, b, c}), 1),
		from: fmt.Sprintf(`Everything__c AS a %s Everything__c AS b ON a."Self__c" = b."Id" %s Account AS c ON b."Lookup__c" = c."Id"`, left, one(m, []string{"JOIN", "LEFT JOIN"})),
	}
	if m.chance(50) {
		s.from += " AND " + m.inline(one(m, []ref{a, b, c}))
	}
	return s
}

// nested reads a table twice: in a CTE or a subquery of FROM and beside it, or
// in two subqueries of their own.
func (m *maker) nested() *statement {
	a := m.table()
	b := a
	if m.chance(40) {
		b = m.table()
	}
	b.alias = "b"
	id := a.col(&a.columns[0])
	inner := fmt.Sprintf("SELECT %s AS k FROM %s WHERE %s", id, quoteName(a.name), m.inlineTree(a))
	s := &statement{limit: -1, where: m.tree(b, 2)}
	switch m.IntN(4) {
	case 0:
		s.pick, s.from = "k", fmt.Sprintf("(%s) AS i JOIN %s AS b ON b.\"Id\" = i.k", inner, quoteName(b.name))
	case 1:
		s.pick, s.from = `k, b."Id"`, fmt.Sprintf("(%s) AS i LEFT JOIN %s AS b ON b.\"Id\" = i.k AND %s", inner, quoteName(b.name), m.inlineTree(b))
	case 2:
		s.pick, s.from = fmt.Sprintf(`count(*), (SELECT count(*) FROM (%s))`, inner), quoteName(b.name)+" AS b"
	default:
		s.pick, s.from = `b."Id"`, quoteName(b.name)+" AS b"
		s.tail = fmt.Sprintf(`AND b."Id" %s (WITH w AS (%s) SELECT k FROM w)`, one(m, []string{"IN", "NOT IN"}), inner)
		if s.where == nil {
			s.tail = ""
		}
	}
	return s
}

func (m *maker) inlineTree(r ref) string {
	for {
		var b strings.Builder
		if m.tree(r, 1).write(&b, nil); !strings.Contains(b.String(), "SELECT") {
			return b.String()
		}
	}
}

// union puts two answers together, of one column each.
func (m *maker) union() *statement {
	a, b := m.table(), m.table()
	c, d := m.orderable(a), m.orderable(b)
	s := &statement{
		pick: a.col(c), from: quoteName(a.name), where: m.tree(a, 1), limit: -1,
		tail: fmt.Sprintf("%s SELECT %s FROM %s WHERE %s", one(m, []string{"UNION", "UNION ALL", "EXCEPT", "INTERSECT"}), b.col(d), quoteName(b.name), m.inline(b)),
	}
	if m.chance(40) {
		s.mode, s.limit, s.offset = limited, m.IntN(15), m.small()
	}
	return s
}

func (m *maker) pair(a, b ref) (x, y *column) {
	for range 50 {
		x, y = &a.columns[m.IntN(len(a.columns))], &b.columns[m.IntN(len(b.columns))]
		if m.chance(60) {
			x = &a.columns[0]
		}
		if x.kind == aBool || y.kind == aBool {
			continue // too many pairs
		}
		if x.kind == y.kind && (x.kind != anID || x.to == y.to || m.chance(10)) || m.chance(2) {
			return x, y
		}
	}
	return &a.columns[0], &b.columns[0]
}
