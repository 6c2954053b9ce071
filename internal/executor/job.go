package executor

import (
	"context"

	"github.com/sfsql/sfsql/salesforce"
)

// parallel is how many pages of a job's result are downloaded at a time.
const parallel = 1

// making is a job that is being made, or what came of it.
type making struct {
	cancel context.CancelFunc
	done   chan struct{} // closed once one of these is there
	rows   *salesforce.BulkRows
	err    error
}

// makeJob begins to make the scan's job. The reader need not wait for it.
func (r *rows) makeJob() {
	ctx, cancel := context.WithCancel(r.ctx)
	m := &making{cancel: cancel, done: make(chan struct{})}
	if !r.keep(func() { r.job = m }) {
		cancel()
	}
	r.job = m
	r.track.use(Bulk, "")
	go func() {
		defer close(m.done)
		r.budget.hold(1) // for deleting it
		m.rows, m.err = r.exec.client.BulkQuery(ctx, r.scan.Query.String(), salesforce.BulkOptions{
			All: r.scan.All, Columns: r.scan.Columns, Parallel: parallel, OnJob: r.track.onJob, OnPage: r.track.onPart,
		})
		if m.err != nil {
			r.budget.release(1)
		}
	}()
}

// awaitJob waits until the job is made, and makes it the rows' source.
func (r *rows) awaitJob(ctx context.Context) error {
	select {
	case <-r.job.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if r.job.err != nil {
		return r.job.err
	}
	r.Rows = r.job.rows
	return nil
}

// close ends the job, whatever has become of it.
func (m *making) close() error {
	m.cancel()
	<-m.done
	if m.rows == nil {
		return nil
	}
	return m.rows.Close()
}
