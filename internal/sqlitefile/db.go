package sqlitefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"modernc.org/libc"
	_ "modernc.org/sqlite" // its initialization completes package lib's
	sqlite3 "modernc.org/sqlite/lib"
)

// DB is an open SQLite file.
type DB struct {
	path string
	tls  *libc.TLS
	db   uintptr // sqlite3*; 0 once it is closed
	out  uintptr // where C leaves a pointer
}

// Error is what SQLite says.
type Error struct {
	Code int // the primary result code: https://sqlite.org/rescode.html
	Msg  string
}

func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.Msg, e.Code) }

// Is reports whether target is what SQLite's code stands for, as far as the
// system has a word for it.
func (e *Error) Is(target error) bool {
	return e.Code == sqlite3.SQLITE_FULL && target == syscall.ENOSPC
}

// IsUnique reports whether an error says that a value which must be unique
// comes twice.
func IsUnique(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == sqlite3.SQLITE_CONSTRAINT
}

const pointerSize = 8 // room enough for any

// Open opens the file at a path, which is made where there is none. What a
// killed process left of a transaction is undone by the first statement.
func Open(path string) (*DB, error) {
	path, err := filepath.Abs(path) // it may begin as a URI does
	if err != nil {
		return nil, fmt.Errorf("sqlitefile: %w", err)
	}
	d := &DB{path: path, tls: libc.NewTLS()}
	if d.out = libc.Xcalloc(d.tls, 1, pointerSize); d.out == 0 {
		d.tls.Close()
		return nil, errors.New("sqlitefile: out of memory")
	}
	err = d.withText(path, func(p uintptr) error {
		const flags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE | sqlite3.SQLITE_OPEN_NOMUTEX
		rc := sqlite3.Xsqlite3_open_v2(d.tls, p, d.out, flags, 0)
		d.db = d.pointer() // even a handle that could not open the file is to be closed
		return d.check("opening the file", rc)
	})
	if err != nil {
		_ = d.Close() // the first error tells more
		return nil, err
	}
	return d, nil
}

// Close closes the file. Inserts must have been closed, and what is not
// committed is lost.
func (d *DB) Close() error {
	if d.tls == nil {
		return nil
	}
	rc := sqlite3.Xsqlite3_close_v2(d.tls, d.db)
	libc.Xfree(d.tls, d.out)
	d.tls.Close()
	d.tls, d.db = nil, 0
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("sqlitefile: closing %s: code %d", d.path, rc)
	}
	return nil
}

// Exec runs statements that return no rows.
func (d *DB) Exec(sql string) error {
	return d.withText(sql, func(p uintptr) error {
		return d.check(firstWords(sql), sqlite3.Xsqlite3_exec(d.tls, d.db, p, 0, 0, 0))
	})
}

// Int returns the whole number that a statement's one row has.
func (d *DB) Int(sql string) (int64, error) {
	stmt, err := d.prepare(sql)
	if err != nil {
		return 0, err
	}
	defer d.finalize(stmt)
	if rc := sqlite3.Xsqlite3_step(d.tls, stmt); rc != sqlite3.SQLITE_ROW {
		return 0, d.check(firstWords(sql), rc)
	}
	return sqlite3.Xsqlite3_column_int64(d.tls, stmt, 0), nil
}

func (d *DB) prepare(sql string) (stmt uintptr, err error) {
	err = d.withText(sql, func(p uintptr) error {
		return d.check(firstWords(sql), sqlite3.Xsqlite3_prepare_v2(d.tls, d.db, p, -1, d.out, 0))
	})
	if err != nil {
		return 0, err
	}
	return d.pointer(), nil
}

// finalize frees a statement, or nothing for 0. Its result is that of the step
// before.
func (d *DB) finalize(stmt uintptr) { sqlite3.Xsqlite3_finalize(d.tls, stmt) }

// pointer returns what C has left.
func (d *DB) pointer() uintptr {
	return uintptr(binary.NativeEndian.Uint64(libc.GoBytes(d.out, pointerSize)))
}

// withText lends a text to C.
func (d *DB) withText(text string, use func(p uintptr) error) error {
	p, err := libc.CString(text)
	if err != nil {
		return fmt.Errorf("sqlitefile: %w", err)
	}
	defer libc.Xfree(d.tls, p)
	return use(p)
}

// check returns the error of a result code.
func (d *DB) check(doing string, rc int32) error {
	if rc == sqlite3.SQLITE_OK || rc == sqlite3.SQLITE_DONE || rc == sqlite3.SQLITE_ROW {
		return nil
	}
	e := &Error{Code: int(rc & 0xff), Msg: "out of memory"}
	if d.db != 0 {
		e.Msg = libc.GoString(sqlite3.Xsqlite3_errmsg(d.tls, d.db))
	}
	return fmt.Errorf("sqlitefile: %s: %s: %w", d.path, doing, e)
}

// firstWords tells what a statement is without its names and values.
func firstWords(sql string) string {
	words := strings.Fields(sql)
	return strings.Join(words[:min(2, len(words))], " ")
}
