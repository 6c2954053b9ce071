package driver

import (
	"context"
	"database/sql/driver"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab"
)

// stmt is a prepared statement.
type stmt struct {
	conn    *conn
	engine  driver.Stmt
	written string // by the caller
	text    string // with tables in place of soql('…')
	// analysis is that of the text and of the views and triggers beside it.
	analysis *planner.Analysis
	beside   []string
	scans    bool // tables of the org
	short    shortcut
}

// NumInput returns -1: SQLite checks the parameters, which may have numbers
// and names.
func (s *stmt) NumInput() int { return -1 }

// Close ends the statement.
func (s *stmt) Close() error { return s.engine.Close() }

// start makes the connection's callbacks serve this statement. Tables that went
// since it was prepared, with a rollback or to make room, are made again.
func (s *stmt) start(ctx context.Context, args []driver.NamedValue) error {
	if s.text != s.written {
		if _, err := s.conn.rewriteSOQL(ctx, s.written); err != nil {
			return err
		}
	}
	if err := s.conn.ensureNamed(ctx, s.text); err != nil {
		return err
	}
	if beside := s.conn.beside(); !slices.Equal(beside, s.beside) {
		s.analysis, s.beside = planner.Analyze(s.text, beside...), beside
	}
	s.analysis = s.analysis.With(parameters(args))
	if relative, fiscal := s.analysis.NamesRelativeDates(); relative {
		now, err := s.conn.org.calendarNow(ctx, fiscal)
		if err != nil {
			return err
		}
		s.analysis = s.analysis.At(now)
	}
	s.conn.vt.Run(ctx, s.analysis)
	return nil
}

// parameters returns the values of parameters as SQLite will see them.
func parameters(args []driver.NamedValue) []planner.Param {
	out := make([]planner.Param, 0, len(args))
	for _, a := range args {
		p := planner.Param{Ordinal: a.Ordinal, Name: a.Name}
		switch v := a.Value.(type) {
		case nil:
		case int64:
			p.Value = planner.Value{Kind: planner.IntValue, Int: v}
		case float64:
			p.Value = planner.Value{Kind: planner.RealValue, Real: v}
		case bool:
			p.Value = planner.Value{Kind: planner.IntValue}
			if v {
				p.Value.Int = 1
			}
		case string:
			p.Value = planner.Value{Kind: planner.TextValue, Text: v}
		case []byte:
			p.Value = planner.Value{Kind: planner.BlobValue, Text: string(v)}
		default:
			continue // nothing is known of it
		}
		out = append(out, p)
	}
	return out
}

// QueryContext runs the statement and returns its rows.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	ctx = s.conn.statement(ctx)
	if err := s.start(ctx, args); err != nil {
		return nil, s.conn.org.limit(err)
	}
	stop := s.conn.watch(ctx)
	s.readShortcut(ctx, args)
	r, err := s.engine.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		stop()
		return nil, s.conn.failure(ctx, err)
	}
	out := newRows(ctx, s, r, stop)
	if s.short.holds(s.conn.vt) {
		out.loop, out.scanned = s.short.loop, s.conn.vt.Scanned()
	}
	return out, nil
}

// ExecContext runs the statement to its end.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	ctx = s.conn.statement(ctx)
	if err := s.start(ctx, args); err != nil {
		return nil, s.conn.org.limit(err)
	}
	defer s.conn.watch(ctx)()
	r, err := s.engine.(driver.StmtExecContext).ExecContext(ctx, args)
	if err != nil {
		return nil, s.conn.hint(ctx, s.conn.failure(ctx, err))
	}
	return r, nil
}

// Exec runs the statement without a context.
func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

// Query runs the statement without a context.
func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// CheckNamedValue converts parameters as the connection does.
func (s *stmt) CheckNamedValue(v *driver.NamedValue) error { return s.conn.CheckNamedValue(v) }

// rows are the rows of a statement.
type rows struct {
	ctx      context.Context
	conn     *conn
	engine   driver.Rows
	stop     func() // ends the watch on ctx
	analysis *planner.Analysis
	stmt     driver.Stmt // closed with the rows; nil where it is the caller's
	types    []columnType
	times    []int // columns that hand out time.Time

	loop    *vtab.Loop // that the rows may be in; nil once that is settled
	scanned vtab.Scanned
	direct  *vtab.Direct // where the rows come from after the first; nil is SQLite
}

func newRows(ctx context.Context, s *stmt, engine driver.Rows, stop func()) *rows {
	r := &rows{ctx: ctx, conn: s.conn, analysis: s.analysis, engine: engine, stop: stop}
	names, _ := engine.(driver.RowsColumnTypeDatabaseTypeName)
	for i := range engine.Columns() {
		decl := ""
		if names != nil {
			decl = names.ColumnTypeDatabaseTypeName(i)
		}
		t := parseDecl(decl)
		r.types = append(r.types, t)
		if t.isTime && s.conn.org.cfg.Time == "go" {
			r.times = append(r.times, i)
		}
	}
	return r
}

