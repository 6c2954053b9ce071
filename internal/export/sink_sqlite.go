package export

import (
	"fmt"
	"strings"

	"github.com/sfsql/sfsql/internal/sqlitefile"
)

// sqliteSink is a table in an SQLite file of its own. Its rows have the rowids
// 1, 2, 3 …, so that those after a mark can be told. A part is a transaction,
// with SQLite's own journal: what a killed export leaves in the file is undone
// when it is opened again.
type sqliteSink struct {
	path   string
	o      sinkOptions
	db     *sqlitefile.DB
	insert *sqlitefile.Insert // of the part being written; nil between parts
	at     mark
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
	db, err := sqlitefile.Open(path)
	if err != nil {
		return nil, err
	}
	s := &sqliteSink{path: path, o: o, db: db, at: at}
	if err := s.cutBack(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// sqlitePage is larger than SQLite's own default: a table that is only added to
// is written in fewer, longer pieces.
const sqlitePage = "PRAGMA page_size = 8192; "

// cutBack makes the table, or leaves of it what the mark knows.
func (s *sqliteSink) cutBack() error {
	table := quoteName(s.o.table)
	if s.at.Parts == 0 {
		return s.db.Exec(sqlitePage + "CREATE TABLE " + table + " (\n  " + strings.Join(s.o.ddl, ",\n  ") + "\n)")
	}
	if err := s.db.Exec(fmt.Sprintf("DELETE FROM %s WHERE rowid > %d", table, s.at.Rows)); err != nil {
		return err
	}
	n, err := s.db.Int("SELECT count(*) FROM " + table)
	if err != nil {
		return err
	}
	if n != s.at.Rows {
		return fmt.Errorf("%s has %d rows and had %d: begin anew, without --resume", s.path, n, s.at.Rows)
	}
	return nil
}

// begin starts the transaction of a part.
func (s *sqliteSink) begin() (err error) {
	if err := s.db.Exec("BEGIN"); err != nil {
		return err
	}
	s.insert, err = s.db.Insert(s.o.table, len(s.o.columns))
	return err
}

func (s *sqliteSink) row(values []any) error {
	if s.insert == nil {
		if err := s.begin(); err != nil {
			return outputError(err)
		}
	}
	s.at.Rows++
	return outputError(s.insert.Row(values))
}

func (s *sqliteSink) endPart() (mark, error) {
	if s.insert != nil {
		err := s.insert.Flush()
		s.insert.Close()
		s.insert = nil
		if err == nil {
			err = s.db.Exec("COMMIT")
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
		err := s.db.Exec(index)
		if sqlitefile.IsUnique(err) {
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

// close leaves a part that is not finished for SQLite to undo.
func (s *sqliteSink) close() {
	if s.insert != nil {
		s.insert.Close()
		s.insert = nil
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
