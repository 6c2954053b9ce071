package shell

import "strings"

// The colours of a line, of the sixteen that a terminal's own theme defines.
const (
	colourKeyword = "\x1b[34m"
	colourText    = "\x1b[32m"
	colourNumber  = "\x1b[36m"
	colourComment = "\x1b[90m"
	colourCommand = "\x1b[35m"
	colourOff     = "\x1b[0m"
)

// highlight colours a line of input; nothing but colour is added.
func highlight(text string) string {
	if isCommand(text) {
		word, rest, found := strings.Cut(text, " ")
		if found {
			rest = " " + rest
		}
		return colourCommand + word + colourOff + rest
	}
	var b strings.Builder
	for pos := 0; pos < len(text); {
		size, kind := nextToken(text[pos:])
		token := text[pos : pos+size]
		if colour := colourOf(token, kind); colour != "" {
			b.WriteString(colour + token + colourOff)
		} else {
			b.WriteString(token)
		}
		pos += size
	}
	return b.String()
}

func colourOf(token string, kind tokenKind) string {
	switch {
	case kind == tokenSpace && trimSpace(token) != "":
		return colourComment
	case kind == tokenWord && '0' <= token[0] && token[0] <= '9':
		return colourNumber
	case kind == tokenWord && isKeyword(token):
		return colourKeyword
	case kind == tokenOther && token[0] == '\'':
		return colourText
	}
	return ""
}
