package emulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// masterRecordType stands for no record type.
const masterRecordType = "012000000000000"

// take brings the operation's values into the draft, each in the form of its
// column.
func (w *draft) take(op *rowOp) []rowError {
	var closed []string
	for _, name := range slices.Sorted(maps.Keys(op.values)) {
		value := op.values[name]
		if name == "attributes" || strings.EqualFold(name, "Id") {
			continue
		}
		place, ok := w.o.field(name)
		if !ok {
			place, ok = w.o.byLink[strings.ToLower(name)]
			if _, isRecord := value.(map[string]any); !ok || !isRecord {
				return rowFailure("INVALID_FIELD", nil, "No such column '%s' on sobject of type %s", name, w.o.Name)
			}
		}
		f := &w.o.Fields[place]
		if w.insert && !f.Createable || !w.insert && !f.Updateable {
			closed = append(closed, f.Name)
			continue
		}
		native, errs := w.convert(f, value, op.places[name], op.places != nil)
		if errs != nil {
			return errs
		}
		w.set(place, native)
	}
	if len(closed) > 0 {
		return rowFailure("INVALID_FIELD_FOR_INSERT_UPDATE", closed, "Unable to create/update fields: %s. Please check the security "+
			"settings of this field and verify that it is read/write for your profile or permission set.", strings.Join(closed, ", "))
	}
	return nil
}

// lookUpFold finds a value by its field's name in any case.
func lookUpFold(values map[string]any, name string) (any, bool) {
	if v, ok := values[name]; ok {
		return v, true
	}
	for key, v := range values {
		if strings.EqualFold(key, name) {
			return v, true
		}
	}
	return nil, false
}

func (w *draft) convert(f *Field, v any, at textPlace, placed bool) (any, []rowError) {
	return w.t.convert(f, v, at, placed)
}

// convert turns a value of a request into what the field's column holds, or
// says what is wrong with it. Text stays as long as it is.
func (t *tx) convert(f *Field, v any, at textPlace, placed bool) (any, []rowError) {
	if v == nil {
		return f.empty(), nil
	}
	if parent, ok := v.(map[string]any); ok && f.Type == "reference" {
		return t.parent(f, parent)
	}
	native, ok := any(nil), false
	switch f.Type {
	case "boolean":
		native, ok = takeBool(v)
	case "int", "long":
		native, ok = takeInt(v)
	case "double", "currency", "percent":
		native, ok = takeFloat(v, f.Scale)
	case "date", "datetime", "time":
		native, ok = takeMoment(f.Type, v)
	case "reference":
		return t.reference(f, v)
	case "base64":
		native, ok = takeBlob(v)
	case "address", "location":
	default:
		native, ok = takeText(f, v)
	}
	switch {
	case ok && native == nil:
		return f.empty(), nil
	case ok:
		return native, nil
	case placed:
		return nil, rowFailure("JSON_PARSER_ERROR", nil, "Cannot deserialize instance of %s from %s value %s or request may be "+
			"missing a required field at [line:%d, column:%d]", f.Type, tokenName(v), tokenText(v), at.line, at.column)
	}
	return nil, rowFailure("INVALID_TYPE_ON_FIELD_IN_RECORD", []string{f.Name}, "%s: value not of required type: %s", f.Name, tokenText(v))
}

// empty is what a cleared field holds: null, and false where there is no null.
func (f *Field) empty() any {
	if f.Type == "boolean" {
		return false
	}
	return nil
}

// tokenName is the JSON parser's word for a value in messages.
func tokenName(v any) string {
	switch v := v.(type) {
	case string:
		return "VALUE_STRING"
	case bool:
		return "VALUE_" + strings.ToUpper(strconv.FormatBool(v))
	case map[string]any:
		return "START_OBJECT"
	case []any:
		return "START_ARRAY"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "VALUE_NUMBER_FLOAT"
		}
	case float64:
		return "VALUE_NUMBER_FLOAT"
	}
	return "VALUE_NUMBER_INT"
}

func tokenText(v any) string {
	switch v.(type) {
	case map[string]any:
		return "{"
	case []any:
		return "["
	}
	return fmt.Sprint(v)
}

