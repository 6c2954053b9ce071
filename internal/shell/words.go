package shell

import (
	"slices"
	"strings"
)

// reserved are the words that SQLite does not take for a name without quotes.
// https://sqlite.org/lang_keywords.html lists more; the parser lets those pass.
var reserved = strings.Fields(`ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE
DEFAULT DEFERRABLE DELETE DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IN INDEX INSERT INTERSECT
INTO IS ISNULL JOIN LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY REFERENCES RETURNING SELECT SET TABLE THEN TO
TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE`)

// others are words that completion offers beside them.
var others = strings.Fields(`ASC BEGIN BY CAST CROSS CURRENT_DATE CURRENT_TIMESTAMP DESC END EXPLAIN FILTER FIRST FULL GLOB IF
INNER LAST LEFT LIKE NATURAL NULLS OFFSET OUTER OVER PARTITION PLAN QUERY RECURSIVE RIGHT ROLLBACK ROWS SOQL TEMP
VIEW WINDOW WITH`)

var keywords = func() []string {
	words := slices.Concat(reserved, others)
	slices.Sort(words)
	return words
}()

func isReserved(word string) bool { return slices.Contains(reserved, strings.ToUpper(word)) }

func isKeyword(word string) bool {
	_, found := slices.BinarySearch(keywords, strings.ToUpper(word))
	return found
}
