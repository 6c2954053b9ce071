package emulator

import (
	"bytes"
	"fmt"
)

// csvReader reads the CSV of an ingest job. It is stricter than most readers,
// as Salesforce is: the line ending is the one that the job names, and nothing
// may stand between a quote and a delimiter.
type csvReader struct {
	data   []byte
	at     int
	format csvFormat
}

// more reports whether there is another row.
func (r *csvReader) more() bool { return r.at < len(r.data) }

// row appends the values of the next row to dst.
func (r *csvReader) row(dst []string) ([]string, error) {
	for {
		value, err := r.value()
		if err != nil {
			return dst, err
		}
		dst = append(dst, value)
		if !r.more() {
			return dst, nil
		}
		if r.data[r.at] == r.format.delimiter {
			r.at++
			continue
		}
		return dst, r.lineEnd()
	}
}

// value reads one value and stops at what ends it.
func (r *csvReader) value() (string, error) {
	if r.more() && r.data[r.at] == '"' {
		return r.quoted()
	}
	start := r.at
	for r.more() && !r.ends(r.data[r.at]) {
		if r.data[r.at] == '"' {
			return "", r.fault("a quote within a value that is not quoted")
		}
		r.at++
	}
	return string(r.data[start:r.at]), nil
}

// ends reports whether a byte ends a value that is not quoted.
func (r *csvReader) ends(b byte) bool { return b == r.format.delimiter || b == '\n' || b == '\r' }

func (r *csvReader) quoted() (string, error) {
	var text []byte
	for at := r.at + 1; ; {
		end := bytes.IndexByte(r.data[at:], '"')
		if end < 0 {
			return "", r.fault("a quote that is not closed")
		}
		text = append(text, r.data[at:at+end]...)
		at += end + 1
		if at < len(r.data) && r.data[at] == '"' {
			text, at = append(text, '"'), at+1
			continue
		}
		if at < len(r.data) && !r.ends(r.data[at]) {
			r.at = at
			return "", r.fault("text behind a closing quote")
		}
		r.at = at
		return string(text), nil
	}
}

// lineEnd steps over the end of a row.
func (r *csvReader) lineEnd() error {
	found := "LF"
	if r.data[r.at] == '\r' {
		found = "CRLF"
		if r.at++; !r.more() || r.data[r.at] != '\n' {
			found = "CR"
			r.at--
		}
	}
	if found != r.format.ending {
		return fmt.Errorf("ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is %s", r.format.ending)
	}
	r.at++
	return nil
}

func (r *csvReader) fault(what string) error {
	return &csvFault{line: 1 + bytes.Count(r.data[:r.at], []byte("\n")), what: what}
}

// csvFault is CSV that cannot be read.
type csvFault struct {
	line int
	what string
}

func (f *csvFault) Error() string {
	return fmt.Sprintf("ClientInputError : Failed to parse CSV at line %d: %s", f.line, f.what)
}
