package planner

import (
	"bytes"
	"strings"
	"time"
)

// The collations that the driver adds to SQLite, beside BINARY and NOCASE.
const (
	CollationID   = "SFID"   // Ids: 15 and 18 characters are the same Id
	CollationTime = "SFTIME" // dates and datetimes: the same instant is equal
)

// CompareSFID orders Ids. Where both texts have at least 15 bytes the first
// 15 compare, else the whole texts, by bytes: the last three characters of an
// 18-character Id only repeat the case of the first 15.
func CompareSFID(a, b []byte) int {
	if len(a) >= 15 && len(b) >= 15 {
		return bytes.Compare(a[:15], b[:15])
	}
	return bytes.Compare(a, b)
}

// CompareSFTIME orders instants to the nanosecond. Texts that are no instant
// sort after all instants, by bytes.
func CompareSFTIME(a, b []byte) int {
	ta, oka := ParseInstant(a)
	tb, okb := ParseInstant(b)
	switch {
	case oka && okb:
		return ta.Compare(tb)
	case oka:
		return -1
	case okb:
		return 1
	default:
		return bytes.Compare(a, b)
	}
}

// ParseInstant reads a text as SFTIME does: YYYY, YYYY-MM, YYYY-MM-DD, or a
// date followed by T or a space and HH:MM[:SS[.fraction]] and then nothing, Z,
// ±HH:MM or ±HHMM. What is missing is the first of its kind; no zone means
// UTC. Impossible dates and times are no instants.
func ParseInstant[T string | []byte](s T) (time.Time, bool) {
	p := instantParser[T]{s: s}
	year, ok := p.digits(4)
	if !ok {
		return time.Time{}, false
	}
	month, day := 1, 1
	if p.accept('-') {
		if month, ok = p.digits(2); !ok || month < 1 || month > 12 {
			return time.Time{}, false
		}
		if p.accept('-') {
			if day, ok = p.digits(2); !ok || day < 1 || day > daysIn(year, month) {
				return time.Time{}, false
			}
			if p.accept('T') || p.accept(' ') {
				return p.clock(year, month, day)
			}
		}
	}
	if !p.done() {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC), true
}

type instantParser[T string | []byte] struct {
	s T
	i int
}

func (p *instantParser[T]) done() bool { return p.i == len(p.s) }

func (p *instantParser[T]) accept(c byte) bool {
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

// digits reads exactly n decimal digits.
func (p *instantParser[T]) digits(n int) (int, bool) {
	if len(p.s)-p.i < n {
		return 0, false
	}
	v := 0
	for k := 0; k < n; k++ {
		c := p.s[p.i+k]
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	p.i += n
	return v, true
}

// clock reads the time of day and the zone after a date.
func (p *instantParser[T]) clock(year, month, day int) (time.Time, bool) {
	hour, ok := p.digits(2)
	if !ok || hour > 23 || !p.accept(':') {
		return time.Time{}, false
	}
	minute, ok := p.digits(2)
	if !ok || minute > 59 {
		return time.Time{}, false
	}
	second, nanos := 0, 0
	if p.accept(':') {
		if second, ok = p.digits(2); !ok || second > 59 {
			return time.Time{}, false
		}
		if p.accept('.') {
			if nanos, ok = p.fraction(); !ok {
				return time.Time{}, false
			}
		}
	}
	offset, ok := p.zone()
	if !ok || !p.done() {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	return t.Add(-offset), true
}

// fraction reads the digits after the point. Those past the nanosecond are
// dropped: no value of Salesforce has them.
func (p *instantParser[T]) fraction() (int, bool) {
	start, nanos, scale := p.i, 0, 100_000_000
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		nanos += int(p.s[p.i]-'0') * scale
		scale /= 10
		p.i++
	}
	return nanos, p.i > start
}

func (p *instantParser[T]) zone() (time.Duration, bool) {
	if p.done() || p.accept('Z') {
		return 0, true
	}
	sign := time.Duration(1)
	switch {
	case p.accept('+'):
	case p.accept('-'):
		sign = -1
	default:
		return 0, false
	}
	hours, ok := p.digits(2)
	if !ok || hours > 23 {
		return 0, false
	}
	p.accept(':')
	minutes, ok := p.digits(2)
	if !ok || minutes > 59 {
		return 0, false
	}
	return sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute), true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// FormatDatetime returns t as the table shows a datetime.
func FormatDatetime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// foldsToTurkic reports whether a locale folds i and I otherwise than ASCII.
func foldsToTurkic(locale string) bool {
	lang, _, _ := strings.Cut(strings.ToLower(locale), "_")
	lang, _, _ = strings.Cut(lang, "-")
	return lang == "tr" || lang == "az"
}
