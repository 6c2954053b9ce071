package lawtest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestPreparedStatementsRunAgain runs one statement with many values: what was
// planned for one must not outlive it. In between SQLite prepares anew, which
// shows it the values of the run before.
func TestPreparedStatementsRunAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, variantNamed("page2000"))
	s := w.connect(t)
	ctx := context.Background()
	values := []any{
		int64(0), 0.5, "abc", "k", nil, int64(2147483648), "2024-02-29", "2024-02-29T12:00:00Z", "a00Kj0000004C95", "nonsense",
		true, []byte("abc"), int64(1), 1.0, "1", "%a%", time.Date(2022, 10, 9, 0, 0, 0, 0, time.UTC), "",
	}
	for i, query := range []string{
		"SELECT Id FROM Everything__c WHERE Int__c = ? ORDER BY Id",
		"SELECT Id FROM Everything__c WHERE Int__c > ? ORDER BY Id LIMIT 5 OFFSET 2",
		"SELECT Id FROM Everything__c WHERE Small__c <> ? ORDER BY Id LIMIT 5",
		"SELECT Id FROM Everything__c WHERE Text__c = ? ORDER BY Id",
		"SELECT Id FROM Everything__c WHERE Text__c LIKE ? ORDER BY Id LIMIT 3",
		"SELECT Id FROM Everything__c WHERE Date__c < ? ORDER BY Date__c, Id LIMIT 9 OFFSET 1",
		"SELECT Id FROM Everything__c WHERE Id = ? OR Lookup__c IS ? ORDER BY Id",
		"SELECT Id FROM Everything__c WHERE Checkbox__c = ? ORDER BY Id LIMIT 4",
		"SELECT count(*) FROM Everything__c WHERE Number__c >= ?",
		"SELECT count(*) FROM Everything__c WHERE DateTime__c IS NOT ?",
		"SELECT max(Int__c) FROM Everything__c WHERE CaseSensitive__c <> ?",
		"SELECT a.Id, b.Id FROM Everything__c a JOIN Everything__c b ON a.Self__c = b.Id WHERE b.Int__c > ? ORDER BY 1, 2",
		"SELECT Id FROM Everything__c WHERE Int__c IN (?1, ?1 + 1, 7) ORDER BY Id",
		`SELECT Id FROM Contact c WHERE NOT EXISTS (SELECT 1 FROM "Case" k WHERE k.ContactId = c.Id AND k.IsClosed = ?) ORDER BY Id`,
		`SELECT Id FROM Contact WHERE Id NOT IN (SELECT ContactId FROM "Case" WHERE ContactId IS NOT NULL AND CreatedDate > ?) ORDER BY Id`,
		`SELECT Id FROM Contact WHERE HasOptedOutOfEmail = ? AND Id NOT IN (SELECT ContactId FROM "Case" WHERE ContactId IS NOT NULL) ORDER BY Id`,
		"SELECT Id FROM Account a WHERE EXISTS (SELECT 1 FROM Opportunity o WHERE o.AccountId = a.Id AND o.IsWon = ?) ORDER BY Id",
	} {
		values := values
		if strings.Contains(query, "(SELECT ") { // which the oracle, without indexes, takes long for
			values = []any{int64(0), true, nil, "2024-02-29T12:00:00Z"}
			if raceDetector {
				continue
			}
		}
		ours, err := s.driver.PrepareContext(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range values {
			args := []any{v}
			if i == 6 {
				args = []any{v, values[(k+1)%len(values)]}
			}
			want := ask(ctx, s.oracle, query, oracleArgs(args))
			got := ask(ctx, prepared{ours}, query, args)
			if reason := differ(nosort, got, want, 0, 0); reason != "" {
				t.Errorf("%s\n  value %s, after others: %s\n  driver: %s\n  SQLite: %s", query, show(v), reason, got, want)
			}
			if k%4 == 3 {
				if _, err := s.driver.ExecContext(ctx, fmt.Sprintf("CREATE TEMP TABLE changed_%d_%d (x)", i, k)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
	}
}

// prepared runs its own statement whatever it is asked.
type prepared struct{ *sql.Stmt }

func (p prepared) QueryContext(ctx context.Context, _ string, args ...any) (*sql.Rows, error) {
	return p.Stmt.QueryContext(ctx, args...)
}

// TestStatementsReadInTurns reads two statements of one connection row by row,
// while a third runs to its end.
func TestStatementsReadInTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, variantNamed("page7"))
	s := w.connect(t)
	ctx := context.Background()
	queries := []string{
		"SELECT Id, Int__c FROM Everything__c WHERE Int__c > 0 ORDER BY Id",
		"SELECT a.Id, b.Text__c FROM Everything__c a JOIN Everything__c b ON a.Self__c = b.Id ORDER BY 1, 2",
		"SELECT Id FROM Everything__c WHERE Int__c = 0 OR Text__c = 'abc' ORDER BY Id DESC",
	}
	const between = "SELECT count(*), max(Id) FROM Everything__c WHERE Checkbox__c"
	var open []*sql.Rows
	for _, q := range queries {
		rows, err := s.driver.QueryContext(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		open = append(open, rows)
	}
	got := make([]answer, len(queries))
	for round, going := 0, true; going; round++ {
		going = false
		for i, rows := range open {
			if !rows.Next() {
				got[i].err = rows.Err()
				continue
			}
			going = true
			got[i].columns, _ = rows.Columns()
			row := make([]any, len(got[i].columns))
			into := make([]any, len(row))
			for k := range row {
				into[k] = &row[k]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			got[i].rows = append(got[i].rows, row)
		}
		if round%40 == 0 {
			if reason := differ(rowsort, ask(ctx, s.driver, between, nil), ask(ctx, s.oracle, between, nil), 0, 0); reason != "" {
				t.Errorf("between the rows of others: %s", reason)
			}
		}
	}
	for i, q := range queries {
		if reason := differ(nosort, got[i], ask(ctx, s.oracle, q, nil), 0, 0); reason != "" {
			t.Errorf("%s: %s", q, reason)
		}
	}
}
