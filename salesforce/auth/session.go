package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// session keeps the current token and lets concurrent callers share a login.
type session struct {
	name    string // what String shows
	login   func(context.Context) (Token, error)
	timeout time.Duration
	finish  bool            // a login without waiters still runs to its end
	tell    func() []string // what Notices returns; may be nil
	spare   time.Duration   // how long a refusal that only a person can mend stands for all who ask

	count   atomic.Int64
	mu      sync.Mutex
	current Token
	flight  *flight // nil means nobody is logging in
	refusal error   // the last login's, where it is to stand
	until   time.Time
}

// flight is one login and those who wait for it.
type flight struct {
	done    chan struct{} // closed once token and err are set
	cancel  context.CancelFunc
	waiters int // guarded by session.mu
	token   Token
	err     error
}

// Token implements Source.
func (s *session) Token(ctx context.Context) (Token, error) {
	if err := ctx.Err(); err != nil {
		return Token{}, err
	}
	s.mu.Lock()
	if s.current.AccessToken != "" {
		defer s.mu.Unlock()
		return s.current, nil
	}
	if s.refusal != nil && time.Now().Before(s.until) {
		defer s.mu.Unlock()
		return Token{}, s.refusal
	}
	if s.flight == nil {
		s.flight = s.begin(ctx)
	}
	f := s.flight
	f.waiters++
	s.mu.Unlock()

	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		s.leave(f)
		return Token{}, ctx.Err()
	}
}

// begin starts a login that keeps the values of ctx and not its end.
func (s *session) begin(ctx context.Context) *flight {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeoutOr(s.timeout, DefaultTimeout))
	f := &flight{done: make(chan struct{}), cancel: cancel}
	s.count.Add(1)
	go func() {
		defer cancel()
		token, err := s.login(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		f.token, f.err = token, err
		if s.flight == f {
			s.flight = nil
			s.refusal = nil
			if err == nil {
				s.current = token
			} else if refused := (*Error)(nil); errors.As(err, &refused) && !refused.Temporary() && s.spare > 0 {
				s.refusal, s.until = err, time.Now().Add(s.spare)
			}
		}
		close(f.done)
	}()
	return f
}

// leave takes one waiter off, and the login with the last of them.
func (s *session) leave(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiters--
	if f.waiters > 0 || s.finish {
		return
	}
	f.cancel()
	if s.flight == f {
		s.flight = nil
	}
}

// Invalidate implements Source.
func (s *session) Invalidate(accessToken string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.AccessToken == accessToken {
		s.current = Token{}
	}
}

func (s *session) notices() []string {
	if s.tell == nil {
		return nil
	}
	return s.tell()
}

func (s *session) logins() int64 { return s.count.Load() }

// Format prints the name whatever the verb: fmt would otherwise walk into the
// fields, and those of the current token are secret.
func (s *session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.name) }
