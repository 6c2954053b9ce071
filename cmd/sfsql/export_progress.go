package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sfsql/sfsql/internal/export"
	"github.com/sfsql/sfsql/internal/format"
)

// When progress is shown, and how often.
const (
	progressAfter = time.Second
	progressEvery = 200 * time.Millisecond
)

// exportProgress tells how far an export is: on a terminal in one line that
// changes, elsewhere only of objects that are left out.
type exportProgress struct {
	out      io.Writer
	quiet    bool
	terminal bool
	started  time.Time

	mu      sync.Mutex
	shown   time.Time
	width   int // of the line that stands there
	done    int
	rows    int64                   // of objects that are done
	objects map[string]export.Event // that are being read
}

// note takes an event; it may be called from several goroutines.
func (p *exportProgress) note(e export.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.State {
	case export.Reading:
		if old, ok := p.objects[e.Object]; ok && e.Total < 0 {
			e.Total = old.Total
		}
		p.objects[e.Object] = e
	case export.Skipped:
		p.erase() // quiet or not: the exit status does not tell
		fmt.Fprintf(p.out, "sfsql: %s\n", format.Harmless(fmt.Sprintf("%s is left out: %s", e.Object, e.Reason)))
		delete(p.objects, e.Object)
	default:
		delete(p.objects, e.Object)
		p.done++
		p.rows += e.Rows
	}
	p.show(time.Now())
}

func (p *exportProgress) show(now time.Time) {
	if !p.terminal || p.quiet || now.Sub(p.started) < progressAfter || now.Sub(p.shown) < progressEvery {
		return
	}
	p.shown = now
	p.erase()
	line := format.OneLine(p.line(now))
	p.width = len(line)
	fmt.Fprint(p.out, line)
}

// line says what is being read; the width of a terminal holds two objects.
func (p *exportProgress) line(now time.Time) string {
	var names []string
	rows := p.rows
	for name, e := range p.objects {
		names = append(names, name)
		rows += e.Rows
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names[:min(len(names), 2)] {
		e := p.objects[name]
		text := name + " " + format.Thousands(e.Rows)
		if e.Total >= e.Rows {
			text += " of " + format.Thousands(e.Total)
		}
		if e.API != "" {
			text += " by " + e.API
		}
		parts = append(parts, text)
	}
	if len(names) > 2 {
		parts = append(parts, fmt.Sprintf("%d more", len(names)-2))
	}
	perSecond := int64(float64(rows) / now.Sub(p.started).Seconds())
	return fmt.Sprintf("%s; %d done, %s rows/s", strings.Join(parts, ", "), p.done, format.Thousands(perSecond))
}

// clear removes the line.
func (p *exportProgress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

func (p *exportProgress) erase() {
	if p.width > 0 {
		fmt.Fprint(p.out, "\r"+strings.Repeat(" ", p.width)+"\r")
		p.width = 0
	}
}
