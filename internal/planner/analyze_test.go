package planner

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// chain is CTEs each of which reads the one before twice.
func chain(n int) string {
	var out strings.Builder
	for i := 1; i < n; i++ {
		fmt.Fprintf(&out, ", c%d AS (SELECT Int FROM c%d UNION SELECT Int FROM c%d)", i, i-1, i-1)
	}
	return out.String()
}

// Texts of any size are read in time, or not at all.
func TestHugeTextsAreReadInTime(t *testing.T) {
	const size = 10 << 20
	table := NewTable(thing(), TableOptions{})
	for name, sql := range map[string]string{
		"parentheses":   "SELECT * FROM Thing WHERE " + strings.Repeat("(", size),
		"pairs":         "SELECT * FROM Thing WHERE " + strings.Repeat("(", maxAnalyzed/3) + strings.Repeat(")", maxAnalyzed/3),
		"subqueries":    strings.Repeat("(SELECT (", maxAnalyzed/12) + strings.Repeat("))", maxAnalyzed/12),
		"from":          "SELECT * FROM " + strings.Repeat("(", maxAnalyzed/3) + "Thing" + strings.Repeat(")", maxAnalyzed/3) + " WHERE Int=1 OR Flag",
		"NOT":           "SELECT * FROM Thing WHERE " + strings.Repeat("NOT ", maxAnalyzed/5) + "Int",
		"OR":            "SELECT * FROM Thing WHERE Int=1" + strings.Repeat(" OR Int=1", maxAnalyzed/10),
		"AND":           "SELECT * FROM Thing WHERE Int=1" + strings.Repeat(" AND Flag", maxAnalyzed/10),
		"list":          "SELECT * FROM Thing WHERE Flag OR Int IN (1" + strings.Repeat(",23456", maxAnalyzed/7) + ")",
		"joins":         "SELECT * FROM Thing" + strings.Repeat(", Thing", maxAnalyzed/8) + " WHERE Int=1 OR Flag",
		"unions":        "SELECT Id FROM Thing" + strings.Repeat(" UNION SELECT Id FROM Thing", maxAnalyzed/28),
		"with":          "WITH " + strings.Repeat("a AS (SELECT 1),", maxAnalyzed/17) + " b AS (SELECT 2) SELECT * FROM Thing",
		"chain":         "WITH c0 AS (SELECT Int FROM Thing)" + chain(3000) + " SELECT 1 FROM c2999 JOIN Thing ON Thing.Int = c2999.Int",
		"case":          "SELECT * FROM Thing WHERE " + strings.Repeat("CASE WHEN 1 THEN ", maxAnalyzed/40) + "1" + strings.Repeat(" END", maxAnalyzed/40),
		"many cases":    "SELECT * FROM Thing WHERE 1" + strings.Repeat(" AND CASE 1 WHEN 1 THEN 2 END", maxAnalyzed/32),
		"between":       "SELECT * FROM Thing WHERE 1" + strings.Repeat(" BETWEEN 1 AND 2", maxAnalyzed/18),
		"points":        "SELECT " + strings.Repeat("a.", maxAnalyzed/3) + "b FROM Thing",
		"words of join": "SELECT * FROM Thing t JOIN Thing u ON " + strings.Repeat("LEFT ", maxAnalyzed/6),
		"many joins":    "SELECT * FROM Thing t" + strings.Repeat(" JOIN Thing u ON t.Int = u.Int", maxAnalyzed/32),
		"strings":       "SELECT * FROM Thing WHERE Text IN (" + strings.Repeat("'x',", size/4) + "'y')",
		"unions nested": strings.Repeat("SELECT 1 UNION SELECT (", 100) + "1" + strings.Repeat(")", 100),
	} {
		began := time.Now()
		Lex(sql[:min(len(sql), maxAnalyzed)])
		lexed := time.Since(began)
		began = time.Now()
		a := Analyze(sql)
		a.Filter(table)
		a.Needs(table, nil)
		a.Passed()
		a.Extremes(table)
		a.Cut(table)
		if took := time.Since(began); took > 20*time.Second+100*lexed { // a busy machine slows both
			t.Errorf("%s: %d bytes took %v, their tokens %v", name, len(sql), took, lexed)
		} else {
			t.Logf("%s: %d bytes took %v", name, len(sql), took.Round(time.Millisecond))
		}
	}
}

