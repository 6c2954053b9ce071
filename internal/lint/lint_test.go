package lint

import (
	"bytes"
	"errors"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sfsql/sfsql"

// imports says what a package may import beside the standard library: another
// package of the project, or the beginning of any other import path.
// ARCHITECTURE.md draws the same map. A new package needs a line.
var imports = map[string][]string{
	"soql":                     {},
	"internal/catalog":         {},
	"internal/webpage":         {},
	"salesforce/auth":          {"./internal/webpage", "golang.org/x/oauth2"},
	"salesforce":               {"./salesforce/auth", "./internal/webpage", "./soql", "github.com/go-json-experiment/json", "github.com/klauspost/compress/gzip"},
	"internal/planner":         {"./internal/catalog", "./soql", "github.com/xwb1989/sqlparser"},
	"internal/executor":        {"./salesforce", "./internal/catalog", "./soql"},
	"vtab":                     {"./internal/planner", "./internal/catalog", "./soql", "./vtab/engine", "./vtab/engine/modernc", "./vtab/engine/mattn"},
	"vtab/engine":              {"./internal/planner"},
	"vtab/engine/modernc":      {"./vtab/engine", "./internal/planner", "modernc.org/"},
	"internal/profile":         {"./salesforce/auth", "github.com/BurntSushi/toml", "github.com/gofrs/flock", "github.com/zalando/go-keyring"},
	"internal/profile/foreign": {"./internal/profile", "./salesforce/auth", "github.com/go-json-experiment/json", "go.yaml.in/yaml/v3"},
	"vtab/engine/mattn":        {"./vtab/engine", "./internal/planner", "github.com/mattn/go-sqlite3", "C"},
	"vtab/engine/enginetest":   {"./vtab/engine", "./vtab/engine/enginetest/early", "./internal/planner"},

	"vtab/engine/enginetest/early": {"modernc.org/sqlite", "github.com/mattn/go-sqlite3"},

	"driver":               {"./vtab", "./internal/profile", "./internal/executor", "./internal/planner", "./internal/catalog", "./salesforce", "./salesforce/auth", "./soql"},
	"emulator":             {"./soql", "modernc.org/sqlite"}, // never the client: both could agree on the same mistake; sqlite for state files
	"emulator/demo":        {"./driver", "./emulator"},
	"internal/emulatorcmd": {"./emulator", "github.com/spf13/"},
	"internal/format":      {"github.com/mattn/go-runewidth", "github.com/xuri/excelize", "github.com/parquet-go/parquet-go", "github.com/klauspost/compress/zstd"},
	"internal/export":      {"./driver", "./salesforce", "./internal/format", "./internal/sqlitefile", "github.com/gofrs/flock"},
	"internal/sqlitefile":  {"modernc.org/"},
	"internal/shell":       {"./driver", "./internal/catalog", "./internal/format", "github.com/mattn/go-runewidth", "github.com/reeflective/readline", "golang.org/x/sys/unix", "golang.org/x/term"},
	"cmd/sfsql":            {"./internal/export", "./internal/format", "./internal/shell", "./driver", "./salesforce/auth", "./internal/profile", "./internal/profile/foreign", "./emulator/demo", "./emulator", "./internal/emulatorcmd", "github.com/cli/browser", "github.com/mattn/go-runewidth", "github.com/spf13/", "golang.org/x/term"},
	"internal/lawtest":     {"./driver", "./emulator", "./emulator/demo", "./soql", "modernc.org/sqlite", "github.com/mattn/go-sqlite3"},
	"internal/lint":        {},
	"internal/questions":   {"./driver", "./emulator", "./salesforce", "./salesforce/auth", "./soql"},
}

// forbidden names packages of the standard library that only the program may
// use: a library returns errors and prints nothing.
var forbidden = []string{"log", "flag"}

// root returns the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// eachFile calls yield with every file of the project, by its path from the
// root, and its bytes.
func eachFile(t *testing.T, yield func(name string, content []byte)) {
	t.Helper()
	top := root(t)
	err := filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // a file of a test that runs beside this one
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		name, err := filepath.Rel(top, file)
		if err != nil {
			return err
		}
		yield(filepath.ToSlash(name), content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// eachGoFile is eachFile for Go files outside testdata.
func eachGoFile(t *testing.T, yield func(name string, content []byte)) {
	t.Helper()
	eachFile(t, func(name string, content []byte) {
		// bench and what is Go in conformance are modules of their own.
		if strings.HasSuffix(name, ".go") && !strings.Contains("/"+name, "/testdata/") && !strings.HasPrefix(name, "conformance/") && !strings.HasPrefix(name, "bench/") {
			yield(name, content)
		}
	})
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.go") }

func TestPackagesImportOnlyWhatTheMapAllows(t *testing.T) {
	seen := map[string]bool{}
	eachGoFile(t, func(name string, content []byte) {
		pkg := path.Dir(name)
		allowed, known := imports[pkg]
		if !known && !seen[pkg] {
			t.Errorf("%s: the package has no line in the map of imports", pkg)
		}
		seen[pkg] = true
		if !known || isTest(name) {
			return
		}
		for _, imported := range importsOf(t, name, content) {
			if !mayImport(pkg, imported, allowed) {
				t.Errorf("%s: package %s may not import %s", name, pkg, imported)
			}
		}
	})
	for pkg := range imports {
		if !seen[pkg] {
			t.Errorf("%s: the map of imports has a line for a package that is not there", pkg)
		}
	}
}

func importsOf(t *testing.T, name string, content []byte) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, imported)
	}
	return out
}

func mayImport(pkg, imported string, allowed []string) bool {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") { // the standard library
		return strings.HasPrefix(pkg, "cmd/") || !slices.Contains(forbidden, imported)
	}
	return slices.ContainsFunc(allowed, func(a string) bool {
		if own, ok := strings.CutPrefix(a, "./"); ok {
			return imported == module+"/"+own
		}
		return imported == a || strings.HasPrefix(imported, strings.TrimSuffix(a, "/")+"/")
	})
}

