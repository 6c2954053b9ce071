// Package formats reads the files that sfsql writes with libraries that share
// no code with it. It is a module of its own: the readers are large.
package formats

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/sfsql/sfsql/internal/format"
)

// typed are columns of every type, and rows of their values.
var typed = []format.Column{
	{Name: "Id", Type: "TEXT"},
	{Name: "Flag", Type: "BOOLEAN"},
	{Name: "N", Type: "INTEGER"},
	{Name: "R", Type: "REAL"},
	{Name: "D", Type: "DATE"},
	{Name: "DT", Type: "DATETIME"},
	{Name: "T", Type: "TIME"},
	{Name: "B", Type: "BLOB"},
	{Name: "count(*)", Type: ""},
	{Name: "Id", Type: "TEXT"},
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

var nastyTexts = []string{
	"", " ", "plain", "a,b", `"`, `""`, "'", "a\nb", "\n", " lead", "trail ", "tab\there", `\.`, `back\slash`, "#", "=1+1",
	"日本語", "👩‍👩‍👧‍👦", "مرحبا", "é", "\u202eabc", "\x1b[31mred", "a|b", "_x0041_", "NULL", "null", "<&>",
}

func produce(t *testing.T, s format.Style, columns []format.Column, rows ...[]any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	f := format.New(w, s, true)
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

// The reader is Apache Arrow's, which shares no code with the writer.
func TestParquetReadsBackAsItWas(t *testing.T) {
	rows := typedRows()
	checkParquet(t, produce(t, format.Style{Mode: "parquet"}, typed, rows...), rows)
}

// Files that were joined are one file.
func TestJoinedParquetReadsBackAsItWas(t *testing.T) {
	rows := typedRows()
	columns := slices.Clone(typed)
	columns[8].Type = "INTEGER" // parts agree on what is declared
	var parts []*os.File
	for i, some := range [][][]any{rows[:2], rows[2:2], rows[2:9], rows[9:]} {
		f, err := os.Create(filepath.Join(t.TempDir(), "part"))
		if err != nil {
			t.Fatal(i, err)
		}
		defer f.Close()
		if _, err := f.Write(produce(t, format.Style{Mode: "parquet"}, columns, some...)); err != nil {
			t.Fatal(i, err)
		}
		parts = append(parts, f)
	}
	var whole bytes.Buffer
	if err := format.JoinParquet(&whole, parts); err != nil {
		t.Fatal(err)
	}
	checkParquet(t, whole.Bytes(), rows)
}

// Rows wait for others before they are written: short ones for many, long ones
// for few, and a file of long ones has several row groups.
func TestParquetOfManyRowsReadsBackAsItWas(t *testing.T) {
	var rows [][]any
	long := strings.Repeat("0123456789abcdef", 1<<12) // 64 KiB
	for i := range 5_001 {
		row := slices.Clone(typedRows()[i%3])
		row[0], row[2] = fmt.Sprint(i), int64(i)
		if i%7 == 0 {
			row[9] = long[i:]
		}
		rows = append(rows, row)
	}
	content := produce(t, format.Style{Mode: "parquet"}, typed, rows...)
	checkParquet(t, content, rows)
	r, err := file.NewParquetReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n := r.NumRowGroups(); n < 2 {
		t.Errorf("%d row group, want several", n)
	}
}

func checkParquet(t *testing.T, content []byte, rows [][]any) {
	t.Helper()
	table := readParquet(t, content)
	wantNames := make([]string, len(typed))
	for i, c := range typed {
		wantNames[i] = c.Name
	}
	wantNames[len(wantNames)-1] = "Id:1" // the name comes twice
	for i, field := range table.Schema().Fields() {
		if field.Name != wantNames[i] {
			t.Errorf("column %d is %s, want %s", i, field.Name, wantNames[i])
		}
	}
	wantTypes := []string{"utf8", "bool", "int64", "float64", "date32", "timestamp[ms, tz=UTC]", "time32[ms]", "binary", "int64", "utf8"}
	for i, column := range table.Schema().Fields() {
		if got := column.Type.String(); got != wantTypes[i] {
			t.Errorf("%s is %s, want %s", column.Name, got, wantTypes[i])
		}
	}
	if int(table.NumRows()) != len(rows) {
		t.Fatalf("%d rows, want %d", table.NumRows(), len(rows))
	}
	for c := range typed {
		at := 0
		for _, chunk := range table.Column(c).Data().Chunks() {
			for i := range chunk.Len() {
				if got, want := arrowText(chunk, i), parquetText(typed[c].Type, rows[at][c]); got != want {
					t.Errorf("%s, row %d: %s, want %s", wantNames[c], at+1, got, want)
				}
				at++
			}
		}
	}
}

func readParquet(t *testing.T, data []byte) arrow.Table {
	t.Helper()
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := fr.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Release)
	return table
}

func arrowText(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return "NULL"
	}
	switch a := a.(type) {
	case *array.String:
		return "s:" + a.Value(i)
	case *array.Binary:
		return fmt.Sprintf("b:%x", a.Value(i))
	case *array.Boolean:
		return fmt.Sprint(a.Value(i))
	case *array.Int64:
		return fmt.Sprint(a.Value(i))
	case *array.Float64:
		return fmt.Sprint(a.Value(i))
	case *array.Date32:
		return a.Value(i).ToTime().Format(time.DateOnly)
	case *array.Timestamp:
		return a.Value(i).ToTime(arrow.Millisecond).Format("2006-01-02T15:04:05.000Z")
	case *array.Time32:
		return a.Value(i).ToTime(arrow.Millisecond).Format("15:04:05.000Z")
	}
	return fmt.Sprintf("%T", a)
}

func parquetText(kind string, v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		if kind == "TEXT" {
			return "s:" + v
		}
		return v
	case []byte:
		return fmt.Sprintf("b:%x", v)
	case int64:
		if kind == "BOOLEAN" {
			return fmt.Sprint(v != 0)
		}
	}
	return fmt.Sprint(v)
}

func TestParquetTypesOfExpressions(t *testing.T) {
	columns := format.Columns("none", "whole", "mixed")
	table := readParquet(t, produce(t, format.Style{Mode: "parquet"}, columns, []any{nil, int64(1), int64(1)}, []any{nil, nil, 0.5}))
	for i, want := range []string{"utf8", "int64", "utf8"} {
		if got := table.Schema().Field(i).Type.String(); got != want {
			t.Errorf("%s is %s, want %s", columns[i].Name, got, want)
		}
	}
	empty := readParquet(t, produce(t, format.Style{Mode: "parquet"}, typed))
	if empty.NumRows() != 0 || int(empty.NumCols()) != len(typed) {
		t.Errorf("%d rows of %d columns", empty.NumRows(), empty.NumCols())
	}
}
