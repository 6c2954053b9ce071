package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Version is that of manifests, states and checkpoints.
const Version = 1

// workName is the folder of an export that is not finished.
const workName = ".sfsql-export"

// lockName is the file in it that keeps other exports out.
const lockName = "lock"

// plan is what an export that is resumed must agree with.
type plan struct {
	Version   int      `json:"version"`
	Org       string   `json:"org"`
	Format    string   `json:"format"`
	BOM       bool     `json:"bom,omitempty"`
	Asked     []string `json:"asked,omitempty"`
	All       bool     `json:"all,omitempty"`
	Query     string   `json:"query,omitempty"`
	Where     string   `json:"where,omitempty"`
	Columns   []string `json:"columns,omitempty"`
	Changes   bool     `json:"changes,omitempty"`
	Since     string   `json:"since,omitempty"`
	StateFile string   `json:"state_file,omitempty"`

	// What was found out when the export began.
	Started time.Time `json:"started"`
	From    time.Time `json:"from,omitzero"`   // what Since meant then
	Stamp   string    `json:"stamp,omitempty"` // in the names of files of changes
	Objects []string  `json:"objects,omitempty"`
}

func (o *Options) plan() plan {
	since := o.SinceText
	if since == "" && !o.Since.IsZero() {
		since = stamp(o.Since)
	}
	none := []string(nil) // as the file has them that are empty
	return plan{
		Version: Version, Org: o.Org, Format: o.Format, BOM: o.BOM, Asked: append(none, o.Objects...), All: o.All, Query: o.Query, Where: o.Where,
		Columns: append(none, o.Columns...), Changes: o.Changes(), Since: since, StateFile: o.StateFile, From: o.Since.UTC(),
	}
}

// differs names what the user asks otherwise than the export that broke off
// was asked.
func (p plan) differs(from plan) string {
	p.Started, p.From, p.Stamp, p.Objects = from.Started, from.From, from.Stamp, from.Objects
	a, b := reflect.ValueOf(p), reflect.ValueOf(from)
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			return name
		}
	}
	return ""
}

// checkpointSuffix follows an object's name.
const checkpointSuffix = ".checkpoint.json"

// checkpoint is how far an object is.
type checkpoint struct {
	Object  string    `json:"object"`
	Started time.Time `json:"started"`
	Since   string    `json:"since,omitempty"`
	Cursor  string    `json:"cursor,omitempty"`
	Moves   bool      `json:"moves,omitempty"`
	High    string    `json:"high_water,omitempty"` // the cursor's latest value before the first row was read
	Note    string    `json:"note,omitempty"`
	Columns []saved   `json:"columns,omitempty"`
	SOQL    []string  `json:"soql,omitempty"`
	API     []string  `json:"api,omitempty"`

	At     mark              `json:"at"`
	Recent map[string]string `json:"recent,omitzero"` // see recent; an empty one is not none
	Left   []span            `json:"left"`            // ranges that are still to be read

	Whole    bool      `json:"whole,omitempty"` // the file is on the disk, to its end
	Placed   bool      `json:"placed,omitempty"`
	Bytes    int64     `json:"bytes,omitempty"`
	SHA256   string    `json:"sha256,omitempty"`
	Finished time.Time `json:"finished,omitzero"`
}

// saved is a column as it was when the export began.
type saved struct {
	Name      string `json:"name"`
	Declared  string `json:"type"`
	Collation string `json:"collation,omitempty"`
}

// target is where an export goes.
type target struct {
	folder   string
	file     string // of the one result; empty where each object has its own
	stamp    string // in the names of files that others are to follow
	format   string
	work     string
	manifest string
	names    map[string]string // of files, where they are not the objects'
}

// newTarget reads Out. started is in the names of changes, so that those of
// the next time leave them alone.
func newTarget(o *Options) target {
	t := target{folder: o.Out, format: o.Format}
	single := o.Query != "" || len(o.Objects) == 1
	if info, err := os.Stat(o.Out); single && formatOf(o.Out) != "" && (err != nil || !info.IsDir()) {
		t.folder, t.file = filepath.Dir(o.Out), filepath.Base(o.Out)
		t.work = filepath.Join(t.folder, workName+"-"+t.file)
		return t
	}
	if t.folder == "" {
		t.folder = "."
	}
	t.work = filepath.Join(t.folder, workName)
	return t
}

// begun names the files of an export that began at a time.
func (t *target) begun(p plan) {
	t.names = otherNames(p.Objects)
	if p.Changes && t.file == "" {
		t.stamp = "-" + p.Stamp
	}
	t.manifest = filepath.Join(t.folder, "manifest"+t.stamp+".json")
	if t.file != "" {
		t.manifest = filepath.Join(t.folder, t.file+".manifest.json")
	}
}

// fileOf names the file of an object.
func (t *target) fileOf(object string) string {
	if t.file != "" {
		return t.file
	}
	return t.nameOf(object) + t.stamp + "." + t.format
}

func (t *target) planPath() string { return filepath.Join(t.work, "plan.json") }

func (t *target) workPath(object, suffix string) string {
	return filepath.Join(t.work, t.nameOf(object)+suffix)
}

// openWork makes the folder of work, or finds it as an export left it, and
// keeps other exports out.
func (r *run) openWork(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(r.target.work, 0o700); err != nil {
		return nil, outputError(err)
	}
	lock := flock.New(filepath.Join(r.target.work, lockName))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, outputError(err)
	}
	if !locked {
		return nil, &BusyError{"writing to " + r.target.folder}
	}
	unlock = sync.OnceFunc(func() { _ = lock.Unlock() })
	if err := r.takeUp(ctx); err != nil {
		err = errors.Join(err, r.tidy(unlock))
		unlock()
		return nil, err
	}
	return unlock, nil
}

