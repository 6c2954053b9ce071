package driver

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // machines without time zones of their own count the user's days all the same

	"github.com/sfsql/sfsql/internal/executor"
	"github.com/sfsql/sfsql/internal/planner"
	"github.com/sfsql/sfsql/soql"
)

// calendar is what relative dates count from: the user's time zone and weeks,
// and the org's fiscal year. It is asked for when a statement first needs it.
type calendar struct {
	mu     sync.Mutex
	zone   *time.Location
	fiscal time.Month
}

// calendarNow returns the calendar of a statement that starts now.
func (o *org) calendarNow(ctx context.Context, fiscal bool) (planner.Calendar, error) {
	o.calendar.mu.Lock()
	defer o.calendar.mu.Unlock()
	if o.calendar.zone == nil {
		info, err := o.client.UserInfo(ctx)
		if err != nil {
			return planner.Calendar{}, fmt.Errorf("salesforce: asking for the user's time zone: %w", err)
		}
		if o.calendar.zone, err = time.LoadLocation(info.TimeZone); err != nil {
			return planner.Calendar{}, fmt.Errorf("salesforce: the user's time zone: %w", err)
		}
	}
	if fiscal && o.calendar.fiscal == 0 {
		month, err := o.fiscalMonth(ctx)
		if err != nil {
			return planner.Calendar{}, fmt.Errorf("salesforce: asking for the org's fiscal year: %w", err)
		}
		o.calendar.fiscal = month
	}
	return planner.Calendar{Now: time.Now().In(o.calendar.zone), FirstWeekday: firstWeekday(o.locale), FiscalMonth: o.calendar.fiscal}, nil
}

// fiscalMonth returns the month in which the org's fiscal year begins, 0 where
// the org does not say.
func (o *org) fiscalMonth(ctx context.Context) (time.Month, error) {
	q := &soql.Query{Select: []soql.SelectItem{{Expr: soql.NewField("FiscalYearStartMonth")}}, From: soql.From{Object: "Organization"}}
	rows, err := o.exec.Open(ctx, executor.Scan{Query: q, Columns: []soql.Column{{Path: []string{"FiscalYearStartMonth"}, Kind: soql.KindInt}}})
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if !rows.Next(ctx) || rows.Null(0) {
		return 0, rows.Err()
	}
	return time.Month(rows.Int64(0)), nil
}

// Countries whose weeks begin on Sunday, Saturday or Friday, by the Unicode
// CLDR's supplemental data, release 48; elsewhere they begin on Monday.
// https://www.unicode.org/cldr/charts/latest/supplemental/territory_information.html
const (
	sundayCountries = " AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN IS JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA PE PH PK" +
		" PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW "
	saturdayCountries = " AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY "
	fridayCountries   = " MV "
)

// firstWeekday returns the day on which the weeks of a locale begin. An
// unknown one is Salesforce's own, en_US.
func firstWeekday(locale string) time.Weekday {
	parts := strings.FieldsFunc(locale, func(r rune) bool { return r == '_' || r == '-' })
	country := "US"
	for _, p := range parts[min(1, len(parts)):] {
		if len(p) == 2 {
			country = strings.ToUpper(p)
		}
	}
	switch {
	case strings.Contains(sundayCountries, " "+country+" "):
		return time.Sunday
	case strings.Contains(saturdayCountries, " "+country+" "):
		return time.Saturday
	case strings.Contains(fridayCountries, " "+country+" "):
		return time.Friday
	}
	return time.Monday
}
