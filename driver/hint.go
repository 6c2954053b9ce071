package driver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/planner"
)

// hint adds to SQLite's message what a person needs next: the names that are
// most like the one that was not found.
func (c *conn) hint(ctx context.Context, err error) error {
	var e *SQLError
	if !errors.As(err, &e) {
		return err
	}
	if strings.HasSuffix(e.Msg, " may not be modified") {
		return &SQLError{Code: e.Code, Msg: e.Msg + ": this version reads from Salesforce and does not write", Err: e.Err}
	}
	var near []string
	if name := missing(noSuchTable, e); name != "" {
		near = c.nearTables(ctx, name)
	} else if name := missing(noSuchColumn, e); name != "" {
		if near = c.nearColumns(name); len(near) == 0 && !strings.ContainsAny(name, ".'") {
			return &SQLError{Code: e.Code, Msg: e.Msg + "; if it is a text, write '" + name + "'", Err: e.Err}
		}
	}
	if len(near) == 0 {
		return err
	}
	return &SQLError{Code: e.Code, Msg: e.Msg + "; did you mean " + orList(near) + "?", Err: e.Err}
}

func orList(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

const nearNames = 3

func (c *conn) nearTables(ctx context.Context, name string) []string {
	p, last := c.named(name)
	if p == nil {
		if p, last = c.places[0], name; strings.Contains(name, ".") {
			return nil
		}
	}
	near := p.catalog.Nearest(last, 2*nearNames)
	near = slices.DeleteFunc(near, func(n string) bool {
		_, visible, err := p.org.find(ctx, n)
		return err != nil || !visible
	})
	return near[:min(len(near), nearNames)]
}

// nearColumns looks among the columns of the tables that this connection has.
func (c *conn) nearColumns(name string) []string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	var all []string
	for _, p := range c.places {
		for _, t := range p.schema.Tables() {
			for _, col := range t.Columns {
				all = append(all, col.Field.Name)
			}
		}
	}
	slices.Sort(all)
	return catalog.Near(name, slices.Compact(all), nearNames)
}

// refuseView refuses a view of the main database over a live table: SQLite
// would make it, and then never find the table.
func (c *conn) refuseView(ctx context.Context, text string) error {
	words := planner.FirstWords(text, 2)
	if len(words) < 2 || !words[0].Is("CREATE") || !words[1].Is("VIEW") {
		return nil
	}
	for _, ref := range planner.TableRefs(text) {
		p, name, err := c.find(ctx, ref)
		if err != nil {
			return err
		}
		if p != nil && (ref.Schema != "" || !c.isLocal(ref.Name)) {
			return fmt.Errorf("salesforce: a view over the live table %s must be a temporary one: CREATE TEMP VIEW …", name)
		}
	}
	return nil
}

// isLocal reports whether the main database has a table or view of a name.
func (c *conn) isLocal(name string) bool { return c.has("main", name) }
