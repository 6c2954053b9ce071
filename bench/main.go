package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	rows    = flag.Int("rows", 1_000_000, "rows that each client reads, a multiple of 2,000")
	latency = flag.Duration("latency", 150*time.Millisecond, "of each call, in the second part; 0 leaves that part out")
	runs    = flag.Int("runs", 3, "of each client in the first part and of exports, in turns; the best counts")
	plain   = flag.Bool("plain", false, "serve everything unpacked; an org packs what a client takes packed")
	peak    = flag.Int("peak", 5_000_000, "rows whose peak memory is compared with that of 50,000; 0 leaves that part out")
	files   = flag.Int("exports", 0, "measure nothing but exports of so many rows, a multiple of 2,000")
	only    = flag.String("only", "", "run only clients whose name holds this")

	// What the processes that bench starts are told.
	role       = flag.String("role", "", "serve, measure or first; for bench's own processes")
	clientName = flag.String("client", "", "the client of role measure")
	at         = flag.String("at", "", "URL and token of the org, separated by a space")
	profile    = flag.String("cpuprofile", "", "of role measure: a file for a CPU profile")
	tries      = flag.Int("tries", 15, "of role first")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	url, token, _ := strings.Cut(*at, " ")
	org := target{url, token}
	switch *role {
	case "serve":
		return serve(*rows, os.Stdin, os.Stdout)
	case "measure":
		f, err := measure(ctx, *clientName, org, *rows, *profile)
		return errors.Join(err, report(os.Stdout, f))
	case "first":
		f, err := measureFirst(ctx, org, *tries)
		return errors.Join(err, report(os.Stdout, f))
	}
	return all(ctx, os.Stdout)
}

// child runs a role of this program and decodes its report.
func child(ctx context.Context, org target, into any, args ...string) error {
	cmd := exec.CommandContext(ctx, os.Args[0], append(args, "-at", org.url+" "+org.token)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return json.Unmarshal(out, into)
}

// startOrg starts a server in a process of its own.
func startOrg(ctx context.Context, rows int) (target, func(), error) {
	cmd := exec.CommandContext(ctx, os.Args[0], "-role", "serve", "-rows", strconv.Itoa(rows))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return target{}, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return target{}, nil, err
	}
	if err := cmd.Start(); err != nil {
		return target{}, nil, err
	}
	stop := func() {
		_ = in.Close() // ends the process
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return target{}, nil, fmt.Errorf("the server did not start: %w", err)
	}
	url, token, _ := strings.Cut(strings.TrimSpace(line), " ")
	return target{url, token}, stop, nil
}

