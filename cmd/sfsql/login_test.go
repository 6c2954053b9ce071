package main

import (
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sfsql/sfsql/emulator"
)

// A password and a secret with every character that some format has a use for.
const (
	awkwardPassword = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ü€😀\ttail "
	awkwardSecret   = "a+b/c=d%e&f?g#h"
)

// emulate starts an org for a script, with settings as words:
//
//	emulate [rotate] [require-secret] [fault=FAULT]…
//
// Its address and credentials are in the environment (ORG, ORG_CLIENT_ID,
// ORG_USER; PORT is that of a callback that the app has), the secret ones in files: client-secret, password,
// security-token, refresh-token, access-token, key.pem.
func emulate(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: emulate [setting…]")
	}
	settings := emulator.Auth{Password: awkwardPassword, ClientSecret: awkwardSecret}
	var faults []emulator.Fault
	for _, arg := range args {
		switch {
		case arg == "rotate":
			settings.RotateRefreshTokens = true
		case arg == "require-secret":
			settings.RequireSecret = true
		case arg == "not-approved":
			settings.NotApproved = true
		case arg == "no-password-flow":
			settings.NoPasswordGrant = true
		case strings.HasPrefix(arg, "fault="):
			fault, err := emulator.ParseFault(strings.TrimPrefix(arg, "fault="))
			ts.Check(err)
			faults = append(faults, fault)
		default:
			ts.Fatalf("emulate: %s is no setting", arg)
		}
	}
	port := freePort(ts)
	settings.RedirectURIs = []string{"http://localhost:" + port + "/OauthRedirect"}
	ts.Setenv("PORT", port)
	org := emulator.New(emulator.WithAuth(settings), emulator.WithFaults(faults...))
	ts.Defer(org.Close)
	ts.Setenv("ORG", org.URL())
	ts.Setenv("ORG_HOST", strings.TrimPrefix(org.URL(), "http://"))
	ts.Setenv("ORG_CLIENT_ID", org.ClientID())
	ts.Setenv("ORG_USER", org.Username())
	key, err := x509.MarshalPKCS8PrivateKey(org.PrivateKey())
	ts.Check(err)
	for name, secret := range map[string]string{
		"client-secret": org.ClientSecret() + "\n", "password": org.Password() + "\n", "security-token": org.SecurityToken(),
		"refresh-token": org.RefreshToken(), "access-token": org.AccessToken(),
		"key.pem": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(secret), 0o600))
	}
}

// freePort returns a port that nobody listens on.
func freePort(ts *testscript.TestScript) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	ts.Check(err)
	ts.Check(listener.Close())
	return port
}

// mode checks the rights of a file: mode 600 FILE.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode OCTAL FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := info.Mode().Perm().String(); got != permOf(args[0]) {
		ts.Fatalf("%s is %s, want %s", args[1], got, permOf(args[0]))
	}
}

func permOf(octal string) string {
	var mode os.FileMode
	for _, digit := range octal {
		mode = mode<<3 | os.FileMode(digit-'0')
	}
	return mode.String()
}

// browse plays the user's browser: it waits for the address that a sfsql in
// the background prints into a file, goes there, and saves the address it
// lands on in the file landed.
func browse(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: browse FILE")
	}
	address := ""
	for end := time.Now().Add(patience); address == ""; time.Sleep(10 * time.Millisecond) {
		text, _ := os.ReadFile(ts.MkAbs(args[0])) // not there yet
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "/services/oauth2/authorize?") && strings.HasSuffix(line, "\n") {
				address = strings.TrimSpace(line)
			}
		}
		if time.Now().After(end) {
			ts.Fatalf("no address in %s: %s", args[0], text)
		}
	}
	landed, err := visit(address)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("landed"), []byte(landed+"\n"), 0o600))
}
