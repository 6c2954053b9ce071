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

var placeNames = [...]string{"a select list", "WHERE", "GROUP BY", "HAVING", "ORDER BY"}

// operand reads a field or a function.
func (p *parser) operand(where place) (Operand, error) {
	if p.startsCall() {
		return p.call(where)
	}
	return p.field("a field or a function")
}

func (p *parser) startsCall() bool {
	return p.tok.kind == tokName && p.ahead.kind == tokLeft && !p.tok.in(reserved)
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
	fn, ok := LookupFunction(name.text)
	if !ok {
		return nil, p.noFunction(name)
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
	return c, p.arguments(c, fn)
}

func (p *parser) noFunction(name token) error {
	switch strings.ToUpper(name.text) {
	case "ROLLUP", "CUBE":
		return p.broken(Pos(name.pos), "%s stands right after GROUP BY and holds all that is grouped by", strings.ToUpper(name.text))
	case "FIELDS":
		return p.broken(Pos(name.pos), "FIELDS() stands in a select list only")
	}
	return p.broken(Pos(name.pos), "there is no function %s", abbreviate(name.text))
}

// checkCall says where the kinds of functions may stand.
func (p *parser) checkCall(fn Function, where place) error {
	pos := Pos(p.tok.pos)
	switch {
	case fn.Kind == Conversion:
		return p.broken(pos, "%s stands only inside a date function such as DAY_ONLY", fn.Name)
	case fn.Kind == Location:
		return p.broken(pos, "%s stands only inside DISTANCE", fn.Name)
	case fn.Kind == Aggregate && where == inWhere:
		return p.broken(pos, "WHERE cannot have the aggregate %s, put the condition into HAVING", fn.Name)
	case fn.Kind == Aggregate && where == inGroupBy:
		return p.broken(pos, "GROUP BY cannot have the aggregate %s", fn.Name)
	case !fn.allows(where):
		return p.broken(pos, "%s cannot stand in %s", fn.Name, placeNames[where])
	}
	return nil
}

// arguments reads what stands between a function's parentheses, and the
// closing one.
func (p *parser) arguments(c *Call, fn Function) error {
	if fn.Kind == Distance {
		return p.distance(c)
	}
	arg, err := p.argument(fn)
	if err != nil {
		return err
	}
	c.Args = []Operand{arg}
	return p.expect(tokRight, ") after the argument of "+fn.Name)
}

// argument reads a function's only argument: a field, or a function of one for
// the few that take it.
func (p *parser) argument(fn Function) (Operand, error) {
	what := "a field as the argument of " + fn.Name
	if !p.startsCall() {
		return p.field(what)
	}
	inner, ok := LookupFunction(p.tok.text)
	if !ok || !takes(fn, inner) {
		return nil, p.expected(what)
	}
	c := &Call{Name: inner.Name, Pos: Pos(p.advance().pos)}
	p.advance()
	return c, p.arguments(c, inner)
}

// takes reports whether a function may be the argument of another.
func takes(outer, inner Function) bool {
	switch {
	case outer.Kind == DateFunc:
		return inner.Kind == Conversion
	case outer.Name == "FORMAT":
		return inner.Kind == Aggregate || inner.Name == "convertCurrency"
	}
	return false
}

// distance reads DISTANCE(field, GEOLOCATION(37.7, -122.4), 'mi') from the
// field on.
func (p *parser) distance(c *Call) error {
	field, err := p.field("a location or address field")
	if err != nil {
		return err
	}
	if err := p.expect(tokComma, "a comma and GEOLOCATION"); err != nil {
		return err
	}
	point, err := p.geolocation()
	if err != nil {
		return err
	}
	if err := p.expect(tokComma, "a comma and the unit 'mi' or 'km'"); err != nil {
		return err
	}
	if p.tok.kind != tokString || !strings.EqualFold(p.tok.text, "mi") && !strings.EqualFold(p.tok.text, "km") {
		return p.expected("the unit 'mi' or 'km'")
	}
	unit := p.advance()
	l := String(strings.ToLower(unit.text))
	l.Pos = Pos(unit.pos)
	c.Args = []Operand{field, point, &Value{Literal: l, Pos: l.Pos}}
	return p.expect(tokRight, ") after the arguments of DISTANCE")
}

func (p *parser) geolocation() (*Call, error) {
	if !p.tok.is("GEOLOCATION") || p.ahead.kind != tokLeft {
		return nil, p.expected("GEOLOCATION(latitude, longitude)")
	}
	c := &Call{Name: "GEOLOCATION", Pos: Pos(p.advance().pos)}
	p.advance()
	latitude, err := p.degrees("latitude")
	if err != nil {
		return nil, err
	}
	if err := p.expect(tokComma, "a comma and the longitude"); err != nil {
		return nil, err
	}
	longitude, err := p.degrees("longitude")
	if err != nil {
		return nil, err
	}
	c.Args = []Operand{latitude, longitude}
	return c, p.expect(tokRight, ") after the arguments of GEOLOCATION")
}

func (p *parser) degrees(what string) (*Value, error) {
	if p.tok.kind == tokColon {
		return nil, p.bindVariable()
	}
	if p.tok.kind != tokNumber {
		return nil, p.expected("a number as the " + what)
	}
	t := p.advance()
	l := Number(t.text)
	l.Pos = Pos(t.pos)
	return &Value{Literal: l, Pos: l.Pos}, nil
}
