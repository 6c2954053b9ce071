package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"

	"github.com/sfsql/sfsql/internal/executor"
	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
	"github.com/sfsql/sfsql/vtab"
)

// explainSOQL recognizes EXPLAIN SOQL statement, and returns the statement.
func explainSOQL(query string) (rest string, ok bool) {
	words := planner.FirstWords(query, 3)
	if len(words) < 3 || !words[0].Is("EXPLAIN") || !words[1].Is("SOQL") {
		return query, false
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
	lines, err := s.queryPlan(ctx, args)
	if err != nil {
		return nil, err
	}
	out := &explainRows{}
	scans := s.conn.vt.Explainer()
	for i, l := range lines {
		out.rows = append(out.rows, s.explain(int64(i+1), l, scans)...)
	}
	return out, nil
}

// queryPlan returns the lines of SQLite's own plan. Its columns are id,
// parent, notused, detail: https://sqlite.org/eqp.html.
func (s *explainStmt) queryPlan(ctx context.Context, args []driver.NamedValue) ([]planLine, error) {
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
	var lines []planLine
	for dest := make([]driver.Value, 4); ; {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return lines, nil
		case err != nil:
			return nil, s.conn.failure(ctx, err)
		}
		id, _ := dest[0].(int64)
		parent, _ := dest[1].(int64)
		if detail, ok := dest[3].(string); ok {
			lines = append(lines, planLine{id, parent, detail})
		}
	}
}

// scanMark stands before our plan in a line of SQLite's.
const scanMark = " VIRTUAL TABLE INDEX 0:"

// planLine is a line of SQLite's plan. Loops that are nested in each other have
// the same parent; those of a correlated subquery have its line.
type planLine struct {
	id, parent int64
	detail     string
}

// explain turns a line of SQLite's plan into rows: one of a scan with its
// SOQL, then one for each predicate that is not left to SOQL alone.
func (s *explainStmt) explain(step int64, l planLine, scans *vtab.Explainer) [][]driver.Value {
	_, encoded, ok := strings.Cut(l.detail, scanMark)
	if !ok {
		scans.Other(l.id, l.parent, l.detail)
		return [][]driver.Value{{step, nil, nil, nil, nil, nil, "SQLite: " + l.detail}}
	}
	e, ok := scans.Scan(l.parent, encoded)
	if !ok {
		scans.Other(l.id, l.parent, l.detail)
		return [][]driver.Value{{step, nil, nil, nil, nil, nil, "local: " + strings.Fields(l.detail)[1]}}
	}
	if e.Empty {
		return append([][]driver.Value{{step, e.Table, nil, nil, int64(0), int64(0), e.Note}}, termRows(step, e)...)
	}
	choice := s.choose(e)
	rows, calls := e.Rows, choice.Calls
	switch {
	case e.Calls == 0: // its rows come along with another scan's
		return append([][]driver.Value{{step, e.Table, nil, apiName(choice.API), int64(0), int64(0), e.Note}}, termRows(step, e)...)
	case e.Calls > 0:
		calls = e.Calls
	case choice.Rows >= 0:
		rows = choice.Rows
	}
	out := [][]driver.Value{{step, e.Table, e.Query.String(), apiName(choice.API), rows, calls, e.Note}}
	out = append(out, []driver.Value{step, e.Table, nil, nil, nil, nil, apiName(choice.API) + ": " + choice.Reason})
	return append(out, termRows(step, e)...)
}

// choose asks how the scan would be read. An inner scan may end early.
func (s *explainStmt) choose(e planner.Explained) executor.Choice {
	q := *e.Query
	if e.Limited {
		limit := e.Rows
		q.Limit = &limit
	}
	org := s.conn.place(e.Schema).org
	choice := org.exec.Choose(executor.Scan{
		Query: &q, Columns: selected(&q), All: org.cfg.Deleted, Expected: e.Rows,
		Drained: e.Calls < 0 && s.conn.analyze(s.query).Drains(),
	})
	if choice.Rows < 0 && !q.IsCount() {
		choice.Calls = executor.CallsFor(choice.API, e.Rows)
	}
	return choice
}

// selected returns the columns that a query selects, whose kinds the catalog
// knows better.
func selected(q *soql.Query) []soql.Column {
	var out []soql.Column
	for _, item := range q.Select {
		if f, ok := item.Expr.(*soql.Field); ok {
			out = append(out, soql.Column{Path: f.Path})
		}
	}
	return out
}

// termRows tells of each predicate that is not left to SOQL alone.
func termRows(step int64, e planner.Explained) (out [][]driver.Value) {
	for _, note := range e.Terms {
		out = append(out, []driver.Value{step, e.Table, nil, nil, nil, nil, note})
	}
	return out
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
