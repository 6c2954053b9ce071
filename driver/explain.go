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

// explainSOQL recognizes EXPLAIN SOQL [SERVER] statement, and
// returns the statement.
func explainSOQL(query string) (rest string, server, ok bool) {
	words := planner.FirstWords(query, 4)
	if len(words) < 3 || !words[0].Is("EXPLAIN") || !words[1].Is("SOQL") {
		return query, false, false
	}
	if len(words) > 3 && words[2].Is("SERVER") {
		return query[words[3].Pos:], true, true
	}
	return query[words[2].Pos:], false, true
}

// explainColumns are fixed; docs/explain.md describes them.
var explainColumns = []string{"step", "table", "soql", "api", "rows", "calls", "note"}

// explainStmt shows what a statement would ask of Salesforce. Nothing of it
// runs: SQLite plans the statement, and its plan holds ours.
type explainStmt struct {
	conn   *conn
	query  string
	server bool // Salesforce's own plans are asked for, too
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
	ctx = s.conn.statement(ctx)
	lines, err := s.queryPlan(ctx, args)
	if err != nil {
		return nil, s.conn.org.limit(err)
	}
	out := &explainRows{}
	x := &explanation{explainStmt: s, scans: s.conn.vt.Explainer(), asked: map[string][]planRow{}}
	for i, l := range lines {
		rows, err := x.explain(ctx, int64(i+1), l)
		if err != nil {
			return nil, s.conn.org.limit(err)
		}
		out.rows = append(out.rows, rows...)
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

// explanation explains the lines of one statement.
type explanation struct {
	*explainStmt
	scans *vtab.Explainer
	asked map[string][]planRow // Salesforce's answers by SOQL
}

// explain turns a line of SQLite's plan into rows: one of a scan with its
// SOQL, then one for each predicate that is not left to SOQL alone.
func (x *explanation) explain(ctx context.Context, step int64, l planLine) ([][]driver.Value, error) {
	_, encoded, ok := strings.Cut(l.detail, scanMark)
	if !ok {
		x.scans.Other(l.id, l.parent, l.detail)
		return [][]driver.Value{{step, nil, nil, nil, nil, nil, "SQLite: " + l.detail}}, nil
	}
	e, ok := x.scans.Scan(l.parent, encoded)
	if !ok {
		x.scans.Other(l.id, l.parent, l.detail)
		return [][]driver.Value{{step, nil, nil, nil, nil, nil, "local: " + strings.Fields(l.detail)[1]}}, nil
	}
	out := append(x.scan(step, e), termRows(step, e)...)
	if !x.server || e.Empty || e.Calls == 0 { // Calls: its rows come along with another scan's
		return out, nil
	}
	plans, err := x.serverPlans(ctx, e)
	for _, p := range plans {
		out = append(out, []driver.Value{step, e.Table, nil, nil, p.rows, nil, p.note})
	}
	return out, err
}

// scan returns the row of a scan, and the one that says why by its API.
func (x *explanation) scan(step int64, e planner.Explained) [][]driver.Value {
	if e.Empty {
		return [][]driver.Value{{step, e.Table, nil, nil, int64(0), int64(0), e.Note}}
	}
	choice := x.choose(e)
	rows, calls := e.Rows, choice.Calls
	switch {
	case e.Calls == 0: // its rows come along with another scan's
		return [][]driver.Value{{step, e.Table, nil, apiName(choice.API), int64(0), int64(0), e.Note}}
	case e.Calls > 0:
		calls = e.Calls
	case choice.Rows >= 0:
		rows = choice.Rows
	}
	return [][]driver.Value{
		{step, e.Table, e.Query.String(), apiName(choice.API), rows, calls, e.Note},
		{step, e.Table, nil, nil, nil, nil, apiName(choice.API) + ": " + choice.Reason},
	}
}

// choose asks how the scan would be read. An inner scan may end early.
func (s *explainStmt) choose(e planner.Explained) executor.Choice {
	q := *e.Query
	q.Where = anyOf(q.Where, e.Calls > 0)
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

// anyOf is a filter with nothing known of the lists that come when the scan
// starts: one of Ids may have any length. The starts of an inner scan are
// answered many at once, so its keys are such lists, too.
func anyOf(e soql.Expr, inner bool) soql.Expr {
	comes := func(l soql.Literal) bool { return l.Kind == soql.NumberLiteral && strings.HasPrefix(l.Text, ":") }
	switch e := e.(type) {
	case *soql.Logical:
		out := &soql.Logical{Or: e.Or}
		for _, term := range e.Terms {
			out.Terms = append(out.Terms, anyOf(term, inner))
		}
		return out
	case *soql.In:
		if len(e.Values) == 1 && comes(e.Values[0]) {
			return &soql.Comparison{Left: e.Left, Op: soql.NE, Value: soql.Null()}
		}
	case *soql.Comparison:
		if inner && e.Op == soql.EQ && comes(e.Value) {
			return &soql.Comparison{Left: e.Left, Op: soql.NE, Value: soql.Null()}
		}
	}
	return e
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
