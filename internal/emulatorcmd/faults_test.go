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

// outcome is what the driver makes of a fault on the first page of REST, on a
// further one, and in a Bulk job: all rows, or an error that says this.
type outcome struct{ first, further, bulk string }

const allRows = ""

var outcomes = map[emulator.FaultKind]outcome{
	emulator.FaultExpireSession:   {allRows, allRows, allRows},
	emulator.FaultNoRestSession:   {"not valid for use with the REST API", "not valid for use with the REST API", "not valid for use with the REST API"},
	emulator.FaultNoAgent:         {"not attached to Agent", "not attached to Agent", "not attached to Agent"},
	emulator.FaultAuthHeader:      {"INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER"},
	emulator.FaultDailyLimit:      {"REQUEST_LIMIT_EXCEEDED", "REQUEST_LIMIT_EXCEEDED", "REQUEST_LIMIT_EXCEEDED"},
	emulator.FaultConcurrentLimit: {allRows, allRows, allRows},
	emulator.FaultQueryTimeout:    {allRows, allRows, "QUERY_TIMEOUT"},
	emulator.FaultLockedRow:       {allRows, allRows, allRows},
	emulator.FaultNotAcceptable:   {allRows, allRows, allRows},
	emulator.FaultNoHost:          {allRows, allRows, allRows},
	emulator.FaultTooMany:         {allRows, allRows, allRows},
	emulator.FaultServerError:     {allRows, allRows, allRows},
	emulator.FaultBadGateway:      {allRows, allRows, allRows},
	emulator.FaultUnavailable:     {allRows, allRows, allRows},
	emulator.FaultError:           {"API_DISABLED_FOR_ORG", "API_DISABLED_FOR_ORG", "API_DISABLED_FOR_ORG"},
	emulator.FaultSlow:            {allRows, allRows, allRows},
	emulator.FaultReset:           {allRows, allRows, allRows},
	emulator.FaultTruncate:        {allRows, allRows, allRows},
	emulator.FaultOAuthRetry:      {}, // see TestTheDriverMeetsFaultsOfLogins
	emulator.FaultLoginRate:       {},
	emulator.FaultLostLocator:     {allRows, allRows, allRows},
	emulator.FaultRaggedPages:     {allRows, allRows, allRows},
	emulator.FaultDeletedRows:     {allRows, "fewer records came", allRows},
	emulator.FaultJobFailed:       {allRows, allRows, allRows}, // REST reads instead
	emulator.FaultJobAborted:      {allRows, allRows, "aborted by another hand"},
	emulator.FaultJobRetries:      {allRows, allRows, allRows},
	emulator.FaultShortResults:    {allRows, allRows, allRows},
}

// TestTheDriverMeetsEveryFault: a fault ends in the right rows or in an error
// that tells what went wrong, and never in fewer rows.
func TestTheDriverMeetsEveryFault(t *testing.T) {
	for _, kind := range emulator.FaultKinds() {
		want, ok := outcomes[kind]
		if !ok {
			t.Errorf("nobody knows what %s comes to", kind)
			continue
		}
		for _, at := range []struct {
			api, endpoint string
			after         int
			says          string
		}{
			{"rest", "query", 0, want.first},
			{"rest", "queryMore", 1, want.further},
			{"bulk", "job", 0, want.bulk},
			{"bulk", "job", 1, want.bulk},
			{"bulk", "results", 0, want.bulk},
			{"bulk", "results", 2, want.bulk},
		} {
			fault := emulator.Fault{Kind: kind, Endpoint: at.endpoint, After: at.after, Delay: 10 * time.Millisecond}
			if kind == emulator.FaultError {
				fault.Status, fault.Code = 403, "API_DISABLED_FOR_ORG"
			}
			if strings.HasPrefix(string(kind), "job-") {
				fault.After = 0
			}
			if fault.Validate() != nil {
				continue // it has a place of its own, where another line has it
			}
			t.Run(at.api+" "+fault.String(), func(t *testing.T) {
				t.Parallel()
				meet(t, fault, at.api, at.says)
			})
		}
	}
}

// TestTheDriverMeetsFaultsOfLogins: those have the token endpoint as their only
// place.
func TestTheDriverMeetsFaultsOfLogins(t *testing.T) {
	for kind, says := range map[emulator.FaultKind]string{
		emulator.FaultOAuthRetry: allRows, emulator.FaultLoginRate: "rate_limit_exceeded",
	} {
		meet(t, emulator.Fault{Kind: kind}, "rest", says)
	}
}

func meet(t *testing.T, fault emulator.Fault, api, says string) {
	org := emulator.New(emulator.WithPageSize(100), emulator.WithBulkPageSize(150), emulator.WithFaults(fault))
	defer org.Close()
	db, err := sql.Open("salesforce", dsn(org)+"&api="+api)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	got, err := ids(db)
	// What a job's creation refuses may still be read by REST.
	spared := fault.Endpoint == "job" && fault.After == 0 && err == nil
	switch {
	case says != allRows && !spared:
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%d rows and %v, want an error about %s", len(got), err, says)
		}
	case err != nil:
		t.Error(err)
	case !slices.Equal(got, stored(org)):
		t.Errorf("%d rows, want %d", len(got), len(stored(org)))
	}
	org.SetFaults()
	var jobs int
	if err := db.QueryRow("SELECT count(*) FROM sf_jobs").Scan(&jobs); err != nil || jobs != 0 {
		t.Errorf("%d jobs are left in the org (%v)", jobs, err)
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
