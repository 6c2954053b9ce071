// Package sqlitefile fills a table of an SQLite file.
//
// It speaks to SQLite through package lib of modernc.org/sqlite, which is its C
// interface. Through database/sql a row of ten columns takes four times the CPU
// time, most of it for values on their way: each is boxed, checked, copied into
// memory of its own, locked and freed. Here the texts of several rows lie in
// one buffer of C's memory, where SQLite reads them.
//
// A [DB] and its [Insert] belong to one goroutine at a time.
package sqlitefile
