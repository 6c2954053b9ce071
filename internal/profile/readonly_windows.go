package profile

import "syscall"

// errReadOnly is a write's failure on a medium that takes none:
// ERROR_WRITE_PROTECT.
var errReadOnly error = syscall.Errno(19)
