package driver_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/emulator"
)

// The functions and Salesforce's own words agree for a user far from UTC,
// whether Salesforce filters by the days or SQLite evaluates the function.
func TestRelativeDatesAgreeWithSalesforce(t *testing.T) {
	s, db := start(t, "", emulator.WithTimeZone("Asia/Kolkata"))
	_, plain := start(t, "pushdown=off", emulator.WithTimeZone("Asia/Kolkata"))
	filled := 0
	for _, literal := range []string{
		"TODAY", "THIS_WEEK", "LAST_WEEK", "THIS_MONTH", "LAST_MONTH", "THIS_QUARTER", "LAST_QUARTER", "THIS_YEAR", "LAST_YEAR", "LAST_90_DAYS", "NEXT_90_DAYS", "THIS_FISCAL_QUARTER", "LAST_FISCAL_YEAR",
		"LAST_N_DAYS:400", "NEXT_N_DAYS:30", "N_DAYS_AGO:700", "LAST_N_WEEKS:60", "N_WEEKS_AGO:90", "LAST_N_MONTHS:30", "N_MONTHS_AGO:25", "LAST_N_QUARTERS:9", "N_QUARTERS_AGO:7",
		"LAST_N_YEARS:4", "N_YEARS_AGO:3", "LAST_N_FISCAL_QUARTERS:5", "N_FISCAL_YEARS_AGO:2",
	} {
		name, n, numbered := strings.Cut(literal, ":")
		for _, field := range []string{"CloseDate", "CreatedDate"} {
			call := strings.ToLower(name) + "(" + field
			if numbered {
				call += ", " + n
			}
			call += ")"
			want := must(t, db, fmt.Sprintf("SELECT Id FROM soql('SELECT Id FROM Opportunity WHERE %s = %s')", field, literal))
			slices.Sort(want)
			s.ResetStats()
			got := must(t, db, "SELECT Id FROM Opportunity WHERE "+call+" ORDER BY Id")
			if q := s.Stats().Queries; !slices.Equal(got, want) || !strings.Contains(q[len(q)-1], " WHERE ") {
				t.Errorf("%s: %d rows, Salesforce has %d; asked %q", call, len(got), len(want), q)
			}
			if here := must(t, plain, "SELECT Id FROM Opportunity WHERE "+call+" = 1 ORDER BY Id"); !slices.Equal(here, want) {
				t.Errorf("%s in SQLite: %d rows, Salesforce has %d", call, len(here), len(want))
			}
			if len(want) > 0 {
				filled++
			}
		}
	}
	if filled < 20 {
		t.Errorf("only %d of the ranges hold records", filled)
	}
}

// A statement that counts no days asks for no calendar.
func TestTheCalendarIsAskedForOnce(t *testing.T) {
	s, db := start(t, "")
	must(t, db, "SELECT count(*) FROM Opportunity WHERE CloseDate > '2024-01-01'")
	s.ResetStats()
	for range 3 {
		must(t, db, "SELECT count(*) FROM Opportunity WHERE this_year(CloseDate)")
	}
	if n := s.Stats().Requests; n > 4 {
		t.Errorf("%d calls for three statements and one calendar", n)
	}
}

func TestIncludesOnAPicklist(t *testing.T) {
	s, db := start(t, "")
	_, plain := start(t, "pushdown=off")
	for _, where := range []string{"includes(Multi__c, 'alpha')", "includes(Multi__c, 'alpha;beta', 'Ω')", "excludes(Multi__c, 'alpha')", "NOT includes(Multi__c, 'beta') OR Int__c = 1"} {
		s.ResetStats()
		got, want := must(t, db, "SELECT Id FROM Everything__c WHERE "+where+" ORDER BY Id"), must(t, plain, "SELECT Id FROM Everything__c WHERE "+where+" ORDER BY Id")
		if !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s: %d rows, want %d", where, len(got), len(want))
		}
		if q := strings.Join(s.Stats().Queries, " "); !strings.Contains(q, " WHERE ") {
			t.Errorf("%s: asked %s", where, q)
		}
	}
}
