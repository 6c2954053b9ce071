package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sfsql/sfsql/emulator"
)

// query is what every client asks. The columns stand in the order in which the
// driver asks for them, so that the bytes on the wire are the same for all.
const query = "SELECT Id, Name, AccountId, StageName, Amount, Probability, CloseDate, IsClosed, CreatedDate, FiscalYear FROM Opportunity"

const (
	pageRows  = 2_000   // of a REST page, and of a block
	bulkRows  = 100_000 // of a Bulk result page
	blockMost = 32      // blocks of different records; a longer answer repeats them
)

// org serves one query from blocks that were written beforehand, and leaves
// everything else to an emulated org. It does next to no work for a row, so
// that what a client needs is what is measured.
type org struct {
	emulated http.Handler
	token    string
	rows     int
	header   block // of a Bulk page
	rest     []block
	bulk     []block
	latency  atomic.Int64
	packed   atomic.Bool
}

// block is the text of records, as it is and as a gzip member. Members that
// follow each other unpack to their texts in a row.
type block struct{ plain, packed []byte }

func newBlock(text []byte) block {
	var out bytes.Buffer
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(&out)
	_, _ = z.Write(text) // bytes.Buffer takes all
	_ = z.Close()
	return block{text, out.Bytes()}
}

// A packer weighs most of a megabyte.
var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// newOrg records what an emulated org answers.
func newOrg(rows int) (*org, func(), error) {
	if rows%pageRows != 0 {
		return nil, nil, fmt.Errorf("the number of rows must be a multiple of %d", pageRows)
	}
	e := emulator.New(emulator.WithPageSize(pageRows), emulator.WithScale(1+blockMost*pageRows/2_500))
	o := &org{emulated: e.Handler(), token: e.AccessToken(), rows: rows}
	if err := errors.Join(o.recordREST(), o.recordBulk()); err != nil {
		e.Close()
		return nil, nil, fmt.Errorf("recording an org: %w", err)
	}
	return o, e.Close, nil
}

const version = "/services/data/v67.0"

// ask asks the emulated org.
func (o *org) ask(method, path, body string) (*httptest.ResponseRecorder, error) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+o.token)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	o.emulated.ServeHTTP(w, r)
	if w.Code >= 300 {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w, nil
}

