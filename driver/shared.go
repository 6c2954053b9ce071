package driver

import (
	"context"
	"errors"
	"sync"
)

// login opens an org once for all who want it.
type login struct {
	cfg   *Config
	local bool // with a database for local tables

	mu      sync.Mutex
	org     *org
	opening chan struct{} // closed when the attempt that runs has ended
	closed  bool
}

var errClosed = errors.New("salesforce: the connector is closed")

// ready returns the shared org. Callers that come while a login runs wait for
// it; each obeys its own ctx.
func (l *login) ready(ctx context.Context) (*org, error) {
	for {
		l.mu.Lock()
		switch {
		case l.closed:
			l.mu.Unlock()
			return nil, errClosed
		case l.org != nil:
			defer l.mu.Unlock()
			return l.org, nil
		case l.opening == nil:
			l.opening = make(chan struct{})
			l.mu.Unlock()
			return l.open(ctx)
		}
		wait := l.opening
		l.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (l *login) open(ctx context.Context) (*org, error) {
	o, err := openOrg(ctx, l.cfg)
	if err == nil && l.local {
		if err = o.openLocal(); err != nil {
			_ = o.close() // the first error tells more
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.opening)
	l.opening = nil
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	if l.closed {
		_ = o.close() // close came first, and has returned
		return nil, errClosed
	}
	l.org = o
	return o, nil
}

// opened returns the org if it is open.
func (l *login) opened() *org {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.org
}

// close ends the login. What comes after finds it closed.
func (l *login) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if l.org == nil {
		return nil
	}
	return l.org.close()
}
