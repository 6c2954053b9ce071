package salesforce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/sfsql/sfsql/soql"
)

// The states of a query job.
const (
	JobUploadComplete = "UploadComplete" // accepted and waiting
	JobInProgress     = "InProgress"
	JobComplete       = "JobComplete"
	JobFailed         = "Failed"
	JobAborted        = "Aborted"
)

// Job is a query job of Bulk API 2.0.
type Job struct {
	ID               string
	Operation        string // query or queryAll
	Object           string
	State            string
	CreatedByID      string
	CreatedDate      time.Time
	SystemModstamp   time.Time
	APIVersion       string // such as "67.0"; results are asked for in the same
	JobType          string // V2Query, Classic
	ConcurrencyMode  string
	ContentType      string
	ColumnDelimiter  string // COMMA, …
	LineEnding       string // LF or CRLF
	RecordsProcessed int64  // of a complete job; -1 where the answer did not tell
	Retries          int
	ProcessingTime   time.Duration
	ErrorMessage     string // of a failed job, where Salesforce gives one
}

// Ended reports whether the job is in a state that it will not leave.
func (j *Job) Ended() bool {
	return j.State == JobComplete || j.State == JobFailed || j.State == JobAborted
}

// wireJob is a job as the API writes it. Which members are there differs from
// resource to resource.
type wireJob struct {
	ID              string         `json:"id"`
	Operation       string         `json:"operation"`
	Object          string         `json:"object"`
	State           string         `json:"state"`
	CreatedByID     string         `json:"createdById"`
	CreatedDate     string         `json:"createdDate"`
	SystemModstamp  string         `json:"systemModstamp"`
	APIVersion      jsontext.Value `json:"apiVersion"` // a number
	JobType         string         `json:"jobType"`
	ConcurrencyMode string         `json:"concurrencyMode"`
	ContentType     string         `json:"contentType"`
	ColumnDelimiter string         `json:"columnDelimiter"`
	LineEnding      string         `json:"lineEnding"`
	Processed       *int64         `json:"numberRecordsProcessed"`
	Retries         int            `json:"retries"`
	Milliseconds    int64          `json:"totalProcessingTime"`
	ErrorMessage    string         `json:"errorMessage"`
}

func (w *wireJob) job() (Job, error) {
	if w.ID == "" || w.State == "" {
		return Job{}, errors.New("the answer is no job: it lacks an id or a state")
	}
	j := Job{
		ID: w.ID, Operation: w.Operation, Object: w.Object, State: w.State, CreatedByID: w.CreatedByID,
		APIVersion: strings.Trim(string(w.APIVersion), `"`), JobType: w.JobType,
		ConcurrencyMode: w.ConcurrencyMode, ContentType: w.ContentType,
		ColumnDelimiter: w.ColumnDelimiter, LineEnding: w.LineEnding,
		RecordsProcessed: -1, Retries: w.Retries, ErrorMessage: w.ErrorMessage,
		ProcessingTime: time.Duration(w.Milliseconds) * time.Millisecond,
		CreatedDate:    instant(w.CreatedDate), SystemModstamp: instant(w.SystemModstamp),
	}
	if w.Processed != nil {
		j.RecordsProcessed = *w.Processed
	}
	return j, nil
}

// instant reads a datetime of a job; the zero time where there is none.
func instant(text string) time.Time {
	b, err := canonicalDatetime([]byte(text), 0)
	if err != nil {
		return time.Time{}
	}
	t, _ := time.Parse(datetimeLayout, string(b)) // canonicalDatetime wrote it
	return t
}

// JobError is a Bulk job that ended without a result.
type JobError struct {
	Job Job
}

// Error gives Salesforce's words, where it said any, and what to do next.
func (e *JobError) Error() string {
	if e.Job.State == JobAborted {
		return fmt.Sprintf("salesforce: bulk job %s was aborted by another hand; run the statement again", e.Job.ID)
	}
	text := fmt.Sprintf("salesforce: bulk job %s failed: %s", e.Job.ID, or(e.Job.ErrorMessage, "Salesforce gives no reason"))
	switch m := e.Job.ErrorMessage; {
	case strings.Contains(m, "retried more than"), strings.Contains(m, "QUERY_TIMEOUT"):
		text += "; the query is too slow for Bulk: filter more narrowly, best on an indexed field"
	case m == "":
		text += "; the same statement over REST may tell it"
	}
	return text
}

func (c *Client) jobRef(id string) string { return c.rest("/jobs/query/" + url.PathEscape(id)) }

// jobCall is a call whose answer is a job.
func (c *Client) jobCall(ctx context.Context, k *call) (Job, error) {
	var job Job
	read := new(wireJob)
	decode := into(read)
	k.read = func(r io.Reader) error {
		err := decode(r)
		if err == nil {
			job, err = read.job()
		}
		return err
	}
	return job, c.do(ctx, k)
}

