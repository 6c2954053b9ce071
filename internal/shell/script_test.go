package shell

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitScriptCutsWhereStatementsEnd(t *testing.T) {
	trigger := "CREATE TEMP TRIGGER t AFTER INSERT ON x BEGIN INSERT INTO y VALUES(';'); DELETE FROM z; END"
	for _, c := range []struct {
		name, script string
		want         []string
	}{
		{"nothing", "", nil},
		{"comments only", " -- a;\n/* b; */ ;;\n", nil},
		{"no semicolon at the end", "SELECT 1", []string{"SELECT 1"}},
		{"two", "SELECT 1; SELECT 2;", []string{"SELECT 1", "SELECT 2"}},
		{"in a string", "SELECT 'a;''b;';SELECT 2", []string{"SELECT 'a;''b;'", "SELECT 2"}},
		{"in quoted names", "SELECT \";\", `;`, [;];SELECT 2", []string{"SELECT \";\", `;`, [;]", "SELECT 2"}},
		{"in comments", "SELECT 1 -- ;\n+ /* ; */ 2;SELECT 2", []string{"SELECT 1 -- ;\n+ /* ; */ 2", "SELECT 2"}},
		{"a minus is no comment", "SELECT 1-1;SELECT 2", []string{"SELECT 1-1", "SELECT 2"}},
		{"a backslash escapes nothing", `SELECT '\';SELECT 2`, []string{`SELECT '\'`, "SELECT 2"}},
		{"an open string", "SELECT 'a; b", []string{"SELECT 'a; b"}},
		{"an open comment", "SELECT 1 /* a; b", []string{"SELECT 1 /* a; b"}},
		{"a trigger", trigger + "; SELECT 1", []string{trigger, "SELECT 1"}},
		{"an explained trigger", "EXPLAIN QUERY PLAN " + trigger + ";SELECT 1", []string{"EXPLAIN QUERY PLAN " + trigger, "SELECT 1"}},
		{"a trigger without END", "CREATE TRIGGER t BEGIN SELECT 1; SELECT 2;", []string{"CREATE TRIGGER t BEGIN SELECT 1; SELECT 2;"}},
		{"CASE … END in a trigger", "CREATE TRIGGER t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END; SELECT 1", []string{
			"CREATE TRIGGER t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END", "SELECT 1",
		}},
		{"trigger as a name", "CREATE TABLE trigger_log(a); SELECT 1", []string{"CREATE TABLE trigger_log(a)", "SELECT 1"}},
		{"END of a transaction", "BEGIN; SELECT 1; END; SELECT 2", []string{"BEGIN", "SELECT 1", "END", "SELECT 2"}},
		{"words in other scripts", "SELECT 1 AS größe;SELECT '日;本'", []string{"SELECT 1 AS größe", "SELECT '日;本'"}},
		{"commands", ".mode csv\n  .tables a;b\nSELECT 1; .x\n.quit", []string{".mode csv", ".tables a;b", "SELECT 1", ".x\n.quit"}},
		{"a command of psql's", "\\d Account\nSELECT\n.5;", []string{"\\d Account", "SELECT\n.5"}},
		{"a command after a comment", "-- a\n.tables\n/* b */ .x;", []string{".tables", ".x"}},
		{"a comment before", "-- about\nSELECT 1;", []string{"SELECT 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, s := range Split(c.script) {
				got = append(got, s.Text)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestSplitScriptTellsTheLine(t *testing.T) {
	got := Split("SELECT 1;\n\n-- two\nSELECT\n2; SELECT 'a\nb';\n  SELECT 4")
	var lines []int
	for _, s := range got {
		lines = append(lines, s.Line)
	}
	if want := []int{1, 4, 5, 7}; !slices.Equal(lines, want) {
		t.Errorf("lines %v, want %v", lines, want)
	}
}

// Whatever the script, its statements stand in it in order, and only white
// space, comments and semicolons stand between them.
func FuzzSplitScript(f *testing.F) {
	for _, seed := range []string{
		"SELECT 1; SELECT ';' -- ;\n; /* ; */", "CREATE TRIGGER a BEGIN SELECT 1; END; x", "'", "[;];`;`", "-", "/*", ";END;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		rest := script
		for _, s := range Split(script) {
			before, after, ok := strings.Cut(rest, s.Text)
			if !ok || s.Text == "" {
				t.Fatalf("statement %q does not stand in %q", s.Text, rest)
			}
			if len(Split(before)) != 0 {
				t.Fatalf("%q is lost before %q", before, s.Text)
			}
			rest = after
		}
		if len(Split(rest)) != 0 {
			t.Fatalf("%q is lost at the end", rest)
		}
	})
}
