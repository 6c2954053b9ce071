//go:build sfsql_mattn

package mattn

/*
#cgo CFLAGS: -std=gnu99
#cgo darwin LDFLAGS: -Wl,-undefined,dynamic_lookup
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime/cgo"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/mattn/go-sqlite3"

	"github.com/sfsql/sfsql/vtab/engine"
)

// tokenParameter is the URI parameter that tells our connections from others.
const tokenParameter = "sfsql_connection"

var (
	registerOnce sync.Once
	registerErr  error

	tokens  atomic.Int64
	opening sync.Map // token → *conn, while sqlite3_open_v2 runs
)

// conn is a connection with what its SQLite handle refers to.
type conn struct {
	driver.Conn
	hooks *engine.Hooks

	// mu keeps Interrupt away from a closed handle.
	mu sync.Mutex
	db *C.sqlite3

	handles []cgo.Handle // of modules and collations
	err     error        // of the automatic extension
}

// Open opens a connection to a database file with the hooks. The name is a
// file: URI; its parameters may hold what SQLite understands, and
// _pragma=name(value).
func Open(ctx context.Context, name string, hooks *engine.Hooks) (engine.Conn, error) {
	registerOnce.Do(func() { registerErr = register() })
	if registerErr != nil {
		return nil, registerErr
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name, pragmas, err := cutPragmas(name)
	if err != nil {
		return nil, err
	}
	c := &conn{hooks: hooks}
	token := strconv.FormatInt(tokens.Add(1), 36)
	opening.Store(token, c)
	defer opening.Delete(token)
	sep := "?"
	if strings.Contains(name, "?") {
		sep = "&"
	}
	dc, err := (&sqlite3.SQLiteDriver{}).Open(name + sep + tokenParameter + "=" + token)
	if err == nil {
		err = c.err
	}
	if err == nil && c.db == nil {
		err = fmt.Errorf("vtab: SQLite did not call the extension for %s", name)
	}
	if err == nil {
		err = c.prepare(dc.(*sqlite3.SQLiteConn), pragmas)
	}
	if err != nil {
		if dc != nil {
			_ = dc.Close() // the first error tells more
		}
		c.release()
		return nil, fmt.Errorf("vtab: opening the local database: %w", err)
	}
	c.Conn = &connection{SQLiteConn: dc.(*sqlite3.SQLiteConn), db: c.db}
	return c, nil
}

func register() error {
	if rc := C.sf_register(); rc != C.SQLITE_OK {
		return fmt.Errorf("vtab: SQLite refused the automatic extension: code %d", rc)
	}
	return nil
}

func (c *conn) prepare(dc *sqlite3.SQLiteConn, pragmas []string) error {
	for _, p := range pragmas {
		if _, err := dc.Exec("PRAGMA "+p, nil); err != nil {
			return err
		}
	}
	if c.hooks.Read != nil {
		dc.RegisterAuthorizer(func(action int, table, column, schema string) int {
			if action == sqlite3.SQLITE_READ {
				c.hooks.Read(schema, table, column)
			}
			return sqlite3.SQLITE_OK
		})
	}
	return nil
}

//export sfsqlInit
func sfsqlInit(db *C.sqlite3, pzErr **C.char) C.int {
	parameter := C.CString(tokenParameter)
	defer C.free(unsafe.Pointer(parameter))
	token := C.sf_token(db, parameter)
	if token == nil {
		return C.SQLITE_OK // not one of ours
	}
	v, ok := opening.Load(C.GoString(token))
	if !ok {
		return C.SQLITE_OK
	}
	c := v.(*conn)
	c.db = db
	if c.err = c.extend(); c.err != nil {
		setError(pzErr, c.err)
		return C.SQLITE_ERROR
	}
	return C.SQLITE_OK
}

// extend adds the hooks' modules and collations to the handle.
func (c *conn) extend() error {
	for name, m := range c.hooks.Modules {
		zName := C.CString(name)
		rc := C.sf_create_module(c.db, zName, c.keep(&module{c, m}))
		C.free(unsafe.Pointer(zName))
		if rc != C.SQLITE_OK {
			return fmt.Errorf("vtab: SQLite refused the module %s: code %d", name, rc)
		}
	}
	for name, compare := range c.hooks.Collations {
		zName := C.CString(name)
		rc := C.sf_create_collation(c.db, zName, c.keep(compare))
		C.free(unsafe.Pointer(zName))
		if rc != C.SQLITE_OK {
			return fmt.Errorf("vtab: SQLite refused the collation %s: code %d", name, rc)
		}
	}
	return nil
}

// keep makes a handle that lives as long as the connection.
func (c *conn) keep(v any) C.uintptr_t {
	h := cgo.NewHandle(v)
	c.handles = append(c.handles, h)
	return C.uintptr_t(h)
}

func (c *conn) release() {
	for _, h := range c.handles {
		h.Delete()
	}
	c.handles = nil
}

// Engine returns the driver's connection.
func (c *conn) Engine() driver.Conn { return c.Conn }

// Interrupt stops what runs on the connection. https://sqlite.org/c3ref/interrupt.html
func (c *conn) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db != nil {
		C.sqlite3_interrupt(c.db)
	}
}

// SQLiteError returns the driver's code and text, which are SQLite's own.
func (c *conn) SQLiteError(err error) (int, string, bool) {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return 0, "", false
	}
	code := int(e.Code)
	if e.ExtendedCode != 0 {
		code = int(e.ExtendedCode)
	}
	return code, e.Error(), true
}

// Close closes the connection; SQLite disconnects its tables.
func (c *conn) Close() error {
	c.mu.Lock()
	c.db = nil
	c.mu.Unlock()
	err := c.Conn.Close()
	c.release()
	return err
}
