package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The states of bulk jobs. Open is of ingest jobs only.
const (
	stateOpen     = "Open"
	stateUploaded = "UploadComplete"
	stateRunning  = "InProgress"
	stateComplete = "JobComplete"
	stateFailed   = "Failed"
	stateAborted  = "Aborted"
)

// bulkJob is a job of Bulk API 2.0. What stands above mu does not change after
// the job was added.
type bulkJob struct {
	id        string
	serial    int
	ingest    bool
	operation string
	object    *Object
	extID     string // external id field of an upsert
	rule      string // assignmentRuleId
	version   string // of the API by which it was created: 67.0
	created   time.Time
	format    csvFormat
	result    *bulkResult // of a query

	mu       sync.Mutex
	state    string
	modified time.Time
	uploaded time.Time // when processing began; zero before
	ended    time.Time // zero while it is not at its end
	message  string
	retries  int
	load     bulkLoad
}

func (j *bulkJob) facts() bulkFacts {
	return bulkFacts{ID: j.id, Ingest: j.ingest, Operation: j.operation, Object: j.object.Name}
}

// expired reports whether the job was thrown away by now.
func (j *bulkJob) expired(now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.ended.IsZero() && now.Sub(j.ended) > bulkRetention
}

func (j *bulkJob) current() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state
}

// begin hands a job that is open to processing. It returns the job as it was
// before any of that.
func (b *bulkJobs) begin(j *bulkJob) (jobInfo, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != stateOpen {
		return jobInfo{}, wrongState("Closing already %s Job not allowed", stateWord(j.state))
	}
	j.state, j.uploaded = stateUploaded, b.now()
	j.modified = j.uploaded
	return j.briefLocked(), nil
}

// advance brings a job to where it is by now.
func (b *bulkJobs) advance(j *bulkJob) {
	faults, now := b.currentFaults(), b.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	switch j.state {
	case stateOpen:
		if now.Sub(j.created) > bulkOpenFor {
			j.end(stateAborted, now)
		}
		return
	case stateUploaded, stateRunning:
	default:
		return
	}
	passed := now.Sub(j.uploaded)
	if passed < b.config.delay/4 {
		return
	}
	if j.state == stateUploaded {
		j.state, j.modified = stateRunning, now
	}
	if passed < b.config.delay {
		j.load.proceed(float64(passed)/float64(b.config.delay), b.stop)
		return
	}
	if faults.end != nil {
		if end := faults.end(j.facts()); end.State != "" {
			j.message, j.retries = end.Message, end.Retries
			j.end(end.State, now)
			return
		}
	}
	state, message := j.load.finish(b.stop)
	j.message = message
	j.end(state, now)
}

// end brings the job to a terminal state. The caller holds j.mu.
func (j *bulkJob) end(state string, now time.Time) {
	j.state, j.ended, j.modified = state, now, now
}

// jobInfo is a job as the API shows it. What a resource does not show is left
// empty.
type jobInfo struct {
	ID              string      `json:"id"`
	Operation       string      `json:"operation"`
	Object          string      `json:"object"`
	CreatedByID     string      `json:"createdById"`
	CreatedDate     string      `json:"createdDate"`
	SystemModstamp  string      `json:"systemModstamp"`
	State           string      `json:"state"`
	ExternalIDField string      `json:"externalIdFieldName,omitempty"`
	AssignmentRule  string      `json:"assignmentRuleId,omitempty"`
	ConcurrencyMode string      `json:"concurrencyMode"`
	ContentType     string      `json:"contentType"`
	APIVersion      json.Number `json:"apiVersion"`
	ContentURL      string      `json:"contentUrl,omitempty"`
	JobType         string      `json:"jobType,omitempty"`
	LineEnding      string      `json:"lineEnding,omitempty"`
	ColumnDelimiter string      `json:"columnDelimiter,omitempty"`

	Processed      *int   `json:"numberRecordsProcessed,omitempty"`
	Failed         *int   `json:"numberRecordsFailed,omitempty"`
	Retries        *int   `json:"retries,omitempty"`
	TotalTime      *int64 `json:"totalProcessingTime,omitempty"`
	ActiveTime     *int64 `json:"apiActiveProcessingTime,omitempty"`
	ApexTime       *int64 `json:"apexProcessingTime,omitempty"`
	ErrorMessage   string `json:"errorMessage,omitempty"`
	PKChunkingAble *bool  `json:"isPkChunkingSupported,omitempty"`
}

// brief is the job as PATCH answers it: ten members.
func (j *bulkJob) brief() jobInfo {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.briefLocked()
}

func (j *bulkJob) briefLocked() jobInfo {
	return jobInfo{
		ID: j.id, Operation: j.operation, Object: j.object.Name, CreatedByID: userID(),
		CreatedDate: jobTime(j.created), SystemModstamp: jobTime(j.modified), State: j.state,
		ExternalIDField: j.extID, AssignmentRule: j.rule,
		ConcurrencyMode: "Parallel", ContentType: "CSV", APIVersion: json.Number(j.version),
	}
}

// fresh is the job as its creation answers it.
func (j *bulkJob) fresh() jobInfo { return j.detailed(j.brief()) }

func (j *bulkJob) detailed(info jobInfo) jobInfo {
	info.LineEnding, info.ColumnDelimiter = j.format.ending, j.format.delimiterName
	info.ContentURL = j.contentURL()
	return info
}

// contentURL is where the data of an ingest job goes, without a slash before.
func (j *bulkJob) contentURL() string {
	if !j.ingest {
		return ""
	}
	return "services/data/v" + j.version + "/jobs/ingest/" + j.id + "/batches"
}

