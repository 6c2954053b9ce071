package lawtest

import (
	"fmt"
	"strings"
)

// link is a lookup and the object that it leads to, or one of them.
type link struct{ child, column, parent string }

var links = []link{
	{"Contact", "AccountId", "Account"},
	{"Contact", "AccountId", "Account"},
	{"Contact", "ReportsToId", "Contact"},
	{"Account", "OwnerId", "User"},
	{"Account", "ParentId", "Account"},
	{"User", "ManagerId", "User"},
	{"Order", "AccountId", "Account"},
	{"Task", "WhatId", "Account"},
	{"Task", "WhoId", "Contact"},
	{"Everything__c", "Lookup__c", "Account"},
	{"Everything__c", "Self__c", "Everything__c"},
}

// relatives joins two to five tables along lookups, in either direction, some
// of them with a list of keys that no table holds.
func (m *maker) relatives() *statement {
	l := one(m, links)
	refs := []ref{{m.g.names[one(m, []string{l.child, l.parent})], "r0"}}
	s := &statement{from: quoteName(refs[0].name) + " AS r0", mode: rowsort, limit: -1}
	for n := 1 + m.IntN(100)*m.IntN(100)/2500; len(refs) <= n; {
		r, on, ok := m.relative(refs)
		if !ok {
			continue
		}
		kind := one(m, []string{"JOIN", "JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "CROSS JOIN"})
		if n == 1 && m.chance(15) {
			kind = one(m, []string{"RIGHT JOIN", "FULL JOIN"})
		}
		s.from += fmt.Sprintf(" %s %s AS %s ON %s", kind, quoteName(r.name), r.alias, on)
		if m.chance(25) {
			s.from += " AND " + m.inline(one(m, []ref{r, r, refs[0]}))
		}
		refs = append(refs, r)
	}
	var picks []string
	for _, r := range refs {
		picks = append(picks, r.col(&r.columns[0]))
		if m.chance(50) {
			picks = append(picks, r.col(m.column(r)))
		}
	}
	if m.chance(20) {
		id, keys := m.keys(one(m, refs))
		s.from += fmt.Sprintf(" %s %s ON %s", one(m, []string{"JOIN", "LEFT JOIN"}), keys, id)
		picks = append(picks, "k.id")
	}
	s.where = &node{word: "AND", kids: []*node{m.tree(refs[0], 1), m.related(one(m, refs))}}
	if m.chance(25) {
		s.where.kids[0] = m.mixed(refs)
	}
	if m.chance(30) {
		s.where.kids[1] = &node{text: one(m, refs).alias + `."Id" ` + one(m, []string{"IS NULL", "IS NOT NULL"})}
	}
	s.pick = strings.Join(picks, ", ")
	if m.chance(30) {
		last := refs[len(refs)-1]
		s.pick = fmt.Sprintf("count(*), count(%s), count(DISTINCT %s)", last.col(&last.columns[0]), refs[0].col(&refs[0].columns[0]))
	}
	return s
}

// mixed makes a condition on several tables together.
func (m *maker) mixed(refs []ref) *node {
	n := &node{word: one(m, []string{"OR", "OR", "AND"})}
	for range 2 + m.IntN(2) {
		n.kids = append(n.kids, m.tree(one(m, refs), 1))
	}
	if m.chance(30) {
		n = &node{word: "NOT", kids: []*node{n}}
	}
	return n
}

// relative draws a table that is linked with one of some others, and the
// condition that says so.
func (m *maker) relative(refs []ref) (ref, string, bool) {
	from, l := one(m, refs), one(m, links)
	alias := fmt.Sprintf("r%d", len(refs))
	column := quoteName(l.column)
	var on string
	r := ref{alias: alias}
	switch {
	case from.name == l.child && (l.child != l.parent || m.chance(50)):
		r.source, on = m.g.names[l.parent], fmt.Sprintf(`%s."Id" = %s.%s`, alias, from.alias, column)
	case from.name == l.parent && (l.child != "Account" || l.parent == "Account"):
		r.source, on = m.g.names[l.child], fmt.Sprintf(`%s.%s = %s."Id"`, alias, column, from.alias)
	default:
		return r, "", false
	}
	if !m.g.plain && m.chance(10) {
		on += " COLLATE " + one(m, []string{"BINARY", "NOCASE"})
	}
	return r, on, true
}

// keys makes a list of Ids, near and far, as a table k, and its condition.
func (m *maker) keys(r ref) (on, from string) {
	c := &r.columns[0]
	if m.chance(50) {
		c = m.idColumn(r)
	}
	rows := make([]string, 1+m.IntN(12))
	for i := range rows {
		rows[i] = "(" + literal(m.value(c)) + ")"
	}
	return "k.id = " + r.col(c), "(SELECT column1 AS id FROM (VALUES " + strings.Join(rows, ", ") + ")) AS k"
}

// idColumn draws a column of Ids; every table has one.
func (m *maker) idColumn(r ref) *column {
	for {
		if c := &r.columns[m.IntN(len(r.columns))]; c.kind == anID {
			return c
		}
	}
}

// related makes a condition on what is linked with a record: [NOT] IN and
// [NOT] EXISTS over a subquery.
func (m *maker) related(r ref) *node {
	for range 30 {
		l := one(m, links)
		child := ref{m.g.names[l.child], "s"}
		parent := ref{m.g.names[l.parent], "s"}
		column := quoteName(l.column)
		var in ref
		var text string
		switch {
		case l.parent == r.name && m.chance(50):
			in, text = child, fmt.Sprintf(`%s."Id" %s (SELECT s.%s FROM %s AS s WHERE `, r.alias, one(m, inWords), column, quoteName(l.child))
		case l.parent == r.name:
			in, text = child, fmt.Sprintf(`%s (SELECT 1 FROM %s AS s WHERE s.%s = %s."Id" AND `, one(m, existWords), quoteName(l.child), column, r.alias)
		case l.child == r.name && m.chance(50):
			in, text = parent, fmt.Sprintf(`%s.%s %s (SELECT s."Id" FROM %s AS s WHERE `, r.alias, column, one(m, inWords), quoteName(l.parent))
		case l.child == r.name:
			in, text = parent, fmt.Sprintf(`%s (SELECT 1 FROM %s AS s WHERE s."Id" = %s.%s AND `, one(m, existWords), quoteName(l.parent), r.alias, column)
		default:
			continue
		}
		inner := m.leafOf(in)
		return &node{text: text + inner.text + ")", values: inner.values}
	}
	return m.tree(r, 1)
}

var (
	inWords    = []string{"IN", "NOT IN"}
	existWords = []string{"EXISTS", "NOT EXISTS"}
)
