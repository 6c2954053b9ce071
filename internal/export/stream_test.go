package export

import (
	"strings"
	"testing"
)

// A stream of all records asks for nothing but them: no manifest tells the
// latest change.
func TestStreamAsksOnce(t *testing.T) {
	org := newOrg(t)
	o := Options{DB: openOrg(t, org, "&api=rest"), Objects: []string{"Campaign"}, Columns: []string{"Id"}, Format: "jsonl", Out: "-"}
	var out strings.Builder
	if err := Stream(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	if asked := org.Stats().ByPath["query"]; asked != 1 {
		t.Errorf("%d queries, want 1", asked)
	}
	if rows, all := strings.Count(out.String(), "\n"), len(want(t, o.DB, "SELECT Id FROM Campaign")); rows != all {
		t.Errorf("%d rows, want %d", rows, all)
	}
}
