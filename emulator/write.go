package emulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// This file is the one way in which records change, whatever request asks for
// it: single records, collections, trees and bulk jobs all come down to rowOps.

type opKind int

const (
	opInsert opKind = iota
	opUpdate
	opUpsert
	opDelete
	opUndelete
	opHardDelete
)

// rowOp asks for one record to be written.
type rowOp struct {
	kind     opKind
	object   string // API name in any case
	extField string // of an upsert: the field that finds the record, Id included
	id       string // of all but inserts, and of upserts by Id; 15 or 18 characters
	// values are as JSON brings them: nil, string, bool, json.Number (or float64,
	// int64), and a map for a parent named by external id. A nil clears the
	// field. Names are in any case; attributes is passed over.
	values map[string]any
	// places tells where in the request's text a value stood, for messages. Where
	// it is nil, as for CSV, a value of the wrong type is an error of its field.
	places map[string]textPlace
}

type textPlace struct{ line, column int }

// rowResult is the outcome of one rowOp. The record was written where errs is
// empty.
type rowResult struct {
	id      string
	created bool
	errs    []rowError
}

type rowError struct {
	StatusCode string   `json:"statusCode"`
	Message    string   `json:"message"`
	Fields     []string `json:"fields"`
}

func rowFailure(code string, fields []string, format string, args ...any) []rowError {
	if fields == nil {
		fields = []string{}
	}
	return []rowError{{StatusCode: code, Message: fmt.Sprintf(format, args...), Fields: fields}}
}

// tx is a transaction: what it writes is seen by the others when it commits,
// and by its own reads at once. There is one at a time.
type tx struct {
	db    *database
	store *store // with what was written so far
	start []int
	user  recordID
	now   int64 // milliseconds; one time for all rows, without fractions of a second as in an org
}

// write changes records in a transaction of its own and returns the outcome of
// every operation, in their order. With allOrNone one failure undoes them all.
func (s *Server) write(ops []rowOp, allOrNone bool) []rowResult {
	t := s.db.begin()
	done := false
	var results []rowResult
	defer func() {
		if err := t.end(done); err != nil {
			for i := range results {
				results[i] = rowResult{errs: rowFailure("UNKNOWN_EXCEPTION", nil, "%v", err)}
			}
		}
	}()
	results = t.write(ops, allOrNone)
	done = true
	return results
}

// write changes records in the call's transaction, or in one of its own, after
// which the call sees them.
func (c *call) write(ops []rowOp, allOrNone bool) []rowResult {
	if c.tx != nil {
		results := c.tx.write(ops, allOrNone)
		c.store = c.tx.store
		return results
	}
	results := c.Server.write(ops, allOrNone)
	c.store = c.snapshot()
	return results
}

// begin waits for its turn. Every transaction must be ended, also where its
// goroutine panics.
func (db *database) begin() *tx {
	db.write.Lock()
	t := &tx{db: db, store: db.now.Load(), now: db.clock().Unix() * 1000}
	t.start = t.mark()
	t.user, _ = t.store.record(userID()[:15])
	return t
}

// end makes what was written visible, or undoes all of it, and lets the next
// writer in. What cannot be kept is undone.
func (t *tx) end(keep bool) error {
	defer t.db.write.Unlock()
	if keep {
		err := t.db.state.save(t.store, t.start)
		if err == nil {
			t.db.now.Store(t.store)
			return nil
		}
		t.back(t.start)
		return fmt.Errorf("emulator: keeping what was written: %w", err)
	}
	t.back(t.start)
	return nil
}

// mark returns how long the logs are, to come back to.
func (t *tx) mark() []int {
	marks := make([]int, len(t.store.tables))
	for i, table := range t.store.tables {
		marks[i] = len(table.data.log)
	}
	return marks
}

func (t *tx) back(marks []int) {
	for i, table := range t.store.tables {
		table.data.truncate(marks[i])
	}
}

func (t *tx) write(ops []rowOp, allOrNone bool) []rowResult {
	before := t.mark()
	results := make([]rowResult, len(ops))
	twice := t.duplicates(ops)
	failed := false
	for i := range ops {
		if twice[i] {
			value, _ := lookUpFold(ops[i].values, ops[i].extField)
			results[i].errs = rowFailure("DUPLICATE_VALUE", []string{ops[i].extField}, "Duplicate external id specified: %v", value)
		} else {
			results[i] = t.row(&ops[i])
		}
		failed = failed || len(results[i].errs) > 0
	}
	if failed && allOrNone {
		t.back(before)
		for i := range results {
			if len(results[i].errs) == 0 {
				results[i] = rowResult{errs: rowFailure("ALL_OR_NONE_OPERATION_ROLLED_BACK", nil,
					"Record rolled back because not all records were valid and the request was using AllOrNone header")}
			}
		}
		return results
	}
	t.store = t.store.seal()
	return results
}

