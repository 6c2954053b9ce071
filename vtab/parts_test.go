package vtab

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/internal/planner"
)

// A list too long for one statement goes as several, and no row comes twice:
// Salesforce calls Ärger and ärger equal, so both parts bring both. SQLite
// hands lists over in order; the words begin with Ö so that they lie between.
func TestLongListsAreSplit(t *testing.T) {
	o := newOrg()
	plain := ordinary(t, o)
	unknown := func(cfg *Config) { cfg.Rows = nil }
	c := connect(t, o, unknown)
	for _, conn := range []*Conn{c, plain} {
		exec(t, conn, "CREATE TABLE ids (x)")
		exec(t, conn, "CREATE TABLE words (x)")
		exec(t, conn, "CREATE TABLE numbers (x)")
		exec(t, conn, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) INSERT INTO ids SELECT printf('001000000%06dAAA', i * 2) FROM n")
		exec(t, conn, "INSERT INTO ids VALUES ('001000000000002'), ('001000000000004')")
		exec(t, conn, "INSERT INTO words VALUES ('Ärger'), ('acme')")
		exec(t, conn, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) INSERT INTO words SELECT printf('Öl %d', i) FROM n")
		exec(t, conn, "INSERT INTO words VALUES ('ärger'), ('ACME'), ('zebra')")
		exec(t, conn, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO numbers SELECT i - 10000 FROM n")
	}
	for sql, parts := range map[string]int{
		"SELECT Id FROM Account WHERE Id IN (SELECT x FROM ids)":                            3,
		"SELECT Id, Name FROM Account WHERE Name IN (SELECT x FROM words)":                  2,
		"SELECT Id, Name FROM Account WHERE Name COLLATE BINARY IN (SELECT x FROM words)":   2,
		"SELECT Id FROM Account WHERE Employees IN (SELECT x FROM numbers) AND Revenue > 1": 2,
		"SELECT Id FROM Account WHERE Id IN (SELECT x FROM ids) ORDER BY Id":                1,
		"SELECT Id FROM Account WHERE Id IN (SELECT x FROM ids) LIMIT 100":                  3,
	} {
		o.asked = nil
		got, want := mustQuery(t, c, sql), mustQuery(t, plain, sql)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d rows %q, want %d %q", sql, len(got), got, len(want), want)
		}
		if len(o.asked) != parts {
			t.Errorf("%s: %d calls, want %d", sql, len(o.asked), parts)
		}
		for _, q := range o.asked {
			if len(q) > 100_000 {
				t.Errorf("%s: a statement of %d characters", sql, len(q))
			}
		}
	}
	small := connect(t, o) // knows that one call reads the whole table
	exec(t, small, "CREATE TABLE ids (x)")
	exec(t, small, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) INSERT INTO ids SELECT printf('001000000%06dAAA', i * 2) FROM n")
	o.asked = nil
	if mustQuery(t, small, "SELECT Id FROM Account WHERE Id IN (SELECT x FROM ids)"); len(o.asked) != 1 || strings.Contains(o.asked[0], "WHERE") {
		t.Errorf("a small table is read in parts: %.80q", o.asked)
	}
	off := connect(t, o, unknown, func(cfg *Config) { cfg.Without, _ = planner.ParseRules("split") })
	exec(t, off, "CREATE TABLE ids AS SELECT 'x' AS x")
	for i := range 3 {
		exec(t, off, fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO ids SELECT printf('001000000%%06dAAA', i * 3 + %d) FROM n", i))
	}
	o.asked = nil
	if rows := mustQuery(t, off, "SELECT Id FROM Account WHERE Id IN (SELECT x FROM ids)"); len(o.asked) != 1 || len(rows) != 40 {
		t.Errorf("with the rule off %d rows in %d calls", len(rows), len(o.asked))
	}
}
