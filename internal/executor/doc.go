// Package executor carries out scans: it knows the APIs by which an org is
// read, and nobody above it does.
//
// [Executor.Open] takes a [Scan], a SOQL query as a value and what is known of
// how its answer will be read, and returns the rows as they arrive. How a scan
// is read is decided in one place, [Executor.Choose], together with the reason
// that EXPLAIN shows: by REST, by a job of Bulk API 2.0, or by REST to begin
// with and by Bulk once the first page, or the reader, has shown that it is
// large. Evidence for that are the query itself, Salesforce's count of an
// sObject's records, and what the same filter has brought before; a guess is
// none. While a first page takes long, Salesforce's own plan is asked for.
// docs/rest-or-bulk.md has the rules and where the threshold comes from.
//
// The API never changes a row. Records that REST has given are left out of what
// Bulk brings by their Ids, and only where Ids are certain to tell records
// apart. A job that comes to nothing before its first new record is replaced by
// REST; later failures are errors. Jobs are aborted and deleted when their rows
// are closed.
//
// [WithBudget] bounds the API calls of a statement and counts them; a call
// that exceeds it is not made and is a *[BudgetError]. [WithEvents] tells how
// far scans are. [Describer] lets package catalog ask a client.
package executor
