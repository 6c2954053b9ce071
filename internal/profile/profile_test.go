package profile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

// memory is a keychain for tests.
type memory struct {
	mu      sync.Mutex
	secrets map[string]string
	fail    string // the word whose secret it does not take
}

func (m *memory) get(account string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.secrets[account]; ok {
		return s, nil
	}
	return "", errors.New("the item was not found")
}

func (m *memory) set(account, secret string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != "" && strings.HasSuffix(account, "/"+m.fail) {
		return errors.New("it is locked")
	}
	m.secrets[account] = secret
	return nil
}

func (m *memory) remove(account string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.secrets, account)
	return nil
}

func newStore(t *testing.T) (*Store, *memory) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "config", "sfsql"))
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{secrets: map[string]string{}}
	s.keychain = m
	return s, m
}

func put(t *testing.T, s *Store, name string, values map[string]string) Kept {
	t.Helper()
	kept, err := s.Put(Org{Name: name, Values: values})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// odd has a value of every kind that files and keychains could spoil.
var odd = map[string]string{
	"host": "acme.my.salesforce.com", "client_id": "3MVG9+/=", "user": "Ünïcode@example.com",
	"client_secret": "\"'\\\n\t\x00\x7f#=[]", "password": " \u2028héllo😀 ", "refresh_token": "5Aep861==",
}

func TestOrgsComeBackAsTheyWere(t *testing.T) {
	for name, where := range map[string]func(*Store){
		"keychain": func(*Store) {},
		"file":     func(s *Store) { s.keychain = noKeychain{"none in a test"} },
	} {
		t.Run(name, func(t *testing.T) {
			s, m := newStore(t)
			where(s)
			kept := put(t, s, "prod", odd)
			if want := []string{"client_secret", "password", "refresh_token"}; !reflect.DeepEqual(kept.Secrets, want) {
				t.Errorf("secrets %v, want %v", kept.Secrets, want)
			}
			if kept.Keychain != (name == "keychain") || (kept.File == "") != kept.Keychain || (kept.Reason == "") != kept.Keychain {
				t.Errorf("kept %+v", kept)
			}
			org, err := s.Get("prod")
			if err != nil || org.Name != "prod" || !maps.Equal(org.Values, odd) {
				t.Errorf("got %q, %v", org.Values, err)
			}
			if (len(org.InFile()) == 3) != (name == "file") {
				t.Errorf("in the file: %v", org.InFile())
			}
			text, err := os.ReadFile(s.File())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "5Aep861") != (name == "file") || len(m.secrets) != len(kept.Secrets)*map[bool]int{true: 1}[kept.Keychain] {
				t.Errorf("%s holds\n%s\nand the keychain %d secrets", s.File(), text, len(m.secrets))
			}
		})
	}
}

func TestSecretsStayTogether(t *testing.T) {
	s, m := newStore(t)
	m.fail = "refresh_token"
	kept := put(t, s, "prod", odd)
	if kept.Keychain || kept.Reason != "it is locked" || len(m.secrets) != 0 {
		t.Errorf("kept %+v, and the keychain has %d secrets", kept, len(m.secrets))
	}
	m.fail = ""
	if kept = put(t, s, "prod", odd); !kept.Keychain {
		t.Errorf("kept %+v", kept)
	}
	put(t, s, "prod", map[string]string{"host": "acme", "client_secret": "x"})
	if len(m.secrets) != 1 {
		t.Errorf("the keychain has %d secrets, want 1", len(m.secrets))
	}
	m.fail = "client_secret"
	put(t, s, "prod", map[string]string{"client_secret": "y"})
	if org, err := s.Get("prod"); err != nil || org.Values["client_secret"] != "y" || len(m.secrets) != 0 {
		t.Errorf("%v, %v, and the keychain has %d secrets", org, err, len(m.secrets))
	}
}

