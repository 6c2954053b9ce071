package salesforce

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sfsql/sfsql/soql"
)

// pager serves total records in pages of a size and counts the fetches of each.
type pager struct {
	total, size int
	mu          sync.Mutex
	fetched     map[int]int
	change      func(page int, body string) string
}

func (p *pager) body(path string) string {
	n := 0
	if i := strings.LastIndexByte(path, '-'); i > 0 {
		n, _ = strconv.Atoi(path[i+1:])
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fetched == nil {
		p.fetched = make(map[int]int)
	}
	p.fetched[n]++
	from, to, next := n*p.size, min((n+1)*p.size, p.total), locator(n+1)
	if to == p.total {
		next = ""
	}
	body := pageJSON(p.total, from, to, next)
	if p.change != nil {
		body = p.change(n, body)
	}
	return body
}

func (p *pager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, p.body(r.URL.Path))
}

func (p *pager) fetches() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, k := range p.fetched {
		n += k
	}
	return n
}

func TestEveryPageIsFetchedOnceWhateverThePrefetch(t *testing.T) {
	for _, off := range []bool{false, true} {
		p := &pager{total: 1000, size: 93}
		c := serve(t, p.ServeHTTP)
		got, err := query(t.Context(), c, "SELECT Id FROM A", QueryOptions{Columns: idOnly, NoPrefetch: off})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, numbers(1000)) {
			t.Errorf("%d rows, from %v", len(got), got[:1])
		}
		for page, n := range p.fetched {
			if n != 1 {
				t.Errorf("page %d is fetched %d times", page, n)
			}
		}
		if u := c.Usage(); u.Calls != 11 || u.Rows != 1000 {
			t.Errorf("usage is %+v, want 11 calls and 1000 rows", u)
		}
	}
}

