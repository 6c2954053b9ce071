//go:build unix

package shell

import (
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// typedAhead returns the keys that wait to be read, such as those typed while a
// statement ran. The line editor asks the terminal where its cursor is, and
// drops keys that it reads together with the answer; they are read before.
func typedAhead(f *os.File) []rune {
	fd := int(f.Fd())
	before, err := term.MakeRaw(fd) // else only whole lines can be read
	if err != nil {
		return nil
	}
	defer func() { _ = term.Restore(fd, before) }()
	var out []byte
	for buf := make([]byte, 1024); ; {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(ready, 0); err != nil || n == 0 || ready[0].Revents&unix.POLLIN == 0 {
			break
		}
		n, err := unix.Read(fd, buf)
		if err != nil || n <= 0 {
			break
		}
		out = append(out, buf[:n]...)
	}
	for i, c := range out {
		if c == '\n' { // as the terminal had made of Enter
			out[i] = '\r'
		}
	}
	return []rune(string(out))
}
