package webpage

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ page, want string }{
		{"", ""},
		{"plain  words\n", "plain words"},
		{"<html><h1>Down</h1><p>for maintenance</body>", "Down for maintenance"},
		{"a > b", "a > b"},
		{"cut <a href", "cut"},
		{"bad \xff byte", "bad byte"},
		{strings.Repeat("é", 26), strings.Repeat("é", 25) + "…"},
		{strings.Repeat("<p>", looked) + "late", ""},
	} {
		if got := Text([]byte(c.page), 25); got != c.want {
			t.Errorf("%q: %q, want %q", c.page, got, c.want)
		}
	}
}
