package soql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The sizes that Salesforce sets, in UTF-16 code units: the reading of
// "characters" that is never too generous.
const (
	MaxStatement = 100_000 // of a statement
	MaxString    = 4_000   // of a string literal's value
)

// QuoteString returns s as a string literal with its quotes. Whatever s holds,
// the result is one literal and nothing in s can end it early.
//
// A NUL becomes \u0000. Where s is not valid UTF-8 each stray byte becomes
// \xHH, an escape that SOQL does not have: such a statement is refused, and
// never matches a text that only resembles s. [Quotable] tells beforehand.
func QuoteString(s string) string {
	return string(appendQuoted(make([]byte, 0, len(s)+2), s, false))
}

// Quotable reports whether QuoteString(s) is a literal whose value is s: s is
// valid UTF-8 and not longer than [MaxString].
func Quotable(s string) bool {
	return utf8.ValidString(s) && utf16Len(s) <= MaxString
}

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r) // a stray byte counts as one
	}
	return n
}

// appendQuoted appends s as a literal. In a LIKE pattern the pairs \_ \% and
// \\ are escapes already and stay.
func appendQuoted(b []byte, s string, like bool) []byte {
	b = append(b, '\'')
	for i := 0; i < len(s); {
		if like && isPatternEscape(s[i:]) {
			b = append(b, s[i:i+2]...)
			i += 2
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = fmt.Appendf(b, `\x%02X`, s[i])
		} else {
			b = appendEscaped(b, r)
		}
		i += size
	}
	return append(b, '\'')
}

func isPatternEscape(s string) bool {
	return len(s) >= 2 && s[0] == '\\' && strings.IndexByte(`_%\`, s[1]) >= 0
}

func appendEscaped(b []byte, r rune) []byte {
	if i := strings.IndexRune("\n\r\t\b\f'\\", r); i >= 0 {
		return append(b, '\\', `nrtbf'\`[i])
	}
	if r < ' ' || r == 0x7f {
		return fmt.Appendf(b, `\u%04X`, r)
	}
	return utf8.AppendRune(b, r)
}

// unquote decodes what stands between a literal's quotes. In a LIKE pattern
// \_ \% and \\ stay as they are, see [Comparison]. On a bad escape it returns
// its offset in raw and what is wrong with it.
func unquote(raw string, like bool) (value string, at int, msg string) {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw, 0, ""
	}
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		switch {
		case raw[i] != '\\':
			b = append(b, raw[i])
			i++
		case like && isPatternEscape(raw[i:]):
			b = append(b, raw[i:i+2]...)
			i += 2
		default:
			r, size, msg := unescape(raw[i:])
			if msg != "" {
				return "", i, msg
			}
			if r == '\\' && like {
				b = append(b, '\\')
			}
			b = utf8.AppendRune(b, r)
			i += size
		}
	}
	return string(b), 0, ""
}

// unescape decodes the escape that s begins with and returns its size.
func unescape(s string) (r rune, size int, msg string) {
	if i := strings.IndexByte(`nNrRtTbBfF"'\`, s[1]); i >= 0 {
		return rune("\n\n\r\r\t\t\b\b\f\f\"'\\"[i]), 2, ""
	}
	switch s[1] {
	case 'u':
		return unescapeUnicode(s)
	case '_', '%':
		return 0, 0, `\_ and \% have a meaning only after LIKE`
	}
	return 0, 0, `a backslash begins one of \n \r \t \b \f \" \' \\ \uXXXX`
}

// unescapeUnicode decodes \uXXXX, or two of them that are a surrogate pair.
func unescapeUnicode(s string) (r rune, size int, msg string) {
	r, ok := hexRune(s)
	if !ok {
		return 0, 0, `expected four hexadecimal digits after \u`
	}
	if !utf16.IsSurrogate(r) {
		return r, 6, ""
	}
	if low, ok := hexRune(s[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12, ""
		}
	}
	return 0, 0, `half of a surrogate pair is no character`
}

func hexRune(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
