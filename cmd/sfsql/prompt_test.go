//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/sfsql/sfsql/emulator"
)

// A person at a terminal is asked for what is missing, and sees nothing of the
// secret while typing it.
func TestPromptHidesSecrets(t *testing.T) {
	org := emulator.New(emulator.WithAuth(emulator.Auth{ClientSecret: awkwardSecret}))
	defer org.Close()
	c := open(t, t.TempDir(), nil, "login", "typed", "--flow", "client_credentials", "--host", org.URL())
	c.shows("Consumer key (client id):")
	c.send(org.ClientID() + "\r")
	c.shows("Consumer secret:")
	c.hides()
	c.send(awkwardSecret + "\r")
	c.shows("saved as typed")
	if status := c.ends(); status != exitOK {
		t.Errorf("status %d", status)
	}
	if strings.Contains(c.written(), awkwardSecret) {
		t.Errorf("the terminal shows the secret:\n%s", c.text())
	}
}

// Ctrl-C at a prompt ends the program and leaves a terminal that shows again
// what is typed.
func TestPromptEndsWithCtrlC(t *testing.T) {
	c := open(t, t.TempDir(), nil, "login", "typed", "--flow", "client_credentials", "--host", "acme", "--client-id", "me")
	c.shows("Consumer secret:")
	c.hides()
	c.send("\x03")
	if status := c.ends(); status != exitInterrupted {
		t.Errorf("status %d: %s", status, c.text())
	}
	if c.state() != c.before {
		t.Error("the terminal was not put back")
	}
}
