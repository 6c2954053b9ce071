package shell

import (
	"bufio"
	"cmp"
	"errors"
	"time"

	"github.com/sfsql/sfsql/internal/format"
)

// sink is where results go: standard output, or the file of .once or .output.
type sink struct {
	out     *bufio.Writer
	file    Output // nil for standard output
	path    string
	results int       // written so far
	flushed time.Time // when out was last emptied
	broken  bool      // a result in it broke off, so it gets no name
}

// sink returns where the next result goes. The file of .once is made only now,
// so that a mistyped statement leaves none and the next one has it.
func (s *Shell) sink() (*sink, error) {
	if s.oncePath != "" {
		k, err := s.create(s.oncePath)
		if err != nil {
			return nil, err
		}
		s.oncePath, s.once = "", k
	}
	return cmp.Or(s.once, s.output, s.stdout), nil
}

func (s *Shell) create(path string) (*sink, error) {
	file, err := s.cfg.Create(path)
	if err != nil {
		return nil, err
	}
	return &sink{out: bufio.NewWriterSize(file, 1<<16), file: file, path: path}, nil
}

// textSink returns where a result goes that is no rows.
func (s *Shell) textSink() (*sink, error) {
	k, err := s.sink()
	if err != nil {
		return nil, err
	}
	if mode := s.styleFor(k).Mode; format.Binary(mode) {
		return nil, usagef("a file of mode %s holds rows, and this is text", mode)
	}
	k.results++
	return k, nil
}

// text returns where a command writes.
func (s *Shell) text() (*bufio.Writer, error) {
	k, err := s.textSink()
	if err != nil {
		return nil, err
	}
	return k.out, nil
}

// nextResult returns where a plan goes, with an empty line between it and the
// result before.
func (s *Shell) nextResult() (*bufio.Writer, error) {
	k, err := s.textSink()
	if err != nil {
		return nil, err
	}
	if k.results > 1 {
		err = k.out.WriteByte('\n')
	}
	return k.out, err
}

// styleFor returns how a sink's results look.
func (s *Shell) styleFor(k *sink) format.Style {
	style := s.style
	if k.file != nil {
		style.Mode = cmp.Or(format.ModeOf(k.path), s.style.Mode, "csv")
		return style
	}
	style.Width = s.width()
	style.Mode = cmp.Or(s.style.Mode, format.ModeFor("", style.Width > 0))
	return style
}

func (k *sink) flushSometimes() error {
	if now := time.Now(); now.Sub(k.flushed) >= flushEvery {
		k.flushed = now
		return k.out.Flush()
	}
	return nil
}

// settle ends what a statement or command wrote: rows that came before an
// error are shown, the file of .once gets its name or goes.
func (s *Shell) settle(err error) error {
	s.progress.clear()
	flushed := s.stdout.out.Flush()
	s.stdout.out.Reset(s.screen) // it would not forget a pager that was left
	if paged := s.endPager(); flushed == nil {
		flushed = paged
	}
	if k := s.once; k != nil {
		s.once = nil
		k.broken = err != nil
		return errors.Join(err, k.end())
	}
	if k := s.output; k != nil {
		k.broken = k.broken || err != nil && k.results != s.before
		s.before = k.results
		if fileErr := k.out.Flush(); err == nil {
			err = fileErr
		}
	}
	if errors.Is(err, errPagerLeft) || errors.Is(flushed, errPagerLeft) {
		return nil // the user has seen enough
	}
	if err == nil {
		return flushed
	}
	return err
}

// end gives a sink's file its name.
func (k *sink) end() error {
	if k.broken {
		k.file.Abort()
		return nil
	}
	if err := k.out.Flush(); err != nil {
		k.file.Abort()
		return err
	}
	return k.file.Commit()
}

// endOutput ends the file of .output.
func (s *Shell) endOutput() error {
	k := s.output
	if k == nil {
		return nil
	}
	s.output = nil
	if k.broken {
		s.say("%s is not written: a result in it broke off", k.path)
	}
	return k.end()
}
