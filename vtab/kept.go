package vtab

import (
	"math"

	"github.com/sfsql/sfsql/soql"
)

// kept holds rows by value, row by row.
type kept struct {
	columns []soql.Column
	fetched []int // the table's columns
	n       int
	cells   []cell
	text    []byte
}

// cell is a number, or where the text of a value stands.
type cell struct {
	bits uint64 // of an int64 or a float64; offset of a text
	size int32  // of a text; -1 is NULL
}

func (k *kept) size() int { return len(k.text) + 16*len(k.cells) }

// add copies the current row.
func (k *kept) add(rows soql.Rows) {
	for i, col := range k.columns {
		var c cell
		switch {
		case rows.Null(i):
			c.size = -1
		case col.Kind == soql.KindInt || col.Kind == soql.KindBool:
			c.bits = uint64(rows.Int64(i))
		case col.Kind == soql.KindReal:
			c.bits = math.Float64bits(rows.Float64(i))
		default:
			b := rows.Bytes(i)
			c.bits, c.size = uint64(len(k.text)), int32(len(b))
			k.text = append(k.text, b...)
		}
		k.cells = append(k.cells, c)
	}
	k.n++
}

// append copies all rows of another.
func (k *kept) append(b *kept) {
	moved := uint64(len(k.text))
	for _, c := range b.cells {
		if c.size > 0 { // of an empty text and of a number it is 0
			c.bits += moved
		}
		k.cells = append(k.cells, c)
	}
	k.text = append(k.text, b.text...)
	k.n += b.n
}

func (k *kept) cell(row, col int) cell { return k.cells[row*len(k.columns)+col] }

func (k *kept) Null(row, col int) bool       { return k.cell(row, col).size < 0 }
func (k *kept) Int64(row, col int) int64     { return int64(k.cell(row, col).bits) }
func (k *kept) Float64(row, col int) float64 { return math.Float64frombits(k.cell(row, col).bits) }

func (k *kept) Bytes(row, col int) []byte {
	c := k.cell(row, col)
	return k.text[c.bits : c.bits+uint64(c.size)]
}
