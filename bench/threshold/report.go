package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/sfsql/sfsql/internal/executor"
)

// candidates are the thresholds that are compared.
var candidates = []float64{2_000, 5_000, 10_000, 20_000, 30_000, 40_000, 50_000, 70_000, 100_000, 200_000}

// crossing returns from how many rows on Bulk is the faster.
func crossing(rest, bulk measured) float64 {
	slope := func(m measured) float64 { return (m.large - m.small).Seconds() / (large - small) }
	difference := bulk.seconds(0) - rest.seconds(0)
	return difference / (slope(rest) - slope(bulk))
}

// regret returns how many times as long as by the better API a scan takes at
// worst under a threshold, in one org: at the threshold itself if it is too
// high or too low there.
func regret(threshold float64, rest, bulk measured) float64 {
	at := crossing(rest, bulk)
	if threshold < at { // Bulk is taken too early
		return bulk.seconds(threshold) / rest.seconds(threshold)
	}
	return rest.seconds(threshold) / bulk.seconds(threshold)
}

func report(w io.Writer, rest, bulk []measured) {
	fmt.Fprintf(w, "| seconds for | %s rows | %s rows | calls |\n|---|---|---|---|\n", thousands(small), thousands(large))
	for _, m := range rest {
		fmt.Fprintf(w, "| REST, %.1f s a page | %.1f | %.1f | %d, %d |\n", m.latency.Seconds(), m.small.Seconds(), m.large.Seconds(), m.callsSmall, m.callsLarge)
	}
	for _, m := range bulk {
		fmt.Fprintf(w, "| Bulk, %.0f s a job | %.1f | %.1f | %d, %d |\n", m.latency.Seconds(), m.small.Seconds(), m.large.Seconds(), m.callsSmall, m.callsLarge)
	}
	fmt.Fprint(w, "\n| Bulk is faster from |")
	for _, b := range bulk {
		fmt.Fprintf(w, " %.0f s a job |", b.latency.Seconds())
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("---|", len(bulk)))
	sum, n := 0.0, 0.0
	for _, r := range rest {
		fmt.Fprintf(w, "| REST, %.1f s a page |", r.latency.Seconds())
		for _, b := range bulk {
			at := crossing(r, b)
			sum, n = sum+math.Log(at), n+1
			fmt.Fprintf(w, " %s rows |", thousands(at))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nGeometric mean: %s rows.\n", thousands(math.Exp(sum/n)))
	fmt.Fprint(w, "\n| threshold | worst case: times as long as by the better API | mean of the nine | API calls by REST, by Bulk |\n|---|---|---|---|\n")
	for _, t := range candidates {
		worst, mean := 0.0, 0.0
		for _, r := range rest {
			for _, b := range bulk {
				x := regret(t, r, b)
				worst, mean = max(worst, x), mean+math.Log(x)/n
			}
		}
		fmt.Fprintf(w, "| %s | %.1f | %.1f | %.0f, %.0f |\n", thousands(t), worst, math.Exp(mean), math.Ceil(t/2000), bulk[len(bulk)/2].calls(t))
	}
}

// thousands writes a number in three digits' precision, grouped.
func thousands(x float64) string {
	if x >= 1000 {
		unit := math.Pow(10, math.Floor(math.Log10(x))-2)
		x = math.Round(x/unit) * unit
	}
	text := fmt.Sprintf("%.0f", x)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// The plot: rows on a logarithmic axis from 1,000 to 1,000,000, seconds on
// another from 0.3 to 1,000.
const (
	width, height      = 720, 420
	left, right        = 60, 150
	top, bottom        = 20, 45
	fewest, most       = 1e3, 1e6
	shortest, longest  = 0.3, 1e3
	restInk, bulkInk   = "#c2410c", "#1d4ed8"
	thresholdInk, grey = "#15803d", "#9ca3af"
)

func x(rows float64) float64 {
	return left + (width-left-right)*math.Log(rows/fewest)/math.Log(most/fewest)
}

func y(seconds float64) float64 {
	return height - bottom - (height-top-bottom)*math.Log(seconds/shortest)/math.Log(longest/shortest)
}

func plot(rest, bulk []measured) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<title>Seconds to read rows by REST and by Bulk</title><rect width="100%%" height="100%%" fill="white"/>`+"\n")
	for rows := fewest; rows <= most; rows *= 10 {
		fmt.Fprintf(&b, `<path d="M%.0f %dV%d" stroke="%s" stroke-width="0.5"/><text x="%.0f" y="%d" text-anchor="middle">%s</text>`+"\n",
			x(rows), top, height-bottom, grey, x(rows), height-bottom+18, thousands(rows))
	}
	for _, s := range []float64{1, 10, 100, 1000} {
		fmt.Fprintf(&b, `<path d="M%d %.0fH%d" stroke="%s" stroke-width="0.5"/><text x="%d" y="%.0f" text-anchor="end">%.0f s</text>`+"\n",
			left, y(s), width-right, grey, left-6, y(s)+4, s)
	}
	for _, m := range rest {
		curve(&b, m, restInk, fmt.Sprintf("REST, %.1f s a page", m.latency.Seconds()))
	}
	for _, m := range bulk {
		curve(&b, m, bulkInk, fmt.Sprintf("Bulk, %.0f s a job", m.latency.Seconds()))
	}
	fmt.Fprintf(&b, `<path d="M%.0f %dV%d" stroke="%s" stroke-width="2" stroke-dasharray="5 4"/>`+"\n", x(threshold), top, height-bottom, thresholdInk)
	fmt.Fprintf(&b, `<text x="%.0f" y="%d" fill="%s">threshold %s</text>`+"\n", x(threshold)+6, top+12, thresholdInk, thousands(threshold))
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">rows</text></svg>`+"\n", (left+width-right)/2, height-6)
	return b.Bytes()
}

func curve(b *bytes.Buffer, m measured, ink, name string) {
	fmt.Fprintf(b, `<path d="M`)
	for rows := fewest; rows <= most*1.001; rows *= math.Pow(10, 0.05) {
		fmt.Fprintf(b, "%.1f %.1f ", x(rows), y(max(m.seconds(rows), shortest)))
	}
	fmt.Fprintf(b, `" fill="none" stroke="%s" stroke-width="1.5"/><text x="%d" y="%.0f" fill="%s">%s</text>`+"\n",
		ink, width-right+6, y(max(m.seconds(most), shortest))+4, ink, name)
}

// threshold is the driver's default.
const threshold = executor.DefaultThreshold
