package soql

import (
	"slices"
	"strings"
)

// FunctionKind says where a function may stand.
type FunctionKind uint8

// The kinds of functions.
const (
	Aggregate  FunctionKind = iota // SELECT, HAVING and ORDER BY, over a field
	DateFunc                       // everywhere, over a field or a Conversion of one
	Conversion                     // only inside a DateFunc
	Display                        // another form of a field's value, see the table below
	Distance                       // SELECT, WHERE and ORDER BY, from a field to a Location
	Location                       // only inside a Distance
	Subtotal                       // SELECT, HAVING and ORDER BY, over a field of ROLLUP or CUBE
)

// Function describes a function that a Call names.
type Function struct {
	Name string // canonical spelling
	Kind FunctionKind
}

// Functions holds every function that a Call may name, by its name in
// capitals. It is for reading only.
var Functions = functionTable()

func functionTable() map[string]Function {
	table := map[string]Function{}
	add := func(kind FunctionKind, names string) {
		for _, name := range strings.Fields(names) {
			table[strings.ToUpper(name)] = Function{Name: name, Kind: kind}
		}
	}
	add(Aggregate, "COUNT COUNT_DISTINCT MIN MAX SUM AVG")
	add(DateFunc, "CALENDAR_MONTH CALENDAR_QUARTER CALENDAR_YEAR DAY_IN_MONTH DAY_IN_WEEK DAY_IN_YEAR DAY_ONLY "+
		"FISCAL_MONTH FISCAL_QUARTER FISCAL_YEAR HOUR_IN_DAY WEEK_IN_MONTH WEEK_IN_YEAR")
	add(Conversion, "convertTimezone")
	add(Display, "toLabel convertCurrency FORMAT")
	add(Distance, "DISTANCE")
	add(Location, "GEOLOCATION")
	add(Subtotal, "GROUPING")
	return table
}

// standsIn tells for the kinds that are not free to stand everywhere which
// clauses take them. FORMAT and toLabel differ from their kind, see allows.
var standsIn = map[FunctionKind][]place{
	Aggregate: {inSelect, inHaving, inOrderBy},
	Display:   {inSelect, inWhere, inHaving, inOrderBy},
	Distance:  {inSelect, inWhere, inOrderBy},
	Subtotal:  {inSelect, inHaving, inOrderBy},
}

// allows reports whether the function may stand in a clause.
func (f Function) allows(where place) bool {
	switch f.Name {
	case "FORMAT":
		return where == inSelect
	case "toLabel":
		return where == inSelect || where == inWhere
	}
	places, bound := standsIn[f.Kind]
	return !bound || slices.Contains(places, where)
}

// LookupFunction finds a function by its name in any case.
func LookupFunction(name string) (Function, bool) {
	f, ok := Functions[strings.ToUpper(name)]
	return f, ok
}

// IsAggregate reports whether the call is an aggregate such as MAX.
func (c *Call) IsAggregate() bool { return c.isA(Aggregate) }

func (c *Call) isA(kind FunctionKind) bool {
	f, ok := LookupFunction(c.Name)
	return ok && f.Kind == kind
}
