package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/gofrs/flock"
)

// file is what orgs.toml says.
type file struct {
	byDefault string
	orgs      map[string]*entry
}

// entry is an org as the file has it.
type entry struct {
	values   map[string]string
	keychain []string // words whose values are in the keychain
}

// keychainKey is the key of an org that is no word of a DSN.
const keychainKey = "keychain"

// document is the file as TOML has it.
type document struct {
	Default string                    `toml:"default,omitempty"`
	Orgs    map[string]map[string]any `toml:"orgs,omitempty"`
}

// How long a lock is waited for. The file's own is held for a moment, unless
// its holder waits for the keychain.
const (
	lockWait  = keychainWait + 10*time.Second
	lockRetry = 20 * time.Millisecond
)

// FileError says why the file of the saved orgs cannot be used, and what to do
// about it.
type FileError struct{ Err error }

func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// read calls use with the file's content. A folder that cannot be written
// needs no lock: nobody changes it.
func (s *Store) read(ctx context.Context, use func(*file) error) error {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	lock := flock.New(s.lockFile(), flock.SetPermissions(0o600))
	if _, err := os.Stat(s.dir); err == nil {
		if _, err := lock.TryRLockContext(ctx, lockRetry); err != nil && !cannotWrite(err) {
			return s.lockError(err)
		}
		defer func() { _ = lock.Unlock() }()
	}
	f, err := s.load()
	if err != nil {
		return &FileError{err}
	}
	return use(f)
}

// change calls edit with the file's content and writes what it leaves.
func (s *Store) change(ctx context.Context, edit func(*file) error) error {
	if err := s.makeDir(); err != nil {
		return &FileError{err}
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	lock := flock.New(s.lockFile(), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return s.lockError(err)
	}
	defer func() { _ = lock.Unlock() }()
	f, err := s.load()
	if err != nil {
		return &FileError{err}
	}
	if err := edit(f); err != nil {
		return err
	}
	return s.save(f)
}

func (s *Store) lockFile() string { return filepath.Join(s.dir, "orgs.lock") }

func (s *Store) lockError(err error) error {
	return &FileError{fmt.Errorf("profile: waiting for other programs that use %s: %w", s.dir, err)}
}

func cannotWrite(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, errReadOnly)
}

// makeDir makes the folder for its owner alone.
func (s *Store) makeDir() error {
	if err := os.MkdirAll(filepath.Dir(s.dir), 0o755); err != nil {
		return fmt.Errorf("profile: making the configuration folder: %w", err)
	}
	if err := os.Mkdir(s.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("profile: making the configuration folder: %w", err)
	}
	return nil
}

// load reads the file. One that is not there is empty.
func (s *Store) load() (*file, error) {
	name := s.File()
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &file{orgs: map[string]*entry{}}, nil
	case err != nil:
		return nil, fmt.Errorf("profile: %w", err)
	case !info.Mode().IsRegular(): // to open a pipe would wait for its writer
		return nil, fmt.Errorf("profile: %s is no file; move it away, and sfsql login writes a new one", name)
	}
	handle, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	defer func() { _ = handle.Close() }()
	if err := s.guarded(handle); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(handle); err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	f, err := parse(text.String())
	if err != nil {
		return nil, fmt.Errorf("profile: %s: %w", name, err)
	}
	return f, nil
}

// guarded refuses a file that others may read or replace. Windows has no such
// bits: there the user's folder is closed to others.
func (s *Store) guarded(handle *os.File) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	info, err := handle.Stat()
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("profile: %s may hold secrets and others can read it (mode %04o); run chmod 600 %s",
			handle.Name(), info.Mode().Perm(), shellQuote(handle.Name()))
	}
	folder, err := os.Stat(s.dir)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if folder.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("profile: others can write in %s (mode %04o); run chmod 700 %s",
			s.dir, folder.Mode().Perm(), shellQuote(s.dir))
	}
	return nil
}

