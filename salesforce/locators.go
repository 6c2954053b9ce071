package salesforce

import (
	"context"
	"slices"
	"sync"
	"time"
)

// mostLocators is how many results of one client lean on a locator at a time.
// Salesforce keeps about ten for a user; where one more is opened, the oldest
// is lost.
const mostLocators = 8

// locatorPatience is how long a result waits for a place while none of the
// others moves. Then it goes ahead: they may be waiting for this one, as the
// outer scans of a join do.
const locatorPatience = time.Second

// locators are the places of a client's results that lean on a locator.
type locators struct {
	mu      sync.Mutex
	held    []*Rows       // the last used at the end
	changed chan struct{} // closed when a place falls free or its result moves; nil while nobody waits
}

// take gets a place for r, whose first page is about to be asked for. Where
// all are taken, the result that was idle for the longest gives up its own, if
// it can go on by Id; where none can, r waits.
func (l *locators) take(ctx context.Context, r *Rows) error {
	for {
		wait, ok := l.try(r)
		if ok {
			return nil
		}
		timer := time.NewTimer(locatorPatience)
		select {
		case <-wait:
			timer.Stop()
		case <-timer.C:
			l.mu.Lock()
			l.held = append(l.held, r)
			l.mu.Unlock()
			return nil
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// try takes a place, or returns what is closed when it is worth trying again.
func (l *locators) try(r *Rows) (wait <-chan struct{}, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.held, r) {
		return nil, true
	}
	if len(l.held) >= mostLocators {
		i := slices.IndexFunc(l.held, func(other *Rows) bool { return other.mayYield.Load() })
		if i < 0 {
			if l.changed == nil {
				l.changed = make(chan struct{})
			}
			return l.changed, false
		}
		l.held[i].yielded.Store(true)
		l.held = slices.Delete(l.held, i, i+1)
	}
	l.held = append(l.held, r)
	return nil, true
}

// use notes that r moves.
func (l *locators) use(r *Rows) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.held, r); i >= 0 {
		l.held = append(slices.Delete(l.held, i, i+1), r)
		l.wake()
	}
}

// release gives r's place back, if it has one.
func (l *locators) release(r *Rows) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.held, r); i >= 0 {
		l.held = slices.Delete(l.held, i, i+1)
		l.wake()
	}
}

// wake lets those who wait try again. The caller holds l.mu.
func (l *locators) wake() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}
