package emulator

import (
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
	request, err := readRecord(w, r)
	if err != nil {
		return err
	}
	job, err := c.newIngestJob(request)
	if err != nil {
		return err
	}
	c.bulk.add(job)
	w.json(http.StatusOK, job.fresh())
	return nil
}

// newIngestJob checks a request and makes the job, which is not yet listed.
func (c *call) newIngestJob(request *record) (*bulkJob, error) {
	operation, extID := request.text("operation"), request.text("externalIdFieldName")
	if _, ok := ingestOperations[operation]; !ok {
		return nil, badProperty("operation", operation)
	}
	if operation == "hardDelete" && c.quirks.NoHardDelete {
		return nil, fail(http.StatusBadRequest, "FEATURENOTENABLED", "hardDelete operation requires special user profile permission, "+
			"please contact your system administrator")
	}
	format, err := newCSVFormat(request)
	if err != nil {
		return nil, err
	}
	o, ok := c.store.object(request.text("object"))
	switch {
	case !ok:
		return nil, invalidJob("Unable to find object: %s", request.text("object"))
	case bulkUnsupported[strings.ToLower(o.Name)] || !o.Queryable:
		return nil, fail(http.StatusBadRequest, "INVALIDENTITY", "Entity '%s' is not supported by the Bulk API", o.Name)
	}
	job := &bulkJob{
		ingest: true, operation: operation, object: o, rule: request.text("assignmentRuleId"),
		version: c.jobVersion(), format: format, created: c.bulk.now(), state: stateOpen,
	}
	job.modified = job.created
	if operation != "upsert" {
		return job, nil
	}
	place, ok := o.field(extID)
	if !ok || !o.Fields[place].findsRecords() && o.Fields[place].Type != "id" {
		return nil, invalidJob("Field name provided, %s does not match an External ID for %s", extID, o.Name)
	}
	job.extID = o.Fields[place].Name
	return job, nil
}

func invalidJob(format string, args ...any) error {
	return fail(http.StatusBadRequest, "INVALIDJOB", "InvalidJob : "+format, args...)
}

// createWithData makes a job with its data and closes it.
func (c *call) createWithData(w *response, r *http.Request, boundary string) error {
	body, err := requestBody(w, r, maxUpload)
	if err != nil {
		return err
	}
	request, data, err := readForm(multipart.NewReader(body, boundary))
	if err != nil {
		return err
	}
	job, err := c.newIngestJob(request)
	if err != nil {
		return err
	}
	if err := c.upload(job, data); err != nil {
		return err
	}
	c.bulk.add(job)
	info, err := c.closeIngest(job)
	if err != nil {
		return err
	}
	w.json(http.StatusOK, job.detailed(info))
	c.bulk.later(job)
	return nil
}

// readForm reads the two parts of a request: job as JSON and content as CSV.
func readForm(parts *multipart.Reader) (request *record, data []byte, err error) {
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, badUpload(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, badUpload(err)
		}
		switch part.FormName() {
		case "job":
			if request, err = parseRecord(text); err != nil {
				return nil, nil, err
			}
		case "content":
			data = text
		}
	}
	if request == nil || data == nil {
		return nil, nil, fail(http.StatusBadRequest, "CLIENTINPUTERROR", "The request must have the parts job and content")
	}
	return request, data, nil
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

// closeIngest closes a job and returns it as it is then. Whoever calls it writes
// that and lets the data be processed later, so that no answer tells of a state
// behind UploadComplete.
func (c *call) closeIngest(job *bulkJob) (jobInfo, error) {
	c.bulk.advance(job)
	return c.bulk.begin(job)
}
