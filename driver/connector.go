package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/sfsql/sfsql/salesforce/auth"
)

func init() { sql.Register("salesforce", Driver{}) }

// Driver is registered as "salesforce".
type Driver struct{}

// Open opens one connection with a connector of its own. database/sql calls
// OpenConnector instead.
func (d Driver) Open(dsn string) (driver.Conn, error) {
	opened, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	connector := opened.(*Connector)
	c, err := connector.Connect(context.Background())
	if err != nil {
		_ = connector.Close() // the first error tells more
		return nil, err
	}
	c.(*conn).owner = connector
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
// catalog and local tables. It logs in with the first connection, and to orgs
// that statements attach, once each.
type Connector struct {
	cfg  *Config
	main *login

	mu       sync.Mutex
	attached map[string]*login // by their DSN, secrets and all
	closed   bool
}

// NewConnector returns a connector for a configuration, for sql.OpenDB. It
// reads the saved org where the configuration names one, and makes no call.
func NewConnector(cfg *Config) (*Connector, error) {
	c, err := cfg.ready()
	if err != nil {
		return nil, err
	}
	return &Connector{cfg: c, main: &login{cfg: c, local: true}}, nil
}

// ready returns what a login needs to know, checked.
func (c *Config) ready() (*Config, error) {
	out, err := c.resolve()
	if err != nil {
		return nil, err
	}
	if err := out.check(); err != nil {
		return nil, err
	}
	return out, out.checkBuilt()
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
	o, err := c.main.ready(ctx)
	if err != nil {
		return nil, err
	}
	// Two connections that put a new local file in WAL mode at once would find
	// it locked, and SQLite does not wait for that.
	o.connecting.Lock()
	defer o.connecting.Unlock()
	return newConn(ctx, c, o)
}

// attach returns the org of a DSN that a statement names, logged in to once
// for all connections.
func (c *Connector) attach(ctx context.Context, cfg *Config) (*org, error) {
	key := cfg.FormatDSN()
	c.mu.Lock()
	l := c.attached[key]
	if l == nil {
		l = &login{cfg: cfg, closed: c.closed}
		if c.attached == nil {
			c.attached = make(map[string]*login)
		}
		c.attached[key] = l
	}
	c.mu.Unlock()
	return l.ready(ctx)
}

// logins returns the connector's own login, then those of attached orgs.
func (c *Connector) logins() []*login {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []*login{c.main}
	for _, key := range slices.Sorted(maps.Keys(c.attached)) {
		out = append(out, c.attached[key])
	}
	return out
}

// Close ends what the connections shared. sql.DB.Close calls it.
func (c *Connector) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	var first error
	for _, l := range c.logins() {
		if err := l.close(); first == nil {
			first = err
		}
	}
	return first
}

// Stats is what a Connector has used so far, in all its orgs.
type Stats struct {
	Calls   int64 // HTTP exchanges with the org's API, tries that failed included
	Logins  int64
	BytesIn int64 // as they came over the wire
	Rows    int64 // records received
	// Shortcuts counts the statements whose rows went from the scan to the
	// caller without passing through SQLite's machine.
	Shortcuts int64
	APIUsed   int64 // calls of the whole org, the connector's own, in the last 24 hours; -1 means unknown
	APIMax    int64 // its limit; -1 means unknown
}

// Stats returns the counters of all connections together.
func (c *Connector) Stats() Stats {
	out := Stats{APIUsed: -1, APIMax: -1}
	for _, l := range c.logins() {
		o := l.opened()
		if o == nil {
			continue
		}
		u := o.client.Usage()
		out.Calls += u.Calls
		out.Logins += auth.Logins(o.tokens)
		out.BytesIn += u.BytesIn
		out.Rows += u.Rows
		out.Shortcuts += o.shortcuts.Load()
		if l == c.main {
			out.APIUsed, out.APIMax = u.APIUsed, u.APIMax
		}
	}
	return out
}

var (
	_ driver.DriverContext = Driver{}
	_ io.Closer            = (*Connector)(nil)
)
