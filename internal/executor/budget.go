package executor

import (
	"context"
	"fmt"
	"sync"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/salesforce"
)

// BudgetError says that a statement would spend more API calls than it may.
// The calls that it speaks of were not made.
type BudgetError struct {
	Max   int64  // what the statement may spend
	Spent int64  // what it has spent
	Need  int64  // what it needs besides, as far as is known: 1 at least
	For   string // what it needs them for
}

func (e *BudgetError) Error() string {
	return fmt.Sprintf("the statement may spend %d API calls and has spent %d; %s need %d more: filter more narrowly or allow more",
		e.Max, e.Spent, e.For, e.Need)
}

// Is makes the error a catalog.ErrNotAsked: another statement may ask.
func (e *BudgetError) Is(target error) bool { return target == catalog.ErrNotAsked }

// Budget counts the API calls of one statement.
type Budget struct {
	max int64 // 0 means unlimited

	mu    sync.Mutex
	spent int64
	held  int64 // for calls that will have to be made
}

type budgetKey struct{}

// WithBudget returns a context for one statement that may spend so many API
// calls; 0 means any number. All calls under it are counted, whichever scan or
// describe makes them.
func WithBudget(ctx context.Context, maxCalls int64) context.Context {
	b := &Budget{max: maxCalls}
	return context.WithValue(salesforce.WithMeter(ctx, b.spend), budgetKey{}, b)
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

// spend is the meter of the statement's calls.
func (b *Budget) spend(x salesforce.Exchange) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case x.Essential:
		b.held = max(b.held-1, 0)
	case b.max > 0 && b.spent+b.held >= b.max:
		return &BudgetError{Max: b.max, Spent: b.spent, Need: 1, For: x.Op}
	}
	b.spent++
	return nil
}

// hold keeps calls back for what must be done later.
func (b *Budget) hold(calls int64) {
	if b != nil {
		b.mu.Lock()
		b.held += calls
		b.mu.Unlock()
	}
}

// release gives calls back that turned out not to be needed.
func (b *Budget) release(calls int64) { b.hold(-calls) }

func (b *Budget) unlimited() bool { return b == nil || b.max == 0 }

// fits reports whether so many more calls may be made.
func (b *Budget) fits(need int64) bool { return b.exceeded(need, "") == nil }

// exceeded returns the error for calls that do not fit, before any of them is
// made; nil where they do.
func (b *Budget) exceeded(need int64, purpose string) error {
	if b.unlimited() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent+b.held+need <= b.max {
		return nil
	}
	return &BudgetError{Max: b.max, Spent: b.spent, Need: need, For: purpose}
}
