// Command engines compares the two SQLites that the driver can be built on. It
// builds driver's BenchmarkEngine once for each, runs them in turns, and prints
// a Markdown table: the medians, and the median of each round's ratio, which
// other work on the machine disturbs least, since it disturbs both.
//
//	go run ./engines             # in the folder bench; needs a C compiler
//	go run ./engines -rounds 21
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

var (
	rounds = flag.Int("rounds", 11, "how often each engine is measured, in turns")
	times  = flag.Int("times", 5, "how often each statement runs in a round")
	folder = flag.String("driver", "../driver", "folder of the driver")
)

// engines by the build tags that choose them.
var engines = []struct{ name, tags string }{
	{"modernc", ""},
	{"mattn", "sfsql_mattn sqlite_math_functions sqlite_fts5"},
}

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "engines:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "engines-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, e := range engines {
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-tags", e.tags, "-o", filepath.Join(dir, e.name), ".")
		cmd.Dir, cmd.Stderr = *folder, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("building the driver on %s: %w", e.name, err)
		}
	}
	var names []string
	measured := map[string]map[string][]float64{} // engine → statement → ms, by round
	for round := range *rounds {
		for i := range engines {
			e := engines[(i+round)%len(engines)].name // none is always the first
			order, ms, err := measure(ctx, filepath.Join(dir, e))
			if err != nil {
				return fmt.Errorf("measuring %s: %w", e, err)
			}
			names = order
			if measured[e] == nil {
				measured[e] = map[string][]float64{}
			}
			for name, t := range ms {
				measured[e][name] = append(measured[e][name], t)
			}
		}
	}
	show(out, names, measured)
	return nil
}

// measure runs a benchmark program and returns the milliseconds of each
// statement.
func measure(ctx context.Context, program string) (order []string, ms map[string]float64, err error) {
	cmd := exec.CommandContext(ctx, program, "-test.run=^$", "-test.bench=^BenchmarkEngine$", "-test.benchtime="+strconv.Itoa(*times)+"x")
	cmd.Dir, cmd.Stderr = *folder, os.Stderr
	printed, err := cmd.Output()
	if err != nil {
		return nil, nil, err
	}
	ms = map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(printed)); lines.Scan(); {
		name, rest, ok := strings.Cut(lines.Text(), " ")
		words := strings.Fields(rest)
		if !ok || !strings.HasPrefix(name, "BenchmarkEngine/") || len(words) < 3 || words[2] != "ns/op" {
			continue
		}
		ns, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			return nil, nil, err
		}
		name = strings.TrimPrefix(name, "BenchmarkEngine/")
		name = strings.TrimSuffix(name, "-"+strconv.Itoa(runtime.GOMAXPROCS(0)))
		order, ms[name] = append(order, name), ns/1e6
	}
	if len(order) == 0 {
		return nil, nil, errors.New("no figures were printed")
	}
	return order, ms, nil
}

func show(out io.Writer, names []string, measured map[string]map[string][]float64) {
	fmt.Fprintf(out, "%s, %s/%s, %d CPUs; medians of %d rounds.\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), *rounds)
	fmt.Fprintln(out, "| | modernc, ms | mattn, ms | mattn's time to modernc's | the middle half of the rounds |\n|---|--:|--:|--:|--:|")
	for _, name := range names {
		a, b := measured["modernc"][name], measured["mattn"][name]
		ratios := make([]float64, len(a))
		for i := range a {
			ratios[i] = b[i] / a[i]
		}
		slices.Sort(ratios)
		fmt.Fprintf(out, "| %s | %.0f | %.0f | %.2f | %.2f to %.2f |\n", name, median(a), median(b), median(ratios), ratios[len(ratios)/4], ratios[(3*len(ratios))/4])
	}
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}
