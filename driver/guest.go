package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab"
)

// Attach adds an org's tables to a connection of the caller's own: a *sql.Conn
// or driver.Conn of the SQLite driver that this build has (modernc.org/sqlite,
// or github.com/mattn/go-sqlite3 with the tag sfsql_mattn), opened after this
// package was initialized. They join with the connection's other tables.
//
// The tables stand in an attached database of the name schema, together with
// the views sf_objects and others. They are those that objects name, or else
// those of the DSN's key objects: on such a connection none is made at first
// use, since statements do not pass through this package. For the same reason
// there is no soql('…'), no EXPLAIN SOQL, no relative date, and no advice from a
// statement's text (OR over columns, functions of a column, counts by groups):
// answers are the same, some cost more rows. Several orgs may be attached.
//
// The connection's authorizer is replaced, and none is left when the last org
// is detached; one that is set in between only costs calls. A collation SFID or
// SFTIME of the connection's own is refused, its functions are left alone. Scans
// obey ctx, and end when the connection is interrupted, as its own driver does
// when a statement's context ends. max_calls counts for each run of a statement.
//
// detach takes the tables away and ends the login. It fails while their rows
// are being read, in a transaction that has read them, and once a *sql.Conn is
// back in its pool; a connection that is closed is detached by that.
func Attach(ctx context.Context, conn any, schema, dsn string, objects ...string) (detach func() error, err error) {
	if schema == "" || strings.ContainsRune(schema, 0) {
		return nil, fmt.Errorf("salesforce: attaching an org: %q is no name for a schema", schema)
	}
	g := &guest{ctx: ctx, name: schema}
	if g.with, err = reach(conn); err != nil {
		return nil, err
	}
	cfg, err := guestConfig(dsn, objects)
	if err == nil {
		g.org, err = openOrg(ctx, cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("salesforce: attaching %s: %w", schema, err)
	}
	if err := g.with(g.attach); err != nil {
		_ = g.org.close() // the first error tells more
		return nil, fmt.Errorf("salesforce: attaching %s: %w", schema, err)
	}
	return g.end, nil
}

// reach returns how to do something with the driver's connection.
func reach(conn any) (func(do func(driver.Conn) error) error, error) {
	switch c := conn.(type) {
	case *sql.Conn:
		return func(do func(driver.Conn) error) error {
			return c.Raw(func(raw any) error {
				dc, ok := raw.(driver.Conn)
				if !ok {
					return fmt.Errorf("%T is no connection", raw)
				}
				return do(dc)
			})
		}, nil
	case driver.Conn:
		return func(do func(driver.Conn) error) error { return do(c) }, nil
	}
	return nil, fmt.Errorf("salesforce: attaching to a connection: %T is neither *sql.Conn nor driver.Conn", conn)
}

// guestConfig reads the DSN of an org for a connection of the caller's own.
func guestConfig(dsn string, objects []string) (*Config, error) {
	cfg, err := ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	if cfg.LocalFile != "" {
		return nil, &DSNError{Msg: "an attached org has no local file: local tables are the connection's"}
	}
	if cfg, err = cfg.ready(); err != nil {
		return nil, err
	}
	if len(objects) > 0 {
		cfg.Objects = objects
	}
	if len(cfg.Objects) == 0 {
		return nil, &DSNError{Key: "objects", Msg: "name the sObjects that shall be tables, here or as arguments of Attach: none is made at first use on a connection of your own"}
	}
	return cfg, nil
}

// guest is an org on a connection of the caller's own.
type guest struct {
	ctx  context.Context
	name string
	org  *org
	with func(do func(driver.Conn) error) error

	vt     *vtab.Conn
	place  *place
	ended  bool
	closed atomic.Bool // the connection is
}

func (g *guest) attach(dc driver.Conn) (err error) {
	if _, ours := dc.(*conn); ours {
		return errors.New("this is a connection of the driver salesforce, which takes ATTACH 'DSN' AS name")
	}
	if g.vt, err = vtab.Adopt(g.ctx, dc); err != nil {
		return err
	}
	quoted := planner.QuoteName(g.name)
	if err = execLocal(g.ctx, g.vt, "ATTACH ':memory:' AS "+quoted); err == nil {
		if err = g.fill(); err != nil {
			_ = execLocal(context.WithoutCancel(g.ctx), g.vt, "DETACH "+quoted) // the first error tells more
		}
	}
	if err != nil {
		_ = g.vt.Release()
	}
	return err
}

// fill makes the tables.
func (g *guest) fill() error {
	gone := func() {
		g.closed.Store(true)
		_ = g.org.close() // nobody is there to tell
	}
	schema := g.vt.AddGuest(g.ctx, g.name, g.org.schemaConfig(), gone)
	g.place = &place{org: g.org, schema: schema}
	err := g.place.defineViews(g.ctx, g.vt)
	if err == nil {
		err = g.place.define(g.ctx, g.vt, g.org.cfg.Objects)
	}
	if err != nil {
		g.vt.RemoveSchema(schema)
	}
	return err
}

// end detaches. The second time it does nothing, nor once the connection is
// closed.
func (g *guest) end() error {
	if g.ended || g.closed.Load() {
		return nil
	}
	err := g.with(func(driver.Conn) error {
		if err := execLocal(context.WithoutCancel(g.ctx), g.vt, "DETACH "+planner.QuoteName(g.name)); err != nil {
			return err
		}
		g.vt.RemoveSchema(g.place.schema)
		return g.vt.Release()
	})
	switch {
	case err == nil:
		g.ended = true
		return g.org.close()
	case g.closed.Load():
		return nil
	case errors.Is(err, sql.ErrConnDone):
		err = errors.New("the connection has gone back to its pool, where the tables stay until it is closed: detach before")
	}
	return fmt.Errorf("salesforce: detaching %s: %w", g.name, err)
}
