package vtab

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
	"github.com/sfsql/sfsql/vtab/engine"
)

// Source is where scans get their rows.
type Source interface {
	// Open starts a query. No columns means SELECT COUNT(): only the total of
	// the answer is read.
	Open(ctx context.Context, q *soql.Query, columns []soql.Column) (soql.Rows, error)
	// Blob returns the bytes behind the path that a base64 field holds.
	Blob(ctx context.Context, path string) ([]byte, error)
}

// Config is what the tables of a connection need to know.
type Config struct {
	Source Source
	// Locale is the running user's; empty where it is unknown.
	Locale string
	// Rows returns how many records an sObject has, as far as is known.
	Rows func(object string) (n int64, known bool)
	// Views are read-only tables that the driver fills.
	Views map[string]*View
	// PushdownOff keeps every predicate, order and limit with SQLite.
	PushdownOff bool
}

// Modules as CREATE VIRTUAL TABLE names them.
const (
	objectModule = "sobject"
	queryModule  = "soql"
	viewModule   = "sfview"
)

// Conn is a connection and the state of the statement that runs on it. Like
// every connection of database/sql it serves one caller at a time.
type Conn struct {
	engine.Conn
	cfg    Config
	tables map[string]definition // by lower-case name

	ctx    context.Context // of the statement that runs
	err    error           // the first error of one of its scans
	advice planner.Advice
	reads  map[string]map[string]bool // table → columns, while a statement is prepared
}

// definition is what a table is made from.
type definition struct {
	table *planner.Table
	query *soql.Query // the user's own; nil for an sObject
}

// Open opens the local database file, a URI, with the tables' modules.
func Open(ctx context.Context, file string, cfg Config) (*Conn, error) {
	c := &Conn{cfg: cfg, tables: make(map[string]definition), reads: make(map[string]map[string]bool), ctx: ctx}
	ec, err := openEngine(ctx, file, &engine.Hooks{
		Modules: map[string]engine.Module{
			objectModule: objects{c},
			queryModule:  objects{c},
			viewModule:   views{c},
		},
		Collations: map[string]func(a, b []byte) int{
			planner.CollationID:   planner.CompareSFID,
			planner.CollationTime: planner.CompareSFTIME,
		},
		Read: c.noteRead,
	})
	if err != nil {
		return nil, err
	}
	c.Conn = ec
	return c, nil
}

// Define makes a table known, and returns the statement that creates it in a
// schema. A table whose definition carries a query shows that query's answer.
func (c *Conn) Define(schema string, t *planner.Table, q *soql.Query) (create string) {
	name := t.Object.Name
	c.tables[strings.ToLower(name)] = definition{t, q}
	module := objectModule
	if q != nil {
		module = queryModule
	}
	return fmt.Sprintf("CREATE VIRTUAL TABLE IF NOT EXISTS %s.%s USING %s",
		planner.QuoteName(schema), planner.QuoteName(name), module)
}

// DefineViews returns the statements that create the views in a schema.
func (c *Conn) DefineViews(schema string) []string {
	var out []string
	for name := range c.cfg.Views {
		out = append(out, fmt.Sprintf("CREATE VIRTUAL TABLE IF NOT EXISTS %s.%s USING %s",
			planner.QuoteName(schema), planner.QuoteName(name), viewModule))
	}
	return out
}

// Tables returns the sObjects that the connection has made tables of.
func (c *Conn) Tables() []*planner.Table {
	var out []*planner.Table
	for _, d := range c.tables {
		if d.query == nil {
			out = append(out, d.table)
		}
	}
	return out
}

// Forget drops the definition of a table that was dropped.
func (c *Conn) Forget(name string) { delete(c.tables, strings.ToLower(name)) }

// Explain decodes a scan plan, as SQLite shows it in EXPLAIN QUERY PLAN. It
// returns false for a text that is none.
func (c *Conn) Explain(encoded string) (planner.Explained, bool) {
	// SQLite marks the right side of an outer join behind the plan.
	p, err := planner.DecodePlan(strings.TrimSuffix(encoded, " LEFT-JOIN"))
	if err != nil {
		return planner.Explained{}, false
	}
	d, ok := c.tables[strings.ToLower(p.Table)]
	if !ok {
		return planner.Explained{}, false
	}
	if d.query != nil {
		return planner.Explained{Table: "soql('…')", Query: d.query, Rows: p.Rows, Note: "the statement's own query"}, true
	}
	return c.rules(d.table).Explain(p), true
}

func (c *Conn) rules(t *planner.Table) planner.Rules {
	return planner.Rules{Table: t, Locale: c.cfg.Locale, Off: c.cfg.PushdownOff}
}

// Start tells the connection under which ctx and advice the next statement is
// prepared and run. SQLite's callbacks carry neither.
func (c *Conn) Start(ctx context.Context, advice planner.Advice) {
	c.ctx, c.err, c.advice = ctx, nil, advice
	clear(c.reads)
}

// Resume makes the connection serve a statement that was prepared before and
// runs now. SQLite may prepare it again where the schema has changed, so its
// own advice must be at hand.
func (c *Conn) Resume(ctx context.Context, advice planner.Advice) {
	c.ctx, c.err, c.advice = ctx, nil, advice
}

// ScanErr returns the first error that a scan of the statement met, as it was
// returned to the scan: SQLite hands on only its text.
func (c *Conn) ScanErr() error { return c.err }

// fail remembers err for ScanErr.
func (c *Conn) fail(err error) error {
	if c.err == nil {
		c.err = err
	}
	return err
}

func (c *Conn) noteRead(_, table, column string) {
	key := strings.ToLower(table)
	columns := c.reads[key]
	if columns == nil {
		columns = make(map[string]bool)
		c.reads[key] = columns
	}
	columns[strings.ToLower(column)] = true
}

// objects is the module of sObjects and of raw queries.
type objects struct{ conn *Conn }

func (m objects) Connect(_, name string, _ []string) (engine.Table, string, error) {
	d, ok := m.conn.tables[strings.ToLower(name)]
	if !ok {
		return nil, "", fmt.Errorf("vtab: %s is no sObject of this connection", name)
	}
	t := &table{conn: m.conn, name: name, rules: m.conn.rules(d.table), query: d.query, plans: make(map[string]*planner.Plan)}
	return t, d.table.CreateSQL(name, true), nil
}

var _ driver.Conn = (*Conn)(nil)
