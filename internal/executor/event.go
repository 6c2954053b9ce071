package executor

import "context"

// State is where a scan stands.
type State string

// The states of a scan, in the order in which it may pass through them.
const (
	Started   State = "started"   // the API is chosen
	Reading   State = "reading"   // pages arrive
	Queued    State = "queued"    // a job waits for its turn
	Running   State = "running"   // a job is being processed
	Switching State = "switching" // REST has said that Bulk is the better way
	Done      State = "done"      // read to the end, or closed before it
	Failed    State = "failed"
)

// Event tells how far a scan is.
type Event struct {
	Scan   int64 // tells the scans of an executor apart
	Object string
	SOQL   string // what was asked for in the first place
	API    API    // by which rows come now
	Reason string
	State  State
	Job    string // of Bulk; empty where there is none
	Rows   int64  // received
	Total  int64  // rows that will come, exact or expected; -1 means unknown
	Exact  bool   // Total is what the server has counted
	Pages  int64  // received
	Bytes  int64  // received, as they travelled
}

type eventsKey struct{}

// WithEvents returns a context whose scans tell what they do. The events of
// one scan come one after the other; those of several may come at once. The
// scan waits for the function, which should be quick.
func WithEvents(ctx context.Context, listen func(Event)) context.Context {
	return context.WithValue(ctx, eventsKey{}, listen)
}

func listener(ctx context.Context) func(Event) {
	f, _ := ctx.Value(eventsKey{}).(func(Event))
	return f
}
