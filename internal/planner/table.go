package planner

import (
	"fmt"
	"strings"
	"time"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/soql"
)

// Table is an sObject as the user sees it.
type Table struct {
	Object *catalog.Object
	// Schema is the one that the table stands in, where statements may name
	// tables of several orgs; empty where there is one org.
	Schema        string
	Columns       []Column  // Id, the name field, then describe's order
	MultiCurrency bool      // a bare number against a currency may be converted
	Bound         soql.Expr // what a record must meet to be in the table; nil means nothing
	byName        map[string]int
}

// Column is one column of a Table.
type Column struct {
	Field     catalog.Field
	Kind      soql.Kind
	Decl      string // declared type without collation, as SQLite reports it
	Collation string // BINARY, NOCASE, SFID or SFTIME
	Hidden    bool   // left out of SELECT *
	Blob      bool   // the value is a path whose bytes are fetched when read

	path []string // of a query table: where the value stands in the answer
}

// TableOptions are the parts of a DSN that shape tables.
type TableOptions struct {
	TextBinary bool // compare text by bytes instead of NOCASE
	SystemOnly bool // SELECT * gives Id, the name field and the system fields
	// StartDate leaves out records last changed before it; zero means none.
	StartDate time.Time
}

// In returns the table as it stands in a schema.
func (t *Table) In(schema string) *Table {
	in := *t
	in.Schema = schema
	return &in
}

// NewTable shapes a described sObject as a table.
func NewTable(obj *catalog.Object, opts TableOptions) *Table {
	t := &Table{Object: obj, byName: make(map[string]int, len(obj.Fields))}
	for pass := 0; pass < 3; pass++ {
		for _, f := range obj.Fields {
			if columnRank(f) == pass {
				t.byName[strings.ToLower(f.Name)] = len(t.Columns)
				t.Columns = append(t.Columns, newColumn(f, opts))
			}
		}
	}
	_, t.MultiCurrency = t.byName["currencyisocode"]
	if !opts.StartDate.IsZero() {
		t.bound(opts.StartDate)
	}
	return t
}

// bound keeps records from before a start date out, by the first date that
// tells when a record last changed. A table without one is not bounded.
func (t *Table) bound(start time.Time) {
	for _, name := range []string{"SystemModstamp", "CreatedDate", "LoginTime"} {
		if i := t.Column(name); i >= 0 && t.Columns[i].Kind == soql.KindDatetime && t.Columns[i].Field.Filterable {
			t.Bound = cmp(&t.Columns[i], soql.GE, soql.Datetime(start))
			return
		}
	}
}

// Bounded reports whether a start date leaves records out.
func (t *Table) Bounded() bool { return t.Bound != nil }

func columnRank(f catalog.Field) int {
	switch {
	case f.Type == "id" && strings.EqualFold(f.Name, "Id"):
		return 0
	case f.NameField:
		return 1
	default:
		return 2
	}
}

var systemFields = map[string]bool{
	"createdbyid": true, "createddate": true, "isdeleted": true, "lastmodifiedbyid": true,
	"lastmodifieddate": true, "systemmodstamp": true,
}

func newColumn(f catalog.Field, opts TableOptions) Column {
	c := Column{Field: f, Kind: soql.KindText, Collation: "BINARY"}
	switch f.Type {
	case "id", "reference":
		c.Decl, c.Collation = "TEXT(18)", CollationID
	case "boolean":
		c.Kind, c.Decl = soql.KindBool, "BOOLEAN INTEGER"
	case "int":
		c.Kind, c.Decl = soql.KindInt, "INTEGER"
	case "long":
		c.Kind, c.Decl = soql.KindInt, "BIGINT"
	case "double", "currency", "percent":
		c.Kind, c.Decl = soql.KindReal, "REAL"
		if f.Precision > 0 {
			c.Decl = fmt.Sprintf("REAL(%d,%d)", f.Precision, f.Scale)
		}
	case "date":
		c.Kind, c.Decl, c.Collation = soql.KindDate, "DATE TEXT", CollationTime
	case "datetime":
		c.Kind, c.Decl, c.Collation = soql.KindDatetime, "DATETIME TEXT", CollationTime
	case "time":
		c.Kind, c.Decl = soql.KindTime, "TIME TEXT"
	case "address", "location":
		c.Kind, c.Decl, c.Hidden = soql.KindJSON, "TEXT", true
	case "json", "complexvalue":
		c.Kind, c.Decl = soql.KindJSON, "TEXT"
	case "base64":
		c.Decl, c.Hidden, c.Blob = "BLOB", true, true
	default:
		c.textual(opts)
	}
	if opts.SystemOnly && columnRank(f) == 2 && !systemFields[strings.ToLower(f.Name)] {
		c.Hidden = true
	}
	return c
}

func (c *Column) textual(opts TableOptions) {
	c.Decl = "TEXT"
	if c.Field.Length > 0 {
		c.Decl = fmt.Sprintf("TEXT(%d)", c.Field.Length)
	}
	if !c.Field.CaseSensitive && !opts.TextBinary {
		c.Collation = "NOCASE"
	}
	if c.Field.Type == "anyType" {
		c.Kind = soql.KindAny
	}
}

// Column returns the index of a column by its name in any case, or -1.
func (t *Table) Column(name string) int {
	if i, ok := t.byName[strings.ToLower(name)]; ok {
		return i
	}
	return -1
}

// ID returns the index of the Id column, or -1 for the few sObjects without.
func (t *Table) ID() int {
	if len(t.Columns) > 0 && columnRank(t.Columns[0].Field) == 0 {
		return 0
	}
	return -1
}

// CreateSQL returns the CREATE TABLE statement that declares the table under
// a name. With hidden it marks hidden columns as a virtual table declares
// them; without, they are left out, which gives the ordinary table that the
// law speaks of.
func (t *Table) CreateSQL(name string, hidden bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (", QuoteName(name))
	sep := ""
	for _, c := range t.Columns {
		if c.Hidden && !hidden {
			continue
		}
		fmt.Fprintf(&b, "%s\n  %s ", sep, QuoteName(c.Field.Name))
		if c.Hidden {
			b.WriteString("HIDDEN ") // SQLite takes the word out of the type
		}
		b.WriteString(c.Decl)
		if c.Collation != "BINARY" {
			b.WriteString(" COLLATE " + c.Collation)
		}
		sep = ","
	}
	b.WriteString("\n)")
	return b.String()
}

// QuoteName returns name as an SQL identifier in double quotes.
func QuoteName(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
