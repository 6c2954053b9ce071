package planner

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sfsql/sfsql/soql"
)

// Op is a comparison as SQLite's xBestIndex offers it.
// https://sqlite.org/vtab.html#constraints
type Op uint8

// The comparisons that SQLite offers. OpOther stands for those that SOQL has
// no word for.
const (
	OpOther Op = iota
	OpEQ
	OpNE
	OpLT
	OpLE
	OpGT
	OpGE
	OpIS
	OpISNOT
	OpISNULL
	OpNOTNULL
	OpLIKE
	OpGLOB
	OpLIMIT
	OpOFFSET
)

var opNames = [...]string{
	"function", "=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT", "IS NULL", "IS NOT NULL", "LIKE", "GLOB", "LIMIT", "OFFSET",
}

// String returns the operator as SQL writes it.
func (o Op) String() string { return opNames[o] }

// Class says how far SOQL can be trusted with a predicate.
type Class uint8

// The three classes; the zero value is the safe one.
const (
	Refused Class = iota
	Superset
	Exact
)

// String returns the class in lower case.
func (c Class) String() string { return [...]string{"refused", "superset", "exact"}[c] }

// Verdict is what the rules say of one predicate.
type Verdict struct {
	Class  Class
	Expr   soql.Expr // what to send; nil where every row matches, or none does
	Empty  bool      // no row can match: no call is needed
	Reason string    // why it is not exact, or what is odd about it
	Later  bool      // refused only because a value is not known yet
}

func refused(reason string) Verdict { return Verdict{Reason: reason} }
func everyRow(reason string) Verdict {
	return Verdict{Class: Exact, Reason: reason}
}

func noRow(reason string) Verdict {
	return Verdict{Class: Exact, Empty: true, Reason: reason}
}

func superset(e soql.Expr, reason string) Verdict {
	return Verdict{Class: Superset, Expr: e, Reason: reason}
}
func exact(e soql.Expr) Verdict { return Verdict{Class: Exact, Expr: e} }

// Rules is the rule table for one table and one running user.
type Rules struct {
	Table *Table
	// Locale is the running user's, such as en_US; empty where it is unknown.
	Locale string
	// Off refuses everything, so that tests can show that pushdown changes
	// no answer; Without switches single rules off.
	Off     bool
	Without RuleSet
	// Params are the values of the statement's parameters, where they are
	// known: conditions of its text speak of them.
	Params []Param
	// Calendar is what relative dates count from; zero where it is not known.
	Calendar Calendar
	// Started is when the statement began; zero before it does.
	Started time.Time
	// Joined are the conditions that the plan's Subs make.
	Joined []Joined
	// Across are the rules of a parent's table by the references that lead
	// there, and the path of their names; nil where parents are not asked for.
	Across func(via []int) (Rules, []string, bool)
	// Reserved is how many characters of each statement will be used for what is
	// added to it.
	Reserved int
	// MaxParts bounds into how many queries a long list is split; zero means
	// a bound of its own.
	MaxParts int
}

// masterRecordType is the Id that describe gives the master record type,
// which no row has and which filters refuse.
const masterRecordType = "012000000000000"

// Static returns why no value could make the predicate go to Salesforce, or
// an empty string. It is what can be said before values are known.
func (r Rules) Static(col int, op Op, collation string) string {
	c := &r.Table.Columns[col]
	f := &c.Field
	switch {
	case r.Off:
		return "pushdown is off"
	case op == OpGLOB && r.Without.Has(RulePattern):
		return switchedOff
	case op == OpOther:
		return "SOQL has no such operator"
	case !f.Filterable:
		return "Salesforce cannot filter " + f.Name + " (filterable is false)"
	}
	if op == OpISNULL || op == OpNOTNULL {
		return r.staticNull(c)
	}
	if op == OpLIKE || op == OpGLOB {
		return r.staticLike(c)
	}
	return r.staticCompare(c, op, collation)
}

