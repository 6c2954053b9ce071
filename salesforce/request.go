package salesforce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/sfsql/sfsql/salesforce/auth"
)

// maxAnswer bounds one answer after decompression: a file, or one that is read
// as it comes; and maxWhole one that is in memory as a whole, or may be, where
// all of it is a single value.
const (
	maxAnswer = 4 << 30
	maxWhole  = 1 << 30
)

// call is one request and what to do with its answer. All but those marked
// create may be sent again.
type call struct {
	op        string // for messages: what was asked
	method    string // GET where empty
	ref       string // path below the instance, or a URL that the server gave
	accept    string // application/json where empty
	body      []byte
	batchSize int // of a query; 0 means the server's choice
	anonymous bool
	sent      bool                    // set once it has left, or may have
	create    bool                    // makes something: sent again only where nothing can have been made, and its answer is waited for
	essential bool                    // cleans up, so that no meter stops it
	stream    bool                    // an answer that may take long: the timeout is for each wait
	raw       bool                    // the answer is a file: of any form, also one that begins like a web page
	bytes     *atomic.Int64           // counts what came over the wire; may be nil
	head      func(http.Header) error // of a successful answer; may be nil
	read      func(io.Reader) error   // of a successful answer's body; may be called again after a failure
	advanced  func() bool             // since it was last asked, read has brought the answer forward; may be nil
}

// do sends a call until it succeeds, fails for good, or has used up its tries.
func (c *Client) do(ctx context.Context, k *call) error {
	tries := c.attempts()
	renewed := false
	for {
		token, err := c.token(ctx, k)
		if err != nil {
			return err
		}
		if err = c.exchange(ctx, k, token); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("salesforce: %s: %w", k.op, ctx.Err())
		}
		if k.advanced != nil && k.advanced() {
			tries.renew()
			renewed = false
		}
		if sessionExpired(err) {
			if renewed {
				return afterRenewal(err)
			}
			renewed = true
			c.tokens.Invalidate(token.AccessToken)
			continue
		}
		delay, again := tries.next(err)
		if !again || k.create && mayHaveActed(err) {
			return err
		}
		if err := pause(ctx, delay); err != nil {
			return fmt.Errorf("salesforce: %s: %w", k.op, err)
		}
	}
}

// token returns the token for a call; none where the call needs nothing of it.
func (c *Client) token(ctx context.Context, k *call) (auth.Token, error) {
	if k.anonymous && c.instance != nil {
		return auth.Token{}, nil
	}
	token, err := c.tokens.Token(ctx)
	if err != nil {
		return auth.Token{}, fmt.Errorf("salesforce: %s: %w", k.op, err)
	}
	return token, nil
}

// exchange sends a call once, within the client's timeout.
func (c *Client) exchange(ctx context.Context, k *call, token auth.Token) error {
	if k.create {
		var end context.CancelFunc
		ctx, end = outlasting(ctx, answerTime)
		defer end()
	}
	patience := newPatience(ctx, c.timeout)
	defer patience.end()
	within := patience.ctx
	req, err := c.request(within, k, token)
	if err != nil {
		return err
	}
	if err := meter(ctx, k); err != nil {
		return err
	}
	begin := time.Now()
	k.sent = true
	c.counters.calls.Add(1)
	resp, err := c.http.Do(req)
	if err != nil {
		c.trace(ctx, k, 0, 0, time.Since(begin))
		return c.transportError(within, k, err)
	}
	defer resp.Body.Close()
	c.counters.noteLimits(resp.Header)
	body := &bodyReader{wire: resp.Body, total: &c.counters.bytes, own: k.bytes}
	if k.stream {
		patience.stop()
		body.wire = patientReader{resp.Body, patience}
	}
	err = c.answer(k, resp, body)
	c.trace(ctx, k, resp.StatusCode, body.n, time.Since(begin))
	if err == nil {
		return nil
	}
	if patience.over() {
		return c.transportError(within, k, context.DeadlineExceeded)
	}
	return scrub(err, token.AccessToken)
}

