package vtab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// listing reads a program: opcode, p1, p2, p3, p5, p4 of each instruction.
func listing(t *testing.T, text string) []Instruction {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var out []Instruction
	for _, line := range lines {
		words := strings.SplitN(strings.TrimSpace(line), " ", 6)
		numbers := make([]int64, 4)
		for i := range numbers {
			n, err := strconv.ParseInt(words[i+1], 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			numbers[i] = n
		}
		i := Instruction{Op: words[0], P1: numbers[0], P2: numbers[1], P3: numbers[2], P5: numbers[3]}
		if len(words) == 6 {
			i.P4 = words[5]
		}
		out = append(out, i)
	}
	return out
}

// plain is SELECT c1, c0, 'x' FROM T WHERE c2 > ? AND c1 IS NOT NULL LIMIT 3,
// as SQLite compiles it.
const plain = `
Init 0 19 0 0
Integer 3 9 0 0
VOpen 0 0 0 0 vtab:1
Variable 1 3 0 0
Null 0 4 0 0
Integer 0 1 0 0
Integer 2 2 0 0
VFilter 0 18 1 0 sf1 "T" c0,1,2 r100 t2,5,"BINARY",0,1,"" t1,10,"",0,2,"","n"
VColumn 0 2 5 0
Le 6 17 5 84 BINARY-8
VColumn 0 1 7 0
IsNull 7 17 0 0
VColumn 0 1 10 0
VColumn 0 0 11 0
String8 0 12 0 0 x
ResultRow 10 3 0 0
DecrJumpZero 9 18 0 0
VNext 0 8 0 0
Halt 0 0 0 0
Transaction 2 0 3 0 0
Variable 1 6 0 0
Goto 0 1 0 0
`

func TestReadLoopMapsColumns(t *testing.T) {
	loop, err := ReadLoop(listing(t, plain))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(loop.results, []int{1, 0, fromFirstRow}) || !slices.Equal(loop.asked, []int{2, 1, 1, 0}) || loop.limit != 3 {
		t.Errorf("read as %+v", loop)
	}
	if got := fmt.Sprint(loop.tests); got != "[{2 5 BINARY 1} {1 10  0}]" {
		t.Errorf("the tests are %s", got)
	}
}

// TestReadLoopRefuses changes one line of a program that is a loop; each change
// makes it another program.
func TestReadLoopRefuses(t *testing.T) {
	for _, c := range []struct{ name, from, to string }{
		{"a function of a column", "String8 0 12 0 0 x", "Function 0 11 12 0 upper(1)"},
		{"an arithmetic", "String8 0 12 0 0 x", "Add 11 10 12 0"},
		{"the rowid", "VColumn 0 0 11 0", "Rowid 0 11 0 0"},
		{"a column of another cursor", "VColumn 0 0 11 0", "Column 1 0 11 0"},
		{"another cursor's virtual column", "VColumn 0 0 11 0", "VColumn 1 0 11 0"},
		{"a sorter", "ResultRow 10 3 0 0", "SorterInsert 1 10 3 0"},
		{"a second row", "DecrJumpZero 9 18 0 0", "ResultRow 10 3 0 0"},
		{"something after the scan", "Halt 0 0 0 0", "Rewind 1 20 0 0"},
		{"an end with an error", "Halt 0 0 0 0", "Halt 19 0 0 0"},
		{"a second scan", "Null 0 4 0 0", `VFilter 1 18 1 0 sf1 "U" c0 r1`},
		{"no scan", "VFilter 0 18", "Filter 0 18"},
		{"a scan that is none of ours", `sf1 "T"`, `xx1 "T"`},
		{"a loop that begins elsewhere", "VNext 0 8 0 0", "VNext 0 9 0 0"},
		{"the loop of another cursor", "VNext 0 8 0 0", "VNext 1 8 0 0"},
		{"a test that jumps elsewhere", "Le 6 17 5", "Le 6 18 5"},
		{"another comparison", "Le 6 17 5", "Lt 6 17 5"},
		{"a comparison that takes null", "Le 6 17 5 84", "Le 6 17 5 68"},
		{"IS", "Le 6 17 5 84", "Le 6 17 5 196"},
		{"another collation", "BINARY-8", "NOCASE-8"},
		{"another parameter", "Variable 1 6 0 0", "Variable 2 6 0 0"},
		{"a constant instead of the parameter", "Variable 1 6 0 0", "Integer 1 6 0 0"},
		{"a scan of another parameter", "Variable 1 3 0 0", "Variable 2 3 0 0"},
		{"a scan of a constant", "Variable 1 3 0 0", "Integer 1 3 0 0"},
		{"a term that stays with SQLite", `t2,5,"BINARY",0,1,""`, `t2,5,"BINARY",0,0,"no"`},
		{"a list", `t2,5,"BINARY",0,1,""`, `t2,5,"BINARY",1,1,""`},
		{"a test of another column", "VColumn 0 2 5 0", "VColumn 0 3 5 0"},
		{"NOT NULL of another column", "IsNull 7 17 0 0", "IsNull 5 17 0 0"},
		{"NULL", "IsNull 7 17 0 0", "NotNull 7 17 0 0"},
		{"a truth", "IsNull 7 17 0 0", "IfNot 7 17 1 0"},
		{"a computed LIMIT", "Integer 3 9 0 0", "Copy 8 9 0 0"},
		{"a LIMIT that is set anew", "Null 0 4 0 0", "Integer 4 9 0 0"},
		{"no LIMIT", "Integer 3 9 0 0", "Integer -1 9 0 0"},
		{"a computed parameter", "Null 0 4 0 0", "Function 0 3 4 0 abs(1)"},
		{"an OFFSET", "VColumn 0 2 5 0", "IfPos 8 17 1 0"},
	} {
		if !strings.Contains(plain, c.from) {
			t.Fatalf("%s: there is no %q", c.name, c.from)
		}
		if loop, err := ReadLoop(listing(t, strings.Replace(plain, c.from, c.to, 1))); err == nil {
			t.Errorf("%s: read as %+v", c.name, loop)
		}
	}
	if _, err := ReadLoop(nil); err == nil {
		t.Error("no program is taken")
	}
}

func TestParseTimeIsPackageTimes(t *testing.T) {
	for _, text := range []string{
		"2024-02-29", "2023-02-29", "2024-04-31", "2024-12-31", "0000-01-01", "9999-12-31", "2024-00-10", "2024-13-10", "2024-1-1",
		"2024-02-29T23:59:59.999Z", "2024-02-30T00:00:00.000Z", "2024-01-31T24:00:00.000Z", "2024-01-31T10:60:00.000Z",
		"2024-01-31T10:00:60.000Z", "2024-01-31T10:00:00.5Z", "2024-01-31T10:00:00Z", "2024-01-31T10:00:00.000+02:00",
		"2024-01-31 10:00:00.000Z", "2024-01-31T10:00:00,000Z", "2024-01-31T1a:00:00.000Z", "-001-01-01", "", "abc", "१०२४-01-01",
		"1600-02-29T00:00:00.001Z", "2024-01-31T10:00:00.000z",
	} {
		layout := time.RFC3339Nano
		if len(text) == len(time.DateOnly) {
			layout = time.DateOnly
		}
		want, err := time.Parse(layout, text)
		got, ok := ParseTime(text)
		same, _ := ParseTime([]byte(text))
		if ok != (err == nil) || ok && (got != want.UTC() || same != got) {
			t.Errorf("%q is %v, %v; want %v, %v", text, got, ok, want.UTC(), err)
		}
	}
}

// TestSeenForgets: a column whose values do not repeat is left alone, and
// texts that meet in one slot stay apart.
func TestSeenForgets(t *testing.T) {
	var often, never seen
	for i := range 10 * seenTrial {
		for _, c := range []struct {
			s    *seen
			text string
		}{{&often, strconv.Itoa(i / 50)}, {&never, strconv.Itoa(i)}} {
			slot, ok := c.s.text([]byte(c.text))
			switch {
			case ok && slot.value != c.text:
				t.Fatalf("%q is %v", c.text, slot.value)
			case slot != nil && !ok:
				*slot = seenSlot{text: c.text, value: c.text}
			}
		}
	}
	if often.off || !never.off || never.slots != nil {
		t.Errorf("often is off: %v, never is off: %v", often.off, never.off)
	}
}
