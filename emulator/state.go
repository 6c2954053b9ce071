package emulator

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	_ "modernc.org/sqlite" // the format of state files
)

// WithState keeps what is written to the org in a SQLite file and starts with
// what it holds. Every transaction is on the disk before its answer is sent, so
// a process that is killed loses at most the one in flight. The file belongs
// to one seed, scale, schema and data, and to one process at a time; Start
// refuses it otherwise. Sessions, results and bulk jobs are not kept.
func WithState(file string) Option { return func(c *config) { c.state = file } }

// stateFormat changes where generated rows do, or how changes are kept.
const stateFormat = "1"

const stateSchema = `
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS change (seq INTEGER PRIMARY KEY, object INTEGER NOT NULL, change TEXT NOT NULL);`

// stateFile is an open state file; nil keeps nothing.
type stateFile struct {
	name string
	db   *sql.DB
}

// openState opens the file, or makes it, and brings what it holds into the
// store.
func openState(name string, s *store, loaded []*dataObject) (_ *stateFile, _ *store, err error) {
	if name == "" {
		return nil, s, nil
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, nil, fmt.Errorf("emulator: opening the state %s: %w", name, err)
	}
	db.SetMaxOpenConns(1)
	f := &stateFile{name: name, db: db}
	defer func() {
		if err != nil {
			_ = db.Close() // the first error tells more
		}
	}()
	if _, err := db.Exec(stateSchema); err != nil {
		return nil, nil, fmt.Errorf("emulator: opening the state %s: %w; it must be a state file that no other process has open", name, err)
	}
	if err := f.belongs(s, loaded); err != nil {
		return nil, nil, err
	}
	if err := f.replay(s); err != nil {
		return nil, nil, fmt.Errorf("emulator: reading the state %s: %w", name, err)
	}
	return f, s.seal(), nil
}

// belongs compares what the file was made for with this org, and notes it in a
// file that is new.
func (f *stateFile) belongs(s *store, loaded []*dataObject) error {
	for _, is := range []struct{ name, value string }{
		{"format", stateFormat},
		{"seed", strconv.FormatInt(int64(s.seed), 10)},
		{"scale", strconv.Itoa(s.scale)},
		{"schema", s.fingerprint(loaded)},
	} {
		var was string
		if _, err := f.db.Exec("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", is.name, is.value); err != nil {
			return fmt.Errorf("emulator: writing the state %s: %w", f.name, err)
		}
		if err := f.db.QueryRow("SELECT value FROM meta WHERE name = ?", is.name).Scan(&was); err != nil {
			return fmt.Errorf("emulator: reading the state %s: %w", f.name, err)
		}
		switch {
		case was == is.value:
		case is.name == "schema":
			return fmt.Errorf("emulator: the state %s was made with other objects or data; start with those, or with a new file", f.name)
		default:
			return fmt.Errorf("emulator: the state %s is of %s %s, not %s; start with that, or with a new file", f.name, is.name, was, is.value)
		}
	}
	return nil
}

// fingerprint tells schemas and loaded data apart.
func (s *store) fingerprint(loaded []*dataObject) string {
	h := sha256.New()
	for _, o := range s.objects {
		_, _ = fmt.Fprintf(h, "%q %q %d\n", o.Name, o.KeyPrefix, o.rows)
		for i := range o.Fields {
			_, _ = fmt.Fprintf(h, "\t%q %q\n", o.Fields[i].Name, o.Fields[i].Type)
		}
	}
	for _, o := range loaded {
		_, _ = fmt.Fprintf(h, "%q %q\n", o.Name, o.describe.text)
		if o.csv != nil {
			_, _ = fmt.Fprintf(h, "%q\n", o.csv.text)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// savedChange is a change as the file holds it.
type savedChange struct {
	Row    int          `json:"row"`
	Insert bool         `json:"insert,omitempty"`
	State  rowState     `json:"state,omitempty"`
	Values []savedValue `json:"values,omitempty"`
}

// savedValue is null where it has no kind.
type savedValue struct {
	Place int             `json:"field"`
	Kind  string          `json:"kind,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

// save keeps what a transaction wrote behind the given lengths of the logs.
func (f *stateFile) save(s *store, from []int) (err error) {
	if f == nil {
		return nil
	}
	tx, err := f.db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the first error tells more
		}
	}()
	for i, t := range s.tables {
		for _, c := range t.data.log[from[i]:] {
			text, err := encodeChange(c)
			if err != nil {
				return err
			}
			if _, err := tx.Exec("INSERT INTO change (object, change) VALUES (?, ?)", i, text); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}

func encodeChange(c change) (string, error) {
	out := savedChange{Row: c.row, Insert: c.insert, State: c.state}
	for _, v := range c.values {
		saved := savedValue{Place: v.place}
		switch v.value.(type) {
		case nil:
			out.Values = append(out.Values, saved)
			continue
		case string:
			saved.Kind = "text"
		case int64:
			saved.Kind = "whole"
		case float64:
			saved.Kind = "real"
		case bool:
			saved.Kind = "bool"
		case recordID:
			saved.Kind = "record"
		case []byte:
			saved.Kind = "bytes"
		default:
			return "", fmt.Errorf("a value of %T cannot be kept", v.value)
		}
		var err error
		if saved.Value, err = json.Marshal(v.value); err != nil {
			return "", err
		}
		out.Values = append(out.Values, saved)
	}
	text, err := json.Marshal(out)
	return string(text), err
}

// replay appends what the file holds to the logs.
func (f *stateFile) replay(s *store) error {
	rows, err := f.db.Query("SELECT object, change FROM change ORDER BY seq")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has told
	for rows.Next() {
		var object int
		var text []byte
		if err := rows.Scan(&object, &text); err != nil {
			return err
		}
		if object < 0 || object >= len(s.tables) {
			return errors.New("a change of no object")
		}
		d := s.tables[object].data
		c, err := decodeChange(text, d)
		if err != nil {
			return fmt.Errorf("a change of %s: %w", s.objects[object].Name, err)
		}
		d.append(c)
	}
	return rows.Err()
}

func decodeChange(text []byte, d *tableData) (change, error) {
	var saved savedChange
	if err := json.Unmarshal(text, &saved); err != nil {
		return change{}, err
	}
	c := change{row: saved.Row, insert: saved.Insert, state: saved.State}
	if c.row < 0 || c.insert && c.row != d.size || !c.insert && c.row >= d.size {
		return c, fmt.Errorf("there is no row %d", c.row)
	}
	for _, v := range saved.Values {
		if v.Place < 0 || v.Place >= len(d.base.obj.Fields) {
			return c, fmt.Errorf("there is no field %d", v.Place)
		}
		native, err := v.decode()
		if err != nil {
			return c, err
		}
		c.values = append(c.values, cellValue{v.Place, native})
	}
	return c, nil
}

func (v *savedValue) decode() (any, error) {
	switch v.Kind {
	case "":
		return nil, nil
	case "text":
		return decodeAs[string](v.Value)
	case "whole":
		return decodeAs[int64](v.Value)
	case "real":
		return decodeAs[float64](v.Value)
	case "bool":
		return decodeAs[bool](v.Value)
	case "record":
		return decodeAs[recordID](v.Value)
	case "bytes":
		return decodeAs[[]byte](v.Value)
	}
	return nil, fmt.Errorf("a value of kind %s", v.Kind)
}

func decodeAs[T any](text []byte) (any, error) {
	var v T
	err := json.Unmarshal(text, &v)
	return v, err
}

func (f *stateFile) close() {
	if f != nil {
		_ = f.db.Close() // every transaction is on the disk
	}
}
