package export

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// breakOff runs an export that is cancelled once an object has so many rows.
func breakOff(t *testing.T, o Options, rows int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Report = func(e Event) {
		if e.Rows >= rows {
			cancel()
		}
	}
	if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want an export that was cancelled", err)
	}
	for name := range files(t, o.Out) {
		if filepath.Dir(name) == "." {
			t.Errorf("%s has its name already", name)
		}
	}
}

// leaveHalf writes what a process that was killed would leave of the next part.
func leaveHalf(t *testing.T, path, format string) {
	t.Helper()
	switch format {
	case "sqlite":
		return // whose transactions are its own
	case "parquet":
		path += ".00009"
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		return // nothing was worth keeping
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("003half"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Wherever an export breaks off, resuming brings the same file.
func TestResumedFilesAreEqual(t *testing.T) {
	org := newOrg(t)
	db := openOrg(t, org, "")
	for _, format := range Formats {
		o := Options{DB: db, Objects: []string{"Contact"}, Format: format, Out: t.TempDir(), Threshold: 300}
		mustRun(t, o)
		name := "Contact." + format
		whole, _ := readers[format](t, filepath.Join(o.Out, name), "Contact")
		undisturbed := files(t, o.Out)[name]
		for _, at := range []int64{1, 400, 1500, 2900} {
			o.Out, o.Resume = t.TempDir(), true
			breakOff(t, o, at)
			leaveHalf(t, filepath.Join(o.Out, workName, name), format)
			if result := mustRun(t, o); !result.Resumed && at > o.Threshold {
				t.Errorf("%s at %d: it began anew", format, at)
			}
			left := files(t, o.Out)
			if len(left) != 2 {
				t.Errorf("%s at %d: left are %v", format, at, slices.Collect(maps.Keys(left)))
			}
			if (format == "csv" || format == "jsonl") && left[name] != undisturbed {
				t.Errorf("%s at %d: the file differs", format, at)
			}
			again, _ := readers[format](t, filepath.Join(o.Out, name), "Contact")
			same(t, format, again, whole)
		}
	}
}

// An object that has gone from the org fails alone; a file that has gone from
// the folder is read again.
func TestResumeFindsThingsGone(t *testing.T) {
	org := newOrg(t)
	o := Options{DB: openOrg(t, org, ""), Org: "o", Objects: []string{"Lead", "Campaign", "Contact"}, Columns: []string{"Id", "Name"}, Out: t.TempDir(), Threshold: 500, Parallel: 1}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Report = func(e Event) {
		if e.Object == "Contact" && e.Rows >= 1000 {
			cancel()
		}
	}
	if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want an export that was cancelled", err)
	}
	whole := files(t, o.Out)
	if whole["Lead.csv"] == "" || whole["Campaign.csv"] == "" {
		t.Fatal("the test wants two files that have their names")
	}
	if err := os.Remove(filepath.Join(o.Out, "Lead.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.Out, "Campaign.csv"), []byte("Id\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	o.Resume, o.Report = true, nil
	o.DB = openOrg(t, org, "&objects=Lead,Campaign")
	result, err := Run(t.Context(), o)
	var failed *FailedError
	if !errors.As(err, &failed) || len(failed.Failures) != 1 || failed.Failures[0].Object != "Contact" {
		t.Fatalf("%v, want an error about Contact", err)
	}
	if len(result.Files) != 2 || result.Complete {
		t.Errorf("%+v", result.Manifest)
	}
	left := files(t, o.Out)
	for _, name := range []string{"Lead.csv", "Campaign.csv"} {
		if left[name] != whole[name] {
			t.Errorf("%s is not what it was", name)
		}
	}
}

// What is missing is found out before the first object is read.
func TestColumnsAreLookedUpFirst(t *testing.T) {
	org := newOrg(t)
	o := Options{DB: openOrg(t, org, ""), Objects: []string{"Account", "Lead"}, Columns: []string{"Id", "Industry", "BillingCity"}, Out: t.TempDir(), Parallel: 1}
	_, err := Run(t.Context(), o)
	var usage *UsageError
	if !errors.As(err, &usage) {
		t.Errorf("%v, want an error about Lead", err)
	}
	if left := files(t, o.Out); len(left) > 0 {
		t.Errorf("left are %v", slices.Collect(maps.Keys(left)))
	}
}

// What a state remembers of the youngest records outlives an export that broke
// off before it had seen one.
func TestResumedChangesComeOnce(t *testing.T) {
	org := newOrg(t)
	o := Options{
		DB: openOrg(t, org, "&deleted=true"), Objects: []string{"Contact"}, Columns: []string{"Id", "Name"},
		Out: t.TempDir(), StateFile: filepath.Join(t.TempDir(), "s"), Threshold: 300, Resume: true,
	}
	breakOff(t, o, 400)
	if result := mustRun(t, o); !result.Resumed {
		t.Fatal("it began anew")
	}
	if again := mustRun(t, o); again.Files[0].Rows != 0 {
		t.Errorf("%d records came again", again.Files[0].Rows)
	}
}

// A second export to the same folder, or with the same state, is refused.
func TestASecondExportIsRefused(t *testing.T) {
	org := newOrg(t)
	db := openOrg(t, org, "&deleted=true")
	o := Options{DB: db, Objects: []string{"Lead"}, Out: t.TempDir(), StateFile: filepath.Join(t.TempDir(), "s")}
	folder, state := Options{DB: db, Objects: []string{"Account"}, Out: o.Out, Resume: true}, o
	state.Out = t.TempDir()
	tried := false
	first := o
	first.Report = func(Event) {
		if tried {
			return
		}
		tried = true
		for _, second := range []Options{folder, state} {
			var busy *BusyError
			if _, err := Run(t.Context(), second); !errors.As(err, &busy) {
				t.Errorf("%v, want an error about the other export", err)
			}
		}
	}
	mustRun(t, first)
	if !tried {
		t.Error("no second export was tried")
	}
}

// Who made a file private has a private file again, and nobody else sees what
// is not finished.
func TestFilesKeepTheirRights(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such rights")
	}
	org := newOrg(t)
	o := Options{DB: openOrg(t, org, ""), Objects: []string{"Lead"}, Out: t.TempDir()}
	mustRun(t, o)
	path := filepath.Join(o.Out, "Lead.csv")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Report = func(e Event) {
		if e.State != Reading {
			return
		}
		info, err := os.Stat(filepath.Join(o.Out, workName))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the folder of work: %v, %v", info.Mode(), err)
		}
	}
	mustRun(t, o)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A file whose columns have changed meanwhile is not gone on with.
func TestResumeRefusesOtherColumns(t *testing.T) {
	org := newOrg(t)
	o := Options{DB: openOrg(t, org, ""), Objects: []string{"Contact"}, Columns: []string{"Id", "Name"}, Format: "sqlite", Out: t.TempDir(), Threshold: 300, Resume: true}
	breakOff(t, o, 400)
	path := filepath.Join(o.Out, workName, "Contact"+checkpointSuffix)
	for _, tt := range []struct{ name, declared, want string }{
		{"Name", "REAL", "the column Name is TEXT"},
		{"Gone__c", "TEXT", "has no column Gone__c"},
	} {
		var cp checkpoint
		if found, err := readJSON(path, &cp); err != nil || !found {
			t.Fatal(found, err)
		}
		cp.Columns[1].Name, cp.Columns[1].Declared = tt.name, tt.declared
		if err := writeJSON(path, cp); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %q", err, tt.want)
		}
	}
}
