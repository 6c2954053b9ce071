package executor_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/executor"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
	"github.com/sfsql/sfsql/soql"
)

// dial logs in at an emulated org as an app does.
func dial(t *testing.T, org *emulator.Server) *salesforce.Client {
	t.Helper()
	tokens, err := auth.ClientCredentials(auth.Config{LoginURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret(), HTTPClient: newHTTP(t)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := salesforce.New(salesforce.Config{Tokens: tokens})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// newHTTP returns a client whose idle connections end with the test.
func newHTTP(t *testing.T) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func start(t *testing.T, opts ...emulator.Option) *emulator.Server {
	org := emulator.New(opts...)
	t.Cleanup(org.Close)
	return org
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
	case "address", "location":
		return soql.KindJSON
	case "anyType":
		return soql.KindAny
	}
	return soql.KindText
}

// whole is the scan of every field of an object.
func whole(object *catalog.Object, all bool) executor.Scan {
	scan := executor.Scan{Query: &soql.Query{From: soql.From{Object: object.Name}}, All: all}
	for _, f := range object.Fields {
		path := []string{f.Name}
		scan.Query.Select = append(scan.Query.Select, soql.SelectItem{Expr: &soql.Field{Path: path}})
		scan.Columns = append(scan.Columns, soql.Column{Path: path, Kind: kindOf(f.Type)})
	}
	return scan
}

// differs says how a value read differs from the stored one; empty if it does not.
func differs(rows soql.Rows, col int, kind soql.Kind, want any) string {
	if want == nil || rows.Null(col) {
		if want == nil && rows.Null(col) {
			return ""
		}
		return fmt.Sprintf("null is %v, want %v", rows.Null(col), want)
	}
	var got any
	switch kind {
	case soql.KindBool:
		got = rows.Int64(col) == 1
	case soql.KindInt:
		got = rows.Int64(col)
	case soql.KindReal:
		got = rows.Float64(col)
	default:
		got = string(rows.Bytes(col))
	}
	text, isText := got.(string)
	switch w := want.(type) {
	case bool:
		if isText { // anyType
			want = strconv.FormatBool(w)
		}
	case int64:
		if isText {
			want = strconv.FormatInt(w, 10)
		}
	case float64:
		if isText {
			got, _ = strconv.ParseFloat(text, 64)
		}
	case time.Time:
		want = w.UTC().Format("2006-01-02T15:04:05.000Z")
	case []byte: // the answer has a URL where the bytes can be had
		if strings.HasPrefix(text, "/services/data/") {
			return ""
		}
	case map[string]any:
		var a, b any
		stored, err := json.Marshal(w)
		if err == nil && json.Unmarshal(stored, &a) == nil && json.Unmarshal(rows.Bytes(col), &b) == nil && reflect.DeepEqual(a, b) {
			return ""
		}
	}
	if got != want {
		return fmt.Sprintf("%#v, want %#v", got, want)
	}
	return ""
}

// compare reads a whole object and compares it, value by value, with what the
// org has stored.
func compare(t *testing.T, org *emulator.Server, c *salesforce.Client, object *catalog.Object, all bool) {
	t.Helper()
	stored := map[string][]any{}
	org.Scan(object.Name, all, func(rec []any) bool {
		stored[rec[0].(string)] = append([]any(nil), rec...)
		return true
	})
	scan := whole(object, all)
	rows, err := executor.New(c, executor.Options{}).Open(t.Context(), scan)
	if err != nil {
		t.Errorf("%s: %v", object.Name, err)
		return
	}
	defer rows.Close()
	n := 0
	for rows.Next(t.Context()) {
		n++
		id := string(rows.Bytes(0))
		rec := stored[id]
		if rec == nil {
			t.Errorf("%s %s is not stored, or came twice", object.Name, id)
			continue
		}
		delete(stored, id)
		for col, f := range object.Fields {
			if d := differs(rows, col, scan.Columns[col].Kind, rec[col]); d != "" {
				t.Errorf("%s %s, %s (%s): %s", object.Name, id, f.Name, f.Type, d)
			}
		}
	}
	if rows.Err() != nil || len(stored) > 0 || rows.Total() != int64(n) {
		t.Errorf("%s: %d rows of %d, %d are missing, %v", object.Name, n, rows.Total(), len(stored), rows.Err())
	}
}

func TestEveryObjectOfTheOrgIsReadWhole(t *testing.T) {
	for _, size := range []int{0, 2000} {
		t.Run(fmt.Sprintf("page size %d", size), func(t *testing.T) {
			org := start(t, emulator.WithPageSize(size))
			c := dial(t, org)
			cat := catalog.New(executor.Describer(c))
			objects, err := cat.Objects(t.Context(), org.Objects()...)
			if err != nil {
				t.Fatal(err)
			}
			for _, object := range objects {
				compare(t, org, c, object, false)
				if object.Name == "Account" || object.Name == "Task" { // they have deleted records
					compare(t, org, c, object, true)
				}
			}
			if got, want := c.Usage().Calls, int64(org.Stats().Requests-1); got != want {
				t.Errorf("the client counts %d calls and the org %d", got, want)
			}
		})
	}
}

func TestEveryFieldsDescribeArrives(t *testing.T) {
	org := start(t)
	cat := catalog.New(executor.Describer(dial(t, org)))
	objects, err := cat.Objects(t.Context(), org.Objects()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		want := org.Describe(object.Name)
		if len(object.Fields) != len(want.Fields) || object.KeyPrefix != want.KeyPrefix {
			t.Errorf("%s has %d fields, want %d", object.Name, len(object.Fields), len(want.Fields))
			continue
		}
		for i, f := range object.Fields {
			w := want.Fields[i]
			got := []any{f.Name, f.Type, f.Length, f.Precision, f.Scale, f.Digits, f.RelationshipName, f.Filterable, f.Sortable, f.Groupable, f.Aggregatable, f.CaseSensitive, f.Nillable, f.Calculated, f.Polymorphic, f.NameField}
			sent := []any{w.Name, w.Type, w.Length, w.Precision, w.Scale, w.Digits, w.RelationshipName, w.Filterable, w.Sortable, w.Groupable, w.Aggregatable, w.CaseSensitive, w.Nillable, w.Calculated, w.Polymorphic, w.NameField}
			if !reflect.DeepEqual(got, sent) {
				t.Errorf("%s.%s is %v, want %v", object.Name, f.Name, got, sent)
			}
		}
	}
	calls := (len(objects) + 24) / 25
	if s := org.Stats(); s.Requests > calls+2 {
		t.Errorf("%d requests for %d describes, want a login, a list and %d batches", s.Requests, len(objects), calls)
	}
}

func TestALongStatementIsAnsweredTheSame(t *testing.T) {
	org := start(t, emulator.WithPageSize(200))
	c := dial(t, org)
	in := &soql.In{Left: &soql.Field{Path: []string{"Id"}}}
	var ids []string
	org.Scan("Contact", false, func(rec []any) bool {
		ids = append(ids, rec[0].(string))
		in.Values = append(in.Values, soql.String(rec[0].(string)))
		return len(ids) < 900
	})
	org.ResetStats()
	rows, err := executor.New(c, executor.Options{}).Open(t.Context(), executor.Scan{
		Query: &soql.Query{
			Select: []soql.SelectItem{{Expr: &soql.Field{Path: []string{"Id"}}}}, From: soql.From{Object: "Contact"}, Where: in,
		},
		Columns: []soql.Column{{Path: []string{"Id"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	seen := map[string]bool{}
	for rows.Next(t.Context()) {
		seen[string(rows.Bytes(0))] = true
	}
	if rows.Err() != nil || len(seen) != len(ids) {
		t.Errorf("%d of %d, %v", len(seen), len(ids), rows.Err())
	}
	if by := org.Stats().ByPath; by["composite"] != 1 || by["queryMore"] != 4 {
		t.Errorf("requests are %v, want one composite and four further pages", by)
	}
}

func TestAnExpiredSessionIsRenewedOnTheWay(t *testing.T) {
	org := start(t, emulator.WithPageSize(200))
	c := dial(t, org)
	if _, err := c.Limits(t.Context()); err != nil {
		t.Fatal(err)
	}
	org.ExpireSessions()
	object, err := catalog.New(executor.Describer(c)).Object(t.Context(), "account")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, org, c, object, false)
}

func TestTheRestOfTheAPIAnswers(t *testing.T) {
	org := start(t)
	c := dial(t, org)
	if plans, err := c.Explain(t.Context(), "SELECT Id FROM Account"); err != nil || len(plans) == 0 {
		t.Errorf("explain: %v, %v", plans, err)
	}
	if limits, err := c.Limits(t.Context()); err != nil || limits["DailyApiRequests"].Max == 0 {
		t.Errorf("limits: %v, %v", limits, err)
	}
	if counts, err := c.RecordCount(t.Context()); err != nil || counts["Contact"] == 0 {
		t.Errorf("counts: %v, %v", counts, err)
	}
	if versions, err := c.Versions(t.Context()); err != nil || len(versions) == 0 {
		t.Errorf("versions: %v, %v", versions, err)
	}
	if info, err := c.UserInfo(t.Context()); err != nil || info.Locale != "en_US" || info.UserID == "" || info.OrganizationID == "" {
		t.Errorf("user info: %+v, %v", info, err)
	}
	if u := c.Usage(); u.APIMax <= 0 || u.APIUsed < 0 {
		t.Errorf("usage: %+v", u)
	}
	rows, err := executor.New(c, executor.Options{}).Open(t.Context(), executor.Scan{Query: &soql.Query{From: soql.From{Object: "Contact"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	stored := 0
	org.Scan("Contact", false, func([]any) bool { stored++; return true })
	if rows.Total() != int64(stored) || rows.Next(t.Context()) || rows.Err() != nil {
		t.Errorf("count is %d, want %d, %v", rows.Total(), stored, rows.Err())
	}
	_, err = c.Query(t.Context(), "SELECT Nope FROM Account", salesforce.QueryOptions{})
	if err == nil || !strings.Contains(err.Error(), "No such column 'Nope' on entity 'Account'") {
		t.Errorf("error is %v", err)
	}
}
