package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// loadChunk is how many records one transaction writes, as in an org.
const loadChunk = 200

// bulkLoad is the data of an ingest job and what became of each row. The zero
// value, which query jobs have, is a load of no rows.
type bulkLoad struct {
	data    []byte // as uploaded
	given   bool   // even where it is empty
	format  csvFormat
	header  []string
	starts  []int  // of the rows behind the header in data
	invalid string // why the whole load fails; empty where it does not

	columns  []loadColumn
	outcomes []loadOutcome // of the rows that were processed, in order
	write    func(ops []rowOp) []rowResult
	op       rowOp // what the rows have in common
}

// loadColumn is what a column of the CSV is written to.
type loadColumn struct {
	id     bool   // the record's own id
	name   string // of the field, or of the relationship where key is set
	key    string // the external id field of a parent
	target string // object of a parent behind a lookup to several; may be empty
}

// loadOutcome is what became of a row; err is empty where it was written.
type loadOutcome struct {
	id      string
	created bool
	err     string
}

// newBulkLoad finds the rows of a CSV. What is wrong with it is not the
// upload's business: the job fails later.
func newBulkLoad(data []byte, format csvFormat) bulkLoad {
	l := bulkLoad{data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), given: true, format: format}
	r := csvReader{data: l.data, format: format}
	if !r.more() {
		l.invalid = "InvalidBatch : The CSV has no header row"
		return l
	}
	var err error
	if l.header, err = r.row(nil); err != nil {
		l.invalid = err.Error()
		return l
	}
	var row []string
	for r.more() {
		l.starts = append(l.starts, r.at)
		if row, err = r.row(row[:0]); err != nil {
			l.invalid = err.Error()
			return l
		}
	}
	return l
}

const (
	maxHeader = 32_000  // characters of the header row
	maxCell   = 131_072 // of a value
	maxRecord = 400_000 // of a row
	maxFields = 5_000   // of a row
)

// bind matches the columns with the object's fields.
func (l *bulkLoad) bind(s *store, job *bulkJob) {
	if l.invalid != "" || !l.given {
		return
	}
	switch {
	case len(strings.Join(l.header, ",")) > maxHeader || len(l.header) > maxFields:
		l.invalid = fmt.Sprintf("InvalidBatch : The header row has more than %d characters or %d fields", maxHeader, maxFields)
		return
	case (job.operation == "delete" || job.operation == "hardDelete") && !(len(l.header) == 1 && strings.EqualFold(l.header[0], "Id")):
		l.invalid = fmt.Sprintf("InvalidBatch : The '%s' batch must contain only ids", job.operation)
		return
	}
	for _, name := range l.header {
		column, ok := bindColumn(s, job.object, name)
		if !ok {
			l.invalid = "InvalidBatch : Field name not found : " + name
			return
		}
		l.columns = append(l.columns, column)
	}
	hasID := slices.ContainsFunc(l.columns, func(c loadColumn) bool { return c.id })
	if job.operation == "update" && !hasID {
		l.invalid = "InvalidBatch : Field name not found : Id"
	}
	if job.operation == "upsert" && !slices.ContainsFunc(l.columns, func(c loadColumn) bool { return strings.EqualFold(c.name, job.extID) }) {
		l.invalid = "InvalidBatch : Field name not found : " + job.extID
	}
}

// bindColumn reads a name of the header: Field, Relationship.ExtId, or
// Object:Relationship.ExtId behind a lookup to several objects.
func bindColumn(s *store, o *Object, name string) (loadColumn, bool) {
	if path, key, isParent := strings.Cut(name, "."); isParent {
		return bindParent(s, o, path, key)
	}
	place, ok := o.field(name)
	if !ok {
		return loadColumn{}, false
	}
	f := &o.Fields[place]
	return loadColumn{id: f.Type == "id", name: f.Name}, true
}

func bindParent(s *store, o *Object, path, key string) (loadColumn, bool) {
	target, relationship, several := strings.Cut(path, ":")
	if !several {
		target, relationship = "", path
	}
	place, ok := o.byLink[strings.ToLower(relationship)]
	if !ok {
		return loadColumn{}, false
	}
	f := &o.Fields[place]
	parent, ok := s.object(orElse(target, f.ReferenceTo[0]))
	if !ok || !slices.Contains(f.ReferenceTo, parent.Name) || !parent.has(key) {
		return loadColumn{}, false
	}
	c := loadColumn{name: f.RelationshipName, key: key}
	if several {
		c.target = parent.Name
	}
	return c, true
}

// proceed processes as much as a part of the whole, in whole chunks.
func (l *bulkLoad) proceed(part float64, stop <-chan struct{}) {
	if l.invalid != "" {
		return
	}
	for upTo := int(part * float64(len(l.starts))); len(l.outcomes)+loadChunk <= upTo && !stopped(stop); {
		l.chunk()
	}
}

