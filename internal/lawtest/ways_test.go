package lawtest

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sfsql/sfsql/driver"
)

// ways counts how scans were read.
type ways struct{ rest, bulk, switched atomic.Int64 }

// listen returns the context of a statement whose scans are counted.
func (w *ways) listen() context.Context {
	return driver.WithProgress(context.Background(), func(p driver.Progress) {
		switch {
		case p.State == driver.ProgressSwitching && p.API == "BULK":
			w.switched.Add(1)
		case p.State == driver.ProgressDone && p.API == "BULK":
			w.bulk.Add(1)
		case p.State == driver.ProgressDone:
			w.rest.Add(1)
		}
	})
}

// checkWays makes sure that the variant read its tables as its name says:
// agreement of two sides that both read by REST would prove nothing of Bulk.
func (w *world) checkWays(t *testing.T, v variant) {
	t.Helper()
	rest, bulk, switched := w.ways.rest.Load(), w.ways.bulk.Load(), w.ways.switched.Load()
	t.Logf("%d scans by REST, %d by Bulk, of which %d began on REST", rest, bulk, switched)
	jobs := w.org.Stats().ByPath["job"]
	least := int64(100)
	if raceDetector {
		least = 5
	}
	switch {
	case strings.Contains(v.dsn, "api=bulk") && bulk < least:
		t.Errorf("api=bulk, and %d scans were read by Bulk", bulk)
	case v.bulk != 0 && strings.Contains(v.dsn, "bulk_threshold") && (bulk-switched < least/10 || switched < least/10):
		t.Errorf("%d scans began in Bulk, %d went on in Bulk", bulk-switched, switched)
	case strings.Contains(v.dsn, "api=rest") && jobs > 0:
		t.Errorf("api=rest, and Bulk was asked %d times", jobs)
	}
	var left int
	if err := w.db.QueryRow("SELECT count(*) FROM sf_jobs").Scan(&left); err != nil || left > 0 {
		t.Errorf("%d jobs are left in the org, %v", left, err)
	}
}
