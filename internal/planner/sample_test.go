package planner

import (
	"strings"
	"testing"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/soql"
)

// A value that comes later is sampled by a literal that Salesforce takes for
// the field, and the query that people see keeps its name.
func TestSample(t *testing.T) {
	var fields []catalog.Field
	kinds := map[string]string{
		"id": "'001000000000000'", "reference": "'000000000000000'", "string": "'a'", "picklist": "'a'", "boolean": "TRUE", "int": "1",
		"double": "1", "date": "2024-01-01", "datetime": "2024-01-01T00:00:00Z", "time": "00:00:00.000Z",
	}
	for kind := range kinds {
		fields = append(fields, field("F"+kind, kind))
	}
	obj := object("Account", fields...)
	obj.KeyPrefix = "001"
	r := Rules{Table: NewTable(obj, TableOptions{})}
	for kind, want := range kinds {
		i := r.Table.Column("F" + kind)
		if i < 0 {
			t.Fatalf("no column of type %s", kind)
		}
		for text, term := range map[string]Term{
			"=" + want:          {Column: i, Op: OpEQ, Arg: 1},
			" IN(" + want + ")": {Column: i, Op: OpEQ, Arg: 1, In: true},
		} {
			e := r.Explain(&Plan{Table: "Account", Terms: []Term{term}, Columns: []int{i}})
			before := e.Query.String()
			got, sampled := r.Sample(e.Query)
			q, err := soql.Parse(got)
			if err != nil {
				t.Errorf("%s: %v", got, err)
				continue
			}
			if got := q.Where.String(); got != "F"+kind+text || !sampled {
				t.Errorf("%s: %s, sampled is %v", kind, got, sampled)
			}
			if after := e.Query.String(); after != before {
				t.Errorf("%s became %s", before, after)
			}
		}
	}
	if _, sampled := r.Sample(&soql.Query{From: soql.From{Object: "Account"}}); sampled {
		t.Error("nothing was there to sample")
	}
	e := r.Explain(&Plan{Table: "Account", Terms: []Term{{Column: r.Table.Column("Fstring"), Op: OpLIKE, Arg: 1}}})
	if got, _ := r.Sample(e.Query); !strings.Contains(got, "LIKE 'a%'") {
		t.Errorf("a pattern is sampled by %s", got)
	}
}
