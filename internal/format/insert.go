package format

import (
	"bufio"
	"encoding/hex"
	"strings"
)

// insertFormat writes an INSERT statement for each row, in SQLite's dialect.
type insertFormat struct {
	w     *bufio.Writer
	table string
	head  string
}

// Begin implements Writer.
func (f *insertFormat) Begin(columns []Column) error {
	if f.table == "" {
		f.table = "result"
	}
	quoted := uniqueNames(names(columns))
	for i, name := range quoted {
		quoted[i] = quoteName(name)
	}
	f.head = "INSERT INTO " + quoteName(f.table) + " (" + strings.Join(quoted, ", ") + ") VALUES ("
	return nil
}

// Row implements Writer.
func (f *insertFormat) Row(values []any) error {
	if _, err := f.w.WriteString(f.head); err != nil {
		return err
	}
	for i, v := range values {
		if i > 0 {
			if _, err := f.w.WriteString(", "); err != nil {
				return err
			}
		}
		if _, err := f.w.WriteString(literal(v)); err != nil {
			return err
		}
	}
	_, err := f.w.WriteString(");\n")
	return err
}

// End implements Writer.
func (f *insertFormat) End() error { return nil }

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal writes a value as SQLite reads it back, of the same storage class.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case float64:
		return jsonReal(v)
	case int64, bool:
		return Text(v)
	case []byte:
		return "x'" + hex.EncodeToString(v) + "'"
	}
	text := Text(v)
	if strings.ContainsRune(text, 0) { // a literal would end there
		return "CAST(x'" + hex.EncodeToString([]byte(text)) + "' AS TEXT)"
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
