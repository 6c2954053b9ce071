package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/internal/profile"
)

// attachStmt is ATTACH or DETACH of an org. SQLite never sees the DSN, and no
// error quotes it.
type attachStmt struct {
	conn   *conn
	text   string
	schema string
	dsn    string // empty where a parameter holds it
	param  bool
	detach bool
}

// attachment recognizes ATTACH [DATABASE] 'DSN' AS name, where the DSN may be
// a parameter, and DETACH [DATABASE] name of what was attached so. It returns
// nil for what is SQLite's own.
func (c *conn) attachment(text string) (driver.Stmt, error) {
	words := planner.FirstWords(text, 1)
	if len(words) == 0 || !words[0].Is("ATTACH") && !words[0].Is("DETACH") && !strings.Contains(strings.ToUpper(text), "ATTACH") {
		return nil, nil
	}
	statements := statementsOf(text)
	for _, words := range statements {
		s, err := c.readAttachment(words)
		if err != nil || s == nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		if len(statements) > 1 {
			return nil, fmt.Errorf("salesforce: %s of an org must be a statement by itself", strings.ToUpper(words[0].Text))
		}
		s.text = text
		return s, nil
	}
	return nil, nil
}

// statementsOf splits a text into the words of its statements.
func statementsOf(text string) [][]planner.Token {
	out := [][]planner.Token{nil}
	for _, t := range planner.FirstWords(text, len(text)) {
		if t.Kind == planner.SymbolToken && t.Text == ";" {
			out = append(out, nil)
			continue
		}
		out[len(out)-1] = append(out[len(out)-1], t)
	}
	return slices.DeleteFunc(out, func(words []planner.Token) bool { return len(words) == 0 })
}

func (c *conn) readAttachment(words []planner.Token) (*attachStmt, error) {
	attach := words[0].Is("ATTACH")
	if !attach && !words[0].Is("DETACH") {
		return nil, nil
	}
	rest := words[1:]
	if len(rest) > 1 && rest[0].Is("DATABASE") {
		rest = rest[1:]
	}
	if !attach {
		if len(rest) != 1 || rest[0].Name() == "" || c.place(rest[0].Name()) == nil {
			return nil, nil
		}
		return &attachStmt{conn: c, schema: rest[0].Name(), detach: true}, nil
	}
	if len(rest) == 3 && rest[1].Is("AS") && rest[2].Name() != "" {
		switch s := (&attachStmt{conn: c, schema: rest[2].Name()}); rest[0].Kind {
		case planner.ParamToken:
			s.param = true
			return s, nil
		case planner.StringToken, planner.QuotedToken, planner.WordToken:
			s.dsn = rest[0].Name()
			if ours, err := namesOrg(s.dsn); ours || err != nil {
				return s, err
			}
			return nil, nil
		}
	}
	// SQLite's error would quote what it does not understand.
	if slices.ContainsFunc(rest, func(t planner.Token) bool { return namesDSN(t.Text) }) {
		return nil, errors.New(msgAttach)
	}
	return nil, nil
}

const msgAttach = "salesforce: an org is attached by ATTACH 'DSN' AS name; the DSN is one string or parameter"

// namesDSN reports whether a DSN is part of a text.
func namesDSN(text string) bool { return strings.Contains(strings.ToLower(text), scheme+"://") }

// namesOrg reports whether a text names an org: as a DSN, as the built-in org,
// or by the name under which one is saved. Anything else is a file.
func namesOrg(text string) (bool, error) {
	if namesDSN(text) { // not only in front: ParseDSN says what is wrong, and quotes nothing
		return true, nil
	}
	name, _, _ := strings.Cut(text, "?")
	if name == demoHost {
		return true, nil
	}
	if profile.CheckName(name) != nil {
		return false, nil
	}
	store, err := profile.Open("")
	if err != nil {
		return false, fmt.Errorf("salesforce: looking whether an org is saved as %s: %w", name, err)
	}
	_, err = store.Get(name)
	var missing *profile.NotFoundError
	if errors.As(err, &missing) {
		return false, nil
	}
	return err == nil, err
}

