package lawtest

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/sfsql/sfsql/emulator"
)

// kind is what a column's values are, as the generator sees them.
type kind uint8

const (
	aText kind = iota
	anID
	aNumber
	aBool
	aTime
)

// source is a table that statements are generated over.
type source struct {
	name    string
	columns []column // the Id first
}

// column has some values of the data.
type column struct {
	name string
	kind kind
	to   string // of an Id: which object's
	// foreign are the values with letters beyond ASCII, where there are many.
	foreign    []any
	filterable bool
	values     []any
}

func kindOf(f *emulator.Field) kind {
	switch f.Type {
	case "id", "reference":
		return anID
	case "int", "long", "double", "currency", "percent":
		return aNumber
	case "boolean":
		return aBool
	case "date", "datetime", "time":
		return aTime
	}
	return aText
}

// study reads what values the columns of a table have.
func study(ctx context.Context, oracle *sql.DB, o *emulator.Object, keep func(field string) bool) (source, error) {
	s := source{name: o.Name}
	for _, spec := range columnsOf(o, shape{}) {
		f := &spec.field
		if f.Type != "id" && !keep(f.Name) {
			continue
		}
		c := column{name: f.Name, kind: kindOf(f), filterable: f.Filterable, to: strings.Join(f.ReferenceTo, ",")}
		if f.Type == "id" {
			c.to = o.Name
		}
		const most = 150
		a := ask(ctx, oracle, fmt.Sprintf("SELECT DISTINCT %s COLLATE BINARY FROM %s WHERE %[1]s IS NOT NULL LIMIT %[3]d", quoteName(c.name), quoteName(s.name), most), nil)
		if a.err != nil {
			return s, fmt.Errorf("lawtest: reading the values of %s.%s: %w", s.name, c.name, a.err)
		}
		for _, row := range a.rows {
			c.values = append(c.values, row[0])
			if strings.ContainsFunc(asText(row[0]), func(r rune) bool { return r > unicode.MaxASCII }) {
				c.foreign = append(c.foreign, row[0])
			}
		}
		if len(c.foreign) < len(c.values)/20 {
			c.foreign = nil
		}
		s.columns = append(s.columns, c)
	}
	return s, nil
}

// value returns a value to compare a column with: one of its own, a
// neighbour of one, or something of another type.
func (m *maker) value(c *column) any {
	if len(c.values) == 0 || m.chance(8) {
		return m.stranger()
	}
	v := one(m, c.values)
	if len(c.foreign) > 0 && m.chance(40) {
		v = one(m, c.foreign)
	}
	near := 50
	if c.kind == aTime {
		near = 75 // there are many ways to write an instant
	}
	if !m.chance(near) {
		return v
	}
	switch c.kind {
	case anID:
		return m.nearID(v.(string))
	case aNumber, aBool:
		return m.nearNumber(v)
	case aTime:
		return m.nearTime(asText(v))
	default:
		return m.nearText(asText(v))
	}
}

// strangers are values of other types, and those at the ends of types.
var strangers = []any{
	nil, nil, int64(0), int64(1), int64(-1), int64(42), 0.5, 1e300, -1e300, 1e-300, int64(math.MaxInt64), int64(math.MinInt64),
	int64(9007199254740993), 9007199254740992.0, int64(2147483648), 99999999999999999.0, math.Copysign(0, -1), int64(2024), 2024.5,
	"", " ", "0", "1", "1.0", "1e1", "0x10", "abc", "ABC", "é", "É", "K", "\u212a", "i", "İ", "'", "\\", "%", "_", "a%", "😀", "null", "true",
	"2024", "2024-01", "2024-01-31", "2024-02-30", "2024-01-31T10:15:00Z", "001Kj0000004CCA", "000000000000000AAA", "012000000000000AAA",
	[]byte("abc"),
	[]byte{},
	[]byte{0xff},
}

func (m *maker) stranger() any { return one(m, strangers) }

func (m *maker) nearID(id string) any {
	switch m.IntN(6) {
	case 0, 1:
		return id[:15]
	case 2:
		return id[:15] + "xyz"
	case 3:
		return strings.ToUpper(id)
	case 4:
		return id[:m.IntN(15)]
	default:
		// The next of its kind: a case twin, or the neighbour.
		last := id[14]
		return id[:14] + string(rune(last^0x20)) + id[15:]
	}
}

func (m *maker) nearNumber(v any) any {
	f, isReal := v.(float64)
	n, _ := v.(int64)
	if !isReal {
		f = float64(n)
	}
	switch m.IntN(9) {
	case 0:
		return math.Nextafter(f, math.Inf(1))
	case 1:
		return math.Nextafter(f, math.Inf(-1))
	case 2:
		return f + 0.5
	case 3:
		return -f
	case 4:
		return asText(v)
	case 5:
		return strconv.FormatFloat(f, 'e', -1, 64)
	case 6:
		return f
	case 7:
		if !isReal && n < math.MaxInt64 {
			return n + 1
		}
		return math.Trunc(f)
	default:
		return asText(v) + one(m, []string{" ", "x", ".0", "0"})
	}
}

func (m *maker) nearTime(s string) any {
	date, clock, _ := strings.Cut(s, "T")
	if len(date) < 10 {
		return one(m, []string{strings.TrimSuffix(s, "Z"), s[:5], s[:2], s + "0"})
	}
	if clock == "" {
		clock = "00:00:00.000Z"
	}
	switch m.IntN(17) {
	case 0:
		return date
	case 1:
		return date[:4]
	case 2:
		return date[:7]
	case 3:
		return date + " " + strings.TrimSuffix(clock, "Z")
	case 4, 12, 13, 14:
		return date + "T" + strings.TrimSuffix(clock, "Z") + "4Z"
	case 5:
		return date + "T" + strings.TrimSuffix(clock, ".000Z") + "+02:00"
	case 6, 11, 15:
		return date + "T12:34"
	case 7:
		return date + "T" + clock + "x"
	case 8:
		return date[:8] + "31"
	case 9:
		return date + "T23:59:59.9999-0130"
	default:
		return date + "T24:00:00Z"
	}
}

func (m *maker) nearText(s string) any {
	letters := []rune(s)
	switch m.IntN(10) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToLower(s)
	case 2:
		return s + " "
	case 3:
		return " " + s
	case 4:
		return string(letters[:m.IntN(len(letters)+1)])
	case 5:
		return s + one(m, []string{"%", "_", "'", "\\", "x", "\x00"})
	case 6:
		return []byte(s)
	case 7, 8:
		return strings.Map(unicode.SimpleFold, s)
	default:
		return swapASCII(s)
	}
}

// swapASCII changes the case of ASCII letters, which is what NOCASE folds.
func swapASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			b[i] = c ^ 0x20
		}
	}
	return string(b)
}

func asText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}

// literal writes a value as SQL does.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		if v == math.MinInt64 {
			return "(-9223372036854775807 - 1)"
		}
		return strconv.FormatInt(v, 10)
	case float64:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	case []byte:
		return fmt.Sprintf("x'%x'", v)
	}
	s := v.(string)
	if strings.ContainsRune(s, 0) {
		return fmt.Sprintf("CAST(x'%x' AS TEXT)", s)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
