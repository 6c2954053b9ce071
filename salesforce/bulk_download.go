package salesforce

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
)

const (
	// firstPart is how many records the first part of a page has: the reader
	// should not wait for many.
	firstPart = 128
	// maxResumes is how often the download of one page is taken up again where
	// it broke. Tries that bring nothing new are counted like those of any call.
	maxResumes = 50
	// noLocator is the literal text that ends a chain of locators.
	noLocator = "null"
)

// download is a page of a result on its way. What it has handed on of the page
// stays valid when the connection breaks: the page is asked for again, and as
// many records are passed over, whose bytes must be the same as before.
type download struct {
	rows   *BulkRows
	dec    *csvDecoder
	number int
	chain  bool                 // the next page is known from this one alone
	onHead func(locator string) // may be nil; called for each try

	headed   bool
	promised int64  // Sforce-NumberOfRecords
	locator  string // of the next page; "null" on the last

	delivered int64  // records handed on
	sum       uint32 // checksum of the page's bytes up to there
	mark      int64  // what delivered was at the last failure
	resumes   int
	bytes     atomic.Int64
}

// get downloads the page.
func (d *download) get(ref string) error {
	return d.rows.client.do(d.rows.ctx, &call{
		op: d.op(), ref: ref, accept: "text/csv", stream: true, bytes: &d.bytes,
		head: d.head, read: d.read, advanced: d.advanced,
	})
}

func (d *download) op() string { return fmt.Sprintf("bulk results, page %d", d.number) }

// head reads what the answer says of its page. A header that is missing is no
// end: a proxy may have dropped it.
func (d *download) head(h http.Header) error {
	n, err := strconv.ParseInt(h.Get("Sforce-NumberOfRecords"), 10, 64)
	locator := h.Get("Sforce-Locator")
	switch {
	case err != nil || n < 0:
		return errors.New("the answer lacks the header Sforce-NumberOfRecords")
	case locator == "" && d.chain:
		return errors.New("the answer lacks the header Sforce-Locator")
	case d.headed && (n != d.promised || locator != d.locator):
		return errors.New("the page came again with another end")
	}
	d.headed, d.promised, d.locator = true, n, locator
	if d.onHead != nil {
		d.onHead(locator)
	}
	return nil
}

// advanced reports whether records have come since the last failure.
func (d *download) advanced() bool {
	if d.delivered == d.mark || d.resumes == maxResumes {
		return false
	}
	d.mark = d.delivered
	d.resumes++
	return true
}

// read decodes the page, from the record on at which an earlier try broke.
func (d *download) read(body io.Reader) error {
	switch err := d.dec.open(body); {
	case err == io.EOF && d.promised == 0:
		return nil // some servers leave out the first line as well
	case err != nil:
		return tooEarly(err)
	}
	if d.delivered > 0 {
		if err := d.dec.skip(d.delivered); err != nil {
			return tooEarly(err)
		}
		if d.dec.checksum() != d.sum {
			return errors.New("the page came again with other records")
		}
	}
	most := firstPart
	for {
		part := d.rows.empty.Get().(*batch)
		end, err := d.fill(part, most)
		if err == nil {
			err = d.deliver(part, end)
		}
		if err != nil || end {
			return err
		}
		most = partCells
	}
}

func tooEarly(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// fill decodes the next part, and reports whether it is the page's last.
func (d *download) fill(part *batch, most int) (end bool, err error) {
	width := len(d.dec.columns)
	part.reset(width)
	for part.rows < most && (part.rows+1)*width <= max(width, partCells) && len(part.text) < partText {
		switch err := d.dec.next(part); {
		case err == io.EOF:
			return true, nil
		case err != nil:
			return false, err
		}
	}
	return false, nil
}

// deliver hands a part on if it is certain that its records belong to the
// result; the last one only if the page is as long as it should be.
func (d *download) deliver(part *batch, end bool) error {
	n := int64(part.rows)
	if got := d.delivered + n; got > d.promised || end && got < d.promised {
		return &AnswerError{
			Op: d.op(), damaged: true,
			Problem: fmt.Sprintf("the page has %d records or more, and should have %d", got, d.promised),
		}
	}
	sum := d.dec.checksum()
	if n > 0 {
		if err := d.rows.emit(part); err != nil {
			return err
		}
	}
	d.delivered, d.sum = d.delivered+n, sum
	if tell := d.rows.opts.OnPage; tell != nil {
		tell(PageInfo{Page: d.number, Rows: n, Bytes: d.bytes.Swap(0), Total: d.rows.Total()})
	}
	return nil
}

// download brings all pages of the result.
func (r *BulkRows) download() error {
	if r.opts.Parallel > 1 && r.client.version >= "58.0" {
		return r.downloadPages()
	}
	return r.follow("", 1)
}

// follow downloads pages one after the other, each named by the one before.
// An empty locator is the first page's.
func (r *BulkRows) follow(locator string, number int) error {
	dec := newCSVDecoder(r.opts.Columns)
	empty := 0
	for ; ; number++ {
		d := &download{rows: r, dec: dec, number: number, chain: true}
		if err := d.get(r.resultsRef(locator)); err != nil {
			return err
		}
		switch {
		case d.locator == noLocator:
			return nil
		case d.locator == locator:
			return r.unusable("the page names itself as the next")
		case d.promised > 0:
			empty = 0
		default:
			if empty++; empty > maxEmptyPages {
				return r.unusable("page after page comes without a record")
			}
		}
		locator = d.locator
	}
}

// resultsRef returns the path of a result page.
func (r *BulkRows) resultsRef(locator string) string {
	ref := r.client.jobRef(r.job.ID) + "/results"
	query := url.Values{}
	if locator != "" {
		query.Set("locator", locator)
	}
	if r.opts.PageRows > 0 {
		query.Set("maxRecords", strconv.Itoa(r.opts.PageRows))
	}
	if len(query) > 0 {
		ref += "?" + query.Encode()
	}
	return ref
}
