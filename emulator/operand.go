package emulator

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sfsql/sfsql/soql"
)

// datum is one value while a statement is evaluated. Which member counts
// depends on the operand's kind: s for text, f for fractions, n for whole
// numbers, days, milliseconds, booleans and record ids. Picklists carry their
// text in s and their place in setup order in n.
type datum struct {
	null bool
	n    int64
	f    float64
	s    string
}

var nullDatum = datum{null: true}

// operand is what a statement compares, groups or sorts by.
type operand struct {
	kind  string // describe's type of the values
	name  string // schema's spelling, for messages
	field *Field // nil for the results of functions
	pos   soql.Pos
	get   func(row int) datum
}

// compiler turns the parts of one statement into functions over rows.
type compiler struct {
	org       *store
	statement string
	obj       *Object
	alias     string
	zone      *time.Location // of the user
	now       time.Time
	quirks    Quirks
	semiJoins int
	deleted   bool                // queryAll
	related   map[string][]string // paths by the alias that FROM gives them, in lower case
	level     int                 // 1 of the statement, more of subqueries
	place     string              // of a subquery within the statement
	limits    *limits             // of the whole statement
	pages     *paging
}

func (c *compiler) failAt(pos soql.Pos, code, format string, args ...any) *apiError {
	return failAt(c.statement, pos, code, format, args...)
}

// maxParents is how many parent relationships a path may go up.
const maxParents = 5

// hop is one step up to a parent.
type hop struct {
	field *Field
	link  *linkColumn
	to    *table // nil where the lookup has several targets
}

// route is a resolved field path.
type route struct {
	org   *store
	hops  []hop
	table *table // of the field; of the pseudo-object Name behind several targets
	place int    // of the field
}

func (r *route) field() *Field { return &r.table.obj.Fields[r.place] }

// route resolves a field path.
func (c *compiler) route(f *soql.Field) (*route, error) {
	path := c.ownPath(f.Path)
	r := &route{org: c.org, table: c.org.table(c.obj)}
	for _, name := range path[:len(path)-1] {
		if err := c.climb(r, name, f); err != nil {
			return nil, err
		}
	}
	if len(r.hops) > 0 {
		if err := c.join(path[:len(path)-1]); err != nil {
			return nil, err
		}
	}
	if len(r.hops) > maxParents {
		return nil, c.failAt(f.Pos, "MALFORMED_QUERY", "SOQL statements cannot query parent relationships more than %d levels deep", maxParents)
	}
	name := path[len(path)-1]
	place, ok := r.table.obj.field(name)
	if !ok {
		return nil, noSuchColumn(c.statement, f.Pos, name, r.table.obj.Name)
	}
	r.place = place
	c.limits.field(r.field())
	return r, nil
}

// ownPath takes the object's own name, or its alias, off a path, and writes out
// the other aliases of FROM.
func (c *compiler) ownPath(path []string) []string {
	if len(path) < 2 {
		return path
	}
	if related := c.related[strings.ToLower(path[0])]; related != nil {
		return append(slices.Clip(related), path[1:]...)
	}
	if strings.EqualFold(path[0], c.alias) || strings.EqualFold(path[0], c.obj.Name) && !c.isLink(path[0]) {
		return path[1:]
	}
	return path
}

func (c *compiler) isLink(name string) bool {
	_, ok := c.obj.byLink[strings.ToLower(name)]
	return ok
}

func (c *compiler) climb(r *route, name string, f *soql.Field) error {
	place, ok := r.table.obj.byLink[strings.ToLower(name)]
	if !ok || r.table.obj.Name == "Name" {
		return noSuchRelationship(c.statement, f.Pos, name)
	}
	field := &r.table.obj.Fields[place]
	step := hop{field: field, link: r.table.column(place).(*linkColumn)}
	target := "Name"
	if !field.Polymorphic {
		target = field.ReferenceTo[0]
	}
	obj, ok := c.org.object(target)
	if !ok {
		return noSuchRelationship(c.statement, f.Pos, name)
	}
	if !field.Polymorphic {
		step.to = c.org.table(obj)
	}
	r.hops, r.table = append(r.hops, step), c.org.table(obj)
	return nil
}

