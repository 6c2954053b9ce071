package auth

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// Tokens and configurations are values that a program carries about, so every
// way of printing one, %d and JSON included, shows no more than its String.

// Format implements fmt.Formatter for every verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue implements slog.LogValuer.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText implements encoding.TextMarshaler, which JSON uses too.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Format implements fmt.Formatter for every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue implements slog.LogValuer.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText implements encoding.TextMarshaler, which JSON uses too.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// secrets returns what no error may show.
func (c Config) secrets() []string {
	return []string{c.ClientSecret, c.RefreshToken, c.Password + c.SecurityToken, c.Password, c.SecurityToken, string(c.PrivateKey)}
}

// hide blanks secrets that a server repeated in its words, also as they look
// in a form or on a page.
func hide(text string, secrets []string) string {
	var forms []string
	for _, s := range secrets {
		if s == "" {
			continue
		}
		// The last is how a page or a line of text has it.
		forms = append(forms, s, url.QueryEscape(s), url.PathEscape(s), html.EscapeString(s), strings.Join(strings.Fields(s), " "))
	}
	// The longest first: a secret may be the beginning of another.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, form := range forms {
		if form != "" {
			text = strings.ReplaceAll(text, form, "***")
		}
	}
	return text
}

// hideIn returns err, or its text alone where that had to be blanked.
func hideIn(err error, secrets []string) error {
	text := err.Error()
	if clean := hide(text, secrets); clean != text {
		return errors.New(clean)
	}
	return err
}
