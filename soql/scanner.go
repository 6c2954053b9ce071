package soql

import (
	"strings"
	"unicode/utf8"
)

// scanner cuts a statement into tokens. It looks at bytes: all of SOQL's own
// signs are ASCII, and only string literals hold anything else.
type scanner struct {
	src string
	pos int
}

// next returns the next token. After the end, or after a token that cannot be
// read, it returns the same token for ever.
func (s *scanner) next() token {
	for s.pos < len(s.src) && isSpace(s.src[s.pos]) {
		s.pos++
	}
	if s.pos == len(s.src) {
		return token{kind: tokEnd, pos: s.pos, end: s.pos}
	}
	switch c := s.src[s.pos]; {
	case isLetter(c) || c == '_':
		return s.name()
	case c == '\'':
		return s.quoted()
	case s.startsNumber():
		return s.number()
	default:
		return s.sign(c)
	}
}

func (s *scanner) take(kind tokenKind, end int) token {
	t := token{kind: kind, pos: s.pos, end: end, text: s.src[s.pos:end]}
	s.pos = end
	return t
}

func (s *scanner) bad(pos int, msg, found string) token {
	return token{kind: tokBad, pos: pos, end: pos, err: newError(s.src, pos, msg, found)}
}

// name reads names joined by dots. Keywords come out as names too: which word
// is a keyword depends on where it stands.
func (s *scanner) name() token {
	end := s.pos
	for {
		for end < len(s.src) && isNameByte(s.src[end]) {
			end++
		}
		if end+1 >= len(s.src) || s.src[end] != '.' || !isLetter(s.src[end+1]) && s.src[end+1] != '_' {
			return s.take(tokName, end)
		}
		end++
	}
}

// quoted finds the end of a string literal. What its escapes mean depends on
// the operator before it, so the parser decodes them.
func (s *scanner) quoted() token {
	for i := s.pos + 1; i < len(s.src); i++ {
		switch s.src[i] {
		case '\\':
			i++
		case '\'':
			t := s.take(tokString, i+1)
			t.text = t.text[1 : len(t.text)-1]
			return t
		case 0:
			return s.bad(i, `a string cannot hold a NUL character, write \u0000`, "")
		}
	}
	return s.bad(s.pos, "the string that begins here has no closing quote", "")
}

// startsNumber sees 1, -1, .1 and -.1 coming.
func (s *scanner) startsNumber() bool {
	rest := s.src[s.pos:]
	if rest[0] == '-' || rest[0] == '+' {
		rest = rest[1:]
	}
	rest = strings.TrimPrefix(rest, ".")
	return rest != "" && isDigit(rest[0])
}

// number reads a number, a date, a datetime or a time. All that could belong
// to one is read before it is judged, so that 1e5 or 2024-1-5 is one error and
// not two odd tokens.
func (s *scanner) number() token {
	end := s.pos
	for end < len(s.src) && (isNameByte(s.src[end]) || strings.IndexByte(".:+-", s.src[end]) >= 0) {
		end++
	}
	text := s.src[s.pos:end]
	switch {
	case isNumber(text):
		return s.take(tokNumber, end)
	case hasShape(text, "0000-00-00") && len(text) == len("0000-00-00"):
		return s.take(tokDate, end)
	case hasShape(text, "0000-00-00T"):
		return s.take(tokDatetime, end)
	case hasShape(text, "00:"):
		return s.take(tokTime, end)
	case hasExponent(text):
		return s.bad(s.pos, "a number cannot have an exponent, write all its digits", text)
	case hasShape(text, "0000-"):
		return s.bad(s.pos, "expected a date such as 2024-01-31 or a datetime such as 2024-01-31T10:00:00Z", text)
	}
	return s.bad(s.pos, "expected a number such as 12, -1.5 or .5", text)
}

func (s *scanner) sign(c byte) token {
	switch c {
	case '(':
		return s.take(tokLeft, s.pos+1)
	case ')':
		return s.take(tokRight, s.pos+1)
	case ',':
		return s.take(tokComma, s.pos+1)
	case ':':
		return s.take(tokColon, s.pos+1)
	}
	for _, o := range signs { // the longer ones come first
		if strings.HasPrefix(s.src[s.pos:], o.text) {
			t := s.take(tokOp, s.pos+len(o.text))
			t.op = o.op
			return t
		}
	}
	return s.strange(c)
}

var signs = []struct {
	text string
	op   Op
}{{"!=", NE}, {"<>", NE}, {"<=", LE}, {">=", GE}, {"=", EQ}, {"<", LT}, {">", GT}}

// strange explains a character that begins no token.
func (s *scanner) strange(c byte) token {
	rest := s.src[s.pos:]
	switch {
	case c == '"':
		return s.bad(s.pos, "text stands in single quotes, not in double ones", "")
	case c == '*':
		return s.bad(s.pos, "there is no * in SOQL, name the fields", "")
	case strings.HasPrefix(rest, "/*"), strings.HasPrefix(rest, "//"), strings.HasPrefix(rest, "--"):
		return s.bad(s.pos, "a statement cannot hold comments", rest[:2])
	}
	_, size := utf8.DecodeRuneInString(rest)
	return s.bad(s.pos, "unexpected character", rest[:size])
}

func isSpace(c byte) bool    { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool    { return c >= '0' && c <= '9' }
func isLetter(c byte) bool   { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isNameByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

// isNumber accepts an optional sign, digits, and a fraction: 12, -1.5, .5.
func isNumber(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	whole, fraction, dotted := strings.Cut(s, ".")
	if dotted {
		return allDigits(whole) && fraction != "" && allDigits(fraction)
	}
	return whole != "" && allDigits(whole)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// hasExponent reports whether s is a number up to an e.
func hasExponent(s string) bool {
	i := strings.IndexAny(s, "eE")
	return i > 0 && isNumber(strings.TrimSuffix(s[:i], "."))
}

// hasShape reports whether s begins like the pattern, in which 0 stands for
// any digit and every other byte for itself.
func hasShape(s, pattern string) bool {
	if len(s) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		if pattern[i] == '0' && !isDigit(s[i]) || pattern[i] != '0' && s[i] != pattern[i] {
			return false
		}
	}
	return true
}