// tell sets a switch of the server.
func tell(ctx context.Context, org target, text string) error {
	resp, err := get(ctx, target{url: org.url}, "/bench/"+text)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// order of a table: each client, then what it is compared with.
var order = []string{
	"sfsql-rest", "sfsql-rest-machine", "gosalesforce-rest", "floor-rest",
	"sfsql-bulk", "sfsql-bulk-machine", "gosalesforce-bulk", "floor-bulk",
}

// throughMachine reports whether a client differs from another by its CPU time
// alone.
func throughMachine(name string) bool { return strings.HasSuffix(name, "-machine") }

func all(ctx context.Context, out io.Writer) error {
	if *files > 0 {
		return exports(ctx, out, *files)
	}
	fmt.Fprintf(out, "%s, %s/%s, %d CPUs, %s. %d rows of 10 columns:\n\n    %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), packing(), *rows, query)
	org, stop, err := startOrg(ctx, *rows)
	if err != nil {
		return err
	}
	defer stop()
	if err := tell(ctx, org, fmt.Sprintf("packed=%t", !*plain)); err != nil {
		return err
	}
	if err := part(ctx, out, org, 0, order, *runs); err != nil {
		return err
	}
	if *latency > 0 { // waiting takes most of the time, so one run tells enough
		if err := part(ctx, out, org, *latency, slices.DeleteFunc(slices.Clone(order), throughMachine), 1); err != nil {
			return err
		}
	}
	if *peak > 0 {
		return peaks(ctx, out)
	}
	return nil
}

func packing() string {
	if *plain {
		return "answers unpacked"
	}
	return "answers packed by gzip"
}

// part prints the tables of one latency.
func part(ctx context.Context, out io.Writer, org target, latency time.Duration, names []string, runs int) error {
	if err := tell(ctx, org, "latency="+latency.String()); err != nil {
		return err
	}
	best := map[string]figures{}
	for range runs {
		for _, name := range names {
			if !strings.Contains(name, *only) {
				continue
			}
			var f figures
			if err := child(ctx, org, &f, "-role", "measure", "-client", name, "-rows", strconv.Itoa(*rows)); err != nil {
				return err
			}
			best[name] = f.better(best[name])
		}
	}
	var page first
	if err := child(ctx, org, &page, "-role", "first"); err != nil {
		return err
	}
	title := fmt.Sprintf("Calls that take %v more", latency)
	if latency == 0 {
		title = "Calls without delay"
	}
	fmt.Fprintf(out, "\n## %s\n\n", title)
	if runs > 1 {
		fmt.Fprintf(out, "The best of %d runs.\n\n", runs)
	}
	printFigures(out, best)
	printRatios(out, best, page)
	return nil
}

func printFigures(out io.Writer, got map[string]figures) {
	fmt.Fprintln(out, "| client | rows/s | CPU µs/row | allocations/row | bytes/row | peak RSS MiB |")
	fmt.Fprintln(out, "|---|--:|--:|--:|--:|--:|")
	for _, name := range order {
		if f, ok := got[name]; ok {
			fmt.Fprintf(out, "| %s | %.0f | %.2f | %.1f | %.0f | %d |\n", name, f.rate(), f.cpuPerRow(), f.mallocs(), f.bytesPerRow(), f.PeakRSS>>20)
		}
	}
}

// printRatios prints what the goals are about.
func printRatios(out io.Writer, got map[string]figures, page first) {
	fmt.Fprintln(out, "\n| ratio | is | goal |\n|---|--:|--:|")
	for _, api := range []struct {
		name, title string
		times       float64
	}{{"rest", "REST", 8}, {"bulk", "Bulk", 2}} {
		ours, ok := got["sfsql-"+api.name]
		if theirs, both := got["gosalesforce-"+api.name]; ok && both {
			fmt.Fprintf(out, "| %s: rows/s beside go-salesforce | %.2f | at least %.0f |\n", api.title, ours.rate()/theirs.rate(), api.times)
			fmt.Fprintf(out, "| %s: CPU a row beside go-salesforce | 1/%.2f | |\n", api.title, theirs.cpuPerRow()/ours.cpuPerRow())
		}
		if floor, both := got["floor-"+api.name]; ok && both {
			fmt.Fprintf(out, "| %s: CPU a row beside the floor | %.2f | at most 3 |\n", api.title, ours.cpuPerRow()/floor.cpuPerRow())
		}
	}
	fmt.Fprintf(out, "| first row (%v) beside a bare page (%v) | %.2f | at most 1.2 |\n",
		page.Row.Round(10*time.Microsecond), page.Page.Round(10*time.Microsecond), page.Row.Seconds()/page.Page.Seconds())
}

// peaks compares the driver's peak memory for few and for many rows.
func peaks(ctx context.Context, out io.Writer) error {
	const few = 50_000
	fmt.Fprintf(out, "\n## Peak memory\n\n| client | %d rows, MiB | %d rows, MiB | more | goal |\n|---|--:|--:|--:|--:|\n", few, *peak)
	sizes := []int{few, *peak}
	rss := map[string][]int64{}
	for _, n := range sizes {
		org, stop, err := startOrg(ctx, n)
		if err != nil {
			return err
		}
		for _, name := range []string{"sfsql-rest", "sfsql-bulk"} {
			var f figures
			if err = child(ctx, org, &f, "-role", "measure", "-client", name, "-rows", strconv.Itoa(n)); err != nil {
				break
			}
			rss[name] = append(rss[name], f.PeakRSS)
		}
		stop()
		if err != nil {
			return err
		}
	}
	for _, name := range []string{"sfsql-rest", "sfsql-bulk"} {
		a, b := float64(rss[name][0])/(1<<20), float64(rss[name][1])/(1<<20)
		fmt.Fprintf(out, "| %s | %.1f | %.1f | %.1f | at most 64 |\n", name, a, b, b-a)
	}
	return nil
}
