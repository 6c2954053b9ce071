package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab"
)

// schemaName is the attached schema that holds the org's tables.
const schemaName = "salesforce"

// conn is one connection: a SQLite of its own over the shared org.
type conn struct {
	connector *Connector
	org       *org
	places    []*place // org's, then those that were attached
	vt        *vtab.Conn
	owner     io.Closer // a connector that serves this connection alone

	queries []query // the tables of soql('…'), oldest first
}

func newConn(ctx context.Context, connector *Connector, o *org) (*conn, error) {
	vt, err := vtab.Open(ctx, o.local)
	if err != nil {
		return nil, fmt.Errorf("salesforce: %w", err)
	}
	c := &conn{connector: connector, org: o, vt: vt}
	if err := c.add(ctx, schemaName, func() (*org, error) { return o, nil }); err != nil {
		_ = vt.Close() // the first error tells more
		return nil, fmt.Errorf("salesforce: preparing a connection: %w", err)
	}
	for _, a := range o.cfg.Attach {
		if err := c.attach(ctx, a.Schema, a.Org); err != nil {
			_ = vt.Close() // the first error tells more
			return nil, err
		}
	}
	return c, nil
}

// execLocal runs a statement of the driver's own.
func (c *conn) execLocal(ctx context.Context, sql string) error { return execLocal(ctx, c.vt, sql) }

func execLocal(ctx context.Context, vt *vtab.Conn, sql string) error {
	_, err := vt.Engine().(driver.ExecerContext).ExecContext(ctx, sql, nil)
	if err != nil {
		return sqlError(vt, err)
	}
	return nil
}

// Prepare prepares a statement.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext describes the sObjects that a statement names, makes tables
// of them, and has SQLite prepare it.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.prepare(c.statement(ctx), query)
	return s, c.org.limit(err)
}

func (c *conn) prepare(ctx context.Context, query string) (driver.Stmt, error) {
	rest, server, explain := explainSOQL(query)
	if s, err := c.attachment(rest); s != nil || err != nil {
		return s, err // what follows is explained over its tables
	}
	if explain {
		return &explainStmt{conn: c, query: rest, server: server}, nil
	}
	text, err := c.rewriteSOQL(ctx, query)
	if err != nil {
		return nil, err
	}
	if err := c.refuseView(ctx, text); err != nil {
		return nil, err
	}
	if err := c.ensureNamed(ctx, text); err != nil {
		return nil, err
	}
	beside := c.beside()
	analysis := planner.Analyze(text, beside...)
	made := map[string]bool{}
	for {
		c.vt.Start(ctx, analysis)
		planned := c.vt.Planned()
		s, err := c.vt.Engine().(driver.ConnPrepareContext).PrepareContext(ctx, text)
		if err == nil {
			return &stmt{conn: c, engine: s, written: query, text: text, analysis: analysis, beside: beside, scans: c.vt.Planned() > planned}, nil
		}
		if err = c.failure(ctx, err); !c.makeMissing(ctx, err, made) {
			return nil, c.hint(ctx, err)
		}
	}
}

// analyze reads the text of a statement, and that of the connection's views
// and triggers, which may be a part of it.
func (c *conn) analyze(text string) *planner.Analysis {
	return planner.Analyze(text, c.beside()...)
}

// beside returns the texts of the views and triggers.
func (c *conn) beside() []string {
	const query = "SELECT sql FROM main.sqlite_schema WHERE type IN ('view', 'trigger') UNION ALL SELECT sql FROM temp.sqlite_schema WHERE type IN ('view', 'trigger')"
	rows, err := c.vt.Engine().(driver.QueryerContext).QueryContext(context.Background(), query, nil)
	if err != nil {
		return []string{";;"} // reads as a text of which nothing is known
	}
	defer rows.Close()
	var out []string
	for dest := make([]driver.Value, 1); ; {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			return []string{";;"}
		}
		if text, ok := dest[0].(string); ok {
			out = append(out, text)
		}
	}
}

