package vtab

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/internal/planner"
)

// TestMomentsLoseNoRow compares dates with date('now', …) where SQLite does not
// offer it, and looks at the clock later than the statement began, or, by a
// clock that was set, before: the advice is of date('now', …), and what runs has
// another time in its place.
func TestMomentsLoseNoRow(t *testing.T) {
	now := time.Now().UTC()
	o := datedOrg(now)
	plain := ordinary(t, o)
	rnd := rand.New(rand.NewPCG(3, 5))
	one := func(from ...string) string { return from[rnd.IntN(len(from))] }
	advised := 0
	const statements = 2500
	for range statements {
		call, format := "date", ""
		switch rnd.IntN(4) {
		case 0:
			call = "datetime"
		case 1:
			call, format = "strftime", one("'%Y'", "'%Y-%m'", "'%Y-%m-%d'", "'%F %T'")+", "
		}
		var modifiers strings.Builder
		for range rnd.IntN(4) {
			modifiers.WriteString(", " + one(
				"'start of day'", "'start of month'", "'start of year'", "'localtime'", "'utc'", "'utc', '-1 month'", "'localtime', '+3 months'", "'weekday 0'", "'weekday 5'",
				fmt.Sprintf("'%+d days'", rnd.IntN(60)-30), fmt.Sprintf("'%d day'", rnd.IntN(9)), fmt.Sprintf("'%+d months'", rnd.IntN(7)-3),
				fmt.Sprintf("'%+d year'", rnd.IntN(3)-1), fmt.Sprintf("'%+d hours'", rnd.IntN(90)-45), fmt.Sprintf("'%+d Minutes'", rnd.IntN(9000)-4500),
			))
		}
		left := one(
			"Founded", "Created", "date(Founded)", "date(Created)", "datetime(Created)", "strftime('%Y', Founded)",
			"strftime('%Y-%m', Created)", "substr(Created, 1, 10)", "substr(Founded, 1, 7)",
		)
		op := one("=", "<", "<=", ">", ">=", "IS", "==", "<>")
		condition := func(when string) string {
			moment := fmt.Sprintf("%s(%s%s%s)", call, format, when, modifiers.String())
			if strings.HasPrefix(call, "date") && modifiers.Len() == 0 && when == "'now'" {
				moment = map[string]string{"date": "CURRENT_DATE", "datetime": "CURRENT_TIMESTAMP"}[call]
			}
			return left + " " + op + " " + moment
		}
		form := one(
			"SELECT Id FROM Account WHERE %s OR Employees = 3", "SELECT Id FROM Account WHERE NOT (Active OR %s)",
			"SELECT count(*) FROM Account WHERE NOT (%s OR Employees = 3)", "SELECT Id FROM Account WHERE (%s OR OwnerId IS NULL) AND Employees < 9",
			"SELECT c.Id FROM Contact c JOIN Account a ON a.Id = c.AccountId WHERE a.%s", "SELECT Id FROM Account WHERE %s ORDER BY Id LIMIT 5",
			"SELECT max(Id) FROM Account WHERE %s OR Active IS NULL", "SELECT c.Id, a.Id FROM Contact c LEFT JOIN Account a ON a.Id = c.AccountId AND (%s OR Active)",
		)
		if strings.Contains(form, "a.%s") {
			left = strings.NewReplacer("Founded", "a.Founded", "Created", "a.Created").Replace(left)
			form = strings.Replace(form, "a.%s", "%s", 1)
		}
		looks := now.Add(time.Duration(rnd.Int64N(int64(7*24*time.Hour+21*time.Hour))) - 22*time.Hour)
		when := "'now'"
		if rnd.IntN(3) == 0 { // or a day that the text tells, such as the last of a month
			looks = time.Date(now.Year(), now.Month()-time.Month(rnd.IntN(12)), 1-rnd.IntN(4), rnd.IntN(24), 0, 0, 0, time.UTC)
			when = looks.Format("'2006-01-02 15:04:05.000'")
		}
		sql, advice := fmt.Sprintf(form, condition(looks.Format("'2006-01-02 15:04:05.000'"))), fmt.Sprintf(form, condition(when))
		got, want := adviseAndAsk(t, o, sql, planner.Analyze(advice).With(nil)), mustQuery(t, plain, sql)
		if !strings.Contains(sql, "ORDER BY") {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s\nunder the advice of %s\nanswers %q\nwant %q\nasked %q", sql, advice, got, want, o.asked)
		}
		asked := strings.Join(o.asked, " ")
		if strings.Contains(asked, "Founded>") || strings.Contains(asked, "Founded<") || strings.Contains(asked, "Created>") || strings.Contains(asked, "Created<") {
			advised++
		}
	}
	if advised < statements/3 {
		t.Errorf("only %d of %d statements asked for some dates alone", advised, statements)
	}
}

