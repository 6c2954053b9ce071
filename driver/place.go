package driver

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab"
)

// place is an org on a connection: its tables stand in the attached database
// of that name. The connector's own org has the first.
type place struct {
	*org
	schema *vtab.Schema
}

// addPlace gives an org's tables a schema, which is attached already.
func addPlace(ctx context.Context, vt *vtab.Conn, o *org, schema string) (*place, error) {
	p := &place{org: o, schema: vt.AddSchema(schema, o.schemaConfig())}
	if err := p.defineViews(ctx, vt); err != nil {
		vt.RemoveSchema(p.schema)
		return nil, err
	}
	return p, nil
}

func (o *org) schemaConfig() vtab.Config {
	return vtab.Config{
		Source: o, Locale: o.locale, Rows: o.rows, SeesAll: o.seesAll, Deleted: o.cfg.Deleted, Views: o.views(), Begin: o.statement,
		PushdownOff: !o.cfg.Pushdown, Without: o.cfg.without(), KeepRows: int(o.cfg.KeepRows),
	}
}

// defineViews makes the views of the org.
func (p *place) defineViews(ctx context.Context, vt *vtab.Conn) error {
	for _, sql := range p.schema.DefineViews() {
		if err := execLocal(ctx, vt, sql); err != nil {
			return err
		}
	}
	return nil
}

// define makes tables of sObjects.
func (p *place) define(ctx context.Context, vt *vtab.Conn, names []string) error {
	tables, err := p.tables(ctx, names)
	if err != nil {
		return p.limit(err)
	}
	for _, t := range tables {
		if err := execLocal(ctx, vt, p.schema.Define(t, nil)); err != nil {
			return fmt.Errorf("salesforce: making the table %s.%s: %w", p.schema.Name(), t.Object.Name, err)
		}
	}
	return nil
}

// place returns the org of a schema, nil where there is none. No name is the
// connector's own.
func (c *conn) place(schema string) *place {
	if schema == "" {
		return c.places[0]
	}
	for _, p := range c.places {
		if strings.EqualFold(p.schema.Name(), schema) {
			return p
		}
	}
	return nil
}

// named splits a name as SQLite's messages write it, schema.table without
// quotes, by the schemas that there are. It returns nil where none leads it.
func (c *conn) named(name string) (p *place, table string) {
	for _, o := range c.places {
		schema := o.schema.Name()
		if n := len(schema); len(name) > n && name[n] == '.' && strings.EqualFold(name[:n], schema) && (p == nil || n > len(p.schema.Name())) {
			p, table = o, name[n+1:]
		}
	}
	return p, table
}

// find returns the table that a name means, nil for none: of several orgs the
// first that has it, as with SQLite's attached databases.
func (c *conn) find(ctx context.Context, ref planner.TableRef) (*place, string, error) {
	for _, p := range c.places {
		if ref.Schema != "" && !strings.EqualFold(ref.Schema, p.schema.Name()) {
			continue
		}
		exact, ok, err := p.org.find(ctx, ref.Name)
		switch {
		case err != nil && p != c.places[0]:
			return nil, "", fmt.Errorf("%s: %w", p.schema.Name(), p.limit(err))
		case err != nil || ok:
			return p, exact, err
		}
	}
	return nil, "", nil
}

// ensureNamed makes tables of the sObjects that a text names. Where a name may
// be several orgs', those that views and triggers name are made as well: SQLite
// would take the next org's table for one that is not there.
func (c *conn) ensureNamed(ctx context.Context, text string) error {
	refs := planner.TableRefs(text)
	if len(c.places) > 1 {
		for _, beside := range c.beside() {
			refs = append(refs, planner.TableRefs(beside)...)
		}
	}
	names := map[*place][]string{}
	for _, ref := range refs {
		p, exact, err := c.find(ctx, ref)
		if err != nil {
			return err
		}
		if p != nil && !slices.Contains(names[p], exact) {
			names[p] = append(names[p], exact)
		}
	}
	for _, p := range c.places {
		if err := c.ensure(ctx, p, names[p]); err != nil {
			return err
		}
	}
	return nil
}

// ensure makes tables of sObjects. It asks SQLite each time whether they are
// there: a rolled back transaction takes them away.
func (c *conn) ensure(ctx context.Context, p *place, names []string) error {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return c.has(p.schema.Name(), name) })
	if len(names) == 0 {
		return nil
	}
	return p.define(ctx, c.vt, names)
}

// ensureView makes a view of the org again that a rollback took away.
func (c *conn) ensureView(ctx context.Context, p *place, name string) bool {
	if p.views()[strings.ToLower(name)] == nil {
		return false
	}
	return p.defineViews(ctx, c.vt) == nil
}
