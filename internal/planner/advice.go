package planner

import (
	"strconv"
	"strings"

	"github.com/xwb1989/sqlparser"
)

// Advice is what the text of a statement tells beyond what SQLite offers to
// virtual tables. The zero value advises nothing.
type Advice struct {
	counted string // lower-case name of the one table whose rows are counted
	scalar  bool
	drains  bool
}

// Scalar reports that the statement compares no row values by order or IN,
// such as (a, b) < (1, 2). SQLite offers a part of such a comparison as if it
// were the whole, and LIMIT beside it.
func (a Advice) Scalar() bool { return a.scalar }

// BesideViews returns the advice for a statement whose views may hide any
// text.
func (a Advice) BesideViews() Advice {
	a.scalar, a.drains = false, false
	return a
}

// CountsOnly reports whether the statement seems to be one COUNT(*) over a
// single reference of a table: then the columns that its filters name are
// read by nobody once the filters are exact.
func (a Advice) CountsOnly(table string) bool {
	return a.counted != "" && strings.EqualFold(a.counted, table)
}

// maxAnalyzed is the longest statement that is analyzed, in bytes.
const maxAnalyzed = 1 << 20

// Analyze reads a statement. A statement that sqlparser cannot read, or that
// MySQL would read otherwise than SQLite, gets no advice.
func Analyze(sql string) Advice {
	if len(sql) > maxAnalyzed {
		return Advice{}
	}
	tokens := Lex(sql)
	advice := Advice{scalar: comparesScalars(significant(tokens)), drains: drains(tokens)}
	text, ok := toMySQL(tokens)
	if !ok {
		return advice
	}
	stmt, err := sqlparser.ParseStrictDDL(text) // Parse logs what DDL it cannot read
	if err != nil {
		return advice
	}
	if sel, ok := stmt.(*sqlparser.Select); ok {
		advice.counted = countedTable(sel)
	}
	return advice
}

// comparesScalars looks for what must stand before a comparison of row values:
// the parenthesis that closes the first of them.
func comparesScalars(tokens []Token) bool {
	for i, t := range tokens {
		if t.Kind == IllegalToken {
			return false
		}
		if t.Kind != SymbolToken || t.Text != ")" || i+1 == len(tokens) {
			continue
		}
		switch next := tokens[i+1]; {
		case next.Is("IN"), next.Is("NOT"), next.Is("BETWEEN"):
			return false
		case next.Kind == SymbolToken && strings.ContainsAny(next.Text, "<>") && !strings.HasPrefix(next.Text, "->"):
			return false
		}
	}
	return true
}

// countedTable returns the table of SELECT COUNT(*) FROM table WHERE …, or "".
func countedTable(sel *sqlparser.Select) string {
	if len(sel.From) != 1 || len(sel.GroupBy) > 0 || sel.Having != nil || sel.Distinct != "" {
		return ""
	}
	for _, e := range sel.SelectExprs {
		item, ok := e.(*sqlparser.AliasedExpr)
		if !ok {
			return ""
		}
		f, ok := item.Expr.(*sqlparser.FuncExpr)
		if !ok || !f.Name.EqualString("count") || f.Distinct || len(f.Exprs) != 1 {
			return ""
		}
		if _, star := f.Exprs[0].(*sqlparser.StarExpr); !star {
			return ""
		}
	}
	ref, ok := sel.From[0].(*sqlparser.AliasedTableExpr)
	if !ok || hasSubquery(sel.Where) {
		return ""
	}
	name, ok := ref.Expr.(sqlparser.TableName)
	if !ok {
		return ""
	}
	return strings.ToLower(name.Name.String())
}

func hasSubquery(where *sqlparser.Where) bool {
	if where == nil {
		return false
	}
	found := false
	_ = sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) {
		if _, ok := n.(*sqlparser.Subquery); ok {
			found = true
		}
		return !found, nil
	}, where)
	return found
}

// toMySQL writes SQLite's tokens as MySQL's: names in backticks, so that no
// keyword gets in the way, and strings with their backslashes doubled. It
// declines texts that the two dialects read differently.
func toMySQL(tokens []Token) (string, bool) {
	var b strings.Builder
	params := 0
	for i, t := range tokens {
		switch t.Kind {
		case SpaceToken:
			b.WriteByte(' ')
		case QuotedToken:
			b.WriteString("`" + strings.ReplaceAll(t.Name(), "`", "``") + "`")
		case StringToken:
			b.WriteString(strings.ReplaceAll(t.Text, `\`, `\\`))
		case ParamToken:
			params++
			b.WriteString(":v" + strconv.Itoa(params))
		case WordToken:
			if i > 0 && tokens[i-1].Text == "." {
				b.WriteString("`" + t.Text + "`")
			} else {
				b.WriteString(t.Text)
			}
		case NumberToken:
			b.WriteString(t.Text)
		case SymbolToken:
			switch t.Text {
			case "||", "->", "->>", "==":
				return "", false
			}
			b.WriteString(t.Text)
		default:
			return "", false
		}
	}
	return strings.TrimRight(b.String(), "; \n\t"), true
}
