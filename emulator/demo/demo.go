// Package demo brings the built-in org into a program. Importing it for its
// side effect makes salesforce://demo/ work:
//
//	import (
//		_ "github.com/sfsql/sfsql/driver"
//		_ "github.com/sfsql/sfsql/emulator/demo"
//	)
//
// Each sql.DB gets an org of its own, on a loopback port, for as long as it is
// open. The DSN's scale, seed and latency shape it; the same seed and scale
// give the same records everywhere.
package demo

import (
	"context"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

func init() { driver.RegisterHost("demo", start) }

func start(_ context.Context, o driver.HostOptions) (*driver.Host, error) {
	s := emulator.New(
		emulator.WithScale(int(o.Scale)), emulator.WithSeed(o.Seed), emulator.WithLatency(o.Latency),
		// Full pages, as an org gives them where nothing speaks against it.
		emulator.WithPageSize(pageSize),
	)
	return &driver.Host{
		URL: s.URL(), ClientID: s.ClientID(), ClientSecret: s.ClientSecret(),
		Close: func() error { s.Close(); return nil },
	}, nil
}

// pageSize is what Salesforce gives at most.
const pageSize = 2000
