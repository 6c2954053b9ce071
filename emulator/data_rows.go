package emulator

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// loadData gives the loaded objects their records. Ids come first, then
// values, then the parents that are named by a value of theirs.
func loadData(s *store, objects []*dataObject) error {
	if len(objects) == 0 {
		return nil
	}
	l := &loader{tx: &tx{store: s}, objects: objects, strangers: s.objects[len(s.objects)-1]}
	for _, step := range []func(*dataObject) error{l.bind, l.identify, l.fill, l.parents} {
		for _, o := range objects {
			if err := step(o); err != nil {
				return err
			}
		}
		for _, t := range s.tables { // what is known of the rows so far
			t.data = newTableData(t)
		}
	}
	return nil
}

type loader struct {
	tx        *tx
	objects   []*dataObject
	strangers *Object
}

// bind matches the header with the object's fields.
func (l *loader) bind(o *dataObject) error {
	taken := map[string]dataCell{}
	for _, cell := range o.header {
		column, ok := bindColumn(l.tx.store, o.Object, cell.text)
		if !ok {
			column, ok = l.bindLookup(o.Object, cell.text)
		}
		if !ok {
			return o.csv.failAt(cell.at, "%s has no field %s", o.Name, orElse(cell.text, "without a name"))
		}
		place := o.placeOf(&column)
		if kind := o.Fields[place].Type; kind == "address" || kind == "location" {
			return o.csv.failAt(cell.at, "%s is made of other fields; give those", cell.text)
		}
		name := o.Fields[place].Name
		if before, twice := taken[name]; twice {
			return o.csv.failAt(cell.at, "%s gives %s, and so does %s", cell.text, name, before.text)
		}
		taken[name] = cell
		o.columns = append(o.columns, column)
	}
	return nil
}

// bindLookup reads a parent that is named behind the lookup's field instead of
// its relationship: Parent__c.ExtId__c.
func (l *loader) bindLookup(o *Object, name string) (loadColumn, bool) {
	lookup, key, ok := strings.Cut(name, ".")
	place, known := o.field(lookup)
	if !ok || !known || o.Fields[place].RelationshipName == "" {
		return loadColumn{}, false
	}
	return bindParent(l.tx.store, o, o.Fields[place].RelationshipName, key)
}

func (o *dataObject) placeOf(c *loadColumn) int {
	if c.key != "" {
		return o.byLink[strings.ToLower(c.name)]
	}
	place, _ := o.field(c.name)
	return place
}

// identify takes the ids of the CSV and gives one to records without. Those
// come behind the highest, so that they are nobody else's.
func (l *loader) identify(o *dataObject) error {
	ids := &o.given.ids
	column := slices.IndexFunc(o.columns, func(c loadColumn) bool { return c.id })
	if o.Name == "User" {
		o.addRunningUser(&column)
	}
	given := make([]string, len(o.rows))
	first := map[string]int{}
	for row := range o.rows {
		if column < 0 || o.rows[row][column].text == "" {
			continue
		}
		cell := o.rows[row][column]
		id15, ok := parseID(strings.TrimSpace(cell.text))
		switch before, twice := first[id15]; {
		case !ok:
			return o.csv.failAt(cell.at, "%s is no id", cell.text)
		case id15[:3] != o.KeyPrefix:
			return o.csv.failAt(cell.at, "%s is no id of %s: those begin with %s", cell.text, o.Name, o.KeyPrefix)
		case twice:
			line := o.csv.failAt(o.rows[before][column].at, "").(*DataError).Line
			return o.csv.failAt(cell.at, "the id %s was given before, in line %d", cell.text, line)
		}
		given[row], first[id15] = id15, row
		if n, ok := idNumber(id15); ok {
			ids.next = max(ids.next, n+1)
		}
	}
	for _, id15 := range given {
		if id15 == "" {
			id15 = string(appendID15(nil, o.KeyPrefix, ids.next))
		}
		ids.add(id15)
	}
	l.tx.store.table(o.Object).size = len(o.rows)
	return nil
}

