package vtab

import (
	"math"

	"github.com/sfsql/sfsql/internal/planner"
)

// Costs are in visits of a row. A call is worth that many: a page of 2,000
// rows takes about as long to fetch as the call itself.
const (
	callCost    = 2000.0
	pageRows    = 2000.0
	unknownRows = 10_000
)

// keyCost is what a key's share of a batch costs, beside its rows: a batch has
// the keys of a page at most.
const keyCost = callCost / 1000

// costUnit is what SQLite is told for a row that comes over the network: it
// takes a row of its own, or one that a child's row holds, for about 1.
const (
	costUnit  = 8
	alongCost = 1
)

var never = math.Inf(1)

// scanCost is the cost of reading rows page by page.
func scanCost(rows float64) float64 { return callCost*math.Max(1, math.Ceil(rows/pageRows)) + rows }

// expectedRows is how many records the table has, about.
func (t *table) expectedRows() float64 {
	if t.query != nil {
		return unknownRows
	}
	return t.conn.recordCount(t.rules.Table.Object.Name)
}

func (c *Schema) recordCount(object string) float64 {
	if c.cfg.Rows == nil {
		return unknownRows
	}
	n, known := c.cfg.Rows(object)
	if !known {
		return unknownRows
	}
	return float64(max(n, 1))
}

// distinct guesses how many values a column has among rows.
func (t *table) distinct(col int, rows float64) float64 {
	f := &t.rules.Table.Columns[col].Field
	n := 20.0
	switch {
	case f.Type == "id":
		n = rows
	case f.Type == "boolean":
		n = 2
	case f.Type == "picklist" && len(f.PicklistValues) > 0:
		n = float64(len(f.PicklistValues))
	case f.Type == "reference" && len(f.ReferenceTo) > 0:
		n = 0
		for _, parent := range f.ReferenceTo {
			n += t.conn.recordCount(parent)
		}
	}
	return math.Max(1, math.Min(n, rows))
}

// narrow lowers the expected rows by a predicate that is passed on.
func (t *table) narrow(rows float64, term planner.Term) float64 {
	switch term.Op {
	case planner.OpEQ, planner.OpIS:
		if term.In {
			return math.Min(rows/4, 25*rows/t.distinct(term.Column, rows))
		}
		return rows / t.distinct(term.Column, rows)
	case planner.OpISNULL:
		return rows / 5
	case planner.OpLIKE, planner.OpLT, planner.OpLE, planner.OpGT, planner.OpGE:
		return rows / 3
	}
	return rows * 0.9
}

// narrowBy lowers the expected rows by a condition of the text.
func (t *table) narrowBy(rows float64, c *planner.Cond) float64 {
	switch {
	case c.Kind == planner.CondCompare && c.Left.Kind == planner.ColumnOperand:
		return t.narrow(rows, planner.Term{Column: c.Left.Column, Op: c.Op})
	case c.Kind == planner.CondIn && c.Left.Kind == planner.ColumnOperand:
		return math.Min(rows, rows*float64(len(c.Right))/t.distinct(c.Left.Column, t.expectedRows()))
	}
	return rows / 2
}

// estimate is what a read would cost, and how many rows it would bring.
type estimate struct{ cost, rows float64 }

// wholeCost is the cost of reading all rows that some start may want: those
// that the predicates leave whose values do not change.
func (t *table) wholeCost(p *planner.Plan, varies []bool, key int) estimate {
	rows := t.expectedRows()
	for i, term := range p.Terms {
		if i != key && !varies[i] && term.Arg > 0 && (term.Known != nil || term.Reason == "") {
			rows = t.narrow(rows, term)
		}
	}
	return estimate{scanCost(rows), rows}
}

// lookupCost is the cost of a start that is a scan of its own.
func (t *table) lookupCost(p *planner.Plan) float64 { return scanCost(float64(p.Rows)) }

// batchCost guesses what all batches of this join will cost, from the keys
// that are held and how many rows their source has still to give.
func (c *cursor) batchCost(key, keys, ahead int, left float64) float64 {
	t := c.table
	left = math.Max(left, float64(ahead))
	batches := math.Ceil(left / float64(max(ahead, 1)))
	all := t.expectedRows()
	distinct := t.distinct(c.plan.Terms[key].Column, all)
	wanted := math.Min(float64(keys)*left/float64(max(ahead, 1)), distinct)
	rows := wanted * all / distinct
	pages := math.Max(batches, math.Ceil(rows/pageRows))
	return callCost*pages + rows
}
