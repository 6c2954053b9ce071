package emulator

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/sfsql/sfsql/soql"
)

// apiError is an error as REST answers it: an array of one object.
type apiError struct {
	Status  int      `json:"-"`
	Message string   `json:"message"`
	Code    string   `json:"errorCode"`
	Fields  []string `json:"fields,omitempty"`
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func fail(status int, code, format string, args ...any) *apiError {
	return &apiError{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

func malformed(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "MALFORMED_QUERY", format, args...)
}

func notFound() *apiError {
	return fail(http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
}

func sessionExpired() *apiError {
	return fail(http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
}

// failAt is an error that shows the place in the statement, as Salesforce
// does: the words around it, a caret below, and row and column.
func failAt(statement string, pos soql.Pos, code, format string, args ...any) *apiError {
	line, column, before, after := locate(statement, int(pos))
	message := fmt.Sprintf("\n%s%s\n%s^\nERROR at Row:%d:Column:%d\n", before, after,
		strings.Repeat(" ", utf8.RuneCountInString(before)), line, column)
	return fail(http.StatusBadRequest, code, "%s", message+fmt.Sprintf(format, args...))
}

const (
	wordsBefore = 45 // bytes of the statement shown before the place of an error
	wordsAfter  = 40
)

func locate(statement string, pos int) (line, column int, before, after string) {
	pos = min(max(pos, 0), len(statement))
	start := strings.LastIndexByte(statement[:pos], '\n') + 1
	line = strings.Count(statement[:pos], "\n") + 1
	column = utf8.RuneCountInString(statement[start:pos]) + 1
	before, after = statement[start:pos], statement[pos:]
	if end := strings.IndexByte(after, '\n'); end >= 0 {
		after = after[:end]
	}
	if len(before) > wordsBefore {
		cut := before[len(before)-wordsBefore:]
		if space := strings.IndexByte(cut, ' '); space >= 0 {
			before = cut[space+1:]
		} else {
			before = strings.ToValidUTF8(cut, "")
		}
	}
	if len(after) > wordsAfter {
		cut := after[:wordsAfter]
		if space := strings.LastIndexByte(cut, ' '); space > 0 {
			after = cut[:space]
		} else {
			after = strings.ToValidUTF8(cut, "")
		}
	}
	return line, column, before, after
}

func noSuchColumn(statement string, pos soql.Pos, name, object string) *apiError {
	return failAt(statement, pos, "INVALID_FIELD", "No such column '%s' on entity '%s'. If you are attempting to use a "+
		"custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the "+
		"describe call for the appropriate names.", name, object)
}

func noSuchObject(statement string, pos soql.Pos, name string) *apiError {
	return failAt(statement, pos, "INVALID_TYPE", "sObject type '%s' is not supported. If you are attempting to use a "+
		"custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe "+
		"call for the appropriate names.", name)
}

func noSuchRelationship(statement string, pos soql.Pos, name string) *apiError {
	return failAt(statement, pos, "INVALID_FIELD", "Didn't understand relationship '%s' in field path. If you are "+
		"attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. "+
		"Please reference your WSDL or the describe call for the appropriate names.", name)
}

// noSuchFrom is the answer to what FROM names but for an object.
func noSuchFrom(statement string, pos soql.Pos, name string) *apiError {
	return failAt(statement, pos, "INVALID_TYPE", "Didn't understand relationship '%s' in FROM part of query call. If you are "+
		"attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. "+
		"Please reference your WSDL or the describe call for the appropriate names.", name)
}

// syntaxError tells what package soql says in Salesforce's words.
func syntaxError(statement string, err error) *apiError {
	e, ok := err.(*soql.Error)
	if !ok {
		return malformed("%v", err)
	}
	switch {
	case strings.TrimSpace(statement) == "", strings.HasPrefix(strings.TrimSpace(statement), "/*"): // the recorded answer
		return malformed("SOQL statements cannot be empty or null")
	case e.Found == "":
		return failAt(statement, e.Pos, "MALFORMED_QUERY", "%s", e.Msg)
	case int(e.Pos) >= len(statement):
		return malformed("unexpected token: '<EOF>'")
	}
	return failAt(statement, e.Pos, "MALFORMED_QUERY", "unexpected token: '%s'", e.Found)
}
