package soql

import "strings"

type tokenKind uint8

const (
	tokEnd      tokenKind = iota
	tokBad                // the scanner could not read on; token.err says why
	tokName               // a keyword or a dotted path of names, not told apart here
	tokString             // text is what stands between the quotes, escapes and all
	tokNumber             // text is checked
	tokDate               // text has the shape of a date, the values are unchecked
	tokDatetime           // likewise
	tokTime               // likewise
	tokOp                 // op is set
	tokLeft               // (
	tokRight              // )
	tokComma              // ,
	tokColon              // :
)

// token is a piece of the statement: src[pos:end], of which text is the part
// that matters.
type token struct {
	kind tokenKind
	pos  int
	end  int
	text string
	op   Op
	err  *Error
}

// is reports whether the token is the keyword, which is given in capitals.
func (t token) is(keyword string) bool {
	return t.kind == tokName && strings.EqualFold(t.text, keyword)
}

// reserved holds the words that cannot be an alias, nor a field without a
// path. A path may begin with one: Group.Name.
var reserved = wordSet("AND ASC DESC EXCLUDES FIRST FROM GROUP HAVING IN INCLUDES LAST LIKE LIMIT NOT " +
	"NULL NULLS OR SELECT USING WHERE WITH")

// afterFrom holds the words that are free elsewhere but stand before or after
// an alias of FROM, or begin a clause in its place.
var afterFrom = wordSet("AS ORDER OFFSET FOR UPDATE ALL")

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

func (t token) in(set map[string]bool) bool {
	return t.kind == tokName && set[strings.ToUpper(t.text)]
}
