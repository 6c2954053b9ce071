package export

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/salesforce"
)

// Result is what an export has written.
type Result struct {
	Manifest
	Resumed bool // it went on with one that had broken off
	path    string
}

// run is one export.
type run struct {
	opts    Options
	target  target
	plan    plan
	resumed bool
	found   []*object // described; nil where a plan was taken up
	state   *stateFile

	mu       sync.Mutex
	manifest Manifest
	failures []Failure
	advanced bool // a part has been finished
}

// Run exports what the options say. Where objects have failed the error is a
// *FailedError, the result says what has been written, and what is left over
// waits for an export that resumes. A context that ends leaves it, too.
func Run(ctx context.Context, opts Options) (*Result, error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	opts.StateFile = absolute(opts.StateFile)
	r := &run{opts: opts, target: newTarget(&opts)}
	if err := os.MkdirAll(r.target.folder, 0o777); err != nil {
		return nil, outputError(err)
	}
	if opts.StateFile != "" {
		state, unlock, err := openState(opts.StateFile, opts.Org)
		if err != nil {
			return nil, err
		}
		defer unlock()
		r.state = state
	}
	ctx = opts.within(ctx)
	if err := r.identify(ctx); err != nil {
		return nil, r.tooFew(err)
	}
	unlock, err := r.openWork(ctx)
	if err != nil {
		return nil, r.tooFew(err)
	}
	defer unlock()
	r.target.begun(r.plan)
	r.manifest = Manifest{
		FormatVersion: Version, Org: opts.Org, Format: opts.Format, Changes: opts.Changes(), Started: r.plan.Started, Files: []File{},
	}
	if err := r.all(ctx); err != nil {
		return nil, errors.Join(r.tooFew(err), r.tidy(unlock))
	}
	return r.end(unlock)
}

// identify finds out whether the state is this org's. Its name need not tell:
// it may be that of a login host, or of a sandbox that has been refreshed since.
func (r *run) identify(ctx context.Context) error {
	if r.state == nil {
		return nil
	}
	var id string // empty where the user may not read it
	err := r.each(ctx, "SELECT Id FROM soql('SELECT Id FROM Organization')", func(v []any) error {
		id, _ = v[0].(string)
		return nil
	})
	if err != nil && (ctx.Err() != nil || concernsAll(err)) {
		return err
	}
	return r.state.belongsTo(id)
}

// within bounds the calls of all statements.
func (o *Options) within(ctx context.Context) context.Context {
	if o.MaxCalls == 0 {
		return ctx
	}
	return driver.WithMaxCalls(ctx, o.MaxCalls)
}

// tooFew adds to an error of the budget that the same one would not do the
// next time either.
func (r *run) tooFew(err error) error {
	var limit *driver.LimitError
	if !errors.As(err, &limit) || !limit.Together || r.advanced {
		return err
	}
	return fmt.Errorf("%w; no part could be finished: allow more calls, or ask for smaller parts with --threshold", err)
}

// tidy removes the folder of work where nothing in it is worth keeping.
func (r *run) tidy(unlock func()) error {
	entries, err := os.ReadDir(r.target.work)
	kept := slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), checkpointSuffix) })
	if err != nil || kept {
		return err
	}
	return removeWork(r.target.work, unlock)
}

// Resumable reports whether something is left of an export with these options.
func Resumable(opts Options) bool {
	if opts.complete() != nil {
		return false
	}
	_, err := os.Stat(planPathOf(&opts))
	return err == nil
}

func planPathOf(o *Options) string {
	t := newTarget(o)
	return t.planPath()
}

