//go:build sfsql_mattn

package mattn

// #include "bridge.h"
import "C"

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// connection is mattn's connection with what its statements lack: a text of
// several statements runs whole, a missing parameter is an error, and values
// come as they are stored.
type connection struct {
	*sqlite3.SQLiteConn
	db *C.sqlite3
}

// PrepareContext prepares the first statement of a text.
func (c *connection) PrepareContext(_ context.Context, text string) (driver.Stmt, error) {
	before := C.sqlite3_next_stmt(c.db, nil)
	impl, err := c.SQLiteConn.Prepare(text)
	if err != nil {
		return nil, err
	}
	s := &statement{conn: c, impl: impl.(*sqlite3.SQLiteStmt)}
	if made := C.sqlite3_next_stmt(c.db, nil); made != before { // the newest comes first
		s.handle = made
	}
	if s.handle == nil {
		return s, nil // nothing but comments
	}
	first := C.GoString(C.sqlite3_sql(s.handle))
	rest, ok := strings.CutPrefix(text, first)
	if !ok {
		_ = s.Close() // the error below tells more
		return nil, fmt.Errorf("vtab: SQLite prepared another statement than the one it was given")
	}
	s.rest = rest
	return s, nil
}

// Prepare prepares the first statement of a text.
func (c *connection) Prepare(text string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), text)
}

// QueryContext runs the statements of a text and returns the rows of the last
// that has some.
func (c *connection) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	r, err := s.(*statement).QueryContext(ctx, args)
	if err != nil {
		_ = s.Close() // the first error tells more
		return nil, err
	}
	r.(*rows).owned = append(r.(*rows).owned, s)
	return r, nil
}

// ExecContext runs the statements of a text.
func (c *connection) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.(*statement).ExecContext(ctx, args)
}

var (
	_ driver.ConnPrepareContext = (*connection)(nil)
	_ driver.QueryerContext     = (*connection)(nil)
	_ driver.ExecerContext      = (*connection)(nil)
	_ driver.ConnBeginTx        = (*connection)(nil)
)
