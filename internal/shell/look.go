package shell

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/format"
)

// The commands that look around.
var lookCommands = []*command{
	{
		name: "tables", alias: `\dt`, args: "[PATTERN]", short: "list the tables with their numbers of records", run: (*Shell).tables,
		long: ".tables            all of them\n.tables contact    those with contact in their names\n.tables *__c       those whose names end so; * and ? as in file names\n\nThe numbers are Salesforce's own estimates, one call for all tables. Local\ntables are counted.",
	},
	{
		name: "schema", args: "[NAME [picklists]]", short: "show how a table is declared, with labels", complete: argTable, run: (*Shell).schema,
		long: ".schema Account\n.schema Lead picklists    with the values of picklists\n.schema                   the local tables",
	},
	{
		name: "fields", alias: `\d`, args: "[NAME [PATTERN]]", short: "list a table's fields with types and labels", complete: argTable, run: (*Shell).fields,
		long: ".fields Opportunity\n.fields Opportunity *date*\n\n" + `\d Opportunity is the same.`,
	},
	{
		name: "relationships", args: "NAME", short: "list what a table refers to and what refers to it", complete: argTable, run: (*Shell).relationships,
		long: ".relationships Contact\n\nWhat refers to it is named as SOQL's subqueries do. They are in the table sf_children, too.",
	},
	{
		name: "limits", args: "[PATTERN]", short: "show the org's limits and what is left of them", run: (*Shell).limits,
		long: ".limits\n.limits api",
	},
	{
		name: "jobs", short: "list the org's Bulk query jobs", run: (*Shell).jobs,
		long: ".jobs\n\nThey are in the table sf_jobs, too: SELECT * FROM sf_jobs WHERE state <> 'JobComplete';",
	},
	{
		name: "orgs", alias: `\l`, short: "list the saved orgs", run: (*Shell).orgs,
		long: ".orgs\n\nsfsql login saves one. demo is built in and always there.",
	},
	{
		name: "org", alias: `\c`, args: "[NAME]", short: "go on with another org", complete: argOrg, run: (*Shell).switchOrg,
		long: ".org uat\n.org demo\n.org          which one this is\n\nLocal tables, and what BEGIN began, stay behind.",
	},
	{
		name: "attach", args: "NAME AS SCHEMA", short: "have another org's tables beside this one's", complete: argOrg, run: (*Shell).attach,
		long: ".attach uat AS uat\nSELECT Id FROM Account EXCEPT SELECT Id FROM uat.Account;\n.detach uat\n\nATTACH 'NAME' AS SCHEMA does the same, also with a DSN.",
	},
	{
		name: "detach", args: "SCHEMA", short: "let an attached org go", run: (*Shell).detach,
		long: ".detach uat",
	},
	{
		name: "soql", short: "show what the last statement asked of the org", run: (*Shell).soql,
		long: "SELECT count(*) FROM Account;\n.soql",
	},
	{
		name: "explain", args: "[on|off]", short: "show plans in place of rows", complete: argSwitch, run: func(s *Shell, _ context.Context, args []string) error {
			if len(args) == 0 {
				args = []string{onOff(!s.explain)}
			}
			return setSwitch("explain", &s.explain, args)
		},
		long: ".explain on     statements show the SOQL, API, rows and calls they need, and do not run\n.explain off\n.explain        the other of the two\n\nEXPLAIN SOQL before a statement does so once; EXPLAIN SOQL SERVER also asks Salesforce for its own plan.",
	},
}

// look writes the rows of a query of the shell's own.
func (s *Shell) look(ctx context.Context, query string, args ...any) error {
	if s.org == nil {
		return errNoOrg
	}
	s.progress.start(s.Stats)
	defer s.progress.stop()
	if s.progress != nil {
		ctx = driver.WithProgress(ctx, s.progress.note)
	}
	return s.rows(ctx, query, args, false)
}

