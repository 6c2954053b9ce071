package emulator

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

// maxUpload bounds the data of an ingest job: Salesforce allows 150 MB of
// base64, into which it turns the data itself.
const maxUpload = 150_000_000 / 4 * 3

// batchRecords is how many records of an ingest job count as one batch.
const batchRecords = 10_000

type ingestRequest struct {
	Object              string `json:"object"`
	Operation           string `json:"operation"`
	ExternalIDFieldName string `json:"externalIdFieldName"`
	ContentType         string `json:"contentType"`
	LineEnding          string `json:"lineEnding"`
	ColumnDelimiter     string `json:"columnDelimiter"`
	AssignmentRuleID    string `json:"assignmentRuleId"`
}

var ingestOperations = map[string]opKind{
	"insert": opInsert, "update": opUpdate, "upsert": opUpsert, "delete": opDelete, "hardDelete": opHardDelete,
}

// createIngestJob opens a job. As multipart/form-data it brings the data along
// and is closed at once.
func (c *call) createIngestJob(w *response, r *http.Request) error {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		return c.createWithData(w, r, params["boundary"])
	}
	var request ingestRequest
	if err := c.jobRequest(w, r, &request); err != nil {
		return err
	}
	job, err := c.newIngestJob(&request)
	if err != nil {
		return err
	}
	c.bulk.add(job)
	w.json(http.StatusOK, job.fresh())
	return nil
}

// newIngestJob checks a request and makes the job, which is not yet listed.
func (c *call) newIngestJob(request *ingestRequest) (*bulkJob, error) {
	if _, ok := ingestOperations[request.Operation]; !ok {
		return nil, badProperty("operation", request.Operation)
	}
	format, err := newCSVFormat(request.ContentType, request.ColumnDelimiter, request.LineEnding)
	if err != nil {
		return nil, err
	}
	o, ok := c.store.object(request.Object)
	switch {
	case !ok:
		return nil, invalidJob("Unable to find object: %s", request.Object)
	case bulkUnsupported[strings.ToLower(o.Name)] || !o.Queryable:
		return nil, fail(http.StatusBadRequest, "INVALIDENTITY", "Entity '%s' is not supported by the Bulk API", o.Name)
	}
	job := &bulkJob{
		ingest: true, operation: request.Operation, object: o, rule: request.AssignmentRuleID,
		version: c.jobVersion(), format: format, created: c.bulk.now(), state: stateOpen,
	}
	job.modified = job.created
	if request.Operation != "upsert" {
		return job, nil
	}
	place, ok := o.field(request.ExternalIDFieldName)
	if !ok || !o.Fields[place].findsRecords() && o.Fields[place].Type != "id" {
		return nil, invalidJob("Field name provided, %s does not match an External ID for %s", request.ExternalIDFieldName, o.Name)
	}
	job.extID = o.Fields[place].Name
	return job, nil
}

func invalidJob(format string, args ...any) error {
	return fail(http.StatusBadRequest, "INVALIDJOB", "InvalidJob : "+format, args...)
}

// createWithData reads a request of two parts: job as JSON and content as CSV.
func (c *call) createWithData(w *response, r *http.Request, boundary string) error {
	body, err := requestBody(w, r, maxUpload)
	if err != nil {
		return err
	}
	var request ingestRequest
	var data []byte
	for parts := multipart.NewReader(body, boundary); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return badUpload(err)
		}
		switch part.FormName() {
		case "job":
			if err := json.NewDecoder(part).Decode(&request); err != nil {
				return badBody(err)
			}
		case "content":
			if data, err = io.ReadAll(part); err != nil {
				return badUpload(err)
			}
		}
	}
	job, err := c.newIngestJob(&request)
	if err != nil {
		return err
	}
	if err := c.upload(job, data); err != nil {
		return err
	}
	c.bulk.add(job)
	if err := c.closeIngest(job); err != nil {
		return err
	}
	info := job.fresh()
	info.State = stateUploaded // however far it may have come by now
	w.json(http.StatusOK, info)
	return nil
}

func badUpload(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fail(http.StatusRequestEntityTooLarge, "CLIENTINPUTERROR", "The data of a job must not exceed %d bytes", large.Limit)
	}
	return fail(http.StatusBadRequest, "CLIENTINPUTERROR", "The data cannot be read: %v", err)
}

// ingestJob serves what lies below an ingest job.
func (c *call) ingestJob(w *response, r *http.Request, job *bulkJob, part string) error {
	c.count("ingest")
	switch {
	case part == "batches":
		return c.uploadBatch(w, r, job)
	case part == "unprocessedRecords":
		part = "unprocessedrecords"
	case part != "successfulResults" && part != "failedResults" && part != "unprocessedrecords":
		return notFound()
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return methodNotAllowed(r.Method, "HEAD,GET")
	}
	c.bulk.advance(job)
	job.mu.Lock()
	defer job.mu.Unlock()
	if job.ended.IsZero() {
		return wrongState("Results of a Job in state %s are not available", job.state)
	}
	writeLoad(w, &job.load, part)
	return nil
}

// writeLoad writes a result file.
func writeLoad(w *response, l *bulkLoad, part string) {
	w.Header().Set("Content-Type", "text/csv")
	w.WriteHeader(http.StatusOK)
	dst := l.appendResultHeader(nil, part)
	for _, i := range l.part(part) {
		dst = l.appendResult(dst, part, i)
		if len(dst) < flushAt {
			continue
		}
		if _, err := w.Write(dst); err != nil {
			return // the client is gone; there is nobody to tell
		}
		dst = dst[:0]
	}
	_, _ = w.Write(dst)
}

// uploadBatch takes the data of a job, which comes in one piece.
func (c *call) uploadBatch(w *response, r *http.Request, job *bulkJob) error {
	if r.Method != http.MethodPut {
		return methodNotAllowed(r.Method, "PUT")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "text/csv" {
		return fail(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "The content type must be text/csv, not %s", r.Header.Get("Content-Type"))
	}
	c.bulk.advance(job)
	body, err := requestBody(w, r, maxUpload)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return badUpload(err)
	}
	if err := c.upload(job, data); err != nil {
		return err
	}
	w.plain()
	w.WriteHeader(http.StatusCreated)
	return nil
}

// upload gives a job its data.
func (c *call) upload(job *bulkJob, data []byte) error {
	load := newBulkLoad(data, job.format)
	job.mu.Lock()
	defer job.mu.Unlock()
	switch {
	case job.state != stateOpen:
		return wrongState("Uploading data to already %s Job not allowed", stateWord(job.state))
	case job.load.given:
		return fail(http.StatusBadRequest, "BULK_API_ERROR", "Found multipe contents for job: <%s>, please 'Close' / 'Abort' / 'Delete' the "+
			"current Job then create a new Job and make sure you only do 'PUT' once on a given Job.", job.id[:15])
	}
	rows := len(load.starts)
	if err := c.bulk.spend(bulkSpend{batches: max(1, (rows+batchRecords-1)/batchRecords), records: int64(rows)}); err != nil {
		return err
	}
	load.bind(c.store, job)
	load.op = rowOp{kind: ingestOperations[job.operation], object: job.object.Name, extField: job.extID}
	server := c.Server
	load.write = func(ops []rowOp) []rowResult { return server.write(ops, false) }
	job.load, job.modified = load, c.bulk.now()
	return nil
}

// closeIngest hands the data to processing, which goes on by itself: a client
// need not ask for it.
func (c *call) closeIngest(job *bulkJob) error {
	c.bulk.advance(job)
	if err := c.bulk.begin(job); err != nil {
		return err
	}
	c.bulk.later(job)
	return nil
}