func (o *org) recordREST() error {
	for path := version + "/query?q=" + url.QueryEscape(query); path != "" && len(o.rest) < blockMost; {
		w, err := o.ask(http.MethodGet, path, "")
		if err != nil {
			return err
		}
		var page struct {
			Next    string          `json:"nextRecordsUrl"`
			Records json.RawMessage `json:"records"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			return err
		}
		if path = page.Next; path == "" {
			break // the last page may be short
		}
		o.rest = append(o.rest, newBlock(append(bytes.TrimSuffix(bytes.TrimPrefix(page.Records, []byte("[")), []byte("]")), "]}"...)))
	}
	if len(o.rest) == 0 {
		return errors.New("no page has a next one")
	}
	return nil
}

func (o *org) recordBulk() error {
	w, err := o.ask(http.MethodPost, version+"/jobs/query", `{"operation":"query","query":`+strconv.Quote(query)+`}`)
	if err != nil {
		return err
	}
	var job struct{ ID, State string }
	for end := time.Now().Add(time.Minute); job.State != "JobComplete"; {
		if err := json.Unmarshal(w.Body.Bytes(), &job); err != nil {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("the job stays %s", job.State)
		}
		time.Sleep(10 * time.Millisecond)
		if w, err = o.ask(http.MethodGet, version+"/jobs/query/"+job.ID, ""); err != nil {
			return err
		}
	}
	if w, err = o.ask(http.MethodGet, version+"/jobs/query/"+job.ID+"/results", ""); err != nil {
		return err
	}
	return o.cut(w.Body.Bytes())
}

// cut makes blocks of a CSV text.
func (o *org) cut(text []byte) error {
	r := csv.NewReader(bytes.NewReader(text))
	r.ReuseRecord = true
	begin := int64(0)
	for n := 0; len(o.bulk) < len(o.rest); n++ {
		if _, err := r.Read(); err != nil {
			return err
		}
		switch at := r.InputOffset(); {
		case n == 0:
			o.header, begin = newBlock(text[:at]), at
		case n%pageRows == 0:
			o.bulk, begin = append(o.bulk, newBlock(text[begin:at])), at
		}
	}
	return nil
}

// ServeHTTP answers the query and its job, and switches of its own under
// /bench.
func (o *org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/bench/"); ok {
		o.set(rest)
		return
	}
	time.Sleep(time.Duration(o.latency.Load()))
	_, resource, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/services/data/"), "/")
	resource = strings.TrimSuffix(resource, "/")
	base := strings.TrimSuffix(strings.TrimSuffix(r.URL.Path, "/"), resource)
	locator, isPage := strings.CutPrefix(resource, "query/bench-")
	job, isResult := strings.CutSuffix(resource, "/results")
	switch {
	case resource == "query" && sameQuery(r.FormValue("q")):
		o.page(w, r, base, 0)
	case isPage:
		begin, _ := strconv.Atoi(locator)
		o.page(w, r, base, begin)
	case isResult:
		o.result(w, r)
	case strings.HasSuffix(job, "/resultPages"):
		o.resultPages(w, r)
	case strings.HasPrefix(resource, "jobs/query/") && r.Method == http.MethodGet,
		resource == "limits/recordCount", resource == "query" && r.FormValue("explain") != "":
		o.patched(w, r)
	default:
		o.emulated.ServeHTTP(w, r)
	}
}

func sameQuery(text string) bool {
	return strings.ReplaceAll(text, ", ", ",") == strings.ReplaceAll(query, ", ", ",")
}

// set obeys latency=150ms and packed=true.
func (o *org) set(text string) {
	name, value, _ := strings.Cut(text, "=")
	switch name {
	case "latency":
		d, _ := time.ParseDuration(value) // 0 for what is none
		o.latency.Store(int64(d))
	case "packed":
		o.packed.Store(value == "true")
	}
}

// page writes the page of REST that begins at a record.
func (o *org) page(w http.ResponseWriter, r *http.Request, base string, begin int) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	head := fmt.Sprintf(`{"totalSize":%d,"done":true,"records":[`, o.rows)
	if end := begin + pageRows; end < o.rows {
		head = fmt.Sprintf(`{"totalSize":%d,"done":false,"nextRecordsUrl":"%squery/bench-%d","records":[`, o.rows, base, end)
	}
	o.write(w, r, newBlock([]byte(head)), o.rest[begin/pageRows%len(o.rest)])
}

// result writes a page of a job's result.
func (o *org) result(w http.ResponseWriter, r *http.Request) {
	begin, _ := strconv.Atoi(r.FormValue("locator")) // 0 for the first page
	end := min(begin+bulkRows, o.rows)
	blocks := []block{o.header}
	for at := begin; at < end; at += pageRows {
		blocks = append(blocks, o.bulk[at/pageRows%len(o.bulk)])
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv")
	h.Set("Sforce-NumberOfRecords", strconv.Itoa(end-begin))
	h.Set("Sforce-Locator", "null")
	if end < o.rows {
		h.Set("Sforce-Locator", strconv.Itoa(end))
	}
	o.write(w, r, blocks...)
}

// resultPages lists up to five pages from a locator on.
func (o *org) resultPages(w http.ResponseWriter, r *http.Request) {
	at, _ := strconv.Atoi(r.FormValue("locator"))
	path := strings.TrimSuffix(r.URL.Path, "Pages") + "s"
	type link struct {
		URL string `json:"resultUrl"`
	}
	answer := struct {
		Pages []link `json:"resultPages"`
		Next  string `json:"nextRecordsUrl,omitempty"`
		Done  bool   `json:"done"`
	}{Done: true}
	for ; at < o.rows && len(answer.Pages) < 5; at += bulkRows {
		answer.Pages = append(answer.Pages, link{fmt.Sprintf("%s?locator=%d", path, at)})
	}
	if at < o.rows {
		answer.Next, answer.Done = fmt.Sprintf("%s?locator=%d", r.URL.Path, at), false
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(answer) // a client that went needs no answer
}

// patched answers what the emulated org says, with our number of records.
func (o *org) patched(w http.ResponseWriter, r *http.Request) {
	recorded := httptest.NewRecorder()
	r.Header.Del("Accept-Encoding") // the answer is to be changed
	o.emulated.ServeHTTP(recorded, r)
	var answer any
	if err := json.Unmarshal(recorded.Body.Bytes(), &answer); err == nil {
		o.patch(answer)
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(recorded.Code)
	_ = json.NewEncoder(w).Encode(answer) // a client that went needs no answer
}

// patch changes the numbers of a job, of recordCount and of explain.
func (o *org) patch(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			o.patch(e)
		}
	case map[string]any:
		for name, e := range v {
			o.patch(e)
			switch name {
			case "numberRecordsProcessed", "cardinality", "sobjectCardinality":
				v[name] = o.rows
			case "count":
				if v["name"] == "Opportunity" {
					v[name] = o.rows
				}
			}
		}
	}
}

// write sends blocks, packed where that is on and the client takes it.
func (o *org) write(w http.ResponseWriter, r *http.Request, blocks ...block) {
	packed := o.packed.Load() && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
	size := 0
	for i := range blocks {
		if packed {
			blocks[i].plain = blocks[i].packed
		}
		size += len(blocks[i].plain)
	}
	if packed {
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(size))
	for _, b := range blocks {
		_, _ = w.Write(b.plain) // a client that went needs no answer
	}
}

// serve runs an org until standard input ends. It prints where it is, and its
// token.
func serve(rows int, in io.Reader, out io.Writer) error {
	o, stop, err := newOrg(rows)
	if err != nil {
		return err
	}
	defer stop()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: o, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // ends with Close
	defer server.Close()
	fmt.Fprintf(out, "http://%s %s\n", listener.Addr(), o.token)
	_, err = io.Copy(io.Discard, in) // ends with the parent
	return err
}
