package auth

import "errors"

// SOAP logs in with a user's name, password and security token, without an
// app.
func SOAP(cfg Config) (Source, error) { return nil, errors.New("auth: soap is being built") }
