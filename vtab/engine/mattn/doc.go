// Package mattn puts github.com/mattn/go-sqlite3 behind the engine seam. It
// is there with the build tag sfsql_mattn, and needs cgo.
//
// Statements run on mattn's driver. Its vtab API lacks what exact pushdown
// needs (the columns that are wanted, the collation of a constraint, whole IN
// lists, constants, costs, error texts), and tells SQLite to omit every check.
// But the SQLite that it brings along is linked into the program, so this
// package calls SQLite's C interface itself, as package modernc does with the
// same SQLite in Go. Both adapters hence tell a table the same things, and the
// build tag sqlite_vtable is not needed.
//
// The C interface needs SQLite's handle of a connection, which the driver
// keeps to itself. An automatic extension, which SQLite calls for every new
// handle of the process, gives each connection a function that returns a
// number, and [Adopt] finds the handle by it. Other connections get nothing
// else.
//
// SQLite carries handles of package runtime/cgo, never Go's addresses.
package mattn
