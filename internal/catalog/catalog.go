package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Describer is what a catalog asks. Its methods may be called concurrently.
type Describer interface {
	// Global lists every sObject.
	Global(ctx context.Context) ([]Summary, error)
	// Describe describes sObjects, given by their exact names. It returns as
	// many results as names, in their order.
	Describe(ctx context.Context, names []string) []Described
	// Counts returns about how many records each sObject has. One that is
	// missing has an unknown number.
	Counts(ctx context.Context) (map[string]int64, error)
	// Locale returns the running user's locale, such as en_US.
	Locale(ctx context.Context) (string, error)
	// SeesAll returns whether the running user may see every record, whoever
	// owns it.
	SeesAll(ctx context.Context) (bool, error)
}

// Described is one sObject's describe, or why there is none.
type Described struct {
	Object *Object
	Err    error
}

// ErrNotAsked is what a Describer's error wraps where it was not the org that
// failed: one caller may not ask, and the next may.
var ErrNotAsked = errors.New("catalog: the org was not asked")

// NotFoundError says that the org has no sObject of a name, or that the user
// may not see it.
type NotFoundError struct {
	Name string
	Near []string // names like it, best first; may be empty
}

func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("catalog: the org has no sObject %q that the user may see", e.Name)
	if len(e.Near) > 0 {
		text += "; did you mean " + strings.Join(e.Near, ", ") + "?"
	}
	return text
}

// Catalog is an org's tables. Its methods may be called concurrently. What it
// returns is shared and must not be changed.
type Catalog struct {
	describer Describer
	global    once[*global]
	counts    once[map[string]int64] // by folded name
	locale    once[string]
	seesAll   once[bool]

	mu      sync.Mutex
	objects map[string]*Object // by exact name
	running map[string]*run[map[string]Described]
}

// global is the list of sObjects and the way into it.
type global struct {
	list   []Summary
	byName map[string]int // folded name
}

// New returns a catalog that has asked for nothing yet.
func New(d Describer) *Catalog {
	return &Catalog{
		describer: d,
		global:    once[*global]{load: func(ctx context.Context) (*global, error) { return loadGlobal(ctx, d) }},
		counts:    once[map[string]int64]{load: func(ctx context.Context) (map[string]int64, error) { return loadCounts(ctx, d) }},
		locale:    once[string]{load: d.Locale},
		seesAll:   once[bool]{load: func(ctx context.Context) (bool, error) { return loadSeesAll(ctx, d) }},
		objects:   make(map[string]*Object),
		running:   make(map[string]*run[map[string]Described]),
	}
}

func fold(name string) string { return strings.ToLower(name) }

func loadGlobal(ctx context.Context, d Describer) (*global, error) {
	list, err := d.Global(ctx)
	if err != nil {
		return nil, fmt.Errorf("catalog: listing sObjects: %w", err)
	}
	g := &global{list: list, byName: make(map[string]int, len(list))}
	for i, s := range list {
		g.byName[fold(s.Name)] = i
	}
	return g, nil
}

// loadCounts takes a failure for "nothing known", but not the end of the
// request and what was not asked, which say nothing about the org.
func loadCounts(ctx context.Context, d Describer) (map[string]int64, error) {
	counts, err := d.Counts(ctx)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if errors.Is(err, ErrNotAsked) {
		return nil, err
	}
	folded := make(map[string]int64, len(counts))
	for name, n := range counts {
		folded[fold(name)] = n
	}
	return folded, nil
}

// loadSeesAll takes a failure for a no: not every user may ask.
func loadSeesAll(ctx context.Context, d Describer) (bool, error) {
	all, err := d.SeesAll(ctx)
	if err != nil && ctx.Err() != nil {
		return false, ctx.Err()
	}
	return all && err == nil, nil
}

// Summaries lists every sObject in the org's order.
func (c *Catalog) Summaries(ctx context.Context) ([]Summary, error) {
	g, err := c.global.get(ctx)
	if err != nil {
		return nil, err
	}
	return g.list, nil
}

// Find looks a name up, in any case.
func (c *Catalog) Find(ctx context.Context, name string) (Summary, bool, error) {
	g, err := c.global.get(ctx)
	if err != nil {
		return Summary{}, false, err
	}
	i, ok := g.byName[fold(name)]
	if !ok {
		return Summary{}, false, nil
	}
	return g.list[i], true, nil
}

// Object returns a described sObject. A name that the org does not have is a
// *NotFoundError.
func (c *Catalog) Object(ctx context.Context, name string) (*Object, error) {
	objects, err := c.Objects(ctx, name)
	if err != nil {
		return nil, err
	}
	return objects[0], nil
}

