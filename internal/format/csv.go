package format

import (
	"bufio"
	"encoding/csv"
	"strings"
)

// csvFormat writes CSV by RFC 4180, but with LF at the end of a line:
// encoding/csv would change line breaks inside values along with it.
type csvFormat struct {
	w      *bufio.Writer
	csv    *csv.Writer // keeps nothing back: it writes through w
	header bool
	null   string
	bom    bool
	guard  bool
	record []string
}

// Begin implements Writer.
func (f *csvFormat) Begin(columns []Column) error {
	f.record = make([]string, len(columns))
	if f.bom {
		if _, err := f.w.WriteString("\ufeff"); err != nil {
			return err
		}
	}
	if !f.header {
		return nil
	}
	copy(f.record, names(columns))
	return f.write()
}

// Row implements Writer.
func (f *csvFormat) Row(values []any) error {
	for i, v := range values {
		if v == nil {
			f.record[i] = f.null
		} else {
			f.record[i] = Text(v)
		}
		if _, text := v.(string); text && f.guard && calculated(f.record[i]) {
			f.record[i] = "'" + f.record[i]
		}
	}
	return f.write()
}

// write quotes a lone empty field: an empty line is no record to most readers.
func (f *csvFormat) write() error {
	if len(f.record) == 1 && f.record[0] == "" {
		_, err := f.w.WriteString("\"\"\n")
		return err
	}
	return f.csv.Write(f.record)
}

// End implements Writer.
func (f *csvFormat) End() error { return nil }

// calculated reports whether spreadsheets take a text for a formula.
func calculated(s string) bool { return s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 }
