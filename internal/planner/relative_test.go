package planner

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// The days of every relative date, on a Wednesday whose evening in New York is
// the next day's night in UTC.
func TestEveryRelativeDate(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	c := Calendar{Now: time.Date(2024, 5, 16, 1, 30, 0, 0, time.UTC).In(newYork), FirstWeekday: time.Sunday, FiscalMonth: time.February}
	want := map[string]string{
		"yesterday": "2024-05-14 2024-05-14", "today": "2024-05-15 2024-05-15", "tomorrow": "2024-05-16 2024-05-16",
		"last_week": "2024-05-05 2024-05-11", "this_week": "2024-05-12 2024-05-18", "next_week": "2024-05-19 2024-05-25",
		"last_month": "2024-04-01 2024-04-30", "this_month": "2024-05-01 2024-05-31", "next_month": "2024-06-01 2024-06-30",
		"last_90_days": "2024-02-15 2024-05-15", "next_90_days": "2024-05-16 2024-08-13",
		"last_quarter": "2024-01-01 2024-03-31", "this_quarter": "2024-04-01 2024-06-30", "next_quarter": "2024-07-01 2024-09-30",
		"last_year": "2023-01-01 2023-12-31", "this_year": "2024-01-01 2024-12-31", "next_year": "2025-01-01 2025-12-31",
		"last_n_days": "2024-05-13 2024-05-15", "next_n_days": "2024-05-16 2024-05-17", "n_days_ago": "2024-05-13 2024-05-13",
		"last_n_weeks": "2024-04-28 2024-05-11", "next_n_weeks": "2024-05-19 2024-06-01", "n_weeks_ago": "2024-04-28 2024-05-04",
		"last_n_months": "2024-03-01 2024-04-30", "next_n_months": "2024-06-01 2024-07-31", "n_months_ago": "2024-03-01 2024-03-31",
		"last_n_quarters": "2023-10-01 2024-03-31", "next_n_quarters": "2024-07-01 2024-12-31", "n_quarters_ago": "2023-10-01 2023-12-31",
		"last_n_years": "2022-01-01 2023-12-31", "next_n_years": "2025-01-01 2026-12-31", "n_years_ago": "2022-01-01 2022-12-31",
		"last_fiscal_quarter": "2024-02-01 2024-04-30", "this_fiscal_quarter": "2024-05-01 2024-07-31", "next_fiscal_quarter": "2024-08-01 2024-10-31",
		"last_fiscal_year": "2023-02-01 2024-01-31", "this_fiscal_year": "2024-02-01 2025-01-31", "next_fiscal_year": "2025-02-01 2026-01-31",
		"last_n_fiscal_quarters": "2023-11-01 2024-04-30", "next_n_fiscal_quarters": "2024-08-01 2025-01-31", "n_fiscal_quarters_ago": "2023-11-01 2024-01-31",
		"last_n_fiscal_years": "2022-02-01 2024-01-31", "next_n_fiscal_years": "2025-02-01 2027-01-31", "n_fiscal_years_ago": "2022-02-01 2023-01-31",
	}
	if got, want := slices.Sorted(maps.Keys(relativeDates)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, want) {
		t.Errorf("there are %v, want %v", got, want)
	}
	for name, days := range want {
		from, to, err := c.days(name, 2)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := from.Format("2006-01-02") + " " + to.AddDate(0, 0, -1).Format("2006-01-02"); got != days {
			t.Errorf("%s is %s, want %s", name, got, days)
		}
	}
}

