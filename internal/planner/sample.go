package planner

import (
	"strings"
	"time"

	"github.com/sfsql/sfsql/soql"
)

// Sample prints an explained query as Salesforce takes it: a literal of the
// field's type stands for each value that comes only when the scan starts.
// sampled reports whether there was one.
func (r Rules) Sample(q *soql.Query) (text string, sampled bool) {
	var undo []func()
	fill := func(left soql.Operand, value *soql.Literal, like bool) {
		f, ok := left.(*soql.Field)
		if !ok || !strings.HasPrefix(value.Text, ":") || value.Kind != soql.NumberLiteral {
			return
		}
		name := *value
		undo = append(undo, func() { *value = name })
		*value = r.sampleOf(f, like)
	}
	soql.Walk(q.Where, func(e soql.Expr) bool {
		switch e := e.(type) {
		case *soql.Comparison:
			fill(e.Left, &e.Value, e.Op == soql.LIKE)
		case *soql.In:
			for i := range e.Values {
				fill(e.Left, &e.Values[i], false)
			}
		}
		return true
	})
	text = q.String()
	for _, f := range undo {
		f()
	}
	return text, len(undo) > 0
}

// sampleDay is neither before all records of an org nor after them.
var sampleDay = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// sampleOf returns a literal of a field's type.
func (r Rules) sampleOf(f *soql.Field, like bool) soql.Literal {
	i := r.Table.Column(f.Path[len(f.Path)-1])
	if i < 0 || len(f.Path) > 1 {
		return soql.Null()
	}
	switch r.Table.Columns[i].Field.Type {
	case "id":
		return soql.String((r.Table.Object.KeyPrefix + "000000000000000")[:15])
	case "reference":
		return soql.String("000000000000000")
	case "boolean":
		return soql.Bool(true)
	case "int", "long", "double", "currency", "percent":
		return soql.Int(1)
	case "date":
		return soql.Date(sampleDay)
	case "datetime":
		return soql.Datetime(sampleDay)
	case "time":
		return soql.TimeOfDay(sampleDay)
	}
	if like {
		return soql.String("a%")
	}
	return soql.String("a")
}
