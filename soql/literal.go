package soql

import (
	"strconv"
	"strings"
	"time"
)

// Null returns the literal NULL.
func Null() Literal { return Literal{Kind: NullLiteral} }

// Bool returns TRUE or FALSE.
func Bool(b bool) Literal { return Literal{Kind: BoolLiteral, Bool: b} }

// String returns a string literal with the value s; see [QuoteString].
func String(s string) Literal { return Literal{Kind: StringLiteral, Text: s} }

// Int returns a whole number.
func Int(i int64) Literal { return Number(strconv.FormatInt(i, 10)) }

// Number returns a number that prints as text: digits, perhaps with a sign and
// a fraction, never with an exponent. The caller vouches for the text.
func Number(text string) Literal { return Literal{Kind: NumberLiteral, Text: text} }

// Float returns the shortest decimal that reads back as f, without exponent.
// Infinities and NaN have no literal: what they print is refused everywhere.
func Float(f float64) Literal { return Number(strconv.FormatFloat(f, 'f', -1, 64)) }

// Date returns the calendar day that t shows in its own location.
func Date(t time.Time) Literal {
	y, m, d := t.Date()
	return Literal{Kind: DateLiteral, Time: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

// Datetime returns the instant t, cut to the millisecond.
func Datetime(t time.Time) Literal {
	return Literal{Kind: DatetimeLiteral, Time: cutToMillisecond(t.UTC())}
}

// TimeOfDay returns the time that t shows in its own location, cut to the
// millisecond.
func TimeOfDay(t time.Time) Literal {
	clock := time.Date(1970, 1, 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	return Literal{Kind: TimeLiteral, Time: cutToMillisecond(clock)}
}

// cutToMillisecond cuts towards the past.
func cutToMillisecond(t time.Time) time.Time {
	return t.Add(-time.Duration(t.Nanosecond() % int(time.Millisecond)))
}

// Range returns a relative date literal. n is printed only where the name
// carries a number: Range("LAST_N_DAYS", 30), Range("TODAY", 0).
func Range(name string, n int64) Literal {
	l := Literal{Kind: RangeLiteral, Text: strings.ToUpper(name)}
	if ranges[l.Text] {
		l.N = n
	}
	return l
}

// Currency returns an amount in the currency of a three-letter code. The caller
// vouches for both texts; see [Number].
func Currency(code, amount string) Literal {
	return Literal{Kind: CurrencyLiteral, Currency: strings.ToUpper(code), Text: amount}
}

// String returns the literal as a statement writes it.
func (l Literal) String() string { return string(l.appendTo(nil, false)) }

const (
	dateLayout     = "2006-01-02"
	datetimeLayout = "2006-01-02T15:04:05Z"
	millisLayout   = "2006-01-02T15:04:05.000Z"
	timeLayout     = "15:04:05.000Z"
)

func (l Literal) appendTo(b []byte, like bool) []byte {
	switch l.Kind {
	case NullLiteral:
		return append(b, "NULL"...)
	case BoolLiteral:
		return append(b, strings.ToUpper(strconv.FormatBool(l.Bool))...)
	case StringLiteral:
		return appendQuoted(b, l.Text, like)
	case NumberLiteral:
		return append(b, l.Text...)
	case CurrencyLiteral:
		return append(append(b, l.Currency...), l.Text...)
	case DateLiteral:
		return l.Time.AppendFormat(b, dateLayout)
	case DatetimeLiteral:
		if l.Time.Nanosecond() < int(time.Millisecond) {
			return l.Time.UTC().AppendFormat(b, datetimeLayout)
		}
		return l.Time.UTC().AppendFormat(b, millisLayout)
	case TimeLiteral:
		return l.Time.AppendFormat(b, timeLayout)
	case RangeLiteral:
		b = append(b, l.Text...)
		if ranges[l.Text] {
			b = strconv.AppendInt(append(b, ':'), l.N, 10)
		}
		return b
	}
	return b
}

func (l Literal) equal(m Literal) bool {
	return l.Kind == m.Kind && l.Bool == m.Bool && l.Text == m.Text && l.N == m.N && l.Currency == m.Currency && l.Time.Equal(m.Time)
}

// readDate reads a token that has the shape of a date.
func readDate(text string) (Literal, string) {
	t, err := time.Parse(dateLayout, text)
	if err != nil {
		return Literal{}, "there is no such day"
	}
	return Date(t), ""
}

// readDatetime reads a token that begins like a datetime: Z, +01:00 and +0100
// are zones, and up to three digits of a second's fraction may stand before.
func readDatetime(text string) (Literal, string) {
	clock, zone, ok := cutZone(text[len("2006-01-02T"):])
	switch {
	case !ok && hasShape(clock, "00:00:00"):
		return Literal{}, "a datetime needs its zone, write Z or an offset such as +01:00"
	case !ok:
		return Literal{}, "expected a datetime such as 2024-01-31T10:00:00Z"
	}
	day, err := time.Parse(dateLayout, text[:len(dateLayout)])
	if err != nil {
		return Literal{}, "there is no such day"
	}
	elapsed, msg := readClock(clock)
	if msg != "" {
		return Literal{}, msg
	}
	t := day.Add(elapsed - zone)
	if t.Year() < 0 || t.Year() > 9999 {
		return Literal{}, "in UTC the datetime lies outside the years 0000 to 9999"
	}
	return Datetime(t), ""
}

// readTime reads a token that begins like a time of day, which ends in Z.
func readTime(text string) (Literal, string) {
	clock, ok := strings.CutSuffix(text, "Z")
	if !ok {
		return Literal{}, "a time of day ends in Z: 10:15:00.000Z"
	}
	elapsed, msg := readClock(clock)
	if msg != "" {
		return Literal{}, msg
	}
	return TimeOfDay(time.Unix(0, 0).UTC().Add(elapsed)), ""
}

// cutZone splits a clock from its zone, which must be there.
func cutZone(s string) (clock string, zone time.Duration, ok bool) {
	if clock, ok := strings.CutSuffix(s, "Z"); ok {
		return clock, 0, true
	}
	i := strings.LastIndexAny(s, "+-")
	if i < 0 {
		return s, 0, false
	}
	digits := s[i+1:]
	if hasShape(digits, "00:00") {
		digits = digits[:2] + digits[3:]
	}
	t, err := time.Parse("1504", digits)
	if err != nil || !hasShape(digits, "0000") {
		return s, 0, false
	}
	zone = sinceMidnight(t)
	if s[i] == '-' {
		zone = -zone
	}
	return s[:i], zone, true
}

// readClock reads HH:MM:SS with up to three digits of a fraction.
func readClock(s string) (time.Duration, string) {
	whole, fraction, dotted := strings.Cut(s, ".")
	if len(fraction) > 3 {
		return 0, "a second has at most three digits after its point"
	}
	if !hasShape(whole, "00:00:00") || len(whole) != len("00:00:00") || dotted && (fraction == "" || !allDigits(fraction)) {
		return 0, "expected a time such as 10:15:00 or 10:15:00.000"
	}
	t, err := time.Parse("15:04:05", whole)
	if err != nil {
		return 0, "there is no such time of day"
	}
	millis, _ := strconv.Atoi((fraction + "000")[:3])
	return sinceMidnight(t) + time.Duration(millis)*time.Millisecond, ""
}

func sinceMidnight(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
}
