package driver

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// HostOptions are the parts of a DSN that shape the built-in org.
type HostOptions struct {
	Scale   int64
	Seed    int64
	Latency time.Duration
}

// Host is an org that a program brings along: where it answers, the
// credentials of a client-credentials login, and how to end it.
type Host struct {
	URL          string
	ClientID     string
	ClientSecret string
	Close        func() error
}

var hosts struct {
	sync.Mutex
	start map[string]func(context.Context, HostOptions) (*Host, error)
}

// RegisterHost makes a name usable as the host of a DSN. Package
// emulator/demo registers "demo" so when it is imported. Registering a name
// twice panics, as sql.Register does.
func RegisterHost(name string, start func(context.Context, HostOptions) (*Host, error)) {
	hosts.Lock()
	defer hosts.Unlock()
	if _, dup := hosts.start[name]; dup {
		panic("driver: the host " + name + " is registered twice")
	}
	if hosts.start == nil {
		hosts.start = make(map[string]func(context.Context, HostOptions) (*Host, error))
	}
	hosts.start[name] = start
}

func startHost(ctx context.Context, name string, opts HostOptions) (*Host, error) {
	hosts.Lock()
	start := hosts.start[name]
	hosts.Unlock()
	if start == nil {
		return nil, fmt.Errorf(`the built-in org is not part of this program: add import _ "github.com/sfsql/sfsql/emulator/demo"`)
	}
	return start(ctx, opts)
}
