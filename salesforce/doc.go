// Package salesforce is a client for the REST API of one Salesforce org. It
// speaks Salesforce's own nouns (sObjects, describes, queries, limits) and
// knows nothing of SQL.
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
// totalSize; and fewer. The last can also mean that records were deleted
// between two pages; QueryOptions.AllowShrink accepts that, but only for a
// result of several pages. totalSize is understood to count what the statement
// returns, its LIMIT and OFFSET included.
//
// Records are handed out only when all of their page has been decoded, so a
// damaged page is asked for once more, and no record comes twice.
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
// All calls read only and are tried again, up to Config.MaxTries times with
// growing, random delays or as Retry-After says, where the failure may pass:
//
//	406 with an empty body, 429, 502, 503, 504     until the tries are used up
//	broken connections, UNABLE_TO_LOCK_ROW         until the tries are used up
//	REQUEST_LIMIT_EXCEEDED of concurrent requests  until the tries are used up
//	420; 500 UNKNOWN_EXCEPTION or without a code   two more times
//	a damaged answer                               once more
//
// The daily limit, an unknown host and an exchange that exceeds Config.Timeout
// are not tried again. After 401 INVALID_SESSION_ID the client logs in anew,
// once for each call and together with all others that wait for it; other 401s
// mean something that no login mends.
//
// [Client.Usage] counts calls, bytes as they travelled and records, and tells
// what Salesforce last said of the org's API requests.
package salesforce
