// Package format writes the rows of a result: for people (table, markdown,
// line, html), for programs that read text (csv, json, jsonl, insert), and as
// files with types (xlsx, parquet).
//
// [New] returns a [Writer] for one result. Begin takes the columns, Row each
// row, End what is left. Text formats stream: nothing is kept back but the
// first rows of a table, which tell its widths. A workbook and a Parquet file
// are whole only after End, and one that broke off cannot be opened as if it
// were.
//
// Values are those of database/sql where date and datetime columns come as
// text: nil, string, int64, float64, bool, []byte, and time.Time from local
// tables.
package format
