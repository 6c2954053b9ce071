package soql_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/sfsql/sfsql/soql"
)

func Example() {
	limit := int64(10)
	q := &soql.Query{
		Select: []soql.SelectItem{
			{Expr: soql.NewField("Id")},
			{Expr: soql.NewField("Account", "Name")},
		},
		From: soql.From{Object: "Contact"},
		Where: soql.And(
			&soql.Comparison{Left: soql.NewField("LastName"), Op: soql.EQ, Value: soql.String("O'Neil")},
			soql.Or(
				&soql.Comparison{
					Left: soql.NewField("CreatedDate"), Op: soql.GE,
					Value: soql.Datetime(time.Date(2024, 1, 31, 10, 0, 0, 0, time.UTC)),
				},
				&soql.In{Left: soql.NewField("LeadSource"), Values: []soql.Literal{soql.String("Web"), soql.Null()}},
			),
		),
		OrderBy: []soql.Order{{Expr: soql.NewField("Id"), Nulls: soql.NullsLast}},
		Limit:   &limit,
	}
	fmt.Println(q)
	// Output:
	// SELECT Id,Account.Name FROM Contact WHERE LastName='O\'Neil' AND (CreatedDate>=2024-01-31T10:00:00Z OR LeadSource IN('Web',NULL)) ORDER BY Id NULLS LAST LIMIT 10
}

func ExampleParse() {
	q, err := soql.Parse("select Name, count(Id) n from Account where Industry <> null group by Name having count(Id) > 1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(q.From.Object, len(q.Select), q.Select[1].Alias)
	fmt.Println(q)
	// Output:
	// Account 2 n
	// SELECT Name,COUNT(Id) n FROM Account WHERE Industry!=NULL GROUP BY Name HAVING COUNT(Id)>1
}

func ExampleError() {
	for _, text := range []string{
		"SELECT Id FROM Account WHERE a = 1 AND b = 2 OR c = 3",
		"SELECT Id FROM Account WHERE Name IS NULL",
		"SELECT Id FROM Account WHERE Name = 'open",
	} {
		_, err := soql.Parse(text)
		var e *soql.Error
		if errors.As(err, &e) {
			fmt.Println(e)
		}
	}
	// Output:
	// soql: line 1, column 46: AND and OR need parentheses where they mix
	// soql: line 1, column 35: expected an operator, SOQL writes = null and != null, found "IS"
	// soql: line 1, column 37: the string that begins here has no closing quote
}

func ExampleQuoteString() {
	fmt.Println(soql.QuoteString("it's\na \\ and a \"quote\""))
	// Output: 'it\'s\na \\ and a "quote"'
}

func ExampleWalk() {
	q, err := soql.Parse("SELECT Id FROM Lead WHERE (NOT Name LIKE 'x%') AND (Rating = 'Hot' OR Score__c > 5)")
	if err != nil {
		fmt.Println(err)
		return
	}
	soql.Walk(q.Where, func(e soql.Expr) bool {
		if c, ok := e.(*soql.Comparison); ok {
			fmt.Println(c.Left, c.Op, c.Value)
		}
		return true
	})
	// Output:
	// Name LIKE 'x%'
	// Rating = 'Hot'
	// Score__c > 5
}
