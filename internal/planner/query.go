package planner

import (
	"fmt"
	"strings"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/soql"
)

// NewQueryTable shapes the answer of a user's own query as a table: a column
// for each item, typed by describe, so that an empty answer has them too.
// describe returns the sObject of a name.
func NewQueryTable(name string, q *soql.Query, describe func(object string) (*catalog.Object, error)) (*Table, error) {
	obj, err := describe(q.From.Object)
	if err != nil {
		return nil, err
	}
	t := &Table{Object: &catalog.Object{Summary: catalog.Summary{Name: name}}, byName: map[string]int{}}
	if q.IsCount() {
		t.addQueryColumn("count()", Column{Kind: soql.KindInt, Decl: "INTEGER"})
		return t, nil
	}
	s := shaper{query: q, root: obj, describe: describe}
	for _, item := range q.Select {
		column, name, err := s.item(item)
		if err != nil {
			return nil, err
		}
		t.addQueryColumn(name, column)
	}
	return t, nil
}

// addQueryColumn makes names unique, as SQLite demands of a table.
func (t *Table) addQueryColumn(name string, c Column) {
	unique := name
	for n := 2; t.Column(unique) >= 0; n++ {
		unique = fmt.Sprintf("%s:%d", name, n)
	}
	c.Field.Name = unique
	if c.Collation == "" {
		c.Collation = "BINARY"
	}
	t.byName[strings.ToLower(unique)] = len(t.Columns)
	t.Columns = append(t.Columns, c)
}

// QueryColumn returns where a column of a query table stands in the answer.
func QueryColumn(c Column) soql.Column { return soql.Column{Path: c.path, Kind: c.Kind} }

type shaper struct {
	query    *soql.Query
	root     *catalog.Object
	describe func(string) (*catalog.Object, error)
	unnamed  int // functions without alias are expr0, expr1, …
}

// item returns the column of a select item and its name.
func (s *shaper) item(item soql.SelectItem) (Column, string, error) {
	switch e := item.Expr.(type) {
	case *soql.Field:
		return s.field(e, item.Alias)
	case *soql.Call:
		return s.call(e, item.Alias)
	}
	return Column{}, "", fmt.Errorf("soql: %s cannot be a column of soql('…')", item.Expr)
}

// field reads a field or parent path. In a grouped answer the key of a path
// is its last name.
func (s *shaper) field(f *soql.Field, alias string) (Column, string, error) {
	path := f.Path
	if len(path) > 1 && (strings.EqualFold(path[0], s.query.From.Alias) || strings.EqualFold(path[0], s.query.From.Object)) {
		path = path[1:]
	}
	c, path, err := s.resolve(path)
	if err != nil {
		return Column{}, "", err
	}
	name := strings.Join(path, ".")
	c.path = path
	if isGrouped(s.query) {
		c.path = path[len(path)-1:]
	}
	if alias != "" {
		name, c.path = alias, []string{alias}
	}
	return c, name, nil
}

// isGrouped reports whether the answer's records are groups.
func isGrouped(q *soql.Query) bool {
	for _, item := range q.Select {
		if c, ok := item.Expr.(*soql.Call); ok && c.IsAggregate() {
			return true
		}
	}
	return len(q.GroupBy) > 0
}

// resolve follows a path through describe and returns it in schema case.
func (s *shaper) resolve(path []string) (Column, []string, error) {
	obj, out := s.root, make([]string, 0, len(path))
	for i, name := range path {
		last := i == len(path)-1
		f, ok := findField(obj, name, last)
		if !ok {
			return Column{}, nil, fmt.Errorf("soql: %s has no %s %q", obj.Name, map[bool]string{true: "field", false: "relationship"}[last], name)
		}
		if last {
			c := newColumn(f, TableOptions{})
			c.Hidden = false // it was asked for by name
			return c, append(out, f.Name), nil
		}
		out = append(out, f.RelationshipName)
		parent, err := s.parent(f, path[i+1])
		if err != nil {
			return Column{}, nil, err
		}
		obj = parent
	}
	return Column{}, nil, fmt.Errorf("soql: an empty field path")
}

// parent returns the sObject that a lookup leads to: of several, the first
// that knows the name that follows.
func (s *shaper) parent(f catalog.Field, next string) (*catalog.Object, error) {
	var first *catalog.Object
	for _, to := range f.ReferenceTo {
		obj, err := s.describe(to)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = obj
		}
		if _, ok := findField(obj, next, true); ok {
			return obj, nil
		}
	}
	if first == nil {
		return nil, fmt.Errorf("soql: %s refers to nothing", f.Name)
	}
	return first, nil
}

func findField(obj *catalog.Object, name string, last bool) (catalog.Field, bool) {
	for _, f := range obj.Fields {
		if last && strings.EqualFold(f.Name, name) || !last && f.RelationshipName != "" && strings.EqualFold(f.RelationshipName, name) {
			return f, true
		}
	}
	return catalog.Field{}, false
}

// call reads a function.
func (s *shaper) call(e *soql.Call, alias string) (Column, string, error) {
	if f, ok := firstField(e); ok && alias == "" && isDisplay(e) && !isGrouped(s.query) {
		return s.display(e, f)
	}
	name := alias
	if name == "" {
		name = fmt.Sprintf("expr%d", s.unnamed)
		s.unnamed++
	}
	c := Column{Kind: soql.KindInt, Decl: "INTEGER"}
	switch strings.ToUpper(e.Name) {
	case "SUM", "AVG", "DISTANCE", "CONVERTCURRENCY":
		c = Column{Kind: soql.KindReal, Decl: "REAL"}
	case "TOLABEL", "FORMAT":
		c = Column{Kind: soql.KindText, Decl: "TEXT"}
	case "DAY_ONLY":
		c = Column{Kind: soql.KindDate, Decl: "DATE TEXT", Collation: CollationTime}
	case "MIN", "MAX":
		if f, ok := firstField(e); ok {
			var err error
			if c, _, err = s.resolve(f.Path); err != nil {
				return Column{}, "", err
			}
		}
	}
	c.path = []string{name}
	return c, name, nil
}

// isDisplay reports whether the function shows a field in another form, as
// toLabel does.
func isDisplay(e *soql.Call) bool {
	fn, ok := soql.LookupFunction(e.Name)
	return ok && fn.Kind == soql.Display
}

// display reads a function that takes its field's place in the answer, since
// it has no alias.
func (s *shaper) display(e *soql.Call, f *soql.Field) (Column, string, error) {
	c, path, err := s.field(f, "")
	if err != nil || strings.EqualFold(e.Name, "convertCurrency") {
		return c, path, err
	}
	return Column{Kind: soql.KindText, Decl: "TEXT", path: c.path}, path, nil
}

func firstField(e *soql.Call) (*soql.Field, bool) {
	if len(e.Args) != 1 {
		return nil, false
	}
	if inner, ok := e.Args[0].(*soql.Call); ok {
		return firstField(inner)
	}
	f, ok := e.Args[0].(*soql.Field)
	return f, ok
}
