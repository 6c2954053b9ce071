//go:build sfsql_mattn

package vtab

import "github.com/sfsql/sfsql/vtab/engine/mattn"

// openEngine opens a connection of the SQLite that this build has: mattn's,
// which is C.
var openEngine = mattn.Open

// adoptEngine adds to a connection of mattn's driver that somebody else opened.
var adoptEngine = mattn.Adopt