// finish processes the rest and returns the job's last state and what went
// wrong with it. That rows failed is nothing wrong with the job.
func (l *bulkLoad) finish(stop <-chan struct{}) (state, message string) {
	if l.invalid != "" {
		return stateFailed, l.invalid
	}
	for len(l.outcomes) < len(l.starts) {
		if stopped(stop) {
			return stateAborted, ""
		}
		l.chunk()
	}
	return stateComplete, ""
}

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// chunk writes the next rows. Those that cannot be understood take no part in
// the transaction.
func (l *bulkLoad) chunk() {
	from := len(l.outcomes)
	upTo := min(from+loadChunk, len(l.starts))
	outcomes := make([]loadOutcome, upTo-from)
	ops := make([]rowOp, 0, upTo-from)
	places := make([]int, 0, upTo-from)
	var values []string
	for i := range outcomes {
		values = l.row(values[:0], from+i)
		op, err := l.operation(values)
		if err != nil {
			outcomes[i].err = err.Error()
			continue
		}
		ops, places = append(ops, op), append(places, i)
	}
	for k, result := range l.write(ops) {
		outcomes[places[k]] = newOutcome(result)
	}
	l.outcomes = append(l.outcomes, outcomes...)
}

func newOutcome(r rowResult) loadOutcome {
	out := loadOutcome{id: r.id, created: r.created}
	if len(r.errs) > 0 {
		e := r.errs[0]
		fields := strings.Join(e.Fields, ",")
		if fields != "" {
			fields += " "
		}
		out.err = e.StatusCode + ":" + e.Message + ":" + fields + "--"
	}
	return out
}

// row reads a row of the data again.
func (l *bulkLoad) row(dst []string, i int) []string {
	r := csvReader{data: l.data, at: l.starts[i], format: l.format}
	dst, _ = r.row(dst) // it could be read when it was uploaded
	return dst
}

// operation is what a row asks for. Empty values are left alone, #N/A clears a
// field.
func (l *bulkLoad) operation(row []string) (rowOp, error) {
	op := l.op
	op.values = make(map[string]any, len(row))
	if len(row) != len(l.columns) {
		return op, fmt.Errorf("INVALID_ARGUMENT:The row has %d columns, the header has %d:--", len(row), len(l.columns))
	}
	size := 0
	for i, text := range row {
		size += len(text)
		if len(text) > maxCell {
			return op, fmt.Errorf("STRING_TOO_LONG:A value has more than %d characters:%s --", maxCell, l.header[i])
		}
		l.columns[i].take(&op, text)
	}
	if size > maxRecord {
		return op, errors.New("STRING_TOO_LONG:The record has more than 400000 characters:--")
	}
	return op, nil
}

// take puts a cell's text into an operation.
func (c *loadColumn) take(op *rowOp, text string) {
	var value any = text
	switch text {
	case "":
		return
	case "#N/A":
		value = nil
	}
	switch {
	case c.id:
		op.id = text
	case c.key == "":
		op.values[c.name] = value
	default:
		parent := map[string]any{c.key: value}
		if c.target != "" {
			parent["attributes"] = map[string]any{"type": c.target}
		}
		op.values[c.name] = parent
	}
}

func (l *bulkLoad) processed() int { return len(l.outcomes) }

func (l *bulkLoad) failed() int {
	n := 0
	for i := range l.outcomes {
		if l.outcomes[i].err != "" {
			n++
		}
	}
	return n
}

// part selects rows for a result file, in an order of its own: the API
// promises none.
func (l *bulkLoad) part(name string) []int {
	var rows []int
	for i := range l.starts {
		kind := "unprocessedrecords"
		if i < len(l.outcomes) {
			kind = "successfulResults"
			if l.outcomes[i].err != "" {
				kind = "failedResults"
			}
		}
		if kind == name {
			rows = append(rows, i)
		}
	}
	slices.SortFunc(rows, func(a, b int) int { return compare(int64(mix(uint64(a))>>1), int64(mix(uint64(b))>>1)) })
	return rows
}

// appendResultHeader appends the header of a result file.
func (l *bulkLoad) appendResultHeader(dst []byte, name string) []byte {
	switch name {
	case "successfulResults":
		return l.format.appendCSVRow(dst, append([]string{"sf__Id", "sf__Created"}, l.header...))
	case "failedResults":
		return l.format.appendCSVRow(dst, append([]string{"sf__Id", "sf__Error"}, l.header...))
	}
	return l.format.appendCSVRow(dst, l.header)
}

// appendResult appends a row of a result file.
func (l *bulkLoad) appendResult(dst []byte, name string, i int) []byte {
	var values []string
	switch name {
	case "successfulResults":
		values = append(values, l.outcomes[i].id, fmt.Sprint(l.outcomes[i].created))
	case "failedResults":
		values = append(values, l.outcomes[i].id, l.outcomes[i].err)
	}
	// A row of another width would make the file unreadable.
	width := len(values) + len(l.header)
	values = l.row(values, i)
	values = append(values, make([]string, max(0, width-len(values)))...)
	return l.format.appendCSVRow(dst, values[:width])
}
