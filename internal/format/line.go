package format

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// lineFormat writes a line for each value, for rows that are too wide for a
// table, and an empty line between rows.
type lineFormat struct {
	w     *bufio.Writer
	null  string
	blank bool
	names []string // padded to the same width
}

// Begin implements Writer.
func (f *lineFormat) Begin(columns []Column) error {
	width := 0
	for _, name := range names(columns) {
		width = max(width, runewidth.StringWidth(OneLine(name)))
	}
	for _, name := range names(columns) {
		f.names = append(f.names, runewidth.FillLeft(OneLine(name), width))
	}
	return nil
}

// Row implements Writer.
func (f *lineFormat) Row(values []any) error {
	if f.blank {
		if err := f.w.WriteByte('\n'); err != nil {
			return err
		}
	}
	f.blank = true
	for i, v := range values {
		text := f.null
		if v != nil {
			text = Text(v)
		}
		if _, err := fmt.Fprintf(f.w, "%s = %s\n", f.names[i], OneLine(text)); err != nil {
			return err
		}
	}
	return nil
}

// End implements Writer.
func (f *lineFormat) End() error { return nil }

// OneLine writes what would break a line, move the cursor or turn the reading
// direction as a Go escape, and so what is no UTF-8.
func OneLine(s string) string { return escaped(s, isUnprintable) }

// Harmless is OneLine for texts of several lines: line feeds, also behind
// carriage returns, and tabs stay. It is what may go to a terminal of a text
// that others wrote.
func Harmless(s string) string {
	steers := func(r rune) bool { return r != '\n' && r != '\t' && isUnprintable(r) }
	if !strings.Contains(s, "\r\n") {
		return escaped(s, steers)
	}
	lines := strings.Split(s, "\r\n")
	for i := range lines {
		lines[i] = escaped(lines[i], steers)
	}
	return strings.Join(lines, "\r\n")
}

// escaped writes the runes that a function names, and what is no UTF-8, as Go
// escapes.
func escaped(s string, names func(rune) bool) string {
	if !strings.ContainsFunc(s, names) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case names(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// isUnprintable does not look at U+200D, which joins the parts of an emoji.
func isUnprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' ||
		'\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}
