package emulatorcmd

import (
	"bufio"
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	_ "github.com/sfsql/sfsql/driver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// launch runs the command and returns what it printed first. The command ends
// with the test, and must end without an error.
func launch(t *testing.T, args ...string) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	done := make(chan error, 1)
	cmd := Command()
	cmd.SetArgs(args)
	cmd.SetOut(in)
	go func() { done <- cmd.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the command ends with %v", err)
		}
	})
	return bufio.NewReader(out)
}

func launchJSON(t *testing.T, args ...string) access {
	t.Helper()
	line, err := launch(t, append(args, "--json")...).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var a access
	if err := json.Unmarshal(line, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func status(t *testing.T, a access, path string) int {
	t.Helper()
	req, err := http.NewRequest("GET", a.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.AccessToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestThePrintedDSNWorks(t *testing.T) {
	a := launchJSON(t, "--scale", "2", "--fault", "503@query")
	db, err := sql.Open("salesforce", a.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow("SELECT count(*) FROM Lead").Scan(&n); err != nil || n != 1200 {
		t.Errorf("%d %v", n, err)
	}
}

func TestThePrintedTokenWorksAndFaultsStrike(t *testing.T) {
	a := launchJSON(t, "--fault", "502@limits:after=1:times=2")
	for i, want := range []int{200, 502, 502, 200} {
		if got := status(t, a, "/services/data/v67.0/limits"); got != want {
			t.Errorf("request %d: %d, want %d", i, got, want)
		}
	}
}

func TestTheKeyOfJWTLoginsIsWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	launchJSON(t, "--jwt-key", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("%s is no PEM", text)
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		t.Error(err)
	}
}

func TestTheTableNamesEverything(t *testing.T) {
	out := launch(t)
	for _, name := range []string{
		"URL ", "access token ", "client id ", "client secret ", "refresh token ", "username ", "password ", "security token ", "DSN ",
	} {
		line, err := out.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, name) {
			t.Errorf("%q, want %s: %v", line, name, err)
		}
	}
}

const house = `{"name":"House__c","label":"House","labelPlural":"Houses","keyPrefix":"a9X","custom":true,"queryable":true,"fields":[
 {"name":"Id","type":"id","length":18,"filterable":true,"sortable":true,"soapType":"tns:ID"},
 {"name":"Name","type":"string","length":80,"nameField":true,"filterable":true,"sortable":true,"soapType":"xsd:string"},
 {"name":"Rooms__c","type":"double","precision":4,"scale":1,"nillable":true,"filterable":true,"sortable":true,"soapType":"xsd:double"},
 {"name":"Next__c","type":"reference","length":18,"referenceTo":["House__c"],"relationshipName":"Next__r","nillable":true,"filterable":true}]}`

func TestSQLReadsLoadedObjects(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"House__c.json": house,
		"House__c.csv":  "Id,Name,Rooms__c,Next__c\na9XDn00000AbCdE,Mill,3.5,a9XDn00000AbCdF\na9XDn00000AbCdF,Barn,1,\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a := launchJSON(t, "--data", dir, "--restricted-objects", "--bulk-delay", "1s", "--bulk-page-size", "10", "--daily-limit", "100")
	db, err := sql.Open("salesforce", a.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var id, name, next string
	var rooms float64
	err = db.QueryRow("SELECT h.Id, h.Name, h.Rooms__c, n.Name FROM House__c h JOIN House__c n ON h.Next__c = n.Id WHERE h.Rooms__c > 2").
		Scan(&id, &name, &rooms, &next)
	if err != nil || id[:15] != "a9XDn00000AbCdE" || name != "Mill" || rooms != 3.5 || next != "Barn" {
		t.Errorf("%s %s %v %s: %v", id, name, rooms, next, err)
	}
	if got := status(t, a, "/services/data/v67.0/sobjects/Vote/describe"); got != 200 {
		t.Errorf("restricted objects: %d", got)
	}
}

func TestStateIsThereAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "org.db")
	add := func(t *testing.T) (n int) {
		a := launchJSON(t, "--state", file)
		req, err := http.NewRequest("POST", a.URL+"/services/data/v67.0/sobjects/Lead", strings.NewReader(`{"LastName":"Kept","Company":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+a.AccessToken)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		db, err := sql.Open("salesforce", a.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.QueryRow("SELECT count(*) FROM Lead WHERE LastName = 'Kept'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for want := 1; want <= 2; want++ {
		t.Run("start", func(t *testing.T) { // with which the command ends
			if n := add(t); n != want {
				t.Errorf("%d records, want %d", n, want)
			}
		})
	}
}

func TestBadFlagsAreRefused(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--fault 999", "403-daily"}, // the kinds that there are
		{"--fault 503@nowhere", "globalDescribe"},
		{"--time-zone Nowhere/Else", "no such time zone"},
		{"--port 70000", "port"},
		{"--only-data", "--data"},
		{"--data /nowhere/else", "/nowhere/else"},
		{"more", "unknown command"},
	} {
		cmd := Command()
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(strings.Fields(c.args))
		cmd.SetOut(io.Discard)
		if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}
