//go:build sfsql_mattn

package driver_test

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// ownDriver is the SQLite that Attach takes connections of.
const ownDriver = "sqlite3"

// authorize sets an authorizer of the program's own, which denies reading
// columns of one name and counts what it is asked.
func authorize(conn any, denied string, asked *int) error {
	c, ok := conn.(*sqlite3.SQLiteConn)
	if !ok {
		return fmt.Errorf("%T has no authorizer", conn)
	}
	c.RegisterAuthorizer(func(action int, _, column, _ string) int {
		*asked++
		if action == sqlite3.SQLITE_READ && column == denied {
			return sqlite3.SQLITE_DENY
		}
		return sqlite3.SQLITE_OK
	})
	return nil
}

// withNames is a SQLite whose connections have a function of one of our names,
// and a collation.
func withNames(collation string) driver.Driver {
	return &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		return errors.Join(
			c.RegisterCollation(collation, func(a, b string) int { return -strings.Compare(a, b) }),
			c.RegisterFunc("today", func(string) string { return "theirs" }, true),
		)
	}}
}
