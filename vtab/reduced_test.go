package vtab

import (
	"slices"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/internal/planner"
)

// More groups than an answer holds: the rows are read.
func TestTooManyGroupsAreReadAsRows(t *testing.T) {
	o := newOrg()
	for i := range planner.MaxGroups + 7 {
		r := account(40 + i)
		r["Employees"] = int64(i)
		o.records["Account"] = append(o.records["Account"], r)
	}
	plain := ordinary(t, o)
	for sql, calls := range map[string]int{
		"SELECT Employees, count(*) FROM Account GROUP BY Employees":                        2,
		"SELECT count(DISTINCT Employees), count(*) FROM Account":                           2,
		"SELECT Employees, count(*) FROM Account WHERE Employees < 1998 GROUP BY Employees": 1,
		"SELECT OwnerId, count(*) FROM Account GROUP BY OwnerId":                            1,
	} {
		c := connect(t, o)
		o.asked = nil
		got, want := mustQuery(t, c, sql), mustQuery(t, plain, sql)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d rows, want %d", sql, len(got), len(want))
		}
		if len(o.asked) != calls || !strings.Contains(o.asked[0], "GROUP BY") {
			t.Errorf("%s: asked %q", sql, o.asked)
		}
		if o.open != 0 {
			t.Errorf("%s: %d answers are left open", sql, o.open)
		}
	}
}

// An answer that does not know its size may be cut short.
func TestGroupsWithoutATotalAreReadAsRows(t *testing.T) {
	o := newOrg()
	o.noTotal = true
	c := connect(t, o)
	if got := mustQuery(t, c, "SELECT count(DISTINCT OwnerId) FROM Account"); got[0] != "3" || len(o.asked) != 2 {
		t.Errorf("%q, asked %q", got, o.asked)
	}
}

// Every answer may break, also the second of two.
func TestReducedScansFailWithTheirAnswers(t *testing.T) {
	for _, sql := range []string{
		"SELECT Employees, count(*) FROM Account GROUP BY Employees",
		"SELECT Id FROM Account WHERE NOT Active ORDER BY Id LIMIT 9",
		"SELECT min(Employees), max(Revenue) FROM Account",
	} {
		for at := range 3 {
			o := newOrg()
			o.failAt = at
			c := connect(t, o)
			got, err := query(c, sql)
			if failed := err != nil; !failed && !strings.Contains(strings.Join(o.asked, " "), "LIMIT 1") {
				t.Errorf("%s, broken at record %d: %q", sql, at, got)
			}
			if o.open != 0 {
				t.Errorf("%s: %d answers are left open", sql, o.open)
			}
		}
	}
}
