package shell

import "strings"

// token is a piece of a statement that is no space.
type token struct {
	text       string
	start, end int
	word       bool
}

func (t token) is(word string) bool { return t.word && strings.EqualFold(t.text, word) }

// isName reports whether a token may name a table or column.
func (t token) isName() bool {
	return t.word && !isReserved(t.text) || strings.ContainsAny(t.text[:1], "\"`[")
}

// name is a token's name without its quotes.
func (t token) name() string {
	if t.word || len(t.text) < 2 {
		return strings.Trim(t.text, "\"`[")
	}
	inner := t.text[1:]
	if last := inner[len(inner)-1]; last == t.text[0] || last == ']' {
		inner = inner[:len(inner)-1]
	}
	return strings.ReplaceAll(inner, t.text[:1]+t.text[:1], t.text[:1])
}

// tokens cuts a statement.
func tokens(text string) (out []token) {
	for pos := 0; pos < len(text); {
		size, kind := nextToken(text[pos:])
		if kind != tokenSpace {
			out = append(out, token{text[pos : pos+size], pos, pos + size, kind == tokenWord})
		}
		pos += size
	}
	return out
}

// source is a table that a statement names, and what it is called there.
type source struct {
	table, alias string
	token        token // the table's
}

// sources returns the tables behind FROM, JOIN, INTO and UPDATE, those of
// subqueries too.
func sources(ts []token) (out []source) {
	inFrom := []bool{false} // whether a comma brings another table, for each open parenthesis
	expect := false
	for i := 0; i < len(ts); i++ {
		t := ts[i]
		top := len(inFrom) - 1
		switch {
		case t.is("FROM") || t.is("JOIN"):
			inFrom[top], expect = true, true
		case t.is("INTO") || t.is("UPDATE"):
			expect = true
		case t.text == "(":
			inFrom, expect = append(inFrom, expect), false
		case t.text == ")" && top > 0:
			inFrom, expect = inFrom[:top], false
		case t.text == "," && inFrom[top]:
			expect = true
		case expect && (t.isName() || t.word && isTableWord(t)):
			var s source
			s, i = sourceAt(ts, i)
			out = append(out, s)
			expect = false
		case t.word && isReserved(t.text) && !t.is("AS") && !t.is("ON") && !t.is("USING"):
			inFrom[top], expect = false, false
		}
	}
	return out
}

// isTableWord reports whether a reserved word where a table should be is meant
// as one: Case, Order and Group are sObjects.
func isTableWord(t token) bool { return t.is("Case") || t.is("Order") || t.is("Group") }

// sourceAt reads schema.table AS alias, and returns the last token's index.
func sourceAt(ts []token, i int) (source, int) {
	for i+2 < len(ts) && ts[i+1].text == "." {
		i += 2
	}
	s := source{table: ts[i].name(), token: ts[i]}
	if i+2 < len(ts) && ts[i+1].is("AS") && ts[i+2].isName() {
		s.alias = ts[i+2].name()
		return s, i + 2
	}
	if i+1 < len(ts) && ts[i+1].isName() && !isKeyword(ts[i+1].text) && ts[i].end < ts[i+1].start {
		s.alias = ts[i+1].name()
		return s, i + 1
	}
	return s, i
}

// quoteTables quotes the names of tables that SQL reads as its own words, where
// a table must stand: FROM Order is never anything else.
func quoteTables(text string) string {
	var b strings.Builder
	last := 0
	for _, s := range sources(tokens(text)) {
		if s.token.word && isReserved(s.token.text) {
			b.WriteString(text[last:s.token.start] + quoteName(s.token.text))
			last = s.token.end
		}
	}
	return b.String() + text[last:]
}
