package driver

import (
	"context"
	"errors"
	"fmt"

	"github.com/sfsql/sfsql/internal/executor"
	"github.com/sfsql/sfsql/salesforce"
)

// LimitError says that API calls have run out: those that max_calls grants the
// statement, those of WithMaxCalls, or those that the org has. Unwrap tells
// more.
type LimitError struct {
	MaxCalls int64 // what might be spent; 0 where the org's limit was met
	Together bool  // MaxCalls is that of WithMaxCalls
	Spent    int64 // what had been spent
	Need     int64 // what would have been spent besides, at least; 0 where the org's limit was met
	APIUsed  int64 // calls of the whole org in the last 24 hours, as last heard; -1 means unknown
	APIMax   int64 // how many it may make; -1 means unknown
	Err      error
}

// Error names the cost, and what to do next.
func (e *LimitError) Error() string {
	text := e.Err.Error()
	switch {
	case e.Together:
	case e.MaxCalls > 0:
		return text + " (max_calls)"
	case e.APIUsed >= 0:
		text += fmt.Sprintf("; the org has used %d of %d calls, each of which counts for 24 hours", e.APIUsed, e.APIMax)
	}
	return text
}

// Unwrap returns the cause.
func (e *LimitError) Unwrap() error { return e.Err }

// isLimit reports whether err is about calls that have run out, or are too many
// at once after all tries.
func isLimit(err error) bool {
	var e *salesforce.Error
	var budget *executor.BudgetError
	return errors.As(err, &budget) ||
		errors.As(err, &e) && (e.Code == "REQUEST_LIMIT_EXCEEDED" || e.Code == "LIMIT_EXCEEDED")
}

// limit makes a *LimitError of an error about calls that have run out, and
// leaves others as they are.
func (o *org) limit(err error) error {
	var known *LimitError
	if err == nil || errors.As(err, &known) || !isLimit(err) {
		return err
	}
	u := o.client.Usage()
	out := &LimitError{APIUsed: u.APIUsed, APIMax: u.APIMax, Err: err}
	var budget *executor.BudgetError
	if errors.As(err, &budget) {
		out.MaxCalls, out.Together, out.Spent, out.Need = budget.Max, budget.Total, budget.Spent, budget.Need
	}
	return out
}

// statement gives a statement the budget of its calls, in all orgs together:
// the smallest of theirs. Preparing and running it in one go is one statement.
func (c *conn) statement(ctx context.Context) context.Context {
	smallest := c.org
	for _, p := range c.places {
		if n := p.cfg.MaxCalls; n > 0 && (smallest.cfg.MaxCalls == 0 || n < smallest.cfg.MaxCalls) {
			smallest = p.org
		}
	}
	return smallest.statement(ctx)
}

func (o *org) statement(ctx context.Context) context.Context {
	if executor.BudgetOf(ctx) != nil {
		return ctx
	}
	return executor.WithBudget(ctx, o.cfg.MaxCalls)
}

// WithMaxCalls returns a context whose statements may spend n API calls
// together, whichever connections they run on; what max_calls grants each of
// them holds besides. A call that exceeds it is not made, and its statement
// fails with a *LimitError. A Bulk job that was begun is removed from the org
// all the same, for which calls are kept back.
func WithMaxCalls(ctx context.Context, n int64) context.Context {
	return executor.WithTotal(ctx, n)
}
