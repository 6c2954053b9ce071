package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/export"
	"github.com/sfsql/sfsql/internal/format"
	"github.com/sfsql/sfsql/internal/shell"
)

const exportLong = `Write whole objects, or the result of one statement, to files: one file for each
object, with a manifest of rows, checksums and what was sent. A file gets its
name when all of it is on the disk.

Large objects are read in parts. After each, a checkpoint says how far the file
is: an export that broke off, be it by Ctrl-C, kill -9 or a full disk, goes on
with --resume and loses no row and doubles none. --resume with nothing to resume
begins anew, so that it can always be given.

--since exports what has changed, deleted records among it, with IsDeleted to
tell them. --state keeps in a file how far that was, and goes on from there the
next time; it is written when the records are safe. Formula fields may change
without a change of SystemModstamp; docs/export.md says what else to know.`

const exportExamples = `  sfsql export Account Contact --org prod --out backup
  sfsql export --all --org prod --format parquet --out backup --parallel 4 --resume
  sfsql export Lead --where "Status = 'Open'" --columns Id,Name,Email --out leads.csv
  sfsql export --query "SELECT Industry, count(*) FROM Account GROUP BY 1" --out industries.csv
  sfsql export Account Contact --state sync.json --format jsonl --out changes
  sfsql export --all --org prod --out backup --max-calls 5000 --resume
  sfsql export Case --since 7d --out - | head`

// exportFlags are what the command's own flags say.
type exportFlags struct {
	opts  export.Options
	api   string
	since string
}

func (p *program) exportCommand() *cobra.Command {
	var e exportFlags
	cmd := &cobra.Command{
		Use:     "export OBJECT… | --all | --query SQL",
		Short:   "write objects or the result of a statement to files",
		Long:    exportLong,
		Example: exportExamples,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			e.opts.Objects = args
			return p.export(cmd.Context(), e)
		},
	}
	f, o := cmd.Flags(), &e.opts
	f.SortFlags = false
	f.StringVar(&p.org, "org", "", orgUsage)
	f.BoolVar(&o.All, "all", false, "every object that can be queried")
	f.StringVar(&o.Query, "query", "", "the result of one `SELECT`, which is read in one part")
	f.Var(choice{&o.Format, "FORMAT", export.Formats}, "format", "csv, jsonl, parquet or sqlite; left out: what the name after --out\ntells, else csv")
	f.StringVarP(&o.Out, "out", "o", ".", "write to the folder `PATH`, or to the file if it ends in .csv, .jsonl,\n.parquet, .sqlite or .db and there is one result; - is standard output")
	f.StringVar(&o.Where, "where", "", "only records that meet this `SQL`")
	f.StringSliceVar(&o.Columns, "columns", nil, "only these `NAMES`, separated by commas; hidden ones may be named")
	f.IntVar(&o.Parallel, "parallel", export.DefaultParallel, "read `N` objects at once")
	f.BoolVar(&o.Resume, "resume", false, "go on with what is left of an export that broke off")
	f.StringVar(&e.since, "since", "", "only what has changed since `WHEN`: 2024-05-31, 2024-05-31T10:00:00Z,\nor 90m, 12h, 7d ago; with --state: where that knows nothing yet")
	f.StringVar(&o.StateFile, "state", "", "only what has changed since the export that wrote `FILE`")
	f.DurationVar(&o.Lookback, "lookback", export.DefaultLookback, "ask again for changes so `LONG` before the state's marks: a\ntransaction may show later than the time its records bear")
	f.Int64Var(&o.Threshold, "threshold", export.DefaultThreshold, "read and keep about `ROWS` at a time")
	f.Int64Var(&o.MaxCalls, "max-calls", 0, "spend `N` API calls at most, describes and Bulk jobs among them; then\nend with status 4, to go on with --resume (0: any number)")
	f.BoolVar(&o.BOM, "bom", false, "begin csv with a byte order mark, for Excel")
	f.Var(choice{&e.api, "API", []string{"auto", "rest", "bulk"}}, "api", "read with auto, rest or bulk, whatever the DSN says")
	p.quietFlag(cmd)
	return cmd
}