func (r Rules) staticNull(c *Column) string {
	switch {
	case c.Kind == soql.KindJSON || c.Blob:
		return "a compound or binary field is not compared"
	case c.Field.Calculated && c.Kind != soql.KindBool:
		return "a formula's blank may be a null or a zero"
	}
	return ""
}

func (r Rules) staticLike(c *Column) string {
	switch c.Field.Type {
	case "date", "datetime":
		if r.Without.Has(RuleDate) {
			return switchedOff
		}
		return ""
	case "string", "textarea", "email", "phone", "url", "combobox":
		if c.Field.CaseSensitive {
			return "SQLite's LIKE folds case, the field's does not"
		}
		return ""
	}
	return "SOQL's LIKE is for text fields, not for " + c.Field.Type
}

func (r Rules) staticCompare(c *Column, op Op, collation string) string {
	f := &c.Field
	switch f.Type {
	case "id", "reference":
		if collation != CollationID && collation != "BINARY" {
			return "Ids compare under " + collation + " here"
		}
		if f.Type == "reference" && isRange(op) {
			return "ranges are for the record's own Id"
		}
	case "boolean", "int", "long":
	case "double", "currency", "percent":
		if f.Type == "currency" && r.Table.MultiCurrency {
			return "amounts in several currencies are converted by Salesforce"
		}
	case "date", "datetime":
		if collation != CollationTime {
			return "dates compare under " + collation + " here, as text"
		}
	case "time":
		return "how Salesforce compares times is not documented"
	case "string", "picklist", "combobox", "phone", "email", "url", "textarea", "multipicklist":
		return staticText(f.Type, f.CaseSensitive, op, collation)
	default:
		return "a field of type " + f.Type + " is not compared"
	}
	return ""
}

func staticText(kind string, caseSensitive bool, op Op, collation string) string {
	switch {
	case collation != "NOCASE" && collation != "BINARY":
		return "text compares under " + collation + " here"
	case isRange(op):
		return "Salesforce orders text by the user's language, SQLite by " + collation
	case (op == OpNE || op == OpISNOT) && !caseSensitive:
		return "Salesforce folds more letters than SQLite, so <> would lose rows"
	case caseSensitive && collation != "BINARY":
		return "the field is case-sensitive, the comparison is not"
	case kind == "multipicklist" && collation != "BINARY":
		return "how Salesforce folds the case of multi-select picklists is not documented"
	}
	return ""
}

func isRange(op Op) bool { return op == OpLT || op == OpLE || op == OpGT || op == OpGE }

// Compare classifies `column op value` under a collation.
func (r Rules) Compare(col int, op Op, v Value, collation string) Verdict {
	switch {
	case op == OpIS && v.Null():
		op = OpISNULL
	case op == OpISNOT && v.Null():
		op = OpNOTNULL
	}
	if reason := r.Static(col, op, collation); reason != "" {
		return refused(reason)
	}
	c := &r.Table.Columns[col]
	switch {
	case op == OpISNULL || op == OpNOTNULL:
		return nullTest(c, op == OpISNULL)
	case v.Null():
		return noRow("a comparison with NULL is never true")
	case v.Kind == BlobValue:
		return refused("the value is a blob")
	case op == OpIS:
		return r.compare(c, OpEQ, v, collation)
	case op == OpISNOT:
		return orNull(c, r.compare(c, OpNE, v, collation))
	case op == OpLIKE:
		return r.like(c, v)
	case op == OpGLOB:
		return r.glob(c, v)
	}
	return r.compare(c, op, v, collation)
}

