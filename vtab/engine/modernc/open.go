// Package modernc puts modernc.org/sqlite behind the engine seam.
//
// It uses both of that module's faces: the driver for statements, and package
// lib, SQLite's whole C API, for the virtual tables. The public vtab package
// of the same module lacks what exact pushdown needs: the collation of a
// constraint, whole IN lists, the constants of a statement, and the error
// texts of xNext and xOpen.
//
// A connection gets its modules from an automatic extension, the one moment
// at which SQLite shows a new handle. That hook is process-wide, so it looks
// for a parameter in the connection's URI and leaves every other connection
// alone.
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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sfsql/sfsql/vtab/engine"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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
	mu  sync.Mutex
	db  uintptr
	tls *libc.TLS // for calls of Interrupt, which come from other goroutines

	modules   []*module // keeps them alive for SQLite
	colls     []*collation
	functions []*function
	tables    map[*table]struct{}
	err       error // of the automatic extension
}

// Open opens a connection to a database file with the hooks. The name is a
// file: URI; its parameters may hold what the modernc driver understands.
func Open(ctx context.Context, name string, hooks *engine.Hooks) (engine.Conn, error) {
	registerOnce.Do(func() { registerErr = registerExtension() })
	if registerErr != nil {
		return nil, registerErr
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &conn{hooks: hooks, tables: make(map[*table]struct{})}
	token := strconv.FormatInt(tokens.Add(1), 36)
	opening.Store(token, c)
	defer opening.Delete(token)
	sep := "?"
	if strings.Contains(name, "?") {
		sep = "&"
	}
	dc, err := new(sqlite.Driver).Open(name + sep + tokenParameter + "=" + token)
	if err == nil {
		err = c.err
	}
	if err == nil && c.db == 0 {
		err = fmt.Errorf("vtab: SQLite did not call the extension for %s", name)
	}
	if err == nil {
		err = c.authorize(dc)
	}
	if err != nil {
		if dc != nil {
			_ = dc.Close() // the first error tells more
		}
		return nil, fmt.Errorf("vtab: opening the local database: %w", err)
	}
	c.Conn, c.tls = dc, libc.NewTLS()
	return c, nil
}

func (c *conn) authorize(dc driver.Conn) error {
	if c.hooks.Read == nil {
		return nil
	}
	r, ok := dc.(sqlite.AuthorizerRegisterer)
	if !ok {
		return fmt.Errorf("%T has no authorizer", dc)
	}
	return r.RegisterAuthorizer(func(action sqlite.AuthorizerActionCode, table, column, schema, _ string) sqlite.AuthorizerReturnCode {
		if action == sqlite.AuthRead {
			c.hooks.Read(schema, table, column)
		}
		return sqlite.AuthorizerOK
	})
}

// Engine returns the driver's connection.
func (c *conn) Engine() driver.Conn { return c.Conn }

// Interrupt stops what runs on the connection. https://sqlite.org/c3ref/interrupt.html
func (c *conn) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db != 0 {
		sqlite3.Xsqlite3_interrupt(c.tls, c.db)
	}
}

// The driver writes "SQL logic error: no such table: X (1)".
var frame = regexp.MustCompile(`(?s)^(?:SQL logic error: )?(.*?)(?: \(\d+\))?$`)

// SQLiteError takes the driver's frame off an error of SQLite.
func (c *conn) SQLiteError(err error) (int, string, bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0, "", false
	}
	return e.Code(), frame.FindStringSubmatch(err.Error())[1], true
}

// Close closes the connection; SQLite disconnects its tables.
func (c *conn) Close() error {
	c.mu.Lock()
	if c.db != 0 {
		c.db = 0
		c.tls.Close()
	}
	c.mu.Unlock()
	return c.Conn.Close()
}
