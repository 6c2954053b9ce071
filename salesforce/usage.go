package salesforce

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// Usage is what a client has used so far.
type Usage struct {
	Calls   int64 // HTTP exchanges begun, tries that failed included, logins not
	BytesIn int64 // of bodies as they came over the wire, packed
	Rows    int64 // records received
	APIUsed int64 // requests of the org in the last 24 hours, as last heard; -1 means unknown
	APIMax  int64 // how many it may make; -1 means unknown
}

// Usage returns the counters. It may be called at any time.
func (c *Client) Usage() Usage {
	u := Usage{
		Calls:   c.counters.calls.Load(),
		BytesIn: c.counters.bytes.Load(),
		Rows:    c.counters.rows.Load(),
		APIUsed: -1,
		APIMax:  -1,
	}
	if limit := c.counters.limit.Load(); limit != nil {
		u.APIUsed, u.APIMax = limit.used, limit.most
	}
	return u
}

type counters struct {
	calls, bytes, rows atomic.Int64
	limit              atomic.Pointer[apiUsage] // nil until an answer told
}

type apiUsage struct{ used, most int64 }

func (c *counters) noteLimits(h http.Header) {
	if limit, ok := parseLimitInfo(h.Get("Sforce-Limit-Info")); ok {
		c.limit.Store(&limit)
	}
}

// parseLimitInfo finds api-usage=18/15000 among the segments of
// Sforce-Limit-Info, whose order and separators vary.
func parseLimitInfo(header string) (apiUsage, bool) {
	for _, segment := range strings.FieldsFunc(header, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
		value, ok := strings.CutPrefix(segment, "api-usage=")
		if !ok {
			continue
		}
		used, most, _ := strings.Cut(value, "/")
		u, err1 := strconv.ParseInt(used, 10, 64)
		m, err2 := strconv.ParseInt(most, 10, 64)
		if err1 == nil && err2 == nil && u >= 0 && m >= 0 {
			return apiUsage{u, m}, true
		}
	}
	return apiUsage{}, false
}
