package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/soql"
)

// TestSemanticsOfSOQL holds what is not a comparison of one record's own field;
// TestComparisons holds the others. The names are the rules.
func TestSemanticsOfSOQL(t *testing.T) {
	s := start(t, WithPageSize(2000))
	count := func(t *testing.T, soql string) int { t.Helper(); return len(records(t, s, "query", soql)) }
	same := func(t *testing.T, a, b string) {
		t.Helper()
		if x, y := idsFound(t, s, a), idsFound(t, s, b); !slices.Equal(x, y) || len(x) == 0 {
			t.Errorf("%d records from %s\n%d from %s", len(x), a, len(y), b)
		}
	}
	t.Run("Id NOT IN (SELECT ...): null ids of the sub-select are ignored", func(t *testing.T) {
		if n := len(stored(t, s, "Contact", func(r row) bool { return r["AccountId"] == nil })); n == 0 {
			t.Fatal("no contact without an account")
		}
		in := count(t, "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)")
		out := count(t, "SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact)")
		if in == 0 || out == 0 || in+out != len(stored(t, s, "Account", nil)) {
			t.Errorf("%d in, %d out", in, out)
		}
	})
	t.Run("aggregates ignore nulls: COUNT() and COUNT(Id) count rows, COUNT(f) non-null", func(t *testing.T) {
		rows := stored(t, s, "Everything__c", nil)
		filled := len(stored(t, s, "Everything__c", func(r row) bool { return r["Double__c"] != nil }))
		r := records(t, s, "query", "SELECT COUNT(Id) a, COUNT(Double__c) f, AVG(Double__c) v, SUM(Double__c) s FROM Everything__c")[0]
		total := getPage(t, s, queryPath("query", "SELECT COUNT() FROM Everything__c")).TotalSize
		if total != len(rows) || r["a"] != float64(len(rows)) || r["f"] != float64(filled) || filled == len(rows) || r["v"] != r["s"].(float64)/float64(filled) {
			t.Errorf("COUNT() %d, %v; %d rows, %d filled", total, r, len(rows), filled)
		}
	})
	t.Run("Parent.f = null is true also when the lookup itself is empty", func(t *testing.T) {
		same(t, "SELECT Id FROM Contact WHERE AccountId = null", "SELECT Id FROM Contact WHERE Account.Name = null")
	})
	t.Run("Parent.f != 'x' includes rows without a parent", func(t *testing.T) {
		same(t, "SELECT Id FROM Contact WHERE AccountId = null", "SELECT Id FROM Contact WHERE Account.Name != 'nobody' AND AccountId = null")
	})
	t.Run("= != < IN LIKE are case-insensitive", func(t *testing.T) {
		for _, where := range []string{"LastName = '%s'", "LastName IN ('%s')", "LastName LIKE '%s'", "LastName != '%s'", "LastName < '%s'", "LastName >= '%s'"} {
			base := "SELECT Id FROM Contact WHERE "
			same(t, base+fmt.Sprintf(where, "SMITH"), base+fmt.Sprintf(where, "smith"))
		}
	})
	t.Run("caseSensitive fields are not", func(t *testing.T) {
		if n := count(t, "SELECT Id FROM Everything__c WHERE CaseSensitive__c IN ('key-0', 'KEY-0')"); n != 2 {
			t.Errorf("%d records", n)
		}
		if n := count(t, "SELECT Id FROM Everything__c WHERE CaseSensitive__c = 'key-0'"); n != 1 {
			t.Errorf("%d records", n)
		}
	})
	t.Run("the literal is compared as given, trailing spaces included", func(t *testing.T) {
		if n := count(t, "SELECT Id FROM Contact WHERE LastName = 'Smith '"); n != 0 {
			t.Errorf("%d records", n)
		}
	})
	t.Run("a range of text follows the sort order", func(t *testing.T) {
		got := values(t, s, "SELECT Text__c FROM Everything__c WHERE Text__c > 'M' AND Text__c <= '_' ORDER BY Text__c", "Text__c")
		fold := newFolder("en_US")
		for _, v := range got {
			if key := fold.sortKey(v.(string)); key <= "M" || key > "_" {
				t.Errorf("%q", v)
			}
		}
		if !slices.Contains(got, any("zebra")) && len(got) == 0 {
			t.Error("nothing found")
		}
	})
	t.Run("picklists compare with the value, toLabel with the label", func(t *testing.T) {
		same(t, "SELECT Id FROM Opportunity WHERE ForecastCategory = 'Forecast'", "SELECT Id FROM Opportunity WHERE toLabel(ForecastCategory) = 'Commit'")
	})
	t.Run("ids: 15 and 18 characters are equal, ranges are by the 15", func(t *testing.T) {
		id := idsOf(stored(t, s, "Account", nil))[10]
		same(t, "SELECT Id FROM Account WHERE Id > '"+id+"'", "SELECT Id FROM Account WHERE Id > '"+id[:15]+"'")
		same(t, "SELECT Id FROM Account WHERE Id = '"+id+"'", "SELECT Id FROM Account WHERE Id = '"+id[:15]+"'")
	})
	t.Run("INCLUDES ('a;b','c') is (a AND b) OR c, EXCLUDES is NOT that", func(t *testing.T) {
		same(t, "SELECT Id FROM Everything__c WHERE Multi__c INCLUDES ('alpha;beta','Ω')",
			"SELECT Id FROM Everything__c WHERE (Multi__c INCLUDES ('alpha') AND Multi__c INCLUDES ('beta')) OR Multi__c INCLUDES ('Ω')")
		same(t, "SELECT Id FROM Everything__c WHERE Multi__c EXCLUDES ('alpha;beta','Ω')",
			"SELECT Id FROM Everything__c WHERE NOT (Multi__c INCLUDES ('alpha;beta','Ω'))")
	})
	t.Run("soft-deleted rows: hidden from query, IsDeleted=true for queryAll", func(t *testing.T) {
		all := records(t, s, "queryAll", "SELECT Id, IsDeleted FROM Account")
		live := count(t, "SELECT Id FROM Account")
		gone := len(slices.DeleteFunc(all, func(r map[string]any) bool { return r["IsDeleted"] == false }))
		if gone == 0 || live != len(stored(t, s, "Account", nil)) {
			t.Errorf("%d live, %d gone", live, gone)
		}
	})
	t.Run("polymorphic filter: What.Type IN (...)", func(t *testing.T) {
		want := len(stored(t, s, "Task", func(r row) bool {
			v, _ := r["WhatId"].(string)
			return strings.HasPrefix(v, "001") || strings.HasPrefix(v, "006")
		}))
		if n := count(t, "SELECT Id FROM Task WHERE What.Type IN ('Account', 'Opportunity')"); n != want || want == 0 {
			t.Errorf("%d records, want %d", n, want)
		}
	})
	t.Run("a raw newline within quotes", func(t *testing.T) {
		same(t, "SELECT Id FROM Everything__c WHERE Text__c LIKE '%\n%' OR Id != null", "SELECT Id FROM Everything__c WHERE Text__c LIKE '%\\n%' OR Id != null")
	})
}

