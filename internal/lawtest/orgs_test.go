package lawtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
	_ "github.com/sfsql/sfsql/emulator/demo"
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
	// A name without schema beside the same one with.
	"SELECT Id FROM salesforce.Account WHERE Industry = 'Energy' OR NumberOfEmployees > 9000 UNION ALL SELECT Id FROM Account UNION ALL SELECT Id FROM uat.Account WHERE Rating = 'Hot' OR Name LIKE 'A%'",
	// NULLs: equal for the set operators, unknown for =, IN and NOT IN.
	"SELECT Industry, Rating FROM Account INTERSECT SELECT Industry, Rating FROM uat.Account",
	"SELECT Email FROM Contact WHERE Email IS NULL UNION SELECT Email FROM uat.Contact WHERE Email IS NULL",
	"SELECT Id FROM Contact WHERE Email NOT IN (SELECT Email FROM uat.Contact)",
	"SELECT Id FROM Contact WHERE Email NOT IN (SELECT Email FROM uat.Contact WHERE Email IS NOT NULL) OR Email IS NULL",
	"SELECT c.Id, d.Id FROM Contact c JOIN uat.Contact d ON d.Id = c.Id AND d.AccountId IS c.AccountId",
	"SELECT c.Id, a.Id FROM Contact c LEFT JOIN uat.Account a ON a.Id = c.AccountId WHERE c.AccountId IS NULL OR a.Id IS NULL",
	"SELECT a.Industry IS b.Industry, a.Industry = b.Industry, count(*) FROM Account a JOIN uat.Account b USING (Id) GROUP BY 1, 2",
	"SELECT a.Id FROM Account a WHERE (a.Industry, a.Rating) NOT IN (SELECT Industry, Rating FROM uat.Account WHERE Industry IS NOT NULL AND Rating IS NOT NULL)",
	// The same Ids, with other rows behind them.
	"SELECT Id FROM Account WHERE Id IN (SELECT Id FROM uat.Account) EXCEPT SELECT a.Id FROM Account a JOIN uat.Account b ON b.Id = a.Id AND b.Name = a.Name",
	"SELECT c.Id, p.Name, u.Name FROM Contact c JOIN Account p ON p.Id = c.AccountId JOIN uat.Account u ON u.Id = c.AccountId JOIN uat.Contact d ON d.Id = c.Id WHERE p.Industry IS NOT u.Industry",
	"SELECT a.Id FROM Account a JOIN uat.Account b ON substr(b.Id, 1, 15) = a.Id WHERE b.NumberOfEmployees < a.NumberOfEmployees",
	"SELECT count(*), count(DISTINCT Id) FROM (SELECT Id FROM Task UNION ALL SELECT Id FROM uat.Task)",
	// Subqueries that look at the other org's row.
	"SELECT a.Id, (SELECT count(*) FROM uat.Contact c WHERE c.AccountId = a.Id), (SELECT max(b.NumberOfEmployees) FROM uat.Account b WHERE b.Id = a.Id) FROM Account a WHERE a.Industry = 'Energy'",
	"SELECT a.Id FROM uat.Account a WHERE EXISTS (SELECT 1 FROM Account b WHERE b.Id = a.Id AND b.Industry = a.Industry) AND NOT EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id AND c.Email IS NULL)",
	"SELECT a.Id FROM Account a WHERE a.NumberOfEmployees > (SELECT avg(b.NumberOfEmployees) FROM uat.Account b WHERE b.Industry = a.Industry)",
	"SELECT o.Id FROM Opportunity o WHERE o.AccountId IN (SELECT a.Id FROM uat.Account a WHERE a.Id = o.AccountId AND a.Rating IS NOT NULL)",
	// CTEs, recursive ones too.
	"WITH both AS (SELECT 'p' org, Id, Industry FROM Account UNION ALL SELECT 'u', Id, Industry FROM uat.Account) SELECT Industry, sum(org = 'p'), sum(org = 'u') FROM both GROUP BY Industry",
	"WITH gone AS MATERIALIZED (SELECT Id FROM Contact EXCEPT SELECT Id FROM uat.Contact), come AS (SELECT Id FROM uat.Contact EXCEPT SELECT Id FROM Contact) SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM come)",
	"WITH RECURSIVE up(Id, Boss, n) AS (SELECT Id, ReportsToId, 0 FROM Contact WHERE ReportsToId IS NOT NULL UNION SELECT c.Id, c.ReportsToId, n + 1 FROM up JOIN uat.Contact c ON c.Id = up.Boss WHERE n < 5) SELECT n, count(*) FROM up GROUP BY n",
	// Aggregates and windows over both.
	"SELECT Industry, count(*), min(Name), max(NumberOfEmployees), count(DISTINCT OwnerId) FROM (SELECT * FROM Account UNION ALL SELECT * FROM uat.Account) GROUP BY Industry HAVING count(*) > 2",
	"SELECT p.Industry, p.n, u.n FROM (SELECT Industry, count(*) n FROM Account GROUP BY 1) p FULL JOIN (SELECT Industry, count(*) n FROM uat.Account GROUP BY 1) u ON u.Industry IS p.Industry",
	"SELECT (SELECT count(*) FROM Lead), (SELECT count(*) FROM uat.Lead), (SELECT max(CreatedDate) FROM Lead), (SELECT max(CreatedDate) FROM uat.Lead), (SELECT count(*) FROM Lead WHERE IsConverted), (SELECT count(*) FROM uat.Lead WHERE IsConverted)",
	"SELECT * FROM (SELECT Id, rank() OVER (PARTITION BY Industry ORDER BY NumberOfEmployees, Id) r FROM (SELECT Id, Industry, NumberOfEmployees FROM Account UNION SELECT Id, Industry, NumberOfEmployees FROM uat.Account)) WHERE r <= 3",
	"SELECT Id, CreatedDate, IsDeleted FROM Lead EXCEPT SELECT Id, CreatedDate, IsDeleted FROM uat.Lead",
	"SELECT a.CloseDate, b.CloseDate, a.IsClosed, b.IsClosed, a.Amount, b.Amount FROM Opportunity a JOIN uat.Opportunity b USING (Id) WHERE a.CloseDate > b.CloseDate AND a.Amount < b.Amount",
}

