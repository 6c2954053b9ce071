package main

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"

	"github.com/sfsql/sfsql/driver"
	_ "github.com/sfsql/sfsql/emulator/demo" // the built-in org
	"github.com/sfsql/sfsql/internal/shell"
)

// orgDSN returns the DSN that --org means, or where the flag is missing the
// environment, SFSQL_DSN and then SFSQL_ORG, or the default of the saved orgs.
func (p *program) orgDSN(flag string) (string, error) {
	for _, org := range []string{flag, p.getenv("SFSQL_DSN"), p.getenv("SFSQL_ORG")} {
		if org != "" {
			return dsnOf(org), nil
		}
	}
	orgs, _, err := p.savedOrgs()
	if err != nil {
		return "", err
	}
	for _, org := range orgs {
		if org.Default {
			return dsnOf(org.Name), nil
		}
	}
	if len(orgs) > 0 {
		return "", usagef("no org is given and none is the default: use --org %s, or sfsql orgs default %[1]s", orgs[0].Name)
	}
	return "", usagef("no org is given and none is saved: use --org demo for the built-in org, or sfsql login for yours")
}

// dsnOf writes the built-in org's name, demo or demo?scale=10, as a DSN. Every
// other text is a DSN or a saved org's name, which package driver knows.
func dsnOf(org string) string {
	if rest, ok := strings.CutPrefix(org, "demo"); ok && (rest == "" || rest[0] == '?') {
		return "salesforce://demo/" + rest
	}
	return org
}

// org is an open org: one connection, on which all statements run.
type org struct {
	connector *driver.Connector
	db        *sql.DB
	conn      *sql.Conn
}

// openOrg logs in. api, where it is not empty, overrides the DSN's; notes takes
// what the user should know of the login.
func openOrg(ctx context.Context, dsn, api string, notes *slog.Logger) (*org, error) {
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	if api != "" {
		cfg.API = api
	}
	cfg.Logger = notes
	cfg.Time = "text" // what is printed is the column's own text
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	conn, err := db.Conn(ctx)
	if err != nil {
		_ = db.Close() // the first error tells more
		return nil, err
	}
	return &org{connector, db, conn}, nil
}

// close ends the connection and what the org keeps for it.
func (o *org) close() error {
	connErr := o.conn.Close()
	if err := o.db.Close(); err != nil {
		return err
	}
	return connErr
}

// openShellOrg opens an org for a session, by its name or a DSN.
func (p *program) openShellOrg(ctx context.Context, name string) (*shell.Org, error) {
	o, err := openOrg(ctx, dsnOf(name), p.api, p.notes())
	if err != nil {
		return nil, err
	}
	return &shell.Org{Name: shownName(name), DB: o.db, Conn: o.conn, Stats: o.connector.Stats, Close: o.close}, nil
}

// shownName is what an org is called where everybody may look: its name or its
// host, and nothing else that the user has written.
func shownName(org string) string {
	cfg, err := driver.ParseDSN(dsnOf(org))
	switch {
	case err != nil:
		return "sfsql" // it was opened, so this is not reached
	case cfg.Profile != "":
		return cfg.Profile
	}
	name, _, _ := strings.Cut(cfg.Host, ".")
	return name
}

func (p *program) shellOrgs() ([]shell.SavedOrg, error) {
	saved, _, err := p.savedOrgs()
	out := make([]shell.SavedOrg, len(saved))
	for i, o := range saved {
		out[i] = shell.SavedOrg{Name: o.Name, Host: o.Host, User: o.User}
	}
	return out, err
}
