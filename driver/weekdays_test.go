package driver

import (
	"testing"
	"time"
)

// Weeks begin as in release 48 of the Unicode CLDR, a few of each day.
func TestWeeksBeginAsTheLocaleSays(t *testing.T) {
	for locale, want := range map[string]time.Weekday{
		"en_US": time.Sunday, "is_IS": time.Sunday, "pt_PT": time.Sunday, "zh_Hans_CN": time.Monday, "en_AU": time.Monday,
		"ar_AE": time.Monday, "ar_EG": time.Saturday, "dv_MV": time.Friday, "de_DE_EURO": time.Monday, "": time.Sunday,
	} {
		if got := firstWeekday(locale); got != want {
			t.Errorf("%q begins on %v, want %v", locale, got, want)
		}
	}
}
