package emulator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxBody bounds the body of a request that the org reads.
const maxBody = 16 << 20

// readBody returns the JSON text of a request, which may be compressed.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
			return nil, fail(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
				"Content-Type header specified in HTTP request is not supported: %s", kind)
		}
	}
	body := io.Reader(http.MaxBytesReader(w, r.Body, maxBody))
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		zip, err := gzip.NewReader(body)
		if err != nil {
			return nil, fail(http.StatusBadRequest, "JSON_PARSER_ERROR", "the request's body is not in gzip format")
		}
		// What 16 MB unpack to has a bound of its own.
		body = io.LimitReader(zip, 4*maxBody)
	}
	text, err := io.ReadAll(body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, fail(http.StatusRequestEntityTooLarge, "REQUEST_ENTITY_TOO_LARGE", "the request's body exceeds %d bytes", maxBody)
	case err != nil:
		return nil, fail(http.StatusBadRequest, "JSON_PARSER_ERROR", "the request's body cannot be read")
	case len(bytes.TrimSpace(text)) == 0:
		return nil, fail(http.StatusBadRequest, "JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body.")
	}
	return text, nil
}

// record is a JSON object that remembers where its values stood. Objects
// within it are records too; other values are as encoding/json has them, with
// numbers as json.Number.
type record struct {
	values map[string]any
	places map[string]textPlace
}

// parseRecord reads a text that is one JSON object.
func parseRecord(text []byte) (*record, error) {
	p := &jsonReader{text: text, dec: json.NewDecoder(bytes.NewReader(text))}
	p.dec.UseNumber()
	v, err := p.value()
	if err == nil {
		if _, more := p.dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("text behind the end")
		}
	}
	if err != nil {
		return nil, p.failure(err)
	}
	r, ok := v.(*record)
	if !ok {
		return nil, fail(http.StatusBadRequest, "JSON_PARSER_ERROR", "Can not deserialize an object from %s value %s at [line:1, column:1]",
			tokenName(v), tokenText(v))
	}
	return r, nil
}

// readRecord reads the request's body as one JSON object.
func readRecord(w http.ResponseWriter, r *http.Request) (*record, error) {
	text, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	return parseRecord(text)
}

type jsonReader struct {
	text  []byte
	dec   *json.Decoder
	depth int
}

const maxDepth = 100

func (p *jsonReader) value() (any, error) {
	token, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	opened, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if p.depth++; p.depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	defer func() { p.depth-- }()
	if opened == '[' {
		return p.list()
	}
	return p.object()
}

func (p *jsonReader) list() (any, error) {
	list := []any{}
	for p.dec.More() {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := p.dec.Token()
	return list, err
}

func (p *jsonReader) object() (any, error) {
	r := &record{values: map[string]any{}, places: map[string]textPlace{}}
	for p.dec.More() {
		token, err := p.dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // the decoder lets nothing else be a name
		at := p.place(p.dec.InputOffset(), ": \t\r\n")
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		r.values[name], r.places[name] = v, at
	}
	_, err := p.dec.Token()
	return r, err
}

// place counts lines and columns from 1, after what may stand before a value.
func (p *jsonReader) place(offset int64, skip string) textPlace {
	at := min(int(offset), len(p.text))
	for at < len(p.text) && strings.IndexByte(skip, p.text[at]) >= 0 {
		at++
	}
	before := p.text[:at]
	return textPlace{line: 1 + bytes.Count(before, []byte("\n")), column: at - bytes.LastIndexByte(before, '\n')}
}

// failure tells where the text is wrong. The decoder of tokens miscounts, so
// the text is read once more as a whole.
func (p *jsonReader) failure(err error) error {
	var syntax *json.SyntaxError
	if !errors.As(json.Unmarshal(p.text, new(json.RawMessage)), &syntax) {
		at := p.place(p.dec.InputOffset(), " \t\r\n")
		return fail(http.StatusBadRequest, "JSON_PARSER_ERROR", "%v at [line:%d, column:%d]", err, at.line, at.column)
	}
	bad := int(syntax.Offset) - 1
	if strings.HasPrefix(syntax.Error(), "unexpected end") || bad < 0 || bad >= len(p.text) {
		at := p.place(int64(len(p.text)), "")
		return fail(http.StatusBadRequest, "JSON_PARSER_ERROR", "Unexpected end-of-input at [line:%d, column:%d]", at.line, at.column)
	}
	c, at := p.text[bad], p.place(int64(bad), "")
	return fail(http.StatusBadRequest, "JSON_PARSER_ERROR", "Unexpected character ('%c' (code %d)) at [line:%d, column:%d]", c, c, at.line, at.column)
}

// text returns a string member, empty where there is none.
func (r *record) text(name string) string {
	s, _ := r.values[name].(string)
	return s
}

// flag returns a boolean member.
func (r *record) flag(name string) bool {
	b, _ := r.values[name].(bool)
	return b
}

// records returns the objects of a list, and refuses anything else.
func (r *record) records(name string) ([]*record, error) {
	list, ok := r.values[name].([]any)
	if !ok {
		return nil, fail(http.StatusBadRequest, "JSON_PARSER_ERROR", "The request needs a list named %s", name)
	}
	records := make([]*record, len(list))
	for i, v := range list {
		if records[i], ok = v.(*record); !ok {
			return nil, fail(http.StatusBadRequest, "JSON_PARSER_ERROR", "Cannot deserialize instance of an object from %s value %s",
				tokenName(v), tokenText(v))
		}
	}
	return records, nil
}

// attribute returns a member of the record's attributes.
func (r *record) attribute(name string) string {
	attributes, ok := r.values["attributes"].(*record)
	if !ok {
		return ""
	}
	return attributes.text(name)
}

// id returns the record's own id, which it may spell in any case.
func (r *record) id() (id string, given bool) {
	v, given := lookUpFold(r.values, "Id")
	id, _ = v.(string)
	return id, given
}

// op asks for the record to be written.
func (r *record) op(kind opKind, object string) rowOp {
	op := rowOp{kind: kind, object: object, places: r.places, values: make(map[string]any, len(r.values))}
	for name, v := range r.values {
		op.values[name] = plainValue(v)
	}
	op.id, _ = r.id()
	return op
}

// plainValue turns records within a value into maps.
func plainValue(v any) any {
	switch v := v.(type) {
	case *record:
		out := make(map[string]any, len(v.values))
		for name, member := range v.values {
			out[name] = plainValue(member)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plainValue(v[i])
		}
		return out
	}
	return v
}
