// Command threshold measures from how many rows on a Bulk job is faster than
// pages of REST, and writes the derivation of the driver's default.
//
//	go run ./threshold -svg ../docs/rest-or-bulk.svg
//
// An emulated org stands behind a proxy that makes it as slow as Salesforce is
// said to be: a page of REST takes 0.3, 0.7 or 1.5 s, a job 3, 10 or 30 s, any
// other call 0.15 s, and a job's result comes at 25 MB/s. Nothing is scaled:
// it takes a bit more than a minute. The output is Markdown.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
	"github.com/sfsql/sfsql/soql"
)

const (
	smallCall  = 150 * time.Millisecond
	throughput = 25e6 // bytes a second
)

var (
	pages = []time.Duration{300 * time.Millisecond, 700 * time.Millisecond, 1500 * time.Millisecond}
	jobs  = []time.Duration{3 * time.Second, 10 * time.Second, 30 * time.Second}
)

const columns = "Id Name FirstName LastName Email AccountId Title Phone CreatedDate Birthdate"

// Sizes at which each API is measured. Between and past them time is a line.
const small, large = 10_000, 40_000

func main() {
	svg := flag.String("svg", "", "write the plot to this file")
	flag.Parse()
	if err := run(*svg); err != nil {
		log.Fatal(err)
	}
}

func run(svg string) error {
	rest, bulk := make([]measured, len(pages)), make([]measured, len(jobs))
	var all errgroup
	for i := range pages {
		all.run(func() (err error) {
			rest[i], err = measure(pages[i], 0, readREST)
			return err
		})
	}
	for i := range jobs {
		all.run(func() (err error) {
			bulk[i], err = measure(smallCall, jobs[i], readBulk)
			return err
		})
	}
	if err := all.wait(); err != nil {
		return err
	}
	report(os.Stdout, rest, bulk)
	if svg == "" {
		return nil
	}
	return os.WriteFile(svg, plot(rest, bulk), 0o644)
}

// errgroup runs functions side by side.
type errgroup struct {
	wg   sync.WaitGroup
	mu   sync.Mutex
	errs []error
}

func (g *errgroup) run(f func() error) {
	g.wg.Go(func() {
		if err := f(); err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.errs = append(g.errs, err)
		}
	})
}

func (g *errgroup) wait() error {
	g.wg.Wait()
	return errors.Join(g.errs...)
}

// measured is a way of reading: what it takes for two sizes.
type measured struct {
	latency      time.Duration // of a page, or of a job
	small, large time.Duration
	callsSmall   int64
	callsLarge   int64
}

// seconds returns how long n rows take, by the line through both sizes.
func (m measured) seconds(n float64) float64 {
	slope := (m.large - m.small).Seconds() / (large - small)
	return m.small.Seconds() + slope*(n-small)
}

// calls does the same for API calls.
func (m measured) calls(n float64) float64 {
	return float64(m.callsSmall) + float64(m.callsLarge-m.callsSmall)/(large-small)*(n-small)
}

type reader func(ctx context.Context, c *salesforce.Client, text string, columns []soql.Column) (soql.Rows, error)

func readREST(ctx context.Context, c *salesforce.Client, text string, cols []soql.Column) (soql.Rows, error) {
	return c.Query(ctx, text, salesforce.QueryOptions{Columns: cols})
}

func readBulk(ctx context.Context, c *salesforce.Client, text string, cols []soql.Column) (soql.Rows, error) {
	return c.BulkQuery(ctx, text, salesforce.BulkOptions{Columns: cols})
}

// measure reads both sizes from an org as slow as asked.
func measure(page, job time.Duration, read reader) (measured, error) {
	m := measured{latency: max(page, job)}
	org := emulator.New(emulator.WithScale(15), emulator.WithPageSize(2000), emulator.WithBulkDelay(job))
	defer org.Close()
	slow, err := newProxy(org.URL(), page)
	if err != nil {
		return m, err
	}
	defer slow.close()
	tokens, err := auth.ClientCredentials(auth.Config{LoginURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret()})
	if err != nil {
		return m, err
	}
	c, err := salesforce.New(salesforce.Config{Tokens: tokens, InstanceURL: slow.url})
	if err != nil {
		return m, err
	}
	defer c.Close()
	if _, _, err = drain(c, 10, readREST); err != nil { // logs in, and has the org make its records
		return m, err
	}
	if m.small, m.callsSmall, err = drain(c, small, read); err != nil {
		return m, err
	}
	m.large, m.callsLarge, err = drain(c, large, read)
	return m, err
}

// drain reads so many rows and returns the time that it takes. A job's
// rows are there when the last has come; that it is deleted then takes nobody's
// time.
func drain(c *salesforce.Client, rows int, read reader) (time.Duration, int64, error) {
	text, cols := statement(rows)
	calls, begin := c.Usage().Calls, time.Now()
	r, err := read(context.Background(), c, text, cols)
	if err != nil {
		return 0, 0, err
	}
	n := 0
	for r.Next(context.Background()) {
		n++
	}
	took := time.Since(begin)
	if err := r.Err(); err != nil {
		return 0, 0, err
	}
	if n != rows {
		return 0, 0, fmt.Errorf("%d rows came of %d", n, rows)
	}
	if err := r.Close(); err != nil {
		return 0, 0, err
	}
	return took, c.Usage().Calls - calls, nil
}
