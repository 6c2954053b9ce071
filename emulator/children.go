package emulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/sfsql/sfsql/soql"
)

// childLookup is a lookup of another object that leads to an object.
type childLookup struct {
	child *Object
	place int    // of the lookup among the child's fields
	name  string // the parent's name for the children; empty means none
}

// childLookups lists the lookups that lead to an object. A parent's name for
// its children is their plural; where two lookups would claim it, the second
// has none.
func (s *store) childLookups(o *Object) []childLookup {
	var all []childLookup
	taken := map[string]bool{}
	for _, child := range s.objects {
		for i := range child.Fields {
			if !slices.Contains(child.Fields[i].ReferenceTo, o.Name) {
				continue
			}
			name := o.childName(child, &child.Fields[i])
			if taken[name] {
				name = ""
			}
			taken[name] = true
			all = append(all, childLookup{child: child, place: i, name: name})
		}
	}
	return all
}

// children is a compiled child subquery.
type children struct {
	key      []byte // "Contacts": with its comma before
	table    *table
	place    int // of the lookup to the parent
	hidden   func(row int) bool
	accept   predicate
	compiler *compiler // of the children's object
	order    []orderKey
	offset   int
	limit    int
	write    *selection
}

// selectChildren compiles a child subquery of a select list.
func (c *compiler) selectChildren(root *selection, x *soql.Subquery) error {
	q := x.Query
	link, err := c.childLookup(q.From)
	if err != nil {
		return err
	}
	key := strings.ToLower(link.name)
	if root.has(key) {
		return malformed("duplicate subquery relationship selected: %s", link.name)
	}
	inner, err := c.childCompiler(link.child, q)
	if err != nil {
		return err
	}
	kids := &children{key: keyText(link.name), table: c.org.table(link.child), place: link.place, compiler: inner}
	if err := kids.compile(q); err != nil {
		return err
	}
	root.items = append(root.items, selectItem{key: key, text: kids.key, children: kids})
	return nil
}

// childLookup finds the relationship that a subquery names, perhaps behind the
// parent's own name.
func (c *compiler) childLookup(from soql.From) (childLookup, error) {
	path := c.ownPath(strings.Split(from.Object, "."))
	if len(path) == 1 {
		for _, link := range c.org.childLookups(c.obj) {
			if link.name != "" && strings.EqualFold(link.name, path[0]) {
				return link, nil
			}
		}
	}
	return childLookup{}, noSuchFrom(c.statement, from.Pos, from.Object)
}

// childCompiler returns the compiler of a subquery, which shares what is
// counted over the whole statement.
func (c *compiler) childCompiler(child *Object, q *soql.Query) (*compiler, error) {
	inner := *c
	inner.obj, inner.alias, inner.related, inner.semiJoins = child, q.From.Alias, nil, 0
	inner.level++
	inner.place = c.place + "/" + strings.ToLower(q.From.Object)
	if err := c.limits.subquery(inner.level); err != nil {
		return nil, err
	}
	return &inner, inner.prepare(q)
}

func (k *children) compile(q *soql.Query) error {
	c := k.compiler
	var err error
	if k.write, err = c.selection(q); err != nil {
		return err
	}
	if k.order, err = c.orderKeys(q.OrderBy); err != nil {
		return err
	}
	k.accept = func(int) bool { return true }
	if q.Where != nil {
		if k.accept, err = c.condition(q.Where); err != nil {
			return err
		}
	}
	k.hidden = func(int) bool { return false }
	if hidden := k.table.hidden(c.deleted); hidden != nil {
		k.hidden = hidden
	}
	k.offset, k.limit = bounds(q)
	return nil
}

// of returns the children of a record, in order.
func (k *children) of(parent recordID) rowSet {
	rows := k.table.rowsWith([]int32{}, k.place, parent)
	slices.Sort(rows)
	rows = slices.DeleteFunc(slices.Compact(rows), func(row int32) bool { return k.hidden(int(row)) || !k.accept(int(row)) })
	set := rowSet{rows: rows}
	sortRows(&set, k.order, k.compiler)
	set.cut(k.offset, k.limit)
	return set
}

