package shell

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/format"
)

// The commands for results.
var resultCommands = []*command{
	{
		name: "mode", args: "[MODE]", short: "how results look", complete: argMode, run: (*Shell).setMode,
		long: ".mode csv\n.mode           which one it is\n.mode auto      a table on a terminal, csv elsewhere\n\nModes: " + strings.Join(format.Modes, ", "),
	},
	{
		name: "once", args: "FILE", short: "write the next result to a file", complete: argFile, run: (*Shell).setOnce,
		long: ".once accounts.xlsx\nSELECT * FROM Account;\n\nThe file's name tells the format, and the file gets its name when it is whole.",
	},
	{
		name: "output", alias: `\o`, args: "[FILE]", short: "write results to a file until .output", complete: argFile, run: (*Shell).setOutput,
		long: ".output report.csv\nSELECT 1;\nSELECT 2;\n.output            the file gets its name; results come here again",
	},
	{
		name: "nullvalue", args: "TEXT", short: "what stands for NULL", run: (*Shell).setNull,
		long: ".nullvalue -\n.nullvalue \"\"    nothing at all",
	},
	{
		name: "headers", args: "on|off", short: "names of the columns, in table, csv, html and xlsx", complete: argSwitch, run: func(s *Shell, _ context.Context, args []string) error {
			return setSwitch("headers", &s.style.Header, args)
		},
		long: ".headers off",
	},
	{
		name: "width", args: "[N …]", short: "widths of a table's columns", run: (*Shell).setWidth,
		long: ".width 20 0 40    20, what it takes, 40\n.width            what they take, as far as they fit",
	},
	{
		name: "line", alias: `\x`, short: "a line for each value, and back", run: (*Shell).toggleLine,
		long: ".line",
	},
	{
		name: "pager", args: "on|off", short: "long results go through $PAGER", complete: argSwitch, run: func(s *Shell, _ context.Context, args []string) error {
			return setSwitch("pager", &s.pager, args)
		},
		long: ".pager off",
	},
	{
		name: "timer", alias: `\timing`, args: "[on|off]", short: "tell how long statements take", complete: argSwitch, run: func(s *Shell, _ context.Context, args []string) error {
			if len(args) == 0 {
				args = []string{onOff(!s.timer)}
			}
			return setSwitch("timer", &s.timer, args)
		},
		long: ".timer on",
	},
	{
		name: "stats", args: "on|off", short: "tell calls, bytes, rows, time and quota", complete: argSwitch, run: func(s *Shell, _ context.Context, args []string) error {
			return setSwitch("stats", &s.stats, args)
		},
		long: ".stats on",
	},
}

// The commands for the session.
var sessionCommands = []*command{
	{
		name: "read", alias: `\i`, args: "FILE", short: "run a file's statements and commands", complete: argFile, run: (*Shell).readFile,
		long: ".read report.sql",
	},
	{
		name: "parameter", args: "set|list|unset|clear …", short: "values for :name in statements", complete: argParameter, verbatim: 2, run: (*Shell).parameter,
		long: ".parameter set industry Energy\nSELECT Name FROM Account WHERE Industry = :industry;\n.parameter list\n.parameter clear\n\nA number as it is written is one, null is NULL, 'quotes' make a text of anything.",
	},
	{
		name: "save", args: "FILE", short: "save the local tables as a SQLite file", complete: argFile, run: (*Shell).save,
		long: "CREATE TABLE hot AS SELECT * FROM Lead WHERE Rating = 'Hot';\n.save leads.db",
	},
	{
		name: "import", args: "FILE TABLE", short: "read a CSV file into a local table", complete: argFile, run: (*Shell).importCSV,
		long: ".import targets.csv target\nSELECT a.Name FROM Account a JOIN target t ON t.Id = a.Id;\n\nThe first line names the columns; a table that is not there yet is made.",
	},
	{
		name: "bail", args: "on|off", short: "the first error ends a file or script", complete: argSwitch, run: func(s *Shell, _ context.Context, args []string) error {
			return setSwitch("bail", &s.bail, args)
		},
		long: ".bail off",
	},
	{
		name: "help", alias: `\? \h`, args: "[NAME]", short: "this list, or a command's examples", complete: argCommand, run: (*Shell).help,
		long: ".help once",
	},
	{
		name: "quit", alias: `\q`, short: "end; so do .exit and Ctrl-D", run: func(*Shell, context.Context, []string) error { return errQuit },
		long: ".quit",
	},
	{name: "exit", short: "end", run: func(*Shell, context.Context, []string) error { return errQuit }, long: ".exit"},
}

