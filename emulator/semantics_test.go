package emulator

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestComparisons checks conditions against plain Go over the stored records.
// The names are the rows of the semantics that the emulator promises.
func TestComparisons(t *testing.T) {
	s := start(t, WithPageSize(2000))
	text := func(r row, f string) string { v, _ := r[f].(string); return v }
	fold := func(v string) string { return newFolder("en_US").fold(v) }
	at := func(v string) time.Time { x, _ := time.Parse(time.RFC3339, v); return x }
	for _, c := range []struct {
		name  string
		where string
		keep  func(r row) bool
	}{
		{"f = null matches null", "Text__c = null", func(r row) bool { return r["Text__c"] == nil }},
		{"f != null", "Text__c != null", func(r row) bool { return r["Text__c"] != nil }},
		{"f = '' matches null", "Text__c = ''", func(r row) bool { return r["Text__c"] == nil }},
		{"f != '' only non-empty", "Text__c != ''", func(r row) bool { return r["Text__c"] != nil }},
		{"f > '' means not empty", "Text__c > ''", func(r row) bool { return r["Text__c"] != nil }},
		{"f = 'x' folds ASCII case", "Text__c = 'o\\'BRIEN'", func(r row) bool { return strings.EqualFold(text(r, "Text__c"), "o'brien") }},
		{"f = 'x' folds ß to ss", "Text__c = 'STRASSE'", func(r row) bool { return fold(text(r, "Text__c")) == "strasse" }},
		{"f = 'x' folds İ to i", "Text__c = 'istanbul'", func(r row) bool {
			return strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(text(r, "Text__c"), "İ", "i"), "ı", "i")) == "istanbul"
		}},
		{"f != 'x' includes null", "Text__c != 'abc'", func(r row) bool { return fold(text(r, "Text__c")) != "abc" }},
		{"NOT (f = 'x') includes null", "NOT (Text__c = 'abc')", func(r row) bool { return fold(text(r, "Text__c")) != "abc" }},
		{"NOT f LIKE includes null", "(NOT Text__c LIKE 'a%')", func(r row) bool { return !strings.HasPrefix(fold(text(r, "Text__c")), "a") }},
		{"f NOT IN includes null", "Text__c NOT IN ('abc', 'plan')", func(r row) bool {
			v := fold(text(r, "Text__c"))
			return v != "abc" && v != "plan"
		}},
		{"f IN with a null element matches null", "Text__c IN ('ABC', null)", func(r row) bool {
			return r["Text__c"] == nil || fold(text(r, "Text__c")) == "abc"
		}},
		{"LIKE is case-insensitive", "Text__c LIKE '%PLAN%'", func(r row) bool { return strings.Contains(fold(text(r, "Text__c")), "plan") }},
		{"LIKE with an escaped percent", "Text__c LIKE '%\\%%'", func(r row) bool { return strings.Contains(text(r, "Text__c"), "%") }},
		{"LIKE with an escaped underscore", "Text__c LIKE 'a\\_b'", func(r row) bool { return fold(text(r, "Text__c")) == "a_b" }},
		{"LIKE _ is one UTF-16 unit", "Text__c LIKE 'a__b'", func(r row) bool { return fold(text(r, "Text__c")) == "a😀b" }},
		{"number < matches no null", "Double__c < 5", func(r row) bool { v, ok := r["Double__c"].(float64); return ok && v < 5 }},
		{"number != includes null", "Small__c != 0.01", func(r row) bool { v, ok := r["Small__c"].(float64); return !ok || v != 0.01 }},
		{"number beyond 2^53", "Number__c >= 9007199254740993", func(r row) bool { v, ok := r["Number__c"].(float64); return ok && v >= 1<<53 }},
		{"int >=", "Int__c >= -1", func(r row) bool { v, ok := r["Int__c"].(int64); return ok && v >= -1 }},
		{"boolean = null is false", "Checkbox__c = null", func(r row) bool { return r["Checkbox__c"] == false }},
		{"boolean != null is true", "Checkbox__c != null", func(r row) bool { return r["Checkbox__c"] == true }},
		{"boolean != true", "Checkbox__c != true", func(r row) bool { return r["Checkbox__c"] == false }},
		{"case-sensitive field keeps case", "CaseSensitive__c = 'Key-3'", func(r row) bool { return r["CaseSensitive__c"] == "Key-3" }},
		{"case-sensitive LIKE keeps case", "CaseSensitive__c LIKE 'KEY%'", func(r row) bool { return strings.HasPrefix(text(r, "CaseSensitive__c"), "KEY") }},
		{"date range", "Date__c >= 1700-01-01 AND Date__c < 2000-01-01", func(r row) bool {
			v := text(r, "Date__c")
			return v != "" && v < "2000-01-01"
		}},
		{"datetime with an offset", "DateTime__c < 2020-01-05T02:00:00+02:00", func(r row) bool {
			v, ok := r["DateTime__c"].(time.Time)
			return ok && v.Before(at("2020-01-05T00:00:00Z"))
		}},
		{"datetime with milliseconds", "DateTime__c > 1999-12-31T23:59:59.998Z AND DateTime__c < 2000-01-01T00:00:00.000Z", func(r row) bool {
			v, ok := r["DateTime__c"].(time.Time)
			return ok && v.Equal(at("1999-12-31T23:59:59.999Z"))
		}},
		{"time", "Time__c >= 23:59:59.999Z", func(r row) bool { return text(r, "Time__c") >= "23:59:59.999Z" }},
		{"INCLUDES: all of one or one of all", "Multi__c INCLUDES ('alpha;BETA', 'Ω')", func(r row) bool {
			set := ";" + text(r, "Multi__c") + ";"
			return strings.Contains(set, ";alpha;") && strings.Contains(set, ";beta;") || strings.Contains(set, ";Ω;")
		}},
		{"EXCLUDES includes null", "Multi__c EXCLUDES ('alpha')", func(r row) bool { return !strings.Contains(text(r, "Multi__c"), "alpha") }},
		{"multipicklist = compares the whole", "Multi__c = 'ALPHA;beta'", func(r row) bool { return text(r, "Multi__c") == "alpha;beta" }},
		{"date function", "CALENDAR_MONTH(Date__c) = 2", func(r row) bool { v := text(r, "Date__c"); return v != "" && v[5:7] == "02" }},
		{"date function on a datetime", "HOUR_IN_DAY(DateTime__c) = 23", func(r row) bool {
			v, ok := r["DateTime__c"].(time.Time)
			return ok && v.Hour() == 23
		}},
		{"DAY_ONLY", "DAY_ONLY(DateTime__c) = 2024-02-29", func(r row) bool {
			v, ok := r["DateTime__c"].(time.Time)
			return ok && v.Format(time.DateOnly) == "2024-02-29"
		}},
		{"Parent.f = null matches an empty lookup", "Lookup__r.Industry = null AND Lookup__c = null", func(r row) bool { return r["Lookup__c"] == nil }},
		{"Parent.f != 'x' includes no parent", "Lookup__r.Name != 'nobody'", func(row) bool { return true }},
		{"an unnamed OR", "(Int__c = 0 OR Text__c = null) AND Checkbox__c = TRUE", func(r row) bool {
			return (r["Int__c"] == int64(0) || r["Text__c"] == nil) && r["Checkbox__c"] == true
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := idsFound(t, s, "SELECT Id FROM Everything__c WHERE "+c.where)
			want := idsOf(stored(t, s, "Everything__c", c.keep))
			if strings.Join(found, " ") != strings.Join(want, " ") {
				t.Errorf("%s: found %d records, want %d", c.where, len(found), len(want))
			}
			if len(want) == 0 {
				t.Errorf("%s: no record would tell right from wrong", c.where)
			}
		})
	}
}

