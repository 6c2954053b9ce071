package emulator

import (
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// database holds the newest store. Writers come one after the other; readers
// take the store that is there and are never held up. All that is not
// generated is in the tables' logs, so whatever is to outlive the process has
// only to keep what tx.end publishes, and to append it again at the start.
type database struct {
	now   atomic.Pointer[store]
	write sync.Mutex
	clock func() time.Time

	trigger func(Write) *Rejection
	state   *stateFile
}

func newDatabase(s *store) *database {
	db := &database{clock: time.Now}
	db.now.Store(s)
	return db
}

// snapshot returns the org's schema and rows as they are now.
func (s *Server) snapshot() *store { return s.db.now.Load() }

// rowState tells whether a row can be seen. A larger one is seen by fewer.
type rowState uint8

const (
	rowSame    rowState = iota // of a change that leaves it as it was
	rowLives                   // seen by all
	rowDeleted                 // in the recycle bin, seen by queryAll
	rowPurged                  // gone for good
)

// change is one row as a write left it: only the values that differ from what
// was there before, so all that are not null of a row that is new. What a
// statement reads is the generated rows and a prefix of the log of changes,
// which never changes once it was published.
type change struct {
	row    int
	prev   int // the row's change before this one, -1 where there is none
	insert bool
	state  rowState
	values []cellValue
}

// cellValue is a value as the columns hold it: string, int64, float64, bool,
// recordID or []byte; nil is null.
type cellValue struct {
	place int
	value any
}

// tableData is what the versions of an object's rows have in common. What
// stands below the line belongs to the writer.
type tableData struct {
	base  *table   // the rows as they were generated
	heads []newest // by field; the one behind the last is of the states

	mu     sync.RWMutex
	linked map[int]map[recordID][]int32 // by field: rows to which a write ever gave this record

	log   []change
	epoch int         // how often the log was cut
	last  map[int]int // a row's latest change
	size  int
	alive int
	keys  map[int]map[string][]int // of unique and external id fields, by folded value
}

// newest is the latest column of a field and how much of the log is in it. A
// version's column starts from there, so that rows that are appended do not
// copy the others. Versions from before the log was cut take no part in it:
// they may hold what was undone.
type newest struct {
	mu    sync.Mutex
	col   any
	at    int
	epoch int
}

type lazyStates struct {
	once sync.Once
	rows []rowState
}

func newTableData(base *table) *tableData {
	return &tableData{
		base: base, heads: make([]newest, len(base.obj.Fields)+1), linked: map[int]map[recordID][]int32{},
		last: map[int]int{}, size: base.size, alive: base.live(), keys: map[int]map[string][]int{},
	}
}

// seal returns a store with what the tables' logs hold now. Objects that did
// not change are shared with the store before.
func (s *store) seal() *store {
	next := *s
	next.tables = make([]*table, len(s.tables))
	for i, t := range s.tables {
		v := t.version
		if d := t.data; len(d.log) != len(v.log) {
			v = &version{obj: t.obj, data: d, columns: make([]lazyColumn, len(t.obj.Fields))}
			v.size, v.alive, v.epoch, v.log = d.size, d.alive, d.epoch, slices.Clip(d.log)
		}
		next.tables[i] = &table{org: &next, version: v}
	}
	return &next
}

// rowStates returns the state of every row; it is for tables with a log.
func (t *table) rowStates() []rowState {
	t.states.once.Do(func() {
		t.states.rows = extend(t, len(t.obj.Fields), t.generatedStates, func(rows []rowState, log []change, inPlace bool) []rowState {
			if !inPlace {
				rows = slices.Clone(rows)
			}
			for i := range log {
				if log[i].insert {
					rows = append(rows, rowLives)
				}
				if log[i].state != rowSame {
					rows[log[i].row] = log[i].state
				}
			}
			return rows
		})
	})
	return t.states.rows
}

func (t *table) generatedStates() []rowState {
	base := t.data.base
	rows := make([]rowState, base.size)
	for row := range rows {
		rows[row] = rowLives
		if base.deleted(row) {
			rows[row] = rowDeleted
		}
	}
	return rows
}

// extend makes what the table holds for a field from the newest there is of it
// and the changes since. Where all of them are new rows the memory behind the
// newest may be grown in place: others hold only the rows before.
func extend[T any](t *table, field int, generated func() T, apply func(from T, log []change, inPlace bool) T) T {
	h := &t.data.heads[field]
	h.mu.Lock()
	defer h.mu.Unlock()
	from, known := h.col.(T)
	at := h.at
	if !known || at > len(t.log) || t.epoch != h.epoch {
		from, at, known = generated(), 0, false
	}
	log := t.log[at:]
	inPlace := known && !slices.ContainsFunc(log, func(c change) bool { return !c.insert || c.state != rowSame })
	made := apply(from, log, inPlace)
	if len(t.log) >= h.at && t.epoch == h.epoch {
		h.col, h.at = made, len(t.log)
	}
	return made
}

// written returns a field's values with what was written since they were
// generated.
func (t *table) written(place int) column {
	f := &t.obj.Fields[place]
	switch f.Type {
	case "id":
		return t.data.base.column(place)
	case "address", "location":
		return t.compound(f)
	}
	return extend(t, place, func() column { return t.data.base.column(place) },
		func(from column, log []change, inPlace bool) column { return patch(from, place, log, inPlace) })
}

// patch returns a column with changes applied.
func patch(from column, place int, log []change, inPlace bool) column {
	switch c := from.(type) {
	case *textColumn:
		return &textColumn{rows: patchRows(c.rows, place, log, inPlace, "")}
	case *choiceColumn:
		return patchChoices(c, place, log, inPlace)
	case *wholeColumn:
		return &wholeColumn{kind: c.kind, rows: patchRows(c.rows, place, log, inPlace, int64(noNumber))}
	case *realColumn:
		return &realColumn{rows: patchRows(c.rows, place, log, inPlace, math.NaN())}
	case *boolColumn:
		return &boolColumn{rows: patchRows(c.rows, place, log, inPlace, false)}
	case *linkColumn:
		return &linkColumn{objects: c.objects, rows: patchRows(c.rows, place, log, inPlace, noRecord)}
	case *anyColumn:
		return &anyColumn{rows: patchRows(c.rows, place, log, inPlace, any(nil))}
	case *blobColumn:
		return patchBlobs(c, place, log)
	}
	panic("emulator: a column that cannot be written")
}

func patchRows[T any](rows []T, place int, log []change, inPlace bool, null T) []T {
	if !inPlace {
		rows = slices.Clone(rows)
	}
	eachValue(place, log, func(row int, insert bool, v any) {
		if insert {
			rows = append(rows, null)
		}
		rows[row] = null
		if v, ok := v.(T); ok {
			rows[row] = v
		}
	})
	return rows
}

// eachValue visits the changes of a field: rows that are new, with nil where
// they do not have it, and rows in which it was written.
func eachValue(place int, log []change, visit func(row int, insert bool, v any)) {
	for i := range log {
		value, found := log[i].value(place)
		if found || log[i].insert {
			visit(log[i].row, log[i].insert, value)
		}
	}
}

func (c *change) value(place int) (any, bool) {
	for i := range c.values {
		if c.values[i].place == place {
			return c.values[i].value, true
		}
	}
	return nil, false
}

// patchChoices keeps the order of the values that are known; others follow.
func patchChoices(c *choiceColumn, place int, log []change, inPlace bool) *choiceColumn {
	out := &choiceColumn{values: slices.Clip(c.values), quoted: slices.Clip(c.quoted), rows: c.rows}
	if !inPlace {
		out.rows = slices.Clone(c.rows)
	}
	places := map[string]uint16{}
	for i, v := range out.values {
		places[v] = uint16(i)
	}
	eachValue(place, log, func(row int, insert bool, v any) {
		s, _ := v.(string)
		n, known := places[s]
		if !known {
			n = uint16(len(out.values))
			out.values, places[s] = append(out.values, s), n
			out.quoted = append(out.quoted, appendString(nil, s))
		}
		if insert {
			out.rows = append(out.rows, 0)
		}
		out.rows[row] = n
	})
	return out
}

func patchBlobs(c *blobColumn, place int, log []change) *blobColumn {
	out := &blobColumn{of: c.of, field: c.field, written: maps.Clone(c.written)}
	if out.written == nil {
		out.written = map[int][]byte{}
	}
	eachValue(place, log, func(row int, _ bool, v any) {
		out.written[row], _ = v.([]byte)
	})
	return out
}

// maybeLinked returns the rows that may hold a record in a lookup. It reads the
// generated rows' index and what writes ever put there, so some rows hold it no
// longer, and some may be newer than what the caller sees.
func (d *tableData) maybeLinked(place int, id recordID) []int32 {
	rows := d.base.index(place).appendRows(nil, id)
	d.mu.RLock()
	defer d.mu.RUnlock()
	return append(rows, d.linked[place][id]...)
}

func (d *tableData) link(place int, id recordID, row int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.linked[place] == nil {
		d.linked[place] = map[recordID][]int32{}
	}
	d.linked[place][id] = append(d.linked[place][id], int32(row))
}

// What follows is the writer's: it reads and changes the newest rows, published
// or not.

// at returns a value of a row in the form in which changes hold it.
func (d *tableData) at(row, place int) any {
	for i, ok := d.latest(row); ok && i >= 0; i = d.log[i].prev {
		if v, found := d.log[i].value(place); found || d.log[i].insert {
			return v
		}
	}
	return native(d.base.column(place), row)
}

func (d *tableData) latest(row int) (int, bool) {
	i, ok := d.last[row]
	return i, ok
}

// native reads a column's value as changes hold it.
func native(col column, row int) any {
	if col.null(row) {
		return nil
	}
	switch col := col.(type) {
	case *wholeColumn:
		return col.rows[row]
	case *linkColumn:
		return col.rows[row]
	case *idColumn:
		return col.at(row)
	}
	return col.value(row)
}

func (d *tableData) state(row int) rowState {
	if row >= d.size {
		return rowPurged
	}
	for i, ok := d.latest(row); ok && i >= 0; i = d.log[i].prev {
		switch {
		case d.log[i].state != rowSame:
			return d.log[i].state
		case d.log[i].insert:
			return rowLives
		}
	}
	if d.base.deleted(row) {
		return rowDeleted
	}
	return rowLives
}

// append writes a change to the log.
func (d *tableData) append(c change) {
	before := rowPurged
	if !c.insert {
		before = d.state(c.row)
	}
	c.prev = -1
	if i, ok := d.last[c.row]; ok {
		c.prev = i
	}
	for _, v := range c.values {
		if id, ok := v.value.(recordID); ok && d.base.obj.Fields[v.place].Type == "reference" {
			d.link(v.place, id, c.row)
		}
		d.reindex(c.row, v)
	}
	d.last[c.row] = len(d.log)
	d.log = append(d.log, c)
	if c.insert {
		d.size++
	}
	d.alive += aliveIn(d.state(c.row)) - aliveIn(before)
}

func aliveIn(s rowState) int {
	if s == rowLives {
		return 1
	}
	return 0
}

// truncate takes back the changes from one on. No store but the writer's own
// has seen them; results that it left open still do, so what comes next is
// written elsewhere.
func (d *tableData) truncate(length int) {
	if len(d.log) == length {
		return
	}
	for i := len(d.log) - 1; i >= length; i-- {
		c := &d.log[i]
		after := d.state(c.row)
		if c.prev < 0 {
			delete(d.last, c.row)
		} else {
			d.last[c.row] = c.prev
		}
		before := rowPurged
		if c.insert {
			d.size--
		} else {
			before = d.state(c.row)
		}
		d.alive += aliveIn(before) - aliveIn(after)
	}
	d.log = slices.Clip(d.log[:length])
	d.epoch++
	clear(d.keys) // made again when next asked for
	for i := range d.heads {
		h := &d.heads[i]
		h.mu.Lock()
		h.epoch = d.epoch
		if h.at > length {
			h.col, h.at = nil, 0
		}
		h.mu.Unlock()
	}
}

// key returns the rows that hold a value in a unique or external id field, in
// whatever state they are.
func (d *tableData) key(place int, folded string) []int {
	index := d.keys[place]
	if index == nil {
		index = map[string][]int{}
		for row := range d.size {
			if k := d.keyOf(place, d.at(row, place)); k != "" {
				index[k] = append(index[k], row)
			}
		}
		d.keys[place] = index
	}
	return index[folded]
}

// reindex notes that a row gets another value, before it does.
func (d *tableData) reindex(row int, v cellValue) {
	index := d.keys[v.place]
	if index == nil {
		return
	}
	if row < d.size {
		old := d.keyOf(v.place, d.at(row, v.place))
		index[old] = slices.DeleteFunc(slices.Clone(index[old]), func(r int) bool { return r == row })
	}
	if k := d.keyOf(v.place, v.value); k != "" {
		index[k] = append(index[k], row)
	}
}
