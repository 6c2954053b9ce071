package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// Plan is one scan as xBestIndex planned it. It travels through SQLite as a
// string (Encode, DecodePlan) and comes back in xFilter with the values.
type Plan struct {
	Schema  string // empty where one org is all there is
	Table   string
	Columns []int // what the statement reads, ascending
	Terms   []Term
	// Advised are conditions of the statement's text, each of which SQLite
	// checks again.
	Advised []*Cond
	// Paths are the parents that the scan reads along.
	Paths []Path
	// Across are conditions on the scan's records and their parents together.
	Across []*Cond
	// Subs are what IN (SELECT …) and EXISTS say of the records.
	Subs  []SubSelect
	Order []OrderKey
	// Limit and Offset are positions in xFilter's arguments, from 1; 0 means
	// that the scan is not told.
	Limit, Offset int
	// SkipsOffset says that SQLite leaves OFFSET to the scan. Every term is
	// then exact for values known when the plan was made.
	SkipsOffset bool
	// Groups guesses that the statement wants the rows only to put them
	// together, and reads no other of their columns: SOQL may give each
	// combination of their values once, with its number.
	Groups []int
	// Extremes says that the records that are first by one of these keys are
	// all that the statement wants, and Cut that the first so many are; both
	// only where every condition turns out exact.
	Extremes []OrderKey
	Cut      []Operand // LIMIT and OFFSET
	// First is the order of a Cut that SQLite does not offer, since its NULLS
	// stand elsewhere: SQLite sorts again, and sees no more than these records.
	First []OrderKey
	// CountOnly guesses that the statement counts rows and reads none of
	// their columns, though a filter names some.
	CountOnly bool
	// Present are columns of which the statement asks only whether they are
	// NULL, and they are not: an answer without them holds what is asked.
	Present []int
	Rows    int64 // expected, for people
}

// Term is one predicate that SQLite offered.
type Term struct {
	Column    int
	Op        Op
	Collation string
	In        bool // Op is OpEQ and the argument a list
	// Arg is the position among xFilter's arguments, from 1; 0 means that the
	// term stays with SQLite, for Reason. With a Reason and no Known value it
	// stays there, too, and the value only helps to find rows that are kept.
	Arg    int
	Reason string
	// Known holds the value where the statement itself tells it.
	Known *Value
}

// OrderKey is one key of an ORDER BY that the scan takes over.
type OrderKey struct {
	Column int
	Desc   bool
	// Flip puts NULLS at the other end than SQLite does by itself.
	Flip bool
}

// nullsLast reports where the key has NULLS: SQLite puts them first ascending
// and last descending.
func (k OrderKey) nullsLast() bool { return k.Desc != k.Flip }

// code is the key's direction as a plan writes it.
func (k OrderKey) code() string {
	return map[OrderKey]string{{}: "a", {Desc: true}: "d", {Flip: true}: "A", {Desc: true, Flip: true}: "D"}[OrderKey{Desc: k.Desc, Flip: k.Flip}]
}

// Arg is one argument of xFilter: a value, or the list of an IN.
type Arg struct {
	Value Value
	List  []Value
	IsIn  bool
}

// Scan is a plan with its values: what goes to Salesforce.
type Scan struct {
	Query   *soql.Query   // nil where Empty
	Columns []soql.Column // of the answer, in order; none for COUNT()
	Fetched []int         // the table's column of each of Columns
	Empty   bool          // no row can match, no call is made
	Exact   bool          // every predicate that SQLite offered is in Query, exactly
	Skipped int64         // OFFSET that Query does, which SQLite will not

	// Parts are the queries to be read one after the other where one does not
	// hold everything; Query is the first. A record belongs to the part whose
	// keys hold its value of the column Split, under Collation.
	Parts     []Part
	Split     int
	Collation string

	Grouped bool  // the last of Columns is how often each row stands
	Cut     int64 // Query's LIMIT, which the statement's text tells
}

// maxWhere is how long a statement's filters may get. Salesforce takes
// statements of 100,000 characters.
const maxWhere = 80_000

// maxStatement is how long a statement may get whose list is split, and any by
// what is added to it.
const maxStatement = 99_000

// Queries returns every query of a scan.
func (s *Scan) Queries() []*soql.Query {
	if len(s.Parts) == 0 {
		return []*soql.Query{s.Query}
	}
	var out []*soql.Query
	for _, p := range s.Parts {
		out = append(out, p.Query)
	}
	return out
}

