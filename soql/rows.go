package soql

import "context"

// Kind says how the values of a result column are decoded.
type Kind uint8

// The kinds of values that a query returns.
const (
	KindText     Kind = iota // UTF-8 text as sent, without NUL bytes
	KindInt                  // int64
	KindReal                 // float64, the same bits from REST and from Bulk
	KindBool                 // int64, 0 or 1
	KindDate                 // text, YYYY-MM-DD
	KindDatetime             // text, YYYY-MM-DDTHH:MM:SS.sssZ
	KindTime                 // text, HH:MM:SS.sssZ
	KindJSON                 // text: the JSON of an object (address, location), compact
	KindAny                  // text of whatever scalar came (anyType of history objects)
)

// Column is one column that a reader wants from a query's records.
type Column struct {
	Path []string // Id, or Account.Name as two names, or an alias such as expr0
	Kind Kind
}

// Rows is a forward-only result. The methods that return values speak of the
// current row; Bytes is valid until the next call of Next. Rows is not for
// concurrent use, but Close may be called while Next waits for the network.
type Rows interface {
	// Next moves to the next row. It returns false at the end or on an error,
	// which Err then tells. A result cut short is always an error.
	Next(ctx context.Context) bool
	Err() error

	Null(col int) bool
	Int64(col int) int64     // KindInt, KindBool
	Float64(col int) float64 // KindReal
	Bytes(col int) []byte    // every other kind

	// Total returns how many records match as the server counts them, a LIMIT
	// included; -1 where it is not known.
	Total() int64
	// Close ends the scan, its requests and its goroutines. It may be called
	// more than once.
	Close() error
}

// Ahead is implemented by Rows that hold rows which their reader has not come
// to yet. A join looks at them to ask for all their partners at once.
type Ahead interface {
	// Ahead calls visit with the current row and then with each row held after
	// it, in their order, until visit returns false. While visit runs, the
	// methods that return values speak of that row; afterwards they speak of
	// the current one again. It waits for nothing.
	Ahead(visit func() bool)
}
