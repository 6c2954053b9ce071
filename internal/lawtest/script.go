package lawtest

import (
	"database/sql"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// entry is one statement of a script.
type entry struct {
	line       int
	mode       mode
	limit      int
	offset     int
	labels     []string
	args       []any
	divergence string
	sql        string
}

func (e *entry) has(label string) bool { return slices.Contains(e.labels, label) }

// statement is what the driver runs, and against what the oracle's answer
// stands: of a limited entry the oracle runs the unlimited one.
func (e *entry) statement() (driver, oracle string) {
	if e.mode != limited {
		return e.sql, e.sql
	}
	driver = fmt.Sprintf("%s LIMIT %d", e.sql, e.limit)
	if e.offset > 0 {
		driver += fmt.Sprintf(" OFFSET %d", e.offset)
	}
	return driver, e.sql
}

func readScript(file string) ([]entry, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("lawtest: reading a script: %w", err)
	}
	var out []entry
	var block []string
	start := 0
	flush := func() error {
		if len(block) == 0 {
			return nil
		}
		e, err := parseEntry(block)
		if err != nil {
			return fmt.Errorf("lawtest: %s:%d: %w", file, start, err)
		}
		e.line = start
		out, block = append(out, e), nil
		return nil
	}
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
			continue
		case strings.TrimSpace(line) == "":
			if err := flush(); err != nil {
				return nil, err
			}
			continue
		case len(block) == 0:
			start = i + 1
		}
		block = append(block, line)
	}
	return out, flush()
}

func parseEntry(lines []string) (entry, error) {
	var e entry
	if err := e.header(strings.Fields(lines[0])); err != nil {
		return e, err
	}
	rest := lines[1:]
	for len(rest) > 0 {
		if args, ok := strings.CutPrefix(rest[0], "args "); ok {
			var err error
			if e.args, err = parseArgs(args); err != nil {
				return e, err
			}
		} else if reason, ok := strings.CutPrefix(rest[0], "divergence: "); ok {
			e.divergence = reason
		} else {
			break
		}
		rest = rest[1:]
	}
	e.sql = strings.Join(rest, "\n")
	if e.sql == "" {
		return e, fmt.Errorf("the statement is missing")
	}
	return e, nil
}

var modes = map[string]mode{"nosort": nosort, "rowsort": rowsort, "sums": sums, "limit": limited}

func (e *entry) header(words []string) error {
	switch words[0] {
	case "error":
		e.mode, e.labels = failing, words[1:]
		return nil
	case "exec":
		e.mode, e.labels = executed, words[1:]
		return nil
	case "query":
	default:
		return fmt.Errorf("a header begins with query, error or exec, not with %q", words[0])
	}
	if len(words) < 2 {
		return fmt.Errorf("query needs a mode")
	}
	var ok bool
	if e.mode, ok = modes[words[1]]; !ok {
		return fmt.Errorf("there is no mode %q", words[1])
	}
	words = words[2:]
	if e.mode == limited {
		numbers := []*int{&e.limit, &e.offset}
		for len(words) > 0 && len(numbers) > 0 {
			n, err := strconv.Atoi(words[0])
			if err != nil {
				break
			}
			*numbers[0], numbers, words = n, numbers[1:], words[1:]
		}
		if len(numbers) == 2 {
			return fmt.Errorf("limit needs a number")
		}
	}
	e.labels = words
	for _, label := range words {
		if label != "hidden" && label != "small" {
			return fmt.Errorf("there is no label %q", label)
		}
	}
	return nil
}

func parseArgs(s string) ([]any, error) {
	var out []any
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		name := ""
		if s[0] == ':' {
			n, rest, ok := strings.Cut(s[1:], "=")
			if !ok {
				return nil, fmt.Errorf("%q has no value", s)
			}
			name, s = n, rest
		}
		v, rest, err := parseArg(s)
		if err != nil {
			return nil, err
		}
		s = rest
		if name != "" {
			v = sql.Named(name, v)
		}
		out = append(out, v)
	}
	return out, nil
}

func parseArg(s string) (v any, rest string, err error) {
	kind, value, _ := strings.Cut(s, ":")
	if (kind == "t" || kind == "b") && strings.HasPrefix(value, `"`) {
		quoted, err := strconv.QuotedPrefix(value)
		if err != nil {
			return nil, "", fmt.Errorf("argument %s: %w", s, err)
		}
		text, err := strconv.Unquote(quoted)
		if v = text; kind == "b" {
			v = []byte(text)
		}
		return v, value[len(quoted):], err
	}
	word, rest, _ := strings.Cut(s, " ")
	_, value, _ = strings.Cut(word, ":")
	switch {
	case word == "nil":
	case word == "true":
		v = true
	case word == "false":
		v = false
	case word == "r:+Inf":
		v = math.Inf(1)
	case kind == "i":
		v, err = strconv.ParseInt(value, 10, 64)
	case kind == "r":
		v, err = strconv.ParseFloat(value, 64)
	case kind == "time":
		v, err = time.Parse(time.RFC3339Nano, value)
	default:
		err = fmt.Errorf("argument %q is of no known kind", word)
	}
	return v, rest, err
}

// oracleArgs are the parameters as plain SQLite gets them: a time as a text
// that SFTIME reads.
func oracleArgs(args []any) []any {
	out := make([]any, len(args))
	for i, v := range args {
		switch v := v.(type) {
		case time.Time:
			out[i] = instantText(v)
		case sql.NamedArg:
			if t, ok := v.Value.(time.Time); ok {
				v.Value = instantText(t)
			}
			out[i] = v
		default:
			out[i] = v
		}
	}
	return out
}

func instantText(t time.Time) string {
	t = t.UTC()
	s := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d", t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second())
	if n := t.Nanosecond(); n > 0 {
		s += strings.TrimRight(fmt.Sprintf(".%09d", n), "0")
	}
	return s + "Z"
}
