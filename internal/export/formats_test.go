package export

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/sfsql/sfsql/internal/format"
)

// text is how values compare whose formats have no types: with NULL apart
// where the format can tell it.
func text(v any, null string) string {
	switch v := v.(type) {
	case nil:
		return null
	case string:
		return v
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	}
	return format.Text(v)
}

func texts(rows [][]any, null string) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		for _, v := range row {
			out[i] = append(out[i], text(v, null))
		}
	}
	return out
}

func same(t *testing.T, what string, got, want [][]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		for j := range want[i] {
			if len(got[i]) != len(want[i]) || got[i][j] != want[i][j] {
				t.Errorf("%s: row %d is %q, want %q", what, i, got[i], want[i])
				return
			}
		}
	}
}

// readers read each format back with a program that has nothing to do with the
// writer.
var readers = map[string]func(t *testing.T, path, table string) (rows [][]string, null string){
	"csv": func(t *testing.T, path, _ string) ([][]string, string) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// encoding/csv makes LF of CRLF within quotes; here they must differ.
		const mark = "\x00CR\x00"
		rows, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(string(content), "\r", mark))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for i := range row {
				row[i] = strings.ReplaceAll(row[i], mark, "\r")
			}
		}
		return rows[1:], ""
	},
	"jsonl":   readJSONL,
	"sqlite":  readSQLite,
	"parquet": readParquet,
}

