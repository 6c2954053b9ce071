package main

import (
	"bufio"
	"context"
	"database/sql"
	"io"
	"time"

	"github.com/sfsql/sfsql/internal/format"
)

// session runs statements on one connection and writes their results.
type session struct {
	conn    *sql.Conn
	out     *bufio.Writer
	style   format.Style
	explain bool // show what statements would ask of the org, and run none
	server  bool // beside that ask Salesforce for its own plans
	plain   bool // show that as rows, in the style's mode

	results int       // written so far
	flushed time.Time // when out was last emptied
}

// flushEvery bounds how long a row that has come waits in the buffer while
// others follow it.
const flushEvery = 100 * time.Millisecond

// run runs the statements up to the first that fails.
func (s *session) run(ctx context.Context, statements []statement) error {
	for i, st := range statements {
		err := s.runOne(ctx, st.text)
		// Rows that came before an error are the user's to see.
		if flushErr := s.out.Flush(); err == nil {
			err = flushErr
		}
		if err != nil && len(statements) > 1 {
			return &statementError{statement: st, number: i + 1, err: err}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *session) runOne(ctx context.Context, text string) error {
	switch {
	case s.server:
		text = "EXPLAIN SOQL SERVER " + text
	case s.explain:
		text = "EXPLAIN SOQL " + text
	}
	rows, err := s.conn.QueryContext(ctx, text)
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
	case s.explain && !s.plain:
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
func (s *session) writeRows(rows *sql.Rows, columns []format.Column) error {
	if format.Binary(s.style.Mode) && s.results > 0 {
		return usagef("a file of mode %s holds one result: write each to a file of its own", s.style.Mode)
	}
	f := format.New(s.out, s.style, s.results == 0)
	s.results++
	if closer, ok := f.(io.Closer); ok {
		defer closer.Close() // of a result that breaks off; End has closed a whole one
	}
	if err := f.Begin(columns); err != nil {
		return err
	}
	values := make([]any, len(columns))
	dest := make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := f.Row(values); err != nil {
			return err
		}
		if err := s.flushSometimes(); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
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

func (s *session) flushSometimes() error {
	if now := time.Now(); now.Sub(s.flushed) >= flushEvery {
		s.flushed = now
		return s.out.Flush()
	}
	return nil
}