// createJob makes a query job.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_create_job.htm
func (c *Client) createJob(ctx context.Context, soqlText string, all bool) (Job, error) {
	wish := jobWish{
		Operation: "query", Query: soqlText, ContentType: "CSV", ColumnDelimiter: "COMMA", LineEnding: "LF",
	}
	if all {
		wish.Operation = "queryAll"
	}
	body, err := json.Marshal(wish, jsonOptions)
	if err != nil {
		return Job{}, fmt.Errorf("salesforce: bulk query: %w", err)
	}
	tries := c.attempts()
	for {
		begin := time.Now()
		k := &call{op: "bulk query", method: http.MethodPost, ref: c.rest("/jobs/query"), body: body, create: true}
		answered := c.jobs.making()
		job, err := c.jobCall(ctx, k)
		answered(job.ID)
		if err == nil {
			return job, nil
		}
		if !k.sent || !mayHaveActed(err) {
			var e *Error
			if errors.As(err, &e) {
				e.creatingJob = true
			}
			return Job{}, err
		}
		c.removeOrphan(ctx, soqlText, wish, begin)
		delay, again := tries.next(err)
		if !again || ctx.Err() != nil {
			return Job{}, err
		}
		if err := pause(ctx, delay); err != nil {
			return Job{}, fmt.Errorf("salesforce: bulk query: %w", err)
		}
	}
}

// jobWish describes a job that is to be made.
type jobWish struct {
	Operation       string `json:"operation"`
	Query           string `json:"query"`
	ContentType     string `json:"contentType"`
	ColumnDelimiter string `json:"columnDelimiter"`
	LineEnding      string `json:"lineEnding"`
}

// cleanupTime bounds what is done for a job after its rows are no longer
// wanted.
const cleanupTime = 10 * time.Second

// cleanup returns a context for tidying up, which outlives a cancelled one for
// a bounded time.
func cleanup(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
}

// removeOrphan looks for the job that a request made whose answer was lost, and
// removes it. Salesforce does not tell a job's statement, so the job is known
// by all else: who made it, when, of what kind. Where that is not one job
// beyond doubt, none is touched: to abort another program's is worse than to
// leave one, which Salesforce deletes after seven days.
func (c *Client) removeOrphan(ctx context.Context, soqlText string, wish jobWish, begin time.Time) {
	ctx, cancel := cleanup(ctx)
	defer cancel()
	user, err := c.UserInfo(ctx)
	if err != nil || user.UserID == "" {
		return
	}
	var now time.Time
	jobs, err := c.listJobs(ctx, func(h http.Header) error {
		now, _ = http.ParseTime(h.Get("Date")) // zero where it is missing
		return nil
	})
	if err != nil || now.IsZero() {
		return
	}
	// A job of the list may be one whose answer is on its way to another
	// statement of this client.
	if c.jobs.settle(ctx) != nil {
		return
	}
	// The server's clock counts. Its Date is in whole seconds.
	earliest := now.Add(-time.Since(begin) - 2*time.Second)
	object := objectOf(soqlText)
	var found []Job
	for _, j := range jobs {
		if j.Operation == wish.Operation && strings.EqualFold(j.Object, object) && sameID(j.CreatedByID, user.UserID) &&
			j.ColumnDelimiter == wish.ColumnDelimiter && j.LineEnding == wish.LineEnding &&
			!j.CreatedDate.Before(earliest) && !c.jobs.has(j.ID) {
			found = append(found, j)
		}
	}
	if len(found) == 1 {
		_ = c.removeJob(ctx, found[0].ID, !found[0].Ended()) // nobody is left to be told
	}
}

// objectOf returns the sObject that a statement reads; empty where it cannot
// be told.
func objectOf(soqlText string) string {
	q, err := soql.Parse(soqlText)
	if err != nil {
		return ""
	}
	return q.From.Object
}

// sameID compares ids, of which one may lack its check digits.
func sameID(a, b string) bool {
	return len(a) >= 15 && len(b) >= 15 && a[:15] == b[:15]
}

// Job returns a query job as it is now.
func (c *Client) Job(ctx context.Context, id string) (Job, error) {
	return c.jobCall(ctx, &call{op: "bulk job", ref: c.jobRef(id)})
}

// AbortJob ends a job that is not at its end.
func (c *Client) AbortJob(ctx context.Context, id string) error {
	_, err := c.jobCall(ctx, c.abortion(id))
	return err
}

func (c *Client) abortion(id string) *call {
	return &call{op: "abort bulk job", method: http.MethodPatch, ref: c.jobRef(id), body: []byte(`{"state":"Aborted"}`)}
}

// DeleteJob deletes a job, which must have ended, and its result.
func (c *Client) DeleteJob(ctx context.Context, id string) error {
	return c.do(ctx, c.deletion(id))
}

