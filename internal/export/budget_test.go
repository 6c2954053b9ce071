package export

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/driver"
)

// A budget is that of all calls of a run: the org hears no more than so many.
// What was done is kept, and runs with a small budget end with the files of one
// that had any.
func TestBudgetOfCalls(t *testing.T) {
	for _, tt := range []struct {
		name, options string
		calls         int64
	}{
		{"REST", "&api=rest", 12},
		{"Bulk", "&api=bulk", 20},
	} {
		org := newOrg(t)
		o := Options{Org: "o", Objects: []string{"Contact", "Lead", "Campaign"}, Columns: []string{"Id", "Name", "CreatedDate"}, Threshold: 400, Parallel: 2}
		o.DB, o.Out = openOrg(t, org, tt.options), t.TempDir()
		mustRun(t, o)
		whole := files(t, o.Out)

		o.Out, o.Resume, o.MaxCalls = t.TempDir(), true, tt.calls
		limited := 0
		for range 50 {
			o.DB = openOrg(t, org, tt.options)
			org.ResetStats()
			_, err := Run(t.Context(), o)
			if spent := org.Stats().Requests; int64(spent) > tt.calls {
				t.Errorf("%s: the org was asked %d times, %d were allowed", tt.name, spent, tt.calls)
			}
			if left := want(t, openOrg(t, org, ""), "SELECT count(*) FROM sf_jobs")[0][0]; left != int64(0) {
				t.Errorf("%s: %d jobs are left in the org", tt.name, left)
			}
			if err == nil {
				break
			}
			limited++
			var limit *driver.LimitError
			if !errors.As(err, &limit) || !limit.Together || limit.MaxCalls != tt.calls || !driver.IsLimit(err) {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if strings.Contains(err.Error(), "no part could be finished") {
				t.Fatalf("%s: run %d went no further: %v", tt.name, limited, err)
			}
			if _, there := files(t, o.Out)["manifest.json"]; there {
				t.Errorf("%s: there is a manifest of an export that is not done", tt.name)
			}
		}
		if limited < 2 {
			t.Errorf("%s: %d runs met the budget; the test wants some", tt.name, limited)
		}
		got := files(t, o.Out)
		for name, content := range whole {
			if name != "manifest.json" && got[name] != content {
				t.Errorf("%s: %s differs from that of an export without a budget", tt.name, name)
			}
		}
	}
}

// Where the next run would get no further either, the error says so.
func TestBudgetThatIsTooSmall(t *testing.T) {
	org := newOrg(t)
	for _, calls := range []int64{1, 6} {
		o := Options{DB: openOrg(t, org, "&api=rest"), Objects: []string{"Contact"}, Out: filepath.Join(t.TempDir(), "out"), MaxCalls: calls}
		_, err := Run(t.Context(), o)
		if !driver.IsLimit(err) || !strings.Contains(err.Error(), "no part could be finished: allow more calls") {
			t.Errorf("%d calls: %v", calls, err)
		}
	}
	o := Options{DB: openOrg(t, org, ""), Objects: []string{"Contact"}, Out: "-", MaxCalls: 2}
	if err := Stream(t.Context(), o, new(strings.Builder)); !driver.IsLimit(err) {
		t.Errorf("a stream: %v", err)
	}
}