// addRunningUser adds the user who is logged in to loaded users, unless one of
// them is it.
func (o *dataObject) addRunningUser(id *int) {
	if o.csv == nil {
		o.csv = &dataFile{name: o.Name + ".csv"}
	}
	if *id < 0 {
		*id = len(o.columns)
		o.columns = append(o.columns, loadColumn{id: true, name: "Id"})
		for row := range o.rows {
			o.rows[row] = append(o.rows[row], dataCell{})
		}
	}
	for row := range o.rows {
		if text := o.rows[row][*id].text; len(text) >= 15 && text[:15] == userID()[:15] {
			return
		}
	}
	known := map[string]string{
		"Id": userID(), "Username": "admin@sfsql.example", "FirstName": "Admin", "LastName": "User", "Name": "Admin User",
		"Email": "admin@sfsql.example", "IsActive": "true",
	}
	cells := make([]dataCell, len(o.columns))
	for i := range cells {
		cells[i].text = known[o.columns[i].name]
	}
	o.added, o.rows = len(o.rows), append(o.rows, cells)
}

// fill makes the columns of all fields but those of parents named by a value.
func (l *loader) fill(o *dataObject) error {
	o.given.columns = make([]column, len(o.Fields))
	for place := range o.Fields {
		f := &o.Fields[place]
		if f.Type == "id" || f.Type == "address" || f.Type == "location" {
			continue
		}
		i := o.columnOf(place)
		if i >= 0 && o.columns[i].key != "" {
			continue
		}
		values := make([]any, len(o.rows))
		for row := range o.rows {
			if i < 0 || o.rows[row][i].null(f) {
				continue
			}
			v, err := l.value(o, f, o.rows[row][i])
			if err != nil {
				return err
			}
			values[row] = v
		}
		if err := l.give(o, place, values); err != nil {
			return err
		}
	}
	return nil
}

// columnOf returns the column of the CSV that gives a field, -1 where none does.
func (o *dataObject) columnOf(place int) int {
	return slices.IndexFunc(o.columns, func(c loadColumn) bool { return o.placeOf(&c) == place })
}

// value reads a cell.
func (l *loader) value(o *dataObject, f *Field, cell dataCell) (any, error) {
	if f.Type == "reference" {
		return l.reference(o, f, cell)
	}
	v, errs := l.tx.convert(f, cell.text, textPlace{}, false)
	if errs == nil && v != nil {
		errs = f.holds(v)
	}
	if errs != nil {
		return nil, o.csv.failAt(cell.at, "%s (a %s)", errs[0].Message, f.Type)
	}
	if _, ok := v.(float64); ok { // formulas have more places than their scale
		x, _ := strconv.ParseFloat(strings.TrimSpace(cell.text), 64) // which it is
		return x + 0, nil
	}
	return v, nil
}

// holds reports what cannot be in the field. Values that lists no longer have
// and addresses that the org would refuse today may have been there before.
func (f *Field) holds(v any) []rowError {
	loose := *f
	loose.Restricted = false
	if loose.Type == "email" {
		loose.Type = "string"
	}
	if x, ok := v.(float64); ok && math.Abs(x) == math.Pow10(f.Precision-f.Scale) {
		return nil // 0.99… of the last place beyond what a double tells apart
	}
	return loose.accepts(v)
}

// reference finds the record of a lookup; ids of records that nobody loaded
// stay as they are.
func (l *loader) reference(o *dataObject, f *Field, cell dataCell) (any, error) {
	id15, ok := parseID(strings.TrimSpace(cell.text))
	switch {
	case !ok:
		return nil, o.csv.failAt(cell.at, "%s: %s is no id", f.Name, cell.text)
	case id15 == masterRecordType:
		return nil, nil
	}
	id, known := l.tx.store.record(id15)
	if known {
		if name := l.tx.store.objects[id.object()].Name; name != "" && !slices.Contains(f.ReferenceTo, name) {
			return nil, o.csv.failAt(cell.at, "%s leads to %s, but %s is of %s", f.Name, strings.Join(f.ReferenceTo, ", "), cell.text, name)
		}
		return id, nil
	}
	row, added := l.strangers.given.ids.add(id15)
	if added {
		l.tx.store.tables[l.strangers.index].size++
	}
	return makeRecordID(l.strangers.index, row), nil
}

// parents looks up what names its parent by a value of the parent's.
func (l *loader) parents(o *dataObject) error {
	for i := range o.columns {
		c := &o.columns[i]
		if c.key == "" {
			continue
		}
		place := o.placeOf(c)
		values := make([]any, len(o.rows))
		for row := range o.rows {
			cell := o.rows[row][i]
			if cell.null(&o.Fields[place]) {
				continue
			}
			parent := map[string]any{c.key: cell.text}
			if c.target != "" {
				parent["attributes"] = map[string]any{"type": c.target}
			}
			v, errs := l.tx.parent(&o.Fields[place], parent)
			if errs != nil {
				return o.csv.failAt(cell.at, "%s", errs[0].Message)
			}
			values[row] = v
		}
		if err := l.give(o, place, values); err != nil {
			return err
		}
	}
	o.header, o.rows = nil, nil
	return nil
}