func (p *program) export(ctx context.Context, e exportFlags) (err error) {
	o := e.opts
	if n := len(shell.Split(o.Query)); n > 1 { // of which only the last would be seen
		return usagef("--query takes one SELECT, and these are %d statements: export each alone", n)
	}
	o.SinceText = e.since
	if o.Since, err = parseSince(e.since, time.Now()); err != nil {
		return err
	}
	cfg, err := p.exportConfig(e.api, o)
	if err != nil {
		return err
	}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return err
	}
	o.DB, o.Org = sql.OpenDB(connector), orgLabel(cfg)
	defer func() {
		if closeErr := o.DB.Close(); err == nil {
			err = closeErr
		}
	}()
	if o.Out == "-" {
		return p.exportStream(ctx, o)
	}
	return p.exportFiles(ctx, o)
}

// exportConfig returns the org's settings as an export wants them.
func (p *program) exportConfig(api string, o export.Options) (*driver.Config, error) {
	dsn, err := p.orgDSN(p.org)
	if err != nil {
		return nil, err
	}
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	if api != "" {
		cfg.API = api
	}
	cfg.Logger = p.notes()
	cfg.Time = "text" // files have the columns' own text
	if o.Changes() {
		cfg.Deleted = true
	}
	return cfg, nil
}

// orgLabel names an org where no secret may stand.
func orgLabel(cfg *driver.Config) string {
	for _, name := range []string{cfg.Profile, cfg.Host, cfg.InstanceURL} {
		if name != "" {
			return name
		}
	}
	return strings.TrimSpace("the Salesforce CLI's " + cfg.User)
}

func (p *program) exportStream(ctx context.Context, o export.Options) error {
	if o.Format == "parquet" && isTerminal(p.stdout) {
		return usagef("parquet is no text for a terminal: name a file with --out")
	}
	out, err := openOutput(ctx, "", p.stdout)
	if err != nil {
		return err
	}
	defer out.Abort()
	o.Report = func(e export.Event) {
		if e.State == export.Noted && !p.quiet {
			fmt.Fprintf(p.stderr, "sfsql: %s\n", format.Harmless(e.Object+": "+e.Reason))
		}
	}
	if err := export.Stream(ctx, o, out); err != nil {
		return exportError(err)
	}
	return out.Commit()
}

func (p *program) exportFiles(ctx context.Context, o export.Options) error {
	progress := &exportProgress{out: p.stderr, quiet: p.quiet, terminal: isTerminal(p.stderr), started: time.Now(), objects: map[string]export.Event{}}
	o.Report = progress.note
	result, err := export.Run(ctx, o)
	progress.clear()
	if result != nil && !p.quiet {
		fmt.Fprintln(p.stderr, "sfsql: "+exportSummary(result))
	}
	var usage *export.UsageError
	var busy *export.BusyError // what lies there is another's
	if err != nil && !errors.As(err, &usage) && !errors.As(err, &busy) && export.Resumable(o) {
		fmt.Fprintln(p.stderr, "sfsql: what is done is kept: the same command with --resume goes on")
	}
	return exportError(err)
}

// exportError makes a usage error of one that package export found.
func exportError(err error) error {
	var usage *export.UsageError
	if errors.As(err, &usage) {
		return usagef("%v", err)
	}
	return err
}

func exportSummary(r *export.Result) string {
	var rows, bytes int64
	for _, f := range r.Files {
		rows += f.Rows
		bytes += f.Bytes
	}
	text := fmt.Sprintf("%s, %s, %s; %s", format.Counted(int64(len(r.Files)), "file"), format.Counted(rows, "row"), format.Bytes(bytes), filepath.ToSlash(r.ManifestPath()))
	if n := len(r.Skipped); n > 0 {
		text += fmt.Sprintf("; %s left out, see above", format.Counted(int64(n), "object"))
	}
	if n := len(r.Failed); n > 0 {
		text += fmt.Sprintf("; %s failed", format.Counted(int64(n), "object"))
	}
	return text
}

// parseSince reads an instant, or how long ago it was.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, usagef("--since %s: write a date, an instant such as 2024-05-31T10:00:00Z, or how long ago, such as 12h or 7d", text)
}
