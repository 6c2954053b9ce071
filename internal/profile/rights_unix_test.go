//go:build !windows

package profile

import (
	"os"
	"syscall"
	"testing"
)

func umask(mask int) int { return syscall.Umask(mask) }

// asNobody goes on without root's rights, for which no file is read-only.
func asNobody(t *testing.T, paths ...string) {
	const nobody = 65534
	if os.Geteuid() != 0 {
		return
	}
	for _, path := range paths {
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Seteuid(nobody); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Seteuid(0); err != nil {
			t.Fatal(err)
		}
	})
}
