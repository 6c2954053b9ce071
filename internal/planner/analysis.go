package planner

import (
	"slices"
	"strings"
	"time"
)

// Analysis is what the text of a statement tells beyond what SQLite offers to
// virtual tables. It only advises: the zero value advises nothing, and what
// cannot be read with certainty is left out.
//
// xBestIndex does not tell which reference of a table it asks for, so advice
// is bound by the table's name: a record may be left out of a scan only where
// every reference of the table, in the statement and in the views and triggers
// beside it, would leave it out.
type Analysis struct {
	Selects []*Select // in the order of the text

	named            map[string][]string // what stands before a column of this name, anywhere in the text; "" for nothing
	refs             map[string][]*Ref   // by the table's name in lower case
	unread           map[string]bool     // names within parts that could not be read, in lower case
	closed           bool                // nothing is certain: the text as a whole could not be read
	scalar           bool
	drains           bool
	hasParams        bool
	relative, fiscal bool // calls of relative dates
	calendar         Calendar
	params           []Param
	started          time.Time
}

// Select is one SELECT with its FROM: a statement, an arm of a UNION, a
// subquery, the body of a CTE or of a view.
type Select struct {
	Refs  []*Ref // tables in the order of FROM; subqueries and CTEs are not among them
	Edges []Edge // equalities between two references
	// Semis are the conditions `column [NOT] IN (SELECT …)` and
	// `[NOT] EXISTS (SELECT …)` among the conjuncts.
	Semis []Semi
	Outer *Select // the SELECT around it; nil for none

	derived []fromQuery // the subqueries and CTEs in FROM
	arms    []*Select   // of the first SELECT of a compound: the others
	sorts   bool        // and whether it sorts the rows, to tell which are the same

	exposed  map[string]int // how often each name or alias stands in FROM
	from     int            // how many things FROM lists
	merged   bool           // USING or NATURAL: bare names may mean two columns
	opaque   bool           // there are conditions that are not among the conjuncts
	shape    shape
	conjunct []conjunct // of WHERE and of every ON
}

// Ref is one place at which a SELECT reads a table.
type Ref struct {
	Schema string // as written before the table; empty for none
	Table  string // as written
	Name   string // its alias or else its name: what stands before a column
	Select *Select
	// Left says that the reference is the right side of a LEFT JOIN: its
	// columns may be NULL beside the rows of the other side.
	Left bool
}

// Name is a column as a statement writes it.
type Name struct {
	Table  string // what stands before the point; empty for a bare name
	Column string
}

// Edge is a conjunct x = y between columns of two references.
type Edge struct {
	A, B Name
	// Left is the right side of the LEFT JOIN in whose ON the edge stands;
	// nil where the edge is an inner join's or stands in WHERE.
	Left *Ref
}

// Semi is a conjunct `Column [NOT] IN (SELECT …)`, or `[NOT] EXISTS (SELECT …)`,
// which has no Column.
type Semi struct {
	Column      Name
	Not, Exists bool
	Select      *Select
}

// conjunct is one of the conditions that all rows of a SELECT meet, or of the
// ON of an outer join, which decides only about its right side.
type conjunct struct {
	cond  *Cond  // nil where it could not be read
	names []Name // every name in it
	on    *Ref   // the right side of the LEFT JOIN whose ON it stands in
	inOn  bool   // it stands in the ON of a LEFT JOIN
}

// Param is a parameter's value, by position or by name.
type Param struct {
	Ordinal int    // from 1
	Name    string // without its prefix; empty for a position
	Value   Value
}

// Scalar reports that the statement compares no row values by order or IN,
// such as (a, b) < (1, 2). SQLite offers a part of such a comparison as if it
// were the whole, and LIMIT beside it.
func (a *Analysis) Scalar() bool { return a != nil && a.scalar }

// With returns the analysis of a statement that starts now, with values for its
// parameters.
func (a *Analysis) With(params []Param) *Analysis {
	if a == nil {
		return nil
	}
	bound := *a
	bound.params, bound.started = params, time.Now()
	return &bound
}

// Started returns when With was called; zero before it was.
func (a *Analysis) Started() time.Time {
	if a == nil {
		return time.Time{}
	}
	return a.started
}

// Params returns the values that With gave.
func (a *Analysis) Params() []Param {
	if a == nil {
		return nil
	}
	return a.params
}

