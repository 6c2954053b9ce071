package vtab

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// org is a Source: a few records that it filters, orders and cuts as a query
// says. It remembers what it was asked.
type org struct {
	objects []*catalog.Object
	records map[string][]record // by object
	asked   []string
	blobs   []string // paths that were read
	failAt  int      // the record before which answers break; -1 for never
	open    int      // answers that are not closed
	noTotal bool     // answers do not know their size
	page    int      // how many rows an answer holds at once; 0 and 1 are the current one
}

// record has its values in the classes that columns are declared with: nil,
// int64, float64 or string.
type record map[string]any

var errBroken = errors.New("the line broke")

func (o *org) Open(_ context.Context, scan Scan) (soql.Rows, error) {
	q, columns := scan.Query, scan.Columns
	o.asked = append(o.asked, q.String())
	var found []record
	parents := strings.Contains(q.String(), "Account.") || strings.Contains(q.String(), "ReportsTo.")
	for _, r := range o.records[q.From.Object] {
		if parents {
			r = o.withParents(r, 2)
		}
		if q.Where == nil || o.matches(q.Where, r) {
			found = append(found, r)
		}
	}
	if len(q.GroupBy) > 0 {
		found = groupsOf(q.GroupBy, found)
	}
	slices.SortStableFunc(found, func(a, b record) int { return orderOf(q.OrderBy, a, b) })
	if q.Offset != nil {
		found = found[min(int(*q.Offset), len(found)):]
	}
	if q.Limit != nil {
		found = found[:min(int(*q.Limit), len(found))]
	}
	o.open++
	return &answer{org: o, columns: columns, records: found, at: -1}, nil
}

// withParents adds the values of a record's parents, of the two lookups that
// lead anywhere here, and of their parents.
func (o *org) withParents(r record, levels int) record {
	out := maps.Clone(r)
	if levels == 0 {
		return out
	}
	for lookup, object := range map[string]string{"Account": "Account", "ReportsTo": "Contact"} {
		id, ok := r[lookup+"Id"].(string)
		if !ok {
			continue
		}
		n, _ := strconv.Atoi(id[9:15])
		if n >= len(o.records[object]) {
			continue
		}
		for name, v := range o.withParents(o.records[object][n], levels-1) {
			out[lookup+"."+name] = v
		}
	}
	return out
}

func (o *org) Blob(_ context.Context, path string) ([]byte, error) {
	o.blobs = append(o.blobs, path)
	return []byte("bytes of " + path), nil
}

// groupsOf returns a record for each combination of values, with its number.
func groupsOf(keys []soql.Operand, found []record) []record {
	var out []record
	at := map[string]int{}
	for _, r := range found {
		group, key := record{"expr0": int64(1)}, ""
		for _, k := range keys {
			group[k.String()] = valueOf(k, r)
			key += fmt.Sprintf("%v\x00", valueOf(k, r))
		}
		if i, ok := at[key]; ok {
			out[i]["expr0"] = out[i]["expr0"].(int64) + 1
			continue
		}
		at[key] = len(out)
		out = append(out, group)
	}
	return out
}

func valueOf(e soql.Operand, r record) any { return r[strings.Join(e.(*soql.Field).Path, ".")] }

func (o *org) matches(e soql.Expr, r record) bool {
	switch e := e.(type) {
	case *soql.Logical:
		for _, term := range e.Terms {
			if o.matches(term, r) == e.Or {
				return e.Or
			}
		}
		return !e.Or
	case *soql.In:
		if e.Sub != nil {
			return o.finds(e.Sub, valueOf(e.Left, r)) != e.Not
		}
		in := slices.ContainsFunc(e.Values, func(l soql.Literal) bool { return compares(e.Left, r, soql.EQ, l) })
		return in != e.Not
	case *soql.Comparison:
		return compares(e.Left, r, e.Op, e.Value)
	}
	panic(fmt.Sprintf("the test's org cannot read %s", e))
}

// finds reports whether a sub-select finds a value. It passes over nulls.
func (o *org) finds(sub *soql.Query, v any) bool {
	return v != nil && slices.ContainsFunc(o.records[sub.From.Object], func(r record) bool {
		return valueOf(sub.Select[0].Expr, r) == v && (sub.Where == nil || o.matches(sub.Where, r))
	})
}

