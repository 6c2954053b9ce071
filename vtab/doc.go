// Package vtab shows sObjects to SQLite as virtual tables.
//
// A Conn is a SQLite connection whose tables are scans of an org. SQLite asks
// a table how it could be scanned (BestIndex), picks a plan for the whole
// statement, and then drives cursors: Filter starts a scan with its values,
// Next and Column read it. What goes to Salesforce is decided by the rule
// table in internal/planner; here its verdicts are turned into SQLite's
// answers:
//
//   - exact for a value that the statement itself tells: SQLite is told to
//     omit its own check;
//   - everything else that is sent is checked again by SQLite, because a value
//     that comes only when the scan starts may turn out a superset;
//   - LIMIT is passed on to the scan beside SQLite's own, and used only if all
//     predicates turned out exact.
//
// A connection may have the tables of several orgs, each in a Schema: what an
// org rules is the schema's, the statement that runs is the connection's. Open
// makes a connection, Adopt takes one that somebody else opened.
//
// The engine seam is package vtab/engine; packages vtab/engine/modernc
// and vtab/engine/mattn are the SQLites behind it.
package vtab