func TestNamesAndTheDefault(t *testing.T) {
	s, m := newStore(t)
	if orgs, err := s.List(); err != nil || len(orgs) != 0 {
		t.Errorf("an empty store lists %v, %v", orgs, err)
	}
	if name, err := s.Default(); err != nil || name != "" {
		t.Errorf("an empty store's default is %q, %v", name, err)
	}
	var missing *NotFoundError
	if _, err := s.Get("prod"); !errors.As(err, &missing) || !strings.Contains(err.Error(), "sfsql login") {
		t.Errorf("Get: %v", err)
	}
	put(t, s, "prod", odd)
	put(t, s, "uat.2-x_y@z", map[string]string{"host": "test"})
	if name, _ := s.Default(); name != "prod" {
		t.Errorf("the first org is not the default: %q", name)
	}
	if err := s.SetDefault("uat.2-x_y@z"); err != nil {
		t.Fatal(err)
	}
	if err := s.SetDefault("dev"); !errors.As(err, &missing) || !strings.Contains(err.Error(), "there are prod, uat.2-x_y@z") {
		t.Errorf("SetDefault of an unknown org: %v", err)
	}
	orgs, err := s.List()
	if err != nil || len(orgs) != 2 || orgs[0].Name != "prod" || orgs[0].Values["password"] != "" || orgs[0].Values["user"] == "" {
		t.Errorf("List: %v, %v", orgs, err)
	}
	for _, name := range []string{"prod", "uat.2-x_y@z"} {
		if err := s.Delete(name); err != nil {
			t.Error(err)
		}
	}
	if name, err := s.Default(); err != nil || name != "" || len(m.secrets) != 0 {
		t.Errorf("after Delete: default %q, %v, %d secrets", name, err, len(m.secrets))
	}
	if err := s.Delete("prod"); !errors.As(err, &missing) {
		t.Errorf("Delete twice: %v", err)
	}
	for _, name := range []string{"", "demo", "Demo", "../x", "a/b", ".hidden", "-c", "a b", "é", strings.Repeat("x", 65)} {
		if _, err := s.Put(Org{Name: name}); err == nil {
			t.Errorf("the name %q is taken", name)
		}
	}
}

func TestValuesThatTOMLCannotHold(t *testing.T) {
	s, _ := newStore(t)
	for _, values := range []map[string]string{{"client_secret": "hunter\xff"}, {"hunter\xff": "x"}, {"": "x"}, {"keychain": "x"}} {
		if _, err := s.Put(Org{Name: "prod", Values: values}); err == nil || strings.Contains(err.Error(), "hunter\xff") {
			t.Errorf("%q: %v", values, err)
		}
	}
}

func TestTheFileIsTheOwnersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("Windows has no such bits")
		return
	}
	old := umask(0)
	defer umask(old)
	s, _ := newStore(t)
	s.keychain = noKeychain{"none in a test"}
	put(t, s, "prod", odd)
	if err := s.Keeper("prod").Exchange(context.Background(), func(context.Context, string) (string, error) { return "next", nil }); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; info.Mode().Perm() != want {
			t.Errorf("%s has mode %04o, want %04o", path, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		mode fs.FileMode
		want string
	}{
		{s.File(), 0o604, "run chmod 600 " + s.File()},
		{s.File(), 0o640, "run chmod 600 " + s.File()},
		{s.dir, 0o770, "run chmod 700 " + s.dir},
	} {
		info, err := os.Stat(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(c.path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, getErr := s.Get("prod")
		_, putErr := s.Put(Org{Name: "prod"})
		for _, err := range []error{getErr, putErr, s.Delete("prod"), s.SetDefault("")} {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("mode %04o: %v, want %q", c.mode, err, c.want)
			}
		}
		if err := os.Chmod(c.path, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Get("prod"); err != nil {
		t.Error(err)
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{"/a/b.c": "/a/b.c", "/a b": "'/a b'", "/it's": `'/it'\''s'`} {
		if got := shellQuote(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func write(t *testing.T, s *Store, text string) {
	t.Helper()
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.File(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPeopleMayWriteTheFile(t *testing.T) {
	s, _ := newStore(t)
	write(t, s, `
# mine
default = "prod"
[orgs.prod]
host = 'acme'
timeout = 30
api_version = 67.0
deleted = true
objects = ["Account", "Contact"]
start_date = 2024-01-31T00:00:00Z
`)
	org, err := s.Get("prod")
	want := map[string]string{
		"host": "acme", "timeout": "30", "api_version": "67.0", "deleted": "true", "objects": "Account,Contact",
		"start_date": "2024-01-31T00:00:00Z",
	}
	if err != nil || !maps.Equal(org.Values, want) {
		t.Errorf("%v, %v", org.Values, err)
	}
}

func TestBadFilesNameLinesAndKeysOnly(t *testing.T) {
	for text, want := range map[string]string{
		"[orgs.prod]\nhost = \"a\"\nclient_secret = hunter2\n":      `line 3 is no valid TOML`,
		"[orgs.prod]\nclient_secret = \"hunter2\nx = 1\n":           `line 2 is no valid TOML`,
		"[orgs.prod]\nclient_secret = \"hunter2\\q\"\n":             `line 2 is no valid TOML`,
		"[orgs.prod]\nclient_secret = { a = \"hunter2\" }\n":        `org "prod": the value of "client_secret" is neither`,
		"[orgs.prod]\nclient_secret = [[\"hunter2\"]]\n":            `org "prod": the value of "client_secret" is neither`,
		"default = [\"hunter2\"]\n":                                 `the key "default" is not known, or no text`,
		"orgs = \"hunter2\"\n":                                      `the key "orgs" is not known, or no text`,
		"[org.prod]\nclient_secret = \"hunter2\"\n":                 `the key "org" is not known`,
		"[orgs.prod]\na = \"hunter2\"\na = \"hunter2\"\n":           "line 3 is no valid TOML",
		"[orgs.prod]\nkeychain = [\"password\"]\nhost = \"acme\"\n": "password of prod is in the system keychain, which does not give it",
	} {
		s, _ := newStore(t)
		write(t, s, text)
		_, err := s.Get("prod")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestAFolderThatCannotBeWrittenCanBeRead(t *testing.T) {
	s, _ := newStore(t)
	s.keychain = noKeychain{"none in a test"}
	put(t, s, "prod", odd)
	if err := os.Chmod(s.dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(s.dir, 0o700) }()
	config := filepath.Dir(s.dir)
	asNobody(t, s.dir, s.File(), s.lockFile(), config, filepath.Dir(config), filepath.Dir(filepath.Dir(config)))
	if org, err := s.Get("prod"); err != nil || org.Values["password"] != odd["password"] {
		t.Errorf("%v, %v", org, err)
	}
	used := ""
	err := s.Keeper("prod").Exchange(context.Background(), func(_ context.Context, token string) (string, error) {
		used = token
		return "", nil
	})
	if err != nil || used != odd["refresh_token"] {
		t.Errorf("%q, %v", used, err)
	}
	if _, err := s.Put(Org{Name: "uat"}); err == nil {
		t.Error("the folder can be written after all")
	}
}

func TestALinkedFileStaysALink(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, "prod", nil)
	real := filepath.Join(t.TempDir(), "dotfiles.toml")
	if err := os.Rename(s.File(), real); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, s.File()); err != nil {
		t.Fatal(err)
	}
	put(t, s, "uat", nil)
	if info, err := os.Lstat(s.File()); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("%v, %v", info, err)
	}
	if orgs, err := s.List(); err != nil || len(orgs) != 2 {
		t.Errorf("%v, %v", orgs, err)
	}
}

func TestOpenFollowsXDG(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	s, err := Open("")
	if err != nil || s.File() != filepath.Join(dir, "sfsql", "orgs.toml") {
		t.Errorf("%v, %v", s, err)
	}
	t.Setenv("SFSQL_KEYCHAIN", "off")
	if s, err = Open(""); err != nil {
		t.Fatal(err)
	}
	kept := put(t, s, "prod", odd)
	if kept.Keychain || !strings.Contains(kept.String(), "SFSQL_KEYCHAIN is off") || !strings.Contains(kept.String(), s.File()) {
		t.Errorf("%s", kept)
	}
}

func TestTheSystemKeychain(t *testing.T) {
	keyring.MockInit()
	s, _ := newStore(t)
	s.keychain = system{wait: time.Minute}
	if kept := put(t, s, "prod", odd); !kept.Keychain {
		t.Errorf("kept %+v", kept)
	}
	account := s.dir + "#prod/password"
	if secret, err := keyring.Get("sfsql", account); err != nil || secret != odd["password"] {
		t.Errorf("%q, %v", secret, err)
	}
	if org, err := s.Get("prod"); err != nil || !maps.Equal(org.Values, odd) {
		t.Errorf("%q, %v", org.Values, err)
	}
	if err := s.Delete("prod"); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Get("sfsql", account); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("the secret is still there: %v", err)
	}
	keyring.MockInitWithError(errors.New("it is locked"))
	if kept := put(t, s, "prod", odd); kept.Keychain || kept.Reason != "it is locked" {
		t.Errorf("kept %+v", kept)
	}
}

func TestASlowKeychainIsLeft(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	_, err := system{wait: 10 * time.Millisecond}.bounded(func() (string, error) { <-release; return "", nil })
	if err == nil || !strings.Contains(err.Error(), "has not answered for 10ms") {
		t.Errorf("%v", err)
	}
}

func TestOrgsDoNotPrintSecrets(t *testing.T) {
	org := Org{Name: "prod", Values: map[string]string{"host": "acme"}}
	for _, word := range secretWords {
		org.Values[word] = "hunter2"
	}
	text, err := org.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %s %q %d %v", org, org, org, org, org, org, &org), string(text), org.LogValue().String()} {
		if strings.Contains(s, "hunter2") || !strings.Contains(s, "acme") {
			t.Errorf("%s", s)
		}
	}
}

// FuzzFile checks that any file is refused without its text, or read and
// written back as the same.
func FuzzFile(f *testing.F) {
	f.Add("default = \"prod\"\n[orgs.prod]\nhost = 'acme'\nkeychain = [\"x\"]\nn = 1.5\nb = true\n[orgs.\"a b\"]\n")
	f.Add("[orgs.prod]\nd = 2024-01-31\nl = [1, \"x\"]\ns = \"\\u0000\\n\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		first, err := parse(text)
		if err != nil {
			return
		}
		out, err := first.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(string(out))
		if err != nil {
			t.Fatalf("%q became %q: %v", text, out, err)
		}
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("%q became %q", text, out)
		}
	})
}