// shellQuote writes a path so that a shell reads it as one word.
func shellQuote(path string) string {
	plain := func(r rune) bool {
		return !strings.ContainsRune("/._-+@", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}
	if strings.ContainsFunc(path, plain) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// parse reads the file's text. Its errors name lines and keys, never a value.
func parse(text string) (*file, error) {
	var doc map[string]any
	if _, err := toml.Decode(text, &doc); err != nil {
		return nil, syntaxError(err)
	}
	f := &file{orgs: map[string]*entry{}}
	for key, value := range doc {
		ok := false
		switch key {
		case "default":
			f.byDefault, ok = value.(string)
		case "orgs":
			var orgs map[string]any
			if orgs, ok = value.(map[string]any); ok {
				if err := f.addOrgs(orgs); err != nil {
					return nil, err
				}
			}
		}
		if !ok {
			return nil, fmt.Errorf("the key %s is not known, or no text or table; there are default = \"NAME\" and [orgs.NAME]", strconv.Quote(key))
		}
	}
	return f, nil
}

func (f *file) addOrgs(orgs map[string]any) error {
	for name, value := range orgs {
		values, ok := value.(map[string]any)
		if !ok {
			return fmt.Errorf("org %s is no table; write [orgs.NAME] and its keys below", strconv.Quote(name))
		}
		e, err := newEntry(values)
		if err != nil {
			return fmt.Errorf("org %s: %w", strconv.Quote(name), err)
		}
		f.orgs[name] = e
	}
	return nil
}

// syntaxError leaves out the words of the TOML package, which quote the text.
func syntaxError(err error) error {
	var bad toml.ParseError
	if !errors.As(err, &bad) {
		return errors.New("it is no valid TOML")
	}
	where := fmt.Sprintf("line %d is no valid TOML", bad.Position.Line)
	if bad.LastKey != "" {
		where += " (the last key before it is " + strconv.Quote(bad.LastKey) + ")"
	}
	return errors.New(where + `; write texts as key = "value"`)
}

func newEntry(values map[string]any) (*entry, error) {
	e := &entry{values: map[string]string{}}
	for word, value := range values {
		list, ok := textOf(value)
		switch {
		case !ok:
			return nil, fmt.Errorf("the value of %s is neither a text, a number, true or false, a date nor a list of these", strconv.Quote(word))
		case word == keychainKey:
			e.keychain = list
		default:
			e.values[word] = strings.Join(list, ",")
		}
	}
	slices.Sort(e.keychain)
	e.keychain = slices.Compact(e.keychain)
	return e, nil
}

// textOf reads a value as people write them: true, 30 and lists of names need
// no quotes.
func textOf(value any) ([]string, bool) {
	switch v := value.(type) {
	case string:
		return []string{v}, true
	case bool:
		return []string{strconv.FormatBool(v)}, true
	case int64:
		return []string{strconv.FormatInt(v, 10)}, true
	case float64: // 67.0 of an API version
		text := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return []string{text}, true
	case time.Time:
		return []string{v.Format(time.RFC3339Nano)}, true
	case []any:
		var out []string
		for _, item := range v {
			text, ok := textOf(item)
			if _, nested := item.([]any); !ok || nested {
				return nil, false
			}
			out = append(out, text...)
		}
		return out, true
	}
	return nil, false
}

func (f *file) encode() ([]byte, error) {
	doc := document{Default: f.byDefault, Orgs: map[string]map[string]any{}}
	for name, e := range f.orgs {
		values := map[string]any{}
		for word, value := range e.values {
			values[word] = value
		}
		if len(e.keychain) > 0 {
			values[keychainKey] = e.keychain
		}
		doc.Orgs[name] = values
	}
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	enc.Indent = ""
	err := enc.Encode(doc)
	return b.Bytes(), err
}

// save puts a new file in the place of the old one in one step.
func (s *Store) save(f *file) error {
	text, err := f.encode()
	if err != nil {
		return fmt.Errorf("profile: writing %s: %w", s.File(), err)
	}
	target := s.File()
	if real, err := filepath.EvalSymlinks(target); err == nil {
		target = real // a link, as some keep their dot files, stays one
	}
	if err := replace(target, text); err != nil {
		return fmt.Errorf("profile: writing %s: %w", target, err)
	}
	return nil
}

// replace writes a file beside the target and renames it: os.CreateTemp makes
// it 0600 whatever the umask.
func replace(target string, text []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(target), ".orgs-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = temp.Close()
			_ = os.Remove(temp.Name())
		}
	}()
	if _, err = temp.Write(text); err != nil {
		return err
	}
	if err = temp.Sync(); err != nil {
		return err
	}
	if err = temp.Close(); err != nil {
		return err
	}
	if err = os.Rename(temp.Name(), target); err != nil {
		return err
	}
	syncDir(filepath.Dir(target))
	return nil
}

// syncDir makes a rename outlast a crash of the machine, where the system
// knows how; what it does not know is no failure of the change.
func syncDir(dir string) {
	if handle, err := os.Open(dir); err == nil {
		_ = handle.Sync()
		_ = handle.Close()
	}
}
