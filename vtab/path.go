package vtab

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
	"github.com/sfsql/sfsql/vtab/engine"
)

// A scan of children can read their parents along: SELECT Id, AccountId,
// Account.Id, Account.Name FROM Contact. A start of the inner scan of Account
// by that very AccountId is then answered from the child's row, without a
// call. Which parents are worth it is advice, from the joins that the
// statement's text has; the answer rests on the child's row alone.
//
// A path shows what FROM Account shows where the running user may see every
// record and deleted ones are left out: an Account.Id that is null means that
// there is no such account, Account.IsDeleted tells those in the recycle bin,
// and a start date is compared here. To a user who may not see everything a
// path can show the name of a record that FROM hides, so paths are for the
// others (Config.SeesAll).

// parents are where a row holds its parents, by the child's reference.
type parents map[int]*parent

type parent struct {
	table     *planner.Table
	positions []int // of the parent's columns in the child's row
	parents   parents
}

// paths plans which parents a scan reads along.
func (b *indexer) paths() {
	c := b.conn
	if b.query != nil || b.rules.Off || c.cfg.SeesAll == nil || len(b.plan.Columns) == 0 {
		return
	}
	if b.rules.Without.Has(planner.RulePath) && b.rules.Without.Has(planner.RulePathFilter) {
		return
	}
	joins := c.parentJoins()
	refs, certain := c.analysis.Refs(b.rules.Table)
	this := b.thisRef(refs, joins)
	for _, ref := range refs {
		if this != nil && ref != this {
			continue
		}
		only := certain && (len(refs) == 1 || ref == this)
		b.plan.Paths = mergePaths(b.plan.Paths, c.pathsOf(ref, joins, planner.MaxLevels, only))
		if only && !b.rules.Without.Has(planner.RulePathFilter) {
			b.plan.Across = ref.Across(b.rules.Table, c.reaches(ref, joins, nil))
		}
	}
	for i := range b.plan.Paths {
		p := &b.plan.Paths[i]
		if isKeyedBy(b.plan.Terms, p.Via) { // the parent is outside, and was chosen there
			p.Filters, p.Paths, p.Always = nil, nil, false
			b.plan.Across = slices.DeleteFunc(b.plan.Across, func(c *planner.Cond) bool { return c.StartsAt(p.Via) })
		}
		b.rows = c.narrowByParent(b.rows, p)
	}
	for _, cond := range b.plan.Across {
		b.rows *= cond.Selectivity()
		b.plan.Advised = slices.DeleteFunc(b.plan.Advised, func(c *planner.Cond) bool {
			return cond.SaysMore(c) && b.rules.Holds(c, true).Class == planner.Refused
		})
	}
}

// thisRef returns the reference that BestIndex speaks of, where a table is read
// at several places and it can be told: SQLite offers a condition on a lookup
// that the text names of one of them only. It returns nil where it cannot.
func (b *indexer) thisRef(refs []*planner.Ref, joins []planner.Parent) *planner.Ref {
	if len(refs) < 2 {
		return nil
	}
	for _, j := range joins {
		if !slices.Contains(refs, j.Child) || !b.conn.analysis.Only(j.Child, b.rules.Table.Columns[j.Via].Field.Name) {
			continue
		}
		offered := slices.ContainsFunc(b.info.Constraints, func(c engine.Constraint) bool { return c.Column == j.Via && c.Op == planner.OpEQ })
		if offered {
			return j.Child
		}
	}
	return nil
}

// isKeyedBy reports whether a column's value comes with each start.
func isKeyedBy(terms []planner.Term, col int) bool {
	return slices.ContainsFunc(terms, func(t planner.Term) bool {
		return t.Column == col && t.Op == planner.OpEQ && t.Arg > 0 && t.Known == nil
	})
}

// parentJoins returns the joins with parents that the statement's text has.
func (c *Schema) parentJoins() []planner.Parent {
	if c.joinsOf != c.analysis {
		c.joinsOf, c.joins = c.analysis, c.analysis.Parents(c.tableOf)
	}
	return c.joins
}

