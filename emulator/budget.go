package emulator

import (
	"fmt"
	"sync"
)

// maxCalls is the org's daily budget of API calls where no option sets it.
const maxCalls = 5_000_000

// budget counts the API calls of a day. A composite is one call, whatever it
// holds.
type budget struct {
	max int

	mu   sync.Mutex
	used int
}

// use counts a call. It returns the value of Sforce-Limit-Info, and false where
// the day's calls are spent.
func (b *budget) use() (info string, left bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used >= b.max {
		return "", false
	}
	b.used++
	return fmt.Sprintf("api-usage=%d/%d", b.used, b.max), true
}

func (b *budget) remaining() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.max - b.used
}

// ResetLimits begins a new day: all API calls are there to be spent again.
func (s *Server) ResetLimits() {
	s.budget.mu.Lock()
	s.budget.used = 0
	s.budget.mu.Unlock()
}
