//go:build unix

package auth

import (
	"os/exec"
	"syscall"
)

// stopWithChildren makes the end of a command's context end the programs that
// it started too: sf is often a script that runs another.
func stopWithChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
