//go:build sfsql_mattn

package early

import "github.com/mattn/go-sqlite3"

var sqlite = new(sqlite3.SQLiteDriver)
