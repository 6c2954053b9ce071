//go:build !sfsql_mattn

package vtab

import "github.com/sfsql/sfsql/vtab/engine/modernc"

// openEngine opens a connection of the SQLite that this build has: modernc's,
// which is pure Go.
var openEngine = modernc.Open

// adoptEngine adds to a connection of modernc's driver that somebody else opened.
var adoptEngine = modernc.Adopt
