package sqlitefile

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Insert adds rows to the end of a table, several with each statement.
type Insert struct {
	d     *DB
	width int
	most  int   // rows of a statement
	held  []any // the values of rows that wait for others
	texts int   // bytes of their texts

	one, several uintptr // statements of one row and of most
	lent         uintptr // the texts of a statement, in C's memory
	bytes        []byte  // the same memory
}

// How large a statement gets: starting one costs as much as a row, and SQLite
// has 32,766 parameters.
const (
	mostRows       = 16
	mostBytes      = 1 << 20 // of texts; larger rows gain nothing from company
	mostParameters = 32_766
)

// Insert prepares inserting rows of so many columns.
func (d *DB) Insert(table string, columns int) (_ *Insert, err error) {
	s := &Insert{d: d, width: columns, most: max(1, min(mostRows, mostParameters/columns))}
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	text := `INSERT INTO "` + strings.ReplaceAll(table, `"`, `""`) + `" VALUES ` + row
	if s.one, err = d.prepare(text); err != nil {
		return nil, err
	}
	if s.several, err = d.prepare(text + strings.Repeat(","+row, s.most-1)); err == nil {
		err = s.grow(1 << 14)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Row adds a row of nil, int64, float64, bool, string and []byte. The slice may
// be used again at once, the bytes in it after the next Flush.
func (s *Insert) Row(values []any) error {
	s.held = append(s.held, values...)
	s.texts += textBytes(values)
	switch {
	case s.texts > mostBytes:
		return s.Flush()
	case len(s.held) < s.most*s.width:
		return nil
	}
	err := s.run(s.several, s.held)
	s.held, s.texts = s.held[:0], 0
	return err
}

// Flush inserts the rows that wait for others.
func (s *Insert) Flush() error {
	defer func() {
		clear(s.held) // or what is large would stay
		s.held, s.texts = s.held[:0], 0
	}()
	for rest := s.held; len(rest) > 0; rest = rest[s.width:] {
		if err := s.run(s.one, rest[:s.width]); err != nil {
			return err
		}
	}
	return nil
}

// run inserts the values that a statement has parameters for.
func (s *Insert) run(stmt uintptr, values []any) error {
	if err := s.lend(values); err != nil {
		return err
	}
	at := s.lent
	for i, v := range values {
		size, err := s.bind(stmt, i, v, at)
		if err != nil {
			return err
		}
		at += size
	}
	sqlite3.Xsqlite3_step(s.d.tls, stmt)
	// Resetting returns the error of the step.
	return s.d.check("inserting rows", sqlite3.Xsqlite3_reset(s.d.tls, stmt))
}

// static tells SQLite that a text stays where it is until another is bound.
// https://sqlite.org/c3ref/c_static.html
const static = 0

// bind binds a value, of which at is where C has it, if it is a text, and
// returns how long that is.
func (s *Insert) bind(stmt uintptr, i int, v any, at uintptr) (size uintptr, err error) {
	var rc int32
	tls, param := s.d.tls, int32(i+1)
	switch v := v.(type) {
	case nil:
		rc = sqlite3.Xsqlite3_bind_null(tls, stmt, param)
	case int64:
		rc = sqlite3.Xsqlite3_bind_int64(tls, stmt, param, v)
	case float64:
		rc = sqlite3.Xsqlite3_bind_double(tls, stmt, param, v)
	case bool:
		var n int32
		if v {
			n = 1
		}
		rc = sqlite3.Xsqlite3_bind_int(tls, stmt, param, n)
	case string:
		size = uintptr(len(v))
		rc = sqlite3.Xsqlite3_bind_text(tls, stmt, param, at, int32(len(v)), static)
	case []byte:
		size = uintptr(len(v))
		rc = sqlite3.Xsqlite3_bind_blob(tls, stmt, param, at, int32(len(v)), static)
	default:
		return 0, fmt.Errorf("sqlitefile: SQLite has no type for the %T in column %d", v, i%s.width+1)
	}
	return size, s.d.check("binding a value", rc)
}

// lend copies the texts of a statement to where C may read them.
func (s *Insert) lend(values []any) error {
	need := textBytes(values)
	if need > math.MaxInt32 {
		return fmt.Errorf("sqlitefile: rows with %d bytes are too much for SQLite", need)
	}
	if need > len(s.bytes) {
		if err := s.grow(need); err != nil {
			return err
		}
	}
	to := s.bytes[:0]
	for _, v := range values {
		switch v := v.(type) {
		case string:
			to = append(to, v...)
		case []byte:
			to = append(to, v...)
		}
	}
	return nil
}

func textBytes(values []any) (n int) {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	return n
}

// grow makes the memory larger. It has a byte more, so that the place of an
// empty text behind all others is in it, too.
func (s *Insert) grow(need int) error {
	s.free()
	room := need + need/2
	if s.lent = libc.Xmalloc(s.d.tls, libc.Tsize_t(room+1)); s.lent == 0 {
		return errors.New("sqlitefile: out of memory")
	}
	s.bytes = libc.GoBytes(s.lent, room)
	return nil
}

// free gives the memory back. No statement may point into it then.
func (s *Insert) free() {
	for _, stmt := range []uintptr{s.one, s.several} {
		if stmt != 0 {
			sqlite3.Xsqlite3_clear_bindings(s.d.tls, stmt)
		}
	}
	if s.lent != 0 {
		libc.Xfree(s.d.tls, s.lent)
	}
	s.lent, s.bytes = 0, nil
}

// Close frees the statements. Rows that wait are not inserted.
func (s *Insert) Close() {
	s.free()
	s.d.finalize(s.one)
	s.d.finalize(s.several)
	s.one, s.several = 0, 0
}
