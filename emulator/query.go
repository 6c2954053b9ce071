package emulator

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// query serves /query and /queryAll: statements, explanations and the further
// pages of earlier statements.
func (c *call) query(w *response, r *http.Request, path []string) error {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return malformed("malformed query string")
	}
	all := path[0] == "queryAll"
	switch {
	case len(path) == 2:
		c.count("queryMore")
		return c.queryMore(w, path[1], r)
	case len(path) > 2:
		return notFound()
	case params.Has("explain") && !all:
		c.count("explain")
		return c.explain(w, params.Get("explain"))
	}
	c.count(path[0])
	statement := params.Get("q")
	if params.Get("columns") == "true" {
		return c.columns(w, statement)
	}
	c.stats.query(statement)
	p, err := c.compile(statement, all)
	if err == nil {
		err = c.checkLevels(p.levels)
	}
	if err != nil {
		return err
	}
	cursor := &cursor{plan: p, token: c.token, resource: path[0]}
	return c.page(w, cursor, 0, c.batchSize(r))
}

func (c *call) queryMore(w *response, locator string, r *http.Request) error {
	if child, offset, ok := c.cursors.findChild(locator); ok {
		return c.childPage(w, child, offset)
	}
	cursor, offset, ok := c.cursors.find(locator)
	if !ok || offset < 0 || offset >= cursor.plan.total {
		return fail(http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "invalid query locator")
	}
	if c.faults.meets(FaultLostLocator, atPage, "queryMore") {
		c.cursors.drop(cursor)
		return fail(http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "invalid query locator")
	}
	if c.quirks.LocatorsEndWithSession && cursor.token != c.token {
		return sessionExpired()
	}
	return c.page(w, cursor, offset, c.batchSize(r))
}

const (
	minBatch = 200
	maxBatch = 2_000
)

// batchSize is the client's wish of how many rows a page may have, kept within
// the API's bounds.
func (c *call) batchSize(r *http.Request) int {
	for _, option := range strings.FieldsFunc(r.Header.Get("Sforce-Query-Options"), func(r rune) bool { return r == ',' || r == ';' }) {
		name, value, _ := strings.Cut(option, "=")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if strings.EqualFold(strings.TrimSpace(name), "batchSize") && err == nil {
			return min(max(n, minBatch), maxBatch)
		}
	}
	return maxBatch
}

// raggedPages are the sizes of pages in the default mode: small and irregular,
// as the API reserves the right to, so that no client comes to rely on them.
var raggedPages = []int{200, 137, 2000, 1, 250, 731, 64}

// pageRows is the size of the page that starts at an offset; asking for a page
// again gives the same page.
func (c *call) pageRows(offset, batch int) int {
	if c.pageSize > 0 {
		return c.pageSize
	}
	return min(batch, raggedPages[mix(uint64(offset)*2+c.store.seed)%uint64(len(raggedPages))])
}

// flushAt bounds how much of a page is kept before it goes out.
const flushAt = 32 << 10

var pageBuffers = sync.Pool{New: func() any { return new([]byte) }}

// page writes the page of a result that starts at offset.
func (c *call) page(w *response, cur *cursor, offset, batch int) error {
	p := cur.plan
	end := p.records()
	if p.write != nil {
		end = min(end, offset+c.pageRows(offset, batch))
	}
	end, gone := c.spoilPage(cur, offset, end)
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	buf := pageBuffers.Get().(*[]byte)
	defer pageBuffers.Put(buf)
	dst := c.appendHead((*buf)[:0], cur, end)
	first := true
	for i := offset; i < end; i++ {
		if gone(i) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = p.appendRecord(dst, c.root, i)
		if len(dst) >= flushAt {
			if _, err := w.Write(dst); err != nil {
				return nil // the client is gone; there is nobody to tell
			}
			dst = dst[:0]
		}
	}
	_, _ = w.Write(append(dst, "]}"...))
	c.stats.rows(end - offset)
	*buf = dst[:0]
	return nil
}

