package planner

// Selectivity guesses the part of the records that meet a condition, for
// SQLite's choice between plans. It is a little lower than that of the
// branches of an OR one by one, since one query is cheaper than several.
func (c *Cond) Selectivity() float64 {
	switch c.Kind {
	case CondAnd:
		part := 1.0
		for _, kid := range c.Kids {
			part *= kid.Selectivity()
		}
		return part
	case CondOr:
		part := 0.0
		for _, kid := range c.Kids {
			part += 0.9 * kid.Selectivity()
		}
		return min(part, 0.9)
	case CondNot:
		return max(1-c.Kids[0].Selectivity(), 0.1)
	case CondCompare:
		switch c.Op {
		case OpEQ, OpIS:
			return 0.05
		case OpNE, OpISNOT:
			return 0.9
		}
		return 1.0 / 3
	case CondIn:
		return min(0.05*float64(len(c.Right)), 0.5)
	case CondLike, CondGlob, CondBetween:
		return 1.0 / 3
	case CondTruth, CondIsTruth:
		return 0.5
	}
	return 1
}
