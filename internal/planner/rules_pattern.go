package planner

import (
	"strings"
	"unicode/utf8"

	"github.com/sfsql/sfsql/soql"
)

// like turns a pattern into one that matches no less: SQLite's _ is a code
// point and Salesforce's a UTF-16 unit. On dates a pattern that begins with a
// period is a range.
func (r Rules) like(c *Column, v Value) Verdict {
	if c.Kind == soql.KindDate || c.Kind == soql.KindDatetime {
		return r.likePeriod(c, v, "%_")
	}
	if reason := r.unfitText(v, true); reason != "" {
		return refused(reason)
	}
	switch {
	case v.Text == "":
		return refused("the pattern is empty")
	case strings.Contains(v.Text, `\`):
		return refused("a backslash escapes in SOQL's LIKE and not in SQLite's")
	}
	pattern := strings.ReplaceAll(v.Text, "_", "%")
	for strings.Contains(pattern, "%%") {
		pattern = strings.ReplaceAll(pattern, "%%", "%")
	}
	return superset(cmp(c, soql.LIKE, soql.String(pattern)), "SQLite matches the pattern again")
}

// glob sends LIKE, which folds case and so matches more. What GLOB has beyond
// LIKE becomes any run of characters.
func (r Rules) glob(c *Column, v Value) Verdict {
	if c.Kind == soql.KindDate || c.Kind == soql.KindDatetime {
		return r.likePeriod(c, v, "*?[")
	}
	if v.Kind != TextValue {
		return refused("a number against text")
	}
	var b strings.Builder
	for s := v.Text; s != ""; s = s[1:] {
		switch s[0] {
		case '*', '?', '%', '_':
			b.WriteByte('%')
		case '[':
			end := classEnd(s)
			if end < 0 {
				return refused("the pattern has an open bracket")
			}
			b.WriteByte('%')
			s = s[end:]
		default:
			b.WriteByte(s[0])
		}
	}
	return r.like(c, Value{Kind: TextValue, Text: b.String()})
}

// classEnd returns where the ] of a class of characters stands. One at its
// beginning is a character.
func classEnd(s string) int {
	i := 1
	if i < len(s) && s[i] == '^' {
		i++
	}
	if i < len(s) && s[i] == ']' {
		i++
	}
	end := strings.IndexByte(s[min(i, len(s)):], ']')
	if end < 0 {
		return -1
	}
	return i + end
}

// likeEscape reads LIKE … ESCAPE. A character that is escaped may be one of
// SOQL's wildcards; a wildcard in its place matches more.
func (r Rules) likeEscape(col int, v Value, escape string) Verdict {
	e, size := utf8.DecodeRuneInString(escape)
	switch {
	case r.Without.Has(RulePattern):
		return refused(switchedOff)
	case v.Kind != TextValue || size == 0 || size != len(escape) || e == utf8.RuneError || strings.ContainsRune("%_", e):
		return refused("the escape is no plain character")
	case r.Table.Columns[col].Kind != soql.KindText:
		return refused("a pattern with ESCAPE is for text")
	}
	var b strings.Builder
	escaped := false
	for _, c := range v.Text {
		switch {
		case !escaped && c == e:
			escaped = true
			continue
		case escaped && strings.ContainsRune("%_", c):
			c = '%'
		}
		escaped = false
		b.WriteRune(c)
	}
	if escaped {
		return noRow("the pattern ends with its escape")
	}
	return r.Compare(col, OpLIKE, Value{Kind: TextValue, Text: b.String()}, "BINARY")
}
