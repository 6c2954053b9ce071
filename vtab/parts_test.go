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

// A list too long for one statement becomes the sub-select that its values
// come from where that finds the same values, or where parts would cost more
// than they save.
func TestLongListsBecomeSubSelects(t *testing.T) {
	o := newOrg()
	for i := range 9000 {
		o.records["Contact"] = append(o.records["Contact"], record{
			"Id": recordID("003", 100+i), "Name": fmt.Sprintf("Person %d", i), "AccountId": recordID("001", 1000+i), "Score": int64(i % 7), "ReportsToId": nil,
		})
	}
	plain := ordinary(t, o)
	unknown := func(cfg *Config) { cfg.Rows = nil } // many parts may be worth it
	const whole = "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Score < 9)"
	const more = "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Score < 9 AND length(Name) > 8)"
	const sub = "Id IN(SELECT AccountId FROM Contact WHERE Score<9)"
	for _, tt := range []struct {
		name, sql string
		options   []func(*Config)
		calls     int
		says      string // each statement over Account
	}{
		{"whole", whole, []func(*Config){unknown}, 1, sub},
		{"whole, a small table", whole, nil, 1, sub},
		{"a filter that is not sent", more, []func(*Config){unknown}, 2, "Id IN('"},
		{"a filter that is not sent, a small table", more, nil, 1, sub},
		{"deleted records", whole, []func(*Config){unknown, func(cfg *Config) { cfg.Deleted = true }}, 2, "Id IN('"},
		{"the rule is off", whole, []func(*Config){func(cfg *Config) { cfg.Without, _ = planner.ParseRules("semi") }}, 1, "FROM Account"},
	} {
		c := connect(t, o, tt.options...)
		o.asked = nil
		got, want := mustQuery(t, c, tt.sql), mustQuery(t, plain, tt.sql)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s: %d rows, want %d", tt.name, len(got), len(want))
		}
		calls := 0
		for _, q := range o.asked {
			if !strings.Contains(q, "FROM Account") {
				continue
			}
			if calls++; !strings.Contains(q, tt.says) || len(q) > 100_000 {
				t.Errorf("%s: %d characters: %.120s", tt.name, len(q), q)
			}
		}
		if calls != tt.calls {
			t.Errorf("%s: %d calls for accounts, want %d", tt.name, calls, tt.calls)
		}
	}
}
