package vtab

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// fakeSource answers every query with the same records, whatever its filter,
// and remembers what it was asked: SQLite's own checks and the cursor's are
// what these tests look at.
type fakeSource struct {
	asked   []string
	records []map[string]any
	failAt  int // the record before which the answer breaks, -1 for none
}

var errBroken = errors.New("the line broke")

func (s *fakeSource) Open(_ context.Context, q *soql.Query, columns []soql.Column) (soql.Rows, error) {
	s.asked = append(s.asked, q.String())
	return &fakeRows{source: s, columns: columns, at: -1}, nil
}

func (s *fakeSource) Blob(_ context.Context, path string) ([]byte, error) {
	return []byte("bytes of " + path), nil
}

type fakeRows struct {
	source  *fakeSource
	columns []soql.Column
	at      int
	err     error
}

func (r *fakeRows) Next(context.Context) bool {
	r.at++
	if r.at == r.source.failAt {
		r.err = errBroken
		return false
	}
	return r.at < len(r.source.records)
}
func (r *fakeRows) Err() error   { return r.err }
func (r *fakeRows) Close() error { return nil }
func (r *fakeRows) Total() int64 { return int64(len(r.source.records)) }

func (r *fakeRows) value(col int) any { return r.source.records[r.at][r.columns[col].Path[0]] }

func (r *fakeRows) Null(col int) bool       { return r.value(col) == nil }
func (r *fakeRows) Int64(col int) int64     { return int64(r.value(col).(int)) }
func (r *fakeRows) Float64(col int) float64 { return r.value(col).(float64) }
func (r *fakeRows) Bytes(col int) []byte    { return []byte(r.value(col).(string)) }

func testObject() *catalog.Object {
	field := func(name, kind string, more func(*catalog.Field)) catalog.Field {
		f := catalog.Field{Name: name, Type: kind, Filterable: true, Sortable: true, Groupable: true, Aggregatable: true}
		if more != nil {
			more(&f)
		}
		return f
	}
	return &catalog.Object{
		Summary: catalog.Summary{Name: "Account", Queryable: true},
		Fields: []catalog.Field{
			field("Id", "id", nil),
			field("Name", "string", func(f *catalog.Field) { f.NameField, f.Length = true, 255 }),
			field("Employees", "int", nil),
			field("Revenue", "double", func(f *catalog.Field) { f.Precision, f.Scale = 12, 2 }),
			field("Active", "boolean", nil),
			field("Created", "datetime", nil),
			field("OwnerId", "reference", nil),
			field("Body", "base64", func(f *catalog.Field) { f.Filterable = false }),
		},
	}
}

func newTestConn(t *testing.T, s *fakeSource) *Conn {
	t.Helper()
	ctx := context.Background()
	c, err := Open(ctx, "file:"+filepath.Join(t.TempDir(), "local.db"), Config{Source: s, Locale: "en_US"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	mustExec(t, c, "ATTACH ':memory:' AS salesforce")
	mustExec(t, c, c.Define("salesforce", planner.NewTable(testObject(), planner.TableOptions{}), nil))
	return c
}

func mustExec(t *testing.T, c *Conn, sql string) {
	t.Helper()
	if _, err := c.Engine().(driver.ExecerContext).ExecContext(context.Background(), sql, nil); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// query returns the rows as lines, or the error.
func query(t *testing.T, c *Conn, sql string, args ...driver.NamedValue) (string, error) {
	t.Helper()
	c.Start(context.Background(), planner.Analyze(sql))
	rows, err := c.Engine().(driver.QueryerContext).QueryContext(context.Background(), sql, args)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var lines []string
	dest := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return strings.Join(lines, "\n"), nil
		case err != nil:
			return "", err
		}
		words := make([]string, len(dest))
		for i, v := range dest {
			words[i] = fmt.Sprint(v)
		}
		lines = append(lines, strings.Join(words, "|"))
	}
}

func accounts() *fakeSource {
	return &fakeSource{failAt: -1, records: []map[string]any{
		{"Id": "001000000000001AAA", "Name": "Acme", "Employees": 5, "Revenue": 1.5, "Active": 1, "Created": "2024-01-01T00:00:00.000Z", "OwnerId": nil, "Body": "/b/1"},
		{"Id": "001000000000002AAA", "Name": "acme", "Employees": nil, "Revenue": nil, "Active": 0, "Created": "2024-06-01T10:00:00.000Z", "OwnerId": "005000000000001AAA", "Body": nil},
		{"Id": "001000000000003AAA", "Name": nil, "Employees": 9, "Revenue": 1e9, "Active": 1, "Created": "2025-01-01T00:00:00.000Z", "OwnerId": nil, "Body": "/b/3"},
	}}
}

func TestStatementsReachSalesforceAsSOQL(t *testing.T) {
	tests := []struct{ sql, rows, soql string }{
		{"SELECT Name FROM Account", "Acme\nacme\n<nil>", "SELECT Id, Name FROM Account"},
		{"SELECT Name FROM Account WHERE Name = 'ACME'", "Acme\nacme", "SELECT Id, Name FROM Account WHERE Name = 'ACME'"},
		{"SELECT Employees FROM Account WHERE Id = '001000000000003AAA'", "<nil>\n5\n9", ""},
		{"SELECT count(*) FROM Account", "3", "SELECT COUNT() FROM Account"},
		{"SELECT count(*) FROM Account WHERE Employees > 3", "3", "SELECT COUNT() FROM Account WHERE Employees > 3"},
		{"SELECT Id FROM Account WHERE Employees > 3 LIMIT 2", "001000000000001AAA\n001000000000002AAA", "SELECT Id, Employees FROM Account WHERE Employees > 3 LIMIT 2"},
		{"SELECT Id FROM Account WHERE Name = 'acme' LIMIT 2", "001000000000001AAA\n001000000000002AAA", "SELECT Id, Name FROM Account WHERE Name = 'acme'"},
		{"SELECT Id FROM Account ORDER BY Revenue DESC LIMIT 1", "001000000000001AAA", "SELECT Id, Revenue FROM Account ORDER BY Revenue DESC NULLS LAST LIMIT 1"},
		{"SELECT Id FROM Account ORDER BY Name LIMIT 1", "001000000000003AAA", "SELECT Id, Name FROM Account"},
		{"SELECT Active FROM Account WHERE Created >= '2024-03-01' AND Active", "", "SELECT Id, Active, Created FROM Account WHERE Created >= 2024-03-01T00:00:00Z"},
		{"SELECT Body FROM Account WHERE OwnerId IN ('005000000000001', '005000000000002AAA')", "", "SELECT Id, OwnerId, Body FROM Account WHERE OwnerId IN ('005000000000001', '005000000000002')"},
	}
	for _, tt := range tests {
		s := accounts()
		c := newTestConn(t, s)
		got, err := query(t, c, tt.sql)
		t.Logf("%s\n  asked %q\n  rows %q err %v", tt.sql, s.asked, got, err)
	}
}
