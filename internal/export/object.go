package export

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sfsql/sfsql/internal/format"
)

// object is an sObject as the org describes it.
type object struct {
	name    string
	keyed   bool  // its Ids tell its records apart
	rows    int64 // as the org counted last; -1 means unknown
	columns []column
}

// column is a field as the table has it.
type column struct {
	name       string
	declared   string
	collation  string
	hidden     bool
	filterable bool
	sortable   bool
}

// objects returns what is to be exported, in the order of the options or, for
// all, of the org. All are described together, many in one call.
func (r *run) objects(ctx context.Context) ([]*object, error) {
	known, err := r.listed(ctx)
	if err != nil {
		return nil, err
	}
	out := known
	if !r.opts.All {
		if out, err = pick(known, r.opts.Objects); err != nil {
			return nil, err
		}
	}
	return out, r.describe(ctx, out)
}

// listed returns the org's tables.
func (r *run) listed(ctx context.Context) ([]*object, error) {
	var out []*object
	err := r.each(ctx, `SELECT name, key_prefix, rows FROM sf_objects WHERE queryable`, func(v []any) error {
		o := &object{name: v[0].(string), keyed: v[1] != nil, rows: -1}
		if n, ok := v[2].(int64); ok {
			o.rows = n
		}
		out = append(out, o)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("export: listing the objects: %w", err)
	}
	return out, nil
}

func pick(known []*object, names []string) ([]*object, error) {
	var out []*object
	for _, name := range names {
		i := slices.IndexFunc(known, func(o *object) bool { return strings.EqualFold(o.name, name) })
		if i < 0 {
			return nil, usagef("no object %s can be queried; sf_objects lists those that can", name)
		}
		if slices.Contains(out, known[i]) {
			return nil, usagef("%s is named twice", known[i].name)
		}
		out = append(out, known[i])
	}
	return out, nil
}

// describe fills in the columns.
func (r *run) describe(ctx context.Context, objects []*object) error {
	byName := make(map[string]*object, len(objects))
	names := make([]string, len(objects))
	for i, o := range objects {
		byName[o.name] = o
		names[i] = quoteText(o.name)
	}
	query := `SELECT object, name, declared, "collation", hidden, filterable, sortable FROM sf_fields WHERE object IN (` + strings.Join(names, ", ") + `)`
	err := r.each(ctx, query, func(v []any) error {
		o := byName[v[0].(string)]
		o.columns = append(o.columns, column{
			name: v[1].(string), declared: v[2].(string), collation: v[3].(string),
			hidden: v[4] != int64(0), filterable: v[5] != int64(0), sortable: v[6] != int64(0),
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("export: describing the objects: %w", err)
	}
	return nil
}

// column returns the column of a name, or nil.
func (o *object) column(name string) *column {
	for i := range o.columns {
		if strings.EqualFold(o.columns[i].name, name) {
			return &o.columns[i]
		}
	}
	return nil
}

// selected returns the columns that are exported. What is needed is among them
// where the object has it, whatever was asked for.
func (o *object) selected(names []string, needed ...string) ([]column, error) {
	var out []column
	if len(names) == 0 {
		for _, c := range o.columns {
			if !c.hidden {
				out = append(out, c)
			}
		}
	}
	for _, name := range names {
		c := o.column(name)
		if c == nil {
			return nil, usagef("%s has no column %s; sf_fields lists those it has", o.name, name)
		}
		out = append(out, *c)
	}
	for _, name := range needed {
		if c := o.column(name); c != nil && !slices.Contains(out, *c) {
			out = append(out, *c)
		}
	}
	return out, nil
}

// cursor returns the column that tells what is new, and whether it also tells
// what has changed. The order is that of what they promise.
func (o *object) cursor() (c *column, moves bool) {
	for i, name := range []string{"SystemModstamp", "LastModifiedDate", "CreatedDate", "LoginTime"} {
		if c := o.column(name); c != nil && c.filterable && c.sortable {
			return c, i < 2
		}
	}
	return nil, false
}

// ranged reports whether the object can be read in ranges of Ids.
func (o *object) ranged() bool {
	id := o.column("Id")
	return o.keyed && id != nil && id.filterable && id.sortable
}

// formatColumns returns the columns as package format wants them.
func formatColumns(columns []column) []format.Column {
	out := make([]format.Column, len(columns))
	for i, c := range columns {
		out[i] = format.Column{Name: c.name, Type: typeName(c.declared)}
	}
	return out
}

// typeName returns the first word of a declaration, without its length.
func typeName(declared string) string {
	if i := strings.IndexAny(declared, " ("); i >= 0 {
		return declared[:i]
	}
	return declared
}

// source is what the rows of one file are asked with.
type source struct {
	object  *object // nil for a query
	query   string  // of a query
	columns []column
	where   string // the user's
	since   string // changes at or after this instant; empty means everything
	cursor  string // the column that since is about
}

// sql returns the statement for a range of Ids.
func (s *source) sql(in span) string {
	if s.object == nil {
		return s.query
	}
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = quoteName(c.name)
	}
	var own string
	if s.where != "" {
		own = "(" + s.where + "\n)" // a comment may end it
	}
	return s.statement(strings.Join(names, ", "), in, own, "")
}

// statement returns a statement over the records of a range. more stands
// beside what bounds it.
func (s *source) statement(items string, in span, more, tail string) string {
	var terms []string
	if more != "" {
		terms = append(terms, more)
	}
	if s.since != "" {
		terms = append(terms, quoteName(s.cursor)+" >= "+quoteText(s.since))
	}
	if in.After != "" {
		terms = append(terms, `"Id" > `+quoteText(in.After))
	}
	if in.UpTo != "" {
		terms = append(terms, `"Id" <= `+quoteText(in.UpTo))
	}
	out := "SELECT " + items + " FROM salesforce." + quoteName(s.object.name)
	if len(terms) > 0 {
		out += " WHERE " + strings.Join(terms, " AND ")
	}
	return out + tail
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
func quoteText(text string) string { return `'` + strings.ReplaceAll(text, `'`, `''`) + `'` }

// stampLayout is how datetime columns write an instant.
const stampLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }
