package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

const (
	// maxSubrequests is how many requests a composite or a batch may hold.
	maxSubrequests = 25
	// maxSubqueriesOfComposite is how many of a composite's may be queries or collections.
	maxSubqueriesOfComposite = 5
)

// subrequest is a request within a composite or a batch.
type subrequest struct {
	method    string
	url       string
	reference string
	headers   map[string]string
	body      any // as JSON, nil where there is none
}

// compositeFamily serves composite and what lies below. A GET tells what there
// is.
func (c *call) compositeFamily(w *response, r *http.Request, path []string) error {
	resource := strings.Join(path, "/")
	switch {
	case len(path) > 0 && path[0] == "sobjects":
		return c.collections(w, r, path[1:])
	case len(path) > 0 && path[0] == "tree":
		return c.tree(w, r, path[1:])
	case c.sub || resource != "" && resource != "batch":
		return notFound()
	case resource == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		w.json(http.StatusOK, map[string]string{
			"batch": c.root + "/composite/batch", "sobjects": c.root + "/composite/sobjects", "tree": c.root + "/composite/tree",
		})
		return nil
	case r.Method != http.MethodPost && resource == "":
		return methodNotAllowed(r.Method, "HEAD,GET,POST")
	case r.Method != http.MethodPost:
		return methodNotAllowed(r.Method, "POST")
	}
	c.count("composite")
	body, err := readRecord(w, r)
	if err != nil {
		return err
	}
	if resource == "batch" {
		return c.batch(w, r, body)
	}
	return c.composite(w, r, body)
}

// subrequests reads the list of requests. A batch calls their bodies richInput.
func subrequests(body *record, list, bodyName string) ([]subrequest, error) {
	records, err := body.records(list)
	if err != nil {
		return nil, err
	}
	if len(records) > maxSubrequests {
		return nil, fail(http.StatusBadRequest, "LIMIT_EXCEEDED", "The request has %d subrequests, the limit is %d", len(records), maxSubrequests)
	}
	subs := make([]subrequest, len(records))
	for i, sub := range records {
		subs[i] = subrequest{
			method: sub.text("method"), url: sub.text("url"), reference: sub.text("referenceId"),
			body: plainValue(sub.values[bodyName]), headers: map[string]string{},
		}
		if headers, ok := sub.values["httpHeaders"].(*record); ok {
			for name := range headers.values {
				subs[i].headers[name] = headers.text(name)
			}
		}
	}
	return subs, nil
}

// composite answers requests that may use each other's answers, and that may
// ask to be carried out all or not at all.
func (c *call) composite(w *response, r *http.Request, body *record) error {
	subs, err := subrequests(body, "compositeRequest", "body")
	if err != nil {
		return err
	}
	if err := c.checkComposite(subs); err != nil {
		return err
	}
	answers := make([]*subResponse, len(subs))
	if body.flag("allOrNone") {
		c.atomically(func() bool { return c.runComposite(r, subs, answers, true) })
	} else {
		c.runComposite(r, subs, answers, false)
	}
	out := []byte(`{"compositeResponse":[`)
	for i, answer := range answers {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, `{"body":`...), answer.body()...), `,"httpHeaders":`...)
		out = appendJSONValue(out, answer.shownHeaders())
		out = appendJSONValue(append(out, `,"httpStatusCode":`...), answer.status)
		out = appendString(append(out, `,"referenceId":`...), subs[i].reference)
		out = append(out, '}')
	}
	w.body(http.StatusOK, append(out, "]}"...))
	return nil
}

var referenceIDs = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

