package lawtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sfsql/sfsql/emulator"
)

// connector opens plain connections. Each has an empty main database, and the
// org's tables in an attached one named salesforce, as the driver's do.
type connector struct{ file string }

// Connect opens a connection.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := plain.Open(":memory:")
	if err != nil || c.file == "" {
		return conn, err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "ATTACH '"+strings.ReplaceAll(c.file, "'", "''")+"' AS salesforce", nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// Driver returns the oracle's SQLite.
func (c connector) Driver() driver.Driver { return plain }

// load writes an org's records into a new file of ordinary tables.
func load(ctx context.Context, file string, org *emulator.Server, s shape, objects []string) error {
	db := sql.OpenDB(connector{file})
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("lawtest: making the oracle: %w", err)
	}
	defer tx.Rollback()
	for _, name := range objects {
		if err := loadObject(ctx, tx, org, s, name); err != nil {
			return fmt.Errorf("lawtest: loading %s: %w", name, err)
		}
	}
	return tx.Commit()
}

func loadObject(ctx context.Context, tx *sql.Tx, org *emulator.Server, s shape, name string) error {
	o := org.Describe(name)
	if o == nil {
		return errors.New("there is no such object")
	}
	columns := columnsOf(o, s)
	create := strings.Replace(createTable(o.Name, columns), "CREATE TABLE ", "CREATE TABLE salesforce.", 1)
	if _, err := tx.ExecContext(ctx, create); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO salesforce."+quoteName(o.Name)+" VALUES ("+strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",")+")")
	if err != nil {
		return err
	}
	defer insert.Close()
	bound := boundOf(o)
	org.Scan(o.Name, s.deleted, func(record []any) bool {
		if s.startDate != "" && bound >= 0 && !reaches(record[bound], s.startDate) {
			return true
		}
		values := make([]any, len(columns))
		for i, c := range columns {
			if values[i], err = convert(&c.field, record[c.at]); err != nil {
				return false
			}
		}
		_, err = insert.ExecContext(ctx, values...)
		return err == nil
	})
	return err
}

// boundOf returns which field start_date bounds, -1 where none is there.
func boundOf(o *emulator.Object) int {
	for _, name := range []string{"SystemModstamp", "CreatedDate", "LoginTime"} {
		for i, f := range o.Fields {
			if f.Name == name {
				return i
			}
		}
	}
	return -1
}

func reaches(value any, start string) bool {
	t, ok := value.(time.Time)
	return ok && compareTime(timeText(t), start) >= 0
}

func timeText(t time.Time) string {
	t = t.UTC()
	return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1e6)
}

// convert returns the value that an ordinary table holds for a value of the
// emulator's store.
func convert(f *emulator.Field, v any) (any, error) {
	switch v := v.(type) {
	case nil, string, []byte:
		return v, nil
	case int64:
		if f.Type == "double" || f.Type == "currency" || f.Type == "percent" {
			return float64(v), nil
		}
		return v, nil
	case float64:
		if f.Type == "anyType" {
			return anyNumber(v)
		}
		return v, nil
	case bool:
		if f.Type == "anyType" {
			return strconv.FormatBool(v), nil
		}
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case time.Time:
		return timeText(v), nil
	case map[string]any:
		b, err := json.Marshal(v)
		return string(b), err
	}
	return nil, fmt.Errorf("%s holds a %T", f.Name, v)
}

// anyNumber writes a number as Salesforce's JSON does, from 0.001 to 10
// million: decimal, with at least one digit after the point.
func anyNumber(v float64) (any, error) {
	if v != 0 && (v < 1e-3 || v >= 1e7) {
		return nil, fmt.Errorf("%v would have an exponent", v)
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s, nil
}