// The last day of a month, weeks from Monday, a fiscal year from October.
func TestRelativeDatesAtTheEdges(t *testing.T) {
	for _, tt := range []struct {
		now       string
		weekday   time.Weekday
		month     time.Month
		name      string
		from, end string
	}{
		{"2024-03-31", time.Monday, 1, "this_week", "2024-03-25", "2024-03-31"},
		{"2024-04-01", time.Monday, 1, "this_week", "2024-04-01", "2024-04-07"},
		{"2024-03-31", time.Sunday, 1, "this_week", "2024-03-31", "2024-04-06"},
		{"2024-03-31", time.Saturday, 1, "last_week", "2024-03-23", "2024-03-29"},
		{"2024-03-31", time.Sunday, 1, "last_month", "2024-02-01", "2024-02-29"},
		{"2024-01-31", time.Sunday, 1, "next_month", "2024-02-01", "2024-02-29"},
		{"2024-12-31", time.Sunday, 10, "this_fiscal_quarter", "2024-10-01", "2024-12-31"},
		{"2024-09-30", time.Sunday, 10, "this_fiscal_year", "2023-10-01", "2024-09-30"},
		{"2024-10-01", time.Sunday, 10, "this_fiscal_year", "2024-10-01", "2025-09-30"},
		{"2024-01-01", time.Sunday, 12, "this_fiscal_quarter", "2023-12-01", "2024-02-29"},
	} {
		now, _ := ParseInstant(tt.now)
		from, to, err := Calendar{Now: now, FirstWeekday: tt.weekday, FiscalMonth: tt.month}.days(tt.name, 0)
		if got := from.Format("2006-01-02") + " " + to.AddDate(0, 0, -1).Format("2006-01-02"); err != nil || got != tt.from+" "+tt.end {
			t.Errorf("%s on %s is %s (%v), want %s %s", tt.name, tt.now, got, err, tt.from, tt.end)
		}
	}
}

// What is sent and what SQLite evaluates say the same of every value, also
// where a clock is put forward or back.
func TestRelativeDatesMeanTheSameOnBothSides(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	r := rulesFor("en_US")
	functions := Functions()
	for _, now := range []time.Time{
		time.Date(2024, 3, 31, 0, 30, 0, 0, berlin), time.Date(2024, 10, 27, 23, 0, 0, 0, berlin), time.Date(2024, 2, 29, 12, 0, 0, 0, berlin),
	} {
		r.Calendar = Calendar{Now: now, FirstWeekday: time.Monday, FiscalMonth: time.April}
		for name, numbered := range relativeDates {
			for _, field := range []string{"Day", "At"} {
				col := column(t, r.Table, field)
				c := &r.Table.Columns[col]
				call := Operand{Kind: CallOperand, Text: name, Args: []Operand{{Kind: ColumnOperand, Column: col}}}
				args := []Value{{}}
				if numbered {
					call.Args = append(call.Args, Operand{Kind: ValueOperand, Value: integer(1)})
					args = append(args, integer(1))
				}
				yes := r.Holds(&Cond{Kind: CondTruth, Left: call}, true)
				no := r.Holds(&Cond{Kind: CondTruth, Left: call}, false)
				if yes.Class != Exact || no.Class != Exact {
					t.Fatalf("%s(%s): %s, %s", name, field, show(yes), show(no))
				}
				for hour := -24 * 800; hour < 24*800; hour += 7 {
					at := now.Add(time.Duration(hour) * time.Hour).UTC()
					layout := "2006-01-02T15:04:05.000Z"
					if field == "Day" {
						layout, at = "2006-01-02", at.Truncate(24*time.Hour)
					} else {
						at = at.Truncate(time.Millisecond)
					}
					args[0] = text(at.Format(layout))
					got, err := functions[name].Call(r.Calendar, args)
					if err != nil {
						t.Fatal(err)
					}
					server := salesforce{field: c, record: at}
					if yes, no := server.says(yes.Expr), server.says(no.Expr); yes != (got.Int == 1) || no == yes || server.refuses != "" {
						t.Fatalf("%s(%s) of %s is %v, Salesforce says %v and %v %s", name, field, args[0].Text, got, yes, no, server.refuses)
					}
				}
			}
		}
	}
}

