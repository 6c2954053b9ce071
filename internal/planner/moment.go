package planner

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sfsql/sfsql/soql"
)

// A moment is a call of SQLite's date functions without a column, such as
// date('now', '-30 days'). SQLite hands such values over where it offers a
// condition, and not below OR, in subqueries or of parents. It counts them when
// it first needs them, which may be long after the statement began, so nothing
// is known but bounds: what is asked of Salesforce is wider, and SQLite checks
// again. https://sqlite.org/lang_datefunc.html
type moment struct{ from, to time.Time } // both belong to it

const (
	day = 24 * time.Hour
	// A clock that is set is set by less than a day, and no statement waits a week
	// for its first row: Salesforce does not keep the results of a job for longer.
	momentBefore, momentAfter = day, 7 * day
)

// isMoment reports whether an operand is a call that no record changes.
func (o Operand) isMoment() bool {
	if o.Kind != CallOperand || o.Collation != "" || o.Text != "date" && o.Text != "datetime" && o.Text != "strftime" {
		return false
	}
	for _, a := range o.Args {
		if !a.constant() {
			return false
		}
	}
	return true
}

// holdsMoment compares a date, or a text of its beginning, with a moment.
func (r Rules) holdsMoment(left Operand, op Op, call Operand, collation string) Verdict {
	if r.Without.Has(RuleDate) {
		return refused(switchedOff)
	}
	col, size := left.Column, dayText
	if left.Kind == CallOperand {
		var ok bool
		if col, size, ok = r.periodCall(left); !ok {
			return refused("only the beginning of a date is a range")
		}
	} else if left.Kind != ColumnOperand {
		return refused("the left side is no column")
	}
	c := &r.Table.Columns[col]
	if c.Kind != soql.KindDate && c.Kind != soql.KindDatetime {
		return refused("a date against what is none")
	}
	if r.Started.IsZero() {
		return later()
	}
	m, ok := r.moment(call)
	if !ok {
		return refused("the text does not tell the date")
	}
	if left.Kind == ColumnOperand {
		m.to = m.to.Add(day) // a text of the day's begin stands for all of it
	}
	side := func(op Op, t time.Time) Verdict {
		v := Value{Kind: TextValue, Text: t.Format(layouts[size])}
		if left.Kind == CallOperand {
			return r.holdsCall(left, op, v, collation)
		}
		return r.compareColumn(left, op, v, collation)
	}
	var out Verdict
	switch op {
	case OpGE, OpGT:
		out = side(OpGE, m.from)
	case OpLE, OpLT:
		out = side(OpLE, m.to)
	case OpEQ:
		out = allOf([]Verdict{side(OpGE, m.from), side(OpLE, m.to)})
	default:
		// IS takes NULL, and SQLite makes one of a modifier that it does not know.
		return refused("nearly every date differs, or both may be NULL")
	}
	if out.Class == Exact && !out.Empty {
		out.Class, out.Reason = Superset, "SQLite looks at the clock"
	}
	return out
}

const dayText = len("2006-01-02")

// layouts are the texts of the periods.
var layouts = map[int]string{4: "2006", 7: "2006-01", dayText: "2006-01-02", 19: "2006-01-02 15:04:05"}

// moment returns the bounds of a call's date.
func (r Rules) moment(call Operand) (m moment, ok bool) {
	args := make([]string, len(call.Args))
	for i, a := range call.Args {
		v, known := r.value(a)
		if !known || v.Kind != TextValue {
			return m, false
		}
		args[i] = strings.ToLower(v.Text)
	}
	size := dayText
	switch {
	case call.Text == "datetime":
		size = 19
	case call.Text == "strftime" && len(args) > 0:
		v, _ := r.value(call.Args[0])
		size, args = formats[v.Text], args[1:]
	}
	if size == 0 || call.Text == "strftime" && len(call.Args) == 0 {
		return m, false
	}
	m = moment{r.Started.Add(-momentBefore), r.Started.Add(momentAfter)}
	if len(args) > 0 {
		if m, ok = m.at(args[0]); !ok {
			return m, false
		}
		for _, modifier := range args[1:] {
			if m, ok = m.modified(modifier); !ok {
				return m, false
			}
		}
	}
	from, ok := periodOf(m.from.UTC().Format(layouts[size]))
	to, ok2 := periodOf(m.to.UTC().Format(layouts[size]))
	return moment{from.from, to.to.Add(-time.Second)}, ok && ok2
}

// formats are the texts that strftime makes of a date's beginning, by their
// lengths.
var formats = map[string]int{"%Y": 4, "%Y-%m": 7, "%Y-%m-%d": dayText, "%F": dayText, "%Y-%m-%d %H:%M:%S": 19, "%F %T": 19}

// at returns what a time value means. Of less than a day SQLite reads a time,
// or the number of a day.
func (m moment) at(text string) (moment, bool) {
	if text == "now" {
		return m, true
	}
	t, ok := ParseInstant(text)
	return moment{t, t}, ok && len(text) >= dayText
}

var shift = regexp.MustCompile(`^([+-]?[0-9]{1,6}) +(second|minute|hour|day|month|year)s?$`)

// modified returns the bounds that a modifier leaves.
func (m moment) modified(modifier string) (moment, bool) {
	both := func(change func(time.Time) time.Time) (moment, bool) {
		out := moment{change(m.from.UTC()), change(m.to.UTC())}
		return out, out.from.Year() >= firstYear && out.to.Year() < lastYear
	}
	switch modifier {
	case "start of day":
		return both(func(t time.Time) time.Time { return truncate(t, day) })
	case "start of month":
		return both(func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) })
	case "start of year":
		return both(func(t time.Time) time.Time { return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC) })
	case "localtime", "utc":
		return moment{m.from.Add(-day), m.to.Add(day)}, true
	}
	if strings.HasPrefix(modifier, "weekday ") { // that day, or the next such
		return moment{m.from, m.to.Add(7 * day)}, true
	}
	parts := shift.FindStringSubmatch(modifier)
	if parts == nil {
		return m, false
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return m, false
	}
	switch parts[2] {
	case "month", "year":
		if parts[2] == "year" {
			n *= 12
		}
		m, ok := both(func(t time.Time) time.Time { return t.AddDate(0, n, 0) })
		// A month that is too short for the day ends in the next.
		return moment{m.from.Add(-3 * day), m.to.Add(3 * day)}, ok
	}
	unit := map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": day}[parts[2]]
	return both(func(t time.Time) time.Time { return t.Add(time.Duration(n) * unit) })
}