// TestQuirks checks the switches for what the sources disagree on.
func TestQuirks(t *testing.T) {
	s := start(t, WithPageSize(2000), WithQuirks(Quirks{NotEqualSkipsNulls: true, NotInSkipsNulls: true}))
	filled := len(stored(t, s, "Everything__c", func(r row) bool { return r["Text__c"] != nil }))
	for _, where := range []string{"Text__c != 'no such text'", "Text__c NOT IN ('no such text')"} {
		if got := len(idsFound(t, s, "SELECT Id FROM Everything__c WHERE "+where)); got != filled {
			t.Errorf("%s: %d records, want the %d that are not null", where, got, filled)
		}
	}
}

// TestIDs checks that both forms of an id are the same and that order is that
// of the 15 characters.
func TestIDs(t *testing.T) {
	s := start(t, WithPageSize(2000))
	all := idsOf(stored(t, s, "Account", nil))
	id := all[100]
	for _, form := range []string{id, id[:15], id[:15] + strings.ToLower(id[15:])} {
		if got := idsFound(t, s, "SELECT Id FROM Account WHERE Id = '"+form+"'"); len(got) != 1 || got[0] != id {
			t.Errorf("Id = %s found %v", form, got)
		}
	}
	if got := idsFound(t, s, "SELECT Id FROM Account WHERE Id > '"+id+"'"); len(got) != len(all)-101 {
		t.Errorf("Id > the 101st found %d of %d", len(got), len(all))
	}
	if got := idsFound(t, s, "SELECT Id FROM Account WHERE Id != '"+id+"'"); len(got) != len(all)-1 {
		t.Errorf("Id != found %d of %d", len(got), len(all))
	}
	if got := idsFound(t, s, "SELECT Id FROM Account WHERE Id = '001000000000000' OR Id = '"+id+"'"); len(got) != 1 {
		t.Errorf("an unknown id found %v", got)
	}
	twins := map[string]int{}
	for _, id := range all {
		twins[strings.ToLower(id[:15])]++
	}
	if len(twins) == len(all) {
		t.Error("no two ids differ in case only")
	}
	if id := string(appendID18(nil, "001", 0)); id[15:] != string(append([]byte{}, suffixOf(id[:15])...)) {
		t.Errorf("suffix of %s", id)
	}
	// A recorded id of another org, to check the check digits themselves.
	if got := string(suffixOf("003RO0000035WQg")); got != "YAM" {
		t.Errorf("suffix of 003RO0000035WQg is %s, want YAM", got)
	}
}

