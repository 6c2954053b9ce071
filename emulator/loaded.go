package emulator

// given is what a loaded object has instead of generators: its describe as it
// came, the ids of its records and their values.
type given struct {
	describe describeObject
	ids      givenIDs
	columns  []column // by field; nil for the id and for compounds
	bin      []bool   // rows that lie in the recycle bin; nil where none does
	binned   int
}

func (g *given) deleted(row int) bool { return g.binned > 0 && row < len(g.bin) && g.bin[row] }

// givenIDs are the first 15 characters of ids that no row number tells.
// Records that are made later get numbers behind all that are taken.
type givenIDs struct {
	list []string
	rows map[string]int
	next int // the number of the first record behind the list
}

func (g *givenIDs) add(id15 string) (row int, added bool) {
	if row, known := g.rows[id15]; known {
		return row, false
	}
	if g.rows == nil {
		g.rows = map[string]int{}
	}
	if n, ok := idNumber(id15); ok {
		g.next = max(g.next, n+1)
	}
	row = len(g.list)
	g.list, g.rows[id15] = append(g.list, id15), row
	return row, true
}

// appendID15 appends the case-sensitive form of a record's id.
func (o *Object) appendID15(dst []byte, row int) []byte {
	switch {
	case o.given == nil:
		return appendID15(dst, o.KeyPrefix, row)
	case row < len(o.given.ids.list):
		return append(dst, o.given.ids.list[row]...)
	}
	return appendID15(dst, o.KeyPrefix, o.given.ids.next+row-len(o.given.ids.list))
}

// appendID18 appends the 18-character form.
func (o *Object) appendID18(dst []byte, row int) []byte {
	start := len(dst)
	dst = o.appendID15(dst, row)
	suffix := idSuffix(dst[start:])
	return append(dst, suffix[:]...)
}

// rowOf returns the row that an id of 15 characters would have; whether there is such a row is
// the caller's to know.
func (o *Object) rowOf(id15 string) (row int, ok bool) {
	if o.given == nil {
		if id15[:3] != o.KeyPrefix {
			return 0, false
		}
		return idNumber(id15)
	}
	if row, ok := o.given.ids.rows[id15]; ok {
		return row, true
	}
	n, ok := idNumber(id15)
	if !ok || id15[:3] != o.KeyPrefix || n < o.given.ids.next {
		return 0, false
	}
	return n - o.given.ids.next + len(o.given.ids.list), true
}

// strangers is an object without a name. Its records stand for those that a
// loaded lookup holds and that nobody loaded: their ids are all that is known,
// and no path leads to them, as to records that a user may not see.
func strangers() *Object { return &Object{given: &given{}} }

func (o *Object) isStrangers() bool { return o.Name == "" }

// leads reports whether a lookup holds a record that a path can go on from.
func (s *store) leads(id recordID) bool {
	return id != noRecord && !s.objects[id.object()].isStrangers()
}

// childLink is what the describe of a loaded object says about a lookup that
// leads to it.
func (o *Object) childLink(child *Object, f *Field) *childLink {
	if o.given == nil {
		return nil
	}
	for i := range o.given.describe.ChildRelationships {
		l := &o.given.describe.ChildRelationships[i]
		if l.ChildSObject == child.Name && l.Field == f.Name {
			return l
		}
	}
	return nil
}
