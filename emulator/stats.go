package emulator

import (
	"maps"
	"net/http"
	"slices"
	"sync"
)

// Stats tells what the org was asked since it started or since ResetStats.
type Stats struct {
	Requests int // HTTP requests, refused ones included
	// ByPath counts them by resource: query, queryAll, queryMore, explain,
	// describe, globalDescribe, record, updated, deleted, collections, tree, blob, limits, recordCount, composite
	// (composite/batch too), resources, versions, authorize, token, introspect, revoke, userinfo, identity, soap. The requests
	// within composites count as compositeSub and nowhere else. Those to
	// bulk jobs are job (queries), results (their pages, and lists of pages) and
	// ingest.
	ByPath   map[string]int
	BytesOut int64    // bytes of bodies as they went out, compressed where so asked
	Rows     int64    // records written by queries
	Queries  []string // SOQL statements in order, the last 10,000
}

// maxQueries bounds Stats.Queries.
const maxQueries = 10_000

type counters struct {
	mu  sync.Mutex
	now Stats
}

func (c *counters) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = Stats{ByPath: map[string]int{}}
}

func (c *counters) request() {
	c.mu.Lock()
	c.now.Requests++
	c.mu.Unlock()
}

func (c *counters) path(name string) {
	c.mu.Lock()
	c.now.ByPath[name]++
	c.mu.Unlock()
}

func (c *counters) bytes(n int) {
	c.mu.Lock()
	c.now.BytesOut += int64(n)
	c.mu.Unlock()
}

func (c *counters) rows(n int) {
	c.mu.Lock()
	c.now.Rows += int64(n)
	c.mu.Unlock()
}

func (c *counters) query(soql string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.now.Queries) >= maxQueries {
		// Dropping half at once keeps a long run from copying on every query.
		c.now.Queries = slices.Clone(c.now.Queries[maxQueries/2:])
	}
	c.now.Queries = append(c.now.Queries, soql)
}

// Stats returns a copy of the counters.
func (s *Server) Stats() Stats {
	c := &s.stats
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.now
	out.ByPath = maps.Clone(c.now.ByPath)
	out.Queries = slices.Clone(c.now.Queries)
	return out
}

// ResetStats sets all counters to zero. The usage of Sforce-Limit-Info goes on.
func (s *Server) ResetStats() { s.stats.reset() }

// countingWriter counts the bytes that leave.
type countingWriter struct {
	http.ResponseWriter
	stats *counters
}

func (w *countingWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.stats.bytes(n)
	return n, err
}
