package format

import (
	"bufio"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go"
)

// How much a Parquet file keeps in memory: rows of a result whose expressions
// have yet to show their types, rows that are not among their columns yet, and
// a row group, whose pages are compressed as they fill.
const (
	parquetSample     = 10_000
	parquetBatch      = 64
	parquetBatchBytes = 256 << 10 // of values
	parquetGroup      = 32 << 20  // bytes of values
)

// parquetFormat writes a Parquet file whose columns have the types of the
// result's: DATE a date, DATETIME a timestamp of milliseconds in UTC, TIME a
// time of milliseconds, BOOLEAN a boolean. An expression has the type of its
// first values.
type parquetFormat struct {
	w *bufio.Writer

	columns   []Column
	held      [][]any // until every type is known, or as much as a row group
	heldBytes int
	file      *parquet.GenericWriter[any]
	batch     [][]parquet.Value // of each column, those of the same rows
	rows      int64
	bytes     int // of the row group so far
	waiting   int // bytes of the batch
}

// Begin implements Writer.
func (f *parquetFormat) Begin(columns []Column) error {
	f.columns = make([]Column, len(columns))
	for i, name := range uniqueNames(names(columns)) {
		f.columns[i] = Column{Name: name, Type: columns[i].Type}
	}
	f.batch = make([][]parquet.Value, len(columns))
	if f.typed() {
		return f.open()
	}
	return nil
}

// typed reports whether the columns' declarations tell every type.
func (f *parquetFormat) typed() bool {
	for _, c := range f.columns {
		if parquetNode(c.Type) == nil {
			return false
		}
	}
	return true
}

// parquetNode returns the type of a column, or nil where it must show.
func parquetNode(declared string) parquet.Node {
	switch declared {
	case "BOOLEAN":
		return parquet.Leaf(parquet.BooleanType)
	case "INTEGER", "BIGINT":
		return parquet.Int(64)
	case "REAL":
		return parquet.Leaf(parquet.DoubleType)
	case "DATE":
		return parquet.Date()
	case "DATETIME":
		return parquet.Timestamp(parquet.Millisecond)
	case "TIME":
		return parquet.Time(parquet.Millisecond)
	case "TEXT":
		return parquet.String()
	case "BLOB":
		return parquet.Leaf(parquet.ByteArrayType)
	}
	return nil
}

// Row implements Writer.
func (f *parquetFormat) Row(values []any) error {
	if f.file != nil {
		return f.write(values)
	}
	f.held = append(f.held, append([]any(nil), values...))
	f.heldBytes += TextBytes(values)
	if len(f.held) < parquetSample && f.heldBytes < parquetGroup {
		return nil
	}
	return f.release()
}

// release settles the types of expressions by the rows that waited.
func (f *parquetFormat) release() error {
	for i := range f.columns {
		if parquetNode(f.columns[i].Type) == nil {
			f.columns[i].Type = shownType(f.held, i)
		}
	}
	if err := f.open(); err != nil {
		return err
	}
	for _, values := range f.held {
		if err := f.write(values); err != nil {
			return err
		}
	}
	f.held = nil
	return nil
}

// shownType returns the type that holds a column's values without loss. Where
// they are mixed, that is text.
func shownType(rows [][]any, column int) string {
	shown := ""
	for _, values := range rows {
		kind := "TEXT"
		switch values[column].(type) {
		case nil:
			continue
		case int64:
			kind = "INTEGER"
		case float64:
			kind = "REAL"
		case bool:
			kind = "BOOLEAN"
		case []byte:
			kind = "BLOB"
		}
		if shown != "" && shown != kind {
			return "TEXT"
		}
		shown = kind
	}
	if shown == "" {
		return "TEXT"
	}
	return shown
}

// ordered is a group whose fields keep their order: parquet.Group sorts them.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

func (o ordered) Fields() []parquet.Field { return o.fields }

func (f *parquetFormat) open() error {
	group := make(parquet.Group, len(f.columns))
	for _, c := range f.columns {
		group[c.Name] = parquet.Optional(parquetNode(c.Type))
	}
	byName := make(map[string]parquet.Field, len(group))
	for _, field := range group.Fields() {
		byName[field.Name()] = field
	}
	fields := make([]parquet.Field, len(f.columns))
	for i, c := range f.columns {
		fields[i] = byName[c.Name]
	}
	f.file = parquet.NewGenericWriter[any](f.w, parquet.NewSchema("result", ordered{group, fields}), parquet.Compression(newSmallZstd()))
	return nil
}

