package emulator

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// folder compares text as the org of one locale does: without regard to case,
// over all of Unicode, and for Turkic locales with their own pairs of i.
type folder struct{ turkic bool }

func newFolder(locale string) folder {
	language, _, _ := strings.Cut(strings.ToLower(locale), "_")
	return folder{turkic: language == "tr" || language == "az"}
}

// wideFolds are the characters whose folded form is longer than one character.
var wideFolds = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'ŉ': "ʼn", 'ǰ': "ǰ", 'և': "եւ",
	'ﬀ': "ff", 'ﬁ': "fi", 'ﬂ': "fl", 'ﬃ': "ffi", 'ﬄ': "ffl", 'ﬅ': "st", 'ﬆ': "st",
}

// rune folds one character to one character.
func (f folder) rune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			if f.turkic && r == 'I' {
				return 'ı'
			}
			return r + 'a' - 'A'
		}
		return r
	}
	switch r {
	case 'İ':
		return 'i'
	case 'ı':
		if f.turkic {
			return r
		}
		return 'i'
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// fold returns the form under which texts that differ only in case are equal.
func (f folder) fold(s string) string {
	if f.isFolded(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 4)
	for _, r := range s {
		if wide, ok := wideFolds[r]; ok {
			b.WriteString(wide)
			continue
		}
		b.WriteRune(f.rune(r))
	}
	return b.String()
}

func (f folder) isFolded(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// equal reports whether s folds to the already folded text.
func (f folder) equal(s, folded string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf || f.turkic && c == 'I' {
			return f.fold(s) == folded
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if i >= len(folded) || folded[i] != c {
			return false
		}
	}
	return len(s) == len(folded)
}

// sortKey returns the text by whose bytes an English org sorts: upper case, so
// that '_' comes after the letters.
func (f folder) sortKey(s string) string {
	folded := f.fold(s)
	if f.turkic {
		folded = strings.ReplaceAll(folded, "i", "İ")
		folded = strings.ReplaceAll(folded, "ı", "I")
	}
	return strings.ToUpper(folded)
}

// units returns the UTF-16 units of a text folded character by character: what
// LIKE counts.
func (f folder) units(dst []uint16, s string, sensitive bool) []uint16 {
	for _, r := range s {
		if !sensitive {
			r = f.rune(r)
		}
		dst = utf16.AppendRune(dst, r)
	}
	return dst
}
