package vtab

import (
	"slices"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab/engine"
)

// planned asks BestIndex what SQLite may ask, also what it rarely does.
func planned(t *testing.T, analysis *planner.Analysis, constraints ...engine.Constraint) (*planner.Plan, *engine.IndexInfo) {
	t.Helper()
	c := connect(t, newOrg())
	c.Start(t.Context(), analysis)
	m, _, err := objects{c}.Connect("salesforce", "Account", nil)
	if err != nil {
		t.Fatal(err)
	}
	info := &engine.IndexInfo{Constraints: constraints, ColUsed: 1}
	if err := m.BestIndex(info); err != nil {
		t.Fatal(err)
	}
	p, err := planner.DecodePlan(info.IdxStr)
	if err != nil {
		t.Fatal(err)
	}
	return p, info
}

func number(n int64) *planner.Value { return &planner.Value{Kind: planner.IntValue, Int: n} }

// Column 3 is Employees.
func predicate(op planner.Op, v *planner.Value) engine.Constraint {
	return engine.Constraint{Column: 3, Op: op, Usable: true, Collation: "BINARY", Value: v}
}

func limitTo(op planner.Op, v *planner.Value) engine.Constraint {
	return engine.Constraint{Column: -1, Op: op, Usable: true, Value: v}
}

func TestLimitIsTakenOnlyBesideWhatIsPassedOn(t *testing.T) {
	scalar := planner.Analyze("SELECT Id FROM Account")
	exactly := predicate(planner.OpGT, number(3))
	unusable := predicate(planner.OpEQ, nil)
	unusable.Usable = false
	kept := engine.Constraint{Column: 1, Op: planner.OpGT, Usable: true, Collation: "NOCASE", Value: &planner.Value{Kind: planner.TextValue, Text: "x"}}
	rowid := engine.Constraint{Column: -1, Op: planner.OpEQ, Usable: true, Collation: "BINARY", Value: number(1)}
	deaf := limitTo(planner.OpOFFSET, number(1))
	deaf.Usable = false
	five, seven := limitTo(planner.OpLIMIT, number(5)), limitTo(planner.OpOFFSET, number(7))
	tests := []struct {
		name           string
		constraints    []engine.Constraint
		limit, skipped bool
	}{
		{"alone", []engine.Constraint{five}, true, false},
		{"exact", []engine.Constraint{exactly, five}, true, false},
		{"unusable", []engine.Constraint{exactly, unusable, five}, false, false},
		{"kept by SQLite", []engine.Constraint{kept, five}, false, false},
		{"a rowid", []engine.Constraint{rowid, five}, false, false},
		{"with OFFSET", []engine.Constraint{exactly, five, seven}, true, true},
		{"OFFSET first", []engine.Constraint{seven, five, exactly}, true, true},
		{"OFFSET that is not known", []engine.Constraint{five, limitTo(planner.OpOFFSET, nil)}, true, false},
		{"OFFSET that is unusable", []engine.Constraint{five, deaf}, false, false},
		{"OFFSET at the most", []engine.Constraint{five, limitTo(planner.OpOFFSET, number(2000))}, true, true},
		{"OFFSET past the most", []engine.Constraint{five, limitTo(planner.OpOFFSET, number(2001))}, true, false},
		{"OFFSET beside a value to come", []engine.Constraint{predicate(planner.OpGT, nil), five, seven}, true, false},
	}
	for _, tt := range tests {
		p, info := planned(t, scalar, tt.constraints...)
		if (p.Limit > 0) != tt.limit || p.SkipsOffset != tt.skipped {
			t.Errorf("%s: LIMIT taken %v, OFFSET taken %v", tt.name, p.Limit > 0, p.SkipsOffset)
		}
		var args []int
		for _, c := range info.Constraints {
			if c.Op == planner.OpOFFSET && c.Omit != tt.skipped {
				t.Errorf("%s: SQLite is told to leave OFFSET: %v", tt.name, c.Omit)
			}
			if c.Arg > 0 {
				args = append(args, c.Arg)
			}
		}
		slices.Sort(args)
		for i, n := range args {
			if n != i+1 {
				t.Errorf("%s: the arguments are %v, and SQLite wants them without gaps", tt.name, args)
			}
		}
	}
}

