package vtab

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
	"github.com/sfsql/sfsql/vtab/engine"
)

// table is one sObject, or one raw query, on one connection.
type table struct {
	conn  *Schema
	name  string
	rules planner.Rules
	query *soql.Query // the user's own; nil for an sObject
	ids   rowids
	plans map[string]*planner.Plan // decoded, by their text
}

// maxPlans bounds what a table remembers of decoded plans.
const maxPlans = 256

func (t *table) Disconnect() {}

func (t *table) Open() (engine.Cursor, error) {
	t.conn.hold()
	t.conn.cursors++
	return &cursor{table: t}, nil
}

// wrap says whose scan failed.
func (t *table) wrap(err error) error {
	if t.query != nil {
		return fmt.Errorf("%s: %w", t.conn.label("soql('…')"), err)
	}
	return fmt.Errorf("%s: %w", t.conn.label(t.name), err)
}

// plan returns the plan that BestIndex wrote, decoded once.
func (t *table) plan(text string) (*planner.Plan, error) {
	if p, ok := t.plans[text]; ok {
		return p, nil
	}
	p, err := planner.DecodePlan(text)
	if err != nil {
		return nil, fmt.Errorf("vtab: %s: %w", t.name, err)
	}
	if len(t.plans) >= maxPlans {
		clear(t.plans)
	}
	t.plans[text] = p
	return p, nil
}

// BestIndex plans a scan: which columns, which predicates, in what order.
// https://sqlite.org/vtab.html#the_xbestindex_method
func (t *table) BestIndex(info *engine.IndexInfo) error {
	t.conn.planned++
	b := indexer{table: t, info: info, complete: true, exact: true}
	b.plan.Schema, b.plan.Table = t.conn.shown(), t.rules.Table.Object.Name
	b.plan.Columns = t.columnsRead(info.ColUsed)
	b.rows = t.expectedRows()
	for i := range info.Constraints {
		b.constraint(&info.Constraints[i])
	}
	b.advise()
	b.paths()
	b.subs()
	b.order()
	b.limit()
	b.count()
	b.first()
	if len(b.plan.Paths) > 0 {
		b.plan.Groups = nil // a group has no parents beside it
	}
	b.finish()
	return nil
}

// columnsRead is the exact projection. The low 63 bits of colUsed speak of
// this reference of the table alone; past them the authorizer's events do, of
// all references together.
func (t *table) columnsRead(used uint64) []int {
	var out []int
	n := len(t.rules.Table.Columns)
	for i := 0; i < min(n, 63); i++ {
		if used&(1<<i) != 0 {
			out = append(out, i)
		}
	}
	if n <= 63 || used&(1<<63) == 0 {
		return out
	}
	heard := t.conn.reads[strings.ToLower(t.name)]
	var high []int
	for i := 63; i < n; i++ {
		if heard[strings.ToLower(t.rules.Table.Columns[i].Field.Name)] > 0 {
			high = append(high, i)
		}
	}
	if len(high) == 0 { // some column is read, and nobody said which
		for i := 63; i < n; i++ {
			high = append(high, i)
		}
	}
	return append(out, high...)
}

// indexer builds one answer of BestIndex.
type indexer struct {
	*table
	info     *engine.IndexInfo
	plan     planner.Plan
	args     int
	complete bool // every predicate that SQLite offered is passed on
	exact    bool // and every one is known to be exact
	unique   bool
	hashed   bool // rows that are kept are found by such a value
	lookup   bool // rows are found by a value that comes with each start
	byID     bool // and it is the record's Id
	rows     float64

	limitAt, offsetAt *engine.Constraint
}

func (b *indexer) takeArg(c *engine.Constraint) int {
	b.args++
	c.Arg = b.args
	return b.args
}

func (b *indexer) constraint(c *engine.Constraint) {
	switch c.Op {
	case planner.OpLIMIT:
		b.limitAt = c
		return
	case planner.OpOFFSET:
		b.offsetAt = c
		return
	}
	if c.Op == planner.OpISNULL || c.Op == planner.OpNOTNULL {
		c.Value = &planner.Value{} // there is no other side to wait for
	}
	term := planner.Term{Column: c.Column, Op: c.Op, Collation: c.Collation}
	class := planner.Refused
	switch {
	case b.query != nil || c.Column < 0 || c.Column >= len(b.rules.Table.Columns):
		b.complete, b.exact = false, false
		return
	case !c.Usable:
		// Another order of the join's tables could use it.
		b.complete, b.exact = false, false
		return
	case c.Value != nil:
		v := b.rules.Compare(c.Column, c.Op, *c.Value, c.Collation)
		class, term.Reason, term.Known = v.Class, v.Reason, c.Value
	default:
		if term.Reason = b.rules.Static(c.Column, c.Op, c.Collation); term.Reason == "" {
			class = planner.Superset
			term.In, c.In = c.CanIn, c.CanIn
		}
	}
	if class == planner.Refused {
		b.complete, b.exact = false, false
		b.hash(c, &term)
	} else {
		term.Arg = b.takeArg(c)
		c.Omit = class == planner.Exact
		b.exact = b.exact && c.Omit
		b.narrow(term)
	}
	b.plan.Terms = append(b.plan.Terms, term)
}

