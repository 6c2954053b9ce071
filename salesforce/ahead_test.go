package salesforce

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// Looking ahead shows the rest of the page, and the next page once it is
// there, and leaves the reader where it was.
func TestAheadShowsWhatIsHeld(t *testing.T) {
	p := &pager{total: 450, size: 200}
	c := serve(t, p.ServeHTTP)
	rows, err := c.Query(context.Background(), "SELECT Id FROM A", QueryOptions{Columns: idOnly})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	rows.Ahead(func() bool { t.Error("a row is shown before the first Next"); return false })
	held := func() (first string, n int) {
		rows.Ahead(func() bool {
			if n++; n == 1 {
				first = string(rows.Bytes(0))
			}
			return true
		})
		return first, n
	}
	sizes := map[int]bool{}
	for i := range 450 {
		if !rows.Next(context.Background()) {
			t.Fatal(rows.Err())
		}
		if i == 150 {
			rows.fetches.Wait() // the second page is there
		}
		first, n := held()
		if want := fmt.Sprint(i); first != want || string(rows.Bytes(0)) != want {
			t.Fatalf("row %d: ahead begins with %s, and then the row is %s", i, first, rows.Bytes(0))
		}
		sizes[n] = true
		if i == 150 && n != 250 {
			t.Errorf("row 150 of 200 has %d rows ahead, want its 50 and the next 200", n)
		}
	}
	if !sizes[200] || !sizes[1] {
		t.Errorf("rows ahead were %v, want a page's first and the last row among them", sizes)
	}
	few := 0
	rows.Ahead(func() bool { few++; return false })
	if rows.Next(context.Background()) || few != 1 {
		t.Errorf("a visitor that had enough was called %d times", few)
	}
	rows.Ahead(func() bool { t.Error("a row is shown after the last"); return false })
	if got, err := query(context.Background(), c, "SELECT Id FROM A", QueryOptions{Columns: idOnly}); err != nil || !slices.Equal(got, numbers(450)) {
		t.Errorf("%d rows, %v", len(got), err)
	}
}
