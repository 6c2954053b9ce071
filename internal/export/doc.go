// Package export writes whole sObjects of an org, or the result of one
// statement, to files that can be trusted.
//
// [Run] reads each object through database/sql, so that the driver decides
// between REST and Bulk, counts calls and words errors, and writes it to a file
// of its own. [Stream] writes one object or statement to a stream.
//
// # What can be relied on
//
// A file gets its name when all of it is on the disk. Until then it lies in a
// folder beside it, .sfsql-export. [Manifest] is written last. An object that
// fails leaves the others alone.
//
// # Parts
//
// A large object is read in ranges of Ids, each an ordinary statement that
// Salesforce may answer by Bulk in parallel. Ranges are found by counting: one
// that has too many records is cut between its first and its last Id, as often
// as is needed. After each part the file's bytes are put on the disk, and then
// a checkpoint, which says how long the file is and which ranges are left. To
// resume is to cut the file back to that length and go on. Ids never change,
// so that a record is in one range whatever happens to it meanwhile.
//
// How a file is cut back is up to its format: text by its length, SQLite by
// its rowids, which are counted up, and Parquet, which has its directory at the
// end, by keeping a file for each part and joining them.
//
// # Changes
//
// An export of changes asks for records whose SystemModstamp is at or after a
// mark, deleted ones among them. The next mark is the latest SystemModstamp
// that the object had before its first record was read: what changes while the
// export runs is younger, and comes again. [State] keeps the marks and is
// written when an object's file has its name, never before.
package export
