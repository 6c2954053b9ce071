package vtab

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"

	"github.com/sfsql/sfsql/vtab/engine"
)

// guests are the connections that others opened and Adopt was given.
var guests struct {
	sync.Mutex
	conns map[driver.Conn]*Conn
}

// Adopt makes a connection that somebody else opened, with the SQLite driver of
// this build and after this package was initialized, one that schemas can be
// added to. The same connection gives the same Conn. It takes the connection's
// authorizer, and adds collations and functions that stay.
//
// Nobody tells such a Conn what statement runs: there is no advice from its
// text, and scans obey the context of AddGuest.
func Adopt(ctx context.Context, dc driver.Conn) (*Conn, error) {
	guests.Lock()
	defer guests.Unlock()
	if c := guests.conns[dc]; c != nil {
		return c, nil
	}
	c := &Conn{ctx: context.WithoutCancel(ctx)}
	hooks := c.hooks()
	hooks.Closed = func() { c.closed(dc) }
	ec, err := adoptEngine(ctx, dc, hooks)
	if err != nil {
		return nil, err
	}
	c.Conn = ec
	if guests.conns == nil {
		guests.conns = make(map[driver.Conn]*Conn)
	}
	guests.conns[dc] = c
	return c, nil
}

// Release gives an adopted connection back where no schema is left on it.
func (c *Conn) Release() error {
	if len(c.schemas) > 0 {
		return nil
	}
	guests.Lock()
	defer guests.Unlock()
	for dc, o := range guests.conns {
		if o == c {
			delete(guests.conns, dc)
		}
	}
	return c.Close()
}

// closed is told that its owner has closed the connection.
func (c *Conn) closed(dc driver.Conn) {
	guests.Lock()
	if guests.conns[dc] == c {
		delete(guests.conns, dc)
	}
	guests.Unlock()
	for _, s := range c.schemas {
		if s.guest != nil && s.guest.gone != nil {
			s.guest.gone()
		}
	}
}

// guest is what a schema of an adopted connection keeps instead of being told.
type guest struct {
	base    context.Context
	gone    func() // called when the connection is closed
	ctx     context.Context
	cancel  context.CancelFunc
	cursors int  // that are open
	ran     bool // a statement has run since columns were last heard of
}

// AddGuest is AddSchema for an adopted connection. Scans obey ctx, and end when
// the connection is interrupted. gone is called if the connection is closed
// with the schema on it.
func (c *Conn) AddGuest(ctx context.Context, name string, cfg Config, gone func()) *Schema {
	s := c.AddSchema(name, cfg)
	s.guest = &guest{base: ctx, ctx: ctx, gone: gone}
	return s
}

// context rules the scans of the statement that runs.
func (s *Schema) context() context.Context {
	if s.guest != nil {
		return s.guest.ctx
	}
	return s.ctx
}

// hold notes that a cursor is opened: on an adopted connection the first one
// begins a statement.
func (s *Schema) hold() {
	g := s.guest
	if g == nil {
		return
	}
	if g.cursors++; g.cursors > 1 {
		return
	}
	g.ctx, g.cancel, g.ran = g.base, func() {}, true
	if s.cfg.Begin != nil {
		g.ctx = s.cfg.Begin(g.ctx)
	}
	g.ctx, g.cancel = context.WithCancel(g.ctx)
	go endOnInterrupt(g.ctx, g.cancel, s.Conn.Conn)
}

// release notes that a cursor is closed.
func (s *Schema) release() {
	g := s.guest
	if g == nil {
		return
	}
	if g.cursors--; g.cursors == 0 {
		g.cancel()
	}
}

// interruptPoll is how soon a scan that waits hears of sqlite3_interrupt.
const interruptPoll = 20 * time.Millisecond

// endOnInterrupt cancels what waits when the connection is interrupted. It
// ends with ctx.
func endOnInterrupt(ctx context.Context, cancel context.CancelFunc, conn engine.Conn) {
	tick := time.NewTicker(interruptPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if conn.Interrupted() {
				cancel()
				return
			}
		}
	}
}
