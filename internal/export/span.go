package export

import (
	"context"
	"fmt"
	"math/big"
	"strings"
)

// span is a range of Ids: those after the one and up to the other. Empty means
// no bound.
type span struct {
	After string `json:"after,omitempty"`
	UpTo  string `json:"up_to,omitempty"`
	Rows  int64  `json:"rows"` // as counted or known; -1 means unknown
}

// most is how many rows a part may have: cutting one that is hardly too large
// would make two small ones.
func (r *run) most() int64 { return r.opts.Threshold + r.opts.Threshold/2 }

// nextSpan takes the next part off the list of what is left, cutting what is
// too large. It returns false where nothing is left.
func (r *run) nextSpan(ctx context.Context, s *source, left []span) (span, []span, bool, error) {
	for len(left) > 0 {
		head := left[0]
		if s.object == nil || !s.object.ranged() {
			return head, left[1:], true, nil
		}
		if head.Rows < 0 {
			n, err := r.count(ctx, s, head)
			if refused(err) {
				return head, left[1:], true, nil
			}
			if err != nil {
				return head, nil, false, err
			}
			head.Rows = n
		}
		if head.Rows == 0 && head.After != "" {
			left = left[1:]
			continue
		}
		if head.Rows <= r.most() {
			return head, left[1:], true, nil
		}
		cuts, err := r.cut(ctx, s, head)
		if refused(err) {
			return head, left[1:], true, nil
		}
		if err != nil {
			return head, nil, false, err
		}
		if len(cuts) == 1 {
			return head, left[1:], true, nil
		}
		left = append(cuts, left[1:]...)
	}
	return span{}, nil, false, nil
}

func (r *run) count(ctx context.Context, s *source, in span) (n int64, err error) {
	err = r.each(ctx, s.statement("count(*)", in, "", ""), func(v []any) error {
		n = v[0].(int64)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("counting the records of a range: %w", err)
	}
	return n, nil
}

// cut divides a range between its first and its last Id.
func (r *run) cut(ctx context.Context, s *source, in span) ([]span, error) {
	var ends [2]string
	for i, order := range []string{"", " DESC"} {
		err := r.each(ctx, s.statement(`"Id"`, in, "", ` ORDER BY "Id"`+order+" LIMIT 1"), func(v []any) error {
			ends[i] = v[0].(string)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("looking for the ends of a range: %w", err)
		}
	}
	return divide(in, ends[0], ends[1], (in.Rows+r.opts.Threshold-1)/r.opts.Threshold), nil
}

// mostCuts bounds into how many ranges one is cut at once.
const mostCuts = 1000

// divide cuts a range into n of about the same width in Ids. One whose Ids
// have different key prefixes stays whole: what lies between is no Id.
func divide(in span, first, last string, n int64) []span {
	if len(first) < idLength || len(last) < idLength || first[:3] != last[:3] {
		return []span{in}
	}
	lo, hi := idNumber(first), idNumber(last)
	width := new(big.Int).Sub(hi, lo)
	n = min(n, mostCuts)
	if n < 2 || width.Cmp(big.NewInt(n)) < 0 {
		return []span{in}
	}
	out := make([]span, 0, n)
	after := in.After
	for i := int64(1); i < n; i++ {
		at := new(big.Int).Mul(width, big.NewInt(i))
		at.Add(lo, at.Div(at, big.NewInt(n)))
		upTo := idText(at)
		out = append(out, span{After: after, UpTo: upTo, Rows: -1})
		after = upTo
	}
	return append(out, span{After: after, UpTo: in.UpTo, Rows: -1})
}

// Ids are numbers to the base 62, but for the three check characters at the
// end of those with 18.
const (
	idLength = 15
	digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

var base62 = big.NewInt(62)

func idNumber(id string) *big.Int {
	n := new(big.Int)
	for i := range idLength {
		n.Mul(n, base62)
		n.Add(n, big.NewInt(int64(max(0, strings.IndexByte(digits62, id[i])))))
	}
	return n
}

func idText(n *big.Int) string {
	var out [idLength]byte
	rest, digit := new(big.Int).Set(n), new(big.Int)
	for i := idLength - 1; i >= 0; i-- {
		rest.DivMod(rest, base62, digit)
		out[i] = digits62[digit.Int64()]
	}
	return string(out[:])
}
