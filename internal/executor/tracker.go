package executor

import (
	"context"
	"sync"

	"github.com/sfsql/sfsql/salesforce"
)

// tracker tells a listener how far a scan is. A nil tracker tells nobody.
type tracker struct {
	mu     sync.Mutex // held while the listener runs, so that it is never called twice at once
	listen func(Event)
	event  Event
	given  int64 // rows received by REST
	bulk   int64 // rows received by Bulk, those of REST once more
	pages  int64 // received by REST
	over   bool
}

// newTracker announces a scan; nil where nobody listens.
func newTracker(ctx context.Context, e *Executor, scan Scan, choice Choice) *tracker {
	listen := listener(ctx)
	if listen == nil {
		return nil
	}
	t := &tracker{listen: listen, event: Event{
		Scan: e.scans.Add(1), Object: scan.Query.From.Object, SOQL: scan.Query.String(), API: choice.API, Reason: choice.Reason,
		State: Started, Total: choice.Rows,
	}}
	if t.event.Total < 0 {
		t.event.Total = scan.Expected
	}
	t.tell(func(*Event) {})
	return t
}

// tell changes the event and hands it to the listener.
func (t *tracker) tell(change func(*Event)) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	change(&t.event)
	t.over = t.event.State == Done || t.event.State == Failed
	t.listen(t.event)
}

// use says by which API rows come from now on. An empty reason keeps the
// choice's.
func (t *tracker) use(api API, reason string) {
	t.tell(func(e *Event) {
		if e.API != api && e.State != Started {
			e.State = Switching
		}
		e.API = api
		if reason != "" {
			e.Reason = reason
		}
		if api == REST {
			e.Job, e.Rows, t.bulk = "", t.given, 0
		}
	})
}

// onPage is told of the pages of REST.
func (t *tracker) onPage(p salesforce.PageInfo) {
	t.tell(func(e *Event) {
		t.given += p.Rows
		t.pages++
		e.received(p)
		e.Rows, e.Pages = t.given, t.pages
	})
}

// onJob is told how a job goes on.
func (t *tracker) onJob(j salesforce.Job) {
	t.tell(func(e *Event) {
		e.Job = j.ID
		switch j.State {
		case salesforce.JobUploadComplete:
			e.State = Queued
		case salesforce.JobInProgress:
			e.State = Running
		case salesforce.JobComplete:
			e.State = Reading
			if j.RecordsProcessed >= 0 {
				e.Total, e.Exact = j.RecordsProcessed, true
			}
		}
	})
}

// onPart is told of the parts of a job's result. What REST has brought comes
// again, and counts once.
func (t *tracker) onPart(p salesforce.PageInfo) {
	t.tell(func(e *Event) {
		t.bulk += p.Rows
		e.received(p)
		e.Rows, e.Pages = max(t.given, t.bulk), max(e.Pages, t.pages+int64(p.Page))
	})
}

// received counts what has arrived.
func (e *Event) received(p salesforce.PageInfo) {
	e.State = Reading
	e.Bytes += p.Bytes
	if p.Total >= 0 {
		e.Total, e.Exact = p.Total, true
	}
}

// end tells that the scan is over; nil means that nothing went wrong.
func (t *tracker) end(err error) {
	t.tell(func(e *Event) {
		e.State = Done
		if err != nil {
			e.State = Failed
		}
	})
}
