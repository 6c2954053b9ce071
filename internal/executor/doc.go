// Package executor carries out scans: it knows the API by which an org is
// read, and nobody above it does.
//
// [Executor.Open] takes a [Scan], a SOQL query as a value and the columns that
// are wanted of its records, and returns the rows as they arrive. Which API
// serves a scan is decided in one place, [Executor.Choose], together with the
// reason that EXPLAIN shows. [Describer] lets package catalog ask a client.
package executor
