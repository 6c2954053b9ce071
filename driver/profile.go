package driver

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/profile"
)

// resolve returns the configuration with what the saved org says under what
// the DSN does.
func (c *Config) resolve() (*Config, error) {
	if c.Profile == "" {
		out := *c
		return &out, nil
	}
	store, err := profile.Open("")
	if err != nil {
		return nil, &LoginError{Host: c.Profile, Err: err}
	}
	org, err := store.Get(c.Profile)
	var missing *profile.NotFoundError
	switch {
	case errors.As(err, &missing):
		return nil, &DSNError{Msg: strings.TrimPrefix(err.Error(), "profile: "), Err: err}
	case err != nil:
		return nil, &LoginError{Host: c.Profile, Err: err}
	}
	out, err := savedConfig(org)
	if err != nil {
		return nil, err
	}
	out.secretsInFile = org.InFile()
	if out.RefreshToken != "" {
		out.keeper = store.Keeper(c.Profile)
	}
	return out, out.override(c)
}

// savedConfig reads the words of a saved org.
func savedConfig(org profile.Org) (*Config, error) {
	c := newConfig()
	for _, key := range slices.Sorted(maps.Keys(org.Values)) {
		if err := c.Set(key, org.Values[key]); err != nil {
			return nil, inProfile(err, org.Name)
		}
	}
	return c, inProfile(c.check(), org.Name)
}

// inProfile says that an error's key is a saved org's.
func inProfile(err error, name string) error {
	var e *DSNError
	if errors.As(err, &e) {
		return &DSNError{Key: e.Key, Profile: name, Msg: e.Msg, Valid: e.Valid, Err: e.Err}
	}
	return err
}

// override lays what a DSN says over the saved org. A DSN that brings a login
// of its own takes the place of the saved one.
func (c *Config) override(over *Config) error {
	if how := over.impliedAuth(); how != "" && how != "client_credentials" || over.Auth != "" {
		c.Auth = how
		c.keepFor(findWay(how))
	}
	for _, w := range over.words() {
		if err := c.Set(w.key, w.value); err != nil {
			return err
		}
	}
	if over.has("refresh_token") || c.RefreshToken == "" {
		c.keeper = nil
	}
	if err := c.check(); err != nil {
		return err
	}
	c.Profile, c.LocalFile, c.Logger = over.Profile, over.LocalFile, over.Logger
	return nil
}

// keepFor forgets the credentials that a way to log in has no use for.
func (c *Config) keepFor(w way) {
	for _, key := range credentials {
		if p, _, _ := findProperty(key); !w.takes(key) {
			p.clear(c)
		}
	}
	if w.name == "sf" {
		c.Host, c.User = "", ""
	}
}
