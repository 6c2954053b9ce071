package shell

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/format"
)

// When progress is told, and how often.
const (
	progressAfter = time.Second
	progressEvery = 200 * time.Millisecond
)

// progress keeps one line on standard error about a statement that takes long.
// It rewrites the line itself: the bars that libraries draw want a known total
// and the terminal to themselves, and here rows and the pager share it. A nil
// progress tells nothing.
type progress struct {
	w     io.Writer
	width func() int
	now   func() time.Time

	mu      sync.Mutex
	stats   func() driver.Stats
	calls   int64 // before the statement
	began   time.Time
	last    driver.Progress
	ended   int64 // rows of scans that have ended
	scans   map[int64]int64
	shown   bool
	hidden  bool
	running chan struct{}
	done    chan struct{}
}

func newProgress(w io.Writer, width func() int) *progress {
	return &progress{w: w, width: width, now: time.Now}
}

// start begins to tell of a statement.
func (p *progress) start(stats func() driver.Stats) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats, p.calls, p.began = stats, stats().Calls, p.now()
	p.last, p.ended, p.scans = driver.Progress{}, 0, map[int64]int64{}
	p.running, p.done = make(chan struct{}), make(chan struct{})
	go p.tick(p.running, p.done)
}

func (p *progress) tick(running, done chan struct{}) {
	defer close(done)
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		select {
		case <-running:
			return
		case <-ticker.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

// stop ends the telling, and takes the line away.
func (p *progress) stop() {
	if p == nil || p.running == nil {
		return
	}
	close(p.running)
	<-p.done
	p.running = nil
	p.clear()
}

// note hears of a scan.
func (p *progress) note(e driver.Progress) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.State == driver.ProgressDone || e.State == driver.ProgressFailed {
		delete(p.scans, e.Scan)
		p.ended += e.Rows
		return
	}
	if p.scans != nil {
		p.scans[e.Scan] = e.Rows
		p.last = e
	}
}

// clear takes the line away, so that something else can be written.
func (p *progress) clear() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		_, _ = io.WriteString(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// hide keeps the line away while the pager has the screen.
func (p *progress) hide(hidden bool) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hidden = hidden
}

func (p *progress) draw() {
	took := p.now().Sub(p.began)
	if took < progressAfter || p.hidden {
		return
	}
	line := format.OneLine(p.line(took))
	if width := p.width(); width > 1 {
		line = runewidth.Truncate(line, width-1, "…")
	}
	_, _ = io.WriteString(p.w, "\r\x1b[K"+line)
	p.shown = true
}

// line is such as
//
//	Account by BULK, running (750xx…): 12,000 of 40,000 rows, 4,000 rows/s, 3 s, 7 calls
func (p *progress) line(took time.Duration) string {
	rows := p.ended
	for _, n := range p.scans {
		rows += n
	}
	text := "waiting for the org"
	if e := p.last; e.Table != "" {
		text = e.Table + " by " + e.API + ", " + e.State
		if e.Job != "" {
			text += " (" + e.Job + ")"
		}
		text += ": " + p.rows(e)
	}
	return fmt.Sprintf("%s, %s rows/s, %d s, %s", text, format.Thousands(int64(float64(rows)/took.Seconds())),
		int(took.Seconds()), format.Counted(p.stats().Calls-p.calls, "call"))
}

func (p *progress) rows(e driver.Progress) string {
	switch {
	case e.Total < 0:
		return format.Counted(e.Rows, "row")
	case e.Exact:
		return format.Thousands(e.Rows) + " of " + format.Counted(e.Total, "row")
	}
	return format.Thousands(e.Rows) + " of about " + format.Counted(e.Total, "row")
}
