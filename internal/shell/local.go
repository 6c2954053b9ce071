package shell

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sfsql/sfsql/internal/format"
)

// save writes the local tables to a file of SQLite's, which gets its name when
// it is whole.
func (s *Shell) save(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return usagef("usage: .save FILE")
	}
	if s.org == nil {
		return errNoOrg
	}
	if _, err := os.Lstat(args[0]); !errors.Is(err, fs.ErrNotExist) {
		return usagef("%s is there already: name a new file, or take that one away first", args[0])
	}
	dir, err := os.MkdirTemp(filepath.Dir(args[0]), ".sfsql-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	whole := filepath.Join(dir, "local.db")
	if _, err := s.org.Conn.ExecContext(ctx, "VACUUM main INTO ?", whole); err != nil {
		return err
	}
	return os.Rename(whole, args[0])
}

// importCSV reads a file into a local table, all of it or nothing.
func (s *Shell) importCSV(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return usagef("usage: .import FILE TABLE")
	}
	if s.org == nil {
		return errNoOrg
	}
	f, err := os.Open(args[0])
	if err != nil {
		return usagef("%v", err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if mark, _ := in.Peek(3); string(mark) == "\ufeff" {
		_, _ = in.Discard(3)
	}
	records := csv.NewReader(in)
	header, err := records.Read()
	if err != nil {
		return fmt.Errorf("%s: the line that names the columns: %w", args[0], err)
	}
	tx, err := s.org.Conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // of no effect after Commit
	n, err := importRows(ctx, tx, args[1], header, records)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.say("%s read into %s", format.Counted(n, "row"), args[1])
	return nil
}

func importRows(ctx context.Context, tx *sql.Tx, table string, header []string, records *csv.Reader) (n int64, err error) {
	table = "main." + quoteName(table)
	columns := make([]string, len(header))
	for i, name := range header {
		columns[i] = quoteName(name)
	}
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+table+" ("+strings.Join(columns, " TEXT, ")+" TEXT)"); err != nil {
		return 0, err
	}
	// By name, since a table that is there may have its columns in another order.
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(header)-1)+")")
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	values := make([]any, len(header))
	for {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		for i, v := range record {
			values[i] = orNull(v) // as exports write NULL
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return n, err
		}
		n++
	}
}
