// Package planner decides what of a statement Salesforce may be asked to do.
// It is pure: no context, no network, no SQLite.
//
// Its parts, in the order in which a statement meets them:
//
//   - The lexer reads SQLite's tokens (Lex) and finds the names that a
//     statement uses as tables (TableRefs, SOQLCalls).
//   - Analyze finds the SELECTs of a statement and of the views beside it,
//     reads their conditions with sqlparser, and notes what SQLite does not
//     tell a virtual table: OR and NOT, functions of a column, joins, what
//     becomes of the rows. A part that it cannot read gets no advice.
//   - Analysis.Filter, Needs, Extremes and Cut bind the advice to a table.
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
//
// # Advice
//
// xBestIndex does not tell which of several references of a table it speaks
// of, so a condition of the text is sent only where every place that reads the
// table, in the statement and in the views and triggers beside it, has one:
// then their disjunction is. SQLite checks conditions of the text again, so one
// that says too little costs rows and no answer. One that said too much would
// lose rows; hence the reading is strict. Names that two tables may have, a
// CTE of the table's name, USING, RIGHT and FULL joins, parentheses that hide
// an alias, more than one statement, a token that is not expected: each leaves
// its part without advice. Of the right side of a LEFT JOIN, a condition of WHERE counts only
// where a row of NULLs would not meet it.
//
// sqlparser reads MySQL. It sees of a condition only its structure: names and
// literals are replaced by their numbers in the text, operators that MySQL
// lacks by others of the same rank.
//
// What is guessed beyond conditions (which columns are read, how many rows are
// wanted) is noticed by the scan when it is wrong, and repaired by fetching the
// rows; only min and max, counts of a column that cannot be NULL, and an order
// that has NULLS elsewhere than SQLite by itself, beside LIMIT, are taken from
// the text alone.
package planner
