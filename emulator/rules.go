package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// rule is what an object asks of the statements that read it.
type rule func(c *compiler, q *soql.Query) error

// terms returns the conditions that WHERE joins by AND.
func terms(q *soql.Query) []soql.Expr {
	if l, ok := q.Where.(*soql.Logical); ok && !l.Or {
		return l.Terms
	}
	if q.Where == nil {
		return nil
	}
	return []soql.Expr{q.Where}
}

// pins reports whether WHERE allows only given values of a field.
func (c *compiler) pins(q *soql.Query, field string) (values []soql.Literal, ok bool) {
	for _, term := range terms(q) {
		if values, ok := c.equalTo(term, field); ok {
			return values, true
		}
	}
	return nil, false
}

// needs makes a rule that wants one of some fields pinned. Children are pinned
// by their parent.
func needs(message string, fields ...string) rule {
	return func(c *compiler, q *soql.Query) error {
		if c.level > 1 {
			return nil
		}
		for _, field := range fields {
			if _, ok := c.pins(q, field); ok {
				return nil
			}
		}
		return malformed("%s", message)
	}
}

// reified is the rule of objects whose rows are made for each statement.
func reified(object string, fields ...string) rule {
	return needs(object+": a filter on a reified column is required ["+strings.Join(fields, ",")+"]", fields...)
}

// accessRule is the rule of UserRecordAccess.
func accessRule(c *compiler, q *soql.Query) error {
	users, byUser := c.pins(q, "UserId")
	records, byRecord := c.pins(q, "RecordId")
	switch {
	case !byUser || !byRecord || len(users) != 1:
		return malformed("Can only query UserRecordAccess by UserId and RecordId")
	case len(records) > maxAccessIDs:
		return fail(http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "UserRecordAccess takes at most %d values of RecordId", maxAccessIDs)
	}
	return nil
}

const maxAccessIDs = 200

// metadataRule is the rule of custom metadata types.
func metadataRule(c *compiler, q *soql.Query) error {
	if q.IsAggregate() {
		return malformed("custom metadata types do not support aggregate functions and GROUP BY")
	}
	for _, o := range q.OrderBy {
		if path := c.ownPath(fieldPath(o.Expr)); len(path) > 1 {
			return malformed("custom metadata types are ordered by their own fields only, not by %s", o.Expr)
		}
	}
	var err error
	soql.Walk(q.Where, func(e soql.Expr) bool {
		if l, ok := e.(*soql.Logical); ok && l.Or && !c.sameField(l) {
			err = malformed("Disjunctions not supported")
		}
		return err == nil
	})
	return err
}

// sameField reports whether all comparisons below a condition are of one field.
func (c *compiler) sameField(e soql.Expr) bool {
	seen := map[string]bool{}
	soql.Walk(e, func(e soql.Expr) bool {
		if left := leftOf(e); left != nil {
			seen[strings.ToLower(strings.Join(c.ownPath(fieldPath(left)), "."))] = true
		}
		return true
	})
	return len(seen) == 1
}

// leftOf returns what a comparison compares, nil for AND, OR and NOT.
func leftOf(e soql.Expr) soql.Operand {
	switch e := e.(type) {
	case *soql.Comparison:
		return e.Left
	case *soql.In:
		return e.Left
	case *soql.Includes:
		return e.Left
	}
	return nil
}

// bigObject makes the rule of a big object: WHERE compares the fields of its
// index from the first on, all by = but the last.
func bigObject(index ...string) rule {
	return func(c *compiler, q *soql.Query) error {
		if q.IsAggregate() || q.IsCount() || len(q.OrderBy) > 0 || q.Offset != nil {
			return bigRefusal("aggregates, ORDER BY and OFFSET are not supported")
		}
		given := terms(q)
		if len(given) > len(index) {
			return bigRefusal("filters are on the index only")
		}
		for _, field := range index[:len(given)] {
			if !slices.ContainsFunc(given, func(e soql.Expr) bool { return c.isOn(e, field) }) {
				return bigRefusal("filters are on the first fields of the index, without a gap; missing " + field)
			}
		}
		for i, field := range index[:len(given)] {
			for _, e := range given {
				if c.isOn(e, field) && !scannable(e, i == len(given)-1) {
					return bigRefusal("fields before the last take = only, the last one also <, >, <=, >= and IN")
				}
			}
		}
		return nil
	}
}

func bigRefusal(why string) error { return malformed("Big object query: %s", why) }

// isOn reports whether a condition is of a field of the object itself.
func (c *compiler) isOn(e soql.Expr, field string) bool {
	path := c.ownPath(fieldPath(leftOf(e)))
	return len(path) == 1 && strings.EqualFold(path[0], field)
}

// scannable reports whether an index can serve a condition.
func scannable(e soql.Expr, last bool) bool {
	switch e := e.(type) {
	case *soql.Comparison:
		return e.Op == soql.EQ || last && e.Op != soql.NE && e.Op != soql.LIKE
	case *soql.In:
		return last && !e.Not && e.Sub == nil
	}
	return false
}

// maxJoins is how many relationships to parents a statement may name below an
// external object.
const maxJoins = 4

// join counts a path of relationships from the object of the statement.
func (c *compiler) join(path []string) error {
	if err := c.limits.parent(c.place, path); err != nil || c.limits == nil || !strings.HasSuffix(c.obj.Name, "__x") {
		return err
	}
	joins := 0
	for parent := range c.limits.parents {
		if strings.HasPrefix(parent, c.place+":") {
			joins++
		}
	}
	if joins > maxJoins {
		return externalRefusal(fmt.Sprintf("a statement with more than %d joins", maxJoins))
	}
	return nil
}

func externalRefusal(what string) error {
	return fail(http.StatusBadRequest, "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", "%s is not supported on external objects", what)
}

// externalRule is the rule of external objects.
func externalRule(c *compiler, q *soql.Query) error {
	if q.IsAggregate() {
		return externalRefusal("aggregation")
	}
	var err error
	soql.Walk(q.Where, func(e soql.Expr) bool {
		switch e := e.(type) {
		case *soql.Includes:
			err = externalRefusal("INCLUDES")
		case *soql.Comparison:
			if e.Op == soql.LIKE {
				err = externalRefusal("LIKE")
			}
		}
		return err == nil
	})
	return err
}