// duplicates finds the upserts of a request that name the same record.
func (t *tx) duplicates(ops []rowOp) map[int]bool {
	first, twice := map[string]int{}, map[int]bool{}
	for i := range ops {
		if ops[i].kind != opUpsert {
			continue
		}
		v, ok := lookUpFold(ops[i].values, ops[i].extField)
		if !ok || v == nil {
			continue
		}
		key := fmt.Sprint(strings.ToLower(ops[i].object), "\x00", v)
		if at, known := first[key]; known {
			twice[at], twice[i] = true, true
		} else {
			first[key] = i
		}
	}
	return twice
}

// row carries out one operation, all of it or nothing.
func (t *tx) row(op *rowOp) rowResult {
	o, ok := t.store.object(op.object)
	if !ok {
		return rowResult{errs: rowFailure("INVALID_TYPE", nil, "sObject type '%s' is not supported.", op.object)}
	}
	if errs := allowed(o, op.kind); errs != nil {
		return rowResult{errs: errs}
	}
	switch op.kind {
	case opInsert:
		return t.insert(o, op)
	case opUpsert:
		return t.upsert(o, op)
	}
	row, errs := t.find(o, op.id, op.kind)
	if errs != nil {
		return rowResult{id: op.id, errs: errs}
	}
	id := t.id(o, row)
	switch op.kind {
	case opUpdate:
		return t.update(o, op, row)
	case opUndelete:
		errs = t.undelete(o, row)
	default:
		if errs = t.triggered(op.kind, o, id, nil); errs == nil {
			errs = t.remove(makeRecordID(o.index, row), op.kind == opHardDelete)
		}
	}
	return rowResult{id: id, errs: errs}
}

// allowed tells whether records of an object can be written so at all.
func allowed(o *Object, kind opKind) []rowError {
	what, can := "updated", o.updateable()
	switch kind {
	case opInsert, opUpsert:
		what, can = "inserted", o.createable()
	case opDelete, opHardDelete:
		what, can = "deleted", o.deletable()
	case opUndelete:
		what, can = "undeleted", o.undeletable()
	}
	if can {
		return nil
	}
	return rowFailure("INVALID_TYPE_FOR_OPERATION", nil, "entity type cannot be %s: %s", what, o.Name)
}

func (t *tx) data(o *Object) *tableData { return t.store.tables[o.index].data }

func (t *tx) id(o *Object, row int) string { return string(o.appendID18(nil, row)) }

// record finds a record by its id, also one of this transaction.
func (t *tx) record(id15 string) (recordID, bool) {
	for i, o := range t.store.objects {
		if row, ok := o.rowOf(id15); ok && o.Queryable && t.data(o).state(row) != rowPurged {
			return makeRecordID(i, row), true
		}
	}
	return noRecord, false
}

// find looks a record up that is to be changed.
func (t *tx) find(o *Object, id string, kind opKind) (int, []rowError) {
	if id == "" {
		return 0, rowFailure("MISSING_ARGUMENT", []string{"Id"}, "Id not specified in an update call")
	}
	id15, ok := parseID(id)
	if !ok {
		return 0, rowFailure("MALFORMED_ID", nil, "malformed id %s", id)
	}
	if id15[:3] != o.KeyPrefix {
		return 0, rowFailure("MALFORMED_ID", []string{"Id"}, "%s ID: id value of incorrect type: %s", o.Label, id)
	}
	found, ok := t.record(id15)
	if !ok {
		return 0, rowFailure("INVALID_CROSS_REFERENCE_KEY", nil, "invalid cross reference id")
	}
	deleted := t.data(o).state(found.row()) == rowDeleted
	switch {
	case deleted && (kind == opUpdate || kind == opDelete):
		return 0, rowFailure("ENTITY_IS_DELETED", nil, "entity is deleted")
	case !deleted && kind == opUndelete:
		return 0, rowFailure("UNDELETE_FAILED", nil, "Entity is not in the recycle bin")
	}
	return found.row(), nil
}

// draft is a record on its way in: its values so far, over those it has.
type draft struct {
	t      *tx
	o      *Object
	d      *tableData
	row    int
	insert bool
	values []cellValue
}

func (t *tx) draft(o *Object, row int, insert bool) *draft {
	return &draft{t: t, o: o, d: t.data(o), row: row, insert: insert}
}

// set replaces a value of the draft.
func (w *draft) set(place int, v any) {
	for i := range w.values {
		if w.values[i].place == place {
			w.values[i].value = v
			return
		}
	}
	w.values = append(w.values, cellValue{place, v})
}

func (w *draft) setNamed(name string, v any) {
	if place, ok := w.o.field(name); ok {
		w.set(place, v)
	}
}

// at returns a value of the record as it will be.
func (w *draft) at(place int) any {
	if v, ok := w.given(place); ok {
		return v
	}
	if w.insert {
		return nil
	}
	return w.d.at(w.row, place)
}

