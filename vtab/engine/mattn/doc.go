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
// A connection gets its modules from an automatic extension, the one moment
// at which SQLite shows a new handle. That hook is process-wide, so it looks
// for a parameter in the connection's URI and leaves every other connection
// alone.
//
// SQLite carries handles of package runtime/cgo, never Go's addresses.
package mattn
