package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/zalando/go-keyring"
)

// service is the keychain's name for this program.
const service = "sfsql"

// keychain is where the system keeps secrets. It is a seam: tests have one of
// their own.
type keychain interface {
	get(account string) (string, error)
	set(account, secret string) error
	remove(account string) error
}

// noKeychain is a keychain that is not there.
type noKeychain struct{ reason string }

func (n noKeychain) get(string) (string, error) { return "", errors.New(n.reason) }
func (n noKeychain) set(string, string) error   { return errors.New(n.reason) }
func (n noKeychain) remove(string) error        { return errors.New(n.reason) }

func systemKeychain() keychain {
	switch {
	case strings.EqualFold(os.Getenv("SFSQL_KEYCHAIN"), "off"):
		return noKeychain{"SFSQL_KEYCHAIN is off"}
	case !hasSessionBus():
		return noKeychain{"this session has no D-Bus, over which the secret service would answer"}
	}
	return system{wait: keychainWait}
}

// hasSessionBus reports whether a Linux session has the bus that the secret
// service lives on. Without it the D-Bus library would start one of its own,
// which outlives the program.
func hasSessionBus() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
		return a != "autolaunch:"
	}
	_, err := os.Stat(filepath.Join("/run/user", fmt.Sprint(os.Getuid()), "bus"))
	return err == nil
}

// keychainWait is what a person gets to unlock the keychain. A prompt that
// nobody sees, as over SSH, must not hang a program for good.
const keychainWait = 30 * time.Second

// system is the keychain of the operating system. Its library knows no
// context: after a time-out its call is left to itself.
type system struct{ wait time.Duration }

func (s system) get(account string) (string, error) {
	return s.bounded(func() (string, error) { return keyring.Get(service, account) })
}

func (s system) set(account, secret string) error {
	_, err := s.bounded(func() (string, error) { return "", keyring.Set(service, account, secret) })
	return err
}

func (s system) remove(account string) error {
	_, err := s.bounded(func() (string, error) { return "", keyring.Delete(service, account) })
	return err
}

func (s system) bounded(call func() (string, error)) (string, error) {
	type answer struct {
		secret string
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		secret, err := call()
		done <- answer{secret, err}
	}()
	timer := time.NewTimer(s.wait)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.secret, a.err
	case <-timer.C:
		return "", fmt.Errorf("it has not answered for %v", s.wait)
	}
}
