package driver

import (
	"context"

	"github.com/sfsql/sfsql/internal/executor"
)

// Progress tells how far a scan of a statement is. A statement may have
// several scans, one after the other or in turns.
type Progress struct {
	Scan   int64  // tells the scans apart; unique for a sql.DB
	Table  string // the sObject
	SOQL   string // of the scan
	API    string // REST or BULK: by which rows come now
	Reason string // why by this one
	State  string // see the constants below
	Job    string // id of the Bulk job, empty where there is none
	Rows   int64  // received so far
	Total  int64  // rows that will come; -1 means unknown
	Exact  bool   // Total was counted by the server and is not an estimate
	Pages  int64  // received so far
	Bytes  int64  // received so far, as they came over the wire
}

// The states of a scan. Every scan ends as done or failed.
const (
	ProgressStarted   = string(executor.Started)   // the API is chosen
	ProgressReading   = string(executor.Reading)   // rows arrive
	ProgressQueued    = string(executor.Queued)    // the Bulk job waits for its turn
	ProgressRunning   = string(executor.Running)   // the Bulk job is being processed
	ProgressSwitching = string(executor.Switching) // the scan goes on by the other API
	ProgressDone      = string(executor.Done)      // read to the end, or closed before it
	ProgressFailed    = string(executor.Failed)
)

// WithProgress returns a context whose statements tell how far they are. What
// is told of one scan comes one after the other, from whichever goroutine; of
// several scans it may come at once. The scan waits for listen, which must not
// use the statement's rows.
func WithProgress(ctx context.Context, listen func(Progress)) context.Context {
	return executor.WithEvents(ctx, func(e executor.Event) {
		listen(Progress{
			Scan: e.Scan, Table: e.Object, SOQL: e.SOQL, API: apiName(e.API), Reason: e.Reason, State: string(e.State), Job: e.Job,
			Rows: e.Rows, Total: e.Total, Exact: e.Exact, Pages: e.Pages, Bytes: e.Bytes,
		})
	})
}

// apiName is how people are told of an API.
func apiName(api executor.API) string {
	if api == executor.Bulk {
		return "BULK"
	}
	return "REST"
}
