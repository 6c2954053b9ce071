package driver

import "github.com/sfsql/sfsql/internal/planner"

// readWithout reads the names of rules that are switched off.
func readWithout(c *Config, v string) error {
	if _, err := planner.ParseRules(v); err != nil {
		return &DSNError{Key: "pushdown_without", Msg: err.Error()}
	}
	c.PushdownWithout = v
	return nil
}

// without returns the rules that are switched off.
func (c *Config) without() planner.RuleSet {
	if c.PushdownWithout == "" {
		return 0
	}
	rules, _ := planner.ParseRules(c.PushdownWithout) // read before, or refused by check
	return rules
}