func (s *Shell) setMode(_ context.Context, args []string) error {
	if len(args) == 0 {
		out, err := s.text()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, s.styleFor(s.stdout).Mode)
		return err
	}
	mode := strings.ToLower(args[0])
	switch {
	case len(args) > 1:
		return usagef("usage: .mode [MODE]")
	case mode == "auto":
		mode = ""
	case !slices.Contains(format.Modes, mode):
		return usagef("there is no mode %s%s; they are %s", mode, near(mode, format.Modes), strings.Join(format.Modes, ", "))
	case format.Binary(mode) && s.width() > 0:
		return usagef("%s is no text for a terminal: .once FILE.%[1]s writes the next result to a file", mode)
	}
	s.style.Mode = mode
	return nil
}

// near suggests names that may have been meant.
func near(name string, candidates []string) string {
	if found := catalog.Near(name, candidates, 1); len(found) > 0 {
		return "; did you mean " + found[0] + "?"
	}
	return ""
}

func (s *Shell) setOnce(_ context.Context, args []string) error {
	if len(args) != 1 {
		return usagef("usage: .once FILE")
	}
	s.oncePath = args[0]
	return nil
}

func (s *Shell) setOutput(_ context.Context, args []string) error {
	if len(args) > 1 {
		return usagef("usage: .output [FILE]")
	}
	if err := s.endOutput(); err != nil || len(args) == 0 || args[0] == "stdout" {
		return err
	}
	k, err := s.create(args[0])
	s.output, s.before = k, 0
	return err
}

func (s *Shell) setNull(_ context.Context, args []string) error {
	if len(args) != 1 {
		return usagef(`usage: .nullvalue TEXT; "" for nothing`)
	}
	s.style.Null = &args[0]
	return nil
}

func (s *Shell) setWidth(_ context.Context, args []string) error {
	var widths []int
	for _, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 0 {
			return usagef("%s is no width; usage: .width [N …]", arg)
		}
		widths = append(widths, n)
	}
	s.style.Widths = widths
	return nil
}

func (s *Shell) toggleLine(context.Context, []string) error {
	if s.style.Mode == "line" {
		s.style.Mode = s.cfg.Style.Mode
		return nil
	}
	s.style.Mode = "line"
	return nil
}

// deepest bounds files that read one another.
const deepest = 16

func (s *Shell) readFile(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return usagef("usage: .read FILE")
	}
	if s.depth == deepest {
		return usagef("%s is read from %d files, one within the other", args[0], deepest)
	}
	statements, err := ReadFile(args[0])
	if err != nil {
		return usagef("%v", err)
	}
	s.depth++
	defer func() { s.depth-- }()
	quit, err := s.Run(ctx, statements)
	if quit {
		return errQuit
	}
	return err
}

func (s *Shell) parameter(_ context.Context, args []string) error {
	verb := ""
	if len(args) > 0 {
		verb = strings.ToLower(args[0])
	}
	switch {
	case verb == "set" && len(args) == 3 && paramName(args[1]) != "":
		value := args[2]
		if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
			value = value[1 : n-1] // as around any argument
		}
		s.params[paramName(args[1])] = paramValue(value)
	case verb == "unset" && len(args) == 2:
		delete(s.params, paramName(args[1]))
	case verb == "clear" && len(args) == 1:
		clear(s.params)
	case (verb == "list" || verb == "") && len(args) < 2:
		return s.listParams()
	default:
		return usagef("usage: .parameter set NAME VALUE, list, unset NAME or clear")
	}
	return nil
}

func (s *Shell) listParams() error {
	var names []string
	for name := range s.params {
		names = append(names, name)
	}
	slices.Sort(names)
	return s.result(format.Columns("name", "value"), func(yield func([]any) error) error {
		for _, name := range names {
			if err := yield([]any{name, s.params[name]}); err != nil {
				return err
			}
		}
		return nil
	})
}