// In classifies `column IN (values)`: the best class that all values allow.
func (r Rules) In(col int, values []Value, collation string) Verdict {
	if reason := r.Static(col, OpEQ, collation); reason != "" {
		return refused(reason)
	}
	class, reason := Exact, ""
	var literals []soql.Literal
	var others []soql.Expr
	for _, v := range values {
		if v.Null() {
			continue // x IN (…, NULL) is true for the other values only
		}
		one := r.Compare(col, OpEQ, v, collation)
		if one.Class < class {
			class, reason = one.Class, one.Reason
		}
		if one.Class == Refused {
			return one
		}
		if one.Empty {
			continue
		}
		if one.Expr == nil {
			return everyRow(one.Reason)
		}
		if eq, ok := one.Expr.(*soql.Comparison); ok && eq.Op == soql.EQ {
			literals = append(literals, eq.Value)
		} else {
			others = append(others, one.Expr)
		}
	}
	f := fieldOf(&r.Table.Columns[col])
	switch len(literals) {
	case 0:
	case 1:
		others = append(others, &soql.Comparison{Left: f, Op: soql.EQ, Value: literals[0]})
	default:
		others = append(others, &soql.In{Left: f, Values: literals})
	}
	if len(others) == 0 {
		return noRow("no value of the list can match")
	}
	return Verdict{Class: class, Expr: soql.Or(others...), Reason: reason}
}

func (r Rules) compare(c *Column, op Op, v Value, collation string) Verdict {
	var out Verdict
	switch c.Field.Type {
	case "id", "reference":
		out = compareID(c, op, v, collation)
	case "boolean":
		return compareBool(c, op, v)
	case "int", "long":
		out = compareInt(c, op, v)
	case "double", "currency", "percent":
		out = compareReal(c, op, v)
	case "date":
		out = compareDate(c, op, v)
	case "datetime":
		out = compareDatetime(c, op, v)
	default:
		out = r.compareText(c, op, v, collation)
	}
	return loosen(c, op, out)
}

// loosen keeps formulas from being exact: Salesforce computes them with more
// digits than it shows, and may show a blank where it filters a zero.
func loosen(c *Column, op Op, v Verdict) Verdict {
	switch {
	case !c.Field.Calculated || v.Class == Refused || v.Empty:
		return v
	case op == OpNE || v.Expr == nil:
		return refused("a formula's blank may be a null or a zero")
	case v.Class == Exact:
		v.Class, v.Reason = Superset, "a formula is computed again by the server"
	}
	return v
}

func nullTest(c *Column, isNull bool) Verdict {
	if c.Kind == soql.KindBool || c.Field.Type == "id" {
		// SOQL's `b = null` means `b = false`.
		if isNull {
			return noRow(c.Field.Name + " is never NULL")
		}
		return everyRow(c.Field.Name + " is never NULL")
	}
	op := soql.NE
	if isNull {
		op = soql.EQ
	}
	return exact(&soql.Comparison{Left: fieldOf(c), Op: op, Value: soql.Null()})
}

func fieldOf(c *Column) *soql.Field { return soql.NewField(c.Field.Name) }

func cmp(c *Column, op soql.Op, l soql.Literal) soql.Expr {
	return &soql.Comparison{Left: fieldOf(c), Op: op, Value: l}
}

func notNull(c *Column) soql.Expr { return cmp(c, soql.NE, soql.Null()) }

// notEqual is right whether or not Salesforce's != matches null, on which
// the sources disagree.
func notEqual(c *Column, l soql.Literal) soql.Expr {
	return soql.And(cmp(c, soql.NE, l), notNull(c))
}

// everyValue is a comparison that every value but NULL meets.
func everyValue(c *Column, reason string) Verdict {
	v := exact(notNull(c))
	v.Reason = reason
	return v
}

// orNull adds the null rows that IS NOT accepts and <> does not.
func orNull(c *Column, v Verdict) Verdict {
	if v.Class == Refused {
		return v
	}
	null := cmp(c, soql.EQ, soql.Null())
	switch {
	case c.Kind == soql.KindBool || c.Field.Type == "id":
		return v
	case v.Empty:
		return Verdict{Class: v.Class, Expr: null, Reason: v.Reason}
	case v.Expr == nil:
		return v
	}
	v.Expr = soql.Or(v.Expr, null)
	return v
}

var soqlOps = map[Op]soql.Op{OpEQ: soql.EQ, OpNE: soql.NE, OpLT: soql.LT, OpLE: soql.LE, OpGT: soql.GT, OpGE: soql.GE}

