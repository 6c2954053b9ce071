package shell

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// quoteName quotes a name of SQL.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoteText writes a text of SQL.
func quoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// quoteIfNeeded quotes a name that SQL would not read as one.
func quoteIfNeeded(name string) string {
	plain := name != "" && (name[0] < '0' || name[0] > '9') && name[0] != '$'
	for i := range len(name) {
		plain = plain && isWord(name[i])
	}
	if plain && !isReserved(name) {
		return name
	}
	return quoteName(name)
}

// named is a name and what it stands for.
type named struct{ name, note string }

// names are what completion offers of an org. They are fetched in the
// background, on connections of their own, and whoever asks takes what is there.
type names struct {
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu        sync.Mutex
	came      func()
	asked     map[string]time.Time
	tables    []named
	columns   map[string][]named // by the table's name in lower case
	functions []string
}

func newNames() *names {
	n := &names{asked: map[string]time.Time{}, columns: map[string][]named{}}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	return n
}

// listen has came called, from any goroutine, when there is more.
func (n *names) listen(came func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.came = came
}

// stop ends what is under way and waits for it.
func (n *names) stop() {
	n.cancel()
	n.work.Wait()
}

// again is how long a fetch that failed is not tried again.
const again = 10 * time.Second

// fetch runs get once for a key, in the background. What fails is silent, for
// the statement itself will tell.
func (n *names) fetch(key string, get func(context.Context) (keep func(), err error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at, ok := n.asked[key]; n.ctx.Err() != nil || ok && (at.IsZero() || time.Since(at) < again) {
		return
	}
	n.asked[key] = time.Time{}
	n.work.Go(func() {
		keep, err := get(n.ctx)
		n.mu.Lock()
		if err != nil {
			n.asked[key] = time.Now()
		} else {
			keep()
		}
		came := n.came
		n.mu.Unlock()
		if err == nil && came != nil {
			came()
		}
	})
}

// fetchTables learns the org's tables and SQLite's functions.
func (s *Shell) fetchTables() {
	if s.org == nil {
		return
	}
	n, db := s.names, s.org.DB
	n.fetch("", func(ctx context.Context) (func(), error) {
		tables, err := pairs(ctx, db, "SELECT name, label FROM sf_objects WHERE queryable ORDER BY name")
		if err != nil {
			return nil, err
		}
		for _, view := range []string{"sf_children", "sf_fields", "sf_jobs", "sf_limits", "sf_objects"} {
			tables = append(tables, named{view, "about the org"})
		}
		functions, err := pairs(ctx, db, "SELECT DISTINCT name, '' FROM pragma_function_list WHERE name GLOB '[a-z]*' ORDER BY name")
		return func() {
			n.tables = tables
			for _, f := range functions {
				n.functions = append(n.functions, f.name)
			}
		}, err
	})
}

// fetchColumns learns the columns of a table that a statement names.
func (s *Shell) fetchColumns(table string) {
	n, key := s.names, strings.ToLower(table)
	n.mu.Lock()
	known := slices.ContainsFunc(n.tables, func(t named) bool { return strings.EqualFold(t.name, table) })
	n.mu.Unlock()
	if s.org == nil || !known {
		return
	}
	db := s.org.DB
	n.fetch(key, func(ctx context.Context) (func(), error) {
		if strings.HasPrefix(key, "sf_") {
			columns, err := pairs(ctx, db, "SELECT name, type FROM pragma_table_info("+quoteText(key)+")")
			return func() { n.columns[key] = columns }, err
		}
		fields, err := describe(ctx, db, table)
		columns := make([]named, len(fields))
		for i, f := range fields {
			columns[i] = named{f.name, f.kind + ", " + f.label}
		}
		return func() { n.columns[key] = columns }, err
	})
}

func pairs(ctx context.Context, q querier, query string) ([]named, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []named
	for rows.Next() {
		var p named
		if err := rows.Scan(&p.name, &p.note); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// localTables asks SQLite at once: no call is made for it.
func (s *Shell) localTables() (tables []named, columns map[string][]named) {
	columns = map[string][]named{}
	if s.org == nil {
		return nil, columns
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	locals, err := s.locals(ctx)
	if err != nil {
		return nil, columns
	}
	for _, l := range locals {
		tables = append(tables, named{l.name, "local " + l.kind})
		if found, err := pairs(ctx, s.org.Conn, "SELECT name, type FROM pragma_table_info("+quoteText(l.name)+")"); err == nil {
			columns[strings.ToLower(l.name)] = found
		}
	}
	return tables, columns
}
