package planner

import (
	"slices"
	"strings"
)

// reader finds the SELECTs of a statement: which tables each reads under which
// names, and where its conditions stand. It follows SQLite's own grammar
// (https://sqlite.org/lang_select.html) around the conditions, which the
// parser of condition.go reads one by one. What it does not know it notes as
// unread, with every name that stands in it.
type reader struct {
	a      *Analysis
	tokens []Token
	close  []int            // of each opening parenthesis: the index of its closing one
	params map[int]Operand  // of each parameter's token
	ctes   map[string]*body // every CTE by its name, wherever it is visible
	made   map[int]*Select  // subqueries, by the token of their opening parenthesis
	depth  int
}

// maxJoined is how many tables SQLite joins; it refuses a SELECT with more.
const maxJoined = 64

// maxNesting bounds how deep parentheses are followed.
const maxNesting = 200

func newReader(a *Analysis, tokens []Token) *reader {
	for len(tokens) > 0 && tokens[len(tokens)-1].symbol(";") {
		tokens = tokens[:len(tokens)-1]
	}
	r := &reader{a: a, tokens: tokens, close: make([]int, len(tokens)), ctes: map[string]*body{}, made: map[int]*Select{}}
	r.params = numberParams(tokens)
	a.hasParams = a.hasParams || len(r.params) > 0
	for i := 0; i+1 < len(tokens); i++ { // x IN table reads a table outside of any FROM
		if tokens[i].Is("IN") && isName(tokens[i+1]) {
			r.skip(i+1, min(i+4, len(tokens)))
		}
	}
	return r
}

func (t Token) symbol(text string) bool { return t.Kind == SymbolToken && t.Text == text }

// statement reads the whole text. Only statements whose reading of tables is
// that of their SELECTs are taken.
func (r *reader) statement() {
	if !r.balanced() {
		r.a.closed = true
		return
	}
	if r.is(0, "CREATE") && r.body(0) < 0 { // a trigger has statements of its own
		r.skip(0, len(r.tokens))
		return
	}
	if r.has(";") {
		r.a.closed = true
		return
	}
	i := 0
	for i < len(r.tokens) && (r.is(i, "EXPLAIN") || r.is(i, "QUERY") || r.is(i, "PLAN")) {
		i++
	}
	switch {
	case r.is(i, "SELECT"), r.is(i, "WITH"), r.is(i, "VALUES"):
	case r.is(i, "CREATE"):
		i = r.body(i)
	case r.is(i, "INSERT"), r.is(i, "REPLACE"):
		if r.find(i, len(r.tokens), "CONFLICT", "RETURNING") >= 0 {
			i = -1
			break
		}
		i = r.find(i, len(r.tokens), "SELECT", "WITH", "VALUES", "DEFAULT")
	default:
		i = -1
	}
	if i < 0 {
		r.skip(0, len(r.tokens))
		return
	}
	r.query(i, len(r.tokens), nil)
}

// body returns where the SELECT of a view or of a CREATE TABLE AS begins.
func (r *reader) body(i int) int {
	if r.find(i, min(i+4, len(r.tokens)), "TRIGGER", "VIRTUAL") >= 0 {
		return -1
	}
	as := r.find(i, len(r.tokens), "AS")
	if as < 0 {
		return -1
	}
	return as + 1
}