// give completes the values of a field and makes them its column.
func (l *loader) give(o *dataObject, place int, values []any) error {
	f := &o.Fields[place]
	l.complete(o, f, values)
	if err := o.required(f, place); err != nil {
		return err
	}
	if err := l.unique(o, place, values); err != nil {
		return err
	}
	if f.Name == "IsDeleted" {
		o.given.bin = make([]bool, len(values))
		for row, v := range values {
			if o.given.bin[row], _ = v.(bool); v == true {
				o.given.binned++
			}
		}
	}
	if f.AutoNumber && f.Type == "string" {
		f.make = nextNumbers(values)
	}
	t := l.tx.store.table(o.Object)
	made := *f
	made.nulls = 0
	made.make = func(c *cell) any { return values[c.row] }
	if f.Type == "base64" {
		blobs := &blobColumn{of: t, field: f, written: map[int][]byte{}}
		for row, v := range values {
			blobs.written[row], _ = v.([]byte)
		}
		o.given.columns[place] = blobs
		return nil
	}
	o.given.columns[place] = t.generate(&made)
	return nil
}

// complete fills what an org never leaves empty.
func (l *loader) complete(o *dataObject, f *Field, values []any) {
	var standard any
	user, _ := l.tx.store.record(userID()[:15])
	switch {
	case f.Name == "CreatedDate" || f.Name == "LastModifiedDate" || f.Name == "SystemModstamp":
		standard = schemaChanged.UnixMilli()
	case f.Name == "CreatedById" || f.Name == "LastModifiedById" || f.Name == "OwnerId":
		standard = user
	case f.Nillable:
		return
	case f.Default != "" && f.Type == "picklist":
		standard = f.Default
	case f.AutoNumber && f.Type == "string":
		number := nextNumbers(values)
		for row := range values {
			if values[row] == nil {
				values[row] = number(&cell{row: row + len(values)})
			}
		}
		return
	case f.make != nil: // a name that follows its parts
		for row := range values {
			if values[row] == nil {
				values[row] = f.make(&cell{t: l.tx.store.table(o.Object), row: row, over: o.text(row)})
			}
		}
		return
	}
	for row := range values {
		if values[row] == nil {
			values[row] = standard
		}
	}
}

// text reads the texts of a row that is not a column yet.
func (o *dataObject) text(row int) func(place int) any {
	return func(place int) any {
		if i := o.columnOf(place); i >= 0 && o.rows[row][i].text != "" {
			return strings.TrimSpace(o.rows[row][i].text)
		}
		return nil
	}
}

// nextNumbers continues numbers such as C-0042 behind the highest.
func nextNumbers(values []any) makeFunc {
	head, width, highest := "", 8, 0
	for _, v := range values {
		s, _ := v.(string)
		digits := len(s) - len(strings.TrimRight(s, "0123456789"))
		n, err := strconv.Atoi(s[len(s)-digits:])
		if err == nil && n >= highest {
			head, width, highest = s[:len(s)-digits], digits, n
		}
	}
	first := len(values)
	return func(c *cell) any { return fmt.Sprintf("%s%0*d", head, width, highest+1+c.row-first) }
}

// required refuses records without a field that a new record must have. A
// value that is missing in some may be from before it had to be there.
func (o *dataObject) required(f *Field, place int) error {
	if f.Nillable || !f.Createable || f.DefaultedOnCreate || f.Type == "boolean" || o.columnOf(place) >= 0 || len(o.rows) == 0 || o.added == 0 {
		return nil
	}
	return o.csv.fail("%s is required, and there is no column for it", f.Name)
}

func (l *loader) unique(o *dataObject, place int, values []any) error {
	f := &o.Fields[place]
	if !f.Unique {
		return nil
	}
	t := l.tx.store.table(o.Object)
	first := map[string]int{}
	for row, v := range values {
		key := t.data.keyOf(place, v)
		if key == "" {
			continue
		}
		if before, twice := first[key]; twice {
			i := o.columnOf(place)
			line := o.csv.failAt(o.rows[before][i].at, "").(*DataError).Line
			return o.csv.failAt(o.rows[row][i].at, "%s is unique, and line %d has this value too", f.Name, line)
		}
		first[key] = row
	}
	return nil
}
