package executor

import (
	"context"

	"github.com/sfsql/sfsql/salesforce"
)

// A result of so many times the threshold is downloaded several pages at a
// time. To know the pages costs a call for every five, which a small result is
// not worth.
const (
	parallelFrom  = 10
	parallelPages = 4
)

// removal is how many calls it takes to abort a job and to delete it.
const removal = 2

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
		cancel() // closed meanwhile: nothing is made, and the reader is told
		r.job = m
	}
	r.track.use(Bulk, "")
	opts := salesforce.BulkOptions{All: r.scan.All, Columns: r.scan.Columns}
	if r.expected()/parallelFrom >= r.exec.opts.Threshold {
		opts.Parallel = parallelPages
	}
	opts.OnJob = func(j salesforce.Job) {
		if j.Ended() {
			r.budget.release(1) // for there is nothing to abort
		}
		r.track.onJob(j)
	}
	if r.track != nil {
		opts.OnPage = r.track.onPart
	}
	go func() {
		defer close(m.done)
		r.budget.hold(removal)
		m.rows, m.err = r.exec.client.BulkQuery(ctx, r.scan.Query.String(), opts)
		if m.err != nil {
			r.budget.release(removal)
		}
	}()
}

// expected returns how many rows the scan has, as far as is known by now.
func (r *rows) expected() int64 {
	if r.rest != nil && r.rest.Total() >= 0 {
		return r.rest.Total()
	}
	return r.choice.Rows
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
