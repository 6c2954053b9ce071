package planner

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// planVersion leads every encoded plan, so that a plan of another build is
// refused instead of misread.
const planVersion = "sf1"

// errPlan says that a text is no plan.
var errPlan = errors.New("planner: not a scan plan")

// Encode returns the plan as text without NUL bytes: words separated by
// spaces, the texts among them quoted as Go quotes strings.
//
//	sf1 "Account" c0,1,7 r1000 u"uat" t1,1,SFID,0,1,"","i5" a"{…}" o3d x4a g1,7 k"[…]" l2 f3 s n
func (p *Plan) Encode() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s c%s r%d", planVersion, strconv.QuoteToASCII(p.Table), joinInts(p.Columns), p.Rows)
	if p.Schema != "" {
		b.WriteString(" u" + strconv.QuoteToASCII(p.Schema))
	}
	for _, t := range p.Terms {
		b.WriteByte(' ')
		t.encode(&b)
	}
	for _, c := range p.Advised {
		text, err := json.Marshal(c)
		if err != nil {
			continue // it only advises
		}
		b.WriteString(" a" + strconv.QuoteToASCII(string(text)))
	}
	for _, path := range p.Paths {
		if text, err := json.Marshal(path); err == nil { // it only saves calls
			b.WriteString(" p" + strconv.QuoteToASCII(string(text)))
		}
	}
	for _, c := range p.Across {
		if text, err := json.Marshal(c); err == nil { // it only saves rows
			b.WriteString(" b" + strconv.QuoteToASCII(string(text)))
		}
	}
	for _, j := range p.Subs {
		if text, err := json.Marshal(j); err == nil { // it only saves rows
			b.WriteString(" j" + strconv.QuoteToASCII(string(text)))
		}
	}
	for _, k := range p.Order {
		fmt.Fprintf(&b, " o%d%s", k.Column, k.code())
	}
	for _, k := range p.Extremes {
		fmt.Fprintf(&b, " x%d%s", k.Column, k.code())
	}
	for _, k := range p.First {
		fmt.Fprintf(&b, " w%d%s", k.Column, k.code())
	}
	if len(p.Groups) > 0 {
		b.WriteString(" g" + joinInts(p.Groups))
	}
	if len(p.Present) > 0 {
		b.WriteString(" m" + joinInts(p.Present))
	}
	if p.Cut != nil {
		if text, err := json.Marshal(p.Cut); err == nil {
			b.WriteString(" k" + strconv.QuoteToASCII(string(text)))
		}
	}
	for _, f := range []struct {
		word byte
		n    int
	}{{'l', p.Limit}, {'f', p.Offset}} {
		if f.n != 0 {
			fmt.Fprintf(&b, " %c%d", f.word, f.n)
		}
	}
	if p.SkipsOffset {
		b.WriteString(" s")
	}
	if p.CountOnly {
		b.WriteString(" n")
	}
	return b.String()
}

func (t *Term) encode(b *strings.Builder) {
	in := 0
	if t.In {
		in = 1
	}
	fmt.Fprintf(b, "t%d,%d,%s,%d,%d,%s", t.Column, t.Op, strconv.QuoteToASCII(t.Collation), in, t.Arg, strconv.QuoteToASCII(t.Reason))
	if t.Known != nil {
		b.WriteString("," + strconv.QuoteToASCII(encodeValue(*t.Known)))
	}
}

// DecodePlan reads what Encode wrote.
func DecodePlan(s string) (*Plan, error) {
	d := planDecoder{s: s}
	p, err := d.plan()
	if err != nil {
		return nil, err
	}
	return p, nil
}

type planDecoder struct {
	s   string
	err error
}

func (d *planDecoder) fail() { d.err = errPlan }

