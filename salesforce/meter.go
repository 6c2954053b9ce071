package salesforce

import "context"

// Meter is told of each HTTP exchange of the calls made under a context,
// before it is made, tries of one call and logins' replays included. An error
// keeps the exchange from being made and is what its call returns. It must be
// safe for concurrent use.
type Meter func(Exchange) error

// Exchange is one HTTP exchange to come.
type Exchange struct {
	Op string // what it is for, as in messages
	// Essential marks what cleans up after a call, such as deleting a job: it
	// is told so that it can be counted, and an error does not stop it.
	Essential bool
}

type meterKey struct{}

// WithMeter returns a context whose calls are told to a meter.
func WithMeter(ctx context.Context, m Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// meter tells the context's meter of an exchange for k.
func meter(ctx context.Context, k *call) error {
	m, ok := ctx.Value(meterKey{}).(Meter)
	if !ok {
		return nil
	}
	if err := m(Exchange{Op: k.op, Essential: k.essential}); err != nil && !k.essential {
		return err
	}
	return nil
}
