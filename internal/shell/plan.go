package shell

import (
	"database/sql"
	"fmt"
	"strings"

	"github.com/sfsql/sfsql/internal/format"
)

// planRow is a row of EXPLAIN SOQL. A row with SOQL is a scan; one with a
// table only is about a predicate of the scan before it; one with neither is
// about SQLite's own work.
type planRow struct {
	step             int64 // ascends, with gaps
	table, soql, api sql.NullString
	rows, calls      sql.NullInt64
	note             sql.NullString
}

// writePlan writes the rows of EXPLAIN SOQL for people.
func (s *Shell) writePlan(rows *sql.Rows) error {
	out, err := s.nextResult()
	if err != nil {
		return err
	}
	var last int64 // step
	number := 0    // of the steps so far
	for rows.Next() {
		var r planRow
		if err := rows.Scan(&r.step, &r.table, &r.soql, &r.api, &r.rows, &r.calls, &r.note); err != nil {
			return err
		}
		if number == 0 || r.step != last {
			last = r.step
			number++
		}
		if _, err := out.WriteString(r.text(number)); err != nil {
			return err
		}
	}
	return rows.Err()
}

// text returns the lines of a row, each ended by a line feed.
func (r planRow) text(number int) string {
	note := format.OneLine(r.note.String)
	switch {
	case !r.table.Valid:
		return fmt.Sprintf("%d. %s\n", number, note)
	case !r.calls.Valid:
		return fmt.Sprintf("   - %s\n", note)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d. %s: %s\n", number, format.OneLine(r.table.String), r.cost())
	if r.soql.Valid {
		fmt.Fprintf(&b, "   %s\n", format.OneLine(r.soql.String))
	}
	if note != "" {
		fmt.Fprintf(&b, "   - %s\n", note)
	}
	return b.String()
}

func (r planRow) cost() string {
	if r.calls.Int64 == 0 {
		return "no call"
	}
	rows := "rows unknown"
	if r.rows.Valid {
		rows = "about " + format.Counted(r.rows.Int64, "row")
	}
	return fmt.Sprintf("%s, %s, %s", r.api.String, rows, format.Counted(r.calls.Int64, "call"))
}
