package planner

// Drains reports that the statement reads the scan of its outermost table to
// the end: it has one SELECT and nothing that could stop it early. The inner
// scans of a join stop where they like all the same.
func (a *Analysis) Drains() bool { return a != nil && a.drains }

// drains looks for the words by which a statement may stop early. A min() or
// max() that SQLite answers from the first row orders its scan, which then has
// an order of its own to tell.
func drains(tokens []Token) bool {
	selects := 0
	for _, t := range tokens {
		switch {
		case t.Kind == IllegalToken, t.Is("LIMIT"), t.Is("EXISTS"), t.Is("RECURSIVE"), t.Is("EXPLAIN"):
			return false
		case t.Is("SELECT"):
			selects++
		}
	}
	return selects == 1
}