func compares(left soql.Operand, r record, op soql.Op, l soql.Literal) bool {
	v := valueOf(left, r)
	switch {
	case l.Kind == soql.NullLiteral:
		return (v == nil) == (op == soql.EQ)
	case v == nil:
		return op == soql.NE // NULL is not 'x', for Salesforce
	case op == soql.LIKE:
		p := strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(l.Text))
		return regexp.MustCompile("(?is)^" + p + "$").MatchString(v.(string))
	}
	c := 0
	switch v := v.(type) {
	case string:
		if c = compareText(v, l); left.String() == "Code" { // case-sensitive
			c = cmp.Compare(v, l.Text)
		}
	case int64:
		c = compareNumber(float64(v), l)
	case float64:
		c = compareNumber(v, l)
	}
	return map[soql.Op]bool{soql.EQ: c == 0, soql.NE: c != 0, soql.LT: c < 0, soql.LE: c <= 0, soql.GT: c > 0, soql.GE: c >= 0}[op]
}

func compareText(v string, l soql.Literal) int {
	switch l.Kind {
	case soql.DateLiteral:
		return cmp.Compare(v, l.Time.Format("2006-01-02"))
	case soql.DatetimeLiteral:
		return cmp.Compare(v, planner.FormatDatetime(l.Time))
	}
	if idShape.MatchString(v) {
		return cmp.Compare(v[:15], l.Text[:15])
	}
	return cmp.Compare(strings.ToLower(v), strings.ToLower(l.Text))
}

var idShape = regexp.MustCompile(`^[0-9a-z]{3}0{6}[0-9]{6}AAA$`)

func compareNumber(v float64, l soql.Literal) int {
	if l.Kind == soql.BoolLiteral {
		return cmp.Compare(v, map[bool]float64{true: 1}[l.Bool])
	}
	f, err := strconv.ParseFloat(l.Text, 64)
	if err != nil {
		panic(err)
	}
	return cmp.Compare(v, f)
}

