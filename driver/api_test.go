package driver_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// quickly opens an org whose jobs are asked at once how they stand.
func quickly(t *testing.T, more string, opts ...emulator.Option) (*emulator.Server, *sql.DB) {
	t.Helper()
	s := emulator.New(opts...)
	cfg, err := driver.ParseDSN(dsn(s, more))
	if err != nil {
		t.Fatal(err)
	}
	cfg.BulkPoll = time.Millisecond
	c, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return s, db
}

func leadIDs(s *emulator.Server) []string {
	var all []string
	s.Scan("Lead", false, func(record []any) bool {
		all = append(all, record[0].(string))
		return true
	})
	slices.Sort(all)
	return all
}

// Every fault in each phase of each way brings all rows or a clear error,
// never fewer rows, and leaves no job.
func TestEveryFaultInEveryPhase(t *testing.T) {
	t.Parallel()
	for _, more := range []string{"api=rest", "api=bulk", "bulk_threshold=50"} {
		t.Run(more, func(t *testing.T) {
			t.Parallel()
			s, db := quickly(t, more, emulator.WithPageSize(100), emulator.WithBulkPageSize(70))
			want := leadIDs(s)
			must(t, db, "SELECT Id FROM Lead LIMIT 1")
			errs := 0
			for _, kind := range emulator.FaultKinds() {
				for _, endpoint := range []string{"query", "queryMore", "job", "results"} {
					for _, after := range []int{0, 1} {
						f := emulator.Fault{Kind: kind, Endpoint: endpoint, After: after, Delay: time.Millisecond}
						if kind == emulator.FaultError {
							f.Status, f.Code = 403, "API_DISABLED_FOR_ORG"
						}
						if f.Validate() != nil {
							continue
						}
						s.SetFaults(f)
						got, err := all(db, "SELECT Id FROM Lead")
						s.SetFaults()
						slices.Sort(got)
						name := fmt.Sprintf("%s at %s after %d", kind, endpoint, after)
						switch {
						case err != nil && len(err.Error()) < 20:
							t.Errorf("%s: the error is %v", name, err)
						case err != nil:
							errs++
						case !slices.Equal(got, want):
							t.Errorf("%s: %d rows of %d and no error", name, len(got), len(want))
						}
						if left := must(t, db, "SELECT id, state FROM sf_jobs"); len(left) > 0 {
							t.Fatalf("%s: jobs are left: %q, %v", name, left, err)
						}
					}
				}
			}
			if errs == 0 {
				t.Error("no fault was one that cannot be mended")
			}
		})
	}
}

func TestMaxCallsStopsAStatement(t *testing.T) {
	s, db := start(t, "max_calls=4", emulator.WithPageSize(200))
	must(t, db, "SELECT count(*) FROM Contact") // a describe, recordCount and the count
	s.ResetStats()
	_, err := all(db, "SELECT Id FROM Contact ORDER BY Id")
	var limit *driver.LimitError
	if !errors.As(err, &limit) || !driver.IsLimit(err) || limit.MaxCalls != 4 || limit.Spent != 4 || limit.Need != 1 || !strings.Contains(err.Error(), "max_calls") {
		t.Errorf("got %v", err)
	}
	if n := s.Stats().Requests; n != 4 {
		t.Errorf("%d calls were made", n)
	}
	// Each statement has its own; one that fits does not mind those before.
	for range 3 {
		must(t, db, "SELECT Id FROM Contact LIMIT 300")
	}
	// Preparing counts apart.
	stmt, err := db.Prepare("SELECT Id FROM Contact LIMIT 700")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	rows, err := stmt.Query()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for rows.Next() {
		n++
	}
	if rows.Err() != nil || rows.Close() != nil || n != 700 {
		t.Errorf("%d rows, %v", n, rows.Err())
	}
}

