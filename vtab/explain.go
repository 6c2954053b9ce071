package vtab

import (
	"math"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// Explainer explains the scans of one statement, in the order in which
// SQLite's plan has them. https://sqlite.org/eqp.html
type Explainer struct {
	conn  *Conn
	loops map[int64]*loops // by the line above them
}

// loops are scans nested in each other, as far as they were seen.
type loops struct {
	outer *loops  // those around a correlated subquery
	rows  float64 // rows that they give together; each may start what is inside
	any   bool
	along map[string]string // parents that come with a child, by their tables
}

// Explainer begins to explain a statement.
func (c *Conn) Explainer() *Explainer { return &Explainer{c, map[int64]*loops{}} }

func (x *Explainer) at(line int64) *loops {
	l := x.loops[line]
	if l == nil {
		l = &loops{rows: 1, along: map[string]string{}}
		x.loops[line] = l
	}
	return l
}

// Other notes a line that is no scan of ours: a subquery, or a loop over a
// local table.
func (x *Explainer) Other(id, parent int64, detail string) {
	around := x.at(parent)
	switch {
	case strings.HasPrefix(detail, "CORRELATED"):
		x.at(id).outer = around
	case strings.HasPrefix(detail, "SCAN "), strings.HasPrefix(detail, "SEARCH "):
		around.any = true
		around.rows *= localRows
	}
}

// localRows is how many rows a local table is taken for.
const localRows = 100

// Scan explains a scan from its encoded plan. It returns false for a text that
// is none.
func (x *Explainer) Scan(parent int64, encoded string) (planner.Explained, bool) {
	// SQLite marks the right side of an outer join behind the plan.
	p, err := planner.DecodePlan(strings.TrimSuffix(encoded, " LEFT-JOIN"))
	if err != nil {
		return planner.Explained{}, false
	}
	c := x.conn.schemaOf(p)
	if c == nil {
		return planner.Explained{}, false
	}
	d, ok := c.tables[strings.ToLower(p.Table)]
	if !ok {
		return planner.Explained{}, false
	}
	l := x.at(parent)
	starts, nested := l.starts()
	defer func() { l.any, l.rows = true, l.rows*math.Max(1, float64(p.Rows)) }()
	if d.query != nil {
		return planner.Explained{Schema: p.Schema, Table: c.label("soql('…')"), Query: d.query, Rows: p.Rows, Calls: -1, Note: "the statement's own query", Sample: d.query.String()}, true
	}
	t := &table{conn: c, rules: c.rulesAtStart(d.table)}
	e := t.rules.Explain(p)
	if nested { // a parent outside of the scan is not read along
		p.Paths = slices.DeleteFunc(p.Paths, func(path planner.Path) bool { return isKeyedBy(p.Terms, path.Via) })
	}
	if !e.Query.IsCount() {
		c.explainPaths(&e, d.table, p)
		t.explainSubs(&e, p)
	}
	c.nameKeys(e.Query.Where, d.table)
	if child := l.child(p.Name()); e.Keyed && nested && child != "" {
		e.Calls, e.Note = 0, "read along with "+child
	} else if nested && !e.Empty {
		t.explainInner(&e, p, starts)
	}
	if c.readsAlong(p) {
		for _, path := range p.Paths {
			l.along[strings.ToLower(c.label(path.Table))] = p.Name()
		}
	}
	t.sample(&e)
	return e, true
}

// schemaOf returns the schema that a plan is for, nil where it is gone.
func (c *Conn) schemaOf(p *planner.Plan) *Schema {
	if p.Schema != "" || len(c.schemas) == 0 {
		return c.Schema(p.Schema)
	}
	return c.schemas[0]
}

// sample prints what can be asked about before the scan starts.
func (t *table) sample(e *planner.Explained) {
	q := *e.Query
	if e.Limited {
		q.Limit = &e.Rows
	}
	e.Sample, e.Sampled = t.rules.Sample(&q)
}

// readsAlong reports whether a scan reads parents along.
func (c *Schema) readsAlong(p *planner.Plan) bool {
	return len(p.Paths) > 0 && c.cfg.SeesAll != nil && c.cfg.SeesAll(c.context())
}

// starts is how often what is inside the loops is started.
func (l *loops) starts() (n float64, nested bool) {
	n, nested = l.rows, l.any
	if l.outer != nil {
		around, _ := l.outer.starts()
		n, nested = n*around, true
	}
	return n, nested
}

func (l *loops) child(table string) string {
	for ; l != nil; l = l.outer {
		if child := l.along[strings.ToLower(table)]; child != "" {
			return child
		}
	}
	return ""
}

// explainPaths adds the parents that a scan reads along, and what it asks of
// them.
func (c *Schema) explainPaths(e *planner.Explained, t *planner.Table, p *planner.Plan) {
	s := planner.Scan{Query: e.Query, Columns: []soql.Column{{}}}
	scan := &cursor{table: &table{conn: c, rules: c.rules(t)}, plan: p}
	scan.filterByParents(&s)
	for _, asked := range c.acrossParents(t, p) {
		e.Terms = append(e.Terms, "sent, checked again by SQLite: "+asked.String()+" (it speaks of parents, too)")
	}
	if !c.readsAlong(p) {
		return
	}
	c.follow(&s, nil, t, p.Paths)
	for _, col := range s.Columns[1:] {
		e.Query.Select = append(e.Query.Select, soql.SelectItem{Expr: soql.NewField(col.Path...)})
	}
}

// explainInner says what all starts of an inner scan cost together.
func (t *table) explainInner(e *planner.Explained, p *planner.Plan, starts float64) {
	varies := make([]bool, len(p.Terms))
	key := -1
	for i, term := range p.Terms {
		varies[i] = term.Known == nil && term.Arg > 0
		if varies[i] && key < 0 && term.Reason == "" && term.Op == planner.OpEQ && !term.In && canHash(&t.rules.Table.Columns[term.Column], term.Collation) {
			key = i
		}
	}
	whole := t.wholeCost(p, varies, key)
	if key >= 0 {
		all := t.expectedRows()
		distinct := t.distinct(p.Terms[key].Column, all)
		rows := math.Ceil(math.Min(starts, distinct) * whole.rows / distinct)
		calls := math.Max(math.Ceil(starts/pageRows), math.Ceil(rows/pageRows))
		if callCost*calls+rows < whole.cost || whole.rows > float64(t.conn.keptRows()) {
			e.Calls, e.Rows = int64(calls), int64(math.Max(rows, 1))
			e.Note = joinNotes(e.Note, "the keys of outer rows are asked for together, a page at a time")
			return
		}
	}
	if whole.rows > float64(t.conn.keptRows()) {
		e.Calls = int64(math.Ceil(starts * math.Ceil(float64(max(p.Rows, 1))/pageRows)))
		e.Note = joinNotes(e.Note, "started for each outer row: the table is too large to be kept")
		return
	}
	e.Calls, e.Rows = int64(math.Ceil(whole.rows/pageRows)), int64(whole.rows)
	e.Note = joinNotes(e.Note, "read once and kept for all outer rows")
}

func joinNotes(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// nameKeys shows which outer column a value comes from, where the text tells.
func (c *Schema) nameKeys(e soql.Expr, t *planner.Table) {
	soql.Walk(e, func(e soql.Expr) bool {
		cmp, ok := e.(*soql.Comparison)
		if !ok || cmp.Value.Text != ":value" {
			return true
		}
		if f, ok := cmp.Left.(*soql.Field); ok {
			if name := c.analysis.Other(t, f.Path[0]); name != "" {
				cmp.Value.Text = ":" + name
			}
		}
		return true
	})
}

// Explain explains a scan by itself.
func (c *Conn) Explain(encoded string) (planner.Explained, bool) {
	return c.Explainer().Scan(0, encoded)
}