// compareWith sends `c op l` where SOQL's operator means the same.
func compareWith(c *Column, op Op, l soql.Literal) Verdict {
	if op == OpNE {
		return exact(notEqual(c, l))
	}
	return exact(cmp(c, soqlOps[op], l))
}

// compareID compares Ids. Salesforce matches the first 15 characters, as SFID
// does; under BINARY that is a superset.
func compareID(c *Column, op Op, v Value, collation string) Verdict {
	if v.Kind != TextValue {
		return refused("a number against an Id")
	}
	if len(v.Text) < 15 || !isID(v.Text[:15]) {
		switch {
		case isRange(op):
			return refused("the value is no Id")
		case op == OpEQ:
			return noRow("the value is no Id")
		}
		return refused("the value is no Id")
	}
	id := v.Text[:15]
	if id == masterRecordType {
		return refused("Salesforce does not filter by the master record type")
	}
	out := compareWith(c, op, soql.String(id))
	if collation == CollationID {
		return out
	}
	if op != OpEQ {
		return refused("Ids compare under BINARY here")
	}
	return superset(out.Expr, "Ids compare byte by byte here, in Salesforce by 15 characters")
}

func isID(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !('0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z') {
			return false
		}
	}
	return true
}

// compareBool tries both values: a comparison is a set of truth values.
func compareBool(c *Column, op Op, v Value) Verdict {
	n, ok := numeric(v)
	if !ok {
		return refused("text against a boolean")
	}
	f, t := holds(op, 0, n), holds(op, 1, n)
	switch {
	case f && t:
		return everyRow("every value of the field meets it")
	case !f && !t:
		return noRow("no value of the field meets it")
	}
	return exact(cmp(c, soql.EQ, soql.Bool(t)))
}

func holds(op Op, a, b float64) bool {
	switch op {
	case OpEQ:
		return a == b
	case OpNE:
		return a != b
	case OpLT:
		return a < b
	case OpLE:
		return a <= b
	case OpGT:
		return a > b
	default:
		return a >= b
	}
}

var plainNumber = regexp.MustCompile(`^[+-]?[0-9]{1,15}(\.[0-9]{1,15})?$`)

// numeric applies NUMERIC affinity: text that is plainly a number is one.
// Whatever looks odder is left to SQLite.
func numeric(v Value) (float64, bool) {
	switch v.Kind {
	case IntValue:
		f := float64(v.Int)
		return f, math.Abs(f) <= 1<<53
	case RealValue:
		return v.Real, !math.IsNaN(v.Real) && !math.IsInf(v.Real, 0)
	case TextValue:
		if !plainNumber.MatchString(v.Text) {
			return 0, false
		}
		f, err := strconv.ParseFloat(v.Text, 64)
		return f, err == nil
	}
	return 0, false
}

// compareInt rounds a fraction to the whole number that makes the same cut,
// and answers for numbers that the field cannot hold: Salesforce refuses both.
func compareInt(c *Column, op Op, v Value) Verdict {
	n, ok := wholeNumber(v)
	if !ok {
		f, isNumber := numeric(v)
		if !isNumber {
			return refused("the value is no plain number")
		}
		if f != math.Trunc(f) {
			return compareFraction(c, op, f)
		}
		if math.Abs(f) > 1<<53 {
			return refused("the number is too large to be certain")
		}
		n = int64(f)
	}
	switch {
	case c.Field.Type == "long":
	case n > math.MaxInt32:
		return beyond(c, op, op == OpLT || op == OpLE)
	case n < math.MinInt32:
		return beyond(c, op, op == OpGT || op == OpGE)
	}
	return compareWith(c, op, soql.Int(n))
}

func wholeNumber(v Value) (int64, bool) {
	if v.Kind == IntValue {
		return v.Int, true
	}
	return 0, false
}

func compareFraction(c *Column, op Op, f float64) Verdict {
	if math.Abs(f) > math.MaxInt32 {
		return refused("the number is too large to be certain")
	}
	floor := soql.Int(int64(math.Floor(f)))
	switch op {
	case OpEQ:
		return noRow("a whole number has no fraction")
	case OpNE:
		return everyValue(c, "a whole number has no fraction")
	case OpLT, OpLE:
		return exact(cmp(c, soql.LE, floor))
	default:
		return exact(cmp(c, soql.GT, floor))
	}
}

