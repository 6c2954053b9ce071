package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const manFolder = "../../docs/man"

// The pages in docs/man are those that the program writes; -update writes them.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	if *update {
		if err := os.RemoveAll(manFolder); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(manFolder, 0o777); err != nil {
			t.Fatal(err)
		}
		dir = manFolder
	}
	var out bytes.Buffer
	if status := run(t.Context(), []string{"man", dir}, strings.NewReader(""), &out, &out); status != 0 {
		t.Fatalf("sfsql man ends with status %d: %s", status, out.String())
	}
	written, kept := pages(t, dir), pages(t, manFolder)
	for name, want := range written {
		if kept[name] != want {
			t.Errorf("docs/man/%s is not what the program writes: run go test ./cmd/sfsql -run TestManual -update", name)
		}
	}
	for name := range kept {
		if _, ok := written[name]; !ok {
			t.Errorf("docs/man/%s is of no command", name)
		}
	}
	for _, want := range []string{"sfsql.1", "sfsql-export.1", "sfsql-orgs-import.1", "sfsql-login.1"} {
		if _, ok := written[want]; !ok {
			t.Errorf("there is no page %s", want)
		}
	}
}

func TestManualOnStandardOutput(t *testing.T) {
	var out, errs bytes.Buffer
	status := run(t.Context(), []string{"man"}, strings.NewReader(""), &out, &errs)
	if status != 0 || errs.Len() > 0 {
		t.Fatalf("status %d, %s", status, errs.String())
	}
	if got, want := out.String(), pages(t, manFolder)["sfsql.1"]; got != want {
		t.Errorf("sfsql man prints\n%s\nand docs/man/sfsql.1 is\n%s", got, want)
	}
}

// pages returns the files of a folder.
func pages(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = string(text)
	}
	return out
}
