package planner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// Two tables whose columns overlap in Id, Text, Int, Day and Flag.
func analysisTables() map[string]*Table {
	return map[string]*Table{
		"thing": NewTable(thing(), TableOptions{}),
		"other": NewTable(object("Other", field("Id", "id"), field("Text", "string"), field("Int", "int"), field("ThingId", "reference"), field("Only", "int"), field("Flag", "boolean")), TableOptions{}),
	}
}

// TestAnalysis shows what of a text is advised to each of its tables, with
// the class that the rules give it. The directives:
//
//	filter                 the conditions of each table, and the SOQL they become
//	filter beside=SQL      with the text of a view
//	relations              references, edges and semi-joins
//	origins                what stands behind the columns of subqueries
func TestAnalysis(t *testing.T) {
	tables := analysisTables()
	datadriven.Walk(t, "testdata/analysis", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var beside []string
			if arg, ok := d.Arg("beside"); ok {
				beside = []string{strings.Join(arg.Vals, ",")}
			}
			a := Analyze(d.Input, beside...)
			switch d.Cmd {
			case "filter":
				return advised(a, tables["thing"]) + advised(a, tables["other"])
			case "relations":
				return related(a)
			case "origins":
				return originated(a)
			}
			d.Fatalf(t, "unknown directive %s", d.Cmd)
			return ""
		})
	})
}

func originated(a *Analysis) string {
	var out strings.Builder
	for _, o := range a.Passed() {
		fmt.Fprintf(&out, "%s(%s).%s", o.Ref.Name, o.Ref.Table, o.Column)
		if o.Sorted {
			out.WriteString(" sorted")
		}
		out.WriteString("\n")
	}
	return out.String()
}

func advised(a *Analysis, table *Table) string {
	var out strings.Builder
	conds, _ := a.Filter(table)
	for _, c := range conds {
		r := Rules{Table: table, Locale: "en_US"}
		fmt.Fprintf(&out, "%s: %s\n  %s\n", table.Object.Name, c.text(table), show(r.Holds(c, true)))
	}
	if out.Len() == 0 {
		return table.Object.Name + ": nothing\n"
	}
	return out.String()
}

func related(a *Analysis) string {
	var out strings.Builder
	for i, s := range a.Selects {
		fmt.Fprintf(&out, "%d:", i)
		for _, r := range s.Refs {
			fmt.Fprintf(&out, " %s", r.Name)
			if r.Name != r.Table {
				fmt.Fprintf(&out, "(%s)", r.Table)
			}
			if r.Left {
				out.WriteString("?")
			}
		}
		for _, e := range s.Edges {
			fmt.Fprintf(&out, "; %s=%s", strings.Join(e.A.parts(), "."), strings.Join(e.B.parts(), "."))
			if e.Left != nil {
				fmt.Fprintf(&out, " left %s", e.Left.Name)
			}
		}
		for _, semi := range s.Semis {
			out.WriteString(";")
			if !semi.Exists {
				out.WriteString(" " + strings.Join(semi.Column.parts(), "."))
			}
			if semi.Not {
				out.WriteString(" not")
			}
			if semi.Exists {
				out.WriteString(" exists")
			}
			for k, inner := range a.Selects {
				if inner == semi.Select {
					fmt.Fprintf(&out, " in %d", k)
				}
			}
		}
		out.WriteString("\n")
	}
	return out.String()
}

// SQLite offers of (a, b) < (1, 2) the first part as if it were all.
func TestScalarMeansNoRowValues(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT * FROM Account WHERE a <= 1 AND b IN (1, 2)":            true,
		"SELECT * FROM Account WHERE (a = 1) AND (b) OR c":              true,
		"SELECT * FROM Account WHERE max(a, b) = (c)":                   true,
		"SELECT * FROM Account WHERE a < (1)":                           true,
		"SELECT '(a, b) < (1, 2)' FROM Account -- (a, b) < (1, 2)":      true,
		"SELECT (a)->'x', (b)->>'y' FROM Account":                       true,
		"SELECT * FROM Account WHERE (a, b) < (1, 2)":                   false,
		"SELECT * FROM Account WHERE (a, b) >= (1, 2)":                  false,
		"SELECT * FROM Account WHERE (a, b) /* < */ <= (1, 2)":          false,
		"SELECT * FROM Account WHERE (a, b) IN (SELECT c, d FROM Lead)": false,
		"SELECT * FROM Account WHERE (a, b) not in (VALUES (1, 2))":     false,
		"SELECT * FROM Account WHERE (a, b) BETWEEN (1, 2) AND (3, 4)":  false,
		"SELECT * FROM Account WHERE (SELECT a, b) > (c, d)":            false,
		"SELECT * FROM Account WHERE a <= 'open":                        false,
	} {
		a := Analyze(sql)
		if a.Scalar() != want {
			t.Errorf("%s: %v, want %v", sql, a.Scalar(), want)
		}
		if Analyze(sql, "CREATE VIEW v AS SELECT 1").Scalar() {
			t.Errorf("%s: a view may hide anything", sql)
		}
	}
	if (*Analysis)(nil).Scalar() {
		t.Error("no analysis says something")
	}
}
