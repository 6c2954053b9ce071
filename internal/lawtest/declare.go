package lawtest

import (
	"fmt"
	"strings"

	"github.com/sfsql/sfsql/emulator"
)

// shape is what of a DSN shapes the ordinary tables.
type shape struct {
	textBinary bool
	deleted    bool
	startDate  string // an instant as SFTIME reads it; empty means no bound
	hidden     bool   // with the columns that SELECT * leaves out, at the end
}

// columnSpec is one column of an ordinary table.
type columnSpec struct {
	field     emulator.Field
	at        int // in the emulator's records
	decl      string
	collation string // empty is BINARY
	hidden    bool
}

// columnsOf declares an object's columns as the law's third section does: the
// Id, the name field, then describe's order.
func columnsOf(o *emulator.Object, s shape) []columnSpec {
	var first, name, others, hidden []columnSpec
	for i, f := range o.Fields {
		c := columnSpec{field: f, at: i}
		c.declare(s)
		switch {
		case c.hidden:
			hidden = append(hidden, c)
		case f.Type == "id":
			first = append(first, c)
		case f.NameField:
			name = append(name, c)
		default:
			others = append(others, c)
		}
	}
	out := append(append(first, name...), others...)
	if s.hidden {
		out = append(out, hidden...)
	}
	return out
}

func (c *columnSpec) declare(s shape) {
	switch c.field.Type {
	case "id", "reference":
		c.decl, c.collation = "TEXT", "SFID"
	case "boolean", "int", "long":
		c.decl = "INTEGER"
	case "double", "currency", "percent":
		c.decl = "REAL"
	case "date", "datetime":
		c.decl, c.collation = "TEXT", "SFTIME"
	case "time":
		c.decl = "TEXT"
	case "address", "location":
		c.decl, c.hidden = "TEXT", true
	case "base64":
		c.decl, c.hidden = "BLOB", true
	default:
		c.decl = "TEXT"
		if !c.field.CaseSensitive && !s.textBinary {
			c.collation = "NOCASE"
		}
	}
}

// createTable returns the statement that makes an ordinary table.
func createTable(name string, columns []columnSpec) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = quoteName(c.field.Name) + " " + c.decl
		if c.collation != "" {
			parts[i] += " COLLATE " + c.collation
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", quoteName(name), strings.Join(parts, ", "))
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