// makeMissing makes the table that SQLite says is missing, once. Names that
// only a view knows come this way, and tables that went with a rollback.
func (c *conn) makeMissing(ctx context.Context, err error, made map[string]bool) bool {
	var sqlErr *SQLError
	if !errors.As(err, &sqlErr) {
		return false
	}
	name := missing(noSuchTable, err)
	if name == "" || made[strings.ToLower(name)] {
		return false
	}
	made[strings.ToLower(name)] = true
	ref := planner.TableRef{Name: name}
	if p, table := c.named(name); p != nil {
		ref = planner.TableRef{Schema: p.schema.Name(), Name: table}
		if c.ensureView(ctx, p, table) {
			return true
		}
	}
	p, exact, err := c.find(ctx, ref)
	return err == nil && p != nil && c.ensure(ctx, p, []string{exact}) == nil
}

// has reports whether a schema has a table or view of a name.
func (c *conn) has(schema, name string) bool {
	return c.exists("SELECT 1 FROM "+planner.QuoteName(schema)+".sqlite_schema WHERE name = ? COLLATE NOCASE", driver.NamedValue{Ordinal: 1, Value: name})
}

// exists reports whether a query of local tables has a row. A failure counts
// as none: the statement that follows will meet it, too.
func (c *conn) exists(query string, args ...driver.NamedValue) bool {
	rows, err := c.vt.Engine().(driver.QueryerContext).QueryContext(context.Background(), query, args)
	if err != nil {
		return false
	}
	defer rows.Close()
	return rows.Next(make([]driver.Value, 1)) == nil
}

// failure turns an engine's error into ours: the end of ctx first, then the
// error of a scan as it was met, then SQLite's own.
func (c *conn) failure(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case c.vt.ScanErr() != nil:
		if p := c.place(c.vt.FailedIn()); p != nil {
			return p.limit(c.vt.ScanErr())
		}
		return c.vt.ScanErr()
	}
	return sqlError(c.vt, err)
}

// interruptAgain is how long an interrupted statement has to notice.
const interruptAgain = 10 * time.Millisecond

// watch interrupts SQLite when ctx ends, again and again until stop is called:
// SQLite forgets an interrupt that comes before the statement's first step.
// Once stop has returned, nothing is interrupted any more: the connection may
// be running the next statement.
func (c *conn) watch(ctx context.Context) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	var mu sync.Mutex
	stopped := false
	interrupt := func() bool {
		mu.Lock()
		defer mu.Unlock()
		if !stopped {
			c.vt.Interrupt()
		}
		return !stopped
	}
	forget := context.AfterFunc(ctx, func() {
		for interrupt() {
			time.Sleep(interruptAgain)
		}
	})
	return func() {
		forget()
		mu.Lock()
		defer mu.Unlock()
		stopped = true
	}
}

// QueryContext runs a statement that returns rows.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx = c.statement(ctx)
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		_ = s.Close() // the first error tells more
		return nil, err
	}
	if rows, ok := r.(*rows); ok {
		rows.stmt = s // goes with its rows
	}
	return r, nil
}

// ExecContext runs statements that return no rows.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	ctx = c.statement(ctx)
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.(driver.StmtExecContext).ExecContext(ctx, args)
}

// BeginTx starts a transaction of local tables.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.vt.Engine().(driver.ConnBeginTx).BeginTx(ctx, opts)
	if err != nil {
		return nil, sqlError(c.vt, err)
	}
	return tx, nil
}

// Begin starts a transaction of local tables.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// ResetSession forgets the statement before.
func (c *conn) ResetSession(ctx context.Context) error {
	if r, ok := c.vt.Engine().(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// IsValid reports whether the connection may be used again.
func (c *conn) IsValid() bool {
	v, ok := c.vt.Engine().(driver.Validator)
	return !ok || v.IsValid()
}

// Close closes the connection.
func (c *conn) Close() error {
	err := c.vt.Close()
	if c.owner != nil {
		err = errors.Join(err, c.owner.Close())
	}
	return err
}

// CheckNamedValue writes a time as SFTIME reads it, in UTC.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if t, ok := v.Value.(time.Time); ok {
		v.Value = t.UTC().Format("2006-01-02T15:04:05.999999999Z")
		return nil
	}
	value, err := driver.DefaultParameterConverter.ConvertValue(v.Value)
	if err != nil {
		return err
	}
	if t, ok := value.(time.Time); ok { // of a driver.Valuer
		value = t.UTC().Format("2006-01-02T15:04:05.999999999Z")
	}
	v.Value = value
	return nil
}

var (
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.Pinger             = (*conn)(nil)
	_ driver.SessionResetter    = (*conn)(nil)
	_ driver.Validator          = (*conn)(nil)
	_ driver.NamedValueChecker  = (*conn)(nil)
)