func orderOf(keys []soql.Order, a, b record) int {
	for _, k := range keys {
		x, y := valueOf(k.Expr, a), valueOf(k.Expr, b)
		c := 0
		switch {
		case x == nil && y == nil:
		case x == nil || y == nil:
			c = map[bool]int{true: -1, false: 1}[(x == nil) == (k.Nulls != soql.NullsLast)]
		default:
			if c = compareAny(x, y); k.Desc {
				c = -c
			}
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func compareAny(x, y any) int {
	switch x := x.(type) {
	case int64:
		return cmp.Compare(x, y.(int64))
	case float64:
		return cmp.Compare(x, y.(float64))
	}
	return cmp.Compare(x.(string), y.(string))
}

// answer is the Rows of an org.
type answer struct {
	org     *org
	columns []soql.Column
	records []record
	at      int
	err     error
	closed  bool
}

func (a *answer) Next(context.Context) bool {
	a.at++
	if a.at == a.org.failAt {
		a.err = errBroken
		return false
	}
	return a.at < len(a.records)
}

// Ahead shows the rest of the page.
func (a *answer) Ahead(visit func() bool) {
	at := a.at
	defer func() { a.at = at }()
	page := max(a.org.page, 1)
	for end := min((at/page+1)*page, len(a.records)); a.at < end && visit(); a.at++ {
	}
}

func (a *answer) Err() error { return a.err }

func (a *answer) Close() error {
	if !a.closed {
		a.closed = true
		a.org.open--
	}
	return nil
}

func (a *answer) Total() int64 {
	if a.org.noTotal {
		return -1
	}
	return int64(len(a.records))
}

func (a *answer) value(col int) any       { return a.records[a.at][strings.Join(a.columns[col].Path, ".")] }
func (a *answer) Null(col int) bool       { return a.value(col) == nil }
func (a *answer) Int64(col int) int64     { return a.value(col).(int64) }
func (a *answer) Float64(col int) float64 { return a.value(col).(float64) }
func (a *answer) Bytes(col int) []byte    { return []byte(a.value(col).(string)) }

func describe(name string, fields ...catalog.Field) *catalog.Object {
	for i := range fields {
		f := &fields[i]
		f.Sortable, f.Groupable, f.Aggregatable = f.Filterable, f.Filterable, f.Filterable
	}
	return &catalog.Object{Summary: catalog.Summary{Name: name, Queryable: true}, Fields: fields}
}

// newOrg has 40 accounts, 60 contacts, ten records of 100 fields and one
// object without Ids. Every field but Id is empty somewhere.
func newOrg() *org {
	o := &org{failAt: -1, page: 2000, records: map[string][]record{}}
	o.objects = []*catalog.Object{
		describe(
			"Account",
			catalog.Field{Name: "Id", Type: "id", Filterable: true},
			catalog.Field{Name: "Name", Type: "string", Length: 255, NameField: true, Filterable: true},
			catalog.Field{Name: "Industry", Type: "picklist", Length: 40, Filterable: true},
			catalog.Field{Name: "Employees", Type: "int", Digits: 8, Filterable: true},
			catalog.Field{Name: "Revenue", Type: "double", Precision: 12, Scale: 2, Filterable: true},
			catalog.Field{Name: "Unsaid", Type: "double", Filterable: true},
			catalog.Field{Name: "Active", Type: "boolean", Filterable: true},
			catalog.Field{Name: "Founded", Type: "date", Filterable: true},
			catalog.Field{Name: "Created", Type: "datetime", Filterable: true},
			catalog.Field{Name: "OwnerId", Type: "reference", Filterable: true},
			catalog.Field{Name: "Code", Type: "string", Length: 20, CaseSensitive: true, Filterable: true},
			catalog.Field{Name: "Notes", Type: "textarea", Length: 32000},
			catalog.Field{Name: "Body", Type: "base64"},
		),
		describe(
			"Contact",
			catalog.Field{Name: "Id", Type: "id", Filterable: true},
			catalog.Field{Name: "Name", Type: "string", Length: 121, NameField: true, Filterable: true},
			catalog.Field{Name: "AccountId", Type: "reference", ReferenceTo: []string{"Account"}, RelationshipName: "Account", Filterable: true},
			catalog.Field{Name: "Score", Type: "int", Filterable: true},
			catalog.Field{Name: "ReportsToId", Type: "reference", ReferenceTo: []string{"Contact"}, RelationshipName: "ReportsTo", Filterable: true},
		),
		describe("Wide", wideFields()...),
		describe(
			"Order",
			catalog.Field{Name: "Label", Type: "string", Length: 20, Filterable: true},
			catalog.Field{Name: "Total", Type: "int", Filterable: true},
		),
	}
	for i := range 40 {
		o.records["Account"] = append(o.records["Account"], account(i))
	}
	for i := range 60 {
		o.records["Contact"] = append(o.records["Contact"], record{
			"Id": recordID("003", i), "Name": maybe(i%11 != 3, fmt.Sprintf("Person %d", i%17)),
			"AccountId": maybe(i%5 != 0, recordID("001", i%45)), "Score": maybe(i%4 != 0, int64(i%13)),
			"ReportsToId": maybe(i%3 != 0, recordID("003", i/2)),
		})
	}
	for i := range 10 {
		r := record{"Id": recordID("a00", i)}
		for n := 1; n < 100; n++ {
			r[fmt.Sprintf("F%02d", n)] = maybe((i+n)%7 != 0, int64(100*i+n))
		}
		o.records["Wide"] = append(o.records["Wide"], r)
	}
	for i := range 5 {
		o.records["Order"] = append(o.records["Order"], record{"Label": "order", "Total": int64(i % 2)})
	}
	return o
}

func wideFields() []catalog.Field {
	fields := []catalog.Field{{Name: "Id", Type: "id", Filterable: true}}
	for n := 1; n < 100; n++ {
		fields = append(fields, catalog.Field{Name: fmt.Sprintf("F%02d", n), Type: "int", Filterable: true})
	}
	return fields
}

func account(i int) record {
	name := []string{"Acme", "ACME", "acme", "Ärger", "ärger", "100%", "a_b", "O'Neil", `back\slash`, "Zebra"}[i%10]
	return record{
		"Id":        recordID("001", i),
		"Name":      maybe(i%9 != 4, name),
		"Industry":  maybe(i%3 != 0, []string{"Energy", "energy", "Media"}[i%3]),
		"Employees": maybe(i%6 != 5, int64(i%12)),
		"Revenue":   maybe(i%7 != 6, float64(i%8)/4),
		"Unsaid":    maybe(i%8 != 7, float64(i)/10),
		"Active":    int64(i % 2),
		"Founded":   maybe(i%5 != 1, fmt.Sprintf("20%02d-0%d-1%d", i%25, 1+i%9, i%10)),
		"Created":   fmt.Sprintf("2024-01-%02dT0%d:00:00.%03dZ", 1+i%28, i%10, i),
		"OwnerId":   maybe(i%4 != 0, recordID("005", i%3)),
		"Code":      maybe(i%10 != 9, []string{"x", "X", "y"}[i%3]),
		"Notes":     maybe(i%2 == 0, fmt.Sprintf("note %d", i)),
		"Body":      maybe(i%3 == 0, fmt.Sprintf("/blob/%d", i)),
	}
}

func maybe(ok bool, v any) any {
	if ok {
		return v
	}
	return nil
}

func recordID(prefix string, i int) string { return fmt.Sprintf("%s000000%06dAAA", prefix, i) }

// connect opens a connection whose tables are the org's objects.
func connect(t testing.TB, o *org, options ...func(*Config)) *Conn {
	t.Helper()
	cfg := Config{Source: o, Locale: "en_US", Rows: func(object string) (int64, bool) {
		rows, ok := o.records[object]
		return int64(len(rows)), ok
	}}
	for _, option := range options {
		option(&cfg)
	}
	c, err := Open(context.Background(), localFile(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	exec(t, c, "ATTACH ':memory:' AS salesforce")
	s := c.AddSchema("salesforce", cfg)
	for _, obj := range o.objects {
		exec(t, c, s.Define(planner.NewTable(obj, planner.TableOptions{}), nil))
	}
	return c
}

func localFile(t testing.TB) string { return "file:" + filepath.Join(t.TempDir(), "local.db") }

// ordinary opens a connection where the same records are in ordinary tables:
// the law's other side.
func ordinary(t testing.TB, o *org) *Conn {
	t.Helper()
	c, err := Open(context.Background(), localFile(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	exec(t, c, "ATTACH ':memory:' AS salesforce")
	for _, obj := range o.objects {
		table := planner.NewTable(obj, planner.TableOptions{})
		for i := range table.Columns {
			table.Columns[i].Hidden = false // an ordinary table hides nothing
		}
		exec(t, c, strings.Replace(table.CreateSQL(obj.Name, false), "CREATE TABLE ", "CREATE TABLE salesforce.", 1))
		marks := strings.TrimSuffix(strings.Repeat("?,", len(table.Columns)), ",")
		for _, r := range o.records[obj.Name] {
			var args []driver.NamedValue
			for i, col := range table.Columns {
				v := r[col.Field.Name]
				if s, ok := v.(string); ok && col.Blob {
					v = []byte("bytes of " + s)
				}
				args = append(args, driver.NamedValue{Ordinal: i + 1, Value: v})
			}
			exec(t, c, "INSERT INTO salesforce."+planner.QuoteName(obj.Name)+" VALUES ("+marks+")", args...)
		}
	}
	return c
}

func exec(t testing.TB, c *Conn, sql string, args ...driver.NamedValue) {
	t.Helper()
	if _, err := c.Engine().(driver.ExecerContext).ExecContext(context.Background(), sql, args); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// query returns the rows, each as a line.
func query(c *Conn, sql string, args ...driver.NamedValue) ([]string, error) {
	rows, err := start(c, sql, args...)
	if err != nil {
		return nil, err
	}
	return linesOf(rows)
}

func linesOf(rows driver.Rows) ([]string, error) {
	defer rows.Close()
	var lines []string
	dest := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return lines, nil
		case err != nil:
			return lines, err
		}
		words := make([]string, len(dest))
		for i, v := range dest {
			if b, ok := v.([]byte); ok {
				v = "blob " + string(b)
			}
			words[i] = fmt.Sprint(v)
		}
		lines = append(lines, strings.Join(words, "|"))
	}
}

func start(c *Conn, sql string, args ...driver.NamedValue) (driver.Rows, error) {
	var params []planner.Param
	for _, a := range args {
		p := planner.Param{Ordinal: a.Ordinal, Name: a.Name}
		switch v := a.Value.(type) {
		case int64:
			p.Value = planner.Value{Kind: planner.IntValue, Int: v}
		case string:
			p.Value = planner.Value{Kind: planner.TextValue, Text: v}
		}
		params = append(params, p)
	}
	c.Start(context.Background(), planner.Analyze(sql).With(params))
	return c.Engine().(driver.QueryerContext).QueryContext(context.Background(), sql, args)
}

func mustQuery(t testing.TB, c *Conn, sql string, args ...driver.NamedValue) []string {
	t.Helper()
	lines, err := query(c, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return lines
}

func parameters(values ...any) []driver.NamedValue {
	var args []driver.NamedValue
	for i, v := range values {
		args = append(args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return args
}
