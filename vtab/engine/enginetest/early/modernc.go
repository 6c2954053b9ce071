//go:build !sfsql_mattn

package early

import modernc "modernc.org/sqlite"

var sqlite = new(modernc.Driver)
