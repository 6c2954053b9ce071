package emulator

import (
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// selection writes records: the keys of one object in the order in which the
// statement first named them, parents as objects within.
type selection struct {
	table *table // nil behind a lookup to several objects
	link  *linkColumn
	items []selectItem
}

// selectItem is a field of the record or a parent.
type selectItem struct {
	key    string // lower-case, to find duplicates
	text   []byte // "Name": with its comma before
	column column
	blob   *blobColumn
	parent *selection
	name   string // of a field of Name, where the object is known per row only
}

// selection compiles the select list of a query without aggregates.
func (c *compiler) selection(q *soql.Query) (*selection, error) {
	root := &selection{table: c.org.table(c.obj)}
	for _, item := range q.Select {
		// The parser lets functions into the select list of groupings only.
		if err := c.selectField(root, item.Expr.(*soql.Field)); err != nil {
			return nil, err
		}
	}
	return root, nil
}

func (c *compiler) selectField(root *selection, f *soql.Field) error {
	r, err := c.route(f)
	if err != nil {
		return err
	}
	node := root
	for i := range r.hops {
		node = node.descend(&r.hops[i])
	}
	field := r.field()
	if !node.add(r, field) {
		return malformed("duplicate field selected: %s", strings.Join(f.Path, "."))
	}
	return nil
}

// descend returns the part of the selection behind a lookup.
func (s *selection) descend(h *hop) *selection {
	key := strings.ToLower(h.field.RelationshipName)
	for i := range s.items {
		if s.items[i].key == key && s.items[i].parent != nil {
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
	if !r.polymorphic() {
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
	if s.table == nil {
		name = "Name"
	}
	dst = append(append(append(dst, `{"attributes":{"type":"`...), name...), `","url":"`...)
	dst = append(append(append(dst, root...), "/sobjects/"...), t.obj.Name...)
	dst = appendID18(append(dst, '/'), t.obj.KeyPrefix, row)
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
		if id == noRecord {
			return append(dst, "null"...)
		}
		return it.parent.appendRecord(dst, root, t.org.tables[id.object()], id.row())
	case it.blob != nil:
		return it.blob.appendPath(dst, root, row)
	case it.column != nil:
		return it.column.appendJSON(dst, row)
	case it.name == "Type":
		return appendString(dst, t.obj.Name)
	}
	place, ok := nameField(t.obj, it.name)
	if !ok {
		return append(dst, "null"...)
	}
	return t.column(place).appendJSON(dst, row)
}
