package planner

import (
	"strings"
	"testing"

	"github.com/sfsql/sfsql/soql"
)

func family() map[string]*Table {
	account := object("Account", field("Id", "id"), field("Name", "string", length(80)), field("Big", "boolean"))
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
