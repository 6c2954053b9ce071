package catalog

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// org is a describer that counts what it is asked, each answer taking a second
// of the test's clock.
type org struct {
	mu        sync.Mutex
	globals   int
	described [][]string
	counts    int
	locales   int
	rights    int
	seesAll   bool
	fail      error            // of everything
	failOf    map[string]error // of one object's describe
	cancelled int              // requests that ended with their context
}

var errOrg = errors.New("the org is down")

func (o *org) ask(ctx context.Context, count func()) error {
	o.mu.Lock()
	count()
	fail := o.fail
	o.mu.Unlock()
	select {
	case <-time.After(time.Second):
		return fail
	case <-ctx.Done():
		o.mu.Lock()
		o.cancelled++
		o.mu.Unlock()
		return ctx.Err()
	}
}

func (o *org) Global(ctx context.Context) ([]Summary, error) {
	err := o.ask(ctx, func() { o.globals++ })
	if err != nil {
		return nil, err
	}
	var list []Summary
	for _, name := range []string{"Account", "Contact", "Case", "Order", "Invoice__c", "Hidden"} {
		list = append(list, Summary{Name: name, Queryable: name != "Hidden"})
	}
	return list, nil
}

func (o *org) Describe(ctx context.Context, names []string) []Described {
	err := o.ask(ctx, func() { o.described = append(o.described, names) })
	results := make([]Described, len(names))
	for i, name := range names {
		results[i] = Described{Object: &Object{Summary: Summary{Name: name}}}
		if err := errors.Join(err, o.failOf[name]); err != nil {
			results[i] = Described{Err: err}
		}
	}
	return results
}

func (o *org) Counts(ctx context.Context) (map[string]int64, error) {
	err := o.ask(ctx, func() { o.counts++ })
	return map[string]int64{"Account": 7, "Case": 0}, err
}

func (o *org) Locale(ctx context.Context) (string, error) {
	return "tr_TR", o.ask(ctx, func() { o.locales++ })
}

func (o *org) SeesAll(ctx context.Context) (bool, error) {
	return o.seesAll, o.ask(ctx, func() { o.rights++ })
}

