package executor

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// While the first page takes long, the plan tells whether a job is worth being
// made; where the page then shows that it is not, the job goes.
func TestASlowFirstPageIsNotWaitedFor(t *testing.T) {
	few := numbered(12, func(i int) string { return "00100000000000" + string(rune('a'+i)) + "AAA" })
	many := numbered(60, func(i int) string { return "0010000000000" + string(rune('A'+i/10)) + string(rune('0'+i%10)) + "AAA" })
	for _, tt := range []struct {
		name    string
		told    listOrg // by the plan
		records listOrg
		explain int
		jobs    int
		byBulk  bool
	}{
		{"large, as the plan says", many, many, 1, 1, true},
		{"small, as the plan says", few, few, 1, 0, false},
		{"small, and the plan says large", many, few, 1, 1, false},
		{"large, and the plan says small", few, many, 1, 1, true},
	} {
		var mu sync.Mutex
		asked := map[string]int{}
		told, made := make(chan struct{}, 1), make(chan struct{}, 1)
		c := serveQuickly(t, func(w http.ResponseWriter, r *http.Request) {
			serve, kind := tt.records, ""
			switch {
			case r.URL.Query().Has("explain"):
				serve, kind = tt.told, "explain"
				defer func() { told <- struct{}{} }()
			case r.URL.Query().Has("q"):
				kind = "first page"
				if tt.jobs == 1 && len(tt.told) == len(many) {
					await(t, made) // the page waits until the job is there
				} else {
					await(t, told)
					time.Sleep(100 * time.Millisecond) // for a job that must not be made
				}
			case r.Method == http.MethodPost:
				kind = "job"
			case r.Method == http.MethodDelete:
				kind = "deletion"
			case strings.HasSuffix(r.URL.Path, "/results"):
				kind = "results"
			case strings.Contains(r.URL.Path, "/jobs/query/"): // its maker knows it
				select {
				case made <- struct{}{}:
				default:
				}
			}
			mu.Lock()
			asked[kind]++
			mu.Unlock()
			serve.ServeHTTP(w, r)
		})
		e := New(c, Options{Threshold: 15, Catalog: known(t)})
		e.patience = time.Millisecond
		rows, err := e.Open(t.Context(), scanOf(t, "SELECT Id, Name FROM Account WHERE Name != 'x'", true))
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]int{}
		for rows.Next(t.Context()) {
			names[string(rows.Bytes(1))]++
		}
		if err := rows.Close(); err != nil || rows.Err() != nil || len(names) != len(tt.records) {
			t.Errorf("%s: %d records of %d, %v, %v", tt.name, len(names), len(tt.records), rows.Err(), err)
		}
		mu.Lock()
		if asked["explain"] != tt.explain || asked["job"] != tt.jobs || asked["deletion"] != tt.jobs || (asked["results"] > 0) != tt.byBulk && tt.byBulk {
			t.Errorf("%s: asked for %v", tt.name, asked)
		}
		mu.Unlock()
	}
}

// await waits for what happens in another request.
func await(t *testing.T, event <-chan struct{}) {
	t.Helper()
	select {
	case <-event:
	case <-time.After(time.Minute):
		t.Error("nothing happens within a minute")
	}
}
