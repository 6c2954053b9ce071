package shell

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"time"

	"github.com/sfsql/sfsql/internal/format"
)

// Read splits the statements of a script.
func Read(name string, r io.Reader) ([]Statement, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // editors on Windows begin files so
	statements := Split(string(text))
	for i := range statements {
		statements[i].Source = name
	}
	return statements, nil
}

// query runs a statement and writes its rows.
func (s *Shell) query(ctx context.Context, text string) error {
	args, err := s.arguments(text)
	if err != nil {
		return err
	}
	switch {
	case s.explain && s.cfg.ServerPlan:
		text = "EXPLAIN SOQL SERVER " + text
	case s.explain:
		text = "EXPLAIN SOQL " + text
	}
	s.progress.start(s.Stats)
	defer s.progress.stop()
	return s.rows(ctx, text, args, s.explain && !s.cfg.Plain)
}

// rows writes what a query returns, as a plan for people where plan says so.
func (s *Shell) rows(ctx context.Context, text string, args []any, plan bool) error {
	rows, err := s.org.Conn.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close() // closed in the good case too, where its error counts
	columns, err := columnsOf(rows)
	if err != nil {
		return err
	}
	switch {
	case len(columns) == 0: // no SELECT, so nothing to show
		for rows.Next() {
		}
		err = rows.Err()
	case plan:
		err = s.writePlan(rows)
	default:
		err = s.writeRows(rows, columns)
	}
	if err != nil {
		return err
	}
	return rows.Close()
}

// writeRows writes a result row by row.
func (s *Shell) writeRows(rows *sql.Rows, columns []format.Column) error {
	return s.result(columns, func(yield func([]any) error) error {
		values := make([]any, len(columns))
		dest := make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			if err := yield(values); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// result writes one result whose rows each yields in turn.
func (s *Shell) result(columns []format.Column, each func(yield func([]any) error) error) error {
	k, err := s.sink()
	if err != nil {
		return err
	}
	style := s.styleFor(k)
	if format.Binary(style.Mode) && k.results > 0 {
		return usagef("a file of mode %s holds one result: write each to a file of its own", style.Mode)
	}
	f := format.New(k.out, style, k.results == 0)
	k.results++
	if closer, ok := f.(io.Closer); ok {
		defer closer.Close() // of a result that breaks off; End has closed a whole one
	}
	if err := f.Begin(columns); err != nil {
		return err
	}
	err = each(func(values []any) error {
		if err := f.Row(values); err != nil {
			return err
		}
		return k.flushSometimes()
	})
	if err != nil {
		return err
	}
	return f.End()
}

// columnsOf returns the columns of a result with their types.
func columnsOf(rows *sql.Rows) ([]format.Column, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	out := make([]format.Column, len(types))
	for i, t := range types {
		out[i] = format.Column{Name: t.Name(), Type: t.DatabaseTypeName()}
	}
	return out, nil
}

// flushEvery bounds how long a row that has come waits in the buffer while
// others follow it.
const flushEvery = 100 * time.Millisecond
