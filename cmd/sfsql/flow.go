package main

import (
	"slices"
	"strings"
)

// flow is a way to log in: what it is called, and the words of a DSN that it
// needs.
type flow struct {
	name  string // for --flow
	auth  string // the DSN's auth of the org that is saved
	about string
	needs []need
}

// need is one value that a flow takes.
type need struct {
	word     string
	what     string // for a prompt
	optional bool
	secret   bool
}

var (
	needClientID      = need{word: "client_id", what: "Consumer key (client id)"}
	needSecret        = need{word: "client_secret", what: "Consumer secret", secret: true}
	needUser          = need{word: "user", what: "Username"}
	needPassword      = need{word: "password", what: "Password", secret: true}
	needSecurityToken = need{word: "security_token", what: "Security token, if there is one", secret: true, optional: true}
)

// flows are the ways to log in, the usual one first.
var flows = []flow{
	{"web", "refresh_token", "a user signs in with a browser (the default)", []need{
		needClientID,
		{word: "client_secret", what: "Consumer secret, if the app requires one", secret: true, optional: true},
		{word: "user", optional: true},
	}},
	{"client_credentials", "client_credentials", "an app logs in as its run-as user; needs --host with a My Domain", []need{
		needClientID, needSecret,
	}},
	{"jwt", "jwt", "an app logs in as a user, with a private key", []need{
		needClientID, needUser, {word: "private_key_file", what: "File of the private key (PEM)"}, {word: "audience", optional: true},
	}},
	{"password", "password", "an app logs in with a user's password; being retired", []need{
		needClientID, needSecret, needUser, needPassword, needSecurityToken,
	}},
	{"soap", "soap", "a user's password, without an app; ends in Summer '27", []need{
		needUser, needPassword, needSecurityToken,
	}},
	{"refresh_token", "refresh_token", "a refresh token from elsewhere", []need{
		needClientID,
		{word: "client_secret", what: "Consumer secret, if the app requires one", secret: true, optional: true},
		{word: "refresh_token", what: "Refresh token", secret: true},
	}},
	{"access_token", "access_token", "an access token from elsewhere, until it ends; --host is the instance", []need{
		{word: "access_token", what: "Access token", secret: true},
	}},
	{"sf", "sf", "the login of the Salesforce CLI; --user is an alias or username, its default org else", []need{
		{word: "user", optional: true},
	}},
}

// findFlow returns the flow of a name, also with - for _.
func findFlow(name string) (flow, error) {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	i := slices.IndexFunc(flows, func(f flow) bool { return f.name == name })
	if i < 0 {
		var valid []string
		for _, f := range flows {
			valid = append(valid, f.name)
		}
		return flow{}, usagef("--flow %q is not valid; valid are %s", name, strings.Join(valid, ", "))
	}
	return flows[i], nil
}

// flowOf returns the flow that an org was saved by.
func flowOf(auth string) string {
	for _, f := range flows {
		if f.auth == auth {
			return f.name
		}
	}
	return ""
}

func (f flow) takes(word string) bool {
	return slices.ContainsFunc(f.needs, func(n need) bool { return n.word == word })
}