// answerTime is how long the answer to a request that makes something is still
// waited for when nobody wants the thing any more: only the answer tells for
// sure what there is to be removed.
const answerTime = 5 * time.Second

// outlasting returns a context that ends some time after ctx has ended.
func outlasting(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(by, func() { cancel(context.Cause(ctx)) })
		context.AfterFunc(longer, func() { t.Stop() })
	})
	return longer, func() {
		stop()
		cancel(nil)
	}
}

// answer reads what came back.
func (c *Client) answer(k *call, resp *http.Response, body *bodyReader) error {
	// What is left over is read, so that the connection can serve again; a
	// long rest costs more than a new connection.
	defer func() { _, _ = io.CopyN(io.Discard, body, 64<<10) }()
	plain, done, err := decompress(resp, body)
	if err != nil {
		return damaged(k.op, err)
	}
	defer done()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return errorFrom(k.op, resp.StatusCode, resp.Header, plain)
	}
	if k.head != nil {
		if err := k.head(resp.Header); err != nil {
			return readError(k.op, body, err)
		}
	}
	if !k.raw {
		rest, page, isPage := webPage(plain)
		if isPage {
			return &AnswerError{Op: k.op, Problem: "a web page came instead of data: " + page, damaged: true}
		}
		plain = rest
	}
	if err := k.read(newCapped(k, plain)); err != nil {
		return readError(k.op, body, err)
	}
	return nil
}

// readError sorts what a read function complained about: the transport, the
// JSON, or the contents.
func readError(op string, body *bodyReader, err error) error {
	var known *Error
	var unusable *AnswerError
	switch {
	case errors.As(err, &known), errors.As(err, &unusable):
		return err
	case body.err != nil:
		return damaged(op, body.err)
	case isDamage(err):
		return damaged(op, err)
	}
	return &AnswerError{Op: op, Problem: err.Error()}
}

// request builds the HTTP request of a call.
func (c *Client) request(ctx context.Context, k *call, token auth.Token) (*http.Request, error) {
	base := c.instance
	if base == nil {
		u, err := auth.ParseURL(token.InstanceURL)
		if err != nil {
			return nil, fmt.Errorf("salesforce: %s: the login gave no usable instance URL: %w", k.op, err)
		}
		base = u
	}
	target, err := resolve(base, k.ref)
	if err != nil {
		return nil, &AnswerError{Op: k.op, Problem: err.Error()}
	}
	var body io.Reader
	if k.body != nil {
		body = bytes.NewReader(k.body)
	}
	req, err := http.NewRequestWithContext(ctx, or(k.method, http.MethodGet), target, body)
	if err != nil {
		return nil, fmt.Errorf("salesforce: %s: %w", k.op, err)
	}
	h := req.Header
	if !k.raw {
		h.Set("Accept", or(k.accept, "application/json"))
	}
	// Asked for by name, net/http leaves the answer packed and the bytes on
	// the wire can be counted.
	h.Set("Accept-Encoding", "gzip")
	h.Set("User-Agent", c.agent)
	if k.body != nil {
		h.Set("Content-Type", "application/json")
	}
	if k.batchSize > 0 {
		h.Set(queryOptionsHeader, batchSizeOption(k.batchSize))
	}
	if !k.anonymous {
		h.Set("Authorization", "Bearer "+token.AccessToken)
	}
	return req, nil
}

// resolve joins a reference to the instance's base URL, which may have a path
// of its own. A reference to another host is refused: the token would go there.
func resolve(base *url.URL, ref string) (string, error) {
	u, err := url.Parse(ref)
	if err != nil {
		return "", errors.New("the answer names a URL that cannot be parsed")
	}
	if u.IsAbs() || u.Host != "" || u.User != nil {
		if !strings.EqualFold(u.Host, base.Host) || u.Scheme != "" && u.Scheme != base.Scheme || u.User != nil {
			return "", fmt.Errorf("the answer points to another host, %q", u.Host)
		}
	}
	path := u.EscapedPath()
	if !strings.HasPrefix(path, "/") {
		return "", errors.New("the answer names a URL without a path")
	}
	prefix := base.EscapedPath()
	if prefix != "" && strings.HasPrefix(path, prefix+"/") {
		path = strings.TrimPrefix(path, prefix)
	}
	target := base.Scheme + "://" + base.Host + prefix + path
	if u.RawQuery != "" {
		target += "?" + u.RawQuery
	}
	return target, nil
}

