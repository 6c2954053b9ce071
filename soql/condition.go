package soql

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxParens bounds the recursion of the parser, maxNesting that of everything
// which walks a condition. Printing may add a pair of parentheses for each
// level, so the first must not be less than the second.
const (
	maxParens  = 1000
	maxNesting = 500
)

func (p *parser) where(q *Query) (err error) {
	q.Where, err = p.filter(q, inWhere)
	return err
}

func (p *parser) having(q *Query) (err error) {
	q.Having, err = p.filter(q, inHaving)
	return err
}

// filter reads the whole condition of a clause.
func (p *parser) filter(q *Query, where place) (Expr, error) {
	e, err := p.condition(where)
	if err != nil {
		return nil, err
	}
	if nesting(e) > maxNesting {
		return nil, p.broken(e.Position(), "the condition is nested more than %d deep", maxNesting)
	}
	return e, p.checkJoins(q, e, where)
}

// condition reads terms joined by AND or by OR.
func (p *parser) condition(where place) (Expr, error) {
	first, err := p.term(where)
	if err != nil {
		return nil, err
	}
	terms, or := []Expr{first}, p.tok.is("OR")
	for p.tok.is("AND") || p.tok.is("OR") {
		if p.tok.is("OR") != or {
			return nil, p.broken(Pos(p.tok.pos), "AND and OR need parentheses where they mix")
		}
		p.advance()
		t, err := p.term(where)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return join(or, terms), nil
}

// term reads a comparison or a condition in parentheses, perhaps after NOT.
func (p *parser) term(where place) (Expr, error) {
	if !p.tok.is("NOT") {
		return p.bareTerm(where)
	}
	not := p.advance()
	if p.tok.is("NOT") {
		return nil, p.expected("a condition, NOT of NOT needs parentheses")
	}
	x, err := p.bareTerm(where)
	if err != nil {
		return nil, err
	}
	return &Not{X: x, Pos: Pos(not.pos)}, nil
}

func (p *parser) bareTerm(where place) (Expr, error) {
	if p.tok.kind != tokLeft {
		return p.comparison(where)
	}
	if p.depth++; p.depth > maxParens {
		return nil, p.broken(Pos(p.tok.pos), "the parentheses are nested more than %d deep", maxParens)
	}
	p.advance()
	x, err := p.condition(where)
	if err != nil {
		return nil, err
	}
	p.depth--
	return x, p.expect(tokRight, "AND, OR or )")
}

// comparison reads an operand, an operator and what it is compared with.
func (p *parser) comparison(where place) (Expr, error) {
	left, err := p.operand(where)
	if err != nil {
		return nil, err
	}
	pos := left.Position()
	if c, ok := left.(*Call); ok && c.isA(Distance) && (p.tok.kind != tokOp || p.tok.op != LT && p.tok.op != GT) {
		return nil, p.expected("< or >, the only operators for DISTANCE")
	}
	switch {
	case p.tok.kind == tokOp:
		op := p.advance().op
		v, err := p.literal(op)
		return &Comparison{Left: left, Op: op, Value: v, Pos: pos}, err
	case p.accept("LIKE"):
		v, err := p.literal(LIKE)
		return &Comparison{Left: left, Op: LIKE, Value: v, Pos: pos}, err
	case p.tok.is("INCLUDES"), p.tok.is("EXCLUDES"):
		excludes := p.advance().text[0]|0x20 == 'e'
		values, err := p.list((*parser).text)
		return &Includes{Left: left, Excludes: excludes, Values: values, Pos: pos}, err
	case p.tok.is("NOT") && p.ahead.is("IN"):
		p.advance()
		return p.membership(left, true)
	case p.tok.is("IN"):
		return p.membership(left, false)
	}
	return nil, p.expected(p.operators())
}

// operators names the operators, or the one that was probably meant.
func (p *parser) operators() string {
	switch {
	case p.tok.is("IS"):
		return "an operator, SOQL writes = null and != null"
	case p.tok.is("BETWEEN"):
		return "an operator, SOQL writes >= and <= joined by AND"
	case p.tok.is("NOT") && p.ahead.is("LIKE"):
		return "an operator, SOQL writes (NOT field LIKE 'pattern')"
	}
	return "an operator (= != < <= > >= LIKE IN NOT IN INCLUDES EXCLUDES)"
}

// membership reads IN and what follows; a NOT before it has been read already.
func (p *parser) membership(left Operand, not bool) (Expr, error) {
	in := &In{Left: left, Not: not, Pos: left.Position()}
	p.advance()
	if p.tok.kind == tokLeft && p.ahead.is("SELECT") {
		return p.subSelect(in)
	}
	values, err := p.list(func(p *parser) (Literal, error) { return p.literal(EQ) })
	in.Values = values
	return in, err
}

func (p *parser) subSelect(in *In) (Expr, error) {
	if p.level == joinQuery {
		return nil, p.broken(Pos(p.tok.pos), "a sub-select of IN cannot hold another")
	}
	p.advance()
	sub, err := p.nested(joinQuery)
	if err != nil {
		return nil, err
	}
	in.Sub = sub
	return in, p.expect(tokRight, ") after the sub-select")
}

// list reads values in parentheses.
func (p *parser) list(value func(*parser) (Literal, error)) ([]Literal, error) {
	if p.tok.kind == tokColon {
		return nil, p.bindVariable()
	}
	if err := p.expect(tokLeft, "( and a list of values"); err != nil {
		return nil, err
	}
	var values []Literal
	for {
		v, err := value(p)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		if p.tok.kind != tokComma {
			return values, p.expect(tokRight, "a comma or ) in the list of values")
		}
		p.advance()
	}
}

// literal reads the value that the operator compares with.
func (p *parser) literal(op Op) (Literal, error) {
	t := p.tok
	if op == LIKE || t.kind == tokString {
		return p.quoted(op == LIKE)
	}
	switch t.kind {
	case tokNumber:
		p.advance()
		return Literal{Kind: NumberLiteral, Text: t.text, Pos: Pos(t.pos)}, nil
	case tokDate:
		return p.temporal(readDate)
	case tokDatetime:
		return p.temporal(readDatetime)
	case tokTime:
		return p.temporal(readTime)
	case tokName:
		return p.word()
	case tokColon:
		return Literal{}, p.bindVariable()
	}
	return Literal{}, p.expected("a value")
}

// text reads a string, the only value that INCLUDES and EXCLUDES take.
func (p *parser) text() (Literal, error) { return p.quoted(false) }

func (p *parser) quoted(like bool) (Literal, error) {
	t := p.tok
	switch {
	case t.kind == tokColon:
		return Literal{}, p.bindVariable()
	case t.kind != tokString:
		return Literal{}, p.expected("a string in single quotes")
	}
	value, at, msg := unquote(t.text, like)
	if msg != "" {
		_, size := utf8.DecodeRuneInString(t.text[at+1:])
		return Literal{}, p.failAt(t.pos+1+at, msg, t.text[at:at+1+size])
	}
	if utf16Len(value) > MaxString {
		return Literal{}, p.broken(Pos(t.pos), "a string can not be longer than %d characters", MaxString)
	}
	p.advance()
	return Literal{Kind: StringLiteral, Text: value, Pos: Pos(t.pos)}, nil
}

func (p *parser) temporal(read func(string) (Literal, string)) (Literal, error) {
	l, msg := read(p.tok.text)
	if msg != "" {
		return l, p.failAt(p.tok.pos, msg, p.tok.text)
	}
	l.Pos = Pos(p.advance().pos)
	return l, nil
}

// word reads NULL, TRUE, FALSE or a relative date.
func (p *parser) word() (Literal, error) {
	t := p.tok
	pos := Pos(t.pos)
	switch {
	case p.accept("NULL"):
		return Literal{Kind: NullLiteral, Pos: pos}, nil
	case p.accept("TRUE"):
		return Literal{Kind: BoolLiteral, Bool: true, Pos: pos}, nil
	case p.accept("FALSE"):
		return Literal{Kind: BoolLiteral, Pos: pos}, nil
	}
	if counted, ok := IsRange(t.text); ok {
		return p.relativeDate(counted)
	}
	if hasCurrency(t.text) {
		return p.currency(), nil
	}
	return Literal{}, p.expected("a value (text stands in single quotes, and a field cannot be compared with a field)")
}

func (p *parser) relativeDate(counted bool) (Literal, error) {
	name := p.advance()
	l := Range(name.text, 0)
	l.Pos = Pos(name.pos)
	if !counted {
		return l, nil
	}
	colon := p.tok
	if colon.kind != tokColon || colon.pos != name.end || p.ahead.pos != colon.end {
		return l, p.expected(fmt.Sprintf("a number right after %s, as in %s:30", l.Text, l.Text))
	}
	p.advance()
	n, err := strconv.ParseInt(p.tok.text, 10, 64)
	if p.tok.kind != tokNumber || !allDigits(p.tok.text) || err != nil {
		return l, p.expected("a whole number after " + l.Text + ":")
	}
	p.advance()
	l.N = n
	return l, nil
}

// currency reads an amount. The scanner takes USD1.5 for a name and a number
// without digits before its point.
func (p *parser) currency() Literal {
	t := p.advance()
	amount := t.text[3:]
	if p.tok.kind == tokNumber && p.tok.pos == t.end && p.tok.text[0] == '.' {
		amount += p.advance().text
	}
	l := Currency(t.text[:3], amount)
	l.Pos = Pos(t.pos)
	return l
}

// hasCurrency reports whether the word is a currency code and a number, such
// as USD5000.
func hasCurrency(word string) bool {
	if len(word) < 4 || !isDigit(word[3]) {
		return false
	}
	return isLetter(word[0]) && isLetter(word[1]) && isLetter(word[2]) && allDigits(word[3:])
}
