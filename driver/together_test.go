package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// WithMaxCalls is about all statements under its context, opening connections
// included, and leaves what each may spend alone.
func TestStatementsTogetherKeepToTheirCalls(t *testing.T) {
	for _, most := range []int64{1, 3, 5, 8, 13} {
		org, db := start(t, "max_calls=4", emulator.WithPageSize(500))
		ctx := driver.WithMaxCalls(t.Context(), most)
		var err error
		for range 20 {
			var n int
			if err = db.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT Id FROM Contact LIMIT 9)").Scan(&n); err != nil {
				break
			}
		}
		var limit *driver.LimitError
		if !errors.As(err, &limit) || !limit.Together || limit.MaxCalls != most || limit.Spent != most || !driver.IsLimit(err) {
			t.Errorf("%d calls: %v", most, err)
		} else if strings.Contains(err.Error(), "max_calls") {
			t.Errorf("%d calls: %v speaks of another limit", most, err)
		}
		stats := org.Stats()
		if got := stats.Requests - stats.ByPath["token"]; int64(got) != most { // a login is no API call
			t.Errorf("%d calls: the org was asked %d times: %v", most, got, stats.ByPath)
		}
	}
	_, db := start(t, "max_calls=4", emulator.WithPageSize(200))
	rows, err := db.QueryContext(driver.WithMaxCalls(t.Context(), 1000), "SELECT Id, Name FROM Contact")
	if err == nil {
		for rows.Next() {
		}
		err = errors.Join(rows.Err(), rows.Close())
	}
	var limit *driver.LimitError
	if !errors.As(err, &limit) || limit.Together || limit.MaxCalls != 4 {
		t.Errorf("a statement's own calls: %v", err)
	}
}

// within asks under a context.
type within struct {
	ctx context.Context
	db  *sql.DB
}

func (w within) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	return w.db.QueryContext(w.ctx, query, args...)
}

// Calls that remove a Bulk job are kept back from those of all statements, so
// that no job is left and no call too many is made.
func TestStatementsTogetherRemoveTheirJobs(t *testing.T) {
	for most := int64(3); most < 16; most++ {
		org, db := start(t, "api=bulk", emulator.WithPageSize(500), emulator.WithBulkPageSize(400))
		ctx := driver.WithMaxCalls(t.Context(), most)
		for range 3 {
			if _, err := all(within{ctx, db}, "SELECT Id, Name FROM Contact"); err != nil && !driver.IsLimit(err) {
				t.Errorf("%d calls: %v", most, err)
			}
		}
		stats := org.Stats()
		if got := int64(stats.Requests - stats.ByPath["token"]); got > most {
			t.Errorf("%d calls: the org was asked %d times: %v", most, got, stats.ByPath)
		}
		if left := must(t, db, "SELECT id FROM sf_jobs"); len(left) > 0 {
			t.Errorf("%d calls: %d jobs are left", most, len(left))
		}
	}
}
