package salesforce

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Salesforce takes at most 16,384 bytes of URI and headers together. What is
// kept free is for the headers that proxies add on the way.
const longestRequest = 16384 - 1024

// sentSize counts the bytes of a request's first line and headers.
func sentSize(req *http.Request) int {
	const frame = len(" HTTP/1.1\r\n") + len("Host: \r\n") + len("\r\n")
	// The whole URL is counted and not its path alone, as a proxy would see it.
	n := frame + len(req.Method) + 1 + len(req.URL.String()) + len(req.URL.Host)
	for key, values := range req.Header {
		for _, v := range values {
			n += len(key) + len(": ") + len(v) + len("\r\n")
		}
	}
	return n
}

type compositeRequest struct {
	AllOrNone bool         `json:"allOrNone"`
	Requests  []subrequest `json:"compositeRequest"`
}

type subrequest struct {
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	ReferenceID string            `json:"referenceId"`
	Headers     map[string]string `json:"httpHeaders,omitzero"`
}

// wrap puts a GET into the body of POST /composite, where a statement may have
// all of its 100,000 characters. It reads only, so it may be sent again like
// the GET itself.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
func wrap(k *call) *call {
	sub := subrequest{Method: http.MethodGet, URL: k.ref, ReferenceID: "r1"}
	if k.batchSize > 0 {
		sub.Headers = map[string]string{queryOptionsHeader: batchSizeOption(k.batchSize)}
	}
	body, err := json.Marshal(compositeRequest{Requests: []subrequest{sub}}, jsonOptions)
	if err != nil {
		panic("salesforce: a composite request of strings cannot be marshalled: " + err.Error())
	}
	// k.ref is /services/data/vNN.N/…, whose first part the resource shares.
	root := k.ref[:strings.IndexByte(k.ref[len("/services/data/"):], '/')+len("/services/data/")]
	return &call{
		op:     k.op,
		method: http.MethodPost,
		ref:    root + "/composite",
		body:   body,
		read:   func(r io.Reader) error { return unwrap(k, r) },
	}
}

// unwrap treats the sub-answer as do treats a direct one.
func unwrap(k *call, r io.Reader) error {
	var answer struct {
		Responses []struct {
			Body    jsontext.Value    `json:"body"`
			Headers map[string]string `json:"httpHeaders"`
			Status  int               `json:"httpStatusCode"`
		} `json:"compositeResponse"`
	}
	if err := readJSON(r, &answer); err != nil {
		return err
	}
	if n := len(answer.Responses); n != 1 {
		return fmt.Errorf("a composite call of one request has %d answers", n)
	}
	sub := answer.Responses[0]
	if sub.Status < 200 || sub.Status > 299 {
		h := make(http.Header)
		for key, v := range sub.Headers {
			h.Set(key, v)
		}
		return errorFrom(k.op, sub.Status, h, bytes.NewReader(sub.Body))
	}
	return k.read(bytes.NewReader(sub.Body))
}

// readJSON decodes an answer that consists of one value.
func readJSON(r io.Reader, v any) error {
	dec := newJSON(r)
	if err := json.UnmarshalDecode(dec, v); err != nil {
		var wrong *json.SemanticError
		if errors.As(err, &wrong) && !isDamage(err) {
			return fmt.Errorf("it does not have the documented form: %w", err)
		}
		return err
	}
	return atEnd(dec)
}

// into returns a read function for an answer that is decoded whole.
func into[T any](v *T) func(io.Reader) error {
	return func(r io.Reader) error {
		var zero T
		*v = zero // nothing of a broken answer before
		return readJSON(r, v)
	}
}
