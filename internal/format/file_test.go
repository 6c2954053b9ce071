package format

import (
	"bufio"
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"
	_ "modernc.org/sqlite"
)

// typed are columns of every type, and rows of their values.
var typed = []Column{
	{"Id", "TEXT"},
	{"Flag", "BOOLEAN"},
	{"N", "INTEGER"},
	{"R", "REAL"},
	{"D", "DATE"},
	{"DT", "DATETIME"},
	{"T", "TIME"},
	{"B", "BLOB"},
	{"count(*)", ""},
	{"Id", "TEXT"},
}

func typedRows() [][]any {
	rows := [][]any{
		{"001", int64(1), int64(math.MaxInt64), 0.1 + 0.2, "2024-02-29", "2024-01-31T10:15:00.123Z", "10:15:00.000Z", []byte{0, 255}, int64(7), "x"},
		{"002", int64(0), int64(-5), 1.39e8, "1969-12-31", "1700-01-01T00:00:00.000Z", "23:59:59.999Z", []byte{}, int64(8), ""},
		{nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
	}
	for _, text := range nastyTexts {
		rows = append(rows, []any{text, nil, nil, 5e-324, nil, nil, nil, []byte(text), nil, text})
	}
	return rows
}

func produce(t *testing.T, s Style, columns []Column, rows ...[]any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	f := New(w, s, true)
	if err := f.Begin(columns); err != nil {
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
	return b.Bytes()
}

// A value that does not fit its column fails, and the file cannot be read.
func TestParquetRefusesATypeThatChanges(t *testing.T) {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	f := New(w, Style{Mode: "parquet"}, true)
	if err := f.Begin(Columns("x")); err != nil {
		t.Fatal(err)
	}
	for range parquetSample {
		if err := f.Row([]any{int64(1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Row([]any{"text"}); err == nil || !strings.Contains(err.Error(), "row 10001, column x") {
		t.Errorf("got %v", err)
	}
	_ = w.Flush()
	if _, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len())); err == nil {
		t.Error("a file that broke off can be read")
	}
}

func TestXLSXReadsBackAsItWas(t *testing.T) {
	rows := typedRows()
	book, err := excelize.OpenReader(bytes.NewReader(produce(t, Style{Mode: "xlsx", Header: true}, typed, rows...)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	got, err := book.GetRows("Sheet1", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	if want := names(typed); !slices.Equal(got[0], want) {
		t.Errorf("heading %q, want %q", got[0], want)
	}
	at := func(row, column int) string {
		if row+1 >= len(got) || column >= len(got[row+1]) {
			return ""
		}
		return decodeXString(got[row+1][column])
	}
	for i, row := range rows {
		for c, v := range row {
			want := ""
			if v != nil {
				want = Text(v)
			}
			if typed[c].Type == "REAL" && v != nil {
				var back float64
				if _, err := fmt.Sscan(at(i, c), &back); err != nil || back != v {
					t.Errorf("row %d, %s: %q, want %v", i, typed[c].Name, at(i, c), v)
				}
				continue
			}
			if day, ok := excelTime(typed[c].Type, want); ok {
				var serial float64
				if _, err := fmt.Sscan(at(i, c), &serial); err != nil {
					t.Errorf("row %d, %s: %v", i, typed[c].Name, err)
				}
				back := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Add(time.Duration(math.Round(serial*86_400_000)) * time.Millisecond)
				if !back.Equal(day) {
					t.Errorf("row %d, %s: %v, want %v", i, typed[c].Name, back, day)
				}
				continue
			}
			if at(i, c) != want {
				t.Errorf("row %d, %s: %q, want %q", i, typed[c].Name, at(i, c), want)
			}
		}
	}
}

// decodeXString reads a text as Office does; the reader library leaves that
// out for texts that stand in their cells. ECMA-376, part 1, ST_Xstring.
func decodeXString(s string) string {
	return regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`).ReplaceAllStringFunc(s, func(escape string) string {
		var r rune
		if _, err := fmt.Sscanf(escape, "_x%04x_", &r); err != nil {
			panic(err)
		}
		return string(r)
	})
}

func TestXLSXRefusesWhatDoesNotFit(t *testing.T) {
	f := New(bufio.NewWriter(io.Discard), Style{Mode: "xlsx"}, true)
	if err := f.Begin(Columns("x")); err != nil {
		t.Fatal(err)
	}
	defer f.(io.Closer).Close()
	if err := f.Row([]any{strings.Repeat("é", xlsxText)}); err != nil {
		t.Errorf("a full cell: %v", err)
	}
	if err := f.Row([]any{strings.Repeat("é", xlsxText+1)}); err == nil || !strings.Contains(err.Error(), "column x") {
		t.Errorf("got %v", err)
	}
}

// SQLite runs the statements and has the same values of the same classes.
func TestInsertReadsBackAsItWas(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var rows [][]any
	for _, v := range []any{nil, int64(math.MinInt64), 1.0, 0.1, 5e-324, math.Inf(1), []byte{0, 39}, "a\x00b"} {
		rows = append(rows, []any{v})
	}
	for _, text := range nastyTexts {
		rows = append(rows, []any{text})
	}
	out := produce(t, Style{Mode: "insert", Table: `my "table"`}, Columns(`odd "name"`), rows...)
	if _, err := db.Exec(`CREATE TABLE "my ""table""" ("odd ""name""");` + string(out)); err != nil {
		t.Fatal(err)
	}
	got, err := db.Query(`SELECT * FROM "my ""table""" ORDER BY rowid`)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	for _, want := range rows {
		var v any
		if !got.Next() || got.Scan(&v) != nil || fmt.Sprintf("%T %v", v, v) != fmt.Sprintf("%T %v", want[0], want[0]) {
			t.Errorf("got %T %v, want %T %v (%v)", v, v, want[0], want[0], got.Err())
		}
	}
}

func TestHTMLKeepsTheText(t *testing.T) {
	out := string(produce(t, Style{Mode: "html", Header: true}, Columns("a<b"), []any{"<script>&\"'"}, []any{nil}))
	want := "<table>\n<tr><th>a&lt;b</th></tr>\n<tr><td>&lt;script&gt;&amp;&#34;&#39;</td></tr>\n<tr><td>NULL</td></tr>\n</table>\n"
	if out != want {
		t.Errorf("got %s", out)
	}
}

func TestCSVForSpreadsheets(t *testing.T) {
	out := string(produce(t, Style{Mode: "csv", Header: true, BOM: true, Guard: true}, Columns("a", "b"),
		[]any{"=1+1", int64(-5)}, []any{"@x", "plain"}, []any{nil, ""}))
	if want := "\ufeffa,b\n'=1+1,-5\n'@x,plain\n,\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	row := []any{strings.Repeat("日本", 40), "short", int64(123456789)}
	out := string(produce(t, Style{Mode: "table", Header: true, Width: 40}, Columns("wide", "s", "number"), row))
	for _, line := range strings.Split(out, "\n") {
		if w := len([]rune(line)); w > 40 {
			t.Errorf("%d wide: %s", w, line)
		}
	}
	if !strings.Contains(out, "…") || !strings.Contains(out, "123456789") {
		t.Errorf("got\n%s", out)
	}
	fixed := string(produce(t, Style{Mode: "table", Header: true, Widths: []int{4}}, Columns("name", "b"), []any{"abcdefgh", "abcdefgh"}))
	if !strings.Contains(fixed, " abc… | abcdefgh") {
		t.Errorf("got\n%s", fixed)
	}
}

// Rows of which an expression is yet to show its type wait in bounded memory.
func TestParquetSampleIsBoundedInBytes(t *testing.T) {
	f := &parquetFormat{w: bufio.NewWriter(io.Discard)}
	if err := f.Begin([]Column{{Name: "B", Type: "BLOB"}, {Name: "n"}}); err != nil {
		t.Fatal(err)
	}
	blob := make([]byte, 1<<20)
	for i := range int64(40) {
		if err := f.Row([]any{blob, i}); err != nil {
			t.Fatal(err)
		}
		if len(f.held) > parquetGroup>>20 {
			t.Fatalf("%d rows wait", len(f.held))
		}
	}
	if err := f.End(); err != nil {
		t.Fatal(err)
	}
}
