package lawtest

import (
	"fmt"
	"strings"
)

// tree makes a condition of a depth.
func (m *maker) tree(r ref, depth int) *node {
	// A condition of many parts seldom depends on one of them.
	if depth == 0 || m.chance(50) {
		return m.leaf(r)
	}
	switch k := m.IntN(10); {
	case k < 5:
		return m.list("AND", r, depth)
	case k < 8:
		return m.list("OR", r, depth)
	default:
		return &node{word: "NOT", kids: []*node{m.tree(r, depth-1)}}
	}
}

func (m *maker) list(word string, r ref, depth int) *node {
	n := &node{word: word}
	for range 2 + m.IntN(4)/3 {
		n.kids = append(n.kids, m.tree(r, depth-1))
	}
	return n
}

var comparisons = []string{"=", "=", "=", "==", "<>", "!=", "<", "<=", ">", ">=", "IS", "IS NOT", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"}

// leaf makes a condition on a column.
func (m *maker) leaf(r ref) *node {
	c := m.column(r)
	if m.chance(8) {
		return m.call(r, c)
	}
	name := m.dress(r.col(c))
	switch k := m.IntN(100); {
	case k < 40:
		op := one(m, comparisons)
		if m.chance(10) {
			return &node{text: "? " + op + " " + name, values: []any{m.value(c)}}
		}
		return &node{text: name + " " + op + " ?" + m.collate(), values: []any{m.value(c)}}
	case k < 54:
		n := &node{text: name + one(m, []string{" IN (", " IN (", " NOT IN ("})}
		for i := range 1 + m.IntN(5) {
			if i > 0 {
				n.text += ", "
			}
			n.text += "?"
			n.values = append(n.values, m.value(c))
		}
		n.text += ")"
		return n
	case k < 62:
		return &node{text: name + one(m, []string{" BETWEEN ? AND ?", " BETWEEN ? AND ?", " NOT BETWEEN ? AND ?"}), values: []any{m.value(c), m.value(c)}}
	case k < 70:
		return &node{text: name + one(m, []string{" IS NULL", " IS NOT NULL", " NOTNULL"})}
	case k < 82:
		return m.pattern(r)
	case k < 86:
		return &node{text: name + one(m, []string{"", " IS TRUE", " IS NOT TRUE", " IS NOT FALSE"})}
	case k < 90:
		d := m.column(r)
		return &node{text: name + " " + one(m, comparisons) + " " + r.col(d)}
	case k < 93:
		d := m.column(r)
		return &node{
			text:   fmt.Sprintf("(%s, %s) %s (?, ?)", r.col(c), r.col(d), one(m, []string{"=", "<", ">=", "<>"})),
			values: []any{m.value(c), m.value(d)},
		}
	default:
		return m.subquery(r, c)
	}
}

// call makes a condition on a function of a column that Salesforce can be
// asked in other words, or nearly so.
func (m *maker) call(r ref, c *column) *node {
	name := r.col(c)
	op := one(m, []string{"=", "=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"})
	switch {
	case c.kind == aTime && m.chance(80):
		f := one(m, []struct {
			call string
			size int
		}{
			{"date(@)", 10}, {"datetime(@)", 19}, {"strftime('%Y', @)", 4}, {"strftime('%Y-%m', @)", 7}, {"substr(@, 1, 7)", 7}, {"substr(@, 1, 10)", 10}, {"substr(@, 1, 4)", 4},
		})
		call := strings.ReplaceAll(f.call, "@", name)
		v := func() any {
			s := asText(m.value(c))
			if len(s) > f.size && m.chance(90) {
				s = strings.Replace(s[:f.size], "T", " ", 1)
			}
			return s
		}
		switch m.IntN(5) {
		case 4:
			return m.moment(one(m, []string{name, call}), op, c)
		case 0:
			return &node{text: call + one(m, []string{" BETWEEN ? AND ?", " NOT BETWEEN ? AND ?"}), values: []any{v(), v()}}
		case 1:
			return &node{text: call + one(m, []string{" IN (?, ?)", " NOT IN (?, ?)"}), values: []any{v(), v()}}
		case 2:
			return &node{text: name + one(m, []string{" LIKE ?", " GLOB ?", " NOT LIKE ?"}), values: []any{v().(string) + one(m, []string{"%", "*", "", "_%"})}}
		}
		return &node{text: call + " " + op + " ?", values: []any{v()}}
	case c.kind == aText && m.chance(60):
		v := asText(m.value(c))
		f := one(m, []string{"lower", "upper"})
		if m.chance(80) {
			v = map[string]func(string) string{"lower": strings.ToLower, "upper": strings.ToUpper}[f](v)
		}
		return &node{text: f + "(" + name + ") " + one(m, []string{"=", "=", "LIKE", op}) + " ?", values: []any{v}}
	}
	return &node{text: fmt.Sprintf("%s(%s, ?) %s ?", one(m, []string{"coalesce", "ifnull"}), name, op), values: []any{m.value(c), m.value(c)}}
}

// moment compares with a date that SQLite counts by itself.
func (m *maker) moment(left, op string, c *column) *node {
	text := one(m, []string{"date(?", "date(?", "datetime(?", "strftime('%Y-%m', ?", "strftime('%Y', ?", "strftime('%m', ?"})
	n := &node{values: []any{asText(m.value(c))}}
	for range m.IntN(3) {
		text += ", " + one(m, []string{
			"'+1 month'", "'-1 months'", "'start of month'", "'start of year'", "'weekday 2'", "'-40 days'", "'+1 year'", "'-36 hours'", "'utc'", "'no modifier'", "?",
		})
		if strings.HasSuffix(text, "?") {
			n.values = append(n.values, fmt.Sprintf("%+d days", m.IntN(20)-10))
		}
	}
	n.text = left + " " + op + " " + text + ")"
	return n
}

// dress wraps a column now and then, so that the predicate is none of the
// table's own.
func (m *maker) dress(name string) string {
	if !m.chance(7) {
		return name
	}
	return strings.ReplaceAll(one(m, []string{"+@", "lower(@)", "@ || ''", "coalesce(@, 'none')", "CAST(@ AS TEXT)", "nullif(@, 0)", "(@)"}), "@", name)
}

func (m *maker) collate() string {
	if !m.chance(7) {
		return ""
	}
	return " COLLATE " + one(m, []string{"BINARY", "NOCASE", "RTRIM", "SFID", "SFTIME"})
}

// pattern makes a LIKE or GLOB, mostly on text.
func (m *maker) pattern(r ref) *node {
	c := m.column(r)
	for tries := 0; c.kind != aText && tries < 4; tries++ {
		c = m.column(r)
	}
	op := one(m, []string{" LIKE ?", " LIKE ?", " LIKE ?", " NOT LIKE ?", " LIKE ? ESCAPE '!'", " GLOB ?"})
	return &node{text: r.col(c) + op, values: []any{m.wildcards(asText(m.value(c)))}}
}

func (m *maker) wildcards(s string) string {
	var b strings.Builder
	for _, l := range s {
		switch m.IntN(12) {
		case 0:
			b.WriteByte('_')
		case 1:
			b.WriteByte('%')
		case 2:
			b.WriteRune(l)
			b.WriteByte('%')
			return b.String()
		default:
			b.WriteRune(l)
		}
	}
	return one(m, []string{"", "%", "_", "!"}) + b.String() + one(m, []string{"", "%", "_"})
}

func (m *maker) subquery(r ref, c *column) *node {
	s := ref{source: m.g.names[one(m, m.g.draws)], alias: "s"}
	d := m.column(s)
	for range 20 {
		if d.kind == c.kind && (d.kind != anID || d.to == c.to) {
			break
		}
		d = m.column(s)
	}
	inner := m.leafOf(s)
	outer := r.col(c)
	if r.alias == "" {
		outer = quoteName(r.name) + "." + outer
	}
	text := fmt.Sprintf("%s %s (SELECT %s FROM %s AS s WHERE ", r.col(c), one(m, []string{"IN", "NOT IN"}), s.col(d), quoteName(s.name))
	if m.chance(30) && r.name != s.name && (c.kind != aBool || d.kind != aBool) {
		text = fmt.Sprintf("%s (SELECT 1 FROM %s AS s WHERE %s = %s AND ",
			one(m, []string{"EXISTS", "NOT EXISTS"}), quoteName(s.name), s.col(d), outer)
	}
	return &node{text: text + inner.text + ")", values: inner.values}
}

// leafOf is a leaf without a further subquery.
func (m *maker) leafOf(r ref) *node {
	for {
		n := m.leaf(r)
		if !strings.Contains(n.text, "SELECT") {
			return n
		}
	}
}
