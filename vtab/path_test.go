package vtab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// A path may lead to a record that the parent's table does not show: one in
// the recycle bin, one from before the start date, or none at all.
func TestParentsThatTheTableHides(t *testing.T) {
	parentTable := planner.NewTable(describe(
		"Account",
		catalog.Field{Name: "Id", Type: "id", Filterable: true},
		catalog.Field{Name: "IsDeleted", Type: "boolean", Filterable: true},
		catalog.Field{Name: "SystemModstamp", Type: "datetime", Filterable: true},
	), planner.TableOptions{StartDate: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)})
	columns := planner.PathColumns(nil, parentTable, []int{0, 1, 2})
	p := &parent{table: parentTable, positions: []int{0, 1, 2}}
	for _, c := range []struct {
		name string
		row  record
		want bool
	}{
		{"a record", record{"Id": recordID("001", 1), "IsDeleted": int64(0), "SystemModstamp": "2024-01-01T00:00:00.000Z"}, true},
		{"none", record{}, false},
		{"deleted", record{"Id": recordID("001", 1), "IsDeleted": int64(1), "SystemModstamp": "2024-05-01T00:00:00.000Z"}, false},
		{"nobody knows whether it is deleted", record{"Id": recordID("001", 1), "SystemModstamp": "2024-05-01T00:00:00.000Z"}, false},
		{"too old", record{"Id": recordID("001", 1), "IsDeleted": int64(0), "SystemModstamp": "2023-12-31T23:59:59.999Z"}, false},
		{"without a date", record{"Id": recordID("001", 1), "IsDeleted": int64(0)}, false},
	} {
		k := kept{columns: columns}
		a := &answer{org: &org{}, columns: columns, records: []record{c.row}}
		k.add(a)
		if got := p.shows(&k, 0); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// What a path must bring is all that tells whether the row is there; what it
// cannot bring ends it.
func TestWhatAPathBrings(t *testing.T) {
	o := newOrg()
	account := planner.NewTable(o.objects[0], planner.TableOptions{})
	if got := account.Reads([]int{2, 1}); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("a path brings %v", got)
	}
	if got := account.Reads([]int{account.Column("Body")}); got != nil {
		t.Errorf("a path brings bytes: %v", got)
	}
}

// A user who may not see everything gets no path, whatever the statement.
func TestPathsAreForUsersWhoSeeEverything(t *testing.T) {
	for sees, want := range map[bool]string{
		true:  "SELECT Id,AccountId,Account.Id,Account.Name FROM Contact WHERE AccountId!=NULL",
		false: "SELECT Id,AccountId FROM Contact WHERE AccountId!=NULL",
	} {
		o := newOrg()
		c := connect(t, o, func(cfg *Config) { cfg.SeesAll = func(context.Context) bool { return sees } })
		mustQuery(t, c, "SELECT c.Id, a.Name FROM Contact c JOIN Account a ON a.Id = c.AccountId")
		if o.asked[0] != want || (len(o.asked) == 1) != sees {
			t.Errorf("asked %q, want %s first", o.asked, want)
		}
	}
}

// Conditions on a parent's fields become conditions on paths, whole or not at
// all.
func TestUnder(t *testing.T) {
	q, err := soql.Parse("SELECT Id FROM A WHERE (B = 1 OR C.D IN (1, 2)) AND E INCLUDES ('x')")
	if err != nil {
		t.Fatal(err)
	}
	if got := planner.Under([]string{"P", "Q"}, q.Where).String(); got != "(P.Q.B=1 OR P.Q.C.D IN(1,2)) AND P.Q.E INCLUDES('x')" {
		t.Errorf("under a path: %s", got)
	}
	if q, err = soql.Parse("SELECT Id FROM A WHERE B = 1 AND NOT (C = 2)"); err != nil {
		t.Fatal(err)
	}
	if got := planner.Under([]string{"P"}, q.Where); got != nil {
		t.Errorf("a part that is not known: %s", got)
	}
}

// Statements that are nearly as long as Salesforce takes them get no path, and no
// condition on a parent, for which there is no room.
func TestPathsLeaveRoom(t *testing.T) {
	long := func(prefix string, n, width int) string {
		values := make([]string, n)
		for i := range values {
			values[i] = fmt.Sprintf("'%s%0*d'", prefix, width, i)
		}
		return strings.Join(values, ",")
	}
	o := newOrg()
	plain := ordinary(t, o)
	for _, c := range []struct {
		name, where string
		asked       int // for contacts; their accounts come along
	}{
		{"a list in parts", "c.Id IN (" + long("003", 12000, 12) + ")", 3},
		{"a long condition on the parent", "lower(a.Name) IN ('acme', " + long("x", 2000, 50) + ")", 1},
		{"both", "c.Name IN ('Person 1', " + long("x", 1500, 40) + ") AND lower(a.Name) IN ('acme', " + long("x", 900, 50) + ")", 1},
		{"over two tables", "(a.Name IN ('acme', " + long("x", 2000, 50) + ") OR c.Score = 3)", 1},
	} {
		conn := connect(t, o, seesAll, func(cfg *Config) { cfg.Rows = many(o) })
		sql := "SELECT c.Id, a.Name, a.Industry, a.Employees FROM Contact c JOIN Account a ON a.Id = c.AccountId WHERE " + c.where
		got, want := mustQuery(t, conn, sql), mustQuery(t, plain, sql)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s: %d rows, not %d", c.name, len(got), len(want))
		}
		contacts, accounts := 0, 0
		for _, q := range o.asked {
			if len(q) > 100_000 {
				t.Errorf("%s: a statement of %d characters", c.name, len(q))
			}
			if strings.Contains(q, "FROM Contact") {
				contacts++
			} else {
				accounts++
			}
		}
		if contacts != c.asked || accounts != 0 {
			t.Errorf("%s: %d statements for contacts, not %d, and %d for accounts", c.name, contacts, c.asked, accounts)
		}
		o.asked = nil
	}
}