// takeUp finds the plan of an export that broke off, or makes one.
func (r *run) takeUp(ctx context.Context) error {
	path := r.target.planPath()
	asked := r.opts.plan()
	if r.opts.Resume {
		found, err := readJSON(path, &r.plan)
		if err != nil {
			return fmt.Errorf("export: reading what is left of the export that broke off: %w", err)
		}
		if what := asked.differs(r.plan); found && what != "" {
			return usagef("what broke off in %s was asked otherwise (%s): ask the same, or begin anew without --resume", r.target.folder, what)
		}
		if found {
			r.resumed = true
			return nil
		}
	}
	if err := r.leavesAlone(); err != nil {
		return err
	}
	err := clearFolder(r.target.work)
	if err != nil {
		return outputError(err)
	}
	r.plan = asked
	r.plan.Started = r.opts.Now().UTC().Truncate(time.Second)
	if asked.Changes {
		if r.plan.Stamp, err = freeStamp(r.target.folder, r.plan.Started); err != nil {
			return err
		}
	}
	if r.opts.Query == "" {
		objects, err := r.objects(ctx)
		if err != nil {
			return err
		}
		for _, o := range objects {
			if err := r.agrees(o); err != nil {
				return err
			}
			r.plan.Objects = append(r.plan.Objects, o.name)
		}
		r.found = objects
	}
	return writeJSON(path, r.plan)
}

// leavesAlone refuses to replace changes that somebody has yet to take in: a
// state does not bring them again.
func (r *run) leavesAlone() error {
	if r.state == nil || r.target.file == "" {
		return nil
	}
	path := filepath.Join(r.target.folder, r.target.file)
	if _, err := os.Lstat(path); err == nil {
		return usagef("%s is there already, and changes by a state come only once: take it away first, or let --out name a folder", path)
	}
	return nil
}

// agrees finds out before anything is read whether an object has what is asked
// for.
func (r *run) agrees(o *object) error {
	if _, err := o.selected(r.opts.Columns); err != nil {
		return err
	}
	if r.state == nil {
		return nil
	}
	_, _, err := r.state.get(o.name, r.opts.Where)
	return err
}

// freeStamp returns a time for the names of changes, the next one that no file
// has: those of another export are still somebody's to take in.
func freeStamp(folder string, t time.Time) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	for {
		text := t.Format("20060102T150405Z")
		if !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.Contains(e.Name(), "-"+text+".") }) {
			return text, nil
		}
		t = t.Add(time.Second)
	}
}

// clearFolder removes what an export left that is not to be resumed. The plan
// goes first: without it nothing else counts.
func clearFolder(path string) error {
	if err := removeIfThere(filepath.Join(path, "plan.json")); err != nil {
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == lockName {
			continue
		}
		if err := os.Remove(filepath.Join(path, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// removeWork removes the folder of an export that is finished. Its lock is
// given back in between, because an open file cannot be removed everywhere: what
// another export puts there from then on is that one's, and stays.
func removeWork(path string, unlock func()) error {
	if err := clearFolder(path); err != nil {
		return outputError(err)
	}
	unlock()
	_ = os.Remove(filepath.Join(path, lockName))
	_ = os.Remove(path) // not where something is in it
	return nil
}

// place gives a whole file its name. It may have it already.
func (r *run) place(cp *checkpoint) error {
	if cp.Placed {
		return nil
	}
	from := r.target.workPath(cp.Object, "."+r.target.format)
	to := filepath.Join(r.target.folder, r.target.fileOf(cp.Object))
	if err := r.dropManifest(); err != nil {
		return err
	}
	err := keepRights(from, to)
	if err == nil {
		err = rename(from, to)
	}
	if errors.Is(err, fs.ErrNotExist) {
		// It was given its name just before the export broke off.
		if r.stands(cp) {
			err = nil
		}
	}
	if err != nil {
		return outputError(err)
	}
	cp.Placed = true
	if err := r.save(cp); err != nil {
		return err
	}
	if r.target.format == "parquet" {
		for i := range cp.At.Parts {
			if err := removeIfThere(partPath(from, i)); err != nil {
				return outputError(err)
			}
		}
	}
	return nil
}

// keepRights gives a file the rights of the one that it replaces.
func keepRights(from, to string) error {
	info, err := os.Stat(to)
	if err != nil || !info.Mode().IsRegular() {
		return nil // there is none, or renaming tells
	}
	return os.Chmod(from, info.Mode().Perm())
}

// stands reports whether a file that got its name before the export broke off
// is still there. Files of changes may have been taken in since.
func (r *run) stands(cp *checkpoint) bool {
	info, err := os.Stat(filepath.Join(r.target.folder, r.target.fileOf(cp.Object)))
	return err == nil && info.Size() == cp.Bytes
}

// dropManifest removes a manifest of files that are about to be replaced.
func (r *run) dropManifest() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return outputError(removeIfThere(r.target.manifest))
}

func (r *run) save(cp *checkpoint) error {
	return writeJSON(r.target.workPath(cp.Object, checkpointSuffix), cp)
}

func savedColumns(columns []column) []saved {
	out := make([]saved, len(columns))
	for i, c := range columns {
		out[i] = saved{c.name, c.declared, c.collation}
	}
	return out
}

func columnsOf(in []saved) []column {
	out := make([]column, len(in))
	for i, c := range in {
		out[i] = column{name: c.Name, declared: c.Declared, collation: c.Collation}
	}
	return out
}

func addNew(list []string, text string) []string {
	if text == "" || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
