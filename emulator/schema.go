package emulator

import (
	"fmt"
	"strings"
)

// Object is an sObject of the emulated org, as its describe tells.
type Object struct {
	Name        string
	Label       string
	LabelPlural string
	KeyPrefix   string // three characters, empty where the sObject has none
	Custom      bool
	Queryable   bool
	Fields      []Field // in describe's order

	index     int            // its place among the org's objects
	rows      int            // at scale 1
	scales    bool           // more rows at a larger scale
	given     *given         // of loaded objects
	rule      rule           // nil where the object is queried like any other
	parent    string         // of satellite objects such as AccountHistory
	satellite string         // what kind of satellite: History, ChangeEvent
	byName    map[string]int // lower-case field name to place in Fields
	byLink    map[string]int // lower-case relationship name to place in Fields
}

// Field is a field of an sObject. The flags are what the emulator enforces.
type Field struct {
	Name              string
	Label             string
	Type              string // describe's word: string, picklist, double, …
	Length            int    // UTF-16 units
	Precision         int
	Scale             int
	Digits            int
	ReferenceTo       []string
	RelationshipName  string
	CompoundFieldName string
	ExtraTypeInfo     string
	Picklist          []string // values in setup order
	NameField         bool
	Filterable        bool
	Sortable          bool
	Groupable         bool
	Aggregatable      bool
	CaseSensitive     bool
	Nillable          bool
	Calculated        bool
	AutoNumber        bool
	Unique            bool
	ExternalID        bool
	IDLookup          bool
	HTMLFormatted     bool
	Polymorphic       bool
	Restricted        bool // picklist that takes only its own values
	Custom            bool
	Createable        bool
	Updateable        bool
	DefaultedOnCreate bool
	Permissionable    bool
	Default           string // picklist value of new records

	given  *describeField    // of loaded objects
	labels map[string]string // of picklist values, where they differ

	make    makeFunc // nil for compounds, whose parts are other columns
	nulls   int      // rows in a hundred that hold null, where Nillable
	follows []string // fields whose writing computes this one anew, by make or by written
	written makeFunc
}

// makeFunc makes the value of one cell: nil, string, bool, float64, recordID,
// or int64 for whole numbers, days since 1970-01-01 of dates, milliseconds of
// datetimes and times.
type makeFunc func(c *cell) any

// newField returns a field with the flags that Salesforce gives most fields of
// its type.
func newField(name, kind string) Field {
	f := Field{
		Name: name, Label: labelOf(name), Type: kind, Custom: strings.HasSuffix(name, "__c"),
		Nillable: true, Createable: true, Updateable: true, Permissionable: true, nulls: 15,
	}
	switch kind {
	case "id", "reference", "string", "picklist", "phone", "email", "url", "int", "long", "date":
		f.flags("FSGA")
	case "double", "currency", "percent", "datetime", "combobox":
		f.flags("FSA")
	case "boolean":
		f.flags("FSG")
	case "time":
		f.flags("FS")
	case "multipicklist", "address", "location":
		f.flags("F")
	}
	return f
}

// flags sets the four flags of a query: F for filterable, S, G and A.
func (f *Field) flags(set string) {
	f.Filterable = strings.Contains(set, "F")
	f.Sortable = strings.Contains(set, "S")
	f.Groupable = strings.Contains(set, "G")
	f.Aggregatable = strings.Contains(set, "A")
}

func labelOf(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(name, "__c"), "__s")
	name = strings.ReplaceAll(name, "__", " ")
	if rest, ok := strings.CutSuffix(name, "Id"); ok && rest != "" {
		name = rest + "ID"
	}
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ReplaceAll(b.String(), "_", " ")
}

// The constructors below take what differs from field to field; the methods
// after them return changed copies.

func idField() Field {
	f := newField("Id", "id")
	f.Label, f.Length, f.IDLookup = "Record ID", 18, true
	return f.system()
}

func text(name string, length int) Field {
	f := newField(name, "string")
	f.Length = length
	return f.by(someText)
}