// Columns returns the columns' names.
func (r *rows) Columns() []string { return r.engine.Columns() }

// Next fills dest with the next row.
func (r *rows) Next(dest []driver.Value) error {
	// Statements of one connection may be read in turns.
	r.conn.vt.Resume(r.ctx, r.analysis)
	next := r.engine.Next
	if r.direct != nil {
		next = r.direct.Next
	}
	if err := next(dest); err != nil {
		if err == io.EOF {
			return io.EOF
		}
		return r.conn.failure(r.ctx, err)
	}
	if r.direct != nil {
		return nil
	}
	for _, i := range r.times {
		if text, ok := dest[i].(string); ok {
			if t, ok := vtab.ParseTime(text); ok {
				dest[i] = t
			}
		}
	}
	if r.loop != nil {
		r.takeShortcut(dest)
	}
	return nil
}

// Close ends the rows, and the scans behind them.
func (r *rows) Close() error {
	r.stop()
	err := r.engine.Close()
	if r.stmt != nil {
		_ = r.stmt.Close() // its last error was that of the rows
	}
	if err != nil && (r.ctx.Err() != nil || r.conn.vt.ScanErr() != nil) {
		return nil // Next has returned it, or the caller has stopped listening
	}
	return err
}

// columnType is what a declared type says: the type's name and its sizes.
type columnType struct {
	name             string
	length           int64
	precision, scale int64
	isTime           bool
}

// parseDecl reads a declared type as planner.NewTable writes it. Local tables
// may hold any other; an expression has none.
func parseDecl(decl string) columnType {
	base, sizes, _ := strings.Cut(decl, "(")
	t := columnType{name: strings.TrimSpace(base)}
	first, second, two := strings.Cut(strings.TrimSuffix(sizes, ")"), ",")
	n, _ := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
	if two {
		t.precision = n
		t.scale, _ = strconv.ParseInt(strings.TrimSpace(second), 10, 64)
	} else {
		t.length = n
	}
	switch t.name {
	case "DATE TEXT", "DATETIME TEXT":
		t.name, t.isTime = strings.TrimSuffix(t.name, " TEXT"), true
	case "TIME TEXT":
		t.name = "TIME"
	case "BOOLEAN INTEGER":
		t.name = "BOOLEAN"
	}
	return t
}

// ColumnTypeDatabaseTypeName returns TEXT, INTEGER, BIGINT, REAL, BOOLEAN,
// DATE, DATETIME, TIME or BLOB for columns of sObjects, what was declared for
// those of local tables, and "" for expressions.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string { return r.types[i].name }

// ColumnTypeNullable returns true: formulas, outer joins and rows from before
// a field was required make any column null.
func (r *rows) ColumnTypeNullable(int) (nullable, ok bool) { return true, true }

// ColumnTypeLength returns the length of a text in characters.
func (r *rows) ColumnTypeLength(i int) (int64, bool) {
	return r.types[i].length, r.types[i].length > 0
}

// ColumnTypePrecisionScale returns a number's decimal digits in all and after
// the point.
func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	t := r.types[i]
	return t.precision, t.scale, t.precision > 0
}

var (
	typeString = reflect.TypeFor[string]()
	typeInt    = reflect.TypeFor[int64]()
	typeReal   = reflect.TypeFor[float64]()
	typeBool   = reflect.TypeFor[bool]()
	typeTime   = reflect.TypeFor[time.Time]()
	typeBytes  = reflect.TypeFor[[]byte]()
	typeAny    = reflect.TypeFor[any]()
)

// ColumnTypeScanType returns the Go type that fits a column's values where
// they are not NULL.
func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	switch name := r.types[i].name; {
	case r.types[i].isTime && r.conn.org.cfg.Time == "go":
		return typeTime
	case name == "BOOLEAN":
		return typeBool
	case name == "INTEGER" || name == "BIGINT":
		return typeInt
	case name == "REAL":
		return typeReal
	case name == "TEXT" || name == "DATE" || name == "DATETIME" || name == "TIME":
		return typeString
	case name == "BLOB":
		return typeBytes
	}
	return typeAny
}

var (
	_ driver.StmtQueryContext               = (*stmt)(nil)
	_ driver.StmtExecContext                = (*stmt)(nil)
	_ driver.NamedValueChecker              = (*stmt)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
	_ driver.RowsColumnTypeLength           = (*rows)(nil)
	_ driver.RowsColumnTypeNullable         = (*rows)(nil)
	_ driver.RowsColumnTypePrecisionScale   = (*rows)(nil)
	_ driver.RowsColumnTypeScanType         = (*rows)(nil)
)
