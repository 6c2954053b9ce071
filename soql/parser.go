package soql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parse reads one statement. Its error is always an [*Error].
func Parse(text string) (*Query, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	p := &parser{scan: scanner{src: text}}
	p.tok, p.ahead = p.scan.next(), p.scan.next()
	q, err := p.query()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.trailing()
	}
	return q, nil
}

// checkText refuses what no reading of the statement could mend.
func checkText(text string) error {
	if strings.TrimSpace(text) == "" {
		return newError(text, 0, "SOQL statements cannot be empty or null", "")
	}
	if utf16Len(text) > MaxStatement {
		return newError(text, 0, fmt.Sprintf("SOQL statements can not be longer than %d characters", MaxStatement), "")
	}
	for i, r := range text {
		if r != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
			return newError(text, i, "the statement is not valid UTF-8 here", "")
		}
	}
	return nil
}

// parser reads by recursive descent with two tokens in sight.
type parser struct {
	scan  scanner
	tok   token // the one to read
	ahead token // the one after it
	depth int   // of open parentheses in conditions
	level level // of the query being read
	nests int   // of child subqueries around it
}

// level tells the queries of a statement apart: each kind has its own rules.
type level uint8

const (
	wholeStatement level = iota
	childQuery           // a subquery of a select list
	joinQuery            // the sub-select of IN
)

func (p *parser) advance() token {
	t := p.tok
	p.tok, p.ahead = p.ahead, p.scan.next()
	return t
}

