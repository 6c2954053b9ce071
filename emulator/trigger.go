package emulator

// Write is a record about to be written, as WithTrigger sees it.
type Write struct {
	Operation string         // insert, update, delete or undelete
	Object    string         // API name
	ID        string         // 18 characters, empty for inserts
	Values    map[string]any // as the request brought them; nil for deletes
}

// Rejection is why a record is not written.
type Rejection struct {
	Code    string // such as FIELD_CUSTOM_VALIDATION_EXCEPTION or UNABLE_TO_LOCK_ROW
	Message string
	Fields  []string
}

// WithTrigger lets a function see every record that is about to be written and
// that the org itself would accept. Where it returns a Rejection the record
// fails with it, as it would by a validation rule, a trigger or a lock. It is
// called for one record at a time and must not call the org.
func WithTrigger(f func(w Write) *Rejection) Option { return func(c *config) { c.trigger = f } }

var operationNames = map[opKind]string{opInsert: "insert", opUpdate: "update", opDelete: "delete", opHardDelete: "delete", opUndelete: "undelete"}

// triggered asks the org's trigger, if it has one.
func (t *tx) triggered(kind opKind, o *Object, id string, values map[string]any) []rowError {
	if t.db.trigger == nil {
		return nil
	}
	r := t.db.trigger(Write{Operation: operationNames[kind], Object: o.Name, ID: id, Values: values})
	if r == nil {
		return nil
	}
	return rowFailure(r.Code, r.Fields, "%s", r.Message)
}
