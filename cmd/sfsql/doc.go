// Command sfsql is a SQL shell for Salesforce: SQLite's SQL over the objects
// of an org, with rows printed as a table or written as CSV or JSON.
//
//	sfsql --org demo "SELECT Name, Industry FROM Account LIMIT 5"
//	sfsql --org demo -f report.sql -o report.csv
//	echo "SELECT count(*) FROM Contact" | sfsql --org demo --mode json
//
// The org demo is built in and needs no account and no network. sfsql login
// saves others under a name:
//
//	sfsql login prod --host acme --client-id 3MVG9…
//	sfsql check prod
//	sfsql --org prod "SELECT count(*) FROM Lead"
//
// --org also takes a DSN, salesforce://host/?key=value&…, as package driver
// describes it. SFSQL_DSN, SFSQL_ORG and the default of the saved orgs stand in
// for a missing --org, in this order.
//
// # Logging in
//
// sfsql login has a flow for each way in, tries it, and saves what it takes;
// secrets go to the system's keychain or, where there is none, to a file that
// only its owner may read. No flag takes a secret: they come from a prompt, a
// file or the environment. sfsql orgs lists, renames and imports, sfsql logout
// revokes and forgets, sfsql check goes through a connection step by step and
// explains what is missing. docs/connect.md tells what to click in Salesforce
// for each flow.
//
// # Statements
//
// SQL comes from the argument, from -c or -f, each as often as wanted, or from
// a pipe. Statements end at a semicolon and run one after another on one
// connection, so that TEMP tables and transactions work; the first that fails
// ends the run, but with --bail=false.
//
// A line of its own between statements that begins with a dot is a command,
// such as .tables or .schema Account; .help lists them. Without SQL, on a
// terminal, sfsql is a prompt: docs/shell.md is its manual.
//
// # Output
//
// A terminal gets a table, a pipe CSV, and a file what the end of its name says:
// .csv, .json, .jsonl, .md, .html, .sql, .xlsx, .parquet, or else CSV. --mode
// overrides that. CSV is RFC 4180 with lines ended by LF, so that a line break
// inside a value stays what it is; NULL is an empty field. Numbers of type REAL
// show the shortest digits that read back as the same number, blobs show as
// base64, and date and datetime columns show the text of the table, such as
// 2024-01-31T10:15:00.000Z.
//
// A file named by -o is written beside its name and renamed when the last row
// of the last statement is in it: a partial result never carries the name.
//
// # Exit status
//
//	0    success, also when the reader of the output went away
//	1    a statement failed
//	2    the command line or the DSN is wrong, or names an org that is not saved
//	3    no login or no connection, or the file of saved orgs cannot be used
//	4    the org's API limit or the statement's budget is used up
//	130  cancelled by Ctrl-C
package main
