package emulator

import (
	"net/http"
	"slices"
	"strings"
)

const (
	maxTreeDepth   = 5
	maxTreeObjects = 5
)

// treeNode is a record of a tree with what it hangs on.
type treeNode struct {
	record    *record
	reference string
	object    *Object
	parent    int // among the nodes, -1 for a root
	lookup    string
}

// treeResult is one record's line in the answer: its id, or its errors.
type treeResult struct {
	ReferenceID string     `json:"referenceId"`
	ID          string     `json:"id,omitempty"`
	Errors      []rowError `json:"errors,omitempty"`
}

type treeAnswer struct {
	HasErrors bool         `json:"hasErrors"`
	Results   []treeResult `json:"results"`
}

// tree serves composite/tree/X: records with their children, all or nothing.
func (c *call) tree(w *response, r *http.Request, path []string) error {
	c.count("tree")
	if len(path) != 1 {
		return notFound()
	}
	o, ok := c.store.object(path[0])
	if !ok {
		return notFound()
	}
	if r.Method != http.MethodPost {
		return methodNotAllowed(r.Method, "POST")
	}
	body, err := readRecord(w, r)
	if err != nil {
		return err
	}
	nodes, err := c.treeNodes(body, o)
	if err != nil {
		return err
	}
	if answer := checkTree(nodes); answer != nil {
		w.json(http.StatusBadRequest, answer)
		return nil
	}
	answer := treeAnswer{Results: []treeResult{}}
	c.atomically(func() bool {
		c.plant(nodes, &answer)
		return !answer.HasErrors
	})
	status := http.StatusCreated
	if answer.HasErrors {
		status = http.StatusBadRequest
	}
	w.json(status, answer)
	return nil
}

// treeNodes lists the records of a tree, parents before their children.
func (c *call) treeNodes(body *record, o *Object) ([]treeNode, error) {
	var nodes []treeNode
	var descend func(list *record, o *Object, parent int, lookup string, depth int) error
	descend = func(list *record, o *Object, parent int, lookup string, depth int) error {
		if depth > maxTreeDepth {
			return fail(http.StatusBadRequest, "INVALID_INPUT", "A tree may have at most %d levels", maxTreeDepth)
		}
		records, err := list.records("records")
		if err != nil {
			return err
		}
		for _, record := range records {
			if len(nodes) >= maxCollection {
				return fail(http.StatusBadRequest, "INVALID_INPUT", "A tree may have at most %d records", maxCollection)
			}
			kind := record.attribute("type")
			if !strings.EqualFold(kind, o.Name) {
				return fail(http.StatusBadRequest, "INVALID_INPUT", "The type %s in a record's attributes should be %s", kind, o.Name)
			}
			at := len(nodes)
			nodes = append(nodes, treeNode{record: record, reference: record.attribute("referenceId"), object: o, parent: parent, lookup: lookup})
			for _, child := range c.children(o) {
				if child.RelationshipName == nil {
					continue
				}
				below, ok := record.take(*child.RelationshipName)
				if !ok {
					continue
				}
				childObject, _ := c.store.object(child.ChildSObject)
				if err := descend(below, childObject, at, child.Field, depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return nodes, descend(body, o, -1, "", 1)
}

// take removes a list of children from a record and returns it.
func (r *record) take(name string) (*record, bool) {
	for key, v := range r.values {
		if below, ok := v.(*record); ok && strings.EqualFold(key, name) && below.values["records"] != nil {
			delete(r.values, key)
			return below, true
		}
	}
	return nil, false
}

// checkTree holds the tree's references and kinds against the rules.
func checkTree(nodes []treeNode) *treeAnswer {
	seen := map[string]bool{}
	var objects []*Object
	refuse := func(reference, format string, args ...any) *treeAnswer {
		return &treeAnswer{HasErrors: true, Results: []treeResult{{ReferenceID: reference, Errors: rowFailure("INVALID_INPUT", nil, format, args...)}}}
	}
	for i := range nodes {
		switch reference := nodes[i].reference; {
		case reference == "":
			return refuse("", "Include a reference ID for each record in the request")
		case seen[reference]:
			return refuse(reference, "Duplicate ReferenceId provided in the request")
		default:
			seen[reference] = true
		}
		if !slices.Contains(objects, nodes[i].object) {
			objects = append(objects, nodes[i].object)
		}
	}
	if len(objects) > maxTreeObjects {
		return refuse(nodes[0].reference, "A tree may have records of at most %d types", maxTreeObjects)
	}
	return nil
}

// plant inserts the nodes. Where some fail the answer holds those alone.
func (c *call) plant(nodes []treeNode, answer *treeAnswer) {
	ids := make([]string, len(nodes))
	var failed []treeResult
	for i, node := range nodes {
		op := node.record.op(opInsert, node.object.Name)
		if node.parent >= 0 {
			if ids[node.parent] == "" {
				continue // its parent's error is the one to tell
			}
			op.values[node.lookup] = ids[node.parent]
		}
		result := c.write([]rowOp{op}, false)[0]
		if len(result.errs) > 0 {
			failed = append(failed, treeResult{ReferenceID: node.reference, Errors: result.errs})
			continue
		}
		ids[i] = result.id
		answer.Results = append(answer.Results, treeResult{ReferenceID: node.reference, ID: result.id})
	}
	if len(failed) > 0 {
		answer.HasErrors, answer.Results = true, failed
	}
}
