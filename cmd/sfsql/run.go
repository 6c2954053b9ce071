package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/sfsql/sfsql/internal/emulatorcmd"
	"github.com/sfsql/sfsql/internal/format"
	"github.com/sfsql/sfsql/internal/shell"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// run is the program. It returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, getenv: os.Getenv}
	cmd := p.command()
	cmd.SetArgs(args)
	cmd.SetIn(stdin)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	return p.report(ctx, cmd.ExecuteContext(ctx))
}

// program is one run: its streams and what the flags say.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string

	org      string
	commands []string
	files    []string
	output   string
	mode     string
	header   string
	null     string
	bom      bool
	guard    bool
	api      string
	explain  bool
	server   bool
	stats    bool
	quiet    bool
	bail     bool
	params   []string

	jsonErrors bool
}

const longHelp = `sfsql runs SQL over the objects of a Salesforce org.

SQLite plans and executes the SQL; each scan of an object becomes the smallest
SOQL that is enough. The org "demo" is built in and needs no account; sfsql
login saves your own, and sfsql check explains what is missing where one cannot
be reached.`

const examples = `  sfsql --org demo "SELECT Name, Industry FROM Account LIMIT 5"
  sfsql --org demo --explain "SELECT count(*) FROM Contact WHERE Email IS NULL"
  sfsql --org demo -f report.sql -o report.csv
  echo "SELECT * FROM Opportunity" | sfsql --org demo --mode jsonl
  sfsql --org demo -p industry=Energy "SELECT Name FROM Account WHERE Industry = :industry"
  sfsql --org demo .tables
  sfsql login prod --host acme --client-id 3MVG9…
  sfsql --org prod "SELECT count(*) FROM Lead"
  sfsql --org 'salesforce://acme/?client_id=…&client_secret_file=/run/secret' "SELECT 1"`

const usageTemplate = `Usage:
  sfsql [--org ORG] [flags] [SQL]    without SQL, on a terminal: the prompt
  sfsql COMMAND [flags]    --help of each tells more

Commands:
  login       log in to an org and save it under a name
  logout      end a saved org's session and forget it
  orgs        list the saved orgs; default, import, rename, remove
  check       try an org step by step and explain what is missing
  export      write objects or the result of a statement to files
  emulator    run an emulated org
  completion  print a script for bash, zsh, fish or powershell
  version     print the version
  help        print a command's help

Examples:
{{.Example}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}

Environment:
` + environmentHelp + `
Exit status:
` + exitHelp

const environmentHelp = `  SFSQL_DSN, SFSQL_ORG   the org where --org is not given, in this order; then
                         the default one of sfsql orgs
  SFSQL_CLIENT_SECRET …  credentials that the DSN leaves out
  SFSQL_HISTORY          the prompt's history; empty: none is kept
  PAGER, NO_COLOR        at the prompt
`

const exitHelp = `  0 success, 1 a statement failed, 2 usage or DSN, 3 login, connection or
  the file of saved orgs, 4 API limit or budget, 130 cancelled by Ctrl-C
`

func (p *program) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "sfsql [SQL]",
		Short:         "SQL for Salesforce",
		Long:          longHelp,
		Example:       examples,
		Version:       version(),
		Args:          cobra.ArbitraryArgs, // SQL, and no command of that name
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, args []string) error { return p.query(cmd, args) },
	}
	cmd.SetUsageTemplate(usageTemplate)
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	p.flags(cmd.Flags())
	cmd.CompletionOptions.DisableDefaultCmd = true
	help, ofCommands := p.helpCommand(), new(cobra.Command).UsageTemplate()
	help.SetUsageTemplate(ofCommands)
	cmd.SetHelpCommand(help)
	p.completeFlags(cmd)
	for _, sub := range []*cobra.Command{
		p.loginCommand(), p.logoutCommand(), p.orgsCommand(), p.checkCommand(), p.exportCommand(), emulatorcmd.Command(),
		p.completionCommand(), p.versionCommand(), p.manCommand(),
	} {
		sub.SetUsageTemplate(ofCommands)
		cmd.AddCommand(sub)
	}
	return cmd
}

const orgUsage = "`ORG`: a saved org, demo, demo?scale=10 or a DSN"

// quietFlag gives a command the flag --quiet.
func (p *program) quietFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&p.quiet, "quiet", "q", false, "say nothing but what went wrong or has to be done")
}

