package lawtest

import (
	"fmt"
	"strings"
)

// semiLinks are lookups whose objects SOQL takes in semi- and anti-joins, and
// some that it does not.
var semiLinks = []link{
	{"Case", "ContactId", "Contact"},
	{"Case", "ContactId", "Contact"},
	{"CampaignMember", "ContactId", "Contact"},
	{"Case", "AccountId", "Account"},
	{"Opportunity", "AccountId", "Account"},
	{"Contact", "AccountId", "Account"},
	{"Contact", "ReportsToId", "Contact"},
	{"Everything__c", "Lookup__c", "Account"},
	{"Case", "OwnerId", "User"},
	{"Task", "WhoId", "Contact"},
}

// semis selects from one table, or from it and a relative, what subqueries let
// through, as conjuncts or within what must not thin anything out.
func (m *maker) semis() *statement {
	l := one(m, semiLinks)
	r := ref{m.g.names[one(m, []string{l.parent, l.parent, l.child})], "r0"}
	s := &statement{from: quoteName(r.name) + " AS r0", pick: `r0."Id"`, mode: rowsort, limit: -1, bare: true}
	s.where = &node{word: "AND", kids: []*node{m.semi(r, l)}}
	if m.chance(50) {
		s.where.kids = append(s.where.kids, m.plainly(r))
	}
	if m.chance(30) {
		s.where.kids = append(s.where.kids, m.semi(r, one(m, semiLinks)))
	}
	switch m.IntN(10) {
	case 0:
		s.where.kids[0] = &node{word: "OR", kids: []*node{s.where.kids[0], m.plainly(r)}}
	case 1:
		s.where.kids[0] = &node{word: "NOT", kids: []*node{s.where.kids[0]}}
	case 2:
		n := s.where.kids[0]
		s.where.kids[0] = &node{text: one(m, []string{"(@) IS NOT TRUE", "CASE WHEN @ THEN 0 ELSE 1 END", "0 = (@)"}), values: n.values}
		s.where.kids[0].text = strings.ReplaceAll(s.where.kids[0].text, "@", n.text)
	case 3: // the table stands at a second place
		s.tail = fmt.Sprintf(`UNION ALL SELECT x."Id" FROM %s AS x WHERE %s`, quoteName(one(m, []string{l.parent, l.child})), `x."CreatedDate" > '2023'`)
	case 4, 5:
		m.besides(s, r, l)
	case 6:
		s.pick = "count(*), max(r0.\"Id\")"
	}
	return s
}

// besides joins a relative, by a condition that may hold a subquery itself.
func (m *maker) besides(s *statement, r ref, l link) {
	on := fmt.Sprintf(`r1.%s = r0."Id"`, quoteName(l.column))
	other := ref{m.g.names[l.child], "r1"}
	if r.name == l.child {
		other, on = ref{m.g.names[l.parent], "r1"}, fmt.Sprintf(`r1."Id" = r0.%s`, quoteName(l.column))
	}
	if m.chance(50) {
		var b strings.Builder
		m.semi(one(m, []ref{r, other}), l).write(&b, nil)
		on += " AND " + b.String()
	}
	s.from += fmt.Sprintf(" %s %s AS r1 ON %s", one(m, []string{"JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN"}), quoteName(other.name), on)
	s.pick += `, r1."Id"`
	if m.chance(30) {
		s.where.kids = append(s.where.kids, m.plainly(other))
	}
}

// plainly is a condition that mostly is one for Salesforce, too.
func (m *maker) plainly(r ref) *node {
	var flags []string
	for i := range r.columns {
		if r.columns[i].kind == aBool {
			flags = append(flags, r.col(&r.columns[i]))
		}
	}
	switch {
	case len(flags) > 0 && m.chance(60):
		return &node{text: fmt.Sprintf(one(m, []string{"%s", "NOT %s", "%s = 1", "%s IS NOT 1", "%s <> 0"}), one(m, flags))}
	case m.chance(60):
		return m.exact(r)
	}
	return m.leafOf(r)
}

// semi makes a condition with a subquery over the other side of a link that a
// table has, the one given if it does.
func (m *maker) semi(r ref, l link) *node {
	for r.name != l.child && r.name != l.parent {
		l = one(m, semiLinks)
	}
	in, of, column := ref{m.g.names[l.child], "s"}, l.column, "Id"
	if r.name == l.child && (l.child != l.parent || m.chance(50)) {
		in, of, column = ref{m.g.names[l.parent], "s"}, "Id", l.column
	}
	if r.name == "Contact" && l.child == "Case" && m.chance(15) { // references on both sides
		in, of, column = ref{m.g.names["Case"], "s"}, "AccountId", "AccountId"
	}
	outer, inner := r.alias+"."+quoteName(column), "s."+quoteName(of)
	n := &node{}
	exists := m.chance(50)
	where := m.inside(n, in, r)
	switch {
	case exists:
		where = append([]string{one(m, []string{inner + " = " + outer, outer + " = " + inner})}, where...)
	case m.chance(60):
		where = append(where, inner+" IS NOT NULL")
	}
	tail := ""
	if len(where) > 0 {
		tail = " WHERE " + strings.Join(where, " AND ")
	}
	if m.chance(12) {
		tail += m.ending(inner)
	}
	from := fmt.Sprintf(" FROM %s AS s", quoteName(in.name))
	if exists {
		item := one(m, []string{"1", "1", "1", "1", "1", "1", "1", "1", "*", inner, "NULL", "DISTINCT s.Id", "count(*)", "max(" + inner + ")", "row_number() OVER ()"})
		n.text = one(m, existWords) + " (SELECT " + item + from + tail + ")"
		return n
	}
	item := one(m, []string{inner, inner, inner, inner, inner, inner, inner, inner, "DISTINCT " + inner, "max(" + inner + ")", "substr(" + inner + ", 1, 15)", inner + " AS x"})
	n.text = outer + " " + one(m, inWords) + " (SELECT " + item + from + tail + ")"
	return n
}

// inside draws conditions of a subquery, with values of the node.
func (m *maker) inside(n *node, in, outer ref) []string {
	var where []string
	add := func(c *node) {
		where, n.values = append(where, "("+c.text+")"), append(n.values, c.values...)
	}
	for range m.IntN(3) {
		add(m.plainly(in))
	}
	switch m.IntN(16) {
	case 0:
		add(&node{text: one(m, []string{"1 = 0", "NULL", "1", "0", "1 IN (2)", "NOT 1"})})
	case 1:
		add(&node{text: "? > ?", values: []any{int64(m.IntN(3)), int64(1)}})
	case 2:
		add(m.plainly(outer))
	case 3:
		both := one(m, []string{`s.%[2]s > %[1]s.%[2]s`, `s.%[2]s <> %[1]s.%[2]s`, `%[1]s.%[2]s >= s.%[2]s`})
		add(&node{text: fmt.Sprintf(both, outer.alias, one(m, []string{"CreatedDate", "Id"}))})
	}
	return where
}

// ending is what may follow the conditions, and leaves rows out or adds some.
func (m *maker) ending(inner string) string {
	return one(m, []string{
		" LIMIT 0", " LIMIT -1 OFFSET 100000", " LIMIT 100000", " GROUP BY " + inner, " GROUP BY " + inner + " HAVING count(*) > 1",
		" ORDER BY " + inner, " UNION SELECT NULL WHERE 0", " UNION ALL SELECT NULL", " EXCEPT SELECT NULL",
		" INTERSECT SELECT Id FROM Contact", ` UNION SELECT "AccountId" FROM "Opportunity" WHERE "IsWon"`,
	})
}
