package export

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestIdsAreNumbers(t *testing.T) {
	for _, id := range []string{"000000000000000", "0010000000000Zz", "zzzzzzzzzzzzzzz", "003Kj0000004C95"} {
		if got := idText(idNumber(id + "IAE")); got != id {
			t.Errorf("%s became %s", id, got)
		}
	}
	if idNumber("001000000000009").Cmp(idNumber("00100000000000A")) >= 0 || idNumber("00100000000000Z").Cmp(idNumber("00100000000000a")) >= 0 {
		t.Error("the order of Ids is that of their bytes")
	}
}

// However a range is cut, each Id is in exactly one of its parts, and the one
// with the first Id and the one with the last differ.
func TestDivideKeepsEveryIdOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		lo := random.IntN(1 << 40)
		hi := lo + 1 + random.IntN(1<<uint(1+random.IntN(30)))
		id := func(n int) string { return fmt.Sprintf("001%s", idText(idNumber(fmt.Sprintf("%015d", n)))[3:]) }
		first, last := id(min(lo, hi)%1e11), id(max(lo, hi)%1e11)
		if first >= last {
			continue
		}
		in := span{After: "001000000000000", UpTo: ""}
		parts := divide(in, first, last, int64(2+random.IntN(50)))
		if parts[0].After != in.After || parts[len(parts)-1].UpTo != in.UpTo {
			t.Fatalf("%v: the ends moved", parts)
		}
		for i := range parts[1:] {
			if parts[i].UpTo != parts[i+1].After || parts[i].UpTo <= parts[i].After {
				t.Fatalf("%v: a gap or an overlap after part %d", parts, i)
			}
		}
		if len(parts) > 1 && (parts[0].UpTo < first || parts[len(parts)-1].After >= last) {
			t.Fatalf("%v: the part of %s or of %s is empty", parts, first, last)
		}
	}
}

func TestDivideLeavesWholeWhatCannotBeCut(t *testing.T) {
	for _, c := range [][2]string{
		{"001000000000001AAA", "003000000000001AAA"}, // what is between is no Id
		{"001000000000001AAA", "001000000000002AAA"},
		{"", ""}, // nothing there any more
	} {
		if got := divide(span{Rows: 9}, c[0], c[1], 3); len(got) != 1 || got[0].Rows != 9 {
			t.Errorf("%v: %v", c, got)
		}
	}
}
