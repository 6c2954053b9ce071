package planner

import (
	"strconv"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/soql"
)

func family() map[string]*Table {
	account := object("Account", field("Id", "id"), field("Name", "string", length(80)), field("Big", "boolean"),
		field("OwnerId", "reference", refersTo("Account"), relation("Owner")))
	contact := object("Contact", field("Id", "id"), field("AccountId", "reference", refersTo("Account"), relation("Account")),
		field("Title", "string", length(80)), field("Out", "boolean"))
	deal := object("Opportunity", field("Id", "id"), field("AccountId", "reference", refersTo("Account"), relation("Account")), field("Won", "boolean"))
	return map[string]*Table{
		"account": NewTable(account, TableOptions{}), "contact": NewTable(contact, TableOptions{}), "opportunity": NewTable(deal, TableOptions{}),
	}
}

// A subquery is whole where its conditions are all that keeps its rows, and
// plain where each of its rows stands for itself.
func TestSemiJoinsKnowTheirSubquery(t *testing.T) {
	tables := family()
	tableOf := func(r *Ref) *Table { return tables[strings.ToLower(r.Table)] }
	for _, tt := range []struct{ where, want string }{
		{"a.Id IN (SELECT AccountId FROM Contact)", "plain whole"},
		{"a.Id NOT IN (SELECT AccountId FROM Contact WHERE Out)", "not plain whole"},
		{"EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id AND c.Out)", "plain whole"},
		{"EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id AND c.Out = a.Big)", "plain"},
		{"EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id AND a.Big)", "plain"},
		{"EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id AND Big)", "plain"},
		{"EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id AND 1 = 0)", "plain"},
		{"EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id AND ?)", "plain"},
		{"EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id AND NULL)", "plain"},
		{"a.Id IN (SELECT AccountId FROM Contact WHERE Out AND 1 = 0)", "plain"},
		{"a.Id IN (SELECT AccountId FROM Contact LIMIT 3)", ""},
		{"a.Id IN (SELECT AccountId FROM Contact LIMIT -1 OFFSET 3)", ""},
		{"EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id LIMIT 1)", ""},
		{"a.Id IN (SELECT DISTINCT AccountId FROM Contact)", "whole"},
		{"a.Id IN (SELECT AccountId FROM Contact GROUP BY Title)", ""},
		{"a.Id IN (SELECT AccountId FROM Contact ORDER BY Title)", ""},
		{"a.Id IN (SELECT AccountId FROM Contact UNION SELECT AccountId FROM Opportunity)", "none"},
		{"a.Id IN (SELECT AccountId FROM Contact, Opportunity)", "none"},
		{"EXISTS (SELECT count(*) FROM Contact c WHERE c.AccountId = a.Id)", "none"},
		{"a.Big OR a.Id IN (SELECT AccountId FROM Contact)", "none"},
		{"NOT a.Id IN (SELECT AccountId FROM Contact)", "none"},
		{"a.Id COLLATE NOCASE IN (SELECT AccountId FROM Contact)", "none"},
		{"a.Name IN (SELECT AccountId FROM Contact)", "none"},
		{"(a.Big AND EXISTS (SELECT 1 FROM Contact c WHERE (c.AccountId = a.Id AND c.Out)))", "plain whole"},
		{"((a.Big) AND (a.Id IN (SELECT AccountId FROM Contact)))", "plain whole"},
		{"(a.Big OR EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id))", "none"},
		{"(a.Big AND EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id)) IS NOT TRUE", "none"},
		{"NOT (a.Big AND EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = a.Id))", "none"},
		{"EXISTS (SELECT 1 FROM Contact c WHERE c.AccountId = OwnerId)", "plain whole"},
		{"EXISTS (SELECT c.AccountId AS OwnerId FROM Contact c WHERE c.AccountId = OwnerId)", "none"},
		{"EXISTS (SELECT c.Title || '' ownerid FROM Contact c WHERE OwnerId = c.AccountId)", "none"},
		{"EXISTS (SELECT c.AccountId AS OwnerId FROM Contact c WHERE c.AccountId = a.OwnerId)", "plain whole"},
	} {
		got := "none"
		for _, j := range Analyze("SELECT a.Name FROM Account a WHERE " + tt.where).SemiJoins(tableOf) {
			var words []string
			for _, w := range []struct {
				on   bool
				name string
			}{{j.Not, "not"}, {j.Plain, "plain"}, {j.Whole, "whole"}} {
				if w.on {
					words = append(words, w.name)
				}
			}
			got = strings.Join(words, " ")
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.where, got, tt.want)
		}
	}
}