// The map itself must hold what it says.
func TestMayImportTellsRightFromWrong(t *testing.T) {
	for _, c := range []struct {
		pkg, imported string
		want          bool
	}{
		{"soql", "strings", true},
		{"soql", module + "/salesforce", false},
		{"soql", "golang.org/x/oauth2", false},
		{"salesforce/auth", "golang.org/x/oauth2/clientcredentials", true},
		{"salesforce/auth", "golang.org/x/oauth2x", false},
		{"emulator", module + "/salesforce", false},
		{"emulator", module + "/soql", true},
		{"driver", "github.com/xwb1989/sqlparser", false},
		{"driver", "log", false},
		{"driver", "log/slog", true},
		{"cmd/sfsql", module + "/salesforce", false},
		{"cmd/sfsql", "github.com/spf13/cobra", true},
	} {
		if got := mayImport(c.pkg, c.imported, imports[c.pkg]); got != c.want {
			t.Errorf("%s imports %s: %v, want %v", c.pkg, c.imported, got, c.want)
		}
	}
}

func TestEveryPackageHasOneComment(t *testing.T) {
	comments := map[string]int{}
	eachGoFile(t, func(name string, content []byte) {
		file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if isTest(name) {
			return
		}
		n := comments[path.Dir(name)] // an entry even without a comment
		if file.Doc != nil && describes(file) {
			n++
		}
		comments[path.Dir(name)] = n
	})
	for pkg, n := range comments {
		if n != 1 {
			t.Errorf("%s: %d comments say what the package is for, want 1", pkg, n)
		}
	}
}

// describes reports whether a file's comment begins as go doc wants it.
func describes(file *ast.File) bool {
	text := file.Doc.Text()
	return strings.HasPrefix(text, "Package "+file.Name.Name+" ") || strings.HasPrefix(text, "Command ")
}

func TestGoFilesAreFormatted(t *testing.T) {
	eachGoFile(t, func(name string, content []byte) {
		want, err := format.Source(content)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(content, want) {
			t.Errorf("%s: gofmt would change it", name)
		}
	})
}

func TestFilesNameNeitherMachineNorRegistry(t *testing.T) {
	words := machineWords(t)
	for _, word := range words {
		t.Logf("looking for %q", word)
	}
	eachFile(t, func(name string, content []byte) {
		if path.Base(name) == "go.sum" {
			return
		}
		if program(content) {
			t.Errorf("%s is a program that was built here, as go test -c and go build leave one behind: remove it", name)
			return
		}
		for _, word := range words {
			if bytes.Contains(content, []byte(word)) {
				t.Errorf("%s names %q, which belongs to the machine it was written on", name, word)
			}
		}
	})
}

// program reports whether a file is something that a compiler made.
func program(content []byte) bool {
	for _, magic := range []string{"\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "!<arch>\n"} {
		if bytes.HasPrefix(content, []byte(magic)) {
			return true
		}
	}
	return false
}

// machineWords returns what is this machine's own: the home folder, what lies
// beside the checkout, and the hosts that modules come from.
func machineWords(t *testing.T) []string {
	t.Helper()
	var out []string
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		out = append(out, home+string(filepath.Separator))
	}
	parent := filepath.Dir(root(t))
	if entries, err := os.ReadDir(parent); err == nil && parent != filepath.Dir(parent) {
		for _, e := range entries {
			out = append(out, filepath.Join(parent, e.Name()))
		}
	}
	cmd := exec.Command("go", "env", "GOPROXY", "GOSUMDB")
	cmd.Dir = root(t)
	settings, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	isSeparator := func(r rune) bool { return strings.ContainsRune("\n,| ", r) }
	for _, word := range strings.FieldsFunc(string(settings), isSeparator) {
		if u, err := url.Parse(word); err == nil && u.Host != "" {
			word = u.Host
		}
		if strings.Contains(word, ".") {
			out = append(out, word)
		}
	}
	return out
}

// Cgo's engine without cgo is a mistake that the compiler's error names.
func TestTheTagOfCgosEngineWithoutCgoSaysSo(t *testing.T) {
	cmd := exec.Command("go", "build", "-tags", "sfsql_mattn", "./vtab/engine/mattn")
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if want := "the_tag_sfsql_mattn_needs_cgo_so_set_CGO_ENABLED_to_1"; err == nil || !bytes.Contains(out, []byte(want)) {
		t.Errorf("%v, without %s:\n%s", err, want, out)
	}
}
