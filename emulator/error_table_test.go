package emulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// errorRow is a request that fails, or a fault that strikes it. Its name is
// the status and the code; more may follow behind a colon.
type errorRow struct {
	name    string
	fault   string // as ParseFault takes it
	method  string // GET, where left out
	path    string // a query, where left out
	body    string
	headers []string
	message string // what the error's message, or the body that is none, holds
	org     *Server
}

func queryRow(name, soql, message string) errorRow {
	return errorRow{name: name, path: queryPath("query", soql), message: message}
}

func writeRow(name, object, body, message string) errorRow {
	return errorRow{name: name, method: "POST", path: root + "/sobjects/" + object, body: body, message: message}
}

func jobRow(name, soql, message string) errorRow {
	return errorRow{name: name, method: "POST", path: jobsPath, body: queryBody(soql), message: message}
}

// faultRow is for what no request can provoke.
func faultRow(name, fault, message string) errorRow {
	return errorRow{name: name, fault: fault, message: message}
}

func (row errorRow) check(t *testing.T, s *Server) {
	if row.org != nil {
		s = row.org
	}
	s.SetFaults()
	if row.fault != "" {
		fault, err := ParseFault(row.fault)
		if err != nil {
			t.Fatal(err)
		}
		s.SetFaults(fault)
	}
	if row.path == "" {
		row.path = queryPath("query", "SELECT Id FROM User")
	}
	if row.method == "" {
		row.method = "GET"
	}
	res, body := do(t, s, row.method, row.path, row.body, row.headers...)
	name, _, _ := strings.Cut(row.name, ":")
	status, code, coded := strings.Cut(name, " ")
	message := body
	if coded {
		var list []apiError
		if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 1 || list[0].Code != code {
			t.Errorf("%d %.300s", res.StatusCode, body)
			return
		}
		message = list[0].Message
	}
	if fmt.Sprint(res.StatusCode) != status || !strings.Contains(message, row.message) || row.message == "" && message != "" {
		t.Errorf("%d %.300s, want %q", res.StatusCode, body, row.message)
	}
}

// TestErrorTable meets every error that Salesforce is known to answer.
func TestErrorTable(t *testing.T) {
	// Names of accounts choose what the trigger says.
	s := start(t, WithRestrictedObjects(), WithQuirks(Quirks{MostFormulas: 3, MostRows: 2600}), WithTrigger(func(w Write) *Rejection {
		name, _ := w.Values["Name"].(string)
		if code, refused := strings.CutPrefix(name, "refuse "); refused {
			return &Rejection{Code: code, Message: "refused"}
		}
		return nil
	}))
	var rows []errorRow
	rows = append(rows, queryErrors()...)
	rows = append(rows, writeErrors(t, s)...)
	rows = append(rows, bulkErrors(t, s)...)
	rows = append(rows, accessErrors()...)
	rows = append(rows, requestErrors(t, s)...)
	rows = append(rows, serverErrors()...)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { row.check(t, s) })
	}
}

func queryErrors() []errorRow {
	return []errorRow{
		queryRow("400 MALFORMED_QUERY", "SELECT FROM Account", "unexpected token: 'FROM'"),
		queryRow("400 MALFORMED_QUERY: duplicate field", "SELECT Id, Id FROM Account", "duplicate field selected: Id"),
		queryRow("400 INVALID_FIELD", "SELECT Nope FROM Account", "No such column 'Nope' on entity 'Account'"),
		queryRow("400 INVALID_FIELD: filter", "SELECT Id FROM Account WHERE Description = 'x'", "can not be filtered"),
		queryRow("400 INVALID_TYPE", "SELECT Id FROM XYZZY", "sObject type 'XYZZY' is not supported."),
		queryRow("400 INVALID_TYPE_FOR_OPERATION", "SELECT Id FROM OpenActivity", "entity type OpenActivity does not support query"),
		queryRow("400 INVALID_QUERY_FILTER_OPERATOR", "SELECT Id FROM Account WHERE Id = 'abc'", "invalid ID field: abc"),
		{name: "400 INVALID_QUERY_LOCATOR", path: root + "/query/01gKj0000004C95IAE-2000", message: "query locator"},
		queryRow("400 QUERY_TIMEOUT", "SELECT Id FROM Contact", "Your query request was running for too long."),
		queryRow("400 QUERY_TOO_COMPLICATED", "SELECT F014__c, F029__c, F044__c, F059__c FROM Wide__c", "too many fields"),
		queryRow("400 NUMBER_OUTSIDE_VALID_RANGE", "SELECT Id FROM Account OFFSET 2001", "2000"),
		queryRow("400 EXCEEDED_ID_LIMIT", "SELECT Id FROM Opportunity GROUP BY Id", "Aggregate query does not support queryMore()"),
		queryRow("400 EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", "SELECT Id FROM Part__x WHERE ExternalId LIKE 'p%'", "LIKE"),
		faultRow("400 EXTERNAL_OBJECT_EXCEPTION", "error=400/EXTERNAL_OBJECT_EXCEPTION@query", "on purpose"),
		faultRow("400 EXTERNAL_OBJECT_CONNECTION_EXCEPTION", "error=400/EXTERNAL_OBJECT_CONNECTION_EXCEPTION@query", "on purpose"),
	}
}