func readJSONL(t *testing.T, path, _ string) (rows [][]string, null string) {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.UseNumber()
	for {
		switch token, err := dec.Token(); {
		case err == io.EOF:
			return rows, "NULL"
		case err != nil:
			t.Fatal(err)
		case token != json.Delim('{'):
			t.Fatalf("%v is no object", token)
		}
		var row []string
		for dec.More() {
			if _, err := dec.Token(); err != nil {
				t.Fatal(err)
			}
			value, err := dec.Token()
			if err != nil {
				t.Fatal(err)
			}
			if value == nil {
				value = "NULL"
			}
			row = append(row, fmt.Sprint(value))
		}
		if _, err := dec.Token(); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

func readSQLite(t *testing.T, path, table string) ([][]string, string) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(context.Background(), "SELECT * FROM "+quoteName(table)+" ORDER BY rowid")
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
	return texts(out, "NULL"), "NULL"
}

// conformance/formats reads joined files by Apache Arrow, too.
func readParquet(t *testing.T, path, _ string) (out [][]string, null string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	table, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	columns := table.Schema().Columns()
	kinds := make([]string, len(columns))
	for i, c := range columns {
		leaf, _ := table.Schema().Lookup(c...)
		kinds[i] = leaf.Node.Type().String()
	}
	for _, group := range table.RowGroups() {
		rows := group.Rows()
		buf := make([]parquet.Row, 100)
		for {
			n, err := rows.ReadRows(buf)
			for _, row := range buf[:n] {
				out = append(out, parquetTexts(row, kinds))
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out, "NULL"
}

func parquetTexts(row parquet.Row, kinds []string) []string {
	out := make([]string, len(row))
	for i, v := range row {
		out[i] = parquetText(v, kinds[i])
	}
	return out
}

func parquetText(v parquet.Value, kind string) string {
	switch {
	case v.IsNull():
		return "NULL"
	case v.Kind() == parquet.Boolean:
		return format.Text(v.Boolean())
	case v.Kind() == parquet.Double:
		return format.Text(v.Double())
	case kind == "DATE":
		return time.Unix(int64(v.Int32())*86_400, 0).UTC().Format(time.DateOnly)
	case strings.HasPrefix(kind, "TIMESTAMP"):
		return stamp(time.UnixMilli(v.Int64()))
	case strings.HasPrefix(kind, "TIME"):
		return time.UnixMilli(int64(v.Int32())).UTC().Format("15:04:05.000Z")
	case v.Kind() == parquet.Int64:
		return format.Text(v.Int64())
	case kind == "STRING":
		return string(v.ByteArray())
	}
	return base64.StdEncoding.EncodeToString(v.ByteArray())
}

// Every type and every text of the org comes back from every format, also from
// files that were written in parts.
func TestEveryFormatReadsBackAsItWas(t *testing.T) {
	org := newOrg(t)
	db := openOrg(t, org, "")
	for _, object := range []string{"Everything__c", "Account", "Case", "Order", "Empty__c", "Wide__c"} {
		rows := want(t, db, `SELECT * FROM "`+object+`" ORDER BY Id`)
		for _, name := range Formats {
			for _, threshold := range []int64{DefaultThreshold, 90} {
				folder := t.TempDir()
				result := mustRun(t, Options{DB: db, Org: "o", Objects: []string{strings.ToLower(object)}, Format: name, Out: folder, Threshold: threshold})
				got, null := readers[name](t, filepath.Join(folder, object+"."+name), object)
				same(t, fmt.Sprintf("%s as %s by %d", object, name, threshold), got, texts(rows, null))
				checkManifest(t, folder, result, len(rows))
				if parts := result.Files[0].Parts; threshold == 90 && len(rows) > 200 && parts < 2 {
					t.Errorf("%s: %d rows in %d part", object, len(rows), parts)
				}
			}
		}
	}
}

// checkManifest compares what the manifest says with the files, and looks for
// files that should not be there.
func checkManifest(t *testing.T, folder string, result *Result, rows int) {
	t.Helper()
	var read Manifest
	if found, err := readJSON(result.ManifestPath(), &read); err != nil || !found {
		t.Fatal(found, err)
	}
	left := files(t, folder)
	delete(left, filepath.Base(result.ManifestPath()))
	total := 0
	for _, f := range read.Files {
		whole, err := hashFile(filepath.Join(folder, f.File))
		if err != nil {
			t.Fatal(err)
		}
		if whole.SHA256 != f.SHA256 || whole.Bytes != f.Bytes {
			t.Errorf("%s: the manifest's sum is another", f.File)
		}
		if len(f.SOQL) == 0 || len(f.API) == 0 || f.SQL == "" || len(f.Columns) == 0 || f.Finished.Before(f.Started) {
			t.Errorf("%s: the manifest leaves something out: %+v", f.File, f)
		}
		delete(left, f.File)
		total += int(f.Rows)
	}
	if total != rows {
		t.Errorf("the manifest tells of %d rows, want %d", total, rows)
	}
	for name := range left {
		t.Errorf("%s was left behind", name)
	}
}

func TestHiddenColumnsCanBeNamed(t *testing.T) {
	org := newOrg(t)
	db := openOrg(t, org, "")
	for _, name := range Formats {
		out := filepath.Join(t.TempDir(), "some."+name)
		mustRun(t, Options{DB: db, Objects: []string{"ContentVersion"}, Columns: []string{"versiondata", "Id"}, Where: "Id IS NOT NULL -- all", Out: out})
		got, null := readers[name](t, out, "ContentVersion")
		same(t, name, got, texts(want(t, db, "SELECT VersionData, Id FROM ContentVersion ORDER BY Id"), null))
	}
}

func TestQueryKeepsTypesAndOrder(t *testing.T) {
	org := newOrg(t)
	db := openOrg(t, org, "")
	const query = `SELECT a.Name, count(*) AS n, max(c.CreatedDate) AS "N", avg(a.AnnualRevenue), a.CreatedDate, NULL
		FROM Account a JOIN Contact c ON c.AccountId = a.Id GROUP BY a.Id ORDER BY n DESC, a.Id`
	rows := want(t, db, query)
	for _, name := range Formats {
		out := filepath.Join(t.TempDir(), "q."+name)
		result := mustRun(t, Options{DB: db, Query: query, Out: out})
		got, null := readers[name](t, out, "result")
		same(t, name, got, texts(rows, null))
		checkManifest(t, filepath.Dir(out), result, len(rows))
	}
}

const sqliteQuery = "SELECT Id, hex(Text__c), hex(LongText__c), Int__c, Date__c FROM Everything__c ORDER BY Id"

// exportForSQLite exports an object of every type and returns what its rows
// are, one a line.
func exportForSQLite(t *testing.T, folder string, formats ...string) string {
	t.Helper()
	db := openOrg(t, newOrg(t), "")
	columns := []string{"Id", "Text__c", "LongText__c", "Int__c", "Date__c"}
	for _, name := range formats {
		mustRun(t, Options{DB: db, Objects: []string{"Everything__c"}, Columns: columns, Format: name, Out: folder, Threshold: 100})
	}
	return lines(want(t, db, sqliteQuery))
}

func lines(rows [][]any) string {
	var b strings.Builder
	for _, row := range texts(rows, "") {
		fmt.Fprintln(&b, strings.Join(row, "|"))
	}
	return b.String()
}

// SQLite, by another way into it than the one that wrote the file, finds
// nothing wrong with it, and the index finds each record.
func TestSQLiteFileIsSound(t *testing.T) {
	folder := t.TempDir()
	expected := exportForSQLite(t, folder, "sqlite")
	db, err := sql.Open("sqlite", filepath.Join(folder, "Everything__c.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := lines(want(t, db, "PRAGMA integrity_check")); got != "ok\n" {
		t.Error(got)
	}
	if got := lines(want(t, db, sqliteQuery)); got != expected {
		t.Error("other values")
	}
	if plan := lines(want(t, db, "EXPLAIN QUERY PLAN SELECT * FROM Everything__c WHERE Id = ''")); !strings.Contains(plan, "USING INDEX Everything__c_Id") {
		t.Errorf("without the index: %s", plan)
	}
}

// The sqlite3 program imports the CSV, which only its shell can, and reads the
// SQLite file.
func TestSqlite3ReadsTheFiles(t *testing.T) {
	program, err := exec.LookPath("sqlite3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no sqlite3 program, and CI=true says that there must be")
		}
		t.Skip("no sqlite3 program, which alone has .import")
	}
	folder := t.TempDir()
	expected := exportForSQLite(t, folder, "csv", "sqlite")
	ask := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), program, append(args, sqliteQuery)...)
		cmd.Dir = folder
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatal(err, string(out))
		}
		return string(out)
	}
	if got := ask("-cmd", ".import --csv Everything__c.csv Everything__c", ":memory:"); got != expected {
		t.Error("csv: other values after .import")
	}
	if got := ask("Everything__c.sqlite"); got != expected {
		t.Error("sqlite: other values")
	}
}