func (p *program) flags(f *pflag.FlagSet) {
	f.SortFlags = false
	p.header = "on"
	f.StringVar(&p.org, "org", "", orgUsage)
	f.StringArrayVarP(&p.commands, "command", "c", nil, "run `SQL`; may be repeated")
	f.StringArrayVarP(&p.files, "file", "f", nil, "run the statements of `FILE`, - for standard input; may be repeated")
	f.StringVarP(&p.output, "output", "o", "", "write to `FILE`, which gets its name when it is whole")
	f.Var(choice{&p.mode, "MODE", format.Modes}, "mode", "table, csv, json, jsonl, markdown, line, html, insert, xlsx\nor parquet; left out: what the name\nafter -o tells, else table on a terminal and csv elsewhere")
	f.Var(choice{&p.header, "on|off", []string{"on", "off"}}, "header", "names of the columns, in table, csv, html and xlsx")
	f.BoolVar(&p.bom, "bom", false, "begin csv with a byte order mark, for Excel")
	f.BoolVar(&p.guard, "guard", false, "put ' before csv cells that a spreadsheet would calculate")
	f.StringVar(&p.null, "nullvalue", "", "show NULL as `TEXT`; left out: nothing in csv, NULL in table,\nmarkdown, line and html (other modes have a null of their own)")
	f.Var(choice{&p.api, "API", []string{"auto", "rest", "bulk"}}, "api", "read with auto, rest or bulk, whatever the DSN says")
	f.BoolVar(&p.explain, "explain", false, "show the SOQL, API, rows and calls of each scan, and what stays in\nSQLite and why; no row is read")
	f.BoolVar(&p.server, "server-plan", false, "as --explain, and ask Salesforce for its own plan of each scan: index,\nrelative cost; one call for each")
	f.BoolVar(&p.stats, "stats", false, "tell calls, bytes, rows, time and quota on standard error")
	f.BoolVarP(&p.quiet, "quiet", "q", false, "leave out the count of rows below a table, and notes")
	f.StringArrayVarP(&p.params, "param", "p", nil, "`NAME=VALUE` for :NAME in the SQL; may be repeated")
	f.BoolVar(&p.bail, "bail", true, "end at the first error; --bail=false goes on, and tells the first\none's status")
	f.BoolVar(&p.jsonErrors, "json-errors", false, "errors as JSON, one on a line")
	f.BoolP("help", "h", false, "show this text")
	f.Bool("version", false, "show the version")
}

// flagError keeps what the user typed out of the message where it may hold a
// secret, as a DSN behind a mistyped flag would.
func flagError(err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "" {
		return usagef("unknown flag: -%s", unknown.GetSpecifiedName())
	}
	return usagef("%v", err)
}

// version tells the module's version where the build knows it.
func version() string {
	v := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		v = info.Main.Version
	}
	return fmt.Sprintf("sfsql %s (%s %s/%s)", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// query runs the statements that the command line names, or opens the prompt.
func (p *program) query(cmd *cobra.Command, args []string) (err error) {
	if len(args)+len(p.commands)+len(p.files) == 0 && isTerminal(p.stdin) && isTerminal(p.stdout) {
		return p.prompt(cmd)
	}
	statements, err := p.statements(args)
	if err != nil {
		return err
	}
	dsn, err := p.orgDSN(p.org)
	if err != nil || len(statements) == 0 {
		return err
	}
	if mode := p.style(cmd.Flags()).Mode; p.output == "" && format.Binary(mode) && isTerminal(p.stdout) {
		return usagef("%s is no text for a terminal: name a file with -o", mode)
	}
	out, err := openOutput(cmd.Context(), p.output, p.stdout)
	if err != nil {
		return err
	}
	defer out.Abort()
	if err := p.runStatements(cmd, dsn, statements, out); err != nil {
		return err
	}
	return out.Commit()
}

func (p *program) runStatements(cmd *cobra.Command, dsn string, statements []shell.Statement, out io.Writer) error {
	start, ctx := time.Now(), cmd.Context()
	cfg, err := p.shellConfig(ctx, cmd.Flags(), out)
	if err != nil {
		return err
	}
	cfg.Style.Mode = p.style(cmd.Flags()).Mode
	return inShell(ctx, cfg, dsn, func(s *shell.Shell) error {
		if p.stats {
			defer func() { s.TellStats(time.Since(start)) }()
		}
		_, err := s.Run(ctx, statements)
		return err
	})
}

// inShell opens an org in a shell of its own, and closes both in the end.
func inShell(ctx context.Context, cfg shell.Config, dsn string, do func(s *shell.Shell) error) (err error) {
	s := shell.New(cfg)
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := s.Use(ctx, dsn); err != nil {
		return err
	}
	return do(s)
}

// prompt is the session with a person.
func (p *program) prompt(cmd *cobra.Command) error {
	if p.output != "" {
		return usagef("-o is for statements that the command line names; .output FILE does it at the prompt")
	}
	dsn, err := p.orgDSN(p.org)
	if err != nil {
		return err
	}
	stays := context.WithoutCancel(cmd.Context()) // Ctrl-C ends a statement here, and not what the next one writes to
	out, err := openOutput(stays, "", p.stdout)
	if err != nil {
		return err
	}
	cfg, err := p.shellConfig(stays, cmd.Flags(), out)
	if err != nil {
		return err
	}
	cfg.Stats = p.stats
	if p.mode != "" {
		cfg.Style.Mode = p.mode
	}
	cfg.Pager = shell.NewPager(os.LookupEnv, p.height)
	return inShell(cmd.Context(), cfg, dsn, func(s *shell.Shell) error {
		ctx, stop := shell.WaitEnd(cmd.Context())
		defer stop()
		if !p.quiet {
			fmt.Fprintf(p.stdout, "%s\nA statement ends with a semicolon; .help lists the commands, Tab completes, Ctrl-D ends.\n", version())
		}
		return s.Prompt(ctx, shell.PromptConfig{History: historyFile(p.getenv), Colour: p.colour()})
	})
}

// colour reports whether a terminal shall have colours: https://no-color.org.
func (p *program) colour() bool {
	return isTerminal(p.stdout) && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}

// historyFile is where the prompt's history is kept. SFSQL_HISTORY names
// another file, or with nothing behind the = none.
func historyFile(getenv func(string) string) string {
	if file, own := os.LookupEnv("SFSQL_HISTORY"); own {
		return file
	}
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sfsql", "history")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "" // no home, no history
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		if dir, err := os.UserConfigDir(); err == nil {
			return filepath.Join(dir, "sfsql", "history")
		}
	}
	return filepath.Join(home, ".local", "state", "sfsql", "history")
}

