package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// includes reports whether a multi-select picklist has all values of one of
// the lists, each joined by semicolons. Values compare byte by byte.
func includes(name string, args []Value, yes int64) (Value, error) {
	if len(args) < 2 {
		return Value{}, fmt.Errorf("%s takes a picklist and at least one list of values, such as 'a;b'", name)
	}
	if args[0].Null() || slices.ContainsFunc(args[1:], Value.Null) {
		return Value{}, nil
	}
	chosen := strings.Split(args[0].Text, ";")
	found := slices.ContainsFunc(args[1:], func(list Value) bool {
		for value := range strings.SplitSeq(list.Text, ";") {
			if !slices.Contains(chosen, value) {
				return false
			}
		}
		return true
	})
	return truthValue(found == (yes == 1)), nil
}

// holdsIncludes classifies `includes(column, 'a;b', …) op value` and excludes.
// Whether Salesforce folds the case of the values is not documented, so
// INCLUDES brings more and EXCLUDES could bring less.
func (r Rules) holdsIncludes(call Operand, op Op, v Value) Verdict {
	if len(call.Args) < 2 || call.Args[0].Kind != ColumnOperand {
		return refused("the function's arguments are no column and values")
	}
	c := &r.Table.Columns[call.Args[0].Column]
	if c.Field.Type != "multipicklist" || !c.Field.Filterable || c.Field.Calculated {
		return refused("INCLUDES is for multi-select picklists")
	}
	in := &soql.Includes{Left: fieldOf(c)}
	for _, o := range call.Args[1:] {
		list, known := r.value(o)
		switch {
		case !known:
			return later()
		case list.Null():
			return noRow("the function is NULL")
		}
		for value := range strings.SplitSeq(list.Text, ";") {
			if value == "" {
				return refused("the list has an empty value")
			}
			if reason := r.unfitText(Value{Kind: list.Kind, Text: value}, true); reason != "" {
				return refused("a value of the list: " + reason)
			}
		}
		in.Values = append(in.Values, soql.String(list.Text))
	}
	one := superset(in, "SQLite compares the values byte by byte")
	zero := superset(notNull(c), "SQLite compares the values byte by byte")
	if call.Text == "excludes" {
		one, zero = zero, one
	}
	return flag(c, op, v, one, zero)
}
