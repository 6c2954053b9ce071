package executor

import (
	"context"
	"time"
)

// patience is how long the first page of REST may take before Salesforce is
// asked how many records it expects to find. Most pages are there before; what
// is not may be minutes away, and a job can be under way meanwhile.
const patience = 1500 * time.Millisecond

// hedge asks for the statement's plan while its first page takes long, and
// makes a job where the plan finds clearly more records than the threshold. It
// returns what ends it, which must be called when the page is there.
func (r *rows) hedge() (stop func()) {
	n, known := int64(0), false
	if r.exec.opts.Catalog != nil {
		n, known = r.exec.opts.Catalog.KnownRows(r.scan.Query.From.Object)
	}
	large := clearly * r.exec.opts.Threshold
	if !r.choice.Switch || !r.scan.Drained || !known || n < large || !r.budget.fits(2+bulkCalls(n)) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(r.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait := time.NewTimer(r.exec.patience)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
			return
		}
		// A failure leaves all as it is: the page tells more than the plan.
		plans, err := r.exec.client.Explain(ctx, r.scan.Query.String())
		if err == nil && ctx.Err() == nil && len(plans) > 0 && plans[0].Cardinality >= large {
			r.makeJob()
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
