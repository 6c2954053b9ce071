package emulator

import (
	"math"
	"slices"
	"strings"
	"sync"
)

// store is the org's schema and its rows at one moment: a statement takes the
// newest store at its start and is not disturbed by what is written meanwhile.
// A column is generated when it is first read, so that an org of any size
// starts at once and holds no more than what was asked for. Everything that
// reads rows goes through table.column, table.deleted and table.hidden, so
// these are all that need to know where values come from: a generator, or what
// was written since (version.go).
type store struct {
	seed    uint64
	scale   int
	fold    folder
	objects []*Object
	byName  map[string]*Object
	tables  []*table
}

func newStore(seed int64, scale int, fold folder, objects []*Object) *store {
	s := &store{
		seed: uint64(seed), scale: scale, fold: fold,
		objects: objects, byName: map[string]*Object{},
	}
	for i, o := range s.objects {
		o.index = i
		s.byName[strings.ToLower(o.Name)] = o
		s.tables = append(s.tables, newTable(s, o))
	}
	for _, t := range s.tables {
		t.data = newTableData(t)
	}
	return s
}

// object finds an sObject by its name in any case.
func (s *store) object(name string) (*Object, bool) {
	o, ok := s.byName[strings.ToLower(name)]
	return o, ok
}

func (s *store) table(o *Object) *table { return s.tables[o.index] }

func (s *store) appendID(dst []byte, id recordID) []byte {
	return appendRecordID(dst, s.objects, id)
}

func appendRecordID(dst []byte, objects []*Object, id recordID) []byte {
	return objects[id.object()].appendID18(dst, id.row())
}

// record finds the record of a 15-character id.
func (s *store) record(id15 string) (recordID, bool) {
	for i, o := range s.objects {
		if row, ok := o.rowOf(id15); ok && (o.Queryable || o.isStrangers()) && row < s.tables[i].size {
			return makeRecordID(i, row), true
		}
	}
	return noRecord, false
}

// table is the rows of one object in a store. Stores in which the object's
// rows are the same share the version.
type table struct {
	org *store
	*version
}

// version is the rows of one object as they are between two writes.
type version struct {
	obj     *Object
	size    int      // rows, those that are deleted included
	log     []change // since the rows were generated
	data    *tableData
	columns []lazyColumn
	states  lazyStates
	alive   int // rows that are not deleted, where there is a log
	epoch   int // how often the log had been cut when this was made
}

type lazyColumn struct {
	once sync.Once
	col  column

	indexOnce sync.Once
	index     *linkIndex
}

func newTable(s *store, o *Object) *table {
	t := &table{org: s, version: &version{obj: o, size: o.rows, columns: make([]lazyColumn, len(o.Fields))}}
	if o.scales {
		t.size *= s.scale
	}
	return t
}

// deletedEvery is how many rows of objects with a recycle bin make one that
// lies in it.
const deletedEvery = 37

// recycles reports whether some of the object's generated rows are deleted.
func (t *table) recycles() bool {
	if t.obj.given != nil {
		return t.obj.given.binned > 0
	}
	switch t.obj.Name {
	case "Account", "Contact", "Task":
		return true
	}
	return false
}

// deleted reports whether the row lies in the recycle bin.
func (t *table) deleted(row int) bool {
	if len(t.log) > 0 {
		return t.rowStates()[row] != rowLives
	}
	if t.obj.given != nil {
		return t.obj.given.deleted(row)
	}
	return row%deletedEvery == 5 && t.recycles()
}

// hidden returns what tells the rows that a scan passes over, nil where it
// passes over none. The rows in the recycle bin are hidden unless deleted is
// set, purged ones always.
func (t *table) hidden(deleted bool) func(row int) bool {
	switch {
	case len(t.log) > 0:
		states := t.rowStates()
		limit := rowPurged
		if !deleted {
			limit = rowDeleted
		}
		return func(row int) bool { return states[row] >= limit }
	case deleted || !t.recycles():
		return nil
	}
	return t.deleted
}

// live returns how many rows are not deleted.
func (t *table) live() int {
	if len(t.log) > 0 {
		return t.alive
	}
	if t.obj.given != nil {
		return t.size - t.obj.given.binned
	}
	if !t.recycles() {
		return t.size
	}
	return t.size - (t.size+deletedEvery-6)/deletedEvery
}

// column returns a field's values, which it generates the first time.
func (t *table) column(i int) column {
	lazy := &t.columns[i]
	lazy.once.Do(func() {
		if len(t.log) > 0 {
			lazy.col = t.written(i)
			return
		}
		if t.obj.given != nil && t.obj.given.columns[i] != nil {
			lazy.col = t.obj.given.columns[i]
			return
		}
		lazy.col = t.generate(&t.obj.Fields[i])
	})
	return lazy.col
}