// TestMomentsAtTheEndsOfMonths counts from days that the text tells, from which
// a month ago is not always earlier than from the day before.
func TestMomentsAtTheEndsOfMonths(t *testing.T) {
	now := time.Date(2024, 5, 16, 1, 30, 0, 0, time.UTC)
	o := datedOrg(now)
	plain := ordinary(t, o)
	for n := range 12 * 6 {
		at := time.Date(now.Year(), time.Month(n/6)-2, n%6-2, n%24, 0, 0, 0, time.UTC).Format("'2006-01-02 15:04:05'")
		for _, op := range []string{"<=", ">=", "="} {
			for _, moment := range []string{"datetime(%s)", "datetime(%s, 'utc', '-1 month')", "date(%s, 'localtime', '+1 months')", "date(%s, 'weekday 3', '-1 year')"} {
				sql := fmt.Sprintf("SELECT Id FROM Account WHERE Created %s %s OR Founded %[1]s %[2]s", op, fmt.Sprintf(moment, at))
				got, want := adviseAndAsk(t, o, sql, planner.Analyze(sql).With(nil)), mustQuery(t, plain, sql)
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("%s\n%d rows, not %d\nasked %q", sql, len(got), len(want), o.asked)
				}
			}
		}
	}
}

// datedOrg has accounts of all days around now.
func datedOrg(now time.Time) *org {
	o := newOrg()
	rnd := rand.New(rand.NewPCG(9, 9))
	o.records["Account"] = nil
	for i := range 500 {
		r := account(i)
		span := 120
		if i%5 == 0 {
			span = 1200
		}
		at := now.AddDate(0, 0, rnd.IntN(span)-span/2).Add(time.Duration(rnd.IntN(86_400_000)) * time.Millisecond)
		if i%2 == 0 { // where months end
			at = time.Date(now.Year(), now.Month()-time.Month(rnd.IntN(14)), rnd.IntN(6)-2, rnd.IntN(24), 0, 0, 0, time.UTC)
		}
		r["Created"] = at.Format("2006-01-02T15:04:05.000Z")
		r["Founded"] = maybe(i%7 != 1, at.AddDate(0, 0, rnd.IntN(3)).Format("2006-01-02"))
		o.records["Account"] = append(o.records["Account"], r)
	}
	return o
}

// TestRelativeDatesOfParents has a parent's days go along with its children.
func TestRelativeDatesOfParents(t *testing.T) {
	now := time.Date(2024, 5, 16, 12, 0, 0, 0, time.UTC)
	o := datedOrg(now)
	plain := ordinary(t, o)
	const sql = "SELECT c.Id, a.Name FROM Contact c JOIN Account a ON a.Id = c.AccountId WHERE last_n_days(a.Founded, 9)"
	analysis := planner.Analyze(sql).At(planner.Calendar{Now: now})
	conn := connect(t, o, seesAll, func(cfg *Config) { cfg.Rows = many(o) })
	got := askUnder(t, conn, o, sql, analysis)
	want := mustQuery(t, plain, strings.Replace(sql, "last_n_days(a.Founded, 9)", "a.Founded BETWEEN '2024-05-07' AND '2024-05-16'", 1))
	slices.Sort(got)
	slices.Sort(want)
	if asked := strings.Join(o.asked, " "); !slices.Equal(got, want) || len(got) == 0 || !strings.Contains(asked, "Account.Founded>=2024-05-07 AND Account.Founded<2024-05-17") {
		t.Errorf("answers %q\nwant %q\nasked %q", got, want, asked)
	}
}
