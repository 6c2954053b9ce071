package emulator

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"time"
)

// cannedAnswer is what a fault answers instead of the org.
type cannedAnswer struct {
	status int
	code   string // of a JSON error; empty: body is HTML, or nothing
	text   string // message or HTML
}

var cannedAnswers = map[FaultKind]cannedAnswer{
	FaultNoRestSession:   {http.StatusUnauthorized, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"},
	FaultNoAgent:         {http.StatusUnauthorized, "INVALID_SESSION_ID", "Connected app is not attached to Agent"},
	FaultAuthHeader:      {http.StatusUnauthorized, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"},
	FaultDailyLimit:      {http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."},
	FaultConcurrentLimit: {http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."},
	FaultQueryTimeout:    {http.StatusBadRequest, "QUERY_TIMEOUT", "Your query request was running for too long."},
	FaultLockedRow:       {http.StatusBadRequest, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"},
	FaultNotAcceptable:   {http.StatusNotAcceptable, "", ""},
	FaultNoHost:          {420, "", "<html><head><title>Not available</title></head><body><h1>The org is not on this host</h1></body></html>"},
	FaultTooMany:         {http.StatusTooManyRequests, "", ""},
	FaultServerError:     {http.StatusInternalServerError, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (-1234567890)"},
	FaultBadGateway:      {http.StatusBadGateway, "", "<html><body><h1>502 Bad Gateway</h1></body></html>"},
	FaultUnavailable:     {http.StatusServiceUnavailable, "", "<html><head><title>Down for maintenance</title></head><body><h1>We are down for maintenance.</h1></body></html>"},
}

// errorTexts are the documented messages of codes that FaultError answers.
// Those of the other codes are not known.
var errorTexts = map[string]string{
	"INVALID_SESSION_ID":     "Session expired or invalid",
	"INVALID_AUTH_HEADER":    "INVALID_HEADER_TYPE",
	"REQUEST_LIMIT_EXCEEDED": cannedAnswers[FaultDailyLimit].text,
	"QUERY_TIMEOUT":          cannedAnswers[FaultQueryTimeout].text,
	"UNABLE_TO_LOCK_ROW":     cannedAnswers[FaultLockedRow].text,
	"UNKNOWN_EXCEPTION":      cannedAnswers[FaultServerError].text,
	"NOT_FOUND":              "The requested resource does not exist",
	"ENTITY_IS_DELETED":      "entity is deleted",
}

// strike lets the script have its way with a request. It reports whether the
// request has been answered; around is what the org must answer through.
func (s *Server) strike(w http.ResponseWriter, r *http.Request) (answered bool) {
	endpoint := endpointOf(r)
	if f := s.faults.due(atToken, endpoint); f != nil {
		s.failLogin(w, r, f.Kind)
		return true
	}
	f := s.faults.due(atRequest, endpoint)
	if f == nil {
		return false
	}
	switch f.Kind {
	case FaultExpireSession:
		s.ExpireSessions()
		return false
	case FaultSlow:
		return !sleep(r, f.slowness())
	case FaultReset:
		reset(w)
		return true
	case FaultTruncate:
		s.truncate(w, r)
		return true
	}
	f.answer(w)
	return true
}

func (f *Fault) slowness() time.Duration {
	if f.Delay > 0 {
		return f.Delay
	}
	return 10 * time.Second
}

// sleep waits, and reports false where the client left meanwhile.
func sleep(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// answer writes what the kind of fault answers by itself.
func (f *Fault) answer(w http.ResponseWriter) {
	a := cannedAnswers[f.Kind]
	if f.Kind == FaultError {
		a = f.chosenAnswer()
	}
	if f.Kind == FaultTooMany {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(f.Delay/time.Second))))
	}
	if a.code != "" {
		(&response{ResponseWriter: w}).fail(fail(a.status, a.code, "%s", a.text))
		return
	}
	if a.text != "" {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write([]byte(a.text)) // the client is gone; there is nobody to tell
}

// chosenAnswer is the answer of FaultError.
func (f *Fault) chosenAnswer() cannedAnswer {
	switch text, known := errorTexts[f.Code]; {
	case f.Code == "":
		return cannedAnswer{status: f.Status}
	case known:
		return cannedAnswer{f.Status, f.Code, text}
	}
	return cannedAnswer{f.Status, f.Code, "the request failed on purpose"}
}

func (s *Server) failLogin(w http.ResponseWriter, r *http.Request, kind FaultKind) {
	s.stats.path("token")
	_ = r.ParseForm() // only the wished format is read; a broken form has none
	e := &oauthError{"unknown_error", "retry your request"}
	if kind == FaultLoginRate {
		e = &oauthError{"rate_limit_exceeded", "login rate exceeded"}
	}
	writePairs(&response{ResponseWriter: w}, r, http.StatusBadRequest, e.pairs())
}

// reset closes the connection with what TCP calls a reset, so that the client
// sees an error and no end of the stream.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // what comes nearest to it on HTTP/2
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the close is a polite one
	}
	_ = conn.Close()
}

// truncate sends the first half of the real answer, in chunks, and closes the
// connection.
func (s *Server) truncate(w http.ResponseWriter, r *http.Request) {
	whole := &keptAnswer{header: w.Header()}
	s.answer(whole, r)
	if whole.status != 0 {
		w.WriteHeader(whole.status)
	}
	_, _ = w.Write(whole.body.Bytes()[:whole.body.Len()/2]) // it is to break anyway
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// keptAnswer keeps an answer instead of sending it.
type keptAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *keptAnswer) Header() http.Header         { return k.header }
func (k *keptAnswer) WriteHeader(status int)      { k.status = status }
func (k *keptAnswer) Write(b []byte) (int, error) { return k.body.Write(b) }
