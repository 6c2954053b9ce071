package salesforce

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// The policy is written here rather than taken from a library: what matters is
// which of Salesforce's answers may be tried again and how often, and the rest
// is a doubling.
const (
	defaultTries = 5
	firstDelay   = 500 * time.Millisecond
	longestDelay = 30 * time.Second
	// A server that asks for more patience than this gets its next call
	// after it all the same; the caller's context is the place for more.
	longestRetryAfter = time.Minute
)

// attempts counts the failures of one call.
type attempts struct {
	max   int
	first time.Duration // the shortest delay
	n     int
	kinds map[string]int // how often each limited kind of failure was met
}

func (c *Client) attempts() attempts { return attempts{max: c.tries, first: c.backOff} }

// renew forgets the failures so far: the call has brought its answer forward
// since, so that what it met is not the same failure again and again.
func (a *attempts) renew() { a.n, a.kinds = 0, nil }

// next says whether and after what delay a failed call may be sent again.
func (a *attempts) next(err error) (time.Duration, bool) {
	a.n++
	kind, most := retryable(err)
	if kind == "" || a.n >= a.max {
		return 0, false
	}
	if a.kinds == nil {
		a.kinds = make(map[string]int)
	}
	if a.kinds[kind]++; most > 0 && a.kinds[kind] > most {
		return 0, false
	}
	var e *Error
	if errors.As(err, &e) && e.retryAfter > 0 {
		return min(e.retryAfter, longestRetryAfter), true
	}
	delay := min(a.first<<(a.n-1), longestDelay)
	// Half of the delay is left to chance, so that scans that failed
	// together do not come back together.
	return delay/2 + rand.N(delay/2), true
}

// retryable names the kind of a passing failure and how often it is worth
// another try (0: as often as calls are tried at all). A failure that will not
// pass has no kind.
func retryable(err error) (kind string, most int) {
	var e *Error
	var bad *AnswerError
	switch {
	case errors.As(err, &e):
		return retryableAnswer(e)
	case errors.As(err, &bad):
		if bad.damaged {
			return "damaged answer", 1
		}
		return "", 0
	case brokenConnection(err):
		return "connection", 0
	}
	return "", 0
}

func retryableAnswer(e *Error) (kind string, most int) {
	switch e.Code {
	case "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE":
		return e.Code, 0
	case "TXN_SECURITY_METERING_ERROR", "EXTERNAL_OBJECT_CONNECTION_EXCEPTION":
		return e.Code, 2
	case "REQUEST_LIMIT_EXCEEDED":
		if e.daily() {
			return "", 0
		}
		return e.Code, 0
	}
	switch e.Status {
	case http.StatusNotAcceptable:
		if e.Code == "" && e.Message == "" {
			return "406", 0
		}
	case 420:
		return "420", 2
	case http.StatusInternalServerError:
		if e.Code == "" || e.Code == "UNKNOWN_EXCEPTION" {
			return "500", 2
		}
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return strconv.Itoa(e.Status), 0
	}
	return "", 0
}

// mayHaveActed reports whether a request that failed with err may have been
// carried out. An answer in Salesforce's own words says what became of it; a
// lost one, and a web page from the edge, do not.
func mayHaveActed(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return !unsent(err)
	}
	switch e.Status {
	case http.StatusTooManyRequests, 420:
		return false
	}
	return e.Status >= 500 || e.Code == ""
}

// unsent reports whether err kept a request from leaving.
func unsent(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial"
}

// brokenConnection reports whether the connection, or a name server, failed in
// a way that another try may mend. A refused connection, an unknown host and a
// bad certificate stay as they are.
func brokenConnection(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.IsTemporary && !dns.IsNotFound
	}
	for _, passing := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE} {
		if errors.Is(err, passing) {
			return true
		}
	}
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "read" || op.Op == "write") && !op.Timeout()
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil && s > 0 {
		return time.Duration(min(s, int(longestRetryAfter/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}

// pause waits, or ends with the context.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