// serial is a name that counts, such as a case's number.
func serial(name string, first int) Field {
	f := text(name, 30).with("FSA").asName().system()
	f.AutoNumber, f.IDLookup = true, true
	return f.by(func(c *cell) any { return fmt.Sprintf("%08d", first+c.row) })
}

func area(name string, length int) Field {
	f := newField(name, "textarea")
	f.Length, f.ExtraTypeInfo = length, "plaintextarea"
	if length <= 255 {
		f.flags("FSGA")
		return f.by(someText)
	}
	return f.by(longText)
}

func phone(name string) Field {
	f := newField(name, "phone")
	f.Length = 40
	return f.by(somePhone)
}

func email(name string) Field {
	f := newField(name, "email")
	f.Length, f.IDLookup = 80, true
	return f.by(someEmail)
}

func link(name string) Field {
	f := newField(name, "url")
	f.Length = 255
	return f.by(someURL)
}

func pick(name string, values ...string) Field {
	f := newField(name, "picklist")
	f.Length, f.Picklist = 255, values
	return f.by(somePick)
}

func multi(name string, values ...string) Field {
	f := newField(name, "multipicklist")
	f.Length, f.Picklist = 4099, values
	return f.by(someChoice)
}

func boolean(name string) Field {
	f := newField(name, "boolean")
	f.Nillable, f.DefaultedOnCreate = false, true
	return f.by(someBool)
}

func whole(name string, limit int64) Field {
	f := newField(name, "int")
	f.Digits = 8
	return f.by(intBelow(limit))
}

func number(name, kind string, precision, scale int) Field {
	f := newField(name, kind)
	f.Precision, f.Scale = precision, scale
	return f.by(someNumber)
}

func date(name string) Field     { return newField(name, "date").by(someDate) }
func datetime(name string) Field { return newField(name, "datetime").by(someInstant) }

func clock(name string) Field { return newField(name, "time").by(someClock) }

// ref is a lookup to one object, or to several.
func ref(name string, targets ...string) Field {
	f := newField(name, "reference")
	f.Length, f.ReferenceTo = 18, targets
	f.Polymorphic = len(targets) > 1
	switch {
	case strings.HasSuffix(name, "__c"):
		f.RelationshipName = strings.TrimSuffix(name, "c") + "r"
	case strings.HasSuffix(name, "Id"):
		f.RelationshipName = strings.TrimSuffix(name, "Id")
	}
	return f.by(someRecord)
}

func compound(name, kind string) Field {
	f := newField(name, kind)
	f.Createable, f.Updateable = false, false
	return f
}

func (f Field) by(m makeFunc) Field { f.make = m; return f }

// with changes the flags of a query.
func (f Field) with(flags string) Field { f.flags(flags); return f }

func (f Field) required() Field {
	f.Nillable, f.Permissionable = false, false
	return f
}

func (f Field) sparse(nullsInHundred int) Field { f.nulls = nullsInHundred; return f }

// unused is null in every row.
func (f Field) unused() Field { return f.by(func(*cell) any { return nil }) }

func (f Field) readOnly() Field {
	f.Createable, f.Updateable, f.Permissionable = false, false, false
	return f
}

// system marks what Salesforce sets itself.
func (f Field) system() Field {
	f = f.required().readOnly()
	f.DefaultedOnCreate = true
	return f
}

func (f Field) asName() Field { f.NameField = true; return f.required() }

func (f Field) part(of string) Field { f.CompoundFieldName = of; return f }

func (f Field) formula(m makeFunc) Field {
	f = f.readOnly().by(m)
	f.Calculated, f.Groupable = true, false
	return f
}

// after makes the field follow others when records are written.
func (f Field) after(fields ...string) Field { f.follows = fields; return f }

// writtenBy computes the field of written records otherwise than make does.
func (f Field) writtenBy(m makeFunc) Field { f.written = m; return f }

// labelled gives picklist values labels other than themselves.
func (f Field) labelled(labels map[string]string) Field { f.labels = labels; return f }

// defaulted gives new records a value.
func (f Field) defaulted(value string) Field {
	f.Default, f.DefaultedOnCreate = value, true
	return f
}

