// Package modernc puts modernc.org/sqlite behind the engine seam.
//
// It uses both of that module's faces: the driver for statements, and package
// lib, SQLite's whole C API, for the virtual tables. The public vtab package
// of the same module lacks what exact pushdown needs: the collation of a
// constraint, whole IN lists, the constants of a statement, and the error
// texts of xNext and xOpen.
//
// The C interface needs SQLite's handle of a connection, which the driver
// keeps to itself. An automatic extension, which SQLite calls for every new
// handle of the process, gives each connection a function that returns a
// number, and [Adopt] finds the handle by it. Other connections get nothing
// else.
//
// Package lib wants function and object pointers as uintptr; go vet is run
// with -unsafeptr=false here. Objects are kept alive by their connection, and
// SQLite's structures only carry their addresses.
package modernc

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/sfsql/sfsql/vtab/engine"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// conn is a connection with the hooks that it got.
type conn struct {
	driver.Conn
	*handle
	hooks *engine.Hooks
	owned bool // by this package: opened here
}

// Open opens a connection to a database file with the hooks. The name is a
// file: URI; its parameters may hold what the modernc driver understands.
func Open(ctx context.Context, name string, hooks *engine.Hooks) (engine.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dc, err := new(sqlite.Driver).Open(name)
	if err != nil {
		return nil, fmt.Errorf("vtab: opening the local database: %w", err)
	}
	c, err := adopt(ctx, dc, hooks, true)
	if err != nil {
		_ = dc.Close() // the first error tells more
		return nil, fmt.Errorf("vtab: opening the local database: %w", err)
	}
	return c, nil
}

// Adopt adds hooks to a connection of modernc's driver that was opened after
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
	h, err := handleOf(ctx, dc)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: dc, handle: h, hooks: hooks, owned: owned}
	var theirs engine.Names
	if !owned {
		if theirs, err = engine.NamesOf(ctx, dc.(driver.QueryerContext)); err != nil {
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
	if hooks.Read == nil {
		return c, nil
	}
	r, ok := dc.(sqlite.AuthorizerRegisterer)
	if !ok {
		return nil, fmt.Errorf("%T has no authorizer", dc)
	}
	return c, r.RegisterAuthorizer(func(action sqlite.AuthorizerActionCode, table, column, schema, _ string) sqlite.AuthorizerReturnCode {
		if action == sqlite.AuthRead {
			hooks.Read(schema, table, column)
		}
		return sqlite.AuthorizerOK
	})
}

// extend adds the hooks' collations, functions and modules to the handle. What
// another's hooks brought is left alone, since it may be in use, and so are the
// connection's own functions.
func (c *conn) extend(theirs engine.Names) error {
	tls := libc.NewTLS()
	defer tls.Close()
	for name, compare := range c.hooks.Collations {
		if c.collations[name] != nil {
			continue
		}
		if err := theirs.Collation(name); err != nil {
			return err
		}
		if err := c.createCollation(tls, name, compare); err != nil {
			return err
		}
	}
	for name, f := range c.hooks.Functions {
		if c.functions[name] != nil || theirs.Function(name, f.Args) {
			continue
		}
		if err := c.createFunction(tls, name, f); err != nil {
			return err
		}
	}
	for name := range c.hooks.Modules {
		if err := theirs.Module(name); err != nil {
			return err
		}
	}
	for name, m := range c.hooks.Modules {
		if err := c.createModule(tls, name, m); err != nil {
			return err
		}
	}
	return nil
}

// Engine returns the driver's connection.
func (c *conn) Engine() driver.Conn { return c.Conn }

// Interrupt stops what runs on the connection. https://sqlite.org/c3ref/interrupt.html
func (c *conn) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	tls := libc.NewTLS()
	defer tls.Close()
	sqlite3.Xsqlite3_interrupt(tls, c.db)
}

// The driver writes "SQL logic error: no such table: X (1)".
var frame = regexp.MustCompile(`(?s)^(?:SQL logic error: )?(.*?)(?: \(\d+\))?$`)

// Interrupted reports what SQLite has been told and nobody has noticed yet.
// https://sqlite.org/c3ref/interrupt.html
func (c *conn) Interrupted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	tls := libc.NewTLS()
	defer tls.Close()
	return sqlite3.Xsqlite3_is_interrupted(tls, c.db) != 0
}

// SQLiteError takes the driver's frame off an error of SQLite.
func (c *conn) SQLiteError(err error) (int, string, bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0, "", false
	}
	return e.Code(), frame.FindStringSubmatch(err.Error())[1], true
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
		if err := c.Conn.(sqlite.AuthorizerRegisterer).RegisterAuthorizer(nil); err != nil {
			return fmt.Errorf("vtab: giving the authorizer back: %w", err)
		}
	}
	tls := libc.NewTLS()
	defer tls.Close()
	for name := range c.hooks.Modules {
		zName := mustCString(name)
		rc := sqlite3.Xsqlite3_create_module_v2(tls, c.db, zName, 0, 0, 0)
		libc.Xfree(tls, zName)
		if rc != sqlite3.SQLITE_OK {
			return fmt.Errorf("vtab: SQLite keeps the module %s: code %d", name, rc)
		}
	}
	c.modules = slices.DeleteFunc(c.modules, func(m *module) bool { return m.conn == c })
	return nil
}
