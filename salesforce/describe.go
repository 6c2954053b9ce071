package salesforce

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// SObject is what the global describe says of an sObject.
type SObject struct {
	Name        string `json:"name"`
	Label       string `json:"label"`
	LabelPlural string `json:"labelPlural"`
	KeyPrefix   string `json:"keyPrefix"` // empty where the sObject has none
	Custom      bool   `json:"custom"`
	Queryable   bool   `json:"queryable"`
	Createable  bool   `json:"createable"`
	Updateable  bool   `json:"updateable"`
	Deletable   bool   `json:"deletable"`
	// AssociateEntityType is History, Share, Feed, ChangeEvent, … for an
	// sObject that accompanies AssociateParentEntity.
	AssociateEntityType   string `json:"associateEntityType"`
	AssociateParentEntity string `json:"associateParentEntity"`
}

// SObjectDescribe is the describe of one sObject.
type SObjectDescribe struct {
	SObject `json:",inline"`
	Fields  []Field `json:"fields"`
	// ChildRelationships are the fields that refer to this sObject.
	ChildRelationships []ChildRelationship `json:"childRelationships"`
}

// ChildRelationship is a field of another sObject, or of the same, that refers
// to the described one.
type ChildRelationship struct {
	ChildSObject        string `json:"childSObject"`
	Field               string `json:"field"`
	RelationshipName    string `json:"relationshipName"` // empty: no subquery can use it
	DeprecatedAndHidden bool   `json:"deprecatedAndHidden"`
}

// Field is one field of a describe, in Salesforce's words.
type Field struct {
	Name                  string          `json:"name"`
	Label                 string          `json:"label"`
	Type                  string          `json:"type"`
	SoapType              string          `json:"soapType"`
	Length                int             `json:"length"`
	ByteLength            int             `json:"byteLength"`
	Precision             int             `json:"precision"`
	Scale                 int             `json:"scale"`
	Digits                int             `json:"digits"`
	ReferenceTo           []string        `json:"referenceTo"`
	RelationshipName      string          `json:"relationshipName"`
	CompoundFieldName     string          `json:"compoundFieldName"`
	ExtraTypeInfo         string          `json:"extraTypeInfo"`
	NameField             bool            `json:"nameField"`
	Filterable            bool            `json:"filterable"`
	Sortable              bool            `json:"sortable"`
	Groupable             bool            `json:"groupable"`
	Aggregatable          bool            `json:"aggregatable"`
	CaseSensitive         bool            `json:"caseSensitive"`
	Nillable              bool            `json:"nillable"`
	Calculated            bool            `json:"calculated"`
	AutoNumber            bool            `json:"autoNumber"`
	Unique                bool            `json:"unique"`
	ExternalID            bool            `json:"externalId"`
	IDLookup              bool            `json:"idLookup"`
	Custom                bool            `json:"custom"`
	Createable            bool            `json:"createable"`
	Updateable            bool            `json:"updateable"`
	DefaultedOnCreate     bool            `json:"defaultedOnCreate"`
	PolymorphicForeignKey bool            `json:"polymorphicForeignKey"`
	PicklistValues        []PicklistValue `json:"picklistValues"`
}

// PicklistValue is one entry of a picklist.
type PicklistValue struct {
	Active bool   `json:"active"`
	Label  string `json:"label"`
	Value  string `json:"value"` // the API name, which records hold
}

// GlobalDescribe lists the org's sObjects.
func (c *Client) GlobalDescribe(ctx context.Context) ([]SObject, error) {
	var answer struct {
		SObjects []SObject `json:"sobjects"`
	}
	err := c.do(ctx, &call{op: "global describe", ref: c.rest("/sobjects"), read: into(&answer)})
	return answer.SObjects, err
}

