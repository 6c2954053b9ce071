package planner

import (
	"time"

	"github.com/sfsql/sfsql/soql"
)

// Salesforce knows dates of these years; others are refused by the server.
const (
	firstYear = 1700
	lastYear  = 4000
)

func compareDate(c *Column, op Op, v Value) Verdict {
	return compareTime(c, op, v, 24*time.Hour, soql.Date)
}

func compareDatetime(c *Column, op Op, v Value) Verdict {
	return compareTime(c, op, v, time.Millisecond, soql.Datetime)
}

// compareTime compares instants under SFTIME. A literal finer than the field
// is cut to the field's unit with the operator that makes the same cut.
func compareTime(c *Column, op Op, v Value, unit time.Duration, literal func(time.Time) soql.Literal) Verdict {
	if v.Kind != TextValue {
		return refused("a number against a date")
	}
	t, ok := ParseInstant(v.Text)
	if !ok {
		return compareNoInstant(c, op)
	}
	if y := t.Year(); y < firstYear || y > lastYear {
		return refused("the year is outside what Salesforce knows")
	}
	floor := truncate(t, unit)
	if floor.Equal(t) {
		return compareWith(c, op, literal(t))
	}
	switch op {
	case OpEQ:
		return noRow("the value is finer than the field")
	case OpNE:
		return everyValue(c, "the value is finer than the field")
	case OpLT, OpLE:
		return exact(cmp(c, soql.LE, literal(floor)))
	default:
		return exact(cmp(c, soql.GT, literal(floor)))
	}
}

// truncate cuts t down to a multiple of unit since 1970, for times before it
// too. time.Truncate counts from the year 1, and the two agree: both are
// midnights and whole milliseconds of the same calendar.
func truncate(t time.Time, unit time.Duration) time.Time { return t.UTC().Truncate(unit) }

// compareNoInstant compares with a text that is no instant: it sorts after
// all instants.
func compareNoInstant(c *Column, op Op) Verdict {
	switch op {
	case OpNE, OpLT, OpLE:
		return everyValue(c, "a text that is no date sorts after all dates")
	default:
		return noRow("a text that is no date sorts after all dates")
	}
}
