// Package lawtest judges the law: a statement over the driver returns what
// SQLite returns over ordinary tables with the same rows.
//
// It is a test package. An org of package emulator stands behind the driver.
// The oracle is a file of plain SQLite tables, loaded from the emulator's
// store, past HTTP and past every package of the client: the declarations, the
// collations and the conversion of values are written here a second time, so
// that both sides cannot share a mistake. The same SQL runs on both, and the
// answers must be equal: the columns' names, the rows, the storage class of
// each value and its bits.
//
// # Statements by hand
//
// They stand in testdata/sql/*.test of the module's root. A file is a list of
// entries with a blank line between them; lines that begin with # are comments
// and give the reason of what follows. An entry is a header, options and SQL:
//
//	query rowsort
//	args t:"O'Brien" i:5
//	SELECT Id FROM Everything__c WHERE Text__c = ? AND Int__c > ?
//
// The header names what of the answer counts:
//
//	query nosort         the rows in order; the statement orders them totally
//	query rowsort        the rows in any order
//	query sums           the rows in order, reals up to a factor of 1e-9
//	query limit 5 [3]    any 5 rows of the answer past any 3; the runner adds LIMIT 5 OFFSET 3
//	error                the statement fails on both sides
//	exec                 a change of local tables or views on both sides
//
// Labels may follow: "hidden" compares against tables that show the columns
// which SELECT * hides; "small" also runs under tiny pages. The options are
//
//	args …               parameters: i:5 r:0.5 t:"text" b:"bytes" nil true false time:2024-01-31T10:00:00Z,
//	                     each with :name= before it where the parameter has a name
//	divergence: reason   the answers are known to differ; the test fails when they no longer do
//
// A file's entries run in order on one connection.
//
// # Generated statements
//
// A seeded generator combines columns, operators and values of the data and
// their neighbours. The seed is printed; statement n of seed s is always the
// same. The flags are
//
//	-lawfull       100,000 statements instead of 2,000
//	-lawseed s     the seed
//	-lawat n       only statement n of the seed
//	-lawsoql file  write the distinct SOQL statements that were sent, a JSON string a line
//
// Under the race detector, which slows SQLite tenfold, only the entries
// labelled small and a few generated statements run.
//
// The full run is
//
//	go test ./internal/lawtest -lawfull -timeout 120m -v
package lawtest
