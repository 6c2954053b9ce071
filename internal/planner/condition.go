package planner

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xwb1989/sqlparser"
)

// CondKind is the kind of a condition.
type CondKind uint8

// The conditions. Unknown is one that could not be read; nothing is known of
// its truth.
const (
	CondUnknown CondKind = iota
	CondAnd
	CondOr
	CondNot
	CondCompare // Left Op Right[0]
	CondIn      // Left IN Right
	CondLike    // Left LIKE Right[0] [ESCAPE Right[1]]
	CondGlob    // Left GLOB Right[0]
	CondBetween // Left BETWEEN Right[0] AND Right[1]
	CondTruth   // Left, as a truth value
	CondIsTruth // Left IS TRUE, or IS FALSE where Right[0] is 0
)

// Cond is a condition of a statement's text, as a tree.
type Cond struct {
	Kind  CondKind  `json:"k"`
	Kids  []*Cond   `json:"n,omitempty"`
	Op    Op        `json:"o,omitempty"`
	Left  Operand   `json:"l,omitzero"`
	Right []Operand `json:"r,omitempty"`
	// At are the references that lead to the parent whose columns these are.
	At []int `json:"a,omitempty"`

	from *Cond // the conjunct of the text, where this is what one table sees of it
}

// OperandKind is the kind of an operand.
type OperandKind uint8

// The operands. An opaque one could not be read.
const (
	OpaqueOperand OperandKind = iota
	ColumnOperand             // Name; Column once a table is known
	ValueOperand              // Value
	ParamOperand              // Param, and Text where it has a name
	CallOperand               // Text(Args)
)

// Operand is a side of a comparison.
type Operand struct {
	Kind      OperandKind `json:"k"`
	Name      Name        `json:"-"`
	Column    int         `json:"c,omitempty"`
	Value     Value       `json:"v,omitzero"`
	Param     int         `json:"p,omitempty"`
	Text      string      `json:"t,omitempty"`
	Args      []Operand   `json:"a,omitempty"`
	Collation string      `json:"o,omitempty"` // of a COLLATE behind it
}

// foreignWords end a condition in statements that are more than a SELECT, or
// begin what is no condition.
var foreignWords = []string{"ON", "SET", "DO", "RETURNING", "JOIN", "USING", "VALUES", "SELECT", "WITH", "BEGIN", "END", "AS", "WINDOW"}

// maxConjuncts is how many conjuncts of one WHERE are read; a text with more
// was written by no person.
const maxConjuncts = 500

// conditions reads a WHERE or an ON: each part between its ANDs alone, so that
// what cannot be read costs no more than itself.
func (r *reader) conditions(s *Select, i, end int, c conjunct) {
	if r.find(i, end, foreignWords...) >= 0 && !r.onlyCases(i, end) {
		s.shape.uses = append(s.shape.uses, r.names(i, end)...)
		s.opaque = true
		return
	}
	parts := r.conjuncts(i, end, maxNesting)
	if len(parts) > maxConjuncts {
		parts = [][2]int{{i, end}}
	}
	for _, part := range parts {
		c.cond, c.names = r.condition(part[0], part[1]), r.names(part[0], part[1])
		s.conjunct = append(s.conjunct, c)
		r.relate(s, c, part[0], part[1])
	}
}

// onlyCases reports whether the only foreign word is the END of a CASE.
func (r *reader) onlyCases(i, end int) bool {
	cases := 0
	for ; i < end; i = r.next(i) {
		switch {
		case r.is(i, "CASE"):
			cases++
		case r.is(i, "END"):
			cases--
		default:
			for _, w := range foreignWords {
				if r.is(i, w) && !r.tokens[i-1].symbol(".") {
					return false
				}
			}
		}
	}
	return cases == 0
}

// conjuncts splits at AND, in parentheses too where they hold a conjunct whole.
func (r *reader) conjuncts(i, end, depth int) [][2]int {
	var out [][2]int
	for _, p := range r.parts(i, end) {
		open, last := p[0], p[1]-1
		if depth > 0 && open < last && r.tokens[open].symbol("(") && r.close[open] == last && !r.isQuery(open+1) {
			out = append(out, r.conjuncts(open+1, last, depth-1)...)
		} else {
			out = append(out, p)
		}
	}
	return out
}