func (c *Client) deletion(id string) *call {
	return &call{
		op: "delete bulk job", method: http.MethodDelete, ref: c.jobRef(id), raw: true,
		read: func(io.Reader) error { return nil },
	}
}

// removeTries is how often an abortion or a deletion is asked for, each with
// the tries of a call: a job left behind outlives the program, so that also a
// refusal which looks final gets another chance.
const removeTries = 4

// removeJob aborts a job if it may be running, and deletes it. A job that is
// not there is no error.
func (c *Client) removeJob(ctx context.Context, id string, running bool) error {
	if running {
		err := c.insist(ctx, func() error {
			k := c.abortion(id)
			k.essential = true
			_, err := c.jobCall(ctx, k)
			if wrongState(err) { // it has ended meanwhile
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	// An abortion takes effect when the server comes to it; until then the
	// job cannot be deleted.
	return c.insist(ctx, func() error {
		k := c.deletion(id)
		k.essential = true
		return c.do(ctx, k)
	})
}

// insist calls f until it succeeds or the job is gone.
func (c *Client) insist(ctx context.Context, f func() error) error {
	for n, delay := 1, c.poll; ; n, delay = n+1, 2*delay {
		err := f()
		if err == nil || isGone(err) {
			return nil
		}
		if n == removeTries || pause(ctx, delay) != nil {
			return err
		}
	}
}

func isGone(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// wrongState reports whether a job's state does not allow what was asked.
func wrongState(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == "INVALIDJOBSTATE" || e.Status == http.StatusConflict)
}

// maxJobPages bounds a list of jobs, 1,000 a page: Salesforce keeps a job for
// seven days and allows 10,000 query jobs a day.
const maxJobPages = 200

// Jobs returns the org's query jobs, those of Bulk 1.0 included where the list
// has them. What the list does not tell, such as RecordsProcessed, [Client.Job]
// does.
func (c *Client) Jobs(ctx context.Context) ([]Job, error) { return c.listJobs(ctx, nil) }

func (c *Client) listJobs(ctx context.Context, head func(http.Header) error) ([]Job, error) {
	var jobs []Job
	ref := c.rest("/jobs/query")
	for range maxJobPages {
		var answer struct {
			Done    bool      `json:"done"`
			Records []wireJob `json:"records"`
			Next    string    `json:"nextRecordsUrl"`
		}
		if err := c.do(ctx, &call{op: "bulk jobs", ref: ref, head: head, read: into(&answer)}); err != nil {
			return nil, err
		}
		for i := range answer.Records {
			job, err := answer.Records[i].job()
			if err != nil {
				return nil, &AnswerError{Op: "bulk jobs", Problem: err.Error()}
			}
			jobs = append(jobs, job)
		}
		if answer.Done {
			return jobs, nil
		}
		if answer.Next == "" || answer.Next == ref {
			break
		}
		ref = answer.Next
	}
	return nil, &AnswerError{Op: "bulk jobs", Problem: "the list of jobs has no end"}
}

const (
	firstPoll   = 200 * time.Millisecond
	longestPoll = 10 * time.Second
)

// awaitJob asks for a job's status, less and less often, until the job has
// ended. One that ended without a result is a *JobError.
func (c *Client) awaitJob(ctx context.Context, job Job, tell func(Job)) (Job, error) {
	for delay := c.poll; ; delay = min(2*delay, longestPoll) {
		if err := pause(ctx, delay); err != nil {
			return job, fmt.Errorf("salesforce: bulk job %s: %w", job.ID, err)
		}
		now, err := c.Job(ctx, job.ID)
		if err != nil {
			return job, err
		}
		job = now
		tell(job)
		switch job.State {
		case JobComplete:
			return job, nil
		case JobFailed, JobAborted:
			return job, &JobError{job}
		}
	}
}

// liveJobs are the jobs that this client made and has not removed, and those
// that are being made.
type liveJobs struct {
	mu       sync.Mutex
	ids      map[string]bool
	creating map[chan struct{}]bool // closed when the answer is there
}

// making says that a job is being made, until the answer is there: the job's
// id, or nothing.
func (l *liveJobs) making() (answered func(id string)) {
	done := make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.creating == nil {
		l.creating = make(map[chan struct{}]bool)
	}
	l.creating[done] = true
	return func(id string) {
		if id != "" {
			l.add(id)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.creating, done)
		close(done)
	}
}

// settle waits until the ids of all jobs that are being made now are known.
func (l *liveJobs) settle(ctx context.Context) error {
	l.mu.Lock()
	creating := slices.Collect(maps.Keys(l.creating))
	l.mu.Unlock()
	for _, done := range creating {
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (l *liveJobs) add(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids == nil {
		l.ids = make(map[string]bool)
	}
	l.ids[id] = true
}

func (l *liveJobs) drop(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ids, id)
}

func (l *liveJobs) has(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ids[id]
}
