package main

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

func (f *lineFormat) begin(columns []string) error {
	width := 0
	for _, name := range columns {
		width = max(width, runewidth.StringWidth(oneLine(name)))
	}
	for _, name := range columns {
		f.names = append(f.names, runewidth.FillLeft(oneLine(name), width))
	}
	return nil
}

func (f *lineFormat) row(values []any) error {
	if f.blank {
		if err := f.w.WriteByte('\n'); err != nil {
			return err
		}
	}
	f.blank = true
	for i, v := range values {
		text := f.null
		if v != nil {
			text = valueText(v)
		}
		if _, err := fmt.Fprintf(f.w, "%s = %s\n", f.names[i], oneLine(text)); err != nil {
			return err
		}
	}
	return nil
}

func (f *lineFormat) end() error { return nil }

// oneLine writes what would break a line, move the cursor or turn the reading
// direction as a Go escape, and so what is no UTF-8.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, isUnprintable) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case isUnprintable(r):
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
