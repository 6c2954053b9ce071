package profile

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Org is a saved org: a name and words of a DSN with their values.
type Org struct {
	Name   string
	Values map[string]string

	inFile []string
}

// InFile returns the words of an org whose secrets its store keeps in the file
// and not in the keychain.
func (o Org) InFile() []string { return o.inFile }

// secretWords are the words whose values nobody else may see.
var secretWords = []string{"access_token", "client_secret", "password", "refresh_token", "security_token"}

// IsSecret reports whether the value of a DSN word is a secret.
func IsSecret(word string) bool { return slices.Contains(secretWords, word) }

// String gives the name and the values, secrets as ***.
func (o Org) String() string {
	var b strings.Builder
	b.WriteString(o.Name)
	for _, word := range slices.Sorted(maps.Keys(o.Values)) {
		value := o.Values[word]
		if IsSecret(word) {
			value = "***"
		}
		fmt.Fprintf(&b, " %s=%s", word, value)
	}
	return b.String()
}

// Format prints no secret, whatever the verb.
func (o Org) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// LogValue implements slog.LogValuer.
func (o Org) LogValue() slog.Value { return slog.StringValue(o.String()) }

// MarshalText implements encoding.TextMarshaler, which JSON uses too.
func (o Org) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// secrets returns the words of an org that hold a secret, sorted.
func (o Org) secrets() []string {
	var out []string
	for word, value := range o.Values {
		if IsSecret(word) && value != "" {
			out = append(out, word)
		}
	}
	slices.Sort(out)
	return out
}

// Kept tells where Put left the secrets of an org.
type Kept struct {
	Secrets  []string // the words, sorted; none means that the org has no secret
	Keychain bool     // they are in the system's keychain
	File     string   // else they are in this file, for its owner alone
	Reason   string   // why they are not in the keychain
}

// String is a sentence for people.
func (k Kept) String() string {
	what := strings.Join(k.Secrets, ", ")
	switch {
	case len(k.Secrets) == 0:
		return "there are no secrets to keep"
	case k.Keychain:
		return what + ": kept in the system keychain"
	}
	return fmt.Sprintf("%s: kept in %s, readable by you alone (no keychain: %s)", what, k.File, k.Reason)
}

var nameRule = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}$`)

// CheckName says what is wrong with a name for an org. A name is also part of
// file names, and of salesforce://profile/NAME.
func CheckName(name string) error {
	switch {
	case strings.EqualFold(name, "demo"):
		return fmt.Errorf("profile: the name %s belongs to the built-in org", name)
	case !nameRule.MatchString(name):
		return fmt.Errorf("profile: %q cannot name an org; use up to 64 letters, digits and . _ @ - and begin with a letter, digit or _", name)
	}
	return nil
}

// NotFoundError says that no org of a name is saved.
type NotFoundError struct {
	Name  string
	Known []string // the names that are
	File  string
}

// Error names the org, the file, and the names that there are.
func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("profile: no org %q is saved in %s", e.Name, e.File)
	if len(e.Known) == 0 {
		return text + ", nor any other; sfsql login saves one"
	}
	return text + "; there are " + strings.Join(e.Known, ", ")
}
