//go:build !sfsql_mattn

package vtab

// ownDriver is the SQLite whose connections Adopt takes.
const ownDriver = "sqlite"
