package lawtest

import (
	"testing"

	"github.com/sfsql/sfsql/internal/planner"
)

const (
	shortRules = 150
	fullRules  = 5_000
)

// TestNoAnswerDependsOnARule runs generated statements with each rule switched
// off, one at a time.
func TestNoAnswerDependsOnARule(t *testing.T) {
	if raceDetector {
		return // the rules are no more concurrent than the statements
	}
	n := shortRules
	if *full {
		n = fullRules
	}
	for i, rule := range planner.RuleNames() {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, variant{name: "without " + rule, pages: 2000, dsn: "pushdown_without=" + rule})
			g := newGenerator(*seed+uint64(i)+1, studied(t, w))
			conns := connectAll(t, []*world{w})
			for k, failures := 0, 0; k < n && failures < 3; k++ {
				if _, ok := judge(t, []*world{w}, conns, g, k); !ok {
					failures++
				}
			}
		})
	}
}