// A describe that the budget forbids is not made, and is made for the next
// statement; a statistic that it forbids does not count as known.
func TestMaxCallsCoversDescribes(t *testing.T) {
	s, db := start(t, "max_calls=1")
	_, err := all(db, "SELECT Id FROM Contact LIMIT 1")
	if !driver.IsLimit(err) {
		t.Fatalf("got %v", err)
	}
	s.ResetStats()
	for range 3 { // describe, recordCount and the page are three calls
		if _, err = all(db, "SELECT Id FROM Contact LIMIT 1"); err == nil {
			break
		}
	}
	if err != nil {
		t.Error(err)
	}
	if got := must(t, db, "SELECT rows > 0 FROM sf_objects WHERE name = 'Contact'"); len(got) != 1 || got[0] != "1" {
		t.Errorf("the number of contacts is %q", got)
	}
}

func TestTheOrgsLimitNamesWhatIsUsed(t *testing.T) {
	_, db := start(t, "", emulator.WithDailyLimit(8), emulator.WithPageSize(200))
	_, err := all(db, "SELECT Id FROM Contact")
	var limit *driver.LimitError
	if !errors.As(err, &limit) || limit.MaxCalls != 0 || limit.APIMax != 8 || !strings.Contains(err.Error(), "of 8 calls") || !strings.Contains(err.Error(), "24 hours") {
		t.Errorf("got %v", err)
	}
}

// The org's jobs are also those that other programs write with.
func TestJobsThatWriteAreListed(t *testing.T) {
	s, db := quickly(t, "")
	body := `{"object":"Contact","operation":"insert","contentType":"CSV","lineEnding":"LF","columnDelimiter":"COMMA"}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/services/data/v67.0/jobs/ingest", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.AccessToken())
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var made struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || made.ID == "" {
		t.Fatalf("no job was made: %s, %v", resp.Status, err)
	}
	got := must(t, db, "SELECT id = ?, operation, object, state, job_type FROM sf_jobs", made.ID)
	if len(got) != 1 || got[0] != "1|insert|Contact|Open|V2Ingest" {
		t.Errorf("got %q", got)
	}
}

func TestLimitsAndJobsAreTables(t *testing.T) {
	_, db := quickly(t, "api=bulk", emulator.WithBulkDelay(time.Hour))
	got := must(t, db, "SELECT name, max, remaining <= max, used = max - remaining, typeof(used) FROM sf_limits WHERE name = 'dailyapirequests'")
	if len(got) != 1 || !strings.HasPrefix(got[0], "DailyApiRequests|5000000|1|1|integer") {
		t.Errorf("got %q", got)
	}
	if got := must(t, db, "SELECT * FROM sf_jobs"); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	begun := make(chan string, 100)
	done := make(chan error)
	go func() {
		rows, err := db.QueryContext(driver.WithProgress(ctx, func(p driver.Progress) {
			if p.State == driver.ProgressQueued {
				begun <- p.Job
			}
		}), "SELECT Id FROM Lead")
		if err == nil {
			rows.Next()
			err = errors.Join(rows.Err(), rows.Close())
		}
		done <- err
	}()
	id := <-begun
	got = must(t, db, "SELECT id = ?, operation, object, state, created_date > datetime('now', '-1 day'), typeof(api_version) FROM sf_jobs", id)
	if len(got) != 1 || got[0] != "1|query|Lead|UploadComplete|1|text" {
		t.Errorf("got %q", got)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := must(t, db, "SELECT * FROM sf_jobs"); len(got) != 0 {
		t.Errorf("after the end: %q", got)
	}
}

func TestProgressTellsOfEachScan(t *testing.T) {
	_, db := quickly(t, "bulk_threshold=100", emulator.WithPageSize(200))
	var mu sync.Mutex
	last := map[int64]driver.Progress{}
	ctx := driver.WithProgress(t.Context(), func(p driver.Progress) {
		mu.Lock()
		defer mu.Unlock()
		last[p.Scan] = p
	})
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(Name) FROM (SELECT Name FROM Lead UNION ALL SELECT Name FROM Account)").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if len(last) != 2 {
		t.Errorf("%d scans", len(last))
	}
	var rows int64
	for _, p := range last {
		rows += p.Rows
		if p.State != driver.ProgressDone || p.Reason == "" || p.API == "" || p.Total != p.Rows || !p.Exact || p.Bytes == 0 {
			t.Errorf("the last word of a scan is %+v", p)
		}
	}
	if rows != int64(n) {
		t.Errorf("%d rows were told of and %d counted", rows, n)
	}
}
