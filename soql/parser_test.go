package soql

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkPrint parses text, wants the printed form, and wants that form to be a
// fixed point equal to the first reading.
func checkPrint(t *testing.T, text, want string) {
	t.Helper()
	q, err := Parse(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	got := q.String()
	if got != want {
		t.Errorf("%s\n got %s\nwant %s", text, got, want)
	}
	again, err := Parse(got)
	if err != nil {
		t.Errorf("%s printed as %s: %v", text, got, err)
		return
	}
	if !Equal(q, again) || again.String() != got {
		t.Errorf("%s: printed as %s, which reads as %s", text, got, again)
	}
}

func TestStatementsPrintShort(t *testing.T) {
	tests := []struct{ text, want string }{ // want empty: as text
		{"SELECT Id FROM Account", ""},
		{"select  Id ,\n Name\tfrom Account", "SELECT Id,Name FROM Account"},
		{"SELECT Id,Account.Owner.Name FROM Contact", ""},
		{"SELECT COUNT() FROM Account", ""},
		{"select count ( ) from Account where Name = 'x' limit 5", "SELECT COUNT() FROM Account WHERE Name='x' LIMIT 5"},
		{"SELECT Count(Id) FROM Account", "SELECT COUNT(Id) FROM Account"},
		{"SELECT COUNT(Id),max(Amount) top FROM Opportunity", "SELECT COUNT(Id),MAX(Amount) top FROM Opportunity"},
		{"SELECT Name n,COUNT_DISTINCT(OwnerId) c,MIN(A) a,SUM(B) b,AVG(C) FROM X GROUP BY Name", ""},
		{"SELECT Name n FROM X GROUP BY Name", ""},
		{
			"SELECT calendar_year(CreatedDate) y,COUNT(Id) FROM X GROUP BY Calendar_Year(CreatedDate)",
			"SELECT CALENDAR_YEAR(CreatedDate) y,COUNT(Id) FROM X GROUP BY CALENDAR_YEAR(CreatedDate)",
		},
		{
			"SELECT HOUR_IN_DAY(converttimezone(CreatedDate)) FROM X GROUP BY HOUR_IN_DAY(convertTimezone(CreatedDate))",
			"SELECT HOUR_IN_DAY(convertTimezone(CreatedDate)) FROM X GROUP BY HOUR_IN_DAY(convertTimezone(CreatedDate))",
		},
		{
			"SELECT Name FROM X GROUP BY Name,Type HAVING COUNT(Id) > 1 AND Name LIKE 'a%'",
			"SELECT Name FROM X GROUP BY Name,Type HAVING COUNT(Id)>1 AND Name LIKE 'a%'",
		},
		{
			"SELECT Name FROM X GROUP BY Name ORDER BY COUNT(Id) DESC, Name LIMIT 3",
			"SELECT Name FROM X GROUP BY Name ORDER BY COUNT(Id) DESC,Name LIMIT 3",
		},
		{"SELECT a.Id FROM Account a", ""},
		{"SELECT Id FROM Account AS acc WHERE acc.Name = 'x'", "SELECT Id FROM Account acc WHERE acc.Name='x'"},
		{"SELECT Id FROM Group", ""},
		{"SELECT Group.Name FROM GroupMember ORDER BY Group.Name", ""},
		{"SELECT Id FROM Order ORDER BY Id", ""},
		{"SELECT Id FROM Case", ""},
		{"SELECT currency FROM Account WHERE date=1987-02-01", ""},
		{
			"SELECT Id FROM X ORDER BY Id ASC NULLS FIRST, Name DESC NULLS LAST, Type ASC",
			"SELECT Id FROM X ORDER BY Id NULLS FIRST,Name DESC NULLS LAST,Type",
		},
		{"SELECT Id FROM X LIMIT 010 OFFSET 20", "SELECT Id FROM X LIMIT 10 OFFSET 20"},
		{"SELECT Id FROM X LIMIT 0", ""},
		{"SELECT Id FROM X OFFSET 2000", ""},
	}
	for _, tt := range tests {
		if tt.want == "" {
			tt.want = tt.text
		}
		checkPrint(t, tt.text, tt.want)
	}
}

func TestConditionsPrintShort(t *testing.T) {
	tests := []struct{ text, want string }{ // want empty: as text
		{"a = 1", "a=1"},
		{"a != 1", "a!=1"},
		{"a <> 1", "a!=1"},
		{"a < 1", "a<1"},
		{"a <= 1", "a<=1"},
		{"a > 1", "a>1"},
		{"a >= 1", "a>=1"},
		{"a like 'x%'", "a LIKE 'x%'"},
		{"a in ( 'x' , 'y' )", "a IN('x','y')"},
		{"a not in (1)", "a NOT IN(1)"},
		{"a IN('x',NULL)", ""},
		{"m includes ('a;b','c')", "m INCLUDES('a;b','c')"},
		{"m Excludes('a')", "m EXCLUDES('a')"},
		{"a=1 AND b=2 AND c=3", ""},
		{"a=1 OR b=2 OR c=3", ""},
		{"a=1 AND (b=2 OR c=3)", ""},
		{"(a=1 AND b=2) OR (c=3 AND d=4)", ""},
		{"((a=1))", "a=1"},
		{"(a=1 AND b=2) AND (c=3)", "a=1 AND b=2 AND c=3"},
		{"a=1 OR (b=2 OR (c=3 AND d=4))", "a=1 OR b=2 OR (c=3 AND d=4)"},
		{"NOT a=1", ""},
		{"NOT (a=1)", "NOT a=1"},
		{"(NOT a=1)", "NOT a=1"},
		{"NOT (NOT a=1)", "NOT(NOT a=1)"},
		{"NOT (a=1 AND b=2)", "NOT(a=1 AND b=2)"},
		{"NOT a=1 AND b=2", "(NOT a=1) AND b=2"},
		{"a=1 AND NOT b=2", "a=1 AND (NOT b=2)"},
		{"(NOT Name LIKE '%x%') OR (NOT (a=1 OR b=2))", "(NOT Name LIKE '%x%') OR (NOT(a=1 OR b=2))"},
		{"NOT a NOT IN(1)", ""},
		{"DAY_ONLY(convertTimezone(CreatedDate))=2024-01-31", ""},
		{"CALENDAR_YEAR(CloseDate)>=2024", ""},
		{"Account.Type='x'", ""},
		{"Id IN (SELECT AccountId FROM Contact)", "Id IN(SELECT AccountId FROM Contact)"},
		{"Id NOT IN(SELECT c.AccountId FROM Contact c WHERE Name LIKE 'x%' AND (a=1 OR b=2)) AND d=3", ""},
		{"Id IN(SELECT AId FROM B) AND (OwnerId NOT IN(SELECT UId FROM C))", "Id IN(SELECT AId FROM B) AND OwnerId NOT IN(SELECT UId FROM C)"},
	}
	for _, tt := range tests {
		if tt.want == "" {
			tt.want = tt.text
		}
		checkPrint(t, "SELECT Id FROM X WHERE "+tt.text, "SELECT Id FROM X WHERE "+tt.want)
	}
}

func TestParseKeepsPositions(t *testing.T) {
	const text = "SELECT Id, MAX(a) FROM X WHERE (b = 1 OR NOT c IN (2)) GROUP BY Id ORDER BY Id"
	q, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	or := q.Where.(*Logical)
	in := or.Terms[1].(*Not).X.(*In)
	for what, pos := range map[string]Pos{
		"MAX(a)":     q.Select[1].Pos,
		"a) FROM":    q.Select[1].Expr.(*Call).Args[0].Position(),
		"X WHERE":    q.From.Pos,
		"b = 1 OR":   or.Position(),
		"NOT c":      or.Terms[1].Position(),
		"c IN":       in.Position(),
		"2))":        in.Values[0].Pos,
		"Id ORDER":   q.GroupBy[0].Position(),
		"1 OR NOT c": or.Terms[0].(*Comparison).Value.Pos,
	} {
		if !strings.HasPrefix(text[pos:], what) {
			t.Errorf("%q: position %d shows %q", what, pos, text[pos:])
		}
	}
}

const (
	wantOperator = "expected an operator (= != < <= > >= LIKE IN NOT IN INCLUDES EXCLUDES)"
	wantValue    = "expected a value (text stands in single quotes, and a field cannot be compared with a field)"
)

// The place of the error is marked by ¦, which is not part of the statement.
func TestParseRefuses(t *testing.T) {
	tests := []struct{ text, msg, found string }{
		{"¦", "SOQL statements cannot be empty or null", ""},
		{"¦ \n ", "SOQL statements cannot be empty or null", ""},
		{"¦UPDATE X", "expected SELECT", "UPDATE"},
		{"SELECT ¦FROM X", "expected a field or a function", "FROM"},
		{"SELECT ¦* FROM X", "there is no * in SOQL, name the fields", ""},
		{"SELECT Id, ¦FROM X", "expected a field or a function", "FROM"},
		{"SELECT Id¦", "expected a comma or FROM", "end of statement"},
		{"SELECT Id ¦WHERE a = 1", "expected a comma, FROM or an alias that is no reserved word", "WHERE"},
		{"SELECT Id FROM ¦", "expected the name of an object", "end of statement"},
		{"SELECT Id FROM ¦WHERE a = 1", "expected the name of an object", "WHERE"},
		{"SELECT Id FROM ¦a.b", "expected the name of an object", "a.b"},
		{"SELECT Id FROM X AS ¦ORDER BY Id", "expected an alias that is no reserved word", "ORDER"},
		{"SELECT Id FROM X ¦a.b", "expected the end of the statement", "a.b"},
		{"SELECT Id FROM X y ¦z", "expected the end of the statement", "z"},
		{"SELECT Id FROM X¦;", "unexpected character", ";"},
		{"SELECT Id FROM X ¦-- hi", "a statement cannot hold comments", "--"},
		{"SELECT Id FROM X LIMIT 1 ¦WHERE a=1", "expected the end of the statement: clauses come once each in the order USING SCOPE, WHERE, WITH, GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET, FOR, UPDATE", "WHERE"},

		// Aliases.
		{"SELECT Name ¦n FROM X", "only aggregate expressions use field aliasing, take away the alias n", ""},
		{"SELECT COUNT(Id) ¦like FROM X", "expected a comma, FROM or an alias that is no reserved word", "like"},
		{"SELECT COUNT(Id) ¦AS n FROM X", "in a select list an alias follows without AS", ""},
		{"SELECT COUNT(Id) ¦a.b FROM X", "expected a comma, FROM or an alias without dots", "a.b"},
		{"SELECT COUNT(Id) n, MAX(a) ¦N FROM X", "duplicate alias: N", ""},

		// Functions.
		{"SELECT ¦UPPER(Name) FROM X", "there is no function UPPER", ""},
		{"SELECT ¦COUNT() n FROM X", "COUNT() stands alone in a select list and has no alias, write COUNT(Id)", ""},
		{"SELECT Id, ¦COUNT() FROM X", "COUNT() stands alone in a select list and has no alias, write COUNT(Id)", ""},
		{"SELECT Id FROM X GROUP BY Id HAVING ¦COUNT() > 1", "COUNT() stands alone in a select list, write COUNT(Id)", ""},
		{"SELECT COUNT() FROM X ¦ORDER BY Id", "COUNT() cannot go with ORDER BY, write COUNT(Id)", ""},
		{"SELECT COUNT() FROM X ¦GROUP BY Id", "COUNT() cannot go with GROUP BY, write COUNT(Id)", ""},
		{"SELECT MAX(¦) FROM X", "expected a field as the argument of MAX", ")"},
		{"SELECT MAX(¦1) FROM X", "expected a field as the argument of MAX", "1"},
		{"SELECT MAX(a¦, b) FROM X", "expected ) after the argument of MAX", ","},
		{"SELECT MAX(¦MIN(a)) FROM X", "expected a field as the argument of MAX", "MIN"},
		{"SELECT MAX(¦convertTimezone(a)) FROM X", "expected a field as the argument of MAX", "convertTimezone"},
		{"SELECT Id FROM X WHERE ¦MAX(a) > 1", "WHERE cannot have the aggregate MAX, put the condition into HAVING", ""},
		{"SELECT Id FROM X GROUP BY ¦max(a)", "GROUP BY cannot have the aggregate MAX", ""},
		{"SELECT Id FROM X WHERE ¦convertTimezone(a) > 1", "convertTimezone stands only inside a date function such as DAY_ONLY", ""},
		{"SELECT ¦DAY_ONLY(a) FROM X", "DAY_ONLY in a select list needs a GROUP BY of the same", ""},

		// Clauses.
		{"SELECT Id FROM X ¦HAVING COUNT(Id) > 1", "HAVING needs a GROUP BY before it", ""},
		{"SELECT MAX(a) FROM X ¦LIMIT 1", "LIMIT with an aggregate needs GROUP BY", ""},
		{"SELECT Id FROM X ORDER BY Id NULLS ¦DESC", "expected FIRST or LAST", "DESC"},
		{"SELECT Id FROM X ORDER BY ¦DESC", "expected a field or a function", "DESC"},
		{"SELECT Id FROM X LIMIT ¦-1", "expected a whole number after LIMIT", "-1"},
		{"SELECT Id FROM X LIMIT ¦1.5", "expected a whole number after LIMIT", "1.5"},
		{"SELECT Id FROM X LIMIT ¦99999999999999999999", "expected a number that fits 64 bits after LIMIT", "99999999999999999999"},
		{"SELECT Id FROM X OFFSET ¦:n", "bind variables such as :name exist in Apex only, write the value itself", ""},
		{"SELECT Id FROM X LIMIT ¦", "expected a whole number after LIMIT", "end of statement"},

		// Conditions.
		{"SELECT Id FROM X WHERE ¦", "expected a field or a function", "end of statement"},
		{"SELECT Id FROM X WHERE a ¦", wantOperator, "end of statement"},
		{"SELECT Id FROM X WHERE a ¦5", wantOperator, "5"},
		{"SELECT Id FROM X WHERE a = ¦", "expected a value", "end of statement"},
		{"SELECT Id FROM X WHERE a = ¦= 1", "expected a value", "="},
		{"SELECT Id FROM X WHERE a = ¦b", wantValue, "b"},
		{"SELECT Id FROM X WHERE a = ¦\"b\"", "text stands in single quotes, not in double ones", ""},
		{"SELECT Id FROM X WHERE a = ¦:b", "bind variables such as :name exist in Apex only, write the value itself", ""},
		{"SELECT Id FROM X WHERE a IN ¦:b", "bind variables such as :name exist in Apex only, write the value itself", ""},
		{"SELECT Id FROM X WHERE a = 1 AND b = 2 ¦OR c = 3", "AND and OR need parentheses where they mix", ""},
		{"SELECT Id FROM X WHERE a = 1 OR b = 2 ¦AND c = 3", "AND and OR need parentheses where they mix", ""},
		{"SELECT Id FROM X WHERE (a = 1 AND b = 2 ¦OR c = 3)", "AND and OR need parentheses where they mix", ""},
		{"SELECT Id FROM X GROUP BY Id HAVING Id = 'a' OR Id = 'b' ¦AND Id = 'c'", "AND and OR need parentheses where they mix", ""},
		{"SELECT Id FROM X WHERE NOT ¦NOT a = 1", "expected a condition, NOT of NOT needs parentheses", "NOT"},
		{"SELECT Id FROM X WHERE a ¦NOT LIKE 'x'", "expected an operator, SOQL writes (NOT field LIKE 'pattern')", "NOT"},
		{"SELECT Id FROM X WHERE a ¦IS NULL", "expected an operator, SOQL writes = null and != null", "IS"},
		{"SELECT Id FROM X WHERE a ¦BETWEEN 1 AND 2", "expected an operator, SOQL writes >= and <= joined by AND", "BETWEEN"},
		{"SELECT Id FROM X WHERE (a = 1¦", "expected AND, OR or )", "end of statement"},
		{"SELECT Id FROM X WHERE a = 1¦)", "expected the end of the statement", ")"},
		{"SELECT Id FROM X WHERE (¦)", "expected a field or a function", ")"},
		{"SELECT Id FROM X WHERE ¦'a' = b", "expected a field or a function", "'a'"},
		{"SELECT Id FROM X WHERE ¦NULL = b", "expected a field or a function", "NULL"},
		{"SELECT Id FROM X WHERE a LIKE ¦5", "expected a string in single quotes", "5"},
		{"SELECT Id FROM X WHERE a LIKE ¦NULL", "expected a string in single quotes", "NULL"},
		{"SELECT Id FROM X WHERE a IN ¦'x'", "expected ( and a list of values", "'x'"},
		{"SELECT Id FROM X WHERE a IN (¦)", "expected a value", ")"},
		{"SELECT Id FROM X WHERE a IN (1 ¦2)", "expected a comma or ) in the list of values", "2"},
		{"SELECT Id FROM X WHERE a INCLUDES (¦1)", "expected a string in single quotes", "1"},

		// Sub-selects.
		{"SELECT Id FROM X WHERE a IN (SELECT b, ¦c FROM Y)", "the sub-select of IN selects exactly one field", ""},
		{"SELECT Id FROM X WHERE a IN (SELECT ¦b.c FROM Y)", "the sub-select of IN selects an Id or a reference, without dots, functions or alias", ""},
		{"SELECT Id FROM X WHERE a IN (SELECT ¦MAX(b) FROM Y)", "the sub-select of IN selects an Id or a reference, without dots, functions or alias", ""},
		{"SELECT Id FROM X WHERE a IN (SELECT ¦COUNT() FROM Y)", "COUNT() stands alone in a select list and has no alias, write COUNT(Id)", ""},
		{"SELECT Id FROM X WHERE a IN (SELECT b FROM Y ¦LIMIT 1)", "the sub-select of IN cannot have LIMIT", ""},
		{"SELECT Id FROM X WHERE a IN (SELECT b FROM Y ¦ORDER BY b)", "the sub-select of IN cannot have ORDER BY", ""},
		{"SELECT Id FROM X WHERE a IN (SELECT b FROM Y WHERE c IN ¦(SELECT d FROM Z))", "a sub-select of IN cannot hold another", ""},
		{"SELECT Id FROM X WHERE a = 1 OR ¦a IN (SELECT b FROM Y)", "a sub-select cannot stand below OR or NOT", ""},
		{"SELECT Id FROM X WHERE NOT ¦a IN (SELECT b FROM Y)", "a sub-select cannot stand below OR or NOT", ""},
		{"SELECT Id FROM X WHERE ¦a.b IN (SELECT b FROM Y)", "the left side of IN with a sub-select is an Id or a reference, without dots or functions", ""},
		{"SELECT Id FROM X WHERE a IN (SELECT b FROM ¦x)", "a sub-select cannot read the object of the statement around it", ""},
		{"SELECT Id FROM X GROUP BY Id HAVING ¦Id IN (SELECT b FROM Y)", "HAVING cannot have a sub-select", ""},
		{"SELECT Id FROM X WHERE a IN (SELECT b FROM Y¦", "expected ) after the sub-select", "end of statement"},

		// Literals.
		{`SELECT Id FROM X WHERE a = '¦\q'`, `a backslash begins one of \n \r \t \b \f \" \' \\ \uXXXX`, `\q`},
		{`SELECT Id FROM X WHERE a = '¦\ä'`, `a backslash begins one of \n \r \t \b \f \" \' \\ \uXXXX`, `\ä`},
		{`SELECT Id FROM X WHERE a = 'x¦\%'`, `\_ and \% have a meaning only after LIKE`, `\%`},
		{`SELECT Id FROM X WHERE a IN ('x¦\_')`, `\_ and \% have a meaning only after LIKE`, `\_`},
		{`SELECT Id FROM X WHERE a LIKE '\%¦\x'`, `a backslash begins one of \n \r \t \b \f \" \' \\ \uXXXX`, `\x`},
		{`SELECT Id FROM X WHERE a = '¦\u12'`, `expected four hexadecimal digits after \u`, `\u`},
		{`SELECT Id FROM X WHERE a = '¦\uD83D'`, `half of a surrogate pair is no character`, `\u`},
		{"SELECT Id FROM X WHERE a = ¦'open", "the string that begins here has no closing quote", ""},
		{"SELECT Id FROM X WHERE a = ¦1e5", "a number cannot have an exponent, write all its digits", "1e5"},
		{"SELECT Id FROM X WHERE a = ¦2024-02-30", "there is no such day", "2024-02-30"},
		{"SELECT Id FROM X WHERE a = ¦2023-02-29T00:00:00Z", "there is no such day", "2023-02-29T00:00:00Z"},
		{"SELECT Id FROM X WHERE a = ¦2024-01-31T10:00:00", "a datetime needs its zone, write Z or an offset such as +01:00", "2024-01-31T10:00:00"},
		{"SELECT Id FROM X WHERE a = ¦2024-01-31T10:00Z", "expected a time such as 10:15:00 or 10:15:00.000", "2024-01-31T10:00Z"},
		{"SELECT Id FROM X WHERE a = ¦2024-01-31T25:00:00Z", "there is no such time of day", "2024-01-31T25:00:00Z"},
		{"SELECT Id FROM X WHERE a = ¦2024-01-31T10:00:00.1234Z", "a second has at most three digits after its point", "2024-01-31T10:00:00.1234Z"},
		{"SELECT Id FROM X WHERE a = ¦2024-01-31T10:00:00+1", "a datetime needs its zone, write Z or an offset such as +01:00", "2024-01-31T10:00:00+1"},
		{"SELECT Id FROM X WHERE a = ¦2024-01-31T", "expected a datetime such as 2024-01-31T10:00:00Z", "2024-01-31T"},
		{"SELECT Id FROM X WHERE a = ¦9999-12-31T23:00:00-02:00", "in UTC the datetime lies outside the years 0000 to 9999", "9999-12-31T23:00:00-02:00"},
		{"SELECT Id FROM X WHERE a = ¦10:15:00", "a time of day ends in Z: 10:15:00.000Z", "10:15:00"},
		{"SELECT Id FROM X WHERE a = ¦10:60:00Z", "there is no such time of day", "10:60:00Z"},
		{"SELECT Id FROM X WHERE a = LAST_N_DAYS:¦-3", "expected a whole number after LAST_N_DAYS:", "-3"},
		{"SELECT Id FROM X WHERE a = TODAY¦:3", "expected the end of the statement", ":"},
	}
	for _, tt := range tests {
		pos := strings.Index(tt.text, "¦")
		text := strings.Replace(tt.text, "¦", "", 1)
		checkRefused(t, text, pos, tt.msg, tt.found)
	}
	checkRefused(t, "SELECT Id FROM X WHERE a = '\xff'", 28, "the statement is not valid UTF-8 here", "")
	checkRefused(t, "SELECT Id FROM X WHERE a = LAST_N_DAYS AND b = 1", 39, "expected a number right after LAST_N_DAYS, as in LAST_N_DAYS:30", "AND")
	checkRefused(t, "SELECT Id FROM X WHERE a = LAST_N_DAYS : 3", 39, "expected a number right after LAST_N_DAYS, as in LAST_N_DAYS:30", ":")
}

func checkRefused(t *testing.T, text string, pos int, msg, found string) {
	t.Helper()
	q, err := Parse(text)
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%q: got %v and error %v, want %q", text, q, err, msg)
		return
	}
	if int(e.Pos) != pos || e.Msg != msg || e.Found != found {
		t.Errorf("%q:\n got %q found %q at %d\nwant %q found %q at %d", text, e.Msg, e.Found, e.Pos, msg, found, pos)
	}
}

