package main

import (
	"errors"
	"syscall"
)

// errNoData is what writing to a pipe that its reader is closing returns.
const errNoData = syscall.Errno(232)

// isBrokenPipe reports whether a write failed because its reader went away.
func isBrokenPipe(err error) bool {
	return errors.Is(err, syscall.ERROR_BROKEN_PIPE) || errors.Is(err, errNoData)
}