// end writes the manifest and clears up.
func (r *run) end(unlock func()) (*Result, error) {
	order := func(name string) int { return slices.Index(r.plan.Objects, name) }
	slices.SortFunc(r.manifest.Files, func(a, b File) int { return order(a.Object) - order(b.Object) })
	slices.SortFunc(r.manifest.Skipped, func(a, b Missing) int { return order(a.Object) - order(b.Object) })
	slices.SortFunc(r.failures, func(a, b Failure) int { return order(a.Object) - order(b.Object) })
	if len(r.manifest.Files) == 0 && len(r.failures) > 0 {
		return nil, errors.Join(&FailedError{r.failures}, r.tidy(unlock))
	}
	for _, f := range r.failures {
		r.manifest.Failed = append(r.manifest.Failed, Missing{f.Object, f.reason()})
	}
	if err := r.writeManifest(); err != nil {
		return nil, err
	}
	out := &Result{Manifest: r.manifest, Resumed: r.resumed, path: r.target.manifest}
	if len(r.failures) > 0 {
		return out, &FailedError{r.failures}
	}
	return out, removeWork(r.target.work, unlock)
}

// all exports every object, some at once. What concerns all of them ends it.
func (r *run) all(ctx context.Context) error {
	jobs, err := r.jobs(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan *object)
	var workers sync.WaitGroup
	for range min(r.opts.Parallel, max(1, len(jobs))) {
		workers.Go(func() {
			for o := range queue {
				if err := r.one(ctx, o); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, o := range jobs {
		select {
		case queue <- o:
		case <-ctx.Done():
		}
	}
	close(queue)
	workers.Wait()
	return context.Cause(ctx)
}

// jobs returns the objects, described; nil stands for the query.
func (r *run) jobs(ctx context.Context) ([]*object, error) {
	if r.opts.Query != "" {
		return []*object{nil}, nil
	}
	if r.found != nil || !r.resumed {
		return r.found, nil
	}
	known, err := r.listed(ctx)
	if err != nil {
		return nil, err
	}
	byName := map[string]*object{}
	for _, o := range known {
		byName[o.name] = o
	}
	var objects, there []*object
	for _, name := range r.plan.Objects {
		o := byName[name]
		if o == nil {
			o = &object{name: name, rows: -1} // gone meanwhile: it fails alone, if its file is not whole
		} else {
			there = append(there, o)
		}
		objects = append(objects, o)
	}
	return objects, r.describe(ctx, there)
}

// one exports an object. Its own failure is noted; an error that is returned
// ends the export.
func (r *run) one(ctx context.Context, o *object) error {
	name := queryName
	if o != nil {
		name = o.name
	}
	cp, err := r.file(ctx, name, o)
	switch {
	case err == nil:
		r.mu.Lock()
		r.manifest.Files = append(r.manifest.Files, r.fileOf(cp))
		r.mu.Unlock()
		r.report(Event{Object: name, State: Done, Rows: cp.At.Rows, Total: cp.At.Rows})
		return nil
	case ctx.Err() != nil, concernsAll(err):
		return err
	}
	skip := false
	if r.opts.All && needsFilter(err) {
		var probeErr error
		if skip, probeErr = r.neverWhole(ctx, o); probeErr != nil {
			return probeErr
		}
	}
	r.missed(Failure{name, err}, skip)
	return nil
}

// missed notes an object that has no file.
func (r *run) missed(f Failure, skip bool) {
	r.mu.Lock()
	state := Failed
	if skip {
		state = Skipped
		r.manifest.Skipped = append(r.manifest.Skipped, Missing{f.Object, f.reason()})
	} else {
		r.failures = append(r.failures, f)
	}
	r.mu.Unlock()
	r.report(Event{Object: f.Object, State: state, Reason: f.reason()})
}

// queryName stands for the object where there is a query.
const queryName = "query"

// concernsAll reports whether the next object would fail as well.
func concernsAll(err error) bool {
	var output *OutputError
	var usage *UsageError
	return errors.As(err, &output) || errors.As(err, &usage) || driver.IsLimit(err) || driver.IsLogin(err)
}

// needsFilter reports whether an error may say that Salesforce does not give an
// object as a whole: some want to be asked for certain records, some are listed
// and cannot be queried at all.
func needsFilter(err error) bool {
	var e *salesforce.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case "MALFORMED_QUERY", "INVALID_TYPE_FOR_OPERATION", "INVALID_TYPE", "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION":
		return true
	}
	return false
}

// neverWhole reports whether Salesforce refuses even the plainest question for
// all records of an object. Where it does not, what it refused was the
// export's own statement, and the object must not be left out without an error.
func (r *run) neverWhole(ctx context.Context, o *object) (bool, error) {
	if len(o.columns) == 0 {
		return false, nil
	}
	query := "SELECT " + quoteName(o.columns[0].name) + " FROM salesforce." + quoteName(o.name)
	rows, err := r.opts.DB.QueryContext(ctx, query)
	if err == nil {
		rows.Next()
		err = rows.Err()
		_ = rows.Close() // the first row tells enough
	}
	if ctx.Err() != nil || concernsAll(err) {
		return false, err
	}
	return needsFilter(err), nil
}

// refused reports whether Salesforce will not answer a question that a plainer
// export does without: big objects, for one, are neither counted nor ordered.
func refused(err error) bool {
	var e *salesforce.Error
	return errors.As(err, &e) && e.Status == http.StatusBadRequest && !concernsAll(err)
}

// file brings an object's file to its end.
func (r *run) file(ctx context.Context, name string, o *object) (*checkpoint, error) {
	cp, err := r.known(ctx, name, o)
	if err != nil {
		return nil, err
	}
	r.report(Event{Object: name, State: Reading, Rows: cp.At.Rows, Total: totalOf(o)})
	if !cp.Whole {
		if err := sameColumns(cp, o); err != nil {
			return nil, err
		}
		if err := r.read(ctx, cp, o); err != nil {
			return nil, err
		}
	}
	if err := r.place(cp); err != nil {
		return nil, err
	}
	if r.state == nil || cp.High == "" {
		return cp, nil
	}
	return cp, r.state.put(name, Mark{Column: cp.Cursor, High: cp.High, Exported: cp.Finished, Where: r.opts.Where, Recent: cp.Recent})
}

// known returns how far an object is, or prepares what has not begun. A file that
// had its name and has gone since begins anew.
func (r *run) known(ctx context.Context, name string, o *object) (*checkpoint, error) {
	cp := new(checkpoint)
	found, err := readJSON(r.target.workPath(name, checkpointSuffix), cp)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the checkpoint: %w", err)
	case found && cp.Placed && !r.opts.Changes() && !r.stands(cp):
		found = false
	}
	switch {
	case o != nil && len(o.columns) == 0 && !(found && cp.Whole):
		return nil, errors.New("the org no longer has it, or not for this user")
	case found:
		return cp, nil
	}
	cp = &checkpoint{Object: name, Started: r.opts.Now().UTC(), Left: []span{{Rows: -1}}}
	return cp, r.prepare(ctx, cp, o)
}

// sameColumns refuses to go on with a file whose columns were others when it
// began: its values would be of two kinds.
func sameColumns(cp *checkpoint, o *object) error {
	if o == nil {
		return nil
	}
	for _, was := range cp.Columns {
		switch is := o.column(was.Name); {
		case is == nil:
			return fmt.Errorf("the org has no column %s any more, or not for this user: begin anew, without --resume", was.Name)
		case is.declared != was.Declared:
			return fmt.Errorf("the column %s is %s now and was %s when the export began: begin anew, without --resume", was.Name, is.declared, was.Declared)
		}
	}
	return nil
}

func totalOf(o *object) int64 {
	if o == nil {
		return -1
	}
	return o.rows
}

// prepare finds out what has to be known before the first row is read.
func (r *run) prepare(ctx context.Context, cp *checkpoint, o *object) error {
	if o == nil {
		return nil
	}
	cursor, moves := o.cursor()
	columns, err := o.selected(r.opts.Columns, r.needed(cursor)...)
	if err != nil {
		return err
	}
	cp.Columns = savedColumns(columns)
	if o.rows >= 0 && o.rows <= r.most() {
		cp.Left[0].Rows = o.rows // its changes are no more
	}
	if r.target.manifest == "" && !r.opts.Changes() {
		return nil // a stream, with nobody to tell the latest value
	}
	if cursor == nil {
		cp.Note = "no date tells what is new: the file holds every record"
		return nil
	}
	cp.High, err = r.high(ctx, o, cursor)
	if refused(err) {
		cp.Note = fmt.Sprintf("the file holds every record: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	cp.Cursor, cp.Moves = cursor.name, moves
	if !r.opts.Changes() {
		return nil
	}
	cp.Note = changesNote(o, cp)
	cp.Since, err = r.since(o, cp)
	return err
}

// needed returns the columns without which changes would tell nothing.
func (r *run) needed(cursor *column) []string {
	if !r.opts.Changes() {
		return nil
	}
	out := []string{"Id", "IsDeleted"}
	if cursor != nil {
		out = append(out, cursor.name)
	}
	return out
}

// changesNote says what an object cannot tell about its changes.
func changesNote(o *object, cp *checkpoint) string {
	var notes []string
	if !cp.Moves {
		notes = append(notes, cp.Cursor+" tells what is new and not what has changed")
	}
	if o.column("IsDeleted") == nil {
		notes = append(notes, "without IsDeleted, deleted records are not told")
	}
	return strings.Join(notes, "; ")
}

// high returns the cursor's latest value.
func (r *run) high(ctx context.Context, o *object, cursor *column) (high string, err error) {
	name := quoteName(cursor.name)
	query := "SELECT " + name + " FROM salesforce." + quoteName(o.name) + " ORDER BY " + name + " DESC LIMIT 1"
	err = r.each(ctx, query, func(v []any) error {
		high, _ = v[0].(string) // NULL where nothing has a date
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("asking for the latest %s: %w", cursor.name, err)
	}
	return high, nil
}

// since returns the instant from which an object's changes are wanted; empty
// where no mark is known yet.
func (r *run) since(o *object, cp *checkpoint) (string, error) {
	if r.state != nil {
		m, ok, err := r.state.get(o.name, r.opts.Where)
		if err != nil {
			return "", err
		}
		if ok && m.Column == cp.Cursor {
			return back(m.High, r.opts.Lookback)
		}
	}
	if r.plan.From.IsZero() {
		return "", nil
	}
	return stamp(r.plan.From), nil
}

// each runs a statement of the export's own.
func (r *run) each(ctx context.Context, query string, yield func(values []any) error) error {
	rows, err := r.opts.DB.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	_, err = scan(rows, yield)
	return err
}

// scan hands out each row. The slice is used again.
func scan(rows *sql.Rows, yield func(values []any) error) (n int64, err error) {
	names, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	values := make([]any, len(names))
	dest := make([]any, len(names))
	for i := range values {
		dest[i] = &values[i]
	}
	for ; rows.Next(); n++ {
		if err := rows.Scan(dest...); err != nil {
			return n, err
		}
		if err := yield(values); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

func (r *run) report(e Event) {
	if r.opts.Report != nil {
		r.opts.Report(e)
	}
}

// resultColumns are those of a query.
func resultColumns(rows *sql.Rows) ([]column, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	out := make([]column, len(types))
	for i, t := range types {
		out[i] = column{name: t.Name(), declared: declaredAs(t.DatabaseTypeName())}
	}
	if len(out) == 0 {
		return nil, usagef("the statement returns no rows")
	}
	return out, nil
}

func (r *run) sinkOptions(cp *checkpoint, o *object) sinkOptions {
	columns := columnsOf(cp.Columns)
	out := sinkOptions{format: r.opts.Format, table: "result", columns: formatColumns(columns), ddl: declarations(columns), bom: r.opts.BOM}
	if o == nil {
		return out
	}
	out.table = o.name
	if o.keyed && slices.ContainsFunc(columns, func(c column) bool { return c.name == "Id" }) {
		out.key = "Id"
	}
	return out
}
