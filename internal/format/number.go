package format

import (
	"fmt"
	"strconv"
)

// Counted returns a number and its noun, in the plural but for 1.
func Counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Thousands(n) + " " + noun
}

// Thousands writes 1234567 as 1,234,567.
func Thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Bytes writes a number of bytes in units of 1000.
func Bytes(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return Counted(n, "byte")
	}
	size, unit := float64(n)/1000, 0
	for ; size >= 999.95 && unit < len(units)-1; unit++ {
		size /= 1000
	}
	return fmt.Sprintf("%.1f %cB", size, units[unit])
}