func (d *planDecoder) plan() (*Plan, error) {
	rest, ok := strings.CutPrefix(d.s, planVersion+" ")
	if !ok {
		return nil, errPlan
	}
	d.s = rest
	p := &Plan{Table: d.quoted()}
	d.byte(' ')
	d.byte('c')
	p.Columns = d.ints()
	d.byte(' ')
	d.byte('r')
	p.Rows = d.int64()
	for d.err == nil && d.s != "" {
		d.byte(' ')
		d.word(p)
	}
	return p, d.err
}

// word reads one of the optional words.
func (d *planDecoder) word(p *Plan) {
	if d.err != nil || d.s == "" {
		d.fail()
		return
	}
	kind := d.s[0]
	d.s = d.s[1:]
	switch kind {
	case 'u':
		p.Schema = d.quoted()
	case 't':
		p.Terms = append(p.Terms, d.term())
	case 'o':
		p.Order = append(p.Order, d.key())
	case 'x':
		p.Extremes = append(p.Extremes, d.key())
	case 'm':
		p.Present = d.ints()
	case 'w':
		p.First = append(p.First, d.key())
	case 'g':
		p.Groups = d.ints()
	case 'k':
		if text := d.quoted(); d.err == nil && (json.Unmarshal([]byte(text), &p.Cut) != nil || len(p.Cut) != 2) {
			d.fail()
		}
	case 'a':
		p.Advised = append(p.Advised, d.cond())
	case 'b':
		p.Across = append(p.Across, d.cond())
	case 'p':
		path := Path{}
		if text := d.quoted(); d.err == nil && (json.Unmarshal([]byte(text), &path) != nil || !path.valid(MaxLevels)) {
			d.fail()
		}
		p.Paths = append(p.Paths, path)
	case 'j':
		sub := SubSelect{}
		if text := d.quoted(); d.err == nil && (json.Unmarshal([]byte(text), &sub) != nil || !sub.valid()) {
			d.fail()
		}
		p.Subs = append(p.Subs, sub)
	case 'l':
		p.Limit = d.int()
	case 'f':
		p.Offset = d.int()
	case 's':
		p.SkipsOffset = true
	case 'n':
		p.CountOnly = true
	default:
		d.fail()
	}
}

// key reads a column and its direction.
func (d *planDecoder) key() OrderKey {
	k := OrderKey{Column: d.int()}
	if d.err != nil || d.s == "" || !strings.Contains("adAD", d.s[:1]) {
		d.fail()
		return k
	}
	k.Desc, k.Flip = d.s[0]|0x20 == 'd', d.s[0] < 'a'
	d.s = d.s[1:]
	return k
}

func (d *planDecoder) term() Term {
	t := Term{Column: d.int()}
	d.byte(',')
	op := d.int()
	if op < 0 || op >= len(opNames) {
		d.fail()
		return t
	}
	t.Op = Op(op)
	d.byte(',')
	t.Collation = d.quoted()
	d.byte(',')
	t.In = d.int() == 1
	d.byte(',')
	t.Arg = d.int()
	d.byte(',')
	t.Reason = d.quoted()
	if d.err == nil && strings.HasPrefix(d.s, ",") {
		d.s = d.s[1:]
		v, err := decodeValue(d.quoted())
		if err != nil {
			d.fail()
		}
		t.Known = &v
	}
	return t
}

func (d *planDecoder) byte(c byte) {
	if d.err != nil || d.s == "" || d.s[0] != c {
		d.fail()
		return
	}
	d.s = d.s[1:]
}

func (d *planDecoder) quoted() string {
	if d.err != nil {
		return ""
	}
	q, err := strconv.QuotedPrefix(d.s)
	if err != nil || q[0] != '"' {
		d.fail()
		return ""
	}
	d.s = d.s[len(q):]
	s, err := strconv.Unquote(q)
	if err != nil {
		d.fail()
	}
	return s
}

func (d *planDecoder) int() int { return int(d.int64()) }

// int64 reads a whole number that is not negative.
func (d *planDecoder) int64() int64 {
	n := 0
	for n < len(d.s) && d.s[n] >= '0' && d.s[n] <= '9' {
		n++
	}
	v, err := strconv.ParseInt(d.s[:n], 10, 64)
	if d.err != nil || err != nil || strconv.FormatInt(v, 10) != d.s[:n] {
		d.fail()
		return 0
	}
	d.s = d.s[n:]
	return v
}

