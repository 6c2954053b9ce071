package driver

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab"
)

// views are the read-only tables that tell about the org.
func (o *org) views() map[string]*vtab.View {
	return map[string]*vtab.View{
		"sf_limits": o.limitsView(),
		"sf_jobs":   o.jobsView(),
		"sf_objects": {
			Declaration: `CREATE TABLE sf_objects (
  name TEXT COLLATE NOCASE, label TEXT, key_prefix TEXT, custom BOOLEAN INTEGER,
  queryable BOOLEAN INTEGER, rows INTEGER, bounded BOOLEAN INTEGER)`,
			KeyColumn: -1,
			Rows:      o.objectRows,
		},
		"sf_fields": {
			Declaration: `CREATE TABLE sf_fields (
  object TEXT COLLATE NOCASE, name TEXT COLLATE NOCASE, label TEXT, type TEXT, declared TEXT, "collation" TEXT,
  hidden BOOLEAN INTEGER, length INTEGER, precision INTEGER, scale INTEGER, nillable BOOLEAN INTEGER,
  filterable BOOLEAN INTEGER, sortable BOOLEAN INTEGER, groupable BOOLEAN INTEGER, aggregatable BOOLEAN INTEGER,
  case_sensitive BOOLEAN INTEGER, calculated BOOLEAN INTEGER, relationship TEXT, refers_to TEXT, picklist TEXT)`,
			KeyColumn: 0,
			Rows:      o.fieldRows,
		},
		"sf_children": {
			Declaration: `CREATE TABLE sf_children (
  object TEXT COLLATE NOCASE, child TEXT COLLATE NOCASE, field TEXT COLLATE NOCASE, relationship TEXT)`,
			KeyColumn: 0,
			Rows:      o.childRows,
		},
	}
}

// objectRows lists every sObject.
func (o *org) objectRows(ctx context.Context, _ []string) ([][]any, error) {
	list, err := o.catalog.Summaries(ctx)
	if err != nil {
		return nil, err
	}
	out := make([][]any, 0, len(list))
	isBounded := o.bounded()
	for i, s := range list {
		if len(o.cfg.Objects) > 0 && !o.visible(s) {
			continue
		}
		var rows, bounded any
		if n, known := o.catalog.Rows(ctx, s.Name); known {
			rows = n
		}
		if o.visible(s) {
			bounded = isBounded(s.Name)
		}
		out = append(out, []any{int64(i), s.Name, s.Label, orNull(s.KeyPrefix), boolInt(s.Custom), boolInt(o.visible(s)), rows, bounded})
	}
	return out, nil
}

// bounded returns what tells whether start_date leaves records of a table out.
// Only describe knows, so where there is a start date and a statement asks, all
// tables are described together, once for a scan.
func (o *org) bounded() func(name string) any {
	if o.cfg.StartDate.IsZero() {
		return func(string) any { return int64(0) }
	}
	var known map[string]any
	return func(name string) any {
		return vtab.Later(func(ctx context.Context) (any, error) {
			if known != nil {
				return known[name], nil
			}
			tables, _, err := o.namedTables(ctx, nil)
			if err != nil {
				return nil, err
			}
			known = make(map[string]any, len(tables))
			for _, t := range tables {
				known[t.Object.Name] = boolInt(t.Bounded())
			}
			return known[name], nil
		})
	}
}

// maxFields is more than an sObject can have; it spreads the rowids.
const maxFields = 1 << 16

// fieldRows lists the fields of the named sObjects, or of all that are tables.
func (o *org) fieldRows(ctx context.Context, keys []string) ([][]any, error) {
	tables, at, err := o.namedTables(ctx, keys)
	if err != nil {
		return nil, err
	}
	var out [][]any
	for _, t := range tables {
		for j, c := range t.Columns {
			out = append(out, fieldRow(at[t.Object.Name]*maxFields+int64(j), t.Object.Name, c))
		}
	}
	return out, nil
}

// maxChildren is more than fields can refer to an sObject; it spreads the rowids.
const maxChildren = 1 << 20

// childRows lists the fields that refer to the named sObjects, or to all, as
// far as they are columns of tables.
func (o *org) childRows(ctx context.Context, keys []string) ([][]any, error) {
	tables, at, err := o.namedTables(ctx, keys)
	if err != nil {
		return nil, err
	}
	var out [][]any
	for _, t := range tables {
		for j, c := range t.Object.Children {
			if _, isTable := at[c.Object]; isTable {
				out = append(out, []any{at[t.Object.Name]*maxChildren + int64(j), t.Object.Name, c.Object, c.Field, orNull(c.Relationship)})
			}
		}
	}
	return out, nil
}

// namedTables returns the tables with these names, in any case, or with nil all,
// and the place of every table in the org's order.
func (o *org) namedTables(ctx context.Context, names []string) (tables []*planner.Table, at map[string]int64, err error) {
	list, err := o.catalog.Summaries(ctx)
	if err != nil {
		return nil, nil, err
	}
	wanted, at := map[string]bool{}, map[string]int64{}
	for _, name := range names {
		wanted[strings.ToLower(name)] = true
	}
	var exact []string
	for i, s := range list {
		if !o.visible(s) {
			continue
		}
		at[s.Name] = int64(i)
		if names == nil || wanted[strings.ToLower(s.Name)] {
			exact = append(exact, s.Name)
		}
	}
	tables, err = o.tables(ctx, exact)
	return tables, at, err
}

func fieldRow(rowid int64, object string, c planner.Column) []any {
	f := c.Field
	return []any{
		rowid, object, f.Name, f.Label, f.Type, c.Decl, c.Collation,
		boolInt(c.Hidden), int64(f.Length), int64(f.Precision), int64(f.Scale), boolInt(f.Nillable),
		boolInt(f.Filterable), boolInt(f.Sortable), boolInt(f.Groupable), boolInt(f.Aggregatable),
		boolInt(f.CaseSensitive), boolInt(f.Calculated), orNull(f.RelationshipName), orNull(strings.Join(f.ReferenceTo, ",")), picklist(f.PicklistValues),
	}
}

// picklist writes the active values as a JSON array, which json_each reads.
func picklist(values []string) any {
	if len(values) == 0 {
		return nil
	}
	text, err := json.Marshal(values)
	if err != nil {
		return nil // of strings there is none
	}
	return string(text)
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