// What may be part of a comparison of row values takes no LIMIT, unless the
// statement is known to have none.
func TestLimitBesideWhatMayBeAPart(t *testing.T) {
	five := limitTo(planner.OpLIMIT, number(5))
	for _, tt := range []struct {
		op      planner.Op
		value   *planner.Value
		in      bool
		partial bool
	}{
		{planner.OpLE, nil, false, true},
		{planner.OpGE, nil, false, true},
		{planner.OpEQ, nil, true, true},
		{planner.OpEQ, nil, false, false},
		{planner.OpLT, nil, false, false},
		{planner.OpLE, number(3), false, false},
	} {
		c := predicate(tt.op, tt.value)
		c.CanIn = tt.in
		if p, _ := planned(t, nil, c, five); (p.Limit == 0) != tt.partial {
			t.Errorf("%s in=%v: LIMIT taken %v", tt.op, tt.in, p.Limit > 0)
		}
		if p, _ := planned(t, planner.Analyze("SELECT 1"), c, five); p.Limit == 0 {
			t.Errorf("%s in=%v: LIMIT refused though there are no row values", tt.op, tt.in)
		}
	}
}

// Only what is exact for a value that is known is SQLite's no more.
func TestOmitIsForKnownExactValues(t *testing.T) {
	for name, tt := range map[string]struct {
		c    engine.Constraint
		omit bool
		arg  bool
	}{
		"known and exact": {predicate(planner.OpGT, number(3)), true, true},
		"not known":       {predicate(planner.OpGT, nil), false, true},
		"superset":        {engine.Constraint{Column: 1, Op: planner.OpEQ, Usable: true, Collation: "NOCASE", Value: &planner.Value{Kind: planner.TextValue, Text: "x"}}, false, true},
		"refused":         {engine.Constraint{Column: 1, Op: planner.OpNE, Usable: true, Collation: "NOCASE", Value: &planner.Value{Kind: planner.TextValue, Text: "x"}}, false, false},
		"IS NULL":         {predicate(planner.OpISNULL, nil), true, true},
	} {
		p, info := planned(t, nil, tt.c)
		if c := info.Constraints[0]; c.Omit != tt.omit || (c.Arg > 0) != tt.arg {
			t.Errorf("%s: omit %v, argument %d", name, c.Omit, c.Arg)
		}
		if p.CountOnly {
			t.Errorf("%s: a scan of a column is taken for a count", name)
		}
	}
	if _, info := planned(t, nil, engine.Constraint{Column: 0, Op: planner.OpEQ, Usable: true, Collation: planner.CollationID}); !info.Unique || info.Rows != 1 {
		t.Errorf("an Id finds %d rows, unique %v", info.Rows, info.Unique)
	}
}

// BestIndex is asked several times and must say the same.
func TestBestIndexIsPure(t *testing.T) {
	c := connect(t, newOrg())
	c.Start(t.Context(), planner.Analyze("SELECT count(*) FROM Account WHERE Employees > 3"))
	m, declaration, err := objects{c}.Connect("salesforce", "account", nil)
	if err != nil || !strings.Contains(declaration, "HIDDEN") {
		t.Fatal(err, declaration)
	}
	var first string
	for range 3 {
		info := &engine.IndexInfo{Constraints: []engine.Constraint{predicate(planner.OpGT, number(3))}, ColUsed: 8}
		if err := m.BestIndex(info); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = info.IdxStr
		}
		if info.IdxStr != first || !strings.HasSuffix(first, " n") {
			t.Errorf("%s after %s", info.IdxStr, first)
		}
	}
}
