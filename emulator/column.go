package emulator

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// column holds one field of all rows of an object. Rows are addressed by
// number; a column is complete when others see it.
type column interface {
	null(row int) bool
	appendJSON(dst []byte, row int) []byte // as REST writes it
	value(row int) any                     // as Server.Scan hands it out
}

// textColumn holds free text. Salesforce stores no empty text, so the empty
// string stands for null.
type textColumn struct{ rows []string }

func (c *textColumn) null(row int) bool { return c.rows[row] == "" }

func (c *textColumn) appendJSON(dst []byte, row int) []byte {
	if c.rows[row] == "" {
		return append(dst, "null"...)
	}
	return appendString(dst, c.rows[row])
}

func (c *textColumn) value(row int) any { return textOrNil(c.rows[row]) }

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// choiceColumn holds picklists: a place in values, where 0 stands for null.
type choiceColumn struct {
	values []string // values[0] is empty
	quoted [][]byte // the same as JSON
	rows   []uint16
}

func (c *choiceColumn) null(row int) bool { return c.rows[row] == 0 }

func (c *choiceColumn) appendJSON(dst []byte, row int) []byte {
	return append(dst, c.quoted[c.rows[row]]...)
}

func (c *choiceColumn) value(row int) any { return textOrNil(c.values[c.rows[row]]) }

// wholeColumn holds int, long, date, datetime and time; noNumber is null.
type wholeColumn struct {
	kind string
	rows []int64
}

func (c *wholeColumn) null(row int) bool { return c.rows[row] == noNumber }

func (c *wholeColumn) appendJSON(dst []byte, row int) []byte {
	v := c.rows[row]
	if v == noNumber {
		return append(dst, "null"...)
	}
	return appendWhole(dst, c.kind, v)
}

func appendWhole(dst []byte, kind string, v int64) []byte {
	switch kind {
	case "date":
		return append(appendDate(append(dst, '"'), v), '"')
	case "datetime":
		return append(appendInstant(append(dst, '"'), v, "+0000"), '"')
	case "time":
		return append(appendClock(append(dst, '"'), v), `Z"`...)
	}
	return strconv.AppendInt(dst, v, 10)
}

func (c *wholeColumn) value(row int) any {
	v := c.rows[row]
	if v == noNumber {
		return nil
	}
	switch c.kind {
	case "date":
		return string(appendDate(nil, v))
	case "datetime":
		return instantOf(v)
	case "time":
		return string(append(appendClock(nil, v), 'Z'))
	}
	return v
}

// realColumn holds double, currency and percent; NaN is null.
type realColumn struct{ rows []float64 }

func (c *realColumn) null(row int) bool { return math.IsNaN(c.rows[row]) }

func (c *realColumn) appendJSON(dst []byte, row int) []byte {
	if c.null(row) {
		return append(dst, "null"...)
	}
	return appendDouble(dst, c.rows[row])
}

func (c *realColumn) value(row int) any {
	if c.null(row) {
		return nil
	}
	return c.rows[row]
}

// boolColumn holds booleans, which are never null.
type boolColumn struct{ rows []bool }

func (c *boolColumn) null(int) bool { return false }

func (c *boolColumn) appendJSON(dst []byte, row int) []byte {
	return strconv.AppendBool(dst, c.rows[row])
}

func (c *boolColumn) value(row int) any { return c.rows[row] }

// linkColumn holds references.
type linkColumn struct {
	objects []*Object // of the org, for the ids' prefixes
	rows    []recordID
}

func (c *linkColumn) null(row int) bool { return c.rows[row] == noRecord }

func (c *linkColumn) appendJSON(dst []byte, row int) []byte {
	id := c.rows[row]
	if id == noRecord {
		return append(dst, "null"...)
	}
	return append(appendRecordID(append(dst, '"'), c.objects, id), '"')
}

func (c *linkColumn) value(row int) any {
	if c.rows[row] == noRecord {
		return nil
	}
	return string(appendRecordID(nil, c.objects, c.rows[row]))
}

// idColumn computes the record's own id.
type idColumn struct{ of *table }

func (c *idColumn) null(int) bool { return false }

func (c *idColumn) at(row int) recordID { return makeRecordID(c.of.obj.index, row) }

func (c *idColumn) appendJSON(dst []byte, row int) []byte {
	return append(c.of.obj.appendID18(append(dst, '"'), row), '"')
}

