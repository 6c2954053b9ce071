package driver_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
)

// change sends a request that changes records.
func change(t *testing.T, s *emulator.Server, method, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+"/services/data/v67.0/sobjects/"+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+s.AccessToken())
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode > 299 {
		t.Errorf("%s %s: %s: %s, %v", method, path, resp.Status, text, err)
	}
}

// While others write, a scan has each record once that was there all the time,
// and none twice; by each API, also where its locator is
// lost on the way.
func TestAScanOfAnOrgThatChanges(t *testing.T) {
	t.Parallel()
	defer http.DefaultClient.CloseIdleConnections()
	for _, more := range []string{"api=rest", "api=bulk", "bulk_threshold=200", "bulk_threshold=200&shortcut=off"} {
		t.Run(more, func(t *testing.T) {
			s, db := quickly(t, more, emulator.WithPageSize(0), emulator.WithBulkPageSize(70), emulator.WithBulkDelay(3*time.Millisecond), emulator.WithLatency(time.Millisecond))
			must(t, db, "SELECT Id FROM Lead LIMIT 1")
			stays := map[string]bool{}
			var passing []string // go while scans run
			for i, id := range leadIDs(s) {
				if i%4 == 0 {
					passing = append(passing, id)
				} else {
					stays[id] = true
				}
			}
			stop := make(chan struct{})
			var writer sync.WaitGroup
			writer.Go(func() {
				r := rand.New(rand.NewPCG(3, 4))
				for {
					select {
					case <-stop:
						return
					default:
					}
					change(t, s, http.MethodPost, "Lead", `{"LastName":"New","Company":"New"}`)
					if len(passing) > 0 && r.IntN(3) > 0 {
						change(t, s, http.MethodDelete, "Lead/"+passing[0], "")
						passing = passing[1:]
					}
				}
			})
			for i := range 8 {
				if i%2 == 1 {
					s.SetFaults(emulator.Fault{Kind: emulator.FaultLostLocator, After: i / 2})
				}
				got, err := all(db, "SELECT Id FROM Lead WHERE LastName IS NOT NULL")
				if err != nil {
					if !strings.Contains(err.Error(), "run the statement again") {
						t.Errorf("scan %d: %v", i, err)
					}
					continue
				}
				seen := map[string]bool{}
				for _, id := range got {
					if seen[id] {
						t.Errorf("scan %d: %s came twice", i, id)
					}
					seen[id] = true
				}
				for id := range stays {
					if !seen[id] {
						t.Errorf("scan %d: %s is missing among %d", i, id, len(got))
						break
					}
				}
			}
			close(stop)
			writer.Wait()
			if left := jobsLeft(t, s); len(left) > 0 {
				t.Errorf("jobs are left: %q", left)
			}
		})
	}
}