func takeBool(v any) (any, bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true", "1":
			return true, true
		case "false", "0":
			return false, true
		case "":
			return nil, true
		}
	}
	return nil, false
}

// number returns the digits of a number, which may stand in a string.
func number10(v any) (string, bool) {
	switch v := v.(type) {
	case json.Number:
		return v.String(), true
	case string:
		return strings.TrimSpace(v), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case int64:
		return strconv.FormatInt(v, 10), true
	}
	return "", false
}

func takeInt(v any) (any, bool) {
	digits, ok := number10(v)
	if !ok || digits == "" {
		return nil, ok
	}
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return n, true
	}
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil || x != math.Trunc(x) || math.Abs(x) >= 1<<63 {
		return nil, false
	}
	return int64(x), true
}

func takeFloat(v any, scale int) (any, bool) {
	digits, ok := number10(v)
	if !ok || digits == "" {
		return nil, ok
	}
	if strings.ContainsAny(digits, "xXpPnN_") { // what strconv knows beyond numbers
		return nil, false
	}
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return nil, false
	}
	return roundTo(x, scale) + 0, true // adding zero turns -0 into 0
}

var (
	datetimeLayouts = []string{
		"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999",
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", time.DateOnly,
	}
	clockLayouts = []string{"15:04:05.999999999Z", "15:04:05.999999999", "15:04Z", "15:04"}
)

// takeMoment reads a date, datetime or time of day between the years that an
// org can store.
func takeMoment(kind string, v any) (any, bool) {
	s, ok := v.(string)
	s = strings.TrimSpace(s)
	if !ok || s == "" {
		return nil, ok
	}
	layouts := datetimeLayouts
	switch kind {
	case "date":
		layouts = []string{time.DateOnly}
	case "time":
		layouts = clockLayouts
	}
	for _, layout := range layouts {
		at, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		switch {
		case kind == "time":
			return at.Sub(at.Truncate(24 * time.Hour)).Milliseconds(), true
		case at.Year() < 1700 || at.Year() > 4000:
			return nil, false
		case kind == "date":
			return at.Unix() / (24 * 60 * 60), at.Unix()%(24*60*60) == 0
		}
		return at.UnixMilli(), true
	}
	return nil, false
}

func takeBlob(v any) (any, bool) {
	s, ok := v.(string)
	if !ok {
		return nil, false
	}
	data, err := base64.StdEncoding.DecodeString(s)
	return data, err == nil
}

// takeText returns a text as it is stored: without blanks around it, e-mail
// addresses in lower case, the values of a multi-picklist in setup order.
func takeText(f *Field, v any) (any, bool) {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case bool:
		s = strconv.FormatBool(v)
	default:
		digits, ok := number10(v)
		if !ok {
			return nil, false
		}
		s = digits
	}
	s = storable(strings.ToValidUTF8(s, "\ufffd"), 0)
	switch f.Type {
	case "email":
		s = strings.ToLower(s)
	case "multipicklist":
		s = inSetupOrder(f, s)
	}
	return textOrNil(s), true
}

func inSetupOrder(f *Field, s string) string {
	var chosen []string
	for _, v := range strings.Split(s, ";") {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(chosen, v) {
			chosen = append(chosen, v)
		}
	}
	place := func(v string) int {
		if i := slices.Index(f.Picklist, v); i >= 0 {
			return i
		}
		return len(f.Picklist)
	}
	slices.SortStableFunc(chosen, func(a, b string) int { return place(a) - place(b) })
	return strings.Join(chosen, ";")
}

// reference finds the record that a lookup is to hold.
func (t *tx) reference(f *Field, v any) (any, []rowError) {
	s, ok := v.(string)
	if s = strings.TrimSpace(s); ok && s == "" {
		return nil, nil
	}
	id15, valid := parseID(s)
	if !ok || !valid {
		return nil, rowFailure("MALFORMED_ID", []string{f.Name}, "%s: id value of incorrect type: %s", f.Label, tokenText(v))
	}
	if id15 == masterRecordType {
		return nil, nil
	}
	return t.target(f, id15, s)
}

