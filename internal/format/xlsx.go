package format

import (
	"bufio"
	"fmt"
	"regexp"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// Limits of a worksheet, as Excel documents them. More is an error: a result
// that is cut must not look whole.
const (
	xlsxRows  = 1_048_576
	xlsxText  = 32_767 // UTF-16 units of a cell
	xlsxExact = 1e15   // Excel keeps 15 digits of a number
)

// xlsxFormat writes a workbook of one sheet, with the types of the columns.
// The rows go to a temporary file until End.
type xlsxFormat struct {
	w      *bufio.Writer
	header bool

	file     *excelize.File
	sheet    *excelize.StreamWriter
	columns  []Column
	date     int // styles
	datetime int
	heading  int
	row      int
}

// Begin implements Writer.
func (f *xlsxFormat) Begin(columns []Column) (err error) {
	f.file, f.columns = excelize.NewFile(), columns
	if f.sheet, err = f.file.NewStreamWriter("Sheet1"); err != nil {
		return fmt.Errorf("xlsx: %w", err)
	}
	dateForm, datetimeForm := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss.000"
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&f.date, excelize.Style{CustomNumFmt: &dateForm}},
		{&f.datetime, excelize.Style{CustomNumFmt: &datetimeForm}},
		{&f.heading, excelize.Style{Font: &excelize.Font{Bold: true}}},
	} {
		if *s.id, err = f.file.NewStyle(&s.style); err != nil {
			return fmt.Errorf("xlsx: %w", err)
		}
	}
	if !f.header {
		return nil
	}
	cells := make([]any, len(columns))
	for i, c := range columns {
		cells[i] = excelize.Cell{StyleID: f.heading, Value: c.Name}
	}
	return f.write(cells)
}

// Row implements Writer.
func (f *xlsxFormat) Row(values []any) error {
	cells := make([]any, len(values))
	for i, v := range values {
		cell, err := f.cell(f.columns[i], v)
		if err != nil {
			return err
		}
		cells[i] = cell
	}
	return f.write(cells)
}

func (f *xlsxFormat) write(cells []any) error {
	if f.row++; f.row > xlsxRows {
		return fmt.Errorf("xlsx: a worksheet holds %s rows; write csv or parquet", Thousands(xlsxRows))
	}
	name, err := excelize.CoordinatesToCellName(1, f.row)
	if err != nil {
		return fmt.Errorf("xlsx: %w", err)
	}
	if err := f.sheet.SetRow(name, cells); err != nil {
		return fmt.Errorf("xlsx: row %d: %w", f.row, err)
	}
	return nil
}

// cell returns what Excel shows as the value's own type, or as a text where
// Excel has no room for all of it.
func (f *xlsxFormat) cell(c Column, v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case int64:
		switch {
		case c.Type == "BOOLEAN":
			return v != 0, nil
		case v >= xlsxExact || v <= -xlsxExact:
			return Text(v), nil
		}
		return v, nil
	case float64:
		if text := Text(v); text == "Inf" || text == "-Inf" {
			return text, nil
		}
		return v, nil
	case string:
		if t, ok := excelTime(c.Type, v); ok {
			style := f.datetime
			if c.Type == "DATE" {
				style = f.date
			}
			return excelize.Cell{StyleID: style, Value: t}, nil
		}
	}
	text := Text(v)
	if len(text) > xlsxText && len(utf16.Encode([]rune(text))) > xlsxText {
		return nil, fmt.Errorf("xlsx: row %d, column %s: a cell holds %s characters; write csv or parquet", f.row+1, c.Name, Thousands(xlsxText))
	}
	return xlsxEscape.ReplaceAllStringFunc(text, func(s string) string {
		if s[0] == '_' {
			return "_x005F" + s
		}
		return fmt.Sprintf("_x%04X_", s[0])
	}), nil
}

// xlsxEscape finds the characters that XML cannot hold, and what looks like
// the way in which Office writes them.
var xlsxEscape = regexp.MustCompile(`[\x00-\x08\x0b\x0c\x0e-\x1f]|_x[0-9A-Fa-f]{4}_`)

// excelTime reads a date or datetime. Excel's days begin in 1900, and it
// counts a 29th of February of that year, which there was not.
func excelTime(kind, text string) (time.Time, bool) {
	layout := time.RFC3339
	switch kind {
	case "DATE":
		layout = time.DateOnly
	case "DATETIME":
	default:
		return time.Time{}, false
	}
	t, err := time.Parse(layout, text)
	first := time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
	return t, err == nil && !t.Before(first) && t.Year() < 10_000
}

// End implements Writer.
func (f *xlsxFormat) End() error {
	if err := f.sheet.Flush(); err != nil {
		return fmt.Errorf("xlsx: %w", err)
	}
	if err := f.file.Write(f.w); err != nil {
		return fmt.Errorf("xlsx: %w", err)
	}
	return f.Close()
}

// Close takes the temporary files away, also of a result that broke off.
func (f *xlsxFormat) Close() error {
	if f.file == nil {
		return nil
	}
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("xlsx: %w", err)
	}
	return nil
}