// Room is how many characters may be added to each query of a scan.
func (s *Scan) Room() int {
	room := maxStatement
	for _, q := range s.Queries() {
		room = min(room, maxStatement-len(q.String()))
	}
	return room
}

// Narrow adds conditions that SQLite checks again to each query, as far as
// there is room for them beside so many characters.
func (s *Scan) Narrow(where []soql.Expr, beside int) {
	room := s.Room() - beside
	for _, e := range where {
		n := exprSize(e) + len(" WHERE () AND ()")
		if n > room {
			continue
		}
		room -= n
		s.Exact = false
		for _, q := range s.Queries() {
			q.Where = soql.And(q.Where, e)
		}
	}
}

// MaxOffset is the largest OFFSET that SOQL takes.
const MaxOffset = 2000

// Bind gives a plan its values. Without count it fetches real rows even where
// the plan guessed that only their number matters.
func (r Rules) Bind(p *Plan, args []Arg, count bool) Scan {
	s := Scan{Exact: true}
	var where []soql.Expr
	var long *longList
	size := 0
	for _, t := range p.Terms {
		v := r.verdict(t, args)
		switch {
		case v.Class == Refused:
			s.Exact = false
			continue
		case v.Empty:
			return Scan{Empty: true, Exact: true}
		case v.Class == Superset:
			s.Exact = false
		}
		if v.Expr == nil {
			continue
		}
		// A term whose value the statement tells may be SQLite's no more; one
		// that is too long to send is always a list that came with the scan.
		n := len(v.Expr.String())
		if t.Known == nil && size+n > maxWhere-r.Reserved {
			if long == nil {
				long = listOf(v.Expr, t)
			}
			s.Exact = false
			continue
		}
		size += n
		where = append(where, v.Expr)
	}
	sure := true // the conditions of the text are exact
	for _, c := range p.Advised {
		v := r.Holds(c, true)
		sure = sure && v.Class == Exact
		if v.Empty {
			return Scan{Empty: true, Exact: true}
		}
		n := exprSize(v.Expr)
		if v.Expr == nil || size+n > maxWhere-r.Reserved {
			sure = sure && v.Expr == nil
			continue
		}
		if slices.ContainsFunc(where, func(e soql.Expr) bool { return e.String() == v.Expr.String() }) {
			continue
		}
		size += n
		where = append(where, v.Expr)
	}
	if r.Table.Bound != nil {
		where = append(where, r.Table.Bound)
	}
	s.Query = &soql.Query{From: soql.From{Object: r.Table.Object.Name}, Where: soql.And(where...)}
	if p.CountOnly && count && s.Exact && len(p.Order) == 0 && p.Limit == 0 && p.Offset == 0 {
		return s
	}
	if count && (sure && s.Exact && r.extremes(&s, p) || r.group(&s, p)) {
		return s
	}
	r.project(&s, p.Columns)
	s.order(r.Table, p.Order)
	r.join(&s, p, size)
	s.limit(p, args)
	if count && sure && s.Exact && long == nil {
		r.cut(&s, p)
	}
	if long != nil {
		r.shorten(&s, long)
	}
	return s
}

func exprSize(e soql.Expr) int {
	if e == nil {
		return 0
	}
	return len(e.String())
}

func (r Rules) verdict(t Term, args []Arg) Verdict {
	switch {
	case t.Arg == 0:
		return refused(t.Reason)
	case t.Arg > len(args):
		return refused("the value is missing")
	case t.In != args[t.Arg-1].IsIn:
		return refused("a list came where a value was expected")
	case t.In:
		return r.In(t.Column, args[t.Arg-1].List, t.Collation)
	}
	return r.Compare(t.Column, t.Op, args[t.Arg-1].Value, t.Collation)
}

// project selects Id, which rowids are made of, and the columns read.
func (r Rules) project(s *Scan, columns []int) {
	if id := r.Table.ID(); id >= 0 {
		s.add(r.Table, id)
	}
	for _, c := range columns {
		if c != r.Table.ID() {
			s.add(r.Table, c)
		}
	}
	if len(s.Fetched) == 0 && len(r.Table.Columns) > 0 {
		s.add(r.Table, 0)
	}
}

func (s *Scan) add(t *Table, c int) {
	col := &t.Columns[c]
	s.Fetched = append(s.Fetched, c)
	s.Columns = append(s.Columns, soql.Column{Path: []string{col.Field.Name}, Kind: col.Kind})
	s.Query.Select = append(s.Query.Select, soql.SelectItem{Expr: fieldOf(col)})
}

