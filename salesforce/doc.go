// Package salesforce is a client for the REST API and the queries of Bulk API
// 2.0 of one Salesforce org. It speaks Salesforce's own nouns (sObjects,
// describes, queries, jobs, limits) and knows nothing of SQL.
//
// # A client
//
// [New] takes a [Config] whose only required part is a token source of package
// auth:
//
//	tokens, err := auth.ClientCredentials(auth.Config{LoginURL: "https://acme.my.salesforce.com", …})
//	client, err := salesforce.New(salesforce.Config{Tokens: tokens})
//	rows, err := client.Query(ctx, "SELECT Id, Account.Name FROM Contact", salesforce.QueryOptions{
//		Columns: []soql.Column{{Path: []string{"Id"}}, {Path: []string{"Account", "Name"}}},
//	})
//
// Every call goes to the instance that the login named, or to
// Config.InstanceURL, which may have a path of its own for proxies. A client is
// meant to be kept: it reuses its connections.
//
// # Queries
//
// [Client.Query] reads a result page by page, and while one page is read the
// next is already on its way; never more than that one, and not before the
// reader is some way into its page, so that a reader who stops early pays for
// one call. The context of Query rules the whole result.
//
// Columns are matched with the members of the records by name, in any case and
// any order, through parent relationships where a path has several names. A
// null parent makes its columns null. A column that the answer does not have
// is an error, never a null. What no column wants is skipped unread.
//
// A page is decoded into buffers that two pages later are used again: no
// allocation per row, and memory that depends on the largest page alone. The
// tokens come from package jsontext of the Go team's next JSON package. A
// scanner of our own was not needed: a record of ten columns takes less than a
// microsecond.
//
// # What is not taken for a result
//
// A part of a result must never look like the whole. These are errors: a body
// that is cut, even at its last byte; malformed JSON, or anything after its
// end; a web page with status 200; a page that is not done and names no next
// page, or the reverse, or names itself, or another host; more records than
// totalSize; and fewer. totalSize is understood to count what the statement
// returns, its LIMIT and OFFSET included. Over several pages fewer can also
// mean that records were deleted meanwhile, which is no loss: the org is then
// asked to count anew, and the result stands if so many were read.
//
// Records are handed out only when all of their page has been decoded, so a
// damaged page is asked for once more, and no record comes twice. Only the
// first 32 of a result come while the rest of their page is being decoded: a
// page that breaks behind them must come again with the same ones, or the
// result fails.
//
// # Going on by Id
//
// Salesforce keeps about ten locators for a user and loses the oldest when one
// more is opened. A client leans on at most eight. Where a ninth result begins,
// the one of them that was idle for the longest gives up its locator and goes
// on by Id: page by page with WHERE Id > 'the last' ORDER BY Id LIMIT 2000,
// which opens none. Where none can do so, the ninth waits as long as any of the
// others moves; when none has moved for a second it goes ahead, for they may be
// waiting for it: a join holds its outer result open while it begins inner
// ones. So nothing waits in a circle.
//
// The same way is taken when a locator is lost, and when a further page runs
// into QUERY_TIMEOUT. It is sound if what was read are all the records up to
// the last Id. A statement that is ordered by Id says so itself; for one
// without an order the server is asked to COUNT() the records up to that Id,
// and where the number is another, the locator is kept or its loss is the
// error. Pages by Id must come in order, and go on until one is not full. Each
// shows the org at its own moment, as the pages of a locator may do too.
//
// A statement whose first page runs into QUERY_TIMEOUT is cut into four ranges
// of Ids between the least and the greatest of its object, those again where
// need be, six times at most. The outer ranges are open, so that together they
// hold every Id once.
//
// All this needs QueryOptions.UniqueIDs and, but for the ranges, the Id among
// the columns. It is not done for counts, aggregates, child subqueries, OFFSET,
// FOR VIEW and its like, and any ORDER BY but that of Id; ranges do not go with
// a LIMIT.
//
// # Bulk queries
//
// [Client.BulkQuery] makes a job, asks for its status after 0.2 s, 0.4 s, …, at
// most 10 s, and streams its result: CSV, packed, is decoded as it arrives into
// parts of at most 256 KiB of text, of which four wait for the reader. Values
// are those of REST to the bit. [IsBulkRefusal] tells what Bulk does not read
// from what is wrong with a statement; a job that ends without a result is a
// *[JobError].
//
// The pages follow one another by Sforce-Locator, in the server's order. With
// BulkOptions.Parallel up to five are downloaded at a time, as resultPages
// names them, and their records come in turns; a small result, whose first page
// is its last, costs no call more for it. Each download waits while its reader
// does.
//
// A page must have as many records as its header says and the result as many
// as the job. A download that breaks is asked for again; the records that were
// handed on already are passed over, and their bytes must have the checksum
// that they had before. This is done as often as new records come, fifty times
// a page, and otherwise as often as any call is tried.
//
// When the result is read, or closed, or its context ends, the job is aborted
// if it runs, and deleted; that may take ten seconds beyond the context. Where
// the answer to a job's creation is lost, the job that it may have made is
// looked for in the org's list, and removed if by its user, object, kind and
// time it can be no other's.
//
// # Long statements
//
// Salesforce takes 16,384 bytes of URI and headers. A request is measured as
// it would be sent, token included, and where it comes near that, or where the
// server refuses it with 414 or 431, the query travels in the body of POST
// /composite. Its answer is treated as that of a direct call, and its further
// pages are plain GETs.
//
// # Failures
//
// What Salesforce refuses is an *[Error] with its message word for word. An
// answer that cannot be used is an *[AnswerError]. A refused login is an
// *auth.Error. None of them contains a token.
//
// Calls are tried again, up to Config.MaxTries times with growing, random
// delays or as Retry-After says, where the failure may pass:
//
//	406 with an empty body, 429, 502, 503, 504     until the tries are used up
//	broken connections, UNABLE_TO_LOCK_ROW         until the tries are used up
//	REQUEST_LIMIT_EXCEEDED of concurrent requests  until the tries are used up
//	420; 500 UNKNOWN_EXCEPTION or without a code   two more times
//	a damaged answer                               once more
//	aborting and deleting a job, whatever failed   three more times
//
// The daily limit ([IsDailyLimit]), an unknown host and an exchange that exceeds Config.Timeout
// are not tried again. After 401 INVALID_SESSION_ID the client logs in anew,
// once for each call and together with all others that wait for it; other 401s
// mean something that no login mends.
//
// [Client.Usage] counts calls, bytes as they travelled and records, and tells
// what Salesforce last said of the org's API requests.
package salesforce
