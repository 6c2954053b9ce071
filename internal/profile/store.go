package profile

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Store is a folder of saved orgs. Its methods may be called concurrently, and
// by several processes.
type Store struct {
	dir      string
	keychain keychain
}

// Open returns the store in a folder, which need not exist yet; "" means the
// user's own.
func Open(dir string) (*Store, error) {
	if dir == "" {
		config := os.Getenv("XDG_CONFIG_HOME")
		if !filepath.IsAbs(config) { // what the XDG specification says of a relative one
			var err error
			if config, err = os.UserConfigDir(); err != nil {
				return nil, fmt.Errorf("profile: looking for the configuration folder: %w", err)
			}
		}
		dir = filepath.Join(config, "sfsql")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return &Store{dir: dir, keychain: systemKeychain()}, nil
}

// File returns the path of orgs.toml, whether it exists or not.
func (s *Store) File() string { return filepath.Join(s.dir, "orgs.toml") }

// Get returns an org with its secrets. Where there is none of the name, the
// error is a *NotFoundError.
func (s *Store) Get(name string) (Org, error) {
	var org Org
	err := s.read(context.Background(), func(f *file) error {
		e, err := s.find(f, name)
		if err != nil {
			return err
		}
		org, err = s.open(name, e)
		return err
	})
	return org, err
}

func (s *Store) find(f *file, name string) (*entry, error) {
	e := f.orgs[name]
	if e == nil {
		return nil, &NotFoundError{Name: name, Known: slices.Sorted(maps.Keys(f.orgs)), File: s.File()}
	}
	return e, nil
}

// open fetches the secrets of an entry.
func (s *Store) open(name string, e *entry) (Org, error) {
	org := Org{Name: name, Values: maps.Clone(e.values)}
	org.inFile = org.secrets()
	for _, word := range e.keychain {
		secret, err := s.keychain.get(s.account(name, word))
		if err != nil {
			return Org{}, fmt.Errorf("profile: %s of %s is in the system keychain, which does not give it (%w); "+
				"log in again from here, or give it as SFSQL_%s", word, name, err, strings.ToUpper(word))
		}
		org.Values[word] = secret
	}
	return org, nil
}

// List returns the saved orgs by name, without their secrets.
func (s *Store) List() ([]Org, error) {
	var out []Org
	err := s.read(context.Background(), func(f *file) error {
		for _, name := range slices.Sorted(maps.Keys(f.orgs)) {
			org := Org{Name: name, Values: maps.Clone(f.orgs[name].values)}
			maps.DeleteFunc(org.Values, func(word, _ string) bool { return IsSecret(word) })
			out = append(out, org)
		}
		return nil
	})
	return out, err
}

// Put saves an org, in place of one of the same name. The first one becomes
// the default.
func (s *Store) Put(org Org) (Kept, error) {
	if err := CheckName(org.Name); err != nil {
		return Kept{}, err
	}
	for word, value := range org.Values {
		if !utf8.ValidString(word) || !utf8.ValidString(value) {
			return Kept{}, fmt.Errorf("profile: the value of %q is no valid UTF-8", word)
		}
		if word == "" || word == keychainKey {
			return Kept{}, fmt.Errorf("profile: %q is no word of a DSN", word)
		}
	}
	var kept Kept
	err := s.change(context.Background(), func(f *file) error {
		old := f.orgs[org.Name]
		e, k := s.keep(org)
		f.orgs[org.Name], kept = e, k
		if f.byDefault == "" {
			f.byDefault = org.Name
		}
		if old != nil {
			s.forget(org.Name, old, e.keychain)
		}
		return nil
	})
	return kept, err
}

// keep puts the secrets of an org away: all of them in one place.
func (s *Store) keep(org Org) (*entry, Kept) {
	kept := Kept{Secrets: org.secrets(), File: s.File()}
	e := &entry{values: maps.Clone(org.Values)}
	if e.values == nil {
		e.values = map[string]string{}
	}
	for i, word := range kept.Secrets {
		if err := s.keychain.set(s.account(org.Name, word), org.Values[word]); err != nil {
			kept.Reason = err.Error()
			s.forget(org.Name, &entry{keychain: kept.Secrets[:i]}, nil)
			return e, kept
		}
	}
	for _, word := range kept.Secrets {
		delete(e.values, word)
	}
	e.keychain = kept.Secrets
	kept.Keychain, kept.File = true, ""
	return e, kept
}

// forget removes an entry's secrets from the keychain, but for some. One that
// cannot be removed is of no use to anybody without the file's entry.
func (s *Store) forget(name string, e *entry, but []string) {
	for _, word := range e.keychain {
		if !slices.Contains(but, word) {
			_ = s.keychain.remove(s.account(name, word))
		}
	}
}

// Delete removes an org and its secrets. Where there is none of the name, the
// error is a *NotFoundError.
func (s *Store) Delete(name string) error {
	return s.change(context.Background(), func(f *file) error {
		e, err := s.find(f, name)
		if err != nil {
			return err
		}
		s.forget(name, e, nil)
		_ = os.Remove(s.markFile(name)) // what it tells is of the tokens that go
		delete(f.orgs, name)
		if f.byDefault == name {
			f.byDefault = ""
		}
		return nil
	})
}

// Default returns the name of the default org, or "" where there is none.
func (s *Store) Default() (string, error) {
	var name string
	err := s.read(context.Background(), func(f *file) error {
		name = f.byDefault
		return nil
	})
	return name, err
}

// SetDefault makes an org the default one; "" makes none the default. Where
// there is none of the name, the error is a *NotFoundError.
func (s *Store) SetDefault(name string) error {
	return s.change(context.Background(), func(f *file) error {
		if name != "" {
			if _, err := s.find(f, name); err != nil {
				return err
			}
		}
		f.byDefault = name
		return nil
	})
}

// account is the keychain's name for a secret. The folder is part of it, so
// that two folders may each have a prod.
func (s *Store) account(name, word string) string { return s.dir + "#" + name + "/" + word }
