package auth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
)

// fileKeeper is a keeper for several processes. Whoever makes the lock file
// has the turn.
type fileKeeper struct{ path string }

func (k *fileKeeper) write(token string) error { return os.WriteFile(k.path, []byte(token), 0o600) }

// Exchange implements auth.Keeper.
func (k *fileKeeper) Exchange(ctx context.Context, use func(context.Context, string) (string, error)) error {
	for {
		f, err := os.OpenFile(k.path+".lock", os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			defer func() { _ = f.Close(); _ = os.Remove(k.path + ".lock") }()
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	token, err := os.ReadFile(k.path)
	if err != nil {
		return err
	}
	next, err := use(ctx, string(token))
	if err != nil {
		return err
	}
	return k.write(next)
}

// brokenKeeper cannot keep what it should.
type brokenKeeper struct {
	mu    sync.Mutex
	token string
	works bool
}

// Exchange implements auth.Keeper.
func (k *brokenKeeper) Exchange(ctx context.Context, use func(context.Context, string) (string, error)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	next, err := use(ctx, k.token)
	switch {
	case err != nil:
		return err
	case !k.works:
		return errors.New("disk full; cannot write " + next)
	}
	k.token = next
	return nil
}

const (
	childEnv = "SFSQL_TEST_CHILD" // holds login host, client id, token file
	rounds   = 5
)

// child is a process of its own that logs in anew for each query.
func child(setting string) error {
	part := strings.Split(setting, "\n")
	hc := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	source, err := auth.RefreshToken(auth.Config{LoginURL: part[0], ClientID: part[1], Keeper: &fileKeeper{part[2]}, HTTPClient: hc})
	if err != nil {
		return err
	}
	c, err := salesforce.New(salesforce.Config{Tokens: source, HTTPClient: hc})
	if err != nil {
		return err
	}
	for range rounds {
		rows, err := c.Query(context.Background(), "SELECT COUNT() FROM Account", salesforce.QueryOptions{})
		if err != nil {
			return err
		}
		if err := rows.Close(); err != nil {
			return err
		}
		tok, err := source.Token(context.Background())
		if err != nil {
			return err
		}
		source.Invalidate(tok.AccessToken)
	}
	return nil
}

func TestTwoProcessesRotateARefreshTokenAndNeitherIsLoggedOut(t *testing.T) {
	if setting := os.Getenv(childEnv); setting != "" {
		if err := child(setting); err != nil {
			t.Fatal(err)
		}
		return
	}
	s, cfg := org(t, emulator.Auth{RotateRefreshTokens: true})
	keeper := &fileKeeper{path: t.TempDir() + "/token"}
	if err := keeper.write(cfg.RefreshToken); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
			cmd.Env = append(os.Environ(), childEnv+"="+s.URL()+"\n"+s.ClientID()+"\n"+keeper.path)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wg.Wait()
	kept, err := os.ReadFile(keeper.path)
	if err != nil || string(kept) != s.RefreshToken() {
		t.Errorf("the kept token is not the newest: %v", err)
	}
	if n := s.Stats().ByPath["token"]; n != 2*rounds {
		t.Errorf("%d refreshes, want %d", n, 2*rounds)
	}
}

func TestAKeeperThatFailsIsNamed(t *testing.T) {
	cfg := auth.Config{
		LoginURL: "https://acme.my.salesforce.com", ClientID: "key", Keeper: &fileKeeper{t.TempDir() + "/none"},
		HTTPClient: &http.Client{Transport: failing{t}},
	}
	source, err := auth.RefreshToken(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(t.Context()); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "refresh token") {
		t.Errorf("no file: %v", err)
	}
	empty := &fileKeeper{t.TempDir() + "/empty"}
	if err := empty.write(""); err != nil {
		t.Fatal(err)
	}
	cfg.Keeper = empty
	if source, err = auth.RefreshToken(cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "sign in first") {
		t.Errorf("empty file: %v", err)
	}
}

// failing is a network that must not be used.
type failing struct{ t *testing.T }

// RoundTrip implements http.RoundTripper.
func (f failing) RoundTrip(*http.Request) (*http.Response, error) {
	f.t.Error("a call was made")
	return nil, errors.New("no network")
}

// otherKey returns a key that no org knows.
func otherKey(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
