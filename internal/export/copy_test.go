package export

import (
	"testing"

	"github.com/sfsql/sfsql/internal/format"
)

// A batch takes many small rows, and few that hold whole files; those before
// are let go.
func TestBatchesAreBoundedInBytes(t *testing.T) {
	db := openOrg(t, newOrg(t), "")
	rows, err := db.QueryContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
		SELECT CASE WHEN i < 100 THEN 'small' ELSE zeroblob(500000) END FROM n`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	b := newBatch(1)
	for total, more := 0, true; more; {
		if more, err = b.fill(rows); err != nil {
			t.Fatal(err)
		}
		held := 0
		for i := range b.rows {
			held += format.TextBytes(b.rows[i].values)
		}
		if held > batchBytes+500_000 {
			t.Fatalf("a batch holds %d bytes", held)
		}
		if total += b.n; !more && total != 200 {
			t.Errorf("%d rows, want 200", total)
		}
	}
}