// Describe describes one sObject.
func (c *Client) Describe(ctx context.Context, name string) (*SObjectDescribe, error) {
	var answer SObjectDescribe
	err := c.do(ctx, &call{op: "describe " + name, ref: c.rest(describePath(name)), read: into(&answer)})
	if err != nil {
		return nil, err
	}
	return &answer, nil
}

func describePath(name string) string { return "/sobjects/" + url.PathEscape(name) + "/describe" }

// DescribeResult is the describe of one of several sObjects, or why there is none.
type DescribeResult struct {
	Name   string // as asked
	Object *SObjectDescribe
	Err    error
}

// Describes travel in batches of at most 25, the limit of composite/batch, and
// a few batches at once.
const (
	describeBatch    = 25
	describeParallel = 4
)

// DescribeMany describes sObjects with one call for each 25 of them. The
// results are in the order of the names, each with an error of its own.
func (c *Client) DescribeMany(ctx context.Context, names []string) []DescribeResult {
	results := make([]DescribeResult, len(names))
	slots := make(chan struct{}, describeParallel)
	var batches sync.WaitGroup
	for begin := 0; begin < len(names); begin += describeBatch {
		end := min(begin+describeBatch, len(names))
		slots <- struct{}{}
		batches.Go(func() {
			defer func() { <-slots }()
			c.describeBatch(ctx, names[begin:end], results[begin:end])
		})
	}
	batches.Wait()
	return results
}

// describeBatch fills results, which is as long as names.
func (c *Client) describeBatch(ctx context.Context, names []string, results []DescribeResult) {
	if len(names) == 1 {
		object, err := c.Describe(ctx, names[0])
		results[0] = DescribeResult{names[0], object, err}
		return
	}
	err := c.do(ctx, c.batchCall(names, results))
	for i, name := range names {
		if err != nil {
			results[i] = DescribeResult{Err: err}
		}
		results[i].Name = name
	}
}

type batchRequest struct {
	HaltOnError bool        `json:"haltOnError"`
	Requests    []batchItem `json:"batchRequests"`
}

type batchItem struct {
	Method string `json:"method"`
	URL    string `json:"url"`
}

func (c *Client) batchCall(names []string, results []DescribeResult) *call {
	var batch batchRequest
	for _, name := range names {
		batch.Requests = append(batch.Requests, batchItem{http.MethodGet, "v" + c.version + describePath(name)})
	}
	body, err := json.Marshal(batch, jsonOptions)
	if err != nil {
		panic("salesforce: a batch of strings cannot be marshalled: " + err.Error())
	}
	return &call{
		op:     fmt.Sprintf("describe of %d objects", len(names)),
		method: http.MethodPost,
		ref:    c.rest("/composite/batch"),
		body:   body,
		read:   func(r io.Reader) error { return readBatch(r, names, results) },
	}
}

func readBatch(r io.Reader, names []string, results []DescribeResult) error {
	var answer struct {
		Results []struct {
			Status int            `json:"statusCode"`
			Result jsontext.Value `json:"result"`
		} `json:"results"`
	}
	if err := readJSON(r, &answer); err != nil {
		return err
	}
	if len(answer.Results) != len(names) {
		return fmt.Errorf("a batch of %d requests has %d answers", len(names), len(answer.Results))
	}
	for i, sub := range answer.Results {
		results[i] = DescribeResult{}
		op := "describe " + names[i]
		if sub.Status < 200 || sub.Status > 299 {
			results[i].Err = errorFrom(op, sub.Status, nil, bytes.NewReader(sub.Result))
			continue
		}
		object := new(SObjectDescribe)
		if err := readJSON(bytes.NewReader(sub.Result), object); err != nil {
			results[i].Err = &AnswerError{Op: op, Problem: err.Error(), Err: err}
			continue
		}
		if !strings.EqualFold(object.Name, names[i]) {
			results[i].Err = &AnswerError{Op: op, Problem: fmt.Sprintf("it describes %q", object.Name)}
			continue
		}
		results[i].Object = object
	}
	return nil
}
