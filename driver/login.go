package driver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/salesforce/auth"
)

// tokens returns the login that a DSN asks for, and how to end what it
// started.
func (c *Config) tokens(ctx context.Context) (auth.Source, func() error, error) {
	if c.Host == demoHost {
		h, err := startHost(ctx, demoHost, HostOptions{Scale: c.Scale, Seed: c.Seed, Latency: c.Latency})
		if err != nil {
			return nil, nil, err
		}
		src, err := auth.ClientCredentials(auth.Config{
			LoginURL: h.URL, ClientID: h.ClientID, ClientSecret: h.ClientSecret, Timeout: c.AuthTimeout,
		})
		return src, h.Close, err
	}
	s, err := c.withSecrets()
	if err != nil {
		return nil, nil, err
	}
	src, err := s.source()
	return src, func() error { return nil }, err
}

// source returns the login. All credentials are at hand.
func (c *Config) source() (auth.Source, error) {
	how := c.impliedAuth()
	if err := c.checkNeeds(findWay(how)); err != nil {
		return nil, err
	}
	cfg, err := c.authConfig()
	if err != nil {
		return nil, err
	}
	switch how {
	case "access_token":
		instance := c.InstanceURL
		if instance == "" {
			instance = cfg.LoginURL
		}
		return auth.AccessToken(c.AccessToken, instance)
	case "client_credentials":
		return auth.ClientCredentials(cfg)
	case "jwt":
		return auth.JWT(cfg)
	case "password":
		return auth.Password(cfg)
	case "refresh_token":
		return auth.RefreshToken(cfg)
	case "sf":
		cli := auth.CLIConfig{Target: c.User, Timeout: c.AuthTimeout}
		if c.AuthTimeout == defaultAuthTimeout {
			cli.Timeout = 0 // a program takes longer to start than a server to answer
		}
		return auth.CLI(cli)
	default:
		return auth.SOAP(cfg)
	}
}

// checkNeeds names the credential that is missing.
func (c *Config) checkNeeds(w way) error {
	if w.name == "" {
		return &DSNError{
			Key: "auth", Msg: "no credentials are given",
			Valid: []string{"client_id with client_secret", "client_id with refresh_token", "access_token with instance_url", "auth=sf"},
		}
	}
	for _, key := range w.needs {
		if !c.has(key) {
			return &DSNError{Key: key, Msg: fmt.Sprintf("logging in by %s needs it (or %s in the environment)", w.name, envName(key))}
		}
	}
	return nil
}

func (c *Config) authConfig() (auth.Config, error) {
	cfg := auth.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, RefreshToken: c.RefreshToken,
		Username: c.User, Password: c.Password, SecurityToken: c.SecurityToken, Audience: c.Audience,
		Keeper: c.keeper, Timeout: c.AuthTimeout,
	}
	var err error
	if cfg.LoginURL, err = c.baseURL(); err != nil {
		return auth.Config{}, err
	}
	if c.PrivateKeyFile != "" {
		if cfg.PrivateKey, err = os.ReadFile(c.PrivateKeyFile); err != nil {
			return auth.Config{}, &DSNError{Key: "private_key_file", Msg: err.Error()}
		}
	}
	return cfg, nil
}

// baseURL returns where a login goes.
func (c *Config) baseURL() (string, error) {
	if c.Host == "" {
		return c.InstanceURL, nil
	}
	host, err := auth.ParseHost(c.Host)
	if err != nil {
		return "", &DSNError{Key: "host", Msg: err.Error()}
	}
	if c.TLS {
		return "https://" + host, nil
	}
	return "http://" + host, nil
}

func envName(key string) string { return "SFSQL_" + strings.ToUpper(key) }

// withSecrets returns the configuration with its credentials read from files
// and, where neither the DSN nor the saved org names them, from the
// environment: SFSQL_CLIENT_SECRET for client_secret. The environment does not
// change how a DSN logs in, it only completes it.
func (c *Config) withSecrets() (*Config, error) {
	out := *c
	for _, key := range credentials {
		if err := out.readFile(key); err != nil {
			return nil, err
		}
	}
	if out.impliedAuth() == "" {
		if err := out.readEnv(append([]string{"auth", "user"}, credentials...)); err != nil {
			return nil, err
		}
	}
	out.Auth = out.impliedAuth()
	w := findWay(out.Auth)
	return &out, out.readEnv(append(slices.Clone(w.needs), w.uses...))
}

// readFile reads a secret that is given as KEY_file. A last line break is the
// editor's; all else is the secret.
func (c *Config) readFile(key string) error {
	name := c.SecretFiles[key]
	if name == "" {
		return nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return &DSNError{Key: key + "_file", Msg: err.Error()}
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if text == "" {
		return &DSNError{Key: key + "_file", Msg: name + " is empty"}
	}
	return c.Set(key, text)
}

// readEnv completes what is not given.
func (c *Config) readEnv(keys []string) error {
	for _, key := range keys {
		value := os.Getenv(envName(key))
		if p, _, _ := findProperty(key); value == "" || p.write(c) != "" {
			continue
		}
		var bad *DSNError
		if err := c.Set(key, value); errors.As(err, &bad) {
			return &DSNError{Key: envName(key) + " of the environment", Msg: bad.Msg, Valid: bad.Valid}
		}
	}
	return nil
}

// notify tells the logger what the user should know of a login that works.
func (c *Config) notify(ctx context.Context, source auth.Source) {
	if c.Logger == nil {
		return
	}
	if len(c.secretsInFile) > 0 {
		c.Logger.InfoContext(ctx, "salesforce: secrets of the saved org stand in a file, not in the system keychain",
			"org", c.Profile, "keys", strings.Join(c.secretsInFile, ","))
	}
	for _, notice := range auth.Notices(source) {
		c.Logger.WarnContext(ctx, "salesforce: "+notice, "org", c.label())
	}
}

// warn tells the logger what went wrong beside a statement that works: SQLite
// has no way to return the error of closing a table's rows.
func (c *Config) warn(ctx context.Context, err error) {
	if c.Logger != nil {
		c.Logger.WarnContext(ctx, err.Error(), "org", c.label())
	}
}
