package shell

import (
	"fmt"
	"time"

	"github.com/sfsql/sfsql/driver"
	"github.com/sfsql/sfsql/internal/format"
)

// statsLine tells what a run has cost.
func statsLine(s driver.Stats, took time.Duration) string {
	quota := "API quota unknown"
	if s.APIUsed >= 0 && s.APIMax >= 0 {
		quota = fmt.Sprintf("%s of %s API calls left", format.Thousands(max(0, s.APIMax-s.APIUsed)), format.Thousands(s.APIMax))
	}
	return fmt.Sprintf("%s, %s received, %s fetched, %.3f s, %s",
		format.Counted(s.Calls, "call"), format.Bytes(s.BytesIn), format.Counted(s.Rows, "row"), took.Seconds(), quota)
}

// since returns what was used after an earlier reading.
func since(before, now driver.Stats) driver.Stats {
	now.Calls -= before.Calls
	now.BytesIn -= before.BytesIn
	now.Rows -= before.Rows
	return now
}