// TestEveryRelativeDate checks the days of every relative date, on a Wednesday.
func TestEveryRelativeDate(t *testing.T) {
	now := time.Date(2024, 5, 15, 23, 30, 0, 0, time.UTC)
	want := map[string]string{
		"YESTERDAY": "2024-05-14 2024-05-14", "TODAY": "2024-05-15 2024-05-15", "TOMORROW": "2024-05-16 2024-05-16",
		"LAST_WEEK": "2024-05-05 2024-05-11", "THIS_WEEK": "2024-05-12 2024-05-18", "NEXT_WEEK": "2024-05-19 2024-05-25",
		"LAST_MONTH": "2024-04-01 2024-04-30", "THIS_MONTH": "2024-05-01 2024-05-31", "NEXT_MONTH": "2024-06-01 2024-06-30",
		"LAST_90_DAYS": "2024-02-15 2024-05-15", "NEXT_90_DAYS": "2024-05-16 2024-08-13",
		"LAST_QUARTER": "2024-01-01 2024-03-31", "THIS_QUARTER": "2024-04-01 2024-06-30", "NEXT_QUARTER": "2024-07-01 2024-09-30",
		"LAST_YEAR": "2023-01-01 2023-12-31", "THIS_YEAR": "2024-01-01 2024-12-31", "NEXT_YEAR": "2025-01-01 2025-12-31",
		"LAST_N_DAYS:2": "2024-05-13 2024-05-15", "NEXT_N_DAYS:2": "2024-05-16 2024-05-17", "N_DAYS_AGO:2": "2024-05-13 2024-05-13",
		"LAST_N_WEEKS:2": "2024-04-28 2024-05-11", "NEXT_N_WEEKS:2": "2024-05-19 2024-06-01", "N_WEEKS_AGO:2": "2024-04-28 2024-05-04",
		"LAST_N_MONTHS:2": "2024-03-01 2024-04-30", "NEXT_N_MONTHS:2": "2024-06-01 2024-07-31", "N_MONTHS_AGO:2": "2024-03-01 2024-03-31",
		"LAST_N_QUARTERS:2": "2023-10-01 2024-03-31", "NEXT_N_QUARTERS:2": "2024-07-01 2024-12-31", "N_QUARTERS_AGO:2": "2023-10-01 2023-12-31",
		"LAST_N_YEARS:2": "2022-01-01 2023-12-31", "NEXT_N_YEARS:2": "2025-01-01 2026-12-31", "N_YEARS_AGO:2": "2022-01-01 2022-12-31",
	}
	for name, days := range maps.Clone(want) { // the fiscal year is the calendar year
		for _, unit := range []string{"QUARTER", "YEAR"} {
			if strings.Contains(name, unit) {
				want[strings.Replace(name, unit, "FISCAL_"+unit, 1)] = days
			}
		}
	}
	if len(want) != 44 {
		t.Errorf("%d relative dates, want all 44", len(want))
	}
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	utc := &compiler{zone: time.UTC, now: now}
	local := &compiler{zone: newYork, now: now} // it is 19:30 of the same day there
	date, instant := &operand{kind: "date"}, &operand{kind: "datetime"}
	for name, days := range want {
		q, err := soql.Parse("SELECT Id FROM X WHERE d = " + name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		literal := q.Where.(*soql.Comparison).Value
		first, last, _ := strings.Cut(days, " ")
		from, _ := time.ParseInLocation(time.DateOnly, first, newYork)
		to, _ := time.ParseInLocation(time.DateOnly, last, newYork)
		to = to.AddDate(0, 0, 1)
		check := func(c *compiler, of *operand, op soql.Op, value int64, want bool) {
			t.Helper()
			match, err := c.dateMatcher(of, op, literal)
			if err != nil || match(datum{n: value}) != want {
				t.Errorf("%s %s %s at %d: want %v, error %v", of.kind, op, name, value, want, err)
			}
		}
		start, end := daysOf(from), daysOf(to)
		for op, in := range map[soql.Op][4]bool{ // the day before, the first, the last, the day after
			soql.EQ: {false, true, true, false}, soql.NE: {true, false, false, true},
			soql.LT: {true, false, false, false}, soql.LE: {true, true, true, false},
			soql.GT: {false, false, false, true}, soql.GE: {false, true, true, true},
		} {
			for i, value := range []int64{start - 1, start, end - 1, end} {
				check(utc, date, op, value, in[i])
			}
			for i, value := range []int64{from.UnixMilli() - 1, from.UnixMilli(), to.UnixMilli() - 1, to.UnixMilli()} {
				check(local, instant, op, value, in[i])
			}
		}
	}
}

// TestErrorCodes provokes each code that a query can end with; the names are
// the codes.
func TestErrorCodes(t *testing.T) {
	s := start(t, WithRestrictedObjects(), WithQuirks(Quirks{MostFormulas: 3, MostRows: 2600}))
	aliases := func(n int) string {
		return "SELECT " + strings.TrimSuffix(strings.Repeat("COUNT(Id),", n), ",") + " FROM Account"
	}
	long := func(n int) string {
		return "SELECT Id FROM Account WHERE Name = 'x'" + strings.Repeat(" ", n-len("SELECT Id FROM Account WHERE Name = 'x'"))
	}
	kids := "(SELECT Id FROM Contacts),(SELECT Id FROM Opportunities),(SELECT Id FROM Cases),(SELECT Id FROM Tasks),(SELECT Id FROM Events),(SELECT Id FROM Orders)"
	many := "SELECT Id,(SELECT Id FROM Histories)," + kids + ",(SELECT Id," + kids + ",(SELECT Id," + kids + " FROM ChildAccounts) FROM ChildAccounts) FROM Account"
	id := string(appendID18(nil, "001", 1))
	ids := strings.Repeat("'"+id+"',", 201) + "'" + id + "'"
	for _, c := range []struct{ name, soql, message string }{
		{"MALFORMED_QUERY", "SELECT FROM Account", "…unexpected token: 'FROM'"},
		{"MALFORMED_QUERY: statement too long", long(100_001), "SOQL statements can not be longer than 100000 characters"},
		{"MALFORMED_QUERY: a comment first", "/**/ SELECT Id FROM Contact", "SOQL statements cannot be empty or null"},
		{"MALFORMED_QUERY: duplicate field", "SELECT Id, Name, Id FROM Account", "duplicate field selected: Id"},
		{"MALFORMED_QUERY: duplicate by FIELDS", "SELECT Id, FIELDS(STANDARD) FROM Account", "duplicate field selected: Id"},
		{"MALFORMED_QUERY: raw and formatted field", "SELECT Amount, FORMAT(Amount) FROM Opportunity", "duplicate field selected: Amount"},
		{"MALFORMED_QUERY: FIELDS without LIMIT", "SELECT FIELDS(ALL) FROM Account", "The SOQL FIELDS function must have a LIMIT of at most 200"},
		{"MALFORMED_QUERY: FIELDS with LIMIT 201", "SELECT FIELDS(CUSTOM) FROM Account LIMIT 201", "The SOQL FIELDS function must have a LIMIT of at most 200"},
		{"MALFORMED_QUERY: FIELDS of children", "SELECT Id, (SELECT FIELDS(ALL) FROM Contacts) FROM Account LIMIT 1", "The SOQL FIELDS function must have a LIMIT of at most 200"},
		{"MALFORMED_QUERY: FIELDS with 202 ids", "SELECT FIELDS(ALL) FROM Account WHERE Id IN (" + ids + ")", "The SOQL FIELDS function must have a LIMIT of at most 200"},
		{"MALFORMED_QUERY: 101 aliases", aliases(101), "maximum number of aliased fields exceeded: 100"},
		{"MALFORMED_QUERY: 21 subqueries", many, "SOQL statements cannot query more than 20 aggregate relationships"},
		{"MALFORMED_QUERY: 3 semi-joins", "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Case) AND Id IN (SELECT AccountId FROM Order)", "Maximum 2 semi join sub-selects are allowed in a query"},
		{"MALFORMED_QUERY: semi-join of children on themselves", "SELECT Id, (SELECT Id FROM ChildAccounts WHERE Id IN (SELECT ParentId FROM Account)) FROM Account", "The inner and outer selects should not be on the same object type"},
		{"MALFORMED_QUERY: aggregate among children", "SELECT Id, (SELECT COUNT() FROM Contacts) FROM Account", "…only root queries support aggregate expressions"},
		{"MALFORMED_QUERY: the same children twice", "SELECT Id, (SELECT Id FROM Contacts), (SELECT Name FROM contacts) FROM Account", "duplicate subquery relationship selected: Contacts"},
		{"MALFORMED_QUERY: ALL ROWS", "SELECT Id FROM Account ALL ROWS", "ALL ROWS not allowed in this context"},
		{"MALFORMED_QUERY: bind variable", "SELECT Id FROM Account WHERE Name = :name", "…bind variables such as :name exist in Apex only, write the value itself"},
		{"MALFORMED_QUERY: TYPEOF of one object", "SELECT TYPEOF Owner WHEN User THEN Id END FROM Account", "…TYPEOF is only supported for polymorphic relationships, not for 'Owner'"},
		{"MALFORMED_QUERY: TYPEOF of another object", "SELECT TYPEOF What WHEN User THEN Id END FROM Task", "…the relationship 'What' does not lead to 'User'"},
		{"MALFORMED_QUERY: TYPEOF with a path", "SELECT What.Name, TYPEOF What WHEN Account THEN Id END FROM Task", "duplicate field selected: What"},
		{"MALFORMED_QUERY: a path with TYPEOF", "SELECT TYPEOF What WHEN Account THEN Id END, What.Name FROM Task", "duplicate field selected: What"},
		{"MALFORMED_QUERY: an alias and a path", "SELECT FORMAT(Amount) Account, Account.Name FROM Opportunity", "duplicate field selected: Account"},
		{"MALFORMED_QUERY: an alias and children", "SELECT FORMAT(AnnualRevenue) Contacts, (SELECT Id FROM Contacts) FROM Account", "duplicate subquery relationship selected: Contacts"},
		{"MALFORMED_QUERY: scope", "SELECT Id FROM RecordType USING SCOPE mine", "scope 'mine' is not supported for entity 'RecordType'"},
		{"MALFORMED_QUERY: data category", "SELECT Id FROM Account WITH DATA CATEGORY a__c AT b__c", "…data category filters are for articles only, not for Account"},
		{"MALFORMED_QUERY: GROUPING of what is not grouped", "SELECT GROUPING(Type) FROM Account GROUP BY ROLLUP(Rating)", "Field must be grouped or aggregated: Type"},
		{"MALFORMED_QUERY: FORMAT of what is not grouped", "SELECT FORMAT(Type), COUNT(Id) FROM Account GROUP BY Rating", "Field must be grouped or aggregated: Type"},
		{"INVALID_FIELD", "SELECT Nope FROM Account", "…No such column 'Nope' on entity 'Account'." + hint},
		{"INVALID_FIELD: of a child", "SELECT Id, (SELECT Nope FROM Contacts) FROM Account", "…No such column 'Nope' on entity 'Contact'." + hint},
		{"INVALID_FIELD: of TYPEOF", "SELECT TYPEOF What WHEN Account THEN Nope END FROM Task", "…No such column 'Nope' on entity 'Account'." + hint},
		{"INVALID_FIELD: of ELSE", "SELECT TYPEOF What WHEN Account THEN Id ELSE Amount END FROM Task", "…No such column 'Amount' on entity 'Name'." + hint},
		{"INVALID_FIELD: filter of a child", "SELECT Id, (SELECT Id FROM Contacts WHERE Description = 'x') FROM Account", "…field 'Description' can not be filtered in a query call"},
		{"INVALID_FIELD: date function and date literal", "SELECT Id FROM Account WHERE CALENDAR_YEAR(CreatedDate) = THIS_YEAR", "…value of filter criterion for field 'CreatedDate' must be of type int and should not be enclosed in quotes"},
		{"INVALID_FIELD: DISTANCE of text", "SELECT Id FROM Account WHERE DISTANCE(Name, GEOLOCATION(1,2), 'mi') < 3", "…field Name does not support DISTANCE"},
		{"INVALID_FIELD: toLabel of a number", "SELECT toLabel(Amount) FROM Opportunity", "…field Amount does not support toLabel"},
		{"INVALID_TYPE", "SELECT Id FROM Nope", "…call for the appropriate names."},
		{"INVALID_TYPE: relationship of children", "SELECT Id, (SELECT Id FROM Contact) FROM Account", "…Didn't understand relationship 'Contact' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names."},
		{"INVALID_TYPE: relationship after a comma", "SELECT Id FROM Contact c, x.Account a", "…Please reference your WSDL or the describe call for the appropriate names."},
		{"INVALID_TYPE_FOR_OPERATION", "SELECT Id FROM ActivityHistory", "entity type ActivityHistory does not support query"},
		{"INVALID_QUERY_FILTER_OPERATOR", "SELECT Id FROM Account WHERE Id = 'abc'", "…invalid ID field: abc"},
		{"NUMBER_OUTSIDE_VALID_RANGE", "SELECT Id FROM Account OFFSET 2001", "Maximum SOQL offset allowed is 2000"},
		{"NUMBER_OUTSIDE_VALID_RANGE: OFFSET of children", "SELECT Id, (SELECT Id FROM Contacts OFFSET 2001) FROM Account", "Maximum SOQL offset allowed is 2000"},
		{"NUMBER_OUTSIDE_VALID_RANGE: latitude", "SELECT DISTANCE(BillingAddress, GEOLOCATION(91, 0), 'mi') FROM Account", "…91 is out of the range from -90 to 90"},
		{"EXCEEDED_ID_LIMIT", "SELECT Id FROM Opportunity GROUP BY Id", "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"},
		{"QUERY_TOO_COMPLICATED", "SELECT F014__c, F029__c, F044__c, F059__c FROM Wide__c", "Query is either selecting too many fields or the filter conditions are too complicated."},
		{"QUERY_TIMEOUT", "SELECT Id FROM Contact", "Your query request was running for too long."},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, _ := strings.Cut(c.name, ":")
			want := strings.TrimPrefix(c.message, "…")
			e := failureOf(t, s, c.soql)
			if e.Status != http.StatusBadRequest || e.Code != code || !strings.HasSuffix(e.Message, want) || c.message == want && e.Message != want {
				t.Errorf("%.200s\nanswered %d %s %q\nwant %s", c.soql, e.Status, e.Code, e.Message, c.message)
			}
		})
	}
	t.Run("INVALID_QUERY_LOCATOR", func(t *testing.T) {
		res, body := do(t, s, "GET", root+"/query/01gKj0000004C95IAE-2000", "")
		if res.StatusCode != http.StatusBadRequest || !strings.Contains(body, `"INVALID_QUERY_LOCATOR"`) {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	})
	for _, allowed := range []string{
		aliases(100), "SELECT Id FROM Account OFFSET 2000", "SELECT FIELDS(ALL) FROM Account LIMIT 200",
		"SELECT F014__c, F029__c, F044__c FROM Wide__c LIMIT 1",
		"SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id NOT IN (SELECT AccountId FROM Case)",
		"SELECT Id FROM OpportunityLineItem WHERE Quantity < 20 GROUP BY Id LIMIT 2000",
	} {
		if p := getPage(t, s, queryPath("query", allowed)); p.Records == nil {
			t.Errorf("%.100s: no records", allowed)
		}
	}
	if _, err := s.newCall("", "").compile(long(100_000), false); err != nil {
		t.Errorf("a statement of 100,000 characters: %v", err)
	}
}