func writeErrors(t *testing.T, s *Server) []errorRow {
	taken := stored(t, s, "Everything__c", nil)[0]["CaseSensitive__c"].(string)
	account := create(t, s, "Account", `{"Name":"held"}`)
	contact := create(t, s, "Contact", `{"LastName":"Doe","AccountId":"`+account+`"}`)
	create(t, s, "Case", `{"ContactId":"`+contact+`"}`)
	gone := create(t, s, "Account", `{"Name":"gone"}`)
	sendJSON(t, s, "DELETE", root+"/sobjects/Account/"+gone, "", 204, nil)
	return []errorRow{
		writeRow("400 JSON_PARSER_ERROR", "Account", `{"Name":`, "end-of-input"),
		faultRow("400 POST_BODY_PARSE_ERROR", "error=400/POST_BODY_PARSE_ERROR", "on purpose"),
		writeRow("400 MALFORMED_ID", "Contact", `{"LastName":"x","AccountId":"123"}`, "id value of incorrect type: 123"),
		writeRow("400 REQUIRED_FIELD_MISSING", "Account", `{}`, "Required fields are missing: [Name]"),
		writeRow("400 FIELD_CUSTOM_VALIDATION_EXCEPTION", "Account", `{"Name":"refuse FIELD_CUSTOM_VALIDATION_EXCEPTION"}`, "refused"),
		writeRow("400 DUPLICATE_VALUE", "Everything__c", `{"CaseSensitive__c":"`+taken+`"}`, "duplicate value found: CaseSensitive__c"),
		writeRow("400 DUPLICATES_DETECTED", "Account", `{"Name":"refuse DUPLICATES_DETECTED"}`, "refused"),
		writeRow("400 STRING_TOO_LONG", "Account", `{"Name":"`+strings.Repeat("x", 256)+`"}`, "(max length=255)"),
		writeRow("400 INVALID_CROSS_REFERENCE_KEY", "Contact", `{"LastName":"x","AccountId":"001Kj0zzzzzzzzz"}`, "invalid cross reference id"),
		writeRow("400 INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Account", `{"Name":"x","BillingGeocodeAccuracy":"Mars"}`, "bad value for restricted picklist field: Mars"),
		writeRow("400 INVALID_FIELD_FOR_INSERT_UPDATE", "Account", `{"Name":"x","CreatedDate":"2024-01-01T00:00:00Z"}`, "CreatedDate"),
		{name: "400 DELETE_FAILED", method: "DELETE", path: root + "/sobjects/Account/" + account, message: "associated with the following cases"},
		writeRow("400 CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Account", `{"Name":"refuse CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"}`, "refused"),
		faultRow("400 UNABLE_TO_LOCK_ROW", "400-lock", "unable to obtain exclusive access to this record"),
		{name: "404 ENTITY_IS_DELETED", method: "DELETE", path: root + "/sobjects/Account/" + gone, message: "entity is deleted"},
	}
}

func bulkErrors(t *testing.T, s *Server) []errorRow {
	capped := start(t, WithBulkCaps(BulkCaps{QueryJobs: 1}))
	queryJob(t, capped, "SELECT Id FROM User")
	limit := jobRow("400 LIMIT_EXCEEDED", "SELECT Id FROM User", "Max bulk v2 query jobs (1) per 24 hrs has been reached")
	limit.org = capped
	otherVersion := strings.Replace(finished(t, s, "SELECT Id FROM User"), "v67.0", "v66.0", 1)
	return []errorRow{
		limit,
		jobRow("400 API_ERROR", "SELECT BillingAddress FROM Account", "Selecting compound data not supported in Bulk Query"),
		jobRow("400 INVALIDENTITY", "SELECT Id FROM TaskStatus", "Entity 'TaskStatus' is not supported by the Bulk API"),
		{name: "409 API_ERROR", path: otherVersion + "/results", message: "version"},
	}
}

