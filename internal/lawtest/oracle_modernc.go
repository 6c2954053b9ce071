//go:build !sfsql_mattn

package lawtest

import "modernc.org/sqlite"

// ownDriver is how database/sql knows the SQLite that the driver is built on.
const ownDriver = "sqlite"

// plain is a SQLite of the oracle's own, of the engine that the driver is
// built on: what it registers reaches none of the driver's connections.
var plain = func() *sqlite.Driver {
	d := new(sqlite.Driver)
	d.MustRegisterCollationUtf8("SFID", compareID)
	d.MustRegisterCollationUtf8("SFTIME", compareTime)
	return d
}()
