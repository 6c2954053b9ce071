package planner

import (
	"slices"
	"strings"
	"testing"
)

func TestTableRefsNamesTheTables(t *testing.T) {
	tests := []struct {
		sql  string
		want string // must be named
		not  string // must not be
	}{
		{"SELECT * FROM Account", "Account", ""},
		{"SELECT * FROM Account a, Contact c, Lead", "Account Contact Lead", "a c"},
		{"SELECT * FROM Account a JOIN Contact c ON c.AccountId = a.Id LEFT JOIN Lead USING (Id) WHERE Name = 'x'", "Account Contact Lead", "Name Id a c"},
		{"SELECT * FROM Account NATURAL JOIN Contact CROSS JOIN Lead", "Account Contact Lead", ""},
		{"SELECT * FROM (Account JOIN Contact USING (Id)), Lead", "Account Contact Lead", "Id"},
		{"SELECT * FROM ((Account))", "Account", ""},
		{"SELECT * FROM (SELECT Id, Name FROM Contact, Lead WHERE a = 1) q, Account", "Contact Lead Account", "Id Name a q"},
		{"SELECT (SELECT count(*) FROM Contact) FROM Account WHERE Id IN (SELECT x FROM Lead), y", "Contact Account Lead", "y x"},
		{"SELECT * FROM Account WHERE Id IN ('a', Name, Other)", "Account", "Name Other"},
		{"SELECT * FROM Account ORDER BY Name, Other", "Account", "Name Other"},
		{"SELECT * FROM Account GROUP BY Name, Other HAVING max(a, b) LIMIT 1, 2", "Account", "Name Other a b"},
		{"SELECT f(a, b) FROM Account a JOIN Contact ON x IN (1, Other), Lead", "Account Contact Lead", "Other b"},
		{"SELECT Id FROM Account UNION ALL SELECT Id, Name FROM Lead EXCEPT SELECT a, b FROM Contact", "Account Lead Contact", "Name b"},
		{"WITH q AS (SELECT * FROM Account), r AS (SELECT * FROM Contact) SELECT * FROM q, r, Lead", "Account Contact Lead", ""},
		{"SELECT * FROM salesforce.Account, SALESFORCE.\"Contact\"", "Account Contact", "salesforce"},
		{"SELECT * FROM main.Account, temp.Contact, Lead", "Lead", "Account Contact main temp"},
		{"SELECT * FROM \"Order\", [Case], `Group`, 'Task'", "Order Case Group Task", "'Task'"},
		{"SELECT * FROM \"Od\"\"d\"", `Od"d`, ""},
		{"SELECT 'FROM Lead', \"FROM\" /* FROM Lead */ FROM -- Lead\n Account", "Account", "Lead"},
		{"SELECT * FROM soql('SELECT Id FROM Lead'), json_each(Account), Contact", "Contact", "Lead soql json_each Account"},
		{"INSERT INTO kept SELECT Id, Name FROM Account", "Account kept", "Id Name"},
		{"INSERT INTO kept (a, b) VALUES (1, (SELECT max(Id) FROM Account))", "Account kept", "a b"},
		{"REPLACE INTO kept SELECT * FROM Account", "kept Account", ""},
		{"UPDATE Account SET Name = 'x', Other = (SELECT a FROM Lead) WHERE Id = 'y'", "Account Lead", "Name Other a"},
		{"UPDATE OR IGNORE Account SET Name = 'x'", "Account", "Name IGNORE OR"},
		{"INSERT OR REPLACE INTO Account (Name) SELECT Name FROM Lead", "Account Lead", "Name"},
		{"DELETE FROM Account WHERE Id IN (SELECT Id FROM Lead)", "Account Lead", "Id"},
		{"CREATE TABLE kept AS SELECT Id, Name FROM Account, Lead", "Account Lead kept", "Name Id"},
		{"CREATE TEMP VIEW v AS SELECT * FROM Account", "Account", ""},
		{"EXPLAIN QUERY PLAN SELECT * FROM Account", "Account", ""},
		{"SELECT * FROM Account WHERE EXISTS (SELECT 1 FROM Contact WHERE AccountId = Account.Id) AND x NOT IN (SELECT y FROM Lead)", "Account Contact Lead", "x y"},
		{"SELECT rank() OVER (PARTITION BY a, b ORDER BY c, d) FROM Account WINDOW w AS (ORDER BY e, f)", "Account", "b d e f"},
		{"SELECT * FROM Account; SELECT a, b; SELECT * FROM Lead", "Account Lead", "a b"},
		{"SELECT 1", "", "1"},
		{"FROM", "", ""},
		{"SELECT * FROM Account AS x (", "Account", "x"},
		{"SELECT ) FROM Account", "Account", ""},
		{"SELECT * FROM ''", "", ""},
	}
	for _, tt := range tests {
		var got []string
		for _, ref := range TableRefs(tt.sql) {
			if ref.Schema == "" || strings.EqualFold(ref.Schema, "salesforce") {
				got = append(got, ref.Name)
			}
		}
		for _, want := range strings.Fields(tt.want) {
			if !slices.Contains(got, want) {
				t.Errorf("%s\nnames %q, not %s", tt.sql, got, want)
			}
		}
		for _, not := range strings.Fields(tt.not) {
			if slices.Contains(got, not) {
				t.Errorf("%s\nnames %q, among them %s", tt.sql, got, not)
			}
		}
	}
}

