package auth

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

const myDomainSuffix = ".my.salesforce.com"

// partitions are the kinds of org that a My Domain names in its second part.
// https://help.salesforce.com/s/articleView?id=sf.domain_name_url_formats.htm
var partitions = []string{"sandbox", "develop", "scratch", "demo", "patch", "stage", "free", "trailblaze", "pc"}

// webSuffixes end the hosts that a browser shows while it works with an org.
// What is before them is the My Domain's name, with a package behind -- where
// packaged is set.
var webSuffixes = []struct {
	suffix   string
	packaged bool
}{
	{".lightning.force.com", false},
	{".my.salesforce-setup.com", false},
	{".file.force.com", false},
	{".vf.force.com", true},
	{".visualforce.com", true},
	{".documentforce.com", true},
}

// ParseHost completes a host as people paste it and returns it in lower case,
// with its port where it has one, without scheme and path:
//
//	login, test                              login.salesforce.com, test.salesforce.com
//	acme                                     acme.my.salesforce.com
//	acme--uat, acme--uat.sandbox             acme--uat.sandbox.my.salesforce.com
//	x-dev-ed                                 x-dev-ed.develop.my.salesforce.com
//	https://acme.my.salesforce.com/          acme.my.salesforce.com
//	acme.lightning.force.com/lightning/page  acme.my.salesforce.com
//	acme.my.salesforce-setup.com             acme.my.salesforce.com
//	127.0.0.1:8080, sf.example.com           as they are
func ParseHost(text string) (string, error) {
	host, err := hostIn(text)
	if err != nil {
		return "", err
	}
	name, port := splitPort(host)
	if n, err := strconv.ParseUint(strings.TrimPrefix(port, ":"), 10, 16); port != "" && (err != nil || n == 0) {
		return "", errors.New("auth: what is behind the host's colon is no port")
	}
	name = strings.TrimRight(strings.ToLower(name), ".")
	if err := checkHost(name); err != nil {
		return "", err
	}
	return completeHost(name) + port, nil
}

// hostIn takes the host out of an address. What else a pasted address holds,
// a session for one, is not repeated in an error.
func hostIn(text string) (string, error) {
	text = strings.Trim(strings.TrimSpace(text), `"'<>`)
	if _, rest, found := strings.Cut(text, "://"); found {
		text = rest
	} else {
		text = strings.TrimPrefix(text, "//")
	}
	if end := strings.IndexAny(text, "/?#"); end >= 0 {
		text = text[:end]
	}
	switch {
	case text == "":
		return "", errors.New("auth: the host is empty; use login, test or a My Domain such as acme.my.salesforce.com")
	case strings.Contains(text, "@"):
		return "", errors.New("auth: a host cannot hold a user or a password; use login, test or a My Domain such as acme.my.salesforce.com")
	}
	return text, nil
}

// splitPort returns a host and its port with the colon before it.
func splitPort(host string) (name, port string) {
	if h, p, err := net.SplitHostPort(host); err == nil {
		if strings.Contains(h, ":") {
			h = "[" + h + "]"
		}
		return h, ":" + p
	}
	if ip := net.ParseIP(host); ip != nil && strings.Contains(host, ":") {
		return "[" + host + "]", ""
	}
	return host, ""
}

func checkHost(name string) error {
	for _, r := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]", r) {
			return errors.New("auth: the host has characters that no host has; use login, test or a My Domain such as acme.my.salesforce.com")
		}
	}
	u, err := url.Parse("https://" + name + "/")
	if err != nil || u.Host != name || u.Hostname() == "" || strings.HasPrefix(name, ".") || strings.Contains(name, "..") {
		return errors.New("auth: the host is not one; use login, test or a My Domain such as acme.my.salesforce.com")
	}
	switch name {
	case "salesforce.com", "www.salesforce.com", "force.com", "lightning.force.com", "my.salesforce.com", "help.salesforce.com", "developer.salesforce.com", "trailhead.salesforce.com":
		return fmt.Errorf("auth: nobody logs in at %s; use login, test or a My Domain such as acme.my.salesforce.com", name)
	}
	return nil
}

// completeHost turns the short and the browser's forms of a host into the one
// to log in at.
func completeHost(name string) string {
	for _, w := range webSuffixes {
		if org, found := strings.CutSuffix(name, w.suffix); found && org != "" {
			if w.packaged {
				org = withoutPackage(org)
			}
			return org + myDomainSuffix
		}
	}
	first, rest, dotted := strings.Cut(name, ".")
	rest = strings.TrimSuffix(strings.TrimSuffix("."+rest, ".my"), ".")
	switch {
	case name == "login", name == "test":
		return name + ".salesforce.com"
	case name == "localhost", strings.ContainsAny(name, "[]"):
		return name
	case !dotted:
		return first + partitionOf(first) + myDomainSuffix
	case rest == "": // acme.my
		return first + myDomainSuffix
	}
	for _, p := range partitions {
		if rest == "."+p {
			return first + rest + myDomainSuffix
		}
	}
	return name
}

// partitionOf guesses the second part of a My Domain from its first.
func partitionOf(first string) string {
	switch {
	case strings.Contains(first, "--"):
		return ".sandbox"
	case strings.HasSuffix(first, "-dev-ed"):
		return ".develop"
	}
	return ""
}

// withoutPackage drops the package's name behind the last -- of the first part.
func withoutPackage(org string) string {
	first, rest, dotted := strings.Cut(org, ".")
	if i := strings.LastIndex(first, "--"); i > 0 {
		first = first[:i]
	}
	if dotted {
		return first + "." + rest
	}
	return first
}