// appendHead appends what stands before a page's records.
func (c *call) appendHead(dst []byte, cur *cursor, end int) []byte {
	dst = append(dst, `{"totalSize":`...)
	dst = strconv.AppendInt(dst, int64(cur.plan.total), 10)
	if end >= cur.plan.records() {
		c.cursors.end(cur)
		return append(dst, `,"done":true,"records":[`...)
	}
	dst = append(dst, `,"done":false,"nextRecordsUrl":"`...)
	dst = append(append(append(dst, c.root...), "/query/"...), c.cursors.locator(cur, end)...)
	return append(dst, `","records":[`...)
}

// cursor is an open result. The rows stay as they were found.
type cursor struct {
	plan     *plan
	id       string
	token    string
	resource string // query or queryAll
	ended    bool   // the last page went out; kept for a client that asks again
}

// maxCursors is how many results a user may have open; one more closes the one
// that was used the longest time ago, those read to their end first.
const maxCursors = 10

type cursors struct {
	mu     sync.Mutex
	serial int
	open   []*cursor // the last used at the end

	children childCursors
}

// locator names the rest of a result from offset on, and keeps the result
// open.
func (c *cursors) locator(cur *cursor, offset int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cur.id == "" {
		c.serial++
		cur.id = string(appendID18(nil, "01g", c.serial))
		c.makeRoom()
		c.open = append(c.open, cur)
	}
	return fmt.Sprintf("%s-%d", cur.id, offset)
}

func (c *cursors) makeRoom() {
	if len(c.open) < maxCursors {
		return
	}
	victim := max(0, slices.IndexFunc(c.open, func(cur *cursor) bool { return cur.ended }))
	c.open = slices.Delete(c.open, victim, victim+1)
}

// end notes that a result was read to its end.
func (c *cursors) end(cur *cursor) {
	c.mu.Lock()
	cur.ended = true
	c.mu.Unlock()
}

// drop closes a result before its time.
func (c *cursors) drop(cur *cursor) {
	c.mu.Lock()
	c.open = slices.DeleteFunc(c.open, func(other *cursor) bool { return other == cur })
	c.mu.Unlock()
}

func (c *cursors) find(locator string) (*cursor, int, bool) {
	id, text, _ := strings.Cut(locator, "-")
	offset, err := strconv.Atoi(text)
	if err != nil {
		return nil, 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.open, func(cur *cursor) bool { return cur.id == id || len(id) == 15 && cur.id[:15] == id })
	if i < 0 {
		return nil, 0, false
	}
	cur := c.open[i]
	c.open = append(slices.Delete(c.open, i, i+1), cur)
	return cur, offset, true
}

// retrieve serves one record.
func (c *call) retrieve(w *response, r *http.Request, o *Object, id string) error {
	c.count("record")
	row, err := c.row(o, id)
	if err != nil {
		return err
	}
	if done, err := c.known(w, r, o, row); done {
		return err
	}
	names := strings.Split(r.URL.Query().Get("fields"), ",")
	if !r.URL.Query().Has("fields") {
		names = names[:0]
		for i := range o.Fields {
			names = append(names, o.Fields[i].Name)
		}
	}
	sel, err := c.fields(o, names)
	if err != nil {
		return err
	}
	w.body(http.StatusOK, sel.appendRecord(nil, c.root, c.store.table(o), row))
	return nil
}

// row finds a record that is not deleted.
func (c *call) row(o *Object, id string) (int, error) {
	id15, ok := parseID(id)
	if !ok {
		return 0, noExternalID(id)
	}
	found, ok := c.store.record(id15)
	if !ok || found.object() != o.index || !o.Queryable {
		return 0, notFound()
	}
	t := c.store.table(o)
	if purged := t.hidden(true); purged != nil && purged(found.row()) {
		return 0, notFound()
	}
	if t.deleted(found.row()) {
		return 0, fail(http.StatusNotFound, "ENTITY_IS_DELETED", "entity is deleted")
	}
	return found.row(), nil
}

// blob serves the bytes of a base64 field.
func (c *call) blob(w *response, o *Object, id, field string) error {
	c.count("blob")
	row, err := c.row(o, id)
	if err != nil {
		return err
	}
	place, ok := o.field(field)
	if !ok {
		return notFound()
	}
	col, ok := c.store.table(o).column(place).(*blobColumn)
	if !ok {
		return notFound()
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(col.bytes(row)) // the client is gone; there is nobody to tell
	return nil
}
