package emulator

import (
	"compress/gzip"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// csvFormat is how the CSV of a job is written.
type csvFormat struct {
	delimiterName string // COMMA, …
	delimiter     byte
	ending        string // LF or CRLF
}

var csvDelimiters = map[string]byte{
	"BACKQUOTE": '`', "CARET": '^', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "TAB": '\t',
}

// newCSVFormat checks the wishes of a job's description.
func newCSVFormat(request *record) (csvFormat, error) {
	f := csvFormat{
		delimiterName: orElse(request.text("columnDelimiter"), "COMMA"), ending: orElse(request.text("lineEnding"), "LF"),
	}
	f.delimiter = csvDelimiters[f.delimiterName]
	content := orElse(request.text("contentType"), "CSV")
	switch {
	case content != "CSV":
		return f, badProperty("contentType", content)
	case f.delimiter == 0:
		return f, badProperty("columnDelimiter", f.delimiterName)
	case f.ending != "LF" && f.ending != "CRLF":
		return f, badProperty("lineEnding", f.ending)
	}
	return f, nil
}

// badProperty refuses a member of a job's description.
func badProperty(name, value string) error {
	return fail(http.StatusBadRequest, "API_ERROR", "Invalid value: '%s' supplied for property: '%s'", value, name)
}

func (f *csvFormat) newline() string {
	if f.ending == "CRLF" {
		return "\r\n"
	}
	return "\n"
}

// appendCSVText appends a value in quotes, those within doubled, line breaks
// as they are.
func appendCSVText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return append(append(dst, s...), '"')
		}
		dst = append(append(dst, s[:i]...), '"', '"')
		s = s[i+1:]
	}
}

// appendCSVRow appends a line of texts.
func (f *csvFormat) appendCSVRow(dst []byte, values []string) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, f.delimiter)
		}
		dst = appendCSVText(dst, v)
	}
	return append(dst, f.newline()...)
}

// csvCell appends the value of a row, quoted.
type csvCell func(dst []byte, row int) []byte

// newCSVCell writes a column's values as Bulk does: empty for null, numbers as
// Java writes them, instants with Z.
func newCSVCell(col column) csvCell {
	switch col := col.(type) {
	case *textColumn:
		return func(dst []byte, row int) []byte { return appendCSVText(dst, col.rows[row]) }
	case *choiceColumn:
		return choiceCell(col)
	case *wholeColumn:
		return func(dst []byte, row int) []byte { return appendCSVWhole(dst, col.kind, col.rows[row]) }
	case *realColumn:
		return func(dst []byte, row int) []byte {
			dst = append(dst, '"')
			if v := col.rows[row]; !math.IsNaN(v) {
				dst = appendDouble(dst, v)
			}
			return append(dst, '"')
		}
	case *boolColumn:
		return func(dst []byte, row int) []byte {
			if col.rows[row] {
				return append(dst, `"true"`...)
			}
			return append(dst, `"false"`...)
		}
	case *linkColumn:
		return func(dst []byte, row int) []byte {
			dst = append(dst, '"')
			if id := col.rows[row]; id != noRecord {
				dst = appendRecordID(dst, col.objects, id)
			}
			return append(dst, '"')
		}
	case *idColumn:
		return func(dst []byte, row int) []byte { return col.appendJSON(dst, row) } // an id in quotes, in both
	}
	return func(dst []byte, row int) []byte { return appendCSVText(dst, csvText(col.value(row))) }
}

// choiceCell quotes the values of a picklist once.
func choiceCell(col *choiceColumn) csvCell {
	quoted := make([][]byte, len(col.values))
	for i, v := range col.values {
		quoted[i] = appendCSVText(nil, v)
	}
	return func(dst []byte, row int) []byte { return append(dst, quoted[col.rows[row]]...) }
}

func appendCSVWhole(dst []byte, kind string, v int64) []byte {
	dst = append(dst, '"')
	switch {
	case v == noNumber:
	case kind == "date":
		dst = appendDate(dst, v)
	case kind == "datetime":
		dst = appendInstant(dst, v, "Z")
	case kind == "time":
		dst = append(appendClock(dst, v), 'Z')
	default:
		dst = strconv.AppendInt(dst, v, 10)
	}
	return append(dst, '"')
}

// csvText is the text of a value of no fixed type.
func csvText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return string(appendDouble(nil, v))
	}
	return ""
}

// requestBody returns the body of a request, unpacked where it is compressed,
// and bounded in both forms.
func requestBody(w http.ResponseWriter, r *http.Request, limit int64) (io.Reader, error) {
	body := io.Reader(http.MaxBytesReader(w, r.Body, limit))
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, fail(http.StatusBadRequest, "CLIENTINPUTERROR", "the body is not gzip: %v", err)
		}
		return http.MaxBytesReader(w, io.NopCloser(unzipped), limit), nil
	default:
		return nil, fail(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "Content-Encoding %s is not supported", encoding)
	}
}
