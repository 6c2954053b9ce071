package vtab

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestGolden runs the statements of testdata: each line of the output is a
// SOQL that was asked, in order, then stands what EXPLAIN says of each scan.
// The arguments of a case:
//
//	args=(5, x)      values of its parameters; whole numbers are numbers
//	expect-not=WORD  no SOQL may hold the word
//	large            the org says that its tables are, and the user sees everything
//	any-rows         the statement leaves the choice of rows open
//
// Every case must also answer as ordinary tables with the same records do.
func TestGolden(t *testing.T) {
	o := newOrg()
	plain := ordinary(t, o)
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd != "soql" {
				d.Fatalf(t, "unknown directive %s", d.Cmd)
			}
			c := connect(t, o, func(cfg *Config) {
				if d.HasArg("large") {
					seesAll(cfg)
					cfg.Rows = many(o)
				}
			})
			args := caseArgs(d)
			o.asked = nil
			rows, err := query(c, d.Input, args...)
			asked := slices.Clone(o.asked)
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			want, err := query(plain, d.Input, args...)
			if err != nil {
				d.Fatalf(t, "over ordinary tables: %v", err)
			}
			checkRows(t, d, rows, want)
			var words []string
			if d.MaybeScanArgs(t, "expect-not", &words) {
				for _, word := range words {
					if strings.Contains(strings.Join(asked, "\n"), word) {
						d.Fatalf(t, "%s was sent: %q", word, asked)
					}
				}
			}
			if len(asked) == 0 {
				asked = []string{"nothing is asked"}
			}
			return strings.Join(append(asked, explained(t, c, d.Input, args)...), "\n") + "\n"
		})
	})
}

func caseArgs(d *datadriven.TestData) []driver.NamedValue {
	arg, ok := d.Arg("args")
	if !ok {
		return nil
	}
	var values []any
	for _, s := range arg.Vals {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			values = append(values, n)
		} else if s == "null" {
			values = append(values, nil)
		} else {
			values = append(values, s)
		}
	}
	return parameters(values...)
}

// checkRows compares answers: in order where the statement orders, as sets
// where it does not.
func checkRows(t *testing.T, d *datadriven.TestData, got, want []string) {
	t.Helper()
	if d.HasArg("any-rows") {
		if len(got) != len(want) {
			d.Fatalf(t, "%d rows, ordinary tables have %d", len(got), len(want))
		}
		return
	}
	if !strings.Contains(d.Input, "ORDER BY") {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		d.Fatalf(t, "answers %q\nordinary tables answer %q", got, want)
	}
}

// explained shows what EXPLAIN QUERY PLAN holds of our scans.
func explained(t *testing.T, c *Conn, sql string, args []driver.NamedValue) []string {
	t.Helper()
	var out []string
	for _, line := range mustQuery(t, c, "EXPLAIN QUERY PLAN "+sql, args...) {
		_, encoded, ok := strings.Cut(line, "VIRTUAL TABLE INDEX 0:")
		if !ok {
			continue
		}
		e, ok := c.Explain(encoded)
		if !ok {
			t.Fatalf("no plan: %s", line)
		}
		head := fmt.Sprintf("-- %s: %d rows", e.Table, e.Rows)
		if e.Note != "" {
			head += "; " + e.Note
		}
		out = append(out, head)
		for _, term := range e.Terms {
			out = append(out, "--   "+term)
		}
	}
	return out
}