// parts splits at AND; a condition with OR outside of parentheses is one part.
func (r *reader) parts(i, end int) [][2]int {
	var out [][2]int
	start, between, cases := i, 0, 0
	for ; i < end; i = r.next(i) {
		switch {
		case i > start && r.tokens[i-1].symbol("."):
		case r.is(i, "CASE"):
			cases++
		case r.is(i, "END"):
			cases--
		case cases > 0:
		case r.is(i, "OR"):
			return [][2]int{{r.partsFrom(out, start), end}}
		case r.is(i, "BETWEEN"):
			between++
		case r.is(i, "AND") && between > 0:
			between--
		case r.is(i, "AND"):
			out, start = append(out, [2]int{start, i}), i+1
		}
	}
	return append(out, [2]int{start, end})
}

func (r *reader) partsFrom(out [][2]int, start int) int {
	if len(out) > 0 {
		return out[0][0]
	}
	return start
}

// relate notes what a conjunct says of two references, or of a subquery.
func (r *reader) relate(s *Select, c conjunct, i, end int) {
	if n := c.cond; n != nil && n.Kind == CondCompare && n.Op == OpEQ &&
		n.Left.Kind == ColumnOperand && n.Right[0].Kind == ColumnOperand && n.Left.Collation == "" && n.Right[0].Collation == "" {
		e := Edge{A: n.Left.Name, B: n.Right[0].Name}
		if c.inOn {
			if c.on == nil {
				return
			}
			e.Left = c.on
		}
		s.Edges = append(s.Edges, e)
		return
	}
	if c.inOn || i == end || !r.tokens[end-1].symbol(")") || r.exists(s, i, end) {
		return
	}
	in := r.find(i, end, "IN")
	if in < 0 || r.next(in+1) != end || r.made[in+1] == nil {
		return
	}
	semi := Semi{Select: r.made[in+1], Not: r.is(in-1, "NOT")}
	if semi.Not {
		in--
	}
	if names := r.names(i, in); len(names) == 1 && in-i == 2*len(names[0].parts())-1 {
		semi.Column = names[0]
		s.Semis = append(s.Semis, semi)
	}
}

// exists notes [NOT] EXISTS (SELECT …), and reports whether a conjunct is that.
func (r *reader) exists(s *Select, i, end int) bool {
	not := r.is(i, "NOT")
	if not {
		i++
	}
	if !r.is(i, "EXISTS") || r.next(i+1) != end || r.made[i+1] == nil {
		return false
	}
	s.Semis = append(s.Semis, Semi{Not: not, Exists: true, Select: r.made[i+1]})
	return true
}

func (n Name) parts() []string {
	if n.Table == "" {
		return []string{n.Column}
	}
	return []string{n.Table, n.Column}
}

// condition reads one condition, or returns nil.
func (r *reader) condition(i, end int) *Cond {
	text, ok := r.rewrite(i, end)
	if !ok {
		return nil
	}
	stmt, err := sqlparser.ParseStrictDDL("select 1 from t where " + text)
	if err != nil {
		return nil
	}
	sel, ok := stmt.(*sqlparser.Select)
	if !ok || sel.Where == nil || sel.GroupBy != nil || sel.OrderBy != nil || sel.Limit != nil || sel.Having != nil {
		return nil
	}
	return r.cond(sel.Where.Expr, maxNesting)
}

// rewrite writes SQLite's tokens for sqlparser, which speaks MySQL: a name
// becomes `n7` and a literal or parameter :v7, after the token's number, so
// that nothing of what they hold can be misread. Operators that MySQL lacks
// take the place of others of the same rank, which SQLite has not: <=> stands
// for IS, NOT REGEXP for IS NOT, REGEXP for GLOB, a single bar for any
// operator that makes a value.
func (r *reader) rewrite(i, end int) (string, bool) {
	var b strings.Builder
	for i < end {
		word, next, ok := r.word(i, end)
		if !ok {
			return "", false
		}
		b.WriteString(word)
		b.WriteByte(' ')
		i = next
	}
	return b.String(), true
}

func (r *reader) word(i, end int) (word string, next int, ok bool) {
	t, n := r.tokens[i], strconv.Itoa(i)
	switch t.Kind {
	case StringToken, NumberToken, BlobToken, ParamToken:
		return ":v" + n, i + 1, true
	case QuotedToken:
		return "`n" + n + "`", i + 1, true
	case SymbolToken:
		return r.symbolWord(i, end)
	case WordToken:
		if i > 0 && r.tokens[i-1].symbol(".") {
			return "`n" + n + "`", i + 1, true
		}
		return r.keyword(i, end)
	}
	return "", i, false
}

