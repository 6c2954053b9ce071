package driver_test

import (
	"database/sql"
	"testing"

	"github.com/sfsql/sfsql/emulator"
)

// TestObjectsWithoutAggregates counts rows of objects of which Salesforce
// refuses COUNT().
func TestObjectsWithoutAggregates(t *testing.T) {
	s := emulator.New(emulator.WithRestrictedObjects())
	t.Cleanup(s.Close)
	db, err := sql.Open("salesforce", dsn(s, ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for q, want := range map[string]string{
		"SELECT count(*) FROM Log__b": "300", "SELECT count(*) FROM Setting__mdt": "15", "SELECT count(Id) FROM Setting__mdt WHERE Id IS NOT NULL": "15",
		"SELECT count(*) FROM Setting__mdt WHERE DeveloperName LIKE '%'":      "15",
		"SELECT count(*) > 9 FROM (SELECT Account__c FROM Log__b GROUP BY 1)": "1",
	} {
		if got := must(t, db, q); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %s, not %s", q, got, want)
		}
	}
}