func (d *planDecoder) ints() []int {
	var out []int
	for d.err == nil && d.s != "" && d.s[0] != ' ' {
		if len(out) > 0 {
			d.byte(',')
		}
		out = append(out, d.int())
	}
	return out
}

func joinInts(ints []int) string {
	words := make([]string, len(ints))
	for i, n := range ints {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

func (d *planDecoder) cond() *Cond {
	c := &Cond{}
	if text := d.quoted(); d.err == nil && (json.Unmarshal([]byte(text), c) != nil || !c.valid(maxNesting)) {
		d.fail()
	}
	return c
}

// operands is how many operands each kind of condition has on its right.
var operands = map[CondKind][2]int{
	CondCompare: {1, 1}, CondIn: {1, 1 << 30}, CondLike: {1, 2}, CondGlob: {1, 1}, CondBetween: {2, 2}, CondIsTruth: {1, 1},
}

// valid reports whether the tree has the parts that its kinds need.
func (c *Cond) valid(depth int) bool {
	n := operands[c.Kind]
	if depth == 0 || c.Kind > CondIsTruth || c.Op > OpISNOT || len(c.Right) < n[0] || len(c.Right) > n[1] {
		return false
	}
	switch c.Kind {
	case CondAnd, CondOr:
		if len(c.Kids) == 0 {
			return false
		}
	case CondNot:
		if len(c.Kids) != 1 {
			return false
		}
	}
	return !slices.ContainsFunc(c.Kids, func(k *Cond) bool { return k == nil || !k.valid(depth-1) })
}

// valid reports whether a path has the parts that it needs.
func (p *Path) valid(depth int) bool {
	for _, c := range p.Filters {
		if c == nil || !c.valid(maxNesting) {
			return false
		}
	}
	for i := range p.Paths {
		if !p.Paths[i].valid(depth - 1) {
			return false
		}
	}
	return depth > 0 && p.Via >= 0 && !slices.ContainsFunc(p.Columns, func(c int) bool { return c < 0 })
}

func (s *SubSelect) valid() bool {
	for _, c := range s.Filters {
		if c == nil || !c.valid(maxNesting) {
			return false
		}
	}
	return s.Column >= 0 && s.Of >= 0
}

// MarshalText writes a value so that no byte and no bit is lost.
func (v Value) MarshalText() ([]byte, error) {
	return []byte(strconv.QuoteToASCII(encodeValue(v))), nil
}

// UnmarshalText reads what MarshalText wrote.
func (v *Value) UnmarshalText(text []byte) error {
	s, err := strconv.Unquote(string(text))
	if err != nil {
		return errPlan
	}
	*v, err = decodeValue(s)
	return err
}

// encodeValue writes a value so that no bit is lost: reals in hexadecimal.
func encodeValue(v Value) string {
	switch v.Kind {
	case IntValue:
		return "i" + strconv.FormatInt(v.Int, 10)
	case RealValue:
		return "r" + strconv.FormatFloat(v.Real, 'x', -1, 64)
	case TextValue:
		return "t" + v.Text
	case BlobValue:
		return "b" + v.Text
	default:
		return "n"
	}
}

func decodeValue(s string) (Value, error) {
	if s == "" {
		return Value{}, errPlan
	}
	rest := s[1:]
	switch s[0] {
	case 'n':
		return Value{}, nil
	case 'i':
		n, err := strconv.ParseInt(rest, 10, 64)
		return Value{Kind: IntValue, Int: n}, err
	case 'r':
		f, err := strconv.ParseFloat(rest, 64)
		return Value{Kind: RealValue, Real: f}, err
	case 't':
		return Value{Kind: TextValue, Text: rest}, nil
	case 'b':
		return Value{Kind: BlobValue, Text: rest}, nil
	}
	return Value{}, errPlan
}
