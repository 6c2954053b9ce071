package executor

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/soql"
)

// described answers a catalog without an org.
type described struct{}

func (described) Global(context.Context) ([]catalog.Summary, error) {
	return []catalog.Summary{
		{Name: "Account", KeyPrefix: "001", Queryable: true},
		{Name: "Lead", KeyPrefix: "00Q", Queryable: true},
		{Name: "Made", Queryable: true},
		{Name: "AccountHistory", Queryable: true},
	}, nil
}

func (d described) Describe(ctx context.Context, names []string) []catalog.Described {
	all, _ := d.Global(ctx)
	out := make([]catalog.Described, len(names))
	for i, name := range names {
		for _, s := range all {
			if s.Name == name {
				out[i].Object = &catalog.Object{Summary: s, Fields: []catalog.Field{
					{Name: "Id", Type: "id", Filterable: true, Sortable: true},
					{Name: "Name", Type: "string"},
					{Name: "Body", Type: "base64"},
					{Name: "Place", Type: "location"},
					{Name: "OldValue", Type: "anyType"},
				}}
			}
		}
	}
	return out
}

func (described) Counts(context.Context) (map[string]int64, error) {
	return map[string]int64{"Account": 1_000_000, "Lead": 900, "Made": 1_000_000, "AccountHistory": 1_000_000}, nil
}

func (described) Locale(context.Context) (string, error) { return "en_US", nil }
func (described) SeesAll(context.Context) (bool, error)  { return false, nil }

// known is a catalog that has been told everything.
func known(t *testing.T) *catalog.Catalog {
	t.Helper()
	c := catalog.New(described{})
	if _, err := c.Objects(t.Context(), "Account", "Lead", "Made", "AccountHistory"); err != nil {
		t.Fatal(err)
	}
	c.Rows(t.Context(), "Account")
	return c
}

// scanOf is the scan of a statement's fields.
func scanOf(t *testing.T, text string, drained bool) Scan {
	scan := Scan{Query: parse(t, text), Expected: -1, Drained: drained}
	for _, item := range scan.Query.Select {
		if f, ok := item.Expr.(*soql.Field); ok {
			scan.Columns = append(scan.Columns, soql.Column{Path: f.Path})
		}
	}
	return scan
}

func TestTheChoiceIsMadeByEvidence(t *testing.T) {
	ids := "'" + strings.Repeat("001000000000001', '", 2999) + "001000000000001'"
	for _, tt := range []struct {
		api     API
		soql    string
		drained bool
		want    API
		goesOn  bool
		rows    int64
		reason  string
	}{
		{Auto, "SELECT COUNT() FROM Account", true, REST, false, -1, "a count is one call"},
		{Auto, "SELECT Id FROM Account", true, Bulk, false, 1_000_000, "clearly more"},
		{Auto, "SELECT Id FROM Account", false, REST, true, 1_000_000, "may end early"},
		{Auto, "SELECT Name FROM Account", true, Bulk, false, 1_000_000, "clearly more"},
		{Auto, "SELECT Name FROM Account", false, REST, false, 1_000_000, "without Id"},
		{Auto, "SELECT Id FROM Account WHERE Name = 'x'", true, REST, true, -1, "the first page tells"},
		{Auto, "SELECT Id FROM Account WHERE Name = 'x'", false, REST, true, -1, "may end early"},
		{Auto, "SELECT Id FROM Lead WHERE Name = 'x'", true, REST, false, 900, "900 rows in all"},
		{Auto, "SELECT Id FROM Lead", true, REST, false, 900, "about 900 rows"},
		{Auto, "SELECT Id FROM Account LIMIT 500000", true, REST, false, 500_000, "LIMIT"},
		{Auto, "SELECT Id FROM Account ORDER BY Id", true, REST, false, 1_000_000, "ORDER BY"},
		{Auto, "SELECT Id FROM Account OFFSET 3", true, REST, false, -1, "OFFSET"},
		{Auto, "SELECT Name FROM Account GROUP BY Name", true, REST, false, -1, "GROUP BY"},
		{Auto, "SELECT MAX(Id) FROM Account", true, REST, false, 1_000_000, "aggregates"},
		{Auto, "SELECT Id, (SELECT Id FROM Contacts) FROM Account", true, REST, false, 1_000_000, "children"},
		{Auto, "SELECT Id, toLabel(Name) FROM Account", true, REST, false, 1_000_000, "toLabel(Name)"},
		{Auto, "SELECT FIELDS(STANDARD) FROM Account", true, REST, false, 1_000_000, "FIELDS"},
		{Auto, "SELECT Id, TYPEOF What WHEN Account THEN Name END FROM Account", true, REST, false, 1_000_000, "TYPEOF"},
		{Auto, "SELECT Id, body FROM Account", true, REST, false, 1_000_000, "Body (base64)"},
		{Auto, "SELECT Id, Place FROM Account", true, REST, false, 1_000_000, "Place (location)"},
		{Auto, "SELECT Id, OldValue FROM AccountHistory", true, REST, false, 1_000_000, "OldValue (anyType)"},
		{Auto, "SELECT Id FROM AccountHistory WHERE Name = 'x'", true, REST, true, -1, "the first page tells"},
		{Auto, "SELECT Id FROM Account FOR VIEW", true, REST, false, 1_000_000, "clause"},
		{Auto, "SELECT Id FROM Account USING SCOPE mine", true, REST, false, -1, "clause"},
		{Auto, "SELECT Id FROM Attachment", true, REST, false, -1, "does not support Attachment"},
		{Auto, "SELECT Id FROM Made WHERE Name = 'x'", true, REST, false, -1, "may not be unique"},
		{Auto, "SELECT Id FROM Made", true, Bulk, false, 1_000_000, "clearly more"},
		{Auto, "SELECT Id FROM Unknown", true, REST, false, -1, "may not be unique"},
		{Auto, "SELECT Id FROM Account WHERE Id = '001000000000001' AND Name = 'x'", true, REST, false, 1, "1 row by Id"},
		{Auto, "SELECT Id FROM Account WHERE Id IN (" + ids + ")", true, REST, false, 3000, "3,000 rows by Id"},
		{Auto, "SELECT Id FROM Account WHERE Id = '001000000000001' OR Name = 'x'", true, REST, true, -1, "the first page tells"},
		{REST, "SELECT Id FROM Account", true, REST, false, 1_000_000, "api=rest"},
		{Bulk, "SELECT Id FROM Lead", false, Bulk, false, 900, "api=bulk"},
		{Bulk, "SELECT Id FROM Unknown WHERE Name = 'x'", true, Bulk, false, -1, "api=bulk"},
		{Bulk, "SELECT Id FROM Account ORDER BY Id", true, REST, false, 1_000_000, "ORDER BY"},
		{Bulk, "SELECT Id FROM Account WHERE Id = '001000000000001'", true, REST, false, 1, "one page"},
		{Bulk, "SELECT COUNT() FROM Account", true, REST, false, -1, "a count is one call"},
	} {
		c := New(nil, Options{API: tt.api, Catalog: known(t)}).Choose(scanOf(t, tt.soql, tt.drained))
		if c.API != tt.want || c.Switch != tt.goesOn || c.Rows != tt.rows || !strings.Contains(c.Reason, tt.reason) || c.Calls < 1 {
			t.Errorf("%s: %s drained=%v is %+v", tt.api, tt.soql, tt.drained, c)
		}
	}
}

