package questions

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/salesforce"
	"github.com/sfsql/sfsql/salesforce/auth"
	"github.com/sfsql/sfsql/soql"
)

var write = flag.Bool("pushdown", false, "write the table into docs/pushdown.md")

const (
	file = "../../testdata/questions.txt"
	docs = "../../docs/pushdown.md"
	most = 1.2 // times the plans by hand
)

// question is one of the file.
type question struct {
	name, sql string
	steps     []string
}

func read(t testing.TB) []question {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []question
	for _, block := range strings.Split(string(text), "\n\n") {
		var q question
		for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
			switch word, rest, _ := strings.Cut(line, " "); word {
			case "#":
			case "sql":
				q.sql = rest
			case "soql":
				q.steps = append(q.steps, rest)
			default:
				q.name = line
			}
		}
		if q.sql != "" && q.name != "" && len(q.steps) > 0 {
			out = append(out, q)
		}
	}
	return out
}

// org is the emulated org with the two ways into it.
type org struct {
	*emulator.Server
	db, plain *sql.DB // plain leaves all work to SQLite
	client    *salesforce.Client
	few       []string
}

func start(t testing.TB) *org {
	t.Helper()
	o := &org{Server: emulator.New(emulator.WithPageSize(2000))}
	t.Cleanup(o.Close)
	o.db, o.plain = o.open(t, ""), o.open(t, "&pushdown=off")
	tokens, err := auth.ClientCredentials(auth.Config{LoginURL: o.URL(), ClientID: o.ClientID(), ClientSecret: o.ClientSecret()})
	if err != nil {
		t.Fatal(err)
	}
	if o.client, err = salesforce.New(salesforce.Config{Tokens: tokens}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.client.Close)
	for _, db := range []*sql.DB{o.db, o.plain} {
		o.lists(t, db)
	}
	return o
}

func (o *org) open(t testing.TB, more string) *sql.DB {
	v := url.Values{"client_id": {o.ClientID()}, "client_secret": {o.ClientSecret()}, "tls": {"off"}, "time": {"text"}, "api": {"rest"}}
	db, err := sql.Open("salesforce", "salesforce://"+strings.TrimPrefix(o.URL(), "http://")+"/?"+v.Encode()+more)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// lists makes the local tables: watched has 10,000 Ids, a third of them of
// contacts, few has 40 accounts, names some of their names.
func (o *org) lists(t testing.TB, db *sql.DB) {
	t.Helper()
	for _, statement := range []string{
		"CREATE TABLE watched (id TEXT)",
		"INSERT INTO watched SELECT substr(Id, 1, 15) FROM Contact",
		"INSERT INTO watched WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7000) SELECT printf('003000000%06d', i) FROM n",
		"CREATE TABLE few AS SELECT Id AS id FROM Account ORDER BY Id LIMIT 40",
		"CREATE TABLE names AS SELECT DISTINCT Name COLLATE BINARY AS name FROM Account ORDER BY Id LIMIT 15",
		"SELECT a.Name FROM Contact c JOIN Account a ON a.Id = c.AccountId LIMIT 1", // asks what is asked once
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if o.few == nil {
		o.few = strings.Split(strings.Join(ask(t, db, "SELECT id FROM few"), "\n"), "\n")
	}
}

// ask returns the rows of a statement, each as a line, sorted.
func ask(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	values, places := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		words := make([]string, len(values))
		for i, v := range values {
			if f, ok := v.(float64); ok {
				v = fmt.Sprintf("%.6g", f) // the order of a sum is open
			}
			words[i] = fmt.Sprint(v)
		}
		out = append(out, strings.Join(words, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	slices.Sort(out)
	return out
}

// cost is what a plan took.
type cost struct{ calls, rows int }

func (o *org) cost() cost {
	s := o.Stats()
	c := cost{rows: int(s.Rows)}
	for _, path := range []string{"query", "queryAll", "queryMore", "composite"} {
		c.calls += s.ByPath[path]
	}
	return c
}

// during measures what something takes.
func (o *org) during(f func()) cost {
	before := o.cost()
	f()
	after := o.cost()
	return cost{after.calls - before.calls, after.rows - before.rows}
}

var keys = regexp.MustCompile(`:ids (\w+)`)

// byHand runs the steps of a plan.
func (o *org) byHand(t *testing.T, q question) {
	t.Helper()
	var before map[string][]string // by field, in lower case
	for _, step := range q.steps {
		text := keys.ReplaceAllStringFunc(step, func(s string) string {
			field := strings.ToLower(strings.TrimPrefix(s, ":ids "))
			ids := before[field]
			if field == "few" {
				ids = o.few
			}
			if len(ids) == 0 {
				ids = []string{"000000000000000"}
			}
			return "'" + strings.Join(ids, "','") + "'"
		})
		before = o.step(t, text)
	}
}

// step runs one query and returns the distinct values of its plain fields.
func (o *org) step(t *testing.T, text string) map[string][]string {
	t.Helper()
	parsed, err := soql.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var columns []soql.Column
	if len(parsed.GroupBy) == 0 && !parsed.IsCount() {
		for _, item := range parsed.Select {
			if f, ok := item.Expr.(*soql.Field); ok && len(f.Path) == 1 {
				columns = append(columns, soql.Column{Path: f.Path, Kind: soql.KindAny})
			}
		}
	}
	rows, err := o.client.Query(context.Background(), text, salesforce.QueryOptions{Columns: columns})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	out, seen := map[string][]string{}, map[string]bool{}
	for rows.Next(context.Background()) {
		for i, c := range columns {
			if rows.Null(i) {
				continue
			}
			name, value := strings.ToLower(c.Path[0]), string(rows.Bytes(i))
			if !seen[name+value] {
				seen[name+value] = true
				out[name] = append(out[name], value)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

// TestQuestions compares the driver's plans with those by hand.
func TestQuestions(t *testing.T) {
	o := start(t)
	list := read(t)
	if len(list) < 60 {
		t.Fatalf("there are %d questions", len(list))
	}
	var ours, theirs cost
	var table bytes.Buffer
	fmt.Fprintf(&table, "| question | calls | by hand | rows | by hand |\n|---|---:|---:|---:|---:|\n")
	for _, q := range list {
		ask(t, o.db, "EXPLAIN SOQL "+q.sql) // describes what it names
		var got []string
		a := o.during(func() { got = ask(t, o.db, q.sql) })
		b := o.during(func() { o.byHand(t, q) })
		if want := ask(t, o.plain, q.sql); !slices.Equal(got, want) {
			t.Errorf("%s: %d rows, want %d", q.name, len(got), len(want))
		} else if len(want) == 0 {
			t.Errorf("%s: the answer is empty and tells nothing", q.name)
		}
		ours, theirs = cost{ours.calls + a.calls, ours.rows + a.rows}, cost{theirs.calls + b.calls, theirs.rows + b.rows}
		fmt.Fprintf(&table, "| %s | %d | %d | %d | %d |\n", q.name, a.calls, b.calls, a.rows, b.rows)
		if a.calls > b.calls+1 || a.rows > 2*b.rows+50 {
			t.Logf("%s: %+v, by hand %+v", q.name, a, b)
		}
	}
	fmt.Fprintf(&table, "| **all %d** | **%d** | **%d** | **%d** | **%d** |\n", len(list), ours.calls, theirs.calls, ours.rows, theirs.rows)
	t.Logf("\n%s", table.String())
	if float64(ours.calls) > most*float64(theirs.calls) || float64(ours.rows) > most*float64(theirs.rows) {
		t.Errorf("%d calls and %d rows; the plans by hand take %d and %d", ours.calls, ours.rows, theirs.calls, theirs.rows)
	}
	if *write {
		put(t, table.String())
	}
}

// put replaces the table in the docs.
func put(t *testing.T, table string) {
	t.Helper()
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), "| question |")
	if !ok {
		t.Fatalf("%s has no table", docs)
	}
	tail := ""
	if i := strings.Index(rest, "\n\n"); i >= 0 {
		tail = rest[i+1:]
	}
	if err := os.WriteFile(docs, []byte(head+table+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}
