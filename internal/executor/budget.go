package executor

import (
	"context"
	"fmt"
	"sync"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/salesforce"
)

// BudgetError says that a statement, or several together, would spend more API
// calls than they may. The calls that it speaks of were not made.
type BudgetError struct {
	Max   int64  // what may be spent
	Spent int64  // what has been spent
	Need  int64  // what is needed besides, as far as is known: 1 at least
	For   string // what it is needed for
	Total bool   // the budget is that of WithTotal
}

func (e *BudgetError) Error() string {
	if e.Total {
		return fmt.Sprintf("all statements together may spend %d API calls and have spent %d; %s need %d more", e.Max, e.Spent, e.For, e.Need)
	}
	return fmt.Sprintf("the statement may spend %d API calls and has spent %d; %s need %d more: filter more narrowly or allow more",
		e.Max, e.Spent, e.For, e.Need)
}

// Is makes the error a catalog.ErrNotAsked: another statement may ask.
func (e *BudgetError) Is(target error) bool { return target == catalog.ErrNotAsked }

// Budget counts the API calls of one statement, or of several together.
type Budget struct {
	max     int64   // 0 means unlimited
	several bool    // statements share it
	total   *Budget // that this one is a part of; nil where there is none

	mu    sync.Mutex
	spent int64
	held  int64 // for calls that will have to be made
}

type (
	budgetKey struct{}
	totalKey  struct{}
)

// WithBudget returns a context for one statement that may spend so many API
// calls; 0 means any number. All calls under it are counted, whichever scan or
// describe makes them.
func WithBudget(ctx context.Context, maxCalls int64) context.Context {
	b := &Budget{max: maxCalls}
	b.total, _ = ctx.Value(totalKey{}).(*Budget)
	return context.WithValue(salesforce.WithMeter(ctx, b.spend), budgetKey{}, b)
}

// WithTotal returns a context whose statements may spend so many API calls
// together, beside what each of them may spend. What else is called under it,
// such as opening a connection, counts, too.
func WithTotal(ctx context.Context, maxCalls int64) context.Context {
	b := &Budget{max: maxCalls, several: true}
	return context.WithValue(salesforce.WithMeter(ctx, b.spend), totalKey{}, b)
}

// BudgetOf returns the budget of a context; nil where it has none.
func BudgetOf(ctx context.Context) *Budget {
	b, _ := ctx.Value(budgetKey{}).(*Budget)
	return b
}

// Spent returns how many calls were made so far.
func (b *Budget) Spent() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spent
}

// spend is the meter of the budget's calls.
func (b *Budget) spend(x salesforce.Exchange) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !x.Essential {
		if err := b.over(1, x.Op); err != nil {
			return err
		}
	}
	if b.total != nil {
		if err := b.total.spend(x); err != nil {
			return err
		}
	}
	if x.Essential {
		b.held = max(b.held-1, 0)
	}
	b.spent++
	return nil
}

// over returns the error for calls that do not fit; nil where they do.
func (b *Budget) over(need int64, purpose string) error {
	if b.max == 0 || b.spent+b.held+need <= b.max {
		return nil
	}
	return &BudgetError{Max: b.max, Spent: b.spent, Need: need, For: purpose, Total: b.several}
}

// hold keeps calls back for what must be done later.
func (b *Budget) hold(calls int64) {
	if b != nil {
		b.mu.Lock()
		b.held += calls
		b.mu.Unlock()
		b.total.hold(calls)
	}
}

// release gives calls back that turned out not to be needed.
func (b *Budget) release(calls int64) { b.hold(-calls) }

func (b *Budget) unlimited() bool { return b == nil || b.max == 0 && b.total.unlimited() }

// fits reports whether so many more calls may be made.
func (b *Budget) fits(need int64) bool { return b.exceeded(need, "") == nil }

// exceeded returns the error for calls that do not fit, before any of them is
// made; nil where they do.
func (b *Budget) exceeded(need int64, purpose string) error {
	if b.unlimited() {
		return nil
	}
	b.mu.Lock()
	err := b.over(need, purpose)
	b.mu.Unlock()
	if err != nil {
		return err
	}
	return b.total.exceeded(need, purpose)
}
