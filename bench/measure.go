package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"syscall"
	"time"
)

// figures are what one process measured of itself.
type figures struct {
	Client  string
	Rows    int
	Wall    time.Duration // from the query on
	CPU     time.Duration // user and system, of this process alone
	Mallocs uint64
	Bytes   uint64 // allocated
	PeakRSS int64  // bytes, of the process's whole life
}

func (f figures) rate() float64        { return float64(f.Rows) / f.Wall.Seconds() }
func (f figures) cpuPerRow() float64   { return float64(f.CPU.Nanoseconds()) / 1e3 / float64(f.Rows) }
func (f figures) mallocs() float64     { return float64(f.Mallocs) / float64(f.Rows) }
func (f figures) bytesPerRow() float64 { return float64(f.Bytes) / float64(f.Rows) }

// better returns the figures of two runs of a client: the faster run's, with
// the smaller CPU time of the two. Other work on the machine adds to both.
func (f figures) better(other figures) figures {
	if other.Rows == 0 {
		return f
	}
	cpu := min(f.CPU, other.CPU)
	if other.Wall < f.Wall {
		f = other
	}
	f.CPU = cpu
	return f
}

// usage returns the CPU time and the peak memory of this process.
func usage() (cpu time.Duration, rss int64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // of a wrong argument only
	}
	rss = int64(u.Maxrss)
	if runtime.GOOS != "darwin" {
		rss <<= 10 // elsewhere it counts kilobytes
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), rss
}

// measure runs a client once, and writes a CPU profile to a file, if one is
// named.
func measure(ctx context.Context, name string, org target, want int, profile string) (figures, error) {
	run, ok := clients[name]
	if !ok {
		return figures{}, fmt.Errorf("there is no client %q", name)
	}
	var (
		began         time.Time
		cpu           time.Duration
		before, after runtime.MemStats
	)
	n, err := run(ctx, org, func() {
		if file, err := os.Create(profile); err == nil {
			_ = pprof.StartCPUProfile(file) // measured all the same
		}
		runtime.GC() // what came before shall not be paid for later
		runtime.ReadMemStats(&before)
		cpu, _ = usage()
		began = time.Now()
	})
	f := figures{Client: name, Rows: n, Wall: time.Since(began)}
	end, rss := usage()
	pprof.StopCPUProfile()
	runtime.ReadMemStats(&after)
	if err == nil && n != want {
		err = fmt.Errorf("%d rows, want %d", n, want)
	}
	f.CPU, f.PeakRSS = end-cpu, rss
	f.Mallocs, f.Bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	return f, err
}

// first is how long the first row takes, and a bare page.
type first struct{ Row, Page time.Duration }

// measureFirst compares the first row of the driver's REST with fetching the
// page that it is in: medians, taken in turns.
func measureFirst(ctx context.Context, org target, tries int) (first, error) {
	db, err := openDriver(ctx, org, "api=rest")
	if err != nil {
		return first{}, err
	}
	defer db.Close()
	var rowTimes, pageTimes []time.Duration
	for range tries {
		began := time.Now()
		if err := fetchPage(ctx, org); err != nil {
			return first{}, err
		}
		pageTimes = append(pageTimes, time.Since(began))
		began = time.Now()
		rows, err := db.QueryContext(ctx, query)
		if err != nil {
			return first{}, err
		}
		rows.Next()
		if err := new(row).scan(rows); err != nil {
			return first{}, err
		}
		rowTimes = append(rowTimes, time.Since(began))
		if err := rows.Close(); err != nil {
			return first{}, err
		}
	}
	return first{median(rowTimes), median(pageTimes)}, nil
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// report writes what a process measured, for its parent.
func report(out io.Writer, v any) error { return json.NewEncoder(out).Encode(v) }
