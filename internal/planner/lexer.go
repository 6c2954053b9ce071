package planner

import "strings"

// TokenKind tells the tokens of SQLite apart.
type TokenKind uint8

// The kinds of tokens. White space and comments are tokens too, so that the
// tokens of a text put together are the text.
const (
	SpaceToken   TokenKind = iota // white space and comments
	WordToken                     // a keyword or a bare name
	QuotedToken                   // a name in double quotes, backticks or brackets
	StringToken                   // 'text'
	BlobToken                     // x'…'
	NumberToken                   // 1, 1.5, 1e9, 0x1F
	ParamToken                    // ?, ?1, :name, @name, $name
	SymbolToken                   // operators and punctuation
	IllegalToken                  // what SQLite would refuse, such as an open string
)

// Token is a piece of an SQL text.
type Token struct {
	Kind TokenKind
	Text string
	Pos  int // byte offset
}

// Is reports whether the token is a bare word, in any case.
func (t Token) Is(word string) bool { return t.Kind == WordToken && strings.EqualFold(t.Text, word) }

// Name returns what a word, a quoted name, or a string in a name's place names.
func (t Token) Name() string {
	switch t.Kind {
	case StringToken:
		return t.StringValue()
	case QuotedToken:
	default:
		return t.Text
	}
	body := t.Text[1 : len(t.Text)-1]
	switch t.Text[0] {
	case '"':
		return strings.ReplaceAll(body, `""`, `"`)
	case '`':
		return strings.ReplaceAll(body, "``", "`")
	}
	return body
}

// StringValue returns the value of a string token.
func (t Token) StringValue() string {
	return strings.ReplaceAll(t.Text[1:len(t.Text)-1], "''", "'")
}

// Lex splits a text into SQLite's tokens. It never fails: what SQLite would
// not read is an IllegalToken. https://sqlite.org/c3ref/complete.html has the
// rules of its tokenizer in brief.
func Lex(sql string) []Token {
	var out []Token
	for i := 0; i < len(sql); {
		kind, n := nextToken(sql[i:])
		out = append(out, Token{Kind: kind, Text: sql[i : i+n], Pos: i})
		i += n
	}
	return out
}

// nextToken returns the kind and length of the token that s begins with.
func nextToken(s string) (TokenKind, int) {
	c := s[0]
	switch {
	case isSpace(c):
		return SpaceToken, 1 + leading(s[1:], isSpace)
	case strings.HasPrefix(s, byteOrderMark):
		return SpaceToken, len(byteOrderMark)
	case strings.HasPrefix(s, "--"):
		if end := strings.IndexByte(s, '\n'); end >= 0 {
			return SpaceToken, end + 1
		}
		return SpaceToken, len(s)
	case strings.HasPrefix(s, "/*"):
		if end := strings.Index(s[2:], "*/"); end >= 0 {
			return SpaceToken, end + 4
		}
		return SpaceToken, len(s)
	case (c == 'x' || c == 'X') && strings.HasPrefix(s[1:], "'"):
		if kind, n := quoted(s[1:], '\'', BlobToken); kind == BlobToken {
			return kind, n + 1
		}
		return IllegalToken, len(s)
	case isNameStart(c):
		return WordToken, 1 + leading(s[1:], isNamePart)
	case c == '\'':
		return quoted(s, c, StringToken)
	case c == '"' || c == '`':
		return quoted(s, c, QuotedToken)
	case c == '[':
		if end := strings.IndexByte(s, ']'); end >= 0 {
			return QuotedToken, end + 1
		}
		return IllegalToken, len(s)
	case isDigit(c) || c == '.' && len(s) > 1 && isDigit(s[1]):
		return NumberToken, number(s)
	case c == '?':
		return ParamToken, 1 + leading(s[1:], isDigit)
	case c == ':' || c == '@' || c == '$':
		if n := leading(s[1:], isNamePart); n > 0 {
			return ParamToken, 1 + n
		}
		return IllegalToken, 1
	}
	return SymbolToken, symbol(s)
}

// quoted reads to the closing quote, which doubled stands for itself.
func quoted(s string, q byte, kind TokenKind) (TokenKind, int) {
	for i := 1; i < len(s); i++ {
		if s[i] != q {
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			i++
			continue
		}
		return kind, i + 1
	}
	return IllegalToken, len(s)
}

func number(s string) int {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		return 2 + leading(s[2:], isNamePart)
	}
	n := leading(s, isDigit)
	if n < len(s) && s[n] == '.' {
		n++
		n += leading(s[n:], isDigit)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		m := n + 1
		if m < len(s) && (s[m] == '+' || s[m] == '-') {
			m++
		}
		if digits := leading(s[m:], isDigit); digits > 0 {
			n = m + digits
		}
	}
	return n + leading(s[n:], isNamePart) // 1abc is one token, an illegal one
}

// byteOrderMark is white space for SQLite wherever a token may begin.
const byteOrderMark = "\ufeff"

var symbols = []string{"->>", "||", "<<", ">>", "<=", ">=", "<>", "!=", "==", "->"}

func symbol(s string) int {
	for _, sym := range symbols {
		if strings.HasPrefix(s, sym) {
			return len(sym)
		}
	}
	return 1
}

func leading(s string, is func(byte) bool) int {
	n := 0
	for n < len(s) && is(s[n]) {
		n++
	}
	return n
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'
}
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}
func isNamePart(c byte) bool { return isNameStart(c) || isDigit(c) || c == '$' }

// significant drops white space and comments.
func significant(tokens []Token) []Token {
	out := make([]Token, 0, len(tokens))
	for _, t := range tokens {
		if t.Kind != SpaceToken {
			out = append(out, t)
		}
	}
	return out
}
