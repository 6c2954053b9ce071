package lawtest

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/emulator"
	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/planner"
)

// TestDeclarationsAgree compares the planner's declarations with those that
// are written here: the columns' order, affinities and collations.
func TestDeclarationsAgree(t *testing.T) {
	org := emulator.New()
	defer org.Close()
	db := sql.OpenDB(connector{})
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, binary := range []bool{false, true} {
		for _, name := range org.Objects() {
			o := org.Describe(name)
			ours := createTable("ours", columnsOf(o, shape{textBinary: binary}))
			theirs := planner.NewTable(described(o), planner.TableOptions{TextBinary: binary}).CreateSQL("theirs", false)
			x, y := declared(t, db, "ours", ours), declared(t, db, "theirs", theirs)
			if x != y {
				t.Errorf("%s:\n  want %s\n  got  %s", name, x, y)
			}
		}
	}
}

// described converts what the planner reads of an object. It is not the
// client's conversion, which goes by way of JSON.
func described(o *emulator.Object) *catalog.Object {
	out := &catalog.Object{Summary: catalog.Summary{Name: o.Name}}
	for _, f := range o.Fields {
		out.Fields = append(out.Fields, catalog.Field{
			Name: f.Name, Type: f.Type, Length: f.Length, Precision: f.Precision, Scale: f.Scale, Digits: f.Digits,
			NameField: f.NameField, CaseSensitive: f.CaseSensitive, Filterable: f.Filterable, Sortable: f.Sortable,
		})
	}
	return out
}

// declared makes a table, and reads from SQLite what its columns are.
func declared(t *testing.T, db *sql.DB, name, create string) string {
	t.Helper()
	ctx := context.Background()
	if _, err := db.ExecContext(ctx, create); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := db.ExecContext(ctx, "DROP TABLE "+name); err != nil {
			t.Fatal(err)
		}
	}()
	var out strings.Builder
	for _, column := range ask(ctx, db, "SELECT name, type FROM pragma_table_info('"+name+"')", nil).rows {
		field, kind := column[0].(string), column[1].(string)
		// SQLite tells a column's collation through an index only.
		if _, err := db.ExecContext(ctx, "CREATE INDEX one ON "+name+" ("+quoteName(field)+")"); err != nil {
			t.Fatal(err)
		}
		coll := ask(ctx, db, "SELECT coll FROM pragma_index_xinfo('one') WHERE key", nil).rows[0][0].(string)
		if _, err := db.ExecContext(ctx, "DROP INDEX one"); err != nil {
			t.Fatal(err)
		}
		out.WriteString(field + " " + affinity(kind) + " " + coll + ", ")
	}
	return out.String()
}

// affinity applies SQLite's rules to a declared type.
// https://sqlite.org/datatype3.html#determination_of_column_affinity
func affinity(kind string) string {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(strings.ToUpper(kind), w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return "INTEGER"
	case has("CHAR", "CLOB", "TEXT"):
		return "TEXT"
	case has("BLOB") || kind == "":
		return "BLOB"
	case has("REAL", "FLOA", "DOUB"):
		return "REAL"
	}
	return "NUMERIC"
}

// TestCollationsStayApart makes sure that the oracle's collations are its
// own: a SQLite that registers none has none.
func TestCollationsStayApart(t *testing.T) {
	ours := sql.OpenDB(connector{})
	defer ours.Close()
	others, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer others.Close()
	const query = "SELECT '2024' = '2024-01-01' COLLATE SFTIME, 'a00Kj0000004C95' = 'a00Kj0000004C95IAE' COLLATE SFID"
	if a := ask(context.Background(), ours, query, nil); a.String() != "1 rows\n    1 | 1" {
		t.Errorf("the oracle answers %s", a)
	}
	if a := ask(context.Background(), others, query, nil); a.err == nil {
		t.Errorf("another SQLite knows the collations: %s", a)
	}
}
