package auth

import (
	"fmt"
	"io"
	"log/slog"
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
