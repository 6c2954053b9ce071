package salesforce

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sfsql/sfsql/soql"
)

// store decodes v, one JSON value, into a column of the row in hand.
func (d *pageDecoder) store(col int, v jsontext.Value) error {
	at, err := d.claim(col)
	if err != nil {
		return err
	}
	p, kind := d.page, v.Kind()
	if kind == 'n' {
		p.set(at, 0, null)
		return nil
	}
	switch want := d.columns[col].Kind; want {
	case soql.KindInt:
		if kind != '0' {
			return notWhole(v)
		}
		return p.setInt(at, v)
	case soql.KindReal:
		if kind != '0' {
			return fmt.Errorf("%s is not a number", clip(v))
		}
		return p.setReal(at, v)
	case soql.KindBool:
		switch kind {
		case 't':
			p.set(at, 1, present)
		case 'f':
			p.set(at, 0, present)
		default:
			return fmt.Errorf("%s is not a boolean", clip(v))
		}
		return nil
	default:
		begin := len(p.text)
		text, err := appendText(p.text, want, v)
		if err != nil {
			return err
		}
		return p.setText(at, want, text, begin)
	}
}

// appendText appends the text of a JSON value.
func appendText(dst []byte, want soql.Kind, v jsontext.Value) ([]byte, error) {
	if want == soql.KindJSON {
		return jsontext.AppendFormat(dst, v, jsonOptions, jsontext.PreserveRawStrings(true))
	}
	switch v.Kind() {
	case '"':
		return appendUnquoted(dst, v), nil
	case '{', '[':
		return nil, errors.New("the answer has an object where a single value belongs")
	}
	return append(dst, v...), nil
}

// canonical gives the value at dst[begin:] the form of its kind, in which both
// APIs agree.
func canonical(dst []byte, begin int, kind soql.Kind) ([]byte, error) {
	switch {
	case len(dst) == begin:
	case kind == soql.KindDate:
		if !isDate(dst[begin:]) {
			return nil, fmt.Errorf("%q is not a date", clip(dst[begin:]))
		}
	case kind == soql.KindDatetime:
		return canonicalDatetime(dst, begin)
	case kind == soql.KindTime:
		return canonicalTime(dst, begin)
	}
	return dst, nil
}

// appendUnquoted appends a JSON string's value. NUL bytes are dropped: no
// client of Salesforce keeps them, and Bulk's would differ from REST's.
func appendUnquoted(dst []byte, v jsontext.Value) []byte {
	if inner := v[1 : len(v)-1]; plain(inner, '\\') {
		return append(dst, inner...)
	}
	begin := len(dst)
	// The decoder has checked the syntax; what is left to complain about is
	// invalid UTF-8, which has become U+FFFD.
	dst, _ = jsontext.AppendUnquote(dst, v)
	if bytes.IndexByte(v, '\\') < 0 || bytes.IndexByte(dst[begin:], 0) < 0 {
		return dst
	}
	return dropNUL(dst, begin)
}

// dropNUL takes the NUL bytes out of dst[begin:].
func dropNUL(dst []byte, begin int) []byte {
	kept := dst[:begin]
	for _, c := range dst[begin:] {
		if c != 0 {
			kept = append(kept, c)
		}
	}
	return kept
}

// parseReal reads a number of JSON's syntax. Adding zero turns -0 into 0: a
// database that stores reals as SQLite does has no negative zero.
func parseReal(v []byte) (float64, error) {
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		return 0, fmt.Errorf("%s is out of range", clip(v))
	}
	return f + 0, nil
}

// parseInt reads a whole number of JSON's syntax, also one in Java's
// floating-point form (5.0, 1.39E8), and never rounds.
func parseInt(v []byte) (int64, error) {
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return n, nil
	}
	// The exponent is bounded before big.Rat is asked: 1E999999999 would take
	// all memory.
	if len(v) < 64 && smallExponent(v) {
		if r, ok := new(big.Rat).SetString(string(v)); ok && r.IsInt() && r.Num().IsInt64() {
			return r.Num().Int64(), nil
		}
	}
	return 0, notWhole(v)
}

func notWhole(v []byte) error {
	return fmt.Errorf("%s is not a whole number of 64 bits", clip(v))
}

func smallExponent(v []byte) bool {
	i := bytes.IndexAny(v, "eE")
	if i < 0 {
		return true
	}
	n, err := strconv.Atoi(string(v[i+1:]))
	return err == nil && n >= -64 && n <= 64
}

// isDate reports whether s has the form YYYY-MM-DD.
func isDate(s []byte) bool { return like(s, "0000-00-00") }

// like reports whether s has the form of pattern, where 0 stands for a digit.
func like(s []byte, pattern string) bool {
	if len(s) != len(pattern) {
		return false
	}
	for i, c := range s {
		if p := pattern[i]; p == '0' && (c < '0' || c > '9') || p != '0' && c != p {
			return false
		}
	}
	return true
}

const (
	datetimeLayout = "2006-01-02T15:04:05.000Z"
	timeLayout     = "15:04:05.000Z"
)

// canonicalDatetime rewrites the datetime at dst[begin:] as UTC with
// milliseconds and a Z. REST sends +0000, Bulk sends Z.
func canonicalDatetime(dst []byte, begin int) ([]byte, error) {
	s := dst[begin:]
	if instant, ok := bytes.CutSuffix(s, []byte("+0000")); ok && like(instant, "0000-00-00T00:00:00.000") {
		return append(dst[:begin+len(instant)], 'Z'), nil
	}
	if like(s, "0000-00-00T00:00:00.000Z") {
		return dst, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z0700", time.RFC3339Nano} {
		if t, err := time.Parse(layout, string(s)); err == nil {
			return t.UTC().AppendFormat(dst[:begin], datetimeLayout), nil
		}
	}
	return nil, fmt.Errorf("%q is not a datetime", clip(s))
}

// canonicalTime rewrites the time of day at dst[begin:] likewise.
func canonicalTime(dst []byte, begin int) ([]byte, error) {
	s := dst[begin:]
	if like(s, "00:00:00.000Z") {
		return dst, nil
	}
	for _, layout := range []string{"15:04:05.999999999Z0700", "15:04:05.999999999Z07:00", "15:04:05.999999999"} {
		if t, err := time.Parse(layout, string(s)); err == nil {
			return t.UTC().AppendFormat(dst[:begin], timeLayout), nil
		}
	}
	return nil, fmt.Errorf("%q is not a time of day", clip(s))
}

// clip shortens a value for a message.
func clip(v []byte) string {
	const most = 40
	if len(v) <= most {
		return string(v)
	}
	return strings.ToValidUTF8(string(v[:most]), "") + "…"
}
