package emulator

import (
	"strings"
	"testing"
)

func TestTypeOf(t *testing.T) {
	s := start(t, WithPageSize(2000))
	phones, amounts := map[any]any{}, map[any]any{}
	for _, r := range stored(t, s, "Account", nil) {
		phones[r["Id"]] = r["Phone"]
	}
	for _, r := range stored(t, s, "Opportunity", nil) {
		amounts[r["Id"]] = r["Amount"]
	}
	seen := map[string]int{}
	for _, record := range records(t, s, "query", "SELECT WhatId, TYPEOF What WHEN Account THEN Phone, Owner.Name WHEN opportunity THEN Amount ELSE Name, Type END FROM Task") {
		what, _ := record["What"].(map[string]any)
		if record["WhatId"] == nil {
			seen["null"]++
			if record["What"] != nil {
				t.Fatalf("%v", record)
			}
			continue
		}
		kind := what["attributes"].(map[string]any)["type"].(string)
		seen[kind]++
		ok := false
		switch kind {
		case "Account":
			owner, _ := what["Owner"].(map[string]any)
			ok = len(what) == 3 && what["Phone"] == phones[record["WhatId"]] && owner["Name"] != nil
		case "Opportunity":
			ok = len(what) == 2 && what["Amount"] == amounts[record["WhatId"]]
		default:
			ok = len(what) == 3 && what["Type"] == kind && what["Name"] != nil
		}
		if !ok {
			t.Fatalf("%v", record)
		}
	}
	if len(seen) != 5 {
		t.Errorf("seen %v", seen)
	}
	for _, record := range records(t, s, "query", "SELECT TYPEOF What WHEN Case THEN Id END FROM Task WHERE What.Type = 'Campaign' LIMIT 1") {
		if what := record["What"].(map[string]any); len(what) != 1 || what["attributes"].(map[string]any)["type"] != "Campaign" {
			t.Errorf("without ELSE: %v", record)
		}
	}
}

func TestFieldSets(t *testing.T) {
	s := start(t, WithPageSize(2000))
	keys := func(soql string) map[string]bool {
		found := map[string]bool{}
		for key := range records(t, s, "query", soql)[0] {
			found[key] = true
		}
		return found
	}
	all := keys("SELECT FIELDS(ALL) FROM Everything__c LIMIT 200")
	standard := keys("SELECT FIELDS(STANDARD) FROM Everything__c")
	custom := keys("SELECT FIELDS(CUSTOM) FROM Everything__c LIMIT 1")
	if want := len(s.Describe("Everything__c").Fields) + 1; len(all) != want || len(standard)+len(custom) != want+1 {
		t.Errorf("%d fields, %d standard ones, %d custom ones; want %d in all", len(all), len(standard), len(custom), want)
	}
	for key := range custom {
		if key != "attributes" && (standard[key] || !strings.Contains(key, "__")) {
			t.Errorf("%s is custom", key)
		}
	}
	if mixed := keys("SELECT Text__c, FIELDS(STANDARD) FROM Everything__c"); len(mixed) != len(standard)+1 {
		t.Errorf("mixed with a name: %v", mixed)
	}
	id := records(t, s, "query", "SELECT Id FROM Everything__c LIMIT 1")[0]["Id"].(string)
	for _, where := range []string{"Id = '" + id + "'", "Id IN ('" + id + "') AND Name != null"} {
		if got := keys("SELECT FIELDS(ALL) FROM Everything__c WHERE " + where); len(got) != len(all) {
			t.Errorf("%s: %d fields", where, len(got))
		}
	}
	for _, record := range records(t, s, "query", "SELECT Id, (SELECT FIELDS(STANDARD) FROM Contacts) FROM Account LIMIT 5") {
		if list := childrenOf(t, record, "Contacts"); list != nil && list.Records[0]["LastName"] == nil {
			t.Errorf("%v", record)
		}
	}
}

func TestScopes(t *testing.T) {
	s := start(t, WithPageSize(2000))
	me := string(appendID18(nil, "005", 0))
	for scope, keep := range map[string]func(row) bool{
		"everything":  nil,
		"mine":        func(r row) bool { return r["OwnerId"] == me },
		"team":        func(r row) bool { return r["OwnerId"] == me },
		"scopingRule": nil,
	} {
		want := idsOf(stored(t, s, "Contact", keep))
		if got := idsFound(t, s, "SELECT Id FROM Contact USING SCOPE "+scope); strings.Join(got, " ") != strings.Join(want, " ") || len(want) == 0 {
			t.Errorf("%s: %d records, want %d", scope, len(got), len(want))
		}
	}
	want := idsOf(stored(t, s, "Contact", func(r row) bool { return r["OwnerId"] == me && (r["Email"] == nil || r["Phone"] == nil) }))
	if got := idsFound(t, s, "SELECT Id FROM Contact USING SCOPE mine WHERE Email = null OR Phone = null"); len(got) != len(want) || len(want) == 0 {
		t.Errorf("mine with OR: %d records, want %d", len(got), len(want))
	}
}

func TestFromWithSeveralNames(t *testing.T) {
	s := start(t, WithPageSize(2000))
	plain := idsFound(t, s, "SELECT Id FROM Contact WHERE Account.Owner.IsActive = true AND Account.Industry != null")
	named := idsFound(t, s, "SELECT c.Id, a.Name FROM Contact c, c.Account a, a.Owner AS o WHERE o.IsActive = true AND a.Industry != null ORDER BY a.Name")
	if len(plain) == 0 || strings.Join(plain, " ") != strings.Join(named, " ") {
		t.Errorf("%d records by paths, %d by aliases", len(plain), len(named))
	}
	grouped := records(t, s, "query", "SELECT a.Industry, COUNT(Id) FROM Contact c, c.Account a GROUP BY Account.Industry")
	if len(grouped) == 0 {
		t.Error("no groups")
	}
}

// TestClausesWithoutEffect: the usage of records and locks are not kept.
func TestClausesWithoutEffect(t *testing.T) {
	s := start(t, WithPageSize(2000))
	want := len(records(t, s, "query", "SELECT Id FROM Lead"))
	for _, clause := range []string{
		"FOR VIEW", "FOR REFERENCE", "FOR UPDATE", "UPDATE TRACKING", "UPDATE VIEWSTAT", "WITH SECURITY_ENFORCED",
		"WITH USER_MODE", "WITH SYSTEM_MODE", "WITH RecordVisibilityContext(maxDescriptorPerRecord=100)",
	} {
		if got := len(records(t, s, "query", "SELECT Id FROM Lead "+clause)); got != want {
			t.Errorf("%s: %d records, want %d", clause, got, want)
		}
	}
}
