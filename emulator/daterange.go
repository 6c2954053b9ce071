package emulator

import (
	"strings"
	"time"

	"github.com/sfsql/sfsql/soql"
)

// dateRange returns the first day of a relative date literal and the first day
// after it, for a user whose clock shows now. Weeks begin on Sunday; fiscal
// years are calendar years.
func dateRange(name string, n int, now time.Time) (from, to int64) {
	today := daysOf(now)
	switch name {
	case "YESTERDAY":
		return today - 1, today
	case "TODAY":
		return today, today + 1
	case "TOMORROW":
		return today + 1, today + 2
	case "LAST_90_DAYS":
		return today - 90, today + 1
	case "NEXT_90_DAYS":
		return today + 1, today + 91
	case "LAST_N_DAYS":
		return today - int64(n), today + 1
	case "NEXT_N_DAYS":
		return today + 1, today + 1 + int64(n)
	case "N_DAYS_AGO":
		return today - int64(n), today - int64(n) + 1
	}
	name = strings.Replace(name, "FISCAL_", "", 1)
	unit := strings.TrimSuffix(strings.TrimSuffix(name, "_AGO"), "S")
	unit = unit[strings.LastIndexByte(unit, '_')+1:]
	first, last := unitSpan(name, n)
	return unitStart(unit, now, first), unitStart(unit, now, last)
}

// unitSpan tells which units a literal covers, counted from the current one.
func unitSpan(name string, n int) (first, last int) {
	switch {
	case strings.HasPrefix(name, "LAST_N_"):
		return -n, 0
	case strings.HasPrefix(name, "NEXT_N_"):
		return 1, n + 1
	case strings.HasPrefix(name, "N_"):
		return -n, -n + 1
	case strings.HasPrefix(name, "LAST_"):
		return -1, 0
	case strings.HasPrefix(name, "NEXT_"):
		return 1, 2
	}
	return 0, 1
}

// unitStart returns the first day of the week, month, quarter or year that
// lies offset units from now's.
func unitStart(unit string, now time.Time, offset int) int64 {
	y, m, d := now.Date()
	switch unit {
	case "WEEK":
		d += 7*offset - int(now.Weekday())
	case "MONTH":
		m, d = m+time.Month(offset), 1
	case "QUARTER":
		m, d = (m-1)/3*3+1+time.Month(3*offset), 1
	default:
		y, m, d = y+offset, 1, 1
	}
	return daysOf(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
}

// midnight returns the instant at which a day begins for the user.
func (c *compiler) midnight(days int64) int64 {
	y, m, d := dateOf(days).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.zone).UnixMilli()
}

// dateFunction compiles CALENDAR_YEAR and its kin, which count in UTC unless
// their argument is wrapped in convertTimezone.
func (c *compiler) dateFunction(call *soql.Call) (*operand, error) {
	zone, arg := time.UTC, call.Args[0]
	if inner, ok := arg.(*soql.Call); ok {
		zone, arg = c.zone, inner.Args[0]
	}
	of, err := c.operand(arg)
	if err != nil {
		return nil, err
	}
	onlyDatetime := call.Name == "HOUR_IN_DAY" || call.Name == "DAY_ONLY" || zone != time.UTC
	if of.kind != "datetime" && (of.kind != "date" || onlyDatetime) {
		return nil, c.failAt(call.Pos, "INVALID_FIELD", "field %s does not support date function %s", of.name, call.Name)
	}
	instant := func(d datum) time.Time {
		if of.kind == "date" {
			return dateOf(d.n)
		}
		return time.UnixMilli(d.n).In(zone)
	}
	kind := "int"
	if call.Name == "DAY_ONLY" {
		kind = "date"
	}
	return &operand{kind: kind, name: of.name, field: of.field, pos: call.Pos, get: func(row int) datum {
		d := of.get(row)
		if d.null {
			return d
		}
		return datum{n: datePart(call.Name, instant(d))}
	}}, nil
}

func datePart(name string, t time.Time) int64 {
	switch name {
	case "CALENDAR_MONTH", "FISCAL_MONTH":
		return int64(t.Month())
	case "CALENDAR_QUARTER", "FISCAL_QUARTER":
		return int64(t.Month()-1)/3 + 1
	case "CALENDAR_YEAR", "FISCAL_YEAR":
		return int64(t.Year())
	case "DAY_IN_MONTH":
		return int64(t.Day())
	case "DAY_IN_WEEK":
		return int64(t.Weekday()) + 1
	case "DAY_IN_YEAR":
		return int64(t.YearDay())
	case "HOUR_IN_DAY":
		return int64(t.Hour())
	case "WEEK_IN_MONTH":
		return int64(t.Day()-1)/7 + 1
	case "WEEK_IN_YEAR":
		return int64(t.YearDay()-1)/7 + 1
	}
	return daysOf(t)
}
