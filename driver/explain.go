package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"

	"github.com/sfsql/sfsql/internal/executor"
	"github.com/sfsql/sfsql/internal/planner"
)

// explainSOQL recognizes EXPLAIN SOQL statement.
func explainSOQL(query string) (rest string, ok bool) {
	words := planner.FirstWords(query, 3)
	if len(words) < 3 || !words[0].Is("EXPLAIN") || !words[1].Is("SOQL") {
		return "", false
	}
	return query[words[2].Pos:], true
}

// explainColumns are fixed; docs/explain.md describes them.
var explainColumns = []string{"step", "table", "soql", "api", "rows", "calls", "note"}

// explainStmt shows what a statement would ask of Salesforce. Nothing of it
// runs: SQLite plans the statement, and its plan holds ours.
type explainStmt struct {
	conn  *conn
	query string
}

func (s *explainStmt) Close() error  { return nil }
func (s *explainStmt) NumInput() int { return -1 }

// Exec is refused: EXPLAIN returns rows.
func (s *explainStmt) Exec([]driver.Value) (driver.Result, error) {
	return nil, errors.New("salesforce: EXPLAIN SOQL returns rows; use Query")
}

func (s *explainStmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

// ExecContext is refused: EXPLAIN returns rows.
func (s *explainStmt) ExecContext(context.Context, []driver.NamedValue) (driver.Result, error) {
	return s.Exec(nil)
}

func (s *explainStmt) CheckNamedValue(v *driver.NamedValue) error { return s.conn.CheckNamedValue(v) }

func (s *explainStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	details, err := s.queryPlan(ctx, args)
	if err != nil {
		return nil, err
	}
	out := &explainRows{}
	for i, detail := range details {
		out.rows = append(out.rows, s.explain(int64(i+1), detail, scans(details[:i]) > 0)...)
	}
	return out, nil
}

// queryPlan returns the lines of SQLite's own plan. Its columns are id,
// parent, notused, detail: https://sqlite.org/eqp.html.
func (s *explainStmt) queryPlan(ctx context.Context, args []driver.NamedValue) ([]string, error) {
	// The statement itself is prepared, too: the advice is about its text.
	prepared, err := s.conn.PrepareContext(ctx, s.query)
	if err != nil {
		return nil, err
	}
	text := s.query
	if p, ok := prepared.(*stmt); ok {
		text = p.text
	}
	_ = prepared.Close() // it did not run
	analysis := s.conn.analyze(text).With(parameters(args))
	if relative, fiscal := analysis.NamesRelativeDates(); relative {
		now, err := s.conn.org.calendarNow(ctx, fiscal)
		if err != nil {
			return nil, err
		}
		analysis = analysis.At(now)
	}
	s.conn.vt.Start(ctx, analysis)
	rows, err := s.conn.vt.Engine().(driver.QueryerContext).QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, args)
	if err != nil {
		return nil, s.conn.failure(ctx, err)
	}
	defer rows.Close()
	var details []string
	for dest := make([]driver.Value, 4); ; {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return details, nil
		case err != nil:
			return nil, s.conn.failure(ctx, err)
		}
		if detail, ok := dest[3].(string); ok {
			details = append(details, detail)
		}
	}
}

// scanMark stands before our plan in a line of SQLite's.
const scanMark = " VIRTUAL TABLE INDEX 0:"

func scans(details []string) (n int) {
	for _, d := range details {
		if strings.Contains(d, scanMark) {
			n++
		}
	}
	return n
}

// explain turns a line of SQLite's plan into rows: one of a scan with its
// SOQL, then one for each predicate that is not left to SOQL alone. An inner
// scan comes after another.
func (s *explainStmt) explain(step int64, detail string, inner bool) [][]driver.Value {
	_, encoded, ok := strings.Cut(detail, scanMark)
	if !ok {
		return [][]driver.Value{{step, nil, nil, nil, nil, nil, "SQLite: " + detail}}
	}
	e, ok := s.conn.vt.Explain(encoded)
	if !ok {
		return [][]driver.Value{{step, nil, nil, nil, nil, nil, "local: " + strings.Fields(detail)[1]}}
	}
	calls := int64(1)
	if !e.Query.IsCount() {
		calls = 1 + (e.Rows-1)/2000
	}
	if e.Empty {
		calls = 0
	}
	if e.Keyed && inner {
		e.Note = joinNotes(e.Note, "started for each outer row until the table is cheaper to read once and keep")
	}
	choice := s.conn.org.exec.Choose(executor.Scan{Query: e.Query})
	out := [][]driver.Value{{step, e.Table, e.Query.String(), strings.ToUpper(string(choice.API)), e.Rows, calls, e.Note}}
	if e.Empty {
		out[0][2], out[0][4] = nil, int64(0)
	}
	for _, note := range e.Terms {
		out = append(out, []driver.Value{step, e.Table, nil, nil, nil, nil, note})
	}
	return out
}

func joinNotes(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

type explainRows struct{ rows [][]driver.Value }

func (r *explainRows) Columns() []string { return explainColumns }
func (r *explainRows) Close() error      { return nil }

func (r *explainRows) Next(dest []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	copy(dest, r.rows[0])
	r.rows = r.rows[1:]
	return nil
}
