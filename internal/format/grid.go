package format

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"
)

// How much of a result a table looks at for the widths of its columns. What
// comes later streams, and a cell that is wider than its column shows whole.
const (
	gridRows  = 1000
	gridBytes = 1 << 20
)

// gridFormat writes a table: for people, or in Markdown. A row is one line.
type gridFormat struct {
	w        *bufio.Writer
	markdown bool
	header   bool
	null     string
	count    bool // end with the number of rows
	blank    bool // begin with an empty line
	width    int  // of the terminal; 0 is no limit
	fixed    []int

	columns []string
	held    [][]string // rows that wait for the widths
	bytes   int        // of their cells
	widths  []int      // nil while rows wait
	number  []bool     // columns that held numbers only, and some
	text    []bool     // columns that held something else
	rows    int
}

// Begin implements Writer.
func (f *gridFormat) Begin(columns []Column) error {
	for _, name := range names(columns) {
		f.columns = append(f.columns, f.cell(name))
	}
	f.number = make([]bool, len(columns))
	f.text = make([]bool, len(columns))
	return nil
}

// Row implements Writer.
func (f *gridFormat) Row(values []any) error {
	f.rows++
	cells := make([]string, len(values))
	for i, v := range values {
		if v == nil {
			cells[i] = f.cell(f.null)
		} else {
			cells[i] = f.cell(Text(v))
		}
	}
	if f.widths != nil {
		return f.line(cells)
	}
	for i, v := range values {
		f.bytes += len(cells[i])
		f.number[i] = f.number[i] || isNumber(v)
		f.text[i] = f.text[i] || v != nil && !isNumber(v)
	}
	f.held = append(f.held, cells)
	if len(f.held) < gridRows && f.bytes < gridBytes {
		return nil
	}
	return f.release()
}

// release writes the heading and the rows that waited for the widths.
func (f *gridFormat) release() error {
	f.measure()
	if f.blank {
		if err := f.w.WriteByte('\n'); err != nil {
			return err
		}
	}
	if f.header || f.markdown { // a Markdown table without a heading is none
		if err := f.line(f.columns); err != nil {
			return err
		}
		if err := f.rule(); err != nil {
			return err
		}
	}
	for _, cells := range f.held {
		if err := f.line(cells); err != nil {
			return err
		}
	}
	f.held = nil
	return nil
}

func (f *gridFormat) measure() {
	f.widths = make([]int, len(f.columns))
	for i, name := range f.columns {
		if f.header || f.markdown {
			f.widths[i] = runewidth.StringWidth(name)
		}
		if f.markdown {
			f.widths[i] = max(f.widths[i], 3) // the shortest rule of a column
		}
	}
	for _, cells := range f.held {
		for i, cell := range cells {
			f.widths[i] = max(f.widths[i], runewidth.StringWidth(cell))
		}
	}
	for i := range f.number {
		f.number[i] = f.number[i] && !f.text[i]
	}
	f.fit()
}

// narrowest is the least that a column is made to fit a terminal.
const narrowest = 8

// fit makes the widest columns narrower until the table is as wide as the
// terminal. Cells that do not fit end with an ellipsis.
func (f *gridFormat) fit() {
	for i, width := range f.fixed {
		if i < len(f.widths) && width > 0 {
			f.widths[i] = width
		}
	}
	if f.width <= 0 {
		return
	}
	total := 3*len(f.widths) - 1 // a space on either side, and the line between
	for _, width := range f.widths {
		total += width
	}
	for total > f.width {
		widest := 0
		for i, width := range f.widths {
			if width > f.widths[widest] {
				widest = i
			}
		}
		if len(f.widths) == 0 || f.widths[widest] <= narrowest {
			return
		}
		f.widths[widest]--
		total--
	}
}

// cut shortens a cell to its column where the columns' widths are limited.
func (f *gridFormat) cut(i int, cell string) string {
	if f.width <= 0 && (i >= len(f.fixed) || f.fixed[i] <= 0) {
		return cell
	}
	return runewidth.Truncate(cell, f.widths[i], "…")
}

// line writes one row, numbers at the right edge of their column.
func (f *gridFormat) line(cells []string) error {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 || f.markdown {
			b.WriteByte('|')
		}
		b.WriteByte(' ')
		cell = f.cut(i, cell)
		pad := strings.Repeat(" ", max(0, f.widths[i]-runewidth.StringWidth(cell)))
		if f.number[i] {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad)
		}
		b.WriteByte(' ')
	}
	text := b.String()
	if f.markdown {
		text += "|"
	}
	_, err := f.w.WriteString(strings.TrimRight(text, " ") + "\n")
	return err
}

// rule writes the line between heading and rows.
func (f *gridFormat) rule() error {
	var b strings.Builder
	for i, width := range f.widths {
		switch {
		case !f.markdown:
			if i > 0 {
				b.WriteByte('+')
			}
			b.WriteString(strings.Repeat("-", width+2))
		case f.number[i]:
			b.WriteString("| " + strings.Repeat("-", width-1) + ": ")
		default:
			b.WriteString("| " + strings.Repeat("-", width) + " ")
		}
	}
	if f.markdown {
		b.WriteByte('|')
	}
	_, err := f.w.WriteString(b.String() + "\n")
	return err
}

// End implements Writer.
func (f *gridFormat) End() error {
	if f.widths == nil {
		if err := f.release(); err != nil {
			return err
		}
	}
	if f.markdown || !f.count {
		return nil
	}
	_, err := fmt.Fprintf(f.w, "(%s)\n", Counted(int64(f.rows), "row"))
	return err
}

// cell returns a text that takes one line and moves no cursor.
func (f *gridFormat) cell(s string) string {
	s = OneLine(s)
	if f.markdown {
		s = strings.ReplaceAll(s, "|", `\|`)
	}
	return s
}
