package emulator

import (
	"io/fs"
	"net/http"
	"time"
)

// Option changes what New starts.
type Option func(*config)

type config struct {
	scale    int
	seed     int64
	latency  time.Duration
	pageSize int
	locale   string
	zone     string
	address  string
	fault    func(http.ResponseWriter, *http.Request) bool
	quirks   Quirks
	bulk     bulkConfig
	clock    func() time.Time
	calls    int
	trigger  func(Write) *Rejection
	auth     Auth
	faults   []Fault
	ruled    bool
	data     fs.FS
	onlyData bool
	state    string
}

// WithScale multiplies the rows of the big objects; 1000 makes a million
// Accounts. The default is 1.
func WithScale(n int) Option { return func(c *config) { c.scale = n } }

// WithSeed chooses the data: the same seed and scale always give the same
// records. The default is 1.
func WithSeed(seed int64) Option { return func(c *config) { c.seed = seed } }

// WithLatency delays every answer. The default is no delay.
func WithLatency(d time.Duration) Option { return func(c *config) { c.latency = d } }

// WithPageSize fixes the rows of a page, beyond the 200 to 2,000 of Salesforce
// where a test wants that. The default, 0, gives pages of varying size, as the
// API allows itself; see README.md.
func WithPageSize(rows int) Option { return func(c *config) { c.pageSize = rows } }

// WithLocale sets the running user's locale. Under tr_TR and az_AZ text is
// compared with the Turkic pairs of i. The default is en_US.
func WithLocale(locale string) Option { return func(c *config) { c.locale = locale } }

// WithTimeZone sets the running user's time zone, in which relative date
// literals count days. The default is UTC.
func WithTimeZone(name string) Option { return func(c *config) { c.zone = name } }

// WithAddress sets the address to listen on. The default is a free port of
// 127.0.0.1.
func WithAddress(hostPort string) Option { return func(c *config) { c.address = hostPort } }

// WithFault sees every request before the org does. Where it returns true it
// has answered the request itself. It is called from many goroutines.
func WithFault(f func(w http.ResponseWriter, r *http.Request) bool) Option {
	return func(c *config) { c.fault = f }
}

// WithDailyLimit sets how many API calls a day the org allows, as limits and
// Sforce-Limit-Info tell. Those beyond are refused with REQUEST_LIMIT_EXCEEDED
// until ResetLimits. The default is 5,000,000.
func WithDailyLimit(calls int) Option { return func(c *config) { c.calls = calls } }

// WithRestrictedObjects adds objects that a statement cannot simply read, such
// as ContentDocumentLink, FieldDefinition, a big object and custom metadata:
// they ask for certain filters, see README.md. By default every object that
// can be queried can be read whole.
func WithRestrictedObjects() Option { return func(c *config) { c.ruled = true } }

// WithQuirks chooses readings of what Salesforce's documentation leaves open.
func WithQuirks(q Quirks) Option { return func(c *config) { c.quirks = q } }

// Quirks are behaviours of Salesforce that sources disagree on. The zero value
// is what most of them say.
type Quirks struct {
	// NotEqualSkipsNulls makes f != 'x' pass over rows whose f is null. By
	// default they match.
	NotEqualSkipsNulls bool
	// NotInSkipsNulls does the same for f NOT IN (…).
	NotInSkipsNulls bool
	// MultiCurrency makes an org of several currencies: convertCurrency and
	// literals such as EUR100 work, at fixed rates.
	MultiCurrency bool
	// MostFormulas is how many formula fields a statement may name before it is
	// QUERY_TOO_COMPLICATED; 0 sets no bound.
	MostFormulas int
	// MostRows is how many rows a statement may find before it ends with
	// QUERY_TIMEOUT; one without a condition, ordered by Id, finds no more than
	// its LIMIT. 0 sets no bound.
	MostRows int
	// LocatorsEndWithSession refuses a locator under another access token than
	// the one that its query had.
	LocatorsEndWithSession bool
	// EmptyBulkBody makes the result of a bulk query without rows an empty body.
	// By default it is the header line.
	EmptyBulkBody bool
	// ResultLinkNames makes resultPages of a bulk query use the names of one
	// published example, resultLink and nextRecordUrl. By default they are
	// resultUrl and nextRecordsUrl.
	ResultLinkNames bool
	// NoHardDelete takes the permission for hardDelete in Bulk away.
	NoHardDelete bool
	// AnyNumberOfChunks lets a collection mix objects freely. By default more
	// than ten runs of records of one object are refused.
	AnyNumberOfChunks bool
	// AnyNumberOfSubqueries lets all requests of a composite be queries and
	// collections. By default five of them may be.
	AnyNumberOfSubqueries bool
}
