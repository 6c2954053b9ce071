package gosalesforce

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/k-capehart/go-salesforce/v3"

	"github.com/sfsql/sfsql/emulator"
)

func connect(t *testing.T, opts ...emulator.Option) (*salesforce.Salesforce, *emulator.Server) {
	t.Helper()
	org := emulator.New(opts...)
	t.Cleanup(org.Close)
	sf, err := salesforce.Init(salesforce.Creds{Domain: org.URL(), AccessToken: org.AccessToken()})
	if err != nil {
		t.Fatal(err)
	}
	return sf, org
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestBulkQueryExportsEveryPage(t *testing.T) {
	sf, org := connect(t, emulator.WithRaggedBulkPages())
	path := filepath.Join(t.TempDir(), "contacts.csv")
	if err := sf.QueryBulkExport("SELECT Id, LastName, Account.Name, CreatedDate FROM Contact", path); err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, path)
	if fmt.Sprint(rows[0]) != "[Id LastName Account.Name CreatedDate]" {
		t.Errorf("header %q", rows[0])
	}
	at := map[string]int{}
	for i, f := range org.Describe("Contact").Fields {
		at[f.Name] = i
	}
	n := 0
	org.Scan("Contact", false, func(record []any) bool {
		n++
		if rows[n][0] != record[at["Id"]] || rows[n][1] != record[at["LastName"]] {
			t.Errorf("row %d is %q", n, rows[n])
		}
		return !t.Failed()
	})
	if n != len(rows)-1 {
		t.Errorf("%d rows, want %d", len(rows)-1, n)
	}
	if pages := org.Stats().ByPath["results"]; pages < 3 {
		t.Errorf("%d pages", pages)
	}
}

func TestBulkQueryWithoutRows(t *testing.T) {
	sf, _ := connect(t)
	path := filepath.Join(t.TempDir(), "none.csv")
	if err := sf.QueryBulkExport("SELECT Id FROM Empty__c", path); err != nil {
		t.Fatal(err)
	}
	if rows := readCSV(t, path); len(rows) != 1 {
		t.Errorf("%d rows", len(rows)-1)
	}
}

func TestBulkQueryErrorsArriveAtCreation(t *testing.T) {
	sf, _ := connect(t)
	if err := sf.QueryBulkExport("SELECT COUNT() FROM Account", filepath.Join(t.TempDir(), "x.csv")); err == nil {
		t.Error("an aggregate went through")
	}
}

// lead is named by its fields: the client does not look at tags here.
type lead struct{ LastName, Company string }

// run waits for jobs and returns the results of all.
func run(t *testing.T, sf *salesforce.Salesforce, jobs []string, err error) (good, bad []map[string]any) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range jobs {
		result, err := sf.GetJobResults(id)
		if err != nil {
			t.Fatal(err)
		}
		if result.State != "JobComplete" || result.NumberRecordsFailed != len(result.FailedRecords) {
			t.Errorf("%s: %s, %d failed, %d listed", id, result.State, result.NumberRecordsFailed, len(result.FailedRecords))
		}
		good, bad = append(good, result.SuccessfulRecords...), append(bad, result.FailedRecords...)
	}
	return good, bad
}

func TestBulkIngestWritesRecords(t *testing.T) {
	sf, org := connect(t)
	jobs, err := sf.InsertBulk("Lead", []lead{{LastName: "One", Company: "a,\"b\"\nc"}, {LastName: "Two", Company: "x"}, {LastName: "NoCompany"}}, 2, true)
	good, bad := run(t, sf, jobs, err)
	if len(jobs) != 2 || len(good) != 2 || len(bad) != 1 || good[0]["sf__Created"] != "true" {
		t.Fatalf("%d jobs: %v and %v", len(jobs), good, bad)
	}
	id := fmt.Sprint(good[0]["sf__Id"])
	jobs, err = sf.UpdateBulk("Lead", []map[string]any{{"Id": id, "LastName": "Changed"}}, 100, true)
	if good, bad = run(t, sf, jobs, err); len(good) != 1 || len(bad) != 0 {
		t.Fatalf("%v and %v", good, bad)
	}
	var found []lead
	if err := sf.Query("SELECT Id, LastName, Company FROM Lead WHERE Id = '"+id+"'", &found); err != nil || len(found) != 1 || found[0].LastName != "Changed" {
		t.Fatalf("%v %+v", err, found)
	}
	jobs, err = sf.DeleteBulk("Lead", []map[string]any{{"Id": id}}, 100, true)
	if good, bad = run(t, sf, jobs, err); len(good) != 1 || len(bad) != 0 {
		t.Fatalf("%v and %v", good, bad)
	}
	jobs, err = sf.UpsertBulk("Everything__c", "CaseSensitive__c", []map[string]any{{"CaseSensitive__c": "a new key", "Text__c": "x"}}, 100, true)
	if good, bad = run(t, sf, jobs, err); len(good) != 1 || good[0]["sf__Created"] != "true" {
		t.Fatalf("%v and %v", good, bad)
	}
	n := 0
	org.Scan("Lead", false, func(record []any) bool {
		for _, v := range record {
			if v == id {
				n++
			}
		}
		return true
	})
	if n != 0 {
		t.Error("the deleted record is still there")
	}
}
