package planner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// matrixOps are shown in this order; operators with the same row share it.
var matrixOps = []Op{OpEQ, OpIS, OpNE, OpISNOT, OpLT, OpLE, OpGT, OpGE, OpISNULL, OpNOTNULL, OpLIKE, OpGLOB, OpOther}

// fitting is a text that could be a value of the column.
func fitting(c *Column) string {
	switch c.Field.Type {
	case "id", "reference":
		return "001A0000004bcDEIAY"
	case "date", "datetime":
		return "2024-02-29"
	case "boolean":
		return "1"
	case "int", "long", "double", "currency", "percent":
		return "12.5"
	}
	return "Acme"
}

// TestMatrix shows the class of every kind of field under every operator and
// kind of value. The collations that matter to a column are named; the golden
// file says of each field what the marks mean.
func TestMatrix(t *testing.T) {
	r := rulesFor("en_US")
	seen := map[string]bool{}
	datadriven.RunTest(t, "testdata/matrix", func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		for _, word := range strings.Fields(d.Input) {
			name, collation, ok := strings.Cut(word, ":")
			col := column(t, r.Table, name)
			if seen[word] = true; !ok {
				collation = r.Table.Columns[col].Collation
			}
			fmt.Fprintf(&out, "%s %s COLLATE %s\n", name, r.Table.Columns[col].Field.Type, collation)
			matrixOf(t, &out, r, col, collation)
		}
		return out.String()
	})
	for i := range r.Table.Columns {
		if name := r.Table.Columns[i].Field.Name; !seen[name] {
			t.Errorf("the matrix leaves %s out", name)
		}
	}
}

func matrixOf(t *testing.T, out *strings.Builder, r Rules, col int, collation string) {
	var names []string
	last := ""
	flush := func() {
		if len(names) > 0 {
			fmt.Fprintf(out, "  %s  %s\n", last, strings.Join(names, ", "))
		}
		names = nil
	}
	for _, op := range matrixOps {
		row := ""
		for _, v := range []Value{null(), integer(7), real(7), real(7.5), text(fitting(&r.Table.Columns[col])), text("no such"), blob("Acme")} {
			row += mark(t, r, col, op, v, collation)
		}
		if row != last {
			flush()
			last = row
		}
		names = append(names, op.String())
	}
	flush()
}

// mark returns one letter for a verdict, and checks what holds for all.
func mark(t *testing.T, r Rules, col int, op Op, v Value, collation string) string {
	t.Helper()
	got := r.Compare(col, op, v, collation)
	parseWhere(t, got)
	if got.Class != Exact && got.Reason == "" {
		t.Errorf("%s %s %s is %s without a reason", r.Table.Columns[col].Field.Name, op, v, got.Class)
	}
	if r.Static(col, op, collation) != "" && got.Class != Refused {
		// IS NULL in the guise of IS has rules of its own.
		if !v.Null() || op != OpIS && op != OpISNOT {
			t.Errorf("%s %s %s is %s although no value could be sent", r.Table.Columns[col].Field.Name, op, v, got.Class)
		}
	}
	switch {
	case got.Class == Refused:
		return "-"
	case got.Empty:
		return "0"
	case got.Expr == nil:
		return "*"
	case got.Class == Superset:
		return "s"
	}
	return "x"
}

// With pushdown off nothing is sent, whatever it is.
func TestOffRefusesEverything(t *testing.T) {
	r := rulesFor("en_US")
	r.Off = true
	for col := range r.Table.Columns {
		c := &r.Table.Columns[col]
		for _, op := range matrixOps {
			for _, v := range []Value{null(), integer(7), text(fitting(c))} {
				if got := r.Compare(col, op, v, c.Collation); got.Class != Refused || got.Reason != "pushdown is off" {
					t.Errorf("%s %s %s: %s", c.Field.Name, op, v, show(got))
				}
			}
		}
		if got := r.CanOrder(OrderKey{Column: col}); got != "pushdown is off" {
			t.Errorf("ORDER BY %s: %q", c.Field.Name, got)
		}
	}
}
