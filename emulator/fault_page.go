package emulator

// spoilPage lets the script have its way with a page of a result: where the
// page ends, and which of its rows have been deleted since the first page.
func (c *call) spoilPage(cur *cursor, offset, end int) (int, func(row int) bool) {
	endpoint := cur.resource
	if offset > 0 {
		endpoint = "queryMore"
	}
	if n := end - offset; n > 1 && c.faults.meets(FaultRaggedPages, atPage, endpoint) {
		end = offset + 1 + int(mix(uint64(offset)+uint64(end)<<20)%uint64(n-1))
	}
	if c.faults.meets(FaultDeletedRows, atPage, endpoint) {
		// The cursor goes on as if they were there: totalSize and the next
		// locator do not know of it.
		return end, func(row int) bool { return row == offset || row%3 == 0 }
	}
	return end, func(int) bool { return false }
}
