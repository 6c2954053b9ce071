package questions

import (
	"testing"
	"time"
)

// BenchmarkPlanning is what a question costs before its first call: reading its
// text, having SQLite prepare it, and a plan for every scan that SQLite thinks
// of, in as many orders of the tables as it does. An ordinary one must stay
// below a millisecond.
func BenchmarkPlanning(b *testing.B) {
	o := start(b)
	var best []time.Duration
	questions := read(b)
	for b.Loop() {
		for i, q := range questions {
			from := time.Now()
			ask(b, o.db, "EXPLAIN QUERY PLAN "+q.sql)
			took := time.Since(from)
			if i == len(best) {
				best = append(best, took)
			}
			best[i] = min(best[i], took)
		}
	}
	var sum, worst time.Duration
	above := 0
	for i, took := range best {
		sum += took
		if took > time.Millisecond {
			above++
			b.Logf("%v: %s", took, questions[i].name)
		}
		worst = max(worst, took)
	}
	b.ReportMetric(float64(sum.Microseconds())/float64(len(best)), "µs/question")
	b.ReportMetric(float64(worst.Microseconds()), "µs/worst")
	b.ReportMetric(float64(above), "above-1ms")
}