// order writes NULLS out: Salesforce has them first where nothing is said.
func (s *Scan) order(t *Table, keys []OrderKey) {
	for _, k := range keys {
		nulls := soql.NullsFirst
		if k.nullsLast() {
			nulls = soql.NullsLast
		}
		s.Query.OrderBy = append(s.Query.OrderBy, soql.Order{Expr: fieldOf(&t.Columns[k.Column]), Desc: k.Desc, Nulls: nulls})
	}
}

// limit pushes LIMIT only under exact predicates. Where SQLite skips the
// OFFSET itself, the scan must bring those rows too.
func (s *Scan) limit(p *Plan, args []Arg) {
	if !s.Exact {
		return
	}
	offset := int64(0)
	if p.Offset > 0 {
		offset = max(intArg(args, p.Offset, -1), 0)
	}
	if p.SkipsOffset {
		s.Skipped = offset
		if skip := offset; skip > 0 {
			s.Query.Offset = &skip
		}
		offset = 0
	}
	if p.Limit == 0 {
		return
	}
	limit := intArg(args, p.Limit, -1)
	if limit < 0 || limit+offset < 0 {
		return // a negative LIMIT means none
	}
	limit += offset
	s.Query.Limit = &limit
}

func intArg(args []Arg, n int, otherwise int64) int64 {
	if n > len(args) || args[n-1].Value.Kind != IntValue {
		return otherwise
	}
	return args[n-1].Value.Int
}

// CanOrder reports whether the server's order of a column is SQLite's.
// References stand with their nulls on top whatever NULLS says.
func (r Rules) CanOrder(k OrderKey) (reason string) {
	c := &r.Table.Columns[k.Column]
	switch {
	case r.Off:
		return "pushdown is off"
	case !c.Field.Sortable:
		return "Salesforce cannot sort by " + c.Field.Name + " (sortable is false)"
	case c.Field.Calculated:
		return "a formula has more digits on the server"
	}
	switch c.Field.Type {
	case "id", "int", "long", "double", "percent", "date", "datetime":
		return ""
	case "currency":
		if !r.Table.MultiCurrency {
			return ""
		}
		return "amounts in several currencies are converted by Salesforce"
	case "reference":
		if !k.nullsLast() {
			return ""
		}
		return "Salesforce puts empty references first, also descending"
	}
	return "Salesforce orders " + c.Field.Type + " by the user's language"
}

// Explained is a plan for people.
type Explained struct {
	Schema string      // of the table, as in the plan
	Table  string      // with its schema where it has one
	Query  *soql.Query // values that come later stand as :value
	Empty  bool
	Rows   int64  // expected
	Note   string // of the scan as a whole
	Keyed  bool   // by a value that comes when the scan starts
	// Limited says that the statement's LIMIT may go along, which Query does
	// not show.
	Limited bool
	Terms   []string // of each predicate that SQLite checks, with the reason
	// Calls is what an inner scan takes over all its starts, Rows what they
	// bring; -1 where the scan is started once.
	Calls int64
	// Sample is Query as Salesforce takes it. Sampled says that literals stand
	// in it for values that come when the scan starts.
	Sample  string
	Sampled bool
}

// Name returns the table's name, with its schema where the plan tells it.
func (p *Plan) Name() string {
	if p.Schema == "" {
		return p.Table
	}
	return p.Schema + "." + p.Table
}

