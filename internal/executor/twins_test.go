package executor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
)

// listOrg serves a list of records, Id and Name, over both APIs: pages of ten
// over REST, one page over Bulk.
type listOrg [][2]string

func (l listOrg) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const root = "/services/data/v67.0"
	job := map[string]any{"id": "750000000000001AAA", "state": "UploadComplete", "operation": "query", "object": "X", "apiVersion": 67.0}
	switch path := strings.TrimPrefix(r.URL.Path, root); {
	case r.URL.Query().Has("explain"):
		_ = json.NewEncoder(w).Encode(map[string]any{"plans": []any{map[string]any{"cardinality": len(l)}}})
	case strings.HasPrefix(path, "/query"):
		from := 0
		_, _ = fmt.Sscanf(path, "/query/01g000000000001AAA-%d", &from)
		to := min(from+10, len(l))
		records := []map[string]any{}
		for _, rec := range l[from:to] {
			records = append(records, map[string]any{"Id": rec[0], "Name": rec[1]})
		}
		page := map[string]any{"totalSize": len(l), "done": to == len(l), "records": records}
		if to < len(l) {
			page["nextRecordsUrl"] = fmt.Sprintf("%s/query/01g000000000001AAA-%d", root, to)
		}
		_ = json.NewEncoder(w).Encode(page)
	case strings.HasSuffix(path, "/results"):
		w.Header().Set("Sforce-NumberOfRecords", fmt.Sprint(len(l)))
		w.Header().Set("Sforce-Locator", "null")
		fmt.Fprintln(w, `"Id","Name"`)
		for _, rec := range l {
			fmt.Fprintf(w, "%q,%q\n", rec[0], rec[1])
		}
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet:
		job["state"], job["numberRecordsProcessed"] = "JobComplete", len(l)
		fallthrough
	default:
		_ = json.NewEncoder(w).Encode(job)
	}
}

// listed reads all of an object by an executor that would go on in Bulk.
func listed(t *testing.T, l listOrg, object string, drained bool) (names map[string]int, jobs int64) {
	t.Helper()
	var made atomic.Int64
	c := serveQuickly(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			made.Add(1)
		}
		l.ServeHTTP(w, r)
	})
	e := New(c, Options{Threshold: 15, Catalog: known(t)})
	rows, err := e.Open(t.Context(), scanOf(t, "SELECT Id, Name FROM "+object+" WHERE Name != 'x'", drained))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names = map[string]int{}
	for rows.Next(t.Context()) {
		names[string(rows.Bytes(1))]++
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return names, made.Load()
}

func serveQuickly(t *testing.T, h http.HandlerFunc) *salesforce.Client {
	t.Helper()
	tokens, err := auth.AccessToken("00D!token", serveURL(t, h))
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

// numbered returns records whose Ids are as given; the names tell them apart.
func numbered(n int, id func(i int) string) listOrg {
	var l listOrg
	for i := range n {
		l = append(l, [2]string{id(i), fmt.Sprintf("record %d", i)})
	}
	return l
}

// Records whose Ids are not unique are never left out by Id: whether the
// object is known for that, or shows it by the way.
func TestWhatSharesAnIdIsNeverLeftOut(t *testing.T) {
	unique := func(i int) string { return fmt.Sprintf("001%012dAAA", i) }
	for _, tt := range []struct {
		name, object string
		records      listOrg
		jobs         int64 // with a drained reader; -1 where it depends on who is faster
	}{
		{"unique Ids", "Account", numbered(60, unique), 1},
		{"one Id for all, and no key prefix", "Made", numbered(60, func(int) string { return "000000000000000AAA" }), 0},
		{"unique at first, and no key prefix", "Made", numbered(60, func(i int) string { return unique(i % 40) }), 0},
		{"twins in the first page", "Account", numbered(60, func(i int) string { return unique(i / 2) }), -1},
		{"no Ids", "Account", numbered(60, func(int) string { return "" }), -1},
	} {
		for _, drained := range []bool{true, false} {
			names, jobs := listed(t, tt.records, tt.object, drained)
			if len(names) != len(tt.records) {
				t.Errorf("%s, drained %v: %d records of %d", tt.name, drained, len(names), len(tt.records))
			}
			for name, n := range names {
				if n != 1 {
					t.Errorf("%s, drained %v: %s came %d times", tt.name, drained, name, n)
				}
			}
			if drained && tt.jobs >= 0 && jobs != tt.jobs {
				t.Errorf("%s: %d jobs were made", tt.name, jobs)
			}
		}
	}
}
