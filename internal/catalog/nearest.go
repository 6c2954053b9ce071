package catalog

import (
	"slices"
	"strings"
)

// Nearest returns up to n names of queryable sObjects that a misspelt one may
// stand for, best first. It asks for nothing: before the first lookup it knows
// no names.
func (c *Catalog) Nearest(name string, n int) []string {
	g, ok := c.global.peek()
	if !ok {
		return nil
	}
	var names []string
	for _, s := range g.list {
		if s.Queryable {
			names = append(names, s.Name)
		}
	}
	return Near(name, names, n)
}

// Near returns up to n of the candidates that a misspelt name may stand for,
// best first: those that differ by a third of its letters at most, and by no
// more than three. A forgotten __c is no difference worth counting.
func Near(name string, candidates []string, n int) []string {
	type near struct {
		name     string
		distance int
	}
	want := fold(name)
	limit := min(max(len([]rune(want))/3, 1), 3)
	var found []near
	for _, candidate := range candidates {
		have := fold(candidate)
		d := distance(want, have)
		if bare, custom := strings.CutSuffix(have, "__c"); custom {
			d = min(d, distance(want, bare))
		}
		if d <= limit {
			found = append(found, near{candidate, d})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return strings.Compare(a.name, b.name)
	})
	var names []string
	for _, f := range found[:min(n, len(found))] {
		names = append(names, f.name)
	}
	return names
}

// distance counts the letters to insert, delete, replace, or swap with their
// neighbour that turn a into b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	// Three rows of the usual table: the row before the last is for swaps.
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(s); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(t)]
}
