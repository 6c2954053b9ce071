package lawtest

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/emulator"
)

// crossing are statements over two orgs: salesforce and uat.
var crossing = []string{
	"SELECT count(*) FROM Account a JOIN uat.Account b ON a.Id = b.Id",
	"SELECT a.Id, a.Name, b.Name FROM Account a JOIN uat.Account b ON a.Id = b.Id WHERE a.Name <> b.Name AND a.NumberOfEmployees > 500",
	"SELECT a.Id, b.Name FROM salesforce.Account a LEFT JOIN uat.Account b ON b.Id = a.Id AND b.Industry = 'Energy' WHERE a.Industry = 'Banking' OR a.Name LIKE 'A%'",
	"SELECT Id, Name FROM Account EXCEPT SELECT Id, Name FROM uat.Account",
	"SELECT Id, Industry FROM uat.Account EXCEPT SELECT Id, Industry FROM Account",
	"SELECT Industry FROM Account UNION SELECT Industry FROM uat.Account",
	"SELECT Industry, count(*) FROM (SELECT Industry FROM Account UNION ALL SELECT Industry FROM uat.Account) GROUP BY 1",
	"SELECT Id FROM Account INTERSECT SELECT Id FROM uat.Account WHERE NumberOfEmployees > 100",
	"SELECT Name FROM Contact WHERE AccountId IN (SELECT Id FROM uat.Account WHERE Industry = 'Energy')",
	"SELECT Name FROM uat.Contact WHERE AccountId NOT IN (SELECT Id FROM Account WHERE Industry <> 'Energy' AND Id IS NOT NULL)",
	"SELECT c.Name, a.Name, b.Name FROM uat.Contact c JOIN uat.Account a ON a.Id = c.AccountId JOIN Account b ON b.Id = c.AccountId WHERE b.Industry = 'Energy'",
	"SELECT c.Name, a.Name FROM Contact c JOIN Account a ON a.Id = c.AccountId WHERE NOT EXISTS (SELECT 1 FROM uat.Contact x JOIN uat.Account y ON y.Id = x.AccountId WHERE x.Id = c.Id AND y.Name = a.Name)",
	"SELECT c.Name, a.Name FROM uat.Contact c JOIN Account a ON a.Id = c.AccountId WHERE a.Name LIKE 'B%'",
	"SELECT c.Name, a.Name FROM Contact c LEFT JOIN uat.Account a ON a.Id = c.AccountId WHERE a.Name IS NULL OR a.Industry = 'Retail'",
	"SELECT (SELECT count(*) FROM Account WHERE Name > 'M' OR Industry = 'Energy'), (SELECT count(*) FROM uat.Account), (SELECT count(*) FROM uat.Account WHERE NOT (Name > 'M'))",
	"SELECT Account.Name FROM Account, uat.Contact WHERE Contact.AccountId = Account.Id AND (lower(Account.Name) = 'x' OR Contact.Email IS NULL)",
	"SELECT min(Name), max(Name) FROM uat.Account WHERE Id NOT IN (SELECT Id FROM Account)",
	"SELECT a.Name, (SELECT max(b.Name) FROM uat.Account b WHERE b.Industry = a.Industry) FROM Account a WHERE a.NumberOfEmployees > 5000",
	"SELECT Subject FROM uat.Task WHERE Status IN (SELECT Status FROM Task GROUP BY Status HAVING count(*) > 3)",
	"WITH old AS (SELECT Id, Name FROM Account), new AS (SELECT Id, Name FROM uat.Account) SELECT old.Name, new.Name FROM old FULL JOIN new USING (Id) WHERE old.Name IS NOT new.Name",
	"SELECT t.Subject, a.Name FROM Task t JOIN Account a ON a.Id = t.WhatId JOIN uat.Task u ON u.Id = t.Id WHERE u.Status <> t.Status",
	"SELECT Name FROM Account WHERE Name IN (SELECT Name FROM uat.Account) ORDER BY Name LIMIT 1000",
	"SELECT u.Name, count(a.Id) FROM uat.User u LEFT JOIN Account a ON a.OwnerId = u.Id GROUP BY u.Id, u.Name",
	"SELECT e.Int__c FROM Everything__c e JOIN uat.Everything__c f ON f.Text__c = e.Text__c AND f.Int__c = e.Int__c",
	"SELECT count(*) FROM Everything__c WHERE DateTime__c > (SELECT avg(DateTime__c) FROM uat.Everything__c) OR Date__c IN (SELECT Date__c FROM uat.Everything__c)",
}

// twoWorlds are two orgs with other data behind one connection, and the same
// rows in two files behind another.
func twoWorlds(t *testing.T, more string) (w *world, ours, theirs *sql.Conn) {
	t.Helper()
	ctx := context.Background()
	w = newWorld(t, variant{name: "orgs", pages: 2000, dsn: more})
	uat := emulator.New(emulator.WithPageSize(2000), emulator.WithSeed(2))
	t.Cleanup(uat.Close)
	file := oracles.get("uat", func() string {
		file := filepath.Join(directory, "oracle-uat.db")
		if err := load(ctx, file, uat, shape{}, objects); err != nil {
			panic(err)
		}
		return file
	})
	s := w.connect(t)
	for conn, what := range map[*sql.Conn]string{s.driver: dsn(uat, more), s.oracle: file} {
		if _, err := conn.ExecContext(ctx, "ATTACH ? AS uat", what); err != nil {
			t.Fatal(err)
		}
	}
	return w, s.driver, s.oracle
}

// TestOrgsBesideEachOther holds statements over two orgs to plain SQLite with
// two attached files.
func TestOrgsBesideEachOther(t *testing.T) {
	for _, more := range []string{"", "keep_rows=40", "api=bulk", "pushdown=off"} {
		t.Run("dsn "+more, func(t *testing.T) {
			t.Parallel()
			w, ours, theirs := twoWorlds(t, more)
			statements := crossing
			if raceDetector {
				statements = crossing[:8]
			}
			if more == "" && !raceDetector {
				statements = append(statements[:len(statements):len(statements)], pairs(t, w, 60)...)
			}
			rows := 0
			for _, text := range statements {
				want := ask(context.Background(), theirs, text, nil)
				got := ask(context.Background(), ours, text, nil)
				if reason := differ(rowsort, got, want, 0, 0); reason != "" || want.err != nil {
					t.Errorf("%s\n  %s\n  driver: %s\n  SQLite: %s", text, reason, got, want)
				}
				rows += len(want.rows)
			}
			t.Logf("%d statements with %d rows", len(statements), rows)
			if rows < 20*len(statements) {
				t.Error("there are too few rows to tell anything")
			}
		})
	}
}

var oneTable = regexp.MustCompile(`^("?\w+"?)( \w+)?$`)

// pairs compares what a generated statement says of the one org with what it
// says of the other.
func pairs(t *testing.T, w *world, n int) []string {
	g := newGenerator(*seed+99, studied(t, w))
	var out []string
	for k := 0; len(out) < n; k++ {
		s := g.at(k)
		if s.mode != rowsort && s.mode != nosort || !oneTable.MatchString(s.from) {
			continue
		}
		s.order, s.limit, s.params = "", -1, false
		one := s.entry().sql
		s.from = "uat." + s.from
		op := []string{"EXCEPT", "UNION ALL", "INTERSECT", "UNION"}[len(out)%4]
		out = append(out, fmt.Sprintf("SELECT * FROM (%s) %s SELECT * FROM (%s)", strings.TrimSpace(one), op, s.entry().sql))
	}
	return out
}
