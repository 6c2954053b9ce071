// Package early opens a connection while the program's packages are still
// being initialized, before an adapter can have told SQLite of itself: it
// imports less than any adapter, and its path sorts before theirs, by which Go
// orders packages that are ready. A program can do so without meaning to.
package early

import "database/sql/driver"

// Conn is the connection, and Err why there is none.
var Conn, Err = open()

func open() (driver.Conn, error) { return sqlite.Open(":memory:") }
