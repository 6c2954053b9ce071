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
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/mattn/go-sqlite3"

	"github.com/sfsql/sfsql/vtab/engine"
)

// tokenFunction is the SQL function by which a connection tells which one of
// SQLite's handles it has.
const tokenFunction = "sfsql_connection"

// registered is the outcome of asking SQLite to show every new handle.
// https://sqlite.org/c3ref/auto_extension.html
var registered = C.sf_register()

var (
	tokens atomic.Uint64
	live   sync.Map // token → *handle
)

// handle is an open connection of any program's part.
type handle struct {
	db *C.sqlite3

	mu         sync.Mutex // against closing
	closed     bool
	collations map[string]bool
	functions  map[string]bool
	kept       map[cgo.Handle]*conn // of modules, collations and functions, and whose they are
	told       []*conn              // who wants to hear of the closing
}

//export sfsqlInit
func sfsqlInit(db *C.sqlite3) C.int {
	token := tokens.Add(1)
	name := C.CString(tokenFunction)
	defer C.free(unsafe.Pointer(name))
	live.Store(token, &handle{db: db, collations: make(map[string]bool), functions: make(map[string]bool), kept: make(map[cgo.Handle]*conn)})
	if C.sf_mark(db, name, C.uintptr_t(token)) != C.SQLITE_OK {
		live.Delete(token) // whoever opened it is not to suffer; Adopt will say so
	}
	return C.SQLITE_OK
}

//export sfsqlForget
func sfsqlForget(token C.uintptr_t) {
	v, ok := live.LoadAndDelete(uint64(token))
	if !ok {
		return
	}
	h := v.(*handle)
	h.mu.Lock()
	h.closed = true
	told := h.told
	for k := range h.kept {
		k.Delete()
	}
	h.mu.Unlock()
	for _, c := range told {
		c.hooks.Closed()
	}
}

// conn is a connection with the hooks that it got.
type conn struct {
	driver.Conn
	*handle
	hooks *engine.Hooks
	owned bool // by this package: opened here
}

// Open opens a connection to a database file with the hooks. The name is a
// file: URI; its parameters may hold what SQLite understands, and
// _pragma=name(value).
func Open(ctx context.Context, name string, hooks *engine.Hooks) (engine.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name, pragmas, err := cutPragmas(name)
	if err != nil {
		return nil, err
	}
	dc, err := (&sqlite3.SQLiteDriver{}).Open(name)
	if err != nil {
		return nil, fmt.Errorf("vtab: opening the local database: %w", err)
	}
	c, err := adopt(ctx, dc, hooks, true)
	for _, p := range pragmas {
		if err == nil {
			_, err = dc.(*sqlite3.SQLiteConn).Exec("PRAGMA "+p, nil)
		}
	}
	if err != nil {
		_ = dc.Close() // the first error tells more
		return nil, fmt.Errorf("vtab: opening the local database: %w", err)
	}
	return c, nil
}

// Adopt adds hooks to a connection of mattn's driver that was opened after
// this package was initialized. Names of modules must be new to it; the
// connection's authorizer is replaced.
func Adopt(ctx context.Context, dc driver.Conn, hooks *engine.Hooks) (engine.Conn, error) {
	c, err := adopt(ctx, dc, hooks, false)
	if err != nil {
		return nil, fmt.Errorf("vtab: adding tables to a connection: %w", err)
	}
	return c, nil
}

func adopt(ctx context.Context, dc driver.Conn, hooks *engine.Hooks, owned bool) (engine.Conn, error) {
	mc, ok := dc.(*sqlite3.SQLiteConn)
	if !ok {
		return nil, fmt.Errorf("%T is no connection of github.com/mattn/go-sqlite3", dc)
	}
	h, err := handleOf(ctx, mc)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: &connection{SQLiteConn: mc, db: h.db}, handle: h, hooks: hooks, owned: owned}
	var theirs engine.Names
	if !owned {
		if theirs, err = engine.NamesOf(ctx, mc); err != nil {
			return nil, err
		}
	}
	if err := c.extend(theirs); err != nil {
		return nil, err
	}
	if hooks.Closed != nil {
		h.mu.Lock()
		h.told = append(h.told, c)
		h.mu.Unlock()
	}
	if hooks.Read != nil {
		mc.RegisterAuthorizer(func(action int, table, column, schema string) int {
			if action == sqlite3.SQLITE_READ {
				hooks.Read(schema, table, column)
			}
			return sqlite3.SQLITE_OK
		})
	}
	return c, nil
}

