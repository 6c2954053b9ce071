package profile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/sfsql/sfsql/salesforce/auth"
)

const refreshToken = "refresh_token"

// Keeper keeps the refresh token of a saved org over rotations. It is an
// auth.Keeper; its methods may be called concurrently, and several processes
// may each have one.
type Keeper struct {
	store *Store
	name  string

	turn chan struct{} // holds one value while nobody exchanges
}

// Keeper returns the keeper of an org.
func (s *Store) Keeper(name string) *Keeper {
	k := &Keeper{store: s, name: name, turn: make(chan struct{}, 1)}
	k.turn <- struct{}{}
	return k
}

// Exchange calls use with the newest refresh token and writes down the one
// that replaces it, before any other process can read the old one.
func (k *Keeper) Exchange(ctx context.Context, use func(ctx context.Context, refreshToken string) (next string, err error)) error {
	select {
	case <-k.turn:
		defer func() { k.turn <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	unlock, err := k.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	token, err := k.token(ctx)
	if err != nil {
		return err
	}
	interrupted, err := k.mark()
	if err != nil {
		return err
	}
	next, err := use(ctx, token)
	if next != "" && next != token {
		if saveErr := k.save(token, next); saveErr != nil {
			return errors.Join(err, saveErr)
		}
	}
	if err != nil {
		return k.explain(err, interrupted)
	}
	_ = os.Remove(k.store.markFile(k.name))
	return nil
}

// Hold runs do while no process renews the org's refresh token, so that do may
// take it away or move it.
func (s *Store) Hold(ctx context.Context, name string, do func() error) error {
	if CheckName(name) != nil {
		return do() // no org has such a name, which do will say
	}
	unlock, err := s.Keeper(name).lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return do()
}

// lock waits for the other processes that exchange this org's token. Where the
// folder cannot be written there is nothing to lock with, and nothing to rotate
// into: save will say so if it comes to that.
func (k *Keeper) lock(ctx context.Context) (unlock func(), err error) {
	lock := flock.New(filepath.Join(k.store.dir, "org-"+k.name+".lock"), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		if cannotWrite(err) || errors.Is(err, fs.ErrNotExist) {
			return func() {}, nil
		}
		return nil, k.store.lockError(err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// token returns the refresh token on the disk.
func (k *Keeper) token(ctx context.Context) (string, error) {
	var token string
	err := k.store.read(ctx, func(f *file) error {
		e, err := k.store.find(f, k.name)
		if err != nil {
			return err
		}
		org, err := k.store.open(k.name, e)
		token = org.Values[refreshToken]
		return err
	})
	if err == nil && token == "" {
		err = fmt.Errorf("profile: %s has no refresh token; log in again", k.name)
	}
	return token, err
}

// save writes the new token down in the place of the old one, unless somebody
// has logged in again since. It takes no context: a token that is not saved is
// lost.
func (k *Keeper) save(old, next string) error {
	err := k.store.change(context.Background(), func(f *file) error {
		e, err := k.store.find(f, k.name)
		if err != nil {
			return err
		}
		org, err := k.store.open(k.name, e)
		if err != nil || org.Values[refreshToken] != old {
			return err
		}
		org.Values[refreshToken] = next
		kept, _ := k.store.keep(org)
		f.orgs[k.name] = kept
		k.store.forget(k.name, e, kept.keychain)
		return nil
	})
	if err != nil {
		return fmt.Errorf("profile: saving the new refresh token of %s: %w", k.name, err)
	}
	return nil
}

func (s *Store) markFile(name string) string { return filepath.Join(s.dir, "org-"+name+".renewing") }

// mark notes that an exchange is under way, and reports whether an earlier one
// never ended. A disk that is full says so here, before a token is spent.
func (k *Keeper) mark() (interrupted bool, err error) {
	name := k.store.markFile(k.name)
	if _, err := os.Stat(name); err == nil {
		return true, nil
	}
	if err := os.WriteFile(name, []byte("a refresh token is being renewed\n"), 0o600); err != nil && !cannotWrite(err) {
		return false, fmt.Errorf("profile: a new refresh token could not be saved: %w", err)
	}
	return false, nil
}

// explain adds to a refusal what an earlier accident has to do with it. After
// an answer no token is on its way, so the mark goes; after a lost one it
// stays.
func (k *Keeper) explain(err error, interrupted bool) error {
	var refused *auth.Error
	if !errors.As(err, &refused) || refused.Temporary() {
		return err
	}
	_ = os.Remove(k.store.markFile(k.name))
	if interrupted && refused.Code == "invalid_grant" {
		return &lostError{name: k.name, err: err}
	}
	return err
}

// lostError is a refusal that an earlier accident explains.
type lostError struct {
	name string
	err  error
}

func (e *lostError) Error() string {
	return "profile: an earlier renewal of the refresh token of " + e.name + " was cut off before the new one was saved; log in again: " + e.err.Error()
}

func (e *lostError) Unwrap() error { return e.err }
