package planner

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/sfsql/sfsql/soql"
)

// The law of the rules, tried on random predicates: a little SQLite and a
// little Salesforce, written apart from the code, look at the same record.
//
//   - exact: both say the same;
//   - superset: where SQLite says true Salesforce does;
//   - no row: SQLite never says true.
//
// Where the documentation leaves open how Salesforce reads something, the
// little Salesforce does it one way or the other from case to case.
func TestRandomPredicatesKeepTheLaw(t *testing.T) {
	const cases = 100_000
	rnd := rand.New(rand.NewPCG(1, 2))
	var rules []Rules
	for _, locale := range []string{"en_US", "de_DE", "tr_TR", "az", ""} {
		rules = append(rules, rulesFor(locale))
	}
	classes := map[Class]int{}
	failed := 0
	for n := 0; n < cases && failed < 10; n++ {
		r := rules[rnd.IntN(len(rules))]
		g := generator{rnd}
		col := rnd.IntN(len(r.Table.Columns))
		c := &r.Table.Columns[col]
		cell, record := g.stored(c)
		p := predicate{op: matrixOps[rnd.IntN(len(matrixOps))], collation: g.collation(c)}
		list := rnd.IntN(4) == 0
		var got Verdict
		if list {
			for range rnd.IntN(4) {
				p.values = append(p.values, g.value(c, cell))
			}
			got = r.In(col, p.values, p.collation)
		} else {
			p.values = []Value{g.value(c, cell)}
			got = r.Compare(col, p.op, p.values[0], p.collation)
		}
		classes[got.Class]++
		if got.Class == Refused {
			continue
		}
		lite := sqliteSays(c, cell, p, list)
		server := salesforce{field: c, record: record, turkic: foldsLikeTurkish(r.Locale, rnd), neMatchesNull: rnd.IntN(2) == 0, trims: rnd.IntN(2) == 0}
		says := true
		switch {
		case got.Empty:
			says = false
		case got.Expr != nil:
			says = server.says(got.Expr)
		}
		if server.refuses != "" || lite && !says || says && !lite && got.Class == Exact {
			failed++
			t.Errorf("%s %s %v (list %v) COLLATE %s, stored %v, locale %q:\n%s\nSQLite %v, Salesforce %v %s",
				c.Field.Name, p.op, p.values, list, p.collation, cell, r.Locale, show(got), lite, says, server.refuses)
		}
	}
	for _, c := range []Class{Refused, Superset, Exact} {
		if classes[c] < cases/50 {
			t.Errorf("only %d of %d cases were %s: the generator misses its aim", classes[c], cases, c)
		}
	}
}

// foldsLikeTurkish: an unknown locale may be any.
func foldsLikeTurkish(locale string, rnd *rand.Rand) bool {
	return strings.HasPrefix(locale, "tr") || strings.HasPrefix(locale, "az") || locale == "" && rnd.IntN(2) == 0
}

type predicate struct {
	op        Op
	values    []Value
	collation string
}

// generator makes records, and values that are near them.
type generator struct{ *rand.Rand }

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) collation(c *Column) string {
	if g.IntN(3) > 0 {
		return c.Collation
	}
	return pick(g, "BINARY", "NOCASE", "RTRIM", CollationID, CollationTime)
}

// stored returns a value as SQLite sees it, and as the server holds it.
func (g generator) stored(c *Column) (Value, any) {
	if c.Kind != soql.KindBool && c.Field.Type != "id" && g.IntN(6) == 0 {
		return null(), nil
	}
	switch c.Field.Type {
	case "boolean":
		n := int64(g.IntN(2))
		return integer(n), n == 1
	case "int":
		n := pick(g, int64(0), 1, -1, 7, 8, math.MaxInt32, math.MinInt32, g.Int64N(20)-10)
		return integer(n), new(big.Rat).SetInt64(n)
	case "long":
		n := pick(g, int64(0), 7, 1<<53, 1<<53+1, -1<<53-1, math.MaxInt64, math.MinInt64, g.Int64N(20)-10)
		return integer(n), new(big.Rat).SetInt64(n)
	case "double", "currency", "percent":
		return g.storedReal(c)
	case "date":
		t := pick(g, date(1700, 1, 1), date(4000, 12, 31), date(1969, 12, 31), date(2024, 2, 29), date(2024, 1, 1+g.IntN(60)))
		return text(t.Format("2006-01-02")), t
	case "datetime":
		t := date(pick(g, 1700, 1969, 2024, 4000), pick(g, 1, 12), 1+g.IntN(31)).Add(time.Duration(g.IntN(3)) * pick(g, time.Millisecond, time.Second, time.Hour))
		return text(t.Format("2006-01-02T15:04:05.000Z")), t
	case "id", "reference":
		id := "001A0000004bc" + pick(g, "DE", "De", "dE", "00", "zz", "ZZ")
		return text(id + pick(g, "IAY", "AAA")), id
	}
	s := g.word()
	return text(s), s
}

