package salesforce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/sfsql/sfsql/salesforce/auth"
	"github.com/sfsql/sfsql/soql"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logins is a token source that counts, and mints a new token after each
// Invalidate of the current one.
type logins struct {
	mu       sync.Mutex
	instance string
	n        int
	current  string
	err      error
}

func (l *logins) Token(ctx context.Context) (auth.Token, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return auth.Token{}, l.err
	}
	if l.current == "" {
		l.n++
		l.current = fmt.Sprintf("00D!secret-token-%d", l.n)
	}
	return auth.Token{AccessToken: l.current, InstanceURL: l.instance}, ctx.Err()
}

func (l *logins) Invalidate(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if token == l.current {
		l.current = ""
	}
}

// mounted is where test servers keep their org: never at the root, so that a
// path joined wrongly is a 404.
const mounted = "/proxy/org"

// serve starts a server below a base path and returns a client for it. The
// handler sees paths without the base path.
func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	srv := httptest.NewServer(http.StripPrefix(mounted, h))
	t.Cleanup(srv.Close)
	return client(t, &logins{instance: srv.URL + mounted}, nil)
}

// memory returns a client over an in-memory network, for tests on a fake clock.
func memory(t *testing.T, h func(*http.Request) (*http.Response, error)) *Client {
	t.Helper()
	return client(t, &logins{instance: "https://acme.test" + mounted}, roundTrip(h))
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func client(t *testing.T, tokens auth.Source, rt http.RoundTripper) *Client {
	t.Helper()
	cfg := Config{Tokens: tokens}
	if rt != nil {
		cfg.HTTPClient = &http.Client{Transport: rt}
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// reply is an answer of the in-memory network.
func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func errorBody(code, message string) string {
	return fmt.Sprintf(`[{"message":%q,"errorCode":%q}]`, message, code)
}

var idOnly = []soql.Column{{Path: []string{"Id"}, Kind: soql.KindText}}

// pageJSON is a page with the records [from, to) of total, which names next
// unless it is empty.
func pageJSON(total, from, to int, next string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"totalSize":%d,"done":%v`, total, next == "")
	if next != "" {
		fmt.Fprintf(&b, `,"nextRecordsUrl":%q`, next)
	}
	b.WriteString(`,"records":[`)
	for i := from; i < to; i++ {
		if i > from {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"attributes":{"type":"A","url":"/x"},"Id":"%d"}`, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

func locator(page int) string { return fmt.Sprintf("/services/data/v67.0/query/01g000-%d", page) }

// read returns the first column of every row, and how the result ended.
func read(ctx context.Context, rows soql.Rows) ([]string, error) {
	var got []string
	for rows.Next(ctx) {
		got = append(got, string(rows.Bytes(0)))
	}
	return got, errors.Join(rows.Err(), rows.Close())
}

// query runs a statement to its end.
func query(ctx context.Context, c *Client, text string, opts QueryOptions) ([]string, error) {
	rows, err := c.Query(ctx, text, opts)
	if err != nil {
		return nil, err
	}
	return read(ctx, rows)
}

// numbers is "0" to "n-1".
func numbers(n int) []string {
	var s []string
	for i := range n {
		s = append(s, fmt.Sprint(i))
	}
	return s
}