func (c *call) checkComposite(subs []subrequest) error {
	seen := map[string]bool{}
	queries := 0
	for _, sub := range subs {
		switch {
		case !referenceIDs.MatchString(sub.reference):
			return fail(http.StatusBadRequest, "INVALID_INPUT", "The referenceId '%s' must consist of letters, digits and underscores", sub.reference)
		case seen[sub.reference]:
			return fail(http.StatusBadRequest, "INVALID_INPUT", "Duplicate referenceId '%s'", sub.reference)
		}
		seen[sub.reference] = true
		path := splitPath(strings.SplitN(sub.url, "?", 2)[0])
		if len(path) > 3 && (path[3] == "query" || path[3] == "queryAll" || path[3] == "composite") {
			queries++
		}
	}
	if queries > maxSubqueriesOfComposite && !c.quirks.AnyNumberOfSubqueries {
		return fail(http.StatusBadRequest, "LIMIT_EXCEEDED", "The request has %d query and collection subrequests, the limit is %d", queries, maxSubqueriesOfComposite)
	}
	return nil
}

// runComposite carries the requests out. Where it returns false, which it does
// for all or nothing only, what they wrote must be undone.
func (c *call) runComposite(r *http.Request, subs []subrequest, answers []*subResponse, allOrNone bool) bool {
	known := map[string]any{} // bodies by reference
	for i, sub := range subs {
		answer, err := c.referring(r, sub, known)
		if err != nil {
			answer = refused(err)
		}
		answers[i] = answer
		if allOrNone && (answer.status >= http.StatusBadRequest || answer.rowsFailed) {
			halt(answers, i)
			return false
		}
		if answer.status < http.StatusMultipleChoices {
			known[sub.reference] = answer.value()
		}
	}
	return true
}

// halt replaces the answers of the requests that did not fail but were undone.
func halt(answers []*subResponse, failed int) {
	for i := range answers {
		if i != failed {
			answers[i] = refused(fail(http.StatusBadRequest, "PROCESSING_HALTED",
				"The transaction was rolled back since another operation in the same transaction failed."))
		}
	}
}

func refused(err error) *subResponse {
	answer := newSubResponse()
	(&response{ResponseWriter: answer}).fail(err)
	return answer
}

// referring puts the values of earlier answers into a request and sends it.
func (c *call) referring(r *http.Request, sub subrequest, known map[string]any) (*subResponse, error) {
	var err error
	if sub.url, err = substitute(sub.url, known); err != nil {
		return nil, err
	}
	if sub.body, err = substituteAll(sub.body, known); err != nil {
		return nil, err
	}
	return c.subrequest(r, sub)
}