func TestWholeGrammarPrintsShort(t *testing.T) {
	tests := []struct{ text, want string }{ // want empty: as text
		// Child subqueries.
		{"SELECT Id,(SELECT Id FROM Contacts) FROM Account", ""},
		{
			"select Name, ( select LastName from Account.Contacts c where c.Email != null order by LastName limit 5 offset 2 ), Id from Account",
			"SELECT Name,(SELECT LastName FROM Account.Contacts c WHERE c.Email!=NULL ORDER BY LastName LIMIT 5 OFFSET 2),Id FROM Account",
		},
		{"SELECT Id,(SELECT Id,(SELECT Id,(SELECT Id,(SELECT Id FROM E) FROM D) FROM C) FROM B),(SELECT Id FROM F) FROM A", ""},
		{"SELECT Id,(SELECT Id FROM Bs WHERE C IN(SELECT Id FROM D)) FROM A", ""},
		// TYPEOF and FIELDS.
		{
			"SELECT Id, typeof What when Account then Phone, Owner.Name WHEN Opportunity THEN Amount else Name end FROM Event",
			"SELECT Id,TYPEOF What WHEN Account THEN Phone,Owner.Name WHEN Opportunity THEN Amount ELSE Name END FROM Event",
		},
		{"SELECT TYPEOF Parent.Owner WHEN User THEN Id END FROM Case", ""},
		{"SELECT TYPEOF FROM X", ""},
		{"SELECT fields ( all ) FROM X LIMIT 200", "SELECT FIELDS(ALL) FROM X LIMIT 200"},
		{"SELECT Id,FIELDS(CUSTOM),FIELDS(STANDARD),(SELECT FIELDS(ALL) FROM Ys LIMIT 1) FROM X LIMIT 1", ""},
		// FROM with several names.
		{"SELECT COUNT() FROM Contact AS c, c.Account a, a.Owner WHERE a.Name='x'", "SELECT COUNT() FROM Contact c,c.Account a,a.Owner WHERE a.Name='x'"},
		// Clauses.
		{"SELECT Id FROM X using scope MINE where a=1", "SELECT Id FROM X USING SCOPE mine WHERE a=1"},
		{"SELECT Id FROM X USING SCOPE MineAndMyGroups", "SELECT Id FROM X USING SCOPE mine_and_my_groups"},
		{"SELECT Id FROM X USING SCOPE scopingRule", ""},
		{"SELECT Id FROM X WHERE a=1 with security_enforced limit 1", "SELECT Id FROM X WHERE a=1 WITH SECURITY_ENFORCED LIMIT 1"},
		{"SELECT Id FROM X WITH USER_MODE", ""},
		{"SELECT Id FROM X WITH SYSTEM_MODE", ""},
		{
			"SELECT Id FROM K__kav WITH data category Geography__c above (usa__c , uk__c) and Product__c at mobile__c",
			"SELECT Id FROM K__kav WITH DATA CATEGORY Geography__c ABOVE(usa__c,uk__c) AND Product__c AT mobile__c",
		},
		{"SELECT Id FROM K__kav WITH DATA CATEGORY G__c ABOVE_OR_BELOW a__c", ""},
		{"SELECT Id FROM K__kav WITH DATA CATEGORY G__c BELOW (a__c)", "SELECT Id FROM K__kav WITH DATA CATEGORY G__c BELOW a__c"},
		{
			"SELECT Id FROM X WITH RecordVisibilityContext (maxDescriptorPerRecord = 100, supportsDomains = true)",
			"SELECT Id FROM X WITH RecordVisibilityContext(maxDescriptorPerRecord=100,supportsDomains=TRUE)",
		},
		{"SELECT Id FROM X ORDER BY Id LIMIT 2 for view", "SELECT Id FROM X ORDER BY Id LIMIT 2 FOR VIEW"},
		{"SELECT Id FROM X FOR REFERENCE UPDATE VIEWSTAT", ""},
		{"SELECT Id FROM X update tracking", "SELECT Id FROM X UPDATE TRACKING"},
		{"SELECT Id FROM X LIMIT 1 FOR UPDATE", ""},
		{"SELECT Id FROM X all rows", "SELECT Id FROM X ALL ROWS"},
		// Groups.
		{"SELECT a,COUNT(Id) FROM X GROUP BY rollup ( a , b, CALENDAR_YEAR(c) )", "SELECT a,COUNT(Id) FROM X GROUP BY ROLLUP(a,b,CALENDAR_YEAR(c))"},
		{"SELECT a,grouping(a) g,COUNT(Id) FROM X GROUP BY CUBE(a,b) HAVING GROUPING(b)=0 ORDER BY GROUPING(a)", "SELECT a,GROUPING(a) g,COUNT(Id) FROM X GROUP BY CUBE(a,b) HAVING GROUPING(b)=0 ORDER BY GROUPING(a)"},
		{"SELECT Rollup FROM X GROUP BY Rollup", ""},
		// Functions.
		{"SELECT tolabel(Status),FORMAT(Amount) f,convertcurrency(Amount) c FROM X", "SELECT toLabel(Status),FORMAT(Amount) f,convertCurrency(Amount) c FROM X"},
		{"SELECT FORMAT(MIN(CloseDate)) m,FORMAT(convertCurrency(Amount)) FROM X", ""},
		{"SELECT Id FROM X WHERE toLabel(Status)='x' OR toLabel(Status) LIKE 'y%'", ""},
		{
			"SELECT DISTANCE(Loc, GEOLOCATION(37.7, -122.4), 'MI') d FROM X WHERE distance(Loc__c, geolocation(1,-.5), 'km') < 5.5 ORDER BY DISTANCE(Loc,GEOLOCATION(0,0),'km') DESC",
			"SELECT DISTANCE(Loc,GEOLOCATION(37.7,-122.4),'mi') d FROM X WHERE DISTANCE(Loc__c,GEOLOCATION(1,-.5),'km')<5.5 ORDER BY DISTANCE(Loc,GEOLOCATION(0,0),'km') DESC",
		},
		// Currency.
		{"SELECT Id FROM X WHERE a > usd5000 OR a IN (EUR1.50, GBP0)", "SELECT Id FROM X WHERE a>USD5000 OR a IN(EUR1.50,GBP0)"},
		{"SELECT a FROM X GROUP BY a HAVING SUM(b)>USD10", ""},
	}
	for _, tt := range tests {
		if tt.want == "" {
			tt.want = tt.text
		}
		checkPrint(t, tt.text, tt.want)
	}
}