func (t *tx) target(f *Field, id15, as string) (any, []rowError) {
	id, known := t.record(id15)
	if !known {
		if !t.prefixFits(f, id15[:3]) {
			return nil, rowFailure("MALFORMED_ID", []string{f.Name}, "%s: id value of incorrect type: %s", f.Label, as)
		}
		return nil, rowFailure("INVALID_CROSS_REFERENCE_KEY", []string{f.Name}, "invalid cross reference id")
	}
	o := t.store.objects[id.object()]
	switch {
	case !slices.Contains(f.ReferenceTo, o.Name):
		return nil, rowFailure("MALFORMED_ID", []string{f.Name}, "%s: id value of incorrect type: %s", f.Label, as)
	case t.data(o).state(id.row()) == rowDeleted:
		return nil, rowFailure("ENTITY_IS_DELETED", []string{f.Name}, "entity is deleted")
	}
	return id, nil
}

func (t *tx) prefixFits(f *Field, prefix string) bool {
	for _, name := range f.ReferenceTo {
		if o, ok := t.store.object(name); ok && o.KeyPrefix == prefix {
			return true
		}
	}
	return false
}

// parent finds the record that a lookup is to hold by an external id:
// {"Account":{"Ext__c":"A1"}}.
func (t *tx) parent(f *Field, named map[string]any) (any, []rowError) {
	target := f.ReferenceTo[0]
	if attributes, ok := named["attributes"].(map[string]any); ok {
		if kind, _ := attributes["type"].(string); kind != "" {
			target = kind
		}
	}
	o, ok := t.store.object(target)
	if !ok || !slices.Contains(f.ReferenceTo, o.Name) {
		return nil, rowFailure("INVALID_FIELD", nil, "%s does not refer to %s", f.Name, target)
	}
	var given []string
	for name := range named {
		if name != "attributes" && name != "type" {
			given = append(given, name)
		}
	}
	if len(given) != 1 {
		return nil, rowFailure("INVALID_FIELD", nil, "More than 1 field provided in an external foreign key reference in entity: %s", o.Name)
	}
	if strings.EqualFold(given[0], "Id") {
		return t.reference(f, named[given[0]])
	}
	return t.byExternalID(f, o, given[0], named[given[0]])
}

func (t *tx) byExternalID(f *Field, o *Object, name string, value any) (any, []rowError) {
	place, ok := o.field(name)
	if !ok {
		return nil, rowFailure("INVALID_FIELD", nil, "No such column '%s' on sobject of type %s", name, o.Name)
	}
	key := &o.Fields[place]
	if !key.findsRecords() {
		return nil, rowFailure("INVALID_FIELD", nil, "Field name provided, %s is not an External ID or indexed field for %s", key.Name, o.Name)
	}
	native, errs := t.convert(key, value, textPlace{}, false)
	if errs != nil {
		return nil, errs
	}
	rows := t.rowsByKey(o, place, native)
	switch len(rows) {
	case 0:
		return nil, rowFailure("INVALID_FIELD", nil, "Foreign key external ID: %s not found for field %s in entity %s",
			tokenText(value), key.Name, o.Name)
	case 1:
		return makeRecordID(o.index, rows[0]), nil
	}
	return nil, rowFailure("INVALID_FIELD", []string{f.Name}, "Foreign key external ID: %s is not unique for field %s in entity %s",
		tokenText(value), key.Name, o.Name)
}

// check applies the rules of the object to the record as it will be.
func (w *draft) check() []rowError {
	if missing := w.missing(); len(missing) > 0 {
		return rowFailure("REQUIRED_FIELD_MISSING", missing, "Required fields are missing: [%s]", strings.Join(missing, ", "))
	}
	for _, v := range w.values {
		if errs := w.o.Fields[v.place].accepts(v.value); errs != nil {
			return errs
		}
		if errs := w.unique(v.place, v.value); errs != nil {
			return errs
		}
	}
	return nil
}

// missing lists the required fields that would be null.
func (w *draft) missing() []string {
	var names []string
	for place := range w.o.Fields {
		f := &w.o.Fields[place]
		if f.Nillable || !f.Createable || f.Type == "boolean" {
			continue
		}
		if v, given := w.given(place); given && v == nil || w.insert && !given {
			names = append(names, f.Name)
		}
	}
	return names
}

