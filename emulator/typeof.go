package emulator

import (
	"slices"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// typedSelection is a compiled TYPEOF: what is written depends on the object
// that the lookup leads to.
type typedSelection struct {
	link  *linkColumn
	cases map[int]*selection // by the object's number
	other *selection
}

// selectTyped compiles TYPEOF.
func (c *compiler) selectTyped(root *selection, x *soql.TypeOf) error {
	r, err := c.typedRoute(x)
	if err != nil {
		return err
	}
	node, err := root.behind(r.hops[:len(r.hops)-1])
	if err != nil {
		return err
	}
	last := r.hops[len(r.hops)-1]
	key := strings.ToLower(last.field.RelationshipName)
	if node.has(key) {
		return malformed("duplicate field selected: %s", strings.Join(x.Path, "."))
	}
	typed := &typedSelection{link: last.link, cases: map[int]*selection{}, other: &selection{actual: true}}
	for _, w := range x.Whens {
		if err := c.when(typed, last.field, w); err != nil {
			return err
		}
	}
	name, _ := c.org.object("Name")
	if err := c.branch(typed.other, name, x.Else); err != nil {
		return err
	}
	node.items = append(node.items, selectItem{key: key, text: keyText(last.field.RelationshipName), typed: typed})
	return nil
}

// typedRoute follows the path of a TYPEOF, which ends in a lookup to several
// objects.
func (c *compiler) typedRoute(x *soql.TypeOf) (*route, error) {
	at := &soql.Field{Path: x.Path, Pos: x.Pos}
	r := &route{table: c.org.table(c.obj)}
	path := c.ownPath(append(slices.Clone(x.Path), ""))
	for _, name := range path[:len(path)-1] {
		if err := c.climb(r, name, at); err != nil {
			return nil, err
		}
	}
	if len(r.hops) == 0 || !r.polymorphic() {
		return nil, c.failAt(x.Pos, "MALFORMED_QUERY", "TYPEOF is only supported for polymorphic relationships, not for '%s'", strings.Join(x.Path, "."))
	}
	return r, c.join(path[:len(path)-1])
}

// when compiles a branch for one object.
func (c *compiler) when(typed *typedSelection, lookup *Field, w soql.When) error {
	obj, ok := c.org.object(w.Object)
	switch {
	case !ok:
		return noSuchObject(c.statement, w.Pos, w.Object)
	case !slices.Contains(lookup.ReferenceTo, obj.Name):
		return c.failAt(w.Pos, "MALFORMED_QUERY", "the relationship '%s' does not lead to '%s'", lookup.RelationshipName, obj.Name)
	case typed.cases[obj.index] != nil:
		return c.failAt(w.Pos, "MALFORMED_QUERY", "duplicate WHEN of '%s' in TYPEOF", obj.Name)
	}
	sel := &selection{table: c.org.table(obj), actual: true}
	typed.cases[obj.index] = sel
	return c.branch(sel, obj, w.Fields)
}

func (c *compiler) branch(sel *selection, obj *Object, fields []*soql.Field) error {
	inner := *c
	inner.obj, inner.alias, inner.related = obj, "", nil
	for _, f := range fields {
		if err := inner.selectField(sel, f); err != nil {
			return err
		}
	}
	return nil
}

func (t *typedSelection) append(dst []byte, root string, org *store, row int) []byte {
	id := t.link.rows[row]
	if !org.leads(id) {
		return append(dst, "null"...)
	}
	sel := t.cases[id.object()]
	if sel == nil {
		sel = t.other
	}
	return sel.appendRecord(dst, root, org.tables[id.object()], id.row())
}
