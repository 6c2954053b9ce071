package planner

import "strings"

// TableRef is a table's name in a statement, with the schema that is written
// before it, if any.
type TableRef struct{ Schema, Name string }

// TableRefs returns the names that a text seems to use as tables, each once, as
// written. It may name too many (a CTE is a table
// too) and too few (a view's own tables): what is missing shows when SQLite
// says that there is no such table.
func TableRefs(sql string) []TableRef {
	r := refs{tokens: significant(Lex(sql)), seen: map[TableRef]bool{}}
	var lists []bool // for each open parenthesis: does it hold a FROM list
	inList := false
	for r.i < len(r.tokens) {
		t := r.tokens[r.i]
		r.i++
		switch {
		case t.Text == "(" && t.Kind == SymbolToken:
			lists, inList = append(lists, inList), false
		case t.Text == ")" && t.Kind == SymbolToken:
			if n := len(lists); n > 0 {
				inList, lists = lists[n-1], lists[:n-1]
			}
		case t.Is("FROM"), t.Is("JOIN"), t.Is("INTO"), t.Is("UPDATE"), t.Is("TABLE"):
			inList = t.Is("FROM") || t.Is("JOIN")
			r.conflictClause(t)
			r.name(t.Is("INTO"))
		case inList && t.Text == "," && t.Kind == SymbolToken:
			r.name(false)
		case endsList(t):
			inList = false
		}
	}
	return r.names
}

// endsList reports whether a word ends a FROM list.
func endsList(t Token) bool {
	for _, w := range []string{"WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "SELECT", "WINDOW", "SET", "VALUES"} {
		if t.Is(w) {
			return true
		}
	}
	return t.Kind == SymbolToken && t.Text == ";"
}

type refs struct {
	tokens []Token
	i      int
	names  []TableRef
	seen   map[TableRef]bool
}

// conflictClause skips the OR IGNORE of UPDATE OR IGNORE.
func (r *refs) conflictClause(before Token) {
	if before.Is("UPDATE") && r.i+1 < len(r.tokens) && r.tokens[r.i].Is("OR") {
		r.i += 2
	}
}

// name reads a table's name, with or without schema, where one may stand.
// Opening parentheses before it belong to a join in parentheses; one after it
// makes it a table function, unless a list of columns may follow.
func (r *refs) name(columns bool) {
	i := r.i
	for i < len(r.tokens) && r.tokens[i].Text == "(" {
		i++
	}
	if i >= len(r.tokens) || !isName(r.tokens[i]) {
		return
	}
	ref := TableRef{Name: r.tokens[i].Name()}
	if i+2 < len(r.tokens) && r.tokens[i+1].Text == "." && isName(r.tokens[i+2]) {
		ref = TableRef{Schema: ref.Name, Name: r.tokens[i+2].Name()}
	} else if !columns && i+1 < len(r.tokens) && r.tokens[i+1].Text == "(" && r.tokens[i].Kind == WordToken {
		return // a table function
	}
	if key := (TableRef{strings.ToLower(ref.Schema), strings.ToLower(ref.Name)}); !r.seen[key] {
		r.seen[key] = true
		r.names = append(r.names, ref)
	}
}

func isName(t Token) bool {
	// SQLite takes a string as a name where only a name can stand.
	return t.Kind == WordToken || t.Kind == QuotedToken || t.Kind == StringToken && len(t.Text) > 2
}

// SOQLCall is a call of soql('…') in a statement's text.
type SOQLCall struct {
	Schema     string // that is written before it
	Start, End int    // bytes of the whole call
	Query      string // the SOQL
	QueryPos   int    // where the string literal begins
	// Literal is false where the argument is no single string: a parameter,
	// an expression, nothing.
	Literal bool
}

// SOQLCalls finds the calls of soql(…) that stand where a table stands.
func SOQLCalls(sql string) []SOQLCall {
	tokens := significant(Lex(sql))
	var out []SOQLCall
	for i := 0; i+2 < len(tokens); i++ {
		if !tokens[i].Is("soql") || tokens[i+1].Text != "(" {
			continue
		}
		first := i
		if i > 1 && tokens[i-1].symbol(".") && isName(tokens[i-2]) {
			first = i - 2
		}
		if first == 0 || !beforeTable(tokens[first-1]) {
			continue
		}
		arg := tokens[i+2]
		call := SOQLCall{Start: tokens[first].Pos, QueryPos: arg.Pos}
		if first < i {
			call.Schema = tokens[first].Name()
		}
		if arg.Kind == StringToken && i+3 < len(tokens) && tokens[i+3].Text == ")" {
			call.Literal, call.Query = true, arg.StringValue()
			call.End = tokens[i+3].Pos + 1
		} else {
			call.End = arg.Pos + len(arg.Text)
		}
		out = append(out, call)
	}
	return out
}

func beforeTable(t Token) bool {
	return t.Is("FROM") || t.Is("JOIN") || t.Is("IN") || t.Kind == SymbolToken && (t.Text == "," || t.Text == "(")
}

// FirstWords returns the first n tokens of a statement that are no white space
// and no comment.
func FirstWords(sql string, n int) []Token {
	var out []Token
	for _, t := range significant(Lex(sql)) {
		if len(out) == n {
			break
		}
		out = append(out, t)
	}
	return out
}
