package emulatorcmd

import (
	"bufio"
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	_ "github.com/sfsql/sfsql/driver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// launch runs the command and returns what it printed first. The command ends
// with the test, and must end without an error.
func launch(t *testing.T, args ...string) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	done := make(chan error, 1)
	cmd := Command()
	cmd.SetArgs(args)
	cmd.SetOut(in)
	go func() { done <- cmd.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the command ends with %v", err)
		}
	})
	return bufio.NewReader(out)
}

func launchJSON(t *testing.T, args ...string) access {
	t.Helper()
	line, err := launch(t, append(args, "--json")...).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var a access
	if err := json.Unmarshal(line, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func status(t *testing.T, a access, path string) int {
	t.Helper()
	req, err := http.NewRequest("GET", a.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.AccessToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestThePrintedDSNWorks(t *testing.T) {
	a := launchJSON(t, "--scale", "2", "--fault", "503@query")
	db, err := sql.Open("salesforce", a.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow("SELECT count(*) FROM Lead").Scan(&n); err != nil || n != 1200 {
		t.Errorf("%d %v", n, err)
	}
}

func TestThePrintedTokenWorksAndFaultsStrike(t *testing.T) {
	a := launchJSON(t, "--fault", "502@limits:after=1:times=2")
	for i, want := range []int{200, 502, 502, 200} {
		if got := status(t, a, "/services/data/v67.0/limits"); got != want {
			t.Errorf("request %d: %d, want %d", i, got, want)
		}
	}
}

func TestTheKeyOfJWTLoginsIsWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	launchJSON(t, "--jwt-key", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("%s is no PEM", text)
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		t.Error(err)
	}
}

func TestTheTableNamesEverything(t *testing.T) {
	out := launch(t)
	for _, name := range []string{
		"URL ", "access token ", "client id ", "client secret ", "refresh token ", "username ", "password ", "security token ", "DSN ",
	} {
		line, err := out.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, name) {
			t.Errorf("%q, want %s: %v", line, name, err)
		}
	}
}

func TestBadFlagsAreRefused(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--fault 999", "403-daily"}, // the kinds that there are
		{"--fault 503@nowhere", "globalDescribe"},
		{"--time-zone Nowhere/Else", "no such time zone"},
		{"--port 70000", "port"},
		{"more", "unknown command"},
	} {
		cmd := Command()
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(strings.Fields(c.args))
		cmd.SetOut(io.Discard)
		if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}
