package salesforce

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sfsql/sfsql/soql"
)

// What one part of a Bulk page may hold before it is handed on.
const (
	partCells = 32 << 10
	partText  = 256 << 10
)

const (
	firstBuffer = 128 << 10
	// longestField bounds a field with its quotes doubled. Salesforce stores
	// texts of up to 131,072 characters.
	longestField = 16 << 20
)

// csvError is text that is not CSV as Salesforce writes it.
type csvError struct {
	row     int64
	problem string
}

func (e *csvError) Error() string {
	return fmt.Sprintf("malformed CSV in record %d: %s", e.row, e.problem)
}

// csvDecoder turns the CSV of a result page into batches. It has a tokenizer of
// its own because encoding/csv turns a line break of two bytes within quotes
// into one of one byte, and REST does not.
//
// Differences from RFC 4180: a record may end with \n alone, empty lines are
// passed over, the last record may lack its line end, and fields without
// quotes are accepted.
type csvDecoder struct {
	columns []soql.Column
	names   []string // of columns, as the first line has them
	delim   byte
	targets [][]int // columns by field

	src    io.Reader
	srcErr error
	buf    []byte
	r, w   int // unread bytes are buf[r:w]
	record int64

	hashed int    // bytes of buf before it are in sum
	sum    uint32 // checksum of all bytes of the page before buf[hashed]
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func newCSVDecoder(columns []soql.Column) *csvDecoder {
	d := &csvDecoder{columns: columns, delim: ',', buf: make([]byte, firstBuffer)}
	for _, col := range columns {
		d.names = append(d.names, strings.Join(col.Path, "."))
	}
	return d
}

// open begins to read a page and matches its first line with the columns. It
// returns io.EOF where there is not a byte.
func (d *csvDecoder) open(src io.Reader) error {
	d.src, d.srcErr = src, nil
	d.r, d.w, d.record, d.hashed, d.sum = 0, 0, 0, 0, 0
	if err := d.skipEmptyLines(); err != nil {
		return err
	}
	var names []string
	for last := false; !last; {
		var name []byte
		var err error
		if name, last, err = d.field(); err != nil {
			return err
		}
		names = append(names, string(unquoted(nil, name)))
	}
	return d.match(names)
}

// match finds the columns of the header's fields.
func (d *csvDecoder) match(names []string) error {
	d.targets = make([][]int, len(names))
	matched := 0
	for i, name := range names {
		for k, wanted := range d.names {
			if strings.EqualFold(wanted, name) {
				d.targets[i] = append(d.targets[i], k)
				matched++
			}
		}
		switch {
		case len(d.targets[i]) == 0:
			return fmt.Errorf("the answer has a column %q that was not asked for", clip([]byte(name)))
		case slices.ContainsFunc(names[:i], func(other string) bool { return strings.EqualFold(other, name) }):
			return fmt.Errorf("the answer has column %s twice", name)
		}
	}
	if matched == len(d.columns) {
		return nil
	}
	for k, wanted := range d.names {
		if !slices.ContainsFunc(d.targets, func(t []int) bool { return slices.Contains(t, k) }) {
			return fmt.Errorf("the answer lacks column %s", wanted)
		}
	}
	return nil
}

// next reads a record into b. It returns io.EOF after the last one. On another
// error b has the record's row, which is not whole.
func (d *csvDecoder) next(b *batch) error {
	if err := d.skipEmptyLines(); err != nil {
		return err
	}
	d.record++
	base := b.addRow()
	final := len(d.targets) - 1
	for i, cols := range d.targets {
		v, last, err := d.field()
		if err != nil {
			return err
		}
		if last != (i == final) {
			return d.malformed(fmt.Sprintf("it has not the %d fields of the first line", len(d.targets)))
		}
		for _, col := range cols {
			if err := d.store(b, base+col, d.columns[col].Kind, v); err != nil {
				return columnError(d.columns[col], err)
			}
		}
	}
	return nil
}

// skip passes over records.
func (d *csvDecoder) skip(n int64) error {
	for range n {
		if err := d.skipEmptyLines(); err != nil {
			return err
		}
		d.record++
		for last := false; !last; {
			var err error
			if _, last, err = d.field(); err != nil {
				return err
			}
		}
	}
	return nil
}

// checksum is that of all bytes read so far: up to the end of a record, where
// one was just read.
func (d *csvDecoder) checksum() uint32 {
	d.sum = crc32.Update(d.sum, castagnoli, d.buf[d.hashed:d.r])
	d.hashed = d.r
	return d.sum
}

// store decodes the raw bytes of a field into a cell. Empty is null.
func (d *csvDecoder) store(b *batch, at int, kind soql.Kind, v []byte) error {
	if len(v) == 0 {
		b.set(at, 0, null)
		return nil
	}
	switch kind {
	case soql.KindInt:
		if !isNumber(v) {
			return notWhole(v)
		}
		return b.setInt(at, v)
	case soql.KindReal:
		if !isNumber(v) {
			return fmt.Errorf("%s is not a number", clip(v))
		}
		return b.setReal(at, v)
	case soql.KindBool:
		switch string(v) {
		case "true":
			b.set(at, 1, present)
		case "false":
			b.set(at, 0, present)
		default:
			return fmt.Errorf("%s is not a boolean", clip(v))
		}
		return nil
	}
	begin := len(b.text)
	return b.setText(at, kind, appendCSV(b.text, v), begin)
}

// appendCSV appends the value of a field as REST would give it: without NUL
// bytes, and with U+FFFD for bytes that are no UTF-8.
func appendCSV(dst, v []byte) []byte {
	if plain(v, '"') {
		return append(dst, v...)
	}
	begin := len(dst)
	dst = unquoted(dst, v)
	if isPlain(dst[begin:]) {
		return dst
	}
	if bytes.IndexByte(v, 0) >= 0 {
		dst = dropNUL(dst, begin)
	}
	if utf8.Valid(dst[begin:]) {
		return dst
	}
	bad := string(dst[begin:])
	dst = dst[:begin]
	for _, r := range bad {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// isPlain reports whether a text is of ASCII without NUL, eight bytes at a
// time: a byte's high bit is set, or taking one from it sets it.
func isPlain(v []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(v) >= 8; v = v[8:] {
		if w := binary.LittleEndian.Uint64(v); (w|(w-ones))&highs != 0 {
			return false
		}
	}
	for _, c := range v {
		if c-1 >= 0x7f {
			return false
		}
	}
	return true
}

// unquoted appends the raw bytes of a field with its doubled quotes single.
func unquoted(dst, v []byte) []byte {
	for {
		i := bytes.IndexByte(v, '"')
		if i < 0 {
			return append(dst, v...)
		}
		dst = append(dst, v[:i+1]...)
		v = v[i+2:]
	}
}

// isNumber reports whether v is a number by JSON's syntax: what strconv takes
// besides (0x10, 1_000, Inf) is none from Salesforce.
func isNumber(v []byte) bool {
	i := 0
	digits := func() bool {
		begin := i
		for i < len(v) && '0' <= v[i] && v[i] <= '9' {
			i++
		}
		return i > begin
	}
	if v[0] == '-' {
		i++
	}
	if !digits() {
		return false
	}
	if i < len(v) && v[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(v) && (v[i] == 'e' || v[i] == 'E') {
		i++
		if i < len(v) && (v[i] == '+' || v[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(v)
}

func (d *csvDecoder) malformed(problem string) error { return &csvError{d.record, problem} }

// skipEmptyLines moves to the beginning of a record, or returns io.EOF.
func (d *csvDecoder) skipEmptyLines() error {
	for {
		if d.r == d.w {
			if err := d.more(); err != nil {
				return err
			}
		}
		switch d.buf[d.r] {
		case '\n':
			d.r++
		case '\r':
			if !d.has(1) || d.buf[d.r+1] != '\n' {
				return nil
			}
			d.r += 2
		default:
			return nil
		}
	}
}

// has reports whether buf[r+n] is there, after reading on if need be.
func (d *csvDecoder) has(n int) bool {
	for d.r+n >= d.w {
		if d.more() != nil {
			return false
		}
	}
	return true
}

// more reads on, keeping buf[r:w]. It returns io.EOF at the end.
func (d *csvDecoder) more() error {
	if d.srcErr != nil {
		return d.srcErr
	}
	d.checksum()
	copy(d.buf, d.buf[d.r:d.w])
	d.w -= d.r
	d.r, d.hashed = 0, 0
	if d.w == len(d.buf) {
		if d.w >= longestField {
			return fmt.Errorf("a field is longer than %d bytes", longestField)
		}
		d.buf = append(d.buf, make([]byte, len(d.buf))...)
	}
	for range 100 {
		n, err := d.src.Read(d.buf[d.w:])
		d.w += n
		d.srcErr = err
		switch {
		case n > 0:
			return nil
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// cut is the error of a page that ends within a field.
func (d *csvDecoder) cut() error {
	if d.srcErr == nil {
		return fmt.Errorf("a field is longer than %d bytes", longestField)
	}
	if errors.Is(d.srcErr, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return d.srcErr
}

// field returns the raw bytes of the next field, without the quotes around it
// but with those inside still doubled, and whether it is the last of its
// record. They are valid until the next call.
func (d *csvDecoder) field() (v []byte, last bool, err error) {
	if !d.has(0) {
		return nil, false, d.cut()
	}
	if d.buf[d.r] != '"' {
		return d.bareField()
	}
	// Nearly every field is in the buffer and has no quote within.
	ahead := d.buf[d.r:d.w]
	if i := bytes.IndexByte(ahead[1:], '"') + 1; i > 0 && i+1 < len(ahead) {
		switch ahead[i+1] {
		case d.delim:
			d.r += i + 2
			return ahead[1:i], false, nil
		case '\n':
			d.r += i + 2
			return ahead[1:i], true, nil
		}
	}
	at := 1 // from r
	for {
		i := bytes.IndexByte(d.buf[d.r+at:d.w], '"')
		if i < 0 {
			at = d.w - d.r
			if !d.has(at) {
				return nil, false, d.cut()
			}
			continue
		}
		at += i
		if !d.has(at + 1) {
			if d.srcErr != io.EOF {
				return nil, false, d.cut()
			}
			v, last = d.buf[d.r+1:d.r+at], true
			d.r = d.w
			return v, last, nil
		}
		if d.buf[d.r+at+1] == '"' {
			at += 2
			continue
		}
		n, last, ok := d.fieldEnd(at + 1)
		if !ok {
			return nil, false, d.malformed("something follows the quote that ends a field")
		}
		v = d.buf[d.r+1 : d.r+at]
		d.r += at + 1 + n
		return v, last, nil
	}
}

// fieldEnd says how many bytes at buf[r+at] end a field, and whether they end
// its record.
func (d *csvDecoder) fieldEnd(at int) (n int, last, ok bool) {
	switch c := d.buf[d.r+at]; {
	case c == d.delim:
		return 1, false, true
	case c == '\n':
		return 1, true, true
	case c == '\r' && d.has(at+1) && d.buf[d.r+at+1] == '\n':
		return 2, true, true
	}
	return 0, false, false
}

// bareField is field for one without quotes.
func (d *csvDecoder) bareField() (v []byte, last bool, err error) {
	for at := 0; ; at++ {
		if !d.has(at) {
			if d.srcErr != io.EOF {
				return nil, false, d.cut()
			}
			v = d.buf[d.r:d.w]
			d.r = d.w
			return v, true, nil
		}
		if n, last, ok := d.fieldEnd(at); ok {
			v = d.buf[d.r : d.r+at]
			d.r += at + n
			return v, last, nil
		}
		if d.buf[d.r+at] == '"' {
			return nil, false, d.malformed("a quote stands within a field that begins without one")
		}
	}
}
