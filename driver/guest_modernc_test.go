//go:build !sfsql_mattn

package driver_test

import (
	"bytes"
	"database/sql/driver"
	"fmt"

	"modernc.org/sqlite"
)

// ownDriver is the SQLite that Attach takes connections of.
const ownDriver = "sqlite"

// authorize sets an authorizer of the program's own, which denies reading
// columns of one name and counts what it is asked.
func authorize(conn any, denied string, asked *int) error {
	r, ok := conn.(sqlite.AuthorizerRegisterer)
	if !ok {
		return fmt.Errorf("%T has no authorizer", conn)
	}
	return r.RegisterAuthorizer(func(action sqlite.AuthorizerActionCode, _, column, _, _ string) sqlite.AuthorizerReturnCode {
		*asked++
		if action == sqlite.AuthRead && column == denied {
			return sqlite.AuthorizerDeny
		}
		return sqlite.AuthorizerOK
	})
}

// withNames is a SQLite whose connections have a function of one of our names,
// and a collation.
func withNames(collation string) driver.Driver {
	d := new(sqlite.Driver)
	d.MustRegisterCollationUtf8(collation, func(a, b string) int { return -bytes.Compare([]byte(a), []byte(b)) })
	d.MustRegisterFunction("today", &sqlite.FunctionImpl{NArgs: 1, Scalar: func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		return "theirs", nil
	}})
	return d
}
