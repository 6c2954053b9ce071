package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/sfsql/sfsql/driver"
)

// statsLine tells what a run has cost.
func statsLine(s driver.Stats, took time.Duration) string {
	quota := "API quota unknown"
	if s.APIUsed >= 0 && s.APIMax >= 0 {
		quota = fmt.Sprintf("%s of %s API calls left", thousands(max(0, s.APIMax-s.APIUsed)), thousands(s.APIMax))
	}
	return fmt.Sprintf("%s, %s received, %s fetched, %.3f s, %s",
		counted(s.Calls, "call"), byteSize(s.BytesIn), counted(s.Rows, "row"), took.Seconds(), quota)
}

// counted returns a number and its noun, in the plural but for 1.
func counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// byteSize writes a number of bytes in units of 1000.
func byteSize(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return counted(n, "byte")
	}
	size, unit := float64(n)/1000, 0
	for ; size >= 999.95 && unit < len(units)-1; unit++ {
		size /= 1000
	}
	return fmt.Sprintf("%.1f %cB", size, units[unit])
}
