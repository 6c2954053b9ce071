package planner

import (
	"strings"
	"testing"

	"github.com/sfsql/sfsql/soql"
)

func TestTablesAreDeclaredByType(t *testing.T) {
	const want = `CREATE TABLE "Thing" (
  "Id" TEXT(18) COLLATE SFID,
  "Name" TEXT(80) COLLATE NOCASE,
  "Text" TEXT(255) COLLATE NOCASE,
  "Exactly" TEXT(20),
  "Area" TEXT(255) COLLATE NOCASE,
  "Long" TEXT(32000) COLLATE NOCASE,
  "Pick" TEXT(40) COLLATE NOCASE,
  "Multi" TEXT(4099) COLLATE NOCASE,
  "Combo" TEXT(255) COLLATE NOCASE,
  "Phone" TEXT(40) COLLATE NOCASE,
  "Mail" TEXT(80) COLLATE NOCASE,
  "Link" TEXT(255) COLLATE NOCASE,
  "Secret" TEXT(100) COLLATE NOCASE,
  "Any" TEXT COLLATE NOCASE,
  "Flag" BOOLEAN INTEGER,
  "Int" INTEGER,
  "Big" BIGINT,
  "Small" REAL(15,2),
  "Wide" REAL(18,4),
  "Unsaid" REAL,
  "Money" REAL(12,2),
  "Part" REAL(5,2),
  "Day" DATE TEXT COLLATE SFTIME,
  "At" DATETIME TEXT COLLATE SFTIME,
  "Clock" TIME TEXT,
  "Parent" TEXT(18) COLLATE SFID,
  "Json" TEXT,
  "FText" TEXT(1300) COLLATE NOCASE,
  "FFlag" BOOLEAN INTEGER,
  "FInt" INTEGER,
  "FReal" REAL(15,2),
  "FDay" DATE TEXT COLLATE SFTIME,
  "FAt" DATETIME TEXT COLLATE SFTIME
)`
	table := NewTable(thing(field("Name", "string", length(80), nameField)), TableOptions{})
	if got := table.CreateSQL("Thing", false); got != want {
		t.Errorf("got %s", got)
	}
	hidden := table.CreateSQL(`a "b"`, true)
	for _, line := range []string{`CREATE TABLE "a ""b""" (`, `"Place" HIDDEN TEXT,`, `"Addr" HIDDEN TEXT,`, `"Bytes" HIDDEN BLOB,`} {
		if !strings.Contains(hidden, line) {
			t.Errorf("%s is missing in %s", line, hidden)
		}
	}
	if table.ID() != 0 || NewTable(object("Thing", field("Name", "string")), TableOptions{}).ID() != -1 {
		t.Error("the Id is not where it should be")
	}
}

func TestOptionsShapeTheTable(t *testing.T) {
	obj := thing(field("Name", "string", length(80), nameField), field("CreatedDate", "datetime"))
	binary := NewTable(obj, TableOptions{TextBinary: true})
	for name, want := range map[string]string{"Text": "BINARY", "Exactly": "BINARY", "Id": CollationID, "At": CollationTime} {
		if got := binary.Columns[column(t, binary, name)].Collation; got != want {
			t.Errorf("text=binary: %s is %s", name, got)
		}
	}
	system := NewTable(obj, TableOptions{SystemOnly: true})
	for i, c := range system.Columns {
		shown := c.Field.Name == "Id" || c.Field.Name == "Name" || c.Field.Name == "CreatedDate"
		if c.Hidden == shown {
			t.Errorf("system fields only: %s hidden is %v", c.Field.Name, c.Hidden)
		}
		if system.Column(strings.ToUpper(c.Field.Name)) != i {
			t.Errorf("%s is not found in capitals", c.Field.Name)
		}
	}
	kinds := map[string]soql.Kind{"Any": soql.KindAny, "Addr": soql.KindJSON, "Json": soql.KindJSON, "Flag": soql.KindBool, "Big": soql.KindInt, "Clock": soql.KindTime}
	for name, want := range kinds {
		if got := binary.Columns[column(t, binary, name)].Kind; got != want {
			t.Errorf("%s is of kind %d", name, got)
		}
	}
}

