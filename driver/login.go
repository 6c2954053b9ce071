package driver

import (
	"context"
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

func (c *Config) source() (auth.Source, error) {
	how := c.impliedAuth()
	cfg := auth.Config{
		LoginURL: c.baseURL(), ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		RefreshToken: c.RefreshToken, Timeout: c.AuthTimeout,
	}
	switch how {
	case "client_credentials":
		return auth.ClientCredentials(cfg)
	case "refresh_token":
		return auth.RefreshToken(cfg)
	case "access_token":
		instance := c.InstanceURL
		if instance == "" {
			instance = c.baseURL()
		}
		return auth.AccessToken(c.AccessToken, instance)
	case "":
		return nil, &DSNError{
			Key: "auth", Msg: "no credentials are given",
			Valid: []string{"client_id with client_secret", "client_id with refresh_token", "access_token with instance_url"},
		}
	}
	return nil, &DSNError{
		Key: "auth", Msg: fmt.Sprintf("%s is a known way to log in that this version does not have yet", how),
		Valid: availableAuths(),
	}
}

func availableAuths() []string {
	var out []string
	for name, built := range auths {
		if built {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// withSecrets returns the configuration with its credentials read from files
// and, where the DSN names none, from the environment: SFSQL_CLIENT_SECRET
// for client_secret.
func (c *Config) withSecrets() (*Config, error) {
	out := *c
	for _, s := range []struct {
		key   string
		field *string
	}{
		{"client_id", &out.ClientID},
		{"client_secret", &out.ClientSecret},
		{"refresh_token", &out.RefreshToken},
		{"access_token", &out.AccessToken},
		{"instance_url", &out.InstanceURL},
		{"security_token", &out.SecurityToken},
		{"private_key_file", &out.PrivateKeyFile},
		{"audience", &out.Audience},
	} {
		if *s.field != "" {
			continue
		}
		if file := c.SecretFiles[s.key]; file != "" {
			b, err := os.ReadFile(file)
			if err != nil {
				return nil, &DSNError{Key: s.key + "_file", Msg: err.Error()}
			}
			*s.field = strings.TrimSpace(string(b))
			continue
		}
		*s.field = os.Getenv("SFSQL_" + strings.ToUpper(s.key))
	}
	return &out, nil
}
