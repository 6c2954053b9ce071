package soql

import (
	"math"
	"testing"
	"time"
)

func TestLiteralsPrint(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	instant := time.Date(2024, 1, 31, 1, 2, 3, 0, zone)
	tests := []struct {
		literal Literal
		want    string
	}{
		{Null(), "NULL"},
		{Bool(true), "TRUE"},
		{Bool(false), "FALSE"},
		{String("it's"), `'it\'s'`},
		{Int(math.MinInt64), "-9223372036854775808"},
		{Number("007.50"), "007.50"},
		{Float(0.1), "0.1"},
		{Float(-12), "-12"},
		{Float(1.39e8), "139000000"},
		{Float(1e-7), "0.0000001"},
		{Float(1e21), "1000000000000000000000"},
		{Date(instant), "2024-01-31"},
		{Datetime(instant), "2024-01-30T23:02:03Z"},
		{Datetime(instant.Add(45 * time.Millisecond)), "2024-01-30T23:02:03.045Z"},
		{Datetime(instant.Add(999 * time.Microsecond)), "2024-01-30T23:02:03Z"},
		{Datetime(instant.Add(-time.Nanosecond)), "2024-01-30T23:02:02.999Z"},
		{Datetime(time.Date(1960, 1, 1, 0, 0, 0, 1500, time.UTC)), "1960-01-01T00:00:00Z"},
		{TimeOfDay(instant), "01:02:03.000Z"},
		{TimeOfDay(instant.Add(4500 * time.Microsecond)), "01:02:03.004Z"},
		{Range("today", 5), "TODAY"},
		{Range("Last_N_Days", 30), "LAST_N_DAYS:30"},
	}
	for _, tt := range tests {
		if got := tt.literal.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
			continue
		}
		read := parseValue(t, "="+tt.want)
		read.Pos = 0
		if !read.equal(tt.literal) || read.String() != tt.want {
			t.Errorf("%s is read as %v, want %v", tt.want, read, tt.literal)
		}
	}
}

func TestNumbersWithoutLiteralAreRefused(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := Parse("SELECT Id FROM X WHERE a=" + Float(f).String()); err == nil {
			t.Errorf("%v has a literal: %s", f, Float(f))
		}
	}
}

func TestLiteralsAreReadInEveryForm(t *testing.T) {
	at := func(s string) time.Time {
		t.Helper()
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct {
		text string
		want Literal
	}{
		{"null", Null()},
		{"True", Bool(true)},
		{"fAlSe", Bool(false)},
		{"+5", Number("+5")},
		{"-.50", Number("-.50")},
		{"99999999999999999999", Number("99999999999999999999")},
		{"0000-01-01", Date(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))},
		{"2024-02-29", Date(at("2024-02-29T00:00:00Z"))},
		{"2024-01-31T10:00:00Z", Datetime(at("2024-01-31T10:00:00Z"))},
		{"2024-01-31T10:00:00+01:00", Datetime(at("2024-01-31T09:00:00Z"))},
		{"2024-01-31T10:00:00+0130", Datetime(at("2024-01-31T08:30:00Z"))},
		{"2024-01-31T20:00:00-08:00", Datetime(at("2024-02-01T04:00:00Z"))},
		{"2024-01-31T10:00:00-0000", Datetime(at("2024-01-31T10:00:00Z"))},
		{"2024-01-31T10:00:00.5Z", Datetime(at("2024-01-31T10:00:00.5Z"))},
		{"2024-01-31T10:00:00.123+01:00", Datetime(at("2024-01-31T09:00:00.123Z"))},
		{"10:15:00Z", TimeOfDay(at("1970-01-01T10:15:00Z"))},
		{"23:59:59.999Z", TimeOfDay(at("1970-01-01T23:59:59.999Z"))},
		{"last_n_fiscal_years:0", Range("LAST_N_FISCAL_YEARS", 0)},
	}
	for _, tt := range tests {
		got := parseValue(t, " = "+tt.text)
		got.Pos = 0
		if got != tt.want {
			t.Errorf("%s is read as %#v, want %#v", tt.text, got, tt.want)
		}
	}
}

func TestEveryRelativeDateIsKnown(t *testing.T) {
	plain := []string{
		"YESTERDAY", "TODAY", "TOMORROW", "LAST_WEEK", "THIS_WEEK", "NEXT_WEEK", "LAST_MONTH", "THIS_MONTH",
		"NEXT_MONTH", "LAST_90_DAYS", "NEXT_90_DAYS", "THIS_QUARTER", "LAST_QUARTER", "NEXT_QUARTER",
		"THIS_YEAR", "LAST_YEAR", "NEXT_YEAR", "THIS_FISCAL_QUARTER", "LAST_FISCAL_QUARTER",
		"NEXT_FISCAL_QUARTER", "THIS_FISCAL_YEAR", "LAST_FISCAL_YEAR", "NEXT_FISCAL_YEAR",
	}
	counted := []string{
		"LAST_N_DAYS", "NEXT_N_DAYS", "N_DAYS_AGO", "LAST_N_WEEKS", "NEXT_N_WEEKS", "N_WEEKS_AGO",
		"LAST_N_MONTHS", "NEXT_N_MONTHS", "N_MONTHS_AGO", "LAST_N_QUARTERS", "NEXT_N_QUARTERS",
		"N_QUARTERS_AGO", "LAST_N_YEARS", "NEXT_N_YEARS", "N_YEARS_AGO", "LAST_N_FISCAL_QUARTERS",
		"NEXT_N_FISCAL_QUARTERS", "N_FISCAL_QUARTERS_AGO", "LAST_N_FISCAL_YEARS", "NEXT_N_FISCAL_YEARS",
		"N_FISCAL_YEARS_AGO",
	}
	for _, name := range plain {
		checkPrint(t, "SELECT Id FROM X WHERE a="+name, "SELECT Id FROM X WHERE a="+name)
	}
	for _, name := range counted {
		checkPrint(t, "SELECT Id FROM X WHERE a<"+name+":12", "SELECT Id FROM X WHERE a<"+name+":12")
	}
	if got, want := len(ranges), len(plain)+len(counted); got != want {
		t.Errorf("the table has %d names, want %d", got, want)
	}
	if _, ok := IsRange("LAST_90_MONTHS"); ok {
		t.Error("LAST_90_MONTHS is no relative date")
	}
}
