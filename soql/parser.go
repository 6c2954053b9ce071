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
	inner bool  // inside the sub-select of IN
}

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

// unsupported names a construct of SOQL that this package leaves alone.
func (p *parser) unsupported(pos int, construct string) error {
	err := newError(p.scan.src, pos, construct+": this part of SOQL is not read yet", "")
	err.Unsupported = true
	return err
}

// alias is an alias of the select list with the place where it stands.
type alias struct {
	name string
	pos  Pos
	item int
}

// query reads a statement, or the sub-select of IN.
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
		if c.unsupported != "" {
			return nil, p.unsupported(at.pos, c.unsupported)
		}
		if p.inner && c.words != "WHERE" {
			return nil, p.broken(Pos(at.pos), "the sub-select of IN cannot have %s", c.words)
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

// clause is what may follow FROM.
type clause struct {
	words       string
	unsupported string // the construct's name where it is not read yet
	read        func(*parser, *Query) error
}

// clauses stand in the order that SOQL wants. It is filled by init because the
// functions lead back to it through sub-selects.
var clauses []clause

func init() {
	clauses = []clause{
		{words: "USING", unsupported: "USING SCOPE"},
		{words: "WHERE", read: (*parser).where},
		{words: "WITH", unsupported: "WITH"},
		{words: "GROUP BY", read: (*parser).groupBy},
		{words: "HAVING", read: (*parser).having},
		{words: "ORDER BY", read: (*parser).orderBy},
		{words: "LIMIT", read: (*parser).limit},
		{words: "OFFSET", read: (*parser).offset},
		{words: "FOR", unsupported: "FOR VIEW, FOR REFERENCE and FOR UPDATE"},
		{words: "UPDATE", unsupported: "UPDATE TRACKING and UPDATE VIEWSTAT"},
		{words: "ALL ROWS", unsupported: "ALL ROWS"},
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
				"WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET")
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
	switch {
	case p.tok.kind == tokLeft && p.ahead.is("SELECT"):
		return SelectItem{}, p.unsupported(p.tok.pos, "child subqueries")
	case p.tok.is("TYPEOF") && p.ahead.kind == tokName && !p.ahead.is("FROM"):
		return SelectItem{}, p.unsupported(p.tok.pos, "TYPEOF")
	}
	x, err := p.operand(inSelect)
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
		if len(q.Select) > 1 || item.Alias != "" || p.inner {
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
	if p.tok.kind != tokName || p.tok.in(reserved) && !p.tok.is("GROUP") || strings.Contains(p.tok.text, ".") {
		return p.expected("the name of an object")
	}
	object := p.advance()
	q.From = From{Object: object.text, Pos: Pos(object.pos)}
	as := p.accept("AS")
	if p.tok.kind == tokName && !p.tok.in(reserved) && !p.tok.in(afterFrom) && !strings.Contains(p.tok.text, ".") {
		q.From.Alias = p.advance().text
	} else if as {
		return p.expected("an alias that is no reserved word")
	}
	if p.tok.kind == tokComma {
		return p.unsupported(p.tok.pos, "FROM with more than one object")
	}
	return nil
}

func (p *parser) groupBy(q *Query) error {
	for {
		x, err := p.operand(inGroupBy)
		if err != nil {
			return err
		}
		q.GroupBy = append(q.GroupBy, x)
		if p.tok.kind != tokComma {
			return nil
		}
		p.advance()
	}
}

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
