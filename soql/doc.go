// Package soql holds SOQL, the query language of Salesforce, as Go values:
// [Parse] turns a statement into a [Query], and [Query.String] turns a Query,
// parsed or built by a program, into the shortest equal statement. The package
// knows the grammar and nothing of any org's objects and fields.
//
// # Building
//
// A Query is a plain struct. Conditions are put together with [And] and [Or],
// fields with [NewField], and values with the constructors named after them:
// [Null], [Bool], [String], [Int], [Number], [Float], [Date], [Datetime],
// [TimeOfDay], [Range] and [Currency]. Text goes through [QuoteString] on its way out, so
// it can never end its literal; [Quotable] tells beforehand whether a text has
// a literal at all. Names of fields, objects and aliases, and the text given
// to [Number], are printed as they are: take them from a schema, not from a
// user.
//
// Datetimes print in UTC, with milliseconds only where they are not zero.
// Numbers never have an exponent.
//
// # Reading
//
// Keywords, functions and relative dates are read in any case and printed in
// their canonical spelling; names keep theirs. Parse is as strict as
// Salesforce:
//
//   - AND and OR need parentheses where they mix. NOT binds to the one
//     condition after it; the printer puts (NOT …) in parentheses beside AND
//     and OR.
//   - A plain field has an alias only in an aggregate query, one with GROUP BY
//     or an aggregate. Reserved words are no aliases.
//   - HAVING needs GROUP BY; LIMIT with an aggregate does too. COUNT() stands
//     alone in its select list, without GROUP BY and ORDER BY. ROLLUP and CUBE
//     hold all that is grouped by, three fields at most, and GROUPING asks
//     about them.
//   - Numbers have no exponent, datetimes have a zone and at most three digits
//     of a fraction, and escapes are those that SOQL knows. \_ and \% belong to
//     LIKE, whose patterns keep them: see [Comparison].
//   - A sub-select of IN selects one field of another object, has no clause but
//     WHERE, holds no other sub-select, and stands below no OR and no NOT.
//   - A child subquery has WHERE, ORDER BY, LIMIT and OFFSET, and no aggregate.
//   - DISTANCE is compared by < and > alone. toLabel, FORMAT and the other
//     functions stand in the clauses that know them and nowhere else.
//   - Statements and strings end at [MaxStatement] and [MaxString].
//
// ALL ROWS is read, although the API refuses it: [Query].AllRows tells. Bind
// variables exist in Apex only and are an error.
//
// What needs a schema to judge (does the field exist, may it be filtered, is
// every selected field grouped, does a scope fit the object) and the limits on
// counts and depths are left to who runs the statement.
//
// Every error is an [*Error] with the place at fault.
//
// # Results
//
// [Rows], [Column] and [Kind] describe the rows that a query returns, whoever
// fetched them.
package soql
