// Package gosalesforce runs github.com/k-capehart/go-salesforce against the
// emulated org.
package gosalesforce

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/k-capehart/go-salesforce/v3"
)

type org struct {
	URL           string `json:"url"`
	AccessToken   string `json:"access_token"`
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret"`
	Username      string `json:"username"`
	Password      string `json:"password"`
	SecurityToken string `json:"security_token"`
}

func theOrg(t *testing.T) org {
	t.Helper()
	text, err := os.ReadFile(os.Getenv("CONFORMANCE_ORG"))
	if err != nil {
		t.Fatalf("start me by run.sh: %v", err)
	}
	var o org
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func connect(t *testing.T, change func(*salesforce.Creds)) *salesforce.Salesforce {
	t.Helper()
	o := theOrg(t)
	creds := salesforce.Creds{Domain: o.URL}
	if change == nil {
		creds.AccessToken = o.AccessToken
	} else {
		change(&creds)
	}
	sf, err := salesforce.Init(creds)
	if err != nil {
		t.Fatal(err)
	}
	return sf
}

func count(t *testing.T, sf *salesforce.Salesforce, object string) int {
	t.Helper()
	res, err := sf.DoRequest(http.MethodGet, "/query/?q=SELECT+COUNT()+FROM+"+object, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var reply struct {
		TotalSize int `json:"totalSize"`
	}
	if err := json.NewDecoder(res.Body).Decode(&reply); err != nil {
		t.Fatal(err)
	}
	return reply.TotalSize
}

func TestLogin(t *testing.T) {
	o := theOrg(t)
	for name, change := range map[string]func(*salesforce.Creds){
		"access token": nil,
		"client credentials": func(c *salesforce.Creds) {
			c.ConsumerKey, c.ConsumerSecret = o.ClientID, o.ClientSecret
		},
		"password": func(c *salesforce.Creds) {
			c.ConsumerKey, c.ConsumerSecret = o.ClientID, o.ClientSecret
			c.Username, c.Password, c.SecurityToken = o.Username, o.Password, o.SecurityToken
		},
		"JWT": func(c *salesforce.Creds) {
			key, err := os.ReadFile(os.Getenv("CONFORMANCE_KEY"))
			if err != nil {
				t.Fatal(err)
			}
			c.Username, c.ConsumerKey, c.ConsumerRSAPem = o.Username, o.ClientID, string(key)
		},
	} {
		t.Run(name, func(t *testing.T) {
			if n := count(t, connect(t, change), "Lead"); n != 600 {
				t.Errorf("%d leads", n)
			}
		})
	}
	if _, err := salesforce.Init(salesforce.Creds{Domain: o.URL, ConsumerKey: o.ClientID, ConsumerSecret: "wrong"}); err == nil {
		t.Error("a wrong secret is taken")
	}
}

type contact struct {
	ID       string `soql:"selectColumn,fieldName=Id" json:"Id"`
	LastName string
	Account  struct{ Name string }
}

func TestReadQuery(t *testing.T) {
	sf := connect(t, nil)
	var contacts []contact
	if err := sf.Query("SELECT Id, LastName, Account.Name FROM Contact", &contacts); err != nil {
		t.Fatal(err)
	}
	if n := count(t, sf, "Contact"); len(contacts) != n || n < 2000 {
		t.Errorf("%d contacts of %d", len(contacts), n)
	}
	seen := map[string]bool{}
	parents := 0
	for _, c := range contacts {
		seen[c.ID] = true
		if c.Account.Name != "" {
			parents++
		}
	}
	if len(seen) != len(contacts) || parents == 0 {
		t.Errorf("%d ids of %d, %d with an account", len(seen), len(contacts), parents)
	}
}

func TestReadRefusal(t *testing.T) {
	var rows []map[string]any
	err := connect(t, nil).Query("SELECT Nope FROM Account", &rows)
	if err == nil || !strings.Contains(err.Error(), "INVALID_FIELD") {
		t.Errorf("%v", err)
	}
}

func TestReadDescribe(t *testing.T) {
	res, err := connect(t, nil).DoRequest(http.MethodGet, "/sobjects/Account/describe", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(text), `"name":"AnnualRevenue"`) {
		t.Errorf("%v, %d bytes", err, len(text))
	}
}

type account struct {
	ID   string `json:"Id,omitempty" csv:"Id,omitempty"`
	Name string `json:"Name,omitempty" csv:"Name,omitempty"`
}

func TestWriteOne(t *testing.T) {
	sf := connect(t, nil)
	made, err := sf.InsertOne("Account", account{Name: "O'Hara \"&\" Söhne"})
	if err != nil || !made.Success {
		t.Fatalf("%+v %v", made, err)
	}
	if err := sf.UpdateOne("Account", account{ID: made.Id, Name: "Renamed"}); err != nil {
		t.Fatal(err)
	}
	var found []account
	if err := sf.Query("SELECT Id, Name FROM Account WHERE Id = '"+made.Id+"'", &found); err != nil || len(found) != 1 || found[0].Name != "Renamed" {
		t.Fatalf("%+v %v", found, err)
	}
	upsert := map[string]any{"CaseSensitive__c": "go-1", "Text__c": "one"}
	if res, err := sf.UpsertOne("Everything__c", "CaseSensitive__c", upsert); err != nil || !res.Success {
		t.Fatalf("%+v %v", res, err)
	}
	if err := sf.DeleteOne("Account", account{ID: made.Id}); err != nil {
		t.Fatal(err)
	}
	if err := sf.Query("SELECT Id FROM Account WHERE Id = '"+made.Id+"'", &found); err != nil || len(found) != 0 {
		t.Errorf("%+v %v", found, err)
	}
	if _, err := sf.InsertOne("Account", map[string]any{"Industry": "Energy"}); err == nil || !strings.Contains(err.Error(), "REQUIRED_FIELD_MISSING") {
		t.Errorf("without a name: %v", err)
	}
}

func someAccounts(n int) []account {
	var all []account
	for i := range n {
		all = append(all, account{Name: fmt.Sprintf("Conformance %03d", i)})
	}
	return all
}

func TestWriteMany(t *testing.T) {
	sf := connect(t, nil)
	for name, insert := range map[string]func() (salesforce.SalesforceResults, error){
		"collections": func() (salesforce.SalesforceResults, error) { return sf.InsertCollection("Account", someAccounts(250), 200) },
		"composite":   func() (salesforce.SalesforceResults, error) { return sf.InsertComposite("Account", someAccounts(250), 200, true) },
	} {
		t.Run(name, func(t *testing.T) {
			before := count(t, sf, "Account")
			made, err := insert()
			if err != nil || made.HasSalesforceErrors || len(made.Results) != 250 {
				t.Fatalf("%d results, errors %v: %v", len(made.Results), made.HasSalesforceErrors, err)
			}
			if after := count(t, sf, "Account"); after != before+250 {
				t.Errorf("%d accounts, then %d", before, after)
			}
			var gone []account
			for _, r := range made.Results {
				gone = append(gone, account{ID: r.Id})
			}
			if res, err := sf.DeleteCollection("Account", gone, 200); err != nil || res.HasSalesforceErrors {
				t.Errorf("%+v %v", res, err)
			}
			if after := count(t, sf, "Account"); after != before {
				t.Errorf("%d accounts, in the end %d", before, after)
			}
		})
	}
}

func TestBulkQuery(t *testing.T) {
	sf := connect(t, nil)
	file := filepath.Join(t.TempDir(), "contacts.csv")
	if err := sf.QueryBulkExport("SELECT Id, LastName, Account.Name FROM Contact", file); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != count(t, sf, "Contact")+1 || strings.Join(rows[0], ",") != "Id,LastName,Account.Name" {
		t.Errorf("%d lines, %v", len(rows), err)
	}
}

func TestBulkLoad(t *testing.T) {
	sf := connect(t, nil)
	before := count(t, sf, "Account")
	jobs, err := sf.InsertBulk("Account", someAccounts(1000), 600, true)
	if err != nil || len(jobs) != 2 {
		t.Fatalf("%v %v", jobs, err)
	}
	if after := count(t, sf, "Account"); after != before+1000 {
		t.Errorf("%d accounts, then %d", before, after)
	}
	var gone []account
	for _, job := range jobs {
		results, err := sf.GetJobResults(job)
		if err != nil || results.State != "JobComplete" || len(results.FailedRecords) != 0 {
			t.Fatalf("%+v %v", results.State, err)
		}
		for _, r := range results.SuccessfulRecords {
			gone = append(gone, account{ID: r["sf__Id"].(string)})
		}
	}
	if _, err := sf.DeleteBulk("Account", gone, 1000, true); err != nil {
		t.Fatal(err)
	}
	if after := count(t, sf, "Account"); after != before {
		t.Errorf("%d accounts, in the end %d", before, after)
	}
}