// balanced pairs the parentheses.
func (r *reader) balanced() bool {
	var open []int
	for i, t := range r.tokens {
		switch {
		case t.Kind == IllegalToken:
			return false
		case t.symbol("("):
			open = append(open, i)
		case t.symbol(")"):
			if len(open) == 0 {
				return false
			}
			r.close[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}

func (r *reader) is(i int, word string) bool { return i < len(r.tokens) && r.tokens[i].Is(word) }

// isQuery reports whether a subquery begins here, behind its parenthesis.
func (r *reader) isQuery(i int) bool {
	return r.is(i, "SELECT") || r.is(i, "WITH") || r.is(i, "VALUES")
}

func (r *reader) has(symbol string) bool {
	for _, t := range r.tokens {
		if t.symbol(symbol) {
			return true
		}
	}
	return false
}

// next returns the index after a token, or after the parentheses it opens.
func (r *reader) next(i int) int {
	if r.tokens[i].symbol("(") {
		return r.close[i] + 1
	}
	return i + 1
}

// find returns the first of some words between parentheses of the same depth,
// or -1. A word behind a point is a column.
func (r *reader) find(i, end int, words ...string) int {
	for ; i < end; i = r.next(i) {
		if i > 0 && r.tokens[i-1].symbol(".") {
			continue
		}
		for _, w := range words {
			if r.is(i, w) {
				return i
			}
		}
	}
	return -1
}

// skip notes the names of a part that is not read.
func (r *reader) skip(i, end int) {
	for ; i < end; i++ {
		if t := r.tokens[i]; isName(t) {
			r.a.unread[lowerASCII(t.Name())] = true
		}
	}
}

// query reads [WITH …] SELECT … [UNION SELECT …]… within tokens i to end.
func (r *reader) query(i, end int, outer *Select) (first *Select) {
	if r.depth++; r.depth > maxNesting {
		r.skip(i, end)
		r.depth--
		return nil
	}
	defer func() { r.depth-- }()
	if r.is(i, "WITH") {
		if i = r.with(i+1, end, outer); i < 0 {
			return nil
		}
	}
	compound := r.find(i, end, compounds...) >= 0
	for i < end {
		to := r.find(i, end, compounds...)
		if to < 0 {
			to = end
		}
		var s *Select
		switch {
		case r.is(i, "SELECT"):
			s = r.core(i+1, to, outer)
			s.shape.compound = compound
		case r.is(i, "VALUES"):
			r.inner(i, to, outer)
		default: // INSERT, UPDATE or DELETE behind a WITH
			r.skip(i, end)
			return first
		}
		switch {
		case first == nil:
			first = s
		case s != nil:
			first.arms = append(first.arms, s)
		}
		i = to + 1
		if r.is(i, "ALL") {
			i++
		} else if first != nil && i < end {
			first.sorts = true
		}
	}
	return first
}

// compounds put SELECTs together.
var compounds = []string{"UNION", "EXCEPT", "INTERSECT"}

// with reads the CTEs and returns where the SELECT begins, or -1. Each may read
// those that follow it, so all their names are noted before the first is read.
func (r *reader) with(i, end int, outer *Select) int {
	start := i
	if r.is(i, "RECURSIVE") {
		i++
	}
	type unread struct {
		cte  *body
		open int // the parenthesis before its SELECT
	}
	var bodies []unread
	for i < end && isName(r.tokens[i]) {
		name := lowerASCII(r.tokens[i].Name())
		cte := &body{}
		r.ctes[name], r.a.unread[name] = cte, true
		as := r.find(i+1, end, "AS")
		if as < 0 {
			break
		}
		open := as + 1
		for open < end && !r.tokens[open].symbol("(") {
			open++ // [NOT] MATERIALIZED
		}
		if open >= end {
			break
		}
		if r.tokens[i+1].symbol("(") {
			cte.columns = r.listed(i+2, r.close[i+1])
		}
		bodies = append(bodies, unread{cte, open})
		if i = r.close[open] + 1; i < end && r.tokens[i].symbol(",") {
			i++
			continue
		}
		for _, b := range bodies {
			b.cte.first = r.query(b.open+1, r.close[b.open], outer)
		}
		return i
	}
	r.skip(start, end)
	return -1
}

// listed returns the names of a list.
func (r *reader) listed(i, end int) []string {
	var out []string
	for ; i < end; i++ {
		if isName(r.tokens[i]) {
			out = append(out, r.tokens[i].Name())
		}
	}
	return out
}

// inner reads the subqueries that stand somewhere in a part.
func (r *reader) inner(i, end int, outer *Select) {
	for ; i < end; i++ {
		if !r.tokens[i].symbol("(") || i+1 >= end || !r.isQuery(i+1) {
			continue
		}
		r.made[i] = r.query(i+1, r.close[i], outer)
		i = r.close[i]
	}
}

// clauses are the words that end the part before them, in order.
var clauses = []string{"FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT"}

// core reads one SELECT behind its first word.
func (r *reader) core(i, end int, outer *Select) *Select {
	s := &Select{Outer: outer, exposed: map[string]int{}}
	r.a.Selects = append(r.a.Selects, s)
	if r.is(i, "DISTINCT") {
		s.shape.distinct = true
		i++
	} else if r.is(i, "ALL") {
		i++
	}
	at := r.split(i, end)
	for k, from := range at {
		if from < 0 {
			continue
		}
		to := end
		for _, next := range at[k+1:] {
			if next >= 0 {
				to = next
				break
			}
		}
		r.clause(s, clauses[k], from+1, to)
	}
	items := end
	for _, next := range at {
		if next >= 0 {
			items = next
			break
		}
	}
	r.inner(i, items, s)
	r.uses(s, i, items, true)
	s.shape.extremes, s.shape.selected = r.readExtremes(i, items), r.selected(i, items)
	s.shape.aliases = r.aliases(i, items)
	if order := at[slices.Index(clauses, "ORDER")]; order >= 0 && s.shape.limit != nil {
		to := end
		if limit := at[slices.Index(clauses, "LIMIT")]; limit >= 0 {
			to = limit
		}
		s.shape.order = r.readOrder(order+1, to, s.shape.aliases)
	}
	s.shape.sole, s.shape.calls = r.sole(i, items)
	return s
}

// split returns where each clause begins, -1 for one that is missing.
func (r *reader) split(i, end int) []int {
	at := make([]int, len(clauses))
	for k := range at {
		at[k] = -1
	}
	for ; i < end; i = r.next(i) {
		if r.tokens[i-1].symbol(".") {
			continue
		}
		for k, word := range clauses {
			switch {
			case at[k] >= 0 || !r.is(i, word):
			case word == "FROM" && r.is(i-1, "DISTINCT") && r.distinctFrom(i-1):
			case word == "WINDOW" && !(i+2 < end && r.is(i+2, "AS")):
			case (word == "GROUP" || word == "ORDER") && !r.is(i+1, "BY"):
			default:
				at[k] = i
			}
		}
	}
	return at
}

// distinctFrom tells IS [NOT] DISTINCT FROM from SELECT DISTINCT FROM.
func (r *reader) distinctFrom(i int) bool {
	return i > 0 && (r.is(i-1, "IS") || r.is(i-1, "NOT"))
}

func (r *reader) clause(s *Select, word string, i, end int) {
	switch word {
	case "FROM":
		if !r.from(s, i, end, false) {
			r.skip(i, end)
			s.Refs, s.opaque = nil, true
		}
	case "WHERE":
		r.inner(i, end, s)
		r.conditions(s, i, end, conjunct{})
	default:
		switch word {
		case "GROUP":
			s.shape.grouped = true
		case "HAVING":
			s.shape.having = true
		case "ORDER":
			s.shape.ordered = true
		case "WINDOW":
			s.shape.windows = true
		case "LIMIT":
			s.shape.limited = true
			s.shape.limit = r.readLimit(i, end)
		}
		r.inner(i, end, s)
		r.uses(s, i, end, false)
	}
}

// uses notes the columns that a part names, and what it does with rows.
func (r *reader) uses(s *Select, i, end int, items bool) {
	s.shape.uses = append(s.shape.uses, r.names(i, end)...)
	for ; i < end; i++ {
		t := r.tokens[i]
		switch {
		case items && t.symbol("*") && !(i > 0 && r.tokens[i-1].symbol("(")) && (i+1 == end || r.tokens[i+1].symbol(",")):
			s.shape.star = true
		case t.Is("OVER"):
			s.shape.windows = true
		case t.Kind == WordToken && i+1 < end && r.tokens[i+1].symbol("(") && isAggregate(t.Text):
			s.shape.aggregates = true
			if names := r.names(i+2, r.close[i+1]); t.Is("count") && len(names) == 1 && r.close[i+1]-i-2 == 2*len(names[0].parts())-1 {
				s.shape.counted = append(s.shape.counted, names[0])
			}
		}
	}
}

// names returns the columns that a part names: every name that is no
// function's, keywords among them, which are no column of any table.
func (r *reader) names(i, end int) []Name {
	var out []Name
	for ; i < end; i++ {
		if !isName(r.tokens[i]) || r.tokens[i].Kind == StringToken || i+1 < end && r.tokens[i+1].symbol("(") {
			continue
		}
		n := Name{Column: r.tokens[i].Name()}
		for i+2 < end && r.tokens[i+1].symbol(".") {
			n = Name{Table: n.Column, Column: r.tokens[i+2].Name()}
			i += 2
		}
		out = append(out, n)
	}
	return out
}

// joinWords may stand before JOIN.
func (r *reader) joinWord(i int) bool {
	for _, w := range []string{"NATURAL", "LEFT", "RIGHT", "FULL", "OUTER", "INNER", "CROSS"} {
		if r.is(i, w) {
			return true
		}
	}
	return false
}

// join reads what stands between two tables and returns the index behind it.
func (r *reader) join(s *Select, i, end int) (after int, left, ok bool) {
	if r.tokens[i].symbol(",") {
		return i + 1, false, true
	}
	for i < end && r.joinWord(i) {
		switch {
		case r.is(i, "NATURAL"):
			s.merged = true
		case r.is(i, "LEFT"):
			left = true
		case r.is(i, "RIGHT"), r.is(i, "FULL"):
			return i, false, false
		}
		i++
	}
	return i + 1, left, r.is(i, "JOIN")
}

// from reads a FROM list. It returns false for what it does not know: nothing
// is said of its tables then. nullable says that the whole list is the right
// side of a LEFT JOIN.
func (r *reader) from(s *Select, i, end int, nullable bool) bool {
	start, left := i, false
	for first := true; i < end; first = false {
		if !first {
			var ok bool
			if i, left, ok = r.join(s, i, end); !ok {
				return false
			}
		}
		ref, next, ok := r.item(s, i, end, left || nullable)
		if !ok || len(s.Refs) > maxJoined {
			return false
		}
		s.from++
		if i, ok = r.constraint(s, next, end, conjunct{on: ref, inOn: left}); !ok {
			return false
		}
	}
	return start < end
}

// item reads a table, a subquery or a join in parentheses, with its alias.
func (r *reader) item(s *Select, i, end int, left bool) (ref *Ref, after int, ok bool) {
	if i >= end {
		return nil, i, false
	}
	name, unnamed := "", false
	var sub fromQuery
	switch {
	case r.tokens[i].symbol("("):
		if unnamed = r.isQuery(i + 1); unnamed {
			r.made[i] = r.query(i+1, r.close[i], s)
			sub.body = &body{first: r.made[i]}
		} else if !r.nested(s, i, end, left) {
			return nil, i, false
		}
		i = r.close[i] + 1
	case isName(r.tokens[i]):
		sub.name = r.tokens[i].Name()
		cte := r.ctes[lowerASCII(sub.name)]
		if ref, i, ok = r.table(s, i, end, left); !ok {
			return nil, i, false
		}
		if ref != nil {
			name = ref.Name
		} else {
			sub.body = cte
		}
	default:
		return nil, i, false
	}
	if alias, next := r.alias(i, end); alias != "" {
		name, i = alias, next
		sub.name = alias
	}
	if ref != nil {
		ref.Name = name
	} else if sub.body != nil {
		s.derived = append(s.derived, sub)
	}
	if name != "" || unnamed { // one without a name is a table beside the others, too
		s.exposed[lowerASCII(name)]++
	}
	return ref, r.indexed(i, end), true
}

// nested reads a join in parentheses. Parentheses around one table, or with an
// alias behind them, hide the names within: they may mean a SELECT around this
// one then.
func (r *reader) nested(s *Select, open, end int, left bool) bool {
	last := r.close[open]
	joined := r.find(open+1, last, "JOIN") >= 0
	for i := open + 1; i < last && !joined; i = r.next(i) {
		joined = r.tokens[i].symbol(",")
	}
	if alias, _ := r.alias(last+1, end); alias != "" || !joined {
		return false
	}
	if r.depth++; r.depth > maxNesting {
		return false
	}
	defer func() { r.depth-- }()
	return r.from(s, open+1, last, left)
}

// table reads [schema.]name or a table function.
func (r *reader) table(s *Select, i, end int, left bool) (*Ref, int, bool) {
	name, schema := r.tokens[i].Name(), ""
	if i++; i+1 < end && r.tokens[i].symbol(".") && isName(r.tokens[i+1]) {
		schema, name = name, r.tokens[i+1].Name()
		i += 2
	}
	if i < end && r.tokens[i].symbol("(") { // a table function
		r.inner(i+1, r.close[i], s)
		s.exposed[lowerASCII(name)]++
		return nil, r.close[i] + 1, true
	}
	if local := lowerASCII(schema); local == "main" || local == "temp" || schema == "" && r.ctes[lowerASCII(name)] != nil {
		return nil, i, r.exposes(s, name, i, end)
	}
	ref := &Ref{Schema: schema, Table: name, Name: name, Select: s, Left: left}
	s.Refs = append(s.Refs, ref)
	return ref, i, true
}

// exposes notes the name of a table that is none of ours, unless an alias
// follows.
func (r *reader) exposes(s *Select, name string, i, end int) bool {
	if alias, _ := r.alias(i, end); alias == "" {
		s.exposed[lowerASCII(name)]++
	}
	return true
}

// notAlias are words that may follow a table and are no alias of it.
var notAlias = map[string]bool{
	"on": true, "using": true, "join": true, "natural": true, "left": true, "right": true, "full": true, "outer": true,
	"inner": true, "cross": true, "indexed": true, "not": true, "where": true, "group": true, "order": true, "limit": true,
}

func (r *reader) alias(i, end int) (string, int) {
	if i+1 < end && r.is(i, "AS") && isName(r.tokens[i+1]) {
		return r.tokens[i+1].Name(), i + 2
	}
	if i < end && isName(r.tokens[i]) && !(r.tokens[i].Kind == WordToken && notAlias[lowerASCII(r.tokens[i].Text)]) {
		return r.tokens[i].Name(), i + 1
	}
	return "", i
}

// indexed skips INDEXED BY name and NOT INDEXED.
func (r *reader) indexed(i, end int) int {
	switch {
	case i+2 < end+1 && r.is(i, "INDEXED") && r.is(i+1, "BY"):
		return min(i+3, end)
	case r.is(i, "NOT") && r.is(i+1, "INDEXED"):
		return i + 2
	}
	return i
}

// constraint reads ON or USING.
func (r *reader) constraint(s *Select, i, end int, c conjunct) (after int, ok bool) {
	switch {
	case i < end && r.is(i, "USING"):
		s.merged = true
		if i+1 >= end || !r.tokens[i+1].symbol("(") {
			return i, false
		}
		return r.close[i+1] + 1, true
	case i >= end || !r.is(i, "ON"):
		return i, true
	}
	to := i + 1
	for to < end && !r.tokens[to].symbol(",") && !(r.startsJoin(to, end) && !r.tokens[to-1].symbol(".")) {
		to = r.next(to)
	}
	r.inner(i+1, to, s)
	r.conditions(s, i+1, to, c)
	return to, true
}

// maxJoinWords is how many words stand before JOIN: NATURAL LEFT OUTER.
const maxJoinWords = 3

// startsJoin reports whether the words of a join begin here.
func (r *reader) startsJoin(i, end int) bool {
	for n := 0; n < maxJoinWords && i < end && r.joinWord(i); n++ {
		i++
	}
	return i < end && r.is(i, "JOIN")
}

// numberParams gives parameters their numbers as SQLite does.
// https://sqlite.org/lang_expr.html#parameters
func numberParams(tokens []Token) map[int]Operand {
	out := map[int]Operand{}
	named := map[string]int{}
	last := 0
	for i, t := range tokens {
		if t.Kind != ParamToken {
			continue
		}
		n := 0
		for _, c := range t.Text[1:] {
			if t.Text[0] != '?' || n > 1<<20 {
				break
			}
			n = 10*n + int(c-'0')
		}
		switch {
		case t.Text[0] != '?' && named[t.Text] > 0:
			n = named[t.Text]
		case n == 0:
			n = last + 1
			named[t.Text] = n
			if t.Text == "?" {
				delete(named, t.Text)
			}
		}
		last = max(last, n)
		out[i] = Operand{Kind: ParamOperand, Param: n, Text: strings.TrimPrefix(t.Text, "?")}
	}
	return out
}