func TestFunctionsSayWhatIsWrong(t *testing.T) {
	now := Calendar{Now: time.Date(2024, 5, 15, 0, 0, 0, 0, time.UTC)}
	for _, tt := range []struct {
		name string
		c    Calendar
		args []Value
		want string
	}{
		{"today", Calendar{}, []Value{text("2024-01-01")}, "time zone is not known"},
		{"this_fiscal_year", now, []Value{text("2024-01-01")}, "fiscal year begins is not known"},
		{"last_n_days", now, []Value{text("2024-01-01"), integer(-1)}, "from 0 to 9999"},
		{"last_n_days", now, []Value{text("2024-01-01"), text("3")}, "a whole number"},
		{"includes", now, []Value{text("a")}, "at least one list"},
	} {
		if _, err := Functions()[tt.name].Call(tt.c, tt.args); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	for _, v := range []Value{null(), text("soon"), integer(5), text("2024-02-30")} {
		if got, err := Functions()["today"].Call(now, []Value{v}); err != nil || !got.Null() {
			t.Errorf("today(%s) is %s, %v", v, got, err)
		}
	}
}

func TestIncludesAndExcludes(t *testing.T) {
	for _, tt := range []struct {
		field    Value
		lists    []Value
		includes string
	}{
		{text("a;b"), []Value{text("a")}, "1"},
		{text("a;b"), []Value{text("b;a")}, "1"},
		{text("a;b"), []Value{text("a;c")}, "0"},
		{text("a;b"), []Value{text("c"), text("b")}, "1"},
		{text("a;b"), []Value{text("A")}, "0"},
		{text("ab"), []Value{text("a")}, "0"},
		{null(), []Value{text("a")}, "NULL"},
		{text("a"), []Value{null()}, "NULL"},
	} {
		args := append([]Value{tt.field}, tt.lists...)
		in, err := Functions()["includes"].Call(Calendar{}, args)
		out, err2 := Functions()["excludes"].Call(Calendar{}, args)
		if err != nil || err2 != nil || in.String() != tt.includes || !in.Null() && in.Int+out.Int != 1 || in.Null() != out.Null() {
			t.Errorf("%v: includes %s, excludes %s, %v %v", args, in, out, err, err2)
		}
	}
	r := rulesFor("en_US")
	for sql, want := range map[string]string{
		"includes(Multi, 'a;b', 'c')":         "superset Multi INCLUDES('a;b','c') (SQLite compares the values byte by byte)",
		"NOT includes(Multi, 'a')":            "superset Multi!=NULL (SQLite compares the values byte by byte)",
		"excludes(Multi, 'a') = 0":            "superset Multi INCLUDES('a') (SQLite compares the values byte by byte)",
		"excludes(Multi, 'a')":                "superset Multi!=NULL (SQLite compares the values byte by byte)",
		"includes(Multi, 'a') IS 1":           "superset Multi INCLUDES('a') (SQLite compares the values byte by byte)",
		"includes(Multi, 'a') > 1":            "no row (the function is 1 or 0)",
		"includes(Multi, 'a') >= 0":           "exact Multi!=NULL (the function is 1 or 0)",
		"includes(Multi, NULL)":               "no row (the function is NULL)",
		"includes(Multi, '')":                 "refused (the list has an empty value)",
		"includes(Multi, ' a')":               "refused (a value of the list: white space at an end may be trimmed by Salesforce)",
		"includes(Text, 'a')":                 "refused (INCLUDES is for multi-select picklists)",
		"includes(Multi, ?)":                  "refused (the value comes when the scan starts)",
		"includes(Multi, 'a') = '1'":          "refused (the function is 1 or 0)",
		"includes(Multi, 'a') IS NOT TRUE":    "refused (NULL is neither true nor false)",
		"includes(Multi, 'a') OR Int = 1":     "superset Multi INCLUDES('a') OR Int=1 (SQLite compares the values byte by byte)",
		"includes(Multi COLLATE NOCASE, 'a')": "refused (the function's arguments are no plain columns)",
		"last_n_days(Text, 3)":                "refused (the function's argument is no date that Salesforce can filter)",
		"last_n_days(Day)":                    "refused (the function's arguments are no column and number)",
		"today(Day, 3)":                       "refused (the function's arguments are no column and number)",
		"last_n_days(Day, 3)":                 "refused (the days are counted when the scan starts)",
		"this_week(FDay)":                     "refused (the function's argument is no date that Salesforce can filter)",
	} {
		conds, _ := Analyze("SELECT * FROM Thing WHERE " + sql).Filter(r.Table)
		if len(conds) != 1 {
			t.Errorf("%s: %d conditions", sql, len(conds))
			continue
		}
		got := r.Holds(conds[0], true)
		parseWhere(t, got)
		if show(got) != want {
			t.Errorf("%s:\n got %s\nwant %s", sql, show(got), want)
		}
	}
}
