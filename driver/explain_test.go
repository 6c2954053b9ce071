package driver_test

import (
	"database/sql"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/sfsql/sfsql/emulator"
)

// TestExplainGolden shows the rows of EXPLAIN SOQL over the built-in org, one a
// line, with bars between the columns. Arguments of a case: dsn=WORDS. What
// docs/explain.md prints bold is what notes say, and each must stand in a case.
func TestExplainGolden(t *testing.T) {
	s := emulator.New(emulator.WithPageSize(2000))
	t.Cleanup(s.Close)
	var said strings.Builder
	datadriven.Walk(t, "testdata/explain", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd != "explain" {
				d.Fatalf(t, "unknown directive %s", d.Cmd)
			}
			var words string
			d.MaybeScanArgs(t, "dsn", &words)
			db, err := sql.Open("salesforce", dsn(s, words))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			db.SetMaxOpenConns(1)
			must(t, db, "CREATE TABLE few AS SELECT Id AS id FROM Account ORDER BY Id LIMIT 3")
			out := strings.Join(must(t, db, "EXPLAIN SOQL "+d.Input), "\n") + "\n"
			out = strings.ReplaceAll(out, "<nil>", "")
			said.WriteString(out)
			return out
		})
	})
	docs, err := os.ReadFile("../docs/explain.md")
	if err != nil {
		t.Fatal(err)
	}
	notes := regexp.MustCompile(`(?s)\*\*(.+?)\*\*`).FindAllStringSubmatch(string(docs), -1)
	if len(notes) < 8 {
		t.Errorf("docs/explain.md has %d notes", len(notes))
	}
	for _, n := range notes {
		if note := strings.Join(strings.Fields(n[1]), " "); !strings.Contains(said.String(), note) {
			t.Errorf("no case shows what docs/explain.md says: %s", note)
		}
	}
}
