package salesforce

import (
	"bytes"
	"testing"
)

// FuzzPlain: plain says what its sentence says, byte by byte.
func FuzzPlain(f *testing.F) {
	for n := range 20 {
		text := bytes.Repeat([]byte{'a'}, n)
		f.Add(text, byte('"'))
		for i := range text {
			for _, c := range []byte{0, 1, '"', '"' + 1, '"' - 1, 0x7f, 0x80, 0xff} {
				changed := bytes.Clone(text)
				changed[i] = c
				f.Add(changed, byte('"'))
			}
		}
	}
	f.Fuzz(func(t *testing.T, v []byte, without byte) {
		want := bytes.IndexFunc(v, func(r rune) bool { return r == 0 || r >= 0x80 }) < 0 && bytes.IndexByte(v, without) < 0
		if got := plain(v, without); got != want {
			t.Errorf("plain(%q, %q) is %v", v, without, got)
		}
	})
}
