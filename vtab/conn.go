package vtab

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
	"github.com/sfsql/sfsql/vtab/engine"
)

// Source is where scans get their rows.
type Source interface {
	// Open starts a scan.
	Open(ctx context.Context, scan Scan) (soql.Rows, error)
	// Blob returns the bytes behind the path that a base64 field holds.
	Blob(ctx context.Context, path string) ([]byte, error)
}

// Scan is what a cursor asks of a Source: a query, and what is known of how its
// answer will be read. Hints choose the way that the rows come, never which.
type Scan struct {
	Query *soql.Query
	// Columns are wanted of each record; none means SELECT COUNT(), of whose
	// answer only the total is read.
	Columns []soql.Column
	// Expected is how many rows SQLite's planner was told to expect; -1 means
	// that nothing is known. It may be a guess.
	Expected int64
	// Drained says that the answer will surely be read to its end, unless the
	// caller gives the statement up.
	Drained bool
}

// Config is what the tables of a schema need to know.
type Config struct {
	Source Source
	// Locale is the running user's; empty where it is unknown.
	Locale string
	// Rows returns how many records an sObject has, as far as is known.
	Rows func(object string) (n int64, known bool)
	// SeesAll reports whether the running user certainly sees every record,
	// and deleted ones are left out: then a path to a parent shows what the
	// parent's table shows. It may ask the org, once. Nil means no.
	SeesAll func(ctx context.Context) bool
	// Begin gives a statement on a connection of the caller's own what its context
	// carries; nil leaves it as it is. See Adopt.
	Begin func(ctx context.Context) context.Context
	// Deleted says that the tables hold deleted records, too. Which of them a
	// sub-select of SOQL's sees then is not documented.
	Deleted bool
	// Views are read-only tables that the driver fills.
	Views map[string]*View
	// PushdownOff keeps every predicate, order and limit with SQLite.
	PushdownOff bool
	// KeepRows bounds the rows that one inner side of a join holds; 0 means
	// 200,000.
	KeepRows int
	// Without switches single rules off.
	Without planner.RuleSet
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
	schemas []*Schema // in the order in which they were attached

	ctx      context.Context // of the statement that runs
	err      error           // the first error of one of its scans
	failed   string          // the schema that it came from
	analysis *planner.Analysis
	fresh    context.Context // of a statement that has begun and started no scan yet
	open     []*cursor       // scans that have begun, in that order
	scans    int64           // how many have begun

	started started // by the statement that runs
	notes   notes   // values that may become keys
	cursors int     // that are open
	planned int     // questions of BestIndex answered so far
}

// Open opens the local database file, a URI, with the tables' modules.
func Open(ctx context.Context, file string) (*Conn, error) {
	c := &Conn{ctx: ctx}
	ec, err := openEngine(ctx, file, c.hooks())
	if err != nil {
		return nil, err
	}
	c.Conn = ec
	return c, nil
}

func (c *Conn) hooks() *engine.Hooks {
	return &engine.Hooks{
		Modules: map[string]engine.Module{
			objectModule: objects{c},
			queryModule:  objects{c},
			viewModule:   views{c},
		},
		Collations: map[string]func(a, b []byte) int{
			planner.CollationID:   planner.CompareSFID,
			planner.CollationTime: planner.CompareSFTIME,
		},
		Functions: c.functions(),
		Read:      c.noteRead,
	}
}

// functions are SOQL's predicates, which count from the start of the statement
// that runs.
func (c *Conn) functions() map[string]engine.Function {
	out := map[string]engine.Function{}
	for name, f := range planner.Functions() {
		out[name] = engine.Function{Args: f.Args, Call: func(args []planner.Value) (planner.Value, error) {
			return f.Call(c.analysis.Calendar(), args)
		}}
	}
	return out
}

// Start tells the connection under which ctx and analysis the next statement is
// prepared and run. SQLite's callbacks carry neither.
func (c *Conn) Start(ctx context.Context, analysis *planner.Analysis) {
	c.ctx, c.err, c.failed, c.analysis, c.started = ctx, nil, "", analysis, started{}
	for _, s := range c.schemas {
		s.forgetReads()
	}
}

// Resume makes the connection serve a statement that was prepared before and
// runs now. SQLite may prepare it again where the schema has changed, so its
// own analysis must be at hand, with the values of its parameters.
func (c *Conn) Resume(ctx context.Context, analysis *planner.Analysis) {
	c.ctx, c.err, c.failed, c.analysis, c.started = ctx, nil, "", analysis, started{}
}

// Planned counts the plans that SQLite has asked for on this connection. It
// stays the same while no statement over a table is prepared.
func (c *Conn) Planned() int { return c.planned }

// Run makes the connection serve a statement that was prepared before and
// starts now: its first scan is the outermost of its loops.
func (c *Conn) Run(ctx context.Context, analysis *planner.Analysis) {
	c.Resume(ctx, analysis)
	c.fresh = ctx
}

// outermost reports whether the scan that starts is the first of its
// statement.
func (c *Conn) outermost() bool {
	first := c.fresh != nil && c.fresh == c.ctx
	if first {
		c.fresh = nil
	}
	return first
}

// ScanErr returns the first error that a scan of the statement met, as it was
// returned to the scan: SQLite hands on only its text.
func (c *Conn) ScanErr() error { return c.err }

// FailedIn returns the schema whose scan met ScanErr.
func (c *Conn) FailedIn() string { return c.failed }

// begun notes that a scan has begun.
func (c *Conn) begun(s *cursor) {
	c.scans++
	s.began = c.scans
	c.open = append(c.open, s)
}

func (c *Conn) noteRead(schema, table, column string) {
	for _, s := range c.schemas {
		s.noteRead(schema, table, column)
	}
}

// objects is the module of sObjects and of raw queries.
type objects struct{ conn *Conn }

func (m objects) Connect(schema, name string, _ []string) (engine.Table, string, error) {
	s := m.conn.Schema(schema)
	if s == nil && name == queryModule { // named like a table, since no table was made of it
		return nil, "", errors.New("vtab: soql('…') is for statements that pass through the driver salesforce")
	}
	if s == nil {
		return nil, "", fmt.Errorf("vtab: %s holds no org's tables", schema)
	}
	d, ok := s.tables[strings.ToLower(name)]
	if !ok {
		return nil, "", fmt.Errorf("vtab: %s is no sObject of this connection", name)
	}
	t := &table{conn: s, name: name, rules: s.rules(d.table), query: d.query, plans: make(map[string]*planner.Plan)}
	return t, d.table.CreateSQL(name, true), nil
}

var _ driver.Conn = (*Conn)(nil)
