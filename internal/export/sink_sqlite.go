package export

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // files are written with the engine that is there already
)

// sqliteSink is a table in an SQLite file of its own. Its rows have the rowids
// 1, 2, 3 …, so that those after a mark can be told.
type sqliteSink struct {
	path    string
	o       sinkOptions
	db      *sql.DB
	tx      *sql.Tx
	insert  *sql.Stmt // of one row
	several *sql.Stmt // of insertRows
	held    []any     // values of the rows that wait for others
	at      mark
}

func openSQLite(path string, at mark, o sinkOptions) (*sqliteSink, error) {
	if at.Parts == 0 {
		at = mark{}
		for _, name := range []string{path, path + "-journal"} {
			if err := removeIfThere(name); err != nil {
				return nil, err
			}
		}
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: "_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	s := &sqliteSink{path: path, o: o, db: db, at: at}
	if err := s.cutBack(); err != nil {
		s.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// cutBack makes the table, or leaves of it what the mark knows.
func (s *sqliteSink) cutBack() error {
	ctx := context.Background() // what is on the disk is put in order whoever waits
	if s.at.Parts == 0 {
		_, err := s.db.ExecContext(ctx, "CREATE TABLE "+quoteName(s.o.table)+" (\n  "+strings.Join(s.o.ddl, ",\n  ")+"\n)")
		return err
	}
	if _, err := s.db.ExecContext(ctx, "DELETE FROM "+quoteName(s.o.table)+" WHERE rowid > ?", s.at.Rows); err != nil {
		return err
	}
	var n int64
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM "+quoteName(s.o.table)).Scan(&n); err != nil {
		return err
	}
	if n != s.at.Rows {
		return fmt.Errorf("the table has %d rows and had %d: begin anew, without --resume", n, s.at.Rows)
	}
	return nil
}

// begin starts the transaction of a part.
func (s *sqliteSink) begin() error {
	tx, err := s.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	s.tx = tx
	if s.insert, err = s.prepare(1); err != nil {
		return err
	}
	s.several, err = s.prepare(insertRows)
	return err
}

// insertRows is how many rows one INSERT has: a statement costs more than a
// row. SQLite takes 32,766 parameters.
const insertRows = 16

func (s *sqliteSink) prepare(rows int) (*sql.Stmt, error) {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(s.o.columns)), ",") + ")"
	return s.tx.PrepareContext(context.Background(), "INSERT INTO "+quoteName(s.o.table)+" VALUES "+row+strings.Repeat(","+row, rows-1))
}

func (s *sqliteSink) row(values []any) error {
	if s.tx == nil {
		if err := s.begin(); err != nil {
			return outputError(err)
		}
	}
	s.at.Rows++
	s.held = append(s.held, values...)
	if len(s.held) < insertRows*len(values) {
		return nil
	}
	_, err := s.several.ExecContext(context.Background(), s.held...)
	s.held = s.held[:0]
	return outputError(err)
}

// release inserts the rows that wait for others, one by one.
func (s *sqliteSink) release() error {
	for width := len(s.o.columns); len(s.held) > 0; s.held = s.held[width:] {
		if _, err := s.insert.ExecContext(context.Background(), s.held[:width]...); err != nil {
			return err
		}
	}
	s.held = nil
	return nil
}

func (s *sqliteSink) endPart() (mark, error) {
	if s.tx != nil {
		err := errors.Join(s.release(), s.insert.Close(), s.several.Close())
		if err == nil {
			err = s.tx.Commit()
			s.tx = nil
		}
		if err != nil {
			return mark{}, outputError(err)
		}
	}
	s.at.Parts++
	return s.at, nil
}

func (s *sqliteSink) finish() (sum, error) {
	if s.o.key != "" {
		// It finds a record by its Id, and would find one that came twice.
		index := "CREATE UNIQUE INDEX IF NOT EXISTS " + quoteName(s.o.table+"_"+s.o.key) + " ON " + quoteName(s.o.table) + " (" + quoteName(s.o.key) + ")"
		_, err := s.db.ExecContext(context.Background(), index)
		if err != nil && strings.Contains(err.Error(), "UNIQUE") {
			return sum{}, fmt.Errorf("two records have one Id: %w", err)
		}
		if err != nil {
			return sum{}, outputError(err)
		}
	}
	if err := s.db.Close(); err != nil {
		return sum{}, outputError(err)
	}
	if err := syncFile(s.path); err != nil {
		return sum{}, outputError(err)
	}
	out, err := hashFile(s.path)
	return out, outputError(err)
}

func (s *sqliteSink) close() {
	if s.tx != nil {
		_ = s.tx.Rollback()
	}
	_ = s.db.Close()
}

// declarations returns the columns as CREATE TABLE wants them: declared as in
// the shell's .schema, but without the collations that only the driver has.
func declarations(columns []column) []string {
	used := map[string]bool{}
	out := make([]string, len(columns))
	for i, c := range columns {
		name := c.name
		for n := 1; used[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s:%d", c.name, n)
		}
		used[strings.ToLower(name)] = true
		out[i] = strings.TrimSpace(quoteName(name) + " " + c.declared)
		if c.collation == "NOCASE" {
			out[i] += " COLLATE NOCASE"
		}
	}
	return out
}

// declaredAs is how a column of a result is declared that no sObject declares.
func declaredAs(typeName string) string {
	switch typeName {
	case "DATE", "DATETIME", "TIME":
		return typeName + " TEXT" // or SQLite would make a number of '2024'
	case "BOOLEAN":
		return "BOOLEAN INTEGER"
	}
	return typeName
}
