package soql

import "strings"

// place is the clause that an operand stands in.
type place uint8

const (
	inSelect place = iota
	inWhere
	inGroupBy
	inHaving
	inOrderBy
)

// operand reads a field or a function.
func (p *parser) operand(where place) (Operand, error) {
	if p.tok.kind == tokName && p.ahead.kind == tokLeft && !p.tok.in(reserved) {
		return p.call(where)
	}
	return p.field("a field or a function")
}

func (p *parser) field(what string) (*Field, error) {
	if p.tok.kind != tokName || p.tok.in(reserved) {
		return nil, p.expected(what)
	}
	t := p.advance()
	return &Field{Path: strings.Split(t.text, "."), Pos: Pos(t.pos)}, nil
}

// call reads a function; its name and the parenthesis are known to be next.
func (p *parser) call(where place) (*Call, error) {
	name := p.tok
	if construct := notReadYet[strings.ToUpper(name.text)]; construct != "" {
		return nil, p.unsupported(name.pos, construct)
	}
	fn, ok := LookupFunction(name.text)
	if !ok {
		return nil, p.broken(Pos(name.pos), "there is no function %s", abbreviate(name.text))
	}
	if err := p.checkCall(fn, where); err != nil {
		return nil, err
	}
	p.advance()
	p.advance()
	c := &Call{Name: fn.Name, Pos: Pos(name.pos)}
	if fn.Name == "COUNT" && p.tok.kind == tokRight {
		if where != inSelect {
			return nil, p.broken(c.Pos, "COUNT() stands alone in a select list, write COUNT(Id)")
		}
		p.advance()
		return c, nil
	}
	arg, err := p.argument(fn)
	if err != nil {
		return nil, err
	}
	c.Args = []Operand{arg}
	return c, p.expect(tokRight, ") after the argument of "+fn.Name)
}

// checkCall says where the kinds of functions may stand.
func (p *parser) checkCall(fn Function, where place) error {
	pos := Pos(p.tok.pos)
	switch {
	case fn.Kind == Conversion:
		return p.broken(pos, "%s stands only inside a date function such as DAY_ONLY", fn.Name)
	case fn.Kind == Aggregate && where == inWhere:
		return p.broken(pos, "WHERE cannot have the aggregate %s, put the condition into HAVING", fn.Name)
	case fn.Kind == Aggregate && where == inGroupBy:
		return p.broken(pos, "GROUP BY cannot have the aggregate %s", fn.Name)
	}
	return nil
}

// argument reads a function's only argument: a field, or for date functions
// also a conversion of one.
func (p *parser) argument(fn Function) (Operand, error) {
	if p.tok.kind != tokName || p.ahead.kind != tokLeft || p.tok.in(reserved) {
		return p.field("a field as the argument of " + fn.Name)
	}
	name := p.tok
	if construct := notReadYet[strings.ToUpper(name.text)]; construct != "" {
		return nil, p.unsupported(name.pos, construct)
	}
	inner, ok := LookupFunction(name.text)
	if !ok || inner.Kind != Conversion || fn.Kind != DateFunc {
		return nil, p.expected("a field as the argument of " + fn.Name)
	}
	p.advance()
	p.advance()
	arg, err := p.field("a field as the argument of " + inner.Name)
	if err != nil {
		return nil, err
	}
	c := &Call{Name: inner.Name, Args: []Operand{arg}, Pos: Pos(name.pos)}
	return c, p.expect(tokRight, ") after the argument of "+inner.Name)
}