// failureOf compiles a statement that must be refused: some are longer than a
// URL may be.
func failureOf(t *testing.T, s *Server, soql string) apiError {
	t.Helper()
	if len(soql) < 4000 {
		return failure(t, s, soql)
	}
	_, err := s.newCall("", "").compile(soql, false)
	e, ok := err.(*apiError)
	if !ok {
		t.Fatalf("%.100s: %v", soql, err)
	}
	return *e
}

// TestRelationshipsCap: 55 relationships to parents, however deep.
func TestRelationshipsCap(t *testing.T) {
	s := start(t)
	var paths []string
	var grow func(path string, depth int)
	grow = func(path string, depth int) {
		if depth == 0 {
			return
		}
		for _, next := range []string{"Parent.", "Owner.", "CreatedBy.", "LastModifiedBy.", "Manager."} {
			if strings.HasPrefix(path, "Parent.") == (path != "") && next != "Manager." || path != "" && !strings.HasSuffix(path, "Parent.") && next == "Manager." {
				paths = append(paths, path+next+"Id")
				grow(path+next, depth-1)
			}
		}
	}
	grow("", 4)
	var fit []string
	for _, path := range paths { // those that are paths of an Account
		if _, err := s.newCall("", "").compile("SELECT "+path+" FROM Account LIMIT 1", false); err == nil {
			fit = append(fit, path)
		}
	}
	relationships := map[string]bool{}
	for n, path := range fit {
		parts := strings.Split(path, ".")
		for i := 1; i < len(parts); i++ {
			relationships[strings.Join(parts[:i], ".")] = true
		}
		_, err := s.newCall("", "").compile("SELECT "+strings.Join(fit[:n+1], ",")+" FROM Account LIMIT 1", false)
		if (err != nil) != (len(relationships) > maxRelationships) {
			t.Fatalf("%d relationships: %v", len(relationships), err)
		}
	}
	if len(relationships) <= maxRelationships {
		t.Fatalf("only %d relationships were tried", len(relationships))
	}
}