// at returns the record that holds the field for a row; ok is false where a
// lookup on the way is empty.
func (r *route) at(row int) (t *table, at int, ok bool) {
	t = r.table
	for i := range r.hops {
		id := r.hops[i].link.rows[row]
		if !r.org.leads(id) {
			return nil, 0, false
		}
		row = id.row()
		t = r.hops[i].to
		if t == nil {
			t = r.org.tables[id.object()]
		}
	}
	return t, row, true
}

// polymorphic reports whether the last step leads to one of several objects.
func (r *route) polymorphic() bool {
	return len(r.hops) > 0 && r.hops[len(r.hops)-1].to == nil
}

// operand compiles a field or a function over one.
func (c *compiler) operand(o soql.Operand) (*operand, error) {
	switch o := o.(type) {
	case *soql.Field:
		r, err := c.route(o)
		if err != nil {
			return nil, err
		}
		return &operand{kind: r.field().Type, name: r.field().Name, field: r.field(), pos: o.Pos, get: r.getter()}, nil
	case *soql.Call:
		return c.function(o)
	}
	return nil, malformed("unexpected operand")
}

// getter reads the route's field.
func (r *route) getter() func(row int) datum {
	if r.polymorphic() {
		return r.nameGetter()
	}
	read := reader(r.table.column(r.place))
	if len(r.hops) == 0 {
		return read
	}
	return func(row int) datum {
		_, at, ok := r.at(row)
		if !ok {
			return nullDatum
		}
		return read(at)
	}
}

// nameGetter reads a field of the pseudo-object Name from whichever object a
// lookup leads to.
func (r *route) nameGetter() func(row int) datum {
	name := r.field().Name
	return func(row int) datum {
		t, at, ok := r.at(row)
		if !ok {
			return nullDatum
		}
		if name == "Type" {
			return datum{s: t.obj.Name}
		}
		place, ok := nameField(t.obj, name)
		if !ok {
			return nullDatum
		}
		return reader(t.column(place))(at)
	}
}

// nameField finds the field of an object that plays a field of Name.
func nameField(o *Object, name string) (int, bool) {
	if name == "Name" {
		for i := range o.Fields {
			if o.Fields[i].NameField {
				return i, true
			}
		}
	}
	return o.field(name)
}

// reader reads a column's values as datums.
func reader(col column) func(row int) datum {
	switch col := col.(type) {
	case *textColumn:
		return func(row int) datum { s := col.rows[row]; return datum{null: s == "", s: s} }
	case *choiceColumn:
		return func(row int) datum {
			n := col.rows[row]
			return datum{null: n == 0, s: col.values[n], n: int64(n)}
		}
	case *wholeColumn:
		return func(row int) datum { n := col.rows[row]; return datum{null: n == noNumber, n: n} }
	case *realColumn:
		return func(row int) datum { f := col.rows[row]; return datum{null: math.IsNaN(f), f: f} }
	case *boolColumn:
		return func(row int) datum {
			if col.rows[row] {
				return datum{n: 1}
			}
			return datum{}
		}
	case *linkColumn:
		return func(row int) datum { id := col.rows[row]; return datum{null: id == noRecord, n: int64(id)} }
	case *idColumn:
		return func(row int) datum { return datum{n: int64(col.at(row))} }
	}
	return func(row int) datum { return datum{null: col.null(row)} }
}

// appendDatum appends a value as JSON.
func (s *store) appendDatum(dst []byte, kind string, d datum) []byte {
	if d.null {
		return append(dst, "null"...)
	}
	switch kind {
	case "boolean":
		if d.n != 0 {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case "int", "long", "date", "datetime", "time":
		return appendWhole(dst, kind, d.n)
	case "double", "currency", "percent":
		return appendDouble(dst, d.f)
	case "id", "reference":
		return append(s.appendID(append(dst, '"'), recordID(d.n)), '"')
	}
	return appendString(dst, d.s)
}
