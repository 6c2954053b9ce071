package auth

import (
	"context"
	"fmt"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// ClientCredentials logs in as the run-as user of an app. LoginURL must be the
// org's My Domain: Salesforce does not serve this flow on the shared hosts
// login.salesforce.com and test.salesforce.com.
func ClientCredentials(cfg Config) (Source, error) {
	u, err := cfg.login(flowClient, "ClientID", "ClientSecret")
	if err != nil {
		return nil, err
	}
	if sharedLoginHost(u.Hostname()) {
		return nil, fmt.Errorf("auth: client_credentials does not work on %s; use the org's My Domain, such as https://acme.my.salesforce.com", u.Host)
	}
	app := clientcredentials.Config{
		ClientID:     cfg.ClientID,
		ClientSecret: cfg.ClientSecret,
		TokenURL:     u.String() + tokenPath,
		AuthStyle:    oauth2.AuthStyleInParams,
	}
	e := newOAuth(flowClient, u, cfg, func(ctx context.Context) (*oauth2.Token, error) { return app.Token(ctx) })
	return e.source(cfg), nil
}