func suffixOf(id15 string) []byte { s := idSuffix([]byte(id15)); return s[:] }

func TestSemiJoins(t *testing.T) {
	s := start(t, WithPageSize(2000))
	smiths := map[string]bool{}
	for _, r := range stored(t, s, "Contact", func(r row) bool { return r["LastName"] == "Smith" && r["AccountId"] != nil }) {
		smiths[r["AccountId"].(string)] = true
	}
	in := idsFound(t, s, "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName = 'Smith')")
	out := idsFound(t, s, "SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact WHERE LastName = 'Smith')")
	all := stored(t, s, "Account", nil)
	want := idsOf(stored(t, s, "Account", func(r row) bool { return smiths[r["Id"].(string)] }))
	// The twins in case are Smiths as well, so the join may find more.
	if len(in) < len(want) || len(in)+len(out) != len(all) || len(want) == 0 {
		t.Errorf("in %d, out %d, of %d; at least %d are in", len(in), len(out), len(all), len(want))
	}
}

// TestDeleted checks that the recycle bin shows through queryAll only.
func TestDeleted(t *testing.T) {
	s := start(t)
	for _, object := range []string{"Account", "Contact", "Task"} {
		live := getPage(t, s, queryPath("query", "SELECT COUNT() FROM "+object)).TotalSize
		all := getPage(t, s, queryPath("queryAll", "SELECT COUNT() FROM "+object)).TotalSize
		gone := getPage(t, s, queryPath("queryAll", "SELECT COUNT() FROM "+object+" WHERE IsDeleted = true")).TotalSize
		if gone == 0 || live+gone != all || live != len(stored(t, s, object, nil)) {
			t.Errorf("%s: %d live, %d deleted, %d in all", object, live, gone, all)
		}
		if n := getPage(t, s, queryPath("query", "SELECT COUNT() FROM "+object+" WHERE IsDeleted = true")).TotalSize; n != 0 {
			t.Errorf("%s: query shows %d deleted records", object, n)
		}
	}
}

func TestTurkicFolding(t *testing.T) {
	s := start(t, WithLocale("tr_TR"), WithPageSize(2000))
	lower := values(t, s, "SELECT Text__c FROM Everything__c WHERE Text__c = 'istanbul'", "Text__c")
	for _, v := range lower {
		if v != "istanbul" && v != "İstanbul" && v != "İSTANBUL" {
			t.Errorf("istanbul = %v under tr_TR", v)
		}
	}
	upper := values(t, s, "SELECT Text__c FROM Everything__c WHERE Text__c = 'ISTANBUL'", "Text__c")
	if len(lower) == 0 || len(upper) == 0 {
		t.Fatalf("found %d and %d", len(lower), len(upper))
	}
}