func (f Field) restricted() Field { f.Restricted = true; return f }

func (f Field) length(n int) Field { f.Length = n; return f }

func (f Field) info(extra string) Field { f.ExtraTypeInfo = extra; return f }

// autoNumber is a name field that counts: CASE-00000001.
func autoNumber(name, format string) Field {
	f := text(name, 80).with("FSA").system()
	f.AutoNumber, f.IDLookup = true, true
	return f.by(func(c *cell) any { return fmt.Sprintf(format, c.row+1) })
}

// audit are the fields that nearly every object ends with.
func audit() []Field {
	return []Field{
		datetime("CreatedDate").system().by(createdDate),
		ref("CreatedById", "User").system(),
		datetime("LastModifiedDate").system().by(modifiedDate),
		ref("LastModifiedById", "User").system(),
		datetime("SystemModstamp").system().by(systemModstamp),
	}
}

// activity are the fields of objects that people look at.
func activity() []Field {
	return []Field{
		date("LastActivityDate").readOnly().sparse(40),
		datetime("LastViewedDate").readOnly().sparse(70),
		datetime("LastReferencedDate").readOnly().sparse(70),
	}
}

// address are the parts of an address and their compound. Some records have no
// part of it, so that the compound is null.
func address(prefix string) []Field {
	whole := prefix + "Address"
	part := func(f Field) Field {
		made := f.make
		return f.part(whole).by(func(c *cell) any {
			if mix(c.t.org.seed^hashName(whole)^uint64(c.row))%9 == 0 {
				return nil
			}
			return made(c)
		})
	}
	return []Field{
		part(area(prefix+"Street", 255).by(someStreet)),
		part(text(prefix+"City", 40).by(someCity)),
		part(text(prefix+"State", 80).by(someState)),
		part(text(prefix+"PostalCode", 20).by(somePostalCode)),
		part(text(prefix+"Country", 80).by(someCountry)),
		part(number(prefix+"Latitude", "double", 18, 15).by(someLatitude).sparse(60)),
		part(number(prefix+"Longitude", "double", 18, 15).by(someLongitude).sparse(60)),
		part(pick(prefix+"GeocodeAccuracy", "Address", "NearAddress", "Block", "Street", "ExtendedZip",
			"Zip", "Neighborhood", "City", "County", "State", "Unknown").length(40).restricted().sparse(60)),
		compound(whole, "address"),
	}
}

// newObject puts an object together and completes what its fields imply.
func newObject(name, prefix string, rows int, parts ...[]Field) *Object {
	o := &Object{
		Name: name, Label: labelOf(name), LabelPlural: plural(labelOf(name)), KeyPrefix: prefix,
		Custom: strings.HasSuffix(name, "__c"), Queryable: true, rows: rows,
		byName: map[string]int{}, byLink: map[string]int{},
	}
	for _, part := range parts {
		o.Fields = append(o.Fields, part...)
	}
	for i := range o.Fields {
		f := &o.Fields[i]
		if f.Type == "textarea" && f.Length > 255 {
			f.flags("")
		}
		o.byName[strings.ToLower(f.Name)] = i
		if f.RelationshipName != "" {
			o.byLink[strings.ToLower(f.RelationshipName)] = i
		}
	}
	return o
}

func plural(label string) string {
	if rest, ok := strings.CutSuffix(label, "y"); ok {
		return rest + "ies"
	}
	return label + "s"
}

// big makes the object grow with the org's scale.
func (o *Object) big() *Object { o.scales = true; return o }

// of makes the object a satellite of another.
func (o *Object) of(parent, kind string) *Object {
	o.parent, o.satellite = parent, kind
	return o
}

// hidden is listed by the global describe but cannot be queried.
func (o *Object) hidden() *Object { o.Queryable = false; return o }

// field finds a field by its name in any case.
func (o *Object) field(name string) (int, bool) {
	i, ok := o.byName[strings.ToLower(name)]
	return i, ok
}

// has reports whether the object tells deleted rows from others.
func (o *Object) has(name string) bool { _, ok := o.field(name); return ok }
