package shell

import (
	"bytes"
	"testing"
)

// What comes in pieces, even within a character, is shown as what comes at once.
func TestScreenIsSafeWhereverAWriteEnds(t *testing.T) {
	const text = "a,\x1b[31mé\u009b€\r\n\"漢\rx\"\r\n\x9b\u202e\xc3"
	const want = "a,\\x1b[31mé\\u009b€\r\n\"漢\\rx\"\r\n\\x9b\\u202e\\xc3"
	for first := range len(text) {
		for second := first; second < len(text); second++ {
			var out bytes.Buffer
			s := New(Config{Stdout: &out, Terminal: true})
			for _, part := range []string{text[:first], text[first:second], text[second:]} {
				if n, err := s.screen.Write([]byte(part)); n != len(part) || err != nil {
					t.Fatal(n, err)
				}
			}
			if err := s.screen.end(); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != want {
				t.Fatalf("cut at %d and %d: %q, want %q", first, second, got, want)
			}
		}
	}
}