// HasParams reports whether the statement has parameters.
func (a *Analysis) HasParams() bool { return a != nil && a.hasParams }

// Refs returns every place at which a table is read. It returns false where
// there may be others, in text that could not be read. A name without schema
// counts for every table of that name: which one it means is SQLite's to say.
func (a *Analysis) Refs(t *Table) ([]*Ref, bool) {
	if a == nil || a.closed {
		return nil, false
	}
	key := lowerASCII(t.Object.Name)
	refs := a.refs[key]
	if t.Schema != "" {
		refs = slices.DeleteFunc(slices.Clone(refs), func(r *Ref) bool { return !r.MayBeIn(t.Schema) })
	}
	return refs, !a.unread[key]
}

// MayBeIn reports whether a reference may be one to a table of a schema.
func (r *Ref) MayBeIn(schema string) bool {
	return r.Schema == "" || strings.EqualFold(r.Schema, schema)
}

// Ref returns the reference that a name in the SELECT speaks of; has reports
// whether a reference has a column. It is nil where that is not certain.
func (s *Select) Ref(n Name, has func(r *Ref, column string) bool) *Ref {
	for _, r := range s.Refs {
		if s.means(r, n, func(column string) bool { return has(r, column) }) {
			return r
		}
	}
	return nil
}

// means reports whether a name certainly is a column of a reference. A bare
// name that the table has is its column: SQLite refuses a name that two tables
// of FROM have, and looks at the SELECT around only where none has it.
func (s *Select) means(r *Ref, n Name, has func(column string) bool) bool {
	switch {
	case strings.ContainsFunc(n.Column, func(c rune) bool { return c >= 0x80 }):
		return false
	case n.Table == "":
		return !s.merged && has(n.Column)
	case s.exposed[lowerASCII(n.Table)] != 1 || lowerASCII(n.Table) != lowerASCII(r.Name):
		return false
	}
	return has(n.Column)
}

// maxAnalyzed is the longest text that is analyzed, in bytes.
const maxAnalyzed = 2 << 20

// Analyze reads a statement, with the texts of the views and triggers that
// may run as a part of it.
func Analyze(sql string, beside ...string) *Analysis {
	a := &Analysis{named: map[string][]string{}, refs: map[string][]*Ref{}, unread: map[string]bool{}, scalar: true}
	for _, text := range append([]string{sql}, beside...) {
		if len(text) > maxAnalyzed {
			a.closed, a.scalar = true, false
			return a
		}
		tokens := significant(Lex(text))
		a.drains = drains(tokens) && len(beside) == 0 // a view hides any text
		a.noteCalls(tokens)
		a.noteNames(tokens)
		a.scalar = a.scalar && comparesScalars(tokens)
		if len(beside) > 0 {
			a.scalar = false // SQLite may write a view's parts anew
		}
		r := newReader(a, tokens)
		r.statement()
	}
	for _, s := range a.Selects {
		for _, ref := range s.Refs {
			key := lowerASCII(ref.Table)
			a.refs[key] = append(a.refs[key], ref)
		}
	}
	return a
}

// noteNames notes what stands before each name, so that it can be said which
// of several references of a table a column is named of.
func (a *Analysis) noteNames(tokens []Token) {
	for i, t := range tokens {
		if !isName(t) || i+1 < len(tokens) && tokens[i+1].symbol(".") {
			continue
		}
		table := ""
		if i >= 2 && tokens[i-1].symbol(".") && isName(tokens[i-2]) {
			table = lowerASCII(tokens[i-2].Name())
		}
		if key := lowerASCII(t.Name()); !slices.Contains(a.named[key], table) {
			a.named[key] = append(a.named[key], table)
		}
	}
}

// Only reports whether the text names a column of this reference alone, of all
// those that read its table: SQLite offers a condition on the column for no
// other then. Columns that nobody names, by an asterisk or a NATURAL JOIN, could
// be any, but in what is selected at the end.
func (a *Analysis) Only(ref *Ref, column string) bool {
	if a == nil || a.closed {
		return false
	}
	name := lowerASCII(ref.Name)
	if named := a.named[lowerASCII(column)]; len(named) != 1 || named[0] != name {
		return false
	}
	exposed := 0
	for _, s := range a.Selects {
		exposed += s.exposed[name]
		if s.merged || s.shape.star && len(a.Selects) > 1 {
			return false
		}
	}
	return exposed == 1
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
