package soql

import "time"

// Pos is a byte offset into the statement's text, zero-based. Nodes that a
// program builds itself leave it at zero.
type Pos int

// Query is one SELECT statement, or a subquery of one.
type Query struct {
	Select   []SelectItem // empty means SELECT COUNT()
	From     From
	Related  []Related // what follows FROM's first comma
	Scope    string    // of USING SCOPE, such as mine_and_my_groups; empty means none
	Where    Expr      // nil means none
	With     *With     // nil means none
	GroupBy  []Operand // fields and date functions
	Grouping Grouping  // how GroupBy makes groups
	Having   Expr      // nil means none
	OrderBy  []Order
	Limit    *int64 // nil means none
	Offset   *int64 // nil means none

	For       string // VIEW, REFERENCE or empty
	Update    string // TRACKING, VIEWSTAT or empty
	ForUpdate bool
	AllRows   bool // understood by Apex only
}

// IsCount reports whether the query is SELECT COUNT(), whose answer is
// totalSize and no records.
func (q *Query) IsCount() bool { return len(q.Select) == 0 }

// IsAggregate reports whether the query's records are groups: it has GROUP BY
// or selects an aggregate. COUNT() alone makes no groups.
func (q *Query) IsAggregate() bool { return len(q.GroupBy) > 0 || hasAggregate(q) }

// SelectItem is one item of a select list.
type SelectItem struct {
	Expr  Operand
	Alias string // empty means none
	Pos   Pos
}

// From names the sObject that a query reads; in a child subquery it names the
// relationship, which may have the parent's name before it: Account.Contacts.
type From struct {
	Object string
	Alias  string // empty means none
	Pos    Pos
}

// Related gives a name to a relationship of the object before it, as c.Account
// a does in FROM Contact c, c.Account a.
type Related struct {
	Path  []string // at least two names, the first an alias or an object
	Alias string   // empty means none
	Pos   Pos
}

// With is the WITH clause. Exactly one of its parts is set.
type With struct {
	Mode       string         // SECURITY_ENFORCED, USER_MODE or SYSTEM_MODE
	Categories []DataCategory // of WITH DATA CATEGORY, joined by AND
	Visibility []Setting      // of WITH RecordVisibilityContext
	Pos        Pos
}

// DataCategory filters articles by a group of data categories.
type DataCategory struct {
	Group    string
	Selector string   // AT, ABOVE, BELOW or ABOVE_OR_BELOW
	Names    []string // at least one
	Pos      Pos
}

// Setting is a name and its value within RecordVisibilityContext.
type Setting struct {
	Name  string
	Value Literal // a number, TRUE or FALSE
	Pos   Pos
}

// Grouping says how GROUP BY makes groups.
type Grouping uint8

// Rollup adds subtotals from the last field to the first and a total; Cube
// adds subtotals for every combination.
const (
	PlainGroups Grouping = iota
	Rollup
	Cube
)

// Operand is what can stand on the left of a comparison, in a select list, in
// GROUP BY and in ORDER BY: a *Field or a *Call. Functions also take a *Value.
// A *FieldSet, a *Subquery and a *TypeOf are items of a select list only.
type Operand interface {
	operand()
	Position() Pos
	String() string
}

// Field is a field, or a path over parent relationships that ends in one:
// Account.Owner.Name is {"Account", "Owner", "Name"}.
type Field struct {
	Path []string // at least one name
	Pos  Pos
}

// Call is a function over its arguments: an aggregate such as MAX, a date
// function such as CALENDAR_YEAR, DISTANCE, toLabel and so on.
type Call struct {
	Name string // canonical spelling, see Functions
	Args []Operand
	Pos  Pos
}

// Value is a literal as a function's argument: DISTANCE and GEOLOCATION take
// numbers and a unit.
type Value struct {
	Literal Literal
	Pos     Pos
}

// FieldSet is FIELDS(ALL), FIELDS(CUSTOM) or FIELDS(STANDARD).
type FieldSet struct {
	Name string // in capitals
	Pos  Pos
}

// Subquery selects the children of each record.
type Subquery struct {
	Query *Query
	Pos   Pos
}

// TypeOf selects fields by the kind of object that a lookup leads to.
type TypeOf struct {
	Path  []string // the lookup's relationship, perhaps behind parents
	Whens []When   // at least one
	Else  []*Field // nil means none
	Pos   Pos
}

