package salesforce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/soql"
)

var leadColumns = []soql.Column{
	{Path: []string{"Id"}}, {Path: []string{"Name"}}, {Path: []string{"CreatedDate"}, Kind: soql.KindDatetime},
}

const leadQuery = "SELECT Id, Name, CreatedDate FROM Lead"

// refusals are the faults that no other try mends, with a word of their error.
var refusals = map[emulator.FaultKind]string{
	emulator.FaultNoRestSession: "not valid for use with the REST API",
	emulator.FaultNoAgent:       "not attached to Agent",
	emulator.FaultAuthHeader:    "INVALID_AUTH_HEADER",
	emulator.FaultDailyLimit:    "REQUEST_LIMIT_EXCEEDED",
	emulator.FaultError:         "API_DISABLED_FOR_ORG",
	emulator.FaultJobFailed:     "failed on purpose",
	emulator.FaultJobAborted:    "aborted by another hand",
	emulator.FaultJobRetries:    "filter more narrowly",
	emulator.FaultQueryTimeout:  "QUERY_TIMEOUT",
}

// TestBulkMeetsEveryFault: in each phase of a job a fault ends in the right
// records or in an error that tells what went wrong, and leaves no job.
func TestBulkMeetsEveryFault(t *testing.T) {
	phases := []struct {
		name     string
		endpoint string
		after    int
		clears   bool // the records are there already
	}{
		{"creation", "job", 0, false},
		{"status", "job", 1, false},
		{"results", "results", 0, false},
		{"a further page", "results", 2, false},
		{"deletion", "job", 2, true},
	}
	for _, kind := range emulator.FaultKinds() {
		for _, phase := range phases {
			fault := emulator.Fault{Kind: kind, Endpoint: phase.endpoint, After: phase.after, Delay: 10 * time.Millisecond}
			if kind == emulator.FaultError {
				fault.Status, fault.Code = 403, "API_DISABLED_FOR_ORG"
			}
			if strings.HasPrefix(string(kind), "job-") {
				fault.After = 0
			}
			if fault.Validate() != nil {
				continue // it has a place of its own, which no Bulk job comes to
			}
			for _, parallel := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s at %s, %d at a time", kind, phase.name, parallel), func(t *testing.T) {
					t.Parallel()
					want := refusals[kind]
					if phase.clears && !strings.HasPrefix(string(kind), "job-") {
						want = ""
					}
					meetBulk(t, fault, parallel, want)
				})
			}
		}
	}
}

func meetBulk(t *testing.T, fault emulator.Fault, parallel int, want string) {
	org, c := emulated(t, emulator.WithBulkPageSize(150))
	all := restRows(t, c, leadQuery, leadColumns, false)
	org.SetFaults(fault)
	got, err := bulkRows(t.Context(), c, leadQuery, BulkOptions{Columns: leadColumns, Parallel: parallel})
	org.SetFaults()
	switch {
	case want != "":
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d records and %v, want an error about %s", len(got), err, want)
		}
	case err != nil:
		t.Error(err)
	case !slices.Equal(got, all):
		t.Errorf("%d records, want the %d of REST", len(got), len(all))
	}
	noJobs(t, c)
}

func TestACancelledBulkQueryLeavesNoJob(t *testing.T) {
	for _, delay := range []time.Duration{time.Hour, 0} {
		_, c := emulated(t, emulator.WithBulkDelay(delay), emulator.WithBulkPageSize(100))
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := c.BulkQuery(ctx, leadQuery, BulkOptions{Columns: leadColumns, Parallel: 5})
		if err != nil {
			t.Fatal(err)
		}
		if delay == 0 && !rows.Next(ctx) {
			t.Fatal(rows.Err())
		}
		time.AfterFunc(20*time.Millisecond, cancel)
		for rows.Next(context.Background()) {
			time.Sleep(time.Millisecond)
		}
		if !errors.Is(rows.Err(), context.Canceled) {
			t.Errorf("error is %v, want one that the context ended", rows.Err())
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		noJobs(t, c)
	}
}

func TestAReaderThatStopsEarlyLeavesNoJob(t *testing.T) {
	_, c := emulated(t, emulator.WithBulkPageSize(100))
	rows, err := c.BulkQuery(t.Context(), leadQuery, BulkOptions{Columns: leadColumns})
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next(t.Context()) {
		t.Fatal(rows.Err())
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	if rows.Next(t.Context()) || !errors.Is(rows.Err(), ErrClosed) {
		t.Errorf("error is %v, want ErrClosed", rows.Err())
	}
	noJobs(t, c)
}

// A statement whose context has ended before its job was asked for touches no
// job: that of another statement may be the only one in the list, and its
// answer still on the way.
func TestNothingSentNeedsNoTidying(t *testing.T) {
	org, c := emulated(t, emulator.WithBulkDelay(time.Hour))
	rows, err := dialed(t, org, Config{}).BulkQuery(t.Context(), leadQuery, BulkOptions{Columns: leadColumns})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	org.ResetStats()
	if _, err := c.BulkQuery(ctx, leadQuery, BulkOptions{Columns: leadColumns}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
	if n := org.Stats().Requests; n != 0 {
		t.Errorf("%d calls for a job that was never asked for", n)
	}
	if j, err := c.Job(t.Context(), rows.Job().ID); err != nil || j.Ended() {
		t.Errorf("the other job is %+v, %v", j, err)
	}
}

func TestAListOfJobsWaitsForThoseThatAreBeingMade(t *testing.T) {
	var l liveJobs
	first, second := l.making(), l.making()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := l.settle(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it did not wait: %v", err)
	}
	first("750A")
	second("")
	if err := l.settle(t.Context()); err != nil || !l.has("750A") || len(l.creating) > 0 {
		t.Errorf("%v, %+v", err, l.ids)
	}
}
