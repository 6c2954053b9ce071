package emulator

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// bulkResult is the result of a query job: the numbers of its rows and how to
// write them. A page is written from them as it is sent, so a result takes
// four bytes a row and any page can be had again at the same cost.
type bulkResult struct {
	table  *table
	rows   rowSet
	format csvFormat
	header []byte // a line
	cells  []csvCell
}

func (b *bulkResult) appendRow(dst []byte, i int) []byte {
	row := b.rows.at(i)
	for k, cell := range b.cells {
		if k > 0 {
			dst = append(dst, b.format.delimiter)
		}
		dst = cell(dst, row)
	}
	return append(dst, b.format.newline()...)
}

// kilobytes is the size of the result, reckoned from rows here and there.
func (b *bulkResult) kilobytes() int64 {
	const samples = 64
	n := b.rows.len()
	if n == 0 {
		return 0
	}
	var line []byte
	bytes, step := 0, max(1, n/samples)
	taken := 0
	for i := 0; i < n; i += step {
		line = b.appendRow(line[:0], i)
		bytes += len(line)
		taken++
	}
	return int64(bytes) * int64(n) / int64(taken) / 1000
}

// serverPageRows is a result page's size where neither side says another.
const serverPageRows = 100_000

// raggedBulkPages are the sizes of result pages in ragged mode.
var raggedBulkPages = []int{700, 1, 1900, 250, 4000, 37, 1024}

// bulkPageRows is the size of the result page that begins at an offset; the
// page is the same whenever it is asked for.
func (c *call) bulkPageRows(offset, wish int) int {
	rows := orElse(c.bulk.config.pageRows, serverPageRows)
	if c.bulk.config.ragged {
		rows = min(rows, raggedBulkPages[mix(uint64(offset)*2+1+c.store.seed)%uint64(len(raggedBulkPages))])
	}
	if wish > 0 {
		rows = min(rows, wish)
	}
	return rows
}

// bulkLocator names the page that begins at an offset.
func bulkLocator(offset int) string {
	return base64.RawStdEncoding.EncodeToString([]byte(strconv.Itoa(offset)))
}

// bulkOffset reads a locator of a result with so many rows. Empty is the
// beginning.
func bulkOffset(locator string, rows int) (int, error) {
	if locator == "" {
		return 0, nil
	}
	text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(locator, "="))
	offset, err2 := strconv.Atoi(string(text))
	if err != nil || err2 != nil || offset < 0 || offset > 0 && offset >= rows {
		return 0, fail(http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "invalid query locator")
	}
	return offset, nil
}

// queryJob serves what lies below a query job.
func (c *call) queryJob(w *response, r *http.Request, job *bulkJob, part string) error {
	if part != "results" && (part != "resultPages" || c.versionNumber() < 58) {
		return notFound()
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return methodNotAllowed(r.Method, "HEAD,GET")
	}
	c.count("results")
	if job.version != c.jobVersion() {
		return fail(http.StatusConflict, "API_ERROR", "The API version of the request (%s) must be the version by which the job was created (%s)", c.jobVersion(), job.version)
	}
	c.bulk.advance(job)
	if state := job.current(); state != stateComplete {
		return wrongState("Results of a Job in state %s are not available", state)
	}
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fail(http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "malformed query string")
	}
	offset, err := bulkOffset(params.Get("locator"), job.result.rows.len())
	if err != nil {
		return err
	}
	if part == "resultPages" {
		c.resultPages(w, job, offset)
		return nil
	}
	wish, err := maxRecords(params)
	if err != nil {
		return err
	}
	c.resultPage(w, job, offset, c.bulkPageRows(offset, wish))
	return nil
}

func maxRecords(params url.Values) (int, error) {
	if !params.Has("maxRecords") {
		return 0, nil
	}
	n, err := strconv.Atoi(params.Get("maxRecords"))
	if err != nil || n <= 0 {
		return 0, fail(http.StatusBadRequest, "API_ERROR", "maxRecords must be a positive integer, not %s", params.Get("maxRecords"))
	}
	return n, nil
}

// resultPage writes a page as CSV.
func (c *call) resultPage(w *response, job *bulkJob, offset, size int) {
	b := job.result
	end := min(b.rows.len(), offset+size)
	locator := "null"
	if end < b.rows.len() {
		locator = bulkLocator(end)
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv")
	h.Set("Sforce-Locator", locator)
	h.Set("Sforce-NumberOfRecords", strconv.Itoa(end-offset))
	w.WriteHeader(http.StatusOK)
	if b.rows.len() == 0 && c.quirks.EmptyBulkBody {
		return
	}
	if missing := c.bulk.currentFaults().missing; missing != nil {
		end = max(offset, end-missing(job.facts(), offset, end-offset))
	}
	c.writeRows(w, b, offset, end)
}

func (c *call) writeRows(w *response, b *bulkResult, offset, end int) {
	buf := pageBuffers.Get().(*[]byte)
	dst := append((*buf)[:0], b.header...)
	defer func() { *buf = dst[:0]; pageBuffers.Put(buf) }()
	for i := offset; i < end; i++ {
		dst = b.appendRow(dst, i)
		if len(dst) < flushAt {
			continue
		}
		if _, err := w.Write(dst); err != nil {
			return // the client is gone; there is nobody to tell
		}
		dst = dst[:0]
	}
	_, _ = w.Write(dst)
	c.stats.rows(end - offset)
}

// resultLinks is how many pages one answer of resultPages names.
const resultLinks = 5

// resultPages names the pages of a result, the first among them, so that they
// can be fetched side by side.
func (c *call) resultPages(w *response, job *bulkJob, offset int) {
	item, next := "resultUrl", "nextRecordsUrl"
	if c.quirks.ResultLinkNames {
		item, next = "resultLink", "nextRecordUrl"
	}
	var pages []map[string]string
	answer := map[string]any{next: nil, "done": true}
	base := c.root + "/jobs/query/" + job.id
	for rows := job.result.rows.len(); ; {
		pages = append(pages, map[string]string{item: base + "/results?locator=" + bulkLocator(offset)})
		if offset += c.bulkPageRows(offset, 0); offset >= rows {
			break
		}
		if len(pages) == resultLinks {
			answer[next], answer["done"] = base+"/resultPages?locator="+bulkLocator(offset), false
			break
		}
	}
	answer["resultPages"] = pages
	w.json(http.StatusOK, answer)
}
