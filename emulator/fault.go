package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong on purpose. It strikes the requests of an
// endpoint, after some were let through, and a number of times.
type Fault struct {
	Kind FaultKind
	// Endpoint is a key of Stats.ByPath, such as query, queryMore, describe or
	// token. Left out, the fault strikes wherever its kind makes sense: every
	// request of the data API, or the pages of queries, or Bulk jobs.
	Endpoint string
	// After lets so many requests through first.
	After int
	// Times is how often it strikes. 0 means once, a negative number always.
	Times int
	// Delay is how long FaultSlow waits and what Retry-After tells of
	// FaultTooMany, in whole seconds. 0 means ten seconds for the one and one
	// second for the other.
	Delay time.Duration
	// Status and Code are what FaultError answers. Without a code the answer
	// has no body.
	Status int
	Code   string
}

// FaultKind names what goes wrong. Its text is what `sfsql emulator --fault`
// takes.
type FaultKind string

// The kinds of faults.
const (
	// FaultExpireSession ends all sessions before the request is answered, so
	// that the answer is 401 INVALID_SESSION_ID and a new login helps.
	FaultExpireSession FaultKind = "expire-session"
	// Three 401 that no new login mends. Clients that log in again on them
	// never end.
	FaultNoRestSession FaultKind = "401-rest"   // This session is not valid for use with the REST API
	FaultNoAgent       FaultKind = "401-agent"  // Connected app is not attached to Agent
	FaultAuthHeader    FaultKind = "401-header" // INVALID_AUTH_HEADER

	FaultDailyLimit      FaultKind = "403-daily"      // REQUEST_LIMIT_EXCEEDED, TotalRequests
	FaultConcurrentLimit FaultKind = "403-concurrent" // REQUEST_LIMIT_EXCEEDED, ConcurrentRequests

	FaultQueryTimeout  FaultKind = "400-timeout" // QUERY_TIMEOUT
	FaultLockedRow     FaultKind = "400-lock"    // UNABLE_TO_LOCK_ROW
	FaultNotAcceptable FaultKind = "406"         // with an empty body
	FaultNoHost        FaultKind = "420"         // HTML from the edge
	FaultTooMany       FaultKind = "429"         // with Retry-After and an empty body
	FaultServerError   FaultKind = "500"         // UNKNOWN_EXCEPTION
	FaultBadGateway    FaultKind = "502"         // HTML from the edge
	FaultUnavailable   FaultKind = "503"         // HTML from the edge

	// FaultError answers Status and Code, for what no request can provoke here,
	// such as 403 API_DISABLED_FOR_ORG.
	FaultError FaultKind = "error"

	FaultOAuthRetry FaultKind = "oauth-retry" // unknown_error of the token endpoint
	FaultLoginRate  FaultKind = "login-rate"  // rate_limit_exceeded of the token endpoint

	FaultSlow     FaultKind = "slow"     // the answer comes after Delay
	FaultReset    FaultKind = "reset"    // the connection is reset instead of an answer
	FaultTruncate FaultKind = "truncate" // the answer breaks off half-way

	FaultLostLocator FaultKind = "lost-locator" // a further page: INVALID_QUERY_LOCATOR, the cursor is gone
	FaultRaggedPages FaultKind = "ragged-pages" // a page is shorter than it could be, by no rule
	FaultDeletedRows FaultKind = "deleted-rows" // a further page lacks rows that were deleted since the first

	FaultJobFailed    FaultKind = "job-failed"    // a Bulk job ends as Failed
	FaultJobAborted   FaultKind = "job-aborted"   // a Bulk job ends as Aborted by another hand
	FaultJobRetries   FaultKind = "job-retries"   // a Bulk job ends as Failed after 15 retries
	FaultShortResults FaultKind = "short-results" // a page of Bulk results lacks its last row
)

// place says where in the server a kind of fault takes hold.
type place int

const (
	atRequest place = iota // instead of an answer, or around it
	atPage                 // where the pages of queries are made
	atJob                  // where Bulk jobs run
	atToken                // at the token endpoint
)

