//go:build linux

package export

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// limited are the settings of an export without much room.
func limited(format, folder string) settings {
	return settings{
		Org: "o", Objects: []string{"Contact"}, Columns: []string{"Id", "Name", "CreatedDate"}, Format: format, Out: folder,
		Threshold: 20_000, Resume: true,
	}
}

// A disk that is full, here a file that may not grow, ends an export with a
// clear error and nothing under the final name; with room it goes on.
func TestFullDiskKeepsWhatThereIs(t *testing.T) {
	address, token := startOrg(t)
	dsn := dsnOf(address, token, "&api=rest")
	for _, format := range Formats {
		folder := t.TempDir()
		o := limited(format, folder)
		mustRun(t, o.options(openDSN(t, dsn)))
		rows, _ := readers[format](t, filepath.Join(folder, "Contact."+format), "Contact")
		size := files(t, folder)["Contact."+format]

		o.Out = t.TempDir()
		cmd, stderr := startExport(t, task{DSN: dsn, Options: o, Limit: uint64(len(size) * 2 / 3)})
		if err := cmd.Wait(); err == nil {
			t.Fatalf("%s: the export ended well", format)
		}
		if !strings.Contains(stderr.String(), "export: writing") {
			t.Errorf("%s: %s does not say that writing failed", format, stderr)
		}
		if _, err := os.Stat(filepath.Join(o.Out, "Contact."+format)); err == nil {
			t.Errorf("%s: a file that is not whole has its name", format)
		}
		result := mustRun(t, o.options(openDSN(t, dsn)))
		if !result.Resumed {
			t.Errorf("%s: what was written is lost", format)
		}
		again, _ := readers[format](t, filepath.Join(o.Out, "Contact."+format), "Contact")
		same(t, format, again, rows)
	}
}

// The same on a file system that is really full, where one can be mounted.
func TestFullFileSystem(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=300k"); err != nil {
		t.Skipf("no file system can be mounted: %v", err)
	}
	defer func() { _ = syscall.Unmount(folder, 0) }()
	org := newOrg(t)
	db := openOrg(t, org, "")
	for _, format := range Formats {
		o := limited(format, filepath.Join(folder, format))
		o.Threshold, o.Columns = 500, nil
		o.Objects = []string{"Lead", "Contact", "Task"}
		_, err := Run(t.Context(), o.options(db))
		var output *OutputError
		if !errors.As(err, &output) {
			t.Errorf("%s: %v, want an error of the output", format, err)
		}
		if format != "sqlite" && !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v, want no space", format, err)
		}
		for name := range files(t, o.Out) {
			if strings.HasSuffix(name, "manifest.json") {
				t.Errorf("%s: there is a manifest", format)
			}
		}
		if err := os.RemoveAll(o.Out); err != nil {
			t.Fatal(err)
		}
	}
}
