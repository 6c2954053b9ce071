package export

import (
	"fmt"
	"hash/fnv"
	"io"
	"slices"

	"github.com/sfsql/sfsql/internal/format"
)

// mostRecent bounds how many records a mark remembers. Beyond it, records
// within the look-back come again.
const mostRecent = 10_000

// recent knows the records that changes have brought within the look-back, so
// that asking for that time again brings only what has changed since. A record
// is known by its Id and all its values: SystemModstamp counts in seconds, in
// which it may change twice.
type recent struct {
	before   map[string]string // what the export before knew
	now      map[string]string // what this one will leave; nil once there are too many
	from     string            // what is as young as this is remembered
	id, when int               // places of the columns
	out      func([]any) error
}

// recently wraps the writing of an object's rows. Where there is no state, or
// no mark, nothing needs to be known.
func (r *run) recently(cp *checkpoint, out func([]any) error) (func([]any) error, error) {
	if r.state == nil || cp.High == "" {
		return out, nil
	}
	place := func(name string) int {
		return slices.IndexFunc(cp.Columns, func(c saved) bool { return c.Name == name })
	}
	from, err := back(cp.High, r.opts.Lookback)
	if err != nil {
		return nil, err
	}
	old, _, err := r.state.get(cp.Object, r.opts.Where)
	if err != nil {
		return nil, err
	}
	if cp.Recent == nil && cp.At.Parts == 0 {
		cp.Recent = map[string]string{}
	}
	k := &recent{before: old.Recent, now: cp.Recent, from: from, id: place("Id"), when: place(cp.Cursor), out: out}
	if k.id < 0 || k.when < 0 {
		return out, nil
	}
	return func(values []any) error {
		err := k.row(values)
		cp.Recent = k.now
		return err
	}, nil
}

// row passes on a row that is not known.
func (k *recent) row(values []any) error {
	id, _ := values[k.id].(string)
	when, _ := values[k.when].(string)
	known, ok := k.before[id]
	young := when >= k.from && k.now != nil
	if !ok && !young {
		return k.out(values)
	}
	digest := digestOf(values)
	if young {
		if k.now[id] = digest; len(k.now) > mostRecent {
			k.now = nil
		}
	}
	if ok && known == digest {
		return nil
	}
	return k.out(values)
}

// digestOf tells rows apart.
func digestOf(values []any) string {
	h := fnv.New128a()
	for _, v := range values {
		if v == nil {
			_, _ = io.WriteString(h, "-")
			continue
		}
		text := format.Text(v)
		_, _ = fmt.Fprintf(h, "%T%d:%s", v, len(text), text)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
