package format

import (
	"bufio"
	"encoding/csv"
	"path/filepath"
	"strings"
)

// Column is a column of a result.
type Column struct {
	Name string
	Type string // as ColumnTypeDatabaseTypeName tells it; empty for an expression
}

// Columns returns columns of names only.
func Columns(names ...string) []Column {
	out := make([]Column, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	return out
}

func names(columns []Column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return out
}

// Writer writes the rows of one result. Nothing that it keeps back is written
// before End, and End is called only when the last row has come: a result that
// breaks off has no ending.
type Writer interface {
	Begin(columns []Column) error
	Row(values []any) error
	End() error
}

// Style is how results are to look.
type Style struct {
	Mode   string // one of Modes
	Header bool
	Null   *string // what stands for NULL in text; nil stands for the mode's own
	Quiet  bool    // leave out the count of rows below a table
	BOM    bool    // begin CSV with a byte order mark, as Excel wants it
	Guard  bool    // put ' before CSV cells that a spreadsheet would calculate
	Width  int     // of the terminal, which a table is to fit; 0 is no limit
	Widths []int   // of a table's columns; 0 and what is missing fit their cells
	Table  string  // that INSERT statements name; empty means "result"
}

// Modes are all formats, those for people first.
var Modes = []string{"table", "csv", "json", "jsonl", "markdown", "line", "html", "insert", "xlsx", "parquet"}

// Binary reports whether a mode makes a file that is no text, so that a
// terminal should not get it and two results do not fit into one.
func Binary(mode string) bool { return mode == "xlsx" || mode == "parquet" }

// New returns the format of one result. first is false where other results
// stand before it.
func New(w *bufio.Writer, s Style, first bool) Writer {
	switch s.Mode {
	case "csv":
		return &csvFormat{w: w, csv: csv.NewWriter(w), header: s.Header, null: s.nullText(""), bom: s.BOM && first, guard: s.Guard}
	case "json":
		return &jsonFormat{w: w, array: true}
	case "jsonl":
		return &jsonFormat{w: w}
	case "line":
		return &lineFormat{w: w, null: s.nullText("NULL"), blank: !first}
	case "html":
		return &htmlFormat{w: w, header: s.Header, null: s.nullText("NULL")}
	case "insert":
		return &insertFormat{w: w, table: s.Table}
	case "xlsx":
		return &xlsxFormat{w: w, header: s.Header}
	case "parquet":
		return &parquetFormat{w: w}
	}
	return &gridFormat{
		w: w, header: s.Header, null: s.nullText("NULL"), count: !s.Quiet,
		blank: !first, markdown: s.Mode == "markdown", width: s.Width, fixed: s.Widths,
	}
}

func (s Style) nullText(otherwise string) string {
	if s.Null != nil {
		return *s.Null
	}
	return otherwise
}

// ModeFor returns the mode where none is asked for: what the file's name
// tells, or a table on a terminal, or CSV.
func ModeFor(path string, terminal bool) string {
	if mode := ModeOf(path); mode != "" {
		return mode
	}
	if path == "" && terminal {
		return "table"
	}
	return "csv"
}

// ModeOf returns the mode that a file's name tells, or "".
func ModeOf(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return "csv"
	case ".json":
		return "json"
	case ".jsonl", ".ndjson":
		return "jsonl"
	case ".md":
		return "markdown"
	case ".html", ".htm":
		return "html"
	case ".sql":
		return "insert"
	case ".xlsx":
		return "xlsx"
	case ".parquet":
		return "parquet"
	}
	return ""
}
