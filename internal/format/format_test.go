package format

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
)

// write returns what a style makes of one result.
func write(t *testing.T, s Style, columns []string, rows ...[]any) string {
	t.Helper()
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	f := New(w, s, true)
	if err := f.Begin(Columns(columns...)); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := f.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.End(); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var nastyTexts = []string{
	"", " ", "plain", "a,b", `"`, `""`, "'", "a\nb", "\n", " lead", "trail ", "tab\there", `\.`, `back\slash`, "#", "=1+1",
	"日本語", "👩‍👩‍👧‍👦", "مرحبا", "é", "\u202eabc", "\x1b[31mred", "a|b", "_x0041_", "NULL", "null", "<&>",
}

func TestCSVReadsBackAsItWas(t *testing.T) {
	for _, columns := range [][]string{{"a"}, {"a", "b"}} {
		var rows [][]any
		for _, text := range nastyTexts {
			rows = append(rows, slices.Repeat([]any{text}, len(columns)))
		}
		out := write(t, Style{Mode: "csv", Header: true}, columns, rows...)
		got, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(rows)+1 {
			t.Fatalf("%d columns: %d records, want %d", len(columns), len(got), len(rows)+1)
		}
		for i, text := range nastyTexts {
			if want := slices.Repeat([]string{text}, len(columns)); !slices.Equal(got[i+1], want) {
				t.Errorf("got %q, want %q", got[i+1], want)
			}
		}
	}
}

// encoding/csv's reader turns CR LF inside a field into LF, so this looks at
// the bytes.
func TestCSVKeepsEveryLineBreak(t *testing.T) {
	out := write(t, Style{Mode: "csv"}, []string{"a", "b"}, []any{"x\r\ny\rz\n", nil})
	if want := "\"x\r\ny\rz\n\",\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

func TestJSONReadsBackAsItWas(t *testing.T) {
	for _, text := range nastyTexts {
		out := write(t, Style{Mode: "json"}, []string{text}, []any{text})
		var got []map[string]string
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if len(got) != 1 || got[0][text] != text {
			t.Errorf("%q became %q", text, out)
		}
	}
}

func TestJSONKeepsTypesAndOrder(t *testing.T) {
	row := []any{int64(math.MaxInt64), 1.0, nil, "a<b", []byte{0, 255}, math.Inf(-1)}
	out := write(t, Style{Mode: "jsonl"}, []string{"i", "r", "n", "t", "b", "x"}, row)
	if want := `{"i":9223372036854775807,"r":1.0,"n":null,"t":"a<b","b":"AP8=","x":-9.0e+999}` + "\n"; out != want {
		t.Errorf("got %s want %s", out, want)
	}
}

func TestJSONOfNoRowIsAnArray(t *testing.T) {
	if out := write(t, Style{Mode: "json"}, []string{"a"}); out != "[]\n" {
		t.Errorf("got %q", out)
	}
}

func TestUniqueNamesHidesNoColumn(t *testing.T) {
	got := uniqueNames([]string{"Id", "Name", "Id", "Id:1", "Id"})
	if want := []string{"Id", "Name", "Id:2", "Id:1", "Id:3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A JSON array that breaks off must not be readable: begin and rows without
// end leave it open.
func TestJSONThatBreaksOffDoesNotParse(t *testing.T) {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	f := New(w, Style{Mode: "json"}, true)
	if err := f.Begin(Columns("a")); err != nil {
		t.Fatal(err)
	}
	if err := f.Row([]any{int64(1)}); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if json.Valid(b.Bytes()) {
		t.Errorf("%q looks whole", b.String())
	}
}

func TestTableLinesAreAsWideAsTheirHeading(t *testing.T) {
	var rows [][]any
	for i, text := range nastyTexts {
		rows = append(rows, []any{text, int64(i), "end"})
	}
	out := write(t, Style{Mode: "table", Header: true, Quiet: true}, []string{"日本", "number", "last"}, rows...)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != len(rows)+2 {
		t.Fatalf("%d lines for %d rows:\n%s", len(lines), len(rows), out)
	}
	want := runewidth.StringWidth(lines[1][:strings.LastIndex(lines[1], "+")])
	for _, line := range lines {
		if got := runewidth.StringWidth(line[:max(strings.LastIndexAny(line, "|+"), 0)]); got != want {
			t.Errorf("the last column begins at %d, want %d: %q", got, want, line)
		}
	}
}

func TestTableAlignsNumbersRight(t *testing.T) {
	out := write(t, Style{Mode: "table", Header: true}, []string{"name", "n"},
		[]any{"a", int64(5)}, []any{"bcdef", nil}, []any{nil, -12.5})
	want := `
 name  |     n
-------+-------
 a     |     5
 bcdef |  NULL
 NULL  | -12.5
(3 rows)
`
	if out != want[1:] {
		t.Errorf("got\n%swant%s", out, want)
	}
}

func TestTableStreamsBeyondItsSample(t *testing.T) {
	var b bytes.Buffer
	w := bufio.NewWriterSize(&b, 16)
	f := &gridFormat{w: w, header: true, count: true}
	if err := f.Begin(Columns("n")); err != nil {
		t.Fatal(err)
	}
	for i := range gridRows + 10 {
		if err := f.Row([]any{int64(i)}); err != nil {
			t.Fatal(err)
		}
		if held := len(f.held); held >= gridRows || i >= gridRows && held > 0 {
			t.Fatalf("after %d rows the table still holds %d", i+1, held)
		}
	}
	if err := f.Row([]any{"wider than the others"}); err != nil {
		t.Fatal(err)
	}
	if err := f.End(); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if len(lines) != 2+gridRows+11+2 || lines[len(lines)-2] != "(1,011 rows)" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-2])
	}
	if !strings.Contains(b.String(), "wider than the others") {
		t.Error("a wide cell is cut")
	}
}

func TestTableHoldsFewBytes(t *testing.T) {
	f := &gridFormat{w: bufio.NewWriter(&bytes.Buffer{}), header: true}
	if err := f.Begin(Columns("t")); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 300_000)
	for range 10 {
		if err := f.Row([]any{big}); err != nil {
			t.Fatal(err)
		}
	}
	if held := len(f.held); held > 4 {
		t.Errorf("the table holds %d rows of 300,000 bytes", held)
	}
}