// The place of the error is marked by ¦ again.
func TestWholeGrammarIsStrict(t *testing.T) {
	const end = "expected the end of the statement: clauses come once each in the order USING SCOPE, WHERE, WITH, GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET, FOR, UPDATE"
	tests := []struct{ text, msg, found string }{
		{"SELECT Id, (SELECT ¦COUNT() FROM Cs) FROM A", onlyRoot, ""},
		{"SELECT Id, (SELECT ¦MAX(b) FROM Cs) FROM A", onlyRoot, ""},
		{"SELECT Id, (SELECT Id FROM Cs ¦GROUP BY Id) FROM A", onlyRoot, ""},
		{"SELECT Id, (SELECT Id FROM Cs ¦FOR VIEW) FROM A", "a subquery cannot have FOR VIEW", ""},
		{"SELECT Id, (SELECT Id FROM Cs ¦ALL ROWS) FROM A", "a subquery cannot have ALL ROWS", ""},
		{"SELECT Id, (SELECT Id FROM Cs¦, Cs.A) FROM A", "expected ) after the subquery", ","},
		{"SELECT Id, (SELECT Id FROM Cs) ¦c FROM A", "subqueries, TYPEOF and FIELDS() have no alias, take away c", ""},
		{"SELECT COUNT(Id), ¦(SELECT Id FROM Cs) FROM A", "a subquery cannot stand in an aggregate query", ""},
		{"SELECT Id, (SELECT Id FROM Cs ¦FROM A", "expected ) after the subquery", "FROM"},
		{"SELECT Id FROM A WHERE b IN (SELECT ¦(SELECT Id FROM D) FROM C)", "the sub-select of IN cannot have a subquery", ""},
		{"SELECT Id FROM A WHERE b IN (SELECT ¦TYPEOF o WHEN U THEN Id END FROM C)", "the sub-select of IN selects an Id or a reference, without dots, functions or alias", ""},
		{"SELECT TYPEOF What ¦ELSE Id END FROM E", "expected WHEN", "ELSE"},
		{"SELECT TYPEOF What WHEN Account ¦Id END FROM E", "expected THEN", "Id"},
		{"SELECT TYPEOF What WHEN Account THEN MAX¦(x) END FROM E", "expected a comma, WHEN, ELSE or END", "("},
		{"SELECT TYPEOF What WHEN Account THEN Id ¦FROM E", "expected a comma, WHEN, ELSE or END", "FROM"},
		{"SELECT TYPEOF What WHEN ¦a.b THEN Id END FROM E", "expected the name of an object", "a.b"},
		{"SELECT ¦TYPEOF What WHEN A THEN Id END FROM E GROUP BY Id", "TYPEOF cannot stand in an aggregate query", ""},
		{"SELECT FIELDS(¦SOME) FROM E", "expected ALL, CUSTOM or STANDARD", "SOME"},
		{"SELECT COUNT(Id), ¦FIELDS(ALL) FROM E", "FIELDS() cannot stand in an aggregate query", ""},
		{"SELECT Id FROM E WHERE ¦FIELDS(ALL) = 1", "FIELDS() stands in a select list only", ""},
		{"SELECT Id FROM A a, ¦B b", "expected a relationship of the object before it, such as a.Owner", "B"},
		{"SELECT Id FROM A USING ¦mine", "expected SCOPE", "mine"},
		{"SELECT Id FROM A USING SCOPE ¦yours", "expected a scope such as everything, mine, team or mru", "yours"},
		{"SELECT Id FROM A WHERE b = 1 ¦USING SCOPE mine", end, "USING"},
		{"SELECT Id FROM A LIMIT 1 ¦WITH USER_MODE", end, "WITH"},
		{"SELECT Id FROM A WITH ¦NO_MODE", "expected SECURITY_ENFORCED, USER_MODE, SYSTEM_MODE, DATA CATEGORY or RecordVisibilityContext", "NO_MODE"},
		{"SELECT Id FROM A WITH DATA CATEGORY g__c ¦NEAR a__c", "expected AT, ABOVE, BELOW or ABOVE_OR_BELOW", "NEAR"},
		{"SELECT Id FROM A WITH DATA CATEGORY g__c AT (a__c ¦b__c)", "expected a comma or ) after the data categories", "b__c"},
		{"SELECT Id FROM A WITH RecordVisibilityContext(a=¦'x')", "a takes a number, TRUE or FALSE", ""},
		{"SELECT Id FROM A WITH RecordVisibilityContext(a ¦> 1)", "expected = after a", ">"},
		{"SELECT Id FROM A FOR ¦EVER", "", "EVER"},
		{"SELECT Id FROM A FOR VIEW ¦FOR REFERENCE FOR VIEW", "", ""},
		{"SELECT Id FROM A ORDER BY Id ¦FOR UPDATE", "FOR UPDATE cannot go with ORDER BY", ""},
		{"SELECT Id FROM A UPDATE ¦IT", "", "IT"},
		{"SELECT Id FROM A ALL ROWS ¦LIMIT 1", end, "LIMIT"},
		{"SELECT a FROM X GROUP BY ROLLUP(a,b,c,¦d)", "ROLLUP and CUBE take at most 3 fields", ""},
		{"SELECT a FROM X GROUP BY ROLLUP(a)¦, b", "expected the end of the statement", ","},
		{"SELECT a FROM X GROUP BY a, ¦CUBE(b)", "CUBE stands right after GROUP BY and holds all that is grouped by", ""},
		{"SELECT a FROM X GROUP BY ROLLUP(a ¦b)", "expected a comma or ) after the fields of ROLLUP or CUBE", "b"},
		{"SELECT ¦GROUPING(a) FROM X GROUP BY a", "GROUPING needs GROUP BY ROLLUP or GROUP BY CUBE", ""},
		{"SELECT a FROM X GROUP BY a HAVING ¦GROUPING(a) = 1", "GROUPING needs GROUP BY ROLLUP or GROUP BY CUBE", ""},
		{"SELECT Id FROM X ORDER BY ¦GROUPING(a)", "GROUPING needs GROUP BY ROLLUP or GROUP BY CUBE", ""},
		{"SELECT Id FROM X WHERE ¦GROUPING(a) = 1", "GROUPING cannot stand in WHERE", ""},
		{"SELECT Id FROM X WHERE ¦FORMAT(a) = 'x'", "FORMAT cannot stand in WHERE", ""},
		{"SELECT Id FROM X ORDER BY ¦toLabel(a)", "toLabel cannot stand in ORDER BY", ""},
		{"SELECT toLabel(¦MAX(a)) FROM X", "expected a field as the argument of toLabel", "MAX"},
		{"SELECT FORMAT(¦toLabel(a)) FROM X", "expected a field as the argument of FORMAT", "toLabel"},
		{"SELECT ¦GEOLOCATION(1,2) FROM X", "GEOLOCATION stands only inside DISTANCE", ""},
		{"SELECT DISTANCE(a, ¦b, 'mi') FROM X", "expected GEOLOCATION(latitude, longitude)", "b"},
		{"SELECT DISTANCE(a, GEOLOCATION(1, ¦'x'), 'mi') FROM X", "expected a number as the longitude", "'x'"},
		{"SELECT DISTANCE(a, GEOLOCATION(1,2), ¦'ft') FROM X", "expected the unit 'mi' or 'km'", "'ft'"},
		{"SELECT DISTANCE(a, GEOLOCATION(1,2)¦) FROM X", "expected a comma and the unit 'mi' or 'km'", ")"},
		{"SELECT Id FROM X WHERE DISTANCE(a, GEOLOCATION(1,2), 'mi') ¦<= 5", "expected < or >, the only operators for DISTANCE", "<="},
		{"SELECT Id FROM X WHERE DISTANCE(a, GEOLOCATION(1,2), 'mi') ¦IN (5)", "expected < or >, the only operators for DISTANCE", "IN"},
		{"SELECT a FROM X GROUP BY ¦DISTANCE(a, GEOLOCATION(1,2), 'mi')", "DISTANCE cannot stand in GROUP BY", ""},
		{"SELECT Id FROM X WHERE a > USD¦-5", "", "-5"},
		{"SELECT Id FROM X WHERE a > USD5 ¦.5", "expected the end of the statement", ".5"},
	}
	for _, tt := range tests {
		pos := strings.Index(tt.text, "¦")
		text := strings.Replace(tt.text, "¦", "", 1)
		if tt.msg != "" {
			checkRefused(t, text, pos, tt.msg, tt.found)
		} else if q, err := Parse(text); err == nil {
			t.Errorf("%s is read as %s", text, q)
		}
	}
}

