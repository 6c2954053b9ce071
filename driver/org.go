package driver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/executor"
	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
	"github.com/sfsql/sfsql/soql"
	"github.com/sfsql/sfsql/vtab"
)

// org is what the connections of one Connector share: a login, a client, a
// catalog, and the database file of local tables.
type org struct {
	cfg     *Config
	tokens  auth.Source
	endHost func() error
	client  *salesforce.Client
	exec    *executor.Executor
	catalog *catalog.Catalog
	locale  string // empty where it is unknown

	calendar calendar

	local string // URI of the main database
	dir   string // temporary directory of local, empty for the user's own file

	connecting sync.Mutex
	shortcuts  atomic.Int64 // statements whose rows left SQLite out

	mu     sync.Mutex
	shapes map[string]*planner.Table // by the sObject's exact name
}

// openOrg logs in and asks what every statement needs: which sObjects there
// are, and the running user's locale, which rules how text compares.
func openOrg(ctx context.Context, cfg *Config) (opened *org, err error) {
	o := &org{cfg: cfg, shapes: make(map[string]*planner.Table)}
	defer func() {
		if opened != o || err != nil {
			_ = o.close() // the first error tells more
		}
	}()
	if o.tokens, o.endHost, err = cfg.tokens(ctx); err != nil {
		return nil, &LoginError{Host: cfg.label(), Err: err}
	}
	o.client, err = salesforce.New(salesforce.Config{Tokens: o.tokens, APIVersion: cfg.apiVersion(), Timeout: cfg.Timeout, BulkPoll: cfg.BulkPoll})
	if err != nil {
		return nil, &LoginError{Host: cfg.label(), Err: err}
	}
	o.catalog = catalog.New(executor.Describer(o.client))
	o.exec = executor.New(o.client, executor.Options{API: executor.API(cfg.API), Threshold: cfg.BulkThreshold, Catalog: o.catalog, Org: cfg.label(), Left: cfg.warn})
	if err := o.greet(ctx); err != nil {
		if version := o.olderVersion(ctx, err); version != "" {
			older := *cfg
			older.APIVersion = version
			return openOrg(ctx, &older)
		}
		return nil, o.loginError(err)
	}
	if err := o.checkObjects(ctx); err != nil {
		return nil, err
	}
	cfg.notify(ctx, o.tokens)
	return o, nil
}

// checkObjects refuses a name in the DSN's list that is no table: its absence
// would look like an empty result of whoever reads all tables.
func (o *org) checkObjects(ctx context.Context) error {
	for _, name := range o.cfg.Objects {
		s, ok, err := o.catalog.Find(ctx, name)
		switch {
		case err != nil:
			return o.loginError(err)
		case ok && !s.Queryable:
			return &DSNError{Key: "objects", Msg: fmt.Sprintf("Salesforce does not let %s be queried", s.Name)}
		case !ok:
			msg := fmt.Sprintf("the org has no sObject %q that the user may see", name)
			if near := o.catalog.Nearest(name, nearNames); len(near) > 0 {
				msg += "; did you mean " + orList(near) + "?"
			}
			return &DSNError{Key: "objects", Msg: msg}
		}
	}
	return nil
}

func (c *Config) apiVersion() string {
	if c.APIVersion != "" {
		return c.APIVersion
	}
	return defaultAPIVersion
}

// greet logs in, so that a refused login is one error and not two calls' luck,
// and makes the first calls side by side. A user whose locale cannot be read
// may go on: predicates that depend on it stay in SQLite.
func (o *org) greet(ctx context.Context) error {
	if _, err := o.tokens.Token(ctx); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if locale, err := o.catalog.Locale(ctx); err == nil {
			o.locale = locale
		}
	}()
	_, err := o.catalog.Summaries(ctx)
	<-done
	return err
}

// openLocal names the main database. A private one is a file, and not memory,
// because readers lock a shared database in memory for writers. A new file is
// put in WAL mode, in which readers and a writer do not wait for each other; a
// file of the user's keeps its mode.
func (o *org) openLocal() error {
	file, mode := o.cfg.LocalFile, ""
	if file == "" {
		dir, err := os.MkdirTemp("", "sfsql-*")
		if err != nil {
			return fmt.Errorf("salesforce: making room for local tables: %w", err)
		}
		o.dir, file = dir, filepath.Join(dir, "local.db")
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		mode = "&_pragma=journal_mode(WAL)"
	}
	u := url.URL{Path: file}
	o.local = "file:" + u.EscapedPath() + "?_pragma=busy_timeout(10000)" + mode
	return nil
}

func (o *org) close() error {
	var errs []error
	if o.client != nil {
		o.client.Close()
	}
	if o.endHost != nil {
		errs = append(errs, o.endHost())
	}
	if o.dir != "" {
		errs = append(errs, os.RemoveAll(o.dir))
	}
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("salesforce: closing: %w", err)
		}
	}
	return nil
}

// visible reports whether an sObject is a table: it can be queried, and the
// DSN's list of objects, if there is one, names it.
func (o *org) visible(s catalog.Summary) bool {
	if !s.Queryable {
		return false
	}
	if len(o.cfg.Objects) == 0 {
		return true
	}
	for _, name := range o.cfg.Objects {
		if strings.EqualFold(name, s.Name) {
			return true
		}
	}
	return false
}

// find returns the exact name of a table, in any case.
func (o *org) find(ctx context.Context, name string) (string, bool, error) {
	s, ok, err := o.catalog.Find(ctx, name)
	if err != nil || !ok || !o.visible(s) {
		return "", false, err
	}
	return s.Name, true, nil
}

// tables returns the tables of sObjects, described together where they are
// not known yet.
func (o *org) tables(ctx context.Context, names []string) ([]*planner.Table, error) {
	if len(names) == 0 {
		return nil, nil
	}
	counted := make(chan struct{})
	go func() { // a statistic for SQLite's planner; without it, it guesses
		defer close(counted)
		_, _ = o.catalog.Rows(ctx, names[0])
	}()
	objects, err := o.catalog.Objects(ctx, names...)
	<-counted
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make([]*planner.Table, len(objects))
	for i, obj := range objects {
		if o.shapes[obj.Name] == nil {
			o.shapes[obj.Name] = planner.NewTable(obj, o.cfg.tableOptions())
		}
		out[i] = o.shapes[obj.Name]
	}
	return out, nil
}

func (c *Config) tableOptions() planner.TableOptions {
	return planner.TableOptions{TextBinary: c.Text == "binary", SystemOnly: !c.SelectFieldsByDefault, StartDate: c.StartDate}
}

// Open and Blob make org the vtab.Source of its connections.
func (o *org) Open(ctx context.Context, scan vtab.Scan) (soql.Rows, error) {
	return o.exec.Open(ctx, executor.Scan{
		Query: scan.Query, Columns: scan.Columns, All: o.cfg.Deleted, Expected: scan.Expected, Drained: scan.Drained,
	})
}

// Blob returns the bytes behind the path of a base64 field.
func (o *org) Blob(ctx context.Context, path string) ([]byte, error) { return o.client.Blob(ctx, path) }

// rows is the statistic that SQLite's planner gets. It was asked for when the
// table was made; nothing waits here.
func (o *org) rows(object string) (int64, bool) { return o.catalog.KnownRows(object) }

// seesAll reports whether paths to parents show what the parents' tables do.
// What queryAll shows of deleted parents is not documented.
func (o *org) seesAll(ctx context.Context) bool {
	return !o.cfg.Deleted && o.catalog.SeesAll(ctx)
}
