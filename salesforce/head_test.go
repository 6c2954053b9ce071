package salesforce

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// broken serves first pages of 100 records, of which the first tries break
// after so many bytes. Each try's page may differ.
func broken(t *testing.T, pages []string, cuts []int) *Client {
	var tries atomic.Int64
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n := int(tries.Add(1)) - 1
		page := pages[min(n, len(pages)-1)]
		w.Header().Set("Content-Length", strconv.Itoa(len(page)))
		if n < len(cuts) {
			_, _ = io.WriteString(w, page[:cuts[n]])
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, page)
	})
}

var headOptions = QueryOptions{Columns: idOnly}

// The first records do not wait for the rest of their page, and the rest
// follows them.
func TestHeadComesBeforeTheRestOfThePage(t *testing.T) {
	page := pageJSON(100, 0, 100, "")
	rest := make(chan struct{})
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, page[:len(page)/2])
		w.(http.Flusher).Flush()
		select {
		case <-rest:
			_, _ = io.WriteString(w, page[len(page)/2:])
		case <-r.Context().Done():
		}
	})
	ctx := context.Background()
	rows, err := c.Query(ctx, "SELECT Id FROM A", headOptions)
	if err != nil {
		t.Fatal(err)
	}
	for i := range headRows {
		if !rows.Next(ctx) || string(rows.Bytes(0)) != strconv.Itoa(i) {
			t.Fatalf("row %d: %v", i, rows.Err())
		}
	}
	if rows.Total() != 100 {
		t.Errorf("the total is %d", rows.Total())
	}
	close(rest)
	if n := rows.Held(); n != 100-headRows || string(rows.Bytes(0)) != strconv.Itoa(headRows-1) {
		t.Errorf("%d records are held behind row %s", n, rows.Bytes(0))
	}
	got, err := read(ctx, rows)
	if err != nil || !slices.Equal(got, numbers(100)[headRows:]) {
		t.Errorf("then come %v, %v", got, err)
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
}

// Closing does not wait for a page that does not come.
func TestHeadIsClosedWithItsPage(t *testing.T) {
	page := pageJSON(100, 0, 100, "")
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, page[:len(page)/2])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	rows, err := c.Query(context.Background(), "SELECT Id FROM A", headOptions)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	for range headRows {
		rows.Next(ctx)
	}
	cancel()
	if rows.Next(ctx) || !errors.Is(rows.Err(), context.Canceled) {
		t.Errorf("a reader whose context ended got %v", rows.Err())
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
}

// A connection serves again after a reader that had enough of a page's head.
func TestHeadLeavesTheConnectionUsable(t *testing.T) {
	page := pageJSON(100, 0, 100, "")
	dialed := map[string]bool{}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		dialed[r.RemoteAddr] = true
		_, _ = io.WriteString(w, page[:len(page)/2])
		w.(http.Flusher).Flush()
		time.Sleep(restPatience / 10)
		_, _ = io.WriteString(w, page[len(page)/2:])
	})
	const results = 50 // of which a busy machine may make some too slow
	for range results {
		rows, err := c.Query(context.Background(), "SELECT Id FROM A", headOptions)
		if err != nil {
			t.Fatal(err)
		}
		if !rows.Next(context.Background()) {
			t.Error(rows.Err())
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(dialed) == results {
		t.Error("each result took a connection of its own")
	}
}

// A page that breaks behind its head comes again; what it says then must agree
// with the records that were given.
func TestHeadOfAPageThatBreaks(t *testing.T) {
	page := pageJSON(100, 0, 100, "")
	half := len(page) / 2
	late := strings.TrimSuffix(strings.Replace(page, `"totalSize":100,"done":true,`, "", 1), "}") + `,"done":true,"totalSize":100}`
	for _, c := range []struct {
		name  string
		pages []string
		cuts  []int
		rows  int
		err   string
	}{
		{name: "the same again", pages: []string{page}, cuts: []int{half}, rows: 100},
		{name: "broken before the head", pages: []string{page}, cuts: []int{200, half}, rows: 100},
		{name: "again without the first", pages: []string{page, pageJSON(100, 1, 101, "")}, cuts: []int{half}, rows: headRows, err: "other records"},
		{name: "again too short", pages: []string{page, pageJSON(3, 0, 3, "")}, cuts: []int{half}, rows: headRows, err: "other records"},
		{name: "again with another rest", pages: []string{page, pageJSON(90, 0, 90, "")}, cuts: []int{half}, rows: 90},
		{name: "never whole", pages: []string{page}, cuts: slices.Repeat([]int{half}, 100), rows: headRows, err: "too early"},
		{name: "one record is none", pages: []string{strings.Replace(page, `"Id":"70"`, `"Id":{}`, 1)}, rows: headRows, err: "an object"},
		{name: "fewer than it says", pages: []string{strings.Replace(page, `"totalSize":100`, `"totalSize":101`, 1)}, rows: headRows, err: "fewer records came"},
		{name: "more than it says", pages: []string{strings.Replace(page, `"totalSize":100`, `"totalSize":99`, 1)}, rows: headRows, err: "more records came"},
		{name: "it says nothing of its end", pages: []string{strings.Replace(page, `"done":true,`, "", 1)}, rows: headRows, err: "whether it is done"},
		{name: "its total comes last", pages: []string{late}, cuts: []int{half}, rows: 100},
		{name: "its total comes last, and it breaks", pages: []string{late}, cuts: slices.Repeat([]int{half}, 100), err: "too early"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := broken(t, c.pages, c.cuts)
			got, err := query(context.Background(), client, "SELECT Id FROM A", headOptions)
			if !slices.Equal(got, numbers(c.rows)) {
				t.Errorf("rows are %v", got)
			}
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("it ends with %v, want %q", err, c.err)
			}
		})
	}
}
