package format

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// jsonFormat writes an object for each row, its keys in the order of the
// columns: one a line (JSON Lines), or as one array.
type jsonFormat struct {
	w     *bufio.Writer
	array bool
	keys  [][]byte // encoded, each with its colon
	line  bytes.Buffer
	enc   *json.Encoder // into line; for strings that are not plain
	some  bool          // a row has been written
}

// Begin implements Writer.
func (f *jsonFormat) Begin(columns []Column) error {
	for _, name := range uniqueNames(names(columns)) {
		f.line.Reset()
		if err := f.encode(name); err != nil {
			return err
		}
		f.keys = append(f.keys, append(slices.Clone(f.line.Bytes()), ':'))
	}
	if f.array {
		return f.w.WriteByte('[')
	}
	return nil
}

// uniqueNames numbers names that come again, as SQLite does in subqueries: a
// second key of the same name would hide the first from most readers.
func uniqueNames(columns []string) []string {
	out := slices.Clone(columns)
	used := make(map[string]bool, len(columns))
	for _, name := range columns {
		used[name] = true
	}
	seen := make(map[string]bool, len(columns))
	for i, name := range columns {
		for n := 1; seen[out[i]]; n++ {
			if next := fmt.Sprintf("%s:%d", name, n); !used[next] {
				out[i] = next
			}
		}
		seen[out[i]] = true
		used[out[i]] = true
	}
	return out
}

// Row implements Writer.
func (f *jsonFormat) Row(values []any) error {
	f.line.Reset()
	switch {
	case !f.array:
	case f.some:
		f.line.WriteString(",\n ")
	}
	f.some = true
	f.line.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			f.line.WriteByte(',')
		}
		f.line.Write(f.keys[i])
		if err := f.value(v); err != nil {
			return err
		}
	}
	f.line.WriteByte('}')
	if !f.array {
		f.line.WriteByte('\n')
	}
	_, err := f.w.Write(f.line.Bytes())
	return err
}

func (f *jsonFormat) value(v any) error {
	switch v := v.(type) {
	case nil:
		f.line.WriteString("null")
		return nil
	case int64:
		f.line.Write(strconv.AppendInt(f.line.AvailableBuffer(), v, 10))
		return nil
	case float64:
		f.line.WriteString(jsonReal(v))
		return nil
	case bool:
		f.line.WriteString(Text(v))
		return nil
	}
	return f.encode(Text(v))
}

// jsonReal writes infinities as SQLite's JSON functions do: as numbers that no
// REAL can hold.
func jsonReal(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "9.0e+999"
	case math.IsInf(v, -1):
		return "-9.0e+999"
	}
	return realText(v)
}

// encode writes a string; <, > and & stay readable.
func (f *jsonFormat) encode(s string) error {
	if plainJSON(s) {
		f.line.WriteByte('"')
		f.line.WriteString(s)
		f.line.WriteByte('"')
		return nil
	}
	if f.enc == nil {
		f.enc = json.NewEncoder(&f.line)
		f.enc.SetEscapeHTML(false)
	}
	if err := f.enc.Encode(s); err != nil {
		return err
	}
	f.line.Truncate(f.line.Len() - 1) // Encode ends with a line feed
	return nil
}

// plainJSON reports whether a string is written as it is, as most are.
func plainJSON(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// End implements Writer.
func (f *jsonFormat) End() error {
	if !f.array {
		return nil
	}
	_, err := f.w.WriteString("]\n")
	return err
}
