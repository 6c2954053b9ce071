package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// childList is the answer to a subquery within a record.
type childList struct {
	TotalSize      int
	Done           bool
	NextRecordsURL string
	Records        []map[string]any
}

func childrenOf(t *testing.T, record map[string]any, name string) *childList {
	t.Helper()
	v, ok := record[name]
	if !ok {
		t.Fatalf("%v has no %s", record, name)
	}
	if v == nil {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var list childList
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return &list
}

// TestChildrenAreThoseOfTheirParent holds subqueries against the store, with
// every size of page, and reads each list to its end.
func TestChildrenAreThoseOfTheirParent(t *testing.T) {
	for _, size := range []int{0, 1, 3} {
		s := start(t, WithPageSize(size))
		want := map[string][]string{}
		for _, r := range stored(t, s, "Contact", func(r row) bool { return r["AccountId"] != nil && r["Email"] != nil }) {
			want[r["AccountId"].(string)] = append(want[r["AccountId"].(string)], r["Id"].(string))
		}
		none, split := 0, 0
		limit := 300
		if size == 1 {
			limit = 40
		}
		for _, record := range records(t, s, "query", fmt.Sprintf("SELECT Id, (SELECT Id, AccountId FROM Contacts WHERE Email != null ORDER BY Id DESC) FROM Account ORDER BY Id LIMIT %d", limit)) {
			ids := want[record["Id"].(string)]
			slices.Sort(ids)
			slices.Reverse(ids)
			list := childrenOf(t, record, "Contacts")
			if list == nil {
				none++
				if len(ids) > 0 {
					t.Fatalf("%v has no children, want %v", record["Id"], ids)
				}
				continue
			}
			var got []string
			for {
				if list.TotalSize != len(ids) || list.Done != (list.NextRecordsURL == "") {
					t.Fatalf("%v: %+v, want %d", record["Id"], list, len(ids))
				}
				for _, child := range list.Records {
					got = append(got, child["Id"].(string))
					if child["AccountId"] != record["Id"] {
						t.Fatalf("%v below %v", child, record["Id"])
					}
				}
				if list.Done {
					break
				}
				split++
				next := getPage(t, s, list.NextRecordsURL)
				list = &childList{next.TotalSize, next.Done, next.NextRecordsURL, next.Records}
			}
			if !slices.Equal(got, ids) {
				t.Fatalf("%v: %v, want %v", record["Id"], got, ids)
			}
		}
		if none == 0 || split == 0 && size > 0 {
			t.Errorf("pages of %d: %d records without children, %d lists split", size, none, split)
		}
	}
}

func TestChildSubqueryClauses(t *testing.T) {
	s := start(t, WithPageSize(2000))
	byAccount := map[any]int{}
	for _, r := range stored(t, s, "Opportunity", nil) {
		byAccount[r["AccountId"]]++
	}
	for _, record := range records(t, s, "query", "SELECT Id, Name, (SELECT Opportunity.Name, Account.Name, Account.Id, (SELECT Quantity FROM OpportunityLineItems) "+
		"FROM Account.Opportunities o WHERE o.Id != null ORDER BY Amount DESC NULLS LAST LIMIT 2 OFFSET 1) FROM Account LIMIT 100") {
		want := min(max(byAccount[record["Id"]]-1, 0), 2)
		list := childrenOf(t, record, "Opportunities")
		if list == nil {
			list = &childList{}
		}
		if len(list.Records) != want || list.TotalSize != want {
			t.Errorf("%v: %d children, want %d", record["Id"], len(list.Records), want)
		}
		for _, child := range list.Records {
			if parent := child["Account"].(map[string]any); parent["Id"] != record["Id"] || parent["Name"] != record["Name"] {
				t.Errorf("%v below %v", child, record)
			}
			if _, ok := child["OpportunityLineItems"]; !ok {
				t.Errorf("%v has no line items", child)
			}
		}
	}
}

// TestDeletedChildren checks that the recycle bin's rows are children for
// queryAll only.
func TestDeletedChildren(t *testing.T) {
	s := start(t, WithPageSize(2000))
	count := func(resource string) (n, deleted int) {
		for _, record := range records(t, s, resource, "SELECT Id, (SELECT Id, IsDeleted FROM Contacts) FROM Account") {
			if list := childrenOf(t, record, "Contacts"); list != nil {
				for _, child := range list.Records {
					n++
					if child["IsDeleted"] == true {
						deleted++
					}
				}
			}
		}
		return n, deleted
	}
	live, gone := count("query")
	all, bin := count("queryAll")
	if gone != 0 || bin == 0 || live+bin > all || live == 0 {
		t.Errorf("query shows %d children, %d of them deleted; queryAll %d and %d", live, gone, all, bin)
	}
}

// busyAccount returns an account with more than one opportunity.
func busyAccount(t *testing.T, s *Server) string {
	t.Helper()
	seen := map[any]bool{}
	for _, r := range stored(t, s, "Opportunity", func(r row) bool { return r["AccountId"] != nil }) {
		if seen[r["AccountId"]] {
			return r["AccountId"].(string)
		}
		seen[r["AccountId"]] = true
	}
	t.Fatal("every account has one opportunity at most")
	return ""
}

// TestChildListsOutliveResults checks that the lists of a page do not close a
// user's other results, and that their locators say no when they are wrong.
func TestChildListsOutliveResults(t *testing.T) {
	s := start(t, WithPageSize(1))
	first := getPage(t, s, queryPath("query", "SELECT Id, (SELECT Id FROM Opportunities) FROM Account WHERE Id = '"+busyAccount(t, s)+"'"))
	list := childrenOf(t, first.Records[0], "Opportunities")
	for range 2 * maxCursors {
		getPage(t, s, queryPath("query", "SELECT Id, (SELECT Id FROM Contacts) FROM Account"))
	}
	if list.Done || getPage(t, s, list.NextRecordsURL).TotalSize != list.TotalSize {
		t.Errorf("%+v", list)
	}
	id, _, _ := strings.Cut(list.NextRecordsURL, "-")
	for _, url := range []string{id + "-9999", id + "--1", id + "-x", id[:len(id)-1] + "-1", id[:len(id)-5] + "-1"} {
		if res, body := do(t, s, "GET", url, ""); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "INVALID_QUERY_LOCATOR") {
			t.Errorf("%s: %d %s", url, res.StatusCode, body)
		}
	}
}

