package profile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/salesforce/auth"
)

var _ auth.Keeper = (*Keeper)(nil)

// What a process of the tests' own is to do, by environment.
const (
	roleVar   = "SFSQL_TEST_ROLE"
	dirVar    = "SFSQL_TEST_DIR"
	loginVar  = "SFSQL_TEST_LOGIN"
	clientVar = "SFSQL_TEST_CLIENT"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		if err := play(role); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// folderKeychain is a keychain that processes share: a file for each secret.
type folderKeychain string

func (k folderKeychain) path(account string) string {
	return filepath.Join(string(k), fmt.Sprintf("%x", account))
}

func (k folderKeychain) get(account string) (string, error) {
	b, err := os.ReadFile(k.path(account))
	return string(b), err
}

func (k folderKeychain) set(account, secret string) error {
	return os.WriteFile(k.path(account), []byte(secret), 0o600)
}

func (k folderKeychain) remove(account string) error { return os.Remove(k.path(account)) }

// play is the life of such a process.
func play(role string) error {
	s, err := Open(os.Getenv(dirVar))
	if err != nil {
		return err
	}
	s.keychain = noKeychain{"none in a test"}
	if role == "rotate-keychain" {
		s.keychain = folderKeychain(filepath.Join(os.Getenv(dirVar), "..", "keychain"))
	}
	if name, ok := strings.CutPrefix(role, "put-"); ok {
		for i := range 20 {
			if _, err := s.Put(Org{Name: fmt.Sprint(name, i), Values: map[string]string{"host": name}}); err != nil {
				return err
			}
		}
		return nil
	}
	if role == "hold" {
		return s.Keeper("prod").Exchange(context.Background(), func(context.Context, string) (string, error) {
			fmt.Println("holding")
			_, err := io.Copy(io.Discard, os.Stdin) // until killed
			return "", err
		})
	}
	return rotate(s)
}

// rotate logs in again and again, as an org does whose sessions end.
func rotate(s *Store) error {
	src, err := auth.RefreshToken(auth.Config{
		LoginURL: os.Getenv(loginVar), ClientID: os.Getenv(clientVar), Keeper: s.Keeper("prod"), Timeout: time.Minute,
	})
	if err != nil {
		return err
	}
	for range 15 {
		token, err := src.Token(context.Background())
		if err != nil {
			return err
		}
		src.Invalidate(token.AccessToken)
	}
	return nil
}

func command(role, dir string, org *emulator.Server) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role, dirVar+"="+dir)
	if org != nil {
		cmd.Env = append(cmd.Env, loginVar+"="+org.URL(), clientVar+"="+org.ClientID())
	}
	return cmd
}

// together runs processes at once and fails with what they print.
func together(t *testing.T, cmds ...*exec.Cmd) {
	t.Helper()
	var wg sync.WaitGroup
	for _, cmd := range cmds {
		wg.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
}

func rotatingOrg(t *testing.T) *emulator.Server {
	org := emulator.New(emulator.WithAuth(emulator.Auth{RotateRefreshTokens: true}))
	t.Cleanup(org.Close)
	return org
}

// Each process makes 15 logins of a token that works once; one that used
// another's token would be refused.
func TestTwoProcessesRotateOneToken(t *testing.T) {
	for _, role := range []string{"rotate-file", "rotate-keychain"} {
		t.Run(role, func(t *testing.T) {
			s, _ := newStore(t)
			s.keychain = noKeychain{"none in a test"}
			if role == "rotate-keychain" {
				keys := filepath.Join(s.dir, "..", "keychain")
				if err := os.MkdirAll(keys, 0o700); err != nil {
					t.Fatal(err)
				}
				s.keychain = folderKeychain(keys)
			}
			org := rotatingOrg(t)
			first := org.RefreshToken()
			put(t, s, "prod", map[string]string{"refresh_token": first, "client_id": org.ClientID()})
			together(t, command(role, s.dir, org), command(role, s.dir, org))
			last, err := s.Get("prod")
			if err != nil || last.Values["refresh_token"] == first || last.Values["client_id"] != org.ClientID() {
				t.Errorf("%v, %v", last, err)
			}
			if _, err := os.Stat(s.markFile("prod")); err == nil {
				t.Error("the mark of an exchange is left behind")
			}
		})
	}
}

func TestProcessesDoNotLoseEachOthersOrgs(t *testing.T) {
	s, _ := newStore(t)
	together(t, command("put-a", s.dir, nil), command("put-b", s.dir, nil))
	orgs, err := s.List()
	if err != nil || len(orgs) != 40 {
		t.Errorf("%d orgs, %v", len(orgs), err)
	}
}

// hold starts a process that stops in the middle of an exchange.
func hold(t *testing.T, s *Store) *exec.Cmd {
	t.Helper()
	cmd := command("hold", s.dir, nil)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close() })
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "holding\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return cmd
}

func TestWaitingForAnotherProcessEndsWithTheContext(t *testing.T) {
	s, _ := newStore(t)
	s.keychain = noKeychain{"none in a test"}
	put(t, s, "prod", map[string]string{"refresh_token": "r"})
	other := hold(t, s)
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := s.Keeper("prod").Exchange(ctx, func(context.Context, string) (string, error) {
		t.Error("the token is used by two processes at once")
		return "", nil
	})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "waiting for other programs") {
		t.Errorf("%v", err)
	}
	if _, err := s.Get("prod"); err != nil { // reading does not wait for an exchange
		t.Error(err)
	}
}

