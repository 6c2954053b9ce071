package vtab

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// Schema is an org's place on a connection: its tables stand in the attached
// database of that name. What an org rules (where rows come from, how they
// compare, what is known of them) is a schema's; the statement that runs, with
// all its scans, is the connection's. So a scan of one org finds its keys in a
// scan of another, and no path leads from one to the other.
type Schema struct {
	*Conn
	name   string
	cfg    Config
	tables map[string]definition // by lower-case name

	reads      map[string]map[string]int // table → columns → how often, while a statement is prepared
	readsLocal map[string]bool           // tables by whose names the statement reads others than this schema's
	joins      []planner.Parent
	joinsOf    *planner.Analysis // whose joins they are

	semis   []planner.SemiJoin
	semisOf *planner.Analysis // whose they are

	guest *guest // on a connection of the caller's own
}

// definition is what a table is made from.
type definition struct {
	table *planner.Table
	query *soql.Query // the user's own; nil for an sObject
}

// AddSchema makes a schema known to the connection. The database of that name
// is the caller's to attach.
func (c *Conn) AddSchema(name string, cfg Config) *Schema {
	s := &Schema{
		Conn: c, name: name, cfg: cfg, tables: make(map[string]definition),
		reads: make(map[string]map[string]int), readsLocal: make(map[string]bool),
	}
	c.schemas = append(c.schemas, s)
	return s
}

// RemoveSchema forgets a schema whose tables are gone.
func (c *Conn) RemoveSchema(s *Schema) {
	c.schemas = slices.DeleteFunc(c.schemas, func(o *Schema) bool { return o == s })
}

// Schema returns the schema of a name, nil where the connection has none.
func (c *Conn) Schema(name string) *Schema {
	for _, s := range c.schemas {
		if strings.EqualFold(s.name, name) {
			return s
		}
	}
	return nil
}

// Name returns the schema's name.
func (s *Schema) Name() string { return s.name }

// Define makes a table known, and returns the statement that creates it. A
// table whose definition carries a query shows that query's answer.
func (s *Schema) Define(t *planner.Table, q *soql.Query) (create string) {
	name := t.Object.Name
	s.tables[strings.ToLower(name)] = definition{t.In(s.name), q}
	module := objectModule
	if q != nil {
		module = queryModule
	}
	return fmt.Sprintf("CREATE VIRTUAL TABLE IF NOT EXISTS %s.%s USING %s",
		planner.QuoteName(s.name), planner.QuoteName(name), module)
}

// DefineViews returns the statements that create the views.
func (s *Schema) DefineViews() []string {
	var out []string
	for name := range s.cfg.Views {
		out = append(out, fmt.Sprintf("CREATE VIRTUAL TABLE IF NOT EXISTS %s.%s USING %s",
			planner.QuoteName(s.name), planner.QuoteName(name), viewModule))
	}
	return out
}

// Tables returns the sObjects that the schema has made tables of.
func (s *Schema) Tables() []*planner.Table {
	var out []*planner.Table
	for _, d := range s.tables {
		if d.query == nil {
			out = append(out, d.table)
		}
	}
	return out
}

// Forget drops the definition of a table that was dropped.
func (s *Schema) Forget(name string) { delete(s.tables, strings.ToLower(name)) }

func (s *Schema) rules(t *planner.Table) planner.Rules {
	return planner.Rules{Table: t, Locale: s.cfg.Locale, Off: s.cfg.PushdownOff, Without: s.cfg.Without}
}

// shown is how people and plans are told of the schema: not at all where it is
// the connection's first.
func (s *Schema) shown() string {
	if s.Conn.schemas[0] == s {
		return ""
	}
	return s.name
}

// label names a table in errors.
func (s *Schema) label(table string) string {
	if schema := s.shown(); schema != "" {
		return schema + "." + table
	}
	return table
}

// table returns the sObject's table of a name, or nil.
func (s *Schema) table(name string) *planner.Table {
	d, ok := s.tables[strings.ToLower(name)]
	if !ok || d.query != nil {
		return nil
	}
	return d.table
}

// tableOf returns the table that a reference may mean, nil where that is none
// of the schema's.
func (s *Schema) tableOf(r *planner.Ref) *planner.Table {
	if !r.MayBeIn(s.name) {
		return nil
	}
	return s.table(r.Table)
}

// noteRead notes that the statement reads a column of a table.
func (s *Schema) noteRead(schema, table, column string) {
	key := strings.ToLower(table)
	if !strings.EqualFold(s.name, schema) {
		if _, ok := s.tables[key]; ok {
			s.readsLocal[key] = true
		}
		return
	}
	if s.guest != nil && s.guest.ran { // another statement is prepared
		s.guest.ran = false
		s.forgetReads()
	}
	columns := s.reads[key]
	if columns == nil {
		columns = make(map[string]int)
		s.reads[key] = columns
	}
	columns[strings.ToLower(column)]++
}

func (s *Schema) forgetReads() {
	clear(s.reads)
	clear(s.readsLocal)
}

// fail remembers the first error of the statement for ScanErr.
func (s *Schema) fail(err error) error {
	if s.err == nil {
		s.err, s.failed = err, s.name
	}
	return err
}