func TestChildListsEndWithTheSession(t *testing.T) {
	s := start(t, WithPageSize(1), WithQuirks(Quirks{LocatorsEndWithSession: true}))
	p := getPage(t, s, queryPath("query", "SELECT Id, (SELECT Id FROM Opportunities) FROM Account WHERE Id = '"+busyAccount(t, s)+"'"))
	list := childrenOf(t, p.Records[0], "Opportunities")
	if res, _ := do(t, s, "GET", list.NextRecordsURL, ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("another session reads on: %d", res.StatusCode)
	}
}

// TestLevelsOfSubqueries: five levels from v58 on, the root among them, and
// two before.
func TestLevelsOfSubqueries(t *testing.T) {
	s := start(t, WithPageSize(2000))
	statement := func(levels int) string {
		return strings.Repeat("SELECT Id, (", levels-1) + "SELECT Id FROM ChildAccounts" +
			strings.Repeat(") FROM ChildAccounts", levels-2) + ") FROM Account LIMIT 3"
	}
	for _, c := range []struct {
		version string
		levels  int
		refused string
	}{
		{"67.0", 5, ""},
		{"67.0", 6, "SOQL statements cannot query aggregate relationships more than 4 level away from the root entity object."},
		{"58.0", 5, ""},
		{"57.0", 2, ""},
		{"57.0", 3, "SOQL statements cannot query aggregate relationships more than 1 level away from the root entity object."},
	} {
		path := strings.Replace(queryPath("query", statement(c.levels)), "v67.0", "v"+c.version, 1)
		res, body := do(t, s, "GET", path, "")
		if c.refused == "" && res.StatusCode != http.StatusOK ||
			c.refused != "" && (res.StatusCode != http.StatusBadRequest || !strings.Contains(body, c.refused)) {
			t.Errorf("v%s with %d levels: %d %.300s", c.version, c.levels, res.StatusCode, body)
		}
		if explained, body := do(t, s, "GET", strings.Replace(path, "?q=", "?explain=", 1), ""); explained.StatusCode != res.StatusCode {
			t.Errorf("v%s with %d levels: explain says %d %.300s", c.version, c.levels, explained.StatusCode, body)
		}
	}
}

// TestOnlyAsSubquery: objects that cannot be queried are children even so, and
// describe names the relationship.
func TestOnlyAsSubquery(t *testing.T) {
	s := start(t)
	for _, record := range records(t, s, "query", "SELECT Id, (SELECT Subject FROM OpenActivities), (SELECT Subject FROM ActivityHistories) FROM Account LIMIT 2") {
		if record["OpenActivities"] != nil || record["ActivityHistories"] != nil {
			t.Errorf("%v", record)
		}
	}
	_, body := do(t, s, "GET", root+"/sobjects/Account/describe", "")
	var d describeObject
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatal(err)
	}
	for _, link := range d.ChildRelationships {
		if link.RelationshipName == nil {
			continue
		}
		res, text := do(t, s, "GET", queryPath("query", "SELECT Id, (SELECT Id FROM "+*link.RelationshipName+" LIMIT 1) FROM Account LIMIT 1"), "")
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", *link.RelationshipName, text)
		}
	}
}

// TestWrittenChildren: a list shows what was written before its statement, each
// record once.
func TestWrittenChildren(t *testing.T) {
	s := start(t, WithPageSize(2000))
	parent := busyAccount(t, s)
	other := idsOf(stored(t, s, "Account", func(r row) bool { return r["Id"] != parent }))[0]
	statement := "SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Id = '" + parent + "'"
	ids := func(resource string) (found []string) {
		if list := childrenOf(t, records(t, s, resource, statement)[0], "Contacts"); list != nil {
			for _, child := range list.Records {
				found = append(found, child["Id"].(string))
			}
		}
		return found
	}
	before := ids("query")
	_, body := do(t, s, "POST", root+"/sobjects/Contact", `{"LastName":"New","AccountId":"`+parent+`"}`, "Content-Type", "application/json")
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || made.ID == "" {
		t.Fatalf("%v in %s", err, body)
	}
	for _, account := range []string{other, parent} { // there and back again
		if res, body := do(t, s, "PATCH", root+"/sobjects/Contact/"+made.ID, `{"AccountId":"`+account+`"}`, "Content-Type", "application/json"); res.StatusCode != http.StatusNoContent {
			t.Fatalf("%d %s", res.StatusCode, body)
		}
		want := slices.Clone(before)
		if account == parent {
			want = append(want, made.ID)
		}
		if got := ids("query"); !slices.Equal(got, want) {
			t.Errorf("below %s: %v, want %v", account, got, want)
		}
	}
	if res, body := do(t, s, "DELETE", root+"/sobjects/Contact/"+made.ID, ""); res.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if got := ids("query"); !slices.Equal(got, before) {
		t.Errorf("after it was deleted: %v, want %v", got, before)
	}
	if got := ids("queryAll"); !slices.Contains(got, made.ID) {
		t.Errorf("queryAll shows %v, without %s", got, made.ID)
	}
}