// FuzzAnalyze: no text makes the analysis fail, and what it advises can be
// classified, shown, and sent as a plan.
func FuzzAnalyze(f *testing.F) {
	for _, sql := range []string{
		"SELECT * FROM Thing WHERE Int = 1 OR NOT (Flag AND Text LIKE 'a%' ESCAPE '!')",
		"WITH c AS (SELECT Id FROM Thing t LEFT JOIN Other o ON o.ThingId = t.Id AND o.Int IN (1, ?2)) SELECT min(Int) m FROM Thing UNION SELECT 1",
		"SELECT count(*) FILTER (WHERE x) OVER (ORDER BY y) FROM Thing WHERE date(At) BETWEEN '2024-01-01' AND :p LIMIT ?, 5",
		"SELECT * FROM [Thing] WHERE `Int` IS NOT DISTINCT FROM -5 AND CASE WHEN Flag THEN 1 END GLOB 'a[^]]*' -- x",
		"INSERT INTO a SELECT last_n_days(Day, 3) FROM Thing WHERE includes(Multi, 'a;b') OR coalesce(Int, 0) = 0",
		"SELECT * FROM Thing WHERE f\xff(Int) = 1 AND Text = 'a\xff' COLLATE \xff AND Int > :\xff AND Text = lower('\xff')",
	} {
		f.Add(sql)
	}
	tables := analysisTables()
	f.Fuzz(func(t *testing.T, sql string) {
		a := Analyze(sql, "CREATE VIEW v AS SELECT 1").With([]Param{{Ordinal: 1, Value: integer(5)}})
		for _, table := range tables {
			r := Rules{Table: table, Locale: "en_US", Params: a.Params(), Calendar: Calendar{Now: time.Unix(0, 0)}}
			p := &Plan{Table: table.Object.Name}
			p.Advised, _ = a.Filter(table)
			p.Groups, _ = a.Needs(table, nil)
			p.Extremes, _ = a.Extremes(table)
			p.Cut, _, _ = a.Cut(table)
			for _, c := range p.Advised {
				parseWhere(t, r.Holds(c, true))
				r.Holds(c, false)
			}
			back, err := DecodePlan(p.Encode())
			if err != nil {
				t.Fatalf("%s does not come back: %v", p.Encode(), err)
			}
			if back.Encode() != p.Encode() {
				t.Fatalf("%s comes back as %s", p.Encode(), back.Encode())
			}
			if got, want := r.Bind(back, nil, true), r.Bind(p, nil, true); got.Empty != want.Empty || !got.Empty && got.Query.String() != want.Query.String() {
				t.Fatalf("%v became %v", want.Query, got.Query)
			}
			r.Explain(back)
		}
	})
}

// BenchmarkAnalyze is what the analysis adds to an ordinary statement: it must
// stay far below a millisecond.
func BenchmarkAnalyze(b *testing.B) {
	const sql = `SELECT o.StageName, u.Name, count(*), sum(o.Amount) FROM Opportunity o JOIN User u ON u.Id = o.OwnerId
LEFT JOIN Account a ON a.Id = o.AccountId AND (a.Industry = 'Energy' OR a.Rating = 'Hot')
WHERE o.CloseDate >= ?1 AND NOT o.IsClosed AND (o.Amount > 5000 OR o.Type IN ('New', 'Renewal', 'Upsell'))
AND o.OwnerId IN (SELECT Id FROM User WHERE IsActive) GROUP BY o.StageName, u.Name HAVING count(*) > 3 ORDER BY 4 DESC LIMIT 20`
	table := NewTable(thing(), TableOptions{})
	b.ReportAllocs()
	for b.Loop() {
		a := Analyze(sql)
		a.Filter(table)
	}
}