// pathsOf returns the paths from a reference of a table. Where that is the
// only one, its children can be left out by what the statement says of their
// parents.
func (c *Schema) pathsOf(ref *planner.Ref, joins []planner.Parent, levels int, only bool) []planner.Path {
	var out []planner.Path
	for _, j := range joins {
		if j.Child != ref || levels == 0 {
			continue
		}
		t := c.tableOf(j.Parent)
		p := planner.Path{Via: j.Via, Table: t.Object.Name}
		if !c.cfg.Without.Has(planner.RulePath) {
			p.Columns = t.Reads(c.heard(t))
		}
		always := only && c.isAlways(j)
		if always && !c.cfg.Without.Has(planner.RulePathFilter) {
			p.Filters, p.Always = j.Parent.Conditions(t), true
		}
		p.Paths = c.pathsOf(j.Parent, joins, levels-1, always)
		out = mergePaths(out, []planner.Path{p})
	}
	return out
}

// isAlways reports whether every row of the answer has the parent.
func (c *Schema) isAlways(j planner.Parent) bool {
	return j.Always && !j.Parent.Left && c.isOurs(c.tableOf(j.Parent))
}

// reaches returns the parents that every row of the answer has, and theirs.
func (c *Schema) reaches(ref *planner.Ref, joins []planner.Parent, via []int) []planner.Reach {
	var out []planner.Reach
	for _, j := range joins {
		if j.Child != ref || len(via) == planner.MaxLevels || !c.isAlways(j) {
			continue
		}
		at := append(slices.Clone(via), j.Via)
		out = append(out, planner.Reach{Ref: j.Parent, Table: c.tableOf(j.Parent), Via: at})
		out = append(out, c.reaches(j.Parent, joins, at)...)
	}
	return out
}

// across follows references from a table to a parent's.
func (c *Schema) across(t *planner.Table) func(via []int) (planner.Rules, []string, bool) {
	return func(via []int) (planner.Rules, []string, bool) {
		at := t
		var path []string
		for _, col := range via {
			if at == nil || col < 0 || col >= len(at.Columns) || len(at.Columns[col].Field.ReferenceTo) != 1 {
				return planner.Rules{}, nil, false
			}
			f := &at.Columns[col].Field
			path, at = append(path, f.RelationshipName), c.table(f.ReferenceTo[0])
		}
		if at == nil {
			return planner.Rules{}, nil, false
		}
		return c.rulesAtStart(at), path, true
	}
}

// mergePaths adds paths to others: what is read along for two references of a
// table is what one of them wants.
func mergePaths(paths, more []planner.Path) []planner.Path {
	for _, m := range more {
		i := slices.IndexFunc(paths, func(p planner.Path) bool { return p.Via == m.Via })
		if i < 0 {
			paths = append(paths, m)
			continue
		}
		p := &paths[i]
		for _, col := range m.Columns {
			if !slices.Contains(p.Columns, col) {
				p.Columns = append(p.Columns, col)
			}
		}
		p.Filters, p.Always = append(p.Filters, m.Filters...), p.Always || m.Always
		p.Paths = mergePaths(p.Paths, m.Paths)
	}
	return paths
}

