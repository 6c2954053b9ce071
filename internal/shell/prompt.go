package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/reeflective/readline"

	"github.com/sfsql/sfsql/internal/format"
)

// PromptConfig is what the prompt needs beside the shell.
type PromptConfig struct {
	History string // the file; empty: none is kept
	Colour  bool
}

// Prompt reads statements and commands from the terminal that standard input
// is, until its end or .quit. Ctrl-C cancels what runs, or empties the line. The
// error is ctx's, where that ended it.
func (s *Shell) Prompt(ctx context.Context, cfg PromptConfig) error {
	kept, err := openHistory(cfg.History)
	if err != nil {
		s.say("%v", err)
	}
	editor := s.editor(cfg, kept)
	s.names.listen(editor.RefreshCompletions)
	s.fetchTables()
	defer context.AfterFunc(ctx, func() { // the editor waits for keys: leave the menu, drop the line
		editor.Keys.Feed(false, '\x07', '\x03', '\x03')
		editor.Keys.RequestRefresh()
	})()
	s.bail = false // a person sees the error and goes on
	for ctx.Err() == nil {
		line, err := editor.Readline()
		switch {
		case errors.Is(err, readline.ErrInterrupt):
			continue
		case err != nil: // Ctrl-D, or the terminal went away
			fmt.Fprintln(s.cfg.Stdout)
			return ctx.Err()
		}
		if s.enter(ctx, line) {
			return nil
		}
		s.names.listen(editor.RefreshCompletions) // the org may be another
		s.fetchTables()
	}
	return ctx.Err()
}

// enter runs what was entered, and reports its errors.
func (s *Shell) enter(ctx context.Context, line string) (quit bool) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	if word := strings.ToLower(strings.Trim(line, space+";")); slices.Contains(bareWords, word) {
		line = "." + word
	}
	s.stdout.results = 0 // what stood before is another screen
	statements := Split(line)
	for _, st := range statements {
		if !st.IsCommand() {
			st.Text = quoteTables(st.Text)
		}
		quit, err := s.Run(ctx, []Statement{st})
		if quit {
			return true
		}
		if err != nil && !IsReported(err) {
			s.cfg.Report(ctx, err)
		}
		if err != nil {
			return false // what follows on the line may have needed it
		}
	}
	return false
}

// bareWords are what people type who do not know the dot yet.
var bareWords = []string{"exit", "quit", "help"}

// entered reports whether a line is whole, or another one has to follow.
func entered(line string) bool {
	return Complete(line) || slices.Contains(bareWords, strings.ToLower(trimSpace(line)))
}

// editor sets up the line editor.
func (s *Shell) editor(cfg PromptConfig, kept *history) *readline.Shell {
	rl := readline.NewShell()
	for option, value := range map[string]any{
		"multiline-column": false,
		// The first press shows what there is, the next ones choose.
		"menu-complete-display-prefix": true,
		// Letters of every script, whatever the locale.
		"input-meta":             true,
		"output-meta":            true,
		"convert-meta":           false,
		"enable-bracketed-paste": true,
		"completion-ignore-case": true,
		"history-autosuggest":    false,
		"comment-begin":          "\x00", // SQL's are coloured with the rest
	} {
		_ = rl.Config.Set(option, value) // these are options of its own
	}
	rl.History.Add("history", kept)
	rl.Prompt.Primary(func() string { return format.OneLine(s.org.Name) + "> " })
	rl.Prompt.Secondary(func() string { return strings.Repeat(" ", max(0, len(s.org.Name)-1)) + "…> " })
	rl.AcceptMultiline = func(line []rune) bool { return entered(string(line)) }
	if cfg.Colour {
		rl.SyntaxHighlighter = func(line []rune) string { return highlight(string(line)) }
	}
	// A provider of hints is called right before the editor asks the terminal
	// where the cursor is.
	rl.Hint.SetProvider(func(line []rune, _ int) []rune {
		rl.Keys.Feed(false, typedAhead(os.Stdin)...)
		s.lookAhead(string(line))
		return nil
	})
	rl.Completer = func(line []rune, cursor int) readline.Completions {
		return s.completions(string(line), len(string(line[:cursor])))
	}
	rl.Keymap.Register(map[string]func(){"sfsql-complete": func() { s.completeKey(rl) }})
	for _, keymap := range []string{"emacs", "emacs-standard", "vi-insert"} {
		_ = rl.Config.Bind(keymap, "\t", "sfsql-complete", false)
	}
	return rl
}

// lookAhead has the tables of a statement described while it is typed.
func (s *Shell) lookAhead(line string) {
	if isCommand(line) {
		return
	}
	for _, t := range sources(tokens(line)) {
		s.fetchColumns(t.table)
	}
}

// completeKey is the tab key. A single candidate takes the place of the word,
// quotes and all; from several the editor's menu lets choose.
func (s *Shell) completeKey(rl *readline.Shell) {
	line := *rl.Line()
	pos := rl.Cursor().Pos()
	text := string(line)
	start, found := s.Complete(text, len(string(line[:pos])))
	if len(found) != 1 {
		rl.Keymap.Commands()["menu-complete"]()
		return
	}
	word := len([]rune(text[start:])) - len(line[pos:])
	rl.History.Save()
	rl.Line().Cut(pos-word, pos)
	rl.Cursor().Set(pos - word)
	rl.Cursor().InsertAt([]rune(found[0].Text)...)
}

// completions hands candidates to the editor, which takes all that stands
// between spaces for the word and wants it at the beginning of each.
func (s *Shell) completions(text string, pos int) readline.Completions {
	start, found := s.Complete(text, pos)
	blank := strings.LastIndexAny(text[:pos], space) + 1
	values := make([]readline.Completion, 0, len(found))
	for _, c := range found {
		value := c.Text
		if word := text[start:pos]; word != "" && !strings.HasPrefix(word, `"`) && strings.HasPrefix(value, `"`) {
			value = strings.Trim(value, `"`) // Enter quotes tables
		}
		values = append(values, readline.Completion{
			Value: text[min(blank, start):start] + value, Display: c.Text, Description: c.Note, Tag: c.Kind,
		})
	}
	return readline.CompleteRaw(values)
}

// WaitEnd returns a context that ends when the process is asked to.
func WaitEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	// Ctrl-C ends a statement here and not the program.
	return signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM, syscall.SIGHUP)
}