// When is a branch of TYPEOF.
type When struct {
	Object string
	Fields []*Field // at least one
	Pos    Pos
}

// Expr is a condition: *Logical, *Not, *Comparison, *In or *Includes.
type Expr interface {
	expr()
	Position() Pos
	String() string
}

// Logical is AND or OR over at least two terms. SOQL has no precedence
// between the two, so a tree that mixes them prints with parentheses.
type Logical struct {
	Or    bool // false means AND
	Terms []Expr
	Pos   Pos
}

// Not negates a condition. SOQL's logic has two values: a row either matches
// or not, so NOT (f = 'x') matches rows whose f is null.
type Not struct {
	X   Expr
	Pos Pos
}

// Op is a comparison operator.
type Op uint8

// The comparison operators of SOQL.
const (
	EQ   Op = iota // =
	NE             // !=, also written <>
	LT             // <
	LE             // <=
	GT             // >
	GE             // >=
	LIKE           // LIKE
)

// Comparison compares a field or function with a literal.
//
// After LIKE the literal's Text is the pattern with its escapes: % and _ are
// wildcards, \% and \_ stand for the characters themselves and \\ for a
// backslash. Every other escape is decoded as in any string. A backslash
// before something else, which only a program can put there, stands for itself.
type Comparison struct {
	Left  Operand
	Op    Op
	Value Literal
	Pos   Pos
}

// In is IN or NOT IN, over a list or over a sub-select (a semi- or anti-join).
type In struct {
	Left   Operand
	Not    bool
	Values []Literal // nil where Sub is set
	Sub    *Query    // nil where Values is set
	Pos    Pos
}

// Includes is INCLUDES or EXCLUDES on a multi-select picklist. Each value is a
// list joined by semicolons, of which all must be chosen.
type Includes struct {
	Left     Operand
	Excludes bool
	Values   []Literal
	Pos      Pos
}

// Order is one key of ORDER BY.
type Order struct {
	Expr  Operand
	Desc  bool
	Nulls Nulls
	Pos   Pos
}

// Nulls says where ORDER BY puts nulls.
type Nulls uint8

// Salesforce puts nulls first, ascending or descending, unless told otherwise.
const (
	NullsDefault Nulls = iota
	NullsFirst
	NullsLast
)

// LiteralKind tells the literals of SOQL apart.
type LiteralKind uint8

// The kinds of literals.
const (
	NullLiteral     LiteralKind = iota
	BoolLiteral                 // Bool
	StringLiteral               // Text is the value, unescaped; but see Comparison for LIKE
	NumberLiteral               // Text is the number as written, without exponent
	DateLiteral                 // Time, midnight UTC
	DatetimeLiteral             // Time, to the millisecond
	TimeLiteral                 // Time, on 1970-01-01 UTC
	RangeLiteral                // a relative date such as TODAY or LAST_N_DAYS:30: Text is its name in capitals, N its number
	CurrencyLiteral             // an amount such as USD5000: Currency is the code in capitals, Text the number
)

// Literal is a value as a statement writes it.
type Literal struct {
	Kind     LiteralKind
	Bool     bool
	Text     string
	Time     time.Time
	N        int64
	Currency string
	Pos      Pos
}

func (*Field) operand()    {}
func (*Call) operand()     {}
func (*Value) operand()    {}
func (*FieldSet) operand() {}
func (*Subquery) operand() {}
func (*TypeOf) operand()   {}

func (*Logical) expr()    {}
func (*Not) expr()        {}
func (*Comparison) expr() {}
func (*In) expr()         {}
func (*Includes) expr()   {}

// Position returns where the node begins in the statement's text; a Logical
// begins with its first term.
func (f *Field) Position() Pos      { return f.Pos }
func (c *Call) Position() Pos       { return c.Pos }
func (v *Value) Position() Pos      { return v.Pos }
func (f *FieldSet) Position() Pos   { return f.Pos }
func (s *Subquery) Position() Pos   { return s.Pos }
func (t *TypeOf) Position() Pos     { return t.Pos }
func (l *Logical) Position() Pos    { return l.Pos }
func (n *Not) Position() Pos        { return n.Pos }
func (c *Comparison) Position() Pos { return c.Pos }
func (i *In) Position() Pos         { return i.Pos }
func (i *Includes) Position() Pos   { return i.Pos }
