package auth

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// Hint returns what to do about an error, or "" where nothing is known. It
// knows refused logins, hosts that cannot be reached, and any error with a
// method Next() string, as those of package salesforce have.
func Hint(err error) string {
	var known interface{ Next() string }
	if errors.As(err, &known) {
		if next := known.Next(); next != "" {
			return next
		}
	}
	return unreachableHint(err)
}

// Notices returns what a user should know of a source that works: that its
// flow will end, or that a refresh token could not be kept.
func Notices(s Source) []string {
	if n, ok := s.(interface{ notices() []string }); ok {
		return n.notices()
	}
	return nil
}

func unreachableHint(err error) string {
	var dns *net.DNSError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return unknownHostHint(dns.Name)
	case errors.As(err, &dns):
		return "the name server does not answer; check the network"
	case errors.As(err, &authority):
		return "a proxy or firewall that reads https may stand between; add its certificate to the system, or name it in SSL_CERT_FILE"
	case errors.As(err, &name):
		return "the certificate is that of another host; check the host for a typing mistake"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the host speaks http; only an emulator or proxy on this machine may, with tls=off"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there; check host and port, and HTTPS_PROXY where a proxy is needed"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "check the network, and HTTPS_PROXY where a proxy is needed; a slow login host needs a longer timeout"
	}
	return ""
}

// unknownHostHint says what is wrong with a host that does not exist.
func unknownHostHint(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	name, ours := strings.CutSuffix(host, myDomainSuffix)
	switch {
	case ours && strings.HasSuffix(name, "-dev-ed"):
		return "the My Domain of a developer org has .develop in it: " + name + ".develop" + myDomainSuffix
	case ours && strings.Contains(name, "--") && !strings.Contains(name, "."):
		return "the My Domain of a sandbox has .sandbox in it: " + name + ".sandbox" + myDomainSuffix
	case ours:
		return "there is no such My Domain; Setup > My Domain shows the org's own, and https://login.salesforce.com (sandboxes: https://test.salesforce.com) takes most logins too"
	}
	return "there is no such host; check it for a typing mistake, and the network"
}

// advice is the next step after a refusal. The first line that fits is taken.
type advice struct {
	code  string
	words string // in the description, in lower case between blanks; empty fits all
	flow  string // empty fits all
	next  string
}

const (
	tenMinutes = "; a new or changed app takes up to ten minutes to work"
	otherHost  = "sandboxes log in at test.salesforce.com or their own My Domain, all other orgs at login.salesforce.com or theirs"
	seeHistory = "Setup > Login History of the user tells the reason"
	apiAccess  = "the org's edition or the user's profile does not allow API access; an administrator can give the user the permission API Enabled"
)