func substituteAll(v any, known map[string]any) (any, error) {
	var err error
	switch v := v.(type) {
	case string:
		return substitute(v, known)
	case []any:
		for i := range v {
			if v[i], err = substituteAll(v[i], known); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range v {
			if v[name], err = substituteAll(v[name], known); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

var references = regexp.MustCompile(`@\{([^}]*)\}`)

// substitute replaces @{reference.path} by a value of that request's answer.
func substitute(s string, known map[string]any) (string, error) {
	var err error
	out := references.ReplaceAllStringFunc(s, func(match string) string {
		path := match[2 : len(match)-1]
		reference, _, _ := strings.Cut(strings.Replace(path, "[", ".[", 1), ".")
		value, found := follow(known[reference], strings.TrimPrefix(path, reference))
		if !found {
			err = fail(http.StatusBadRequest, "PROCESSING_HALTED", "Invalid reference specified. No value for %s found in %s", path, reference)
			return ""
		}
		return tokenText(value)
	})
	return out, err
}

var pathSteps = regexp.MustCompile(`\.([^.\[\]]+)|\[(\d+)\]`)

// follow walks a path such as .records[0].Id down a JSON value to a text, a
// number or a boolean.
func follow(v any, path string) (any, bool) {
	steps := pathSteps.FindAllStringSubmatch(path, -1)
	walked := 0
	for _, step := range steps {
		walked += len(step[0])
		if step[2] != "" {
			list, _ := v.([]any)
			n, err := strconv.Atoi(step[2])
			if err != nil || n >= len(list) {
				return nil, false
			}
			v = list[n]
			continue
		}
		members, _ := v.(map[string]any)
		member, ok := members[step[1]]
		if !ok {
			return nil, false
		}
		v = member
	}
	switch v.(type) {
	case nil, map[string]any, []any:
		return nil, false
	}
	return v, walked == len(path) && walked > 0
}

// atomically carries out what writes all or nothing: nobody sees any of it
// before it is done, and nothing of it remains where do returns false.
func (c *call) atomically(do func() bool) {
	if outer := c.tx; outer != nil {
		before, store := outer.mark(), outer.store
		if !do() {
			outer.back(before)
			outer.store, c.store = store, store
		}
		return
	}
	c.tx = c.db.begin()
	c.store = c.tx.store
	done := false
	defer func() {
		err := c.tx.end(done)
		c.tx, c.store = nil, c.snapshot()
		if err != nil {
			panic(http.ErrAbortHandler) // the answer that is ready says what is not so
		}
	}()
	done = do()
}

func (c *call) batch(w *response, r *http.Request, body *record) error {
	subs, err := subrequests(body, "batchRequests", "richInput")
	if err != nil {
		return err
	}
	results := []byte{}
	failed := false
	for i, sub := range subs {
		answer, err := c.batchEntry(r, sub, failed && body.flag("haltOnError"))
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

func (c *call) batchEntry(r *http.Request, sub subrequest, halted bool) (*subResponse, error) {
	if halted {
		return refused(fail(http.StatusPreconditionFailed, "BATCH_PROCESSING_HALTED",
			"Batch processing halted per request. Request parameter haltOnError was set to true and an error was encountered.")), nil
	}
	if !strings.HasPrefix(strings.TrimLeft(sub.url, "/"), "services/data/") {
		sub.url = "/services/data/" + strings.TrimLeft(sub.url, "/")
	}
	return c.subrequest(r, sub)
}

// subrequest answers a request within a request. Its URL may hold blanks that
// a request of its own could not.
func (c *call) subrequest(r *http.Request, sub subrequest) (*subResponse, error) {
	c.stats.path("compositeSub")
	body := []byte{}
	if sub.body != nil {
		body = appendJSONValue(nil, sub.body)
	}
	req, err := http.NewRequestWithContext(r.Context(), sub.method, strings.ReplaceAll(sub.url, " ", "%20"), bytes.NewReader(body))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "INVALID_INPUT", "bad subrequest: %s %s", sub.method, sub.url)
	}
	req.Host = r.Host
	for name, value := range sub.headers {
		req.Header.Set(name, value)
	}
	answer := newSubResponse()
	out := &response{ResponseWriter: answer}
	path := segments(req.URL)
	if len(path) < 3 || path[0] != "services" || path[1] != "data" {
		out.fail(notFound())
		return answer, nil
	}
	if err := checkVersion(path[2]); err != nil {
		out.fail(err)
		return answer, nil
	}
	inner := &call{Server: c.Server, store: c.store, tx: c.tx, root: "/services/data/" + path[2], token: c.token, sub: true}
	if err := inner.serve(out, req, path[3:]); err != nil {
		out.fail(err)
	}
	c.store = inner.store // what it wrote is there for those that follow
	answer.rowsFailed = inner.failedRows
	return answer, nil
}

// subResponse keeps the answer to a sub-request.
type subResponse struct {
	header http.Header
	status int
	buf    bytes.Buffer

	rowsFailed bool // of a collection that was to be written all or not at all
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

// value returns the answer as what references look into.
func (w *subResponse) value() any {
	var v any
	d := json.NewDecoder(bytes.NewReader(w.body()))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(fmt.Sprintf("emulator: an answer that is no JSON: %v", err)) // written by this package
	}
	return v
}

// shownHeaders are those that a composite passes on.
func (w *subResponse) shownHeaders() map[string]string {
	shown := map[string]string{}
	for _, name := range []string{"Location", "ETag", "Last-Modified"} {
		if v := w.header.Get(name); v != "" {
			shown[name] = v
		}
	}
	return shown
}
