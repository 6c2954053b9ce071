package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// maxSubrequests is how many requests a composite or a batch may hold.
const maxSubrequests = 25

// maxBody bounds the body of a request that the org reads.
const maxBody = 16 << 20

type compositeRequest struct {
	AllOrNone        bool `json:"allOrNone"`
	CompositeRequest []struct {
		Method      string            `json:"method"`
		URL         string            `json:"url"`
		ReferenceID string            `json:"referenceId"`
		HTTPHeaders map[string]string `json:"httpHeaders"`
	} `json:"compositeRequest"`
}

type batchRequest struct {
	HaltOnError   bool `json:"haltOnError"`
	BatchRequests []struct {
		Method string `json:"method"`
		URL    string `json:"url"`
	} `json:"batchRequests"`
}

// compositeFamily serves composite and composite/batch. A GET tells what there
// is.
func (c *call) compositeFamily(w *response, r *http.Request, path []string) error {
	resource := strings.Join(path, "/")
	if c.sub || resource != "" && resource != "batch" {
		return notFound()
	}
	if r.Method == http.MethodGet && resource == "" {
		w.json(http.StatusOK, map[string]string{"batch": c.root + "/composite/batch"})
		return nil
	}
	if r.Method != http.MethodPost {
		return methodNotAllowed(r.Method, "POST")
	}
	c.count("composite")
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	if resource == "batch" {
		return c.batch(w, r, body)
	}
	return c.composite(w, r, body)
}

func badBody(err error) error {
	return fail(http.StatusBadRequest, "JSON_PARSER_ERROR", "%v", err)
}

func tooMany(n int) error {
	if n <= maxSubrequests {
		return nil
	}
	return fail(http.StatusBadRequest, "LIMIT_EXCEEDED", "The request has %d subrequests, the limit is %d", n, maxSubrequests)
}

func (c *call) composite(w *response, r *http.Request, body *json.Decoder) error {
	var request compositeRequest
	if err := body.Decode(&request); err != nil {
		return badBody(err)
	}
	if err := tooMany(len(request.CompositeRequest)); err != nil {
		return err
	}
	out := []byte(`{"compositeResponse":[`)
	for i, sub := range request.CompositeRequest {
		answer, err := c.subrequest(r, sub.Method, sub.URL, sub.HTTPHeaders)
		if err != nil {
			return err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, `{"body":`...), answer.body()...), `,"httpHeaders":{},"httpStatusCode":`...)
		out = appendJSONValue(out, answer.status)
		out = appendString(append(out, `,"referenceId":`...), sub.ReferenceID)
		out = append(out, '}')
	}
	w.body(http.StatusOK, append(out, "]}"...))
	return nil
}

func (c *call) batch(w *response, r *http.Request, body *json.Decoder) error {
	var request batchRequest
	if err := body.Decode(&request); err != nil {
		return badBody(err)
	}
	if err := tooMany(len(request.BatchRequests)); err != nil {
		return err
	}
	results := []byte{}
	failed := false
	for i, sub := range request.BatchRequests {
		answer, err := c.batchEntry(r, sub.Method, sub.URL, failed && request.HaltOnError)
		if err != nil {
			return err
		}
		failed = failed || answer.status >= http.StatusBadRequest
		if i > 0 {
			results = append(results, ',')
		}
		results = appendJSONValue(append(results, `{"statusCode":`...), answer.status)
		results = append(append(append(results, `,"result":`...), answer.body()...), '}')
	}
	out := appendJSONValue([]byte(`{"hasErrors":`), failed)
	out = append(append(append(out, `,"results":[`...), results...), "]}"...)
	w.body(http.StatusOK, out)
	return nil
}

func (c *call) batchEntry(r *http.Request, method, url string, halted bool) (*subResponse, error) {
	if halted {
		answer := newSubResponse()
		e := fail(http.StatusPreconditionFailed, "BATCH_PROCESSING_HALTED",
			"Batch processing halted per request. Request parameter haltOnError was set to true and an error was encountered.")
		(&response{ResponseWriter: answer}).fail(e)
		return answer, nil
	}
	if !strings.HasPrefix(strings.TrimLeft(url, "/"), "services/data/") {
		url = "/services/data/" + strings.TrimLeft(url, "/")
	}
	return c.subrequest(r, method, url, nil)
}

// subrequest answers a request within a request. Its URL may hold blanks that
// a request of its own could not.
func (c *call) subrequest(r *http.Request, method, url string, headers map[string]string) (*subResponse, error) {
	c.stats.path("compositeSub")
	req, err := http.NewRequestWithContext(r.Context(), method, strings.ReplaceAll(url, " ", "%20"), http.NoBody)
	if err != nil {
		return nil, fail(http.StatusBadRequest, "INVALID_INPUT", "bad subrequest: %s %s", method, url)
	}
	req.Host = r.Host
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	answer := newSubResponse()
	out := &response{ResponseWriter: answer}
	path := splitPath(req.URL.Path)
	if len(path) < 3 || path[0] != "services" || path[1] != "data" {
		out.fail(notFound())
		return answer, nil
	}
	if err := checkVersion(path[2]); err != nil {
		out.fail(err)
		return answer, nil
	}
	sub := &call{Server: c.Server, store: c.store, tx: c.tx, root: "/services/data/" + path[2], token: c.token, sub: true}
	if err := sub.serve(out, req, path[3:]); err != nil {
		out.fail(err)
	}
	c.store = sub.store // what it wrote is there for those that follow
	return answer, nil
}

// subResponse keeps the answer to a sub-request.
type subResponse struct {
	header http.Header
	status int
	buf    bytes.Buffer
}

func newSubResponse() *subResponse {
	return &subResponse{header: http.Header{}, status: http.StatusOK}
}

func (w *subResponse) Header() http.Header         { return w.header }
func (w *subResponse) WriteHeader(status int)      { w.status = status }
func (w *subResponse) Write(b []byte) (int, error) { return w.buf.Write(b) }

// body returns the answer as JSON.
func (w *subResponse) body() []byte {
	if w.buf.Len() == 0 {
		return []byte("null")
	}
	if !strings.HasPrefix(w.header.Get("Content-Type"), "application/json") {
		return appendString(nil, strings.ToValidUTF8(w.buf.String(), "\ufffd"))
	}
	return w.buf.Bytes()
}