// Whether a user sees everything is asked once; who may not ask is taken for
// one who does not.
func TestSeesAll(t *testing.T) {
	for _, want := range []bool{true, false} {
		onClock(t, func(t *testing.T, o *org, c *Catalog) {
			o.seesAll = true
			if !want {
				o.fail = errOrg
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if c.SeesAll(ended) {
				t.Error("an ended request says yes")
			}
			synctest.Wait()
			o.rights = 0
			for range 3 {
				if got := c.SeesAll(t.Context()); got != want {
					t.Errorf("%v, want %v", got, want)
				}
			}
			if o.rights != 1 {
				t.Errorf("asked %d times", o.rights)
			}
		})
	}
}

// onClock runs a test on a fake clock; the bubble fails if a goroutine is left.
func onClock(t *testing.T, f func(t *testing.T, o *org, c *Catalog)) {
	synctest.Test(t, func(t *testing.T) {
		o := &org{failOf: map[string]error{}}
		f(t, o, New(o))
	})
}

func TestNamesAreFoundInAnyCase(t *testing.T) {
	onClock(t, func(t *testing.T, o *org, c *Catalog) {
		for _, name := range []string{"Account", "ACCOUNT", "account"} {
			s, ok, err := c.Find(t.Context(), name)
			if err != nil || !ok || s.Name != "Account" {
				t.Errorf("%s: %v, %v, %v", name, s, ok, err)
			}
		}
		if _, ok, err := c.Find(t.Context(), "Nope"); ok || err != nil {
			t.Errorf("Nope: %v, %v", ok, err)
		}
		if list, err := c.Summaries(t.Context()); err != nil || len(list) != 6 || list[0].Name != "Account" {
			t.Errorf("%v, %v", list, err)
		}
		if o.globals != 1 {
			t.Errorf("%d global describes, want 1", o.globals)
		}
	})
}

func TestObjectsAreDescribedTogetherAndOnce(t *testing.T) {
	onClock(t, func(t *testing.T, o *org, c *Catalog) {
		got, err := c.Objects(t.Context(), "case", "ACCOUNT", "Case")
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Name != "Case" || got[1].Name != "Account" || got[2] != got[0] {
			t.Errorf("got %v", got)
		}
		if _, err := c.Objects(t.Context(), "Contact", "Account"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Object(t.Context(), "contact"); err != nil {
			t.Fatal(err)
		}
		if want := [][]string{{"Case", "Account"}, {"Contact"}}; !reflect.DeepEqual(o.described, want) {
			t.Errorf("described %v, want %v", o.described, want)
		}
	})
}

func TestConcurrentCallersShareTheirRequests(t *testing.T) {
	onClock(t, func(t *testing.T, o *org, c *Catalog) {
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				names := [][]string{{"Account", "Case"}, {"Case", "Contact"}, {"Contact", "Account", "Order"}}[i%3]
				got, err := c.Objects(t.Context(), names...)
				if err != nil || len(got) != len(names) || slices.Contains(got, nil) {
					t.Errorf("%v: %v, %v", names, got, err)
				}
				if _, known := c.Rows(t.Context(), "Account"); !known {
					t.Error("no count")
				}
				if _, err := c.Locale(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		asked := map[string]int{}
		for _, names := range o.described {
			for _, name := range names {
				asked[name]++
			}
		}
		if !reflect.DeepEqual(asked, map[string]int{"Account": 1, "Case": 1, "Contact": 1, "Order": 1}) {
			t.Errorf("described %v", o.described)
		}
		if o.globals != 1 || o.counts != 1 || o.locales != 1 {
			t.Errorf("%d globals, %d counts, %d locales, want 1 each", o.globals, o.counts, o.locales)
		}
	})
}

func TestACallerThatLeavesDoesNotEndTheOthersRequest(t *testing.T) {
	onClock(t, func(t *testing.T, o *org, c *Catalog) {
		for _, ask := range []func(context.Context) error{
			func(ctx context.Context) error { _, err := c.Summaries(ctx); return err },
			func(ctx context.Context) error { _, err := c.Object(ctx, "Account"); return err },
		} {
			leader, leave := context.WithCancel(t.Context())
			first, second := make(chan error, 1), make(chan error, 1)
			go func() { first <- ask(leader) }()
			synctest.Wait()
			go func() { second <- ask(t.Context()) }()
			synctest.Wait()
			leave()
			if err := <-first; !errors.Is(err, context.Canceled) {
				t.Errorf("who left got %v", err)
			}
			if err := <-second; err != nil {
				t.Errorf("who stayed got %v", err)
			}
		}
		if o.globals != 1 || len(o.described) != 1 || o.cancelled != 0 {
			t.Errorf("%d globals, %v, %d cancelled", o.globals, o.described, o.cancelled)
		}
	})
}

func TestTheLastCallerTakesTheRequestAlong(t *testing.T) {
	onClock(t, func(t *testing.T, o *org, c *Catalog) {
		if _, err := c.Summaries(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := c.Objects(ctx, "Account", "Case"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
		// Whoever comes next gets a request of its own, and not the end of
		// the old one.
		if _, err := c.Object(t.Context(), "Account"); err != nil {
			t.Errorf("the next caller got %v", err)
		}
		if o.cancelled != 1 || len(o.described) != 2 {
			t.Errorf("%d cancelled, described %v", o.cancelled, o.described)
		}
	})
}

func TestWhatFailedIsAskedForAgain(t *testing.T) {
	onClock(t, func(t *testing.T, o *org, c *Catalog) {
		o.fail = errOrg
		if _, _, err := c.Find(t.Context(), "Account"); !errors.Is(err, errOrg) {
			t.Errorf("Find: %v", err)
		}
		if _, err := c.Locale(t.Context()); !errors.Is(err, errOrg) {
			t.Errorf("Locale: %v", err)
		}
		o.fail = nil
		o.failOf["Case"] = errOrg
		if _, err := c.Objects(t.Context(), "Account", "Case"); !errors.Is(err, errOrg) || !strings.Contains(err.Error(), "Case") {
			t.Errorf("Objects: %v", err)
		}
		delete(o.failOf, "Case")
		if _, err := c.Objects(t.Context(), "Account", "Case"); err != nil {
			t.Errorf("Objects, later: %v", err)
		}
		if locale, err := c.Locale(t.Context()); err != nil || locale != "tr_TR" {
			t.Errorf("Locale, later: %v", err)
		}
		if want := [][]string{{"Account", "Case"}, {"Case"}}; !reflect.DeepEqual(o.described, want) {
			t.Errorf("described %v, want %v", o.described, want)
		}
	})
}

func TestAFailedCountIsUnknownForGood(t *testing.T) {
	onClock(t, func(t *testing.T, o *org, c *Catalog) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, known := c.Rows(ctx, "Account"); known {
			t.Error("known before the answer")
		}
		o.fail = errOrg
		for range 3 {
			if _, known := c.Rows(t.Context(), "Contact"); known {
				t.Error("known after a failure")
			}
		}
		// One call was left with its caller, one failed, and no third is made.
		if o.counts != 2 {
			t.Errorf("%d calls", o.counts)
		}
	})
}

func TestCountsTellZeroFromUnknown(t *testing.T) {
	onClock(t, func(t *testing.T, _ *org, c *Catalog) {
		for name, want := range map[string]string{"ACCOUNT": "7 true", "case": "0 true", "Contact": "0 false"} {
			n, known := c.Rows(t.Context(), name)
			if got := fmt.Sprint(n, known); got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
	})
}

func TestAnUnknownNameBringsTheNearest(t *testing.T) {
	onClock(t, func(t *testing.T, o *org, c *Catalog) {
		if got := c.Nearest("Acount", 3); got != nil {
			t.Errorf("before the first lookup: %v", got)
		}
		_, err := c.Objects(t.Context(), "Case", "Acount")
		var missing *NotFoundError
		if !errors.As(err, &missing) || missing.Name != "Acount" || !slices.Equal(missing.Near, []string{"Account"}) || !strings.Contains(err.Error(), "did you mean Account?") {
			t.Errorf("error is %v", err)
		}
		if len(o.described) != 0 {
			t.Errorf("described %v for nothing", o.described)
		}
		if _, err := c.Object(t.Context(), "Zzzzzzz"); err == nil || strings.Contains(err.Error(), "did you mean") {
			t.Errorf("error is %v", err)
		}
		if got := c.Nearest("hiden", 3); len(got) != 0 {
			t.Errorf("an object that cannot be queried is offered: %v", got)
		}
	})
}

func TestNear(t *testing.T) {
	names := []string{"Account", "AccountHistory", "Contact", "Contract", "Case", "Cases__c", "Invoice__c", "Opportunity", "Order", "User"}
	cases := map[string][]string{
		"acount":      {"Account"},
		"Accounts":    {"Account"},
		"Contcat":     {"Contact", "Contract"},
		"invoice":     {"Invoice__c"},
		"Invioce":     {"Invoice__c"},
		"cases":       {"Cases__c", "Case"},
		"Oppurtunety": {"Opportunity"},
		"X":           nil,
		"":            nil,
		"Usr":         {"User"},
		"Completely":  nil,
	}
	for name, want := range cases {
		if got := Near(name, names, 3); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	if got := Near("Contcat", names, 1); !slices.Equal(got, []string{"Contact"}) {
		t.Errorf("limited to one: %v", got)
	}
}

func TestDistance(t *testing.T) {
	cases := []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"ab", "ba", 1}, {"ä", "a", 1}, {"abcd", "acbd", 1}}
	for _, c := range cases {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q is %d, want %d", c.a, c.b, got, c.want)
		}
		if distance(c.a, c.b) != distance(c.b, c.a) {
			t.Errorf("%q and %q: not the same both ways", c.a, c.b)
		}
	}
}

func TestADescriberThatAnswersTooLittleIsAnError(t *testing.T) {
	c := New(short{})
	if _, err := c.Object(t.Context(), "A"); err == nil || !strings.Contains(err.Error(), "no describe of A") {
		t.Errorf("error is %v", err)
	}
}

// short returns nothing for any describe.
type short struct{}

func (short) Global(context.Context) ([]Summary, error)        { return []Summary{{Name: "A"}}, nil }
func (short) Describe(context.Context, []string) []Described   { return nil }
func (short) Counts(context.Context) (map[string]int64, error) { return nil, nil }
func (short) Locale(context.Context) (string, error)           { return "", nil }
func (short) SeesAll(context.Context) (bool, error)            { return false, nil }

// mayAsk marks the contexts under which picky asks the org.
type mayAsk struct{}

// picky does not ask the org for everybody.
type picky struct{ *org }

func (p picky) Describe(ctx context.Context, names []string) []Described {
	described := p.org.Describe(ctx, names)
	if ctx.Value(mayAsk{}) == nil {
		return []Described{{Err: fmt.Errorf("no budget: %w", ErrNotAsked)}}
	}
	return described
}

func (p picky) Counts(ctx context.Context) (map[string]int64, error) {
	counts, err := p.org.Counts(ctx)
	if ctx.Value(mayAsk{}) == nil {
		return nil, fmt.Errorf("no budget: %w", ErrNotAsked)
	}
	return counts, err
}

// What one caller may not ask is asked by the next, also by one who has waited
// for the first.
func TestWhatWasNotAskedIsAskedByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(picky{&org{}})
		if _, err := c.Summaries(t.Context()); err != nil {
			t.Fatal(err)
		}
		may := context.WithValue(t.Context(), mayAsk{}, true)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Object(t.Context(), "Account"); !errors.Is(err, ErrNotAsked) {
				t.Errorf("without budget: %v", err)
			}
		})
		wg.Go(func() {
			if n, ok := c.Rows(t.Context(), "Account"); ok {
				t.Errorf("without budget: %d rows", n)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if _, err := c.Object(may, "Account"); err != nil {
				t.Errorf("with budget: %v", err)
			}
		})
		wg.Go(func() {
			if _, ok := c.Rows(may, "Account"); !ok {
				t.Error("with budget: no count")
			}
		})
		wg.Wait()
	})
}
