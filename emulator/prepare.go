package emulator

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// The caps of one statement that are not its grammar's.
const (
	maxLevels        = 5   // of objects, the root's among them
	maxSubqueries    = 20  // of a statement
	maxRelationships = 55  // to parents, of a statement
	maxAliases       = 100 // of an aggregate query
	maxFieldsLimit   = 200 // rows under FIELDS(ALL) and FIELDS(CUSTOM)
)

// limits counts what a statement may have only so many of. A nil one counts
// nothing: it is for what the API itself asks.
type limits struct {
	levels     int // the deepest subquery, 1 where there is none
	subqueries int
	parents    map[string]bool // paths of relationships
	formulas   int
}

func newLimits() *limits { return &limits{levels: 1, parents: map[string]bool{}} }

// subquery counts a child subquery at a level.
func (l *limits) subquery(level int) error {
	l.levels = max(l.levels, level)
	if level > maxLevels {
		return tooDeep(maxLevels - 1)
	}
	if l.subqueries++; l.subqueries > maxSubqueries {
		return malformed("SOQL statements cannot query more than %d aggregate relationships", maxSubqueries)
	}
	return nil
}

func tooDeep(levels int) error {
	return malformed("SOQL statements cannot query aggregate relationships more than %d level away from the root entity object.", levels)
}

// parent counts a path of relationships, each of its beginnings once.
func (l *limits) parent(place string, path []string) error {
	if l == nil {
		return nil
	}
	for i := range path {
		l.parents[place+":"+strings.ToLower(strings.Join(path[:i+1], "."))] = true
	}
	if len(l.parents) > maxRelationships {
		return malformed("SOQL statements cannot query more than %d parent relationships", maxRelationships)
	}
	return nil
}

// field counts a field that is named.
func (l *limits) field(f *Field) {
	if l != nil && f.Calculated {
		l.formulas++
	}
}

// versionOfLevels is the first API version that answers subqueries within
// subqueries.
const versionOfLevels = 58

// checkLevels refuses what only newer versions of the API answer.
func (c *call) checkLevels(levels int) error {
	number, _, _ := strings.Cut(c.root[strings.LastIndexByte(c.root, 'v')+1:], ".")
	if version, err := strconv.Atoi(number); err == nil && version < versionOfLevels && levels > 2 {
		return tooDeep(1)
	}
	return nil
}

