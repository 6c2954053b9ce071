package driver

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/sfsql/sfsql/internal/catalog"
	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
	"github.com/sfsql/sfsql/vtab"
)

// query is the table of a soql('…').
type query struct {
	schema *vtab.Schema
	table  string
}

// maxQueries bounds how many tables of soql('…') a connection keeps.
const maxQueries = 32

// rewriteSOQL gives each soql('…') of a statement a table of its own, since
// its columns are those of the query, and puts the table's name in its place.
func (c *conn) rewriteSOQL(ctx context.Context, query string) (string, error) {
	calls := planner.SOQLCalls(query)
	if len(calls) == 0 {
		return query, nil
	}
	if words := planner.FirstWords(query, 3); words[0].Is("CREATE") && !words[1].Is("TABLE") && !(len(words) > 2 && words[2].Is("TABLE")) {
		return "", errors.New("salesforce: soql('…') cannot be part of a view or trigger: its table ends with the connection")
	}
	var b strings.Builder
	end := 0
	for _, call := range calls {
		if !call.Literal {
			return "", errors.New("salesforce: soql('…') takes one string literal, and no parameter: its columns must be known when the statement is prepared")
		}
		p := c.place(call.Schema)
		if p == nil {
			return "", fmt.Errorf("salesforce: %s.soql('…'): no org is attached as %s", call.Schema, call.Schema)
		}
		name, err := c.queryTable(ctx, p, call.Query)
		if err != nil {
			return "", err
		}
		b.WriteString(query[end:call.Start] + planner.QuoteName(p.schema.Name()) + "." + planner.QuoteName(name))
		end = call.End
	}
	return b.String() + query[end:], nil
}

// queryTable makes the table of a query, unless the connection has it.
func (c *conn) queryTable(ctx context.Context, p *place, text string) (string, error) {
	h := fnv.New64a()
	h.Write([]byte(text))
	name := fmt.Sprintf("soql_%016x", h.Sum64())
	if c.has(p.schema.Name(), name) {
		return name, nil
	}
	q, err := soql.Parse(text)
	if err != nil {
		return "", fmt.Errorf("salesforce: in soql('…'): %w", err)
	}
	t, err := planner.NewQueryTable(name, q, func(object string) (*catalog.Object, error) {
		return p.catalog.Object(ctx, object)
	})
	if err != nil {
		return "", fmt.Errorf("salesforce: in soql('…'): %w", err)
	}
	if err := c.execLocal(ctx, p.schema.Define(t, q)); err != nil {
		return "", fmt.Errorf("salesforce: making a table of soql('…'): %w", err)
	}
	c.dropOldQueries(ctx, query{p.schema, name})
	return name, nil
}

// dropOldQueries keeps the number of query tables bounded. One that is still
// being read cannot be dropped, and gets its turn later.
func (c *conn) dropOldQueries(ctx context.Context, added query) {
	c.queries = append(c.queries, added)
	for i := 0; len(c.queries) > maxQueries && i < len(c.queries)-1; {
		q := c.queries[i]
		if c.execLocal(ctx, "DROP TABLE IF EXISTS "+planner.QuoteName(q.schema.Name())+"."+planner.QuoteName(q.table)) != nil {
			i++
			continue
		}
		q.schema.Forget(q.table)
		c.queries = append(c.queries[:i], c.queries[i+1:]...)
	}
}