// Explain shows what a plan would ask. Values that the statement tells are
// in the query; for the others a name stands.
func (r Rules) Explain(p *Plan) Explained {
	e := Explained{Schema: p.Schema, Table: p.Name(), Rows: p.Rows, Limited: p.Limit > 0, Calls: -1}
	s := Scan{Exact: true}
	var where []soql.Expr
	for _, t := range p.Terms {
		column := r.Table.Columns[t.Column].Field.Name
		switch {
		case t.Arg == 0 && derived(t, p.Terms):
			s.Exact = false
		case t.Arg == 0, t.Known == nil && t.Reason != "":
			s.Exact = false
			e.Terms = append(e.Terms, "not sent: "+column+" "+t.Op.String()+knownText(t)+" ("+t.Reason+")")
		case t.Known == nil:
			s.Exact = false
			where = append(where, placeholder(column, t))
			e.Terms = append(e.Terms, "sent, checked again by SQLite: "+column+" "+inOr(t)+" (the value comes when the scan starts)")
		default:
			v := r.Compare(t.Column, t.Op, *t.Known, t.Collation)
			e.Empty = e.Empty || v.Empty
			if v.Expr != nil {
				where = append(where, v.Expr)
			}
			if v.Class != Exact {
				s.Exact = false
				e.Terms = append(e.Terms, "sent, checked again by SQLite: "+column+" "+t.Op.String()+knownText(t)+" ("+v.Reason+")")
			}
		}
	}
	sure := true
	for _, c := range p.Advised {
		v := r.Holds(c, true)
		sure = sure && v.Class == Exact
		e.Empty = e.Empty || v.Empty
		if v.Expr != nil && !slices.ContainsFunc(where, func(e soql.Expr) bool { return e.String() == v.Expr.String() }) {
			where = append(where, v.Expr)
		}
		if !c.offered() { // else it stands among the terms
			e.Terms = append(e.Terms, advisedText(c, v, r.Table))
		}
	}
	if r.Table.Bound != nil {
		where = append(where, r.Table.Bound)
	}
	s.Query = &soql.Query{From: soql.From{Object: r.Table.Object.Name}, Where: soql.And(where...)}
	e.Note = explainNote(p, s.Exact, e.Empty)
	switch {
	case p.CountOnly && s.Exact && len(p.Order) == 0 && p.Limit == 0:
	case sure && s.Exact && r.extremes(&s, p):
		e.Note = note(e.Note, "the first record by each of the keys is all that is wanted")
	case r.group(&s, p):
		e.Note = note(e.Note, fmt.Sprintf("rows are made from groups; %d groups or more are read as rows", MaxGroups))
	default:
		r.project(&s, p.Columns)
		s.order(r.Table, p.Order)
		if sure && s.Exact {
			r.cut(&s, p)
		}
	}
	e.Query = s.Query
	e.Keyed = slices.ContainsFunc(p.Terms, func(t Term) bool { return t.Op == OpEQ && !t.In && t.Arg > 0 && t.Known == nil })
	return e
}

// advisedText says what becomes of a condition of the text.
func advisedText(c *Cond, v Verdict, t *Table) string {
	text := c.text(t)
	if most := 160; len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	switch v.Class {
	case Refused:
		return "not sent: " + text + " (" + v.Reason + ")"
	case Exact:
		return "sent, checked again by SQLite: " + text + " (exact; SQLite keeps conditions of this form)"
	}
	return "sent, checked again by SQLite: " + text + " (" + v.Reason + ")"
}

// derived reports whether SQLite made a range of a LIKE or GLOB: it stands
// beside it, and nobody wrote it.
func derived(t Term, terms []Term) bool {
	if t.Known == nil || t.Known.Kind != TextValue || t.Op != OpGE && t.Op != OpLT {
		return false
	}
	return slices.ContainsFunc(terms, func(other Term) bool {
		return other.Column == t.Column && (other.Op == OpLIKE || other.Op == OpGLOB)
	})
}

func note(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

func explainNote(p *Plan, exactly, empty bool) string {
	switch {
	case empty:
		return "no row can match, so nothing is asked"
	case p.Limit > 0 && exactly:
		return "with the statement's LIMIT: every predicate is exact"
	case p.Limit > 0:
		return "with the statement's LIMIT if the values turn out exact"
	case exactly && len(p.Terms) > 0:
		return "every predicate is exact"
	}
	return ""
}

func inOr(t Term) string {
	if t.In {
		return "IN (…)"
	}
	return t.Op.String()
}

func knownText(t Term) string {
	if t.Known == nil || t.Op == OpISNULL || t.Op == OpNOTNULL {
		return ""
	}
	return " " + t.Known.String()
}

// placeholder shows a predicate whose value is not known yet.
func placeholder(column string, t Term) soql.Expr {
	value := soql.Literal{Kind: soql.NumberLiteral, Text: ":value"}
	f := soql.NewField(column)
	if t.In {
		return &soql.In{Left: f, Values: []soql.Literal{{Kind: soql.NumberLiteral, Text: ":values"}}}
	}
	op, ok := soqlOps[t.Op]
	switch {
	case t.Op == OpLIKE:
		op = soql.LIKE
	case !ok:
		op = soql.EQ
	}
	return &soql.Comparison{Left: f, Op: op, Value: value}
}
