package soql

import (
	"strings"
	"testing"
)

func eq(name string, n int64) Expr {
	return &Comparison{Left: NewField(name), Op: EQ, Value: Int(n)}
}

func TestAndOrBuildFlatConditions(t *testing.T) {
	a, b, c := eq("a", 1), eq("b", 2), eq("c", 3)
	tests := []struct {
		got  Expr
		want string
	}{
		{And(a), "a=1"},
		{And(nil, a, nil), "a=1"},
		{And(a, nil, b), "a=1 AND b=2"},
		{And(And(a, b), c), "a=1 AND b=2 AND c=3"},
		{And(Or(a, b), c), "(a=1 OR b=2) AND c=3"},
		{Or(a, Or(b, And(a, c))), "a=1 OR b=2 OR (a=1 AND c=3)"},
		{Or(And(a), Or(b)), "a=1 OR b=2"},
		{And(&Not{X: a}, &Not{X: Or(b, c)}), "(NOT a=1) AND (NOT(b=2 OR c=3))"},
	}
	for _, tt := range tests {
		if got := tt.got.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	if l := And(And(a, b), c).(*Logical); len(l.Terms) != 3 {
		t.Errorf("And keeps %d terms, want 3", len(l.Terms))
	}
	for what, e := range map[string]Expr{"And()": And(), "And(nil)": And(nil), "Or()": Or(), "Or(a, nil)": Or(a, nil)} {
		if e != nil {
			t.Errorf("%s is %v, want nil", what, e)
		}
	}
}

// What a program builds without And and Or prints no less carefully.
func TestHandMadeTreesPrintAsTheyMean(t *testing.T) {
	a, b, c := eq("a", 1), eq("b", 2), eq("c", 3)
	tests := []struct {
		tree Expr
		want string
	}{
		{&Logical{Terms: []Expr{&Logical{Terms: []Expr{a, b}}, c}}, "a=1 AND b=2 AND c=3"},
		{&Logical{Terms: []Expr{&Logical{Or: true, Terms: []Expr{a}}, c}}, "a=1 AND c=3"},
		{&Logical{Or: true, Terms: []Expr{&Logical{Terms: []Expr{&Logical{Or: true, Terms: []Expr{a, b}}}}, c}}, "a=1 OR b=2 OR c=3"},
		{&Not{X: &Logical{Terms: []Expr{a}}}, "NOT a=1"},
		{&Not{X: &Logical{Terms: []Expr{&Not{X: a}}}}, "NOT(NOT a=1)"},
	}
	for _, tt := range tests {
		if got := tt.tree.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		q := &Query{Select: []SelectItem{{Expr: NewField("Id")}}, From: From{Object: "X"}, Where: tt.tree}
		again, err := Parse(q.String())
		if err != nil || !Equal(q, again) {
			t.Errorf("%s reads as %v: %v", q, again, err)
		}
	}
}

// An empty OR matches nothing and an empty IN neither: were they left out, the
// statement would match everything.
func TestEmptyConditionsAreNeverLeftOut(t *testing.T) {
	for _, e := range []Expr{
		&Logical{Or: true},
		&In{Left: NewField("Id")},
		&Includes{Left: NewField("Id")},
		And(eq("a", 1), &Logical{Or: true}),
	} {
		q := &Query{From: From{Object: "X"}, Where: e}
		if _, err := Parse(q.String()); err == nil {
			t.Errorf("%s is read", q)
		}
	}
}

func TestPartsPrintAlone(t *testing.T) {
	item := SelectItem{Expr: &Call{Name: "MAX", Args: []Operand{NewField("Account", "Name")}}, Alias: "m"}
	if got, want := item.String(), "MAX(Account.Name) m"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := (Order{Expr: NewField("Id"), Desc: true, Nulls: NullsLast}).String(), "Id DESC NULLS LAST"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var ops []string
	for op := EQ; op <= LIKE; op++ {
		ops = append(ops, op.String())
	}
	if got, want := strings.Join(ops, " "), "= != < <= > >= LIKE"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEqualSeesEveryDifference(t *testing.T) {
	texts := []string{
		"SELECT Id FROM X",
		"SELECT Id FROM x",
		"SELECT Id FROM X y",
		"SELECT Name FROM X",
		"SELECT X.Name FROM X",
		"SELECT Id,Name FROM X",
		"SELECT COUNT() FROM X",
		"SELECT COUNT(Id) FROM X",
		"SELECT COUNT(Id) n FROM X",
		"SELECT COUNT(Name) FROM X",
		"SELECT MAX(Id) FROM X",
		"SELECT Id FROM X WHERE a=1",
		"SELECT Id FROM X WHERE a=1.0",
		"SELECT Id FROM X WHERE a='1'",
		"SELECT Id FROM X WHERE a=NULL",
		"SELECT Id FROM X WHERE a=TRUE",
		"SELECT Id FROM X WHERE a=FALSE",
		"SELECT Id FROM X WHERE a=2024-01-31",
		"SELECT Id FROM X WHERE a=2024-01-31T00:00:00Z",
		"SELECT Id FROM X WHERE a=2024-01-31T00:00:01Z",
		"SELECT Id FROM X WHERE a=LAST_N_DAYS:1",
		"SELECT Id FROM X WHERE a=LAST_N_DAYS:2",
		"SELECT Id FROM X WHERE a!=1",
		"SELECT Id FROM X WHERE NOT a=1",
		"SELECT Id FROM X WHERE a=1 AND b=2",
		"SELECT Id FROM X WHERE b=2 AND a=1",
		"SELECT Id FROM X WHERE a=1 OR b=2",
		"SELECT Id FROM X WHERE a IN(1)",
		"SELECT Id FROM X WHERE a NOT IN(1)",
		"SELECT Id FROM X WHERE a IN(1,2)",
		"SELECT Id FROM X WHERE a IN(SELECT b FROM Y)",
		"SELECT Id FROM X WHERE a IN(SELECT c FROM Y)",
		"SELECT Id FROM X WHERE a INCLUDES('a')",
		"SELECT Id FROM X WHERE a EXCLUDES('a')",
		"SELECT Id FROM X GROUP BY Id",
		"SELECT Id FROM X GROUP BY Id HAVING Id='1'",
		"SELECT Id FROM X ORDER BY Id",
		"SELECT Id FROM X ORDER BY Id DESC",
		"SELECT Id FROM X ORDER BY Id NULLS FIRST",
		"SELECT Id FROM X LIMIT 1",
		"SELECT Id FROM X LIMIT 2",
		"SELECT Id FROM X OFFSET 1",
		"SELECT Id FROM X,X.y",
		"SELECT Id FROM X,X.y z",
		"SELECT Id FROM X USING SCOPE mine",
		"SELECT Id FROM X USING SCOPE team",
		"SELECT Id FROM X WITH USER_MODE",
		"SELECT Id FROM X WITH SYSTEM_MODE",
		"SELECT Id FROM X WITH DATA CATEGORY a AT b",
		"SELECT Id FROM X WITH DATA CATEGORY a BELOW b",
		"SELECT Id FROM X WITH DATA CATEGORY a AT(b,c)",
		"SELECT Id FROM X WITH RecordVisibilityContext(a=1)",
		"SELECT Id FROM X WITH RecordVisibilityContext(a=2)",
		"SELECT Id FROM X GROUP BY ROLLUP(Id)",
		"SELECT Id FROM X GROUP BY CUBE(Id)",
		"SELECT Id FROM X FOR VIEW",
		"SELECT Id FROM X FOR REFERENCE",
		"SELECT Id FROM X UPDATE TRACKING",
		"SELECT Id FROM X UPDATE VIEWSTAT",
		"SELECT Id FROM X FOR UPDATE",
		"SELECT Id FROM X ALL ROWS",
		"SELECT Id,(SELECT Id FROM Y) FROM X",
		"SELECT Id,(SELECT Id FROM Z) FROM X",
		"SELECT FIELDS(ALL) FROM X",
		"SELECT FIELDS(CUSTOM) FROM X",
		"SELECT TYPEOF a WHEN b THEN c END FROM X",
		"SELECT TYPEOF a WHEN b THEN d END FROM X",
		"SELECT TYPEOF a WHEN b THEN c ELSE d END FROM X",
		"SELECT TYPEOF b WHEN b THEN c END FROM X",
		"SELECT DISTANCE(a,GEOLOCATION(1,2),'mi') FROM X",
		"SELECT DISTANCE(a,GEOLOCATION(1,2),'km') FROM X",
		"SELECT DISTANCE(a,GEOLOCATION(1,3),'mi') FROM X",
		"SELECT Id FROM X WHERE a=USD1",
		"SELECT Id FROM X WHERE a=EUR1",
	}
	for i, a := range texts {
		for j, b := range texts {
			qa, err := Parse(a)
			if err != nil {
				t.Fatal(err)
			}
			qb, err := Parse("  " + b)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := Equal(qa, qb), i == j; got != want {
				t.Errorf("Equal(%s, %s) = %t", a, b, got)
			}
		}
	}
	if q, _ := Parse(texts[0]); Equal(q, nil) || Equal(nil, q) || !Equal(nil, nil) {
		t.Error("Equal does not tell nil from a statement")
	}
}

func TestWalkVisitsConditionsInOrder(t *testing.T) {
	q, err := Parse("SELECT Id FROM X WHERE a=1 AND (NOT(b=2 OR c=3)) AND d=4")
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	Walk(q.Where, func(e Expr) bool {
		switch e := e.(type) {
		case *Comparison:
			seen = append(seen, e.Left.String())
		case *Logical:
			return !e.Or
		}
		return true
	})
	if got := strings.Join(seen, ""); got != "ad" {
		t.Errorf("visited %q, want the OR left out", got)
	}
	Walk(nil, func(Expr) bool { t.Error("nil was visited"); return true })
}

func TestFunctionsAreKnownInAnyCase(t *testing.T) {
	for name, want := range map[string]FunctionKind{"count_distinct": Aggregate, "Day_Only": DateFunc, "CONVERTTIMEZONE": Conversion} {
		f, ok := LookupFunction(name)
		if !ok || f.Kind != want || !strings.EqualFold(f.Name, name) {
			t.Errorf("%s is %v, %t", name, f, ok)
		}
	}
	if !(&Call{Name: "MAX"}).IsAggregate() || (&Call{Name: "DAY_ONLY"}).IsAggregate() {
		t.Error("IsAggregate confuses MAX with DAY_ONLY")
	}
}

// This checks that whatever is read prints to an equal statement, and that
// printing that one again changes nothing.
func FuzzParsePrint(f *testing.F) {
	for _, s := range []string{
		"SELECT Id, Account.Name FROM Contact c WHERE (NOT a LIKE '\\%x\\\\%') AND b NOT IN (1, -.5, NULL) ORDER BY Id DESC NULLS LAST LIMIT 5 OFFSET 1",
		"SELECT Name n, COUNT(Id) FROM X GROUP BY Name, DAY_ONLY(convertTimezone(d)) HAVING MAX(a) > 2024-01-31T10:00:00.5+0100",
		"SELECT COUNT() FROM X WHERE a INCLUDES ('a;b') OR (b = LAST_N_DAYS:3 AND c = 10:00:00Z)",
		"SELECT Id FROM X WHERE a IN (SELECT b FROM Y WHERE NOT (c = TRUE OR d = '\\u00e9\n'))",
		"SELECT Id FROM Group AS as",
		"SELECT TYPEOF, COUNT(Id) AS FROM Order ORDER BY NULL",
		"SELECT FIELDS(ALL), (SELECT Id, (SELECT Id FROM C) FROM A.Bs b WHERE x = usd1.5 LIMIT 2), TYPEOF w WHEN A THEN b, c.d ELSE e END FROM A a, a.b c USING SCOPE mine WITH USER_MODE FOR VIEW UPDATE TRACKING",
		"SELECT GROUPING(a) g, FORMAT(MIN(b)) FROM A WITH DATA CATEGORY g AT (a, b) AND h BELOW c GROUP BY CUBE(a, CALENDAR_YEAR(b)) ORDER BY GROUPING(a)",
		"SELECT toLabel(s) FROM A WHERE DISTANCE(l, GEOLOCATION(1, -2.5), 'KM') > 3 WITH RecordVisibilityContext(a = 1, b = true) FOR UPDATE ALL ROWS",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		if err != nil || len(text) > MaxStatement/2 { // printing may add escapes and parentheses
			return
		}
		printed := q.String()
		again, err := Parse(printed)
		if err != nil {
			t.Fatalf("%q printed as %q: %v", text, printed, err)
		}
		if !Equal(q, again) {
			t.Fatalf("%q printed as %q, which is another statement", text, printed)
		}
		if twice := again.String(); twice != printed {
			t.Fatalf("%q printed as %q and then as %q", text, printed, twice)
		}
	})
}
