//go:build !windows

package profile

import "syscall"

// errReadOnly is a write's failure on a file system that takes none.
var errReadOnly error = syscall.EROFS