// handleOf asks a connection which handle it has.
func handleOf(ctx context.Context, mc *sqlite3.SQLiteConn) (*handle, error) {
	if registered != C.SQLITE_OK {
		return nil, fmt.Errorf("SQLite refused the automatic extension: code %d", registered)
	}
	rows, err := mc.QueryContext(ctx, "SELECT "+tokenFunction+"()", nil)
	if err != nil {
		return nil, fmt.Errorf("the connection does not know this package, as one that was opened before it was initialized: %w", err)
	}
	defer rows.Close()
	dest := make([]driver.Value, 1)
	if err := rows.Next(dest); err != nil {
		return nil, err
	}
	token, _ := dest[0].(int64)
	h, ok := live.Load(uint64(token))
	if !ok {
		return nil, errors.New("the connection does not know this package")
	}
	return h.(*handle), nil
}

// extend adds the hooks' collations, functions and modules to the handle. What
// another's hooks brought is left alone, since it may be in use, and so are the
// connection's own functions.
func (c *conn) extend(theirs engine.Names) error {
	for name, compare := range c.hooks.Collations {
		if c.collations[name] {
			continue
		}
		if err := theirs.Collation(name); err != nil {
			return err
		}
		zName := C.CString(name)
		rc := C.sf_create_collation(c.db, zName, c.keep(compare, nil))
		C.free(unsafe.Pointer(zName))
		if rc != C.SQLITE_OK {
			return fmt.Errorf("SQLite refused the collation %s: code %d", name, rc)
		}
		c.collations[name] = true
	}
	for name, f := range c.hooks.Functions {
		if c.functions[name] || theirs.Function(name, f.Args) {
			continue
		}
		zName := C.CString(name)
		rc := C.sf_create_function(c.db, zName, C.int(f.Args), c.keep(f, nil))
		C.free(unsafe.Pointer(zName))
		if rc != C.SQLITE_OK {
			return fmt.Errorf("SQLite refused the function %s: code %d", name, rc)
		}
		c.functions[name] = true
	}
	return c.createModules(theirs)
}

func (c *conn) createModules(theirs engine.Names) error {
	for name := range c.hooks.Modules {
		if err := theirs.Module(name); err != nil {
			return err
		}
	}
	for name, m := range c.hooks.Modules {
		zName := C.CString(name)
		rc := C.sf_create_module(c.db, zName, c.keep(&module{c, m}, c))
		C.free(unsafe.Pointer(zName))
		if rc != C.SQLITE_OK {
			return fmt.Errorf("SQLite refused the module %s: code %d", name, rc)
		}
	}
	return nil
}

// keep makes a handle that lives as long as what it is of: the connection, or
// the conn whose Close takes it away.
func (h *handle) keep(v any, of *conn) C.uintptr_t {
	k := cgo.NewHandle(v)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept[k] = of
	return C.uintptr_t(k)
}

// Engine returns the driver's connection.
func (c *conn) Engine() driver.Conn { return c.Conn }

// Interrupt stops what runs on the connection. https://sqlite.org/c3ref/interrupt.html
func (c *conn) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		C.sqlite3_interrupt(c.db)
	}
}

// Interrupted reports what SQLite has been told and nobody has noticed yet.
// https://sqlite.org/c3ref/interrupt.html
func (c *conn) Interrupted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.closed && C.sqlite3_is_interrupted(c.db) != 0
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

// Close closes the connection where this package opened it; SQLite disconnects
// its tables. From another it takes the modules, whose tables must be gone.
func (c *conn) Close() error {
	if c.owned {
		return c.Conn.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = slices.DeleteFunc(c.told, func(o *conn) bool { return o == c })
	if c.closed {
		return nil
	}
	if c.hooks.Read != nil {
		c.Conn.(*connection).RegisterAuthorizer(nil)
	}
	for name := range c.hooks.Modules {
		zName := C.CString(name)
		rc := C.sf_drop_module(c.db, zName)
		C.free(unsafe.Pointer(zName))
		if rc != C.SQLITE_OK {
			return fmt.Errorf("vtab: SQLite keeps the module %s: code %d", name, rc)
		}
	}
	for k, of := range c.kept {
		if of == c {
			delete(c.kept, k)
			k.Delete()
		}
	}
	return nil
}
