package emulator

import "sort"

// rowSet is the rows that a statement found, in the order in which it returns
// them. It is four bytes a row, so that a cursor over a million rows is cheap
// to keep.
type rowSet struct {
	rows []int32
	all  int // where rows is nil: the rows from 0 on
}

func (s *rowSet) len() int {
	if s.rows == nil {
		return s.all
	}
	return len(s.rows)
}

func (s *rowSet) at(i int) int {
	if s.rows == nil {
		return i
	}
	return int(s.rows[i])
}

func (s *rowSet) each(visit func(row int)) {
	for i := range s.len() {
		visit(s.at(i))
	}
}

// cut applies OFFSET and LIMIT.
func (s *rowSet) cut(offset, limit int) {
	offset = min(offset, s.len())
	if s.rows == nil && offset == 0 {
		s.all = min(s.all, limit)
		return
	}
	s.list()
	s.rows = s.rows[offset:]
	s.rows = s.rows[:min(limit, len(s.rows))]
}

// list makes the rows explicit.
func (s *rowSet) list() {
	if s.rows != nil {
		return
	}
	s.rows = make([]int32, s.all)
	for i := range s.rows {
		s.rows[i] = int32(i)
	}
}

// linkIndex finds the rows that hold a record id in a lookup.
type linkIndex struct {
	col  *linkColumn
	rows []int32 // by id, then by row
}

func newLinkIndex(col *linkColumn) *linkIndex {
	x := &linkIndex{col: col, rows: make([]int32, len(col.rows))}
	for i := range x.rows {
		x.rows[i] = int32(i)
	}
	sort.SliceStable(x.rows, func(i, j int) bool { return col.rows[x.rows[i]] < col.rows[x.rows[j]] })
	return x
}

func (x *linkIndex) appendRows(dst []int32, id recordID) []int32 {
	i := sort.Search(len(x.rows), func(i int) bool { return x.col.rows[x.rows[i]] >= id })
	for ; i < len(x.rows) && x.col.rows[x.rows[i]] == id; i++ {
		dst = append(dst, x.rows[i])
	}
	return dst
}
