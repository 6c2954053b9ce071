package emulator

import "time"

const (
	dayMillis = 24 * 60 * 60 * 1000
	noNumber  = -1 << 63 // null in columns of whole numbers, dates and times
)

// daysOf returns the day of an instant, counted from 1970-01-01.
func daysOf(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
}

func dateOf(days int64) time.Time { return time.Unix(days*24*60*60, 0).UTC() }

func instantOf(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

// day is the date of a literal in generator code.
func day(year, month, dayOfMonth int) int64 {
	return daysOf(time.Date(year, time.Month(month), dayOfMonth, 0, 0, 0, 0, time.UTC))
}

// appendDate appends 2024-01-31.
func appendDate(dst []byte, days int64) []byte {
	y, m, d := dateOf(days).Date()
	dst = appendPadded(dst, y, 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, int(m), 2)
	dst = append(dst, '-')
	return appendPadded(dst, d, 2)
}

// appendClock appends 10:15:00.000.
func appendClock(dst []byte, millis int64) []byte {
	dst = appendPadded(dst, int(millis/3_600_000), 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, int(millis/60_000%60), 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, int(millis/1000%60), 2)
	dst = append(dst, '.')
	return appendPadded(dst, int(millis%1000), 3)
}

// appendInstant appends 2024-01-31T10:15:00.000 and the given zone.
func appendInstant(dst []byte, millis int64, zone string) []byte {
	days := floorDiv(millis, dayMillis)
	dst = appendDate(dst, days)
	dst = append(dst, 'T')
	dst = appendClock(dst, millis-days*dayMillis)
	return append(dst, zone...)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func appendPadded(dst []byte, n, width int) []byte {
	var buf [8]byte
	for i := width - 1; i >= 0; i-- {
		buf[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, buf[:width]...)
}
