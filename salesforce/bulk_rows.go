package salesforce

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/sfsql/sfsql/soql"
)

// BulkRows is the result of a Bulk job. One goroutine waits for the job and
// then downloads its pages, or lets others do so; decoded parts wait for the
// reader in a queue of fixed length, so memory depends on neither the result
// nor its pages.
type BulkRows struct {
	client *Client
	opts   BulkOptions
	ctx    context.Context // the result's, from BulkQuery's
	cancel context.CancelFunc

	reader // within the part in hand
	err    error
	ended  bool

	job   Job // as it was made
	total atomic.Int64
	read  atomic.Int64 // records handed to the queue
	empty sync.Pool    // batches for parts
	queue chan *batch  // parts; closed at the end
	fault error        // why the queue was closed before the end of the result
	left  error        // why the job could not be removed

	closed atomic.Bool
	work   sync.WaitGroup
}

var _ soql.Rows = (*BulkRows)(nil)

// partsAhead is how many parts wait for the reader.
const partsAhead = 4

func newBulkRows(ctx context.Context, c *Client, job Job, opts BulkOptions) *BulkRows {
	r := &BulkRows{
		client: c, opts: opts, job: job,
		empty: sync.Pool{New: func() any { return new(batch) }},
		queue: make(chan *batch, partsAhead),
	}
	r.total.Store(-1)
	r.ctx, r.cancel = context.WithCancel(ctx)
	c.jobs.add(job.ID)
	return r
}

// Job returns the job as it was made.
func (r *BulkRows) Job() Job { return r.job }

// Total returns how many records the job found; -1 while it runs.
func (r *BulkRows) Total() int64 { return r.total.Load() }

// Err returns what ended the result before its end; nil while there is more
// and after the last record.
func (r *BulkRows) Err() error { return r.err }

// Next moves to the next record. The context is for this call's waiting; when
// it ends, the whole result ends with its error.
func (r *BulkRows) Next(ctx context.Context) bool {
	if r.ended || r.err != nil {
		return false
	}
	if r.closed.Load() {
		return r.fail(ErrClosed)
	}
	if r.row&0xff == 0xff && ctx.Err() != nil {
		return r.fail(ctx.Err())
	}
	for r.row+1 >= r.rows {
		if !r.turn(ctx) {
			return false
		}
	}
	r.step()
	return true
}

// turn waits for the next part.
func (r *BulkRows) turn(ctx context.Context) bool {
	r.empty.Put(r.batch)
	r.begin(new(batch))
	select {
	case b, more := <-r.queue:
		if more {
			r.begin(b)
			return true
		}
	case <-ctx.Done():
		return r.fail(ctx.Err())
	}
	switch {
	case r.fault == nil:
		r.ended = true
		return false
	case r.closed.Load():
		return r.fail(ErrClosed)
	}
	return r.fail(r.fault)
}

func (r *BulkRows) fail(err error) bool {
	r.err = err
	r.cancel()
	return false
}

// Close ends the downloads and aborts and deletes the job, for which it waits,
// ten seconds at most. An error says that the job could not be removed, and
// nothing about the rows that were read.
func (r *BulkRows) Close() error {
	r.closed.Store(true)
	r.cancel()
	r.work.Wait()
	return r.left
}

// run brings the rows, and then removes the job.
func (r *BulkRows) run() {
	complete, err := r.fetch()
	r.fault = err
	close(r.queue)
	r.cancel()
	ctx, cancel := cleanup(r.ctx)
	defer cancel()
	if err := r.client.removeJob(ctx, r.job.ID, !complete); err != nil {
		r.left = fmt.Errorf("salesforce: bulk job %s is left in the org: %w", r.job.ID, err)
	}
	r.client.jobs.drop(r.job.ID)
}

// fetch waits for the job and downloads its result. It reports whether the job
// has ended.
func (r *BulkRows) fetch() (ended bool, err error) {
	tell := func(j Job) {
		if r.opts.OnJob != nil {
			r.opts.OnJob(j)
		}
	}
	tell(r.job)
	job, err := r.client.awaitJob(r.ctx, r.job, tell)
	if err != nil {
		return job.Ended(), err
	}
	if job.RecordsProcessed < 0 {
		return true, &AnswerError{Op: "bulk job", Problem: "it is complete and does not say how many records it has"}
	}
	r.total.Store(job.RecordsProcessed)
	if err := r.download(); err != nil {
		return true, err
	}
	if got := r.read.Load(); got != job.RecordsProcessed {
		return true, r.unusable("%d records came of %d", got, job.RecordsProcessed)
	}
	return true, nil
}

func (r *BulkRows) unusable(format string, args ...any) error {
	return &AnswerError{Op: "bulk results", Problem: fmt.Sprintf(format, args...)}
}

// emit hands a part to the reader, or ends with the result.
func (r *BulkRows) emit(b *batch) error {
	if got := r.read.Add(int64(b.rows)); got > r.total.Load() {
		return r.unusable("more records come (%d) than the job has (%d)", got, r.total.Load())
	}
	r.client.counters.rows.Add(int64(b.rows))
	select {
	case r.queue <- b:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}
