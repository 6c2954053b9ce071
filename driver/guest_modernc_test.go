//go:build !sfsql_mattn

package driver_test

// ownDriver is the SQLite that Attach takes connections of.
const ownDriver = "sqlite"