// Objects returns described sObjects in the order of the names. Those that are
// not known yet are asked for together. The first failure is returned.
func (c *Catalog) Objects(ctx context.Context, names ...string) ([]*Object, error) {
	exact := make([]string, len(names))
	for i, name := range names {
		s, ok, err := c.Find(ctx, name)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, &NotFoundError{Name: name, Near: c.Nearest(name, 3)}
		}
		exact[i] = s.Name
	}
	if err := c.describe(ctx, exact); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	objects := make([]*Object, len(exact))
	for i, name := range exact {
		objects[i] = c.objects[name]
	}
	return objects, nil
}

// describe makes sure that sObjects are described: it joins the requests under
// way for some of them and starts one for the rest.
func (c *Catalog) describe(ctx context.Context, exact []string) error {
	c.mu.Lock()
	var runs []*run[map[string]Described]
	var ask []string
	for _, name := range exact {
		if c.objects[name] != nil || slices.Contains(ask, name) {
			continue
		}
		r := c.running[name]
		switch {
		case r == nil:
			ask = append(ask, name)
		case slices.Contains(runs, r):
		case r.join():
			runs = append(runs, r)
		default:
			ask = append(ask, name)
		}
	}
	if len(ask) > 0 {
		r := start(ctx, c.loader(ask), func(r *run[map[string]Described]) { c.keep(r, ask) })
		for _, name := range ask {
			c.running[name] = r
		}
		runs = append(runs, r)
	}
	c.mu.Unlock()
	err := waitAll(ctx, runs, exact)
	if errors.Is(err, ErrNotAsked) && len(ask) == 0 {
		return c.describe(ctx, exact) // those who asked might not; perhaps we may
	}
	return err
}

// waitAll waits for every run, also after a failure: each has counted the
// caller among its waiters.
func waitAll(ctx context.Context, runs []*run[map[string]Described], exact []string) error {
	var first error
	for _, r := range runs {
		results, err := r.wait(ctx)
		if err != nil && first == nil {
			first = err
		}
		for _, name := range exact {
			if d := results[name]; d.Err != nil && first == nil {
				first = fmt.Errorf("catalog: describing %s: %w", name, d.Err)
			}
		}
	}
	return first
}

// loader returns the request for the describes of some sObjects.
func (c *Catalog) loader(names []string) func(context.Context) (map[string]Described, error) {
	return func(ctx context.Context) (map[string]Described, error) {
		answers := c.describer.Describe(ctx, names)
		results := make(map[string]Described, len(names))
		for i, name := range names {
			d := Described{Err: fmt.Errorf("catalog: no describe of %s came", name)}
			if i < len(answers) && (answers[i].Object != nil || answers[i].Err != nil) {
				d = answers[i]
			}
			results[name] = d
		}
		return results, nil
	}
}

// keep takes over what a request brought.
func (c *Catalog) keep(r *run[map[string]Described], names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range names {
		if d := r.value[name]; d.Err == nil {
			c.objects[name] = d.Object
		}
		if c.running[name] == r {
			delete(c.running, name)
		}
	}
}

// Rows returns about how many records an sObject has, where that is known.
func (c *Catalog) Rows(ctx context.Context, name string) (n int64, known bool) {
	counts, err := c.counts.get(ctx)
	if err != nil {
		return 0, false
	}
	n, known = counts[fold(name)]
	return n, known
}

// KnownRows is Rows without waiting: what no call has brought yet is unknown.
func (c *Catalog) KnownRows(name string) (n int64, known bool) {
	counts, _ := c.counts.peek()
	n, known = counts[fold(name)]
	return n, known
}

// Known returns a described sObject without waiting, by its name in any case;
// nil where it is not described yet.
func (c *Catalog) Known(name string) *Object {
	g, loaded := c.global.peek()
	if !loaded {
		return nil
	}
	i, ok := g.byName[fold(name)]
	if !ok {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.objects[g.list[i].Name]
}

// Locale returns the running user's locale.
func (c *Catalog) Locale(ctx context.Context) (string, error) {
	locale, err := c.locale.get(ctx)
	if err != nil {
		return "", fmt.Errorf("catalog: asking for the user's locale: %w", err)
	}
	return locale, nil
}

// SeesAll returns whether the running user may certainly see every record.
func (c *Catalog) SeesAll(ctx context.Context) bool {
	all, err := c.seesAll.get(ctx)
	return err == nil && all
}
