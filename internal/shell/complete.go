package shell

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/format"
)

// Candidate is what may stand in place of the word before the cursor.
type Candidate struct {
	Text string
	Note string
	Kind string // such as "columns", to group by
}

// Complete returns what may stand at a byte of the text in place of what begins
// at start. It does not wait for the org: what is not known yet is fetched for
// the next time.
func (s *Shell) Complete(text string, pos int) (start int, out []Candidate) {
	s.fetchTables()
	from, end := statementAt(text, pos)
	line := strings.TrimLeft(text[from:pos], space)
	if isCommand(line) {
		return s.completeCommand(text[from:pos], from)
	}
	start, out = s.completeSQL(text[from:end], pos-from)
	return from + start, out
}

// statementAt returns where the statement around a position begins and ends.
func statementAt(text string, pos int) (from, end int) {
	for at := 0; at < len(text); {
		size, kind := nextToken(text[at:])
		if kind == tokenSemicolon {
			if at >= pos {
				return from, at
			}
			from = at + size
		}
		at += size
	}
	return from, len(text)
}

func (s *Shell) completeCommand(line string, from int) (int, []Candidate) {
	last := strings.LastIndexAny(line, space) + 1
	word := line[last:]
	words := strings.Fields(line[:last])
	if len(words) == 0 {
		var all []Candidate
		for _, c := range commands {
			all = append(all, Candidate{"." + c.name, c.short, "commands"})
			for _, alias := range strings.Fields(c.alias) {
				if strings.HasPrefix(word, `\`) {
					all = append(all, Candidate{alias, c.short, "commands"})
				}
			}
		}
		return from + last, matching(all, word)
	}
	c, err := findCommand(words[0])
	if err != nil {
		return from + last, nil
	}
	return from + last, matching(s.argumentsOf(c, words[1:], word), word)
}

func (s *Shell) argumentsOf(c *command, before []string, word string) (out []Candidate) {
	switch c.complete {
	case argTable:
		if len(before) == 0 {
			return s.tableCandidates(false)
		}
		if c.name == "schema" {
			return []Candidate{{"picklists", "with their values", "words"}}
		}
	case argFile:
		if c.name == "import" && len(before) == 1 {
			locals, _ := s.localTables()
			return candidates(locals, "local tables")
		}
		return fileCandidates(word)
	case argOrg:
		saved, _ := s.cfg.Orgs() // .orgs tells what is wrong
		for _, o := range append(saved, SavedOrg{Name: "demo", Host: "built in"}) {
			out = append(out, Candidate{o.Name, o.Host, "orgs"})
		}
	case argMode:
		for _, mode := range append([]string{"auto"}, format.Modes...) {
			out = append(out, Candidate{Text: mode, Kind: "modes"})
		}
	case argSwitch:
		return []Candidate{{Text: "on", Kind: "words"}, {Text: "off", Kind: "words"}}
	case argCommand:
		for _, other := range commands {
			out = append(out, Candidate{other.name, other.short, "commands"})
		}
	case argParameter:
		if len(before) == 0 {
			for _, verb := range []string{"clear", "list", "set", "unset"} {
				out = append(out, Candidate{Text: verb, Kind: "words"})
			}
			break
		}
		for name := range s.params {
			out = append(out, Candidate{Text: name, Kind: "parameters"})
		}
	}
	return out
}

// fileCandidates lists the folder that a path begins with.
func fileCandidates(word string) (out []Candidate) {
	dir, _ := filepath.Split(word)
	entries, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		name := dir + e.Name()
		if e.IsDir() {
			name += "/"
		}
		if !strings.ContainsAny(name, space) {
			out = append(out, Candidate{Text: name, Kind: "files"})
		}
	}
	return out
}

// completeSQL completes one statement.
func (s *Shell) completeSQL(text string, pos int) (int, []Candidate) {
	ts := tokens(text)
	at := slices.IndexFunc(ts, func(t token) bool { return t.end >= pos })
	start, word := pos, ""
	before := ts
	if at >= 0 {
		before = ts[:at]
		switch t := ts[at]; {
		case t.start >= pos:
		case t.word || t.text[0] == '"':
			start, word = t.start, text[t.start:pos]
		case t.end > pos || t.text[0] == '\'': // in a string
			return pos, nil
		default:
			before = ts[:at+1]
		}
	}
	if n := len(before); n > 0 && before[n-1].text[0] == '\'' && !strings.HasSuffix(before[n-1].text, "'") {
		return pos, nil
	}
	tables := sources(ts)
	for _, t := range tables {
		s.fetchColumns(t.table)
	}
	return start, matching(s.candidatesAfter(before, tables, word), word)
}

func (s *Shell) candidatesAfter(before []token, tables []source, word string) (out []Candidate) {
	quoted := strings.HasPrefix(word, `"`)
	last := token{text: ";"}
	if len(before) > 0 {
		last = before[len(before)-1]
	}
	switch {
	case last.text == "." && len(before) > 1:
		return s.columnsOf(before[len(before)-2].name(), tables, quoted)
	case last.is("FROM"), last.is("JOIN"), last.is("INTO"), last.is("UPDATE"), last.text == "," && endsInFrom(before):
		return s.tableCandidates(quoted)
	}
	seen := map[string]bool{}
	for _, t := range tables {
		if t.alias != "" {
			out = append(out, Candidate{t.alias, t.table, "aliases"})
		}
		if key := strings.ToLower(t.table); !seen[key] {
			seen[key] = true
			out = append(out, s.columnsOf(t.table, nil, quoted)...)
		}
	}
	if word == "" && len(tables) == 0 && len(before) > 0 || quoted {
		return out
	}
	for _, k := range keywords {
		if word != "" && word == strings.ToLower(word) {
			k = strings.ToLower(k)
		}
		out = append(out, Candidate{Text: k, Kind: "keywords"})
	}
	if word != "" {
		s.names.mu.Lock()
		defer s.names.mu.Unlock()
		for _, f := range s.names.functions {
			out = append(out, Candidate{Text: f + "(", Kind: "functions"})
		}
	}
	return out
}

// endsInFrom reports whether a comma at the end separates tables.
func endsInFrom(before []token) bool {
	depth := 0
	for _, t := range slices.Backward(before) {
		switch {
		case t.text == ")":
			depth++
		case t.text == "(" && depth == 0:
			return false
		case t.text == "(":
			depth--
		case depth == 0 && (t.is("FROM") || t.is("JOIN")):
			return true
		case depth == 0 && t.word && isReserved(t.text) && !t.is("AS") && !t.is("ON"):
			return false
		}
	}
	return false
}

// columnsOf returns the columns of a table, or of what an alias stands for, or
// the tables of a schema.
func (s *Shell) columnsOf(name string, tables []source, quoted bool) (out []Candidate) {
	if strings.EqualFold(name, "salesforce") {
		return s.tableCandidates(quoted)
	}
	for _, t := range tables {
		if strings.EqualFold(t.alias, name) {
			name = t.table
			break
		}
	}
	key := strings.ToLower(name)
	s.names.mu.Lock()
	columns := s.names.columns[key]
	s.names.mu.Unlock()
	if columns == nil {
		_, locals := s.localTables()
		columns = locals[key]
	}
	return quotedCandidates(columns, "columns of "+name, quoted)
}

func (s *Shell) tableCandidates(quoted bool) []Candidate {
	locals, _ := s.localTables()
	s.names.mu.Lock()
	defer s.names.mu.Unlock()
	return quotedCandidates(slices.Concat(s.names.tables, locals), "tables", quoted)
}

func quotedCandidates(names []named, kind string, quoted bool) []Candidate {
	out := candidates(names, kind)
	for i := range out {
		if quoted {
			out[i].Text = quoteName(out[i].Text)
		} else {
			out[i].Text = quoteIfNeeded(out[i].Text)
		}
	}
	return out
}

func candidates(names []named, kind string) []Candidate {
	out := make([]Candidate, len(names))
	for i, n := range names {
		out[i] = Candidate{n.name, n.note, kind}
	}
	return out
}

// matching keeps what begins with a word, whatever its case and quotes. The
// editor shows candidates as they are, so names that would steer the terminal
// are left out, and what is told of the others is made harmless.
func matching(all []Candidate, word string) []Candidate {
	for i := range all {
		all[i].Note = format.OneLine(all[i].Note)
	}
	return slices.DeleteFunc(all, func(c Candidate) bool {
		if format.OneLine(c.Text) != c.Text {
			return true
		}
		text := c.Text
		if !strings.HasPrefix(word, `"`) {
			text = strings.TrimPrefix(text, `"`)
		}
		return len(text) < len(word) || !strings.EqualFold(text[:len(word)], word)
	})
}