func TestDateRanges(t *testing.T) {
	now := time.Date(2024, 5, 15, 23, 0, 0, 0, time.UTC) // a Wednesday
	for _, c := range []struct {
		name     string
		n        int
		from, to string
	}{
		{"TODAY", 0, "2024-05-15", "2024-05-16"},
		{"YESTERDAY", 0, "2024-05-14", "2024-05-15"},
		{"TOMORROW", 0, "2024-05-16", "2024-05-17"},
		{"LAST_N_DAYS", 3, "2024-05-12", "2024-05-16"},
		{"NEXT_N_DAYS", 3, "2024-05-16", "2024-05-19"},
		{"N_DAYS_AGO", 3, "2024-05-12", "2024-05-13"},
		{"LAST_90_DAYS", 0, "2024-02-15", "2024-05-16"},
		{"THIS_WEEK", 0, "2024-05-12", "2024-05-19"},
		{"LAST_N_WEEKS", 2, "2024-04-28", "2024-05-12"},
		{"N_WEEKS_AGO", 1, "2024-05-05", "2024-05-12"},
		{"LAST_MONTH", 0, "2024-04-01", "2024-05-01"},
		{"NEXT_N_MONTHS", 8, "2024-06-01", "2025-02-01"},
		{"THIS_QUARTER", 0, "2024-04-01", "2024-07-01"},
		{"LAST_N_FISCAL_QUARTERS", 2, "2023-10-01", "2024-04-01"},
		{"N_QUARTERS_AGO", 5, "2023-01-01", "2023-04-01"},
		{"NEXT_YEAR", 0, "2025-01-01", "2026-01-01"},
		{"LAST_FISCAL_YEAR", 0, "2023-01-01", "2024-01-01"},
		{"N_FISCAL_YEARS_AGO", 2, "2022-01-01", "2023-01-01"},
	} {
		from, to := dateRange(c.name, c.n, now)
		if got := string(appendDate(nil, from)); got != c.from {
			t.Errorf("%s:%d begins %s, want %s", c.name, c.n, got, c.from)
		}
		if got := string(appendDate(nil, to)); got != c.to {
			t.Errorf("%s:%d ends before %s, want %s", c.name, c.n, got, c.to)
		}
	}
}

func TestNothingMatches(t *testing.T) {
	s := start(t)
	for _, where := range []string{
		"Text__c <= ''", "Text__c < ''", "Text__c < null", "Double__c >= null", "Text__c LIKE ''", "Checkbox__c = true AND Checkbox__c = null",
		"Text__c = ' abc'", "Lookup__c = '003Kj0000004C95IAE'",
	} {
		if found := idsFound(t, s, "SELECT Id FROM Everything__c WHERE "+where); len(found) != 0 {
			t.Errorf("%s: found %d records", where, len(found))
		}
	}
}

// TestTimeZone checks that relative dates count the user's days, and date
// functions those of UTC unless converted.
func TestTimeZone(t *testing.T) {
	s := start(t, WithTimeZone("Asia/Tokyo"), WithPageSize(2000))
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	year := time.Now().In(tokyo).Year()
	created := func(r row) time.Time { return r["CreatedDate"].(time.Time) }
	for where, keep := range map[string]func(r row) bool{
		"CreatedDate = LAST_N_YEARS:4": func(r row) bool {
			y := created(r).In(tokyo).Year()
			return y < year && y >= year-4
		},
		"CreatedDate < LAST_N_YEARS:4":                         func(r row) bool { return created(r).In(tokyo).Year() < year-4 },
		"CreatedDate >= THIS_YEAR OR CreatedDate <= YESTERDAY": func(row) bool { return true },
		"HOUR_IN_DAY(CreatedDate) = 20":                        func(r row) bool { return created(r).Hour() == 20 },
		"HOUR_IN_DAY(convertTimezone(CreatedDate)) = 20":       func(r row) bool { return created(r).In(tokyo).Hour() == 20 },
	} {
		found := idsFound(t, s, "SELECT Id FROM Opportunity WHERE "+where)
		if want := idsOf(stored(t, s, "Opportunity", keep)); !slices.Equal(found, want) || len(want) == 0 {
			t.Errorf("%s: found %d records, want %d", where, len(found), len(want))
		}
	}
}

func TestLikePatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"%", "", true},
		{"", "", true},
		{"_", "", false},
		{"a%", "A", true},
		{"%a", "ba", true},
		{"%a", "ab", false},
		{"%ab%ab%", "xabab", true},
		{"%ab%ab%", "xabb", false},
		{"a_c", "ABC", true},
		{"a_c", "ac", false},
		{"%_", "x", true},
		{`100\%`, "100%", true},
		{`100\%`, "1000", false},
		{`a\_b`, "axb", false},
		{`a\\b`, `a\b`, true},
		{"_", "😀", false},
		{"__", "😀", true},
		{"%é%", "CAFÉ!", true},
		{"%%%x", "x", true},
		{"a%b%c", "a-b-c-d", false},
		{"a%b%c", "a-b-c-d-c", true},
	} {
		if got := compileLike(c.pattern, newFolder("en_US"), false).match(c.text); got != c.want {
			t.Errorf("%q LIKE %q is %v", c.text, c.pattern, got)
		}
	}
	if compileLike("a%", newFolder("en_US"), true).match("Abc") {
		t.Error("a case-sensitive pattern folds case")
	}
}

// FuzzCompile checks that any statement has rows or a refusal of the API, and
// that explain sees the same.
func FuzzCompile(f *testing.F) {
	for _, soql := range []string{
		"SELECT Id, Account.Name, Owner.Profile.Name FROM Contact WHERE Name LIKE '%a\\_%' ORDER BY LastName DESC NULLS LAST LIMIT 3 OFFSET 1",
		"SELECT CALENDAR_YEAR(CreatedDate) y, COUNT(Id), MIN(Name), AVG(Amount) FROM Opportunity GROUP BY CALENDAR_YEAR(CreatedDate) HAVING SUM(Amount) > 1.5",
		"SELECT COUNT() FROM Everything__c WHERE Multi__c INCLUDES ('alpha;beta', 'it\\'s') AND (NOT Date__c = LAST_N_DAYS:30) AND Time__c > 10:00:00Z",
		"SELECT What.Type FROM Task WHERE WhatId IN ('001Kj0000004C95IAE', null) AND CreatedDate < 2024-01-01T00:00:00+02:00",
		"SELECT Id, (SELECT Account.Name, (SELECT Id FROM OpportunityLineItems) FROM Opportunities WHERE Amount > 5 ORDER BY Id DESC LIMIT 2) FROM Account USING SCOPE mine LIMIT 5",
		"SELECT TYPEOF What WHEN Account THEN Name, Owner.Name ELSE Type END, toLabel(Status), FORMAT(CreatedDate) c FROM Task t, t.Account a WHERE a.Name != null LIMIT 9",
		"SELECT FIELDS(STANDARD), DISTANCE(Location__c, GEOLOCATION(1, -2.5), 'km') d FROM Everything__c ORDER BY DISTANCE(Location__c, GEOLOCATION(1, 2), 'mi') LIMIT 3",
		"SELECT Rating, GROUPING(Rating), FORMAT(MIN(CreatedDate)), COUNT(Id) FROM Account GROUP BY CUBE(Rating, IsPartner) HAVING GROUPING(Rating) = 0",
		"SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact WHERE DAY_ONLY(convertTimezone(CreatedDate)) = 2024-02-29)",
	} {
		f.Add(soql)
	}
	s := New(WithRestrictedObjects(), WithPageSize(3))
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, soql string) {
		p, err := s.newCall("", "").compile(soql, false)
		if _, ok := err.(*apiError); err != nil && !ok {
			t.Fatalf("%T: %v", err, err)
		}
		if err != nil {
			return
		}
		if p.records() > p.total {
			t.Errorf("%d records, totalSize %d", p.records(), p.total)
		}
		for i := range min(p.records(), 5) {
			if text := p.appendRecord(nil, root, i); !json.Valid(text) {
				t.Errorf("no JSON: %s", text)
			}
		}
		c, q, err := s.newCall("", "").parse(soql)
		if err == nil {
			err = c.check(q)
		}
		if err != nil {
			t.Errorf("runs, but explain says %v", err)
		}
	})
}