// hash has the value of a predicate passed on that SOQL cannot have: rows that
// are kept are found by it.
func (b *indexer) hash(c *engine.Constraint, term *planner.Term) {
	if term.Reason == "" || c.Op != planner.OpEQ || c.Value != nil || c.CanIn || !canHash(&b.rules.Table.Columns[c.Column], c.Collation) {
		return
	}
	term.Arg, b.hashed = b.takeArg(c), true
	b.rows /= b.distinct(c.Column, b.rows)
}

// advise adds what the text of the statement says of the table and SQLite does
// not offer.
func (b *indexer) advise() {
	if b.query != nil || b.rules.Off || b.rules.Without.Has(planner.RuleAdvice) {
		return
	}
	conds, shared := b.conn.analysis.Filter(b.rules.Table)
	for _, c := range conds {
		v := b.rules.Holds(c, true)
		if shared && v.Class == planner.Refused && !v.Later {
			continue // its parts are other references' own
		}
		b.plan.Advised = append(b.plan.Advised, c)
		switch {
		case v.Empty:
			b.rows = 0
		case v.Class != planner.Refused || v.Later:
			b.rows *= c.Selectivity()
		}
	}
}

// narrow lowers the expected rows by a predicate that is passed on.
func (b *indexer) narrow(term planner.Term) {
	b.rows = b.table.narrow(b.rows, term)
	if term.Op != planner.OpEQ && term.Op != planner.OpIS || term.In {
		return
	}
	b.unique = b.unique || b.rules.Table.Columns[term.Column].Field.Type == "id"
	if term.Known == nil && isKept(&b.rules.Table.Columns[term.Column]) {
		b.lookup = true
		b.byID = b.byID || b.rules.Table.Columns[term.Column].Field.Type == "id"
	}
}

// checkAgain prepares for a row that a child's row holds: nobody has filtered it,
// so SQLite checks everything again.
func (b *indexer) checkAgain() {
	for i := range b.info.Constraints {
		b.info.Constraints[i].Omit = false
	}
	if b.conn.isReadAlong(b.rules.Table) {
		b.info.Cost = alongCost
	}
}

// order takes ORDER BY over, whole or not at all. The order of a GROUP BY or
// DISTINCT is SQLite's own affair.
func (b *indexer) order() {
	if len(b.info.OrderBy) == 0 || b.info.Distinct != 0 || b.query != nil {
		return
	}
	for _, k := range b.info.OrderBy {
		if k.Column < 0 || k.Column >= len(b.rules.Table.Columns) || b.rules.CanOrder(k) != "" {
			return
		}
	}
	b.plan.Order = b.info.OrderBy
	b.info.OrderByConsumed = true
}

// limit tells the scan LIMIT and OFFSET where every predicate and the order
// are its own. SQLite counts LIMIT too; OFFSET it leaves to the scan only
// where every predicate is known to be exact.
func (b *indexer) limit() {
	if b.limitAt == nil || !b.limitAt.Usable || !b.complete || b.query != nil || b.rules.Off {
		return
	}
	if len(b.info.OrderBy) > 0 && !b.info.OrderByConsumed {
		return
	}
	if b.offsetAt != nil && !b.offsetAt.Usable || b.mayBePartial() {
		return
	}
	b.plan.Limit = b.takeArg(b.limitAt)
	if v := b.limitAt.Value; v != nil && v.Kind == planner.IntValue && v.Int >= 0 {
		b.rows = min(b.rows, float64(v.Int))
	}
	if b.offsetAt == nil {
		return
	}
	b.plan.Offset = b.takeArg(b.offsetAt)
	v := b.offsetAt.Value
	if b.exact && v != nil && v.Kind == planner.IntValue && v.Int <= planner.MaxOffset {
		b.plan.SkipsOffset, b.offsetAt.Omit = true, true
	}
}

// mayBePartial reports whether a predicate may be a part of one on row values:
// of (a, b) < (1, 2) SQLite offers a <= 1, and of (a, b) IN (…) a list for each
// of the two. Their values never come before the scan starts.
func (b *indexer) mayBePartial() bool {
	if b.conn.analysis.Scalar() {
		return false
	}
	return slices.ContainsFunc(b.plan.Terms, func(t planner.Term) bool {
		return t.Known == nil && (t.In || t.Op == planner.OpLE || t.Op == planner.OpGE)
	})
}

// count guesses that only the number of rows matters, or that of rows with
// the same values. A column counts as read unless every condition on it is
// left to the scan. IS NOT NULL never is: SQLite keeps a second form of it, and
// so looks at the column even where it was told not to.
func (b *indexer) count() {
	if b.query != nil || b.rules.Off {
		return
	}
	needs, together := b.conn.analysis.Needs(b.rules.Table, b.plan.Columns)
	var present []int
	reads := slices.DeleteFunc(slices.Clone(b.plan.Columns), func(col int) bool {
		if together && b.present(col) {
			present = append(present, col)
			return true
		}
		return together && !slices.Contains(needs, col) && b.leftOut(col)
	})
	switch {
	case len(reads) == 0:
		b.plan.CountOnly, b.plan.Present = b.exact && b.rules.Table.Countable(), present
	case together && !b.keyed() && b.rules.Groupable(reads) && b.fewGroups(reads):
		b.plan.Groups, b.plan.Present = reads, present
	}
}

