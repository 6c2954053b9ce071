package salesforce

import "encoding/binary"

// plain reports whether v is ASCII without NUL and without one more byte, the
// one that is written in another way in the text that v comes from. Most values
// are: nothing has to be done to them.
func plain(v []byte, without byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(v) >= 8; v = v[8:] {
		x := binary.LittleEndian.Uint64(v)
		other := x ^ ones*uint64(without)
		// (y-ones)&^y has the high bit of a byte where y has a zero byte; a
		// borrow can set it falsely only above a zero byte.
		if (x|(x-ones)&^x|(other-ones)&^other)&highs != 0 {
			return false
		}
	}
	for _, c := range v {
		if c == 0 || c == without || c >= 0x80 {
			return false
		}
	}
	return true
}