// append appends a record's children, null where it has none.
func (k *children) append(dst []byte, root string, parent recordID) []byte {
	rows := k.of(parent)
	if rows.len() == 0 {
		return append(dst, "null"...)
	}
	return k.appendPage(dst, root, parent, rows, 0)
}

// childPages are the sizes of a child list's pages in the default mode.
var childPages = []int{200, 64, 500}

// appendPage appends the page of a record's children that starts at offset.
func (k *children) appendPage(dst []byte, root string, parent recordID, rows rowSet, offset int) []byte {
	pages := k.compiler.pages
	size := pages.size
	if size <= 0 {
		size = childPages[mix(uint64(parent)+uint64(offset))%uint64(len(childPages))]
	}
	end := min(rows.len(), offset+size)
	dst = strconv.AppendInt(append(dst, `{"totalSize":`...), int64(rows.len()), 10)
	if end == rows.len() {
		dst = append(dst, `,"done":true,"records":[`...)
	} else {
		dst = append(append(append(dst, `,"done":false,"nextRecordsUrl":"`...), root...), "/query/"...)
		dst = append(append(dst, pages.cursors.child(&childCursor{of: k, parent: parent}, end)...), `","records":[`...)
	}
	for i := offset; i < end; i++ {
		if i > offset {
			dst = append(dst, ',')
		}
		dst = k.write.appendRecord(dst, root, k.table, rows.at(i))
	}
	return append(dst, "]}"...)
}

// paging is what child lists need to be cut into pages.
type paging struct {
	cursors *cursors
	size    int    // rows of a page, 0 for the default mode
	token   string // of the session that asked
}

// childCursor is the list of one record's children. Its rows are found again
// for every page.
type childCursor struct {
	of     *children
	parent recordID
	id     string
}

// maxChildCursors is how many child lists stay open; the oldest go first. They
// do not count among a user's open results.
const maxChildCursors = 5_000

// childCursors are the open child lists of an org.
type childCursors struct {
	mu   sync.Mutex
	open map[string]*childCursor // by the first 15 characters of the id
	ids  []string                // the oldest first
}

// child opens a list and names its rest from offset on.
func (c *cursors) child(cur *childCursor, offset int) string {
	c.mu.Lock()
	c.serial++
	cur.id = string(appendID18(nil, "01g", c.serial))
	c.mu.Unlock()
	kids := &c.children
	kids.mu.Lock()
	defer kids.mu.Unlock()
	if kids.open == nil {
		kids.open = map[string]*childCursor{}
	}
	if len(kids.ids) >= maxChildCursors {
		delete(kids.open, kids.ids[0])
		kids.ids = slices.Delete(kids.ids, 0, 1)
	}
	kids.open[cur.id[:15]] = cur
	kids.ids = append(kids.ids, cur.id[:15])
	return cur.id + "-" + strconv.Itoa(offset)
}

// findChild finds the child list that a locator names.
func (c *cursors) findChild(locator string) (cur *childCursor, offset int, ok bool) {
	id, text, _ := strings.Cut(locator, "-")
	offset, err := strconv.Atoi(text)
	if err != nil || len(id) < 15 {
		return nil, 0, false
	}
	c.children.mu.Lock()
	defer c.children.mu.Unlock()
	cur, ok = c.children.open[id[:15]]
	return cur, offset, ok && (len(id) == 15 || cur.id == id)
}

// childPage writes a further page of a child list.
func (c *call) childPage(w *response, cur *childCursor, offset int) error {
	rows := cur.of.of(cur.parent)
	switch {
	case offset < 0 || offset >= rows.len():
		return fail(http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "invalid query locator")
	case c.quirks.LocatorsEndWithSession && cur.of.compiler.pages.token != c.token:
		return sessionExpired()
	}
	w.body(http.StatusOK, cur.of.appendPage(nil, c.root, cur.parent, rows, offset))
	return nil
}
