package soql

import "strings"

// FunctionKind says where a function may stand.
type FunctionKind uint8

// The kinds of functions.
const (
	Aggregate  FunctionKind = iota // SELECT, HAVING and ORDER BY, over a field
	DateFunc                       // everywhere, over a field or a Conversion of one
	Conversion                     // only inside a DateFunc
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
	return table
}

// notReadYet holds the functions of SOQL that Parse refuses as unsupported, by
// their names in capitals.
var notReadYet = map[string]string{
	"FIELDS":          "FIELDS()",
	"TOLABEL":         "toLabel()",
	"FORMAT":          "FORMAT()",
	"CONVERTCURRENCY": "convertCurrency()",
	"DISTANCE":        "DISTANCE()",
	"GEOLOCATION":     "GEOLOCATION()",
	"GROUPING":        "GROUPING()",
	"ROLLUP":          "GROUP BY ROLLUP",
	"CUBE":            "GROUP BY CUBE",
}

// LookupFunction finds a function by its name in any case.
func LookupFunction(name string) (Function, bool) {
	f, ok := Functions[strings.ToUpper(name)]
	return f, ok
}

// IsAggregate reports whether the call is an aggregate such as MAX.
func (c *Call) IsAggregate() bool {
	f, ok := LookupFunction(c.Name)
	return ok && f.Kind == Aggregate
}
