package planner

import (
	"testing"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/soql"
)

// Values as SQLite hands them over.
func null() Value            { return Value{} }
func integer(n int64) Value  { return Value{Kind: IntValue, Int: n} }
func real(f float64) Value   { return Value{Kind: RealValue, Real: f} }
func text(s string) Value    { return Value{Kind: TextValue, Text: s} }
func blob(s string) Value    { return Value{Kind: BlobValue, Text: s} }
func known(v Value) *Value   { return &v }
func bound(v Value) Arg      { return Arg{Value: v} }
func listed(vs ...Value) Arg { return Arg{List: vs, IsIn: true} }

// field returns a field of which describe says yes to everything.
func field(name, kind string, more ...func(*catalog.Field)) catalog.Field {
	f := catalog.Field{Name: name, Type: kind, Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, Nillable: true}
	for _, m := range more {
		m(&f)
	}
	return f
}

func digits(precision, scale int) func(*catalog.Field) {
	return func(f *catalog.Field) { f.Precision, f.Scale = precision, scale }
}

func length(n int) func(*catalog.Field) { return func(f *catalog.Field) { f.Length = n } }
func calculated(f *catalog.Field)       { f.Calculated = true }
func caseSensitive(f *catalog.Field)    { f.CaseSensitive = true }
func unfilterable(f *catalog.Field)     { f.Filterable, f.Sortable = false, false }
func unsortable(f *catalog.Field)       { f.Sortable = false }
func nameField(f *catalog.Field)        { f.NameField = true }
func refersTo(objects ...string) func(*catalog.Field) {
	return func(f *catalog.Field) { f.ReferenceTo = objects }
}

func relation(name string) func(*catalog.Field) {
	return func(f *catalog.Field) { f.RelationshipName = name }
}

func object(name string, fields ...catalog.Field) *catalog.Object {
	return &catalog.Object{Summary: catalog.Summary{Name: name, Queryable: true}, Fields: fields}
}

// thing has a field of every type that describe knows.
func thing(more ...catalog.Field) *catalog.Object {
	fields := []catalog.Field{
		field("Id", "id"),
		field("Text", "string", length(255)),
		field("Exactly", "string", length(20), caseSensitive),
		field("Area", "textarea", length(255)),
		field("Long", "textarea", length(32000), unfilterable),
		field("Pick", "picklist", length(40), unsortable),
		field("Multi", "multipicklist", length(4099), unsortable),
		field("Combo", "combobox", length(255)),
		field("Phone", "phone", length(40)),
		field("Mail", "email", length(80)),
		field("Link", "url", length(255)),
		field("Secret", "encryptedstring", length(100)),
		field("Any", "anyType"),
		field("Flag", "boolean"),
		field("Int", "int", func(f *catalog.Field) { f.Digits = 9 }),
		field("Big", "long"),
		field("Small", "double", digits(15, 2)),
		field("Wide", "double", digits(18, 4)),
		field("Unsaid", "double"),
		field("Money", "currency", digits(12, 2)),
		field("Part", "percent", digits(5, 2)),
		field("Day", "date"),
		field("At", "datetime"),
		field("Clock", "time"),
		field("Parent", "reference", refersTo("Thing"), relation("Up")),
		field("Place", "location", unsortable),
		field("Addr", "address", unsortable),
		field("Json", "json", unsortable),
		field("Bytes", "base64", unfilterable),
		field("FText", "string", length(1300), calculated),
		field("FFlag", "boolean", calculated),
		field("FInt", "int", calculated),
		field("FReal", "double", digits(15, 2), calculated),
		field("FDay", "date", calculated),
		field("FAt", "datetime", calculated),
	}
	return object("Thing", append(fields, more...)...)
}

func rulesFor(locale string) Rules {
	return Rules{Table: NewTable(thing(), TableOptions{}), Locale: locale}
}

// column returns the index of a column that must exist.
func column(t testing.TB, table *Table, name string) int {
	t.Helper()
	i := table.Column(name)
	if i < 0 {
		t.Fatalf("%s has no column %s", table.Object.Name, name)
	}
	return i
}

// show writes a verdict as one line.
func show(v Verdict) string {
	reason := ""
	if v.Reason != "" {
		reason = " (" + v.Reason + ")"
	}
	switch {
	case v.Class == Refused:
		return "refused" + reason
	case v.Empty:
		return "no row" + reason
	case v.Expr == nil:
		return "every row" + reason
	}
	return v.Class.String() + " " + v.Expr.String() + reason
}

func parseWhere(t testing.TB, v Verdict) {
	t.Helper()
	if v.Expr == nil {
		return
	}
	if _, err := soql.Parse("SELECT Id FROM Thing WHERE " + v.Expr.String()); err != nil {
		t.Errorf("the rules made %s, which is no SOQL: %v", v.Expr, err)
	}
}
