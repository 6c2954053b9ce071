package emulator

import (
	"net/http"
	"strings"
	"testing"
)

const hint = " If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. " +
	"Please reference your WSDL or the describe call for the appropriate names."

// TestErrors holds refused statements with the code and the text of their
// error; a text that begins with an ellipsis is the error's end.
func TestErrors(t *testing.T) {
	s := start(t)
	long := "SELECT Id FROM Account WHERE Name = '" + strings.Repeat("x", 4001) + "'"
	for _, c := range []struct{ name, soql, code, message string }{
		{
			"unknown field", "SELECT Foo FROM Account", "INVALID_FIELD",
			"\nSELECT Foo FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'Account'." + hint,
		},
		{
			"unknown field on the second row", "SELECT Id,\n  Foo FROM Account", "INVALID_FIELD",
			"\n  Foo FROM Account\n  ^\nERROR at Row:2:Column:3\nNo such column 'Foo' on entity 'Account'." + hint,
		},
		{"unknown field of a parent", "SELECT Account.Nope FROM Contact", "INVALID_FIELD", "…No such column 'Nope' on entity 'Account'." + hint},
		{"unknown relationship", "SELECT Nope.Name FROM Contact", "INVALID_FIELD", "…Please reference your WSDL or the describe call for the appropriate names."},
		{"a lookup without a relationship name", "SELECT Contact.Name FROM Opportunity", "INVALID_FIELD", "…Please reference your WSDL or the describe call for the appropriate names."},
		{
			"unknown object", "SELECT Id FROM XYZZY", "INVALID_TYPE",
			"\nSELECT Id FROM XYZZY\n               ^\nERROR at Row:1:Column:16\nsObject type 'XYZZY' is not supported. If you are attempting to use a " +
				"custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
		},
		{"object without query", "SELECT Id FROM OpenActivity", "INVALID_TYPE_FOR_OPERATION", "entity type OpenActivity does not support query"},
		{"not filterable", "SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "…\nfield 'Description' can not be filtered in a query call"},
		{"not filterable with null", "SELECT Id FROM Everything__c WHERE Encrypted__c = null", "INVALID_FIELD", "…field 'Encrypted__c' can not be filtered in a query call"},
		{"not sortable", "SELECT Id FROM Everything__c ORDER BY Multi__c", "INVALID_FIELD", "…field 'Multi__c' can not be sorted in a query call"},
		{
			"not groupable", "SELECT CreatedDate FROM Account GROUP BY CreatedDate", "INVALID_FIELD",
			"…field 'CreatedDate' can not be grouped in a query call",
		},
		{"formula not groupable", "SELECT Formula__c FROM Everything__c GROUP BY Formula__c", "INVALID_FIELD", "…field 'Formula__c' can not be grouped in a query call"},
		{"not grouped", "SELECT Name, COUNT(Id) FROM Account GROUP BY Industry", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"},
		{"not grouped without GROUP BY", "SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"},
		{"grouped and aggregated", "SELECT COUNT(Id) FROM Account GROUP BY Id", "MALFORMED_QUERY", "…Grouped field should not be aggregated: Id"},
		{"SUM of text", "SELECT SUM(Name) FROM Account", "INVALID_FIELD", "…field Name does not support aggregate operator SUM"},
		{"MAX of a boolean", "SELECT MAX(IsDeleted) FROM Account", "INVALID_FIELD", "…field IsDeleted does not support aggregate operator MAX"},
		{"MAX with LIMIT", "SELECT MAX(AnnualRevenue) FROM Account LIMIT 1", "MALFORMED_QUERY", "…LIMIT with an aggregate needs GROUP BY"},
		{
			"too many groups", "SELECT Id, COUNT(LastName) FROM Contact GROUP BY Id", "EXCEEDED_ID_LIMIT",
			"Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
		},
		{"OFFSET too large", "SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "…2000"},
		{"duplicate field", "SELECT Id, Name, id FROM Account", "MALFORMED_QUERY", "duplicate field selected: id"},
		{"alias of a plain field", "SELECT Name n FROM Account", "MALFORMED_QUERY", "…only aggregate expressions use field aliasing, take away the alias n"},
		{"malformed id", "SELECT Id FROM Account WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR", "…\ninvalid ID field: abc"},
		{"malformed id in a list", "SELECT Id FROM Account WHERE OwnerId IN ('abc')", "INVALID_QUERY_FILTER_OPERATOR", "…\ninvalid ID field: abc"},
		{"id with damaged case", "SELECT Id FROM Account WHERE Id = '" + strings.ToLower(string(appendID18(nil, "001", 15))) + "'", "INVALID_QUERY_FILTER_OPERATOR", "…invalid ID field: 001kj0000004c9kiau"},
		{"LIKE on an id", "SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR", "…invalid operator on id field"},
		{"LIKE on a number", "SELECT Id FROM Account WHERE AnnualRevenue LIKE '1%'", "INVALID_QUERY_FILTER_OPERATOR", "…invalid operator on currency field"},
		{"< on a boolean", "SELECT Id FROM Account WHERE IsDeleted < true", "INVALID_QUERY_FILTER_OPERATOR", "…invalid operator on boolean field"},
		{"LIKE on a multi-picklist", "SELECT Id FROM Everything__c WHERE Multi__c LIKE 'a%'", "INVALID_QUERY_FILTER_OPERATOR", "…invalid operator on multipicklist field"},
		{"INCLUDES on text", "SELECT Id FROM Account WHERE Name INCLUDES ('a')", "INVALID_QUERY_FILTER_OPERATOR", "…only valid on multipicklist field"},
		{
			"quoted datetime", "SELECT Id FROM Account WHERE CreatedDate = '2024-01-01T00:00:00Z'", "INVALID_FIELD",
			"…\nvalue of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes",
		},
		{"date against datetime", "SELECT Id FROM Account WHERE CreatedDate > 2024-01-01", "INVALID_FIELD", "…'CreatedDate' must be of type dateTime and should not be enclosed in quotes"},
		{"datetime against date", "SELECT Id FROM Opportunity WHERE CloseDate > 2024-01-01T00:00:00Z", "INVALID_FIELD", "…'CloseDate' must be of type date and should not be enclosed in quotes"},
		{"quoted number", "SELECT Id FROM Everything__c WHERE Double__c = '5'", "INVALID_FIELD", "…'Double__c' must be of type double and should not be enclosed in quotes"},
		{"quoted boolean", "SELECT Id FROM Account WHERE IsDeleted = 'true'", "INVALID_FIELD", "…'IsDeleted' must be of type boolean and should not be enclosed in quotes"},
		{"number against text", "SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "…'Name' must be of type string and should be enclosed in quotes"},
		{"fraction against int", "SELECT Id FROM Account WHERE NumberOfEmployees = 1.5", "INVALID_FIELD", "…'NumberOfEmployees' must be of type int and should not be enclosed in quotes"},
		{"int out of range", "SELECT Id FROM Account WHERE NumberOfEmployees < 2147483648", "INVALID_FIELD", "…'NumberOfEmployees' must be of type int and should not be enclosed in quotes"},
		{"date function of text", "SELECT Id FROM Account WHERE CALENDAR_YEAR(Name) = 2024", "INVALID_FIELD", "…does not support date function CALENDAR_YEAR"},
		{"date function selected alone", "SELECT CALENDAR_YEAR(CreatedDate) FROM Account", "MALFORMED_QUERY", "…CALENDAR_YEAR in a select list needs a GROUP BY of the same"},
		{"syntax", "SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"},
		{"parameter named twice", "q=SELECT Id FROM Account", "MALFORMED_QUERY", "…unexpected token: 'q'"},
		{"empty", "", "MALFORMED_QUERY", "SOQL statements cannot be empty or null"},
		{"literal too long", long, "MALFORMED_QUERY", "…"},
		{"six levels up", "SELECT Id FROM Account WHERE Parent.Parent.Parent.Parent.Parent.Parent.Name = 'x'", "MALFORMED_QUERY", "…more than 5 levels deep"},
		{"semi-join with OR", "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)", "MALFORMED_QUERY", "…a sub-select cannot stand below OR or NOT"},
		{"semi-join on itself", "SELECT Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)", "MALFORMED_QUERY", "…a sub-select cannot read the object of the statement around it"},
		{"semi-join of other targets", "SELECT Id FROM Account WHERE Id IN (SELECT OwnerId FROM Contact)", "MALFORMED_QUERY", "…should point to the same object type"},
		{"semi-join over Task", "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Task)", "MALFORMED_QUERY", "Entity 'Task' is not supported for semi join inner selects"},
		{"semi-join on text", "SELECT Id FROM Account WHERE Name IN (SELECT AccountId FROM Contact)", "MALFORMED_QUERY", "…cannot use: 'Name'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := failure(t, s, c.soql)
			tail, isTail := strings.CutPrefix(c.message, "…")
			if e.Status != http.StatusBadRequest || e.Code != c.code ||
				isTail && !strings.HasSuffix(e.Message, tail) || !isTail && e.Message != c.message {
				t.Errorf("%s\nanswered %d %s %q\nwant %s %q", c.soql, e.Status, e.Code, e.Message, c.code, c.message)
			}
			if res, _ := do(t, s, "GET", root+"/query?explain="+queryEscape(c.soql), ""); c.code != "EXCEEDED_ID_LIMIT" && res.StatusCode != http.StatusBadRequest {
				t.Errorf("explain accepts %s", c.soql)
			}
		})
	}
}

// TestErrorWindow checks the excerpt of long statements.
func TestErrorWindow(t *testing.T) {
	s := start(t)
	e := failure(t, s, "SELECT Id, Name, Type, Industry, AnnualRevenue, NumberOfEmployees, Phone, Nope, Website, Rating, Ownership, Site FROM Account")
	lines := strings.Split(e.Message, "\n")
	caret := strings.IndexByte(lines[2], '^')
	if !strings.HasPrefix(lines[1][caret:], "Nope, Website") || len(lines[1]) > wordsBefore+wordsAfter || lines[3] != "ERROR at Row:1:Column:75" {
		t.Errorf("%q", e.Message)
	}
}

// TestFlagsAreEnforced tries every field of every object in every clause: a
// field may be used where describe says so, and nowhere else.
func TestFlagsAreEnforced(t *testing.T) {
	s := start(t)
	for _, name := range s.Objects() {
		for _, f := range s.Describe(name).Fields {
			if strings.HasPrefix(f.Name, "F1") || strings.HasPrefix(f.Name, "F2") {
				continue // the wide object's fields repeat after the first hundred
			}
			for clause, allowed := range map[string]bool{
				"SELECT Id FROM " + name + " WHERE " + f.Name + " = null":                 f.Filterable,
				"SELECT Id FROM " + name + " ORDER BY " + f.Name:                          f.Sortable,
				"SELECT " + f.Name + " FROM " + name + " GROUP BY " + f.Name + " LIMIT 1": f.Groupable,
				"SELECT COUNT(" + f.Name + ") FROM " + name:                               f.Aggregatable,
			} {
				c, q, err := s.newCall("", "").parse(clause)
				if err == nil {
					err = c.check(q)
				}
				if e, ok := err.(*apiError); (err == nil) != allowed || err != nil && (!ok || e.Code != "INVALID_FIELD") {
					t.Errorf("%s: %v, allowed %v", clause, err, allowed)
				}
			}
		}
	}
}
