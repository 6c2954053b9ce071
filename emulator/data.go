package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// WithData brings own objects into the org. The folder holds NAME.json for
// each, its describe as GET /sobjects/NAME/describe or `sf sobject describe`
// give it, and NAME.csv where it has records: a header of field names, then
// values as Bulk 2.0 writes them. Objects of the built-in schema that have the
// same name are replaced. Start reports what does not fit as a *DataError. See
// README.md.
func WithData(folder fs.FS) Option { return func(c *config) { c.data = folder } }

// WithOnlyData leaves the built-in objects out of an org with WithData, but for
// the few that every org has: User, UserRole, Profile and Organization.
func WithOnlyData() Option { return func(c *config) { c.onlyData = true } }

// DataError is what is wrong with a file of WithData.
type DataError struct {
	File   string
	Line   int // from 1; 0 where the whole file is meant
	Column int // in characters from 1
	Msg    string
}

func (e *DataError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("emulator: %s: %s", e.File, e.Msg)
	}
	return fmt.Sprintf("emulator: %s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
}

// dataFile is a file of the folder.
type dataFile struct {
	name string
	text []byte
}

func (f *dataFile) fail(format string, args ...any) error {
	return &DataError{File: f.name, Msg: fmt.Sprintf(format, args...)}
}

// failAt names the place of a byte.
func (f *dataFile) failAt(at int, format string, args ...any) error {
	before := f.text[:min(at, len(f.text))]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return &DataError{
		File: f.name, Line: 1 + bytes.Count(before, []byte("\n")), Column: 1 + utf8.RuneCount(line), Msg: fmt.Sprintf(format, args...),
	}
}

// dataObject is an object of the folder on its way into the org.
type dataObject struct {
	*Object
	describe *dataFile
	csv      *dataFile // nil where there are no records
	header   []dataCell
	rows     [][]dataCell
	columns  []loadColumn // of the header
	added    int          // the row of the running user where no line gives it, else -1
}

// dataCell is a value of a CSV and where it begins.
type dataCell struct {
	text string
	at   int
}

// null reports whether the cell leaves the field empty. A text may really be
// #N/A, which an export does not tell from what empties fields in an import.
func (c dataCell) null(f *Field) bool {
	return c.text == "" || c.text == "#N/A" && soapTypes[f.Type] != ""
}

// readData reads the folder; what its records lead to is not looked up yet.
func readData(folder fs.FS) ([]*dataObject, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, fmt.Errorf("emulator: reading the folder of data: %w", err)
	}
	var objects []*dataObject
	csvs := map[string]*dataFile{}
	for _, entry := range entries {
		kind := strings.ToLower(path.Ext(entry.Name()))
		if entry.IsDir() || kind != ".json" && kind != ".csv" {
			continue
		}
		text, err := fs.ReadFile(folder, entry.Name())
		if err != nil {
			return nil, fmt.Errorf("emulator: reading data: %w", err)
		}
		file := &dataFile{name: entry.Name(), text: bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))}
		if kind == ".csv" {
			csvs[file.object()] = file
			continue
		}
		o, err := readDescribe(file)
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	if len(objects) == 0 && len(csvs) == 0 {
		return nil, errors.New("emulator: the folder of data has neither NAME.json nor NAME.csv")
	}
	for _, o := range objects {
		o.csv = csvs[o.describe.object()]
		delete(csvs, o.describe.object())
		if err := o.readRows(); err != nil {
			return nil, err
		}
	}
	for _, file := range csvs {
		name := strings.TrimSuffix(file.name, path.Ext(file.name))
		return nil, file.fail("there is no %s.json beside it; save the describe of %s there", name, name)
	}
	return objects, nil
}

// object is the folded name of the object that a file is about.
func (f *dataFile) object() string {
	return strings.ToLower(strings.TrimSuffix(f.name, path.Ext(f.name)))
}