// beyond answers a comparison with a number outside the field's range.
func beyond(c *Column, op Op, all bool) Verdict {
	if all || op == OpNE {
		return everyValue(c, "the number is outside the field's range")
	}
	return noRow("the number is outside the field's range")
}

// compareReal is exact where the field's digits fit a double: then no two
// values of the field near the number share one. Else the neighbours of the
// double make a superset.
func compareReal(c *Column, op Op, v Value) Verdict {
	x, ok := numeric(v)
	if !ok {
		return refused("the value is no plain number")
	}
	switch a := math.Abs(x); {
	case a == 0:
		x = 0 // SQL's -0.0 is 0
	case a >= 1e15 || a < 1e-12:
		return refused("the number is too large or too small to be certain")
	}
	if fitsDouble(c, x) {
		return compareWith(c, op, soql.Float(x))
	}
	low, high := around(c, x)
	below, above := soql.Float(low), soql.Float(high)
	const reason = "the field holds more digits than a double"
	switch op {
	case OpEQ:
		return superset(soql.And(cmp(c, soql.GE, below), cmp(c, soql.LE, above)), reason)
	case OpNE:
		return superset(notNull(c), reason)
	case OpLT, OpLE:
		return superset(cmp(c, soql.LE, above), reason)
	default:
		return superset(cmp(c, soql.GE, below), reason)
	}
}

// around returns numbers below and above x between which every value of the
// field lies that may show as x. A formula may be held with more digits than
// it is shown with, so a unit of its last digit is added.
func around(c *Column, x float64) (low, high float64) {
	switch {
	case c.Field.Calculated:
		unit := math.Pow10(-max(c.Field.Scale, 0))
		return x - unit, x + unit
	case x == 0:
		return -1e-15, 1e-15 // its true neighbours have hundreds of digits
	}
	return math.Nextafter(x, math.Inf(-1)), math.Nextafter(x, math.Inf(1))
}

// fitsDouble reports whether values of the field that are as large as x have
// at most 15 digits, which a double tells apart. Larger ones compare rightly
// with x in any case: rounding keeps the order.
func fitsDouble(c *Column, x float64) bool {
	f := &c.Field
	if f.Calculated || f.Precision <= 0 || f.Scale < 0 {
		return false
	}
	return f.Precision <= 15 || math.Abs(x) < math.Pow10(15-f.Scale)
}

// compareText compares text by equality: Salesforce folds every letter that
// NOCASE folds, and more.
func (r Rules) compareText(c *Column, op Op, v Value, collation string) Verdict {
	if reason := r.unfitText(v, collation == "NOCASE"); reason != "" {
		return refused(reason)
	}
	if op == OpNE {
		return superset(notEqual(c, soql.String(v.Text)), "text is compared again by SQLite")
	}
	return superset(cmp(c, soql.EQ, soql.String(v.Text)), "Salesforce folds more letters than SQLite")
}

// maxLiteral is how many characters a string literal may have.
const maxLiteral = 4000

func (r Rules) unfitText(v Value, folds bool) string {
	switch {
	case v.Kind != TextValue:
		return "a number against text"
	case !soql.Quotable(v.Text) || strings.ContainsRune(v.Text, 0):
		return "the text has bytes that SOQL cannot write"
	case len(v.Text) > maxLiteral/2:
		return "the text is too long for a literal"
	case strings.TrimSpace(v.Text) != v.Text:
		return "white space at an end may be trimmed by Salesforce"
	case folds && r.Locale == "" && strings.ContainsAny(v.Text, "iI"):
		return "the user's locale is unknown, and i folds by locale"
	case folds && foldsToTurkic(r.Locale) && strings.ContainsAny(v.Text, "iI"):
		return "i folds otherwise under the user's locale"
	}
	return ""
}
