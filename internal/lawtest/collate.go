package lawtest

import "strings"

// compareID is SFID as the design defines it: where both texts have at least
// 15 bytes their first 15 compare, else the whole texts.
func compareID(a, b string) int {
	if len(a) >= 15 && len(b) >= 15 {
		a, b = a[:15], b[:15]
	}
	return strings.Compare(a, b)
}

// compareTime is SFTIME: instants by time, before every other text.
func compareTime(a, b string) int {
	x, xok := readMoment(a)
	y, yok := readMoment(b)
	switch {
	case xok && !yok:
		return -1
	case !xok && yok:
		return 1
	case !xok:
		return strings.Compare(a, b)
	case x.second != y.second:
		return sign(x.second - y.second)
	default:
		return sign(x.nano - y.nano)
	}
}

func sign(n int64) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// moment counts from 0000-03-01T00:00:00Z of the Gregorian calendar run back.
type moment struct{ second, nano int64 }

// shapes are the lengths at which a date may end, with what its bytes look
// like: d is a digit, everything else itself.
var shapes = map[int]string{4: "dddd", 7: "dddd-dd", 10: "dddd-dd-dd"}

func fits(s, shape string) bool {
	if len(s) != len(shape) {
		return false
	}
	for i := range len(s) {
		if shape[i] == 'd' {
			if s[i] < '0' || s[i] > '9' {
				return false
			}
		} else if s[i] != shape[i] {
			return false
		}
	}
	return true
}

func number(s string) int64 {
	var n int64
	for i := range len(s) {
		n = n*10 + int64(s[i]-'0')
	}
	return n
}

func readMoment(s string) (moment, bool) {
	date, clock := s, ""
	if len(s) > 10 {
		if s[10] != 'T' && s[10] != ' ' {
			return moment{}, false
		}
		date, clock = s[:10], s[11:]
		if clock == "" {
			return moment{}, false
		}
	}
	shape, ok := shapes[len(date)]
	if !ok || !fits(date, shape) {
		return moment{}, false
	}
	full := date + "0000-01-01"[len(date):]
	year, month, day := number(full[:4]), number(full[5:7]), number(full[8:])
	if month < 1 || month > 12 || day < 1 || day > monthDays(year, month) {
		return moment{}, false
	}
	m := moment{second: dayNumber(year, month, day) * 86400}
	if clock == "" {
		return m, true
	}
	return addClock(m, clock)
}

func monthDays(year, month int64) int64 {
	leap := year%4 == 0 && (year%100 != 0 || year%400 == 0)
	switch month {
	case 2:
		if leap {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// dayNumber counts days with years that begin in March, so that the leap day
// is a year's last.
func dayNumber(year, month, day int64) int64 {
	year, month = year+(month+9)/12-1, (month+9)%12
	century := year / 100
	if year < 0 { // only January and February of the year 0
		return day + (month*153+2)/5 - 366 - 1
	}
	return 365*year + year/4 - century + year/400 + (month*153+2)/5 + day - 1
}

func addClock(m moment, clock string) (moment, bool) {
	if len(clock) < 5 || !fits(clock[:5], "dd:dd") {
		return moment{}, false
	}
	hour, minute, second := number(clock[:2]), number(clock[3:5]), int64(0)
	rest := clock[5:]
	if strings.HasPrefix(rest, ":") {
		if len(rest) < 3 || !fits(rest[1:3], "dd") {
			return moment{}, false
		}
		second, rest = number(rest[1:3]), rest[3:]
		if strings.HasPrefix(rest, ".") {
			end := 1
			for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
				end++
			}
			if end == 1 {
				return moment{}, false
			}
			m.nano, rest = number((rest[1:end] + "000000000")[:9]), rest[end:]
		}
	}
	if hour > 23 || minute > 59 || second > 59 {
		return moment{}, false
	}
	east, ok := offset(rest)
	m.second += hour*3600 + minute*60 + second - east
	return m, ok
}

// offset returns the seconds east of UTC that a zone stands for.
func offset(zone string) (int64, bool) {
	if zone == "" || zone == "Z" {
		return 0, true
	}
	digits := zone[1:]
	if fits(digits, "dd:dd") {
		digits = digits[:2] + digits[3:]
	}
	if zone[0] != '+' && zone[0] != '-' || !fits(digits, "dddd") {
		return 0, false
	}
	hours, minutes := number(digits[:2]), number(digits[2:])
	if hours > 23 || minutes > 59 {
		return 0, false
	}
	seconds := hours*3600 + minutes*60
	if zone[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}
