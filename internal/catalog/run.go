package catalog

import (
	"context"
	"errors"
	"sync"
)

// run is one request under way and the callers that wait for it.
type run[T any] struct {
	cancel context.CancelFunc
	done   chan struct{} // closed once value and err are set
	value  T
	err    error

	mu      sync.Mutex
	waiters int
	left    bool // the last waiter has gone and the request with it
}

// start begins a request with one waiter. It keeps the values of ctx and not
// its end. When the request is over, end is called before any waiter wakes.
func start[T any](ctx context.Context, load func(context.Context) (T, error), end func(*run[T])) *run[T] {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &run[T]{cancel: cancel, done: make(chan struct{}), waiters: 1}
	go func() {
		defer cancel()
		r.value, r.err = load(ctx)
		end(r)
		close(r.done)
	}()
	return r
}

// join adds a waiter, unless the request is already being cancelled.
func (r *run[T]) join() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left {
		return false
	}
	r.waiters++
	return true
}

// wait waits for the request, or leaves it when ctx ends. Each waiter calls it
// once.
func (r *run[T]) wait(ctx context.Context) (T, error) {
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiters--; r.waiters == 0 {
		r.left = true
		r.cancel()
	}
	var zero T
	return zero, ctx.Err()
}

// once is a value that is loaded when it is first asked for.
type once[T any] struct {
	load func(context.Context) (T, error)

	mu     sync.Mutex
	loaded bool
	value  T
	run    *run[T]
}

func (o *once[T]) get(ctx context.Context) (T, error) {
	o.mu.Lock()
	if o.loaded {
		defer o.mu.Unlock()
		return o.value, nil
	}
	joined := o.run != nil && o.run.join()
	if !joined {
		o.run = start(ctx, o.load, o.end)
	}
	r := o.run
	o.mu.Unlock()
	value, err := r.wait(ctx)
	if joined && errors.Is(err, ErrNotAsked) {
		return o.get(ctx) // the one who asked might not; perhaps we may
	}
	return value, err
}

// peek returns the value where it is there already.
func (o *once[T]) peek() (T, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.value, o.loaded
}

func (o *once[T]) end(r *run[T]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.err == nil {
		o.value, o.loaded = r.value, true
	}
	if o.run == r {
		o.run = nil
	}
}