// transportError puts a failure without an answer into words.
func (c *Client) transportError(ctx context.Context, k *call, err error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return fmt.Errorf("salesforce: %s: no complete answer within %v; filter more narrowly or allow more time: %w",
			k.op, c.timeout, os.ErrDeadlineExceeded)
	}
	// The URL in a url.Error is the whole statement, so only what is below
	// it is told.
	host := ""
	var u *url.Error
	if errors.As(err, &u) {
		if parsed, perr := url.Parse(u.URL); perr == nil {
			host = " " + parsed.Host
		}
		err = u.Err
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return fmt.Errorf("salesforce: %s: cannot reach%s; check the host name: %w", k.op, or(host, " the instance"), err)
	}
	return fmt.Errorf("salesforce: %s: cannot reach%s: %w", k.op, or(host, " the instance"), err)
}

// trace logs one exchange, one without an answer as status 0. The reference is left out: a statement may hold
// what its author would not have in a log.
func (c *Client) trace(ctx context.Context, k *call, status int, bytes int64, took time.Duration) {
	if c.log != nil {
		c.log.DebugContext(ctx, "salesforce exchange", "op", k.op, "status", status, "bytes", bytes, "took", took)
	}
}

// bodyReader counts the bytes on the wire and remembers how they ended.
type bodyReader struct {
	wire  io.Reader
	total *atomic.Int64 // of the client
	own   *atomic.Int64 // of the call; may be nil
	n     int64
	err   error // other than io.EOF
}

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.wire.Read(p)
	b.n += int64(n)
	b.total.Add(int64(n))
	if b.own != nil {
		b.own.Add(int64(n))
	}
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// patience ends an exchange whose other side is silent for too long.
type patience struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	most   time.Duration
}

func newPatience(ctx context.Context, most time.Duration) *patience {
	p := &patience{most: most}
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	p.timer = time.AfterFunc(most, func() { p.cancel(context.DeadlineExceeded) })
	return p
}

func (p *patience) end() {
	p.timer.Stop()
	p.cancel(nil)
}

func (p *patience) stop()      { p.timer.Stop() }
func (p *patience) over() bool { return errors.Is(context.Cause(p.ctx), context.DeadlineExceeded) }

// patientReader bounds each wait for bytes, and not the time that the reader
// takes between them.
type patientReader struct {
	r        io.Reader
	patience *patience
}

func (r patientReader) Read(p []byte) (int, error) {
	r.patience.timer.Reset(r.patience.most)
	defer r.patience.stop()
	return r.r.Read(p)
}

// cappedReader fails rather than ends where an answer is too long.
type cappedReader struct {
	r          io.Reader
	most, left int64
}

func newCapped(k *call, r io.Reader) *cappedReader {
	most := int64(maxWhole)
	if k.raw || k.stream {
		most = maxAnswer
	}
	return &cappedReader{r: r, most: most, left: most}
}

func (c *cappedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fmt.Errorf("the answer is longer than %d bytes", c.most)
	}
	return n, err
}

// unpackers are of a library whose gzip takes two thirds of the time that the
// standard library's does, with the same errors: unpacking is what most of the
// time for a Bulk result goes to.
var unpackers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// decompress returns the plain body and what gives its unpacker back.
func decompress(resp *http.Response, body io.Reader) (io.Reader, func(), error) {
	if !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return body, func() {}, nil
	}
	z := unpackers.Get().(*gzip.Reader)
	if err := z.Reset(body); err != nil {
		unpackers.Put(z)
		if err == io.EOF { // no body at all
			return http.NoBody, func() {}, nil
		}
		return nil, nil, err
	}
	return z, func() { unpackers.Put(z) }, nil
}
