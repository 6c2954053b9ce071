package shell

import (
	"fmt"
	"sync"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/format"
)

// scanLog gathers how tables were read, for --stats and .soql. Scans of one table that
// were read alike, as those of a join's inner side, are one entry.
type scanLog struct {
	mu      sync.Mutex
	entries []*scanEntry
}

type scanEntry struct {
	table, api, reason string
	soql               string // of the first scan
	scans, rows        int64
}

// mostEntries bounds what is told of a run.
const mostEntries = 20

// note takes what is told of a scan; its last word has the sums.
func (l *scanLog) note(p driver.Progress) {
	if p.State != driver.ProgressDone && p.State != driver.ProgressFailed {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		if e.table == p.Table && e.api == p.API && e.reason == p.Reason {
			e.scans++
			e.rows += p.Rows
			return
		}
	}
	l.entries = append(l.entries, &scanEntry{p.Table, p.API, p.Reason, p.SOQL, 1, p.Rows})
}

// lines tells of each entry in the order of their first ends.
func (l *scanLog) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for i, e := range l.entries {
		if i == mostEntries {
			return append(out, fmt.Sprintf("… and %d more ways of reading", len(l.entries)-i))
		}
		times := ""
		if e.scans > 1 {
			times = fmt.Sprintf(" in %s scans", format.Thousands(e.scans))
		}
		out = append(out, fmt.Sprintf("%s: %s by %s%s (%s)", format.OneLine(e.table), format.Counted(e.rows, "row"), e.api, times, e.reason))
	}
	return out
}

// queries tells what was asked, a line for each entry.
func (l *scanLog) queries() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for i, e := range l.entries {
		if i == mostEntries {
			return append(out, fmt.Sprintf("… and %d more", len(l.entries)-i))
		}
		line := e.api + ": " + format.OneLine(e.soql)
		if e.scans > 1 {
			line += fmt.Sprintf(" (and %s more like it)", format.Thousands(e.scans-1))
		}
		out = append(out, line)
	}
	return out
}
