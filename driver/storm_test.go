package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

// stormQueries and what they answer are the same whatever the way.
var stormQueries = []string{
	"SELECT Id, LastName, Email FROM Lead",
	"SELECT Id FROM Contact ORDER BY Id LIMIT 40 OFFSET 700",
	"SELECT c.Id, a.Name FROM Contact c JOIN Account a ON a.Id = c.AccountId WHERE a.Rating = 'Hot'",
	"SELECT count(*), count(Email), max(CreatedDate) FROM Contact",
	"SELECT Id FROM Account WHERE EXISTS (SELECT 1 FROM Contact WHERE AccountId = Account.Id) AND Name LIKE 'A%'",
	"SELECT Id FROM Lead UNION ALL SELECT Id FROM Account UNION ALL SELECT Id FROM Contact",
}

func stormAnswers(t *testing.T) map[string][]string {
	t.Helper()
	_, db := quickly(t, "api=rest&pushdown=off", emulator.WithPageSize(2000))
	want := map[string][]string{}
	for _, q := range stormQueries {
		want[q] = must(t, db, q)
		slices.Sort(want[q])
	}
	return want
}

// stormFaults are the faults that can strike a read, a few at a time.
func stormFaults(r *rand.Rand) []emulator.Fault {
	var out []emulator.Fault
	for len(out) < 4 {
		f := emulator.Fault{
			Kind:     emulator.FaultKinds()[r.IntN(len(emulator.FaultKinds()))],
			Endpoint: []string{"query", "queryMore", "job", "results", ""}[r.IntN(5)],
			After:    r.IntN(40), Times: r.IntN(3), Delay: 2 * time.Millisecond,
		}
		if f.Kind == emulator.FaultError {
			f.Status, f.Code = 403, "API_DISABLED_FOR_ORG"
		}
		if f.Validate() == nil {
			out = append(out, f)
		}
	}
	return out
}

func jobsLeft(t *testing.T, s *emulator.Server) []string {
	t.Helper()
	s.SetFaults()
	db, err := sql.Open("salesforce", dsn(s, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return must(t, db, "SELECT id, state, object FROM sf_jobs")
}

// A jobListener sends statements on and notes the Bulk jobs that they tell of.
type jobListener struct {
	db   *sql.DB
	jobs sync.Map
}

func (l *jobListener) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return l.db.QueryContext(driver.WithProgress(ctx, func(p driver.Progress) {
		if p.Job != "" {
			l.jobs.Store(p.Job, true)
		}
	}), query, args...)
}

// Many readers at once, with faults, get their rows or a clear error, and never
// other rows. No job is left in the org but those whose making was answered
// with nothing, several alike at once: none of them may be touched.
func TestFiftyReadersInAStorm(t *testing.T) {
	t.Parallel()
	want := stormAnswers(t)
	for _, more := range []string{"api=rest", "api=bulk", "bulk_threshold=300"} {
		t.Run(more, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 1))
			s, db := quickly(t, more, emulator.WithPageSize(0), emulator.WithBulkPageSize(130), emulator.WithBulkDelay(3*time.Millisecond))
			must(t, db, "SELECT 1 FROM Contact, Account, Lead LIMIT 1")
			listener := &jobListener{db: db}
			var wg sync.WaitGroup
			var mu sync.Mutex
			right, heard, failed := 0, 0, map[string]int{}
			for i := range 50 {
				wg.Go(func() {
					for k := range 3 {
						q := stormQueries[(i+k)%len(stormQueries)]
						got, err := all(listener, q)
						slices.Sort(got)
						mu.Lock()
						switch {
						case err != nil && len(err.Error()) < 20:
							t.Errorf("the error is %v", err)
						case err != nil:
							failed[err.Error()]++
						case !slices.Equal(got, want[q]):
							t.Errorf("%s: %d rows and no error, want %d", q, len(got), len(want[q]))
						default:
							right++
						}
						mu.Unlock()
					}
				})
			}
			stop := make(chan struct{})
			stormed := make(chan struct{})
			go func() {
				defer close(stormed)
				for {
					select {
					case <-stop:
						return
					case <-time.After(30 * time.Millisecond):
						s.SetFaults(stormFaults(r)...)
					}
				}
			}()
			wg.Wait()
			close(stop)
			<-stormed
			if right == 0 {
				t.Errorf("no statement came through: %v", failed)
			}
			for _, left := range jobsLeft(t, s) {
				id, _, _ := strings.Cut(left, "|")
				if _, known := listener.jobs.Load(id); known {
					t.Errorf("a job is left: %s", left)
				}
			}
			listener.jobs.Range(func(any, any) bool { heard++; return true })
			if heard == 0 && more == "api=bulk" {
				t.Error("no job was told of")
			}
		})
	}
}

