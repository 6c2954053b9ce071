package soql

import "strings"

// scopes holds the names after USING SCOPE by their capitals.
var scopes = scopeTable()

func scopeTable() map[string]string {
	table := map[string]string{"MINEANDMYGROUPS": "mine_and_my_groups"} // as the metadata spells it
	for _, name := range strings.Fields("delegated everything mine mine_and_my_groups my_territory my_team_territory " +
		"scopingRule team mru allPrivate") {
		table[strings.ToUpper(name)] = name
	}
	return table
}

// scope reads SCOPE and its name; USING has been read already.
func (p *parser) scope(q *Query) error {
	if err := p.expectKeyword("SCOPE"); err != nil {
		return err
	}
	name, ok := scopes[strings.ToUpper(p.tok.text)]
	if p.tok.kind != tokName || !ok {
		return p.expected("a scope such as everything, mine, team or mru")
	}
	p.advance()
	q.Scope = name
	return nil
}

// with reads what follows WITH.
func (p *parser) with(q *Query) (err error) {
	w := &With{Pos: Pos(p.tok.pos)}
	q.With = w
	for _, mode := range []string{"SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"} {
		if p.accept(mode) {
			w.Mode = mode
			return nil
		}
	}
	switch {
	case p.tok.is("DATA") && p.ahead.is("CATEGORY"):
		p.advance()
		p.advance()
		w.Categories, err = p.categories()
	case p.tok.is("RecordVisibilityContext"):
		p.advance()
		w.Visibility, err = p.settings()
	default:
		return p.expected("SECURITY_ENFORCED, USER_MODE, SYSTEM_MODE, DATA CATEGORY or RecordVisibilityContext")
	}
	return err
}

// categories reads Geography__c ABOVE usa__c AND Product__c AT (a__c, b__c).
func (p *parser) categories() ([]DataCategory, error) {
	var all []DataCategory
	for {
		c, err := p.category()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
		if !p.accept("AND") {
			return all, nil
		}
	}
}

func (p *parser) category() (DataCategory, error) {
	c := DataCategory{Pos: Pos(p.tok.pos)}
	group, err := p.plainName("a group of data categories")
	if err != nil {
		return c, err
	}
	c.Group = group
	for _, selector := range []string{"AT", "ABOVE", "BELOW", "ABOVE_OR_BELOW"} {
		if c.Selector == "" && p.accept(selector) {
			c.Selector = selector
		}
	}
	if c.Selector == "" {
		return c, p.expected("AT, ABOVE, BELOW or ABOVE_OR_BELOW")
	}
	if p.tok.kind != tokLeft {
		name, err := p.plainName("a data category")
		c.Names = []string{name}
		return c, err
	}
	p.advance()
	for {
		name, err := p.plainName("a data category")
		if err != nil {
			return c, err
		}
		c.Names = append(c.Names, name)
		if p.tok.kind != tokComma {
			return c, p.expect(tokRight, "a comma or ) after the data categories")
		}
		p.advance()
	}
}

func (p *parser) plainName(what string) (string, error) {
	if p.tok.kind != tokName || p.tok.in(reserved) || strings.Contains(p.tok.text, ".") {
		return "", p.expected(what)
	}
	return p.advance().text, nil
}

// settings reads (maxDescriptorPerRecord=100, supportsDomains=true).
func (p *parser) settings() ([]Setting, error) {
	if err := p.expect(tokLeft, "( and the settings of RecordVisibilityContext"); err != nil {
		return nil, err
	}
	var all []Setting
	for {
		s := Setting{Pos: Pos(p.tok.pos)}
		name, err := p.plainName("a setting such as maxDescriptorPerRecord")
		if err != nil {
			return nil, err
		}
		s.Name = name
		if p.tok.kind != tokOp || p.tok.op != EQ {
			return nil, p.expected("= after " + abbreviate(name))
		}
		p.advance()
		if s.Value, err = p.literal(EQ); err != nil {
			return nil, err
		}
		if s.Value.Kind != NumberLiteral && s.Value.Kind != BoolLiteral {
			return nil, p.broken(s.Value.Pos, "%s takes a number, TRUE or FALSE", abbreviate(name))
		}
		all = append(all, s)
		if p.tok.kind != tokComma {
			return all, p.expect(tokRight, "a comma or ) after the settings")
		}
		p.advance()
	}
}
