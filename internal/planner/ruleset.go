package planner

import (
	"fmt"
	"strings"
)

// Rule names a rule that can be switched off, so that tests can show that no
// answer depends on it.
type Rule uint8

// The rules beside the comparisons that SQLite offers.
const (
	RuleTree       Rule = iota // OR and AND below OR
	RuleAdvice                 // any condition of the text
	RulePattern                // GLOB, and LIKE with ESCAPE
	RuleCase                   // lower(x), upper(x)
	RuleDate                   // date(x), strftime(…, x), substr(x, 1, n), x LIKE '2024-05%'
	RuleDefault                // coalesce(x, c)
	RuleFunctions              // the functions of SOQL: includes, last_n_days, …
	RuleSplit                  // a long IN as several queries
	RuleGroups                 // rows made from groups
	RuleExtremes               // min and max from one row
	RuleCut                    // LIMIT beside conditions of the text
	RuleBatch                  // the keys of an outer page in one query
	RuleKeep                   // an inner table read once and kept
	RulePath                   // a parent read along with its children
	RulePathFilter             // children left out by conditions on their parent
	RuleSemi                   // records left out by what IN (SELECT …) or EXISTS asks
)

var ruleNames = [...]string{"tree", "advice", "pattern", "case", "date", "default", "functions", "split", "groups", "extremes", "cut", "batch", "keep", "path", "pathfilter", "semi"}

// String returns the rule's name.
func (r Rule) String() string { return ruleNames[r] }

// RuleSet is a set of rules.
type RuleSet uint16

// Has reports whether a rule is in the set.
func (s RuleSet) Has(r Rule) bool { return s&(1<<r) != 0 }

// RuleNames returns the names of all rules.
func RuleNames() []string { return ruleNames[:] }

// ParseRules reads names of rules with commas between them.
func ParseRules(names string) (RuleSet, error) {
	var out RuleSet
next:
	for name := range strings.SplitSeq(names, ",") {
		for i, known := range ruleNames {
			if name == known {
				out |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("planner: no rule is named %q; there are %s", name, strings.Join(ruleNames[:], ", "))
	}
	return out, nil
}