// What moves or removes an org waits for an exchange of its token, and an
// exchange for it: a successor would be lost, or stay alive.
func TestHoldingAnOrgWaitsForItsExchange(t *testing.T) {
	s, _ := newStore(t)
	s.keychain = noKeychain{"none in a test"}
	put(t, s, "prod", map[string]string{"refresh_token": "r"})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	other := hold(t, s)
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	err := s.Hold(ctx, "prod", func() error { t.Error("held beside an exchange"); return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	_ = other.Process.Kill()
	_ = other.Wait()
	err = s.Hold(context.Background(), "prod", func() error {
		brief, end := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer end()
		return s.Keeper("prod").Exchange(brief, func(context.Context, string) (string, error) { return "next", nil })
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the token was exchanged while the org was held: %v", err)
	}
	if err := s.Hold(context.Background(), "../prod", func() error { return nil }); err != nil {
		t.Errorf("a name that no org can have: %v", err)
	}
}

// A process that dies in the middle of an exchange takes its lock along, and
// maybe the new token: the refusal that follows says so.
func TestAnExchangeThatWasCutOffExplainsTheRefusal(t *testing.T) {
	s, _ := newStore(t)
	s.keychain = noKeychain{"none in a test"}
	org := rotatingOrg(t)
	put(t, s, "prod", map[string]string{"refresh_token": org.RefreshToken()})
	other := hold(t, s)
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()
	login := func() error {
		src, err := auth.RefreshToken(auth.Config{LoginURL: org.URL(), ClientID: org.ClientID(), Keeper: s.Keeper("prod")})
		if err != nil {
			t.Fatal(err)
		}
		_, err = src.Token(context.Background())
		return err
	}
	if err := login(); err != nil { // nothing was lost after all
		t.Fatal(err)
	}
	other = hold(t, s)
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()
	put(t, s, "prod", map[string]string{"refresh_token": "5Aep861dead"})
	err := login()
	var refused *auth.Error
	if !errors.As(err, &refused) || refused.Code != "invalid_grant" || !strings.Contains(err.Error(), "was cut off before the new one was saved; log in again") {
		t.Errorf("%v", err)
	}
	if err := login(); err == nil || strings.Contains(err.Error(), "cut off") {
		t.Errorf("the second refusal tells of the accident again: %v", err)
	}
}

func TestANewLoginWinsOverARunningExchange(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, "prod", map[string]string{"refresh_token": "old"})
	err := s.Keeper("prod").Exchange(context.Background(), func(_ context.Context, token string) (string, error) {
		if token != "old" {
			t.Errorf("used %q", token)
		}
		put(t, s, "prod", map[string]string{"refresh_token": "of a new login"})
		return "rotated", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if org, err := s.Get("prod"); err != nil || org.Values["refresh_token"] != "of a new login" {
		t.Errorf("%q, %v", org.Values, err)
	}
}

func TestASuccessorIsKeptThoughTheLoginFailed(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, "prod", map[string]string{"refresh_token": "old"})
	failure := errors.New("no instance_url")
	err := s.Keeper("prod").Exchange(context.Background(), func(context.Context, string) (string, error) { return "next", failure })
	if !errors.Is(err, failure) {
		t.Error(err)
	}
	if org, err := s.Get("prod"); err != nil || org.Values["refresh_token"] != "next" {
		t.Errorf("%q, %v", org.Values, err)
	}
}

// The files of an org's exchange are not those of the store.
func TestAnOrgMayHaveAnyName(t *testing.T) {
	s, _ := newStore(t)
	for _, name := range []string{"orgs", "orgs.toml", "s", "x.lock", "x.renewing", "x"} {
		put(t, s, name, map[string]string{"refresh_token": "old"})
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		err := s.Keeper(name).Exchange(ctx, func(context.Context, string) (string, error) { return "next", nil })
		cancel()
		if org, getErr := s.Get(name); err != nil || getErr != nil || org.Values["refresh_token"] != "next" {
			t.Errorf("%s: %v, %v", name, err, getErr)
		}
	}
}

func TestKeepersOfNothing(t *testing.T) {
	s, _ := newStore(t)
	use := func(context.Context, string) (string, error) {
		t.Error("used")
		return "", nil
	}
	var missing *NotFoundError
	if err := s.Keeper("prod").Exchange(context.Background(), use); !errors.As(err, &missing) {
		t.Error(err)
	}
	put(t, s, "prod", map[string]string{"host": "acme"})
	if err := s.Keeper("prod").Exchange(context.Background(), use); err == nil || !strings.Contains(err.Error(), "prod has no refresh token; log in again") {
		t.Error(err)
	}
}

// What cannot be saved is said, and the file stays as it was.
func TestASuccessorThatCannotBeSavedIsAnError(t *testing.T) {
	s, m := newStore(t)
	put(t, s, "prod", map[string]string{"refresh_token": "old"})
	err := s.Keeper("prod").Exchange(context.Background(), func(context.Context, string) (string, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.secrets = nil
		return "hunter2", nil
	})
	if err == nil || !strings.Contains(err.Error(), "saving the new refresh token of prod") || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}
