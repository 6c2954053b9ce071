package executor

import (
	"context"
	"errors"
	"sync"

	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/soql"
)

// rows are a scan's records, by whichever API they come. The reader's
// goroutine moves from one to the other; Close may come at any time.
//
// A scan that may switch begins on REST. The Ids of what it gives are kept, and
// once it is seen to be large a job is made while the reader goes through the
// page in hand. When that page is read the job's records follow, without those
// that were given. Until the first of them has come, REST can go on where it
// stands: what Bulk refuses, and a job that fails, cost calls and no rows.
type rows struct {
	soql.Rows // by which they come now: its values are the current row's

	exec   *Executor
	ctx    context.Context // the scan's
	scan   Scan
	choice Choice
	track  *tracker
	budget *Budget

	next  func(context.Context) bool // Next, as it is at present
	id    int                        // column of Id
	given idSet                      // of what REST gave; taken out as Bulk brings it again
	after int                        // how many rows are given before a job is made
	err   error                      // what neither API tells by itself

	rest *salesforce.Rows // open as long as it may be needed
	job  *making          // nil before a job is wanted

	mu     sync.Mutex // orders opening against closing
	closed bool
}

func newRows(ctx context.Context, e *Executor, scan Scan, choice Choice) *rows {
	r := &rows{
		exec: e, ctx: ctx, scan: scan, choice: choice, budget: BudgetOf(ctx), id: idColumn(scan.Columns),
		track: newTracker(ctx, e, scan, choice),
	}
	r.next = r.settled
	return r
}

// open begins by the API that was chosen, or by REST where a job cannot be
// made.
func (r *rows) open() error {
	if r.choice.API == Bulk {
		r.makeJob()
		err := r.awaitJob(r.ctx)
		if err == nil {
			r.next = r.firstOfBulk
			return nil
		}
		if !r.mayFallBack(err) {
			return err
		}
		r.backToREST(err.Error())
	}
	return r.openREST()
}

// openREST asks for the first page, which tells how large the scan is.
func (r *rows) openREST() error {
	opts := salesforce.QueryOptions{
		All: r.scan.All, Columns: r.scan.Columns, NoPrefetch: true,
		UniqueIDs: r.exec.ordersByID(r.scan.Query.From.Object),
	}
	if r.track != nil {
		opts.OnPage = r.track.onPage
	}
	stop := r.hedge()
	rest, err := r.exec.client.Query(r.ctx, r.scan.Query.String(), opts)
	stop()
	if err != nil {
		return err
	}
	if !r.keep(func() { r.rest, r.Rows = rest, rest }) {
		_ = rest.Close()
		return salesforce.ErrClosed
	}
	if len(r.scan.Columns) == 0 {
		return nil
	}
	r.exec.seen.note(r.scan, rest.Total())
	return r.afterFirstPage(rest.Total())
}

// keep makes what a call has brought the rows' own, unless they are closed.
func (r *rows) keep(set func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		set()
	}
	return !r.closed
}

// afterFirstPage decides how the scan goes on, now that its size is known. A
// scan that took REST too long is read in parts, of which nobody knows the
// total: for Bulk it is large.
func (r *rows) afterFirstPage(total int64) error {
	threshold := r.exec.opts.Threshold
	if total < 0 {
		total = max(r.choice.Rows, clearly*threshold)
	}
	if r.job == nil && r.budget.unlimited() && (!r.choice.Switch || total < threshold) {
		r.rest.Prefetch(true)
		return nil // before all of the page is there
	}
	left := total - int64(r.rest.Held())
	pagesFit := left == 0 || r.budget.fits(restCalls(left))
	jobFits := r.choice.Switch && left > 0 && (r.job != nil || r.budget.fits(bulkCalls(total)))
	switch {
	case jobFits && r.scan.Drained && (total >= threshold || !pagesFit):
		r.given, r.next = idSet{}, r.leaveREST
		if r.job == nil {
			r.makeJob()
		}
		return nil
	case jobFits && !r.scan.Drained && left > threshold:
		r.given, r.after, r.next = idSet{}, int(threshold), r.watchREST
	case r.scan.Drained && !pagesFit:
		return r.budget.exceeded(restCalls(left), "the other "+count(left)+" of "+r.scan.Query.From.Object)
	case r.choice.Switch && r.job != nil:
		r.backToREST("there are only " + count(total))
	}
	r.rest.Prefetch(true)
	return nil
}

