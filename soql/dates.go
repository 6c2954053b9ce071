package soql

import "strings"

// ranges holds the relative date literals by name; true are those that carry a
// number, as LAST_N_DAYS:30 does.
var ranges = rangeTable()

func rangeTable() map[string]bool {
	table := map[string]bool{"LAST_90_DAYS": false, "NEXT_90_DAYS": false}
	for _, name := range []string{"YESTERDAY", "TODAY", "TOMORROW"} {
		table[name] = false
	}
	for _, unit := range []string{"WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR"} {
		for _, which := range []string{"LAST_", "THIS_", "NEXT_"} {
			table[which+unit] = false
		}
	}
	for _, units := range []string{"DAYS", "WEEKS", "MONTHS", "QUARTERS", "YEARS", "FISCAL_QUARTERS", "FISCAL_YEARS"} {
		table["LAST_N_"+units] = true
		table["NEXT_N_"+units] = true
		table["N_"+units+"_AGO"] = true
	}
	return table
}

// IsRange reports whether name, in any case, is a relative date literal such
// as TODAY, and whether it carries a number as LAST_N_DAYS:30 does.
func IsRange(name string) (counted, ok bool) {
	counted, ok = ranges[strings.ToUpper(name)]
	return counted, ok
}