// accepts holds a value against the field's length, range and list.
func (f *Field) accepts(v any) []rowError {
	switch v := v.(type) {
	case string:
		return f.acceptsText(v)
	case int64:
		if limit := math.Pow10(f.Digits); f.Type == "int" && math.Abs(float64(v)) >= limit {
			return rowFailure("NUMBER_OUTSIDE_VALID_RANGE", []string{f.Name}, "%s: value outside of valid range on numeric field: %d", f.Label, v)
		}
	case float64:
		if f.Precision > 0 && math.Abs(v) >= math.Pow10(f.Precision-f.Scale) {
			return rowFailure("NUMBER_OUTSIDE_VALID_RANGE", []string{f.Name}, "%s: value outside of valid range on numeric field: %s",
				f.Label, appendDouble(nil, v))
		}
	}
	return nil
}

func (f *Field) acceptsText(s string) []rowError {
	switch {
	case f.Type == "picklist" && f.Restricted && !slices.Contains(f.Picklist, s):
		return rowFailure("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", []string{f.Name},
			"%s: bad value for restricted picklist field: %s", f.Label, s)
	case f.Length > 0 && len(s) > f.Length && len(utf16.Encode([]rune(s))) > f.Length:
		return rowFailure("STRING_TOO_LONG", []string{f.Name}, "%s: data value too large: %s (max length=%d)", f.Label, s, f.Length)
	case f.Type == "email":
		if address, err := mail.ParseAddress(s); err != nil || address.Address != s {
			return rowFailure("INVALID_EMAIL_ADDRESS", []string{f.Name}, "%s: invalid email address: %s", f.Label, s)
		}
	}
	return nil
}

// unique refuses a value that another live record has already.
func (w *draft) unique(place int, v any) []rowError {
	f := &w.o.Fields[place]
	if !f.Unique || v == nil {
		return nil
	}
	for _, row := range w.t.rowsByKey(w.o, place, v) {
		if row != w.row || w.insert {
			return rowFailure("DUPLICATE_VALUE", []string{f.Name}, "duplicate value found: %s duplicates value on record with id: %s",
				f.Name, w.t.id(w.o, row)[:15])
		}
	}
	return nil
}

// defaults fills what a new record has without being told.
func (w *draft) defaults() {
	for place := range w.o.Fields {
		f := &w.o.Fields[place]
		if _, given := w.given(place); given {
			continue
		}
		switch {
		case f.Default != "" && f.Type == "boolean":
			w.set(place, f.Default == "true")
		case f.Default != "":
			w.set(place, f.Default)
		case f.Name == "OwnerId":
			w.set(place, w.t.user)
		case f.AutoNumber && f.make != nil:
			w.set(place, f.make(w.d.base.cell(f, w.row)))
		}
	}
}

// derive computes the fields that others imply: formulas always, the rest
// where one of those that it follows was written and itself was not.
func (w *draft) derive() {
	asked := len(w.values)
	for place := range w.o.Fields {
		f := &w.o.Fields[place]
		if f.make == nil || !f.Calculated && !w.follows(f, asked) {
			continue
		}
		if i := slices.IndexFunc(w.values[:asked], func(v cellValue) bool { return v.place == place }); i >= 0 {
			continue
		}
		w.set(place, w.computed(f))
	}
}

func (w *draft) follows(f *Field, asked int) bool {
	return len(f.follows) > 0 && (w.insert || slices.ContainsFunc(w.values[:asked], func(v cellValue) bool {
		return slices.Contains(f.follows, w.o.Fields[v.place].Name)
	}))
}

// computed is the generator's value for the record as it will be.
func (w *draft) computed(f *Field) any {
	c := w.d.base.cell(f, w.row)
	c.over = w.at
	if f.Nillable && c.below(100) < f.nulls && f.Calculated {
		return nil
	}
	compute := f.make
	if f.written != nil {
		compute = f.written
	}
	v := compute(c)
	if s, ok := v.(string); ok {
		return textOrNil(storable(s, f.Length))
	}
	return v
}
