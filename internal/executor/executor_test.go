package executor

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
	"github.com/sfsql/sfsql/soql"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts an org and returns a client for it.
func serve(t *testing.T, h http.HandlerFunc) *salesforce.Client {
	t.Helper()
	tokens, err := auth.AccessToken("00D!token", serveURL(t, h))
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, tokens)
}

// serveURL starts a server and returns the URL of its org.
func serveURL(t *testing.T, h http.HandlerFunc) string {
	srv := httptest.NewServer(http.StripPrefix("/org", h))
	t.Cleanup(srv.Close)
	return srv.URL + "/org"
}

func connect(t *testing.T, tokens auth.Source) *salesforce.Client {
	t.Helper()
	c, err := salesforce.New(salesforce.Config{Tokens: tokens})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func parse(t *testing.T, text string) *soql.Query {
	t.Helper()
	q, err := soql.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestOpenSendsThePrintedQuery(t *testing.T) {
	for _, all := range []bool{false, true} {
		q := parse(t, "SELECT Id, Account.Name FROM Contact WHERE Name LIKE 'O\\'B%' LIMIT 2")
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			want := "/services/data/v67.0/query"
			if all {
				want += "All"
			}
			if r.URL.Path != want || r.URL.Query().Get("q") != q.String() {
				t.Errorf("got %s", r.URL)
			}
			_, _ = io.WriteString(w, `{"totalSize":2,"done":true,"records":[{"Id":"1","Account":{"Name":"Acme"}},{"Id":"2","Account":null}]}`)
		})
		rows, err := New(c, Options{}).Open(t.Context(), Scan{
			Query:   q,
			Columns: []soql.Column{{Path: []string{"Account", "Name"}}, {Path: []string{"Id"}}},
			All:     all,
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for rows.Next(t.Context()) {
			got = append(got, fmt.Sprintf("%s %s %v", rows.Bytes(1), rows.Bytes(0), rows.Null(0)))
		}
		if want := []string{"1 Acme false", "2  true"}; !reflect.DeepEqual(got, want) || rows.Err() != nil || rows.Total() != 2 {
			t.Errorf("got %q of %d, %v", got, rows.Total(), rows.Err())
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAFailedOpenReturnsNoRows(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		_, _ = io.WriteString(w, `[{"errorCode":"INVALID_TYPE","message":"sObject type 'X' is not supported."}]`)
	})
	rows, err := New(c, Options{}).Open(t.Context(), Scan{Query: parse(t, "SELECT Id FROM X"), Columns: []soql.Column{{Path: []string{"Id"}}}})
	// A nil *salesforce.Rows in the interface would not be nil.
	if rows != nil || err == nil || !strings.Contains(err.Error(), "sObject type 'X' is not supported.") {
		t.Errorf("%v, %v", rows, err)
	}
	if _, err := New(c, Options{}).Open(t.Context(), Scan{}); err == nil {
		t.Error("a scan without a query opens")
	}
}

func TestEveryChoiceHasAReason(t *testing.T) {
	e := New(nil, Options{})
	for _, scan := range []Scan{{}, {Query: parse(t, "SELECT COUNT() FROM A")}, {Query: parse(t, "SELECT Id FROM A")}} {
		if c := e.Choose(scan); c.API != REST || c.Reason == "" {
			t.Errorf("%v: %v", scan.Query, c)
		}
	}
}

func TestTheDescriberAnswersACatalog(t *testing.T) {
	const field = `{"name":"Stage__c","label":"Stage","type":"picklist","length":40,"precision":1,"scale":2,"digits":3,
		"referenceTo":["A","B"],"relationshipName":"R","compoundFieldName":"C","nameField":true,"filterable":true,"sortable":true,
		"groupable":true,"aggregatable":true,"caseSensitive":true,"nillable":true,"calculated":true,"polymorphicForeignKey":true,"custom":true,
		"picklistValues":[{"active":true,"value":"a","label":"A"},{"active":false,"value":"b","label":"B"},{"active":true,"value":"c","label":"C"}]}`
	const object = `"name":"Deal__c","label":"Deal","keyPrefix":"a01","custom":true,"queryable":true`
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/services/data/v67.0/sobjects":
			_, _ = io.WriteString(w, `{"sobjects":[{`+object+`},{"name":"Hidden"}]}`)
		case "/services/data/v67.0/sobjects/Deal__c/describe":
			_, _ = io.WriteString(w, `{`+object+`,"fields":[`+field+`]}`)
		case "/services/data/v67.0/limits/recordCount":
			_, _ = io.WriteString(w, `{"sObjects":[{"name":"Deal__c","count":12}]}`)
		case "/services/oauth2/userinfo":
			_, _ = io.WriteString(w, `{"locale":"de_DE"}`)
		default:
			w.WriteHeader(404)
			_, _ = io.WriteString(w, `[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]`)
		}
	})
	cat := catalog.New(Describer(c))
	got, err := cat.Object(t.Context(), "deal__C")
	if err != nil {
		t.Fatal(err)
	}
	want := &catalog.Object{
		Summary: catalog.Summary{Name: "Deal__c", Label: "Deal", KeyPrefix: "a01", Custom: true, Queryable: true},
		Fields: []catalog.Field{{
			Name: "Stage__c", Label: "Stage", Type: "picklist", Length: 40, Precision: 1, Scale: 2, Digits: 3,
			ReferenceTo: []string{"A", "B"}, RelationshipName: "R", CompoundFieldName: "C",
			NameField: true, Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, CaseSensitive: true,
			Nillable: true, Calculated: true, Polymorphic: true, Custom: true, PicklistValues: []string{"a", "c"},
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if n, known := cat.Rows(t.Context(), "DEAL__C"); n != 12 || !known {
		t.Errorf("%d rows, known %v", n, known)
	}
	if locale, err := cat.Locale(t.Context()); locale != "de_DE" || err != nil {
		t.Errorf("%s, %v", locale, err)
	}
	if _, err := cat.Object(t.Context(), "Hidden"); err == nil || !strings.Contains(err.Error(), "The requested resource does not exist") {
		t.Errorf("error is %v", err)
	}
}
