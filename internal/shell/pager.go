package shell

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sfsql/sfsql/internal/format"
)

// Pager shows results that are longer than the screen.
type Pager struct {
	Command []string
	Env     []string   // beside the program's own
	Height  func() int // of the screen
}

// NewPager returns the pager that the environment names, else less where it is
// installed, else nil. PAGER= (empty) and PAGER=cat are none.
func NewPager(lookup func(string) (string, bool), height func() int) *Pager {
	text, given := lookup("PAGER")
	if !given {
		text = "less"
	}
	command := strings.Fields(text)
	if len(command) == 0 || command[0] == "cat" {
		return nil
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil
	}
	p := &Pager{Command: command, Height: height}
	if _, own := lookup("LESS"); !own {
		p.Env = []string{"LESS=SRFX"} // long lines cut, colours, nothing where it all fits, the screen left as it is
	}
	return p
}

// errPagerLeft ends a result whose reader has quit the pager.
var errPagerLeft = errors.New("the pager has ended")

// screen is standard output. What is written in one statement goes to the
// pager as soon as it is more than the screen holds.
type screen struct {
	s       *Shell
	held    bytes.Buffer // while it may still fit
	through bool         // the pager was tried for this result
	in      io.WriteCloser
	cmd     *exec.Cmd
	rest    []byte // the end of the last write, which may be half a character
}

// Write shows what has come. On a terminal values of every format are without
// what would steer it; the pager would pass that on.
func (c *screen) Write(p []byte) (int, error) {
	if !c.s.cfg.Terminal {
		return c.show(p)
	}
	text := append(c.rest, p...)
	whole := len(text) - unfinished(text)
	c.rest = slices.Clone(text[whole:])
	if _, err := c.show([]byte(format.Harmless(string(text[:whole])))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// unfinished returns how many bytes at the end may be the beginning of
// something: of a character, or a carriage return before its line feed.
func unfinished(text []byte) int {
	for n := 1; n <= min(len(text), utf8.UTFMax-1); n++ {
		if b := text[len(text)-n]; utf8.RuneStart(b) {
			if b == '\r' && n == 1 || !utf8.FullRune(text[len(text)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

func (c *screen) show(p []byte) (int, error) {
	c.s.progress.clear()
	if c.in == nil && (c.through || c.s.cfg.Pager == nil || !c.s.pager) {
		return c.toStdout(p)
	}
	if c.in == nil {
		c.held.Write(p)
		if bytes.Count(c.held.Bytes(), []byte("\n")) < c.s.cfg.Pager.Height() {
			return len(p), nil
		}
		c.through = true
		if err := c.open(); err != nil {
			c.s.say("the pager does not start: %v; .pager off leaves it out", err)
			n := c.held.Len()
			_, err := c.toStdout(c.held.Next(n))
			return len(p), err
		}
		p = c.held.Next(c.held.Len())
	}
	if _, err := c.in.Write(p); err != nil {
		return 0, errPagerLeft
	}
	return len(p), nil
}

func (c *screen) toStdout(p []byte) (int, error) {
	n, err := c.s.cfg.Stdout.Write(p)
	if err != nil {
		err = &writeError{err}
	}
	return n, err
}

// open starts the pager.
func (c *screen) open() error {
	pager := c.s.cfg.Pager
	cmd := exec.Command(pager.Command[0], pager.Command[1:]...)
	cmd.Env = append(os.Environ(), pager.Env...)
	cmd.Stdout, cmd.Stderr = c.s.cfg.Stdout, c.s.cfg.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.in, c.cmd = in, cmd
	c.s.progress.hide(true)
	return nil
}

// end shows what fits the screen, or waits until the pager is left.
func (c *screen) end() error {
	if rest := c.rest; len(rest) > 0 {
		c.rest = nil
		if _, err := c.show([]byte(format.OneLine(string(rest)))); err != nil && !errors.Is(err, errPagerLeft) {
			return err
		}
	}
	c.through = false
	if c.in == nil {
		_, err := c.held.WriteTo(writerFunc(c.toStdout))
		c.held.Reset()
		return err
	}
	_ = c.in.Close()
	_ = c.cmd.Wait() // a pager's status is its own
	c.in, c.cmd = nil, nil
	c.s.progress.hide(false)
	return nil
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// endPager ends what a statement has shown.
func (s *Shell) endPager() error { return s.screen.end() }
