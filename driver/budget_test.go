package driver_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// Whatever a statement may spend, it spends no more: not for several jobs at a
// time, nor for those that are given up midway, aborting and deleting included.
func TestMaxCallsIsNeverOverspent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		api   string
		takes time.Duration // a job
		most  int64
	}{
		{"api=rest", 0, 24},
		{"api=bulk", 8 * time.Millisecond, 24},
		{"bulk_threshold=50", 8 * time.Millisecond, 24},
		{"api=bulk", time.Hour, 14},
		{"bulk_threshold=50", time.Hour, 14},
	} {
		t.Run(fmt.Sprint(tt.api, " ", tt.takes), func(t *testing.T) {
			t.Parallel()
			for most := int64(1); most <= tt.most; most++ {
				for _, query := range []string{
					"SELECT Id FROM Lead",
					"SELECT Id, Name FROM Account UNION ALL SELECT Id, LastName FROM Contact UNION ALL SELECT Id, Name FROM Lead",
					"SELECT a.Id FROM Account a, Contact c WHERE a.Name < c.LastName AND a.Rating < c.Email LIMIT 3",
				} {
					spend(t, fmt.Sprintf("%s&max_calls=%d", tt.api, most), tt.takes, query, most)
				}
			}
		})
	}
}

// spend runs a statement and counts the calls that have arrived when nothing
// of it is left.
func spend(t *testing.T, more string, takes time.Duration, query string, most int64) {
	t.Helper()
	s, db := quickly(t, more, emulator.WithPageSize(200), emulator.WithBulkPageSize(150), emulator.WithBulkDelay(takes))
	if err := db.Ping(); err != nil && !driver.IsLimit(err) {
		t.Fatal(err)
	}
	s.ResetStats()
	_, err := all(db, query)
	if closing := db.Close(); closing != nil {
		t.Error(closing)
	}
	if st := s.Stats(); int64(st.Requests) > most {
		t.Errorf("%s: %d calls for %s (%v): %v", more, st.Requests, query, err, st.ByPath)
	}
	if err != nil && !driver.IsLimit(err) {
		t.Errorf("%s: %s: %v", more, query, err)
	}
}