// crossingInOrder are statements over two orgs that say which row is where.
var crossingInOrder = []string{
	"SELECT Id, Name FROM Account UNION SELECT Id, Name FROM uat.Account ORDER BY Id, Name COLLATE BINARY",
	"SELECT 'p', Id, NumberOfEmployees n FROM Account UNION ALL SELECT 'u', Id, NumberOfEmployees FROM uat.Account ORDER BY n DESC NULLS LAST, 2, 1 LIMIT 300 OFFSET 20",
	"SELECT Id FROM Contact EXCEPT SELECT Id FROM uat.Contact ORDER BY 1 DESC LIMIT 50",
	"SELECT CreatedDate, Id FROM Lead UNION ALL SELECT CreatedDate, Id || '!' FROM uat.Lead ORDER BY 1, 2 LIMIT 200",
	"SELECT a.Id, b.NumberOfEmployees FROM Account a JOIN uat.Account b ON b.Id = a.Id ORDER BY b.NumberOfEmployees NULLS FIRST, a.Id LIMIT 200",
	"SELECT b.Id, a.Name FROM uat.Account b LEFT JOIN Account a ON a.Id = b.Id AND a.Industry = b.Industry ORDER BY b.Id DESC LIMIT 120",
}

// A way is how two orgs come to be on one connection.
type way struct {
	name string
	dsn  string // more parameters, of both
	how  func(t *testing.T, w *world, uat *emulator.Server, more string) *sql.Conn
}

var waysOfTwo = []way{
	{"attach", "", attached},
	{"attach-keep40", "keep_rows=40", attached},
	{"attach-bulk", "api=bulk", attached},
	{"attach-nopushdown", "pushdown=off", attached},
	{"dsn", "", byDSN},
	{"guest", "", asGuests},
	{"guest-keep40", "keep_rows=40", asGuests},
}

