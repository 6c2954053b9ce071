package export

import (
	"path/filepath"
	"time"
)

// Manifest is the last file of an export: it says what the others hold.
type Manifest struct {
	FormatVersion int       `json:"format_version"`
	Org           string    `json:"org"`
	Format        string    `json:"format"`
	Complete      bool      `json:"complete"` // nothing has failed; see Skipped
	Changes       bool      `json:"changes_only"`
	Started       time.Time `json:"started"`
	Finished      time.Time `json:"finished"`
	Files         []File    `json:"files"`
	Failed        []Missing `json:"failed,omitempty"`
	Skipped       []Missing `json:"skipped,omitempty"`
}

// File is one file of an export.
type File struct {
	Object   string    `json:"object"`
	File     string    `json:"file"` // beside the manifest
	Rows     int64     `json:"rows"`
	Bytes    int64     `json:"bytes"`
	SHA256   string    `json:"sha256"`
	Columns  []Column  `json:"columns"`
	SQL      string    `json:"sql"`   // over all parts
	SOQL     []string  `json:"soql"`  // of the first part
	Parts    int       `json:"parts"` // ranges of Ids that were read one after the other
	API      []string  `json:"api"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	// High is the latest value of HighColumn before the first record was read:
	// an export of what changed since then misses nothing.
	High       string `json:"high_water,omitempty"`
	HighColumn string `json:"high_water_column,omitempty"`
	Since      string `json:"since,omitempty"` // changes from here on
	Note       string `json:"note,omitempty"`
}

// Column is a column of a file.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Missing is an object that has no file, and why.
type Missing struct {
	Object string `json:"object"`
	Reason string `json:"reason"`
}

func (r *run) fileOf(cp *checkpoint) File {
	f := File{
		Object: cp.Object, File: r.target.fileOf(cp.Object), Rows: cp.At.Rows, Bytes: cp.Bytes, SHA256: cp.SHA256,
		SQL: r.wholeSQL(cp), SOQL: cp.SOQL, Parts: cp.At.Parts, API: cp.API, Started: cp.Started, Finished: cp.Finished,
		High: cp.High, HighColumn: cp.Cursor, Since: cp.Since, Note: cp.Note,
	}
	for _, c := range cp.Columns {
		f.Columns = append(f.Columns, Column{c.Name, c.Declared})
	}
	return f
}

func (r *run) wholeSQL(cp *checkpoint) string {
	if r.opts.Query != "" {
		return r.opts.Query
	}
	s := source{object: &object{name: cp.Object}, columns: columnsOf(cp.Columns), where: r.opts.Where, since: cp.Since, cursor: cp.Cursor}
	return s.sql(span{})
}

// writeManifest is the last step of an export but for its clearing up.
func (r *run) writeManifest() error {
	r.manifest.Finished = r.opts.Now().UTC()
	r.manifest.Complete = len(r.manifest.Failed) == 0
	return writeJSON(r.target.manifest, r.manifest)
}

// ManifestPath tells where the manifest is.
func (r *Result) ManifestPath() string { return filepath.Clean(r.path) }
