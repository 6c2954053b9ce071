package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// format writes the rows of one result. Nothing that it keeps back is written
// before end, and end is called only when the last row has come: a result that
// breaks off has no ending.
type format interface {
	begin(columns []string) error
	row(values []any) error
	end() error
}

// style is how results are to look.
type style struct {
	mode   string
	header bool
	null   *string // nil stands for the mode's own
	quiet  bool
}

var modes = []string{"table", "csv", "json", "jsonl", "markdown", "line"}

// newFormat returns the format of one result. first is false where other
// results stand before it.
func (s style) newFormat(w *bufio.Writer, first bool) format {
	switch s.mode {
	case "csv":
		return &csvFormat{w: w, csv: csv.NewWriter(w), header: s.header, null: s.nullText("")}
	case "json":
		return &jsonFormat{w: w, array: true}
	case "jsonl":
		return &jsonFormat{w: w}
	case "line":
		return &lineFormat{w: w, null: s.nullText("NULL"), blank: !first}
	}
	return &gridFormat{
		w: w, header: s.header, null: s.nullText("NULL"), count: !s.quiet,
		blank: !first, markdown: s.mode == "markdown",
	}
}

func (s style) nullText(otherwise string) string {
	if s.null != nil {
		return *s.null
	}
	return otherwise
}

// modeFor returns the mode where none is asked for: what the file's name
// tells, or a table on a terminal, or CSV.
func modeFor(path string, terminal bool) string {
	if mode := modeOf(path); mode != "" {
		return mode
	}
	if path == "" && terminal {
		return "table"
	}
	return "csv"
}

// modeOf returns the mode that a file's name tells, or "".
func modeOf(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return "csv"
	case ".json":
		return "json"
	case ".jsonl", ".ndjson":
		return "jsonl"
	case ".md":
		return "markdown"
	}
	return ""
}

// choice is a flag with a few valid values.
type choice struct {
	value *string
	label string // stands for the value in the help
	valid []string
}

func (c choice) String() string { return *c.value }

func (c choice) Type() string { return c.label }

func (c choice) Set(v string) error {
	if v = strings.ToLower(v); !slices.Contains(c.valid, v) {
		return fmt.Errorf("valid are %s", strings.Join(c.valid, ", "))
	}
	*c.value = v
	return nil
}