// Next moves to the next row.
func (r *rows) Next(ctx context.Context) bool {
	if r.err != nil {
		return false
	}
	if r.next(ctx) {
		return true
	}
	if r.job != nil && r.given == nil && r.Err() == nil {
		r.exec.seen.note(r.scan, r.Total())
	}
	r.track.end(r.Err())
	return false
}

// Err returns what ended the rows before their end.
func (r *rows) Err() error {
	if r.err != nil || r.Rows == nil {
		return r.err
	}
	return r.Rows.Err()
}

// Total returns how many records the server has counted; -1 before it did.
func (r *rows) Total() int64 {
	if r.rest != nil {
		return r.rest.Total()
	}
	return r.Rows.Total()
}

// settled reads by one API to the end.
func (r *rows) settled(ctx context.Context) bool { return r.Rows.Next(ctx) }

// watchREST reads by REST and keeps the Ids of what it gives, until so much was
// given that a job is worth its while.
func (r *rows) watchREST(ctx context.Context) bool {
	if !r.giveREST(ctx) {
		return false
	}
	if len(r.given) >= r.after {
		r.rest.Prefetch(false)
		r.makeJob()
		r.next = r.leaveREST
	}
	return true
}

// giveREST reads a row by REST and keeps its Id. One that came before, or is
// no Id, cannot tell records apart: the scan then stays with REST.
func (r *rows) giveREST(ctx context.Context) bool {
	if !r.rest.Next(ctx) {
		return false
	}
	if !r.given.add(r.rest.Bytes(r.id)) {
		r.backToREST("the Ids of " + r.scan.Query.From.Object + " are not unique")
	}
	return true
}

// leaveREST reads the page in hand to its end, and then moves on to the job.
func (r *rows) leaveREST(ctx context.Context) bool {
	if r.rest.Held() > 0 {
		return r.giveREST(ctx)
	}
	err := r.awaitJob(ctx)
	switch {
	case err == nil:
		r.next = r.firstOfBulk
	case r.mayFallBack(err):
		r.backToREST(err.Error())
	default:
		r.err = err
		return false
	}
	return r.next(ctx)
}

// firstOfBulk reads the job's first row that REST has not given. Where the job
// comes to nothing before that, REST reads on, or begins.
func (r *rows) firstOfBulk(ctx context.Context) bool {
	if r.skipGiven(ctx) {
		r.next = r.skipGiven
		return true
	}
	err := r.Rows.Err()
	if err == nil || !r.mayFallBack(err) {
		return false
	}
	r.backToREST(err.Error())
	if r.rest == nil {
		if r.err = r.openREST(); r.err != nil {
			return false
		}
	}
	return r.next(ctx)
}

// skipGiven reads the job's next row that REST has not given.
func (r *rows) skipGiven(ctx context.Context) bool {
	for r.Rows.Next(ctx) {
		if len(r.given) == 0 || !r.given.take(r.Rows.Bytes(r.id)) {
			return true
		}
	}
	return false
}

// backToREST gives the job up, made or not.
func (r *rows) backToREST(reason string) {
	if r.job != nil {
		r.job.cancel()
	}
	r.given, r.next = nil, r.settled
	if r.rest != nil {
		r.Rows = r.rest
		r.rest.Prefetch(true)
	}
	r.track.use(REST, reason)
}

// mayFallBack reports whether REST may bring what Bulk did not: Bulk refused
// the statement, or its job failed. What Bulk refuses of an sObject is
// remembered.
func (r *rows) mayFallBack(err error) bool {
	var answered *salesforce.Error
	var failed *salesforce.JobError
	var damaged *salesforce.AnswerError
	switch {
	case salesforce.IsBulkRefusal(err):
		if errors.As(err, &answered) {
			r.exec.seen.refuse(r.scan.Query.From.Object, answered)
		}
		return true
	case errors.As(err, &failed):
		return failed.Job.State == salesforce.JobFailed
	}
	return errors.As(err, &damaged)
}

// Close ends the scan and what it has begun in the org.
func (r *rows) Close() error {
	r.mu.Lock()
	again := r.closed
	r.closed = true
	rest, job := r.rest, r.job
	r.mu.Unlock()
	var err error
	if job != nil {
		err = job.close()
	}
	if err != nil && !again && r.exec.opts.Left != nil {
		r.exec.opts.Left(r.ctx, err)
	}
	if rest != nil {
		err = errors.Join(rest.Close(), err)
	}
	r.track.end(nil)
	return err
}

// Ahead looks at the rows that are held after the current one.
func (r *rows) Ahead(visit func() bool) {
	if a, ok := r.Rows.(interface{ Ahead(func() bool) }); ok {
		a.Ahead(visit)
		return
	}
	visit()
}
