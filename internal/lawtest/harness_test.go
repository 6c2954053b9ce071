package lawtest

import (
	"errors"
	"strings"
	"testing"
)

// TestDifferSeesDifferences: a judge that says yes to everything would let
// every bug pass.
func TestDifferSeesDifferences(t *testing.T) {
	rows := func(values ...any) answer {
		a := answer{columns: []string{"x"}}
		for _, v := range values {
			a.rows = append(a.rows, []any{v})
		}
		return a
	}
	failed := answer{err: errors.New("no")}
	for _, c := range []struct {
		name          string
		mode          mode
		got, want     answer
		limit, offset int
		differ        bool
	}{
		{name: "same", got: rows(int64(1), "a"), want: rows(int64(1), "a")},
		{name: "order is open", got: rows(int64(1), int64(2)), want: rows(int64(2), int64(1))},
		{name: "order counts", mode: nosort, got: rows(int64(1), int64(2)), want: rows(int64(2), int64(1)), differ: true},
		{name: "one too many", got: rows(int64(1), int64(1)), want: rows(int64(1)), differ: true},
		{name: "one too few", got: rows(int64(1)), want: rows(int64(1), int64(1)), differ: true},
		{name: "storage class", got: rows(int64(1)), want: rows(1.0), differ: true},
		{name: "text and blob", got: rows("a"), want: rows([]byte("a")), differ: true},
		{name: "null and empty", got: rows(nil), want: rows(""), differ: true},
		{name: "last bit", got: rows(0.1), want: rows(0.10000000000000002), differ: true},
		{name: "last bit of a sum", mode: sums, got: rows(0.1), want: rows(0.10000000000000002)},
		{name: "another sum", mode: sums, got: rows(0.1), want: rows(0.1001), differ: true},
		{name: "sign of zero", got: rows(0.0), want: rows(negativeZero), differ: true},
		{name: "names", got: answer{columns: []string{"x"}}, want: answer{columns: []string{"y"}}, differ: true},
		{name: "any part", mode: limited, got: rows("b"), want: rows("a", "b", "c"), limit: 1},
		{name: "a part too small", mode: limited, got: rows("b"), want: rows("a", "b", "c"), limit: 2, differ: true},
		{name: "a strange part", mode: limited, got: rows("d"), want: rows("a", "b", "c"), limit: 1, differ: true},
		{name: "the same twice", mode: limited, got: rows("a", "a"), want: rows("a", "b", "c"), limit: 2, differ: true},
		{name: "past the end", mode: limited, got: rows("a"), want: rows("a", "b", "c"), limit: 5, offset: 2},
		{name: "driver fails", got: failed, want: rows("a"), differ: true},
		{name: "SQLite fails", got: rows("a"), want: failed, differ: true},
		{name: "both fail", mode: failing, got: failed, want: failed},
		{name: "none fails", mode: failing, got: rows("a"), want: rows("a"), differ: true},
	} {
		if reason := differ(c.mode, c.got, c.want, c.limit, c.offset); (reason != "") != c.differ {
			t.Errorf("%s: differ says %q", c.name, reason)
		}
	}
}

var negativeZero = func() float64 { z := 0.0; return -z }()

// TestCollationExamples holds the oracle's collations to the definition's own
// words.
func TestCollationExamples(t *testing.T) {
	for _, c := range []struct {
		compare func(a, b string) int
		a, b    string
		want    int
	}{
		{compareTime, "2024", "2024-01-01T00:00:00.000Z", 0},
		{compareTime, "2024-01", "2024-01-01", 0},
		{compareTime, "2024-01-31 10:15", "2024-01-31T11:15:00+01:00", 0},
		{compareTime, "2024-01-31T10:15:00-0130", "2024-01-31T11:45Z", 0},
		{compareTime, "2024-03-01T00:30+01:00", "2024-02-29T23:30", 0},
		{compareTime, "2023-03-01T00:30+01:00", "2023-02-28T23:30", 0},
		{compareTime, "0000-01-01T00:30+01:00", "0000-01-01", -1},
		{compareTime, "0000-03-01T00:00+00:01", "0000-02-29T23:59", 0},
		{compareTime, "1999-12-31T23:59:59.999999999", "2000", -1},
		{compareTime, "2024-02-30", "9999-12-31", 1},
		{compareTime, "2024-02-30", "2024-02-31", -1},
		{compareTime, "2024-01-01T25:00", "2024", 1},
		{compareTime, "", "2024", 1},
		{compareID, "a00Kj0000004C95", "a00Kj0000004C95IAE", 0},
		{compareID, "a00Kj0000004C95", "a00Kj0000004c95", -1},
		{compareID, "a00Kj0000004C9", "a00Kj0000004C95IAE", -1},
	} {
		if got := c.compare(c.a, c.b); got != c.want {
			t.Errorf("%q against %q is %d, want %d", c.a, c.b, got, c.want)
		}
		if got := c.compare(c.b, c.a); got != -c.want {
			t.Errorf("%q against %q is %d, want %d", c.b, c.a, got, -c.want)
		}
	}
}

// TestScriptsSayWhatTheyMean covers the format: a script that is read wrongly
// would test something else.
func TestScriptsSayWhatTheyMean(t *testing.T) {
	e, err := parseEntry([]string{"query limit 5 2 small", `args :a=t:"x y" i:-3 nil`, "divergence: known", "SELECT 1", "FROM t"})
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := e.statement()
	if ours != "SELECT 1\nFROM t LIMIT 5 OFFSET 2" || theirs != "SELECT 1\nFROM t" || len(e.args) != 3 || !e.has("small") || e.divergence != "known" {
		t.Errorf("read as %+v", e)
	}
	for _, bad := range []string{"query", "query sorted", "select", "query limit", "query rowsort smal"} {
		if _, err := parseEntry([]string{bad, "SELECT 1"}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if _, err := parseArgs("i:x"); err == nil || !strings.Contains(err.Error(), "invalid syntax") {
		t.Errorf("a bad argument gives %v", err)
	}
}

// TestShrinkKeepsTheFailure: what is shown must still fail.
func TestShrinkKeepsTheFailure(t *testing.T) {
	leaf := func(s string) *node { return &node{text: s} }
	s := &statement{pick: "Id", from: "t", limit: 5, offset: 2, mode: nosort, order: "Id", params: true, where: &node{word: "AND", kids: []*node{
		leaf("a"), {word: "OR", kids: []*node{leaf("b"), leaf("bad"), leaf("c")}}, {word: "NOT", kids: []*node{leaf("d")}},
	}}}
	fails := func(s *statement) bool { return strings.Contains(s.entry().sql, "bad") }
	if got := shrink(s, 100, fails).entry().sql; got != "SELECT Id FROM t WHERE bad" {
		t.Errorf("shrunk to %s", got)
	}
}
