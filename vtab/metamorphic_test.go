package vtab

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/internal/planner"
)

// TestAdviceThatSaysTooLittleChangesNothing runs statements under the advice of
// others that want more: with another branch at some OR, without a conjunct,
// for another number of rows, or with no advice at all.
func TestAdviceThatSaysTooLittleChangesNothing(t *testing.T) {
	o := newOrg()
	plain := ordinary(t, o)
	rnd := rand.New(rand.NewPCG(7, 11))
	leaves := []string{
		"Employees = 3", "Employees > 5", "NOT Active", "Active", "OwnerId = '005000000000001'", "OwnerId IS NULL", "Revenue <= 1",
		"Name = 'acme'", "lower(Name) = 'acme'", "Name GLOB 'A*'", "Founded >= '2010'", "date(Created) = '2024-01-05'",
		"strftime('%Y', Founded) = '2012'", "coalesce(Employees, 0) = 0", "Employees NOT IN (1, 2)", "Employees BETWEEN 2 AND 7", "Name LIKE 'a!%' ESCAPE '!'",
	}
	leaf := func() string { return leaves[rnd.IntN(len(leaves))] }
	selects := []string{
		"SELECT Id FROM Account WHERE %s", "SELECT Id, Employees FROM Account WHERE %s ORDER BY Id LIMIT 7",
		"SELECT count(*) FROM Account WHERE %s", "SELECT OwnerId, count(*) FROM Account WHERE %s GROUP BY OwnerId", "SELECT DISTINCT Active, Employees FROM Account WHERE %s",
		`SELECT o.Label, a.Id FROM "Order" o LEFT JOIN Account a ON a.Active = o.Total AND (%s)`,
	}
	differing := 0
	for range 1500 {
		form := selects[rnd.IntN(len(selects))]
		a, b, c := leaf(), leaf(), leaf()
		sql := fmt.Sprintf(form, fmt.Sprintf("(%s OR %s) AND %s", a, b, c))
		advice := fmt.Sprintf(form, []string{
			fmt.Sprintf("(%s OR %s OR %s) AND (%s OR %s)", a, b, leaf(), c, leaf()),
			fmt.Sprintf("(%s OR %s)", a, b),
			c,
			fmt.Sprintf("((%s OR %s) AND %s) OR %s", a, b, c, leaf()),
		}[rnd.IntN(4)])
		if rnd.IntN(2) == 0 {
			advice = strings.Replace(advice, "LIMIT 7", "LIMIT 3", 1)
		}
		analysis := planner.Analyze(advice)
		if rnd.IntN(10) == 0 {
			analysis = nil
		}
		want := mustQuery(t, plain, sql)
		got := adviseAndAsk(t, o, sql, analysis)
		if !strings.Contains(sql, "ORDER BY") {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s\nunder the advice of %s\nanswers %q\nwant %q\nasked %q", sql, advice, got, want, o.asked)
		}
		if strings.Contains(strings.Join(o.asked, " "), "WHERE") {
			differing++
		}
	}
	if differing < 1000 {
		t.Errorf("only %d of the statements were advised", differing)
	}
}

var shared struct {
	org  *org
	conn *Conn
}

// adviseAndAsk runs a statement under the advice of another one.
func adviseAndAsk(t *testing.T, o *org, sql string, advice *planner.Analysis) []string {
	t.Helper()
	return askUnder(t, connectOnce(t, o), o, sql, advice)
}

func askUnder(t *testing.T, conn *Conn, o *org, sql string, advice *planner.Analysis) []string {
	t.Helper()
	conn.Start(context.Background(), advice)
	o.asked = nil
	rows, err := conn.Engine().(driver.QueryerContext).QueryContext(context.Background(), sql, nil)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	got, err := linesOf(rows)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

// connectOnce keeps one connection for an org.
func connectOnce(t *testing.T, o *org) *Conn {
	if shared.org != o {
		shared.org, shared.conn = o, connect(t, o)
	}
	return shared.conn
}

// TestWhatIsMadeUpNeedsSQLitesWord has the text name a column less often than
// SQLite meets it: a value is wanted then, and not only whether there is one.
func TestWhatIsMadeUpNeedsSQLitesWord(t *testing.T) {
	o := newOrg()
	plain := ordinary(t, o)
	for _, test := range []struct{ sql, advice string }{
		{
			"SELECT count(Employees), sum(Employees) FROM Account WHERE Employees IS NOT NULL",
			"SELECT count(Employees) FROM Account WHERE Employees IS NOT NULL",
		},
		{
			"SELECT Active, count(Employees), max(Employees) FROM Account WHERE Employees IS NOT NULL GROUP BY Active",
			"SELECT Active, count(Employees) FROM Account WHERE Employees IS NOT NULL GROUP BY Active",
		},
		{
			"SELECT Active, min(Id) FROM Account GROUP BY Active HAVING count(Id) > 1",
			"SELECT Active, count(*) FROM Account GROUP BY Active HAVING count(Id) > 1",
		},
	} {
		got := adviseAndAsk(t, o, test.sql, planner.Analyze(test.advice))
		if want := mustQuery(t, plain, test.sql); !slices.Equal(got, want) {
			t.Errorf("%s\nunder the advice of %s\n got %q\nwant %q", test.sql, test.advice, got, want)
		}
	}
}
