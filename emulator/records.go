package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// oneRecord serves /sobjects/X/ID and /sobjects/X/FIELD/VALUE once the record
// is known.
func (c *call) oneRecord(w *response, r *http.Request, o *Object, id string) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return c.retrieve(w, r, o, id)
	case http.MethodPatch, http.MethodDelete:
	default:
		return methodNotAllowed(r.Method, "HEAD,GET,PATCH,DELETE")
	}
	c.count("record")
	row, err := c.row(o, id)
	if err != nil {
		return err
	}
	if err := c.unchanged(w, r, o, row); err != nil {
		return err
	}
	op := rowOp{kind: opDelete, object: o.Name}
	if r.Method == http.MethodPatch {
		body, err := readRecord(w, r)
		if err != nil {
			return err
		}
		if _, given := body.id(); given {
			return notInBody("Id")
		}
		op = body.op(opUpdate, o.Name)
	}
	op.id = id
	if result := c.write([]rowOp{op}, false)[0]; len(result.errs) > 0 {
		return rowFailed(result.errs)
	}
	noContent(w)
	return nil
}

func noContent(w *response) {
	w.plain()
	w.WriteHeader(http.StatusNoContent)
}

func notInBody(field string) *apiError {
	return fail(http.StatusBadRequest, "INVALID_FIELD", "The %s field should not be specified in the sobject data.", field)
}

// rowFailed is a row's error as the answer to a request about it alone.
func rowFailed(errs []rowError) *apiError {
	e := &apiError{Status: http.StatusBadRequest, Code: errs[0].StatusCode, Message: errs[0].Message, Fields: errs[0].Fields}
	if e.Code == "ENTITY_IS_DELETED" && len(e.Fields) == 0 {
		e.Status = http.StatusNotFound
	}
	return e
}

// createRecord serves POST /sobjects/X.
func (c *call) createRecord(w *response, r *http.Request, o *Object) error {
	c.count("record")
	body, err := readRecord(w, r)
	if err != nil {
		return err
	}
	if _, given := body.id(); given {
		return notInBody("Id")
	}
	return c.made(w, o, c.write([]rowOp{body.op(opInsert, o.Name)}, false)[0], false)
}

// saved is the answer to a record that was written.
type saved struct {
	ID      string     `json:"id,omitempty"`
	Success bool       `json:"success"`
	Errors  []rowError `json:"errors"`
	Created *bool      `json:"created,omitempty"`
}

// newSaved tells of a row's outcome; only upserts say whether they created it.
func newSaved(result rowResult, upsert bool) saved {
	s := saved{ID: result.id, Success: len(result.errs) == 0, Errors: result.errs}
	if !s.Success {
		s.ID = ""
		return s
	}
	s.Errors = []rowError{}
	if upsert {
		s.Created = &result.created
	}
	return s
}

func (c *call) made(w *response, o *Object, result rowResult, upsert bool) error {
	if len(result.errs) > 0 {
		return rowFailed(result.errs)
	}
	status := http.StatusOK
	if result.created {
		status = http.StatusCreated
		w.Header().Set("Location", c.recordURL(o, result.id))
	}
	w.json(status, newSaved(result, upsert))
	return nil
}

func (c *call) recordURL(o *Object, id string) string {
	return c.root + "/sobjects/" + o.Name + "/" + id
}

// byExternalID serves /sobjects/X/FIELD/VALUE. The value of a new record may be
// left out where the field is Id.
func (c *call) byExternalID(w *response, r *http.Request, o *Object, field *Field, value string) error {
	ids, err := c.idsWith(o, field, value)
	if err != nil {
		return err
	}
	switch {
	case len(ids) > 1:
		urls := make([]string, len(ids))
		for i, id := range ids {
			urls[i] = c.recordURL(o, id)
		}
		w.json(http.StatusMultipleChoices, urls)
		return nil
	case r.Method == http.MethodPatch:
		return c.upsertRecord(w, r, o, field, value)
	case len(ids) == 0:
		return notFound()
	}
	return c.oneRecord(w, r, o, ids[0])
}

