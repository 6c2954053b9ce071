package auth

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// The endpoints of every login host.
const (
	authorizePath  = "/services/oauth2/authorize"
	tokenPath      = "/services/oauth2/token"
	introspectPath = "/services/oauth2/introspect"
	revokePath     = "/services/oauth2/revoke"
	soapPath       = "/services/Soap/u/"
)

// ParseURL reads the base URL of a login host or an instance. It must be
// https, or http on a loopback address, because tokens travel to it. A path is
// kept, without its final slash, for proxies that mount an org below one.
func ParseURL(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		// The text of a url.Error would repeat what may hold a password.
		return nil, errors.New("auth: the base URL cannot be parsed")
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("auth: %q is not a base URL such as https://acme.my.salesforce.com", u.Redacted())
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
	default:
		return nil, fmt.Errorf("auth: %s://%s is not safe for tokens; use https (http is for loopback addresses only)", u.Scheme, u.Host)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}

// sharedLoginHost reports whether the host serves every org rather than one.
func sharedLoginHost(host string) bool {
	host = strings.ToLower(host)
	return host == "login.salesforce.com" || host == "test.salesforce.com"
}

// loginClient returns a copy of hc that does not carry a login to another
// host: a 307 would repeat the secrets in the body to whoever it names.
func loginClient(hc *http.Client) *http.Client {
	c := &http.Client{}
	if hc != nil {
		*c = *hc
	}
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > 3 || req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return c
}