// heard returns the columns of a table that the statement reads.
func (c *Schema) heard(t *planner.Table) []int {
	var out []int
	for name := range c.reads[strings.ToLower(t.Object.Name)] {
		if i := t.Column(name); i >= 0 {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// isOurs reports whether the name of a table means the sObject throughout the
// statement, and no local table.
func (c *Schema) isOurs(t *planner.Table) bool {
	return !c.readsLocal[strings.ToLower(t.Object.Name)]
}

// narrowByParent lowers the expected rows by what is asked of parents.
func (c *Schema) narrowByParent(rows float64, p *planner.Path) float64 {
	t := &table{conn: c, rules: c.rules(c.table(p.Table))}
	for _, f := range p.Filters {
		rows = t.narrowBy(rows, f)
	}
	for i := range p.Paths {
		rows = c.narrowByParent(rows, &p.Paths[i])
	}
	return rows
}

// isReadAlong reports whether scans of children bring the rows of a table.
func (c *Schema) isReadAlong(t *planner.Table) bool {
	return c.cfg.SeesAll != nil && !c.cfg.PushdownOff && !c.cfg.Without.Has(planner.RulePath) &&
		slices.ContainsFunc(c.parentJoins(), func(j planner.Parent) bool { return c.tableOf(j.Parent) == t })
}

// addPaths makes a query read parents along, and returns where they will be.
// A parent that an outer scan is reading already is not inside this one.
func (c *cursor) addPaths(s *planner.Scan) parents {
	conn := c.table.conn
	if len(c.plan.Paths) == 0 || s.Empty || len(s.Columns) == 0 || len(s.Query.GroupBy) > 0 || len(s.Fetched) != len(s.Columns) {
		return nil
	}
	if c.table.conn.columnsSize(nil, c.table.rules.Table, c.plan.Paths) > s.Room() {
		return nil
	}
	outer := slices.ContainsFunc(c.plan.Paths, func(p planner.Path) bool {
		return slices.ContainsFunc(conn.open, func(o *cursor) bool { return o != c && o.table.rules.Table == conn.table(p.Table) })
	})
	if outer || !conn.cfg.SeesAll(conn.context()) {
		return nil
	}
	own := len(s.Columns)
	out := conn.follow(s, nil, c.table.rules.Table, c.plan.Paths)
	for _, q := range s.Queries() {
		q.Select = slices.Clone(q.Select)
		for _, col := range s.Columns[own:] {
			q.Select = append(q.Select, soql.SelectItem{Expr: soql.NewField(col.Path...)})
		}
	}
	return out
}

// follow adds the columns of paths to a scan's.
func (c *Schema) follow(s *planner.Scan, prefix []string, child *planner.Table, paths []planner.Path) parents {
	var out parents
	for _, p := range paths {
		t := c.table(p.Table)
		if t == nil || p.Via >= len(child.Columns) || len(p.Columns) == 0 {
			continue
		}
		at := append(slices.Clone(prefix), child.Columns[p.Via].Field.RelationshipName)
		next := &parent{table: t, positions: slices.Repeat([]int{-1}, len(t.Columns))}
		for i, col := range planner.PathColumns(at, t, p.Columns) {
			next.positions[p.Columns[i]] = len(s.Columns)
			s.Columns = append(s.Columns, col)
		}
		next.parents = c.follow(s, at, t, p.Paths)
		if out == nil {
			out = parents{}
		}
		out[p.Via] = next
	}
	return out
}

// filterByParents leaves out children whose parents the statement does not
// want. SQLite checks the parents themselves.
func (c *cursor) filterByParents(s *planner.Scan) {
	if s.Empty || len(s.Columns) == 0 || len(s.Query.GroupBy) > 0 || s.Query.Limit != nil {
		return // the records of a join are never counted or cut
	}
	conn, t := c.table.conn, c.table.rules.Table
	where := append(conn.parentFilters(nil, t, c.plan.Paths), conn.acrossParents(t, c.plan)...)
	if len(where) > 0 {
		s.Narrow(where, conn.columnsSize(nil, t, c.plan.Paths))
	}
}

// acrossParents returns what is asked of a table's records and their parents
// together.
func (c *Schema) acrossParents(t *planner.Table, p *planner.Plan) []soql.Expr {
	var out []soql.Expr
	rules := c.rulesAtStart(t)
	rules.Across = c.across(t)
	for _, cond := range p.Across {
		if v := rules.Holds(cond, true); v.Class != planner.Refused && v.Expr != nil {
			out = append(out, v.Expr)
		}
	}
	return out
}

// columnsSize is how many characters of a statement the columns of paths take.
func (c *Schema) columnsSize(prefix []string, child *planner.Table, paths []planner.Path) int {
	s := planner.Scan{Query: &soql.Query{}}
	c.follow(&s, prefix, child, paths)
	n := 0
	for _, col := range s.Columns {
		n += len(soql.NewField(col.Path...).String()) + len(",")
	}
	return n
}

// parentFilters returns what is asked of parents, as conditions on paths.
func (c *Schema) parentFilters(prefix []string, child *planner.Table, paths []planner.Path) []soql.Expr {
	var out []soql.Expr
	for _, p := range paths {
		t := c.table(p.Table)
		if t == nil || p.Via >= len(child.Columns) {
			continue
		}
		via := &child.Columns[p.Via].Field
		at := append(slices.Clone(prefix), via.RelationshipName)
		if p.Always && via.Filterable {
			reference := soql.NewField(append(slices.Clone(prefix), via.Name)...)
			out = append(out, &soql.Comparison{Left: reference, Op: soql.NE, Value: soql.Null()})
		}
		rules := c.rulesAtStart(t)
		for _, f := range p.Filters {
			if v := rules.Holds(f, true); v.Class != planner.Refused && v.Expr != nil {
				if e := planner.Under(at, v.Expr); e != nil {
					out = append(out, e)
				}
			}
		}
		out = append(out, c.parentFilters(at, t, p.Paths)...)
	}
	return out
}

// along is the child's row that holds the current row of a scan. The child is
// the one that was really fetched: what stands between, a parent that was read
// along itself, may move on while that row stays.
type along struct {
	cursor *cursor // nil where the rows are the scan's own
	began  int64
	given  int64
	row    [1]int32
}

// startAlong answers a start by Id from the row of a child that is being read.
// It reports whether it could.
func (c *cursor) startAlong() bool {
	c.inner.along.cursor = nil
	id := c.table.rules.Table.ID()
	for _, t := range c.plan.Terms {
		if t.Column != id || id < 0 || !c.table.isKey(t, c.args) {
			continue
		}
		v := c.args[t.Arg-1].Value
		for _, o := range slices.Backward(c.table.conn.open) {
			if o == c || o.table.conn != c.table.conn || !o.isOpen() {
				continue
			}
			for via, p := range o.parents {
				if p.table == c.table.rules.Table && c.covers(p) && o.valueOf(via) == v {
					c.standOn(o, via, p, t.Arg-1)
					return true
				}
			}
		}
	}
	return false
}

// covers reports whether a path brings what the plan reads.
func (c *cursor) covers(p *parent) bool {
	return !slices.ContainsFunc(c.plan.Columns, func(col int) bool { return p.positions[col] < 0 })
}

// standOn makes the child's row the scan's only one, or finds that the table
// has no such record.
func (c *cursor) standOn(o *cursor, via int, p *parent, arg int) {
	n := c.inner
	view, row := o.current()
	if !p.shows(view, row) {
		c.eof = true
		return
	}
	n.source = source{o, via, arg}
	n.along = along{cursor: o, began: o.began, given: o.given, row: [1]int32{int32(row)}}
	if o.inner.along.cursor != nil {
		n.along = o.inner.along
	}
	n.serving, n.hits, n.at, n.row = true, n.along.row[:], 0, row
	c.view, c.positions, c.parents, c.eof = view, p.positions, p.parents, false
	c.given++
}

// shows reports whether the parent's table has the record that a row holds.
func (p *parent) shows(v values, row int) bool {
	if v.Null(row, p.positions[p.table.ID()]) {
		return false
	}
	if at := p.table.Column("IsDeleted"); at >= 0 && (v.Null(row, p.positions[at]) || v.Int64(row, p.positions[at]) != 0) {
		return false
	}
	at := p.table.BoundColumn()
	return at < 0 || !v.Null(row, p.positions[at]) && p.table.Reaches(v.Bytes(row, p.positions[at]))
}

// isGone reports whether the scan that fetched the row has left it.
func (a *along) isGone() bool {
	return a.cursor != nil && (a.cursor.began != a.began || a.cursor.given != a.given)
}

// moved is the error of reading a row that has gone with its child's.
func (n *inner) moved() error {
	if !n.along.isGone() {
		return nil
	}
	return fmt.Errorf("the row of %s that this one was read with is no longer there", n.along.cursor.table.name)
}