func TestSubqueriesAreBounded(t *testing.T) {
	nest := func(n int) string {
		return strings.Repeat("SELECT Id,(", n) + "SELECT Id FROM B" + strings.Repeat(") FROM A", n)
	}
	checkPrint(t, nest(maxNests), nest(maxNests))
	if _, err := Parse(nest(maxNests + 1)); err == nil {
		t.Error("subqueries may nest without end")
	}
}

func TestErrorsReadWell(t *testing.T) {
	tests := []struct{ text, want string }{
		{"SELECT Id\nFROM X\nWHERE Näme = 1", `soql: line 3, column 8: unexpected character, found "ä"`},
		{"SELECT Id FROM X WHERE a = 'ä€😀' b", `soql: line 1, column 34: expected the end of the statement, found "b"`},
		{"SELECT Id FROM", "soql: line 1, column 15: expected the name of an object, found the end of statement"},
		{"SELECT Name n FROM X", "soql: line 1, column 13: only aggregate expressions use field aliasing, take away the alias n"},
		{
			"SELECT Id FROM X y '" + strings.Repeat("z", 99) + "'",
			`soql: line 1, column 20: expected the end of the statement, found "'` + strings.Repeat("z", 39) + `…"`,
		},
	}
	for _, tt := range tests {
		_, err := Parse(tt.text)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

func TestSizesAreBounded(t *testing.T) {
	filler := func(n int) string { // a statement of n characters, € is one of them
		const head, tail = "SELECT Id FROM X WHERE a = '€'", "LIMIT 1"
		return head + strings.Repeat(" ", n-len([]rune(head+tail))) + tail
	}
	if _, err := Parse(filler(MaxStatement)); err != nil {
		t.Errorf("a statement of exactly the limit: %v", err)
	}
	checkRefused(t, filler(MaxStatement+1), 0, "SOQL statements can not be longer than 100000 characters", "")

	text := strings.Repeat("€", MaxString)
	if _, err := Parse("SELECT Id FROM X WHERE a = '" + text + "'"); err != nil {
		t.Errorf("a string of exactly the limit: %v", err)
	}
	checkRefused(t, "SELECT Id FROM X WHERE a = '"+text+"x'", 27, "a string can not be longer than 4000 characters", "")
	if !Quotable(text) || Quotable(text+"x") {
		t.Error("Quotable does not know the limit of a string")
	}

	deep := func(n int) string { return strings.Repeat("(", n) + "a = 1" + strings.Repeat(")", n) }
	checkPrint(t, "SELECT Id FROM X WHERE "+deep(maxParens), "SELECT Id FROM X WHERE a=1")
	checkRefused(t, "SELECT Id FROM X WHERE "+deep(maxParens+1), 23+maxParens, "the parentheses are nested more than 1000 deep", "")

	nots := func(n int) string { return strings.Repeat("NOT(", n) + "NOT a=1" + strings.Repeat(")", n) }
	checkPrint(t, "SELECT Id FROM X WHERE "+nots(maxNesting-1), "SELECT Id FROM X WHERE "+nots(maxNesting-1))
	checkRefused(t, "SELECT Id FROM X WHERE "+nots(maxNesting), 23, "the condition is nested more than 500 deep", "")
}

// notAccepted holds statements of the public list that this package refuses
// although they are in it, by the reason.
var notAccepted = map[string]string{
	"SELECT Id, Name IsPersonAccount FROM Account": "only aggregate expressions use field aliasing",
}

// TestStatementsOfPublicClients reads what other projects send: each statement
// prints to an equal one that is no longer.
func TestStatementsOfPublicClients(t *testing.T) {
	path := filepath.Join("..", "..", "shared", "soql-valid.tsv")
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no list of public statements beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for line := range strings.Lines(string(data)) {
		_, text, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		q, err := Parse(text)
		switch {
		case err == nil:
			read++
			checkPrint(t, text, q.String())
			if printed := q.String(); len(printed) > len(text) {
				t.Errorf("%s\nprints longer: %s", text, printed)
			}
		case notAccepted[text] == "" || !strings.Contains(err.Error(), notAccepted[text]):
			t.Errorf("%s: %v", text, err)
		}
	}
	if read < 160 {
		t.Errorf("only %d statements of the list were read", read)
	}
}
