package emulatorcmd

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
)

// outcome is what the driver makes of a fault: all rows, or an error that says
// this.
type outcome struct{ first, further string }

const allRows = ""

var outcomes = map[emulator.FaultKind]outcome{
	emulator.FaultExpireSession:   {allRows, allRows},
	emulator.FaultNoRestSession:   {"not valid for use with the REST API", "not valid for use with the REST API"},
	emulator.FaultNoAgent:         {"not attached to Agent", "not attached to Agent"},
	emulator.FaultAuthHeader:      {"INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER"},
	emulator.FaultDailyLimit:      {"REQUEST_LIMIT_EXCEEDED", "REQUEST_LIMIT_EXCEEDED"},
	emulator.FaultConcurrentLimit: {allRows, allRows},
	emulator.FaultQueryTimeout:    {"QUERY_TIMEOUT", "QUERY_TIMEOUT"},
	emulator.FaultLockedRow:       {allRows, allRows},
	emulator.FaultNotAcceptable:   {allRows, allRows},
	emulator.FaultNoHost:          {allRows, allRows},
	emulator.FaultTooMany:         {allRows, allRows},
	emulator.FaultServerError:     {allRows, allRows},
	emulator.FaultBadGateway:      {allRows, allRows},
	emulator.FaultUnavailable:     {allRows, allRows},
	emulator.FaultError:           {"API_DISABLED_FOR_ORG", "API_DISABLED_FOR_ORG"},
	emulator.FaultSlow:            {allRows, allRows},
	emulator.FaultReset:           {allRows, allRows},
	emulator.FaultTruncate:        {allRows, allRows},
	emulator.FaultOAuthRetry:      {allRows, allRows},
	emulator.FaultLoginRate:       {"rate_limit_exceeded", allRows}, // there is one login only
	emulator.FaultLostLocator:     {allRows, "INVALID_QUERY_LOCATOR"},
	emulator.FaultRaggedPages:     {allRows, allRows},
	emulator.FaultDeletedRows:     {allRows, "fewer records came"},
}

// TestTheDriverMeetsEveryFault: a fault ends in the right rows or in an error
// that tells what went wrong, and never in fewer rows.
func TestTheDriverMeetsEveryFault(t *testing.T) {
	for _, kind := range emulator.FaultKinds() {
		want, ok := outcomes[kind]
		if !ok {
			if !strings.HasPrefix(string(kind), "job-") && kind != emulator.FaultShortResults {
				t.Errorf("nobody knows what %s comes to", kind)
			}
			continue // Bulk jobs are none of this statement's
		}
		for i, says := range []string{want.first, want.further} {
			fault := emulator.Fault{Kind: kind, Endpoint: "query", Delay: 10 * time.Millisecond}
			if kind == emulator.FaultError {
				fault.Status, fault.Code = 403, "API_DISABLED_FOR_ORG"
			}
			if i == 1 {
				fault.Endpoint, fault.After = "queryMore", 1
			}
			if fault.Validate() != nil { // it has a place of its own
				fault.Endpoint = ""
				if i == 0 {
					fault.After = 0
				}
			}
			if i == 0 && (kind == emulator.FaultLostLocator || kind == emulator.FaultDeletedRows) {
				continue // first pages have neither
			}
			t.Run(fault.String(), func(t *testing.T) {
				t.Parallel()
				meet(t, fault, says)
			})
		}
	}
}

func meet(t *testing.T, fault emulator.Fault, says string) {
	org := emulator.New(emulator.WithPageSize(100), emulator.WithFaults(fault))
	defer org.Close()
	db, err := sql.Open("salesforce", dsn(org))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	got, err := ids(db)
	switch {
	case says != allRows:
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%d rows and %v, want an error about %s", len(got), err, says)
		}
	case err != nil:
		t.Error(err)
	case !slices.Equal(got, stored(org)):
		t.Errorf("%d rows, want %d", len(got), len(stored(org)))
	}
}

func ids(db *sql.DB) ([]string, error) {
	rows, err := db.Query("SELECT Id, LastName FROM Lead")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	slices.Sort(all)
	return all, rows.Err()
}

func stored(org *emulator.Server) []string {
	var all []string
	org.Scan("Lead", false, func(record []any) bool {
		all = append(all, fmt.Sprint(record[0]))
		return true
	})
	slices.Sort(all)
	return all
}
