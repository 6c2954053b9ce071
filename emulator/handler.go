package emulator

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// maxRequestHead is how many bytes the URI and the headers of a request may
// have together.
const maxRequestHead = 16_384

// Handler returns the org as an http.Handler, to serve it elsewhere than on
// its own address. What it gives out as instance URL is the Host of the
// request.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.stats.request()
	if s.latency > 0 && !sleep(r, s.latency) {
		return
	}
	if s.fault != nil && s.fault(w, r) || s.strike(w, r) {
		return
	}
	s.answer(w, r)
}

// answer is what the org answers where nothing goes wrong.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	counted := &countingWriter{ResponseWriter: w, stats: &s.stats}
	if tooLong(counted, r) {
		return
	}
	out := newResponse(counted, r)
	defer out.close()
	s.route(out, r)
}

// tooLong answers requests whose URI and headers exceed the limit. The answer
// comes from the web server before the API and is HTML.
func tooLong(w http.ResponseWriter, r *http.Request) bool {
	uri := len(r.RequestURI)
	head := uri + len(r.Host) + len("Host: \r\n")
	for name, values := range r.Header {
		for _, v := range values {
			head += len(name) + len(v) + len(": \r\n")
		}
	}
	if head <= maxRequestHead {
		return false
	}
	status, reason := http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large"
	if uri > head/2 {
		status, reason = http.StatusRequestURITooLong, "URI Too Long"
	}
	w.Header().Set("Content-Type", "text/html;charset=iso-8859-1")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<h1>Bad Message %d</h1><pre>reason: %s</pre>", status, reason)
	return true
}

// route finds the resource by hand: clients send double and trailing slashes,
// which http.ServeMux would answer with redirects that break them.
func (s *Server) route(w *response, r *http.Request) {
	path := segments(r.URL)
	if len(path) < 2 || path[0] != "services" {
		if len(path) == 3 && path[0] == "id" {
			s.identity(w, r)
			return
		}
		w.fail(notFound())
		return
	}
	switch {
	case path[1] == "oauth2":
		s.oauth(w, r, strings.Join(path[2:], "/"))
	case strings.EqualFold(path[1], "Soap"):
		s.soap(w, r, path[2:])
	case path[1] != "data":
		w.fail(notFound())
	case len(path) == 2:
		s.versions(w, r)
	default:
		s.data(w, r, path[2], path[3:])
	}
}

// data serves /services/data/vXX.0 and what lies below.
func (s *Server) data(w *response, r *http.Request, version string, path []string) {
	if err := checkVersion(version); err != nil {
		w.fail(err)
		return
	}
	token := bearer(r)
	if !s.sessions.valid(token) {
		w.fail(sessionExpired())
		return
	}
	usage, left := s.budget.use()
	if !left {
		w.fail(fail(http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
		return
	}
	w.Header().Set("Sforce-Limit-Info", usage)
	if method := r.URL.Query().Get("_HttpMethod"); method != "" && r.Method == http.MethodPost {
		r.Method = strings.ToUpper(method) // for clients that cannot send PATCH
	}
	c := s.newCall("/services/data/"+version, token)
	if err := c.serve(w, r, path); err != nil {
		w.fail(err)
	}
}

// checkVersion accepts the versions that are served; the retired ones have an
// answer of their own.
func checkVersion(segment string) *apiError {
	number, ok := strings.CutPrefix(segment, "v")
	major, isNumber := strings.CutSuffix(number, ".0")
	n, err := strconv.Atoi(major)
	switch {
	case !ok || !isNumber || err != nil || n > newestVersion:
		return notFound()
	case n <= 30:
		return fail(http.StatusGone, "UNSUPPORTED_API_VERSION", "The requested API version %s.0 is retired", major)
	case n < oldestVersion:
		return notFound()
	}
	return nil
}

// bearer returns the access token of a request.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "OAuth") {
		return strings.TrimSpace(token)
	}
	return ""
}

// call is one request to the data API, or one sub-request of a composite.
type call struct {
	*Server
	store *store // the org as it was when the call began, and what it wrote since
	tx    *tx    // of a composite or a tree that writes all or nothing
	root  string // /services/data/vXX.0
	token string
	sub   bool

	failedRows bool // a collection was to be written all or not at all, and was not
}

func (s *Server) newCall(root, token string) *call {
	return &call{Server: s, store: s.snapshot(), root: root, token: token}
}

// count notes which resource was asked. Sub-requests are counted by what holds
// them.
func (c *call) count(name string) {
	if !c.sub {
		c.stats.path(name)
	}
}

// serve answers a request below the version's root.
func (c *call) serve(w *response, r *http.Request, path []string) error {
	resource := ""
	if len(path) > 0 {
		resource = path[0]
	}
	switch resource {
	case "composite":
		return c.compositeFamily(w, r, path[1:])
	case "jobs":
		return c.jobsResource(w, r, path[1:])
	case "sobjects":
		return c.sobjects(w, r, path[1:])
	case "", "query", "queryAll", "limits":
	default:
		return notFound()
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return methodNotAllowed(r.Method, "HEAD,GET")
	}
	switch resource {
	case "query", "queryAll":
		return c.query(w, r, path)
	case "limits":
		return c.limits(w, r, path[1:])
	}
	return c.resources(w, r)
}

func methodNotAllowed(method, allowed string) *apiError {
	return fail(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "HTTP Method '%s' not allowed. Allowed are %s", method, allowed)
}

// response is a ResponseWriter that compresses where the client asked for it.
type response struct {
	http.ResponseWriter
	zip *gzip.Writer
}

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a valid one
	return z
}}

func newResponse(w http.ResponseWriter, r *http.Request) *response {
	out := &response{ResponseWriter: w}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Method != http.MethodHead {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Vary", "Accept-Encoding")
		out.zip = zippers.Get().(*gzip.Writer)
		out.zip.Reset(w)
	}
	return out
}

func (w *response) Write(b []byte) (int, error) {
	if w.zip != nil {
		return w.zip.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// plain switches compression off; it is for answers without a body.
func (w *response) plain() {
	if w.zip == nil {
		return
	}
	w.zip.Reset(nil)
	zippers.Put(w.zip)
	w.zip = nil
	w.Header().Del("Content-Encoding")
}

func (w *response) close() {
	if w.zip == nil {
		return
	}
	_ = w.zip.Close() // the client is gone; there is nobody to tell
	w.zip.Reset(nil)
	zippers.Put(w.zip)
}

func (w *response) fail(err error) {
	e, ok := err.(*apiError)
	if !ok {
		e = fail(http.StatusInternalServerError, "UNKNOWN_EXCEPTION", "An unexpected error occurred: %v", err)
	}
	w.Header().Del("Sforce-Limit-Info")
	w.json(e.Status, []*apiError{e})
}

func (w *response) json(status int, v any) { w.body(status, appendJSONValue(nil, v)) }

func (w *response) body(status int, text []byte) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client is gone; there is nobody to tell
}
