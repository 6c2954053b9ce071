// Package planner decides what of a statement Salesforce may be asked to do.
// It is pure: no context, no network, no SQLite.
//
// Its parts, in the order in which a statement meets them:
//
//   - The lexer reads SQLite's tokens (Lex) and finds the names that a
//     statement uses as tables (TableRefs, SOQLCalls).
//   - Analyze reads the statement with sqlparser and notes what SQLite does
//     not tell a virtual table. It only advises: a statement that it cannot
//     read gets no advice, and wrong advice may cost a call but never an
//     answer.
//   - NewTable turns a described sObject into the table that a user sees:
//     names, declared types, collations.
//   - Rules classifies each predicate that SQLite offers as exact, superset or
//     refused, with the reason. It is the only place that decides so.
//   - Plan is what xBestIndex hands to xFilter through SQLite, as a string.
//
// # Exact, superset, refused
//
// A predicate is Exact where SOQL accepts precisely the rows that SQLite
// would; SQLite need not look again and a LIMIT may follow. It is a Superset
// where SOQL accepts those rows and perhaps more; SQLite checks again. It is
// Refused where SOQL could lose a row, or where nobody knows: then it is not
// sent.
package planner
