package vtab

import (
	"fmt"
	"slices"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// inner serves the starts of a scan that SQLite starts again and again: the
// inner side of a nested loop, or a correlated subquery. A call for each start
// would take hours, so rows are fetched for many starts at once and kept:
//
//   - batches: the keys of the outer rows that are held already, or of those
//     that the text tells of, are asked for in one query, and the starts that
//     follow are answered from its rows;
//   - the whole table, filtered by what does not change from start to start,
//     where that costs less than the batches would.
//
// A batch answers a key only if that key was asked for; any other key is asked
// for then. SQLite checks every value that changes from start to start again,
// so a guess here may cost a call and never an answer.
type inner struct {
	starts int
	spent  float64       // cost of the calls so far
	last   []planner.Arg // of the start before
	varies []bool        // by term: its value has changed between two starts

	source source
	wrong  map[source]bool // sources whose value was not the key after all

	store   store
	serving bool
	hits    []int32 // nil means all rows
	at, row int
	tooBig  bool // the whole table did not fit
	most    int  // keys whose rows fit; 0 where all did so far
	alone   bool // there was a key whose rows did not fit

	along along // the child's row that holds the current one

	originsAsked bool // where keys come from, as the text tells
	origins      []planner.Origin
	local        map[planner.Origin]*told
	size         int // of the next batch of keys that were noted
	batch        batched

	counted bool // the scan counted rows, and nothing has changed since
	total   int64
}

// batched is what came of the last batch.
type batched struct{ keys, rows, starts float64 }

// Bounds of what one scan keeps: rows where the configuration does not say, and
// bytes of their values, which tests lower.
const defaultKeptRows = 200_000

var maxKeptSize = 64 << 20

func (c *Schema) keptRows() int {
	if c.cfg.KeepRows > 0 {
		return c.cfg.KeepRows
	}
	return defaultKeptRows
}

// maxBatchKeys and maxBatchText bound one batch: keys, of which two pages have
// as many Ids, and the characters in which they are written, so that there is
// room for other filters.
const (
	maxBatchKeys = 4000
	maxBatchText = 75_000
)

// keySize is how many characters a key takes in a batch. Of an Id 15 are sent.
func keySize(c *planner.Column, v planner.Value) int {
	if isIDType(c.Field.Type) {
		return 15 + 3
	}
	return len(v.Text) + 3
}

// innerOf returns the state of a plan's starts. One cursor serves several
// plans in turn where SQLite splits an OR.
func (c *cursor) innerOf(p *planner.Plan) *inner {
	if n := c.inners[p]; n != nil {
		return n
	}
	if len(c.inners) >= 4 {
		clear(c.inners)
	}
	if c.inners == nil {
		c.inners = make(map[*planner.Plan]*inner)
	}
	n := &inner{varies: make([]bool, len(p.Terms)), wrong: make(map[source]bool), store: store{key: -1}}
	c.inners[p] = n
	return n
}

// startInner serves a start from kept rows, fetching them if that is the
// cheapest way. It reports whether it did. With count the scan may tell the
// number of rows only.
func (c *cursor) startInner(count bool) (bool, error) {
	n := c.inner
	n.observe(c.plan, c.args)
	switch {
	case c.table.counts() || c.plan.SkipsOffset:
		return false, nil
	case count && n.counted && !slices.Contains(n.varies, true):
		c.counting, c.left = true, n.total
		return true, c.advance()
	}
	if c.startAlong() {
		return true, nil
	}
	if n.store.serves(c.args) {
		n.batch.starts++
	} else if ok, err := c.fill(count); !ok || err != nil {
		return false, err
	}
	c.positions, c.parents = n.store.positions, n.store.parents
	n.hits, n.at = n.store.find(c.args), -1
	n.serving, c.view = true, &n.store.kept
	return true, c.advance()
}

// counts reports whether the table is the one row of a raw SELECT COUNT().
func (t *table) counts() bool { return t.query != nil && t.query.IsCount() }

// observe notes which values change, and drops rows that were fetched under a
// value that has changed.
func (n *inner) observe(p *planner.Plan, args []planner.Arg) {
	n.starts++
	for i, t := range p.Terms {
		if t.Known != nil || t.Arg == 0 || n.last == nil || n.varies[i] || sameArg(n.last[t.Arg-1], args[t.Arg-1]) {
			continue
		}
		n.vary(i)
	}
	n.last = args
}

// isEmpty reports whether no row can match, so that there is nothing to ask.
func (c *cursor) isEmpty() bool {
	for _, t := range c.plan.Terms {
		if c.table.query != nil || t.Op != planner.OpEQ || t.In || t.Arg == 0 || t.Known != nil {
			continue
		}
		if c.table.rules.Compare(t.Column, t.Op, c.args[t.Arg-1].Value, t.Collation).Empty {
			return true
		}
	}
	return false
}

// vary notes that a term's value changes from start to start: rows that were
// fetched under one of its values are not all that are wanted.
func (n *inner) vary(i int) {
	n.varies[i], n.counted = true, false
	if i != n.store.key && n.store.loaded {
		n.store = store{key: -1}
	}
}

func sameArg(a, b planner.Arg) bool {
	return a.IsIn == b.IsIn && a.Value == b.Value && slices.Equal(a.List, b.List)
}

// fill fetches rows for this start and those to come. It returns false where
// the start is better a scan of its own.
func (c *cursor) fill(count bool) (bool, error) {
	n := c.inner
	if c.isEmpty() {
		return false, nil // there is nothing to ask
	}
	err := c.fetch(count)
	if err != nil {
		return false, fmt.Errorf("keeping the inner side of a join: %w", err)
	}
	if !n.store.serves(c.args) {
		n.spent += c.table.lookupCost(c.plan)
		return false, nil
	}
	return true, nil
}

// fetch reads the whole table or a batch, whatever will have cost less in the
// end, or nothing.
func (c *cursor) fetch(count bool) error {
	n := c.inner
	if n.source.cursor != nil && !n.source.holds(c.args) {
		n.wrong[n.source] = true
	}
	key := c.chooseKey()
	whole := c.table.wholeCost(c.plan, n.varies, key)
	if key >= 0 && c.table.rules.Without.Has(planner.RuleKeep) || n.tooBig || whole.rows > float64(c.table.conn.keptRows()) || c.plan.Limit > 0 && key < 0 {
		whole.cost = never
	}
	if key < 0 {
		// Each start reads the same rows, and SQLite sorts them out. Where
		// only their number matters, one call tells it.
		counts := count && c.plan.CountOnly && !slices.Contains(n.varies, true)
		if !counts && (n.starts > 1 || c.isNested()) {
			return c.fetchWhole(whole.cost, key)
		}
		return nil
	}
	var keys []planner.Value
	ahead, left := 1, 1.0
	switch {
	case c.table.rules.Without.Has(planner.RuleBatch):
	case n.source.cursor != nil:
		keys, ahead = c.keysAhead(key)
		left = n.source.cursor.rowsToCome()
	default:
		keys, left = c.toldKeys(key)
		ahead = max(len(keys), 1)
	}
	switch {
	case n.spent >= whole.cost, len(keys) > 0 && whole.cost <= c.batchCost(key, len(keys), ahead, left):
		return c.fetchWhole(whole.cost, key)
	case len(keys) == 0, n.alone, ahead == 1 && n.starts == 1:
		return nil
	}
	return c.fetchBatch(key, keys)
}

// chooseKey returns the term whose values come from outer rows, with its
// source where one is found; -1 where there is no such term.
func (c *cursor) chooseKey() int {
	n := c.inner
	best, bestRank := -1, -1
	var found source
	for i, t := range c.plan.Terms {
		if !c.table.isKey(t, c.args) || i != n.store.key && n.starts > 2 && !n.varies[i] {
			continue
		}
		s, rank := c.findSource(t)
		if s.cursor == nil {
			rank = 0
		}
		if rank > bestRank {
			best, bestRank, found = i, rank, s
		}
	}
	n.source = found
	c.guessVarying(best)
	return best
}

// guessVarying notes the terms beside the key whose values an outer row has,
// too: they come from there and will change with it.
func (c *cursor) guessVarying(key int) {
	for i, t := range c.plan.Terms {
		if i == key || t.Known != nil || t.Arg == 0 || t.In || c.inner.varies[i] || c.table.query != nil {
			continue
		}
		if _, rank := c.findSource(t); rank > 1 || rank == 1 && t.Op != planner.OpEQ {
			c.inner.vary(i)
		}
	}
}

// isKey reports whether rows can be found by the value of a term: an equality
// whose value comes with the start, and which Salesforce can be asked for.
func (t *table) isKey(term planner.Term, args []planner.Arg) bool {
	if t.query != nil || term.Op != planner.OpEQ || term.In || term.Arg == 0 || term.Known != nil {
		return false
	}
	v := args[term.Arg-1].Value
	if _, ok := hashKey(&t.rules.Table.Columns[term.Column], term.Collation, v); !ok {
		return false
	}
	return t.rules.Compare(term.Column, planner.OpEQ, v, term.Collation).Class != planner.Refused
}

// hashTerm returns a term by whose value kept rows can be found, though SOQL
// cannot be asked for it; -1 where there is none.
func (c *cursor) hashTerm() int {
	return slices.IndexFunc(c.plan.Terms, func(t planner.Term) bool {
		if t.Op != planner.OpEQ || t.In || t.Arg == 0 || t.Known != nil {
			return false
		}
		_, ok := hashKey(&c.table.rules.Table.Columns[t.Column], t.Collation, c.args[t.Arg-1].Value)
		return ok
	})
}

// constant returns the plan without the values that change from start to
// start, and with the key's column.
func (c *cursor) constant(key int) planner.Plan {
	p := *c.plan
	p.Terms, p.Limit, p.Offset, p.CountOnly, p.Groups, p.Extremes, p.Cut, p.First = nil, 0, 0, false, nil, nil, nil, nil
	for i, t := range c.plan.Terms {
		if i != key && !c.inner.varies[i] {
			p.Terms = append(p.Terms, t)
		}
	}
	if key >= 0 && !slices.Contains(p.Columns, c.plan.Terms[key].Column) {
		p.Columns = append(slices.Clone(p.Columns), c.plan.Terms[key].Column)
	}
	return p
}

// fetchWhole reads all rows that some start could want.
func (c *cursor) fetchWhole(cost float64, key int) error {
	n := c.inner
	if cost == never {
		return nil
	}
	if key < 0 {
		key = c.hashTerm()
	}
	p := c.constant(key)
	s := store{key: -1, whole: true, loaded: true}
	if key >= 0 {
		s.keyed(&c.table.rules.Table.Columns[c.plan.Terms[key].Column], c.plan.Terms[key], key)
	}
	rows, fits, err := c.read(&s, c.bind(&p, c.args, false))
	if err != nil {
		return err
	}
	n.spent += callCost + float64(rows)
	if n.tooBig = !fits; fits {
		n.store = s
	}
	return nil
}

// fetchBatch asks for the rows of many keys at once, for fewer where they are
// too many rows to keep.
func (c *cursor) fetchBatch(key int, keys []planner.Value) error {
	n, t := c.inner, c.plan.Terms[key]
	column := &c.table.rules.Table.Columns[t.Column]
	if n.most > 0 && len(keys) > n.most {
		keys = keys[:n.most]
	}
	for len(keys) > 0 {
		p := c.constant(key)
		p.Terms = append(p.Terms, planner.Term{
			Column: t.Column, Op: planner.OpEQ, Collation: t.Collation, In: true, Arg: len(c.args) + 1,
		})
		args := append(slices.Clone(c.args), planner.Arg{IsIn: true, List: keys})
		s := store{key: -1, loaded: true}
		s.keyed(column, t, key)
		rows, fits, err := c.read(&s, c.bind(&p, args, false))
		if err != nil {
			return err
		}
		n.spent += callCost + float64(rows)
		n.batch = batched{keys: float64(len(keys)), rows: float64(rows)}
		if fits {
			for _, k := range keys {
				s.asked(k)
			}
			n.store.merge(s, c.table.conn.keptRows())
			return nil
		}
		n.most = max(1, len(keys)/max(2, int(rows)/c.table.conn.keptRows()+1))
		if len(keys) == 1 {
			n.alone = true // the starts read their rows by themselves
			break
		}
		keys = keys[:n.most]
	}
	return nil
}

// read keeps the rows of a query. It gives up where they do not fit, at once
// if the server says so, and returns how many there are, as far as is known.
func (c *cursor) read(s *store, scan planner.Scan) (n int64, fits bool, err error) {
	s.columns, s.fetched, s.positions = scan.Columns, scan.Fetched, c.place(scan.Fetched)
	s.parents = c.paths
	if scan.Empty {
		return 0, true, nil
	}
	conn := c.table.conn
	rows, err := c.openRows(scan, true)
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	if rows.Total() > int64(conn.keptRows()) {
		return rows.Total(), false, nil
	}
	for rows.Next(conn.context()) {
		s.add(rows)
		if s.n > conn.keptRows() || s.size() > maxKeptSize {
			return max(rows.Total(), int64(s.n)), false, nil
		}
	}
	if err := rows.Err(); err != nil {
		return 0, false, err
	}
	s.hash()
	return int64(s.n), true, nil
}

// next moves to the next kept row.
func (n *inner) next() bool {
	n.at++
	if n.hits == nil {
		n.row = n.at
		return n.at < n.store.n
	}
	if n.at >= len(n.hits) {
		return false
	}
	n.row = int(n.hits[n.at])
	return true
}

// isKept reports whether a column's values can be hashed.
func isKept(c *planner.Column) bool {
	switch c.Kind {
	case soql.KindText, soql.KindDate, soql.KindDatetime, soql.KindInt, soql.KindReal, soql.KindBool:
		return !c.Blob
	}
	return false
}
