package emulator

import (
	"strconv"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// selection writes records: the keys of one object in the order in which the
// statement first named them, parents as objects within.
type selection struct {
	table  *table // nil behind a lookup to several objects
	actual bool   // attributes name the record's object even so
	link   *linkColumn
	items  []selectItem
}

// selectItem is a field of the record, a parent, or what else a select list
// may name. One member besides key and text is set.
type selectItem struct {
	key      string // lower-case, to find duplicates
	text     []byte // "Name": with its comma before
	column   column
	blob     *blobColumn
	parent   *selection
	typed    *typedSelection
	children *children
	value    *operand // of a function
	name     string   // of a field of Name, where the object is known per row only
}

// selection compiles the select list of a query without aggregates.
func (c *compiler) selection(q *soql.Query) (*selection, error) {
	root := &selection{table: c.org.table(c.obj)}
	unnamed := 0
	for _, item := range q.Select {
		var err error
		switch x := item.Expr.(type) {
		case *soql.Field:
			err = c.selectField(root, x)
		case *soql.Subquery:
			err = c.selectChildren(root, x)
		case *soql.TypeOf:
			err = c.selectTyped(root, x)
		case *soql.Call:
			name := item.Alias
			if name == "" && x.Name == "DISTANCE" {
				name = "expr" + strconv.Itoa(unnamed)
				unnamed++
			}
			err = c.selectCall(root, x, name)
		default:
			err = malformed("unexpected item in the select list")
		}
		if err != nil {
			return nil, err
		}
	}
	return root, nil
}

// selectCall selects a function. Without a name of its own it takes the place
// of its field, also behind parents.
func (c *compiler) selectCall(root *selection, call *soql.Call, name string) error {
	value, err := c.operand(call)
	if err != nil {
		return err
	}
	node := root
	if name == "" {
		r, err := c.route(innerField(call))
		if err != nil {
			return err
		}
		if r.polymorphic() {
			return c.failAt(call.Pos, "MALFORMED_QUERY", "%s of '%s' needs an alias", call.Name, r.field().Name)
		}
		if node, err = root.behind(r.hops); err != nil {
			return err
		}
		name = r.field().Name
		if value, err = c.inPlace(call, r); err != nil {
			return err
		}
	}
	key := strings.ToLower(name)
	if node.has(key) {
		return malformed("duplicate field selected: %s", name)
	}
	node.items = append(node.items, selectItem{key: key, text: keyText(name), value: value})
	return nil
}

// innerField returns the field that a function shows.
func innerField(call *soql.Call) *soql.Field {
	for {
		switch arg := call.Args[0].(type) {
		case *soql.Field:
			return arg
		case *soql.Call:
			call = arg
		}
	}
}

// inPlace compiles a function over the record that holds its field.
func (c *compiler) inPlace(call *soql.Call, r *route) (*operand, error) {
	inner := *c
	inner.obj, inner.alias, inner.related = r.table.obj, "", nil
	return inner.operand(moved(call, r.field().Name))
}

// moved returns the function over a field of the object itself.
func moved(call *soql.Call, field string) *soql.Call {
	arg := soql.Operand(&soql.Field{Path: []string{field}, Pos: call.Pos})
	if inner, ok := call.Args[0].(*soql.Call); ok {
		arg = moved(inner, field)
	}
	return &soql.Call{Name: call.Name, Args: []soql.Operand{arg}, Pos: call.Pos}
}

// has reports whether a key is taken.
func (s *selection) has(key string) bool {
	for i := range s.items {
		if s.items[i].key == key {
			return true
		}
	}
	return false
}

func (c *compiler) selectField(root *selection, f *soql.Field) error {
	r, err := c.route(f)
	if err != nil {
		return err
	}
	node, err := root.behind(r.hops)
	if err != nil {
		return err
	}
	field := r.field()
	if !node.add(r, field) {
		return malformed("duplicate field selected: %s", strings.Join(f.Path, "."))
	}
	return nil
}

// behind returns the part of the selection at the end of some lookups.
func (s *selection) behind(hops []hop) (*selection, error) {
	for i := range hops {
		if s = s.descend(&hops[i]); s == nil {
			return nil, malformed("duplicate field selected: %s", hops[i].field.RelationshipName)
		}
	}
	return s, nil
}

// descend returns the part of the selection behind a lookup, nil where its key
// is taken by something else.
func (s *selection) descend(h *hop) *selection {
	key := strings.ToLower(h.field.RelationshipName)
	for i := range s.items {
		if s.items[i].key == key {
			return s.items[i].parent
		}
	}
	child := &selection{table: h.to, link: h.link}
	s.items = append(s.items, selectItem{key: key, text: keyText(h.field.RelationshipName), parent: child})
	return child
}

// add selects a field; it returns false where it is selected already.
func (s *selection) add(r *route, field *Field) bool {
	key := strings.ToLower(field.Name)
	for i := range s.items {
		if s.items[i].key == key && s.items[i].parent == nil {
			return false
		}
	}
	item := selectItem{key: key, text: keyText(field.Name), name: field.Name}
	if !r.polymorphic() && r.table.obj.Name != "Name" {
		item.column = r.table.column(r.place)
		item.blob, _ = item.column.(*blobColumn)
	}
	s.items = append(s.items, item)
	return true
}

func keyText(name string) []byte { return []byte(`,"` + name + `":`) }

// appendRecord appends a record as REST writes it. root is the path of the API
// version that the request named.
func (s *selection) appendRecord(dst []byte, root string, t *table, row int) []byte {
	name := t.obj.Name
	if s.table == nil && !s.actual {
		name = "Name"
	}
	dst = append(append(append(dst, `{"attributes":{"type":"`...), name...), `","url":"`...)
	dst = append(append(append(dst, root...), "/sobjects/"...), t.obj.Name...)
	dst = t.obj.appendID18(append(dst, '/'), row)
	dst = append(dst, `"}`...)
	for i := range s.items {
		dst = s.items[i].append(dst, root, t, row)
	}
	return append(dst, '}')
}

func (it *selectItem) append(dst []byte, root string, t *table, row int) []byte {
	dst = append(dst, it.text...)
	switch {
	case it.parent != nil:
		id := it.parent.link.rows[row]
		if !t.org.leads(id) {
			return append(dst, "null"...)
		}
		return it.parent.appendRecord(dst, root, t.org.tables[id.object()], id.row())
	case it.blob != nil:
		return it.blob.appendPath(dst, root, row)
	case it.column != nil:
		return it.column.appendJSON(dst, row)
	case it.value != nil:
		return t.org.appendDatum(dst, it.value.kind, it.value.get(row))
	case it.children != nil:
		return it.children.append(dst, root, makeRecordID(t.obj.index, row))
	case it.typed != nil:
		return it.typed.append(dst, root, t.org, row)
	case it.name == "Type":
		return appendString(dst, t.obj.Name)
	}
	place, ok := nameField(t.obj, it.name)
	if !ok {
		return append(dst, "null"...)
	}
	return t.column(place).appendJSON(dst, row)
}
