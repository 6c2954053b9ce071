package planner

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sfsql/sfsql/soql"
)

// Calendar is what relative dates count from. It is fixed when a statement
// starts, so that all of the statement means the same days.
type Calendar struct {
	Now time.Time // in the user's time zone
	// FirstWeekday is the day on which the user's weeks begin.
	FirstWeekday time.Weekday
	// FiscalMonth is the month in which the org's fiscal year begins; 0 means
	// that it is not known.
	FiscalMonth time.Month
}

// errNoCalendar says that the user's time zone could not be read.
var errNoCalendar = errors.New("the user's time zone is not known, so relative dates cannot be counted")

// relativeDates are SOQL's relative dates, as functions of a date: those with a
// number take it as their second argument.
var relativeDates = map[string]bool{
	"yesterday": false, "today": false, "tomorrow": false, "last_90_days": false, "next_90_days": false,
	"last_n_days": true, "next_n_days": true, "n_days_ago": true,
}

func init() {
	for _, unit := range []string{"week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"} {
		for _, which := range []string{"last_", "this_", "next_"} {
			relativeDates[which+unit] = false
		}
		for _, form := range []string{"last_n_%ss", "next_n_%ss", "n_%ss_ago"} {
			relativeDates[fmt.Sprintf(form, unit)] = true
		}
	}
}

// maxUnits bounds the number of a relative date.
const maxUnits = 9999

// days returns the first day of a relative date and the first day after it.
func (c Calendar) days(name string, n int64) (from, to time.Time, err error) {
	switch {
	case c.Now.IsZero():
		return from, to, errNoCalendar
	case n < 0 || n > maxUnits:
		return from, to, fmt.Errorf("%s takes a number from 0 to %d", name, maxUnits)
	case strings.Contains(name, "fiscal") && c.FiscalMonth == 0:
		return from, to, errors.New("the month in which the org's fiscal year begins is not known")
	}
	if rest, ok := strings.CutSuffix(name, "_90_days"); ok {
		name, n = rest+"_n_days", 90
	}
	unit, first, last := span(name, int(n))
	return c.start(unit, first), c.start(unit, last), nil
}

// span tells which units a relative date covers, counted from the current one.
// Days alone count today among the last.
func span(name string, n int) (unit string, first, last int) {
	form, plain := strings.CutSuffix(name, "_ago")
	unit = strings.TrimSuffix(form, "s")
	cut := func(prefix string) (ok bool) {
		unit, ok = strings.CutPrefix(unit, prefix)
		return ok
	}
	switch {
	case plain && cut("n_"):
		return unit, -n, -n + 1
	case cut("last_n_"):
		if unit == "day" {
			return unit, -n, 1
		}
		return unit, -n, 0
	case cut("next_n_"):
		return unit, 1, n + 1
	case cut("last_"):
		return unit, -1, 0
	case cut("next_"):
		return unit, 1, 2
	case cut("this_"):
		return unit, 0, 1
	}
	day := map[string]int{"yesterday": -1, "tomorrow": 1}[name]
	return "day", day, day + 1
}