func (r *reader) symbolWord(i, end int) (string, int, bool) {
	t := r.tokens[i]
	switch t.Text {
	case "(":
		if i+1 < end && r.isQuery(i+1) {
			if i > 0 && r.is(i-1, "IN") {
				return "(`x" + strconv.Itoa(i) + "`)", r.close[i] + 1, true
			}
			return "`x" + strconv.Itoa(i) + "`", r.close[i] + 1, true
		}
		return "(", i + 1, true
	case "==":
		return "=", i + 1, true
	case "||", "->", "->>", "&", "|", "<<", ">>", "%", "/", "*":
		return "|", i + 1, true
	case ")", ",", ".", "=", "<>", "!=", "<", "<=", ">", ">=", "+", "-":
		return t.Text, i + 1, true
	}
	return "", i, false
}

func (r *reader) keyword(i, end int) (string, int, bool) {
	n := strconv.Itoa(i)
	switch strings.ToUpper(r.tokens[i].Text) {
	case "AND", "OR", "IN", "BETWEEN", "LIKE", "ESCAPE", "COLLATE", "DISTINCT":
		return r.tokens[i].Text, i + 1, true
	case "NOT":
		if r.is(i+1, "NULL") && i+1 < end {
			return "is not null", i + 2, true
		}
		return "not", i + 1, true
	case "ISNULL":
		return "is null", i + 1, true
	case "NOTNULL":
		return "is not null", i + 1, true
	case "GLOB":
		return "regexp", i + 1, !(i > 0 && r.is(i-1, "NOT"))
	case "IS":
		return r.isWord(i, end)
	case "NULL", "TRUE", "FALSE":
		return ":v" + n, i + 1, true
	case "EXISTS":
		if i+1 < end && r.tokens[i+1].symbol("(") {
			return "`x" + n + "`", r.close[i+1] + 1, true
		}
	case "CAST":
		if i+1 < end && r.tokens[i+1].symbol("(") {
			return "`x" + n + "`", r.close[i+1] + 1, true
		}
	case "CASE":
		if to := r.caseEnd(i, end); to > 0 {
			return "`x" + n + "`", to, true
		}
		return "", i, false
	case "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP":
		return "`x" + n + "`", i + 1, true
	case "MATCH", "REGEXP", "OVER", "FILTER", "RAISE", "ISNOT":
		return "", i, false
	}
	return "`n" + n + "`", i + 1, true
}

// isWord reads IS [NOT] [DISTINCT FROM] and the NULL, TRUE or FALSE behind it.
func (r *reader) isWord(i, end int) (string, int, bool) {
	i++
	not := i < end && r.is(i, "NOT")
	if not {
		i++
	}
	if i+1 < end && r.is(i, "DISTINCT") && r.is(i+1, "FROM") {
		return isOperator(!not), i + 2, true
	}
	for _, w := range []string{"NULL", "TRUE", "FALSE"} {
		if i < end && r.is(i, w) {
			return map[bool]string{false: "is ", true: "is not "}[not] + w, i + 1, true
		}
	}
	return isOperator(not), i, true
}

func isOperator(not bool) string {
	if not {
		return "not regexp"
	}
	return "<=>"
}