// faultKinds are all kinds in the order in which they are listed, where they
// take hold, and the endpoints that they strike if none is named. No endpoints
// means the data API.
var faultKinds = []struct {
	kind      FaultKind
	at        place
	endpoints []string
}{
	{FaultExpireSession, atRequest, nil},
	{FaultNoRestSession, atRequest, nil},
	{FaultNoAgent, atRequest, nil},
	{FaultAuthHeader, atRequest, nil},
	{FaultDailyLimit, atRequest, nil},
	{FaultConcurrentLimit, atRequest, nil},
	{FaultQueryTimeout, atRequest, []string{"query", "queryAll", "queryMore"}},
	{FaultLockedRow, atRequest, nil},
	{FaultNotAcceptable, atRequest, nil},
	{FaultNoHost, atRequest, nil},
	{FaultTooMany, atRequest, nil},
	{FaultServerError, atRequest, nil},
	{FaultBadGateway, atRequest, nil},
	{FaultUnavailable, atRequest, nil},
	{FaultError, atRequest, nil},
	{FaultOAuthRetry, atToken, []string{"token"}},
	{FaultLoginRate, atToken, []string{"token"}},
	{FaultSlow, atRequest, nil},
	{FaultReset, atRequest, nil},
	{FaultTruncate, atRequest, nil},
	{FaultLostLocator, atPage, []string{"queryMore"}},
	{FaultRaggedPages, atPage, []string{"query", "queryAll", "queryMore"}},
	{FaultDeletedRows, atPage, []string{"queryMore"}},
	{FaultJobFailed, atJob, []string{"job", "ingest"}},
	{FaultJobAborted, atJob, []string{"job", "ingest"}},
	{FaultJobRetries, atJob, []string{"job", "ingest"}},
	{FaultShortResults, atJob, []string{"results"}},
}

// FaultKinds returns all kinds.
func FaultKinds() []FaultKind {
	var kinds []FaultKind
	for _, k := range faultKinds {
		kinds = append(kinds, k.kind)
	}
	return kinds
}

// WithFaults scripts what goes wrong. Where several faults are due for one
// request, the first strikes and the others count it as let through.
func WithFaults(faults ...Fault) Option {
	return func(c *config) { c.faults = append(c.faults, faults...) }
}

// SetFaults replaces the script while the org runs, with nothing to end all
// trouble. It panics on a fault that Fault.Validate refuses.
func (s *Server) SetFaults(faults ...Fault) { s.faults.set(faults) }

// Validate says what is wrong with a fault.
func (f Fault) Validate() error {
	i := slices.IndexFunc(faultKinds, func(k struct {
		kind      FaultKind
		at        place
		endpoints []string
	},
	) bool {
		return k.kind == f.Kind
	})
	switch {
	case i < 0:
		return fmt.Errorf("emulator: no fault %q; there are %s", f.Kind, joinKinds())
	case f.Endpoint != "" && !slices.Contains(faultEndpoints, f.Endpoint):
		return fmt.Errorf("emulator: fault %s: no endpoint %q; there are %s", f.Kind, f.Endpoint, strings.Join(faultEndpoints, ", "))
	case f.Endpoint != "" && faultKinds[i].at != atRequest && !slices.Contains(faultKinds[i].endpoints, f.Endpoint):
		return fmt.Errorf("emulator: fault %s strikes only at %s", f.Kind, strings.Join(faultKinds[i].endpoints, ", "))
	case f.After < 0 || f.Delay < 0:
		return fmt.Errorf("emulator: fault %s: after and delay cannot be negative", f.Kind)
	}
	return f.validateError()
}

