package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// output is where results go. Either Commit or Abort ends it; Abort after
// Commit does nothing.
type output interface {
	io.Writer
	Commit() error
	Abort()
}

// openOutput returns stdout where path is empty, else the file. A name that
// exists and is no plain file, such as a device or a pipe, is written to as it
// is, until ctx ends.
func openOutput(ctx context.Context, path string, stdout io.Writer) (output, error) {
	if path == "" {
		return newStream(ctx, stdout, func() error { return nil }), nil
	}
	// Stat follows the links of /dev/stdout to a pipe, which has no path of
	// its own.
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist) && !isLink(path):
		return createBeside(path, 0)
	case err != nil:
		return nil, &outputError{err}
	case info.Mode().IsRegular():
		// A rename would replace a link by the result; it is meant for the
		// link's target.
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			return nil, &outputError{err}
		}
		return createBeside(target, info.Mode().Perm())
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, &outputError{err}
	}
	return newStream(ctx, f, f.Close), nil
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// stream is an output that cannot be taken back.
type stream struct {
	ctx   context.Context
	w     io.Writer
	close func() error
	held  []byte // of the write that runs, which may be given up and go on
	err   error  // of the write that failed; what follows would stand in the wrong place
}

// lastWrites is how long a reader has for what came before ctx ended. One that
// stands still, as behind a full pipe, holds the program no longer.
const lastWrites = time.Second

func newStream(ctx context.Context, w io.Writer, close func() error) *stream {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	forget := context.AfterFunc(ctx, func() { time.AfterFunc(lastWrites, cancel) })
	return &stream{ctx: later, w: w, close: func() error {
		forget()
		return close()
	}}
}

func (s *stream) Write(p []byte) (n int, err error) {
	if s.err != nil {
		return 0, s.err
	}
	s.held = append(s.held[:0], p...)
	if n, err = wait(s.ctx, func() (int, error) { return s.w.Write(s.held) }); err != nil {
		s.err = &outputError{err}
	}
	return n, s.err
}

func (s *stream) Commit() error {
	if err := s.close(); err != nil {
		return &outputError{err}
	}
	return nil
}

func (s *stream) Abort() { _ = s.close() } // an error came before

// fileOutput is a file that gets its name when it is whole.
type fileOutput struct {
	*os.File
	path string
	done bool
}

// createBeside creates the temporary file in the folder of path, so that the
// rename stays within one file system. perm 0 leaves the mode to the umask.
func createBeside(path string, perm fs.FileMode) (*fileOutput, error) {
	dir, name := filepath.Split(path)
	for range 100 {
		tmp := fmt.Sprintf("%s.%s.%08x.tmp", dir, name, rand.Uint32())
		f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, &outputError{&fs.PathError{Op: "create", Path: path, Err: errors.Unwrap(err)}}
		}
		o := &fileOutput{File: f, path: path}
		if perm != 0 {
			if err := f.Chmod(perm); err != nil {
				o.Abort()
				return nil, &outputError{err}
			}
		}
		return o, nil
	}
	return nil, &outputError{fmt.Errorf("no free name for a temporary file beside %s", path)}
}

func (o *fileOutput) Write(p []byte) (int, error) {
	n, err := o.File.Write(p)
	if err != nil {
		err = &outputError{err}
	}
	return n, err
}

// Commit gives the file its name once its bytes are on the disk.
func (o *fileOutput) Commit() error {
	o.done = true
	err := o.Sync()
	if closeErr := o.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(o.Name(), o.path)
	}
	if err != nil {
		_ = os.Remove(o.Name())
		return &outputError{err}
	}
	return nil
}

func (o *fileOutput) Abort() {
	if o.done {
		return
	}
	o.done = true
	_ = o.Close()
	_ = os.Remove(o.Name())
}
