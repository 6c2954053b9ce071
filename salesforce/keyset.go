package salesforce

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/sfsql/sfsql/soql"
)

// keyset is what is known of a statement whose result can go on by Id: after
// the records read so far come those with a greater Id.
type keyset struct {
	query   *soql.Query
	column  int    // that has the Id; -1 where none has
	ordered bool   // the statement itself asks for the order of Ids
	desc    bool   // the greatest first
	last    []byte // of the Ids read, the one farthest in that order, 15 characters; empty before the first
	part    idRange
	parts   []idRange // still to be read
}

// newKeyset returns nil for a statement that cannot go on by Id.
func newKeyset(soqlText string, opts QueryOptions) *keyset {
	if !opts.UniqueIDs {
		return nil
	}
	q, err := soql.Parse(soqlText)
	if err != nil || q.IsCount() || q.IsAggregate() || q.Offset != nil || q.For != "" || q.Update != "" || q.ForUpdate {
		return nil
	}
	for _, item := range q.Select {
		if _, nested := item.Expr.(*soql.Subquery); nested {
			return nil // their pages hang on the statement's locator
		}
	}
	k := &keyset{query: q, column: -1}
	switch {
	case len(q.OrderBy) == 1 && isID(q.OrderBy[0].Expr):
		k.ordered, k.desc = true, q.OrderBy[0].Desc
	case len(q.OrderBy) > 0:
		return nil
	}
	for i, col := range opts.Columns {
		if len(col.Path) == 1 && strings.EqualFold(col.Path[0], "Id") && col.Kind == soql.KindText {
			k.column = i
		}
	}
	return k
}

func isID(x soql.Operand) bool {
	f, ok := x.(*soql.Field)
	return ok && len(f.Path) == 1 && strings.EqualFold(f.Path[0], "Id")
}

// follows reports whether an Id of 15 characters comes after another.
// Salesforce orders them as bytes are.
func (k *keyset) follows(id, other []byte) bool {
	if k.desc {
		id, other = other, id
	}
	return bytes.Compare(id, other) > 0
}

// note remembers the Ids of a page. Where its records must come in order, each
// after all before, it reports the first that does not.
func (k *keyset) note(p *page, inOrder bool) error {
	r := reader{batch: &p.batch}
	for range p.rows {
		id := r.Bytes(k.column)
		if len(id) < 15 {
			return fmt.Errorf("%q is no Id", clip(id))
		}
		if len(k.last) == 0 || k.follows(id[:15], k.last) {
			k.last = append(k.last[:0], id[:15]...)
		} else if inOrder {
			return fmt.Errorf("record %s comes out of its order", id)
		}
		r.base += p.width
	}
	return nil
}

func idIs(op soql.Op, id string) soql.Expr {
	return &soql.Comparison{Left: soql.NewField("Id"), Op: op, Value: soql.Literal{Kind: soql.StringLiteral, Text: id}}
}

// where is the statement's condition within the part in hand.
func (k *keyset) where(more ...soql.Expr) soql.Expr {
	terms := []soql.Expr{k.query.Where}
	if k.part.from != "" {
		terms = append(terms, idIs(soql.GE, k.part.from))
	}
	if k.part.to != "" {
		terms = append(terms, idIs(soql.LT, k.part.to))
	}
	return soql.And(append(terms, more...)...)
}

// begin is the statement of the part in hand.
func (k *keyset) begin() string {
	q := *k.query
	q.Where = k.where()
	return q.String()
}

// after asks for so many records behind those read so far.
func (k *keyset) after(limit int64) string {
	q := *k.query
	q.Where = k.where()
	if len(k.last) > 0 {
		op := soql.GT
		if k.desc {
			op = soql.LT
		}
		q.Where = k.where(idIs(op, string(k.last)))
	}
	q.OrderBy = []soql.Order{{Expr: soql.NewField("Id"), Desc: k.desc}}
	q.Limit = &limit
	return q.String()
}

// upTo counts the records that do not come after those read so far.
func (k *keyset) upTo() string {
	q := k.counting()
	q.Where = k.where(idIs(soql.LE, string(k.last)))
	q.Limit = nil
	return q.String()
}

// counting is the statement with a count in the place of its records.
func (k *keyset) counting() *soql.Query {
	q := *k.query
	q.Select, q.OrderBy = nil, nil
	return &q
}

// countOf returns the statement that counts another's records, if there is one.
func countOf(soqlText string) (string, bool) {
	q, err := soql.Parse(soqlText)
	if err != nil || q.IsAggregate() || q.Offset != nil {
		return "", false
	}
	return (&keyset{query: q}).counting().String(), true
}

// idRange is a part of an object's Ids: those from one, up to but not
// including another. An empty bound leaves that side open.
type idRange struct {
	from, to string
	low, up  *big.Int // between which the Ids in use lie
	prefix   string   // which they share
	depth    int
}

const (
	// A statement that takes too long is cut into so many parts, and those
	// again, so deep. Each try costs the two minutes after which Salesforce
	// gives up.
	partsAtOnce  = 4
	deepestParts = 6
)

var errNoParts = errors.New("its Ids cannot be divided")

// split divides a range into parts that together are the whole, in ascending
// order.
func (r idRange) split() ([]idRange, error) {
	width := new(big.Int).Sub(r.up, r.low)
	if r.depth == deepestParts || width.Cmp(big.NewInt(partsAtOnce)) < 0 {
		return nil, errNoParts
	}
	parts := make([]idRange, partsAtOnce)
	from, low := r.from, r.low
	for i := range parts {
		p := idRange{from: from, to: r.to, low: low, up: r.up, prefix: r.prefix, depth: r.depth + 1}
		if i < partsAtOnce-1 {
			cut := new(big.Int).Mul(width, big.NewInt(int64(i+1)))
			cut.Add(r.low, cut.Div(cut, big.NewInt(partsAtOnce)))
			p.up, p.to = cut, r.prefix+base62(cut, 15-len(r.prefix))
		}
		parts[i] = p
		from, low = p.to, p.up
	}
	return parts, nil
}

// wholeRange holds all Ids; least and greatest are the ends of those in use.
func wholeRange(least, greatest string) (idRange, error) {
	const prefix = 3 // names the object
	if len(least) < 15 || len(greatest) < 15 || least[:prefix] != greatest[:prefix] {
		return idRange{}, errNoParts
	}
	low, ok := fromBase62(least[prefix:15])
	up, ok2 := fromBase62(greatest[prefix:15])
	if !ok || !ok2 {
		return idRange{}, errNoParts
	}
	return idRange{low: low, up: up, prefix: least[:prefix]}, nil
}

// digits of Ids, in their order.
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func fromBase62(s string) (*big.Int, bool) {
	n := new(big.Int)
	for i := range len(s) {
		d := strings.IndexByte(digits, s[i])
		if d < 0 {
			return nil, false
		}
		n.Add(n.Mul(n, big.NewInt(62)), big.NewInt(int64(d)))
	}
	return n, true
}

func base62(n *big.Int, width int) string {
	out := make([]byte, width)
	rest, digit := new(big.Int).Set(n), new(big.Int)
	for i := width - 1; i >= 0; i-- {
		rest.DivMod(rest, big.NewInt(62), digit)
		out[i] = digits[digit.Int64()]
	}
	return string(out)
}
