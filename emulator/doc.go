// Package emulator is an emulated Salesforce org that speaks HTTP as the real
// one does, with data of its own.
//
//	org := emulator.New()
//	defer org.Close()
//	// org.URL(), org.ClientID(), org.ClientSecret(), org.RefreshToken(), org.AccessToken()
//
// New listens on a free loopback port at once; the data is generated as it is
// asked for. Any Salesforce client can talk to it that lets itself be given a
// URL with http. Nothing leaves the machine.
//
// # What it is for
//
// Tests of software that talks to Salesforce. So it does not only answer, it
// refuses what Salesforce refuses, with the same status, code and text: fields
// that cannot be filtered, sorted, grouped or aggregated; literals of the
// wrong type; requests whose URI and headers exceed 16,384 bytes; expired
// sessions and locators. Statements are executed with SOQL's meaning, not
// SQL's: logic of two values, text without regard to case over all of Unicode,
// nulls first, ids that are equal in their 15- and 18-character form. README.md
// lists the endpoints and the behaviours that the documentation leaves open.
//
// # Data
//
// The schema has the standard objects of sales and service, Everything__c with
// a field of every type, Wide__c with 300 fields, and Empty__c. WithScale
// multiplies the rows of the big ones; at 1000 there are a million Accounts.
// The records read well in a demonstration, and among them are those that
// break careless code: texts that differ in case only, quotes, wildcards,
// newlines, many scripts, numbers at the end of their precision, dates from
// 1700 to 4000, nulls wherever they may be. The same seed and scale always
// give the same records. Some Accounts, Contacts and Tasks are soft-deleted,
// for queryAll. WithData brings own objects and records in, from describes and
// CSV.
//
// # Writing
//
// Records can be created, changed, upserted and deleted, one by one, in
// collections, trees and composites. The rules of describe are enforced, and
// what an org fills in by itself is filled in: owner, audit fields, defaults,
// auto-numbers, formulas. Writes live in a log beside the generated rows, in
// memory or, WithState, also in a SQLite file; a statement sees the org as it was when it began, on all its pages.
//
// # Pages
//
// Pages are small and of varying size unless WithPageSize fixes it, because
// the API may answer so and a client must not rely on 2,000 rows. A user has
// at most ten results open; one more closes the one used the longest time ago,
// those read to their end first.
//
// # Bulk jobs
//
// Bulk API 2.0 queries and ingest jobs are served too. By default a job is
// complete when its state is first asked for, so that tests need not wait;
// WithBulkDelay and WithClock make it go through its states. WithBulkPageSize,
// WithRaggedBulkPages and WithBulkCaps shape results and allowances.
//
// # Oracle and counters
//
// Objects, Describe and Scan read schema and records straight from the store,
// for tests that compare. Stats tells how many requests of which kind came,
// what they asked and how many bytes and rows went out, for tests that assert
// cost. WithDailyLimit lets the API calls of a day run out. WithLatency slows
// answers down.
//
// # Faults
//
// WithFaults scripts what goes wrong, by kind, endpoint and count: expired
// sessions, limits, HTML from the edge, broken connections, lost locators, rows
// deleted between pages, Bulk jobs that fail. WithFault lets a test answer
// requests itself.
//
// # Logging in
//
// Every OAuth flow and SOAP's login work for the one user there is; WithAuth
// sets what orgs may set.
package emulator
