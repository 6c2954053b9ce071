//go:build !windows

package profile

import (
	"os"
	"strings"
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

// What is no file is said to be none; a pipe would be waited for.
func TestWhatIsNoFileIsRefused(t *testing.T) {
	for name, make := range map[string]func(string) error{
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		s, err := Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if err := make(s.File()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.List(); err == nil || !strings.Contains(err.Error(), "is no file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
