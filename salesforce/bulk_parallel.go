package salesforce

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
)

// downloadPages downloads several pages at a time. The first page begins at
// once, and only when it turns out not to be the last are the others asked
// for, so that a small result costs no call more.
func (r *BulkRows) downloadPages() error {
	team := &team{rows: r}
	first := &download{rows: r, dec: newCSVDecoder(r.opts.Columns), number: 1, chain: true}
	next := make(chan string, 1)
	first.onHead = func(locator string) {
		select {
		case next <- locator:
		default: // told by an earlier try
		}
	}
	links := &pageLinks{client: r.client, ref: r.client.jobRef(r.job.ID) + "/resultPages", number: 1}
	known := make(chan bool, 1) // whether links lead on from the first page
	team.begin(func() error {
		err := first.get(r.resultsRef(""))
		close(next)
		if err != nil || !<-known {
			return err
		}
		return r.downloadLinks(links, first.dec)
	})
	locator := <-next
	usable := false
	var err error
	if locator != "" && locator != noLocator {
		usable, err = links.follow(r.ctx, locator)
	}
	known <- usable
	switch {
	case err != nil:
		team.failed(err)
	case usable:
		for range r.opts.Parallel - 1 {
			team.begin(func() error { return r.downloadLinks(links, newCSVDecoder(r.opts.Columns)) })
		}
	}
	if err := team.wait(); err != nil || usable || first.locator == noLocator {
		return err
	}
	return r.follow(first.locator, 2)
}

// downloadLinks downloads pages until none is left.
func (r *BulkRows) downloadLinks(links *pageLinks, dec *csvDecoder) error {
	for {
		ref, number, err := links.next(r.ctx)
		if err != nil || ref == "" {
			return err
		}
		d := &download{rows: r, dec: dec, number: number}
		if err := d.get(ref); err != nil {
			return err
		}
	}
}

// team is a group of goroutines of one result, which all end when one fails.
type team struct {
	rows *BulkRows
	wg   sync.WaitGroup
	once sync.Once
	err  error // the first
}

func (t *team) begin(f func() error) {
	t.wg.Go(func() {
		if err := f(); err != nil {
			t.failed(err)
		}
	})
}

func (t *team) failed(err error) {
	t.once.Do(func() {
		t.err = err
		t.rows.cancel()
	})
}

func (t *team) wait() error {
	t.wg.Wait()
	return t.err
}

// pageLinks are the pages of a result as resultPages names them, five at a
// time.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results_parallel.htm
type pageLinks struct {
	client *Client

	mu     sync.Mutex
	ref    string   // of the next list; empty after the last
	links  []string // not given out yet
	number int      // of the page given out last
	seen   map[string]bool
}

// wireLinks is a list of pages. Published examples disagree about two names.
type wireLinks struct {
	Pages []struct {
		URL  string `json:"resultUrl"`
		Link string `json:"resultLink"`
	} `json:"resultPages"`
	Next    string `json:"nextRecordsUrl"`
	Another string `json:"nextRecordUrl"`
	Done    bool   `json:"done"`
}

// follow asks for the first list and passes over the result's first page. It
// reports whether the second is the one that the first page has named; if not,
// or where the org does not have the lists, pages are better read one by one.
func (l *pageLinks) follow(ctx context.Context, locator string) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var e *Error
	var unusable *AnswerError
	switch err := l.list(ctx); {
	case errors.As(err, &e) && e.Status == http.StatusNotFound, errors.As(err, &unusable):
		return false, nil
	case err != nil:
		return false, err
	}
	if len(l.links) < 2 || locatorOf(l.links[1]) != locator {
		return false, nil
	}
	l.links = l.links[1:]
	return true, nil
}

func locatorOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Query().Get("locator")
}

// next returns a page that nobody has begun, and its number; an empty
// reference where there is none.
func (l *pageLinks) next(ctx context.Context) (ref string, number int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for empty := 0; len(l.links) == 0; empty++ {
		if l.ref == "" {
			return "", 0, nil
		}
		if empty > maxEmptyPages {
			return "", 0, l.unusable("list after list comes without a page")
		}
		if err := l.list(ctx); err != nil {
			return "", 0, err
		}
	}
	ref, l.links = l.links[0], l.links[1:]
	l.number++
	return ref, l.number, nil
}

// list asks for the next list. The caller holds l.mu.
func (l *pageLinks) list(ctx context.Context) error {
	var answer wireLinks
	if err := l.client.do(ctx, &call{op: "bulk result pages", ref: l.ref, read: into(&answer)}); err != nil {
		return err
	}
	if l.seen == nil {
		l.seen = make(map[string]bool)
	}
	for _, p := range answer.Pages {
		link := or(p.URL, p.Link)
		if link == "" || l.seen[link] {
			return l.unusable("a page is named twice, or not at all")
		}
		l.seen[link] = true
		l.links = append(l.links, link)
	}
	next := or(answer.Next, answer.Another)
	if answer.Done != (next == "") || next == l.ref {
		return l.unusable("the list is not done and names no next, or the reverse")
	}
	l.ref = next
	return nil
}

func (l *pageLinks) unusable(problem string) error {
	return &AnswerError{Op: "bulk result pages", Problem: problem}
}
