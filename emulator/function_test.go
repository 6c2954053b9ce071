package emulator

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/soql"
)

func TestToLabel(t *testing.T) {
	s := start(t, WithPageSize(2000))
	labels := map[any]any{"BestCase": "Best Case", "MostLikely": "Most Likely", "Forecast": "Commit"}
	for _, r := range records(t, s, "query", "SELECT ForecastCategory, toLabel(ForecastCategory) l, toLabel(Account.Industry), Account.Industry i FROM Opportunity GROUP BY ForecastCategory, Account.Industry") {
		want, ok := labels[r["ForecastCategory"]]
		if !ok {
			want = r["ForecastCategory"]
		}
		if r["l"] != want || r["expr0"] != r["i"] {
			t.Errorf("%v", r)
		}
	}
	best := idsOf(stored(t, s, "Opportunity", func(r row) bool { return r["ForecastCategory"] == "BestCase" }))
	for _, where := range []string{"toLabel(ForecastCategory) = 'BEST case'", "toLabel(ForecastCategory) LIKE 'best%'", "ForecastCategory = 'BestCase'"} {
		if got := idsFound(t, s, "SELECT Id FROM Opportunity WHERE "+where); !slices.Equal(got, best) {
			t.Errorf("%s: %d records, want %d", where, len(got), len(best))
		}
	}
	if got := idsFound(t, s, "SELECT Id FROM Opportunity WHERE ForecastCategory = 'Best Case'"); len(got) != 0 {
		t.Errorf("a picklist compares with its label: %d records", len(got))
	}
	record := records(t, s, "query", "SELECT toLabel(Account.Industry), Account.Name, toLabel(ForecastCategory) FROM Opportunity WHERE Account.Industry != null AND ForecastCategory = 'Forecast' LIMIT 1")[0]
	if account := record["Account"].(map[string]any); account["Industry"] == nil || account["Name"] == nil || record["ForecastCategory"] != "Commit" {
		t.Errorf("%v", record)
	}
}

func TestFormat(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	c := &compiler{zone: tokyo}
	at := time.Date(2024, 2, 29, 23, 5, 0, 0, time.UTC).UnixMilli()
	for _, tt := range []struct {
		kind string
		d    datum
		want string
	}{
		{"int", datum{n: -1234567}, "-1,234,567"},
		{"int", datum{n: 999}, "999"},
		{"double", datum{f: 1234.5}, "1,234.5"},
		{"double", datum{f: -0.25}, "-0.25"},
		{"percent", datum{f: 12.5}, "12.5%"},
		{"currency", datum{f: 5000}, "$5,000.00"},
		{"currency", datum{f: -1234567.891}, "-$1,234,567.89"},
		{"date", datum{n: day(2024, 2, 9)}, "2/9/2024"},
		{"datetime", datum{n: at}, "3/1/2024, 8:05 AM"},
		{"time", datum{n: 13*3_600_000 + 5*60_000}, "1:05 PM"},
		{"boolean", datum{n: 1}, "true"},
		{"string", datum{s: "as is"}, "as is"},
	} {
		if got := c.format(&operand{kind: tt.kind}, tt.d); got.s != tt.want || got.null {
			t.Errorf("%s: %q, want %q", tt.kind, got.s, tt.want)
		}
	}
	if got := c.format(&operand{kind: "currency"}, nullDatum); !got.null {
		t.Error("null is formatted")
	}
	s := start(t)
	r := records(t, s, "query", "SELECT Amount, FORMAT(Amount) shown, FORMAT(CloseDate) FROM Opportunity WHERE Amount = 870000.77 LIMIT 1")[0]
	if r["Amount"] != 870000.77 || r["shown"] != "$870,000.77" || r["CloseDate"] != "4/1/2022" {
		t.Errorf("%v", r)
	}
	r = records(t, s, "query", "SELECT FORMAT(MIN(CloseDate)) earliest, FORMAT(COUNT(Id)) n, FORMAT(MAX(Amount)) FROM Opportunity")[0]
	if r["earliest"] != "1/1/2021" || r["n"] != "2,500" || !strings.HasPrefix(r["expr0"].(string), "$") {
		t.Errorf("%v", r)
	}
}

