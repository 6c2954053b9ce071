package salesforce

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/sfsql/sfsql/soql"
)

// page is one decoded page of a query.
type page struct {
	batch
	total int64
	done  bool
	next  string // nextRecordsUrl
	byID  bool   // asked for by Id, so that total and next speak of this page alone
	last  bool   // the result ends with it

	// Which members the answer had.
	hasTotal, hasDone, hasNext, hasRecords bool
}

func (p *page) reset(width int) {
	p.batch.reset(width)
	*p = page{batch: p.batch}
}

// pageDecoder turns the JSON of query answers into pages. It keeps nothing of
// an answer but what the columns want.
type pageDecoder struct {
	columns []soql.Column
	plan    *node
	dec     *jsontext.Decoder
	page    *page
	base    int // first cell of the row in hand
	left    int // its cells still absent

	early func(*page) // told when a page has headRows records and a total; may be nil
}

func newPageDecoder(columns []soql.Column) (*pageDecoder, error) {
	plan, err := newPlan(columns)
	if err != nil {
		return nil, err
	}
	return &pageDecoder{columns: columns, plan: plan, dec: newJSON(strings.NewReader(""))}, nil
}

// jsonOptions are those of every answer. A text that Java cut between the
// halves of a surrogate pair is no reason to lose a whole result: the half
// becomes U+FFFD. The decoder's search for duplicate names doubles the time of
// a wide record; the page decoder finds those that matter by itself.
var jsonOptions = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

func newJSON(r io.Reader) *jsontext.Decoder { return jsontext.NewDecoder(r, jsonOptions) }

// decode reads one whole answer into p. On an error p holds nothing usable.
func (d *pageDecoder) decode(r io.Reader, p *page) error {
	d.dec.Reset(r, jsonOptions)
	d.page = p
	p.reset(len(d.columns))
	if err := d.answer(); err != nil {
		return err
	}
	if err := atEnd(d.dec); err != nil {
		return err
	}
	return p.consistent()
}

// answer reads the object around the records; its members come in any order.
func (d *pageDecoder) answer() error {
	return d.object("a query's answer", func(_ int, name []byte) error {
		p := d.page
		switch string(name) {
		case `"totalSize"`:
			return d.once(&p.hasTotal, "totalSize", d.readTotal)
		case `"done"`:
			return d.once(&p.hasDone, "done", d.readDone)
		case `"nextRecordsUrl"`:
			return d.once(&p.hasNext, "nextRecordsUrl", d.readNext)
		case `"records"`:
			return d.once(&p.hasRecords, "records", d.readRecords)
		}
		return d.dec.SkipValue()
	})
}

// once reads a member that an answer may have a single time.
func (d *pageDecoder) once(has *bool, name string, read func() error) error {
	if *has {
		return fmt.Errorf("the answer has %s twice", name)
	}
	*has = true
	return read()
}

func (d *pageDecoder) readDone() error {
	t, err := d.dec.ReadToken()
	if err != nil {
		return err
	}
	if k := t.Kind(); k != 't' && k != 'f' {
		return errors.New("done is not a boolean")
	}
	d.page.done = t.Bool()
	return nil
}

func (d *pageDecoder) readNext() error {
	t, err := d.dec.ReadToken()
	if err != nil {
		return err
	}
	switch t.Kind() {
	case '"':
		d.page.next = t.String()
		return nil
	case 'n':
		return nil
	}
	return errors.New("nextRecordsUrl is not a string")
}

func (d *pageDecoder) readTotal() error {
	v, err := d.dec.ReadValue()
	if err != nil {
		return err
	}
	n, err := parseInt(v)
	if v.Kind() != '0' || err != nil || n < 0 {
		return fmt.Errorf("totalSize is %s", clip(v))
	}
	d.page.total = n
	return nil
}

func (d *pageDecoder) readRecords() error {
	if k := d.dec.PeekKind(); k != '[' && k != 0 {
		return errors.New("records is not an array")
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	for d.dec.PeekKind() != ']' {
		d.base = d.page.addRow()
		d.left = len(d.columns)
		if err := d.members(d.plan, "a record"); err != nil {
			return err
		}
		if d.left > 0 {
			return d.missing()
		}
		if d.early != nil && d.page.rows == headRows && d.page.hasTotal {
			d.early(d.page)
		}
	}
	_, err := d.dec.ReadToken()
	return err
}

// members reads one object of a record: the record itself, or a parent.
func (d *pageDecoder) members(n *node, what string) error {
	return d.object(what, func(i int, name []byte) error { return d.member(n.member(i, name)) })
}

func (d *pageDecoder) member(n *node) error {
	switch {
	case len(n.cols) > 0:
		v, err := d.dec.ReadValue()
		if err != nil {
			return err
		}
		for _, col := range n.cols {
			if err := d.store(col, v); err != nil {
				return columnError(d.columns[col], err)
			}
		}
		return nil
	case len(n.kids) == 0:
		return d.dec.SkipValue()
	case d.dec.PeekKind() == 'n':
		for _, col := range n.all {
			at, err := d.claim(col)
			if err != nil {
				return err
			}
			d.page.set(at, 0, null)
		}
		return d.dec.SkipValue()
	}
	return d.members(n, n.name)
}

// claim returns the cell of a column in the row in hand, which is filled once.
func (d *pageDecoder) claim(col int) (int, error) {
	at := d.base + col
	if d.page.states[at] != absent {
		return 0, fmt.Errorf("column %s comes twice in a record", strings.Join(d.columns[col].Path, "."))
	}
	d.left--
	return at, nil
}

// missing names the first column that the record in hand did not have. That
// is no null: a null is sent as such.
func (d *pageDecoder) missing() error {
	for col := range d.columns {
		if d.page.states[d.base+col] == absent {
			return fmt.Errorf("the answer lacks column %s", strings.Join(d.columns[col].Path, "."))
		}
	}
	return nil
}

// object calls member for each member of an object, with the name in quotes.
func (d *pageDecoder) object(what string, member func(i int, name []byte) error) error {
	if k := d.dec.PeekKind(); k != '{' && k != 0 {
		return fmt.Errorf("%s is not an object", what)
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	for i := 0; d.dec.PeekKind() != '}'; i++ {
		name, err := d.dec.ReadValue()
		if err != nil {
			return err
		}
		if err := member(i, name); err != nil {
			return err
		}
	}
	_, err := d.dec.ReadToken()
	return err
}

// consistent checks what a page says about itself: whether more pages follow
// must be beyond doubt, for a part must never look like the whole.
func (p *page) consistent() error {
	switch {
	case !p.hasRecords && p.width > 0:
		return errors.New("the answer lacks records")
	case !p.hasTotal:
		return errors.New("the answer lacks totalSize")
	case !p.hasDone && (p.rows > 0 || p.next != ""):
		return errors.New("the answer does not say whether it is done")
	case !p.hasDone:
		p.done = true // some servers leave it out of an empty answer
	case p.done && p.next != "":
		return errors.New("the answer says that it is done and names a next page")
	case !p.done && p.next == "":
		return errors.New("the answer is not done and names no next page")
	}
	return nil
}

// atEnd makes sure that nothing follows the value that was read.
func atEnd(dec *jsontext.Decoder) error {
	switch _, err := dec.ReadToken(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return err
	}
	return errors.New("something follows the end of the answer")
}