func TestExplainSaysWhatStaysWithSQLite(t *testing.T) {
	r := rulesFor("en_US")
	txt, in := column(t, r.Table, "Text"), column(t, r.Table, "Int")
	exactly := Term{Column: in, Op: OpGT, Collation: "BINARY", Arg: 1, Known: known(integer(5))}
	tests := []struct {
		name string
		plan Plan
		want string
	}{
		{"exact", Plan{Columns: []int{in}, Terms: []Term{exactly}}, "SELECT Id,Int FROM Thing WHERE Int>5|every predicate is exact"},
		{"count", Plan{CountOnly: true, Terms: []Term{exactly}}, "SELECT COUNT() FROM Thing WHERE Int>5|every predicate is exact"},
		{"limit", Plan{Terms: []Term{exactly}, Limit: 2}, "SELECT Id FROM Thing WHERE Int>5|with the statement's LIMIT: every predicate is exact"},
		{
			"superset",
			Plan{Terms: []Term{{Column: txt, Op: OpEQ, Collation: "NOCASE", Arg: 1, Known: known(text("x"))}}},
			"SELECT Id FROM Thing WHERE Text='x'||sent, checked again by SQLite: Text = 'x' (Salesforce folds more letters than SQLite)",
		},
		{
			"kept",
			Plan{Terms: []Term{{Column: txt, Op: OpGT, Collation: "NOCASE", Reason: "because", Known: known(text("x"))}}},
			"SELECT Id FROM Thing||not sent: Text > 'x' (because)",
		},
		{
			"later",
			Plan{Terms: []Term{{Column: in, Op: OpLE, Collation: "BINARY", Arg: 1}}, Limit: 2},
			"SELECT Id FROM Thing WHERE Int<=:value|with the statement's LIMIT if the values turn out exact|sent, checked again by SQLite: Int <= (the value comes when the scan starts)",
		},
		{
			"list",
			Plan{Terms: []Term{{Column: in, Op: OpEQ, In: true, Collation: "BINARY", Arg: 1}}},
			"SELECT Id FROM Thing WHERE Int IN(:values)||sent, checked again by SQLite: Int IN (…) (the value comes when the scan starts)",
		},
		{
			"pattern later",
			Plan{Terms: []Term{{Column: txt, Op: OpLIKE, Collation: "NOCASE", Arg: 1}}},
			"SELECT Id FROM Thing WHERE Text LIKE :value||sent, checked again by SQLite: Text LIKE (the value comes when the scan starts)",
		},
		{
			"nothing",
			Plan{Terms: []Term{{Column: in, Op: OpEQ, Collation: "BINARY", Arg: 1, Known: known(null())}}},
			"SELECT Id FROM Thing|no row can match, so nothing is asked",
		},
		{
			"derived from LIKE",
			Plan{Terms: []Term{
				{Column: txt, Op: OpLIKE, Collation: "NOCASE", Arg: 1, Known: known(text("x%"))},
				{Column: txt, Op: OpGE, Collation: "NOCASE", Reason: "text", Known: known(text("X"))},
				{Column: txt, Op: OpLT, Collation: "NOCASE", Reason: "text", Known: known(text("y"))},
			}},
			"SELECT Id FROM Thing WHERE Text LIKE 'x%'||sent, checked again by SQLite: Text LIKE 'x%' (SQLite matches the pattern again)",
		},
	}
	for _, tt := range tests {
		tt.plan.Table, tt.plan.Rows = "Thing", 42
		e := r.Explain(&tt.plan)
		got := strings.Join(append([]string{e.Query.String(), e.Note}, e.Terms...), "|")
		if got != tt.want || e.Table != "Thing" || e.Rows != 42 || e.Empty != (tt.name == "nothing") {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}
