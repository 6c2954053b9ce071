package main

import (
	"context"
	"log/slog"
	"strings"
)

// notes is a logger that shows warnings as the program's other messages, such
// as that a way to log in will end. What is less is told when an org is saved.
func (p *program) notes() *slog.Logger { return slog.New(noteHandler{p}) }

type noteHandler struct{ *program }

// Enabled implements slog.Handler.
func (noteHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle implements slog.Handler.
func (h noteHandler) Handle(_ context.Context, r slog.Record) error {
	h.say("note: %s", strings.TrimPrefix(r.Message, "salesforce: "))
	return nil
}

// WithAttrs implements slog.Handler; the message says enough.
func (h noteHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup implements slog.Handler.
func (h noteHandler) WithGroup(string) slog.Handler { return h }
