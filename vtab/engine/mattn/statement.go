//go:build sfsql_mattn

package mattn

// #include "bridge.h"
import "C"

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"
)

// statement is a prepared statement, and the text that follows it. That text
// is prepared when its turn comes: it may name what the statement makes.
type statement struct {
	conn   *connection
	impl   *sqlite3.SQLiteStmt
	handle *C.sqlite3_stmt // nil where there is no statement
	rest   string
}

func (s *statement) NumInput() int { return -1 }
func (s *statement) Close() error  { return s.impl.Close() }

// Exec runs the statement without a context.
func (s *statement) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

// Query runs the statement without a context.
func (s *statement) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// ExecContext runs the statement and what follows it, and returns the last
// one's result. Whoever called watches ctx: mattn's driver would watch it once
// more.
func (s *statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	r := driver.Result(driver.RowsAffected(0))
	if s.handle != nil {
		bound, err := s.arguments(args)
		if err != nil {
			return nil, err
		}
		if r, err = s.impl.ExecContext(context.WithoutCancel(ctx), bound); err != nil {
			return nil, err
		}
	}
	if strings.TrimSpace(s.rest) == "" {
		return r, nil
	}
	next, err := s.conn.PrepareContext(ctx, s.rest)
	if err != nil {
		return nil, err
	}
	defer next.Close()
	if next.(*statement).handle == nil {
		return r, nil
	}
	return next.(*statement).ExecContext(ctx, args)
}

// QueryContext runs the statement and what follows it, and returns the rows
// of the last one that has some.
func (s *statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	var last *rows
	for at := s; ; {
		r, err := at.query(ctx, args)
		if err != nil {
			if last != nil {
				_ = last.Close() // the first error tells more
			}
			if at != s {
				_ = at.Close()
			}
			return nil, err
		}
		if at != s {
			r.owned = append(r.owned, at)
		}
		if last == nil || r.pending != nil {
			last, r = r, last
		}
		if r != nil {
			_ = r.Close() // read as far as it matters
		}
		if strings.TrimSpace(at.rest) == "" {
			return last, nil
		}
		next, err := s.conn.PrepareContext(ctx, at.rest)
		if err != nil {
			_ = last.Close() // the first error tells more
			return nil, err
		}
		at = next.(*statement)
	}
}

// query runs one statement up to its first row.
func (s *statement) query(ctx context.Context, args []driver.NamedValue) (*rows, error) {
	if s.handle == nil {
		return &rows{done: true}, nil
	}
	bound, err := s.arguments(args)
	if err != nil {
		return nil, err
	}
	impl, err := s.impl.QueryContext(context.WithoutCancel(ctx), bound)
	if err != nil {
		return nil, err
	}
	r := &rows{impl: impl, handle: s.handle}
	r.readTypes()
	first := make([]driver.Value, len(r.types))
	switch err := r.Next(first); {
	case errors.Is(err, io.EOF):
		r.done = true
	case err != nil:
		_ = r.Close() // the first error tells more
		return nil, err
	default:
		r.pending = first
	}
	return r, nil
}

// arguments returns the values of the statement's parameters in their order.
// ?2 and $2 take the second argument, :name, @name and $name the named one.
func (s *statement) arguments(args []driver.NamedValue) ([]driver.NamedValue, error) {
	n := int(C.sqlite3_bind_parameter_count(s.handle))
	out := make([]driver.NamedValue, 0, n)
	for i := 1; i <= n; i++ {
		name := ""
		if z := C.sqlite3_bind_parameter_name(s.handle, C.int(i)); z != nil {
			name = C.GoString(z)
		}
		v, ok := argument(args, name, i)
		switch {
		case ok:
			out = append(out, driver.NamedValue{Ordinal: i, Value: v})
		case name != "":
			return nil, fmt.Errorf("missing named argument %q", name[1:])
		default:
			return nil, fmt.Errorf("missing argument with index %d", i)
		}
	}
	return out, nil
}

func argument(args []driver.NamedValue, name string, i int) (driver.Value, bool) {
	for _, a := range args {
		switch {
		case name == "" && a.Ordinal == i,
			name != "" && a.Name == name[1:],
			name != "" && strings.ContainsRune("?$", rune(name[0])) && name[1:] == strconv.Itoa(a.Ordinal):
			return a.Value, true
		}
	}
	return nil, false
}

// rows are the rows of a statement.
type rows struct {
	impl    driver.Rows // nil where there was no statement
	handle  *C.sqlite3_stmt
	types   []string
	raw     []int // columns that mattn's driver would rewrite by their declared type
	pending []driver.Value
	done    bool
	owned   []driver.Stmt // closed with the rows
}

func (r *rows) readTypes() {
	for i := range r.impl.Columns() {
		decl := ""
		if z := C.sqlite3_column_decltype(r.handle, C.int(i)); z != nil {
			decl = strings.ToUpper(C.GoString(z))
		}
		r.types = append(r.types, decl)
		switch decl {
		case "DATE", "DATETIME", "TIMESTAMP", "BOOLEAN":
			r.raw = append(r.raw, i)
		}
	}
}

// Columns returns the columns' names.
func (r *rows) Columns() []string {
	if r.impl == nil {
		return nil
	}
	return r.impl.Columns()
}

// ColumnTypeDatabaseTypeName returns the declared type in upper case.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string { return r.types[i] }

// Next fills dest with the next row.
func (r *rows) Next(dest []driver.Value) error {
	switch {
	case r.done:
		return io.EOF
	case r.pending != nil:
		copy(dest, r.pending)
		r.pending = nil
		return nil
	}
	if err := r.impl.Next(dest); err != nil {
		return err
	}
	for _, i := range r.raw {
		dest[i] = r.stored(i)
	}
	return nil
}

// stored returns a value as SQLite has it, but for a text that is a time in a
// column that is declared so: mattn's driver makes a zero time of a text that
// is none, and a truth of every number.
func (r *rows) stored(i int) driver.Value {
	var v C.sf_value
	C.sf_read_value(C.sqlite3_column_value(r.handle, C.int(i)), &v)
	switch v._type {
	case C.SQLITE_INTEGER:
		return int64(v.i)
	case C.SQLITE_FLOAT:
		return float64(v.r)
	case C.SQLITE_BLOB:
		return append([]byte{}, bytesAt(v.p, v.n)...)
	case C.SQLITE_TEXT:
		text := string(bytesAt(v.p, v.n))
		if r.types[i] == "BOOLEAN" {
			return text
		}
		return timeOf(text)
	}
	return nil
}

func timeOf(text string) driver.Value {
	for _, layout := range sqlite3.SQLiteTimestampFormats {
		if t, err := time.Parse(layout, strings.TrimSuffix(text, "Z")); err == nil {
			return t
		}
	}
	return text
}

// Close ends the rows, and the statements that only they had.
func (r *rows) Close() error {
	var err error
	if r.impl != nil {
		err = r.impl.Close()
	}
	for _, s := range r.owned {
		_ = s.Close() // its last error was that of the rows
	}
	r.done, r.owned = true, nil
	return err
}

var (
	_ driver.StmtQueryContext               = (*statement)(nil)
	_ driver.StmtExecContext                = (*statement)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
)