func TestDistance(t *testing.T) {
	if miles := earthMiles * arc(37.7749, -122.4194, 34.0522, -118.2437); math.Abs(miles-347.4) > 0.5 {
		t.Errorf("San Francisco and Los Angeles are %v miles apart", miles)
	}
	if around := earthKilometres * arc(0, 0, 0, 180); math.Abs(around-20015) > 1 {
		t.Errorf("half of the equator has %v km", around)
	}
	s := start(t, WithPageSize(2000))
	const here = "DISTANCE(Location__c, GEOLOCATION(37.7, -122.4), 'mi')"
	near := func(r row) (float64, bool) {
		at, ok := r["Location__c"].(map[string]any)
		if !ok || at["latitude"] == nil || at["longitude"] == nil {
			return 0, false
		}
		return earthMiles * arc(at["latitude"].(float64), at["longitude"].(float64), 37.7, -122.4), true
	}
	for op, keep := range map[string]func(float64) bool{
		"<": func(d float64) bool { return d < 5000 }, ">": func(d float64) bool { return d > 5000 },
	} {
		want := idsOf(stored(t, s, "Everything__c", func(r row) bool { d, ok := near(r); return ok && keep(d) }))
		if got := idsFound(t, s, "SELECT Id FROM Everything__c WHERE "+here+" "+op+" 5000"); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s: %d records, want %d", op, len(got), len(want))
		}
	}
	last := -1.0
	for _, r := range records(t, s, "query", "SELECT "+here+", DISTANCE(Location__c, GEOLOCATION(37.7, -122.4), 'km') km FROM Everything__c WHERE "+here+" > 0 ORDER BY "+here) {
		miles := r["expr0"].(float64)
		if km := r["km"].(float64); miles < last || math.Abs(km/miles-1.609344) > 1e-4 {
			t.Errorf("%v after %v", r, last)
		}
		last = miles
	}
	if got := values(t, s, "SELECT "+here+" d FROM Everything__c WHERE Location__Latitude__s = null LIMIT 1", "d"); got[0] != nil {
		t.Errorf("no location is %v away", got[0])
	}
	if got := values(t, s, "SELECT DISTANCE(Account.BillingAddress, GEOLOCATION(0, 0), 'km') d FROM Contact WHERE Account.BillingLatitude != null AND Account.BillingLongitude != null LIMIT 1", "d"); got[0] == nil {
		t.Error("an address is no place")
	}
}

func TestCurrencies(t *testing.T) {
	s := start(t, WithPageSize(2000), WithQuirks(Quirks{MultiCurrency: true}))
	want := idsOf(stored(t, s, "Opportunity", func(r row) bool { v, ok := r["Amount"].(float64); return ok && v > 9000/0.9 }))
	if got := idsFound(t, s, "SELECT Id FROM Opportunity WHERE Amount > EUR9000"); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("%d records, want %d", len(got), len(want))
	}
	for _, r := range records(t, s, "query", "SELECT Amount, convertCurrency(Amount) mine, FORMAT(convertCurrency(Amount)) shown FROM Opportunity LIMIT 20") {
		if r["Amount"] != r["mine"] || (r["Amount"] == nil) != (r["shown"] == nil) {
			t.Errorf("%v", r)
		}
	}
	for _, where := range []string{"Amount > XYZ1", "Probability > USD1"} {
		if e := failure(t, s, "SELECT Id FROM Opportunity WHERE "+where); e.Code != "INVALID_FIELD" {
			t.Errorf("%s: %v", where, e)
		}
	}
	single := start(t)
	for _, statement := range []string{"SELECT Id FROM Opportunity WHERE Amount > USD1", "SELECT convertCurrency(Amount) FROM Opportunity"} {
		if e := failure(t, single, statement); e.Code != "INVALID_FIELD" {
			t.Errorf("%s with one currency: %v", statement, e)
		}
	}
}

// TestSubtotals holds ROLLUP and CUBE against counts of the store.
func TestSubtotals(t *testing.T) {
	s := start(t)
	counts := map[[2]any]int{} // by what is grouped, "*" for all
	for _, r := range stored(t, s, "Account", nil) {
		for _, rating := range []any{r["Rating"], "*"} {
			for _, partner := range []any{r["IsPartner"], "*"} {
				counts[[2]any{rating, partner}]++
			}
		}
	}
	for clause, keep := range map[string]func(rating, partner any) bool{
		"CUBE":   func(rating, partner any) bool { return true },
		"ROLLUP": func(rating, partner any) bool { return rating != "*" || partner == "*" },
	} {
		want := 0
		for by := range counts {
			if keep(by[0], by[1]) {
				want++
			}
		}
		got := records(t, s, "query", "SELECT Rating, IsPartner, GROUPING(Rating) gr, GROUPING(IsPartner) gp, COUNT(Id) n FROM Account GROUP BY "+clause+"(Rating, IsPartner)")
		if len(got) != want {
			t.Errorf("%s: %d rows, want %d", clause, len(got), want)
		}
		for _, r := range got {
			by := [2]any{r["Rating"], r["IsPartner"]}
			for i, key := range []string{"gr", "gp"} {
				if r[key] == 1.0 {
					if by[i] != nil {
						t.Errorf("%s: a subtotal of %v", clause, r)
					}
					by[i] = "*"
				}
			}
			if !keep(by[0], by[1]) || int(r["n"].(float64)) != counts[by] {
				t.Errorf("%s: %v, want %d", clause, r, counts[by])
			}
		}
	}
	few := records(t, s, "query", "SELECT Rating, COUNT(Id) n FROM Account GROUP BY ROLLUP(Rating) HAVING GROUPING(Rating) = 1 ORDER BY GROUPING(Rating)")
	if len(few) != 1 || int(few[0]["n"].(float64)) != counts[[2]any{"*", "*"}] {
		t.Errorf("the total is %v", few)
	}
	if three := keySets(soql.Rollup, 3); !slices.Equal(three, []keySet{7, 3, 1, 0}) {
		t.Errorf("ROLLUP of three: %v", three)
	}
	if three := keySets(soql.Cube, 3); len(three) != 8 {
		t.Errorf("CUBE of three: %v", three)
	}
}
