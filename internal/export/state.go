package export

import (
	"cmp"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// State is what the file of --state holds: up to where each object's changes
// have been exported.
type State struct {
	Version int             `json:"version"`
	Org     string          `json:"org"`
	OrgID   string          `json:"org_id,omitempty"`
	Objects map[string]Mark `json:"objects"`
}

// Mark is how far an object's changes have been exported.
type Mark struct {
	Column   string    `json:"column"`     // SystemModstamp, or what the object has instead
	High     string    `json:"high_water"` // its latest value before the export read the first record
	Exported time.Time `json:"exported"`   // when the file with the records was whole
	Where    string    `json:"where,omitempty"`
	// Recent has the records within the look-back that have been exported, by Id,
	// and a digest of their values.
	Recent map[string]string `json:"recent,omitempty"`
}

// stateFile keeps a State on the disk.
type stateFile struct {
	path string

	mu    sync.Mutex
	state State
}

// openState reads a state, or begins one, and keeps other exports from it.
func openState(path, org string) (s *stateFile, unlock func(), err error) {
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	if err != nil {
		return nil, nil, outputError(err)
	}
	if !locked {
		return nil, nil, &BusyError{"using the state " + path}
	}
	unlock = func() { _ = lock.Unlock() }
	s = &stateFile{path: path}
	found, err := readJSON(path, &s.state)
	switch {
	case err != nil:
		err = fmt.Errorf("export: reading the state: %w", err)
	case found && s.state.Version != Version:
		err = fmt.Errorf("export: the state %s has version %d; this program knows %d", path, s.state.Version, Version)
	case found && s.state.Org != org:
		err = usagef("the state %s is that of %s, not of %s: each org needs its own", path, s.state.Org, org)
	}
	if err != nil {
		unlock()
		return nil, nil, err
	}
	s.state.Version, s.state.Org = Version, org
	if s.state.Objects == nil {
		s.state.Objects = map[string]Mark{}
	}
	return s, unlock, nil
}

// belongsTo refuses another org's state. An Id that is not known says nothing.
func (s *stateFile) belongsTo(orgID string) error {
	known := s.state.OrgID
	if known != "" && orgID != "" && known != orgID {
		return usagef("the state %s is that of the org with the Id %s, and %s is %s now: each org needs its own", s.path, known, s.state.Org, orgID)
	}
	s.state.OrgID = cmp.Or(orgID, known)
	return nil
}

// get returns an object's mark. One that was made under another filter does not
// know of the records that this one lets through.
func (s *stateFile) get(object, where string) (Mark, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.state.Objects[object]
	if ok && m.Where != where {
		return m, ok, usagef("the state %s was made with --where %q for %s: keep to it, or use another state file", s.path, m.Where, object)
	}
	return m, ok, nil
}

// put moves an object's mark on, never back.
func (s *stateFile) put(object string, m Mark) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.state.Objects[object]; ok && old.Column == m.Column && (old.High > m.High || old.High == m.High && !old.Exported.Before(m.Exported)) {
		return nil
	}
	s.state.Objects[object] = m
	return writeJSON(s.path, s.state)
}

// back returns the instant from which changes are asked for again.
func back(high string, by time.Duration) (string, error) {
	t, err := time.Parse(time.RFC3339, high)
	if err != nil {
		return "", fmt.Errorf("the mark %q: %w", high, err)
	}
	return stamp(t.Add(-by)), nil
}

func absolute(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
