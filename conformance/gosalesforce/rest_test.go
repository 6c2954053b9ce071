package gosalesforce

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/k-capehart/go-salesforce/v3"

	"github.com/sfsql/sfsql/emulator"
)

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
	org := emulator.New()
	t.Cleanup(org.Close)
	for name, change := range map[string]func(*salesforce.Creds){
		"access token": func(c *salesforce.Creds) { c.AccessToken = org.AccessToken() },
		"client credentials": func(c *salesforce.Creds) {
			c.ConsumerKey, c.ConsumerSecret = org.ClientID(), org.ClientSecret()
		},
		"password": func(c *salesforce.Creds) {
			c.ConsumerKey, c.ConsumerSecret = org.ClientID(), org.ClientSecret()
			c.Username, c.Password, c.SecurityToken = org.Username(), org.Password(), org.SecurityToken()
		},
		"JWT": func(c *salesforce.Creds) {
			der, err := x509.MarshalPKCS8PrivateKey(org.PrivateKey())
			if err != nil {
				t.Fatal(err)
			}
			c.Username, c.ConsumerKey = org.Username(), org.ClientID()
			c.ConsumerRSAPem = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			creds := salesforce.Creds{Domain: org.URL()}
			change(&creds)
			sf, err := salesforce.Init(creds)
			if err != nil {
				t.Fatal(err)
			}
			if n := count(t, sf, "Lead"); n != 600 {
				t.Errorf("%d leads", n)
			}
		})
	}
	if _, err := salesforce.Init(salesforce.Creds{Domain: org.URL(), ConsumerKey: org.ClientID(), ConsumerSecret: "wrong"}); err == nil {
		t.Error("a wrong secret is taken")
	}
}

func TestSessionsAreRenewed(t *testing.T) {
	org := emulator.New()
	t.Cleanup(org.Close)
	sf, err := salesforce.Init(salesforce.Creds{Domain: org.URL(), ConsumerKey: org.ClientID(), ConsumerSecret: org.ClientSecret()})
	if err != nil {
		t.Fatal(err)
	}
	org.ExpireSessions()
	if n := count(t, sf, "Lead"); n != 600 {
		t.Errorf("%d leads", n)
	}
}

type contact struct {
	ID       string `soql:"selectColumn,fieldName=Id" json:"Id"`
	LastName string
	Account  struct{ Name string }
}

func TestReadQuery(t *testing.T) {
	sf, _ := connect(t)
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
	sf, _ := connect(t)
	err := sf.Query("SELECT Nope FROM Account", &rows)
	if err == nil || !strings.Contains(err.Error(), "INVALID_FIELD") {
		t.Errorf("%v", err)
	}
}

func TestReadDescribe(t *testing.T) {
	sf, _ := connect(t)
	res, err := sf.DoRequest(http.MethodGet, "/sobjects/Account/describe", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(text), `"name":"AnnualRevenue"`) {
		t.Errorf("%v, %d bytes", err, len(text))
	}
}

// account and record are named by their fields: the client does not look at
// tags where it writes.
type (
	account struct{ Name string }
	record  struct{ Id, Name string }
)

func TestWriteOne(t *testing.T) {
	sf, _ := connect(t)
	made, err := sf.InsertOne("Account", account{Name: "O'Hara \"&\" Söhne"})
	if err != nil || !made.Success {
		t.Fatalf("%+v %v", made, err)
	}
	if err := sf.UpdateOne("Account", record{Id: made.Id, Name: "Renamed"}); err != nil {
		t.Fatal(err)
	}
	var found []record
	if err := sf.Query("SELECT Id, Name FROM Account WHERE Id = '"+made.Id+"'", &found); err != nil || len(found) != 1 || found[0].Name != "Renamed" {
		t.Fatalf("%+v %v", found, err)
	}
	upsert := map[string]any{"CaseSensitive__c": "go-1", "Text__c": "one"}
	if res, err := sf.UpsertOne("Everything__c", "CaseSensitive__c", upsert); err != nil || !res.Success {
		t.Fatalf("%+v %v", res, err)
	}
	if err := sf.DeleteOne("Account", map[string]any{"Id": made.Id}); err != nil {
		t.Fatal(err)
	}
	var left []record
	if err := sf.Query("SELECT Id FROM Account WHERE Id = '"+made.Id+"'", &left); err != nil || len(left) != 0 {
		t.Errorf("%+v %v", left, err)
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
	sf, _ := connect(t)
	for name, insert := range map[string]func() (salesforce.SalesforceResults, error){
		"collections": func() (salesforce.SalesforceResults, error) {
			return sf.InsertCollection("Account", someAccounts(250), 200)
		},
		"composite": func() (salesforce.SalesforceResults, error) {
			return sf.InsertComposite("Account", someAccounts(250), 200, true)
		},
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
			var gone []map[string]any
			for _, r := range made.Results {
				gone = append(gone, map[string]any{"Id": r.Id})
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
