package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"sync"

	"github.com/sfsql/sfsql/salesforce/auth"
)

func init() { sql.Register("salesforce", Driver{}) }

// Driver is registered as "salesforce".
type Driver struct{}

// Open opens one connection with a connector of its own. database/sql calls
// OpenConnector instead.
func (d Driver) Open(dsn string) (driver.Conn, error) {
	connector, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	c, err := connector.Connect(context.Background())
	if err != nil {
		return nil, err
	}
	c.(*conn).owner = connector.(*Connector)
	return c, nil
}

// OpenConnector reads the DSN; it makes no call.
func (d Driver) OpenConnector(dsn string) (driver.Connector, error) {
	cfg, err := ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	return NewConnector(cfg)
}

// Connector opens the connections of one sql.DB. They share a login, a
// catalog and local tables. It logs in with the first connection.
type Connector struct {
	cfg *Config

	mu      sync.Mutex
	org     *org
	opening chan struct{} // closed when the login that runs has ended
	closed  bool
}

// NewConnector returns a connector for a configuration, for sql.OpenDB. It
// reads the saved org where the configuration names one, and makes no call.
func NewConnector(cfg *Config) (*Connector, error) {
	c, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := c.checkBuilt(); err != nil {
		return nil, err
	}
	return &Connector{cfg: c}, nil
}

// checkBuilt refuses what the DSN can say and this version cannot do: an
// option that is read and then ignored would be a lie.
func (c *Config) checkBuilt() error {
	for _, o := range []struct {
		key string
		set bool
	}{
		{"write", c.Write},
	} {
		if o.set {
			return &DSNError{Key: o.key, Msg: "this version cannot do that yet; leave the key out"}
		}
	}
	return nil
}

// Format prints the DSN without its secrets, whatever the verb.
func (c *Connector) Format(f fmt.State, verb rune) { c.cfg.Format(f, verb) }

// Driver returns the driver.
func (c *Connector) Driver() driver.Driver { return Driver{} }

// Connect opens a connection. The first one logs in.
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	o, err := c.ready(ctx)
	if err != nil {
		return nil, err
	}
	// Two connections that put a new local file in WAL mode at once would find
	// it locked, and SQLite does not wait for that.
	o.connecting.Lock()
	defer o.connecting.Unlock()
	return newConn(ctx, o)
}

// ready returns the shared org. Callers that come while a login runs wait for
// it; each obeys its own ctx.
func (c *Connector) ready(ctx context.Context) (*org, error) {
	for {
		c.mu.Lock()
		switch {
		case c.closed:
			c.mu.Unlock()
			return nil, fmt.Errorf("salesforce: the connector is closed")
		case c.org != nil:
			defer c.mu.Unlock()
			return c.org, nil
		case c.opening == nil:
			c.opening = make(chan struct{})
			c.mu.Unlock()
			return c.open(ctx)
		}
		wait := c.opening
		c.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (c *Connector) open(ctx context.Context) (*org, error) {
	o, err := openOrg(ctx, c.cfg)
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.opening)
	c.opening = nil
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	if c.closed {
		_ = o.close() // Close came first, and has returned
		return nil, fmt.Errorf("salesforce: the connector is closed")
	}
	c.org = o
	return o, nil
}

// Close ends what the connections shared. sql.DB.Close calls it.
func (c *Connector) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	if c.org == nil {
		return nil
	}
	return c.org.close()
}

// Stats is what a Connector has used so far.
type Stats struct {
	Calls   int64 // HTTP exchanges with the org's API, tries that failed included
	Logins  int64
	BytesIn int64 // as they came over the wire
	Rows    int64 // records received
	// Shortcuts counts the statements whose rows went from the scan to the
	// caller without passing through SQLite's machine.
	Shortcuts int64
	APIUsed   int64 // calls of the whole org in the last 24 hours; -1 means unknown
	APIMax    int64 // its limit; -1 means unknown
}

// Stats returns the counters of all connections together.
func (c *Connector) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.org == nil {
		return Stats{APIUsed: -1, APIMax: -1}
	}
	u := c.org.client.Usage()
	return Stats{
		Calls: u.Calls, Logins: auth.Logins(c.org.tokens), BytesIn: u.BytesIn, Rows: u.Rows, Shortcuts: c.org.shortcuts.Load(),
		APIUsed: u.APIUsed, APIMax: u.APIMax,
	}
}

var (
	_ driver.DriverContext = Driver{}
	_ io.Closer            = (*Connector)(nil)
)
