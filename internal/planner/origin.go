package planner

import "strings"

// Origin is where values come from that SQLite hands to a scan as keys and that
// no open scan shows: a column of a local table, or one that a subquery in
// FROM or a CTE has read already and passes on.
type Origin struct {
	Ref    *Ref
	Column string
	// Read says that the column is read within a subquery.
	Read bool
	// Sorted says that the subquery gives the values in their order rather than
	// in the order in which they were read.
	Sorted bool
}

// fromQuery is a subquery in FROM, or a CTE that is read there.
type fromQuery struct {
	name string // what stands before a column
	body *body
}

// body is the text of a subquery.
type body struct {
	first   *Select  // the others of a compound are behind it; nil where it could not be read
	columns []string // the names that a CTE gives its columns; nil for none
}

// selected is one of the things that a SELECT gives.
type selected struct {
	name Name   // the column, where it is one alone; of a star what stands before it
	as   string // its name for those around
	star bool
}

// Bounds of the search for origins.
const (
	maxOrigins     = 32
	maxOriginSteps = 1000
	maxOriginDepth = 16
)

// Passed returns the columns whose values a subquery passes on to an equality
// with something else: they may become the keys of a scan.
func (a *Analysis) Passed() []Origin {
	if a == nil {
		return nil
	}
	f := originFinder{left: maxOriginSteps}
	for _, s := range a.Selects {
		for _, e := range s.Edges {
			f.passed(s, e.A)
			f.passed(s, e.B)
		}
	}
	return f.found
}

// KeyOrigins returns where the values come from that a statement compares with a
// column of a table, apart from scans that are open. tables returns the table
// that a reference may mean, or nil.
func (a *Analysis) KeyOrigins(t *Table, col int, tables func(*Ref) *Table) []Origin {
	refs, _ := a.Refs(t)
	has := func(name string) bool { return t.Column(name) >= 0 }
	f := originFinder{left: maxOriginSteps}
	for _, ref := range refs {
		for _, e := range ref.Select.Edges {
			for _, pair := range [][2]Name{{e.A, e.B}, {e.B, e.A}} {
				if !ref.Select.means(ref, pair[0], has) || t.Column(pair[0].Column) != col {
					continue
				}
				f.local(ref.Select, pair[1], tables)
				f.passed(ref.Select, pair[1])
			}
		}
	}
	return f.found
}

type originFinder struct {
	found []Origin
	left  int // steps
}

func (f *originFinder) add(o Origin) {
	for _, g := range f.found {
		if g == o {
			return
		}
	}
	if len(f.found) < maxOrigins {
		f.found = append(f.found, o)
	}
}

// local adds the column of a local table that a name speaks of.
func (f *originFinder) local(s *Select, n Name, tables func(*Ref) *Table) {
	for _, r := range s.Refs {
		if n.Table != "" && strings.EqualFold(r.Name, n.Table) && r.Schema == "" && tables(r) == nil {
			f.add(Origin{Ref: r, Column: n.Column})
			return
		}
	}
}

// passed adds what stands behind the column of a subquery in FROM, of this
// SELECT or of one around it.
func (f *originFinder) passed(s *Select, n Name) {
	for ; s != nil; s = s.Outer {
		f.derived(s, n, false, 0)
	}
}

func (f *originFinder) derived(s *Select, n Name, sorted bool, depth int) {
	for _, d := range s.derived {
		if n.Table == "" || strings.EqualFold(d.name, n.Table) {
			f.body(d.body, n.Column, sorted, depth)
		}
	}
}

func (f *originFinder) body(b *body, column string, sorted bool, depth int) {
	if f.left--; f.left < 0 || depth > maxOriginDepth || b.first == nil {
		return
	}
	at, named := b.position(column)
	for _, s := range append([]*Select{b.first}, b.first.arms...) {
		sorted := sorted || b.first.sorts || s.shape.grouped
		for i, item := range s.shape.selected {
			switch {
			case item.star && !named:
				f.read(s, Name{item.name.Table, column}, sorted, depth)
			case item.star:
				return // who knows which column it is
			case i == at:
				f.read(s, item.name, sorted, depth)
			}
		}
	}
}

// position returns which of the things that are selected has a name, -1 for
// none, and whether it is the body that names them.
func (b *body) position(column string) (at int, named bool) {
	for i, c := range b.columns {
		if strings.EqualFold(c, column) {
			return i, true
		}
	}
	for i, item := range b.first.shape.selected {
		if !item.star && strings.EqualFold(item.as, column) {
			return i, false
		}
	}
	return -1, b.columns != nil
}

// read adds the column that a name means where it is selected.
func (f *originFinder) read(s *Select, n Name, sorted bool, depth int) {
	if n.Column == "" {
		return
	}
	for _, r := range s.Refs {
		if n.Table == "" || strings.EqualFold(r.Name, n.Table) {
			f.add(Origin{Ref: r, Column: n.Column, Read: true, Sorted: sorted})
		}
	}
	f.derived(s, n, sorted, depth+1)
}

// selected reads what a SELECT gives.
func (r *reader) selected(i, end int) []selected {
	var out []selected
	for i < end {
		to := i
		for to < end && !r.tokens[to].symbol(",") {
			to = r.next(to)
		}
		out = append(out, r.oneSelected(i, min(to, end)))
		i = to + 1
	}
	return out
}

func (r *reader) oneSelected(i, end int) (s selected) {
	for i < end && (isName(r.tokens[i]) || r.tokens[i].symbol("*")) && r.tokens[i].Kind != StringToken {
		if r.tokens[i].symbol("*") {
			s.star = true
			return s
		}
		s.as = r.tokens[i].Name()
		if i+1 >= end || !r.tokens[i+1].symbol(".") {
			s.name.Column = s.as
			i++
			break
		}
		s.name.Table = s.as
		i += 2
	}
	if i == end {
		return s
	}
	as, next := r.alias(i, end)
	if as != "" && next == end {
		s.as = as
		return s
	}
	return selected{}
}
