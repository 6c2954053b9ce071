package planner

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/soql"
)

var errUnknown = errors.New("no such sObject")

func describeSome(name string) (*catalog.Object, error) {
	switch strings.ToLower(name) {
	case "thing":
		return thing(field("Name", "string", length(80), nameField), field("OwnerId", "reference", refersTo("Group", "User"), relation("Owner"))), nil
	case "user":
		return object("User", field("Id", "id"), field("Name", "string"), field("Email", "email"), field("ManagerId", "reference", refersTo("User"), relation("Manager"))), nil
	case "group":
		return object("Group", field("Id", "id"), field("Name", "string")), nil
	}
	return nil, fmt.Errorf("%s: %w", name, errUnknown)
}

// shaped shows the columns of a query's table: name, declaration, collation
// and where the value stands in the answer.
func shaped(t *testing.T, text string) (string, error) {
	t.Helper()
	q, err := soql.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	table, err := NewQueryTable("soql_1", q, describeSome)
	if err != nil {
		return "", err
	}
	if table.Object.Name != "soql_1" {
		t.Errorf("the table is called %s", table.Object.Name)
	}
	var words []string
	for i, c := range table.Columns {
		if table.Column(c.Field.Name) != i {
			t.Errorf("%s: column %s is not found by its name", text, c.Field.Name)
		}
		if c.Hidden {
			t.Errorf("%s: %s was asked for and is hidden", text, c.Field.Name)
		}
		word := c.Field.Name + " " + c.Decl
		if c.Collation != "BINARY" {
			word += " " + c.Collation
		}
		words = append(words, word+" "+strings.Join(QueryColumn(c).Path, "/"))
	}
	return strings.Join(words, "; "), nil
}

func TestQueryTablesHaveTheColumnsOfTheirQuery(t *testing.T) {
	tests := []struct{ soql, want string }{
		{"SELECT id, NAME FROM thing", "Id TEXT(18) SFID Id; Name TEXT(80) NOCASE Name"},
		{"SELECT COUNT() FROM Thing", "count() INTEGER "},
		{"SELECT Flag, Int, Money, Day, At FROM Thing", "Flag BOOLEAN INTEGER Flag; Int INTEGER Int; Money REAL(12,2) Money; Day DATE TEXT SFTIME Day; At DATETIME TEXT SFTIME At"},
		{"SELECT Up.Name, up.up.At FROM Thing", "Up.Name TEXT(80) NOCASE Up/Name; Up.Up.At DATETIME TEXT SFTIME Up/Up/At"},
		{"SELECT Thing.Name, Thing.Up.Name FROM Thing", "Name TEXT(80) NOCASE Name; Up.Name TEXT(80) NOCASE Up/Name"},
		{"SELECT t.Name FROM Thing t", "Name TEXT(80) NOCASE Name"},
		// Of several parents the first that knows the name.
		{"SELECT Owner.Name, Owner.Email FROM Thing", "Owner.Name TEXT NOCASE Owner/Name; Owner.Email TEXT NOCASE Owner/Email"},
		{"SELECT COUNT(Id), SUM(Money), AVG(Int), MAX(At), MIN(Up.Day) FROM Thing", "expr0 INTEGER expr0; expr1 REAL expr1; expr2 REAL expr2; expr3 DATETIME TEXT SFTIME expr3; expr4 DATE TEXT SFTIME expr4"},
		{"SELECT Pick, COUNT(Id) n, CALENDAR_YEAR(At) FROM Thing GROUP BY Pick, CALENDAR_YEAR(At)", "Pick TEXT(40) NOCASE Pick; n INTEGER n; expr0 INTEGER expr0"},
		{"SELECT Up.Pick, MAX(Int) FROM Thing GROUP BY Up.Pick", "Up.Pick TEXT(40) NOCASE Pick; expr0 INTEGER expr0"},
		{"SELECT Up.Pick p, COUNT(Id) FROM Thing GROUP BY Up.Pick", "p TEXT(40) NOCASE p; expr0 INTEGER expr0"},
		{"SELECT DAY_ONLY(At), COUNT(Id) FROM Thing GROUP BY DAY_ONLY(At)", "expr0 DATE TEXT SFTIME expr0; expr1 INTEGER expr1"},
		{"SELECT Addr, Bytes FROM Thing", "Addr TEXT Addr; Bytes BLOB Bytes"},
	}
	for _, tt := range tests {
		got, err := shaped(t, tt.soql)
		if err != nil || got != tt.want {
			t.Errorf("%s (%v):\n got %s\nwant %s", tt.soql, err, got, tt.want)
		}
	}
}

func TestQueryTablesSayWhatIsUnknown(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT Nmae FROM Thing":        `soql: Thing has no field "Nmae"`,
		"SELECT Parent.Name FROM Thing": `soql: Thing has no relationship "Parent"`,
		"SELECT Up.Nmae FROM Thing":     `soql: Thing has no field "Nmae"`,
		"SELECT Id FROM Thign":          "Thign: no such sObject",
		"SELECT MAX(Nmae) FROM Thing":   `soql: Thing has no field "Nmae"`,
	} {
		got, err := shaped(t, text)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %q, %v; want %s", text, got, err, want)
		}
	}
}

// SQLite wants the names of a table's columns to differ.
func TestColumnsWithOneNameAreNumbered(t *testing.T) {
	q := &soql.Query{From: soql.From{Object: "Thing"}}
	for range 3 {
		q.Select = append(q.Select, soql.SelectItem{Expr: soql.NewField("Int")})
	}
	table, err := NewQueryTable("x", q, describeSome)
	if err != nil {
		t.Fatal(err)
	}
	const want = "CREATE TABLE \"x\" (\n  \"Int\" INTEGER,\n  \"Int:2\" INTEGER,\n  \"Int:3\" INTEGER\n)"
	if got := table.CreateSQL("x", true); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