// attachConfig reads the DSN of an org to attach.
func (c *conn) attachConfig(dsn string) (*Config, error) {
	cfg, err := ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	if cfg.LocalFile != "" {
		return nil, &DSNError{Msg: "an attached org has no local file: local tables are the connection's"}
	}
	cfg.Logger = c.org.cfg.Logger
	return cfg.ready()
}

// attach logs in to an org, unless another connection of the connector has,
// and gives its tables a schema.
func (c *conn) attach(ctx context.Context, schema, dsn string) error {
	cfg, err := c.attachConfig(dsn)
	if err == nil {
		err = c.add(ctx, schema, func() (*org, error) { return c.connector.attach(ctx, cfg) })
	}
	if err != nil {
		return fmt.Errorf("salesforce: attaching %s: %w", schema, err)
	}
	return nil
}

// add attaches a database for an org's tables. SQLite refuses a name that is
// in use before anybody logs in.
func (c *conn) add(ctx context.Context, schema string, open func() (*org, error)) error {
	if err := c.execLocal(ctx, "ATTACH ':memory:' AS "+planner.QuoteName(schema)); err != nil {
		return err
	}
	o, err := open()
	if err == nil {
		var p *place
		if p, err = addPlace(ctx, c.vt, o, schema); err == nil {
			c.places = append(c.places, p)
			return nil
		}
	}
	_ = c.execLocal(context.WithoutCancel(ctx), "DETACH "+planner.QuoteName(schema)) // the first error tells more
	return err
}

// detach takes an org's tables away. Its login stays the connector's.
func (c *conn) detach(ctx context.Context, schema string) error {
	p := c.place(schema)
	if p == c.places[0] {
		return fmt.Errorf("salesforce: %s is the connection's own org and stays", schema)
	}
	if err := c.execLocal(ctx, "DETACH "+planner.QuoteName(schema)); err != nil {
		return err
	}
	c.vt.RemoveSchema(p.schema)
	c.places = slices.DeleteFunc(c.places, func(o *place) bool { return o == p })
	c.queries = slices.DeleteFunc(c.queries, func(q query) bool { return q.schema == p.schema })
	return nil
}

// NumInput returns -1: whose the parameter is shows when it comes.
func (s *attachStmt) NumInput() int { return -1 }

// Close does nothing: nothing was prepared.
func (s *attachStmt) Close() error { return nil }

// CheckNamedValue converts parameters as the connection does.
func (s *attachStmt) CheckNamedValue(v *driver.NamedValue) error { return s.conn.CheckNamedValue(v) }

// ExecContext attaches or detaches.
func (s *attachStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	ctx = s.conn.statement(ctx)
	if s.detach {
		return driver.ResultNoRows, s.conn.detach(ctx, s.schema)
	}
	dsn := s.dsn
	if s.param {
		var ok bool
		if len(args) == 1 {
			dsn, ok = args[0].Value.(string)
		}
		if ours, err := namesOrg(dsn); err != nil {
			return nil, err
		} else if !ok || !ours {
			r, err := s.conn.vt.Engine().(driver.ExecerContext).ExecContext(ctx, s.text, args)
			return r, s.conn.failure(ctx, err)
		}
	} else if len(args) > 0 {
		return nil, fmt.Errorf("salesforce: attaching %s: the statement has no parameter", s.schema)
	}
	return driver.ResultNoRows, s.conn.attach(ctx, s.schema, dsn)
}

// QueryContext attaches or detaches, and returns no rows.
func (s *attachStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if _, err := s.ExecContext(ctx, args); err != nil {
		return nil, err
	}
	return noRows{}, nil
}

// Exec attaches or detaches without a context.
func (s *attachStmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

// Query attaches or detaches without a context.
func (s *attachStmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

// noRows is the result of a statement that has none.
type noRows struct{}

func (noRows) Columns() []string         { return nil }
func (noRows) Close() error              { return nil }
func (noRows) Next([]driver.Value) error { return io.EOF }

var (
	_ driver.StmtExecContext   = (*attachStmt)(nil)
	_ driver.StmtQueryContext  = (*attachStmt)(nil)
	_ driver.NamedValueChecker = (*attachStmt)(nil)
)
