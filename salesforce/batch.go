package salesforce

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// maxPageText bounds the text of one batch: a page of REST, which has at most
// 2,000 records and is made smaller by the server where texts are long, or a
// part of a Bulk page.
const maxPageText = 1 << 30

// cellState says what a cell holds. Zero is a value that the record did not
// have.
type cellState uint8

const (
	absent cellState = iota
	null
	present
)

// batch holds decoded records, whichever API they came by. Its buffers are used
// again and grow to the largest batch that they held.
//
// Cells lie row by row. A cell's word is an int64, the bits of a float64, or
// where its bytes lie in text: the offset in the high half, the length in the
// low half.
type batch struct {
	rows   int
	width  int
	cells  []uint64
	states []cellState
	text   []byte
}

func (b *batch) reset(width int) {
	*b = batch{width: width, cells: b.cells[:0], states: b.states[:0], text: b.text[:0]}
}

// addRow appends a row of absent cells and returns its first cell.
func (b *batch) addRow() int {
	base := len(b.cells)
	b.rows++
	b.cells = slices.Grow(b.cells, b.width)[:base+b.width]
	b.states = slices.Grow(b.states, b.width)[:base+b.width]
	clear(b.states[base:])
	return base
}

// set fills a cell.
func (b *batch) set(at int, word uint64, state cellState) {
	b.cells[at], b.states[at] = word, state
}

// setInt fills a cell with the whole number that text spells.
func (b *batch) setInt(at int, text []byte) error {
	n, err := parseInt(text)
	if err == nil {
		b.set(at, uint64(n), present)
	}
	return err
}

// setReal fills a cell with the number that text spells.
func (b *batch) setReal(at int, text []byte) error {
	f, err := parseReal(text)
	if err == nil {
		b.set(at, math.Float64bits(f), present)
	}
	return err
}

// setText fills a cell with text[begin:], of which kind it makes the canonical
// form. An empty text is null: Salesforce stores none, and Bulk could not tell
// the two apart.
func (b *batch) setText(at int, kind soql.Kind, text []byte, begin int) error {
	text, err := canonical(text, begin, kind)
	switch {
	case err != nil:
		return err
	case len(text) > maxPageText:
		return errors.New("the texts of one page exceed 1 GiB")
	case len(text) == begin:
		b.set(at, 0, null)
		return nil
	}
	b.text = text
	b.set(at, uint64(begin)<<32|uint64(len(text)-begin), present)
	return nil
}

// columnError names the column that an error is about.
func columnError(col soql.Column, err error) error {
	return fmt.Errorf("column %s: %w", strings.Join(col.Path, "."), err)
}

// reader is the place of a reader within a batch; it gives the values of
// [soql.Rows].
type reader struct {
	*batch
	row, base int // current row, and its first cell
}

// begin puts the reader before the first record of b.
func (r *reader) begin(b *batch) { r.batch, r.row, r.base = b, -1, -b.width }

// step moves to the next record of the batch, which there must be.
func (r *reader) step() {
	r.row++
	r.base += r.width
}

// Null reports whether a value of the current record is null.
func (r *reader) Null(col int) bool { return r.states[r.base+col] == null }

// Int64 returns a whole number, or a boolean as 0 or 1; 0 for null.
func (r *reader) Int64(col int) int64 { return int64(r.cells[r.base+col]) }

// Float64 returns a real number; 0 for null.
func (r *reader) Float64(col int) float64 { return math.Float64frombits(r.cells[r.base+col]) }

// Bytes returns a text, valid until the next call of Next; empty for null.
func (r *reader) Bytes(col int) []byte {
	word := r.cells[r.base+col]
	begin, n := word>>32, word&math.MaxUint32
	return r.text[begin : begin+n : begin+n]
}
