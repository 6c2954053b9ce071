package executor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// API is a way of reading records.
type API string

// The APIs, and the wish to have one picked.
const (
	Auto API = "auto"
	REST API = "rest" // answers page by page, at once and with every type of field
	Bulk API = "bulk" // a job whose result is downloaded: late, and then fast
)

// DefaultThreshold is the number of rows from which Bulk is expected to be the
// better way. docs/rest-or-bulk.md derives it.
const DefaultThreshold = 30_000

// clearly is how many times the threshold a scan must be expected to have to
// begin in Bulk: statistics are old and round, and a scan that begins on REST
// has its first rows at once.
const clearly = 2

// Choice is the way in which a scan is read, and why.
type Choice struct {
	API    API    // by which it begins
	Switch bool   // it begins on REST and goes on in Bulk once it is seen to be large
	Reason string // for people: EXPLAIN and --stats show it
	Rows   int64  // expected; -1 where nothing but a guess is known
	Calls  int64  // expected API calls for as many rows
}

// Choose decides how a scan is read. This is the one place that does. It asks
// the org for nothing.
func (e *Executor) Choose(scan Scan) Choice {
	c := e.way(scan)
	c.Calls = CallsFor(c.API, c.Rows)
	return c
}

// CallsFor returns how many API calls so many rows are expected to cost.
func CallsFor(api API, rows int64) int64 {
	if api == Bulk {
		return bulkCalls(rows)
	}
	return restCalls(rows)
}

func (e *Executor) way(scan Scan) Choice {
	rows, source := e.expected(scan)
	rest := func(reason string) Choice { return Choice{API: REST, Reason: reason, Rows: rows} }
	if scan.Query == nil || scan.Query.IsCount() {
		return Choice{API: REST, Reason: "a count is one call", Rows: -1}
	}
	if e.opts.API == REST {
		return rest("api=rest")
	}
	if reason := e.notBulk(scan); reason != "" {
		return rest(reason)
	}
	if n, ok := mostByID(scan.Query.Where); ok && n <= restPageRows {
		return rest(fmt.Sprintf("at most %s by Id: one page", count(n)))
	}
	if e.opts.API == Bulk {
		return Choice{API: Bulk, Reason: "api=bulk", Rows: rows}
	}
	threshold := e.opts.Threshold
	switch {
	case rows < 0:
	case rows < threshold:
		return rest(fmt.Sprintf("%s; Bulk is taken from %s on", source, count(threshold)))
	case scan.Drained && rows/clearly >= threshold:
		return Choice{API: Bulk, Rows: rows, Reason: fmt.Sprintf("%s, clearly more than %s", source, count(threshold))}
	}
	if reason := e.cannotSwitch(scan); reason != "" {
		return rest(reason)
	}
	c := rest(fmt.Sprintf("the first page tells how many rows there are; of %s or more Bulk brings the rest", count(threshold)))
	if !scan.Drained {
		c.Reason = fmt.Sprintf("the scan may end early; Bulk brings the rest once %s are read", count(threshold))
	}
	c.Switch = true
	return c
}

// expected returns how many rows a scan has, as far as there is evidence, and
// says in words where it comes from. What the planner guesses is none.
func (e *Executor) expected(scan Scan) (rows int64, source string) {
	q := scan.Query
	if q == nil {
		return -1, ""
	}
	guess := func(most int64) int64 {
		if scan.Expected >= 0 {
			return min(scan.Expected, most)
		}
		return most
	}
	if n, ok := mostByID(q.Where); ok {
		return guess(n), fmt.Sprintf("at most %s by Id", count(n))
	}
	if q.Limit != nil {
		return guess(*q.Limit), ""
	}
	n, ok := e.seen.get(scan)
	if ok {
		return n, fmt.Sprintf("the same filter brought %s before", count(n))
	}
	if e.opts.Catalog == nil {
		return -1, ""
	}
	n, ok = e.opts.Catalog.KnownRows(q.From.Object)
	switch {
	case !ok:
		return -1, ""
	case isWhole(q):
		return n, fmt.Sprintf("%s has about %s", q.From.Object, count(n))
	case n < e.opts.Threshold && !scan.All:
		return guess(n), fmt.Sprintf("%s has about %s in all", q.From.Object, count(n))
	}
	return -1, ""
}

// isWhole reports whether a query reads all records of its sObject.
func isWhole(q *soql.Query) bool {
	return q.Where == nil && q.With == nil && q.Scope == "" && q.Limit == nil && q.Offset == nil && len(q.GroupBy) == 0
}

// mostByID returns how many records a filter can find at most, where it asks
// for them by Id.
func mostByID(where soql.Expr) (int64, bool) {
	switch e := where.(type) {
	case *soql.Comparison:
		return 1, e.Op == soql.EQ && isID(e.Left)
	case *soql.In:
		return int64(len(e.Values)), !e.Not && e.Sub == nil && len(e.Values) > 0 && isID(e.Left)
	case *soql.Logical:
		for _, term := range e.Terms {
			if n, ok := mostByID(term); ok && !e.Or {
				return n, true
			}
		}
	}
	return 0, false
}

func isID(o soql.Operand) bool {
	f, ok := o.(*soql.Field)
	return ok && len(f.Path) == 1 && strings.EqualFold(f.Path[0], "Id")
}

// Calls as they are expected. A page of REST has 2,000 records; a job is made,
// asked for its status six times in the ten seconds that one takes, read in
// pages and deleted.
const (
	restPageRows = 2000
	bulkPageRows = 50_000
	bulkOverhead = 1 + 6 + 1
)

func restCalls(rows int64) int64 { return max(1, (rows+restPageRows-1)/restPageRows) }

func bulkCalls(rows int64) int64 {
	return bulkOverhead + max(1, (rows+bulkPageRows-1)/bulkPageRows)
}

// count writes 1234567 rows as "1,234,567 rows".
func count(n int64) string {
	if n == 1 {
		return "1 row"
	}
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text + " rows"
}
