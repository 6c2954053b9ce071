package shell

import "strings"

// Statement is one statement or command of a script.
type Statement struct {
	Text   string // without the semicolon that ended it
	Line   int    // of the script, where the statement begins; the first is 1
	Source string // the script's name, empty for an argument
}

// IsCommand reports whether it is a command of the shell's and no SQL. No
// statement of SQL begins so.
func (s Statement) IsCommand() bool { return isCommand(s.Text) }

func isCommand(text string) bool {
	if strings.HasPrefix(text, ".") {
		return len(text) == 1 || isWord(text[1]) && (text[1] < '0' || text[1] > '9')
	}
	return strings.HasPrefix(text, `\`)
}

// Split cuts a script at the semicolons that end statements: those outside
// strings, quoted names and comments and outside the body of a CREATE TRIGGER,
// which ends at "; END ;". Between statements a line that begins with a dot or a
// backslash is a command. What holds nothing but comments is no statement. The
// last one may lack its semicolon.
//
// https://sqlite.org/c3ref/complete.html
func Split(script string) []Statement {
	out, _ := split(script)
	return out
}

// Complete reports whether nothing of a script is still open: a statement
// without its semicolon, a string, a comment.
func Complete(script string) bool {
	_, open := split(script)
	return !open
}

func split(script string) (out []Statement, open bool) {
	var head phase
	start, line := -1, 1 // start is where the statement's first token stands
	startLine := 0
	fresh := true // nothing but space stands before on this line
	for pos := 0; pos < len(script); {
		if start < 0 && fresh && isCommand(script[pos:]) {
			text, _, _ := strings.Cut(script[pos:], "\n")
			out = append(out, Statement{Text: strings.TrimRight(text, space+";"), Line: line})
			pos += len(text)
			continue
		}
		size, kind := nextToken(script[pos:])
		token := script[pos : pos+size]
		if kind != tokenSpace && start < 0 && kind != tokenSemicolon {
			start, startLine = pos, line
		}
		head = head.next(kind, token)
		if head == phaseEnded {
			if start >= 0 {
				out = append(out, Statement{Text: trimSpace(script[start:pos]), Line: startLine})
			}
			head, start = phaseStart, -1
		}
		line += strings.Count(token, "\n")
		fresh = kind == tokenSpace && (fresh || strings.Contains(token, "\n"))
		open = strings.HasPrefix(token, "/*") && (size < 4 || !strings.HasSuffix(token, "*/"))
		pos += size
	}
	if start >= 0 {
		out = append(out, Statement{Text: trimSpace(script[start:]), Line: startLine})
	}
	return out, open || start >= 0
}

// phase is how far a statement has come, as far as its end depends on it.
type phase int

const (
	phaseStart       phase = iota // nothing yet, or EXPLAIN and its words
	phaseExplain                  // after EXPLAIN
	phaseCreate                   // after CREATE, TEMP or not
	phasePlain                    // any statement that its first semicolon ends
	phaseTrigger                  // inside CREATE TRIGGER
	phaseTriggerStep              // there, right after a semicolon
	phaseTriggerEnd               // there, after "; END"
	phaseEnded                    // the semicolon is reached
)

// next returns the phase after one more token.
func (p phase) next(kind tokenKind, token string) phase {
	switch {
	case kind == tokenSpace:
		return p
	case kind == tokenSemicolon:
		if p == phaseTrigger || p == phaseTriggerStep {
			return phaseTriggerStep
		}
		return phaseEnded
	}
	word := ""
	if kind == tokenWord {
		word = strings.ToUpper(token)
	}
	switch p {
	case phaseStart, phaseExplain:
		return p.nextOfHead(word)
	case phaseCreate:
		switch word {
		case "TEMP", "TEMPORARY":
			return phaseCreate
		case "TRIGGER":
			return phaseTrigger
		}
		return phasePlain
	case phaseTriggerStep:
		if word == "END" {
			return phaseTriggerEnd
		}
		return phaseTrigger
	case phaseTriggerEnd:
		return phaseTrigger
	}
	return p
}

// nextOfHead is next before the statement's own first word. EXPLAIN may bring
// words of its own: QUERY PLAN, SOQL, SOQL SERVER.
func (p phase) nextOfHead(word string) phase {
	switch {
	case word == "CREATE":
		return phaseCreate
	case word == "EXPLAIN" && p == phaseStart:
		return phaseExplain
	case p == phaseExplain && (word == "QUERY" || word == "PLAN" || word == "SOQL" || word == "SERVER"):
		return phaseExplain
	}
	return phasePlain
}

type tokenKind int

const (
	tokenOther tokenKind = iota
	tokenSpace           // white space and comments
	tokenWord            // a keyword or a bare name
	tokenSemicolon
)

// nextToken returns the length and the kind of the token at the beginning of
// s, which is not empty. A string or comment without an end reaches to the end
// of s.
func nextToken(s string) (int, tokenKind) {
	switch c := s[0]; {
	case c == ';':
		return 1, tokenSemicolon
	case isSpace(c):
		n := 1
		for n < len(s) && isSpace(s[n]) {
			n++
		}
		return n, tokenSpace
	case strings.HasPrefix(s, "--"):
		return through(s, 2, "\n"), tokenSpace
	case strings.HasPrefix(s, "/*"):
		return through(s, 2, "*/"), tokenSpace
	case c == '\'' || c == '"' || c == '`':
		// A doubled quote inside reads as the next string's beginning, which
		// comes to the same.
		return through(s, 1, s[:1]), tokenOther
	case c == '[':
		return through(s, 1, "]"), tokenOther
	case isWord(c):
		n := 1
		for n < len(s) && isWord(s[n]) {
			n++
		}
		return n, tokenWord
	}
	return 1, tokenOther
}

// through returns the length of s up to and with the first end after skip
// bytes, or all of s.
func through(s string, skip int, end string) int {
	if i := strings.Index(s[skip:], end); i >= 0 {
		return skip + i + len(end)
	}
	return len(s)
}

// space is SQLite's white space. A vertical tab is none, and no token either.
const space = " \t\n\f\r"

func isSpace(c byte) bool { return strings.IndexByte(space, c) >= 0 }

func trimSpace(s string) string { return strings.Trim(s, space) }

// isWord follows SQLite, where every byte of a non-ASCII character may stand
// in a name.
func isWord(c byte) bool {
	return c >= 0x80 || c == '_' || c == '$' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