// caseEnd returns the index behind the END of a CASE, or 0.
func (r *reader) caseEnd(i, end int) int {
	depth := 0
	for ; i < end; i = r.next(i) {
		if r.is(i, "CASE") {
			depth++
		}
		if r.is(i, "END") {
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// cond turns a tree of sqlparser into ours.
func (r *reader) cond(e sqlparser.Expr, depth int) *Cond {
	if depth--; depth < 0 {
		return &Cond{}
	}
	switch e := e.(type) {
	case *sqlparser.ParenExpr:
		return r.cond(e.Expr, depth)
	case *sqlparser.AndExpr:
		return r.chain(CondAnd, e.Left, e.Right, depth)
	case *sqlparser.OrExpr:
		return r.chain(CondOr, e.Left, e.Right, depth)
	case *sqlparser.NotExpr:
		return &Cond{Kind: CondNot, Kids: []*Cond{r.cond(e.Expr, depth)}}
	case *sqlparser.ComparisonExpr:
		return r.comparison(e, depth)
	case *sqlparser.RangeCond:
		c := &Cond{Kind: CondBetween, Left: r.operand(e.Left, depth), Right: []Operand{r.operand(e.From, depth), r.operand(e.To, depth)}}
		return negated(c, e.Operator == sqlparser.NotBetweenStr)
	case *sqlparser.IsExpr:
		return r.isExpr(e, depth)
	}
	return &Cond{Kind: CondTruth, Left: r.operand(e, depth)}
}

// chain makes one node of a chain of ANDs or ORs, which sqlparser nests to the
// left: long ones must not count as deep.
func (r *reader) chain(kind CondKind, left, right sqlparser.Expr, depth int) *Cond {
	reversed := []sqlparser.Expr{right}
	for {
		l, rest, ok := sides(kind, left)
		if !ok {
			break
		}
		left, reversed = l, append(reversed, rest)
	}
	c := &Cond{Kind: kind, Kids: []*Cond{r.cond(left, depth)}}
	for i := len(reversed) - 1; i >= 0; i-- {
		c.Kids = append(c.Kids, r.cond(reversed[i], depth))
	}
	return c
}

// sides opens an expression of a kind.
func sides(kind CondKind, e sqlparser.Expr) (left, right sqlparser.Expr, ok bool) {
	switch e := e.(type) {
	case *sqlparser.AndExpr:
		return e.Left, e.Right, kind == CondAnd
	case *sqlparser.OrExpr:
		return e.Left, e.Right, kind == CondOr
	}
	return nil, nil, false
}

func negated(c *Cond, not bool) *Cond {
	if !not {
		return c
	}
	return &Cond{Kind: CondNot, Kids: []*Cond{c}}
}

var comparisonOps = map[string]Op{
	sqlparser.EqualStr: OpEQ, sqlparser.NotEqualStr: OpNE, sqlparser.LessThanStr: OpLT, sqlparser.LessEqualStr: OpLE,
	sqlparser.GreaterThanStr: OpGT, sqlparser.GreaterEqualStr: OpGE,
	sqlparser.NullSafeEqualStr: OpIS, sqlparser.NotRegexpStr: OpISNOT,
}

func (r *reader) comparison(e *sqlparser.ComparisonExpr, depth int) *Cond {
	left := r.operand(e.Left, depth)
	switch e.Operator {
	case sqlparser.InStr, sqlparser.NotInStr:
		tuple, ok := e.Right.(sqlparser.ValTuple)
		if !ok {
			return &Cond{}
		}
		c := &Cond{Kind: CondIn, Left: left}
		for _, v := range tuple {
			c.Right = append(c.Right, r.operand(v, depth))
		}
		return negated(c, e.Operator == sqlparser.NotInStr)
	case sqlparser.LikeStr, sqlparser.NotLikeStr:
		c := &Cond{Kind: CondLike, Left: left, Right: []Operand{r.operand(e.Right, depth)}}
		if e.Escape != nil {
			c.Right = append(c.Right, r.operand(e.Escape, depth))
		}
		return negated(c, e.Operator == sqlparser.NotLikeStr)
	case sqlparser.RegexpStr:
		return &Cond{Kind: CondGlob, Left: left, Right: []Operand{r.operand(e.Right, depth)}}
	}
	op, ok := comparisonOps[e.Operator]
	if !ok {
		return &Cond{}
	}
	return &Cond{Kind: CondCompare, Op: op, Left: left, Right: []Operand{r.operand(e.Right, depth)}}
}

func (r *reader) isExpr(e *sqlparser.IsExpr, depth int) *Cond {
	null := func(op Op) *Cond {
		return &Cond{Kind: CondCompare, Op: op, Left: r.operand(e.Expr, depth), Right: []Operand{{Kind: ValueOperand}}}
	}
	truth := func(n int64) *Cond {
		return &Cond{Kind: CondIsTruth, Left: r.operand(e.Expr, depth), Right: []Operand{{Kind: ValueOperand, Value: Value{Kind: IntValue, Int: n}}}}
	}
	switch e.Operator {
	case sqlparser.IsNullStr:
		return null(OpIS)
	case sqlparser.IsNotNullStr:
		return null(OpISNOT)
	case sqlparser.IsTrueStr, sqlparser.IsNotTrueStr:
		return negated(truth(1), e.Operator == sqlparser.IsNotTrueStr)
	case sqlparser.IsFalseStr, sqlparser.IsNotFalseStr:
		return negated(truth(0), e.Operator == sqlparser.IsNotFalseStr)
	}
	return &Cond{}
}

// operand reads a side of a comparison. One whose names have stray bytes is
// opaque: a plan keeps names as JSON, which would change them.
func (r *reader) operand(e sqlparser.Expr, depth int) Operand {
	o := r.legible(e, depth)
	if !utf8.ValidString(o.Text) || !utf8.ValidString(o.Collation) {
		return Operand{}
	}
	return o
}

func (r *reader) legible(e sqlparser.Expr, depth int) Operand {
	if depth--; depth < 0 {
		return Operand{}
	}
	switch e := e.(type) {
	case *sqlparser.ParenExpr:
		return r.operand(e.Expr, depth)
	case *sqlparser.ColName:
		return r.column(e)
	case *sqlparser.SQLVal:
		return r.value(e)
	case *sqlparser.UnaryExpr:
		return minus(e.Operator, r.operand(e.Expr, depth))
	case *sqlparser.CollateExpr:
		o := r.operand(e.Expr, depth)
		if i, ok := r.token(e.Charset, "n"); ok && o.Collation == "" {
			o.Collation = strings.ToUpper(r.tokens[i].Name())
			return o
		}
	case *sqlparser.FuncExpr:
		return r.call(e, depth)
	}
	return Operand{}
}

// token returns the token that a rewritten word stands for.
func (r *reader) token(word, prefix string) (int, bool) {
	digits, ok := strings.CutPrefix(word, prefix)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(digits)
	return i, err == nil && i >= 0 && i < len(r.tokens)
}

func (r *reader) column(e *sqlparser.ColName) Operand {
	i, ok := r.token(e.Name.String(), "n")
	if !ok {
		return r.cutOut(e)
	}
	o := Operand{Kind: ColumnOperand, Name: Name{Column: r.tokens[i].Name()}}
	if table := e.Qualifier.Name.String(); table != "" {
		if i, ok = r.token(table, "n"); !ok {
			return Operand{}
		}
		o.Name.Table = r.tokens[i].Name()
	}
	if schema := e.Qualifier.Qualifier.String(); schema != "" {
		if i, ok = r.token(schema, "n"); !ok {
			return Operand{}
		}
		if local := lowerASCII(r.tokens[i].Name()); local == "main" || local == "temp" {
			return Operand{}
		}
	}
	return o
}

// cutOut reads what stands for a part that sqlparser would not understand.
func (r *reader) cutOut(e *sqlparser.ColName) Operand {
	i, ok := r.token(e.Name.String(), "x")
	switch {
	case ok && r.is(i, "CURRENT_DATE"):
		return Operand{Kind: CallOperand, Text: "date"}
	case ok && r.is(i, "CURRENT_TIMESTAMP"):
		return Operand{Kind: CallOperand, Text: "datetime"}
	}
	return Operand{}
}

func (r *reader) value(e *sqlparser.SQLVal) Operand {
	i, ok := r.token(string(e.Val), ":v")
	if !ok || e.Type != sqlparser.ValArg {
		return Operand{}
	}
	t := r.tokens[i]
	if t.Kind == ParamToken {
		return r.params[i]
	}
	if v, ok := literalValue(t); ok {
		return Operand{Kind: ValueOperand, Value: v}
	}
	return Operand{}
}

// literalValue reads a literal as SQLite does, where it is certain.
func literalValue(t Token) (Value, bool) {
	switch {
	case t.Is("NULL"):
		return Value{}, true
	case t.Is("TRUE"):
		return Value{Kind: IntValue, Int: 1}, true
	case t.Is("FALSE"):
		return Value{Kind: IntValue}, true
	case t.Kind == StringToken:
		return Value{Kind: TextValue, Text: t.StringValue()}, true
	case t.Kind != NumberToken || strings.ContainsAny(t.Text, "xX_"):
		return Value{}, false
	}
	if n, err := strconv.ParseInt(t.Text, 10, 64); err == nil {
		return Value{Kind: IntValue, Int: n}, true
	}
	if len(t.Text) > 15 { // SQLite's own reading of long decimals may differ in the last bit
		return Value{}, false
	}
	f, err := strconv.ParseFloat(t.Text, 64)
	return Value{Kind: RealValue, Real: f}, err == nil
}

func minus(operator string, o Operand) Operand {
	if o.Kind != ValueOperand || operator != sqlparser.UMinusStr || o.Collation != "" {
		return Operand{}
	}
	switch o.Value.Kind {
	case IntValue:
		o.Value.Int = -o.Value.Int
	case RealValue:
		o.Value.Real = -o.Value.Real
	default:
		return Operand{}
	}
	return o
}

func (r *reader) call(e *sqlparser.FuncExpr, depth int) Operand {
	i, ok := r.token(e.Name.String(), "n")
	if !ok || e.Distinct || !e.Qualifier.IsEmpty() {
		return Operand{}
	}
	o := Operand{Kind: CallOperand, Text: lowerASCII(r.tokens[i].Name())}
	for _, arg := range e.Exprs {
		a, ok := arg.(*sqlparser.AliasedExpr)
		if !ok || !a.As.IsEmpty() {
			return Operand{}
		}
		o.Args = append(o.Args, r.operand(a.Expr, depth))
	}
	return o
}
