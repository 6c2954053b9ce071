package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/emulatorcmd"
	"github.com/sfsql/sfsql/internal/format"
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
	return report(ctx, stderr, cmd.ExecuteContext(ctx))
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
  sfsql login prod --host acme --client-id 3MVG9…
  sfsql --org prod "SELECT count(*) FROM Lead"
  sfsql --org 'salesforce://acme/?client_id=…&client_secret_file=/run/secret' "SELECT 1"`

const usageTemplate = `Usage:
  sfsql [--org ORG] [flags] [SQL]
  sfsql COMMAND [flags]    --help of each tells more

Commands:
  login     log in to an org and save it under a name
  logout    end a saved org's session and forget it
  orgs      list the saved orgs; default, import, rename, remove
  check     try an org step by step and explain what is missing
  emulator  run an emulated org

Examples:
{{.Example}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}

Environment:
  SFSQL_DSN, SFSQL_ORG   the org where --org is not given, in this order; then
                         the default one of sfsql orgs
  SFSQL_CLIENT_SECRET …  credentials that the DSN leaves out

Exit status:
  0 success, 1 a statement failed, 2 usage or DSN, 3 login or connection,
  4 API limit or budget, 130 cancelled by Ctrl-C
`

func (p *program) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "sfsql [SQL]",
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
	cmd.SetHelpCommand(&cobra.Command{Hidden: true, Use: "no-help-command"})
	for _, sub := range []*cobra.Command{
		p.loginCommand(), p.logoutCommand(), p.orgsCommand(), p.checkCommand(), emulatorcmd.Command(),
	} {
		sub.SetUsageTemplate(new(cobra.Command).UsageTemplate())
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
	f.Var(choice{&p.header, "on|off", []string{"on", "off"}}, "header", "names of the columns above table and csv")
	f.BoolVar(&p.bom, "bom", false, "begin csv with a byte order mark, for Excel")
	f.BoolVar(&p.guard, "guard", false, "put ' before csv cells that a spreadsheet would calculate")
	f.StringVar(&p.null, "nullvalue", "", "show NULL as `TEXT`; left out: nothing in csv, NULL in table,\nmarkdown and line (json has a null of its own)")
	f.Var(choice{&p.api, "API", []string{"auto", "rest", "bulk"}}, "api", "read with auto, rest or bulk, whatever the DSN says")
	f.BoolVar(&p.explain, "explain", false, "show the SOQL, API, rows and calls of each scan, and what stays in\nSQLite and why; no row is read")
	f.BoolVar(&p.server, "server-plan", false, "as --explain, and ask Salesforce for its own plan of each scan: index,\nrelative cost; one call for each")
	f.BoolVar(&p.stats, "stats", false, "tell calls, bytes, rows, time and quota on standard error")
	f.BoolVarP(&p.quiet, "quiet", "q", false, "leave out the count of rows below a table, and notes")
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

// query runs the statements that the command line names.
func (p *program) query(cmd *cobra.Command, args []string) (err error) {
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
	out, err := openOutput(p.output, p.stdout)
	if err != nil {
		return err
	}
	defer out.abort()
	if err := p.runStatements(cmd, dsn, statements, out); err != nil {
		return err
	}
	return out.commit()
}

func (p *program) runStatements(cmd *cobra.Command, dsn string, statements []statement, out io.Writer) (err error) {
	start := time.Now()
	o, err := openOrg(cmd.Context(), dsn, p.api, p.notes())
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	scans := new(scanLog)
	if p.stats {
		ctx = driver.WithProgress(ctx, scans.note)
	}
	defer func() {
		if p.stats {
			for _, line := range scans.lines() {
				fmt.Fprintln(p.stderr, "sfsql: "+line)
			}
			fmt.Fprintln(p.stderr, "sfsql: "+statsLine(o.connector.Stats(), time.Since(start)))
		}
		if closeErr := o.close(); err == nil {
			err = closeErr
		}
	}()
	s := &session{
		conn: o.conn, out: bufio.NewWriterSize(out, 1<<16), style: p.style(cmd.Flags()),
		explain: p.explain || p.server, server: p.server, plain: p.mode != "" || format.ModeOf(p.output) != "",
	}
	return s.run(ctx, statements)
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
	f, ok := p.stdout.(*os.File)
	if !ok || p.output != "" {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// statements reads the SQL from the one place that names it.
func (p *program) statements(args []string) ([]statement, error) {
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
		return nil, usagef("no SQL is given: pass it as an argument, with -c or -f, or through a pipe")
	case sources == 0:
		return p.readStatements("standard input", p.stdin)
	}
	var out []statement
	for _, text := range append(args, p.commands...) {
		statements := splitScript(text)
		if len(statements) == 0 {
			return nil, usagef("the SQL is empty")
		}
		out = append(out, statements...)
	}
	return out, nil
}

func (p *program) fileStatements() ([]statement, error) {
	var out []statement
	for _, name := range p.files {
		statements, err := p.fileStatementsOf(name)
		if err != nil {
			return nil, err
		}
		out = append(out, statements...)
	}
	return out, nil
}

func (p *program) fileStatementsOf(name string) ([]statement, error) {
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

func (p *program) readStatements(name string, r io.Reader) ([]statement, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, usagef("reading %s: %v", name, err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // editors on Windows begin files so
	statements := splitScript(string(text))
	for i := range statements {
		statements[i].source = name
	}
	return statements, nil
}

// isTerminal reports whether a stream is one that a person looks at.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
