package planner

import "strconv"

// ValueKind is a storage class of SQLite.
// https://sqlite.org/datatype3.html#storage_classes_and_datatypes
type ValueKind uint8

// SQLite's storage classes.
const (
	NullValue ValueKind = iota
	IntValue
	RealValue
	TextValue
	BlobValue
)

// Value is a value as SQLite hands it to xBestIndex and xFilter: before the
// affinity of the column that it is compared with was applied.
type Value struct {
	Kind ValueKind
	Int  int64
	Real float64
	Text string // the bytes of a blob, too
}

// Null reports whether v is SQL's NULL.
func (v Value) Null() bool { return v.Kind == NullValue }

// String returns v as an SQL literal, for reasons and plans that people read.
func (v Value) String() string {
	switch v.Kind {
	case IntValue:
		return strconv.FormatInt(v.Int, 10)
	case RealValue:
		return strconv.FormatFloat(v.Real, 'g', -1, 64)
	case TextValue:
		return "'" + v.Text + "'"
	case BlobValue:
		return "a blob of " + strconv.Itoa(len(v.Text)) + " bytes"
	default:
		return "NULL"
	}
}