// Statements that are cancelled, closed and abandoned at random moments leave
// no goroutine (TestMain looks) and no job behind, and the connection serves on.
func TestEndingAtRandomMomentsLeavesNothing(t *testing.T) {
	t.Parallel()
	want := stormAnswers(t)
	for _, more := range []string{"api=rest", "api=bulk", "bulk_threshold=300"} {
		t.Run(more, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			s, db := quickly(t, more, emulator.WithPageSize(0), emulator.WithBulkPageSize(130), emulator.WithBulkDelay(5*time.Millisecond))
			must(t, db, "SELECT 1 FROM Contact, Account, Lead LIMIT 1")
			var wg sync.WaitGroup
			for worker := range 4 {
				wg.Go(func() {
					r := rand.New(rand.NewPCG(seed, uint64(worker)))
					for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
						if err := endSomewhere(r, db, stormQueries[r.IntN(len(stormQueries))], want); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			if left := jobsLeft(t, s); len(left) > 0 {
				t.Errorf("jobs are left: %q", left)
			}
		})
	}
}

func endSomewhere(r *rand.Rand, db *sql.DB, query string, want map[string][]string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.IntN(60_000))*time.Microsecond)
	defer cancel()
	conn, err := db.Conn(ctx)
	if err != nil {
		return ended(err)
	}
	defer conn.Close()
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return ended(err)
	}
	defer rows.Close()
	most := r.IntN(4000)
	n := 0
	for n < most && rows.Next() {
		n++
	}
	if n < most && rows.Err() == nil && n != len(want[query]) {
		return fmt.Errorf("%s: %d rows and no error, want %d", query, n, len(want[query]))
	}
	return ended(rows.Err())
}

func ended(err error) error {
	if err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "interrupt") {
		return nil
	}
	return err
}

// Statements that take turns on one connection do not disturb each other.
func TestStatementsInTurnsOnOneConnection(t *testing.T) {
	t.Parallel()
	want := stormAnswers(t)
	for _, more := range []string{"api=rest", "api=bulk", "bulk_threshold=300"} {
		t.Run(more, func(t *testing.T) {
			t.Parallel()
			s, db := quickly(t, more, emulator.WithPageSize(0), emulator.WithBulkPageSize(130), emulator.WithBulkDelay(2*time.Millisecond))
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			open := map[string]*sql.Rows{}
			n := map[string]int{}
			for _, q := range stormQueries {
				if open[q], err = conn.QueryContext(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
			r := rand.New(rand.NewPCG(7, 7))
			for len(open) > 0 {
				for _, q := range stormQueries {
					if open[q] == nil {
						continue
					}
					for range r.IntN(300) {
						if open[q].Next() {
							n[q]++
							continue
						}
						if err := errors.Join(open[q].Err(), open[q].Close()); err != nil || n[q] != len(want[q]) {
							t.Errorf("%s: %d rows, want %d, %v", q, n[q], len(want[q]), err)
						}
						delete(open, q)
						break
					}
				}
			}
			if left := jobsLeft(t, s); len(left) > 0 {
				t.Errorf("jobs are left: %q", left)
			}
		})
	}
}
