package planner

import (
	"github.com/sfsql/sfsql/soql"
)

// Part is a query of a scan that takes several, one after the other.
type Part struct {
	Query *soql.Query
	// Keys are the values of the scan's Split column that belong to this part,
	// as HashKey writes them; nil where the query lets no others through.
	Keys map[string]bool
}

// longList is an IN too long for one statement.
type longList struct {
	in        *soql.In
	column    int
	collation string
}

// listOf returns an IN list that may be split: one that is nothing else.
func listOf(e soql.Expr, t Term) *longList {
	in, ok := e.(*soql.In)
	if !ok || in.Not || in.Sub != nil {
		return nil
	}
	return &longList{in, t.Column, t.Collation}
}

// split makes parts of a scan that hold a long list piece by piece. A record
// must come in one of them only. Where Salesforce calls more texts equal than
// SQLite does, a record may match two parts: it belongs to the one that holds
// its value, as SQLite compares. It returns false where reading the table
// without the list costs fewer calls.
func (r Rules) split(s *Scan, l *longList, room int) bool {
	c := &r.Table.Columns[l.column]
	folds := c.Kind == soql.KindText && c.Field.Type != "id" && c.Field.Type != "reference"
	if r.Without.Has(RuleSplit) || folds && !HashKnows(l.collation) || len(s.Query.OrderBy) > 0 {
		return false
	}
	pieces := l.pieces(room, folds)
	if len(pieces) == 0 || len(pieces) > r.maxParts() {
		return false
	}
	for _, values := range pieces {
		q := *s.Query
		q.Where = soql.And(&soql.In{Left: l.in.Left, Values: values}, s.Query.Where)
		part := Part{Query: &q}
		if folds {
			part.Keys = make(map[string]bool, len(values))
			for _, v := range values {
				part.Keys[HashKey(l.collation, v.Text)] = true
			}
		}
		s.Parts = append(s.Parts, part)
	}
	s.Split, s.Collation, s.Query = l.column, l.collation, s.Parts[0].Query
	return true
}

func (r Rules) maxParts() int {
	if r.MaxParts > 0 {
		return r.MaxParts
	}
	return 64
}

// pieces cuts a list into pieces of a length. Values that SQLite calls equal
// stay together.
func (l *longList) pieces(room int, folds bool) [][]soql.Literal {
	groups := map[string][]soql.Literal{}
	var order []string
	for _, v := range l.in.Values {
		key := v.String()
		if folds {
			key = HashKey(l.collation, v.Text)
		}
		if _, seen := groups[key]; !seen {
			order = append(order, key)
		} else if !folds {
			continue
		}
		groups[key] = append(groups[key], v)
	}
	var out [][]soql.Literal
	size := room
	for _, key := range order {
		n := 0
		for _, v := range groups[key] {
			n += len(v.String()) + 1
		}
		if n > room {
			return nil
		}
		if size+n > room {
			out, size = append(out, nil), 0
		}
		out[len(out)-1] = append(out[len(out)-1], groups[key]...)
		size += n
	}
	return out
}
