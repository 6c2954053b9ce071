package salesforce

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/salesforce/auth"
	"github.com/sfsql/sfsql/soql"
)

// emulated starts an org and returns a client for it that does not wait long
// between two questions about a job.
func emulated(t testing.TB, opts ...emulator.Option) (*emulator.Server, *Client) {
	t.Helper()
	org := emulator.New(opts...)
	t.Cleanup(org.Close)
	return org, dialed(t, org, Config{BulkPoll: time.Millisecond})
}

func dialed(t testing.TB, org *emulator.Server, cfg Config) *Client {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	tokens, err := auth.ClientCredentials(auth.Config{
		LoginURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret(),
		HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Tokens = tokens
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.backOff = time.Millisecond
	return c
}

// kindOf is the kind of a describe type's values.
func kindOf(fieldType string) soql.Kind {
	switch fieldType {
	case "boolean":
		return soql.KindBool
	case "int", "long":
		return soql.KindInt
	case "double", "currency", "percent":
		return soql.KindReal
	case "date":
		return soql.KindDate
	case "datetime":
		return soql.KindDatetime
	case "time":
		return soql.KindTime
	case "anyType":
		return soql.KindAny
	}
	return soql.KindText
}

// scanOf selects every field of an object that Bulk has, and for each lookup
// the parent's Id.
func scanOf(o *SObjectDescribe) (string, []soql.Column) {
	var names []string
	var columns []soql.Column
	add := func(kind soql.Kind, path ...string) {
		names = append(names, strings.Join(path, "."))
		columns = append(columns, soql.Column{Path: path, Kind: kind})
	}
	for _, f := range o.Fields {
		switch f.Type {
		case "base64", "address", "location":
		default:
			add(kindOf(f.Type), f.Name)
		}
		if f.Type == "reference" && f.RelationshipName != "" && len(f.ReferenceTo) == 1 {
			add(soql.KindText, strings.ToUpper(f.RelationshipName), "id")
		}
	}
	return "SELECT " + strings.Join(names, ",") + " FROM " + o.Name, columns
}

// textOf shows the current record, telling kinds, nulls and bits apart.
func textOf(rows soql.Rows, columns []soql.Column) string {
	var b strings.Builder
	for i, col := range columns {
		switch {
		case rows.Null(i):
			b.WriteString("null")
		case col.Kind == soql.KindInt, col.Kind == soql.KindBool:
			fmt.Fprintf(&b, "%d", rows.Int64(i))
		case col.Kind == soql.KindReal:
			fmt.Fprintf(&b, "%x", math.Float64bits(rows.Float64(i)))
		default:
			fmt.Fprintf(&b, "%q", rows.Bytes(i))
		}
		b.WriteByte('|')
	}
	return b.String()
}

// collect reads a result as texts in order of their bytes.
func collect(ctx context.Context, rows soql.Rows, columns []soql.Column) ([]string, error) {
	var all []string
	for rows.Next(ctx) {
		all = append(all, textOf(rows, columns))
	}
	err := rows.Err()
	if cerr := rows.Close(); err == nil {
		err = cerr
	}
	slices.Sort(all)
	return all, err
}

func restRows(t *testing.T, c *Client, text string, columns []soql.Column, all bool) []string {
	t.Helper()
	rows, err := c.Query(t.Context(), text, QueryOptions{Columns: columns, All: all})
	if err != nil {
		t.Fatalf("REST: %v", err)
	}
	got, err := collect(t.Context(), rows, columns)
	if err != nil {
		t.Fatalf("REST: %v", err)
	}
	return got
}

func bulkRows(ctx context.Context, c *Client, text string, opts BulkOptions) ([]string, error) {
	rows, err := c.BulkQuery(ctx, text, opts)
	if err != nil {
		return nil, err
	}
	return collect(ctx, rows, opts.Columns)
}

// noJobs fails the test where the org still has a job.
func noJobs(t *testing.T, c *Client) {
	t.Helper()
	jobs, err := c.Jobs(context.Background())
	if err != nil || len(jobs) > 0 {
		t.Errorf("the org has the jobs %v (%v), want none", jobs, err)
	}
}

// describeAll describes every sObject that can be queried.
func describeAll(t *testing.T, c *Client) []*SObjectDescribe {
	t.Helper()
	objects, err := c.GlobalDescribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range objects {
		if o.Queryable {
			names = append(names, o.Name)
		}
	}
	var all []*SObjectDescribe
	for _, d := range c.DescribeMany(t.Context(), names) {
		if d.Err != nil {
			t.Fatal(d.Err)
		}
		all = append(all, d.Object)
	}
	return all
}

func TestBothAPIsGiveTheSameValues(t *testing.T) {
	_, c := emulated(t, emulator.WithRaggedBulkPages())
	types, refused := map[string]bool{}, map[string]bool{}
	for _, o := range describeAll(t, c) {
		text, columns := scanOf(o)
		for _, all := range []bool{false, true} {
			want := restRows(t, c, text, columns, all)
			ways := []BulkOptions{{Columns: columns, All: all, Parallel: 4}}
			if !all {
				ways = append(ways, BulkOptions{Columns: columns}, BulkOptions{Columns: columns, PageRows: 333})
			}
			for _, opts := range ways {
				got, err := bulkRows(t.Context(), c, text, opts)
				if IsBulkRefusal(err) {
					refused[o.Name] = true
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v", o.Name, err)
				}
				compare(t, o.Name, got, want)
			}
		}
		for _, f := range o.Fields {
			types[f.Type] = types[f.Type] || !refused[o.Name]
		}
	}
	t.Logf("refused: %v", slices.Sorted(maps.Keys(refused)))
	for _, wanted := range []string{
		"id", "reference", "string", "picklist", "multipicklist", "combobox", "boolean", "int", "long", "double", "currency", "percent",
		"date", "datetime", "time", "email", "phone", "url", "textarea", "encryptedstring", "anyType",
	} {
		if !types[wanted] {
			t.Errorf("no field of type %s was compared; there are %v", wanted, slices.Sorted(maps.Keys(types)))
		}
	}
	noJobs(t, c)
}

func compare(t *testing.T, name string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: Bulk has %d records, REST %d", name, len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: by Bulk\n%s\nby REST\n%s", name, got[i], want[i])
		}
	}
}
