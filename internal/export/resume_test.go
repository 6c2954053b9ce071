package export

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
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