func attached(t *testing.T, w *world, uat *emulator.Server, more string) *sql.Conn {
	conn := w.connect(t).driver
	if _, err := conn.ExecContext(t.Context(), "ATTACH ? AS uat", dsn(uat, more)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// byDSN has the same orgs as the others, built in: a DSN names no server.
func byDSN(t *testing.T, _ *world, _ *emulator.Server, _ string) *sql.Conn {
	db, err := sql.Open("salesforce", "demo?time=text&attach=uat:"+url.QueryEscape("demo?seed=2&time=text"))
	if err != nil {
		t.Fatal(err)
	}
	return onlyConn(t, db)
}

// asGuests are on a connection of SQLite's own driver.
func asGuests(t *testing.T, w *world, uat *emulator.Server, more string) *sql.Conn {
	db, err := sql.Open(ownDriver, ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	conn := onlyConn(t, db)
	for _, o := range []struct {
		schema string
		org    *emulator.Server
	}{{"salesforce", w.org}, {"uat", uat}} {
		detach, err := driver.Attach(t.Context(), conn, o.schema, dsn(o.org, more), objects...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := detach(); err != nil {
				t.Error(err)
			}
		})
	}
	return conn
}

func onlyConn(t *testing.T, db *sql.DB) *sql.Conn {
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// twoWorlds are two orgs with other data on one connection, and the same rows
// in two files on another.
func twoWorlds(t *testing.T, by way) (w *world, ours, theirs *sql.Conn) {
	t.Helper()
	w = newWorld(t, variant{name: "orgs", pages: 2000, dsn: by.dsn})
	uat := emulator.New(emulator.WithPageSize(2000), emulator.WithSeed(2))
	t.Cleanup(uat.Close)
	file := oracles.get("uat", func() string {
		file := filepath.Join(directory, "oracle-uat.db")
		if err := load(context.Background(), file, uat, shape{}, objects); err != nil {
			panic(err)
		}
		return file
	})
	theirs = w.connect(t).oracle
	if _, err := theirs.ExecContext(t.Context(), "ATTACH ? AS uat", file); err != nil {
		t.Fatal(err)
	}
	return w, by.how(t, w, uat, by.dsn), theirs
}

// stored is ask without what SQLite's own drivers make of columns that are
// declared as dates or truths: the texts and numbers that SQLite has.
func stored(db querier, query string) answer {
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		return answer{err: err}
	}
	types, err := rows.ColumnTypes()
	_ = rows.Close()
	if err != nil {
		return answer{err: err}
	}
	a := ask(context.Background(), db, query, nil)
	for _, row := range a.rows {
		for i, v := range row {
			switch v := v.(type) {
			case bool:
				row[i] = int64(0)
				if v {
					row[i] = int64(1)
				}
			case time.Time:
				row[i] = timeText(v)
				if types[i].DatabaseTypeName() == "DATE" {
					row[i] = v.Format(time.DateOnly)
				}
			}
		}
	}
	return a
}

// TestOrgsBesideEachOther holds statements over two orgs to plain SQLite with
// two attached files.
func TestOrgsBesideEachOther(t *testing.T) {
	for _, by := range waysOfTwo {
		t.Run(by.name, func(t *testing.T) {
			t.Parallel()
			w, ours, theirs := twoWorlds(t, by)
			statements, inOrder := crossing, crossingInOrder
			if raceDetector {
				statements, inOrder = crossing[:8], crossingInOrder[:2]
			}
			if by.dsn == "" && !raceDetector {
				statements = append(statements[:len(statements):len(statements)], pairs(t, w, 60)...)
			}
			rows, empty := 0, 0
			compare := func(mode mode, text string) {
				want := ask(context.Background(), theirs, text, nil)
				got := stored(ours, text)
				if reason := differ(mode, got, want, 0, 0); reason != "" || want.err != nil {
					t.Errorf("%s\n  %s\n  driver: %s\n  SQLite: %s", text, reason, got, want)
				}
				rows += len(want.rows)
				if len(want.rows) == 0 {
					empty++
				}
			}
			for _, text := range statements {
				compare(rowsort, text)
			}
			for _, text := range inOrder {
				compare(nosort, text)
			}
			n := len(statements) + len(inOrder)
			t.Logf("%d statements with %d rows, %d without", n, rows, empty)
			if rows < 20*n || empty > n/4 {
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
