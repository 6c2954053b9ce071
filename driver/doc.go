// Package driver is a database/sql driver for Salesforce, named "salesforce".
//
//	db, err := sql.Open("salesforce", "salesforce://acme/?client_id=…&client_secret_file=secret.txt")
//	rows, err := db.QueryContext(ctx, `SELECT Name, Amount FROM Opportunity WHERE CloseDate >= ?`, time.Now())
//
// SQLite plans and executes the SQL inside the program. Every sObject of the
// org is a table; each scan of one becomes the smallest SOQL that is provably
// enough. Whatever SOQL cannot decide exactly, SQLite checks again, so the
// rows are those that SQLite would return over ordinary tables.
//
// # Tables
//
// A table has the sObject's fields as columns: Id, the name field, then the
// order of describe. It lives in the schema "salesforce" (salesforce.Account,
// or just Account) and is made when a statement first names it. Case, Order
// and Group are words of SQL: write "Order".
//
//	Salesforce               column             collation
//	id, reference            TEXT(18)           SFID: 15 and 18 characters are the same Id
//	text, picklists          TEXT(n)            NOCASE; BINARY where the field is case-sensitive
//	boolean                  BOOLEAN INTEGER    0 or 1, never NULL
//	int, long                INTEGER, BIGINT
//	double, currency, percent REAL(p,s)
//	date, datetime           DATE/DATETIME TEXT SFTIME: the same instant is equal
//	time                     TIME TEXT
//	address, location        TEXT, hidden       JSON; their parts are columns of their own
//	base64                   BLOB, hidden       fetched when a row's value is read
//
// Dates compare as instants with any text of the forms 2024, 2024-05,
// 2024-05-31, 2024-05-31T10:00, with or without seconds, fraction and zone, so
// datetime('now','-7 days') and a Go time.Time do what they say. They reach Go
// as time.Time in UTC, or with time=text as canonical text. Expressions such
// as max(CreatedDate) are text.
//
// SOQL's own predicates are functions: includes(f, 'a;b', 'c') and excludes of
// multi-select picklists, whose values compare byte by byte, and the relative
// dates of a date or datetime column: today(CloseDate), this_fiscal_quarter(…),
// last_n_days(CreatedDate, 30), n_months_ago(CloseDate, 2) and the others,
// named as in SOQL. They are 1, 0, or NULL where the column is, and count from
// the statement's start in the user's time zone and the org's fiscal year.
//
// sf_objects, sf_fields and sf_children (object, child, field, relationship:
// what refers to an object) tell about the org, sf_limits (name, max, remaining,
// used) what it has left, sf_jobs (id, operation, object, state, created_by_id,
// created_date, …) its Bulk jobs, those that query and those that write; the
// last two ask each time. soql('SELECT …') in place of a table is a query of
// your own, with its items as columns. EXPLAIN SOQL before a statement shows
// what it would ask, and asks nothing; EXPLAIN SOQL SERVER asks Salesforce for
// its own plan of each scan, a call for each.
//
// Other tables are local, in the file that the DSN names or in a temporary one
// that all connections of a sql.DB share and that goes with it. They join with
// the org's. A view over an sObject is a TEMP view.
//
// # DSN
//
//	salesforce://[user[:password]@]host[:port]/[localfile]?key=value&…
//	salesforce://profile/NAME[/localfile]?key=value&…   or NAME?key=value&…
//
// The host is a My Domain (acme, acme--uat.sandbox, acme.my.salesforce.com),
// login, test, demo (the built-in org; import emulator/demo), or any other.
// The local file is relative to the working directory; a second slash makes it
// absolute. Unknown keys, bad values and contradictions are errors of type
// *DSNError, which name the key. Special characters are written as %XX, as
// url.QueryEscape does.
//
// The second form takes an org that sfsql login has saved, from sfsql/orgs.toml
// in the user's configuration folder and the system's keychain. Other keys
// override what is saved; credentials of another way to log in take the place of
// the saved ones. A refresh token that Salesforce replaces is saved before any
// other process can use the old one.
//
//	auth             how to log in; left out, the given keys imply it:
//	                 refresh_token       client_id, refresh_token, maybe client_secret
//	                 client_credentials  client_id, client_secret; at a My Domain only
//	                 jwt                 client_id, user, private_key_file, maybe audience
//	                 password            client_id, client_secret, user, password,
//	                                     security_token; being retired by Salesforce
//	                 soap                user, password, security_token; ends in June 2027
//	                 access_token        access_token, at instance_url or the host
//	                 sf                  a login of the Salesforce CLI, no host; user is
//	                                     its alias or name, else its default org
//	client_id, client_secret, refresh_token, access_token, security_token
//	                 credentials; aliases consumer_key, consumer_secret
//	private_key_file the key for jwt, in PEM
//	audience         for jwt, where the host does not imply the right one
//	instance_url     with access_token: where the org answers
//	host, user, password
//	                 what stands before the path, where that is left out or to
//	                 override a saved org; aliases domain and site, username
//	api              auto, rest, bulk: by which API scans are read, alias
//	                 api_type (auto); docs/rest-or-bulk.md
//	bulk_threshold   rows from which auto takes Bulk (30000)
//	max_calls        API calls that a statement may spend, describes of its
//	                 tables included (unlimited)
//	api_version      such as 67.0 (the newest that both sides know)
//	objects          only these sObjects are tables and described, alias
//	                 streams (all)
//	start_date       only records with SystemModstamp (else CreatedDate,
//	                 LoginTime) at or after it; counts and joins too, but not
//	                 soql('…'). sf_objects tells which tables have no such date
//	select_fields_by_default
//	                 false: SELECT * gives Id, the name field and the system
//	                 fields; the others are hidden, readable by name (true)
//	deleted          true: soft-deleted records are there; IsDeleted tells (false)
//	text             nocase, binary: how text compares (nocase)
//	time             go, text: how dates reach Go (go)
//	timeout          of one HTTP exchange (2m)
//	auth_timeout     of one login (10s)
//	tls              off: http, on loopback addresses only (on)
//	pushdown         off: SQLite does all the work, to check the driver (on)
//	shortcut         off: every row passes through SQLite, to check the driver (on)
//	pushdown_without names of single rules to switch off, with commas
//	attach           SCHEMA:ORG pairs with commas: saved orgs, or demo, whose
//	                 tables every connection has beside its own (none)
//	keep_rows        rows that one inner side of a join may hold in memory (200000)
//	scale, seed, latency
//	                 of the host demo: how much data, which, how slow (1, 1, 0)
//
// Secrets may also be read from a file (client_secret_file=…; one line break at
// its end is not part of the secret), and credentials that neither the DSN nor
// the saved org has come from the environment: SFSQL_CLIENT_SECRET for
// client_secret, SFSQL_USER for user. The environment completes a login; it does
// not change one. Config.Logger hears of ways to log in that will end, of
// saved secrets that no keychain holds and of Bulk jobs that could not be removed
// from the org. Nothing that the driver prints, logs or
// returns as an error holds a secret; FormatDSN does.
//
// # REST and Bulk
//
// Each scan is read by REST, by Bulk API 2.0, or begins on REST and goes on in
// Bulk. That never changes a row. A job is aborted when its statement ends
// early, and deleted in any case. WithProgress tells how far the scans of a
// statement are, by which API, and why.
//
// A statement that would spend more than max_calls fails before it does, with a
// *LimitError that names the cost; what it has spent stays spent. The calls that
// abort and delete a job are held back while it runs. Only where they fail and
// have to be made again may a statement spend more: no job is left for thrift.
//
// # Several orgs
//
// ATTACH 'DSN' AS uat adds another org's tables to a connection as a schema:
// uat.Account, uat.sf_objects, uat.soql('…'). The DSN may be a parameter, the
// name of a saved org, or demo?scale=2; any other ATTACH is SQLite's own (write
// ./demo for a file of such a name). A name without schema is the connection's
// own org's, then that of the first attached one that has it. DETACH uat takes
// it away.
//
// As with SQLite's files, an attached org belongs to the connection that
// attached it: take a sql.Conn from the pool, or attach on each. The login is
// shared by all connections and ends with the sql.DB. A statement may spend the
// smallest max_calls of the connection's orgs in all of them together; time,
// shortcut and the calendar of relative dates are the connection's own, and an
// attached DSN names no local file. Stats counts all orgs, and Progress tells
// whose scan it is; errors of an attached org begin with its schema.
//
// Attach brings orgs to connections of a SQLite driver that your program opens
// itself; docs/engines.md compares the two SQLites that the driver can be built
// on.
//
// # Parameters
//
// ?, ?1, :name, @name and $name, as SQLite has them. A time.Time is bound as
// text in UTC; every comparison with a date column understands it.
//
// # Errors
//
// Check tries a connection step by step, from the host's name to a first query,
// and explains what is missing; sfsql check shows it. Ping is its short form.
//
// Salesforce's own errors come through as *salesforce.Error with their code
// and words, from whichever page they came; SQLite's as *SQLError, with the
// nearest names where a table or column is missing. IsLogin and IsLimit, for
// *LoginError and *LimitError, tell the cases that a program handles apart. An
// answer that was cut short is an error, never fewer rows.
package driver
