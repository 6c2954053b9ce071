package emulator

import (
	"encoding/json"
	"testing"
)

func TestColumnsOfAQuery(t *testing.T) {
	s := start(t)
	columns := func(soql string) string {
		t.Helper()
		_, body := do(t, s, "GET", queryPath("query", soql)+"&columns=true", "")
		var list columnList
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		return list.EntityName + ":" + columnNames(list.ColumnMetadata)
	}
	for soql, want := range map[string]string{
		"SELECT id, name, account.NAME, Account.Owner.Name, Account.Industry FROM Contact":   "Contact: Id Name Account( Name Owner( Name) Industry)",
		"SELECT Industry, COUNT(Id), MAX(CreatedDate) latest FROM Account GROUP BY Industry": "Account: Industry expr0=COUNT(Id) latest=MAX(CreatedDate)",
		"SELECT COUNT() FROM Account":                                                                        "Account:",
		"SELECT Id, (SELECT LastName, Owner.Name FROM contacts) FROM Account":                                "Account: Id Contacts=Contacts( LastName Owner( Name))",
		"SELECT Subject, TYPEOF What WHEN Account THEN Name END FROM Task":                                   "Task: Subject What",
		"SELECT toLabel(Account.Industry), DISTANCE(MailingAddress, GEOLOCATION(1, 2), 'mi') d FROM Contact": "Contact: Account( Industry) d=DISTANCE(MailingAddress,GEOLOCATION(1,2),'mi')",
	} {
		if got := columns(soql); got != want {
			t.Errorf("%s:\n%s, want\n%s", soql, got, want)
		}
	}
	if res, body := do(t, s, "GET", queryPath("query", "SELECT Nope FROM Account")+"&columns=true", ""); res.StatusCode != 400 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func columnNames(columns []*columnInfo) string {
	text := ""
	for _, c := range columns {
		text += " " + c.ColumnName
		if c.Aggregate {
			text += "=" + c.DisplayName
		}
		if len(c.JoinColumns) > 0 {
			text += "(" + columnNames(c.JoinColumns) + ")"
		}
	}
	return text
}