// accept reads the keyword if it is next.
func (p *parser) accept(keyword string) bool {
	if !p.tok.is(keyword) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expectKeyword(keyword string) error {
	if !p.accept(keyword) {
		return p.expected(keyword)
	}
	return nil
}

func (p *parser) expect(kind tokenKind, what string) error {
	if p.tok.kind != kind {
		return p.expected(what)
	}
	p.advance()
	return nil
}

// expected says that the next token is not what the grammar wants. A token
// that could not even be read explains itself.
func (p *parser) expected(what string) error {
	switch p.tok.kind {
	case tokBad:
		return p.tok.err
	case tokEnd:
		return p.failAt(p.tok.pos, "expected "+what, endOfStatement)
	}
	return p.failAt(p.tok.pos, "expected "+what, p.scan.src[p.tok.pos:p.tok.end])
}

func (p *parser) failAt(pos int, msg, found string) error {
	return newError(p.scan.src, pos, msg, found)
}

// broken says that a rule is broken at pos.
func (p *parser) broken(pos Pos, format string, args ...any) error {
	return p.failAt(int(pos), fmt.Sprintf(format, args...), "")
}

// alias is an alias of the select list with the place where it stands.
type alias struct {
	name string
	pos  Pos
	item int
}

// query reads a statement, a child subquery, or the sub-select of IN.
func (p *parser) query() (*Query, error) {
	q := &Query{}
	if err := p.expectKeyword("SELECT"); err != nil {
		return nil, err
	}
	aliases, err := p.selectList(q)
	if err != nil {
		return nil, err
	}
	if err := p.from(q); err != nil {
		return nil, err
	}
	for _, c := range clauses {
		at := p.tok
		if !c.begins(p) {
			continue
		}
		if err := p.checkLevel(c.words, Pos(at.pos)); err != nil {
			return nil, err
		}
		if err := c.read(p, q); err != nil {
			return nil, err
		}
		if err := p.checkClause(q, c.words, Pos(at.pos)); err != nil {
			return nil, err
		}
	}
	return q, p.checkQuery(q, aliases)
}

// nested reads a query of another level within this one.
func (p *parser) nested(l level) (*Query, error) {
	level, depth := p.level, p.depth
	p.level, p.depth = l, 0
	q, err := p.query()
	p.level, p.depth = level, depth
	return q, err
}

// clause is what may follow FROM.
type clause struct {
	words string
	read  func(*parser, *Query) error
}

// clauses stand in the order that SOQL wants. It is filled by init because the
// functions lead back to it through sub-selects.
var clauses []clause

func init() {
	clauses = []clause{
		{"USING", (*parser).scope},
		{"WHERE", (*parser).where},
		{"WITH", (*parser).with},
		{"GROUP BY", (*parser).groupBy},
		{"HAVING", (*parser).having},
		{"ORDER BY", (*parser).orderBy},
		{"LIMIT", (*parser).limit},
		{"OFFSET", (*parser).offset},
		{"FOR VIEW", func(_ *parser, q *Query) error { q.For = "VIEW"; return nil }},
		{"FOR REFERENCE", func(_ *parser, q *Query) error { q.For = "REFERENCE"; return nil }},
		{"UPDATE TRACKING", func(_ *parser, q *Query) error { q.Update = "TRACKING"; return nil }},
		{"UPDATE VIEWSTAT", func(_ *parser, q *Query) error { q.Update = "VIEWSTAT"; return nil }},
		{"FOR UPDATE", func(_ *parser, q *Query) error { q.ForUpdate = true; return nil }},
		{"ALL ROWS", func(_ *parser, q *Query) error { q.AllRows = true; return nil }},
	}
}

// begins reports whether the clause is next, and reads its words.
func (c clause) begins(p *parser) bool {
	first, second, two := strings.Cut(c.words, " ")
	if !p.tok.is(first) || two && !p.ahead.is(second) {
		return false
	}
	p.advance()
	if two {
		p.advance()
	}
	return true
}

// trailing explains what stands after the last clause.
func (p *parser) trailing() error {
	for _, c := range clauses {
		if first, _, _ := strings.Cut(c.words, " "); p.tok.is(first) {
			return p.expected("the end of the statement: clauses come once each in the order " +
				"USING SCOPE, WHERE, WITH, GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET, FOR, UPDATE")
		}
	}
	return p.expected("the end of the statement")
}

func (p *parser) selectList(q *Query) ([]alias, error) {
	var aliases []alias
	for {
		item, err := p.selectItem()
		if err != nil {
			return nil, err
		}
		q.Select = append(q.Select, item)
		if p.tok.kind == tokName && !p.tok.is("FROM") {
			a, err := p.selectAlias(len(q.Select) - 1)
			if err != nil {
				return nil, err
			}
			q.Select[a.item].Alias = a.name
			aliases = append(aliases, a)
		}
		if p.tok.kind != tokComma {
			break
		}
		p.advance()
	}
	if !p.tok.is("FROM") {
		return nil, p.expected("a comma or FROM")
	}
	return aliases, p.plainCount(q)
}

func (p *parser) selectItem() (SelectItem, error) {
	var x Operand
	var err error
	switch {
	case p.tok.kind == tokLeft && p.ahead.is("SELECT"):
		x, err = p.subquery()
	case p.tok.is("TYPEOF") && p.ahead.kind == tokName && !p.ahead.is("FROM"):
		x, err = p.typeOf()
	case p.tok.is("FIELDS") && p.ahead.kind == tokLeft:
		x, err = p.fieldSet()
	default:
		x, err = p.operand(inSelect)
	}
	if err != nil {
		return SelectItem{}, err
	}
	return SelectItem{Expr: x, Pos: x.Position()}, nil
}

func (p *parser) selectAlias(item int) (alias, error) {
	switch {
	case p.tok.in(reserved):
		return alias{}, p.expected("a comma, FROM or an alias that is no reserved word")
	case p.tok.is("AS") && p.ahead.kind == tokName && !p.ahead.is("FROM"):
		return alias{}, p.broken(Pos(p.tok.pos), "in a select list an alias follows without AS")
	case strings.Contains(p.tok.text, "."):
		return alias{}, p.expected("a comma, FROM or an alias without dots")
	}
	t := p.advance()
	return alias{name: t.text, pos: Pos(t.pos), item: item}, nil
}

// plainCount turns the select list COUNT() into the empty one that stands for
// it, and refuses COUNT() beside anything else.
func (p *parser) plainCount(q *Query) error {
	for _, item := range q.Select {
		c, ok := item.Expr.(*Call)
		if !ok || len(c.Args) > 0 {
			continue
		}
		if p.level == childQuery {
			return p.broken(item.Pos, onlyRoot)
		}
		if len(q.Select) > 1 || item.Alias != "" || p.level == joinQuery {
			return p.broken(item.Pos, "COUNT() stands alone in a select list and has no alias, write COUNT(Id)")
		}
		q.Select = nil
	}
	return nil
}

func (p *parser) from(q *Query) error {
	if err := p.expectKeyword("FROM"); err != nil {
		return err
	}
	dotted := strings.Contains(p.tok.text, ".")
	if p.tok.kind != tokName || p.tok.in(reserved) && !p.tok.is("GROUP") || dotted && p.level != childQuery {
		return p.expected("the name of an object")
	}
	object := p.advance()
	q.From = From{Object: object.text, Pos: Pos(object.pos)}
	alias, err := p.fromAlias()
	if err != nil {
		return err
	}
	q.From.Alias = alias
	for p.tok.kind == tokComma && p.level == wholeStatement {
		p.advance()
		if err := p.related(q); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) fromAlias() (string, error) {
	as := p.accept("AS")
	if p.tok.kind == tokName && !p.tok.in(reserved) && !p.tok.in(afterFrom) && !strings.Contains(p.tok.text, ".") {
		return p.advance().text, nil
	}
	if as {
		return "", p.expected("an alias that is no reserved word")
	}
	return "", nil
}

// related reads alias.Relationship and its own alias.
func (p *parser) related(q *Query) error {
	if p.tok.kind != tokName || !strings.Contains(p.tok.text, ".") {
		return p.expected("a relationship of the object before it, such as a.Owner")
	}
	t := p.advance()
	alias, err := p.fromAlias()
	q.Related = append(q.Related, Related{Path: strings.Split(t.text, "."), Alias: alias, Pos: Pos(t.pos)})
	return err
}

func (p *parser) groupBy(q *Query) error {
	closing := false
	if p.ahead.kind == tokLeft && (p.tok.is("ROLLUP") || p.tok.is("CUBE")) {
		q.Grouping, closing = Rollup, true
		if p.tok.is("CUBE") {
			q.Grouping = Cube
		}
		p.advance()
		p.advance()
	}
	for {
		x, err := p.operand(inGroupBy)
		if err != nil {
			return err
		}
		q.GroupBy = append(q.GroupBy, x)
		if p.tok.kind != tokComma {
			break
		}
		p.advance()
	}
	if !closing {
		return nil
	}
	if len(q.GroupBy) > maxSubtotals {
		return p.broken(q.GroupBy[maxSubtotals].Position(), "ROLLUP and CUBE take at most %d fields", maxSubtotals)
	}
	return p.expect(tokRight, "a comma or ) after the fields of ROLLUP or CUBE")
}

// maxSubtotals is how many fields ROLLUP and CUBE take.
const maxSubtotals = 3

func (p *parser) orderBy(q *Query) error {
	for {
		o, err := p.order()
		if err != nil {
			return err
		}
		q.OrderBy = append(q.OrderBy, o)
		if p.tok.kind != tokComma {
			return nil
		}
		p.advance()
	}
}

func (p *parser) order() (Order, error) {
	x, err := p.operand(inOrderBy)
	if err != nil {
		return Order{}, err
	}
	o := Order{Expr: x, Pos: x.Position()}
	if !p.accept("ASC") {
		o.Desc = p.accept("DESC")
	}
	if !p.accept("NULLS") {
		return o, nil
	}
	switch {
	case p.accept("FIRST"):
		o.Nulls = NullsFirst
	case p.accept("LAST"):
		o.Nulls = NullsLast
	default:
		return o, p.expected("FIRST or LAST")
	}
	return o, nil
}

func (p *parser) limit(q *Query) (err error) {
	q.Limit, err = p.count("LIMIT")
	return err
}

func (p *parser) offset(q *Query) (err error) {
	q.Offset, err = p.count("OFFSET")
	return err
}

// count reads the whole number of LIMIT or OFFSET.
func (p *parser) count(clause string) (*int64, error) {
	if p.tok.kind == tokColon {
		return nil, p.bindVariable()
	}
	if p.tok.kind != tokNumber || !allDigits(p.tok.text) {
		return nil, p.expected("a whole number after " + clause)
	}
	n, err := strconv.ParseInt(p.tok.text, 10, 64)
	if err != nil {
		return nil, p.expected("a number that fits 64 bits after " + clause)
	}
	p.advance()
	return &n, nil
}

func (p *parser) bindVariable() error {
	return p.broken(Pos(p.tok.pos), "bind variables such as :name exist in Apex only, write the value itself")
}