// start returns the day on which a unit begins that is so many from now's.
func (c Calendar) start(unit string, offset int) time.Time {
	y, m, d := c.Now.Date()
	switch unit {
	case "day":
		d += offset
	case "week":
		d += 7*offset - int(c.Now.Weekday()-c.FirstWeekday+7)%7
	case "month":
		m, d = m+time.Month(offset), 1
	case "quarter":
		m, d = m-(m-1)%3+time.Month(3*offset), 1
	case "year":
		y, m, d = y+offset, 1, 1
	case "fiscal_quarter":
		m, d = m-(m-c.FiscalMonth+12)%3+time.Month(3*offset), 1
	case "fiscal_year":
		m, d = m-(m-c.FiscalMonth+12)%12+time.Month(12*offset), 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// midnight is when a day begins for the user.
func (c Calendar) midnight(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.Now.Location())
}

// NamesRelativeDates reports whether the statement may call one of the
// relative dates, and one that counts fiscal years.
func (a *Analysis) NamesRelativeDates() (any, fiscal bool) {
	if a == nil {
		return false, false
	}
	return a.relative, a.fiscal
}

// At returns the analysis with the calendar of the statement's start.
func (a *Analysis) At(c Calendar) *Analysis {
	if a == nil {
		return nil
	}
	dated := *a
	dated.calendar = c
	return &dated
}

// Calendar returns what At gave.
func (a *Analysis) Calendar() Calendar {
	if a == nil {
		return Calendar{}
	}
	return a.calendar
}

// noteCalls looks for names of relative dates.
func (a *Analysis) noteCalls(tokens []Token) {
	for i := 0; i+1 < len(tokens); i++ {
		if !tokens[i+1].symbol("(") {
			continue
		}
		name := lowerASCII(tokens[i].Name())
		if _, ok := relativeDates[name]; ok {
			a.relative = true
			a.fiscal = a.fiscal || strings.Contains(name, "fiscal")
		}
	}
}

// holdsRelative classifies `last_n_days(column, 30) op value`. The days are
// sent, and not SOQL's name for them, so that Salesforce and SQLite look at
// the same clock.
func (r Rules) holdsRelative(call Operand, op Op, v Value) Verdict {
	numbered := relativeDates[call.Text]
	if len(call.Args) == 0 || call.Args[0].Kind != ColumnOperand || len(call.Args) != 1 && !numbered || len(call.Args) != 2 && numbered {
		return refused("the function's arguments are no column and number")
	}
	c := &r.Table.Columns[call.Args[0].Column]
	if c.Kind != soql.KindDate && c.Kind != soql.KindDatetime || !c.Field.Filterable || c.Field.Calculated {
		return refused("the function's argument is no date that Salesforce can filter")
	}
	n := Value{Kind: IntValue}
	if numbered {
		var known bool
		if n, known = r.value(call.Args[1]); !known {
			return later()
		}
	}
	from, to, err := r.Calendar.days(call.Text, n.Int)
	switch {
	case errors.Is(err, errNoCalendar):
		return Verdict{Reason: "the days are counted when the scan starts", Later: true}
	case err != nil || n.Kind != IntValue || from.Year() < firstYear || to.Year() > lastYear:
		return refused("the days are none that Salesforce knows")
	}
	first, after := soql.Date(from), soql.Date(to)
	if c.Kind == soql.KindDatetime {
		first, after = soql.Datetime(r.Calendar.midnight(from)), soql.Datetime(r.Calendar.midnight(to))
	}
	inside := soql.And(cmp(c, soql.GE, first), cmp(c, soql.LT, after))
	outside := soql.Or(cmp(c, soql.LT, first), cmp(c, soql.GE, after))
	return flag(c, op, v, exact(inside), exact(outside))
}

// flag compares the result of a function that is 1 or 0, or NULL where its
// column is.
func flag(c *Column, op Op, v Value, one, zero Verdict) Verdict {
	n, ok := numeric(v)
	if op == OpIS {
		op = OpEQ
	}
	if !ok || v.Kind == TextValue || op == OpISNOT {
		return refused("the function is 1 or 0")
	}
	switch isOne, isZero := holds(op, 1, n), holds(op, 0, n); {
	case isOne && isZero:
		return everyValue(c, "the function is 1 or 0")
	case isOne:
		return one
	case isZero:
		return zero
	}
	return noRow("the function is 1 or 0")
}

// Function is a function for SQLite. args is how many arguments it takes, -1
// any number.
type Function struct {
	Args int
	Call func(c Calendar, args []Value) (Value, error)
}

// Functions are SOQL's own predicates, with the same meaning when SQLite
// evaluates them: 1, 0, or NULL.
func Functions() map[string]Function {
	out := map[string]Function{
		"includes": {-1, func(_ Calendar, args []Value) (Value, error) { return includes("includes", args, 1) }},
		"excludes": {-1, func(_ Calendar, args []Value) (Value, error) { return includes("excludes", args, 0) }},
	}
	for name, numbered := range relativeDates {
		n := 1
		if numbered {
			n = 2
		}
		out[name] = Function{n, func(c Calendar, args []Value) (Value, error) { return c.within(name, args) }}
	}
	return out
}

// within reports whether a date or an instant lies within a relative date. A
// text that is neither is NULL.
func (c Calendar) within(name string, args []Value) (Value, error) {
	var n int64
	if len(args) == 2 {
		if args[1].Kind != IntValue {
			return Value{}, fmt.Errorf("%s takes a date and a whole number", name)
		}
		n = args[1].Int
	}
	from, to, err := c.days(name, n)
	if err != nil {
		return Value{}, err
	}
	t, ok := ParseInstant(args[0].Text)
	if args[0].Kind != TextValue || !ok {
		return Value{}, nil
	}
	if len(args[0].Text) > len("2024-01-31") {
		from, to = c.midnight(from), c.midnight(to)
	}
	return truthValue(!t.Before(from) && t.Before(to)), nil
}

func truthValue(b bool) Value {
	if b {
		return Value{Kind: IntValue, Int: 1}
	}
	return Value{Kind: IntValue}
}
