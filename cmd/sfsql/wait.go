package main

import "context"

// wait returns what do does, or ctx's error where that comes first. Reading from
// a terminal and writing to a pipe cannot be ended: do then goes on until the
// program ends, which it soon does.
func wait[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := do()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
