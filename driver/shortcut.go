package driver

import (
	"context"
	"database/sql/driver"
	"io"

	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/vtab"
)

// shortcut is what is known of a statement's program: whether its rows may go
// from the scan to the caller without passing through SQLite's machine, which
// costs more than decoding them.
type shortcut struct {
	loop    *vtab.Loop // nil: they may not
	planned int        // Conn.Planned when the program was read
	read    bool
	fresh   bool // read for the run that starts
}

// readShortcut reads the program that SQLite will run, with these parameters,
// unless what was read before still holds. A statement without a table of the
// org is not looked at.
func (s *stmt) readShortcut(ctx context.Context, args []driver.NamedValue) {
	vt := s.conn.vt
	s.short.fresh = false
	if !s.conn.org.cfg.Shortcut || !s.scans || s.short.read && s.short.planned == vt.Planned() {
		return
	}
	s.short = shortcut{read: true, fresh: true}
	if explainable(s.text) {
		vt.Start(ctx, s.analysis)
		program, err := s.conn.program(ctx, s.text, args)
		if err == nil { // otherwise the statement itself will tell
			s.short.loop, _ = vtab.ReadLoop(program)
		}
		vt.Resume(ctx, s.analysis)
	}
	s.short.planned = vt.Planned()
}

// holds reports, once the statement runs, whether its program is the one that
// was read. SQLite prepares a statement again where the schema or a parameter
// asks for it: the same way as the program that was read just before, but not
// as one from an earlier run.
func (c *shortcut) holds(vt *vtab.Conn) bool {
	planned := vt.Planned()
	ok := c.fresh || c.planned == planned
	if c.fresh {
		c.planned = planned
	}
	return ok
}

// explainable reports whether a text is one SELECT. Behind a semicolon there
// may be a statement that EXPLAIN does not reach.
func explainable(text string) bool {
	first, ended := true, false
	for _, t := range planner.Lex(text) {
		switch {
		case t.Kind == planner.SpaceToken:
		case t.Kind == planner.SymbolToken && t.Text == ";":
			ended = true
		case ended || first && !t.Is("SELECT"):
			return false
		default:
			first = false
		}
	}
	return !first
}

// program lists a statement's program. The columns are addr, opcode, p1, p2,
// p3, p4, p5, comment: https://sqlite.org/opcode.html
func (c *conn) program(ctx context.Context, text string, args []driver.NamedValue) ([]vtab.Instruction, error) {
	rows, err := c.vt.Engine().(driver.QueryerContext).QueryContext(ctx, "EXPLAIN "+text, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []vtab.Instruction
	for dest := make([]driver.Value, len(rows.Columns())); ; {
		switch err := rows.Next(dest); {
		case err == io.EOF:
			return out, nil
		case err != nil:
			return nil, err
		}
		i := vtab.Instruction{P1: whole(dest[2]), P2: whole(dest[3]), P3: whole(dest[4]), P5: whole(dest[6])}
		i.Op, _ = dest[1].(string)
		i.P4, _ = dest[5].(string)
		out = append(out, i)
	}
}

func whole(v driver.Value) int64 {
	n, _ := v.(int64)
	return n
}

// takeShortcut makes the rows come straight from the scan, if SQLite's first
// row, which has just been handed out, shows that they may.
func (r *rows) takeShortcut(first []driver.Value) {
	loop := r.loop
	r.loop = nil
	if s := r.conn.vt.Scanned(); !s.None() { // of an engine that starts with the first row
		r.scanned = s
	}
	if r.direct = r.scanned.Direct(loop, first, r.times); r.direct != nil {
		r.conn.org.shortcuts.Add(1)
	}
}