// storedReal makes a decimal of as many digits as the field has; a field that
// says nothing of its digits has 18.
func (g generator) storedReal(c *Column) (Value, any) {
	precision, scale := c.Field.Precision, c.Field.Scale
	if precision == 0 {
		precision, scale = 18, 6
	}
	limit := int64(math.Pow10(precision))
	n := pick(g, 0, 1, -1, 5, 10, limit-1, 1-limit, g.Int64N(limit), g.Int64N(2000)-1000)
	r := new(big.Rat).SetFrac(big.NewInt(n), big.NewInt(int64(math.Pow10(scale))))
	f, _ := r.Float64()
	return real(f), r
}

func (g generator) word() string {
	var b strings.Builder
	for range 1 + g.IntN(3) {
		b.WriteString(pick(g, "a", "A", "i", "I", "ı", "İ", "k", "\u212a", "ß", "é", "E", "😀", "_", "%", `\`, "'", "b c", "1", "2024-01-01"))
	}
	return b.String()
}

func date(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// value returns what a statement could compare a cell with.
func (g generator) value(c *Column, cell Value) Value {
	switch g.IntN(12) {
	case 0:
		return null()
	case 1:
		return blob("a")
	case 2:
		return pick(g, integer(0), integer(1), integer(-1), real(0.5), real(1e18), real(-0.25), integer(math.MaxInt64), text(""), text("x"), text("1"), text("-1.50"), text("1e3"), text("012000000000000AAA"))
	}
	switch {
	case cell.Null():
		return pick(g, integer(7), text("2024-01-01"), text(g.word()), text("001A0000004bcDEIAY"), real(1.5))
	case cell.Kind == IntValue:
		near := cell.Int + int64(g.IntN(3)-1)
		return pick(g, cell, integer(near), real(float64(cell.Int)), real(float64(cell.Int)+0.5), text(strconv.FormatInt(near, 10)), text(strconv.FormatInt(near, 10)+".5"))
	case cell.Kind == RealValue:
		return pick(g, cell, real(math.Nextafter(cell.Real, math.Inf(1))), real(math.Nextafter(cell.Real, math.Inf(-1))), real(cell.Real+0.01), integer(int64(cell.Real)), text(strconv.FormatFloat(cell.Real, 'f', -1, 64)))
	}
	switch c.Field.Type {
	case "date", "datetime":
		return g.instantNear(cell.Text)
	case "id", "reference":
		return text(pick(g, cell.Text, cell.Text[:15], cell.Text[:15]+"xyz", strings.ToUpper(cell.Text), cell.Text[:14]+"z", cell.Text[:14], "001A0000004bcDEIAY", ""))
	}
	s := cell.Text
	return text(pick(g, s, strings.ToUpper(s), strings.ToLower(s), s+"%", "%"+s, "_"+s[1:], strings.ReplaceAll(s, "😀", "_"), "%_%", s+" ", g.word()))
}

func (g generator) instantNear(s string) Value {
	t, _ := ParseInstant(s)
	t = t.Add(time.Duration(g.IntN(3)-1) * pick(g, time.Nanosecond, time.Microsecond, time.Millisecond, time.Second, time.Hour, 24*time.Hour))
	zoned := t.In(time.FixedZone("", pick(g, -5*3600, 3600, 19800)))
	return text(pick(g, s, t.Format("2006"), t.Format("2006-01"), t.Format("2006-01-02"), t.Format("2006-01-02 15:04"), t.Format("2006-01-02 15:04:05"),
		t.Format("2006-01-02T15:04:05.000000000Z"), zoned.Format("2006-01-02T15:04:05.000-07:00"), zoned.Format("2006-01-02 15:04:05-0700"),
		"2024-02-30", "today", "2024-01-01T24:00"))
}

// sqliteSays compares as SQLite does. Affinity is applied to what the rules
// may let through; what they must refuse is not modelled.
func sqliteSays(c *Column, cell Value, p predicate, list bool) bool {
	if list {
		for _, v := range p.values {
			if sqliteSays(c, cell, predicate{OpEQ, []Value{v}, p.collation}, false) {
				return true
			}
		}
		return false
	}
	v := affine(c, p.values[0])
	switch p.op {
	case OpISNULL:
		return cell.Null()
	case OpNOTNULL:
		return !cell.Null()
	case OpIS, OpISNOT:
		same := cell.Null() && v.Null()
		if !cell.Null() && !v.Null() {
			same = sqliteOrder(cell, v, p.collation) == 0
		}
		return same == (p.op == OpIS)
	}
	if cell.Null() || v.Null() {
		return false
	}
	if p.op == OpLIKE {
		pattern, _, _ := strings.Cut(v.Text, "\x00")
		return likeMatches([]rune(asciiLower(pattern)), []rune(asciiLower(cell.Text)))
	}
	order := sqliteOrder(cell, v, p.collation)
	return map[Op]bool{OpEQ: order == 0, OpNE: order != 0, OpLT: order < 0, OpLE: order <= 0, OpGT: order > 0, OpGE: order >= 0}[p.op]
}

// affine turns a text that is a number into one for a numeric column.
func affine(c *Column, v Value) Value {
	switch c.Kind {
	case soql.KindInt, soql.KindReal, soql.KindBool:
		if v.Kind != TextValue {
			return v
		}
		if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil {
			return integer(n)
		}
		if f, err := strconv.ParseFloat(v.Text, 64); err == nil {
			return real(f)
		}
	}
	return v
}

// sqliteOrder orders values: numbers, then texts, then blobs.
func sqliteOrder(a, b Value, collation string) int {
	class := func(v Value) int {
		return map[ValueKind]int{IntValue: 1, RealValue: 1, TextValue: 2, BlobValue: 3}[v.Kind]
	}
	if class(a) != class(b) {
		return class(a) - class(b)
	}
	if class(a) == 1 {
		return precisely(a).Cmp(precisely(b))
	}
	switch collation {
	case "NOCASE":
		return strings.Compare(asciiLower(a.Text), asciiLower(b.Text))
	case "RTRIM":
		return strings.Compare(strings.TrimRight(a.Text, " "), strings.TrimRight(b.Text, " "))
	case CollationID:
		if len(a.Text) >= 15 && len(b.Text) >= 15 {
			return strings.Compare(a.Text[:15], b.Text[:15])
		}
	case CollationTime:
		ta, oka := instantByLayouts(a.Text)
		tb, okb := instantByLayouts(b.Text)
		switch {
		case oka && okb:
			return ta.Compare(tb)
		case oka:
			return -1
		case okb:
			return 1
		}
	}
	return strings.Compare(a.Text, b.Text)
}

// precisely is exact: SQLite compares whole and floating numbers without
// rounding one to the other.
func precisely(v Value) *big.Float {
	f := new(big.Float).SetPrec(128)
	if v.Kind == IntValue {
		return f.SetInt64(v.Int)
	}
	return f.SetFloat64(v.Real)
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// likeMatches is LIKE over units that are alike: % any run, _ one unit.
func likeMatches[U rune | uint16](pattern, s []U) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	if pattern[0] == '%' {
		return likeMatches(pattern[1:], s) || len(s) > 0 && likeMatches(pattern, s[1:])
	}
	return len(s) > 0 && (pattern[0] == '_' || pattern[0] == s[0]) && likeMatches(pattern[1:], s[1:])
}

// salesforce is one record, and how its server reads conditions.
type salesforce struct {
	field                        *Column
	record                       any // nil, string, bool, *big.Rat, time.Time
	turkic, neMatchesNull, trims bool
	refuses                      string // why the server answers with an error
}

func (s *salesforce) says(e soql.Expr) bool {
	switch e := e.(type) {
	case *soql.Logical:
		all, any := true, false
		for _, term := range e.Terms {
			yes := s.says(term)
			all, any = all && yes, any || yes
		}
		return e.Or && any || !e.Or && all
	case *soql.In:
		if s.record == nil && e.Not {
			return s.neMatchesNull
		}
		for _, l := range e.Values {
			if s.compares(soql.EQ, l) {
				return !e.Not
			}
		}
		return e.Not
	case *soql.Comparison:
		return s.compares(e.Op, e.Value)
	}
	s.refuses = fmt.Sprintf("%T is not understood", e)
	return false
}

func (s *salesforce) compares(op soql.Op, l soql.Literal) bool {
	if l.Kind == soql.NullLiteral {
		if s.field.Kind == soql.KindBool {
			return (s.record == false) == (op == soql.EQ) // b = null is b = false
		}
		return (s.record == nil) == (op == soql.EQ)
	}
	if op == soql.LIKE {
		pattern, ok := s.textOf(l)
		if stored, isText := s.record.(string); ok && isText {
			return likeMatches(utf16.Encode([]rune(s.fold(pattern))), utf16.Encode([]rune(s.fold(stored))))
		}
		return false
	}
	order, ok := s.order(l)
	if s.record == nil {
		return op == soql.NE && s.neMatchesNull || op == soql.EQ && l.Kind == soql.StringLiteral && l.Text == ""
	}
	return ok && map[soql.Op]bool{soql.EQ: order == 0, soql.NE: order != 0, soql.LT: order < 0, soql.LE: order <= 0, soql.GT: order > 0, soql.GE: order >= 0}[op]
}

// order compares the record with a literal, which must be of its type.
func (s *salesforce) order(l soql.Literal) (int, bool) {
	switch s.field.Field.Type {
	case "boolean":
		if l.Kind != soql.BoolLiteral {
			s.refuses = "a boolean wants TRUE or FALSE, not " + l.String()
		}
		if s.record == l.Bool {
			return 0, true
		}
		return 1, true
	case "int", "long", "double", "currency", "percent":
		return s.orderNumber(l)
	case "date", "datetime":
		want := map[string]soql.LiteralKind{"date": soql.DateLiteral, "datetime": soql.DatetimeLiteral}[s.field.Field.Type]
		if y := l.Time.Year(); l.Kind != want || y < 1700 || y > 4000 {
			s.refuses = "no literal for a " + s.field.Field.Type + ": " + l.String()
		}
		if s.record == nil {
			return 0, false
		}
		return s.record.(time.Time).Compare(l.Time), true
	case "id", "reference":
		if l.Kind != soql.StringLiteral || len(l.Text) != 15 && len(l.Text) != 18 || l.Text[:15] == "012000000000000" {
			s.refuses = "invalid ID field: " + l.String()
		}
		if s.record == nil {
			return 0, false
		}
		return strings.Compare(s.record.(string), l.Text[:15]), true
	}
	v, ok := s.textOf(l)
	if s.record == nil || !ok {
		return 0, false
	}
	return strings.Compare(s.fold(s.record.(string)), s.fold(v)), true
}

func (s *salesforce) orderNumber(l soql.Literal) (int, bool) {
	r, ok := new(big.Rat).SetString(l.Text)
	whole := s.field.Field.Type == "int" || s.field.Field.Type == "long"
	switch {
	case l.Kind != soql.NumberLiteral || !ok || strings.ContainsAny(l.Text, "eE"):
		s.refuses = "no plain number: " + l.String()
		return 0, false
	case whole && strings.Contains(l.Text, "."):
		s.refuses = "a fraction for a whole number: " + l.String()
	case s.field.Field.Type == "int" && r.Num().BitLen() > 31 && l.Text != "-2147483648":
		s.refuses = "out of range: " + l.String()
	}
	if s.record == nil {
		return 0, false
	}
	return s.record.(*big.Rat).Cmp(r), true
}

func (s *salesforce) textOf(l soql.Literal) (string, bool) {
	if l.Kind != soql.StringLiteral {
		s.refuses = "text wants a string, not " + l.String()
		return "", false
	}
	if s.trims {
		return strings.TrimSpace(l.Text), true
	}
	return l.Text, true
}

// fold makes equal what the server calls equal.
func (s *salesforce) fold(v string) string {
	if s.field.Field.CaseSensitive {
		return v
	}
	turkish := strings.NewReplacer("I", "ı", "İ", "i")
	if s.turkic {
		v = turkish.Replace(v)
	}
	return strings.ToLower(strings.ToUpper(strings.NewReplacer("ı", "\x01").Replace(v)))
}
