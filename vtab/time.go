package vtab

import "time"

// ParseTime reads a date or datetime: at once in the form in which columns
// hold them, otherwise as package time does. The time is in UTC.
func ParseTime[T string | []byte](text T) (time.Time, bool) {
	switch len(text) {
	case len(time.DateOnly):
		if y, m, d, ok := dateOf(text); ok {
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), true
		}
		t, err := time.Parse(time.DateOnly, string(text))
		return t.UTC(), err == nil
	case len("2006-01-02T15:04:05.000Z"):
		if t, ok := canonicalTime(text); ok {
			return t, true
		}
	}
	t, err := time.Parse(time.RFC3339Nano, string(text))
	return t.UTC(), err == nil
}

// canonicalTime reads YYYY-MM-DDTHH:MM:SS.sssZ.
func canonicalTime[T string | []byte](text T) (time.Time, bool) {
	y, mo, d, ok := dateOf(text)
	h, mi, s := digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)
	ms := digits(text, 20, 23)
	if !ok || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != '.' || text[23] != 'Z' ||
		min(h, mi, s, ms) < 0 || h > 23 || mi > 59 || s > 59 {
		return time.Time{}, false
	}
	return time.Date(y, mo, d, h, mi, s, ms*int(time.Millisecond), time.UTC), true
}

// dateOf reads the YYYY-MM-DD that text begins with. Days past the 28th are
// left to package time in the months that may not have them.
func dateOf[T string | []byte](text T) (y int, m time.Month, d int, ok bool) {
	y, m, d = digits(text, 0, 4), time.Month(digits(text, 5, 7)), digits(text, 8, 10)
	ok = text[4] == '-' && text[7] == '-' && y >= 0 && m >= 1 && m <= 12 && d >= 1 && (d <= 28 || d <= 30 && m != 2)
	return y, m, d, ok
}

// digits reads the decimal digits text[from:to]; -1 where there are others.
func digits[T string | []byte](text T, from, to int) int {
	n := 0
	for i := from; i < to; i++ {
		c := text[i] - '0'
		if c > 9 {
			return -1
		}
		n = n*10 + int(c)
	}
	return n
}
