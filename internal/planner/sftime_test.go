package planner

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// instantShape is the definition of SFTIME, word by word; whether the digits
// make a date is asked of package time.
var instantShape = regexp.MustCompile(`^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?)?)?$`)

// instantByLayouts is a second reading of the definition.
func instantByLayouts(s string) (time.Time, bool) {
	m := instantShape.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	for i, missing := range []string{"", "", "01", "01", "00", "00", "00", "0", "Z"} {
		if m[i] == "" {
			m[i] = missing
		}
	}
	fraction := (m[7] + "000000000")[:9]
	zone := strings.Replace(m[8], ":", "", 1)
	t, err := time.Parse("2006-01-02T15:04:05.000000000", m[1]+"-"+m[2]+"-"+m[3]+"T"+m[4]+":"+m[5]+":"+m[6]+"."+fraction)
	if err != nil {
		return time.Time{}, false
	}
	if zone == "Z" {
		return t, true
	}
	offset, err := time.Parse("1504", zone[1:])
	if err != nil {
		return time.Time{}, false
	}
	d := time.Duration(offset.Hour())*time.Hour + time.Duration(offset.Minute())*time.Minute
	if zone[0] == '+' {
		d = -d
	}
	return t.Add(d), true
}

func TestWhatIsAnInstant(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for text, want := range map[string]string{
		"2024":                           "2024-01-01T00:00:00Z",
		"0000":                           "0000-01-01T00:00:00Z",
		"9999-12":                        "9999-12-01T00:00:00Z",
		"2024-02-29":                     "2024-02-29T00:00:00Z",
		"2000-02-29":                     "2000-02-29T00:00:00Z",
		"2024-02-29T10:15":               "2024-02-29T10:15:00Z",
		"2024-02-29 10:15":               "2024-02-29T10:15:00Z",
		"2024-02-29 10:15Z":              "2024-02-29T10:15:00Z",
		"2024-02-29T10:15:59":            "2024-02-29T10:15:59Z",
		"2024-02-29T10:15:59.5":          "2024-02-29T10:15:59.5Z",
		"2024-02-29T10:15:59.123456789Z": "2024-02-29T10:15:59.123456789Z",
		"2024-02-29T10:15:59.1234567899": "2024-02-29T10:15:59.123456789Z",
		"2024-02-29T10:15:59.000+0000":   "2024-02-29T10:15:59Z",
		"2024-02-29T10:15+01:00":         "2024-02-29T09:15:00Z",
		"2024-02-29T10:15-0100":          "2024-02-29T11:15:00Z",
		"2024-12-31T23:59:59-23:59":      "2025-01-01T23:58:59Z",
		"2024-01-01 00:00:00+23:59":      "2023-12-31T00:01:00Z",
	} {
		got, ok := ParseInstant(text)
		if !ok || !got.Equal(at(want)) {
			t.Errorf("%q is %v (%v), want %s", text, got, ok, want)
		}
		if b, okb := ParseInstant([]byte(text)); okb != ok || !b.Equal(got) {
			t.Errorf("%q is another instant as bytes: %v", text, b)
		}
	}
	for _, text := range []string{
		"", "2", "202", "20240", "2024-", "2024-1", "2024-13", "2024-00", "2024-02-", "2024-02-30", "2023-02-29", "1900-02-29", "2024-04-31",
		"2024-02-00", "2024-02-29T", "2024-02-29 ", "2024-02-29Z", "2024-02-29+01:00", "2024-02-29t10:15", "2024-02-29T10", "2024-02-29T10Z",
		"2024-02-29T24:00", "2024-02-29T10:60", "2024-02-29T10:15:60", "2024-02-29T10:15:", "2024-02-29T10:15:59.", "2024-02-29T10:15:59.Z",
		"2024-02-29T10:15.5", "2024-02-29T10:15z", "2024-02-29T10:15 Z", "2024-02-29T10:15ZZ", "2024-02-29T10:15+1:00", "2024-02-29T10:15+01",
		"2024-02-29T10:15+24:00", "2024-02-29T10:15+01:60", "2024-02-29T10:15+01:00Z", "2024-02-29  10:15", " 2024", "2024 ", "+2024", "-024",
		"20240229", "10:15:00", "2024/02/29", "２０２４", "2024-02-29T10:15:59,5", "2024\x00",
	} {
		if got, ok := ParseInstant(text); ok {
			t.Errorf("%q is %v, want no instant", text, got)
		}
	}
}

// randomInstant makes texts that are instants, or fail at any of their parts.
func randomInstant(r *rand.Rand) string {
	parts := [][]string{
		{"2024", "1969", "0000", "9999", "202", "20x4"},
		{"-01", "-02", "-12", "-13", "-00", "-1"},
		{"-01", "-29", "-31", "-30", "-00", "-32"},
		{"T00", " 00", "T23", " 10", "T24", "x10"},
		{":00", ":59", ":60"},
		{":00", ":59", ":61"},
		{".0", ".5", ".123456789", ".1234567891", "."},
		{"Z", "+01:00", "-0130", "+00:00", "z", "+1"},
	}
	var b strings.Builder
	for i, p := range parts {
		if i > 0 && r.IntN(8) == 0 {
			if i < 5 {
				break
			}
			continue
		}
		n := len(p)
		if r.IntN(4) > 0 {
			n = min(n, 2) // the first two are right
		}
		b.WriteString(p[r.IntN(n)])
	}
	return b.String()
}

func TestRandomTextsAreInstantsByDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	instants := 0
	for range 50_000 {
		s := randomInstant(r)
		got, ok := ParseInstant(s)
		want, wantOK := instantByLayouts(s)
		if ok != wantOK || ok && !got.Equal(want) {
			t.Fatalf("%q is %v (%v), by the definition %v (%v)", s, got, ok, want, wantOK)
		}
		if ok {
			instants++
		}
	}
	if instants < 5_000 || instants > 45_000 {
		t.Errorf("%d of 50,000 texts are instants: the generator misses its aim", instants)
	}
}

func sign(n int) int { return max(-1, min(1, n)) }

// TestCollationsAreTotalOrders checks what SQLite demands of a collation:
// antisymmetry and transitivity, of equality too. Of any three texts it is
// enough that sorting them leaves no pair out of order.
func TestCollationsAreTotalOrders(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	ids := func() string {
		s := []byte("001A0000004bcDEIAYx")[:[]int{0, 3, 14, 15, 16, 18, 19}[r.IntN(7)]]
		if len(s) > 0 {
			s[r.IntN(len(s))] = "aAzZ09\x00"[r.IntN(7)]
		}
		return string(s)
	}
	for name, of := range map[string]struct {
		compare func(a, b []byte) int
		next    func() string
	}{
		CollationID:   {CompareSFID, ids},
		CollationTime: {CompareSFTIME, func() string { return randomInstant(r) }},
	} {
		ties := 0
		for range 30_000 {
			three := [][]byte{[]byte(of.next()), []byte(of.next()), []byte(of.next())}
			slices.SortFunc(three, of.compare)
			for i, a := range three {
				for j, b := range three {
					c := sign(of.compare(a, b))
					if c != -sign(of.compare(b, a)) || i < j && c > 0 || i == j && c != 0 {
						t.Fatalf("%s: %q against %q is %d among %q", name, a, b, c, three)
					}
					if c == 0 {
						ties++
						if HashKey(name, string(a)) != HashKey(name, string(b)) {
							t.Fatalf("%s: %q and %q are equal, their keys are not", name, a, b)
						}
						if of.compare(a, three[0]) != of.compare(b, three[0]) {
							t.Fatalf("%s: %q and %q are equal, but not to %q", name, a, b, three[0])
						}
					}
				}
			}
		}
		if ties <= 90_000 {
			t.Errorf("%s: no two texts were equal", name)
		}
	}
}

func TestIdsAreTheirFirstFifteenBytes(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"001A0000004bcDEIAY", "001A0000004bcDE", 0},
		{"001A0000004bcDEIAY", "001A0000004bcDEAAA", 0},
		{"001A0000004bcDE", "001A0000004bcDe", -1},
		{"001A0000004bcD", "001A0000004bcDE", -1},
		{"001A0000004bcD", "001A0000004bcD", 0},
		{"", "", 0},
		{"z", "001A0000004bcDEIAY", 1},
		{"9", "A", -1},
		{"Z", "a", -1},
	} {
		if got := sign(CompareSFID([]byte(tt.a), []byte(tt.b))); got != tt.want {
			t.Errorf("%q against %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestNoInstantSortsAfterAllInstants(t *testing.T) {
	order := []string{
		"0000", "1969-12-31T23:59:59.999999999", "1970", "2024-01-01T00:00+00:01", "2024", "2024-01-01T00:00:00.000000001Z",
		"2024-01-01 01:00", "9999-12-31", "", "1/2/2024", "2024-02-30", "today", "\xff",
	}
	for i, a := range order {
		for j, b := range order {
			want := sign(i - j)
			if got := sign(CompareSFTIME([]byte(a), []byte(b))); got != want {
				t.Errorf("%q against %q: %d, want %d", a, b, got, want)
			}
		}
	}
	if CompareSFTIME([]byte("2024-01-01T01:00+01:00"), []byte("2024")) != 0 {
		t.Error("an offset makes another instant")
	}
}

func TestHashKeysOfNOCASEFoldASCIIOnly(t *testing.T) {
	for in, want := range map[string]string{"": "", "acme": "acme", "ACME": "acme", "aÄB": "aÄb", "\u212aK": "\u212ak", "[Z@": "[z@"} {
		if got := HashKey("NOCASE", in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if got := HashKey("BINARY", in); got != in {
			t.Errorf("BINARY folds %q to %q", in, got)
		}
	}
	for _, c := range []string{"BINARY", "NOCASE", CollationID, CollationTime} {
		if !HashKnows(c) {
			t.Errorf("%s is not known", c)
		}
	}
	if HashKnows("RTRIM") || HashKnows("MINE") {
		t.Error("a foreign collation is said to be known")
	}
}

func TestFormatDatetimeIsCanonical(t *testing.T) {
	in := time.Date(2024, 2, 29, 1, 2, 3, 4_999_999, time.FixedZone("", 3600))
	got := FormatDatetime(in)
	if got != "2024-02-29T00:02:03.004Z" {
		t.Errorf("got %s", got)
	}
	if back, ok := ParseInstant(got); !ok || !bytes.Equal([]byte(FormatDatetime(back)), []byte(got)) {
		t.Errorf("%s reads back as %v", got, back)
	}
}
