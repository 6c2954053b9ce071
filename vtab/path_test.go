package vtab

import (
	"context"
	"slices"
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