// shellConfig is what the flags say of a session. The mode is left open.
func (p *program) shellConfig(ctx context.Context, f *pflag.FlagSet, out io.Writer) (shell.Config, error) {
	cfg := shell.Config{
		Open: p.openShellOrg, Orgs: p.shellOrgs, Stdout: out, Stderr: p.stderr, Width: p.width,
		Terminal: p.output == "" && isTerminal(p.stdout),
		Create:   func(path string) (shell.Output, error) { return openOutput(ctx, path, p.stdout) },
		Report:   func(ctx context.Context, err error) { p.report(ctx, err) },
		Style:    p.style(f),
		Explain:  p.explain || p.server, ServerPlan: p.server,
		Plain: p.mode != "" || format.ModeOf(p.output) != "",
		Bail:  p.bail,
	}
	cfg.Style.Mode = ""
	for _, text := range p.params {
		param, err := shell.ParseParam(text)
		if err != nil {
			return cfg, usagef("--param: %v", err)
		}
		cfg.Params = append(cfg.Params, param)
	}
	if isTerminal(p.stderr) && !p.quiet {
		cfg.Progress = func() int { width, _ := sizeOf(p.stderr); return width }
	}
	return cfg, nil
}

func (p *program) style(f *pflag.FlagSet) format.Style {
	s := format.Style{Mode: p.mode, Header: p.header == "on", Quiet: p.quiet, BOM: p.bom, Guard: p.guard, Width: p.width()}
	if s.Mode == "" {
		s.Mode = format.ModeFor(p.output, isTerminal(p.stdout))
	}
	if f.Changed("nullvalue") {
		s.Null = &p.null
	}
	return s
}

// width returns the columns of the terminal that results go to, or 0.
func (p *program) width() int {
	if p.output != "" {
		return 0
	}
	width, _ := sizeOf(p.stdout)
	return width
}

func (p *program) height() int {
	_, height := sizeOf(p.stdout)
	return height
}

// sizeOf returns the columns and lines of a terminal; of anything else 0.
func sizeOf(stream any) (width, height int) {
	f, ok := stream.(*os.File)
	if !ok {
		return 0, 0
	}
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return width, height
}

// statements reads the SQL from the one place that names it.
func (p *program) statements(args []string) ([]shell.Statement, error) {
	sources := 0
	for _, given := range [][]string{args, p.commands, p.files} {
		if len(given) > 0 {
			sources++
		}
	}
	switch {
	case sources > 1:
		return nil, usagef("SQL as an argument, -c and -f exclude one another")
	case len(args) > 1:
		return nil, usagef("the SQL must be one argument: put it in quotes")
	case len(args) == 1 && strings.HasPrefix(args[0], "salesforce://"):
		return nil, usagef("this is a DSN, not SQL: it goes behind --org")
	case len(p.files) > 0:
		return p.fileStatements()
	case sources == 0 && isTerminal(p.stdin):
		return nil, usagef("no SQL is given: pass it as an argument, with -c or -f, or through a pipe; the prompt needs a terminal for its output, too")
	case sources == 0:
		return p.readStatements("standard input", p.stdin)
	}
	var out []shell.Statement
	for _, text := range append(args, p.commands...) {
		statements := shell.Split(text)
		if len(statements) == 0 {
			return nil, usagef("the SQL is empty")
		}
		out = append(out, statements...)
	}
	return out, nil
}

func (p *program) fileStatements() ([]shell.Statement, error) {
	var out []shell.Statement
	for _, name := range p.files {
		statements, err := p.fileStatementsOf(name)
		if err != nil {
			return nil, err
		}
		out = append(out, statements...)
	}
	return out, nil
}

func (p *program) fileStatementsOf(name string) ([]shell.Statement, error) {
	if name == "-" {
		return p.readStatements("standard input", p.stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usagef("%v", err)
	}
	defer f.Close()
	return p.readStatements(name, f)
}

func (p *program) readStatements(name string, r io.Reader) ([]shell.Statement, error) {
	statements, err := shell.Read(name, r)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return statements, nil
}

// isTerminal reports whether a stream is one that a person looks at.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
