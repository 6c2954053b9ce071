package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sfsql/sfsql/internal/profile"
	"github.com/sfsql/sfsql/salesforce/auth"
)

const logoutLong = `End the session of a saved org and forget it and its secrets. The token that was
kept is revoked, so that a copy of it is good for nothing; the app and its users
in the org stay as they are. A login of the Salesforce CLI is the CLI's own and
is only forgotten here.`

func (p *program) logoutCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "logout NAME",
		Short:   "end a saved org's session and forget it",
		Long:    logoutLong,
		Example: "  sfsql logout uat\n  sfsql logout --all",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 == all || len(args) > 1 {
				return usagef("usage: sfsql logout NAME, or sfsql logout --all; sfsql orgs lists the names")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return p.logout(cmd.Context(), args) },
	}
	cmd.Flags().BoolVar(&all, "all", false, "all saved orgs")
	p.quietFlag(cmd)
	return cmd
}

// logout ends sessions; no names means all of them. It goes on where one
// fails.
func (p *program) logout(ctx context.Context, names []string) error {
	store, err := profile.Open("")
	if err != nil {
		return err
	}
	if len(names) == 0 {
		orgs, err := store.List()
		if err != nil {
			return err
		}
		for _, org := range orgs {
			names = append(names, org.Name)
		}
		if len(names) == 0 {
			p.say("no org is saved")
		}
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, store.Hold(ctx, name, func() error { return p.logoutOne(ctx, store, name) }))
	}
	return errors.Join(errs...)
}

// logoutOne deletes an org's secrets in any case: a user who logs out wants
// them gone, whether or not the org can be reached.
func (p *program) logoutOne(ctx context.Context, store *profile.Store, name string) error {
	org, getErr := store.Get(name)
	var missing *profile.NotFoundError
	if errors.As(getErr, &missing) {
		return getErr
	}
	var revokeErr error
	revoked := false
	if getErr == nil {
		revoked, revokeErr = revoke(ctx, org)
	}
	if err := store.Delete(name); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case revokeErr != nil:
		return fmt.Errorf("%s is forgotten here, but its token could not be revoked and still works "+
			"(Setup, Connected Apps OAuth Usage revokes it): %w", name, revokeErr)
	case revoked:
		p.say("%s is logged out and forgotten", name)
	default:
		p.say("%s is forgotten; there was no token to revoke", name)
	}
	return nil
}

// revoke ends the token that an org was saved with, if there is one. One that
// is dead already is no failure; that another than the org says so tells
// nothing.
func revoke(ctx context.Context, org profile.Org) (bool, error) {
	token := or(org.Values["refresh_token"], org.Values["access_token"])
	if token == "" {
		return false, nil
	}
	cfg := auth.Config{
		LoginURL: loginURL(org.Values), ClientID: org.Values["client_id"], ClientSecret: org.Values["client_secret"],
	}
	err := auth.Revoke(ctx, cfg, token)
	var refused *auth.Error
	if errors.As(err, &refused) && refused.Status >= 400 && refused.Status < 500 && refused.Code != auth.CodeInvalidResponse {
		return false, nil
	}
	return err == nil, err
}
