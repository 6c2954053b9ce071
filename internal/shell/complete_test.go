package shell

import (
	"slices"
	"strings"
	"testing"
)

// completing returns a shell that knows a few names, and no org.
func completing() *Shell {
	s := New(Config{Orgs: func() ([]SavedOrg, error) { return []SavedOrg{{Name: "prod"}}, nil }})
	s.names.tables = []named{{"Account", ""}, {"Case", ""}, {"Contact", ""}, {"Order", ""}, {"OrderItem", ""}}
	s.names.functions = []string{"coalesce", "count"}
	s.names.columns["account"] = []named{{"Id", ""}, {"Name", ""}, {"Group", ""}}
	s.names.columns["contact"] = []named{{"Id", ""}, {"Email", ""}}
	return s
}

func TestCompleteKnowsWhatMayStandThere(t *testing.T) {
	for _, c := range []struct {
		text string // | is the cursor
		want string // candidates that are there, and with ! that are not
		word string // that they take the place of
	}{
		{"SELECT * FROM |", `Account "Case" "Order" !Name !SELECT`, ""},
		{"SELECT * FROM ord|", `"Order" OrderItem !Account`, "ord"},
		{`SELECT * FROM "ord|`, `"Order" "OrderItem"`, `"ord`},
		{"SELECT * FROM Account, |", "Contact !Name", ""},
		{"SELECT * FROM salesforce.|", "Account", ""},
		{"SELECT | FROM Account", `Name "Group" !Email !Account`, ""},
		{"SELECT n| FROM Account", "Name not !Email", "n"},
		{"SELECT c.| FROM Account a JOIN Contact AS c ON a.Id = c.AccountId", "Email !Name", ""},
		{"SELECT 1 FROM Account a JOIN Contact c ON a.Id = c.e|", "Email !Name", "e"},
		{"SELECT Account.na| FROM Account", "Name", "na"},
		{"SELECT a| FROM Contact acc", "acc and", "a"},
		{"SELECT cou|", "count( !coalesce(", "cou"},
		{"SELECT 1 FROM Contact WHERE Id IN (SELECT n| FROM Account)", "Name", "n"},
		{"SELECT 'n| FROM Account", "!Name", ""},
		{"SELECT Name FROM Account; SELECT n| FROM Contact", "not !Name", "n"},
		{"SELECT Id FROM Contact WHERE e| = 1; SELECT 1", "Email !Name", "e"},
		{"SELECT Id FROM Account ORDER BY n|", "Name", "n"},
		{"|", "SELECT !Name", ""},
		{"sel|", "select !SELECT", "sel"},
		{".mo|", ".mode", ".mo"},
		{".mode j|", "json jsonl !csv", "j"},
		{".schema ac|", "Account", "ac"},
		{".org |", "prod demo", ""},
		{".timer |", "on off", ""},
		{`\d|`, `\d \dt`, `\d`},
		{".help rel|", "relationships", "rel"},
		{"SELECT 1;\n.mode x|", "xlsx", "x"},
	} {
		pos := strings.IndexByte(c.text, '|')
		text := c.text[:pos] + c.text[pos+1:]
		start, found := completing().Complete(text, pos)
		if got := text[start:pos]; got != c.word {
			t.Errorf("%s: in place of %q, want %q", c.text, got, c.word)
		}
		for _, want := range strings.Fields(c.want) {
			name, not := strings.CutPrefix(want, "!")
			if is := slices.ContainsFunc(found, func(f Candidate) bool { return f.Text == name }); is == not {
				t.Errorf("%s: %s is there: %v, among %v", c.text, name, is, found)
			}
		}
	}
}

// Wherever the cursor is in whatever text, completion returns, and what it
// would replace ends at the cursor.
func FuzzComplete(f *testing.F) {
	f.Add("SELECT a. FROM Account a, (SELECT 1", 9)
	f.Add(`.mode "x`, 7)
	f.Add(`FROM "`, 6)
	f.Fuzz(func(t *testing.T, text string, pos int) {
		if pos < 0 || pos > len(text) {
			return
		}
		if start, _ := completing().Complete(text, pos); start < 0 || start > pos {
			t.Fatalf("%q at %d: begins at %d", text, pos, start)
		}
	})
}

func TestQuoteTablesQuotesWhereATableMustStand(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT Id FROM Case":                                      `SELECT Id FROM "Case"`,
		"select 1 from order o join Group g on 1":                  `select 1 from "order" o join "Group" g on 1`,
		"SELECT CASE WHEN 1 THEN 2 END FROM x GROUP BY 1":          "SELECT CASE WHEN 1 THEN 2 END FROM x GROUP BY 1",
		"SELECT 1 FROM a, Case, (SELECT 1 FROM Order)":             `SELECT 1 FROM a, "Case", (SELECT 1 FROM "Order")`,
		`SELECT 'FROM Case' FROM "Case" ORDER BY 1`:                `SELECT 'FROM Case' FROM "Case" ORDER BY 1`,
		"SELECT 1 FROM salesforce.Case":                            `SELECT 1 FROM salesforce."Case"`,
		"SELECT Name FROM Account ORDER BY CASE WHEN 1 THEN 2 END": "SELECT Name FROM Account ORDER BY CASE WHEN 1 THEN 2 END",
	} {
		if got := quoteTables(text); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}