// listed is the job as the list shows it.
func (j *bulkJob) listed() jobInfo {
	info := j.fresh()
	info.JobType = "V2Query"
	if j.ingest {
		info.JobType = "V2Ingest"
	}
	return info
}

// status is the job as GET answers it.
func (j *bulkJob) status() jobInfo {
	info := j.listed()
	j.mu.Lock()
	defer j.mu.Unlock()
	var elapsed int64
	if !j.ended.IsZero() && !j.uploaded.IsZero() {
		elapsed = j.ended.Sub(j.uploaded).Milliseconds()
	}
	retries := j.retries
	info.State, info.SystemModstamp = j.state, jobTime(j.modified)
	info.Retries, info.TotalTime, info.ErrorMessage = &retries, &elapsed, j.message
	if j.ingest {
		processed, failed, apex := j.load.processed(), j.load.failed(), int64(0)
		info.Processed, info.Failed, info.ActiveTime, info.ApexTime = &processed, &failed, &elapsed, &apex
		return info
	}
	processed := 0
	if j.state == stateComplete {
		processed = j.result.rows.len()
	}
	able := chunkable(j.object)
	info.Processed, info.PKChunkingAble = &processed, &able
	return info
}

func jobTime(t time.Time) string { return string(appendInstant(nil, t.UnixMilli(), "+0000")) }

// unchunkable are objects whose scans Salesforce does not split by id.
var unchunkable = map[string]bool{"Group": true, "Profile": true, "RecordType": true, "ContentVersion": true}

func chunkable(o *Object) bool { return o.Custom || !unchunkable[o.Name] }

// wrongState is the refusal of what a job's state does not allow.
func wrongState(format string, args ...any) error {
	return fail(http.StatusBadRequest, "INVALIDJOBSTATE", format, args...)
}

// stateWord is a state in the words of wrongState.
func stateWord(state string) string {
	if state == stateComplete {
		return "Completed"
	}
	return state
}

func (c *call) updateJob(w *response, r *http.Request, job *bulkJob) error {
	request, err := readRecord(w, r)
	if err != nil {
		return err
	}
	var info jobInfo
	closed := false
	switch state := request.text("state"); {
	case state == stateAborted:
		info, err = c.bulk.abort(job)
	case state == stateUploaded && job.ingest:
		info, err = c.closeIngest(job)
		closed = err == nil
	default:
		err = wrongState("Job state cannot be changed to %s", orElse(state, "null"))
	}
	if err != nil {
		return err
	}
	w.json(http.StatusOK, info)
	if closed {
		c.bulk.later(job)
	}
	return nil
}

// abort ends a job that is not at its end.
func (b *bulkJobs) abort(job *bulkJob) (jobInfo, error) {
	b.advance(job)
	job.mu.Lock()
	defer job.mu.Unlock()
	switch job.state {
	case stateOpen, stateUploaded, stateRunning:
		job.end(stateAborted, b.now())
		return job.briefLocked(), nil
	}
	return jobInfo{}, wrongState("Aborting already %s Job not allowed", stateWord(job.state))
}

func (c *call) deleteJob(w *response, job *bulkJob) error {
	c.bulk.advance(job)
	switch state := job.current(); state {
	case stateOpen, stateUploaded, stateRunning:
		return wrongState("Deleting %s Job not allowed", state)
	}
	c.bulk.remove(job)
	w.plain()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// listJobs serves a page of the jobs of one kind. A locator names the serial
// number of the job before its page, so that jobs which come and go move
// nothing.
func (c *call) listJobs(w *response, r *http.Request, kind bulkKind) error {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fail(http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "malformed query string")
	}
	after, err := listLocator(params.Get("queryLocator"))
	if err != nil {
		return err
	}
	page := struct {
		Done    bool      `json:"done"`
		Records []jobInfo `json:"records"`
		Next    *string   `json:"nextRecordsUrl"`
	}{Done: true, Records: []jobInfo{}}
	for _, job := range c.bulk.all() {
		if job.ingest != kind.ingest || job.serial <= after || !job.wanted(params) {
			continue
		}
		if len(page.Records) == c.bulk.listPage {
			next := c.nextList(params, kind, after)
			page.Done, page.Next = false, &next
			break
		}
		c.bulk.advance(job)
		page.Records = append(page.Records, job.listed())
		after = job.serial
	}
	w.json(http.StatusOK, page)
	return nil
}

func (c *call) nextList(params url.Values, kind bulkKind, after int) string {
	next := url.Values{}
	for _, name := range []string{"isPkChunkingEnabled", "jobType", "concurrencyMode"} {
		if params.Has(name) {
			next.Set(name, params.Get(name))
		}
	}
	next.Set("queryLocator", fmt.Sprintf("%s-%d", appendID18(nil, "01g", 0), after))
	return c.root + "/jobs/" + kind.resource() + "?" + next.Encode()
}

func listLocator(locator string) (after int, err error) {
	if locator == "" {
		return 0, nil
	}
	_, number, _ := strings.Cut(locator, "-")
	after, err = strconv.Atoi(number)
	if err != nil || after < 0 {
		return 0, fail(http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "invalid query locator")
	}
	return after, nil
}

// wanted applies the filters of a list.
func (j *bulkJob) wanted(params url.Values) bool {
	info := j.listed()
	switch {
	case params.Has("jobType") && !strings.EqualFold(params.Get("jobType"), info.JobType):
		return false
	case params.Has("concurrencyMode") && !strings.EqualFold(params.Get("concurrencyMode"), info.ConcurrencyMode):
		return false
	}
	// PK chunking is asked for by a header of Bulk v1, which no job here has.
	return !strings.EqualFold(params.Get("isPkChunkingEnabled"), "true")
}
