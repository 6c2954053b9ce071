package planner

import "testing"

func TestAStatementThatMayStopEarlyDrainsNothing(t *testing.T) {
	for _, tt := range []struct {
		sql  string
		want bool
	}{
		{"SELECT Id FROM Account", true},
		{"SELECT a.Id FROM Account a JOIN Contact c ON c.AccountId = a.Id WHERE a.Name > 'x'", true},
		{"INSERT INTO local SELECT Id FROM Account", true},
		{"SELECT count(*), 'LIMIT' FROM Account -- LIMIT 1", true},
		{"SELECT \"limit\" FROM t", true},
		{"SELECT Id FROM Account limit 5", false},
		{"SELECT Id FROM Account WHERE EXISTS (SELECT 1 FROM Contact)", false},
		{"SELECT 1 WHERE exists (VALUES (1))", false},
		{"SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)", false},
		{"SELECT Id FROM Account UNION SELECT Id FROM Contact", false},
		{"WITH x AS (SELECT Id FROM Account) SELECT * FROM x", false},
		{"DELETE FROM local", false},
		{"SELECT 'open", false},
		{"", false},
	} {
		if got := Analyze(tt.sql).Drains(); got != tt.want {
			t.Errorf("%s: %v", tt.sql, got)
		}
	}
	if Analyze("SELECT Id FROM v", "CREATE VIEW v AS SELECT Id FROM Account LIMIT 1").Drains() {
		t.Error("a view may hold a LIMIT")
	}
}