func TestMarkdownEscapesItsOwnSigns(t *testing.T) {
	out := write(t, Style{Mode: "markdown"}, []string{"a|b", "n"}, []any{"x|y\nz", int64(1)})
	want := `
| a\|b    |   n |
| ------- | --: |
| x\|y\nz |   1 |
`
	if out != want[1:] {
		t.Errorf("got\n%swant%s", out, want)
	}
}

func TestLineSeparatesRows(t *testing.T) {
	null := "-"
	out := write(t, Style{Mode: "line", Null: &null}, []string{"Id", "Name"}, []any{"1", "a"}, []any{"2", nil})
	if want := "  Id = 1\nName = a\n\n  Id = 2\nName = -\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

func TestOneLineEscapesWhatMovesTheCursor(t *testing.T) {
	for in, want := range map[string]string{
		"plain":           "plain",
		"a\nb\r\tc":       `a\nb\r\tc`,
		"\x1b[31m":        `\x1b[31m`,
		"\u202eabc":       `\u202eabc`,
		"a\u2028b":        `a\u2028b`,
		"bad \xff utf":    `bad \xff utf`,
		"👩‍👧 stays whole": "👩‍👧 stays whole",
		`C:\new`:          `C:\new`,
	} {
		if got := OneLine(in); got != want {
			t.Errorf("OneLine(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRealTextReadsBackTheSame(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0.0", 1: "1.0", -2.5: "-2.5", 139000000: "139000000.0", 0.30000000000000004: "0.30000000000000004",
		1e16: "10000000000000000.0", 1e17: "1e+17", 0.00001: "0.00001", 0.000001: "1e-06", 5e-324: "5e-324",
		math.MaxFloat64: "1.7976931348623157e+308", math.Inf(1): "Inf",
	} {
		got := realText(f)
		if got != want {
			t.Errorf("realText(%v) = %s, want %s", f, got, want)
		}
		if back, err := strconv.ParseFloat(got, 64); err != nil || back != f {
			t.Errorf("%s reads back as %v, %v", got, back, err)
		}
	}
}

func TestModeForFollowsNameAndTerminal(t *testing.T) {
	for _, c := range []struct {
		path     string
		terminal bool
		want     string
	}{
		{"", true, "table"},
		{"", false, "csv"},
		{"a.CSV", true, "csv"},
		{"a", true, "csv"},
		{"a.json", false, "json"},
		{"a.jsonl", false, "jsonl"},
		{"a.ndjson", false, "jsonl"},
		{"a.md", false, "markdown"},
		{"a.txt", true, "csv"},
	} {
		if got := ModeFor(c.path, c.terminal); got != c.want {
			t.Errorf("ModeFor(%q, %v) = %s, want %s", c.path, c.terminal, got, c.want)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := Thousands(n); got != want {
			t.Errorf("Thousands(%d) = %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 999_940: "999.9 kB", 999_960: "1.0 MB", 2_500_000_000: "2.5 GB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %s, want %s", n, got, want)
		}
	}
}

// Rows per second of each format, far above what an org can send.
func BenchmarkFormats(b *testing.B) {
	row := []any{"001000000000001AAA", "Acme, Inc.", int64(12), 1234.5, "2024-01-31T10:15:00.000Z", nil}
	columns := []string{"Id", "Name", "N", "Amount", "CreatedDate", "Rating"}
	for _, mode := range Modes {
		b.Run(mode, func(b *testing.B) {
			f := New(bufio.NewWriterSize(io.Discard, 1<<16), Style{Mode: mode, Header: true}, true)
			if err := f.Begin(Columns(columns...)); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := f.Row(row); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