func TestTableRefsNamesEachOnce(t *testing.T) {
	got := TableRefs("SELECT * FROM Account a, ACCOUNT b, salesforce.account c, uat.Account, Contact")
	if !slices.Equal(got, []TableRef{{"", "Account"}, {"salesforce", "account"}, {"uat", "Account"}, {"", "Contact"}}) {
		t.Errorf("got %q", got)
	}
}

func TestSOQLCallsStandWhereTablesDo(t *testing.T) {
	type call struct {
		whole, query string
		literal      bool
	}
	tests := []struct {
		sql  string
		want []call
	}{
		{"SELECT * FROM soql('SELECT Id FROM Lead')", []call{{"soql('SELECT Id FROM Lead')", "SELECT Id FROM Lead", true}}},
		{"SELECT * FROM SOQL ( 'it''s' ) x", []call{{"SOQL ( 'it''s' )", "it's", true}}},
		{
			"SELECT * FROM soql('a') JOIN soql('b') ON 1, soql(/* c */'c')",
			[]call{{"soql('a')", "a", true}, {"soql('b')", "b", true}, {"soql(/* c */'c')", "c", true}},
		},
		{"SELECT * FROM (soql('a'))", []call{{"soql('a')", "a", true}}},
		{"SELECT * FROM x WHERE Id IN soql('a')", []call{{"soql('a')", "a", true}}},
		{"SELECT * FROM soql(?)", []call{{"soql(?", "", false}}},
		{"SELECT * FROM soql()", []call{{"soql()", "", false}}},
		{"SELECT * FROM soql('a' || 'b')", []call{{"soql('a'", "", false}}},
		{"SELECT * FROM soql('a', 'b')", []call{{"soql('a'", "", false}}},
		{"SELECT soql FROM soql WHERE soql = 1", nil},
		{"SELECT 'FROM soql(''a'')' -- FROM soql('a')", nil},
		{`SELECT * FROM "soql"('a')`, nil},
		{"SELECT * FROM uat.soql('a'), x . soql('b')", []call{{"uat.soql('a')", "a", true}, {"x . soql('b')", "b", true}}},
		{"SELECT uat.soql('a') FROM x", nil},
		{"soql('a')", nil},
		{"SELECT * FROM soql('open", nil},
	}
	for _, tt := range tests {
		var got []call
		for _, c := range SOQLCalls(tt.sql) {
			got = append(got, call{tt.sql[c.Start:c.End], c.Query, c.Literal})
			if c.Literal && tt.sql[c.QueryPos] != '\'' {
				t.Errorf("%s: the literal does not begin at %d", tt.sql, c.QueryPos)
			}
		}
		if tt.sql == "SELECT * FROM soql('open" {
			// An open string is no literal; SQLite refuses the statement.
			for _, c := range got {
				if c.literal {
					t.Errorf("%s: %v", tt.sql, got)
				}
			}
			continue
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %v\nwant %v", tt.sql, got, tt.want)
		}
	}
}

func TestFirstWordsSkipComments(t *testing.T) {
	var got []string
	for _, tok := range FirstWords("-- c\n explain /* x */ SOQL select 1", 2) {
		got = append(got, tok.Text)
	}
	if !slices.Equal(got, []string{"explain", "SOQL"}) {
		t.Errorf("got %q", got)
	}
	if len(FirstWords("  ", 3)) != 0 {
		t.Error("nothing has words")
	}
}