func (c *idColumn) value(row int) any {
	return string(c.of.obj.appendID18(nil, row))
}

// anyColumn holds values of several types, as the history objects do.
type anyColumn struct{ rows []any }

func (c *anyColumn) null(row int) bool { return c.rows[row] == nil }

func (c *anyColumn) appendJSON(dst []byte, row int) []byte {
	switch v := c.rows[row].(type) {
	case string:
		return appendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case float64:
		return appendDouble(dst, v)
	}
	return append(dst, "null"...)
}

func (c *anyColumn) value(row int) any { return c.rows[row] }

// blobColumn computes base64 fields; REST gives a path to fetch them from.
type blobColumn struct {
	of      *table
	field   *Field
	written map[int][]byte // by row
}

func (c *blobColumn) null(int) bool { return false }

func (c *blobColumn) appendJSON(dst []byte, row int) []byte {
	return c.appendPath(dst, "/services/data/v"+strconv.Itoa(newestVersion)+".0", row)
}

func (c *blobColumn) appendPath(dst []byte, root string, row int) []byte {
	dst = append(append(append(dst, '"'), root...), "/sobjects/"...)
	dst = append(append(dst, c.of.obj.Name...), '/')
	dst = append(c.of.obj.appendID18(dst, row), '/')
	return append(append(dst, c.field.Name...), '"')
}

func (c *blobColumn) value(row int) any { return c.bytes(row) }

func (c *blobColumn) bytes(row int) []byte {
	if data, ok := c.written[row]; ok {
		return data
	}
	cell := c.of.cell(c.field, row)
	out := make([]byte, cell.below(2000))
	for i := range out {
		out[i] = byte(cell.next())
	}
	return out
}

// compoundColumn shows addresses and locations, made of other columns.
type compoundColumn struct {
	keys  []string // in the order in which Salesforce writes them
	parts []column
}

func (c *compoundColumn) null(row int) bool {
	for _, part := range c.parts {
		if !part.null(row) {
			return false
		}
	}
	return true
}

func (c *compoundColumn) appendJSON(dst []byte, row int) []byte {
	if c.null(row) {
		return append(dst, "null"...)
	}
	for i, key := range c.keys {
		if i == 0 {
			dst = append(dst, '{')
		} else {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), key...), `":`...)
		dst = c.parts[i].appendJSON(dst, row)
	}
	return append(dst, '}')
}

func (c *compoundColumn) value(row int) any {
	if c.null(row) {
		return nil
	}
	out := make(map[string]any, len(c.keys))
	for i, key := range c.keys {
		out[key] = c.parts[i].value(row)
	}
	return out
}

// appendString appends a JSON string. It is the hot path of every page, so
// text that needs no escape is copied whole.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, c)
		start = i + 1
	}
	return append(append(dst, s[start:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// appendJSONValue appends what only small answers hold. Salesforce does not
// escape what HTML cares about.
func appendJSONValue(dst []byte, v any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic("emulator: " + err.Error()) // only plain values of this package get here
	}
	return append(dst, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}

// textBuilder packs a column's texts into few large strings, so that a million
// rows are not a million allocations.
type textBuilder struct {
	rows    []string
	chunk   strings.Builder
	pending []int // where the texts of the chunk end
}

const textChunk = 64 << 10

func (b *textBuilder) add(s string) {
	b.chunk.WriteString(s)
	b.pending = append(b.pending, b.chunk.Len())
	if b.chunk.Len() >= textChunk {
		b.flush()
	}
}

func (b *textBuilder) flush() {
	all, start := b.chunk.String(), 0
	for _, end := range b.pending {
		b.rows = append(b.rows, all[start:end])
		start = end
	}
	b.chunk.Reset()
	b.pending = b.pending[:0]
}

// storable returns a text as Salesforce would store it: trimmed, without NUL,
// cut to the field's length.
func storable(s string, length int) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	s = strings.TrimSpace(s)
	if length == 0 || len(s) <= length {
		return s
	}
	units := 0
	for i, r := range s {
		units++
		if r > 0xffff {
			units++
		}
		if units > length {
			return strings.TrimSpace(s[:i])
		}
	}
	if !utf8.ValidString(s) {
		return strings.ToValidUTF8(s, "")
	}
	return s
}