// rowsWith appends the rows whose id or lookup field holds a record.
func (t *table) rowsWith(dst []int32, place int, id recordID) []int32 {
	if t.obj.Fields[place].Type == "id" {
		if id.object() == t.obj.index {
			dst = append(dst, int32(id.row()))
		}
		return dst
	}
	if len(t.log) == 0 {
		return t.index(place).appendRows(dst, id)
	}
	col := t.column(place).(*linkColumn)
	rows := t.data.maybeLinked(place, id)
	slices.Sort(rows)
	for _, row := range slices.Compact(rows) {
		if int(row) < t.size && col.rows[row] == id {
			dst = append(dst, row)
		}
	}
	return dst
}

// index returns the index of a lookup of rows as they were generated.
func (t *table) index(place int) *linkIndex {
	lazy := &t.columns[place]
	lazy.indexOnce.Do(func() { lazy.index = newLinkIndex(t.column(place).(*linkColumn)) })
	return lazy.index
}

func (t *table) columnNamed(name string) column {
	i, ok := t.obj.field(name)
	if !ok {
		panic("emulator: no field " + name + " on " + t.obj.Name) // a slip in the schema, found by its test
	}
	return t.column(i)
}

func (t *table) generate(f *Field) column {
	switch f.Type {
	case "id":
		return &idColumn{of: t}
	case "reference":
		return &linkColumn{objects: t.org.objects, rows: fill(t, f, noRecord)}
	case "boolean":
		return &boolColumn{rows: fill(t, f, false)}
	case "int", "long", "date", "datetime", "time":
		return &wholeColumn{kind: f.Type, rows: fill(t, f, int64(noNumber))}
	case "double", "currency", "percent":
		return &realColumn{rows: fill(t, f, math.NaN())}
	case "picklist":
		return t.generateChoices(f)
	case "base64":
		return &blobColumn{of: t, field: f}
	case "anyType":
		return &anyColumn{rows: fill[any](t, f, nil)}
	case "address", "location":
		return t.compound(f)
	}
	return t.generateText(f)
}

// fill makes a column's values one by one.
func fill[T any](t *table, f *Field, null T) []T {
	rows := make([]T, t.size)
	for row := range rows {
		rows[row] = null
		if v, ok := t.make(f, row).(T); ok {
			rows[row] = v
		}
	}
	return rows
}

// make returns the generator's value of one cell; nil is null.
func (t *table) make(f *Field, row int) any {
	c := t.cell(f, row)
	if f.Nillable && c.below(100) < f.nulls {
		return nil
	}
	return f.make(c)
}

func (t *table) generateText(f *Field) column {
	b := textBuilder{rows: make([]string, 0, t.size)}
	for row := range t.size {
		s, _ := t.make(f, row).(string)
		b.add(storable(s, f.Length))
	}
	b.flush()
	return &textColumn{rows: b.rows}
}

func (t *table) generateChoices(f *Field) column {
	c := &choiceColumn{values: append([]string{""}, f.Picklist...), rows: make([]uint16, t.size)}
	place := map[string]uint16{}
	for i, v := range c.values {
		place[v] = uint16(i)
	}
	for row := range t.size {
		s, _ := t.make(f, row).(string)
		n, ok := place[s]
		if !ok {
			n = uint16(len(c.values))
			c.values, place[s] = append(c.values, s), n
		}
		c.rows[row] = n
	}
	c.quoted = append(c.quoted, []byte("null"))
	for _, v := range c.values[1:] {
		c.quoted = append(c.quoted, appendString(nil, v))
	}
	return c
}

// compound puts an address or a location together from the columns that name
// it as theirs.
func (t *table) compound(f *Field) column {
	keys := []string{"city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street"}
	if f.Type == "location" {
		keys = []string{"latitude", "longitude"}
	}
	c := &compoundColumn{}
	for _, key := range keys {
		for i := range t.obj.Fields {
			part := &t.obj.Fields[i]
			if part.CompoundFieldName == f.Name && strings.Contains(strings.ToLower(part.Name), strings.ToLower(key)) {
				c.keys, c.parts = append(c.keys, key), append(c.parts, t.column(i))
				break
			}
		}
	}
	if len(c.parts) != len(keys) && t.obj.given == nil {
		panic("emulator: parts of " + t.obj.Name + "." + f.Name + " are missing")
	}
	return c
}