// present reports whether the text asks of a column only whether it is NULL,
// and the scan brings no record where it is. SQLite must have met the column
// as often as the text names it: what is given in its place is made up, so the
// text alone is not believed.
func (b *indexer) present(col int) bool {
	if b.rules.Without.Has(planner.RuleAdvice) || b.rules.Without.Has(planner.RuleGroups) {
		return false
	}
	met := b.conn.reads[strings.ToLower(b.name)][strings.ToLower(b.rules.Table.Columns[col].Field.Name)]
	if met == 0 || met != b.conn.analysis.Present(b.rules.Table, col) {
		return false
	}
	return col == b.rules.Table.ID() || slices.ContainsFunc(b.plan.Terms, func(t planner.Term) bool {
		return t.Column == col && t.Op == planner.OpNOTNULL && t.Arg > 0
	})
}

// keyed reports whether the scan looks up what another row holds. Such scans
// are many, and each is short.
func (b *indexer) keyed() bool {
	return !b.conn.analysis.HasParams() && slices.ContainsFunc(b.plan.Terms, func(t planner.Term) bool {
		return t.Known == nil && t.Arg > 0 && !t.In && (t.Op == planner.OpEQ || t.Op == planner.OpIS)
	})
}

// fewGroups guesses whether the groups of some columns fit an answer. As many
// as the rows always do; of several columns with many values each there are
// nearly as many groups as rows.
func (b *indexer) fewGroups(columns []int) bool {
	many := 0
	for _, c := range columns {
		if b.rules.Table.Columns[c].Field.Type != "boolean" {
			many++
		}
	}
	return many <= 2 || b.rows < planner.MaxGroups
}

// leftOut reports whether SQLite leaves every condition on a column to the
// scan. Where it offers none, another place is asked for than that which has
// the column in its conditions alone.
func (b *indexer) leftOut(col int) bool {
	offered := false
	for i := range b.info.Constraints {
		c := &b.info.Constraints[i]
		if c.Column != col || c.Op == planner.OpLIMIT || c.Op == planner.OpOFFSET {
			continue
		}
		if !c.Omit || c.Op == planner.OpNOTNULL {
			return false
		}
		offered = true
	}
	return offered
}

// first notes what the text says of how many records the statement wants. All
// its conditions must go along then, those that SQLite offers included.
func (b *indexer) first() {
	if b.query != nil || b.rules.Off || b.rules.Without.Has(planner.RuleAdvice) {
		return
	}
	if keys, conds := b.conn.analysis.Extremes(b.rules.Table); keys != nil && b.mayBeExact(conds) && b.orders(keys) {
		b.plan.Extremes, b.plan.Advised, b.rows = keys, conds, float64(len(keys))
		return
	}
	if len(b.plan.Order) == 1 && b.plan.Limit == 0 {
		b.plan.Cut = b.conn.analysis.One(b.rules.Table, b.plan.Order[0])
	}
	limit, ordered, conds := b.conn.analysis.Cut(b.rules.Table)
	if limit != nil && b.plan.Limit == 0 && ordered == (len(b.plan.Order) > 0) && b.mayBeExact(conds) {
		b.plan.Cut, b.plan.Advised = limit, conds
	}
	// SQLite offers no order that has NULLS elsewhere than it has them itself.
	if keys := b.conn.analysis.First(b.rules.Table); limit != nil && ordered && keys != nil && len(b.info.OrderBy) == 0 && b.mayBeExact(conds) && b.orders(keys) {
		b.plan.Cut, b.plan.First, b.plan.Advised = limit, keys, conds
	}
}

// orders reports whether Salesforce orders by each of the keys as SQLite does.
func (b *indexer) orders(keys []planner.OrderKey) bool {
	return !slices.ContainsFunc(keys, func(k planner.OrderKey) bool { return b.rules.CanOrder(k) != "" })
}

// mayBeExact reports whether conditions are exact, or may be for values that
// come with the scan.
func (b *indexer) mayBeExact(conds []*planner.Cond) bool {
	return !slices.ContainsFunc(conds, func(c *planner.Cond) bool {
		v := b.rules.Holds(c, true)
		return v.Class != planner.Exact && !v.Later
	})
}

func (b *indexer) finish() {
	b.rows = max(b.rows, 1)
	b.plan.Rows = int64(b.rows)
	b.info.IdxStr = b.plan.Encode()
	b.info.Rows = int64(b.rows)
	b.info.Cost = costUnit * scanCost(b.rows)
	if b.lookup || b.hashed { // a join's: keys are asked for many at a time
		b.info.Cost = costUnit * (keyCost + b.rows*(1+callCost/pageRows))
	}
	if b.byID {
		b.checkAgain()
	}
	b.info.Unique = b.unique
}
