package vtab

import (
	"math"
	"strconv"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// store holds rows of an inner scan, found by the value of one column.
type store struct {
	kept
	loaded bool
	whole  bool // all rows of the table are here, not only those of some keys

	key       int // position of the hashed term in the plan; -1 for none
	arg       int // where its value stands among the arguments
	column    *planner.Column
	tableCol  int
	collation string
	positions []int // of the table's columns in a row
	parents   parents
	index     map[string][]int32 // a key that was asked for is in it, also without rows
}

// keyed makes the store find rows by a term's value.
func (s *store) keyed(column *planner.Column, t planner.Term, key int) {
	s.key, s.arg, s.column, s.tableCol, s.collation = key, t.Arg-1, column, t.Column, t.Collation
	s.index = make(map[string][]int32)
}

// hash files all rows under their keys.
func (s *store) hash() {
	if s.key < 0 {
		return
	}
	pos := -1
	for i, col := range s.fetched {
		if col == s.tableCol {
			pos = i
		}
	}
	for row := range s.n {
		// A row without a key is equal to nothing.
		if k, ok := hashKey(s.column, s.collation, valueAt(&s.kept, row, pos, s.column.Kind)); ok {
			s.index[k] = append(s.index[k], int32(row))
		}
	}
}

// asked notes that all rows of a key are in the store.
func (s *store) asked(v planner.Value) {
	k, ok := hashKey(s.column, s.collation, v)
	if _, has := s.index[k]; ok && !has {
		s.index[k] = nil // asked for, without rows
	}
}

// serves reports whether the rows of a start are here.
func (s *store) serves(args []planner.Arg) bool {
	switch {
	case !s.loaded:
		return false
	case s.whole:
		return true
	}
	return s.has(args[s.arg].Value)
}

func (s *store) has(v planner.Value) bool {
	k, ok := hashKey(s.column, s.collation, v)
	if !ok {
		return false
	}
	_, asked := s.index[k]
	return asked
}

// find returns the rows that a start can want; nil means all of them.
func (s *store) find(args []planner.Arg) []int32 {
	if s.key < 0 {
		return nil
	}
	v := args[s.arg].Value
	k, ok := hashKey(s.column, s.collation, v)
	switch {
	case v.Null():
		return []int32{} // equal to nothing
	case !ok:
		return nil
	}
	if rows := s.index[k]; rows != nil {
		return rows
	}
	return []int32{}
}

// merge adds the rows of another batch. Where both are too many, or only one
// has parents beside its rows, the older rows go: the outer side has most
// likely passed them.
func (s *store) merge(b store, most int) {
	if !s.loaded || s.whole || s.key != b.key || len(s.columns) != len(b.columns) || s.n+b.n > most || s.size()+b.size() > maxKeptSize {
		*s = b
		return
	}
	first := int32(s.n)
	for k, rows := range b.index {
		moved := make([]int32, len(rows))
		for i, row := range rows {
			moved[i] = row + first
		}
		s.index[k] = moved
	}
	s.append(&b.kept)
}

// hashKey returns a text that is the same for all values that a comparison
// with a column calls equal. It returns false for values that are equal to
// nothing, and for those that it does not know how to compare.
func hashKey(c *planner.Column, collation string, v planner.Value) (string, bool) {
	switch c.Kind {
	case soql.KindText, soql.KindDate, soql.KindDatetime:
		if v.Kind != planner.TextValue || !canHash(c, collation) {
			return "", false
		}
		return planner.HashKey(collation, v.Text), true
	case soql.KindInt, soql.KindReal, soql.KindBool:
		return hashNumber(v)
	}
	return "", false
}

// canHash reports whether hashKey knows values that compare with a column.
func canHash(c *planner.Column, collation string) bool {
	switch c.Kind {
	case soql.KindText, soql.KindDate, soql.KindDatetime:
		return !c.Blob && planner.HashKnows(collation)
	}
	return isKept(c)
}

// hashNumber knows numbers that an INTEGER and a REAL column show alike.
func hashNumber(v planner.Value) (string, bool) {
	f := v.Real
	switch v.Kind {
	case planner.IntValue:
		f = float64(v.Int)
	case planner.RealValue:
	default:
		return "", false
	}
	if math.Abs(f) >= 1<<53 || math.IsNaN(f) {
		return "", false
	}
	if f == 0 {
		f = 0 // -0.0 is 0
	}
	return strconv.FormatFloat(f, 'g', -1, 64), true
}

// valueAt reads a value as a comparison sees it.
func valueAt(v values, row, pos int, kind soql.Kind) planner.Value {
	switch {
	case pos < 0 || v.Null(row, pos):
		return planner.Value{}
	case kind == soql.KindInt || kind == soql.KindBool:
		return planner.Value{Kind: planner.IntValue, Int: v.Int64(row, pos)}
	case kind == soql.KindReal:
		return planner.Value{Kind: planner.RealValue, Real: v.Float64(row, pos)}
	}
	return planner.Value{Kind: planner.TextValue, Text: string(v.Bytes(row, pos))}
}
