// Package engine is the seam between the virtual tables and a SQLite: what a
// table is told and asked, in Go's terms. Each SQLite stands behind it in one
// adapter; nothing above the seam knows which.
//
// The names follow SQLite's own: https://sqlite.org/vtab.html.
package engine

import (
	"database/sql/driver"

	"github.com/sfsql/sfsql/internal/planner"
)

// Hooks are what a connection gets when it is opened.
type Hooks struct {
	// Modules are registered under these names.
	Modules map[string]Module
	// Collations are registered under these names. They compare as
	// bytes.Compare does and must not keep their arguments.
	Collations map[string]func(a, b []byte) int
	// Functions are registered under these names.
	Functions map[string]Function
	// Read hears of each column that a statement reads while it is prepared,
	// before any BestIndex. The column is empty where only rows are counted.
	Read func(schema, table, column string)
	// Closed hears that the connection was closed, by whoever opened it. It may
	// be nil.
	Closed func()
}

// Function is a scalar function of SQL. An error fails the statement with its
// text.
type Function struct {
	Args int // how many; -1 means any number
	Call func(args []planner.Value) (planner.Value, error)
}

// Conn is an open connection: the engine's own, and a way to stop it.
type Conn interface {
	driver.Conn
	// Engine returns the engine's own connection, on which statements run.
	Engine() driver.Conn
	// Interrupt stops the statement that runs, from any goroutine.
	Interrupt()
	// Interrupted reports whether an interrupt waits for the statement that runs
	// to notice.
	Interrupted() bool
	// SQLiteError returns SQLite's result code and message, without what the
	// engine's driver writes around it; ok is false for other errors.
	SQLiteError(err error) (code int, msg string, ok bool)
}

// Module makes tables.
type Module interface {
	// Connect returns a table and the CREATE TABLE statement that declares
	// it. args are those of CREATE VIRTUAL TABLE, as written.
	Connect(schema, table string, args []string) (t Table, declaration string, err error)
}

// Table is a connected virtual table.
type Table interface {
	// BestIndex plans one way to scan. It is called several times a
	// statement and must have no effect but on info.
	BestIndex(info *IndexInfo) error
	Open() (Cursor, error)
	Disconnect()
}

// Cursor is one scan at a time over a Table.
type Cursor interface {
	Filter(idxNum int, idxStr string, args []planner.Arg) error
	Next() error
	EOF() bool
	// Column gives the value of a column of the current row to r.
	Column(r Result, col int) error
	Rowid() (int64, error)
	Close()
}

// Result takes one value. Text and Blob copy their bytes.
type Result interface {
	Null()
	Int64(int64)
	Float64(float64)
	Text([]byte)
	Blob([]byte)
}

// IndexInfo is what SQLite asks of BestIndex, and what it is answered.
// https://sqlite.org/c3ref/index_info.html
type IndexInfo struct {
	// Inputs.

	Constraints []Constraint
	OrderBy     []planner.OrderKey
	ColUsed     uint64 // bit 63 stands for every column from 63 on
	Distinct    int    // https://sqlite.org/c3ref/vtab_distinct.html

	// Outputs.

	IdxNum          int
	IdxStr          string
	OrderByConsumed bool
	Cost            float64
	Rows            int64
	Unique          bool // at most one row
}

// Constraint is one offered constraint. LIMIT and OFFSET come without column.
type Constraint struct {
	// Inputs.

	Column    int // -1 is the rowid
	Op        planner.Op
	Usable    bool
	Collation string
	CanIn     bool           // the right side is a list that can come whole
	Value     *planner.Value // where the statement tells it; nil otherwise

	// Outputs.

	Arg  int  // position among Filter's arguments, from 1; 0 leaves it out
	Omit bool // SQLite need not check again
	In   bool // the list shall come whole
}
