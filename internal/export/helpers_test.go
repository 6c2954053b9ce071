package export

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
)

func openOrg(t *testing.T, org *emulator.Server, options string) *sql.DB {
	t.Helper()
	return openDSN(t, dsnOf(org.URL(), org.AccessToken(), options))
}

func dsnOf(address, token, options string) string {
	v := url.Values{"access_token": {token}, "instance_url": {address}, "tls": {"off"}, "time": {"text"}}
	return "salesforce://" + strings.TrimPrefix(address, "http://") + "/?" + v.Encode() + options
}

func openDSN(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("salesforce", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func newOrg(t *testing.T, options ...emulator.Option) *emulator.Server {
	t.Helper()
	org := emulator.New(append([]emulator.Option{emulator.WithPageSize(2000)}, options...)...)
	t.Cleanup(org.Close)
	return org
}

func mustRun(t *testing.T, o Options) *Result {
	t.Helper()
	result, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !result.Complete {
		t.Fatalf("not complete: %+v", result.Manifest)
	}
	return result
}

// files returns what is in a folder and below, by name.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, folder+string(filepath.Separator))] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// want returns a table's rows as the driver has them.
func want(t *testing.T, db *sql.DB, query string) [][]any {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out [][]any
	if _, err := scan(rows, func(values []any) error {
		out = append(out, append([]any(nil), values...))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// rest writes to the org.
func rest(t *testing.T, org *emulator.Server, method, path string, body any) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, org.URL()+"/services/data/v67.0/sobjects/"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+org.AccessToken())
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, content)
	}
	var out map[string]any
	if len(content) > 0 {
		if err := json.Unmarshal(content, &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
