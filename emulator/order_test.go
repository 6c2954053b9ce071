package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNullsComeFirstBothWays(t *testing.T) {
	s := start(t, WithPageSize(2000))
	for order, firstNull := range map[string]bool{
		"Int__c": true, "Int__c DESC": true, "Int__c NULLS LAST": false, "Int__c DESC NULLS LAST": false,
		"Lookup__c": true, "Lookup__c NULLS LAST": true, "Text__c DESC": true, "Double__c NULLS FIRST": true,
	} {
		field := strings.Fields(order)[0]
		got := values(t, s, fmt.Sprintf("SELECT %s FROM Everything__c ORDER BY %s", field, order), field)
		if (got[0] == nil) != firstNull || (got[len(got)-1] == nil) == firstNull {
			t.Errorf("ORDER BY %s begins with %v and ends with %v", order, got[0], got[len(got)-1])
		}
	}
}

func TestTextSortsInUpperCase(t *testing.T) {
	s := start(t, WithPageSize(2000))
	got := values(t, s, "SELECT Text__c FROM Everything__c WHERE Text__c != null ORDER BY Text__c", "Text__c")
	fold := newFolder("en_US")
	if !slices.IsSortedFunc(got, func(a, b any) int {
		return strings.Compare(fold.sortKey(a.(string)), fold.sortKey(b.(string)))
	}) {
		t.Error("not in the order of the upper-cased text")
	}
	if under, letters := slices.Index(got, any("_")), slices.Index(got, any("apple")); under >= 0 && letters >= 0 && under < letters {
		t.Error("_ sorts before the letters, as bytes of lower case would")
	}
}

func TestPicklistsSortAsSetUp(t *testing.T) {
	s := start(t, WithPageSize(2000))
	got := values(t, s, "SELECT Picklist__c FROM Everything__c WHERE Picklist__c != null ORDER BY Picklist__c DESC", "Picklist__c")
	order := append(slices.Clone(colors), "retired") // no longer on the list
	if !slices.IsSortedFunc(got, func(a, b any) int {
		return slices.Index(order, b.(string)) - slices.Index(order, a.(string))
	}) {
		t.Error("not in the reverse of the setup order")
	}
}

func TestSeveralKeys(t *testing.T) {
	s := start(t, WithPageSize(2000))
	got := records(t, s, "query", "SELECT Id, Industry, AnnualRevenue FROM Account ORDER BY Industry, AnnualRevenue DESC NULLS LAST, Id DESC")
	for i := 1; i < len(got); i++ {
		a, b := got[i-1], got[i]
		if a["Industry"] == b["Industry"] && a["AnnualRevenue"] == b["AnnualRevenue"] && a["Id"].(string) < b["Id"].(string) {
			t.Fatalf("%v before %v", a, b)
		}
	}
}

func TestLimitAndOffset(t *testing.T) {
	s := start(t, WithPageSize(2000))
	all := values(t, s, "SELECT Id FROM Lead ORDER BY Id", "Id")
	got := values(t, s, "SELECT Id FROM Lead ORDER BY Id LIMIT 10 OFFSET 595", "Id")
	if !slices.Equal(got, all[595:]) {
		t.Errorf("LIMIT 10 OFFSET 595 gave %v", got)
	}
	if p := getPage(t, s, queryPath("query", "SELECT COUNT() FROM Lead LIMIT 7")); p.TotalSize != 7 || len(p.Records) != 0 {
		t.Errorf("COUNT() with LIMIT 7: %+v", p)
	}
	if p := getPage(t, s, queryPath("query", "SELECT Id FROM Lead LIMIT 0")); p.TotalSize != 0 || !p.Done {
		t.Errorf("LIMIT 0: %+v", p)
	}
}

func TestAggregates(t *testing.T) {
	s := start(t, WithPageSize(1))
	counts, sums := map[any]int{}, map[any]float64{}
	for _, r := range stored(t, s, "Opportunity", nil) {
		counts[r["StageName"]]++
		if v, ok := r["Amount"].(float64); ok {
			sums[r["StageName"]] += v
		}
	}
	p := getPage(t, s, queryPath("query", "SELECT StageName, COUNT(Id), COUNT(Amount) filled, SUM(Amount) total, MIN(Name), AVG(Amount) a "+
		"FROM Opportunity GROUP BY StageName ORDER BY COUNT(Id) DESC"))
	if !p.Done || len(p.Records) != len(counts) || p.TotalSize != len(counts) {
		t.Fatalf("%d groups on the first page, done %v; want all %d", len(p.Records), p.Done, len(counts))
	}
	last := 1 << 30
	for _, r := range p.Records {
		n := int(r["expr0"].(float64))
		if n != counts[r["StageName"]] || r["total"] != sums[r["StageName"]] || n > last {
			t.Errorf("%v: %d of %d, sum %v of %v", r["StageName"], n, counts[r["StageName"]], r["total"], sums[r["StageName"]])
		}
		last = n
		if r["expr1"] == nil || r["filled"].(float64) > float64(n) {
			t.Errorf("%v", r)
		}
	}
	_, body := do(t, s, "GET", queryPath("query", "SELECT COUNT(Id), MAX(Number__c) m FROM Empty__c"), "")
	if want := `{"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"},"expr0":0,"m":null}]}`; body != want {
		t.Errorf("over no rows: %s", body)
	}
}

func TestGroupsFoldCase(t *testing.T) {
	s := start(t)
	fold := newFolder("en_US")
	want := map[string]int{}
	for _, r := range stored(t, s, "Everything__c", nil) {
		v, _ := r["Text__c"].(string)
		want[fold.fold(v)]++
	}
	got := records(t, s, "query", "SELECT Text__c, COUNT(Id) n FROM Everything__c GROUP BY Text__c HAVING COUNT(Id) > 1")
	for _, r := range got {
		v, _ := r["Text__c"].(string)
		if int(r["n"].(float64)) != want[fold.fold(v)] {
			t.Errorf("%q: %v, want %d", v, r["n"], want[fold.fold(v)])
		}
	}
	if len(got) == 0 {
		t.Error("no group of two")
	}
}

func TestGroupedNamesMayBeQualified(t *testing.T) {
	s := start(t)
	for _, soql := range []string{
		"SELECT Account.Industry, COUNT(Id) FROM Account GROUP BY industry ORDER BY INDUSTRY",
		"SELECT a.Industry, calendar_year(a.CreatedDate) y, COUNT(a.Id) FROM Account a GROUP BY Industry, CALENDAR_YEAR(CreatedDate)",
		"SELECT Account.Name, MAX(LastName) FROM Contact GROUP BY Account.Name HAVING Account.Name LIKE 'a%' AND COUNT(Id) > 0 LIMIT 5",
	} {
		if got := records(t, s, "query", soql); len(got) == 0 {
			t.Errorf("%s: no record", soql)
		}
	}
}