// like turns a user's pattern into one of LIKE: * and ? as in file names, % as
// in SQL, and a word alone may stand anywhere. An underscore is itself, for the
// names of custom objects are full of them. The query says ESCAPE '\'.
func like(args []string) string {
	if len(args) == 0 {
		return "%"
	}
	pattern := strings.Join(args, " ")
	if !strings.ContainsAny(pattern, "*?%") {
		pattern = "*" + pattern + "*"
	}
	return strings.NewReplacer(`\`, `\\`, "_", `\_`, "*", "%", "?", "_").Replace(pattern)
}

func (s *Shell) tables(ctx context.Context, args []string) error {
	if len(args) > 1 {
		return usagef("usage: .tables [PATTERN]")
	}
	if s.org == nil {
		return errNoOrg
	}
	locals, err := s.locals(ctx)
	if err != nil {
		return err
	}
	query := `SELECT name, rows AS records, label FROM sf_objects WHERE queryable AND name LIKE ?1 ESCAPE '\'`
	for _, l := range locals {
		count := "NULL"
		if l.kind == "table" {
			count = "(SELECT count(*) FROM " + l.schema + "." + quoteName(l.name) + ")"
		}
		query += fmt.Sprintf(` UNION ALL SELECT %s, %s, 'local %s' WHERE %[1]s LIKE ?1 ESCAPE '\'`, quoteText(l.name), count, l.kind)
	}
	return s.look(ctx, "SELECT * FROM ("+query+") ORDER BY name COLLATE NOCASE", like(args))
}

// local is a table or view of SQLite's own.
type local struct{ schema, name, kind, sql string }

func (s *Shell) locals(ctx context.Context) ([]local, error) {
	rows, err := s.org.Conn.QueryContext(ctx, `SELECT 'main', name, type, sql FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
UNION ALL SELECT 'temp', name, type, sql FROM temp.sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY 2`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []local
	for rows.Next() {
		var l local
		if err := rows.Scan(&l.schema, &l.name, &l.kind, &l.sql); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// field is a row of sf_fields.
type field struct {
	name, label, kind, declared, collation   string
	hidden                                   bool
	length                                   int64
	relationship, refersTo, picklist, object sql.NullString
}

// describe returns the fields of a table of the org, none where it is unknown.
func describe(ctx context.Context, q querier, table string) ([]field, error) {
	rows, err := q.QueryContext(ctx, `SELECT object, name, label, type, declared, coalesce("collation", ''), hidden, coalesce(length, 0), relationship, refers_to, picklist
FROM sf_fields WHERE object = ?`, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []field
	for rows.Next() {
		var f field
		if err := rows.Scan(&f.object, &f.name, &f.label, &f.kind, &f.declared, &f.collation, &f.hidden, &f.length, &f.relationship, &f.refersTo, &f.picklist); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// described is describe, with the error that names what is near.
func (s *Shell) described(ctx context.Context, table string) ([]field, error) {
	if s.org == nil {
		return nil, errNoOrg
	}
	fields, err := describe(ctx, s.org.Conn, table)
	if err != nil || len(fields) > 0 {
		return fields, err
	}
	// SQLite's own error knows the near names.
	rows, err := s.org.Conn.QueryContext(ctx, "SELECT 1 FROM "+quoteName(table)+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	return nil, rows.Close()
}

func (s *Shell) schema(ctx context.Context, args []string) error {
	picklists := len(args) == 2 && strings.EqualFold(args[1], "picklists")
	if len(args) > 2 || len(args) == 2 && !picklists {
		return usagef("usage: .schema [NAME [picklists]]")
	}
	if s.org == nil {
		return errNoOrg
	}
	locals, err := s.locals(ctx)
	if err != nil {
		return err
	}
	out, err := s.text()
	if err != nil {
		return err
	}
	shown := false
	for _, l := range locals {
		if len(args) == 0 || strings.EqualFold(l.name, args[0]) {
			shown = true
			fmt.Fprintf(out, "%s;\n", l.sql)
		}
	}
	switch {
	case len(args) == 0 && !shown:
		return usagef("there are no local tables; .schema NAME shows one of the org, .tables lists them")
	case shown:
		return nil
	}
	fields, err := s.described(ctx, args[0])
	if err != nil || len(fields) == 0 {
		return err
	}
	return writeSchema(out, fields, picklists)
}

// writeSchema writes a declaration with what SQL has no words for as comments.
func writeSchema(out *bufio.Writer, fields []field, picklists bool) error {
	fmt.Fprintf(out, "CREATE TABLE %s (\n", quoteIfNeeded(fields[0].object.String))
	for i, f := range fields {
		column := "  " + quoteIfNeeded(f.name) + " " + f.declared
		if f.collation != "" && f.collation != "BINARY" {
			column += " COLLATE " + f.collation
		}
		if i < len(fields)-1 {
			column += ","
		}
		fmt.Fprintf(out, "%-56s -- %s\n", column, f.note())
		if picklists && f.picklist.Valid {
			fmt.Fprintf(out, "%-56s --   %s\n", "", strings.Join(f.values(), ", "))
		}
	}
	_, err := out.WriteString(");\n")
	return err
}

// note tells what the declaration of a column does not.
func (f field) note() string {
	parts := []string{format.OneLine(f.label)}
	if f.refersTo.Valid {
		parts = append(parts, "refers to "+format.OneLine(strings.ReplaceAll(f.refersTo.String, ",", ", ")))
	}
	if n := len(f.values()); n > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s", f.kind, format.Counted(int64(n), "value")))
	}
	if f.hidden {
		parts = append(parts, "SELECT * leaves it out")
	}
	return strings.Join(parts, "; ")
}

func (f field) values() (out []string) {
	if f.picklist.Valid {
		_ = json.Unmarshal([]byte(f.picklist.String), &out) // the driver wrote it
	}
	for i := range out {
		out[i] = format.OneLine(out[i])
	}
	return out
}

func (s *Shell) fields(ctx context.Context, args []string) error {
	if len(args) > 2 {
		return usagef("usage: .fields [NAME [PATTERN]]")
	}
	if len(args) == 0 { // as \d alone does in psql
		return s.tables(ctx, nil)
	}
	if fields, err := s.described(ctx, args[0]); err != nil {
		return err
	} else if len(fields) == 0 { // of SQLite's own
		return s.look(ctx, "SELECT name, type FROM pragma_table_info(?1) WHERE name LIKE ?2 ESCAPE '\\'", args[0], like(args[1:]))
	}
	return s.look(ctx, `SELECT name, type || CASE WHEN length > 0 THEN '(' || length || ')' WHEN precision > 0 THEN '(' || precision || ',' || scale || ')' ELSE '' END AS type,
  label, refers_to, concat_ws(', ', iif(nillable, NULL, 'never null'), iif(filterable, NULL, 'not filterable'), iif(calculated, 'calculated', NULL), iif(hidden, 'hidden', NULL)) AS notes
FROM sf_fields WHERE object = ?1 AND name LIKE ?2 ESCAPE '\'`, args[0], like(args[1:]))
}

func (s *Shell) relationships(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return usagef("usage: .relationships NAME")
	}
	if fields, err := s.described(ctx, args[0]); err != nil {
		return err
	} else if len(fields) == 0 {
		return usagef("%s is a local table and has no relationships", args[0])
	}
	return s.look(ctx, `SELECT 'refers to' AS "how", object || '.' || name AS field, refers_to AS "table", relationship FROM sf_fields WHERE object = ?1 AND refers_to IS NOT NULL
UNION ALL
SELECT 'referred to by', child || '.' || field, child, relationship FROM sf_children WHERE object = ?1
ORDER BY 1 DESC, 2`, args[0])
}

func (s *Shell) limits(ctx context.Context, args []string) error {
	return s.look(ctx, `SELECT name, used, max, remaining FROM sf_limits WHERE name LIKE ? ESCAPE '\' ORDER BY name`, like(args))
}

func (s *Shell) jobs(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return usagef("usage: .jobs")
	}
	return s.look(ctx, "SELECT id, operation, object, state, created_date FROM sf_jobs ORDER BY created_date DESC")
}

func (s *Shell) orgs(context.Context, []string) error {
	saved, err := s.cfg.Orgs()
	if err != nil {
		return err
	}
	return s.result(format.Columns("name", "host", "user", "open"), func(yield func([]any) error) error {
		for _, o := range append(saved, SavedOrg{Name: "demo", Host: "built in"}) {
			row := []any{o.Name, orNull(o.Host), orNull(o.User), nil}
			if s.org != nil && s.org.Name == o.Name {
				row[3] = "yes"
			}
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	})
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (s *Shell) switchOrg(ctx context.Context, args []string) error {
	switch {
	case len(args) > 1:
		return usagef("usage: .org [NAME]")
	case len(args) == 1:
		return s.Use(ctx, args[0])
	case s.org == nil:
		return errNoOrg
	}
	out, err := s.text()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, s.org.Name)
	return err
}

func (s *Shell) attach(ctx context.Context, args []string) error {
	switch {
	case len(args) != 3 || !strings.EqualFold(args[1], "AS"):
		return usagef("usage: .attach NAME AS SCHEMA")
	case s.org == nil:
		return errNoOrg
	}
	_, err := s.org.Conn.ExecContext(ctx, "ATTACH ? AS "+quoteName(args[2]), args[0])
	return err
}

func (s *Shell) detach(ctx context.Context, args []string) error {
	switch {
	case len(args) != 1:
		return usagef("usage: .detach SCHEMA")
	case s.org == nil:
		return errNoOrg
	}
	_, err := s.org.Conn.ExecContext(ctx, "DETACH "+quoteName(args[0]))
	return err
}

func (s *Shell) soql(_ context.Context, args []string) error {
	if len(args) > 0 {
		return usagef("usage: .soql")
	}
	if !s.ran {
		return usagef("no statement has run yet")
	}
	out, err := s.text()
	if err != nil {
		return err
	}
	lines := s.scans.queries()
	if len(lines) == 0 {
		lines = []string{"nothing was asked of the org"}
	}
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	return nil
}
