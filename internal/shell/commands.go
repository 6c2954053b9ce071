package shell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/catalog"
)

// command is what a line beginning with a dot runs.
type command struct {
	name     string
	alias    string // as psql calls it, with its backslash
	args     string
	short    string
	long     string // what .help NAME tells beside, its examples first
	complete argKind
	verbatim int // after so many arguments the rest of the line is one, quotes and all
	run      func(s *Shell, ctx context.Context, args []string) error
}

// argKind is what completion offers behind a command.
type argKind int

const (
	argNone argKind = iota
	argTable
	argFile
	argOrg
	argMode
	argSwitch
	argCommand
	argParameter
)

// UsageError says what is wrong with a command's line.
type UsageError struct{ Msg string }

func (e *UsageError) Error() string { return e.Msg }

func usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// commands are all of them, in the order of .help.
var commands []*command

func init() { // the table names functions that read it
	commands = slices.Concat(lookCommands, resultCommands, sessionCommands)
}

// command runs a line that begins with a dot or a backslash.
func (s *Shell) command(ctx context.Context, line string) error {
	name := strings.Fields(line)[0]
	c, err := findCommand(name)
	if err != nil {
		return err
	}
	args, err := splitWords(line[len(name):], c.verbatim)
	if err != nil {
		return err
	}
	return c.run(s, ctx, args)
}

// findCommand finds a command by its name, or the beginning of one.
func findCommand(word string) (*command, error) {
	var names []string
	var found []*command
	for _, c := range commands {
		names = append(names, "."+c.name)
		if word == "."+c.name || slices.Contains(strings.Fields(c.alias), word) {
			return c, nil
		}
		if len(word) > 1 && strings.HasPrefix("."+c.name, word) {
			found = append(found, c)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		var near []string
		for _, c := range found {
			near = append(near, "."+c.name)
		}
		return nil, usagef("%s may be %s", word, strings.Join(near, ", "))
	}
	near := catalog.Near(word, names, 3)
	if len(near) == 0 {
		return nil, usagef("there is no command %s; .help lists them", word)
	}
	return nil, usagef("there is no command %s; did you mean %s? .help lists them", word, strings.Join(near, ", "))
}

// splitWords cuts a command's arguments at their spaces. Quotes keep what is in
// them. After verbatim words, where that is not 0, the rest is one as it stands.
func splitWords(line string, verbatim int) ([]string, error) {
	var out []string
	for rest := trimSpace(line); rest != ""; rest = trimSpace(rest) {
		if verbatim > 0 && len(out) == verbatim {
			return append(out, rest), nil
		}
		end := strings.IndexAny(rest, space)
		if q := rest[0]; q == '"' || q == '\'' {
			close := strings.IndexByte(rest[1:], q)
			if close < 0 {
				return nil, usagef("the %c in %s is not closed", q, line)
			}
			out = append(out, rest[1:1+close])
			rest = rest[close+2:]
			continue
		}
		if end < 0 {
			end = len(rest)
		}
		out = append(out, rest[:end])
		rest = rest[end:]
	}
	return out, nil
}

// setSwitch reads on or off.
func setSwitch(c string, to *bool, args []string) error {
	switch {
	case len(args) == 1 && strings.EqualFold(args[0], "on"):
		*to = true
	case len(args) == 1 && strings.EqualFold(args[0], "off"):
		*to = false
	default:
		return usagef("usage: .%s on|off", c)
	}
	return nil
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

var errNoOrg = errors.New("no org is open: .org NAME opens one, .orgs lists them")

// help tells of all commands or of one.
func (s *Shell) help(_ context.Context, args []string) error {
	out, err := s.text()
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return s.helpOn(args[0])
	}
	for _, c := range commands {
		alias := ""
		if c.alias != "" {
			alias = "  (" + c.alias + ")"
		}
		fmt.Fprintf(out, "%-32s %s%s\n", "."+strings.TrimSpace(c.name+" "+c.args), c.short, alias)
	}
	_, err = out.WriteString("\nA statement of SQL ends with a semicolon. .help NAME shows examples.\n")
	return err
}

func (s *Shell) helpOn(topic string) error {
	if !isCommand(topic) {
		topic = "." + topic
	}
	c, err := findCommand(strings.ToLower(topic))
	if err != nil {
		return err
	}
	out, err := s.text()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, ".%s\n", strings.TrimSpace(c.name+" "+c.args))
	fmt.Fprintf(out, "  %s\n", c.short)
	if c.alias != "" {
		fmt.Fprintf(out, "  also %s\n", strings.Join(strings.Fields(c.alias), ", "))
	}
	_, err = fmt.Fprintf(out, "\n%s\n", indented(cmp.Or(c.long, "."+c.name)))
	return err
}

func indented(text string) string {
	text = "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
	return strings.ReplaceAll(text, "\n  \n", "\n\n")
}