// What an anti-join's sub-select finds is left out, so it must be the
// subquery's; what is asked of a parent leaves those without one.
func TestAntiJoinsNeedAllOfTheirFilters(t *testing.T) {
	tables := family()
	rules := func(name string) Rules { return Rules{Table: tables[name]} }
	exact := &Cond{Kind: CondTruth, Left: Operand{Kind: ColumnOperand, Column: column(t, tables["contact"], "Out")}}
	folded := &Cond{
		Kind: CondCompare, Op: OpEQ, Left: Operand{Kind: ColumnOperand, Column: column(t, tables["contact"], "Title")},
		Right: []Operand{{Kind: ValueOperand, Value: text("CEO")}},
	}
	later := &Cond{Kind: CondCompare, Op: OpEQ, Left: exact.Left, Right: []Operand{{Kind: ParamOperand, Param: 1}}}
	big := &Cond{Kind: CondTruth, Left: Operand{Kind: ColumnOperand, Column: column(t, tables["account"], "Big")}}
	for _, tt := range []struct {
		name, scan, of string
		s              SubSelect
		want           string
	}{
		{"semi, inexact", "account", "contact", SubSelect{Of: 1, Whole: true, Filters: []*Cond{folded}}, "Id IN(SELECT AccountId FROM Contact WHERE Title='CEO')"},
		{"anti, exact", "account", "contact", SubSelect{Of: 1, Not: true, Whole: true, Filters: []*Cond{exact}}, "Id NOT IN(SELECT AccountId FROM Contact WHERE Out=TRUE AND AccountId!=NULL)"},
		{"anti, inexact", "account", "contact", SubSelect{Of: 1, Not: true, Whole: true, Filters: []*Cond{exact, folded}}, ""},
		{"anti, no value yet", "account", "contact", SubSelect{Of: 1, Not: true, Whole: true, Filters: []*Cond{later}}, ""},
		{"anti, not whole", "account", "contact", SubSelect{Of: 1, Not: true, Filters: []*Cond{exact}}, ""},
		{"anti, by references", "opportunity", "contact", SubSelect{Column: 1, Of: 1, Not: true, Filters: []*Cond{exact}}, ""},
		{"parent", "contact", "account", SubSelect{Column: 1, Parent: true, Filters: []*Cond{big}}, "Account.Big=TRUE"},
		{"anti, parent", "contact", "account", SubSelect{Column: 1, Parent: true, Not: true, Filters: []*Cond{big}}, "AccountId=NULL OR Account.Big=TRUE"},
	} {
		j, ok := rules(tt.scan).JoinedBy(tt.s, rules(tt.of))
		got := ""
		if ok {
			got = j.Expr.String()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if ok {
			if _, err := soql.Parse("SELECT Id FROM " + tables[tt.scan].Object.Name + " WHERE " + got); err != nil {
				t.Error(err)
			}
		}
	}
}

// A list too long for one statement is read in parts, or as the sub-select of
// its values; where neither is there, it is left to SQLite.
func TestShortenedLists(t *testing.T) {
	tables := family()
	contact := tables["contact"]
	sub := &soql.In{Left: soql.NewField("AccountId"), Sub: &soql.Query{
		Select: []soql.SelectItem{{Expr: soql.NewField("AccountId")}}, From: soql.From{Object: "Opportunity"},
	}}
	joined := func(whole bool) Joined { return Joined{Column: 1, Expr: sub, Whole: whole, Listed: true} }
	var ids []Value
	for i := range 6000 {
		ids = append(ids, text("001"+strings.Repeat("0", 6)+strings.Repeat("0", 5-len(strconv.Itoa(i)))+strconv.Itoa(i)+"0AAA"))
	}
	const asked = "AccountId IN(SELECT AccountId FROM Opportunity)"
	for _, tt := range []struct {
		name    string
		columns []int
		list    []Value
		joined  []Joined
		most    int // parts
		parts   int
		where   string // begins so
	}{
		{"short", []int{1}, ids[:2], []Joined{joined(true)}, 0, 0, "AccountId IN('001000000000000','001000000000010')"},
		{"whole", []int{1}, ids, []Joined{joined(true)}, 0, 0, asked},
		{"not whole, in parts", []int{1}, ids, []Joined{joined(false)}, 0, 2, "AccountId IN('"},
		{"not whole, too many parts", []int{1}, ids, []Joined{joined(false)}, 1, 0, asked},
		{"not whole, the parts cannot be told apart", []int{2}, ids, []Joined{joined(false)}, 0, 0, asked},
		{"of another column", []int{1}, ids, []Joined{{Column: 0, Expr: sub, Whole: true, Listed: true}}, 0, 2, "AccountId IN('"},
		{"no sub-select, in parts", []int{1}, ids, nil, 0, 2, "AccountId IN('"},
		{"no sub-select, too many parts", []int{1}, ids, nil, 1, 0, ""},
		{"as many sub-selects as a query may have", []int{1}, ids, []Joined{{Expr: sub}, {Expr: sub}, joined(true)}, 0, 0, asked + " AND " + asked},
	} {
		r := Rules{Table: contact, Joined: tt.joined, MaxParts: tt.most}
		p := &Plan{Table: "Contact", Columns: tt.columns, Terms: []Term{{Column: 1, Op: OpEQ, Collation: CollationID, In: true, Arg: 1}}}
		s := r.Bind(p, []Arg{listed(tt.list...)}, true)
		where := ""
		if s.Query.Where != nil {
			where = s.Query.Where.String()
		}
		fits := strings.HasPrefix(where, tt.where) && (tt.parts > 0 || where == tt.where)
		if !fits || len(s.Parts) != tt.parts || s.Exact != (tt.name == "short") {
			t.Errorf("%s: exact %v, %d parts, %.100s", tt.name, s.Exact, len(s.Parts), where)
		}
		values := 0
		for _, part := range s.Parts {
			if n := len(part.Query.String()); n > 100_000 {
				t.Errorf("%s: a part of %d characters", tt.name, n)
			}
			soql.Walk(part.Query.Where, func(e soql.Expr) bool {
				if in, ok := e.(*soql.In); ok {
					values += len(in.Values)
				}
				return true
			})
		}
		if tt.parts > 0 && values != len(ids) {
			t.Errorf("%s: %d values in all parts", tt.name, values)
		}
	}
}
