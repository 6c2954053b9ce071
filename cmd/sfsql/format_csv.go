package main

import (
	"bufio"
	"encoding/csv"
)

// csvFormat writes CSV by RFC 4180, but with LF at the end of a line:
// encoding/csv would change line breaks inside values along with it.
type csvFormat struct {
	w      *bufio.Writer
	csv    *csv.Writer // keeps nothing back: it writes through w
	header bool
	null   string
	record []string
}

func (f *csvFormat) begin(columns []string) error {
	f.record = make([]string, len(columns))
	if !f.header {
		return nil
	}
	copy(f.record, columns)
	return f.write()
}

func (f *csvFormat) row(values []any) error {
	for i, v := range values {
		if v == nil {
			f.record[i] = f.null
		} else {
			f.record[i] = valueText(v)
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

func (f *csvFormat) end() error { return nil }
