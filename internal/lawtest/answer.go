package lawtest

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answer is what a statement returned.
type answer struct {
	columns []string
	rows    [][]any
	err     error
}

// querier is a connection or a database.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// patience bounds one statement.
const patience = time.Minute

func ask(ctx context.Context, db querier, query string, args []any) answer {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return answer{err: err}
	}
	defer rows.Close()
	var a answer
	if a.columns, a.err = rows.Columns(); a.err != nil {
		return a
	}
	for rows.Next() {
		row := make([]any, len(a.columns))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return answer{err: err}
		}
		a.rows = append(a.rows, row)
	}
	a.err = rows.Err()
	return a
}

// show writes a value so that two are written alike only where their storage
// class and bits are the same.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if v == 0 && math.Signbit(v) {
			return "real -0"
		}
		return "real " + strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return strconv.QuoteToASCII(v)
	case []byte:
		return fmt.Sprintf("x'%x'", v)
	}
	return fmt.Sprintf("%T %v", v, v)
}

func showRow(row []any) string {
	out := make([]string, len(row))
	for i, v := range row {
		out[i] = show(v)
	}
	return strings.Join(out, " | ")
}

func (a answer) lines() []string {
	out := make([]string, len(a.rows))
	for i, row := range a.rows {
		out[i] = showRow(row)
	}
	return out
}

// String shows an answer, cut to what a person reads.
func (a answer) String() string {
	if a.err != nil {
		return "error: " + a.err.Error()
	}
	const most = 12
	lines := a.lines()
	out := fmt.Sprintf("%d rows", len(lines))
	for i, line := range lines {
		if i == most {
			return out + "\n    …"
		}
		out += "\n    " + line
	}
	return out
}

// mode is what of an answer counts.
type mode uint8

const (
	rowsort mode = iota
	nosort
	sums
	limited
	failing
	executed
)

// differ says how the driver's answer breaks the law, or returns "". Of a
// limited statement want is the unlimited answer.
func differ(m mode, got, want answer, limit, offset int) string {
	switch {
	case m == failing:
		return differError(got, want)
	case want.err != nil && got.err != nil:
		return ""
	case want.err != nil:
		return "only SQLite fails"
	case got.err != nil:
		return "only the driver fails"
	case !slices.Equal(got.columns, want.columns):
		return fmt.Sprintf("the columns are %q, want %q", got.columns, want.columns)
	}
	g, w := got.lines(), want.lines()
	switch m {
	case nosort:
		return differLines(g, w)
	case sums:
		return differSums(got, want)
	case limited:
		return differLimited(g, w, limit, offset)
	}
	slices.Sort(g)
	slices.Sort(w)
	return differLines(g, w)
}

func differError(got, want answer) string {
	switch {
	case got.err == nil && want.err == nil:
		return "both sides succeed"
	case got.err == nil:
		return "only SQLite fails"
	case want.err == nil:
		return "only the driver fails"
	}
	return ""
}

func differLines(got, want []string) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("%d rows, want %d; missing is %s", len(got), len(want), missing(got, want))
		case i >= len(want):
			return fmt.Sprintf("%d rows, want %d; one too many is %s", len(got), len(want), missing(want, got))
		case got[i] != want[i]:
			return fmt.Sprintf("%d rows, want %d; row %d is %s, want %s", len(got), len(want), i+1, got[i], want[i])
		}
	}
	return ""
}

// missing returns a line of all that few lacks.
func missing(few, all []string) string {
	left := map[string]int{}
	for _, line := range few {
		left[line]++
	}
	for _, line := range all {
		if left[line]--; left[line] < 0 {
			return line
		}
	}
	return ""
}

// differLimited checks that the answer is any part of the right size of the
// unlimited one.
func differLimited(got, want []string, limit, offset int) string {
	size := max(0, min(limit, len(want)-offset))
	if len(got) != size {
		return fmt.Sprintf("%d rows, want %d of %d", len(got), size, len(want))
	}
	if line := missing(want, got); line != "" {
		return "not among the unlimited answer: " + line
	}
	return ""
}

func differSums(got, want answer) string {
	if len(got.rows) != len(want.rows) {
		return fmt.Sprintf("%d rows, want %d", len(got.rows), len(want.rows))
	}
	for i, row := range want.rows {
		for j, w := range row {
			g := got.rows[i][j]
			x, xok := g.(float64)
			y, yok := w.(float64)
			if xok && yok && math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y)) {
				continue
			}
			if show(g) != show(w) {
				return fmt.Sprintf("row %d has %s, want %s", i+1, show(g), show(w))
			}
		}
	}
	return ""
}