// What a scan has brought is better evidence than any statistic.
func TestAScanTeachesTheNext(t *testing.T) {
	e := New(nil, Options{Catalog: known(t)})
	scan := scanOf(t, "SELECT Id FROM Account WHERE Name = 'x'", true)
	e.seen.note(scan, 70_000)
	same := scanOf(t, "SELECT Name, Id FROM Account WHERE Name = 'x'", true)
	if c := e.Choose(same); c.API != Bulk || c.Rows != 70_000 {
		t.Errorf("after 70,000 rows: %+v", c)
	}
	all := same
	all.All = true
	if c := e.Choose(all); c.API != REST {
		t.Errorf("with deleted records, of which nothing is known: %+v", c)
	}
	e.seen.note(scan, 30)
	if c := e.Choose(same); c.API != REST || c.Switch {
		t.Errorf("after 30 rows: %+v", c)
	}
	for i := range 3 * mostStatistics {
		e.seen.note(Scan{Query: &soql.Query{From: soql.From{Object: count(int64(i))}}}, 1)
	}
	if len(e.seen.total) > mostStatistics {
		t.Errorf("%d scans are remembered", len(e.seen.total))
	}
}

func TestIdsAreTakenOnce(t *testing.T) {
	s := idSet{}
	for _, tt := range []struct {
		id    string
		added bool
	}{
		{"001000000000001AAA", true},
		{"001000000000001", false},
		{"00100000000000a", true},
		{"00100000000000A", true},
		{"", false},
		{"0010", false},
	} {
		if got := s.add([]byte(tt.id)); got != tt.added {
			t.Errorf("%q is added: %v", tt.id, got)
		}
	}
	if !s.take([]byte("001000000000001")) || s.take([]byte("001000000000001AAA")) || s.take(nil) || len(s) != 2 {
		t.Errorf("left are %v", s)
	}
}

// A refusal is for good, but one for want of jobs, which come back.
func TestARefusalIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s statistics
		s.refuse("Account", &salesforce.Error{Code: "INVALIDENTITY", Message: "no"})
		s.refuse("Lead", &salesforce.Error{Code: "LIMIT_EXCEEDED", Message: "no more"})
		if s.refusal("account") != "Bulk refused it: no" || s.refusal("LEAD") != "Bulk refused it: no more" || s.refusal("Contact") != "" {
			t.Errorf("remembered are %v", s.refused)
		}
		time.Sleep(usedUp + time.Second)
		if s.refusal("Account") == "" || s.refusal("Lead") != "" {
			t.Errorf("later, remembered are %v", s.refused)
		}
	})
}