// readRows cuts the CSV into cells.
func (o *dataObject) readRows() error {
	if o.csv == nil {
		return nil
	}
	r := csvReader{data: o.csv.text, format: csvFormat{delimiter: ',', ending: "LF"}}
	if at := bytes.IndexByte(r.data, '\n'); at > 0 && r.data[at-1] == '\r' {
		r.format.ending = "CRLF"
	}
	if !r.more() {
		return o.csv.fail("there is no header of field names")
	}
	for r.more() {
		cells, err := r.cells()
		var fault *csvFault
		switch {
		case errors.As(err, &fault):
			return o.csv.failAt(r.at, "%s", fault.what)
		case err != nil:
			return o.csv.failAt(r.at, "this line does not end with %s as the first one does", r.format.ending)
		case o.header == nil:
			o.header = cells
		case len(cells) != len(o.header):
			return o.csv.failAt(cells[0].at, "%d values, but the header names %d fields", len(cells), len(o.header))
		default:
			o.rows = append(o.rows, cells)
		}
	}
	o.prefixFromIDs()
	return nil
}

// prefixFromIDs finds the key prefix of an object whose describe has none.
func (o *dataObject) prefixFromIDs() {
	id := slices.IndexFunc(o.header, func(c dataCell) bool { return strings.EqualFold(c.text, "Id") })
	for row := 0; id >= 0 && row < len(o.rows) && o.KeyPrefix == ""; row++ {
		if id15, ok := parseID(o.rows[row][id].text); ok {
			o.KeyPrefix = id15[:3]
		}
	}
}

// cells reads the next row.
func (r *csvReader) cells() ([]dataCell, error) {
	var cells []dataCell
	for {
		at := r.at
		text, err := r.value()
		if err != nil {
			return nil, err
		}
		cells = append(cells, dataCell{text, at})
		switch {
		case !r.more():
			return cells, nil
		case r.data[r.at] != r.format.delimiter:
			return cells, r.lineEnd()
		}
		r.at++
	}
}

// builtIn are the objects without which there is no org.
var builtIn = []string{"User", "UserRole", "Profile", "Organization", "Name"}

// schema puts the objects of the folder in the place of those of the schema.
func (c *config) schema() ([]*Object, []*dataObject, error) {
	objects := demoObjects()
	if c.ruled {
		objects = append(objects, ruledObjects()...)
	}
	if c.data == nil {
		return objects, nil, nil
	}
	if c.onlyData {
		objects = slices.DeleteFunc(objects, func(o *Object) bool { return !slices.Contains(builtIn, o.Name) })
	}
	loaded, err := readData(c.data)
	if err != nil {
		return nil, nil, err
	}
	for _, own := range loaded {
		i := slices.IndexFunc(objects, func(o *Object) bool { return strings.EqualFold(o.Name, own.Name) })
		if i < 0 {
			i, objects = len(objects), append(objects, nil)
		}
		objects[i] = own.Object
	}
	distinguish(objects)
	return append(objects, strangers()), loaded, nil
}

// distinguish gives another key prefix to objects of the schema whose own one
// a loaded object has.
func distinguish(objects []*Object) {
	taken := map[string]bool{}
	for _, o := range objects {
		taken[o.KeyPrefix] = true
	}
	own := map[string]bool{}
	for _, o := range objects {
		own[o.KeyPrefix] = own[o.KeyPrefix] || o.given != nil && o.KeyPrefix != ""
	}
	n := 0
	for _, o := range objects {
		missing := o.given != nil && o.KeyPrefix == ""
		if !missing && (o.given != nil || !own[o.KeyPrefix]) {
			continue
		}
		for o.KeyPrefix = ""; o.KeyPrefix == "" || taken[o.KeyPrefix]; n++ {
			o.KeyPrefix = "z" + string([]byte{digits62[n/62%62], digits62[n%62]})
		}
		taken[o.KeyPrefix] = true
	}
}
