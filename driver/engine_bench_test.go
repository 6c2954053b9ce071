package driver_test

import (
	"database/sql"
	"testing"
)

// BenchmarkEngine runs what SQLite has a share in, on the engine that the
// build has: docs/engines.md compares them. Rows come from an org in another
// process, or, for the local ones, from a table of the connection.
func BenchmarkEngine(b *testing.B) {
	db, err := sql.Open("salesforce", otherProcess(b, 20))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TEMP TABLE accounts AS SELECT * FROM Account; CREATE TEMP TABLE contacts AS SELECT * FROM Contact"); err != nil {
		b.Fatal(err)
	}
	for _, bm := range []struct{ name, query string }{
		{"scan", "SELECT Id, upper(Name), NumberOfEmployees, AnnualRevenue, CreatedDate FROM Account"},
		{"count", "SELECT count(*) FROM Account WHERE length(Name) > 10"},
		{"join", "SELECT count(*) FROM Account a JOIN Contact c ON c.AccountId = a.Id WHERE length(a.Name) > 10"},
		{"sort", "SELECT Id FROM Account ORDER BY Name, Id"},
		{"local-scan", "SELECT Id, upper(Name), NumberOfEmployees, AnnualRevenue, CreatedDate FROM accounts"},
		{"local-join", "SELECT count(*) FROM accounts a JOIN contacts c ON c.AccountId = a.Id WHERE length(a.Name) > 10"},
		{"local-sort", "SELECT Id FROM accounts ORDER BY Name, Id"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			scanTyped(b, db, bm.query) // describes, and makes the org's rows
			b.ReportAllocs()
			for b.Loop() {
				scanTyped(b, db, bm.query)
			}
		})
	}
}
