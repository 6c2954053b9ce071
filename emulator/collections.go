package emulator

import (
	"net/http"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

const (
	maxCollection = 200
	maxRetrieve   = 2_000
	maxChunks     = 10 // runs of records of one type
)

// collections serves composite/sobjects and what lies below.
func (c *call) collections(w *response, r *http.Request, path []string) error {
	c.count("collections")
	if len(path) == 0 {
		switch r.Method {
		case http.MethodPost:
			return c.writeMany(w, r, opInsert, nil, "")
		case http.MethodPatch:
			return c.writeMany(w, r, opUpdate, nil, "")
		case http.MethodDelete:
			return c.deleteMany(w, r)
		}
		return methodNotAllowed(r.Method, "POST,PATCH,DELETE")
	}
	o, ok := c.store.object(path[0])
	switch {
	case !ok || len(path) > 2:
		return notFound()
	case len(path) == 1 && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		params := r.URL.Query()
		return c.retrieveMany(w, o, splitList(params.Get("ids")), splitList(params.Get("fields")))
	case len(path) == 1 && r.Method == http.MethodPost:
		body, err := readRecord(w, r)
		if err != nil {
			return err
		}
		return c.retrieveMany(w, o, body.texts("ids"), body.texts("fields"))
	case len(path) == 1:
		return methodNotAllowed(r.Method, "HEAD,GET,POST")
	case r.Method != http.MethodPatch:
		return methodNotAllowed(r.Method, "PATCH")
	}
	return c.writeMany(w, r, opUpsert, o, path[1])
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// texts returns a member that is a list of strings.
func (r *record) texts(name string) []string {
	list, _ := r.values[name].([]any)
	var texts []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			texts = append(texts, s)
		}
	}
	return texts
}

// writeMany creates, updates or upserts the records of a request. Upserts are
// of one object, the others name it record by record.
func (c *call) writeMany(w *response, r *http.Request, kind opKind, o *Object, extField string) error {
	body, err := readRecord(w, r)
	if err != nil {
		return err
	}
	records, err := body.records("records")
	if err != nil {
		return err
	}
	if len(records) > maxCollection {
		return tooManyRecords()
	}
	ops := make([]rowOp, len(records))
	chunks, last := 0, ""
	for i, record := range records {
		object := record.attribute("type")
		if object == "" && o != nil {
			object = o.Name
		}
		if object == "" {
			return fail(http.StatusBadRequest, "INVALID_INPUT", "Every record needs attributes with the type of its object")
		}
		if object != last {
			chunks, last = chunks+1, object
		}
		if o != nil && !strings.EqualFold(object, o.Name) {
			return fail(http.StatusBadRequest, "INVALID_INPUT", "A record of type %s cannot be upserted as %s", object, o.Name)
		}
		ops[i] = record.op(kind, object)
		ops[i].extField = extField
	}
	if chunks > maxChunks && !c.quirks.AnyNumberOfChunks {
		return fail(http.StatusBadRequest, "LIMIT_EXCEEDED", "Cannot have more than %d chunks in a single operation. "+
			"Please rearrange the data to reduce chunking.", maxChunks)
	}
	c.writeAnswers(w, ops, body.flag("allOrNone"))
	return nil
}

func tooManyRecords() error {
	return fail(http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than %d records into this call", maxCollection)
}

// writeAnswers answers with the outcome of every row, in the order of the
// request. The status is 200 whatever became of them.
func (c *call) writeAnswers(w *response, ops []rowOp, allOrNone bool) {
	answers := make([]saved, len(ops))
	results := c.write(ops, allOrNone)
	for i, result := range results {
		answers[i] = newSaved(result, ops[i].kind == opUpsert)
		c.failedRows = c.failedRows || !answers[i].Success && allOrNone
	}
	w.json(http.StatusOK, answers)
}

// deleteMany deletes records of any objects.
func (c *call) deleteMany(w *response, r *http.Request) error {
	params := r.URL.Query()
	ids := splitList(params.Get("ids"))
	switch {
	case len(ids) == 0:
		return fail(http.StatusBadRequest, "MISSING_ARGUMENT", "The ids parameter is required")
	case len(ids) > maxCollection:
		return tooManyRecords()
	}
	ops := make([]rowOp, len(ids))
	for i, id := range ids {
		ops[i] = rowOp{kind: opDelete, object: c.objectOf(id), id: id}
	}
	c.writeAnswers(w, ops, strings.EqualFold(params.Get("allOrNone"), "true"))
	return nil
}

// objectOf names the object of an id. For what is none it names any, so that
// the id is refused as malformed.
func (c *call) objectOf(id string) string {
	for _, o := range c.store.objects {
		if len(id) >= 3 && o.KeyPrefix == id[:3] && o.Queryable {
			return o.Name
		}
	}
	return "Account"
}

// retrieveMany answers with records in the order of their ids, null where there
// is none.
func (c *call) retrieveMany(w *response, o *Object, ids, fields []string) error {
	switch {
	case len(ids) == 0 || len(fields) == 0:
		return fail(http.StatusBadRequest, "MISSING_ARGUMENT", "The ids and fields parameters are required")
	case len(ids) > maxRetrieve:
		return fail(http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than %d records into this call", maxRetrieve)
	}
	sel, err := c.fields(o, fields)
	if err != nil {
		return err
	}
	dst := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		row, err := c.row(o, id)
		if err != nil {
			dst = append(dst, "null"...)
			continue
		}
		dst = sel.appendRecord(dst, c.root, c.store.table(o), row)
	}
	w.body(http.StatusOK, append(dst, ']'))
	return nil
}

// fields compiles a list of fields that is not part of a statement. Naming one
// twice is no error there.
func (c *call) fields(o *Object, names []string) (*selection, error) {
	q := &soql.Query{From: soql.From{Object: o.Name}}
	seen := map[string]bool{}
	comp := &compiler{org: c.store, obj: o, zone: c.zone}
	for _, name := range names {
		name = strings.TrimSpace(name)
		if seen[strings.ToLower(name)] {
			continue
		}
		seen[strings.ToLower(name)] = true
		field := &soql.Field{Path: strings.Split(name, ".")}
		if _, err := comp.route(field); err != nil {
			return nil, fail(http.StatusBadRequest, "INVALID_FIELD", "No such column '%s' on sobject of type %s", name, o.Name)
		}
		q.Select = append(q.Select, soql.SelectItem{Expr: field})
	}
	return comp.selection(q)
}
