package soql

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says why a text is not a statement that this package reads. Salesforce
// answers statements that break its grammar or its size limits with the code
// MALFORMED_QUERY; that is the code to use for every Error.
type Error struct {
	Pos    Pos // byte offset of the place
	Line   int // from 1
	Column int // from 1, in characters
	// Msg says what was expected or which rule was broken.
	Msg string
	// Found is the text at Pos as written, "end of statement" where the text
	// ends too early, or empty where Msg says it all.
	Found string
}

const endOfStatement = "end of statement"

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "soql: line %d, column %d: %s", e.Line, e.Column, e.Msg)
	switch e.Found {
	case "":
	case endOfStatement:
		b.WriteString(", found the " + endOfStatement)
	default:
		fmt.Fprintf(&b, ", found %q", e.Found)
	}
	return b.String()
}

// newError makes an Error whose line and column belong to pos in src.
func newError(src string, pos int, msg, found string) *Error {
	before := src[:pos]
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{
		Pos:    Pos(pos),
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[start:]) + 1,
		Msg:    msg,
		Found:  abbreviate(found),
	}
}

// abbreviate keeps an error readable when the text at fault is long.
func abbreviate(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
