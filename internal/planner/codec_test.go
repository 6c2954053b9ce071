package planner

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func TestPlansReadLikeThis(t *testing.T) {
	p := &Plan{
		Table:   "Account",
		Schema:  "uat 🦉\"\x00",
		Columns: []int{0, 1, 7},
		Rows:    1000,
		Terms: []Term{
			{Column: 1, Op: OpEQ, Collation: CollationID, Arg: 1, Known: known(integer(5))},
			{Column: 2, Op: OpEQ, Collation: "NOCASE", In: true, Arg: 2},
			{Column: 3, Op: OpGT, Collation: "BINARY", Reason: "it \"is\" so"},
		},
		Order:       []OrderKey{{Column: 3, Desc: true}, {Column: 4}},
		Limit:       2,
		Offset:      3,
		SkipsOffset: true,
		CountOnly:   true,
	}
	const want = `sf1 "Account" c0,1,7 r1000 u"uat \U0001f989\"\x00" t1,1,"SFID",0,1,"","i5" t2,1,"NOCASE",1,2,"" t3,5,"BINARY",0,0,"it \"is\" so" o3d o4a l2 f3 s n`
	if got := p.Encode(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDecodeUndoesEncode(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	texts := []string{"", "a", `"`, `\`, " ", ",", "\x00", "\xff\xfe", "\u00e4😀", "t1,2", strings.Repeat("x", 300)}
	word := func() string { return texts[r.IntN(len(texts))] + texts[r.IntN(len(texts))] }
	value := func() Value {
		reals := []float64{0, math.Copysign(0, -1), 0.1, -1e300, math.SmallestNonzeroFloat64, math.MaxFloat64, math.Inf(1), math.Inf(-1)}
		return []Value{null(), integer(r.Int64()), integer(math.MinInt64), real(reals[r.IntN(len(reals))]), text(word()), blob(word())}[r.IntN(6)]
	}
	for range 5_000 {
		p := &Plan{Table: word(), Schema: word(), Rows: r.Int64(), SkipsOffset: r.IntN(2) == 0, CountOnly: r.IntN(2) == 0, Limit: r.IntN(3), Offset: r.IntN(3)}
		for range r.IntN(4) {
			p.Columns = append(p.Columns, r.IntN(1000))
			p.Order = append(p.Order, OrderKey{Column: r.IntN(1000), Desc: r.IntN(2) == 0})
			term := Term{Column: r.IntN(1000), Op: Op(r.IntN(len(opNames))), Collation: word(), In: r.IntN(2) == 0, Arg: r.IntN(9), Reason: word()}
			if r.IntN(2) == 0 {
				term.Known = known(value())
			}
			p.Terms = append(p.Terms, term)
		}
		encoded := p.Encode()
		if strings.ContainsRune(encoded, 0) {
			t.Fatalf("a NUL would end the plan early: %q", encoded)
		}
		got, err := DecodePlan(encoded)
		if err != nil {
			t.Fatalf("%s: %v", encoded, err)
		}
		if !reflect.DeepEqual(got, p) {
			t.Fatalf("%s\nbecame %+v\nwas    %+v", encoded, got, p)
		}
	}
}

func TestWhatIsNoPlan(t *testing.T) {
	for _, s := range []string{
		"", "sf1", "sf1 ", "sf0 \"A\" c r1", `sf1 A c r1`, `sf1 "A" r1`, `sf1 "A" c1`, `sf1 "A" c1, r1`, `sf1 "A" c1 r`, `sf1 "A" c1 r01`,
		`sf1 "A" c1 r-1`, `sf1 "A" c1 r99999999999999999999`, `sf1 "A" c1 r1 `, `sf1 "A" c1 r1 x`, `sf1 "A" c1 r1 o1`, `sf1 "A" c1 r1 o1x`,
		`sf1 "A" c1 r1 t1,99,"",0,0,""`, `sf1 "A" c1 r1 t1,1,"",0,0`, `sf1 "A" c1 r1 t1,1,"",0,0,"",""`, `sf1 "A" c1 r1 t1,1,"",0,0,"","x"`,
		`sf1 "A" c1 r1 t1,1,"",0,0,"","i"`, `sf1 "A" c1 r1 t1,1,"",0,0,"","rx"`, `sf1 "A" c1 r1 t1,1,'',0,0,""`, "sf1 `A` c1 r1", `sf1 "A c1 r1`,
		`sf1 "A" c1 r1 l`, `sf1 "A" c1 r1 u`, `sf1 "A" c1 r1 uuat`, `sf1 "A" c1 r1 u"uat`, `sf1 "A" c1 r1 u'u'`, `sf1 "A" c1 r1 u"\q"`, `sf1 "A" c1 r1 s n s2`, "2|0:SCAN Account",
	} {
		if p, err := DecodePlan(s); err == nil {
			t.Errorf("%q decodes to %+v", s, p)
		}
	}
}

// FuzzPlanCodec checks that no text makes the decoder panic, and that what it
// reads is a plan that survives another round.
func FuzzPlanCodec(f *testing.F) {
	for _, s := range []string{
		"", `sf1 "A" c r0`, `sf1 "A\x00" c0,1 r7 t1,1,"SFID",0,1,"","i5" o3d o4a l2 f3 s n`, `sf1 "A" c r0 t1,1,"",1,0,"","rNaN"`,
		`sf1 "A" c r0 t1,1,"",2,0,"","t\xff"`, `sf1 "A" c r0 l0 l0 s s`, `sf1 "A" c r0 u"u\U0001f989\x00" u""`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := DecodePlan(s)
		if err != nil {
			if p != nil {
				t.Errorf("%q: a plan beside the error %v", s, err)
			}
			return
		}
		encoded := p.Encode()
		again, err := DecodePlan(encoded)
		if err != nil {
			t.Fatalf("%q encodes to %q, which is no plan: %v", s, encoded, err)
		}
		if got := again.Encode(); got != encoded {
			t.Errorf("%q encodes to %q and then to %q", s, encoded, got)
		}
	})
}