func (c *call) upsertRecord(w *response, r *http.Request, o *Object, field *Field, value string) error {
	c.count("record")
	body, err := readRecord(w, r)
	if err != nil {
		return err
	}
	for _, name := range []string{"Id", field.Name} {
		if _, given := lookUpFold(body.values, name); given {
			return notInBody(name)
		}
	}
	op := body.op(opUpsert, o.Name)
	op.extField, op.values[field.Name] = field.Name, value
	return c.made(w, o, c.write([]rowOp{op}, false)[0], true)
}

// idsWith finds the live records that hold a value in an external id field.
func (c *call) idsWith(o *Object, field *Field, value string) ([]string, error) {
	place, _ := o.field(field.Name)
	t := c.store.table(o)
	var ids []string
	want := t.data.keyOf(place, nativeText(field, value))
	if want == "" {
		return nil, fail(http.StatusBadRequest, "INVALID_FIELD", "%s: value not of required type: %s", field.Name, value)
	}
	col, hidden := t.column(place), t.hidden(false)
	for row := range t.size {
		if (hidden == nil || !hidden(row)) && t.data.keyOf(place, native(col, row)) == want {
			ids = append(ids, string(o.appendID18(nil, row)))
		}
	}
	return ids, nil
}

// nativeText turns a value of a path into what the field's column holds, nil
// where it cannot.
func nativeText(f *Field, value string) any {
	var v any
	ok := false
	switch f.Type {
	case "int", "long":
		v, ok = takeInt(value)
	case "double", "currency", "percent":
		v, ok = takeFloat(value, f.Scale)
	default:
		v, ok = takeText(f, value)
	}
	if !ok {
		return nil
	}
	return v
}

// Conditions of a request on the state of its record.

// etag changes whenever the record does.
func (c *call) etag(o *Object, row int) (tag string, modified time.Time) {
	modified = c.modified(o, row)
	sum := sha256.Sum256(append(o.appendID15(nil, row), modified.Format(time.RFC3339Nano)...))
	return `"` + base64.StdEncoding.EncodeToString(sum[:20]) + `-gzip"`, modified
}

func (c *call) modified(o *Object, row int) time.Time {
	for _, name := range []string{"SystemModstamp", "CreatedDate"} {
		if place, ok := o.field(name); ok {
			at, _ := c.store.table(o).column(place).value(row).(time.Time)
			return at
		}
	}
	return schemaChanged
}

// unchanged refuses a write whose conditions the record does not meet.
func (c *call) unchanged(w *response, r *http.Request, o *Object, row int) error {
	tag, modified := c.etag(o, row)
	match := r.Header.Get("If-Match")
	since, err := http.ParseTime(r.Header.Get("If-Unmodified-Since"))
	if match != "" && !hasTag(match, tag) || err == nil && modified.Truncate(time.Second).After(since) {
		return fail(http.StatusPreconditionFailed, "PRECONDITION_FAILED", "The record was changed since")
	}
	return nil
}

// known answers a read of a record that the client has already.
func (c *call) known(w *response, r *http.Request, o *Object, row int) (bool, error) {
	if err := c.unchanged(w, r, o, row); err != nil {
		return true, err
	}
	tag, modified := c.etag(o, row)
	w.Header().Set("ETag", tag)
	w.Header().Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
	none := r.Header.Get("If-None-Match")
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	if none != "" && hasTag(none, tag) || none == "" && err == nil && !modified.Truncate(time.Second).After(since) {
		w.plain()
		w.Header().Del("Sforce-Limit-Info")
		w.WriteHeader(http.StatusNotModified)
		return true, nil
	}
	return false, nil
}

// hasTag compares without the suffix that tells how the answer was packed.
func hasTag(list, tag string) bool {
	bare := func(s string) string {
		return strings.TrimSuffix(strings.Trim(strings.TrimPrefix(strings.TrimSpace(s), "W/"), `"`), "-gzip")
	}
	for _, s := range strings.Split(list, ",") {
		if s = bare(s); s == "*" || s == bare(tag) {
			return true
		}
	}
	return false
}

// segments splits the path of a URL, so that a slash within a value, written
// as %2F, stays within it.
func segments(u *url.URL) []string {
	parts := splitPath(u.EscapedPath())
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = plain
		}
	}
	return parts
}