// prepare applies what stands in none of the clauses that rows are found by:
// it checks, and turns FIELDS() and USING SCOPE into what they stand for.
func (c *compiler) prepare(q *soql.Query) error {
	if q.AllRows {
		return malformed("ALL ROWS not allowed in this context")
	}
	if q.Offset != nil && *q.Offset > maxOffset {
		return fail(http.StatusBadRequest, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is %d", maxOffset)
	}
	if err := c.checkCategories(q); err != nil {
		return err
	}
	if err := c.relate(q); err != nil {
		return err
	}
	if err := c.expand(q); err != nil {
		return err
	}
	if c.obj.rule != nil {
		if err := c.obj.rule(c, q); err != nil {
			return err
		}
	}
	return c.applyScope(q)
}

// checkCategories refuses filters by data category: they are for articles, and
// the org has set up no categories.
func (c *compiler) checkCategories(q *soql.Query) error {
	if q.With == nil || len(q.With.Categories) == 0 {
		return nil
	}
	if !strings.HasSuffix(c.obj.Name, "__kav") {
		return c.failAt(q.With.Pos, "MALFORMED_QUERY", "data category filters are for articles only, not for %s", c.obj.Name)
	}
	first := q.With.Categories[0]
	return c.failAt(first.Pos, "MALFORMED_QUERY", "there is no data category group %s", first.Group)
}

// relate notes the aliases of the relationships that FROM names after a comma.
func (c *compiler) relate(q *soql.Query) error {
	for _, r := range q.Related {
		path := c.ownPath(r.Path)
		if len(path) == len(r.Path) && c.related[strings.ToLower(r.Path[0])] == nil {
			return noSuchFrom(c.statement, r.Pos, strings.Join(r.Path, "."))
		}
		climbed := &route{table: c.org.table(c.obj)}
		for _, name := range path {
			if err := c.climb(climbed, name, &soql.Field{Path: r.Path, Pos: r.Pos}); err != nil {
				return err
			}
		}
		if c.related == nil {
			c.related = map[string][]string{}
		}
		if r.Alias != "" {
			c.related[strings.ToLower(r.Alias)] = path
		}
	}
	return nil
}

// expand replaces FIELDS() by the fields.
func (c *compiler) expand(q *soql.Query) error {
	var items []soql.SelectItem
	for i, item := range q.Select {
		set, ok := item.Expr.(*soql.FieldSet)
		if !ok {
			if items != nil {
				items = append(items, item)
			}
			continue
		}
		if set.Name != "STANDARD" && !c.bounded(q) {
			return malformed("The SOQL FIELDS function must have a LIMIT of at most %d", maxFieldsLimit)
		}
		if items == nil {
			items = append(make([]soql.SelectItem, 0, len(c.obj.Fields)), q.Select[:i]...)
		}
		for j := range c.obj.Fields {
			name := c.obj.Fields[j].Name
			custom := strings.HasSuffix(name, "__c") || strings.HasSuffix(name, "__s")
			if set.Name == "ALL" || custom == (set.Name == "CUSTOM") {
				items = append(items, soql.SelectItem{Expr: &soql.Field{Path: []string{name}, Pos: set.Pos}, Pos: set.Pos})
			}
		}
	}
	if items != nil {
		q.Select = items
	}
	return nil
}

// bounded reports whether a statement asks for few enough records to see all
// their fields: by LIMIT or by ids.
func (c *compiler) bounded(q *soql.Query) bool {
	if q.Limit != nil && *q.Limit <= maxFieldsLimit {
		return true
	}
	ids, ok := c.pins(q, "Id")
	return ok && len(ids) <= maxFieldsLimit
}

// equalTo returns the values that a condition allows a field, where it is an =
// or an IN.
func (c *compiler) equalTo(e soql.Expr, field string) ([]soql.Literal, bool) {
	is := func(o soql.Operand) bool {
		return strings.EqualFold(strings.Join(c.ownPath(fieldPath(o)), "."), field)
	}
	switch e := e.(type) {
	case *soql.Comparison:
		return []soql.Literal{e.Value}, e.Op == soql.EQ && is(e.Left)
	case *soql.In:
		return e.Values, !e.Not && e.Sub == nil && is(e.Left)
	}
	return nil, false
}

// applyScope adds the condition that USING SCOPE stands for. Without teams,
// queues that the user is in, and scoping rules only two of them remain.
func (c *compiler) applyScope(q *soql.Query) error {
	if q.Scope == "" {
		return nil
	}
	known := false
	for _, s := range scopes(c.obj) {
		known = known || s.Name == q.Scope
	}
	switch {
	case !known:
		return malformed("scope '%s' is not supported for entity '%s'", q.Scope, c.obj.Name)
	case q.Scope == "mine" || q.Scope == "team":
		q.Where = soql.And(&soql.Comparison{
			Left: soql.NewField("OwnerId"), Value: soql.String(string(appendID18(nil, "005", 0))),
		}, q.Where)
	}
	return nil
}

// tooLarge answers statements beyond the size that the API reads.
func tooLarge(statement string) error {
	units := 0
	for _, r := range statement {
		units++
		if r > 0xffff {
			units++
		}
	}
	if units > soql.MaxStatement {
		return malformed("SOQL statements can not be longer than %d characters", soql.MaxStatement)
	}
	return nil
}

// spend stops a statement that a switch makes too expensive.
func (c *compiler) spend(rows int) error {
	switch {
	case c.quirks.MostFormulas > 0 && c.limits.formulas > c.quirks.MostFormulas:
		return fail(http.StatusBadRequest, "QUERY_TOO_COMPLICATED",
			"Query is either selecting too many fields or the filter conditions are too complicated.")
	case c.quirks.MostRows > 0 && rows > c.quirks.MostRows:
		return fail(http.StatusBadRequest, "QUERY_TIMEOUT", "Your query request was running for too long.")
	}
	return nil
}
