//go:build sfsql_mattn

package lawtest

import (
	"errors"

	"github.com/mattn/go-sqlite3"
)

// ownDriver is how database/sql knows the SQLite that the driver is built on.
const ownDriver = "sqlite3"

// plain is a SQLite of the oracle's own, of the engine that the driver is
// built on: what it registers reaches none of the driver's connections.
var plain = &sqlite3.SQLiteDriver{
	ConnectHook: func(c *sqlite3.SQLiteConn) error {
		return errors.Join(c.RegisterCollation("SFID", compareID), c.RegisterCollation("SFTIME", compareTime))
	},
}
