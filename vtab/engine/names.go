package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Names are what a connection knows before hooks are added to it. On one that
// somebody else opened they are not ours to replace.
type Names struct{ modules, collations, functions map[string]bool }

// NamesOf asks a connection.
func NamesOf(ctx context.Context, conn driver.QueryerContext) (n Names, err error) {
	for _, list := range []struct {
		into *map[string]bool
		sql  string
	}{
		{&n.modules, "SELECT lower(name) FROM pragma_module_list"},
		{&n.collations, "SELECT lower(name) FROM pragma_collation_list"},
		{&n.functions, "SELECT DISTINCT lower(name) || ' ' || narg FROM pragma_function_list"},
	} {
		if *list.into, err = namesIn(ctx, conn, list.sql); err != nil {
			return n, fmt.Errorf("asking the connection what it knows: %w", err)
		}
	}
	return n, nil
}

func namesIn(ctx context.Context, conn driver.QueryerContext, sql string) (map[string]bool, error) {
	rows, err := conn.QueryContext(ctx, sql, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make(map[string]bool)
	for dest := make([]driver.Value, 1); ; {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
		name, _ := dest[0].(string)
		out[name] = true
	}
}

// Module refuses a name that is taken: replacing a module would take the
// other's tables away.
func (n Names) Module(name string) error {
	if n.modules[strings.ToLower(name)] {
		return fmt.Errorf("the connection has a module %s of its own", name)
	}
	return nil
}

// Collation refuses a name that is taken: under another comparison the
// connection's own indexes would be out of order, and our columns under theirs.
func (n Names) Collation(name string) error {
	if n.collations[strings.ToLower(name)] {
		return fmt.Errorf("the connection has a collation %s of its own, and the columns of sObjects need one of that name", name)
	}
	return nil
}

// Function reports whether a function is there, which then stays as it is.
func (n Names) Function(name string, args int) bool {
	return n.functions[fmt.Sprintf("%s %d", strings.ToLower(name), args)]
}