func TestTheStatementAndItsOptionsAreSent(t *testing.T) {
	text := "SELECT Id FROM A WHERE Name = 'x&y + ä%'"
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/services/data/v67.0/queryAll" || r.URL.Query().Get("q") != text {
			t.Errorf("got %s", r.URL)
		}
		if h := r.Header; h.Get("Sforce-Query-Options") != "batchSize=200" || h.Get("Accept-Encoding") != "gzip" ||
			!strings.HasPrefix(h.Get("User-Agent"), "sfsql/") || h.Get("Authorization") != "Bearer 00D!secret-token-1" {
			t.Errorf("headers are %v", h)
		}
		_, _ = io.WriteString(w, pageJSON(0, 0, 0, ""))
	})
	rows, err := query(t.Context(), c, text, QueryOptions{Columns: idOnly, All: true, BatchSize: 200})
	if err != nil || len(rows) != 0 {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestACountHasATotalAndNoRows(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"totalSize":42,"done":true,"records":[]}`)
	})
	rows, err := c.Query(t.Context(), "SELECT COUNT() FROM A", QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if rows.Total() != 42 || rows.Next(t.Context()) || rows.Err() != nil {
		t.Errorf("total %d, err %v", rows.Total(), rows.Err())
	}
}

func TestPackedAnswersAreCountedAsTheyTravel(t *testing.T) {
	var wire atomic.Int64
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		var packed strings.Builder
		z := gzip.NewWriter(&packed)
		_, _ = io.WriteString(z, pageJSON(500, 0, 500, ""))
		_ = z.Close()
		wire.Store(int64(packed.Len()))
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Sforce-Limit-Info", "api-usage=18/15000")
		_, _ = io.WriteString(w, packed.String())
	})
	got, err := query(t.Context(), c, "SELECT Id FROM A", QueryOptions{Columns: idOnly})
	if err != nil || len(got) != 500 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	if u := c.Usage(); u.BytesIn != wire.Load() || u.APIUsed != 18 || u.APIMax != 15000 {
		t.Errorf("usage is %+v, want %d bytes", u, wire.Load())
	}
}

func TestAReaderThatStopsEarlyPaysForNoSecondPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pager{total: 4000, size: 2000}
		c := memory(t, func(r *http.Request) (*http.Response, error) { return reply(200, p.body(r.URL.Path)), nil })
		rows, err := c.Query(t.Context(), "SELECT Id FROM A", QueryOptions{Columns: idOnly})
		if err != nil {
			t.Fatal(err)
		}
		for range prefetchAfter {
			rows.Next(t.Context())
		}
		synctest.Wait()
		if p.fetches() != 1 {
			t.Errorf("%d pages after %d rows, want 1", p.fetches(), prefetchAfter)
		}
		rows.Next(t.Context())
		synctest.Wait()
		if p.fetches() != 2 {
			t.Errorf("%d pages a row later, want the second on its way", p.fetches())
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestOnlyOnePageIsFetchedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pager{total: 100, size: 10}
		c := memory(t, func(r *http.Request) (*http.Response, error) { return reply(200, p.body(r.URL.Path)), nil })
		rows, err := c.Query(t.Context(), "SELECT Id FROM A", QueryOptions{Columns: idOnly})
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for range 10 {
			rows.Next(t.Context())
		}
		time.Sleep(time.Hour)
		if p.fetches() != 2 {
			t.Errorf("%d pages while the first is read, want 2", p.fetches())
		}
	})
}

func TestResultsThatOnlyLookWholeAreErrors(t *testing.T) {
	cases := map[string]struct {
		pages []string
		want  string
	}{
		"one page short":      {[]string{pageJSON(5, 0, 3, "")}, "fewer records came (3) than totalSize says (5)"},
		"no record of many":   {[]string{pageJSON(5, 0, 0, "")}, "fewer records"},
		"one page long":       {[]string{pageJSON(2, 0, 3, "")}, "more records came"},
		"last page short":     {[]string{pageJSON(9, 0, 3, locator(1)), pageJSON(9, 3, 6, ""), countJSON(9)}, "the org counts 9 now; run the statement again"},
		"page repeated":       {[]string{pageJSON(9, 0, 3, locator(1)), pageJSON(9, 3, 6, locator(1))}, "names itself"},
		"pages without end":   {[]string{pageJSON(3, 0, 3, locator(1)), pageJSON(3, 3, 6, "")}, "more records came"},
		"empty pages":         {[]string{pageJSON(3, 0, 1, locator(1)), pageJSON(3, 0, 0, locator(2)), pageJSON(3, 0, 0, locator(3)), pageJSON(3, 0, 0, locator(4)), pageJSON(3, 0, 0, locator(5))}, "without a record"},
		"another host":        {[]string{pageJSON(9, 0, 3, "https://evil.example/services/data/v67.0/query/1")}, "another host"},
		"another host, short": {[]string{pageJSON(9, 0, 3, "//evil.example/query/1")}, "another host"},
		"another scheme":      {[]string{pageJSON(9, 0, 3, "ftp://acme.test/query/1")}, "another host"},
		"done, and more":      {[]string{`{"totalSize":1,"done":true,"nextRecordsUrl":"` + locator(1) + `","records":[{"Id":"1"}]}`}, "names a next page"},
		"not done, no more":   {[]string{`{"totalSize":1,"done":false,"records":[{"Id":"1"}]}`}, "names no next page"},
		"no path":             {[]string{pageJSON(9, 0, 3, "query/1")}, "without a path"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			calls := 0
			cl := memory(t, func(r *http.Request) (*http.Response, error) {
				if r.URL.Host != "acme.test" {
					t.Errorf("the token went to %s", r.URL.Host)
				}
				calls++
				return reply(200, c.pages[calls-1]), nil
			})
			_, err := query(t.Context(), cl, "SELECT Id FROM A", QueryOptions{Columns: idOnly})
			var bad *AnswerError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
			if calls != len(c.pages) {
				t.Errorf("%d calls, want %d: a lie is not worth another try", calls, len(c.pages))
			}
		})
	}
}

func countJSON(n int) string { return fmt.Sprintf(`{"totalSize":%d,"done":true,"records":[]}`, n) }

// Records that were deleted between two pages are no loss, if the org now
// counts what came.
func TestAResultMayShrinkOnlyIfTheOrgHasShrunk(t *testing.T) {
	for _, c := range []struct {
		text  string
		now   int
		count string // the statement that counts; empty for none
		fine  bool
	}{
		{"SELECT Id FROM A WHERE B = 1 ORDER BY C", 6, "SELECT COUNT() FROM A WHERE B=1", true},
		{"SELECT Id FROM A LIMIT 9", 6, "SELECT COUNT() FROM A LIMIT 9", true},
		{"SELECT Id FROM A", 7, "SELECT COUNT() FROM A", false},
		{"SELECT Id FROM A", 5, "SELECT COUNT() FROM A", false},
		{"SELECT Id FROM A OFFSET 2", 6, "", false},
	} {
		var asked []string
		cl := memory(t, func(r *http.Request) (*http.Response, error) {
			text := r.URL.Query().Get("q")
			switch {
			case strings.HasPrefix(text, "SELECT COUNT"):
				asked = append(asked, text)
				return reply(200, countJSON(c.now)), nil
			case text != "":
				return reply(200, pageJSON(9, 0, 3, locator(1))), nil
			}
			return reply(200, pageJSON(9, 3, 6, "")), nil
		})
		got, err := query(t.Context(), cl, c.text, QueryOptions{Columns: idOnly})
		if fine := err == nil && slices.Equal(got, numbers(6)); fine != c.fine {
			t.Errorf("%s, %d now: %d records and %v", c.text, c.now, len(got), err)
		}
		if text := strings.Join(asked, ";"); text != c.count {
			t.Errorf("%s: counted by %q, want %q", c.text, text, c.count)
		}
	}
}

func TestTheNextPageIsFoundOnTheInstanceHoweverItIsWritten(t *testing.T) {
	for _, next := range []string{locator(1), mounted + locator(1), "https://acme.test" + mounted + locator(1), "https://ACME.test" + locator(1)} {
		calls := 0
		c := memory(t, func(r *http.Request) (*http.Response, error) {
			if calls++; calls == 1 {
				return reply(200, pageJSON(2, 0, 1, next)), nil
			}
			if r.URL.Path != mounted+locator(1) {
				t.Errorf("%s leads to %s", next, r.URL)
			}
			return reply(200, pageJSON(2, 1, 2, "")), nil
		})
		if got, err := query(t.Context(), c, "SELECT Id FROM A", QueryOptions{Columns: idOnly}); err != nil || len(got) != 2 {
			t.Errorf("%s: %v, %v", next, got, err)
		}
	}
}

// broken answers are asked for once more; then they are an error.
func TestBrokenPages(t *testing.T) {
	whole := pageJSON(6, 3, 6, "")
	cases := map[string]struct{ body, want string }{
		"truncated":         {whole[:len(whole)-5], "ends too early"},
		"empty":             {"", "ends too early"},
		"malformed":         {strings.Replace(whole, `"Id":"4"`, `"Id" "4"`, 1), "malformed JSON"},
		"trailing garbage":  {whole + "}", "malformed JSON"},
		"HTML with 200":     {"<html><head><title>Down</title></head><body>for maintenance</body></html>", "a web page came instead of data: Down for maintenance"},
		"empty HTML":        {"<html></html>", "a web page"},
		"not JSON":          {"Service busy", "malformed JSON"},
		"half in the cable": {"cut", "it ends too early"},
	}
	for name, c := range cases {
		for _, failures := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s %d times", name, failures), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					seconds := 0
					cl := memory(t, func(r *http.Request) (*http.Response, error) {
						if r.URL.Path != mounted+locator(1) {
							return reply(200, pageJSON(6, 0, 3, locator(1))), nil
						}
						if seconds++; seconds > failures {
							return reply(200, whole), nil
						}
						resp := reply(200, c.body)
						if c.body == "cut" {
							resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(whole[:60]), errReader{io.ErrUnexpectedEOF}))
						}
						return resp, nil
					})
					got, err := query(t.Context(), cl, "SELECT Id FROM A", QueryOptions{Columns: idOnly})
					if failures == 1 {
						if err != nil || !slices.Equal(got, numbers(6)) {
							t.Errorf("rows %v, %v: want each once", got, err)
						}
						return
					}
					var bad *AnswerError
					if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "page 2") {
						t.Errorf("error is %v, want %q on page 2", err, c.want)
					}
					if !slices.Equal(got, numbers(3)) || seconds != 2 {
						t.Errorf("%v before the error, %d tries", got, seconds)
					}
				})
			})
		}
	}
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

func TestABodyThatTheServerCutsIsNoPage(t *testing.T) {
	var calls atomic.Int32
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		body := pageJSON(3, 0, 3, "")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = io.WriteString(w, body[:len(body)-1])
	})
	_, err := query(t.Context(), c, "SELECT Id FROM A", QueryOptions{Columns: idOnly})
	if !errors.Is(err, io.ErrUnexpectedEOF) || calls.Load() != 2 {
		t.Errorf("after %d calls: %v", calls.Load(), err)
	}
}

func TestDamagedGzipIsNoPage(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		var packed strings.Builder
		z := gzip.NewWriter(&packed)
		_, _ = io.WriteString(z, pageJSON(3, 0, 3, ""))
		_ = z.Close()
		b := []byte(packed.String())
		b[len(b)-6] ^= 0xff // the checksum
		_, _ = w.Write(b)
	})
	_, err := query(t.Context(), c, "SELECT Id FROM A", QueryOptions{Columns: idOnly})
	if !errors.Is(err, gzip.ErrChecksum) {
		t.Errorf("error is %v, want the checksum's", err)
	}
}

func TestAnErrorFromPage7ArrivesWordForWord(t *testing.T) {
	const words = "\nSELECT Id FROM A\n       ^\nERROR at Row:1:Column:8\nCurseur « périmé »"
	p := &pager{total: 100, size: 10}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "-6") {
			w.WriteHeader(400)
			_ = json.NewEncoder(w).Encode([]map[string]any{{"message": words, "errorCode": "INVALID_QUERY_LOCATOR", "fields": []string{"Id"}}})
			return
		}
		p.ServeHTTP(w, r)
	})
	got, err := query(t.Context(), c, "SELECT Id FROM A", QueryOptions{Columns: idOnly})
	var e *Error
	if !errors.As(err, &e) || e.Message != words || e.Code != "INVALID_QUERY_LOCATOR" || e.Status != 400 || e.Op != "query, page 7" || !slices.Equal(e.Fields, []string{"Id"}) {
		t.Fatalf("error is %#v", err)
	}
	if !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "run the statement again") || len(got) != 60 {
		t.Errorf("after %d rows: %v", len(got), err)
	}
}

func TestALongStatementTravelsInAComposite(t *testing.T) {
	long := "SELECT Id FROM A WHERE Name IN ('" + strings.Repeat("ä','", 4000) + "x')"
	var direct, wrapped, followed int
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/composite"):
			wrapped++
			var body struct {
				CompositeRequest []struct {
					Method, URL, ReferenceID string
					HTTPHeaders              map[string]string
				}
			}
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.CompositeRequest) != 1 {
				t.Errorf("body: %v", err)
			}
			sub := body.CompositeRequest[0]
			u, err := url.Parse(sub.URL)
			if err != nil || u.Path != "/services/data/v67.0/query" || u.Query().Get("q") != long || sub.Method != "GET" || sub.ReferenceID == "" {
				t.Errorf("sub-request %s of %d bytes, %v", sub.Method, len(sub.URL), err)
			}
			if sub.HTTPHeaders["Sforce-Query-Options"] != "batchSize=250" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("headers %v, %v", sub.HTTPHeaders, r.Header)
			}
			fmt.Fprintf(w, `{"compositeResponse":[{"body":%s,"httpHeaders":{},"httpStatusCode":200,"referenceId":"r1"}]}`, pageJSON(4, 0, 2, locator(1)))
		case strings.HasSuffix(r.URL.Path, "-1"):
			followed++
			_, _ = io.WriteString(w, pageJSON(4, 2, 4, ""))
		default:
			direct++
		}
	})
	got, err := query(t.Context(), c, long, QueryOptions{Columns: idOnly, BatchSize: 250})
	if err != nil || !slices.Equal(got, numbers(4)) {
		t.Errorf("%v, %v", got, err)
	}
	if direct != 0 || wrapped != 1 || followed != 1 {
		t.Errorf("%d direct, %d composite, %d following calls", direct, wrapped, followed)
	}
}

func TestNoRequestExceedsTheServersLimit(t *testing.T) {
	for _, tokenLength := range []int{100, 2000} {
		for n := 14000 - tokenLength; n < 17000; n += 97 {
			sizes := 0
			tokens := &logins{instance: "https://acme.test", current: strings.Repeat("t", tokenLength)}
			c := client(t, tokens, roundTrip(func(r *http.Request) (*http.Response, error) {
				size := len(r.URL.String())
				for k, v := range r.Header {
					size += len(k) + len(v[0]) + 4
				}
				if size > 16384 {
					t.Errorf("a request of %d bytes", size)
				}
				sizes = max(sizes, size)
				if r.Method == http.MethodPost {
					return reply(200, `{"compositeResponse":[{"body":`+pageJSON(0, 0, 0, "")+`,"httpStatusCode":200}]}`), nil
				}
				return reply(200, pageJSON(0, 0, 0, "")), nil
			}))
			if _, err := query(t.Context(), c, strings.Repeat("x", n), QueryOptions{Columns: idOnly}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestARefusedURLGoesThroughComposite(t *testing.T) {
	for _, status := range []int{414, 431} {
		calls := 0
		c := memory(t, func(r *http.Request) (*http.Response, error) {
			if calls++; r.Method == http.MethodGet {
				return reply(status, "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"), nil
			}
			return reply(200, `{"compositeResponse":[{"httpStatusCode":200,"body":`+pageJSON(1, 0, 1, "")+`}]}`), nil
		})
		if got, err := query(t.Context(), c, "SELECT Id FROM A", QueryOptions{Columns: idOnly}); err != nil || len(got) != 1 || calls != 2 {
			t.Errorf("%d: %v, %v after %d calls", status, got, err, calls)
		}
	}
}

func TestACompositesSubAnswerCountsLikeADirectOne(t *testing.T) {
	long := strings.Repeat("x", 20000)
	sub := func(status int, body string) string {
		return fmt.Sprintf(`{"compositeResponse":[{"body":%s,"httpHeaders":{"Retry-After":"7"},"httpStatusCode":%d,"referenceId":"r1"}]}`, body, status)
	}
	synctest.Test(t, func(t *testing.T) {
		answers := []string{
			sub(401, errorBody("INVALID_SESSION_ID", "Session expired or invalid")),
			sub(503, errorBody("SERVER_UNAVAILABLE", "busy")),
			sub(400, errorBody("MALFORMED_QUERY", "unexpected token: 'x'")),
		}
		calls := 0
		c := memory(t, func(*http.Request) (*http.Response, error) { calls++; return reply(200, answers[calls-1]), nil })
		begin := time.Now()
		_, err := query(t.Context(), c, long, QueryOptions{Columns: idOnly})
		var e *Error
		if !errors.As(err, &e) || e.Status != 400 || e.Code != "MALFORMED_QUERY" || e.Op != "query" || calls != 3 {
			t.Errorf("after %d calls: %v", calls, err)
		}
		if n := c.tokens.(*logins).n; n != 2 {
			t.Errorf("%d logins, want 2", n)
		}
		if took := time.Since(begin); took != 7*time.Second {
			t.Errorf("waited %v, want the 7s of Retry-After", took)
		}
	})
	for _, body := range []string{`{}`, `{"compositeResponse":[]}`, `{"compositeResponse":7}`, `[]`} {
		c := memory(t, func(*http.Request) (*http.Response, error) { return reply(200, body), nil })
		_, err := query(t.Context(), c, long, QueryOptions{Columns: idOnly})
		var bad *AnswerError
		if !errors.As(err, &bad) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestCloseEndsAWaitingNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := hangingOnPageTwo(t)
		ended := make(chan bool)
		go func() {
			for rows.Next(t.Context()) {
			}
			ended <- true
		}()
		synctest.Wait()
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		<-ended
		if !errors.Is(rows.Err(), ErrClosed) {
			t.Errorf("error is %v, want ErrClosed", rows.Err())
		}
		if rows.Next(t.Context()) || rows.Close() != nil {
			t.Error("closed rows go on")
		}
	})
}

func TestAContextThatEndsEndsTheRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := hangingOnPageTwo(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, err := read(ctx, rows)
		if !errors.Is(err, context.DeadlineExceeded) || len(got) != 3 {
			t.Errorf("%d rows, %v", len(got), err)
		}
		synctest.Wait() // the fetch has ended too, or the bubble would not
	})
}

// hangingOnPageTwo returns rows whose second page never comes.
func hangingOnPageTwo(t *testing.T) *Rows {
	c := memory(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "-1") {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		return reply(200, pageJSON(6, 0, 3, locator(1))), nil
	})
	c.timeout = time.Hour
	rows, err := c.Query(t.Context(), "SELECT Id FROM A", QueryOptions{Columns: idOnly})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAnExchangeThatHangsTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memory(t, func(r *http.Request) (*http.Response, error) {
			pr, pw := io.Pipe() // headers come at once and the body never
			context.AfterFunc(r.Context(), func() { pw.CloseWithError(r.Context().Err()) })
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: pr}, nil
		})
		begin := time.Now()
		_, err := query(t.Context(), c, "SELECT Id FROM A", QueryOptions{Columns: idOnly})
		if err == nil || !strings.Contains(err.Error(), "within 2m0s") || time.Since(begin) != DefaultTimeout {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
}

func TestExplainRunsNothing(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/services/data/v67.0/query" || r.URL.Query().Get("explain") != "SELECT Id FROM A" || r.URL.Query().Has("q") {
			t.Errorf("got %s", r.URL)
		}
		_, _ = io.WriteString(w, `{"plans":[{"cardinality":10,"fields":["CreatedDate"],"leadingOperationType":"Index","notes":[],"relativeCost":0.033,"sobjectCardinality":1001,"sobjectType":"Account"}],"sourceQuery":"x"}`)
	})
	plans, err := c.Explain(t.Context(), "SELECT Id FROM A")
	if err != nil || len(plans) != 1 || plans[0].LeadingOperationType != "Index" || plans[0].Cardinality != 10 {
		t.Errorf("%+v, %v", plans, err)
	}
}

func TestBytesDoNotReachIntoTheNextValue(t *testing.T) {
	columns := []soql.Column{col(soql.KindText, "A"), col(soql.KindText, "B")}
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"totalSize":1,"done":true,"records":[{"A":"a","B":"b"}]}`)
	})
	rows, err := c.Query(t.Context(), "SELECT A, B FROM T", QueryOptions{Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	rows.Next(t.Context())
	_ = append(rows.Bytes(0), 'X')
	if string(rows.Bytes(1)) != "b" {
		t.Errorf("B is %q", rows.Bytes(1))
	}
}
