package auth

import "errors"

// Password logs in with a user's name, password and security token.
func Password(cfg Config) (Source, error) { return nil, errors.New("auth: password is being built") }
