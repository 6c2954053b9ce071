package planner

import (
	"strings"
	"testing"
)

func TestCountsOnlyOfOneTable(t *testing.T) {
	tests := []struct {
		sql  string
		want bool
	}{
		{"SELECT count(*) FROM Account", true},
		{"select COUNT ( * ) from account ;", true},
		{"SELECT count(*) AS n FROM Account a WHERE a.Name = 'x'", true},
		{"SELECT count(*), count(*) FROM salesforce.Account WHERE Employees > ?1 AND x IN (1, 2)", true},
		{`SELECT count(*) FROM "Account" WHERE "Name" = 'it''s \' AND [Order] = 1 AND b."Case" = @x`, true},
		{"SELECT count(*) /* all */ FROM Account -- of them", true},
		{"SELECT count(*) FROM Account WHERE NOT Active OR Name LIKE '%x'", true},

		{"SELECT count(Name) FROM Account", false},
		{"SELECT count(DISTINCT Name) FROM Account", false},
		{"SELECT count(*), max(Name) FROM Account", false},
		{"SELECT count(*), Name FROM Account", false},
		{"SELECT count(*) + 1 FROM Account", false},
		{"SELECT sum(1) FROM Account", false},
		{"SELECT * FROM Account", false},
		{"SELECT Name FROM Account", false},
		{"SELECT count(*) FROM Account, Contact", false},
		{"SELECT count(*) FROM Account JOIN Contact ON Account.Id = Contact.AccountId", false},
		{"SELECT count(*) FROM Account GROUP BY Name", false},
		{"SELECT count(*) FROM Account HAVING max(Name) > 'x'", false},
		{"SELECT DISTINCT count(*) FROM Account", false},
		{"SELECT count(*) FROM (SELECT Name FROM Account)", false},
		{"SELECT count(*) FROM Account WHERE Id IN (SELECT Id FROM Account)", false},
		{"SELECT count(*) FROM Account WHERE EXISTS (SELECT 1 FROM Account)", false},
		{"SELECT count(*) FROM Account UNION SELECT count(*) FROM Account", false},
		{"INSERT INTO kept SELECT count(*) FROM Account", false},

		// What MySQL reads otherwise, or not at all, gets no advice.
		{"SELECT count(*) FROM Account WHERE Name || 'x' = 'yx'", false},
		{"SELECT count(*) FROM Account WHERE Name == 'x'", false},
		{"SELECT count(*) FROM Account WHERE Name -> 'x' = 1", false},
		{"SELECT count(*) FROM Account WHERE Name = x'00'", false},
		{"SELECT count(*) FROM Account WHERE Name GLOB 'x*'", false},
		{"SELECT count(*) FILTER (WHERE Active) FROM Account", false},
		{"SELECT count(*) OVER () FROM Account", false},
		{"WITH q AS (SELECT 1) SELECT count(*) FROM Account", false},
		{"SELECT count(*) FROM Account WHERE Name = 'open", false},
		{"SELECT count(*) FROM", false},
		{"", false},
		{strings.Repeat(" ", maxAnalyzed) + "SELECT count(*) FROM Account", false},
	}
	for _, tt := range tests {
		if got := Analyze(tt.sql).CountsOnly("ACCOUNT"); got != tt.want {
			t.Errorf("%.80s: %v, want %v", tt.sql, got, tt.want)
		}
		if Analyze(tt.sql).CountsOnly("Contact") || Analyze(tt.sql).CountsOnly("") {
			t.Errorf("%.80s: another table is counted", tt.sql)
		}
	}
	if (Advice{}).CountsOnly("") {
		t.Error("no advice counts something")
	}
}

// In MySQL a backslash escapes a quote and "x" is a text; a reader that took
// the statement as it stands would see another one.
func TestDialectTrapsAreRewritten(t *testing.T) {
	tests := []struct {
		sql  string
		want string
		ok   bool
	}{
		{`SELECT "a" FROM [b c]`, "SELECT `a` FROM `b c`", true},
		{`SELECT '\' || "x"`, "", false},
		{`SELECT '\', "x"`, "SELECT '\\\\', `x`", true},
		{"SELECT a.order FROM `x``y`", "SELECT a.`order` FROM `x``y`", true},
		{"SELECT ?, ?7, :a, $b", "SELECT :v1, :v2, :v3, :v4", true},
		{"SELECT 1 -- x\n;", "SELECT 1", true},
		{"SELECT 1 /*! + 1 */", "SELECT 1", true},
		{"SELECT x'00'", "", false},
		{"SELECT 'open", "", false},
	}
	for _, tt := range tests {
		got, ok := toMySQL(Lex(tt.sql))
		if strings.TrimSpace(got) != tt.want || ok != tt.ok {
			t.Errorf("%s became %q (%v), want %q (%v)", tt.sql, got, ok, tt.want, tt.ok)
		}
	}
}

// SQLite offers of (a, b) < (1, 2) the first part as if it were all.
func TestScalarMeansNoRowValues(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT * FROM Account WHERE a <= 1 AND b IN (1, 2)":            true,
		"SELECT * FROM Account WHERE (a = 1) AND (b) OR c":              true,
		"SELECT * FROM Account WHERE max(a, b) = (c)":                   true,
		"SELECT * FROM Account WHERE a < (1)":                           true,
		"SELECT '(a, b) < (1, 2)' FROM Account -- (a, b) < (1, 2)":      true,
		"SELECT (a)->'x', (b)->>'y' FROM Account":                       true,
		"SELECT * FROM Account WHERE (a, b) < (1, 2)":                   false,
		"SELECT * FROM Account WHERE (a, b) >= (1, 2)":                  false,
		"SELECT * FROM Account WHERE (a, b) /* < */ <= (1, 2)":          false,
		"SELECT * FROM Account WHERE (a, b) IN (SELECT c, d FROM Lead)": false,
		"SELECT * FROM Account WHERE (a, b) not in (VALUES (1, 2))":     false,
		"SELECT * FROM Account WHERE (a, b) BETWEEN (1, 2) AND (3, 4)":  false,
		"SELECT * FROM Account WHERE (SELECT a, b) > (c, d)":            false,
		"SELECT * FROM Account WHERE a <= 'open":                        false,
	} {
		a := Analyze(sql)
		if a.Scalar() != want {
			t.Errorf("%s: %v, want %v", sql, a.Scalar(), want)
		}
		if a.BesideViews().Scalar() {
			t.Errorf("%s: a view may hide anything", sql)
		}
	}
	if (Advice{}).Scalar() {
		t.Error("no advice says something")
	}
	a := Analyze("SELECT count(*) FROM Account")
	if !a.BesideViews().CountsOnly("Account") {
		t.Error("a view makes the statement another one")
	}
}
