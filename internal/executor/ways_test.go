package executor_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/executor"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
	"github.com/sfsql/sfsql/soql"
)

// quick is a client that asks at once how a job stands.
func quick(t *testing.T, org *emulator.Server) *salesforce.Client {
	t.Helper()
	tokens, err := auth.ClientCredentials(auth.Config{LoginURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret(), HTTPClient: newHTTP(t)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := salesforce.New(salesforce.Config{Tokens: tokens, BulkPoll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// over returns an executor that knows the objects, and no counts: what it is
// told of an org's size it has from first pages.
func over(t *testing.T, c *salesforce.Client, opts executor.Options, objects ...string) *executor.Executor {
	t.Helper()
	opts.Catalog = catalog.New(executor.Describer(c))
	if _, err := opts.Catalog.Objects(t.Context(), objects...); err != nil {
		t.Fatal(err)
	}
	return executor.New(c, opts)
}

func everyID(object string, drained bool) executor.Scan {
	return executor.Scan{
		Query:   &soql.Query{Select: []soql.SelectItem{{Expr: soql.NewField("Name")}, {Expr: soql.NewField("Id")}}, From: soql.From{Object: object}},
		Columns: []soql.Column{{Path: []string{"Name"}}, {Path: []string{"Id"}}}, Expected: -1, Drained: drained,
	}
}

// read drains rows and returns how often each Id came.
func read(ctx context.Context, rows soql.Rows) (map[string]int, error) {
	seen := map[string]int{}
	for rows.Next(ctx) {
		seen[string(rows.Bytes(1))]++
	}
	return seen, rows.Err()
}

// isWhole compares what came with what the org has.
func isWhole(t *testing.T, org *emulator.Server, object string, seen map[string]int) {
	t.Helper()
	stored := 0
	org.Scan(object, false, func(rec []any) bool {
		stored++
		if n := seen[rec[0].(string)]; n != 1 {
			t.Errorf("%s came %d times", rec[0], n)
		}
		return !t.Failed()
	})
	if len(seen) != stored || stored == 0 {
		t.Errorf("%d records of %d", len(seen), stored)
	}
}

// noJobs makes sure that the org keeps none of our jobs.
func noJobs(t *testing.T, c *salesforce.Client) {
	t.Helper()
	if jobs, err := c.Jobs(context.Background()); err != nil || len(jobs) > 0 {
		t.Errorf("%d jobs are left, %v", len(jobs), err)
	}
}

func TestEveryWayBringsTheSameRecords(t *testing.T) {
	for _, pages := range []int{0, 7, 200, 2000} {
		org := start(t, emulator.WithPageSize(pages), emulator.WithBulkPageSize(150))
		for _, api := range []executor.API{executor.Auto, executor.REST, executor.Bulk} {
			for _, threshold := range []int64{1, 300, 5000} {
				for _, drained := range []bool{true, false} {
					t.Run(fmt.Sprintf("pages of %d, %s from %d, drained %v", pages, api, threshold, drained), func(t *testing.T) {
						c := quick(t, org)
						e := over(t, c, executor.Options{API: api, Threshold: threshold}, "Contact")
						rows, err := e.Open(t.Context(), everyID("Contact", drained))
						if err != nil {
							t.Fatal(err)
						}
						seen, err := read(t.Context(), rows)
						if err != nil {
							t.Fatal(err)
						}
						if err := rows.Close(); err != nil {
							t.Error(err)
						}
						isWhole(t, org, "Contact", seen)
						noJobs(t, c)
					})
				}
			}
		}
	}
}

// cost is what a scan of all contacts spends.
func cost(t *testing.T, org *emulator.Server, opts executor.Options, drained bool) (calls int64, by map[string]int) {
	t.Helper()
	c := quick(t, org)
	e := over(t, c, opts, "Contact")
	before := c.Usage().Calls
	org.ResetStats()
	ctx := executor.WithBudget(t.Context(), 0)
	rows, err := e.Open(ctx, everyID("Contact", drained))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(ctx, rows); err != nil {
		t.Fatal(err)
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	calls = c.Usage().Calls - before
	if spent := executor.BudgetOf(ctx).Spent(); spent != calls || int(calls) != org.Stats().Requests {
		t.Errorf("%d calls, %d in the budget, %d at the org", calls, spent, org.Stats().Requests)
	}
	return calls, org.Stats().ByPath
}

// Nothing is hidden: these are all the requests that the org sees. The org has
// 2,919 contacts.
func TestCosts(t *testing.T) {
	org := start(t, emulator.WithPageSize(2000), emulator.WithBulkPageSize(1000))
	for _, tt := range []struct {
		name              string
		opts              executor.Options
		drained           bool
		query, more       int
		jobCalls, results int
		total             int64
	}{
		{"REST", executor.Options{API: executor.REST}, true, 1, 1, 0, 0, 2},
		{"small", executor.Options{}, true, 1, 1, 0, 0, 2},
		{"Bulk: creation, a poll, pages, deletion", executor.Options{API: executor.Bulk}, true, 0, 0, 3, 3, 6},
		{"both: one page, then a job", executor.Options{Threshold: 2500}, true, 1, 0, 3, 3, 7},
		{"not drained, and too little left", executor.Options{Threshold: 2500}, false, 1, 1, 0, 0, 2},
	} {
		calls, by := cost(t, org, tt.opts, tt.drained)
		if calls != tt.total || by["query"] != tt.query || by["queryMore"] != tt.more || by["job"] != tt.jobCalls || by["results"] != tt.results {
			t.Errorf("%s: %d calls, %v", tt.name, calls, by)
		}
	}
}

// The reader has the first page's rows while the job has not even been made.
func TestTheFirstRowsDoNotWaitForTheJob(t *testing.T) {
	made := make(chan struct{})
	org := start(t, emulator.WithPageSize(200), emulator.WithFault(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/jobs/query") {
			<-made
		}
		return false
	}))
	c := quick(t, org)
	e := over(t, c, executor.Options{Threshold: 1000}, "Contact")
	rows, err := e.Open(t.Context(), everyID("Contact", true))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	seen := map[string]int{}
	for range 200 {
		if !rows.Next(t.Context()) {
			t.Fatal(rows.Err())
		}
		seen[string(rows.Bytes(1))]++
	}
	close(made)
	rest, err := read(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	for id, n := range rest {
		seen[id] += n
	}
	isWhole(t, org, "Contact", seen)
	if by := org.Stats().ByPath; by["queryMore"] != 0 || by["job"] == 0 {
		t.Errorf("requests are %v", by)
	}
}

// A reader that is not known to drain the scan gets no job before it has gone
// past the threshold.
func TestNoJobForAReaderThatStops(t *testing.T) {
	org := start(t, emulator.WithPageSize(200))
	c := quick(t, org)
	e := over(t, c, executor.Options{Threshold: 1000}, "Contact")
	rows, err := e.Open(t.Context(), everyID("Contact", false))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for range 999 {
		if !rows.Next(t.Context()) {
			t.Fatal(rows.Err())
		}
		seen[string(rows.Bytes(1))]++
	}
	if by := org.Stats().ByPath; by["job"] != 0 {
		t.Errorf("after 999 rows the requests are %v", by)
	}
	rest, err := read(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	for id, n := range rest {
		seen[id] += n
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	isWhole(t, org, "Contact", seen)
	if by := org.Stats().ByPath; by["job"] == 0 {
		t.Errorf("in the end the requests are %v", by)
	}
	noJobs(t, c)
}

// A refusal costs one call, once, and no row.
func TestWhatBulkRefusesComesByREST(t *testing.T) {
	var asked atomic.Int64
	org := start(t, emulator.WithPageSize(200), emulator.WithFault(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/jobs/query") {
			return false
		}
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `[{"errorCode":"INVALIDENTITY","message":"Entity 'Contact' is not supported by the Bulk API"}]`)
		return true
	}))
	for _, opts := range []executor.Options{{API: executor.Bulk}, {Threshold: 1000}} {
		for _, drained := range []bool{true, false} {
			asked.Store(0)
			e := over(t, quick(t, org), opts, "Contact")
			for range 2 {
				rows, err := e.Open(t.Context(), everyID("Contact", drained))
				if err != nil {
					t.Fatal(err)
				}
				seen, err := read(t.Context(), rows)
				if err != nil {
					t.Fatal(err)
				}
				_ = rows.Close()
				isWhole(t, org, "Contact", seen)
			}
			if asked.Load() != 1 {
				t.Errorf("%+v, drained %v: Bulk was asked %d times", opts, drained, asked.Load())
			}
			if c := e.Choose(everyID("Contact", drained)); c.API != executor.REST || !strings.Contains(c.Reason, "Entity 'Contact' is not supported") {
				t.Errorf("the choice is %+v", c)
			}
		}
	}
}

// A job that fails before its first row costs calls and no row; one that
// another hand has aborted is an error.
func TestAJobThatFails(t *testing.T) {
	for _, opts := range []executor.Options{{API: executor.Bulk}, {Threshold: 1000}} {
		for _, drained := range []bool{true, false} {
			org := start(t, emulator.WithPageSize(200), emulator.WithFaults(emulator.Fault{Kind: emulator.FaultJobRetries}))
			c := quick(t, org)
			e := over(t, c, opts, "Contact")
			rows, err := e.Open(t.Context(), everyID("Contact", drained))
			if err != nil {
				t.Fatal(err)
			}
			seen, err := read(t.Context(), rows)
			if err != nil {
				t.Fatal(err)
			}
			_ = rows.Close()
			isWhole(t, org, "Contact", seen)
			noJobs(t, c)

			org.SetFaults(emulator.Fault{Kind: emulator.FaultJobAborted})
			e = over(t, c, opts, "Contact")
			if rows, err = e.Open(t.Context(), everyID("Contact", drained)); err != nil {
				t.Fatal(err)
			}
			if _, err = read(t.Context(), rows); err == nil || !strings.Contains(err.Error(), "aborted by another hand") {
				t.Errorf("%+v, drained %v: %v", opts, drained, err)
			}
			_ = rows.Close()
			noJobs(t, c)
		}
	}
}

// Closing ends everything, wherever the scan stands.
func TestClosingAtAnyRow(t *testing.T) {
	org := start(t, emulator.WithPageSize(200), emulator.WithBulkPageSize(150))
	for _, opts := range []executor.Options{{API: executor.Bulk}, {Threshold: 300}, {API: executor.REST}} {
		for _, drained := range []bool{true, false} {
			for _, n := range []int{0, 1, 199, 200, 201, 299, 300, 301, 399, 400, 401, 1500} {
				c := quick(t, org)
				rows, err := over(t, c, opts, "Contact").Open(t.Context(), everyID("Contact", drained))
				if err != nil {
					t.Fatal(err)
				}
				for range n {
					if !rows.Next(t.Context()) {
						t.Fatal(rows.Err())
					}
				}
				if err := rows.Close(); err != nil {
					t.Error(err)
				}
				if rows.Next(t.Context()) || rows.Err() == nil {
					t.Errorf("after Close at %d there is more, %v", n, rows.Err())
				}
				_ = rows.Close()
				noJobs(t, c)
			}
		}
	}
}

func TestABudgetStopsBeforeItIsOverspent(t *testing.T) {
	org := start(t, emulator.WithPageSize(200), emulator.WithBulkPageSize(1000))
	for _, tt := range []struct {
		name    string
		opts    executor.Options
		budget  int64
		drained bool
		spent   int64  // at the end
		says    string // empty: all rows
	}{
		{"REST fits", executor.Options{API: executor.REST}, 15, true, 15, ""},
		{"REST does not, and the first page tells", executor.Options{API: executor.REST}, 2, true, 1, "the other 2,719 rows of Contact need 2 more"},
		{"REST runs out", executor.Options{API: executor.REST}, 7, false, 7, "query, page 8 need 1 more"},
		{"Bulk fits", executor.Options{API: executor.Bulk}, 9, true, 6, ""},
		{"Bulk does not fit, REST does not either", executor.Options{API: executor.Bulk}, 5, true, 5, "query, page 6 need 1 more"},
		{"switching fits", executor.Options{Threshold: 1000}, 12, true, 7, ""},
	} {
		c := quick(t, org)
		e := over(t, c, tt.opts, "Contact")
		org.ResetStats()
		ctx := executor.WithBudget(t.Context(), tt.budget)
		seen := map[string]int{}
		rows, err := e.Open(ctx, everyID("Contact", tt.drained))
		if err == nil {
			seen, err = read(ctx, rows)
			_ = rows.Close()
		}
		var e2 *executor.BudgetError
		switch {
		case tt.says == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.says == "":
			isWhole(t, org, "Contact", seen)
		case !errors.As(err, &e2) || !strings.Contains(err.Error(), tt.says) || e2.Max != tt.budget || e2.Spent != tt.spent:
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := executor.BudgetOf(ctx).Spent(); got != tt.spent || org.Stats().Requests != int(tt.spent) {
			t.Errorf("%s: %d calls were spent, %d at the org", tt.name, got, org.Stats().Requests)
		}
		noJobs(t, c)
	}
}

func TestEventsTellHowFarAScanIs(t *testing.T) {
	org := start(t, emulator.WithPageSize(200), emulator.WithBulkPageSize(300))
	for _, opts := range []executor.Options{{API: executor.REST}, {API: executor.Bulk}, {Threshold: 1000}} {
		e := over(t, quick(t, org), opts, "Contact")
		var events []executor.Event
		var busy sync.Mutex
		ctx := executor.WithEvents(t.Context(), func(ev executor.Event) {
			if !busy.TryLock() {
				t.Error("two events of one scan come at once")
			}
			defer busy.Unlock()
			events = append(events, ev)
		})
		rows, err := e.Open(ctx, everyID("Contact", true))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := read(ctx, rows); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
		first, last := events[0], events[len(events)-1]
		if first.State != executor.Started || first.Object != "Contact" || first.Reason == "" || first.Rows != 0 {
			t.Errorf("%+v: the first event is %+v", opts, first)
		}
		if last.State != executor.Done || last.Rows != 2919 || last.Total != 2919 || !last.Exact || last.Bytes == 0 || last.Pages == 0 {
			t.Errorf("%+v: the last event is %+v", opts, last)
		}
		states := map[executor.State]bool{}
		for i, ev := range events {
			states[ev.State] = true
			if ev.Scan != first.Scan || i > 0 && (ev.Rows < events[i-1].Rows || ev.Bytes < events[i-1].Bytes) {
				t.Errorf("%+v after %+v", ev, events[i-1])
			}
		}
		if byBulk := opts.API != executor.REST; states[executor.Queued] != byBulk || (last.API == executor.Bulk) != byBulk || (last.Job != "") != byBulk {
			t.Errorf("%+v: states are %v, the last event is %+v", opts, states, last)
		}
		if states[executor.Switching] != (opts.Threshold > 0) {
			t.Errorf("%+v: states are %v", opts, states)
		}
	}
}
