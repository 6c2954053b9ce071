package salesforce

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sfsql/sfsql/soql"
)

// node is one name of the wanted column paths. The root's children are the
// members of a record, a parent relationship's those of its object.
type node struct {
	name string // as the caller wrote it; for a member nobody wants, as sent
	seen string // as the server last spelt it
	cols []int  // columns whose value stands here
	all  []int  // columns here and below: a null parent makes all of them null
	kids []*node
	byID map[string]*node // kids by folded name

	// order is what the last object showed, member by member. Records of a
	// result are alike, so nearly every name is met with one comparison.
	order []*node
}

// newPlan builds the tree of the columns' paths.
func newPlan(columns []soql.Column) (*node, error) {
	root := &node{}
	for i, col := range columns {
		if len(col.Path) == 0 {
			return nil, fmt.Errorf("salesforce: column %d has no path", i)
		}
		n := root
		for _, name := range col.Path {
			n.all = append(n.all, i)
			n = n.child(name)
		}
		n.all = append(n.all, i)
		n.cols = append(n.cols, i)
	}
	return root, root.check("")
}

func (n *node) child(name string) *node {
	key := strings.ToLower(name)
	if kid := n.byID[key]; kid != nil {
		return kid
	}
	kid := &node{name: name, seen: name}
	if n.byID == nil {
		n.byID = make(map[string]*node)
	}
	n.byID[key] = kid
	n.kids = append(n.kids, kid)
	return kid
}

// check refuses a path that is wanted both as a value and as a parent.
func (n *node) check(path string) error {
	if len(n.cols) > 0 && len(n.kids) > 0 {
		return fmt.Errorf("salesforce: %s cannot be both a value and a parent of %s", path, n.kids[0].name)
	}
	for _, kid := range n.kids {
		if err := kid.check(strings.TrimPrefix(path+"."+kid.name, ".")); err != nil {
			return err
		}
	}
	return nil
}

// member returns the node for the i-th member of an object, given its name in
// quotes. A member that no column wants gets a node without columns.
func (n *node) member(i int, quoted []byte) *node {
	name := quoted[1 : len(quoted)-1]
	if i < len(n.order) {
		if kid := n.order[i]; string(name) == kid.seen {
			return kid
		}
	}
	sent := string(name)
	plain := sent
	if strings.Contains(sent, `\`) {
		unescaped, _ := jsontext.AppendUnquote(nil, quoted)
		plain = string(unescaped)
	}
	kid := n.byID[strings.ToLower(plain)]
	if kid == nil {
		kid = &node{name: plain}
	}
	kid.seen = sent
	for len(n.order) <= i {
		n.order = append(n.order, kid)
	}
	n.order[i] = kid
	return kid
}