func accessErrors() []errorRow {
	rows := []errorRow{
		faultRow("401 INVALID_SESSION_ID", "expire-session", "Session expired or invalid"),
		faultRow("401 INVALID_AUTH_HEADER", "401-header", "INVALID_HEADER_TYPE"),
		faultRow("401 INVALID_SESSION_ID: no agent", "401-agent", "Connected app is not attached to Agent"),
		faultRow("401 INVALID_SESSION_ID: not for REST", "401-rest", "This session is not valid for use with the REST API"),
		faultRow("403 REQUEST_LIMIT_EXCEEDED: of the day", "403-daily", "TotalRequests Limit exceeded."),
		faultRow("403 REQUEST_LIMIT_EXCEEDED: of the moment", "403-concurrent", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
	}
	for _, answer := range []string{
		"403 API_DISABLED_FOR_ORG", "403 API_CURRENTLY_DISABLED", "403 INSUFFICIENT_ACCESS", "403 INSUFFICIENT_ACCESS_OR_READONLY",
		"403 INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "403 FUNCTIONALITY_NOT_ENABLED", "403 CLIENT_NOT_ACCESSIBLE_FOR_USER",
		"400 TXN_SECURITY_METERING_ERROR", "403 TXN_SECURITY_METERING_ERROR",
	} {
		rows = append(rows, faultRow(answer, "error="+strings.Replace(answer, " ", "/", 1), "on purpose"))
	}
	return rows
}

func requestErrors(t *testing.T, s *Server) []errorRow {
	record := root + "/sobjects/Contact/" + create(t, s, "Contact", `{"LastName":"Twin","Email":"twin@example.com"}`)
	create(t, s, "Contact", `{"LastName":"Twin","Email":"twin@example.com"}`)
	res, _ := do(t, s, "GET", record, "")
	return []errorRow{
		{name: "404 NOT_FOUND", path: root + "/sobjects/Nope/describe", message: "The requested resource does not exist"},
		{name: "404 NOT_FOUND: external id", path: root + "/sobjects/Contact/Nope__c/1", message: "Provided external ID field does not exist or is not accessible: Nope__c"},
		{name: "405 METHOD_NOT_ALLOWED", method: "POST", path: root + "/query", message: "HTTP Method 'POST' not allowed. Allowed are HEAD,GET"},
		{name: "410 UNSUPPORTED_API_VERSION", path: "/services/data/v30.0/query", message: "retired"},
		{name: "412 PRECONDITION_FAILED", method: "PATCH", path: record, body: "{}", headers: []string{"If-Match", `"other"`}, message: "changed"},
		faultRow("428", "error=428", ""),
		{name: "304", path: record, headers: []string{"If-None-Match", res.Header.Get("ETag")}},
		{name: "300", path: root + "/sobjects/Contact/Email/twin@example.com", message: record},
		{name: "414", path: root + "/query?q=" + strings.Repeat("x", maxRequestHead), message: "URI Too Long"},
		{name: "431", headers: []string{"X-Long", strings.Repeat("x", maxRequestHead)}, message: "Request Header Fields Too Large"},
		{name: "415 UNSUPPORTED_MEDIA_TYPE", method: "POST", path: root + "/sobjects/Account", body: "Name=x", headers: []string{"Content-Type", "text/plain"}, message: "Content-Type"},
	}
}

func serverErrors() []errorRow {
	return []errorRow{
		faultRow("406", "406", ""),
		faultRow("420", "420", "<html>"),
		faultRow("429", "429", ""),
		faultRow("500 UNKNOWN_EXCEPTION", "500", "An unexpected error occurred. Please include this ErrorId if you contact support: "),
		faultRow("500 REQUEST_RUNNING_TOO_LONG", "error=500/REQUEST_RUNNING_TOO_LONG@query", "on purpose"),
		faultRow("502", "502", "<html>"),
		faultRow("503: HTML", "503", "<html>"),
		faultRow("503 SERVER_UNAVAILABLE", "error=503/SERVER_UNAVAILABLE", "on purpose"),
	}
}