// TestObjectsWithQueryRules tries statements that keep an object's rule and
// statements that break it.
func TestObjectsWithQueryRules(t *testing.T) {
	s := start(t, WithRestrictedObjects(), WithPageSize(2000))
	account, user := string(appendID18(nil, "001", 3)), string(appendID18(nil, "005", 0))
	link := values(t, s, "SELECT Id, (SELECT LinkedEntityId FROM ContentDocumentLinks) FROM Account", "ContentDocumentLinks")
	if i := slices.IndexFunc(link, func(v any) bool { return v != nil }); i < 0 {
		t.Error("no account has a document; children need no filter")
	}
	for _, c := range []struct {
		soql, code, message string // no code: it runs and finds something
	}{
		{"SELECT Id FROM ContentDocumentLink WHERE ContentDocumentId IN (" + quotedIDs("069", 12) + ")", "", ""},
		{"SELECT Id FROM ContentDocumentLink WHERE ContentDocumentId > '069000000000000AAA'", "MALFORMED_QUERY", "ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator."},
		{"SELECT COUNT() FROM ContentDocumentLink", "MALFORMED_QUERY", "ContentDocumentLink requires a filter"},
		{"SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '" + account + "' OR ShareType = 'V'", "MALFORMED_QUERY", "ContentDocumentLink requires a filter"},
		{"SELECT Id FROM ContentFolderItem WHERE ParentContentFolderId IN (" + quotedIDs("069", 12) + ")", "", ""},
		{"SELECT Id FROM ContentFolderItem", "MALFORMED_QUERY", "ContentFolderItem requires a filter"},
		{"SELECT Id FROM Vote WHERE Parent.Type = 'Account'", "", ""},
		{"SELECT Id FROM Vote WHERE Type = 'Up'", "MALFORMED_QUERY", "Vote requires a filter"},
		{"SELECT DurableId, QualifiedApiName FROM FieldDefinition WHERE EntityDefinitionId = 'Account'", "", ""},
		{"SELECT DurableId FROM FieldDefinition", "MALFORMED_QUERY", "FieldDefinition: a filter on a reified column is required [EntityDefinitionId,DurableId]"},
		{"SELECT DurableId FROM EntityParticle WHERE DataType = 'string'", "MALFORMED_QUERY", "EntityParticle: a filter on a reified column is required [EntityDefinitionId,DurableId]"},
		{"SELECT Value FROM PicklistValueInfo WHERE EntityParticleId = 'Account.Industry'", "", ""},
		{"SELECT Id FROM IdeaComment", "MALFORMED_QUERY", "IdeaComment requires a filter"},
		{"SELECT DurableId FROM RelationshipDomain WHERE DurableId LIKE '%'", "MALFORMED_QUERY", "RelationshipDomain: a filter on a reified column is required [EntityDefinitionId,DurableId]"},
		{"SELECT DurableId FROM UserEntityAccess WHERE EntityDefinitionId IN ('Account')", "", ""},
		{"SELECT Id FROM Knowledge__kav WHERE PublishStatus = 'Online' AND Language = 'en_US' LIMIT 1", "runs", ""},
		{"SELECT Id FROM Knowledge__kav WITH DATA CATEGORY Geography__c AT usa__c", "MALFORMED_QUERY", "there is no data category group Geography__c"},
		{"SELECT Id FROM AggregateResult", "INVALID_TYPE_FOR_OPERATION", "entity type AggregateResult does not support query"},
		{"SELECT Value FROM PicklistValueInfo", "MALFORMED_QUERY", "PicklistValueInfo: a filter on a reified column is required"},
		{"SELECT QualifiedApiName FROM EntityDefinition", "", ""},
		{"SELECT RecordId FROM UserRecordAccess WHERE UserId = '" + user + "' AND RecordId = '" + account + "'", "", ""},
		{"SELECT RecordId FROM UserRecordAccess WHERE UserId = '" + user + "'", "MALFORMED_QUERY", "UserId and RecordId"},
		{"SELECT RecordId FROM UserRecordAccess WHERE UserId = '" + user + "' AND RecordId IN (" + quotedIDs("001", 201) + ")", "EXCEEDED_ID_LIMIT", "at most 200"},
		{"SELECT DeveloperName FROM Setting__mdt WHERE DeveloperName = 'Setting_1' OR DeveloperName LIKE '%2' ORDER BY MasterLabel", "", ""},
		{"SELECT COUNT(Id) FROM Setting__mdt", "MALFORMED_QUERY", "custom metadata types do not support aggregate functions"},
		{"SELECT Id FROM Setting__mdt WHERE DeveloperName = 'a' OR MasterLabel = 'b'", "MALFORMED_QUERY", "Disjunctions not supported"},
		{"SELECT Id FROM Setting__mdt ORDER BY Owner__r.Name", "MALFORMED_QUERY", "their own fields only"},
		{"SELECT Message__c FROM Log__b", "", ""},
		{"SELECT Message__c FROM Log__b WHERE Account__c IN (" + quotedIDs("001", 300) + ")", "", ""},
		{"SELECT Message__c FROM Log__b WHERE Account__c = '" + account + "' AND At__c > 2000-01-01T00:00:00Z", "runs", ""},
		{"SELECT Message__c FROM Log__b WHERE At__c > 2000-01-01T00:00:00Z", "MALFORMED_QUERY", "missing Account__c"},
		{"SELECT Message__c FROM Log__b WHERE Account__c > '" + account + "' AND At__c = 2000-01-01T00:00:00Z", "MALFORMED_QUERY", "take = only"},
		{"SELECT Message__c FROM Log__b WHERE Account__c != '" + account + "'", "MALFORMED_QUERY", "take = only"},
		{"SELECT Message__c FROM Log__b WHERE Account__c = '" + account + "' OR At__c = null", "MALFORMED_QUERY", "missing Account__c"},
		{"SELECT COUNT() FROM Log__b", "MALFORMED_QUERY", "aggregates"},
		{"SELECT Id FROM Part__x WHERE ExternalId = 'part-3'", "", ""},
		{"SELECT COUNT(Id) FROM Part__x", "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", "aggregation"},
		{"SELECT Id FROM Part__x WHERE ExternalId LIKE 'p%'", "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", "LIKE"},
		{"SELECT Id FROM Part__x WHERE Tags__c INCLUDES ('a')", "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", "INCLUDES"},
		{"SELECT Account__r.Owner.Name, Account__r.Parent.Name FROM Part__x WHERE Account__r.CreatedBy.Name != 'x'", "", ""},
		{"SELECT Account__r.Owner.Name, Account__r.Parent.Name FROM Part__x WHERE Account__r.Parent.Owner.Name != 'x' AND Account__r.CreatedBy.Name != 'x'", "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", "more than 4 joins"},
	} {
		p, err := s.newCall("", "").compile(c.soql, false)
		e, _ := err.(*apiError)
		switch {
		case c.code == "" && (err != nil || p.total == 0), c.code == "runs" && err != nil:
			t.Errorf("%s: %v, or nothing found", c.soql, err)
		case c.code != "" && c.code != "runs" && (e == nil || e.Code != c.code || !strings.Contains(e.Message, c.message)):
			t.Errorf("%s: %v, want %s %s", c.soql, err, c.code, c.message)
		}
	}
	if plain := start(t); slices.Contains(plain.Objects(), "ContentDocumentLink") || !slices.Contains(s.Objects(), "ContentDocumentLink") {
		t.Error("the option does not decide over the objects")
	}
}

func quotedIDs(prefix string, n int) string {
	var ids []string
	for row := range n {
		ids = append(ids, "'"+string(appendID18(nil, prefix, row))+"'")
	}
	return strings.Join(ids, ",")
}

// TestRecordsAreJSON writes records of all kinds of select lists.
func TestRecordsAreJSON(t *testing.T) {
	s := start(t, WithRestrictedObjects())
	for _, name := range s.Objects() {
		p, err := s.newCall("", "").compile("SELECT FIELDS(ALL) FROM "+name+" WHERE Id = '"+string(appendID18(nil, s.Describe(name).KeyPrefix, 1))+"'", true)
		if err != nil {
			if s.Describe(name).rule == nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		for i := range p.records() {
			if text := p.appendRecord(nil, root, i); !json.Valid(text) {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}