func (w *draft) given(place int) (any, bool) {
	for i := range w.values {
		if w.values[i].place == place {
			return w.values[i].value, true
		}
	}
	return nil, false
}

func (t *tx) insert(o *Object, op *rowOp) rowResult {
	w := t.draft(o, t.data(o).size, true)
	if op.id != "" {
		return rowResult{errs: rowFailure("INVALID_FIELD_FOR_INSERT_UPDATE", []string{"Id"}, "cannot specify Id in an insert call")}
	}
	if errs := w.take(op); errs != nil {
		return rowResult{errs: errs}
	}
	w.defaults()
	if errs := w.check(); errs != nil {
		return rowResult{errs: errs}
	}
	if errs := t.triggered(opInsert, o, "", op.values); errs != nil {
		return rowResult{errs: errs}
	}
	w.setNamed("CreatedDate", t.now)
	w.setNamed("CreatedById", t.user)
	w.stamp()
	w.derive()
	w.put(rowSame)
	return rowResult{id: t.id(o, w.row), created: true}
}

func (t *tx) update(o *Object, op *rowOp, row int) rowResult {
	result := rowResult{id: t.id(o, row)}
	w := t.draft(o, row, false)
	if result.errs = w.take(op); result.errs != nil {
		return result
	}
	if result.errs = w.check(); result.errs != nil {
		return result
	}
	if result.errs = t.triggered(opUpdate, o, result.id, op.values); result.errs != nil {
		return result
	}
	w.stamp()
	w.derive()
	w.put(rowSame)
	return result
}

// upsert updates the record that has the external id, or makes it.
func (t *tx) upsert(o *Object, op *rowOp) rowResult {
	if strings.EqualFold(op.extField, "Id") {
		if op.id == "" {
			return t.insert(o, op)
		}
		row, errs := t.find(o, op.id, opUpdate)
		if errs != nil {
			return rowResult{id: op.id, errs: errs}
		}
		return t.update(o, op, row)
	}
	place, ok := o.field(op.extField)
	if !ok || !o.Fields[place].findsRecords() {
		return rowResult{errs: rowFailure("INVALID_FIELD", nil, "Field name provided, %s is not an External ID or indexed field for %s", op.extField, o.Name)}
	}
	f := &o.Fields[place]
	value, given := lookUpFold(op.values, f.Name)
	native, errs := t.convert(f, value, op.places[f.Name], op.places != nil)
	if errs != nil {
		return rowResult{errs: errs}
	}
	if !given || native == nil {
		return rowResult{errs: rowFailure("MISSING_ARGUMENT", []string{f.Name}, "%s not specified", f.Name)}
	}
	rows := t.rowsByKey(o, place, native)
	switch len(rows) {
	case 0:
		return t.insert(o, op)
	case 1:
		return t.update(o, op, rows[0])
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = t.id(o, row)
	}
	return rowResult{errs: rowFailure("DUPLICATE_EXTERNAL_ID", []string{f.Name},
		"%s: more than one record found for external id field: [%s]", f.Name, strings.Join(ids, ", "))}
}

// findsRecords reports whether upserts and parents may name records by the
// field.
func (f *Field) findsRecords() bool { return f.ExternalID || f.IDLookup && f.Type != "id" }

// rowsByKey finds the live rows that hold a value.
func (t *tx) rowsByKey(o *Object, place int, native any) []int {
	d := t.data(o)
	var live []int
	for _, row := range d.key(place, d.keyOf(place, native)) {
		if d.state(row) == rowLives {
			live = append(live, row)
		}
	}
	return live
}

// keyOf is what a value is found by, empty for null.
func (d *tableData) keyOf(place int, v any) string {
	switch v := v.(type) {
	case string:
		if d.base.obj.Fields[place].CaseSensitive {
			return v
		}
		return d.base.org.fold.fold(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

// stamp notes who wrote the record and when.
func (w *draft) stamp() {
	w.setNamed("LastModifiedDate", w.t.now)
	w.setNamed("LastModifiedById", w.t.user)
	w.setNamed("SystemModstamp", w.t.now)
}

// put writes the draft to the log.
func (w *draft) put(state rowState) {
	values := w.values
	if w.insert {
		values = slices.DeleteFunc(values, func(v cellValue) bool { return v.value == nil })
	}
	w.d.append(change{row: w.row, insert: w.insert, state: state, values: values})
}

// undelete takes a record out of the recycle bin. Lookups that its deletion
// cleared stay empty.
func (t *tx) undelete(o *Object, row int) []rowError {
	w := t.draft(o, row, false)
	for place := range o.Fields {
		if errs := w.unique(place, w.at(place)); errs != nil {
			return errs
		}
	}
	if errs := t.triggered(opUndelete, o, t.id(o, row), nil); errs != nil {
		return errs
	}
	w.setNamed("IsDeleted", false)
	w.stamp()
	w.put(rowLives)
	return nil
}