func (f *parquetFormat) write(values []any) error {
	f.rows++
	for i, v := range values {
		value, err := parquetValue(f.columns[i].Type, v)
		if err != nil {
			return fmt.Errorf("parquet: row %d, column %s: %w", f.rows, f.columns[i].Name, err)
		}
		defined := 1
		if v == nil {
			defined = 0
		}
		f.waiting += 16
		if !value.IsNull() && value.Kind() == parquet.ByteArray {
			f.waiting += len(value.ByteArray())
		}
		f.batch[i] = append(f.batch[i], value.Level(0, defined, i))
	}
	if len(f.batch) == 0 || len(f.batch[0]) < parquetBatch && f.waiting < parquetBatchBytes {
		return nil
	}
	return f.settle()
}

// settle hands the batch to the columns, and a row group that is large enough
// to the file.
func (f *parquetFormat) settle() error {
	for i, w := range f.file.ColumnWriters() {
		if len(f.batch[i]) == 0 {
			continue
		}
		if _, err := w.WriteRowValues(f.batch[i]); err != nil {
			return fmt.Errorf("parquet: %w", err)
		}
		clear(f.batch[i])
		f.batch[i] = f.batch[i][:0]
	}
	f.bytes += f.waiting
	f.waiting = 0
	if f.bytes < parquetGroup {
		return nil
	}
	f.bytes = 0
	if err := f.file.Flush(); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	return nil
}

// parquetValue returns a value in a column's type.
func parquetValue(kind string, v any) (parquet.Value, error) {
	switch v := v.(type) {
	case nil:
		return parquet.NullValue(), nil
	case int64:
		switch kind {
		case "BOOLEAN":
			return parquet.BooleanValue(v != 0), nil
		case "INTEGER", "BIGINT":
			return parquet.Int64Value(v), nil
		}
	case float64:
		if kind == "REAL" {
			return parquet.DoubleValue(v), nil
		}
	case bool:
		if kind == "BOOLEAN" {
			return parquet.BooleanValue(v), nil
		}
	case []byte:
		if kind == "BLOB" {
			return parquet.ByteArrayValue(v), nil
		}
	}
	if kind == "TEXT" {
		return textValue(v), nil
	}
	if text, ok := v.(string); ok {
		if value, ok := parquetTime(kind, text); ok {
			return value, nil
		}
	}
	if t, ok := v.(time.Time); ok && kind == "DATETIME" {
		return parquet.Int64Value(t.UnixMilli()), nil
	}
	return parquet.Value{}, fmt.Errorf("%T is no %s, which the values before it are; CAST the column to one type", v, kind)
}

// textValue returns the text of a value. A string is not copied.
func textValue(v any) parquet.Value {
	if _, ok := v.(string); ok {
		return parquet.ValueOf(v)
	}
	return parquet.ByteArrayValue([]byte(Text(v)))
}

func parquetTime(kind, text string) (parquet.Value, bool) {
	switch kind {
	case "DATE":
		t, err := time.Parse(time.DateOnly, text)
		return parquet.Int32Value(int32(floorDay(t.Unix()))), err == nil
	case "DATETIME":
		t, err := time.Parse(time.RFC3339, text)
		return parquet.Int64Value(t.UnixMilli()), err == nil
	case "TIME":
		t, err := time.Parse("15:04:05.999999999Z", text)
		return parquet.Int32Value(int32(t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)).Milliseconds())), err == nil
	}
	return parquet.Value{}, false
}

// floorDay returns the day of an instant, also before 1970.
func floorDay(seconds int64) int64 {
	const day = 86_400
	if seconds < 0 {
		return -((-seconds + day - 1) / day)
	}
	return seconds / day
}

// End implements Writer.
func (f *parquetFormat) End() error {
	if f.file == nil {
		if err := f.release(); err != nil {
			return err
		}
	}
	if err := f.settle(); err != nil {
		return err
	}
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	return nil
}