var advices = []advice{
	{"invalid_grant", "expired access/refresh token", "", "sign in again: the refresh token was revoked, has expired by the app's policy, was replaced by a newer one, or is the oldest of more than five for this user and app"},
	{"invalid_grant", "expired authorization code", flowJWT, "the assertion came too late; check this machine's clock"},
	{"invalid_grant", "authorization code", "", "sign in again: a code works once and for 15 minutes"},
	{"invalid_grant", "code verifier", "", "sign in again: the code belongs to another sign-in"},
	{"invalid_grant", "inactive user", "", "an administrator has to activate the user in Setup > Users"},
	{"invalid_grant", "inactive org", "", "the org is locked or expired"},
	{"invalid_grant", "user is locked", "", "wait, or let an administrator unlock the user"},
	{"invalid_grant", " ip ", "", "this address is not allowed: add it to Login IP Ranges of the user's profile, or set IP Relaxation of the app's policy to Relax IP restrictions"},
	{"invalid_grant", "audience", "", "the audience of the assertion is wrong: set it to https://test.salesforce.com for sandboxes and https://login.salesforce.com for all other orgs"},
	{"invalid_grant", "approved this consumer", "", "an administrator has to preauthorize the user: set Permitted Users of the app's policy to admin-approved, add the user's profile or a permission set, and give the app the scopes api and refresh_token; also check the username; " + otherHost},
	{"invalid_grant", "assertion", "", "the signature or a claim is wrong: the app must hold the certificate of this very private key, and username and client_id must be of this org; check this machine's clock too"},
	{"invalid_grant", "not supported on this domain", "", "use the org's My Domain, such as acme.my.salesforce.com"},
	{"invalid_grant", "no client credentials user", "", "name a user in the app's policy: Client Credentials Flow > Run As"},
	{"invalid_grant", "invalid client credentials", "", "check client_secret"},
	{"invalid_grant", "", flowPassword, "check username and password, and give the security token too (security_token) unless this address is trusted; " + otherHost + "; newer orgs refuse this flow until Allow OAuth Username-Password Flows is on; " + seeHistory},
	{"invalid_grant", "", "", "the user, the token or this address is not accepted; " + seeHistory + "; " + otherHost},
	{"invalid_client_id", "", "", "check client_id, the app's consumer key; an app is known in its own org only until it is installed elsewhere; " + otherHost + tenMinutes},
	{"invalid_client", "", "", "check client_secret, the app's consumer secret" + tenMinutes},
	{"invalid_client_credentials", "", "", "check client_secret, the app's consumer secret" + tenMinutes},
	{"app_not_found", "", "", "an administrator has to install the app in this org (Setup > Connected Apps OAuth Usage, or External Client App Manager)"},
	{"OAUTH_EC_APP_NOT_FOUND", "", "", "an administrator has to install the app in this org (Setup > Connected Apps OAuth Usage, or External Client App Manager)"},
	{"OAUTH_APPROVAL_ERROR_GENERIC", "", "", "an administrator has to install the app in this org or let the user use it (Setup > Connected Apps OAuth Usage)"},
	{"OAUTH_APP_BLOCKED", "", "", "an administrator has blocked the app (Setup > Connected Apps OAuth Usage)"},
	{"OAUTH_APP_ACCESS_DENIED", "", "", "an administrator has to give the user's profile or a permission set access to the app"},
	{"invalid_app_access", "", "", "an administrator has to give the user's profile or a permission set access to the app" + tenMinutes},
	{"unsupported_grant_type", "", "", "the app does not allow this way of logging in; switch the flow on in its settings"},
	{"unsupported_response_type", "", "", "the app does not allow signing in with a browser; switch the authorization code flow on in its settings"},
	{"redirect_uri_mismatch", "", "", "the app's settings must name the callback URL to the letter, its port too" + tenMinutes},
	{"invalid_scope", "", "", "the app must allow the scopes that are asked for: api, and refresh_token to stay logged in" + tenMinutes},
	{"invalid_request", "", "", "the app may demand something that was not sent, such as a client_secret or PKCE"},
	{"access_denied", "", "", "the user has to allow the access"},
	{"immediate_unsuccessful", "", "", "the user has to sign in on the page"},
	{"inactive_user", "", "", "the user is deactivated or locked; an administrator can change that in Setup > Users"},
	{"inactive_org", "", "", "the org is locked or expired"},
	{"rate_limit_exceeded", "", "", "too many logins; wait before the next"},
	{"unknown_error", "", "", "Salesforce asks to try again"},
	{"unsupported_token_type", "", "", "the token has ended already, or is no token of this org"},
	{"INVALID_LOGIN", "", "", "check username and password, and give the security token too (security_token) unless this address is trusted; " + otherHost + "; " + seeHistory},
	{"LOGIN_MUST_USE_SECURITY_TOKEN", "", "", "give the security token too (security_token), which the user gets by mail (Settings > Reset My Security Token), or let an administrator trust this address (Setup > Network Access)"},
	{"LOGIN_DURING_RESTRICTED_DOMAIN", "", "", "this address is outside the Login IP Ranges of the user's profile"},
	{"LOGIN_DURING_RESTRICTED_TIME", "", "", "it is outside the Login Hours of the user's profile"},
	{"LOGIN_CHALLENGE_ISSUED", "", "", "Salesforce has sent the user a message to confirm this address"},
	{"LOGIN_CHALLENGE_PENDING", "", "", "Salesforce waits for the user to confirm this address"},
	{"LOGIN_RATE_EXCEEDED", "", "", "too many logins; wait before the next"},
	{"PASSWORD_LOCKOUT", "", "", "too many wrong passwords: wait, or let an administrator unlock the user"},
	{"INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "", "", "the user has to set a new password in a browser"},
	{"ORG_LOCKED", "", "", "the org is locked; ask Salesforce"},
	{"TRIAL_EXPIRED", "", "", "the org's trial is over"},
	{"API_DISABLED_FOR_ORG", "", "", apiAccess},
	{"API_CURRENTLY_DISABLED", "", "", apiAccess},
	{"INSUFFICIENT_ACCESS", "", "", "an administrator can grant the user access"},
	{"CLIENT_NOT_ACCESSIBLE_FOR_USER", "", "", "an administrator has to let the user use this client"},
	{"INVALID_SSO_GATEWAY_URL", "", "", "the user signs in through another system; use a browser, JWT or client credentials login"},
	{"SSO_SERVICE_DOWN", "", "", "the system that the user signs in through does not answer"},
	{"UNSUPPORTED_API_VERSION", "", "", soapEnd},
	{"SERVER_UNAVAILABLE", "", "", "try again later; https://status.salesforce.com tells of maintenance"},
	{CodeTokenExpired, "", flowCLI, "sign in with the Salesforce CLI again: sf org login web"},
	{CodeTokenExpired, "", "", "get a new one, or log in with a flow that renews its tokens (refresh_token, client_credentials)"},
	{CodeStateMismatch, "", "", "start again, and finish in the newest browser tab"},
	{CodeCLIMissing, "", "", "install it (npm install -g @salesforce/cli), put it on the PATH, or log in another way"},
	{CodeCLIDisconnected, "", "", "check the network, else sign in again: sf org login web"},
	{"NoDefaultEnvError", "", "", "name the org by its alias or username, or choose a default: sf config set target-org NAME"},
	{"NamedOrgNotFoundError", "", "", "sf org list shows the orgs that the CLI knows; sf org login web adds one"},
}

// Next returns what to do about the refusal, or "".
func (e *Error) Next() string {
	words := " " + strings.ToLower(e.Description) + " "
	for _, a := range advices {
		if a.code == e.Code && (a.flow == "" || a.flow == e.Flow) && strings.Contains(words, a.words) {
			return a.next
		}
	}
	if e.Code == CodeInvalidResponse {
		return strangeHint(e.Status)
	}
	return ""
}

// strangeHint is about a host that does not answer as a login host.
func strangeHint(status int) string {
	switch {
	case status == 420:
		return "the org does not answer at this host: it is being set up, has moved or was deleted"
	case status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return "a proxy or firewall may stand between; check HTTPS_PROXY"
	case status >= http.StatusInternalServerError:
		return "try again later; https://status.salesforce.com tells of maintenance"
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return "the org has another address; check the host name: Setup > My Domain shows it"
	}
	return "check the host name: it must be login.salesforce.com, test.salesforce.com or the org's My Domain"
}
