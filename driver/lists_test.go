package driver_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sfsql/sfsql/emulator"
)

// listed is how many values the longest lists have. SQLite takes no more than
// 32,766 parameters in a statement; literals, tables and json_each have no such
// bound.
const (
	listed     = 50_000
	parameters = 32_766
)

// TestLongLists: a list takes as many statements as 100,000 characters make of
// it, whichever way it comes, and the pages of the rows that it finds.
func TestLongLists(t *testing.T) {
	s, db := start(t, "api=rest", emulator.WithScale(20))
	db.SetMaxOpenConns(1)
	for column, values := range map[string][]string{
		"Id":   valuesOf(t, db, "SELECT DISTINCT substr(Id, 1, 15) FROM Contact", "003000000%06d"),
		"Name": valuesOf(t, db, "SELECT DISTINCT Name COLLATE BINARY FROM Contact WHERE Name NOT LIKE '%''%'", "nobody %06d"),
	} {
		table := "list_" + column
		fill(t, db, table, values)
		encoded, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		found := map[int][]string{} // by the first so many values
		for _, n := range []int{listed, parameters} {
			// With + in front of it the column is pushed nowhere.
			found[n] = must(t, db, "SELECT Id FROM Contact WHERE +"+column+" IN (SELECT v FROM "+table+" WHERE rowid <= ?)", n)
			slices.Sort(found[n])
		}
		few := values[:parameters]
		args := make([]any, len(few))
		for i, v := range few {
			args[i] = v
		}
		for _, c := range []struct {
			name, list string
			args       []any
			values     []string
		}{
			{"of a table", "SELECT v FROM " + table, nil, values},
			{"of literals", "'" + strings.Join(values, "','") + "'", nil, values},
			{"of parameters", strings.Repeat("?,", len(few)-1) + "?", args, few},
			{"of JSON", "SELECT value FROM json_each(?)", []any{string(encoded)}, values},
		} {
			s.ResetStats()
			got := must(t, db, "SELECT Id FROM Contact WHERE "+column+" IN ("+c.list+")", c.args...)
			stats := s.Stats()
			want := found[len(c.values)]
			slices.Sort(got)
			if len(want) < 2000 || !slices.Equal(got, want) {
				t.Errorf("%s %s: %d rows, want %d", column, c.name, len(got), len(want))
			}
			characters := 0
			for _, v := range c.values {
				characters += len(v) + len("'',")
			}
			statements, pages := stats.ByPath["query"]+stats.ByPath["composite"], stats.ByPath["queryMore"]
			if most := (characters+99_999)/100_000 + 1; statements > most || pages > len(want)/2000+1 {
				t.Errorf("%s %s: %d statements and %d further pages for %d rows; at most %d statements are needed", column, c.name, statements, pages, len(want), most)
			}
			if stats.Rows > int64(len(want))*6/5 {
				t.Errorf("%s %s: %d rows were moved for %d", column, c.name, stats.Rows, len(want))
			}
		}
	}
}

// valuesOf returns a list of which every tenth value comes from the org.
func valuesOf(t *testing.T, db *sql.DB, query, other string) []string {
	t.Helper()
	real := must(t, db, query)
	out := make([]string, listed)
	for i := range out {
		out[i] = fmt.Sprintf(other, i)
		if i%10 == 0 && i/10 < len(real) {
			out[i] = real[i/10]
		}
	}
	return out
}

func fill(t *testing.T, db *sql.DB, table string, values []string) {
	t.Helper()
	must(t, db, "CREATE TABLE "+table+" (v TEXT)")
	encoded, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO "+table+" SELECT value FROM json_each(?)", string(encoded)); err != nil {
		t.Fatal(err)
	}
}