// validateError checks Status and Code, which FaultError needs and no other
// kind has.
func (f Fault) validateError() error {
	switch {
	case f.Kind != FaultError && (f.Status != 0 || f.Code != ""):
		return fmt.Errorf("emulator: fault %s has a status and a code of its own; only %s takes others", f.Kind, FaultError)
	case f.Kind == FaultError && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("emulator: fault %s needs a status from 400 to 599, as in %[1]s=403/API_DISABLED_FOR_ORG", f.Kind)
	case strings.Trim(f.Code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "":
		return fmt.Errorf("emulator: fault %s: a code has capitals, digits and underscores only, not %q", f.Kind, f.Code)
	}
	return nil
}

func joinKinds() string {
	var names []string
	for _, k := range FaultKinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// faults are the script and how far it has come.
type faults struct {
	mu     sync.Mutex
	script []*scripted
}

type scripted struct {
	Fault
	at        place
	endpoints []string // it strikes at; none means the data API
	passed    int
	left      int // negative: always
}

func (f *faults) set(script []Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script = nil
	for _, fault := range script {
		if err := fault.Validate(); err != nil {
			panic(err.Error())
		}
		f.script = append(f.script, newScripted(fault))
	}
}

func newScripted(fault Fault) *scripted {
	s := &scripted{Fault: fault, left: fault.Times}
	if s.left == 0 {
		s.left = 1
	}
	for _, k := range faultKinds {
		if k.kind == fault.Kind {
			s.at, s.endpoints = k.at, k.endpoints
		}
	}
	if fault.Endpoint != "" {
		s.endpoints = []string{fault.Endpoint}
	}
	return s
}

func (s *scripted) strikesAt(endpoint string) bool {
	if len(s.endpoints) == 0 {
		return isDataEndpoint(endpoint)
	}
	return slices.Contains(s.endpoints, endpoint)
}

// due counts a request against the script and returns the fault that strikes
// it. Only faults of the given kinds, or of all that take hold at the place,
// are asked.
func (f *faults) due(at place, endpoint string, kinds ...FaultKind) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var struck *Fault
	for _, s := range f.script {
		if s.at != at || len(kinds) > 0 && !slices.Contains(kinds, s.Kind) || !s.strikesAt(endpoint) {
			continue
		}
		if s.passed < s.After || s.left == 0 || struck != nil {
			s.passed++
			continue
		}
		if s.left > 0 {
			s.left--
		}
		fault := s.Fault
		struck = &fault
	}
	return struck
}

// meets reports whether a fault of one kind is due where it takes hold inside
// the org.
func (f *faults) meets(kind FaultKind, at place, endpoint string) bool {
	return f.due(at, endpoint, kind) != nil
}

// faultEndpoints are the names that a fault can be aimed at.
var faultEndpoints = []string{
	"query", "queryAll", "queryMore", "explain", "describe", "globalDescribe", "record", "updated", "deleted", "blob", "limits", "recordCount", "composite",
	"collections", "tree", "resources", "job", "results", "ingest", "versions", "authorize", "token", "introspect", "revoke", "userinfo", "identity", "soap",
}

func isDataEndpoint(endpoint string) bool {
	i := slices.Index(faultEndpoints, endpoint)
	return i >= 0 && i < slices.Index(faultEndpoints, "versions")
}

// endpointOf names what a request asks for, in the words of Stats.ByPath, where
// the path alone tells. What is nowhere counts as resources.
func endpointOf(r *http.Request) string {
	path := splitPath(r.URL.Path)
	switch {
	case len(path) == 3 && path[0] == "id":
		return "identity"
	case len(path) < 2 || path[0] != "services":
		return ""
	case path[1] == "oauth2":
		return path[len(path)-1]
	case strings.EqualFold(path[1], "Soap"):
		return "soap"
	case path[1] != "data":
		return ""
	case len(path) == 2:
		return "versions"
	case len(path) == 3:
		return "resources"
	}
	return dataEndpoint(r, path[3], path[4:])
}

func dataEndpoint(r *http.Request, resource string, rest []string) string {
	switch resource {
	case "query", "queryAll":
		switch {
		case len(rest) > 0:
			return "queryMore"
		case r.URL.Query().Has("explain"):
			return "explain"
		}
		return resource
	case "sobjects":
		return recordEndpoint(rest)
	case "limits":
		if len(rest) > 0 {
			return "recordCount"
		}
		return resource
	case "composite":
		return compositeEndpoint(rest)
	case "jobs":
		return jobEndpoint(rest)
	}
	return "resources"
}

func recordEndpoint(rest []string) string {
	switch len(rest) {
	case 0:
		return "globalDescribe"
	case 1:
		return "record"
	case 2:
		if rest[1] == "describe" || rest[1] == "updated" || rest[1] == "deleted" {
			return rest[1]
		}
		return "record"
	}
	if _, isID := parseID(rest[1]); isID {
		return "blob"
	}
	return "record" // by an external id
}

func compositeEndpoint(rest []string) string {
	switch {
	case len(rest) > 0 && rest[0] == "sobjects":
		return "collections"
	case len(rest) > 0 && rest[0] == "tree":
		return "tree"
	}
	return "composite"
}

func jobEndpoint(rest []string) string {
	switch {
	case len(rest) > 0 && rest[0] == "ingest":
		return "ingest"
	case len(rest) > 2:
		return "results"
	}
	return "job"
}
