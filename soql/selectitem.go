package soql

import "strings"

// maxNests bounds the recursion over child subqueries, far beyond the levels
// that an org answers.
const maxNests = 100

// subquery reads a child subquery with its parentheses.
func (p *parser) subquery() (*Subquery, error) {
	s := &Subquery{Pos: Pos(p.tok.pos)}
	if p.level == joinQuery {
		return nil, p.broken(s.Pos, "the sub-select of IN cannot have a subquery")
	}
	if p.nests++; p.nests > maxNests {
		return nil, p.broken(s.Pos, "the subqueries are nested more than %d deep", maxNests)
	}
	p.advance()
	q, err := p.nested(childQuery)
	if err != nil {
		return nil, err
	}
	p.nests--
	s.Query = q
	return s, p.expect(tokRight, ") after the subquery")
}

// typeOf reads TYPEOF path WHEN Object THEN fields … END.
func (p *parser) typeOf() (*TypeOf, error) {
	t := &TypeOf{Pos: Pos(p.advance().pos)}
	lookup, err := p.field("the relationship that TYPEOF looks at")
	if err != nil {
		return nil, err
	}
	t.Path = lookup.Path
	if !p.tok.is("WHEN") {
		return nil, p.expected("WHEN")
	}
	for p.tok.is("WHEN") {
		w := When{Pos: Pos(p.advance().pos)}
		if p.tok.kind != tokName || strings.Contains(p.tok.text, ".") || p.tok.in(reserved) && !p.tok.is("GROUP") {
			return nil, p.expected("the name of an object")
		}
		w.Object = p.advance().text
		if err := p.expectKeyword("THEN"); err != nil {
			return nil, err
		}
		if w.Fields, err = p.fields(); err != nil {
			return nil, err
		}
		t.Whens = append(t.Whens, w)
	}
	if p.accept("ELSE") {
		if t.Else, err = p.fields(); err != nil {
			return nil, err
		}
	}
	if !p.accept("END") {
		return nil, p.expected("a comma, WHEN, ELSE or END")
	}
	return t, nil
}

func (p *parser) fields() ([]*Field, error) {
	var all []*Field
	for {
		f, err := p.field("a field")
		if err != nil {
			return nil, err
		}
		all = append(all, f)
		if p.tok.kind != tokComma {
			return all, nil
		}
		p.advance()
	}
}

func (p *parser) fieldSet() (*FieldSet, error) {
	s := &FieldSet{Pos: Pos(p.advance().pos)}
	p.advance()
	s.Name = strings.ToUpper(p.tok.text)
	if p.tok.kind != tokName || s.Name != "ALL" && s.Name != "CUSTOM" && s.Name != "STANDARD" {
		return nil, p.expected("ALL, CUSTOM or STANDARD")
	}
	p.advance()
	return s, p.expect(tokRight, ") after FIELDS("+s.Name)
}
